"""Requests of one sort: what a walk shows for one of them holds for all, so that it is walked once.

The rules of Ingresses are many and their ways are few. Two requests go one way if the same controller reads
both Ingresses with the same annotations, over the same scheme, and its rules send each to the backend of its
own row, which has Pods to give, or has none for the same reason in the same Ingress. Where anything else
decides, the request is walked by itself.
"""

from collections import defaultdict
from collections.abc import Hashable
from dataclasses import dataclass, field
from functools import cached_property

from sim.analysis.findings.requests import RuleRequest
from sim.cluster.cluster import Cluster, Controller
from sim.manifests.objects.networking import Ingress
from sim.routing.controllers import PROFILES, reads
from sim.routing.controllers.decision import RedirectTo, SendTo
from sim.routing.hops.controller import table_of
from sim.routing.hops.load_balancer import ended
from sim.routing.upstream import upstream

_TO_HTTPS = "SIM2015"


@dataclass(frozen=True)
class Alike:
    """What is known of a cluster's requests.

    Args:
        known: sorts of requests that are served, or whose failure is told.
    """

    cluster: Cluster
    known: set[Hashable] = field(default_factory=set)

    def sort_of(self, asked: RuleRequest) -> Hashable | None:
        """What a request has in common with others that go its way; None: nothing that suffices."""
        item = asked.item
        if not isinstance(item, Ingress) or len(asked.controllers) != 1 or self._ends_before:
            return None
        host = (item.spec.rules[int(asked.place[2])].host or "").lower()
        if len(self._readers_of_host[host]) > 1:
            return None
        decided = self._decided(asked, asked.controllers[0])
        if decided is None:
            return None
        notes = frozenset(item.metadata.annotations.items())
        return asked.controllers[0].name, asked.request.scheme, host == "", notes, decided

    def _decided(self, asked: RuleRequest, controller: Controller) -> Hashable | None:
        """What the controller's rules make of a request, where that is all that matters."""
        profile = PROFILES[controller.profile]
        decision = profile.decide(asked.request, table_of(self.cluster, controller, profile.name))
        if isinstance(decision, RedirectTo):
            return decision.code if decision.code == _TO_HTTPS else None
        if not isinstance(decision, SendTo) or decision.rule != asked.rule or decision.passes_tls:
            return None
        found = upstream(self.cluster, profile, decision)
        if found.code is not None:
            return found.code, asked.item.key, found.backend
        local = found.service is None or found.service.manifest.spec.internal_traffic_policy == "Local"
        return None if local or decision.via != "pods" else "sent"

    @cached_property
    def _ends_before(self) -> bool:
        """Whether TLS ends in front of a controller somewhere."""
        return any(ended(s, p) for s in self.cluster.services.values() for p in s.ports)

    @cached_property
    def _readers_of_host(self) -> dict[str, set[str]]:
        """Host -> the controllers that read an Ingress with it."""
        found: dict[str, set[str]] = defaultdict(set)
        for ingress in self.cluster.ingresses:
            names = {c.name for c in self.cluster.controllers if reads(self.cluster, c, ingress)[0]}
            for rule in ingress.spec.rules:
                found[(rule.host or "").lower()] |= names
        return found

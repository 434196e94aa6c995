"""Plans: ways to expose the same application, each derived from what is there, in any direction.

What is not HTTP (UDP, SCTP, TCP of another protocol) keeps a load balancer of its own in every plan; a plan
that shares one is a mix then, and says which Services cannot move. A plan is a value: a cluster, and what it
has to buy. To add one, write a module beside `single_ingress` and a line in PLANS.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial

from sim.cluster.pods import shows_pods
from sim.cluster.setup import Setup
from sim.errors import UsageError, one_of
from sim.manifests.objects.collected import Manifests
from sim.plans.as_is import as_is, closest, profile_of
from sim.plans.entries import entry_points, status_ports
from sim.plans.exposure import expose
from sim.plans.gateway import NAME, NAMESPACE, gateway
from sim.plans.lb_per_service import lb_per_service
from sim.plans.plan import APART, AS_IS, SHARED, CannotMove, Exposed, LaterCluster, LaterManifests, Plan
from sim.plans.shared_alb import CLASS, GROUP, shared_alb
from sim.plans.single_ingress import single_ingress
from sim.routing.building import build

__all__ = [
    "APART", "AS_IS", "ENTRIES", "PLANS", "SHARED", "CannotMove", "Exposed", "Plan", "closest",
    "derive", "entry_points", "expose", "status_ports",
]  # fmt: skip

PLANS: dict[str, Callable[[Manifests, tuple[Exposed, ...], Setup, str], Plan]] = {
    APART: lb_per_service,
    SHARED: single_ingress,
    "shared-alb": shared_alb,
    "gateway": gateway,
    AS_IS: as_is,
}

ENTRIES = (f"{NAMESPACE}/{NAME}-{NAME}", f"ingress/{CLASS}-{GROUP}")
"""Load balancers that only some plans have; proxies of a Gateway are named after theirs."""

LB_TARGETS = {"shared-alb": "pod"}
"""What the targets are where nothing is said; nodes for plans that are not named here."""


def derive(
    manifests: Manifests,
    names: Iterable[str],
    setup: Setup,
    more: Iterable[str] = (),
    lb_targets: str | None = None,
    spoken: Mapping[str, str] | None = None,
    changes: Iterable[LaterManifests] = (),
) -> tuple[Plan, ...]:
    """The plans of one application.

    Args:
        names: keys of PLANS.
        setup: nodes, provider and controller, the same for every plan.
        more: Services to expose besides those exposed today.
        lb_targets: `node` or `pod`, in every plan; None: what is usual for each.
        spoken: host -> what its clients speak, where that is not HTTP and no port says so.
        changes: the objects after each event that changes them.

    Raises:
        UsageError: nothing is exposed, or there is no such plan.
    """
    more, changes = tuple(more), tuple(changes)
    exposed = tuple(_spoken(e, spoken or {}) for e in expose(manifests, more))
    if not exposed:
        raise UsageError(
            "nothing is exposed: no Ingress, no HTTPRoute, no Service of type LoadBalancer or NodePort; "
            "use --expose"
        )
    wanted = [one_of(name, PLANS, "plan") for name in names]
    profile = setup.profile or profile_of(build(manifests, setup))
    stated = replace(setup, profile=profile)
    targets = {name: lb_targets or LB_TARGETS.get(name, "node") for name in wanted}

    def reached(name: str, then: Manifests) -> tuple[Exposed, ...]:
        """What is exposed after a change: where nothing is shared, what was."""
        now = tuple(_spoken(e, spoken or {}) for e in expose(then, more))
        return exposed if name == APART else _after(exposed, now)

    def read_again(name: str, changed: Manifests) -> Manifests:
        return derive(changed, [name], setup, more, lb_targets, spoken)[0].cluster.manifests

    def derived(name: str) -> Plan:
        told = setup if name == AS_IS else stated
        told_then = replace(told, assume_endpoints=told.assume_endpoints and not shows_pods(manifests))
        plan = PLANS[name](manifests, exposed, told, targets[name])
        later = tuple(
            LaterCluster(
                at_s, because, PLANS[name](then, reached(name, then), told_then, targets[name]).cluster
            )
            for at_s, because, then in changes
        )
        written = manifests.written and manifests.written.then(partial(read_again, name))
        known = replace(plan.cluster.manifests, written=written)
        return replace(plan, cluster=replace(plan.cluster, manifests=known), later=later)

    return tuple(derived(name) for name in wanted)


def _after(before: tuple[Exposed, ...], now: tuple[Exposed, ...]) -> tuple[Exposed, ...]:
    """What stays exposed, and what comes; a Service that a rule named is not exposed by its type instead."""
    stays = (e for e in before if e in now or (e.ingress is None and e.http_route is None))
    known = {(e.service, e.host) for e in before}
    return (*stays, *(e for e in now if (e.service, e.host) not in known))


def _spoken(entry: Exposed, spoken: Mapping[str, str]) -> Exposed:
    """The same, unless its clients speak something else than HTTP."""
    if entry.host not in spoken or not entry.http:
        return entry
    return replace(entry, not_http=f"its clients speak {spoken[entry.host].upper()}")

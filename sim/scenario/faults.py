"""A fault: what breaks, from when to when, and how long others go on sending to it."""

from math import inf
from typing import Annotated

from pydantic import StrictBool, StrictStr

from sim.cluster.life.figures import FIGURES
from sim.scenario.events import HealthKey
from sim.scenario.fields import AboveZero, Duration, Section, is_whole, wanted

TARGETS = ("node", "zone", "pod", "load_balancer", "controller_pod", "bad_rule")
"""Keys that say what breaks; a fault has exactly one."""

_TARGET_S, _ENDPOINT_S = FIGURES["silent-target"].value, FIGURES["endpoints-known"].value
PODS = ("pod", "controller_pod")
"""Those that may end gracefully."""

DETECTED_AFTER_S = {"node": _TARGET_S, "zone": _TARGET_S, "pod": _ENDPOINT_S, "controller_pod": _ENDPOINT_S}
"""How long a fault goes unnoticed; what is not named here has nobody who could avoid it."""

_POD = wanted(
    "must be the name of a Pod or its number from 1", lambda pod: isinstance(pod, str) or is_whole(pod, 1)
)


class FaultKey(Section):
    """Something breaks at `at`, is avoided `detected_after` later, and is whole again at `until`.

    Args:
        node, zone: silent: nothing answers any more.
        pod, controller_pod: the process is gone: connections are reset, new ones refused.
        load_balancer: `NAMESPACE/NAME` of its Service: silent.
        bad_rule: `NAMESPACE/NAME` of an Ingress whose hosts and paths another, older one claims too.
        graceful: the Pod is asked to stop: it finishes what it has, and new connections are refused.
        until: None: to the end of the run.
        detected_after: None: what is usual; see DETECTED_AFTER_S.
    """

    node: StrictStr | None = None
    zone: StrictStr | None = None
    pod: StrictStr | None = None
    load_balancer: StrictStr | None = None
    controller_pod: Annotated[str | int, _POD] | None = None
    bad_rule: StrictStr | None = None
    graceful: StrictBool = False
    at: Duration = 0.0
    until: AboveZero | None = None
    detected_after: Duration | None = None

    @property
    def targets(self) -> tuple[str, ...]:
        """The keys that say what breaks, as far as they are given."""
        return tuple(name for name in TARGETS if getattr(self, name) is not None)

    @property
    def title(self) -> str:
        """What breaks."""
        return f"{self.targets[0]} {getattr(self, self.targets[0])}"

    @property
    def until_s(self) -> float:
        """When it is whole again."""
        return inf if self.until is None else self.until

    def detected_s(self, health: HealthKey | None) -> float:
        """From when on others avoid it.

        Args:
            health: how load balancers check their targets, where the scenario says it.
        """
        usual = DETECTED_AFTER_S.get(self.targets[0], inf)
        if health is not None and self.is_of_nodes:
            usual = health.check.down_in_silence.mean_s
        return self.at + (usual if self.detected_after is None else self.detected_after)

    @property
    def is_of_nodes(self) -> bool:
        """Whether nodes fall silent."""
        return self.node is not None or self.zone is not None

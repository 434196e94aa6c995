"""How long each part of a cluster takes to hear of a Pod: as the run of a seed has it.

A run and a trace of one of its moments ask here, so that they cannot differ. Each delay is drawn once for
each part and change, from a stream of its own.
"""

from dataclasses import dataclass
from functools import cached_property

from sim.cluster.life.asked import AppLife
from sim.cluster.life.health_checks import TargetCheck
from sim.cluster.life.hearing import ClusterPart, PodChange
from sim.cluster.life.targets import TargetLags
from sim.scenario import Scenario
from sim.scenario.distributions import Distribution
from sim.scenario.events import HealthKey, PropagationKey
from sim.simulation.workload import generator, sampler

MOST_NEW = 1_000
"""New Pods of one workload whose starts are drawn; then the first times come again."""


@dataclass(frozen=True)
class DrawnDelays:
    """The delays of the run of a seed."""

    scenario: Scenario
    seed: int

    @cached_property
    def _told(self) -> PropagationKey:
        return self.scenario.propagation

    @property
    def node_check(self) -> TargetCheck:
        """How load balancers check nodes, by whether they have a ready Pod."""
        return (self.scenario.load_balancer.health or HealthKey()).check

    def heard_s(self, part: ClusterPart, pod: str, change: PodChange) -> float:
        """Until a node's kube-proxy, or a controller Pod, knows: by way of the EndpointSlice."""
        own: Distribution = getattr(self._told, part.kind)
        return self.in_slice_s(pod, change) + self._drawn(own, f"{part.kind}/{part.name}/{pod}/{change}")

    def ruled_s(self, part: ClusterPart, number: int) -> float:
        """Until a part goes by the rules that the n-th event left: by a watch of its own, without slices."""
        own: Distribution = getattr(self._told, part.kind)
        return self._drawn(own, f"{part.kind}/{part.name}/rules/{number}")

    def named_s(self, number: int) -> float:
        """Until name servers have forgotten the load balancer that the n-th event took away."""
        return self._drawn(self._told.dns, f"dns/rules/{number}")

    def targeted_s(self, balancer: str, lags: TargetLags, pod: str, change: PodChange) -> float:
        """Until a load balancer sends to a new target, or no longer to one that is being removed."""
        key = self.scenario.load_balancer
        if change.startswith("ready"):
            registration = key.registration or Distribution("constant", lags.registration_s)
            own_s = self._drawn(registration, f"load_balancer/{balancer}/{pod}/{change}")
        else:
            stated_s = key.deregistration.still_new
            own_s = lags.still_new_s if stated_s is None else stated_s
        return self.in_slice_s(pod, change) + own_s

    def closed_s(self, lags: TargetLags, pod: str) -> float:
        """Until a load balancer closes the connections to a target that is being removed; infinite: never."""
        stated_s = self.scenario.load_balancer.deregistration.delay
        return self.in_slice_s(pod, "deleted") + (lags.closes_s if stated_s is None else stated_s)

    def in_slice_s(self, pod: str, change: PodChange) -> float:
        """Until the EndpointSlice says it."""
        return self._drawn(self._told.endpointslice, f"endpointslice/{pod}/{change}")

    def _drawn(self, distribution: Distribution, name: str) -> float:
        if distribution.kind == "constant":
            return distribution.mean_s
        stream = generator(self.seed, f"propagation/{name}")
        return float(sampler(distribution)(stream, 1)[0])


def drawn_app(scenario: Scenario, seed: int, key: str) -> AppLife:
    """How the Pods of an application start and end in the run of a seed: each start is drawn."""
    app = scenario.app_of(key)
    drawn = sampler(app.start)(generator(seed, f"app/{key}/start"), MOST_NEW)
    return AppLife(tuple(drawn.tolist()), app.on_sigterm, scenario.drain_s)

"""A Scenario: all keys of the file, and the figures that follow from several of them."""

from dataclasses import replace
from math import inf
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StrictBool, StrictStr

from sim.cluster.delays import Delays
from sim.scenario.distributions import Distribution
from sim.scenario.events import AppKey, EventKey, LoadBalancerKey, PropagationKey
from sim.scenario.faults import FaultKey
from sim.scenario.fields import Count, FewServices, NotNegative, Positive, Section, Seed, Times
from sim.scenario.sections import (
    TLS_CPU_S,
    TLS_RESUMED_CPU_S,
    ControllerKey,
    ExpectKey,
    LatencyKey,
    NodeKey,
    PricesKey,
    TLSKey,
    one_by_one,
)
from sim.scenario.traffic import TrafficRow

DEFAULT_RPS, DEFAULT_DURATION_S = 100.0, 60.0
Question = Annotated[StrictStr, Field(min_length=1, max_length=44)]
"""As long as the head of a page is wide."""


class Scenario(Section):
    """A scenario. `{default: …, NAMESPACE/NAME: …}` maps Services to a value of their own.

    Args:
        namespace: for objects without one.
        question: what its page asks, without saying the answer; None: where requests go.
        services: how many HTTP Services there are: the first of the manifests', or copies of them besides;
            None: those of the manifests.
        lb_targets: what load balancers send to, in every plan; None: what is usual for the plan.
    """

    manifests: tuple[StrictStr, ...] = Field(min_length=1)
    namespace: StrictStr = "default"
    question: Question | None = None
    include: StrictStr | None = None
    traffic: tuple[TrafficRow, ...] = ()
    seed: Seed = 1
    rps: Positive = DEFAULT_RPS
    duration_s: Positive = DEFAULT_DURATION_S
    warm_up_s: NotNegative = 0.0
    nodes: Annotated[tuple[NodeKey, ...] | None, BeforeValidator(one_by_one)] = None
    controller: ControllerKey | Literal["none"] = ControllerKey()
    service_time: dict[StrictStr, Times] = Field(default_factory=dict)
    workers: dict[StrictStr, Count] = Field(default_factory=dict)
    latency: LatencyKey = LatencyKey()
    tls: TLSKey = TLSKey()
    provider: StrictBool = True
    prices: PricesKey = PricesKey()
    plans: tuple[StrictStr, ...] = ("lb-per-service", "single-ingress")
    expose: tuple[StrictStr, ...] = ()
    services: FewServices | None = None
    lb_targets: Literal["node", "pod"] | None = None
    faults: tuple[FaultKey, ...] = ()
    events: tuple[EventKey, ...] = ()
    apps: dict[StrictStr, AppKey] = Field(default_factory=dict)
    propagation: PropagationKey = PropagationKey()
    load_balancer: LoadBalancerKey = LoadBalancerKey()
    expect: ExpectKey = ExpectKey()

    def service_time_of(self, service: str) -> Distribution:
        """The service time of a Service's Pods."""
        times = self.service_time
        return times.get(service) or times.get("default") or Distribution("exponential", 0.005)

    def workers_of(self, service: str) -> int:
        """How many requests one Pod of a Service serves at a time."""
        return self.workers.get(service) or self.workers.get("default") or 8

    def app_of(self, workload: str) -> AppKey:
        """How the Pods of a workload `NAMESPACE/NAME` start and end."""
        return self.apps.get(workload) or self.apps.get("default") or AppKey()

    @property
    def ends_s(self) -> float:
        """When its run ends; infinite: when the last request is done."""
        durations = (inf if row.duration_s is None else row.duration_s for row in self.traffic)
        return max(durations, default=inf)

    @property
    def drain_s(self) -> float:
        """How long a controller's own Pod goes on with what it has when it is told to go."""
        stated = self.controller_key.drain
        return inf if stated is None else stated

    @property
    def controller_key(self) -> ControllerKey:
        """The controller of single-ingress, also where the scenario itself has none."""
        return self.controller if isinstance(self.controller, ControllerKey) else ControllerKey()

    @property
    def delays(self) -> Delays:
        """The latency keys as the routing knows them."""
        tls = self.tls
        by_key = Delays.tls_cpu_s if tls.key is None else TLS_CPU_S[tls.key]
        stated: dict[str, Any] = {f"{key}_s": value for key, value in self.latency if value is not None}
        delays = Delays(**{"tls_cpu_s": by_key, **stated}, tls_round_trips=1 if tls.version == "1.3" else 2)
        return replace(delays, tls_resumed_cpu_s=min(delays.tls_cpu_s, TLS_RESUMED_CPU_S[tls.version]))

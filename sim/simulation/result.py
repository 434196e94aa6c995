"""A Result: one run as columns with names, its counters, and its textbook figures. It holds no engine."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim import __version__
from sim.cluster.cluster import Assumption
from sim.cluster.life.held import Held
from sim.cluster.life.pods import PodLife
from sim.cluster.life.scaled import ScaledWorkload
from sim.manifests.objects.collected import Unmodelled
from sim.routing.final import Place
from sim.scenario import Threshold
from sim.simulation.design import Overload, StationSpec
from sim.simulation.failed import ANSWERS, FailureTable, table_of
from sim.simulation.pooled import Sample
from sim.units import html_table, show_seconds

Seconds = NDArray[np.float64]
Numbers = NDArray[np.int64]

CAME_TO: tuple[Place | None, ...] = (None, "Pod", "controller", "load balancer")
TRY_ENDS = ("refused", "unreachable", "closed", "timeout", "keep-alive-race", "queue-full")
"""How a proxy's try at a Pod fails."""


@dataclass(frozen=True)
class StationRecord:
    """What a Pod did in a run, counted by the Pod itself.

    Args:
        served: requests that left it.
        utilisation: share of its workers' time that was busy, after the warm-up.
        in_system_s: the number of requests in it, integrated over time.
        starts_s, stops_s: when a worker began and when one was free again, each in order of time; whoever
            waits for the answer.
    """

    spec: StationSpec
    served: int
    utilisation: float
    in_system_s: float
    starts_s: Seconds = field(compare=False, repr=False)
    stops_s: Seconds = field(compare=False, repr=False)


@dataclass(frozen=True)
class Remembered:
    """What a worker of a controller Pod knows of an upstream from a moment on.

    Args:
        controller: number of the station. upstream: its number in the design.
        state: of the algorithm (`sim.routing.proxies`).
        because: why it chose just now; empty: it did not, a request has ended.
        in_flight: the controller Pod's open requests at each Pod of the upstream.
    """

    at_s: float
    controller: int
    worker: int
    upstream: int
    state: Any
    because: str
    in_flight: tuple[int, ...]


@dataclass(frozen=True)
class ToldPart:
    """A part of the cluster that has heard that a Pod is being deleted: it sends nothing new to it any more.

    Args:
        kind: endpointslice, kube_proxy, controller or load_balancer.
        observer: the node, the controller Pod, the load balancer; of the EndpointSlice the Pod's own name.
        at_s: when.
    """

    pod: str
    kind: str
    observer: str
    at_s: float


@dataclass(frozen=True, eq=False)
class Result:
    """One run. Columns have shape (n,), in order of sending; times are NaN and numbers -1 where not reached.

    Args:
        row: traffic row. connection: number of the connection. node: place in `nodes`.
        sent_s: decision to send. ready_s: the connection is open. answered_s: last byte at the client.
        crossings: borders between zones that it crossed inside the cluster, one way.
        controller, pod: station numbers. crossings: borders between zones that it crossed, one way.
        arrival_s, start_s, departure_s: at the application's Pod.
        ended_s: the request is over, answered or not. end: how, as a place in `ends`.
        failed: reason -> how many.
        cause: number of the station whose coming or going failed the last try that failed.
        fault: number of the fault, or of the event that changed rules, that did, a place in `faults`.
        last_try: how a proxy's last try at a Pod that failed ended, a place in TRY_ENDS.
        fault_starts_s: when each of `faults` begins.
        lives: of the Pods that came or went, by number of the station.
        told: who heard when that a Pod goes, in order of time: the EndpointSlice, and all that chose one.
        rule_events: the last of `faults`: events that changed rules.
        scaled: workloads whose number of Pods is changed, or that have an autoscaler.
        held: what was asked of the control plane and did not happen, or not at once.
        reads_http: numbers of the load balancers that choose for every request.
        thresholds: what the scenario expects of it.
        unmodelled: what its manifests hold and the simulator does not model.
        assumptions: what the cluster of its plan takes for granted.
        retried: attempts after the first ones, of all requests.
        engine_because: why it was no faster one; empty: it was, or it would not matter.
        remembered: what proxies knew, in order of time; empty where the design does not ask for it.
        offered: station -> the load that is asked of it; None where the run is no sample of a steady state,
            for what happens in it is the question.
        overloads: Pods that are asked for more than they can do; then figures depend on the run's length.
    """

    plan: str
    engine: str
    seed: int
    end_s: float
    warm_up_s: float
    sent: int
    answered: int
    failed: Mapping[str, int]
    in_flight: int
    retried: int
    stations: tuple[StationRecord, ...]
    nodes: tuple[str, ...]
    node_zones: tuple[str, ...]
    ends: tuple[str, ...]
    destinations: tuple[str, ...]
    row_destination: tuple[int, ...]
    reads_http: tuple[int, ...]
    row: Numbers
    connection: Numbers
    node: Numbers
    crossings: Numbers
    sent_s: Seconds
    ready_s: Seconds
    controller: Numbers
    controller_arrival_s: Seconds
    controller_start_s: Seconds
    controller_departure_s: Seconds
    pod: Numbers
    arrival_s: Seconds
    start_s: Seconds
    departure_s: Seconds
    answered_s: Seconds
    ended_s: Seconds
    end: Numbers
    cause: Numbers
    fault: Numbers
    last_try: Numbers
    faults: tuple[str, ...] = ()
    fault_starts_s: tuple[float, ...] = ()
    lives: Mapping[int, PodLife] = field(default_factory=dict)
    told: tuple[ToldPart, ...] = ()
    rule_events: tuple[str, ...] = ()
    scaled: tuple[ScaledWorkload, ...] = ()
    held: tuple[Held, ...] = ()
    thresholds: tuple[Threshold, ...] = ()
    unmodelled: tuple[Unmodelled, ...] = ()
    assumptions: tuple[Assumption, ...] = ()
    overloads: tuple[Overload, ...] = ()
    offered: Mapping[int, float] | None = None
    remembered: tuple[Remembered, ...] = ()
    engine_because: str = ""

    def __len__(self) -> int:
        return len(self.sent_s)

    @property
    def destination(self) -> Numbers:
        """The load balancer that each request went to, by number."""
        return np.array(self.row_destination, dtype=np.int64)[self.row]

    @property
    def waiting_s(self) -> Seconds:
        """Time in the queue of the application's Pod."""
        return self.start_s - self.arrival_s

    @property
    def sojourn_s(self) -> Seconds:
        """Time at the application's Pod: waiting plus service."""
        return self.departure_s - self.arrival_s

    @property
    def latency_s(self) -> Seconds:
        """From the decision to send to the last byte, of answered requests sent after the warm-up."""
        times = self.answered_s - self.sent_s
        return times[np.isfinite(times) & (self.sent_s >= self.warm_up_s)]

    @property
    def failed_how(self) -> FailureTable:
        """The failures by second, reason, author, Pod, event and last try."""
        bad = [number for number, reason in enumerate(self.ends) if reason not in ANSWERS]
        mine = np.isin(self.end, bad)
        whose = (self.cause[mine], self.came_to[mine], self.fault[mine], self.last_try[mine])
        columns = (np.floor(self.ended_s[mine]), self.end[mine], *whose)
        found, counts = np.unique(np.stack(columns).astype(np.int64), axis=1, return_counts=True)
        keys = zip(*found.tolist(), counts.tolist(), strict=True)
        tried = ("", *TRY_ENDS)
        counted = {
            (s, self.ends[end], by, CAME_TO[to], fault, tried[last + 1]): n
            for s, end, by, to, fault, last, n in keys
        }
        return table_of(counted, self.lives, self.faults)

    @property
    def came_to(self) -> Numbers:
        """What each request came to last, as places in CAME_TO; nothing, where no Pod was left to choose."""
        stations = np.where(self.cause >= 0, self.cause, self.pod)
        controllers = np.array([*(s.spec.is_controller for s in self.stations), False])
        at_controller = (self.controller >= 0) | controllers[stations]
        return np.select([self._by_balancer, at_controller, (stations >= 0) & (self.node >= 0)], [3, 2, 1], 0)

    @property
    def failures(self) -> int:
        """How many failed, whatever the reason."""
        return sum(self.failed.values())

    def connections_of(self, station: int) -> int:
        """Connections that were opened to a station: by clients, and one per request that was passed on."""
        mine = self.connection[self._entry == station]
        passed_on = int(np.count_nonzero(self.chosen_per_request & (self.pod == station)))
        return len(np.unique(mine)) + passed_on

    def at_node(self, node: int) -> tuple[int, int]:
        """Connections and requests that a load balancer brought to a node."""
        mine = self.node == node
        passed_on = int(np.count_nonzero(mine & self._by_balancer))
        return len(np.unique(self.connection[mine & ~self._by_balancer])) + passed_on, int(mine.sum())

    @property
    def chosen_per_request(self) -> NDArray[np.bool_]:
        """Whether a request's Pod was chosen for the request alone."""
        return (self.controller >= 0) | self._by_balancer

    @property
    def _by_balancer(self) -> NDArray[np.bool_]:
        """Whether the load balancer itself read the request."""
        return np.isin(self.destination, self.reads_http)

    @property
    def _entry(self) -> Numbers:
        """The station that a connection leads to; -1 where it ends at the load balancer."""
        return np.where(self.controller >= 0, self.controller, np.where(self._by_balancer, -1, self.pod))

    @property
    def told_last(self) -> dict[str, tuple[str, float]]:
        """Pod -> the kind of part that heard last that it goes, and how long after, in seconds."""
        deleted = {life.key: life.deleted_s for life in self.lives.values()}
        return {one.pod: (one.kind, one.at_s - deleted[one.pod]) for one in self.told}

    def summary(self) -> dict[str, float | None]:
        """Mean, quantiles and maximum of the latency; None where nothing was answered."""
        return Sample((self.latency_s,)).figures

    def to_json(self) -> dict[str, Any]:
        """The run in the published form, schema sim.run/1, with the thresholds of its scenario."""
        from sim.simulation.summary import summarise, to_json

        return to_json(summarise([self]), self.thresholds, __version__, self.unmodelled)

    def _repr_html_(self) -> str:
        rows = [("sent", str(self.sent)), ("answered", str(self.answered)), ("failed", str(self.failures))]
        rows += [(n, show_seconds(v) if v is not None else "–") for n, v in self.summary().items()]
        return html_table(f"{self.plan}, seed {self.seed}", rows)

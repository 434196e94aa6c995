"""Every random number of a run, addressable: a function of (seed, component and purpose, row).

A component's stream is made from the seed and a stable hash of its name, never from the order of calls, and
reads the same in blocks of any size. A request's draws belong to the request, not to the Pod that serves it,
so two plans see the same clients, arrivals and service times (common random numbers), and adding a traffic
row or a Pod shifts nothing. Source: numpy.random.SeedSequence, spawn_key.
"""

from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property, partial
from hashlib import sha256
from math import inf
from typing import cast

import numpy as np
from numpy.typing import NDArray

from sim.errors import UsageError
from sim.scenario import Scenario, TrafficRow
from sim.scenario.distributions import Distribution
from sim.scenario.month import clients_of
from sim.simulation.arrivals import BLOCK, arrivals_of
from sim.units import MOST_SEED

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Sampler = Callable[[np.random.Generator, int], Floats]


def generator(seed: int, name: str) -> np.random.Generator:
    """The stream of a component and purpose."""
    key = int.from_bytes(sha256(name.encode()).digest()[:8], "big")
    if not 0 <= seed <= MOST_SEED:
        raise UsageError(f"seed {seed}: must be a whole number from 0 to {MOST_SEED}")
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(key,))))


def sampler(distribution: Distribution) -> Sampler:
    """How `n` values of a distribution are drawn from a stream; values are seconds."""
    return partial(SAMPLERS[distribution.kind], distribution)


def _lognormal(d: Distribution, stream: np.random.Generator, n: int) -> Floats:
    variance = np.log1p(d.cv**2)
    return stream.lognormal(np.log(d.mean_s) - variance / 2, np.sqrt(variance), n)


def _gamma(d: Distribution, stream: np.random.Generator, n: int) -> Floats:
    shape = 1 / d.cv**2
    return stream.gamma(shape, d.mean_s / shape, n)


SAMPLERS: dict[str, Callable[[Distribution, np.random.Generator, int], Floats]] = {
    "constant": lambda d, stream, n: np.full(n, d.mean_s),
    "exponential": lambda d, stream, n: stream.exponential(d.mean_s, n),
    "lognormal": _lognormal,
    "gamma": _gamma,
    "pareto": lambda d, stream, n: d.mean_s * (d.shape - 1) / d.shape * (1 + stream.pareto(d.shape, n)),
    "empirical": lambda d, stream, n: np.array(d.values)[(stream.random(n) * len(d.values)).astype(np.int64)],
}


def client_address(number: int) -> str:
    """An address for a client that states none, from the block of benchmarks. Source: RFC 2544."""
    return f"198.{18 + (number >> 16 & 1)}.{number >> 8 & 255}.{number & 255}"


def uniforms(stream: np.random.Generator, n: int) -> Floats:
    """Uniforms in [0, 1)."""
    return stream.random(n)


class Column:
    """Draws of one purpose, row by row, made when first asked for."""

    def __init__(self, stream: np.random.Generator, draw: Sampler) -> None:
        self._stream, self._draw = stream, draw
        self._values = array("d")

    def __getitem__(self, row: int) -> float:
        while row >= len(self._values):
            self._values.frombytes(self._draw(self._stream, BLOCK).tobytes())
        return self._values[row]


Numbers = Sequence[float] | Column


@dataclass(frozen=True)
class Streams:
    """What each stream of a run is named, and how its values are distributed.

    Args:
        services: `NAMESPACE/NAME` behind each traffic row; decides the service time.
    """

    scenario: Scenario
    seed: int
    services: tuple[str, ...]

    def of(self, name: str, purpose: str) -> np.random.Generator:
        """The stream of a component for a purpose."""
        return generator(self.seed, f"{name}/{purpose}")

    def sampler_of(self, row: int, purpose: str, service: str = "") -> Sampler:
        """How the values for a purpose are drawn: times to serve, else uniforms.

        Args:
            service: where a request is served instead of at its row's own; empty: there.
        """
        if purpose == "service":
            return sampler(self.scenario.service_time_of(service or self.services[row]))
        return sampler(self.scenario.controller_key.service_time) if purpose == "controller" else uniforms


@dataclass(frozen=True, eq=False)
class OpenRequests:
    """The open-loop requests of all traffic rows, in order of sending. Every column has shape (n,).

    Args:
        row: which traffic row.
        number: of the request within its row.
        counts: how many requests each open-loop row has in all, though not all of them be here.
    """

    streams: Streams
    counts: Mapping[int, int]
    sent_s: Floats
    row: Integers
    number: Integers
    _drawn: dict[tuple[str, str], Floats] = field(default_factory=dict, repr=False)

    def __len__(self) -> int:
        return len(self.sent_s)

    @cached_property
    def client(self) -> Integers:
        """Number of the client among those of the row's host."""
        scenario = self.streams.scenario
        clients = np.array([clients_of(scenario, row) for row in range(len(scenario.traffic))])
        return np.asarray(self._made("client", "") * clients[self.row]).astype(np.int64)

    @property
    def service_s(self) -> Floats:
        """Service times at the row's own Service."""
        return self.drawn("service")

    @property
    def controller_s(self) -> Floats:
        """Service times at a controller Pod."""
        return self.drawn("controller")

    @property
    def node(self) -> Floats:
        """Uniforms for the load balancer."""
        return self.drawn("node")

    @property
    def pod(self) -> Floats:
        """Uniforms for kube-proxy."""
        return self.drawn("pod")

    @property
    def balance(self) -> Floats:
        """Uniforms for the controller's balancer."""
        return self.drawn("balance")

    @property
    def resume(self) -> Floats:
        """Uniforms for the resumption of a TLS session."""
        return self.drawn("resume")

    def drawn(self, purpose: str, service: str = "") -> Floats:
        """A column of draws, made when first asked for: of each row's stream those of its requests.

        Args:
            purpose: one of Draws.
            service: for service times at another Service than the row's, its `NAMESPACE/NAME`.
        """
        key = purpose, service
        if key not in self._drawn:
            self._drawn[key] = self._made(*key)
        return self._drawn[key]

    def _made(self, purpose: str, service: str) -> Floats:
        streams, firsts = self.streams, np.zeros(len(self.streams.scenario.traffic), dtype=np.int64)
        parts, before = [np.empty(0)], 0
        for row, count in self.counts.items():
            stream = streams.of(row_name(streams.scenario, row), purpose)
            parts.append(streams.sampler_of(row, purpose, service)(stream, count))
            firsts[row], before = before, before + count
        if len(parts) == 2 and before == len(self):
            return parts[1]
        return np.asarray(np.concatenate(parts)[firsts[self.row] + self.number])


@dataclass(frozen=True)
class Draws:
    """Random numbers of requests, each column addressed by the request's number, made when first asked for.

    Args:
        column: a column by its purpose, and by the Service where it is another than the row's.
    """

    column: Callable[[str, str], Numbers]

    @cached_property
    def service_s(self) -> Numbers:
        """Service times at the row's own Service."""
        return self.column("service", "")

    @cached_property
    def controller_s(self) -> Numbers:
        """Service times at a controller Pod."""
        return self.column("controller", "")

    @cached_property
    def node(self) -> Numbers:
        """Uniforms for the load balancer."""
        return self.column("node", "")

    @cached_property
    def pod(self) -> Numbers:
        """Uniforms for kube-proxy."""
        return self.column("pod", "")

    @cached_property
    def balance(self) -> Numbers:
        """The first of the uniforms for the controller's balancing."""
        return self.column("balance", "")

    @cached_property
    def resume(self) -> Numbers:
        """Uniforms for the resumption of a TLS session."""
        return self.column("resume", "")

    @cached_property
    def split(self) -> Numbers:
        """Uniforms for the way that weights choose."""
        return self.column("split", "")

    @cached_property
    def worker(self) -> Numbers:
        """Uniforms for the worker of a controller Pod."""
        return self.column("worker", "")

    def service_at(self, service: str) -> Numbers:
        """The service times at another Service than the row's, by its `NAMESPACE/NAME`."""
        return self.column("service", service)

    def balance_of(self, number: int) -> Callable[[int], float]:
        """The uniforms of a request's balancing: `k` -> the k-th."""
        return partial(self._balance, number)

    def _balance(self, number: int, k: int) -> float:
        return (self.column(f"balance/{k}", "") if k else self.balance)[number]


@dataclass(frozen=True)
class User:
    """A closed-loop user: the name of its streams, its pauses, and what its requests draw."""

    name: str
    think_s: Column
    draws: Draws


@dataclass(frozen=True)
class Workload:
    """The draws of one run."""

    streams: Streams
    requests: OpenRequests
    by_number: bool = False

    @property
    def scenario(self) -> Scenario:
        """What it is drawn for."""
        return self.streams.scenario

    @property
    def seed(self) -> int:
        """Of all its streams."""
        return self.streams.seed

    @property
    def end_s(self) -> float | None:
        """When the run ends: with the longest duration, or (None) when the last of `requests` is done."""
        ends_s = self.scenario.ends_s
        return None if self.by_number or ends_s == inf else ends_s

    def within(self, windows: Sequence[tuple[float, float]]) -> "Workload":
        """The same with those open-loop requests alone that are sent in one of these windows of time."""
        every = self.requests
        kept = np.zeros(len(every), dtype=bool)
        for from_s, to_s in windows:
            kept |= (every.sent_s >= from_s) & (every.sent_s < to_s)
        left = OpenRequests(
            self.streams, every.counts, every.sent_s[kept], every.row[kept], every.number[kept]
        )
        return replace(self, requests=left)

    def open_draws(self) -> Draws:
        """The draws of the open-loop requests, by their number among all of them."""

        def column(purpose: str, service: str) -> Sequence[float]:
            return cast(Sequence[float], self.requests.drawn(purpose, service).data)

        return Draws(cache(column))

    def users(self, row: int) -> Iterator[User]:
        """The users of a closed-loop traffic row."""
        traffic = self.scenario.traffic[row]
        for user in range(traffic.users or 0):
            name = f"{self.row_name(row)}/user/{user}"
            think = Column(self.streams.of(name, "think"), sampler(traffic.think))
            yield User(name, think, self.draws(row, name))

    def row_name(self, row: int) -> str:
        """The name of the streams of a row."""
        return row_name(self.scenario, row)

    def draws(self, row: int, name: str) -> Draws:
        """Columns of a user, or of a later attempt at requests: streams of their own, read when needed."""

        def column(purpose: str, service: str) -> Column:
            return Column(self.streams.of(name, purpose), self.streams.sampler_of(row, purpose, service))

        return Draws(cache(column))

    def backoffs(self, name: str) -> Column:
        """Uniforms that spread the pauses before an attempt."""
        return Column(self.streams.of(name, "backoff"), uniforms)


def draw(scenario: Scenario, services: tuple[str, ...], seed: int, requests: int | None = None) -> Workload:
    """Draw a run: when its requests are sent; whatever else is drawn when it is asked for.

    Args:
        services: `NAMESPACE/NAME` behind each traffic row; decides the service time.
        requests: of all open-loop rows together, instead of their duration; shared out by rate.

    Raises:
        UnsupportedError: more requests than can be kept as columns.
    """
    streams = Streams(scenario, seed, services)
    rows = [row for row, traffic in enumerate(scenario.traffic) if traffic.users is None]
    sent = [_sent_s(streams, row, requests) for row in rows]
    counts = {row: len(instants) for row, instants in zip(rows, sent, strict=True)}
    sent_s = np.concatenate([np.empty(0), *sent])
    order = np.argsort(sent_s, kind="stable")
    row = np.repeat(np.array(rows, dtype=np.int64), [*counts.values()])[order]
    number = np.concatenate([np.arange(0), *map(np.arange, counts.values())])[order]
    return Workload(streams, OpenRequests(streams, counts, sent_s[order], row, number), requests is not None)


def _sent_s(streams: Streams, row: int, requests: int | None) -> Floats:
    scenario, seed = streams.scenario, streams.seed
    traffic, name = scenario.traffic[row], row_name(scenario, row)
    return arrivals_of(scenario, traffic, partial(generator, seed), name, requests)


def row_name(scenario: Scenario, row: int) -> str:
    """The name of a row's streams: it does not depend on the rows beside it, unless they are twins."""
    traffic = scenario.traffic[row]
    twins = sum(1 for r in scenario.traffic[:row] if _identity(r) == _identity(traffic))
    return f"traffic/{'/'.join(_identity(traffic))}#{twins}"


def _identity(row: TrafficRow) -> tuple[str, ...]:
    spoken = () if row.protocol == "http" else (row.protocol,)
    return row.host, row.path, row.method, *spoken

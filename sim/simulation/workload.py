"""Every random number of a run, addressable: a function of (seed, component and purpose, row).

A component's stream is made from the seed and a stable hash of its name, never from the order of calls, and
reads the same in blocks of any size. A request's draws belong to the request, not to the Pod that serves it,
so two plans see the same clients, arrivals and service times (common random numbers), and adding a traffic
row or a Pod shifts nothing. Source: numpy.random.SeedSequence, spawn_key.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from functools import cache, partial
from hashlib import sha256
from math import inf
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from sim.errors import UsageError
from sim.scenario import Scenario, TrafficRow
from sim.scenario.distributions import Distribution
from sim.scenario.month import clients_of
from sim.simulation.arrivals import BLOCK, arrivals_of
from sim.units import MOST_SEED

Floats = NDArray[np.float64]
Sampler = Callable[[np.random.Generator, int], Floats]

_Column = TypeVar("_Column")


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
        self._values: list[float] = []

    def __getitem__(self, row: int) -> float:
        while row >= len(self._values):
            self._values += self._draw(self._stream, BLOCK).tolist()
        return self._values[row]


@dataclass(frozen=True)
class OpenRequests:
    """The open-loop requests of all traffic rows, in order of sending. Every column has shape (n,).

    Args:
        row: which traffic row.
        number: of the request within its row.
        client: number of the client among those of the row's host.
        node, pod, balance, resume: uniforms for the load balancer, kube-proxy, the controller's balancer, and
            the resumption of a TLS session.
    """

    sent_s: Floats
    row: NDArray[np.int64]
    number: NDArray[np.int64]
    client: NDArray[np.int64]
    service_s: Floats
    controller_s: Floats
    node: Floats
    pod: Floats
    balance: Floats
    resume: Floats

    def __len__(self) -> int:
        return len(self.sent_s)


class ByRow:
    """A column of every row, made when first asked for, addressed by the number among all requests."""

    def __init__(self, requests: OpenRequests, column: Callable[[int], Column]) -> None:
        self._requests, self._column = requests, cache(column)

    def __getitem__(self, number: int) -> float:
        return self._column(int(self._requests.row[number]))[int(self._requests.number[number])]


Numbers = Sequence[float] | Column | ByRow


@dataclass(frozen=True)
class Draws:
    """Random numbers of requests, each column addressed by the request's number.

    Args:
        split: uniforms for the way that weights choose; read only where a row has several.
        worker: uniforms for the worker of a controller Pod; read only where it has several.
        balance_at: the k-th uniform for the controller's balancing; `balance` is the first.
        service_at: the service times at another Service than the row's, by its `NAMESPACE/NAME`.
    """

    service_s: Numbers
    controller_s: Numbers
    node: Numbers
    pod: Numbers
    balance: Numbers
    resume: Numbers
    split: Numbers
    worker: Numbers
    balance_at: Callable[[int], Numbers]
    service_at: Callable[[str], Numbers]

    def balance_of(self, number: int) -> Callable[[int], float]:
        """The uniforms of a request's balancing: `k` -> the k-th."""
        return partial(self._balance, number)

    def _balance(self, number: int, k: int) -> float:
        return self.balance[number] if k == 0 else self.balance_at(k)[number]


@dataclass(frozen=True)
class User:
    """A closed-loop user: the name of its streams, its pauses, and what its requests draw."""

    name: str
    think_s: Column
    draws: Draws


@dataclass(frozen=True)
class Workload:
    """The draws of one run."""

    scenario: Scenario
    seed: int
    services: tuple[str, ...]
    requests: OpenRequests
    by_number: bool = False

    @property
    def end_s(self) -> float | None:
        """When the run ends: with the longest duration, or (None) when the last of `requests` is done."""
        ends_s = self.scenario.ends_s
        return None if self.by_number or ends_s == inf else ends_s

    def within(self, windows: Sequence[tuple[float, float]]) -> "Workload":
        """The same with those open-loop requests alone that are sent in one of these windows of time."""
        sent_s = self.requests.sent_s
        kept = np.zeros(len(sent_s), dtype=bool)
        for from_s, to_s in windows:
            kept |= (sent_s >= from_s) & (sent_s < to_s)
        columns = (getattr(self.requests, one.name)[kept] for one in fields(OpenRequests))
        return replace(self, requests=OpenRequests(*columns))

    def open_draws(self) -> Draws:
        """The draws of the open-loop requests, by their number among all of them."""
        names = ("service_s", "controller_s", "node", "pod", "balance", "resume")

        def by_row(column: Callable[[str], Column]) -> ByRow:
            return ByRow(self.requests, lambda row: column(self.row_name(row)))

        return _draws(
            (getattr(self.requests, name).tolist() for name in names),
            by_row(partial(self._uniforms, "split")),
            by_row(partial(self._uniforms, "worker")),
            lambda k: by_row(partial(self._uniforms, f"balance/{k}")),
            lambda service: by_row(lambda name: self._service_s(name, service)),
        )

    def users(self, row: int) -> Iterator[User]:
        """The users of a closed-loop traffic row."""
        traffic = self.scenario.traffic[row]
        for user in range(traffic.users or 0):
            name = f"{self.row_name(row)}/user/{user}"
            think = Column(generator(self.seed, f"{name}/think"), sampler(traffic.think))
            yield User(name, think, self.draws(row, name))

    def row_name(self, row: int) -> str:
        """The name of the streams of a row."""
        return _row_name(self.scenario, row)

    def draws(self, row: int, name: str) -> Draws:
        """Columns of a user, or of a later attempt at requests: streams of their own, read when needed."""

        def column(purpose: str, draw: Sampler) -> Column:
            return Column(generator(self.seed, f"{name}/{purpose}"), draw)

        columns = _drawn(self.scenario, self.services[row], column)
        return _draws(
            columns,
            self._uniforms("split", name),
            self._uniforms("worker", name),
            lambda k: self._uniforms(f"balance/{k}", name),
            lambda service: self._service_s(name, service),
        )

    def _uniforms(self, purpose: str, name: str) -> Column:
        return Column(generator(self.seed, f"{name}/{purpose}"), uniforms)

    def _service_s(self, name: str, service: str) -> Column:
        draw = sampler(self.scenario.service_time_of(service))
        return Column(generator(self.seed, f"{name}/service"), draw)

    def backoffs(self, name: str) -> Column:
        """Uniforms that spread the pauses before an attempt."""
        return self._uniforms("backoff", name)


def _draws(
    drawn: Iterable[Numbers],
    split: Numbers,
    worker: Numbers,
    balance_at: Callable[[int], Numbers],
    service_at: Callable[[str], Numbers],
) -> Draws:
    service_s, controller_s, node, pod, balance, resume = drawn
    return Draws(
        service_s,
        controller_s,
        node,
        pod,
        balance,
        resume,
        split,
        worker,
        cache(balance_at),
        cache(service_at),
    )


def draw(scenario: Scenario, services: tuple[str, ...], seed: int, requests: int | None = None) -> Workload:
    """Draw a run.

    Args:
        services: `NAMESPACE/NAME` behind each traffic row; decides the service time.
        requests: of all open-loop rows together, instead of their duration; shared out by rate.

    Raises:
        UnsupportedError: more requests than can be kept as columns.
    """
    rows = [n for n, row in enumerate(scenario.traffic) if row.users is None]
    parts = [_row(scenario, n, services[n], seed, requests) for n in rows] or [_no_requests()]
    whole = [np.concatenate(columns) for columns in zip(*parts, strict=True)]
    order = np.argsort(whole[0], kind="stable")
    return Workload(
        scenario, seed, services, OpenRequests(*(column[order] for column in whole)), requests is not None
    )


def _no_requests() -> tuple[NDArray[np.float64 | np.int64], ...]:
    numbers, floats = np.empty(0, dtype=np.int64), np.empty(0)
    return (floats, numbers, numbers, numbers, *(floats,) * 6)


def _row_name(scenario: Scenario, row: int) -> str:
    """A row's name does not depend on the rows beside it, unless they are twins."""
    traffic = scenario.traffic[row]
    twins = sum(1 for r in scenario.traffic[:row] if _identity(r) == _identity(traffic))
    return f"traffic/{'/'.join(_identity(traffic))}#{twins}"


def _identity(row: TrafficRow) -> tuple[str, ...]:
    spoken = () if row.protocol == "http" else (row.protocol,)
    return row.host, row.path, row.method, *spoken


def _row(
    scenario: Scenario, row: int, service: str, seed: int, requests: int | None
) -> tuple[NDArray[np.float64 | np.int64], ...]:
    traffic, name = scenario.traffic[row], _row_name(scenario, row)

    sent_s = arrivals_of(scenario, traffic, partial(generator, seed), name, requests)
    n = len(sent_s)

    def column(purpose: str, draw: Sampler) -> Floats:
        return draw(generator(seed, f"{name}/{purpose}"), n)

    return (
        sent_s,
        np.full(n, row, dtype=np.int64),
        np.arange(n),
        (column("client", uniforms) * clients_of(scenario, row)).astype(np.int64),
        *_drawn(scenario, service, column),
    )


def _drawn(scenario: Scenario, service: str, column: Callable[[str, Sampler], _Column]) -> Iterator[_Column]:
    """What requests to a Service draw, column by column, in the order of Draws."""
    yield column("service", sampler(scenario.service_time_of(service)))
    yield column("controller", sampler(scenario.controller_key.service_time))
    yield from (column(purpose, uniforms) for purpose in ("node", "pod", "balance", "resume"))

"""Connections to a Service, dealt out: what each Pod got, and what was to be expected.

Values only. The expected interval holds 95 % of the draws: where kube-proxy draws, the count of a Pod is
binomial; where IPVS takes turns, only the choice of the node is left to chance.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil, floor, sqrt
from typing import Any

from sim import __version__
from sim.errors import UsageError
from sim.routing.kube_proxy import MODES
from sim.routing.trace import Note
from sim.units import attributes, html_table

MOST_PLACEMENTS = 50_000
"""Of the same Pods; nobody reads more."""
Z_95 = 1.959964
"""The two-sided 95 % quantile of the normal distribution."""


@dataclass(frozen=True)
class Share:
    """What one Pod got.

    Args:
        pod: `NAMESPACE/NAME`, or an address where a slice names none.
        node: empty where it is not known.
        probability: that a new connection goes to it.
        drawn: connections that did.
        interval: the counts between which 95 % of draws fall.
        dropped: the share of what goes to it that network policies drop, from a client outside.
    """

    pod: str
    node: str
    probability: float
    drawn: int
    interval: tuple[int, int]
    dropped: float = 0.0

    @property
    def name(self) -> str:
        """The Pod without its namespace, which is the Service's."""
        return self.pod.rpartition("/")[2]

    @property
    def outside(self) -> bool:
        """Whether the count is one of the 5 %."""
        return not self.interval[0] <= self.drawn <= self.interval[1]

    def to_json(self) -> dict[str, Any]:
        """The published form."""
        low, high = self.interval
        counts = {"drawn": self.drawn, "interval": {"low": low, "high": high}, "outside": self.outside}
        lost = {"dropped": self.dropped} if self.dropped else {}
        return {"pod": self.pod, "node": self.node or None, "probability": self.probability, **counts, **lost}


@dataclass(frozen=True)
class Shares:
    """Connections to one port of a Service under one mode of kube-proxy, Pods in order of name.

    Args:
        service: `NAMESPACE/NAME`.
        policy: the traffic policy that held.
        hints: what the Service asks of topology hints, and what came of it; empty: nothing.
        stopped: why network policies drop connections of a client outside; None: they drop none.
    """

    service: str
    port: int
    mode: str
    policy: str
    connections: int
    seed: int
    pods: tuple[Share, ...]
    hints: str = ""
    stopped: Note | None = None

    @property
    def dropped(self) -> float:
        """The share of all connections that network policies drop."""
        return sum(row.probability * row.dropped for row in self.pods)

    @property
    def in_turn(self) -> bool:
        """Whether each node deals in turn instead of drawing."""
        return MODES[self.mode].in_turn

    def expected(self, row: Share) -> float:
        """How many connections a Pod gets on average."""
        return self.connections * row.probability

    @property
    def drawn(self) -> tuple[int, int]:
        """The least and the most that a Pod got."""
        return min(s.drawn for s in self.pods), max(s.drawn for s in self.pods)

    @property
    def uneven(self) -> float:
        """How many times as likely the likeliest Pod is as the least likely one."""
        chances = [s.probability for s in self.pods]
        return max(chances) / min(chances)

    @property
    def outside(self) -> int:
        """Pods whose count is one of the 5 %."""
        return sum(s.outside for s in self.pods)

    def to_json(self) -> dict[str, Any]:
        """The published form, without what all modes share."""
        return attributes(self, "mode in_turn pods")


def in_turn_interval(connections: int, nodes: int, parts: Sequence[float]) -> tuple[int, int]:
    """The counts between which 95 % of draws fall for a Pod that is dealt to in turn.

    A node is drawn for each connection and deals what it gets in turn, so that its part is exact to less
    than one connection.

    Args:
        nodes: how many are drawn from, each as likely as the others.
        parts: for each of them that may choose the Pod, the share of what it deals.
    """
    node = 1 / nodes
    expected = connections * node * sum(parts)
    variance = connections * (node * sum(p * p for p in parts) - (node * sum(parts)) ** 2)
    spread = Z_95 * sqrt(max(0.0, variance)) + len(parts)
    low, high = expected - spread, expected + spread
    return max(0, floor(low + 1e-9) + 1), min(connections, ceil(high - 1e-9) - 1)


@dataclass(frozen=True)
class Placement:
    """How many Pods stand on each node that has any, most first, and what policy Local makes of it."""

    pods_on_node: tuple[int, ...]

    @property
    def largest(self) -> float:
        """The share of a Pod on the node with the fewest."""
        return 1 / (len(self.pods_on_node) * min(self.pods_on_node))

    @property
    def smallest(self) -> float:
        """The share of a Pod on the node with the most."""
        return 1 / (len(self.pods_on_node) * max(self.pods_on_node))

    @property
    def ratio(self) -> float:
        """How many times as much the luckiest Pod gets."""
        return max(self.pods_on_node) / min(self.pods_on_node)

    def to_json(self) -> dict[str, Any]:
        """The published form."""
        shares = {"least": self.smallest, "most": self.largest}
        return {"pods_on_node": list(self.pods_on_node), **shares, "ratio": self.ratio}

    def __str__(self) -> str:
        return " + ".join(map(str, self.pods_on_node))


@dataclass(frozen=True)
class ServiceSpread:
    """How connections to a Service spread, as `sim spread` states it.

    Args:
        service: `NAMESPACE/NAME`.
        modes: of kube-proxy, each with what it gave to every Pod; empty where placements were asked for.
        placements: of the same Pods on nodes, with what policy Local makes of each.
        now: the placement as it is.
        sees: whose address a Pod sees; empty where that was not asked for.
    """

    service: str
    modes: tuple[Shares, ...] = ()
    placements: tuple[Placement, ...] = ()
    now: Placement | None = None
    sees: str = ""

    def to_json(self) -> dict[str, Any]:
        """The published form, schema sim.spread/1."""
        first = self.modes[0] if self.modes else None
        stated = {name: getattr(first, name, None) for name in ("port", "policy", "connections", "seed")}
        said = {"hints": first.hints} if first is not None and first.hints else {}
        if first is not None and first.stopped is not None:
            said["stopped"] = first.stopped.message
        return {
            "schema": "sim.spread/1",
            "service": self.service,
            **stated,
            **said,
            "modes": [s.to_json() for s in self.modes],
            "placements": [{**p.to_json(), "as_it_is": p == self.now} for p in self.placements],
            "version": __version__,
        }

    def _repr_html_(self) -> str:
        """A row per Pod and mode: its share of new connections, and how many of those opened it got."""
        rows = [
            (
                pod.pod,
                f"{pod.probability * 100:.1f} %",
                f"{pod.drawn:,} of {shares.connections:,}",
                shares.mode,
            )
            for shares in self.modes
            for pod in shares.pods
        ]
        policy = f", policy {self.modes[0].policy}" if self.modes else ""
        return html_table(f"{self.service}: share of new connections{policy}; a Pod sees {self.sees}", rows)


def placements(pods: int, nodes: int) -> list[Placement]:
    """Every way to stand Pods on at most so many nodes, the evenest first.

    Raises:
        UsageError: there are more than MOST_PLACEMENTS.

    >>> [str(p) for p in placements(4, 2)]
    ['4', '2 + 2', '3 + 1']
    """
    ways = _count(pods, nodes)
    if ways > MOST_PLACEMENTS:
        raise UsageError(
            f"{pods:,} Pods stand on up to {nodes:,} nodes in {ways:,} ways, more than {MOST_PLACEMENTS:,};"
            " ask about fewer replicas"
        )
    found = (Placement(parts) for parts in _partitions(pods, nodes, pods))
    return sorted(found, key=lambda p: (p.ratio, len(p.pods_on_node), p.pods_on_node))


def _count(total: int, parts: int) -> int:
    """How many ways there are: as many as with parts of at most this size (Euler)."""
    ways = [1] + [0] * total
    for size in range(1, parts + 1):
        for reached in range(size, total + 1):
            ways[reached] += ways[reached - size]
    return ways[total]


def _partitions(total: int, parts: int, most: int) -> Iterator[tuple[int, ...]]:
    """The ways to write a number as a sum of at most `parts` numbers, none above `most`, in falling order."""
    if total == 0:
        yield ()
    elif parts:
        for first in range(min(total, most), 0, -1):
            yield from ((first, *rest) for rest in _partitions(total - first, parts - 1, first))

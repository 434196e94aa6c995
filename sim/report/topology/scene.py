"""What a picture of a cluster shows, as plain values: as much of every column as fits on the page.

A page holds some lines of type, a cluster any number of things. What does not fit is counted: "and 14 more".
What lies on the way of the chosen request is always shown. Heights are points on a slide.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from sim.analysis.topology import PathRule, of_kind
from sim.report.words.path_of_packet import PacketPath
from sim.units import counted

if TYPE_CHECKING:
    from sim.analysis.topology import Graph

Thing = TypeVar("Thing")

LINE, CAPTION, POD, ENTRY, GAP = 18.0, 21.0, 28.0, 44.0, 8.0
"""Heights of a line of type, the caption over Pods, a Pod, a load balancer, and between two things."""
GROUP_GAP, BOOK, PADDING = 14.0, 12.0, 7.0
"""The space between two groups of Pods, above a controller's rules, and within a box."""
MOST_NODES, MOST_CONTROLLERS, MOST_PODS = 4, 2, 4
MOST_LETTERS = 19
"""Of bold type that have room side by side in a box of rules; with more, a rule that wins takes two lines."""


@dataclass(frozen=True)
class Door:
    """A load balancer. `direct`: it leads to Pods of an application, not to a controller."""

    key: str
    name: str
    address: str
    direct: bool
    service: str


@dataclass(frozen=True)
class RuleLine:
    """A line in a box of rules.

    Args:
        service: whose rule it is, for the lines that start here; empty for a heading or a count.
        wins: it decided.
        label: what is drawn of `right`: of a Service its name, where no other namespace has the same.
    """

    left: str
    right: str
    service: str = ""
    wins: bool = False
    head: bool = False
    label: str = ""

    @property
    def tall(self) -> bool:
        """Whether it takes two lines, for what decides is not cut."""
        return self.wins and len(self.left) + len(self.label) > MOST_LETTERS

    @property
    def height(self) -> float:
        """One line of type, or two."""
        return LINE * (1 + self.tall)


@dataclass(frozen=True)
class RuleBox:
    """A box of rules: a node's, or a controller's."""

    key: str
    lines: tuple[RuleLine, ...]

    @property
    def height(self) -> float:
        """The height of the box."""
        return sum(line.height for line in self.lines) + 2 * PADDING

    def top(self, index: int) -> float:
        """Where a line begins, below the upper edge of the box."""
        return PADDING + sum(line.height for line in self.lines[:index])


@dataclass(frozen=True)
class PodBox:
    """A Pod, or several in one box. `idle`: it gets nothing, and `place` says why."""

    pods: tuple[str, ...]
    name: str
    place: str
    idle: bool = False


@dataclass(frozen=True)
class ServicePods:
    """The endpoints of a Service. `more`: Pods that have no room."""

    service: str
    cards: tuple[PodBox, ...]
    more: int = 0

    @property
    def height(self) -> float:
        """Caption, boxes, and the count of the rest."""
        return CAPTION + len(self.cards) * (POD + GAP) - GAP * bool(self.cards) + LINE * bool(self.more)


@dataclass(frozen=True)
class ControllerBox:
    """The Pods of a controller and the rules that they all read. `more`: Pods that have no room."""

    profile: str
    cards: tuple[PodBox, ...]
    more: int
    rules: RuleBox

    @property
    def height(self) -> float:
        """Pods, the count of the rest, and the rules."""
        pods = len(self.cards) * (POD + GAP) + LINE * bool(self.more)
        return pods + (BOOK + self.rules.height if self.rules.lines else 0)


@dataclass(frozen=True)
class Scene:
    """Everything that is drawn, column by column; `more_…` counts what has no room.

    Args:
        names: Service -> what it is called here.
    """

    entries: tuple[Door, ...]
    more_entries: int
    nodes: tuple[RuleBox, ...]
    more_nodes: int
    controllers: tuple[ControllerBox, ...]
    more_controllers: int
    groups: tuple[ServicePods, ...]
    more_groups: int
    names: Mapping[str, str]


def scene(drawn: Graph, way: PacketPath, room: float) -> Scene:
    """Choose what is shown in columns of a height of `room`."""
    services = services_of(drawn)
    groups = _groups(drawn, services, way, room)
    shown = {group.service for group in groups}
    entries = [entry for entry in entries_of(drawn) if not entry.direct or entry.service in shown]
    entries = _first(entries, int(room // (ENTRY + GAP)), lambda e: way.meets([e.key]))
    names = short_names(drawn)
    controllers = _controllers(drawn, way, room, names)
    nodes = () if _past_nodes(drawn) else _nodes(drawn, way, room, names)
    return Scene(
        tuple(entries),
        len(of_kind(drawn, "load-balancer")) - len(entries),
        nodes,
        0 if _past_nodes(drawn) else len(of_kind(drawn, "node")) - len(nodes),
        controllers,
        len(_by_controller(drawn)) - len(controllers),
        groups,
        len(services) - len(groups),
        names,
    )


def short_names(drawn: Graph) -> dict[str, str]:
    """Service -> its name, where no other namespace has the same, else with the namespace."""
    keys = [node.removeprefix("service ") for node in of_kind(drawn, "service")]
    often = Counter(key.rpartition("/")[2] for key in keys)
    return {key: name if often[name := key.rpartition("/")[2]] == 1 else key for key in keys}


def _first(things: Sequence[Thing], most: int, wanted: Callable[[Thing], bool]) -> list[Thing]:
    """At most so many things, in order; what is wanted is among them."""
    ranked = sorted(range(len(things)), key=lambda i: (not wanted(things[i]), i))
    return [things[i] for i in sorted(ranked[: max(0, most)])]


def services_of(drawn: Graph) -> list[str]:
    """The Services behind rules, whether or not they have endpoints; controllers' own ones are no column."""
    direct = [e.service for e in entries_of(drawn) if e.direct]
    ported = [rule.service for n in of_kind(drawn, "node")[:1] for rule in drawn.nodes[n]["rules"]]
    fronts = {e.service for e in entries_of(drawn) if not e.direct}
    ruled = [rule.service for rules in _by_controller(drawn).values() for rule in _rules(drawn, rules)]
    named = dict.fromkeys((*direct, *ported, *ruled))
    return [s for s in named if s not in fronts and drawn.has_node(f"service {s}")]


def entries_of(drawn: Graph) -> list[Door]:
    """The load balancers; a name stands alone where no other namespace has the same."""
    found = []
    keys = [drawn.nodes[n]["name"] for n in of_kind(drawn, "load-balancer")]
    short = [key.partition("/")[2] for key in keys]
    for key, name in zip(keys, short, strict=True):
        pods = drawn.nodes[f"service {key}"]["pods"]
        address = drawn.nodes[f"load-balancer {key}"]["address"] or "pending"
        reads = drawn.nodes[f"load-balancer {key}"].get("reads") is not None
        direct = not reads and not any(drawn.nodes[pod]["kind"] == "controller" for pod in pods)
        shown = name if short.count(name) == 1 else key
        found.append(Door(f"load-balancer {key}", shown, address, direct, key))
    return found


def _groups(drawn: Graph, services: Sequence[str], way: PacketPath, room: float) -> tuple[ServicePods, ...]:
    """As many Pods of as many Services as have room; the chosen Service keeps its Pods apart."""
    for most in range(MOST_PODS, 1, -1):
        groups = [_group(drawn, service, most, way.end) for service in services]
        if _height(groups) <= room:
            return tuple(groups)
    bundled = [_group(drawn, s, 2 if s in way.services else 0, way.end) for s in services]
    return tuple(_fitting(bundled, way.services, room - LINE - GROUP_GAP))


def _height(groups: Sequence[ServicePods]) -> float:
    return sum(group.height + GROUP_GAP for group in groups) - GROUP_GAP


def _fitting(groups: Sequence[ServicePods], chosen: frozenset[str], room: float) -> list[ServicePods]:
    """The most groups that have room, the chosen one among them."""
    for most in range(len(groups), 0, -1):
        kept = _first(groups, most, lambda group: group.service in chosen)
        if _height(kept) <= room:
            return kept
    return []


def _group(drawn: Graph, service: str, most: int, wanted: str) -> ServicePods:
    """A Service with at most so many Pods; with none of its own they share a box."""
    pods = sorted(drawn.nodes[f"service {service}"]["pods"], key=lambda pod: bool(drawn.nodes[pod]["state"]))
    if most == 0:
        return ServicePods(service, _bundle(drawn, pods))
    kept = _first(pods, most, lambda pod: pod == wanted)
    return ServicePods(service, tuple(card_of(drawn, pod) for pod in kept), len(pods) - len(kept))


def card_of(drawn: Graph, pod: str) -> PodBox:
    """The box of one Pod: its name, and its node or why it gets nothing."""
    data = drawn.nodes[pod]
    state = data["state"].partition(":")[0]
    return PodBox((pod,), data["name"].rpartition("/")[2], state or data["node"] or "", bool(state))


def _bundle(drawn: Graph, pods: Sequence[str]) -> tuple[PodBox, ...]:
    """All Pods of a Service in one box."""
    if len(pods) < 2:
        return tuple(card_of(drawn, pod) for pod in pods)
    ready = sum(not drawn.nodes[pod]["state"] for pod in pods)
    nodes = list(dict.fromkeys(drawn.nodes[pod]["node"] or "" for pod in pods))
    where = nodes[0] if len(nodes) == 1 else f"{len(nodes)} nodes"
    place = where if ready == len(pods) else f"{ready} ready"
    return (PodBox(tuple(pods), f"{len(pods)} Pods", place, not ready),)


def _past_nodes(drawn: Graph) -> bool:
    """Whether load balancers send straight to Pods, and nothing to any node."""
    to_pods = any(
        drawn.nodes[end]["kind"] == "pod"
        for balancer in of_kind(drawn, "load-balancer")
        for end in drawn.successors(balancer)
    )
    return to_pods and not any(drawn.degree(node) for node in of_kind(drawn, "node"))


def _nodes(drawn: Graph, way: PacketPath, room: float, names: Mapping[str, str]) -> tuple[RuleBox, ...]:
    """The nodes with their rules, as many lines each as have room."""
    keys = of_kind(drawn, "node")
    kept = _first(keys, MOST_NODES, lambda node: way.meets([node]))
    room -= LINE * (len(kept) < len(keys))
    lines = int((room / max(1, len(kept)) - GAP - 2 * PADDING) // LINE) - 1
    return tuple(_node(drawn, node, way, lines, names) for node in kept)


def _node(drawn: Graph, node: str, way: PacketPath, most: int, names: Mapping[str, str]) -> RuleBox:
    data = drawn.nodes[node]
    chosen = way.services if way.meets([node]) else frozenset()
    lines = []
    for r in data["rules"]:
        wins = r.service in chosen and way.port in (r.port, r.node_port)
        lines.append(_rule(str(r.node_port or r.port), r.service, wins, names))
    zone = data["zone"] or ""
    head = RuleLine(data["name"], zone, head=True, label=zone)
    room = most - sum(line.tall for line in lines)
    kept = lines if len(lines) <= room else _first(lines, room - 1, lambda line: line.wins)
    return RuleBox(node, (head, *kept, *_rest(len(lines) - len(kept))))


def _rule(left: str, service: str, wins: bool, names: Mapping[str, str]) -> RuleLine:
    return RuleLine(left, service, service, wins, label=names.get(service, service))


def _rest(count: int) -> list[RuleLine]:
    """A line that counts the rules that have no room, if there are any."""
    return [RuleLine(f"and {counted(count, 'more rule')}", "")] if count else []


def _by_controller(drawn: Graph) -> dict[str, list[str]]:
    """Controller -> its Pods."""
    found: dict[str, list[str]] = {}
    for pod in of_kind(drawn, "controller"):
        found.setdefault(drawn.nodes[pod]["controller"], []).append(pod)
    return found


def _rules(drawn: Graph, pods: Sequence[str]) -> tuple[PathRule, ...]:
    rules: tuple[PathRule, ...] = drawn.nodes[pods[0]]["rules"]
    return rules


def _controllers(
    drawn: Graph, way: PacketPath, room: float, names: Mapping[str, str]
) -> tuple[ControllerBox, ...]:
    found = list(_by_controller(drawn).values())
    kept = _first(found, MOST_CONTROLLERS, way.meets)
    each = (room - GROUP_GAP * (len(kept) - 1) - LINE * (len(found) > len(kept))) / max(1, len(kept))
    return tuple(_controller(drawn, pods, way, each, names) for pods in kept)


def _controller(
    drawn: Graph, pods: Sequence[str], way: PacketPath, room: float, names: Mapping[str, str]
) -> ControllerBox:
    kept = _first(pods, 2, lambda pod: way.meets([pod]))
    cards, more = tuple(card_of(drawn, pod) for pod in kept), len(pods) - len(kept)
    room -= len(cards) * (POD + GAP) + LINE * bool(more) + BOOK + 2 * PADDING
    winner = way.rule if way.meets(pods) else None
    lines = _rule_lines(_rules(drawn, pods), winner, int(room // LINE), names)
    return ControllerBox(drawn.nodes[pods[0]]["profile"], cards, more, RuleBox(pods[0], tuple(lines)))


def _rule_lines(
    rules: Sequence[PathRule], winner: str | None, most: int, names: Mapping[str, str]
) -> list[RuleLine]:
    """Hosts and their paths, as many as have room with a line that counts the rest."""
    for kept in range(len(rules), 0, -1):
        shown = _first(rules, kept, lambda rule: rule.rule == winner)
        lines = [*_with_hosts(shown, winner, names), *_rest(len(rules) - kept)]
        if len(lines) + sum(line.tall for line in lines) <= most:
            return lines
    return []


def _with_hosts(
    rules: Sequence[PathRule], winner: str | None, names: Mapping[str, str]
) -> Iterator[RuleLine]:
    host = None
    for rule in rules:
        if rule.host != host:
            column = "Service" if host is None else ""
            yield RuleLine(rule.host or "any host", column, head=True, label=column)
            host = rule.host
        yield _rule(rule.path, rule.service, rule.rule == winner, names)

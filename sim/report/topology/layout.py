"""Where the parts of a cluster's picture stand, as plain values: fixed columns, and heights that follow.

A load balancer stands beside the Pods it leads to; everything else is centred in its column. All lengths here
are points on a slide, from the upper left corner.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sim.analysis.topology import CLIENT
from sim.report.topology.scene import BOOK, CAPTION, ENTRY, GAP, GROUP_GAP, LINE, POD, PodBox, Scene
from sim.units import counted

WIDTH = 921.6
COLUMNS = {
    "client": (32.0, 52.0),
    "load balancer": (104.0, 130.0),
    "node": (264.0, 182.0),
    "controller": (480.0, 196.0),
    "pod": (712.0, 164.0),
}
"""Column -> its left edge and its width; the same in every picture."""
CLIENT_HEIGHT = 38.0
BRACKET = 8.0
"""How far to the left of its Pods a bracket stands."""


@dataclass(frozen=True)
class Box:
    """A rectangle."""

    left: float
    top: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """The right edge."""
        return self.left + self.width

    @property
    def bottom(self) -> float:
        """The lower edge."""
        return self.top + self.height

    @property
    def middle(self) -> float:
        """Half way down."""
        return self.top + self.height / 2


Captions = dict[str, tuple[float, Box | None]]
"""Service -> height of its caption, and the box around its Pods; None without Pods."""


@dataclass(frozen=True)
class Layout:
    """The boxes of a scene.

    Args:
        boxes: of the graph's nodes that are shown; Pods that share a box have it in common.
        tables: of the rules of controllers, in order.
        counts: (column, height, words) of what has no room.
    """

    boxes: dict[str, Box]
    tables: tuple[Box, ...]
    captions: Captions
    counts: tuple[tuple[str, float, str], ...]


def centred(heights: Sequence[float], gap: float, top: float, bottom: float) -> list[float]:
    """The tops of boxes stacked in the middle of a column."""
    start = (top + bottom - sum(heights) - gap * (len(heights) - 1)) / 2
    return [start + sum(heights[:i]) + gap * i for i in range(len(heights))]


def spread(heights: Sequence[float], top: float, bottom: float) -> list[float]:
    """The tops of boxes with the same space above, between and below."""
    gap = (bottom - top - sum(heights)) / (len(heights) + 1)
    return [top + sum(heights[:i]) + gap * (i + 1) for i in range(len(heights))]


def beside(middles: Sequence[float], height: float, gap: float, top: float, bottom: float) -> list[float]:
    """The tops of boxes as near to these middles as their distance allows, in the order given."""
    tops: list[float] = []
    for middle in middles:
        least = tops[-1] + height + gap if tops else top
        tops.append(max(least, middle - height / 2))
    last = bottom - height
    for index in reversed(range(len(tops))):
        tops[index] = min(tops[index], last)
        last = tops[index] - height - gap
    return tops


def layout(seen: Scene, top: float, bottom: float) -> Layout:
    """Give everything its place between `top` and `bottom`."""
    captions = dict(_captions(seen, top, bottom - LINE * bool(seen.more_groups)))
    boxes = {CLIENT: _box("client", (top + bottom - CLIENT_HEIGHT) / 2, CLIENT_HEIGHT)}
    for group in seen.groups:
        boxes |= _cards("pod", group.cards, captions[group.service][0] + CAPTION - LINE / 2)
    boxes |= dict(_entries(seen, captions, top, bottom))
    boxes |= _nodes(seen, top, bottom)
    tables, counts = [], list(_counts(seen, captions, bottom))
    heights = [controller.height for controller in seen.controllers]
    for controller, start in zip(seen.controllers, centred(heights, GROUP_GAP, top, bottom), strict=True):
        boxes |= _cards("controller", controller.cards, start)
        below = start + len(controller.cards) * (POD + GAP)
        if controller.more:
            counts.append(("controller", below + LINE / 2, f"and {counted(controller.more, 'more Pod')}"))
        table = below + LINE * bool(controller.more) + BOOK
        tables.append(_box("controller", table, controller.rules.height))
    return Layout(boxes, tuple(tables), captions, tuple(counts))


def _box(column: str, top: float, height: float) -> Box:
    left, width = COLUMNS[column]
    return Box(left, top, width, height)


def _cards(column: str, cards: Sequence[PodBox], top: float) -> dict[str, Box]:
    """Boxes of Pods, one below the other."""
    boxes = [_box(column, top + index * (POD + GAP), POD) for index, _ in enumerate(cards)]
    return {pod: box for card, box in zip(cards, boxes, strict=True) for pod in card.pods}


def _captions(seen: Scene, top: float, bottom: float) -> Iterator[tuple[str, tuple[float, Box | None]]]:
    heights = [group.height for group in seen.groups]
    for group, start in zip(seen.groups, centred(heights, GROUP_GAP, top, bottom), strict=True):
        around = _box("pod", start + CAPTION, len(group.cards) * (POD + GAP) - GAP) if group.cards else None
        yield group.service, (start + LINE / 2, around)


def _entries(seen: Scene, captions: Captions, top: float, bottom: float) -> Iterator[tuple[str, Box]]:
    """Load balancers, each beside its Service's Pods, those of controllers in the middle; no two cross."""

    def wanted(service: str) -> float:
        height, around = captions.get(service, ((top + bottom) / 2, None))
        return around.middle if around else height

    order = sorted(seen.entries, key=lambda entry: wanted(entry.service))
    room = bottom - 2 * LINE * bool(seen.more_entries)
    tops = beside([wanted(entry.service) for entry in order], ENTRY, GAP, top, room)
    yield from ((e.key, _box("load balancer", y, ENTRY)) for e, y in zip(order, tops, strict=True))


def _nodes(seen: Scene, top: float, bottom: float) -> dict[str, Box]:
    heights = [table.height for table in seen.nodes]
    tops = spread(heights, top, bottom - LINE * bool(seen.more_nodes))
    return {t.key: _box("node", y, t.height) for t, y in zip(seen.nodes, tops, strict=True)}


def _counts(seen: Scene, captions: Captions, bottom: float) -> Iterator[tuple[str, float, str]]:
    """What has no room, at the foot of its column."""
    if seen.more_entries:
        yield "load balancer", bottom - LINE * 1.5, f"and {seen.more_entries} more"
        yield "load balancer", bottom - LINE / 2, "load balancers"
    if seen.more_nodes:
        yield "node", bottom - LINE / 2, f"and {counted(seen.more_nodes, 'more node')}"
    for group in seen.groups:
        if group.more:
            around = captions[group.service][1]
            below = around.bottom if around else 0.0
            yield "pod", below + LINE / 2 + 2, f"and {counted(group.more, 'more Pod')}"
    if seen.more_groups:
        yield "pod", bottom - LINE / 2, f"and {counted(seen.more_groups, 'more Service')}"

"""Lanes of Pods over time: who starts, is ready, goes; when the last part heard of it; what failed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import inf

from sim import __version__
from sim.comparison.lanes import PodLane, fullest, lanes_of
from sim.errors import UsageError
from sim.report.charts.picture import MARGIN, Picture, Sheet, frame, sheet
from sim.report.charts.timeline import Timeline, axis, bar, line, span_of, spots_of
from sim.report.theme import TICK
from sim.report.words.lanes import lane_in_words, lanes_subtitle, lanes_titles, pod_name
from sim.simulation.result import Result

MOST_LANES = 14
_BAR, _TALLEST, _ROOMY, _HEAD, _GAP = 0.52, 52.0, 26.0, 20.0, 8.0
"""Share of a lane's height; points on a slide: the most height of a lane, the height from which on there is
room for one more row of labels, such a row, a gap."""


@dataclass(frozen=True)
class Label:
    """A word above a lane, at a moment of it."""

    words: str
    at_s: float


@dataclass(frozen=True)
class Grid:
    """Where the lanes stand.

    Args:
        top: of the first lane. height: of each.
        head: of the labels above the first lane that goes, and above the first one that stays.
    """

    time: Timeline
    top: float
    height: float
    head: float
    going: int

    def y(self, number: int) -> float:
        """The middle of a lane."""
        heads = self.head * (bool(self.going) + (number >= self.going))
        return self.top + heads + (number + 0.5) * self.height


def lanes_chart(result: Result, size: str = "slide", theme: str = "light") -> Picture:
    """The Pods of a run with events, one lane each.

    Args:
        size: a key of SIZES.
        theme: a key of THEMES.

    Raises:
        UsageError: no Pod comes or goes, or there is no such size or theme.
    """
    every = lanes_of(result)
    if not every:
        raise UsageError("no Pod comes or goes in this run: lanes are for a scenario with events")
    lanes, titles = fullest(every, MOST_LANES), lanes_titles(result)
    with sheet(size, theme) as page:
        subtitle = lanes_subtitle(result, every, len(lanes))
        title, top, bottom = frame(page, titles, subtitle, run_caption(result))
        grid = _grid(page, lanes, result.end_s, (top + page.to_scale(12), bottom - page.to_scale(34)))
        draw_lanes(page, lanes, grid)
        axis(page, grid.time, grid.y(len(lanes) - 1) + 0.5 * grid.height + page.to_scale(2))
    return Picture(page.figure, title, f"{title}. {subtitle} {' '.join(map(lane_in_words, lanes))}")


def run_caption(result: Result) -> str:
    """Where the picture comes from."""
    answered = f"{result.answered:,} of {result.sent:,} requests answered"
    return f"seed {result.seed} · sim {__version__} · plan {result.plan} · {answered}"


def _grid(page: Sheet, lanes: Sequence[PodLane], end_s: float, room: tuple[float, float]) -> Grid:
    going, time = sum(lane.goes for lane in lanes), time_of(page, lanes, end_s)
    for rows in (3, 2):
        head = labels_height(page, rows)
        heads = head * (bool(going) + (going < len(lanes)))
        height = lane_height(page, room[1] - room[0] - heads, len(lanes))
        if height >= page.to_scale(_ROOMY):
            break
    return Grid(time, room[0], height, head, going)


def time_of(page: Sheet, lanes: Sequence[PodLane], end_s: float) -> Timeline:
    """A clock on which all moments of lanes are, their names left of it and their counts right of it."""
    names = min(page.widest([pod_name(lane.life) for lane in lanes], TICK), 0.25 * page.width)
    counts = page.widest([_count(lane) for lane in lanes], TICK)
    margin, gap = page.to_scale(MARGIN), page.to_scale(_GAP)
    span_s = span_of((m for lane in lanes for m in lane.moments_s), end_s)
    return Timeline(span_s, margin + names + gap, page.width - margin - counts - gap)


def labels_height(page: Sheet, rows: int) -> float:
    """What the words above the first lane take."""
    return rows * page.to_scale(_HEAD)


def lane_height(page: Sheet, room: float, lanes: int) -> float:
    """How high each of so many lanes is."""
    return min(room / lanes, page.to_scale(_TALLEST))


def draw_lanes(page: Sheet, lanes: Sequence[PodLane], grid: Grid) -> None:
    """Lanes, and above the first ones what their marks mean."""
    for number, lane in enumerate(lanes):
        _lane(page, lane, grid, grid.y(number))
    _labels(page, lanes, grid)


def _count(lane: PodLane) -> str:
    return f"✕ {len(lane.failed):,} failed" if lane.failed else ""


def _lane(page: Sheet, lane: PodLane, grid: Grid, y: float) -> None:
    life, time, height = lane.life, grid.time, _BAR * grid.height
    gap = page.to_scale(_GAP)
    name = page.shortened(pod_name(life), time.left - gap - page.to_scale(MARGIN) + 1, TICK)
    page.text(time.left - gap, y, name, TICK, align="right")
    if time.shows(life.created_s):
        bar(
            page, (time.x(life.created_s), time.x(life.ready_s)), y, height, "line", filled=False, hatch="///"
        )
    since_s = life.ready_s
    for rest in life.breaks:
        bar(page, (time.x(since_s), time.x(rest.from_s)), y, height, "delivered")
        since_s = min(rest.ready_s, life.deleted_s)
        bar(page, (time.x(rest.from_s), time.x(since_s)), y, height, "line", filled=False, hatch="///")
    bar(page, (time.x(since_s), time.x(life.deleted_s)), y, height, "delivered")
    if lane.goes:
        bar(page, (time.x(life.deleted_s), time.x(life.closes_s)), y, height, "line", filled=False)
        bar(page, (time.x(life.closes_s), time.x(lane.gone_s)), y, height, "line", filled=False, dash=":")
    _failed(page, lane, time, y, height)


def _failed(page: Sheet, lane: PodLane, time: Timeline, y: float, height: float) -> None:
    for one in lane.failed:
        x = time.x(one.at_s)
        line(page, (x, y - height / 2), (x, y + height / 2), "failed", 1.5)
    if lane.told_s is not None:
        x = time.x(lane.told_s)
        line(page, (x, y - 0.8 * height), (x, y + 0.6 * height), "ink", 2.0)
    if lane.failed:
        after = time.x(max(lane.moments_s)) if lane.goes else time.right
        page.text(after + page.to_scale(_GAP), y, _count(lane), TICK)


def _labels(page: Sheet, lanes: Sequence[PodLane], grid: Grid) -> None:
    """What the marks mean, each said once: above the first lane that goes and above the first that stays."""
    going, staying = [lane for lane in lanes if lane.goes], [lane for lane in lanes if not lane.goes]
    first_s = grid.time.span_s[0]
    for number, group in ((0, going), (grid.going, staying)):
        if group:
            _place(page, list(_said(group[0], first_s, not number)), grid, grid.y(number))


def _said(lane: PodLane, first_s: float, all_of_it: bool) -> Iterable[Label]:
    life = lane.life
    if life.created_s > -inf:
        yield Label("starting", max(life.created_s, first_s))
    if all_of_it or life.created_s > -inf:
        yield Label("ready", max(life.ready_s, first_s))
    yield from (Label("restarts", rest.from_s) for rest in life.breaks[:1])
    if lane.goes:
        stops = "SIGTERM" if life.sigterm_s == life.closes_s else "stops listening"
        hook = life.closes_s > life.deleted_s
        yield from [Label("terminating", life.deleted_s)] if hook else []
        yield Label(stops, life.closes_s)
    if lane.told_s is not None:
        yield Label("last sender told", lane.told_s)


def _place(page: Sheet, labels: Sequence[Label], grid: Grid, y: float) -> None:
    """Labels in rows above a lane, each beside its moment, better right of it, and across no other line."""
    gap, unit = page.to_scale(4), page.to_scale(_HEAD)
    known = sorted(labels, key=lambda label: label.at_s)
    sizes = [(grid.time.x(label.at_s), page.width_of(label.words, TICK)) for label in known]
    spots = spots_of(sizes, round(grid.head / unit), gap, page.width - page.to_scale(MARGIN))
    for label, (x, _), spot in zip(known, sizes, spots, strict=True):
        if spot is not None:
            at_y = y - 0.5 * grid.height - unit * (spot.row + 0.4)
            page.text(spot.begin, at_y, label.words, TICK)
            line(page, (x, at_y - gap), (x, y - _BAR * grid.height / 2), "line")

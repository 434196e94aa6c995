"""A roll-out before and after its hook, on one clock: the lanes of the Pods that go, and what fails."""

from collections.abc import Sequence

from sim.comparison.lanes import PodLane, fullest, lanes_of
from sim.comparison.rollout_answer import ShownRollout
from sim.report.charts.lanes import (
    Grid,
    draw_lanes,
    labels_height,
    lane_height,
    lanes_chart,
    run_caption,
    time_of,
)
from sim.report.charts.picture import MARGIN, Picture, Sheet, frame, sheet
from sim.report.charts.timeline import axis
from sim.report.words.lanes import lane_in_words
from sim.report.words.rollout import shown_heads, shown_subtitle, shown_titles
from sim.simulation.result import Result

MOST_IN_PANEL = 5
_HEAD, _BELOW = 24.0, 14.0
"""Points on a slide: the line above a panel, the space below it."""


def rollout_chart(shown: ShownRollout, size: str = "slide", theme: str = "light") -> Picture:
    """The Pods that go, as it is and with the hook; without a hook, the lanes of all Pods as it is.

    Args:
        size: a key of SIZES.
        theme: a key of THEMES.

    Raises:
        UsageError: there is no such size or theme.
    """
    if shown.hooked is None:
        return lanes_chart(shown.as_is, size, theme)
    before, after = _alike(shown.as_is, shown.hooked)
    left_out = sum(lane.goes for lane in lanes_of(shown.as_is)) - len(before)
    with sheet(size, theme) as page:
        subtitle = shown_subtitle(shown, left_out)
        title, top, bottom = frame(page, shown_titles(shown), subtitle, run_caption(shown.as_is))
        room = (top + page.to_scale(12), bottom - page.to_scale(34))
        _panels(page, shown, (before, after), room)
    parts = zip(shown_heads(shown), (before, after), strict=True)
    words = (f"{head}. {' '.join(map(lane_in_words, lanes))}" for head, lanes in parts)
    return Picture(page.figure, title, f"{title}. {subtitle} {' '.join(words)}")


def _alike(as_is: Result, hooked: Result) -> tuple[list[PodLane], list[PodLane]]:
    """Lanes of the same Pods in both: of those that go, the ones with most failures as it is."""
    before = fullest([lane for lane in lanes_of(as_is) if lane.goes], MOST_IN_PANEL)
    found = {lane.life.key: lane for lane in lanes_of(hooked)}
    return before, [found[lane.life.key] for lane in before]


def _panels(
    page: Sheet, shown: ShownRollout, panels: Sequence[Sequence[PodLane]], room: tuple[float, float]
) -> None:
    lanes = [lane for panel in panels for lane in panel]
    time = time_of(page, lanes, max(shown.as_is.end_s, shown.hooked.end_s if shown.hooked else 0.0))
    head, below = page.to_scale(_HEAD), page.to_scale(_BELOW)
    heads = [labels_height(page, rows) for rows in (2, 3)]
    free = room[1] - room[0] - len(panels) * head - sum(heads) - below
    height, y = lane_height(page, free, len(lanes)), room[0]
    for says, panel, labels in zip(shown_heads(shown), panels, heads, strict=True):
        page.text(page.to_scale(MARGIN), y + head / 2, says, bold=True)
        draw_lanes(page, panel, Grid(time, y + head, height, labels, len(panel)))
        y += head + labels + len(panel) * height + below
    axis(page, time, y - below + page.to_scale(2))

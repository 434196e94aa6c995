"""The chart of spreading: what share of a Service's requests each Pod got, plan by plan.

The predicted band comes first, in grey; what was measured lies on it. Plans stand side by side on one scale,
the most uneven Service first.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from sim.comparison.comparison import Comparison
from sim.report.charts.picture import MARGIN, Picture, Sheet, frame, mark_size, sheet
from sim.report.theme import PLANS, TICK, PlanLook
from sim.report.words.pods import ServiceShares, alt_text, caption, chosen_for, groups_of, subtitle, titles
from sim.simulation.spreading import PodShare

_GAP, _BETWEEN, _TALLEST, _NARROWEST = 16.0, 34.0, 64.0, 110.0
"""Points on a slide: beside a column, between panels, the most height of a row, the least width of a plot."""

_COUNTS = "requests"


@dataclass(frozen=True)
class Panels:
    """Where the panels stand: points from the left and from the top, and the scale that they share.

    Args:
        names: width of the Pods' names.
        counts: width of the column of counts; 0 where it has no room.
    """

    top: float
    bottom: float
    names: float
    plot: float
    counts: float
    limit: float

    def left(self, page: Sheet, number: int) -> float:
        """Where the plot of a panel begins."""
        begin = page.to_scale(MARGIN + _GAP) + self.names
        return begin + number * (self.plot + self.counts + page.to_scale(_BETWEEN))

    def middle(self, row: float, rows: int) -> float:
        """The height of a row."""
        return self.top + (self.bottom - self.top) * (row + 0.5) / rows


def pods_chart(comparison: Comparison, size: str = "slide", theme: str = "light") -> Picture:
    """What share of the requests each Pod got: chosen per connection, and chosen per request.

    Args:
        size: a key of SIZES.
        theme: a key of THEMES.

    Raises:
        UsageError: no Service has several Pods that requests reached, or there is no such size or theme.
    """
    groups = groups_of(comparison)
    looks = [PLANS[outcome.name] for outcome in comparison.outcomes]
    with sheet(size, theme) as page:
        title, top, bottom = frame(page, titles(groups), subtitle(groups), caption(comparison, groups))
        panels = _panels(page, groups, (top + page.to_scale(70), bottom - page.to_scale(40)))
        _names(page, groups, panels)
        for number, (outcome, look) in enumerate(zip(comparison.outcomes, looks, strict=True)):
            _panel(page, groups, number, look, outcome.name, panels)
    return Picture(page.figure, title, alt_text(title, comparison, groups))


def _lines(groups: Sequence[ServiceShares]) -> list[tuple[ServiceShares, str]]:
    """The rows of every panel: a Service without a Pod is its heading, which one Service alone needs not."""
    heads = len(groups) > 1
    return [(group, pod) for group in groups for pod in (*([""] if heads else []), *group.shown)]


def _panels(page: Sheet, groups: Sequence[ServiceShares], span: tuple[float, float]) -> Panels:
    lines = _lines(groups)
    plans = len(groups[0].plans)
    gap, room = page.to_scale(_GAP), page.width - 2 * page.to_scale(MARGIN)
    heads = page.widest((group.service for group, pod in lines if not pod), bold=True)
    names = min(0.25 * room, max(heads, page.widest(_label(pod) for _, pod in lines if pod)))
    every = [(pod, one.requests) for group in groups for one in group.plans if one for pod in one.pods]
    counts = page.widest([_COUNTS, *(f"{pod.requests:,}" for pod, _ in every)]) + gap
    between = page.to_scale(_BETWEEN) * (plans - 1)
    plot = (room - names - gap - between) / plans - counts
    if plot < page.to_scale(_NARROWEST):
        plot, counts = plot + counts, 0.0
    bottom = min(span[1], span[0] + len(lines) * page.to_scale(_TALLEST))
    limit = max(max(pod.requests / requests, pod.high or pod.expected) for pod, requests in every)
    return Panels(span[0], bottom, names, plot, counts, 104 * limit)


def _label(pod: str) -> str:
    return pod.rpartition("/")[2]


def _names(page: Sheet, groups: Sequence[ServiceShares], panels: Panels) -> None:
    """Pods on the left; above those of a Service its name, where there are several."""
    lines, right = _lines(groups), page.to_scale(MARGIN) + panels.names
    for row, (group, pod) in enumerate(lines):
        words, bold = _label(pod) or group.service, not pod
        shown = page.shortened(words, panels.names, bold=bold)
        page.text(right, panels.middle(row, len(lines)), shown, bold=bold, align="right")


def _panel(
    page: Sheet, groups: Sequence[ServiceShares], number: int, look: PlanLook, plan: str, panels: Panels
) -> None:
    """One plan: head, scale, and a row per Pod."""
    lines, left = _lines(groups), panels.left(page, number)
    _head(page, groups, number, look, plan, panels)
    box = left, panels.top, panels.plot, panels.bottom - panels.top
    axes = page.rows(box, (0.0, panels.limit), len(lines))
    for row, (group, name) in enumerate(lines):
        one = group.plans[number]
        pod = next((pod for pod in one.pods if pod.pod == name), None) if one else None
        if one and pod:
            _row(page, axes, pod, one.requests, row, look)
        if pod and panels.counts:
            right = left + panels.plot + panels.counts
            page.text(right, panels.middle(row, len(lines)), f"{pod.requests:,}", align="right")


def _head(
    page: Sheet, groups: Sequence[ServiceShares], number: int, look: PlanLook, plan: str, panels: Panels
) -> None:
    left, gap = panels.left(page, number), page.to_scale(20)
    upper, lower = (panels.top - page.to_scale(up) for up in (40, 16))
    page.mark(left + page.to_scale(6), upper, look)
    name = page.shortened(plan, panels.plot + panels.counts - gap, bold=True)
    page.text(left + gap, upper, name, bold=True)
    counts = page.width_of(_COUNTS, TICK) + gap if panels.counts else 0.0
    room = panels.plot + panels.counts - counts
    unit = next((words for words in chosen_for(groups, number) if page.width_of(words, TICK) <= room), "")
    page.text(left, lower, unit, TICK, "ink2")
    if panels.counts:
        page.text(left + panels.plot + panels.counts, lower, _COUNTS, TICK, "ink2", align="right")


def _row(page: Sheet, axes: Axes, pod: PodShare, requests: int, row: int, look: PlanLook) -> None:
    """The band and what was expected in grey, the stem from there, and the mark: hollow outside the band.

    Args:
        requests: to all Pods of the Service.
    """
    share = 100 * pod.requests / requests
    if pod.low is not None and pod.high is not None:
        page.band(axes, row, (100 * pod.low, 100 * pod.high))
    wears = page.wears(look)
    page.away(axes, row, 100 * pod.expected, share, wears)
    mark = axes.plot([share], [row + 0.5], look.marker, clip_on=False, zorder=4)[0]
    mark.set(mfc=page.colours.page if pod.is_outside(requests) else wears, mec=wears)
    mark.set(mew=page.to_scale(2), ms=page.to_scale(mark_size(look)))

"""The chart of the blast radius: what share of the requests fails with one part, plan by plan, from zero."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from sim.comparison.comparison import Comparison
from sim.errors import UsageError
from sim.report.charts.picture import MARGIN, Picture, Sheet, frame, plan_names, scale, sheet, ticks
from sim.report.theme import PLANS, TICK, PlanLook
from sim.report.words.compare import PARTS
from sim.report.words.numbers import NO_BREAK, NOTHING, share_text

_GAP, _COLUMN, _TALLEST = 12.0, 22.0, 76.0
"""Points on a slide: beside a column, between two columns, the most height of a row."""
SUBTITLE = (
    "Share of the requests that fail while one part is broken and nobody has noticed; of each kind, the part"
    f" that most requests need. Bars through the marks: 99{NO_BREAK}% interval."
)


@dataclass(frozen=True)
class FailedShare:
    """What fails with one part of a plan, as shares of its requests; low and high: the 99 % interval."""

    name: str
    share: float
    low: float
    high: float

    @property
    def shown(self) -> str:
        """The share as a figure."""
        return share_text(self.share)


@dataclass(frozen=True)
class Part:
    """A kind of part, and what fails with it in each plan; None: not in that plan."""

    name: str
    lost: tuple[FailedShare | None, ...]

    @property
    def apart(self) -> float:
        """How far the intervals of the first two plans are from each other; negative where they meet."""
        first, second = (*self.lost, None)[:2]
        if first is None or second is None:
            return -1.0
        return max(second.low - first.high, first.low - second.high)


def blast_radius_chart(comparison: Comparison, size: str = "slide", theme: str = "light") -> Picture:
    """What share of the requests fails with one load balancer, controller Pod, node, zone or bad rule.

    Args:
        size: a key of SIZES.
        theme: a key of THEMES.

    Raises:
        UsageError: nothing was broken in this comparison, or there is no such size or theme.
    """
    parts = parts_of(comparison)
    looks = [PLANS[outcome.name] for outcome in comparison.outcomes]
    with sheet(size, theme) as page:
        title, top, bottom = frame(page, titles(comparison, parts), SUBTITLE, _caption(comparison))
        top = plan_names(page, [outcome.name for outcome in comparison.outcomes], top)
        _rows(page, parts, looks, (top + page.to_scale(44), bottom - page.to_scale(40)))
    return Picture(page.figure, title, alt_text(title, comparison, parts))


def parts_of(comparison: Comparison) -> tuple[Part, ...]:
    """The kinds of part that were broken in any plan that answers requests, in order.

    Raises:
        UsageError: there is none.
    """
    plans = [outcome.blast_radius for outcome in comparison.outcomes]
    found = tuple(
        Part(name, tuple(_lost(plan[kind]) if kind in plan and plan[kind]["n"] else None for plan in plans))
        for kind, name in PARTS.items()
    )
    found = tuple(part for part in found if any(part.lost))
    if not found:
        raise UsageError("no blast radius: no plan of this comparison answers a request while all is well")
    return found


def _lost(radius: dict[str, object]) -> FailedShare:
    name, share, low, high = (radius[key] for key in ("name", "share", "low", "high"))
    return FailedShare(str(name), *(float(str(number)) for number in (share, low, high)))


def titles(comparison: Comparison, parts: Sequence[Part]) -> list[str]:
    """The finding, the fullest first: where the first two plans differ most, else what fails most."""
    clearest = max(parts, key=lambda part: part.apart)
    one, other = (*clearest.lost, None)[:2]
    if one is None or other is None or clearest.apart <= 0:
        return _without_difference(comparison, parts)
    subject = PLANS[comparison.outcomes[1].name].subject
    part = clearest.name.removeprefix("One ")
    return [
        f"{subject}: one {part} fails {other.shown} of requests, not {one.shown}",
        f"One {part} fails {other.shown} of requests, not {one.shown}",
        f"One {part} fails {other.shown}, not {one.shown}",
    ]


def _without_difference(comparison: Comparison, parts: Sequence[Part]) -> list[str]:
    worst = max(parts, key=lambda part: max(lost.share for lost in part.lost if lost))
    shares = [lost.share for lost in worst.lost if lost]
    if not max(shares):
        return ["No single part fails any request"]
    worst_case = f"{worst.name} fails {share_text(max(shares))} of requests"
    everywhere = len(comparison.outcomes) > 1 and len(shares) == len(worst.lost)
    return [f"{worst_case}, whatever the plan", worst_case] if everywhere else [worst_case]


def _caption(comparison: Comparison) -> str:
    most = max(radius["n"] for outcome in comparison.outcomes for radius in outcome.blast_radius.values())
    return f"seed {comparison.seed} · sim {comparison.version} · one run per fault, {most:,} requests"


def alt_text(title: str, comparison: Comparison, parts: Sequence[Part]) -> str:
    """The chart in words."""
    names = [outcome.name for outcome in comparison.outcomes]
    return " ".join([f"{title}.", SUBTITLE, *(_in_words(part, names) for part in parts)])


def _in_words(part: Part, names: Sequence[str]) -> str:
    shares = (
        f"{name} {lost.shown} ({share_text(lost.low)} to {share_text(lost.high)}, {lost.name})"
        if lost
        else f"{name} has none"
        for name, lost in zip(names, part.lost, strict=True)
    )
    return f"{part.name}: {'; '.join(shares)}."


def _rows(page: Sheet, parts: Sequence[Part], looks: Sequence[PlanLook], span: tuple[float, float]) -> None:
    """Names on the left, the plot, and a column of figures per plan on the right."""
    left, gap, column = page.to_scale(MARGIN), page.to_scale(_GAP), page.to_scale(_COLUMN)
    top, bottom = span[0], min(span[1], span[0] + len(parts) * page.to_scale(_TALLEST))
    names = page.widest(part.name for part in parts)
    widths = [page.widest(_figures(parts, plan)) for plan in range(len(looks))]
    start, end = left + names + gap, page.width - left - sum(widths) - column * len(widths)
    axes = page.axes(start, top, end - start, bottom - top)
    axes.set(xlim=(0, 104), ylim=(len(parts), 0), yticks=[])
    scale(page, axes, ticks(page, (0.0, 100.0), (end - start) / 1.04))
    page.text(start, top - page.to_scale(18), "per cent of requests", TICK, "ink2")
    for row, part in enumerate(parts):
        page.text(left + names, top + (bottom - top) * (row + 0.5) / len(parts), part.name, align="right")
        _marks(page, axes, part, looks, row + 0.5)
    right = end
    for plan, (look, width) in enumerate(zip(looks, widths, strict=True)):
        right += width + column
        page.mark(right - page.to_scale(6), top - page.to_scale(18), look)
        for row, figure in enumerate(_figures(parts, plan)):
            page.text(right, top + (bottom - top) * (row + 0.5) / len(parts), figure, align="right")


def _figures(parts: Sequence[Part], plan: int) -> Iterator[str]:
    for part in parts:
        lost = part.lost[plan]
        yield lost.shown if lost else NOTHING


def _marks(page: Sheet, axes: Axes, part: Part, looks: Sequence[PlanLook], middle: float) -> None:
    """Stems from zero, intervals, and the marks of the plans, the first one on top."""
    step, shrink = (0.3, 1.0) if len(looks) < 3 else (0.74 / len(looks), 0.8)
    for plan, (lost, look) in enumerate(zip(part.lost, looks, strict=True)):
        if lost is not None:
            y = middle + step * (plan - (len(looks) - 1) / 2)
            page.stem(axes, look, y, 100 * lost.share, [100 * lost.low, 100 * lost.high], shrink)

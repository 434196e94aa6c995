"""The chart of money against latency at several providers: what each plan changes of the bill there.

A run's latency is the same at all of them, so it stands beside each plan's name; every provider has a row.
"""

from collections.abc import Sequence

from matplotlib.axes import Axes

from sim.comparison.comparison import Comparison
from sim.report.charts import picture
from sim.report.charts.picture import MARGIN, Picture, Sheet, frame, plan_names, sheet, ticks
from sim.report.theme import PLANS, TICK, PlanLook
from sim.report.words import plane as words
from sim.report.words.money import origin
from sim.report.words.plane import ProviderChanges

_GAP, _COLUMN, _TALLEST, _LONGEST_NAME = 12.0, 22.0, 64.0, 0.25
"""Points on a slide: beside a column, between two, the most height of a row; of the width, for names."""
_AROUND = 0.04
"""Of the changes, on both sides of them."""


def bill_changes_chart(comparison: Comparison, size: str = "slide", theme: str = "light") -> Picture:
    """The change of each plan's bill at every provider, from that of the first plan.

    Args:
        size: a key of SIZES.
        theme: a key of THEMES.

    Raises:
        UsageError: too little was answered or nothing is billed, or there is no such size or theme.
    """
    found = words.providers_of(comparison)
    plans = [pair.outcomes[1].name for pair in words.answered(comparison)]
    with sheet(size, theme) as page:
        below = words.subtitle(comparison)
        title, top, bottom = frame(page, words.titles(comparison), below, origin(comparison))
        top = plan_names(page, plans, top, words.plan_facts(comparison))
        axis = words.share_axis(comparison)
        _rows(page, found, [PLANS[plan] for plan in plans], axis, (top + page.to_scale(44), bottom))
    return Picture(page.figure, title, words.providers_alt(title, comparison, found))


def _rows(
    page: Sheet,
    found: Sequence[ProviderChanges],
    looks: Sequence[PlanLook],
    axis: str,
    span: tuple[float, float],
) -> None:
    """Providers on the left, the plot, and a column of changes per plan on the right."""
    left, gap, column = page.to_scale(MARGIN), page.to_scale(_GAP), page.to_scale(_COLUMN)
    top, end = span[0], span[1] - page.to_scale(40)
    bottom = min(end, top + len(found) * page.to_scale(_TALLEST))
    names = min(_LONGEST_NAME * page.width, page.widest(provider.name for provider in found))
    columns = [[words.share_label(one.shares[plan]) for one in found] for plan in range(len(looks))]
    widths = [page.widest(labels) for labels in columns]
    start, right = left + names + gap, page.width - left - sum(widths) - column * len(widths)
    axes = _axes(page, found, (start, top, right - start, bottom - top))
    page.text(start, top - page.to_scale(18), axis, TICK, "ink2")
    for row, provider in enumerate(found):
        y = top + (bottom - top) * (row + 0.5) / len(found)
        page.text(left + names, y, page.shortened(provider.name, names), align="right")
        _marks(page, axes, provider, looks, row + 0.5)
    for look, width, labels in zip(looks, widths, columns, strict=True):
        right += width + column
        page.mark(right - page.to_scale(6), top - page.to_scale(18), look)
        for row, label in enumerate(labels):
            page.text(right, top + (bottom - top) * (row + 0.5) / len(found), label, align="right")


def _axes(page: Sheet, found: Sequence[ProviderChanges], box: tuple[float, float, float, float]) -> Axes:
    """A scale in per cent that holds every change and none, and the line of the first plan's bill."""
    ends = [0.0, *(100 * float(share) for provider in found for share in provider.known)]
    around = _AROUND * (max(ends) - min(ends)) or 1.0
    limits = (min(ends) - around, max(ends) + around)
    axes = page.axes(*box)
    axes.set(xlim=limits, ylim=(len(found), 0), yticks=[])
    picture.scale(page, axes, ticks(page, limits, box[2]), picture.signed_tick)
    axes.axvline(0.0, color=page.colours.line, lw=page.to_scale(1.5), zorder=1)
    return axes


def _marks(
    page: Sheet, axes: Axes, provider: ProviderChanges, looks: Sequence[PlanLook], middle: float
) -> None:
    """Stems from the first plan's bill, one below the other."""
    step = 0.74 / len(looks)
    for plan, (share, look) in enumerate(zip(provider.shares, looks, strict=True)):
        if share is not None:
            y = middle + step * (plan - (len(looks) - 1) / 2)
            page.stem(axes, look, y, 100 * float(share), [], 0.8 if len(looks) > 2 else 1.0)

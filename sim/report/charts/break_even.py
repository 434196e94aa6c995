"""The chart of the break-even: cost against the number of Services, a panel per provider on shared scales."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from sim.report.charts.money_scale import Scale, by_factors, compact, proportional
from sim.report.charts.picture import MARGIN, Picture, Sheet, frame, is_free, mark_size, plan_names, sheet
from sim.report.theme import PLANS, TICK, currency_name, provider_name
from sim.report.words.break_even import Curves, alt_text, curves_of, subtitle, titles
from sim.report.words.money import Found, origin
from sim.report.words.numbers import money_of_axis, money_unit

_GAP, _BETWEEN, _LINE = 10.0, 16.0, 22.0
"""Points on a slide: beside a label, between two panels, from one line of text to the next."""
_MOST_MARKS = 12


@dataclass(frozen=True)
class CurvePlot:
    """Where one panel is drawn: points from the left and from the top."""

    left: float
    width: float
    top: float
    bottom: float
    scale: Scale
    last: int

    def x(self, count: float) -> float:
        """Where a number of Services is."""
        return self.left + self.width * (count - 0.5) / self.last

    def y(self, amount: float) -> float:
        """Where an amount is."""
        return self.bottom - (self.bottom - self.top) * self.scale.at(amount)


def break_even_chart(found: Found, size: str = "slide", theme: str = "light") -> Picture:
    """Cost against the number of Services at each provider, and from how many on the other plan is cheaper.

    Args:
        found: a comparison or a calculation; several providers share both scales.
        size: a key of SIZES.
        theme: a key of THEMES.

    Raises:
        UsageError: nothing was priced, plans cannot be compared, or there is no such size or theme.
    """
    curves = curves_of(found)
    # Amounts in several currencies can be far apart: their ticks carry the unit.
    largest = max(a for c in curves for amounts in c.amounts for a in amounts)
    unit, word = money_unit(largest) if len(curves) == 1 else (1, "")
    amounts = [float(a / unit) for c in curves for amounts in c.amounts for a in amounts]
    scale = by_factors(amounts) if len(curves) > 1 else proportional(amounts)
    with sheet(size, theme) as page:
        shown = subtitle(found, curves, scale.in_words, word)
        title, top, bottom = frame(page, titles(curves), shown, origin(found))
        if len(curves) > 1:
            top = plan_names(page, curves[0].plans, top)
        _panels(page, curves, scale, unit, (top, bottom))
    return Picture(page.figure, title, alt_text(title, shown, curves))


def _panels(
    page: Sheet, curves: Sequence[Curves], scale: Scale, unit: int, place: tuple[float, float]
) -> None:
    """Panels side by side: amounts at the first one, and what every line is at the only one."""
    margin, gap, between = (page.to_scale(length) for length in (MARGIN, _GAP, _BETWEEN))
    currencies = len({c.offer.currency for c in curves}) > 1
    top = place[0] + page.to_scale((3 if currencies else 2) * _LINE + 20)
    bottom = place[1] - page.to_scale(66)
    left = margin + page.widest(map(compact, scale.ticks), TICK) + gap
    ends = page.widest(_end_labels(curves[0], unit)) + page.to_scale(_GAP) if len(curves) == 1 else 0.0
    room = page.width - margin - left - ends
    width = (room - between * (len(curves) - 1)) / len(curves)
    for number, each in enumerate(curves):
        start = left + number * (width + between)
        plot = CurvePlot(start, width, top, bottom, scale, each.counts[-1])
        _plot(page, each, plot, unit)
        _head(page, each, plot, currencies)
        _counts(page, each, plot, every=len(curves) == 1)
    for tick in scale.ticks:
        page.text(left - gap, plot.y(tick), compact(tick), TICK, align="right")
    middle = left + (page.width - margin - ends - left) / 2
    page.text(middle, bottom + page.to_scale(48), "number of Services", TICK, "ink2", align="center")
    if ends:
        _names_at_ends(page, curves[0], plot, unit)


def _plot(page: Sheet, curves: Curves, plot: CurvePlot, unit: int) -> None:
    """Grey where the second plan saves nothing, a line up to where it begins to, and both curves."""
    axes = page.axes(plot.left, plot.top, plot.width, plot.bottom - plot.top)
    axes.set(xlim=(0.5, plot.last + 0.5), ylim=(0, 1), xticks=[])
    page.levels(axes, [plot.scale.at(tick) for tick in plot.scale.ticks])
    for start, end in _stretches(curves):
        axes.axvspan(start, end, color=page.colours.hair, alpha=0.4, lw=0, zorder=0)
    heights = [[plot.scale.at(float(a / unit)) for a in amounts] for amounts in curves.amounts]
    if curves.pays_from in curves.counts:
        at = heights[1][curves.counts.index(curves.pays_from)]
        axes.plot([curves.pays_from] * 2, [0, at], color=page.colours.ink, lw=page.to_scale(1.5), zorder=2)
    every = max(1, round(len(curves.counts) / _MOST_MARKS))
    for look, line in zip(map(PLANS.__getitem__, curves.plans), heights, strict=True):
        axes.plot(
            curves.counts,
            line,
            look.marker,
            ls=look.dash,
            color=page.wears(look),
            lw=page.to_scale(2.5),
            ms=page.to_scale(0.6 * mark_size(look)),
            mew=0,
            markevery=every,
            clip_on=False,
            zorder=3,
        )


def _stretches(curves: Curves) -> list[tuple[float, float]]:
    """From where to where the second plan saves nothing, half way to the next number on either side."""
    edges = [0.5, *((a + b) / 2 for a, b in pairwise(curves.counts)), curves.counts[-1] + 0.5]
    dearer = set(curves.dearer)
    return [(edges[n], edges[n + 1]) for n, count in enumerate(curves.counts) if count in dearer]


def _head(page: Sheet, curves: Curves, plot: CurvePlot, with_currency: bool) -> None:
    """Whose prices, in which currency where that differs, and the break-even."""
    name = page.shortened(provider_name(curves.offer.provider), plot.width, bold=True)
    lines = [(curves.verdict, "ink", False)]
    lines += [(currency_name(curves.offer.currency), "ink2", False)] if with_currency else []
    lines.append((name, "ink", True))
    for row, (words, colour, bold) in enumerate(lines):
        y = plot.top - page.to_scale(16 + _LINE * row)
        page.text(plot.left, y, page.shortened(words, plot.width, TICK), TICK, colour, bold)


def _counts(page: Sheet, curves: Curves, plot: CurvePlot, every: bool) -> None:
    """Numbers of Services under the axis: the break-even in bold, the others where they have room."""
    y, taken = plot.bottom + page.to_scale(20), list[tuple[float, float]]()
    step = max(1, plot.last // 12 // 5 * 5)
    between = [n for n in curves.counts if every and n % step == 0]
    wanted = [curves.pays_from, plot.last, 1, *between]
    for count in dict.fromkeys(n for n in wanted if n in curves.counts):
        bold = count == curves.pays_from
        half = page.width_of(f"{count:,}", TICK, bold) / 2 + page.to_scale(2)
        x = min(max(plot.x(count), plot.left + half), plot.left + plot.width - half)
        if is_free(taken, x - half, x + half):
            page.text(x, y, f"{count:,}", TICK, bold=bold, align="center")


def _end_labels(curves: Curves, unit: int) -> list[str]:
    """What a line is, and where it ends."""
    pairs = zip(curves.plans, curves.amounts, strict=True)
    return [f"{plan} {money_of_axis(amounts[-1] / unit)}" for plan, amounts in pairs]


def _names_at_ends(page: Sheet, curves: Curves, plot: CurvePlot, unit: int) -> None:
    """The names of the lines at their ends, moved apart where the lines end together."""
    heights = [plot.y(float(amounts[-1] / unit)) for amounts in curves.amounts]
    need = page.to_scale(_LINE) - abs(heights[0] - heights[1])
    if need > 0:
        upper = 0 if heights[0] <= heights[1] else 1
        heights[upper] -= need / 2
        heights[1 - upper] += need / 2
    for words, y in zip(_end_labels(curves, unit), heights, strict=True):
        page.text(plot.left + plot.width + page.to_scale(_GAP), y, words)

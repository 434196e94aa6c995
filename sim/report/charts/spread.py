"""Pictures of how connections spread: counts per Pod on what chance predicts, and placements under Local.

The predicted band comes first, in grey; what came out lies on it. Modes stand side by side on one scale.
"""

from collections.abc import Sequence

from matplotlib.axes import Axes

from sim import __version__
from sim.report.charts.picture import MARGIN, Picture, Sheet, frame, sheet
from sim.report.theme import TICK
from sim.report.words.names import short_name
from sim.report.words.numbers import NO_BREAK, tenths
from sim.report.words.spread import band_note, shown_placements
from sim.simulation.spread_shares import Placement, Share, Shares
from sim.units import counted

MOST_ROWS = 12
_TALLEST, _GAP, _BETWEEN, _MARK = 64.0, 12.0, 40.0, 12.0
"""Points on a slide: the most height of a row, beside a column, between two panels, a mark."""
_EVEN = 1.001
"""Shares of Pods are called equal below this ratio."""


def shares_chart(found: Sequence[Shares], size: str = "slide", theme: str = "light") -> Picture:
    """What each Pod got under each mode, on the band where 95 % of random runs end.

    Args:
        found: one per mode, of the same Service.
        size: a key of SIZES.
        theme: a key of THEMES.
    """
    with sheet(size, theme) as page:
        title, top, bottom = frame(page, shares_titles(found), shares_subtitle(found), _shares_caption(found))
        _shares_panels(page, found, top + page.to_scale(62), bottom - page.to_scale(58))
    return Picture(page.figure, title, shares_alt(title, found))


def shares_titles(found: Sequence[Shares]) -> list[str]:
    """The finding, the fullest first."""
    if len(found) > 1:
        random, turns = (_range([s for s in found if s.in_turn is kind]) for kind in (False, True))
        return [
            f"Random: {random} connections per Pod; turns: {turns}",
            f"Random: {random} per Pod; turns: {turns}",
            f"Random: {random}; turns: {turns}",
        ]
    shares = found[0]
    low, high = shares.drawn
    over = f"{shares.connections:,} connections over {counted(len(shares.pods), 'Pod')}: {low:,} to {high:,}"
    if shares.uneven > _EVEN:
        return [f"One Pod expects {shares.uneven:.3g} times the connections of another"]
    return [f"{over}, {'in turn' if shares.in_turn else 'by chance alone'}", over]


def _range(found: Sequence[Shares]) -> str:
    """The least and the greatest count of a Pod in any of these modes."""
    return f"{min(shares.drawn[0] for shares in found):,} to {max(shares.drawn[1] for shares in found):,}"


def shares_subtitle(found: Sequence[Shares]) -> str:
    """What is shown, of what, and what the band means."""
    first = found[0]
    where = f"{short_name(first.service)}, port {first.port}"
    what = f"Connections that each Pod of {where}, got; policy {first.policy}."
    even = f", {tenths(first.pods[0].probability, NO_BREAK)} each" if first.uneven <= _EVEN else ""
    band = f"Line: expected{even}. {band_note(any(row.outside for s in found for row in _shown(s)))}"
    if len(found) > 1:
        drawn = " and ".join(shares.mode for shares in found if not shares.in_turn)
        turns = " and ".join(shares.mode for shares in found if shares.in_turn)
        return f"{what} {drawn} choose at random, with the same numbers; {turns} takes turns. {band}"
    return f"{what} {'Each node takes turns.' if first.in_turn else 'Each Pod is chosen at random.'} {band}"


def _shares_caption(found: Sequence[Shares]) -> str:
    first = found[0]
    modes = ", ".join(shares.mode for shares in found)
    left_out = len(first.pods) - MOST_ROWS
    more = f" · {left_out:,} more Pods lie between" if left_out > 0 else ""
    return f"seed {first.seed} · sim {__version__} · {first.connections:,} connections · {modes}{more}"


def shares_alt(title: str, found: Sequence[Shares]) -> str:
    """The chart in words."""
    return " ".join([f"{title}.", shares_subtitle(found), *map(_mode_in_words, found)])


def _mode_in_words(shares: Shares) -> str:
    rows = (
        f"{row.name} {row.drawn:,}, expected {shares.expected(row):,.1f},"
        f" {row.interval[0]:,} to {row.interval[1]:,}"
        f"{', outside' if row.outside else ''}"
        for row in _shown(shares)
    )
    return f"{shares.mode}: {'; '.join(rows)}."


def _shown(shares: Shares) -> list[Share]:
    """As many Pods as there is room for: those that got the most and the least."""
    if len(shares.pods) <= MOST_ROWS:
        return list(shares.pods)
    ordered = sorted(shares.pods, key=lambda row: -row.drawn)
    return [*ordered[: MOST_ROWS // 2], *ordered[-MOST_ROWS // 2 :]]


def _limits(found: Sequence[Shares]) -> tuple[float, float]:
    """The scale that all panels share: from zero where the counts need most of it, else closer."""
    ends = [end for shares in found for row in shares.pods for end in (*row.interval, row.drawn)]
    low, high = float(min(ends)), float(max(ends))
    air = max(1.0, 0.08 * (high - low))
    return (0.0 if low < high / 2 else low - air), high + air


def _shares_panels(page: Sheet, found: Sequence[Shares], top: float, bottom: float) -> None:
    """Panels side by side; names at the first one, counts beside each."""
    shown = [_shown(shares) for shares in found]
    # The extremes of many Pods differ from mode to mode, so each panel then names its own.
    own_names = len(found[0].pods) > MOST_ROWS
    left, gap = page.to_scale(MARGIN), page.to_scale(_GAP)
    counts = page.widest(f"{row.drawn:,}" for rows in shown for row in rows) + gap
    room = page.width - 2 * left - page.to_scale(_BETWEEN) * (len(found) - 1)
    named = len(found) if own_names else 1
    most = (room / len(found) if own_names else room) * 0.3
    names = min(most, page.widest(row.name for rows in shown for row in rows))
    plot = (room - named * (names + gap)) / len(found) - counts
    bottom = min(bottom, top + len(shown[0]) * page.to_scale(_TALLEST))
    limits = _limits(found)
    for number, (shares, rows) in enumerate(zip(found, shown, strict=True)):
        if number < named:
            _names(page, rows, left, names, (top, bottom))
            left += names + gap
        page.text(left, top - page.to_scale(36), shares.mode, bold=True)
        how = "in turn" if shares.in_turn else "at random"
        page.text(left, top - page.to_scale(12), how, TICK, "ink2")
        page.text(left + plot + counts, top - page.to_scale(12), "connections", TICK, "ink2", align="right")
        axes = page.rows((left, top, plot, bottom - top), limits, len(rows))
        for at, row in enumerate(rows):
            _share_row(page, axes, row, shares.expected(row), at)
            middle = top + (bottom - top) * (at + 0.5) / len(rows)
            page.text(left + plot + counts, middle, f"{row.drawn:,}", bold=row.outside, align="right")
        left += plot + counts + page.to_scale(_BETWEEN)


def _names(page: Sheet, rows: Sequence[Share], left: float, width: float, span: tuple[float, float]) -> None:
    for at, row in enumerate(rows):
        middle = span[0] + (span[1] - span[0]) * (at + 0.5) / len(rows)
        page.text(left + width, middle, page.shortened(row.name, width), align="right")


def _share_row(page: Sheet, axes: Axes, row: Share, expected: float, at: int) -> None:
    """The band, the expected count, the stem from there, and the mark: hollow if it lies outside."""
    ink, size, edge = page.colours.ink, page.to_scale(_MARK), page.to_scale(2)
    page.band(axes, at, row.interval)
    page.away(axes, at, expected, row.drawn, ink)
    marker, face = ("D", page.colours.page) if row.outside else ("o", ink)
    axes.plot([row.drawn], [at + 0.5], marker, mfc=face, mec=ink, mew=edge, ms=size, zorder=4)


def placements_chart(
    service: str, found: Sequence[Placement], now: Placement, size: str = "slide", theme: str = "light"
) -> Picture:
    """The least and the greatest share of a Pod under policy Local, for each placement of the same Pods."""
    with sheet(size, theme) as page:
        shown = shown_placements(found, now, MOST_ROWS)
        subtitle = _placements_subtitle(service, now, shown)
        title, top, bottom = frame(page, placement_titles(now, found), subtitle, _placements_caption(found))
        _placement_rows(page, shown, now, top + page.to_scale(40), bottom - page.to_scale(58))
    return Picture(page.figure, title, placements_alt(title, subtitle, shown))


def placement_titles(now: Placement, found: Sequence[Placement]) -> list[str]:
    """The finding, the fullest first: how unfair the present placement is, else how unfair it can get."""
    worst = max(found, key=lambda placement: placement.ratio)
    if now.ratio > 1:
        return [f"Policy Local gives one Pod {now.ratio:.3g} times what another gets"]
    if worst.ratio > 1:
        moved = f"up to {worst.ratio:.3g} times as much if Pods move"
        return [f"Local: equal shares now, {moved}", f"Local: equal now, {moved}"]
    return ["Policy Local: every Pod gets the same, however placed"]


def _placements_subtitle(service: str, now: Placement, shown: Sequence[Placement]) -> str:
    equal = " Half and half: equal." if any(placement.ratio == 1 for placement in shown) else ""
    return (
        f"Least (hollow) and greatest (full) share of one Pod, in per cent of new connections to"
        f" {short_name(service)}, for each placement of {counted(sum(now.pods_on_node), 'Pod')} on nodes."
        f" Every node with a Pod gets the same.{equal}"
    )


def _placements_caption(found: Sequence[Placement]) -> str:
    left_out = len(found) - MOST_ROWS
    more = f" · {left_out:,} more placements lie between" if left_out > 0 else ""
    return f"no random numbers · sim {__version__} · externalTrafficPolicy: Local{more}"


def placements_alt(title: str, subtitle: str, shown: Sequence[Placement]) -> str:
    """The chart in words."""
    rows = (f"{p}: {p.smallest:.1%} to {p.largest:.1%}, {p.ratio:.3g} times" for p in shown)
    return f"{title}. {subtitle} {'; '.join(rows)}."


def _placement_rows(
    page: Sheet, shown: Sequence[Placement], now: Placement, top: float, bottom: float
) -> None:
    left, gap = page.to_scale(MARGIN), page.to_scale(_GAP)
    labels = {p: f"{p}, as it is" if p == now else str(p) for p in shown}
    names = min(0.4 * page.width, page.widest([*labels.values(), "Pods on each node"], bold=True))
    ratios = page.widest([*map(_ratio, shown), "apart"], bold=True) + 2 * gap
    start, right = left + names + gap, page.width - left
    plot = right - ratios - start
    bottom = min(bottom, top + len(shown) * page.to_scale(_TALLEST))
    limits = (0.0, 104 * max(p.largest for p in shown))
    axes = page.rows((start, top, plot, bottom - top), limits, len(shown))
    for words, x, align in (
        ("Pods on each node", left + names, "right"),
        ("per cent of connections", start, "left"),
        ("apart", right, "right"),
    ):
        page.text(x, top - page.to_scale(14), words, TICK, "ink2", align=align)
    for at, placement in enumerate(shown):
        middle, bold = top + (bottom - top) * (at + 0.5) / len(shown), placement == now
        label = page.shortened(labels[placement], names, bold=bold)
        page.text(left + names, middle, label, bold=bold, align="right")
        page.text(right, middle, _ratio(placement), bold=bold, align="right")
        _dumbbell(page, axes, placement, at + 0.5)


def _ratio(placement: Placement) -> str:
    """How many times the least share the greatest is."""
    return f"× {placement.ratio:.3g}" if placement.ratio > 1 else "equal"


def _dumbbell(page: Sheet, axes: Axes, placement: Placement, y: float) -> None:
    """Least and greatest; where they are one, a mark that is half of each."""
    ink, ground = page.colours.ink, page.colours.page
    least, greatest = 100 * placement.smallest, 100 * placement.largest
    axes.plot([least, greatest], [y, y], color=ink, lw=page.to_scale(2.5), zorder=2)
    marks = axes.plot([greatest], [y], "o", mfc=ink, zorder=3)
    if placement.ratio == 1:
        marks[0].set(fillstyle="right", markerfacecoloralt=ground)
    else:
        marks += axes.plot([least], [y], "o", mfc=ground, zorder=3)
    for mark in marks:
        mark.set(ms=page.to_scale(_MARK), mec=ink, mew=page.to_scale(2))

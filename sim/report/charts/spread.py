"""Pictures of how connections spread: counts per Pod on what chance predicts, and placements under Local.

The predicted band comes first, in grey; what came out lies on it. Modes stand side by side on one scale.
"""

from collections.abc import Sequence

from matplotlib.axes import Axes

from sim import __version__
from sim.report.charts.picture import MARGIN, Picture, Sheet, frame, sheet
from sim.report.charts.share_panels import GAP, MARK, MOST_ROWS, TALLEST, CountPanel, draw_panels, more_pods
from sim.report.theme import TICK
from sim.report.words.names import short_name
from sim.report.words.numbers import NO_BREAK, tenths
from sim.report.words.spread import band_note, shown_placements
from sim.simulation.spread_shares import Placement, Shares
from sim.units import counted

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
        draw_panels(page, _panels(found), top + page.to_scale(62), bottom - page.to_scale(58))
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
    outside = any(row.outside for panel in _panels(found) for row in panel.shown)
    band = f"Line: expected{even}. {band_note(outside)}"
    if len(found) > 1:
        drawn = " and ".join(shares.mode for shares in found if not shares.in_turn)
        turns = " and ".join(shares.mode for shares in found if shares.in_turn)
        return f"{what} {drawn} choose at random, with the same numbers; {turns} takes turns. {band}"
    return f"{what} {'Each node takes turns.' if first.in_turn else 'Each Pod is chosen at random.'} {band}"


def _shares_caption(found: Sequence[Shares]) -> str:
    first = found[0]
    modes = ", ".join(shares.mode for shares in found)
    more = more_pods(_panels(found))
    return f"seed {first.seed} · sim {__version__} · {first.connections:,} connections · {modes}{more}"


def shares_alt(title: str, found: Sequence[Shares]) -> str:
    """The chart in words."""
    return " ".join([f"{title}.", shares_subtitle(found), *map(str, _panels(found))])


def _panels(found: Sequence[Shares]) -> list[CountPanel]:
    return [
        CountPanel(s.mode, "in turn" if s.in_turn else "at random", "connections", s.connections, s.pods)
        for s in found
    ]


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
    left, gap = page.to_scale(MARGIN), page.to_scale(GAP)
    labels = {p: f"{p}, as it is" if p == now else str(p) for p in shown}
    names = min(0.4 * page.width, page.widest([*labels.values(), "Pods on each node"], bold=True))
    ratios = page.widest([*map(_ratio, shown), "apart"], bold=True) + 2 * gap
    start, right = left + names + gap, page.width - left
    plot = right - ratios - start
    bottom = min(bottom, top + len(shown) * page.to_scale(TALLEST))
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
        mark.set(ms=page.to_scale(MARK), mec=ink, mew=page.to_scale(2))

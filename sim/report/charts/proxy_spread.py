"""The picture of how proxies spread requests: an algorithm against others on the same draws."""

from sim import __version__
from sim.report.charts.picture import Picture, frame, sheet
from sim.report.charts.share_panels import CountPanel, draw_panels, more_pods
from sim.report.words.names import short_name
from sim.report.words.proxy_spread import sent, states
from sim.report.words.spread import band_note
from sim.simulation.proxy_shares import ProxyShares, ProxySpread


def proxy_chart(found: ProxySpread, size: str = "slide", theme: str = "light") -> Picture:
    """What each Pod got under each algorithm, on the band where 95 % of runs end.

    Args:
        size: a key of SIZES.
        theme: a key of THEMES.
    """
    panels = [
        CountPanel(one.algorithm, _how(one), "requests", found.requests, one.pods) for one in found.algorithms
    ]
    subtitle = _subtitle(found, panels)
    with sheet(size, theme) as page:
        title, top, bottom = frame(page, titles(found), subtitle, _caption(found, panels))
        draw_panels(page, panels, top + page.to_scale(62), bottom - page.to_scale(58))
    return Picture(page.figure, title, " ".join([f"{title}.", subtitle, *map(str, panels)]))


def titles(found: ProxySpread) -> list[str]:
    """The finding, the fullest first: who gets nothing, else how far apart Pods usually are."""
    first, *others = found.algorithms
    usual = [f"{one.algorithm}: {_range(one)}" for one in (first, *others)]
    if first.idle:
        return [f"{first.idle} of {len(first.pods)} Pods get nothing from {first.algorithm}"]
    if not others:
        return [f"{usual[0]} requests per Pod", usual[0]]
    least_even = max(others, key=lambda one: one.drawn[1] - one.drawn[0])
    pair = f"{usual[0]}; {least_even.algorithm}: {_range(least_even)}"
    return [f"{usual[0]} requests per Pod; {'; '.join(usual[1:])}", "; ".join(usual), pair, usual[0]]


def _range(one: ProxyShares) -> str:
    low, high = one.drawn
    return f"{low:,} to {high:,}" if low < high else f"{low:,}"


def _how(one: ProxyShares) -> str:
    return f"of {one.program}{', in use' if one.own else ''}"


def _subtitle(found: ProxySpread, panels: list[CountPanel]) -> str:
    band = band_note(any(row.outside for panel in panels for row in panel.shown))
    return f"{sent(found, short_name(found.url))}; {states(found)}. Line: expected. {band}"


def _caption(found: ProxySpread, panels: list[CountPanel]) -> str:
    return f"seed {found.seed} · sim {__version__} · {found.controller}, {found.backend}{more_pods(panels)}"

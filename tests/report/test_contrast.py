"""Every chart in dark: what is read and what carries meaning can be told from the ground, in each artist's own colour."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict
from functools import partial

import pytest
from colours import contrast
from matplotlib.artist import Artist
from matplotlib.collections import LineCollection
from matplotlib.colors import to_hex, to_rgba
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.text import Text
from outcomes import change, comparison, curve, outcome, pods, radius
from priced import priced

from sim.comparison.comparison import Comparison, Happening
from sim.report.charts.charts import COMPARISON_CHARTS
from sim.report.charts.picture import Picture
from sim.report.charts.spread import placements_chart, shares_chart
from sim.report.theme import MARK_CONTRAST, TEXT_CONTRAST, THEMES
from sim.simulation.spread_shares import Placement, Share, Shares, placements

DARK = asdict(THEMES["dark"])
GROUNDS = {DARK[name].lower() for name in ("page", "panel", "hair")}
"""What stands behind, or may be missed without loss."""


def everything(services: int = 12) -> Comparison:
    """Two plans with a bill, a distribution, Pods and a blast radius."""
    found = priced("aws", services)
    parts = (
        {"quantile_curve": curve(0.05), "spreading": (pods([7, 2, 4], band=0.2),)},
        {
            "quantile_curve": curve(0.052),
            "quantile_changes": change(0.002, 0.0005),
            "spreading": (pods([5, 4, 4], "request", band=0.2),),
        },
    )
    risks = (radius(0.3, None, 0.15, 0.28, 0.0), radius(1.0, 0.5, 0.25, 0.38, 0.79))
    plans = zip(found.offers[0].plans, parts, risks, strict=True)
    outcomes = [outcome(plan.name, bill=plan.bill, blast_radius=risk, **more) for plan, more, risk in plans]
    return comparison(*outcomes, offers=found.offers, happens=(Happening(5.0, "event", "drain node-a"),))


def counts(mode: str) -> Shares:
    rows = tuple(Share(f"ns/web-{n}", "node", 0.5, got, (40, 60)) for n, got in enumerate((45, 70)))
    return Shares("ns/web", 80, mode, "Cluster", 115, 1, rows)


DRAWN: dict[str, Callable[[], Picture]] = {
    **{kind: partial(chart, everything(), "slide", "dark") for kind, chart in COMPARISON_CHARTS.items()},
    "spread": partial(shares_chart, [counts("iptables"), counts("ipvs")], "slide", "dark"),
    "placements": partial(placements_chart, "ns/web", placements(3, 3), Placement((2, 1)), "slide", "dark"),
}


def colours_of(artist: Artist) -> Iterator[str]:
    """The colours that an artist draws its meaning in; what is filled with a ground has its edge."""
    if isinstance(artist, LineCollection):
        yield from (to_hex(colour) for colour in artist.get_colors())
    elif isinstance(artist, Line2D):
        marked = artist.get_marker() != "None" and artist.get_markersize() > 0
        parts = [artist.get_markerfacecolor(), artist.get_markeredgecolor()] if marked else []
        parts += [artist.get_color()] if artist.get_linestyle() != "None" else []
        yield from (to_hex(part) for part in parts if part != "none" and to_rgba(part)[3] > 0)
    elif isinstance(artist, Patch) and artist.get_linewidth() and artist.get_alpha() is None:
        yield to_hex(artist.get_edgecolor())


@pytest.mark.parametrize("kind", DRAWN)
def test_text_and_marks_of_a_dark_chart_can_be_told_from_its_ground(kind: str) -> None:
    figure = DRAWN[kind]().figure
    assert to_hex(figure.get_facecolor()) == DARK["page"].lower()
    seen = [artist for artist in figure.findobj(Artist) if artist.get_visible()]
    for text in seen:
        if isinstance(text, Text) and text.get_text().strip():
            assert contrast(to_hex(text.get_color()), DARK["page"]) >= TEXT_CONTRAST, text.get_text()
    marks = {colour: artist for artist in seen for colour in colours_of(artist) if colour not in GROUNDS}
    faint = {colour: marks[colour] for colour in marks if contrast(colour, DARK["page"]) < MARK_CONTRAST}
    assert faint == {}
    assert len(marks) >= 2

"""The charts of a comparison as SVG that stands inside a page: its colours are the page's, its ids its own.

A chart is drawn once, in the light theme; each colour of that theme becomes the variable of its name, so the
page's style sheet decides between light and dark.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from markupsafe import Markup

from sim.comparison.comparison import Comparison
from sim.errors import UsageError
from sim.report.charts.charts import COMPARISON_CHARTS
from sim.report.charts.picture import MARGIN, Picture
from sim.report.print.tables import legible
from sim.report.theme import SIZES, css_variables
from sim.report.words.chart_kinds import COMPARISON_KINDS

_SVG, _LINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}\b")
_REFERENCE = re.compile(r"url\(#([^)]+)\)")
_CUT = MARGIN * SIZES["docs"].scale - 2
"""Points of each margin that stay out of the page; two are left for marks that stand over the edge."""
_DROPPED = {f"{{{_SVG}}}metadata", f"{{{_SVG}}}style"}
VARIABLES = {colour.lower(): name for name, colour in css_variables("light").items()}
"""Colour of the light theme -> the variable that it is in the style sheet."""


@dataclass(frozen=True)
class PageChart:
    """A chart in the page.

    Args:
        title: its finding.
        shows: what it shows.
        alt: what it says, in words.
        svg: the element.
    """

    title: str
    shows: str
    alt: str
    svg: Markup


def figures(comparison: Comparison) -> Iterator[PageChart]:
    """Every chart that has something to show."""
    for kind, draw in COMPARISON_CHARTS.items():
        try:
            picture = draw(comparison, "docs", "light")
        except UsageError:
            continue
        shows = COMPARISON_KINDS[kind].about.partition(":")[0].rstrip(".") + "."
        yield PageChart(picture.title, shows, picture.alt, inline(picture, f"{kind}-"))


def inline(picture: Picture, prefix: str) -> Markup:
    """A picture as an element of a page.

    Args:
        prefix: begins every id, so that no two pictures have one in common.
    """
    root = ElementTree.fromstring(legible(picture.svg()))
    for parent in list(root.iter()):
        for child in [c for c in parent if c.tag in _DROPPED]:
            parent.remove(child)
        _own_ids(parent, prefix)
        _themed(parent)
    _cut(root)
    _named(root, prefix)
    ElementTree.register_namespace("", _SVG)
    return Markup(ElementTree.tostring(root, encoding="unicode"))


def _own_ids(element: Element, prefix: str) -> None:
    """Its id, and those that it refers to, with the prefix."""
    if "id" in element.attrib:
        element.set("id", prefix + element.attrib["id"])
    if reference := element.attrib.pop(f"{{{_LINK}}}href", None):
        element.set("href", f"#{prefix}{reference.removeprefix('#')}")
    for name, value in element.attrib.items():
        element.set(name, _REFERENCE.sub(rf"url(#{prefix}\1)", value))


def _themed(element: Element) -> None:
    """Colours of the theme as variables."""
    for name in ("style", "fill", "stroke"):
        if name in element.attrib:
            element.set(name, _COLOUR.sub(_variable, element.attrib[name]))


def _variable(colour: re.Match[str]) -> str:
    name = VARIABLES.get(colour[0].lower())
    return colour[0] if name is None else f"var(--{name})"


def _cut(root: Element) -> None:
    """Its size is that of its place, and the page has margins of its own."""
    for size in ("width", "height"):
        root.attrib.pop(size, None)
    left, top, width, height = map(float, root.attrib["viewBox"].split())
    root.set("viewBox", f"{left + _CUT:g} {top + _CUT / 2:g} {width - 2 * _CUT:g} {height - _CUT:g}")


def _named(root: Element, prefix: str) -> None:
    """Its title and description are its name for a screen reader."""
    names = [child for child in root if child.tag in (f"{{{_SVG}}}title", f"{{{_SVG}}}desc")]
    for child in names:
        child.set("id", prefix + child.tag.rpartition("}")[2])
    root.set("aria-labelledby", " ".join(child.attrib["id"] for child in names))

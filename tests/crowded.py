"""The picture test: what touches another thing or leaves the page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations

from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.text import Text
from matplotlib.transforms import BboxBase


def crowded(figure: Figure) -> list[str]:
    """What a reader would stumble over: what leaves the page, touches another text or crosses an outline."""
    figure.draw_without_rendering()
    texts = [(t.get_text(), t.get_window_extent()) for t in figure.findobj(Text) if _seen(t)]
    marks = (a for a in figure.artists if isinstance(a, Line2D) and a.get_linestyle() == "None")
    texts += [("a mark", mark.get_window_extent()) for mark in marks]
    patches = (a for a in figure.artists if isinstance(a, Patch) and a.get_fill())
    boxes = [(patch.get_label(), patch.get_window_extent()) for patch in patches]
    return [*_leaving(texts, figure.bbox), *_touching(texts), *_crossing(texts, boxes)]


def _seen(text: Artist) -> bool:
    assert isinstance(text, Text)
    return text.get_visible() and bool(text.get_text().strip())


Extent = tuple[object, BboxBase]


def _leaving(texts: Iterable[Extent], page: BboxBase) -> Iterator[str]:
    for words, box in texts:
        if not _inside(box, page):
            yield f"leaves the page: {words}"


def _touching(texts: Iterable[Extent]) -> Iterator[str]:
    for (one, box), (other, another) in combinations(texts, 2):
        if _overlap(box, another):
            yield f"touch: {one} | {other}"


def _crossing(texts: Iterable[Extent], boxes: Sequence[Extent]) -> Iterator[str]:
    things = [*texts, *boxes]
    for (one, box), (other, outline) in ((t, b) for t in things for b in boxes if t is not b):
        if _overlap(box, outline) and not _inside(box, outline) and not _inside(outline, box):
            yield f"crosses an outline: {one} | {other}"


def _overlap(one: BboxBase, other: BboxBase) -> bool:
    return bool(one.padded(-1).overlaps(other.padded(-1)))


def _inside(one: BboxBase, other: BboxBase) -> bool:
    other = other.padded(1)
    return bool(one.x0 >= other.x0 and one.x1 <= other.x1 and one.y0 >= other.y0 and one.y1 <= other.y1)

"""Pictures that the repository shows by the reader's theme, as the site shows them by its own."""

from __future__ import annotations

import posixpath
import re
from html import unescape

PICTURE = re.compile(
    r'^<picture><source media="\(prefers-color-scheme: dark\)" srcset="(?P<dark>[^"]+)">'
    r'<img alt="(?P<alt>[^"]*)" src="(?P<light>[^"]+)" width="(?P<width>\d+)"></picture>$',
    re.MULTILINE,
)
SMALL = 300
"""Pixels of a picture that has an outline and leads to itself in full size."""


def for_site(text: str) -> str:
    """A page's text with two images for each picture, one of which the theme hides.

    Sphinx does not look into HTML, so it would not copy the files.
    """
    return PICTURE.sub(lambda found: f"{_image(found, 'light')}\n{_image(found, 'dark')}", text)


def _image(found: re.Match[str], theme: str) -> str:
    if int(found["width"]) > SMALL:
        return _directive(found[theme], found, f":class: only-{theme}")
    # Where Sphinx puts pictures.
    target = f":target: _images/{posixpath.basename(found[theme])}"
    return _directive(found[theme], found, f":class: only-{theme} small", target)


def _directive(file: str, found: re.Match[str], *options: str) -> str:
    told = (f":alt: {unescape(found['alt'])}", *options, f":width: {found['width']}px")
    return "\n".join((f"```{{image}} {file}", *told, "```"))

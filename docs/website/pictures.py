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
SMALL = re.compile(r'^<img alt="(?P<alt>[^"]*)" src="(?P<src>[^"]+)" width="(?P<width>\d+)">$', re.MULTILINE)


def for_site(text: str) -> str:
    """A page's text with two images for each picture, one of which the theme hides, and one for a small one.

    Sphinx does not look into HTML, so it would not copy the files.
    """
    text = PICTURE.sub(lambda found: f"{_image(found, 'light')}\n{_image(found, 'dark')}", text)
    return SMALL.sub(lambda found: _directive(found["src"], found, *_linked(found["src"])), text)


def _linked(file: str) -> tuple[str, str]:
    """A small picture has an outline and leads to itself in full size, where Sphinx puts pictures."""
    return ":class: small", f":target: _images/{posixpath.basename(file)}"


def _image(found: re.Match[str], theme: str) -> str:
    return _directive(found[theme], found, f":class: only-{theme}")


def _directive(file: str, found: re.Match[str], *options: str) -> str:
    told = (f":alt: {unescape(found['alt'])}", *options, f":width: {found['width']}px")
    return "\n".join((f"```{{image}} {file}", *told, "```"))

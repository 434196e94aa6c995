"""Pictures that the repository shows by the reader's theme, as the site shows them by its own."""

from __future__ import annotations

import re
from html import unescape

PICTURE = re.compile(
    r'^<picture><source media="\(prefers-color-scheme: dark\)" srcset="(?P<dark>[^"]+)">'
    r'<img alt="(?P<alt>[^"]*)" src="(?P<light>[^"]+)" width="(?P<width>\d+)"></picture>$',
    re.MULTILINE,
)


def for_site(text: str) -> str:
    """A page's text with two images for each picture; the theme hides one of them.

    Sphinx does not look into HTML, so it would not copy the files.
    """
    return PICTURE.sub(lambda found: f"{_image(found, 'light')}\n{_image(found, 'dark')}", text)


def _image(found: re.Match[str], theme: str) -> str:
    options = (
        f":alt: {unescape(found['alt'])}",
        f":class: only-{theme}",
        f":width: {found['width']}px",
    )
    return "\n".join((f"```{{image}} {found[theme]}", *options, "```"))

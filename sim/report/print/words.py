"""Words on their way into the page: nothing in them controls, a unit stays with its number."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from sim.manifests.decoding import printable_lines

TIE = "\N{NO-BREAK SPACE}"
_UNIT = re.compile(r"(?<=\d) (?=(?:%|ms|s|µs)(?!\w))")


def legible(text: str) -> str:
    r"""Text without characters that control, so that none turns another around; spaces that tie stay.

    >>> legible("shop\u202egnp.exe"), legible("5\xa0ms") == "5\xa0ms"
    ('shop\\u202egnp.exe', True)
    """
    return TIE.join(map(printable_lines, text.split(TIE)))


def tight(text: str) -> str:
    r"""Words in which a number and its unit stay on one line.

    >>> tight("adds 1.2 ms to the mean")
    'adds 1.2\xa0ms to the mean'
    """
    return _UNIT.sub(TIE, text)


def safe_link(address: str) -> str:
    """The address of a web page; empty if it is anything else.

    >>> safe_link("https://example.com/a"), safe_link("javascript:alert(1)")
    ('https://example.com/a', '')
    """
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    return address if parts.scheme in ("http", "https") and parts.netloc else ""

"""Paths that a regular expression is likely to match, and some right beside it.

Not a generator for every language: the expressions that people write into rules of paths are a stem, groups
of words, classes of characters and an open end. One that does not match does no harm: it is only asked.
"""

import re
from collections.abc import Iterator
from itertools import product

_MOST = 8
_READ = 1_000
"""Characters of a pattern that are looked at; what people write is shorter."""
_TIMES = r"(?:[+*?]|\{[^}]*\})?\??"
_HEAD = re.compile(r"^(?:\(\?[a-z]+\))?\^?")
"""What stands before the text: switches such as (?i), an anchor."""
_SPECIAL = re.compile(r"[\\^$.*+?()\[\]{}|]")
_TOKENS = re.compile(
    rf"\((?:\?:)?(?P<words>[^()]*)\){_TIMES}"
    rf"|\[(?P<class>[^\]]*)\]{_TIMES}"
    rf"|\\(?P<escape>.){_TIMES}"
    rf"|(?P<any>\.){_TIMES}"
    rf"|(?P<letter>[^\\^$.*+?()\[\]{{}}|]){_TIMES}"
    r"|(?P<anchor>[\^$])"
)
_CLASSES = {"d": "7", "w": "a", "s": "%20"}


def is_pattern(path: str) -> bool:
    """Whether a path holds characters that only mean something in a regular expression.

    >>> is_pattern("/id/[0-9]+"), is_pattern("/v1.2/a"), is_pattern("/a-b_c")
    (True, False, False)
    """
    return _SPECIAL.search(path.replace(".", "")) is not None


def stem(pattern: str) -> str:
    """The literal text that a pattern begins with.

    >>> stem("/admin(/|$)(.*)"), stem("/id/[0-9]+")
    ('/admin', '/id/')
    """
    begun = _HEAD.sub("", pattern, count=1)
    found = _SPECIAL.search(begun)
    return begun[: found.start()] if found else begun


def samples(pattern: str) -> Iterator[str]:
    """A few texts that a pattern may match, the likeliest first.

    >>> list(samples("(?i)/(cart|shop)/[0-9]+"))
    ['/cart/0', '/shop/0']
    """
    parts = [
        list(dict.fromkeys(_of_token(m))) for m in _TOKENS.finditer(_HEAD.sub("", pattern[:_READ], count=1))
    ]
    for count, choice in enumerate(product(*parts)):
        if count == _MOST:
            return
        yield "".join(choice)


def _of_token(token: re.Match[str]) -> Iterator[str]:
    if token["words"] is not None:
        for word in token["words"].split("|"):
            yield next(samples(word), "") if _SPECIAL.search(word) else word
    elif token["class"] is not None:
        yield _of_class(token["class"])
    elif token["escape"] is not None:
        yield _CLASSES.get(token["escape"], token["escape"])
    elif token["any"] is not None:
        yield "a"
    else:
        yield token["letter"] or ""


def _of_class(text: str) -> str:
    if text.startswith("^"):
        return next(c for c in "a0-_~" if c not in text)
    return _CLASSES.get(text[1:2], text[1:2]) if text.startswith("\\") else text[:1]

r"""Regular expressions as nginx reads them (PCRE, on bytes), in Python's words.

Most of the two languages is the same. Translated: POSIX classes, named groups, `\Q…\E`, `\h`, `\R`, `\z`,
`\Z`, options in the middle, a `{` that counts nothing. Not translated: recursion, conditions, verbs, `\K`,
branch reset; a pattern with these is refused here, and said to be.
"""

import re
from functools import lru_cache

_POSIX = {
    "alnum": "0-9A-Za-z", "alpha": "A-Za-z", "ascii": r"\x00-\x7f", "blank": r"\x20\t",
    "cntrl": r"\x00-\x1f\x7f", "digit": "0-9", "graph": r"\x21-\x7e", "lower": "a-z",
    "print": r"\x20-\x7e", "space": r"\s", "upper": "A-Z", "word": r"\w", "xdigit": "0-9A-Fa-f",
}  # fmt: skip
_ESCAPES = {
    "h": r"[ \t\xa0]",
    "H": r"[^ \t\xa0]",
    "R": r"(?:\r\n|[\n\x0b\f\r\x85])",
    "N": r"[^\n]",
    "z": r"\Z",
    "Z": r"(?=\n?\Z)",
    "e": r"\x1b",
}
_IN_CLASS = {"h": r" \t\xa0", "e": r"\x1b", "b": r"\x08"}
_UNKNOWN = ("(?R", "(?&", "(?P>", "(?(", "(?|", "(?C", "(*")
_COUNT = re.compile(r"\{(\d+)?(,)?(\d+)?\}")


class UnreadablePatternError(ValueError):
    """A pattern that nginx refuses, or that is not modelled here."""


@lru_cache(maxsize=4096)
def compiled(pattern: str, caseless: bool = True) -> re.Pattern[str]:
    """A PCRE pattern, ready to search in text of one character per byte.

    Raises:
        UnreadablePatternError: with the reason.
    """
    try:
        return re.compile(_translated(pattern), re.ASCII | (re.IGNORECASE if caseless else 0))
    except (re.error, RecursionError, OverflowError) as error:
        raise UnreadablePatternError(f"{pattern}: {error}") from None


def _translated(pattern: str) -> str:
    out: list[str] = []
    open_options = [0]
    place = 0
    while place < len(pattern):
        place = _piece(pattern, place, out, open_options)
    return "".join(out) + ")" * open_options[0]


def _piece(pattern: str, place: int, out: list[str], options: list[int]) -> int:
    """Translate what starts at a place; gives the place behind it.

    Args:
        options: per open group, how many options in its middle wait for their end.
    """
    char = pattern[place]
    if char == "\\":
        return _escape(pattern, place, out)
    if char == "[":
        return _class(pattern, place, out)
    if char == "(":
        return _group(pattern, place, out, options)
    if char == ")" and len(options) > 1:
        out.append(")" * (options.pop() + 1))
    elif char == "{" and not _counts(pattern, place):
        out.append(r"\{")
    else:
        out.append(char)
    return place + 1


def _counts(pattern: str, place: int) -> bool:
    """Whether a brace is a count: `{2}`, `{2,}` or `{2,3}`; everything else is the character."""
    found = _COUNT.match(pattern, place)
    return found is not None and found[1] is not None


def _escape(pattern: str, place: int, out: list[str]) -> int:
    if place + 1 == len(pattern):
        raise UnreadablePatternError(f"{pattern}: a backslash at the end")
    char = pattern[place + 1]
    if char == "Q":
        end = pattern.find("\\E", place + 2)
        literal = pattern[place + 2 : end if end >= 0 else len(pattern)]
        out.append(re.escape(literal))
        return len(pattern) if end < 0 else end + 2
    if char in "KGXC":
        raise UnreadablePatternError(f"{pattern}: \\{char} is not modelled")
    if char in "kgx":
        return _long_escape(pattern, place, out)
    out.append("" if char == "E" else _ESCAPES.get(char, f"\\{char}"))
    return place + 2


def _long_escape(pattern: str, place: int, out: list[str]) -> int:
    for form, written in (
        (r"\\k[<{'](\w+)[>}']", r"(?P={})"),
        (r"\\g\{?(\d+)\}?", r"(?:\{})"),
        (r"\\g\{(\w+)\}", r"(?P={})"),
        (r"\\x\{([0-9A-Fa-f]{1,2})\}", "\\x{:0>2}"),
        (r"\\x([0-9A-Fa-f]{2})", "\\x{}"),
        (r"\\x([0-9A-Fa-f])(?![0-9A-Fa-f])", "\\x0{}"),
    ):
        if (found := re.compile(form).match(pattern, place)) is not None:
            out.append(written.format(found[1]))
            return found.end()
    raise UnreadablePatternError(f"{pattern}: {pattern[place : place + 6]} is not modelled")


def _group(pattern: str, place: int, out: list[str], options: list[int]) -> int:
    if pattern.startswith(_UNKNOWN, place) or re.compile(r"\(\?[+-]?\d").match(pattern, place):
        raise UnreadablePatternError(f"{pattern}: {pattern[place : place + 4]} is not modelled")
    if (named := re.compile(r"\(\?(?:<|')(\w+)[>']").match(pattern, place)) is not None:
        out.append(f"(?P<{named[1]}>")
        options.append(0)
        return named.end()
    if (inline := re.compile(r"\(\?([imsx]*)(?:-([imsx]+))?\)").match(pattern, place)) is not None:
        off = f"-{inline[2]}" if inline[2] else ""
        out.append(f"(?{inline[1]}{off}:")
        options[-1] += 1
        return inline.end()
    options.append(0)
    out.append("(")
    return place + 1


def _class(pattern: str, place: int, out: list[str]) -> int:
    """A character class; a `]` that comes first is a member."""
    inside = ["["]
    place += 1
    if pattern.startswith("^", place):
        inside.append("^")
        place += 1
    if pattern.startswith("]", place):
        inside.append(r"\]")
        place += 1
    while place < len(pattern) and pattern[place] != "]":
        place = _member(pattern, place, inside)
    if place == len(pattern):
        raise UnreadablePatternError(f"{pattern}: a class that does not end")
    out.append("".join(inside) + "]")
    return place + 1


def _member(pattern: str, place: int, inside: list[str]) -> int:
    if (named := re.compile(r"\[:(\w+):\]").match(pattern, place)) is not None:
        if named[1] not in _POSIX:
            raise UnreadablePatternError(f"{pattern}: no class {named[0]}")
        inside.append(_POSIX[named[1]])
        return named.end()
    if pattern[place] == "\\" and place + 1 < len(pattern):
        char = pattern[place + 1]
        inside.append(_IN_CLASS.get(char, f"\\{char}"))
        return place + 2
    inside.append(f"\\{pattern[place]}" if pattern[place] in "[&~|" else pattern[place])
    return place + 1

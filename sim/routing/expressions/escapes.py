"""What stands behind a backslash, and what stands in square brackets."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from sim.routing.expressions import characters
from sim.routing.expressions.characters import CharSet
from sim.routing.expressions.flavours import Flavour, UnreadableExpressionError

_HEX = re.compile(r"x(?:\{([0-9A-Fa-f]+)\}|([0-9A-Fa-f]{0,2}))")
_OCTAL = re.compile(r"[0-7]{1,3}")
_BRACED_OCTAL = re.compile(r"o\{([0-7]+)\}")
_NAMED = re.compile(r"\[:(\^?)(\w+):\]")
_COLLATED = re.compile(r"\[([.=])[^\]]*\1\]")
_PROPERTY = re.compile(r"[pP](?:\{(\^?)(\w+)\}|(\w))")
_CATEGORIES = frozenset("CLMNPSZ")


def character(flavour: Flavour, pattern: str, place: int) -> tuple[str, int] | None:
    """The one character that an escape stands for, and the place behind it; None: it is no such escape.

    Args:
        place: behind the backslash.
    """
    char = pattern[place]
    if char in flavour.letters:
        return flavour.letters[char], place + 1
    if char == "x":
        return _hexadecimal(flavour, pattern, place)
    if char == "0" or (char in "1234567" and not flavour.backtracks and _OCTAL.match(pattern, place + 1)):
        return octal(flavour, pattern, place)
    if flavour.backtracks and (braced := _BRACED_OCTAL.match(pattern, place)) is not None:
        return _code(flavour, int(braced[1], 8), pattern), braced.end()
    if flavour.backtracks and char == "c" and pattern[place + 1 : place + 2].isascii():
        control = pattern[place + 1 : place + 2].upper()
        return (chr(ord(control) ^ 64), place + 2) if control else None
    is_plain = not char.isalnum() if flavour.backtracks or char.isascii() else False
    return (char, place + 1) if is_plain else None


def octal(flavour: Flavour, pattern: str, place: int) -> tuple[str, int]:
    """The character of up to three octal digits, and the place behind them.

    Raises:
        UnreadableExpressionError: there is none.
    """
    found = _OCTAL.match(pattern, place)
    if found is None:
        raise UnreadableExpressionError(f"{pattern[place - 1 : place + 2]} is not modelled")
    return chr(int(found[0], 8) & flavour.last), found.end()


def _hexadecimal(flavour: Flavour, pattern: str, place: int) -> tuple[str, int]:
    found = _HEX.match(pattern, place)
    digits = (found[1] or found[2]) if found else ""
    short = found is not None and found[1] is None and len(digits) < 2
    if found is None or (short and not flavour.backtracks) or pattern.startswith("x{}", place):
        raise UnreadableExpressionError(f"{pattern[place - 1 : place + 5]} is no number of a character")
    return _code(flavour, int(digits or "0", 16), pattern), found.end()


def _code(flavour: Flavour, number: int, pattern: str) -> str:
    if number > flavour.last:
        raise UnreadableExpressionError(f"no character has the number {number:x}")
    return chr(number)


def set_of(flavour: Flavour, pattern: str, place: int) -> tuple[CharSet, int] | None:
    r"""The set that an escape such as `\d` stands for, and the place behind it; None: it is no such one."""
    char = pattern[place]
    if char in flavour.sets:
        return flavour.sets[char], place + 1
    if char in "pP":
        return _property(flavour, pattern, place)
    return None


def _property(flavour: Flavour, pattern: str, place: int) -> tuple[CharSet, int]:
    found = _PROPERTY.match(pattern, place)
    name = (found[2] or found[3]) if found else ""
    if found is None or not 0 < len(name) < 3 or name[0] not in _CATEGORIES or name == "L_":
        raise UnreadableExpressionError(f"the property {pattern[place - 1 : place + 12]} is not modelled")
    chars = _category(name, flavour.last)
    opposite = (pattern[place] == "P") != bool(found[1])
    return (characters.without(chars, flavour.last) if opposite else chars), found.end()


@cache
def _category(name: str, last: int) -> CharSet:
    """Characters by their general category. Source: the Unicode Character Database, as Python has it."""
    codes = (code for code in range(last + 1) if unicodedata.category(chr(code)).startswith(name))
    return characters.of((code, code) for code in codes)


def bracketed(flavour: Flavour, pattern: str, place: int) -> tuple[CharSet, int]:
    """The set in square brackets, and the place behind it; a `]` that comes first is a member.

    Args:
        place: behind the opening bracket.
    """
    opposite = pattern.startswith("^", place)
    place += opposite
    found: list[CharSet] = []
    first = place
    while pattern[place : place + 1] != "]" or place == first:
        if place >= len(pattern):
            raise UnreadableExpressionError("a class that does not end")
        one, place = _member(flavour, pattern, place)
        found.append(one)
    chars = characters.union(*found)
    return (_Opposite(chars.ranges) if opposite else chars), place + 1


class _Opposite(CharSet):
    """Members of a class that are left out; letter case comes before the rest is taken."""


def finished(chars: CharSet, flavour: Flavour, caseless: bool) -> CharSet:
    """A set as it is compared: in both cases, and the rest where it stood behind `^`."""
    both = characters.either_case(chars, flavour.last) if caseless else CharSet(chars.ranges)
    return characters.without(both, flavour.last) if isinstance(chars, _Opposite) else both


def _member(flavour: Flavour, pattern: str, place: int) -> tuple[CharSet, int]:
    """A named class, a set, a character or a range of them."""
    if flavour.backtracks and _COLLATED.match(pattern, place):
        raise UnreadableExpressionError("collating elements are not in PCRE")
    if (named := _NAMED.match(pattern, place)) is not None:
        return _named(flavour, named[2], bool(named[1])), named.end()
    if flavour.backtracks and pattern.startswith(("\\Q", "\\E"), place):
        return _quoted(pattern, place)
    low, place = _one(flavour, pattern, place)
    if isinstance(low, CharSet):
        rest = pattern[place : place + 2]
        if flavour.backtracks and len(rest) == 2 and rest[0] == "-" and rest[1] != "]":
            raise UnreadableExpressionError("a range from a set")
        return low, place
    if pattern[place : place + 1] != "-" or pattern[place + 1 : place + 2] in ("]", ""):
        return characters.only(low), place
    high, after = _one(flavour, pattern, place + 1)
    if isinstance(high, CharSet):
        raise UnreadableExpressionError(f"a range to a set: {pattern[place - 1 : after]}")
    if ord(high) < ord(low):
        raise UnreadableExpressionError(f"a range that goes backwards: {low}-{high}")
    return characters.of([(ord(low), ord(high))]), after


def _named(flavour: Flavour, name: str, opposite: bool) -> CharSet:
    if name not in characters.POSIX:
        raise UnreadableExpressionError(f"no class [:{name}:]")
    found = characters.POSIX[name]
    return characters.without(found, flavour.last) if opposite else found


def _quoted(pattern: str, place: int) -> tuple[CharSet, int]:
    if pattern.startswith("\\E", place):
        return CharSet(()), place + 2
    end = pattern.find("\\E", place)
    if end < 0:
        raise UnreadableExpressionError("a class that does not end")
    return characters.only(pattern[place + 2 : end]), end + 2


def _one(flavour: Flavour, pattern: str, place: int) -> tuple[str | CharSet, int]:
    if pattern[place] != "\\" or place + 1 == len(pattern):
        return pattern[place], place + 1
    if flavour.backtracks and pattern[place + 1] == "b":
        return "\b", place + 2
    found = set_of(flavour, pattern, place + 1) or character(flavour, pattern, place + 1)
    if found is None and flavour.backtracks and pattern[place + 1] in "01234567":
        return octal(flavour, pattern, place + 1)
    if found is None:
        raise UnreadableExpressionError(f"{pattern[place : place + 2]} in a class is not modelled")
    return found

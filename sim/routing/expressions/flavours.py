"""The two languages that proxies read: PCRE (nginx, HAProxy) and RE2 (Envoy; in Go, and so Traefik)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sim.routing.expressions import characters
from sim.routing.expressions.characters import DIGIT, LAST_BYTE, LAST_POINT, SPACE, WORD, CharSet
from sim.routing.expressions.tree import Edge

MOST_NESTED = 250
"""Groups in groups: PCRE's own limit; that of RE2 is 1,000."""


class UnreadableExpressionError(ValueError):
    """An expression that its proxy refuses, or that is not modelled here; says why."""


@dataclass(frozen=True, eq=False)
class Flavour:
    """What a language has.

    Args:
        last: the greatest character.
        backtracks: whether it has what only backtracking can do: back references, looking around,
            atomic groups, possessive repeats.
        most_repeats: the greatest count of a repeat.
        most_instructions: how large a program may become; PCRE: about 64 KB of its own code, RE2: 8 MB.
        most_steps: of one attempt before it gives up; None: it is linear and never does.
        options: letters that `(?…)` takes.
        sets, edges, letters: what stands behind a backslash.
    """

    name: str
    last: int
    backtracks: bool
    most_repeats: int
    most_instructions: int
    most_steps: int | None
    options: str
    sets: Mapping[str, CharSet]
    edges: Mapping[str, Edge]
    letters: Mapping[str, str]


def _with_rest(sets: Mapping[str, CharSet], last: int) -> dict[str, CharSet]:
    """The capital letter is everything else."""
    return {**sets, **{key.upper(): characters.without(chars, last) for key, chars in sets.items()}}


_HORIZONTAL, _VERTICAL = characters.only("\t \xa0"), characters.of([(10, 13), (0x85, 0x85)])

PCRE = Flavour(
    name="PCRE",
    last=LAST_BYTE,
    backtracks=True,
    most_repeats=65_535,
    most_instructions=12_000,
    most_steps=10_000_000,
    options="imsxU",
    sets={
        **_with_rest({"d": DIGIT, "w": WORD, "s": SPACE, "h": _HORIZONTAL, "v": _VERTICAL}, LAST_BYTE),
        "N": characters.without(characters.only("\n"), LAST_BYTE),
    },
    edges={"A": "text", "z": "end", "Z": "last-line", "b": "word", "B": "no-word"},
    letters={"n": "\n", "r": "\r", "t": "\t", "f": "\f", "a": "\a", "e": "\x1b"},
)
"""As nginx uses it: on bytes, without JIT. Sources: pcre2pattern(3); pcre2build(3), --with-match-limit."""

ANY = replace(PCRE, name="regular expressions", last=LAST_POINT, most_steps=None)
"""Of a proxy that does not say what it uses, an Application Load Balancer: all of it, without a bound."""

RE2 = Flavour(
    name="RE2",
    last=LAST_BYTE,
    backtracks=False,
    most_repeats=1_000,
    most_instructions=100_000,
    most_steps=None,
    options="imsU",
    sets={
        **_with_rest({"d": DIGIT, "w": WORD, "s": characters.only("\t\n\f\r ")}, LAST_BYTE),
        "C": characters.of([(0, LAST_BYTE)]),
    },
    edges={"A": "text", "z": "end", "b": "word", "B": "no-word"},
    letters={"n": "\n", "r": "\r", "t": "\t", "f": "\f", "a": "\a", "v": "\v"},
)
"""As Envoy uses it: on bytes. Source: github.com/google/re2/wiki/Syntax; tried on Envoy 1.40."""

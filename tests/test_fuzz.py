"""Mutated input never surprises: every command answers, or refuses in words; nothing else comes out.

By default a few hundred mutants, the same ones every time. `make soak` sets SIM_FUZZ_SECONDS and goes on from
a number of its own; a failure names the number, and `mutants.mutant(number)` gives the input again.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest
from command import sim
from mutants import mutant

SECONDS = float(os.environ.get("SIM_FUZZ_SECONDS", "0"))
EXAMPLES = 300
LONGEST_S = 60
"""A command that thinks longer about a small file hangs."""
URLS = (
    "http://shop.example.com/cart",
    "https://secure.example.com/",
    "http://web.example/a?b=c#d",
    "http://cart.shop/",
    "http://203.0.113.77/",
    "http://foo.bar.com/foo/../bar//",
)
COMMANDS = {
    "manifest": (
        ("inspect", "-f", "FILE"),
        ("inspect", "-f", "FILE"),
        ("inspect", "-f", "FILE", "-o", "json"),
        ("inspect", "-f", "FOLDER", "--strict"),
        ("trace", "-f", "FILE", "URL"),
        ("trace", "-f", "FILE", "-L", "--all-rules", "URL"),
        ("trace", "-f", "FILE", "-o", "json", "--controller", "ingress-nginx", "--controller", "spec", "URL"),
        ("trace", "-f", "FILE", "--from", "node:node-a", "tcp://web.default:80"),
        ("rules", "-f", "FILE", "--node", "node-a", "--mode", "iptables"),
        ("rules", "-f", "FILE", "--node", "node-a", "--mode", "nftables"),
        ("diff", "FILE", "FILE"),
        ("topology", "-f", "FILE"),
        ("check", "FILE"),
        ("compare", "-f", "FILE", "--requests", "20"),
    ),
    "scenario": (
        ("run", "FILE", "--requests", "20"),
        ("compare", "FILE", "--requests", "20", "-o", "json"),
    ),
}


class Hangs(Exception):
    """No answer in time."""


@contextmanager
def patience() -> Iterator[None]:
    """Raise where a command hangs."""

    def give_up(*_: object) -> None:
        raise Hangs(f"no answer within {LONGEST_S} s")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(LONGEST_S)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def words_for(kind: str, file: Path, draw: Random) -> list[str]:
    """A command about a file."""
    given = {"FILE": str(file), "FOLDER": str(file.parent), "URL": draw.choice(URLS)}
    return [given.get(word, word) for word in draw.choice(COMMANDS[kind])]


def try_mutant(number: int, folder: Path) -> None:
    """Give a mutant to a command; an error that is not ours comes through."""
    kind, suffix, raw = mutant(number)
    names = ("kustomization.yaml", "scenario.yaml", f"input{suffix}")
    draw = Random(-number)
    name = draw.choice(names) if kind == "manifest" else f"input{suffix}"
    file = folder / name
    file.write_bytes(raw)
    words = words_for(kind, file, draw)
    try:
        with patience():
            done = sim(*words)
    except Exception as error:
        error.add_note(f"mutant {number}: sim {' '.join(words)}")
        raise
    finally:
        file.unlink()
    assert done.status in (0, 1, 2), f"mutant {number}"
    assert "\x1b" not in done.out + done.err, f"mutant {number}: a control character is printed"
    if done.status == 2 and "inspect" not in words:
        assert done.err.startswith("sim: ") or "Usage" in done.err, f"mutant {number}"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "manifests").mkdir()
    (tmp_path / "app.yaml").write_bytes((Path(__file__).parent / "conformance/cases/bad-input/scenario/app.yaml").read_bytes())
    return tmp_path


def test_mutants_are_answered_or_refused_in_words(folder):
    for number in range(EXAMPLES):
        try_mutant(number, folder)


@pytest.mark.skipif(not SECONDS, reason="long runs: SIM_FUZZ_SECONDS=1200, as make soak sets it")
def test_mutants_for_as_long_as_one_likes(folder):
    end, number = time.monotonic() + SECONDS, time.time_ns()
    while time.monotonic() < end:
        number += 1
        try_mutant(number, folder)

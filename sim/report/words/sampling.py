"""What is said of runs as a sample: what was left out at their beginning, and what they are too short for."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sim.report.words.numbers import tenths
from sim.simulation.warm_up import CLIENTS, HALF, MSER, TENTH
from sim.units import counted, show_seconds


def sample_sentences(
    warm_up: Mapping[str, Any] | None,
    until: Mapping[str, Any] | None,
    short: Sequence[Mapping[str, Any]],
    runs: int,
) -> Iterator[str]:
    """All that there is to say, from the published form."""
    if warm_up:
        yield f"warm-up: {warm_up_words(**warm_up)}"
    if until:
        yield until_sentence(**until, runs=runs)
    if short:
        yield shortage_sentence(short, runs)


FOUND_BY = {
    MSER: "found by MSER-5",
    TENTH: "a tenth: MSER-5 finds no longer one",
    HALF: "half of the run: clients take longer to open their connections",
    CLIENTS: "until clients have sent some six requests each",
}


def warm_up_words(until_s: float, found_by: str) -> str:
    """What was left out.

    >>> warm_up_words(12.4, "mser-5")
    'first 12.4 s left out, found by MSER-5'
    >>> warm_up_words(6.0, "tenth")
    'first 6 s left out, a tenth: MSER-5 finds no longer one'
    """
    return f"first {show_seconds(until_s)} left out, {FOUND_BY[found_by]}"


_WHY = {
    "rare": "too few requests are that slow",
    "unsettled": "too few requests for Pod {pod} to forget that it began idle",
    "beginning": "the beginning of a run is not over",
}


def shortage_sentence(short: Sequence[Mapping[str, Any]], runs: int) -> str:
    """Which figures runs are too short for, and how many requests would do.

    Args:
        short: as in the published form.

    >>> shortage_sentence([{"figure": "p99", "requests": 1300, "why": "rare", "pod": ""}], 5)
    'no interval for p99: too few requests are that slow; about 1,300 a run would do'
    >>> shortage_sentence([{"figure": "p99", "requests": 1300, "why": "rare", "pod": ""}], 1)
    'little is known of p99: too few requests are that slow; about 1,300 would do'
    """
    lack, each = ("no interval for", " a run") if runs > 1 else ("little is known of", "")
    names = ", ".join(one["figure"] for one in short)
    why = _WHY[short[0]["why"]].format(pod=short[0]["pod"])
    numbers = " and ".join(dict.fromkeys(f"{one['requests']:,}" for one in short if one["requests"]))
    enough = f"about {numbers}{each} would do" if numbers else "no number would do"
    return f"{lack} {names}: {why}; {enough}"


def until_sentence(share: float, known_to: float | None, reached: bool, runs: int) -> str:
    """How well the mean is known, of what was asked.

    >>> until_sentence(0.02, 0.0184, True, 17)
    '17 runs, until half the interval of the mean was below 2.0 % of it: 1.8 %'
    >>> until_sentence(0.02, 0.034, False, 200)
    'gave up after 200 runs: half the interval of the mean is 3.4 % of it, not below 2.0 %'
    """
    asked, known = tenths(share), "not known" if known_to is None else tenths(known_to)
    if reached:
        return f"{counted(runs, 'run')}, until half the interval of the mean was below {asked} of it: {known}"
    half = f"{known} of it" if known_to is not None else known
    return f"gave up after {counted(runs, 'run')}: half the interval of the mean is {half}, not below {asked}"

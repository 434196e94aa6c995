"""What charts over time say: titles, moments of events, the same facts in words."""

from dataclasses import dataclass
from fractions import Fraction
from math import inf

import numpy as np

from sim.cluster.life.scaled import ReplicaChange
from sim.comparison.over_time import OverTime
from sim.report.words.names import short_name
from sim.report.words.numbers import percent
from sim.simulation.result import Result, Seconds
from sim.units import counted

MOST_EVENTS = 6
LONGEST_EVENT = 40


@dataclass(frozen=True)
class Mark:
    """Something that happened at a moment."""

    at_s: float
    words: str


def marks_of(result: Result) -> list[Mark]:
    """The events of a run, each with the first moment in which a Pod came or went for it."""
    first: dict[str, float] = {}
    for life in result.lives.values():
        rests = (b.from_s for b in life.breaks)
        moment = next((m for m in (life.deleted_s, life.created_s, *rests) if abs(m) < inf), 0.0)
        first[life.because] = min(moment, first.get(life.because, moment))
    ranked = sorted(first.items(), key=lambda pair: pair[1])[:MOST_EVENTS]
    return [Mark(at_s, short_name(words, LONGEST_EVENT)) for words, at_s in ranked]


def moment_words(slots: OverTime, number: int) -> str:
    """When a slot is."""
    begin = slots.begins_s[number]
    return (
        f"at {begin:,.0f} s"
        if slots.width_s == 1
        else f"between {begin:,.0f} and {begin + slots.width_s:,.0f} s"
    )


def served_titles(result: Result, slots: OverTime) -> list[str]:
    """The finding, the fullest first."""
    if not result.failures:
        return ["No request failed: what was offered was served"]
    what = f"{result.failures:,} of {counted(result.sent, 'request')} failed"
    worst = int(np.argmax(slots.failed))
    most = round(float(slots.failed[worst] * lengths_of(slots, result)[worst]))
    where = moment_words(slots, worst)
    return [f"{what}, {most:,} of them {where}", f"{what}, most {where}", what]


def lengths_of(slots: OverTime, result: Result) -> Seconds:
    """How long each slot is."""
    return np.minimum(slots.width_s, result.end_s - slots.begins_s)


def served_subtitle(slots: OverTime) -> str:
    """What is shown."""
    width = counted(int(slots.width_s), "second")
    return f"Requests a second, in slots of {width}: offered by clients, served, and failed."


def served_alt(title: str, result: Result, slots: OverTime) -> str:
    """The chart in words: every slot in which something failed."""
    lost = [
        f"{moment_words(slots, n)} {_rate(slots.offered[n])} offered, {_rate(slots.served[n])} served,"
        f" {_rate(slots.failed[n])} failed"
        for n in map(int, np.flatnonzero(slots.failed > 0))
    ]
    says = f"{'; '.join(lost[:20])}{' and more' if len(lost) > 20 else ''}. " if lost else ""
    mean = f"On average {_rate(slots.offered.mean())} a second offered, {_rate(slots.served.mean())} served."
    return f"{title}. {served_subtitle(slots)} {mean} {says}{events_in_words(result)}".strip()


def events_in_words(result: Result) -> str:
    """The events with their moments."""
    marks = marks_of(result)
    return f"{'; '.join(f'{mark.at_s:,.1f} s: {mark.words}' for mark in marks)}." if marks else ""


def _rate(value: float) -> str:
    return f"{float(value):.4g}"


def _share(busy: float) -> str:
    return percent(Fraction(float(busy)))


def busy_titles(slots: OverTime) -> list[str]:
    """When the workers were busiest, and how many Pods there were."""
    if np.isnan(slots.busy).all():
        return ["No Pod was there to serve"]
    peak = int(np.nanargmax(slots.busy))
    first, last = (round(float(slots.ready[n])) for n in (0, -1))
    ready = (
        f"{first:,} Pods ready, {last:,} at the end" if first != last else f"{counted(first, 'Pod')} ready"
    )
    share, when = f"at most {_share(slots.busy[peak])} busy", moment_words(slots, peak)
    return [
        f"Workers were {share}, {when}; {ready}",
        f"Workers were {share}, {when}",
        f"Workers were {share}",
    ]


def busy_subtitle(slots: OverTime) -> str:
    """What is shown."""
    width = counted(int(slots.width_s), "second")
    return (
        f"Share of the time in which workers of Pods served, in slots of {width}, and Pods that were ready."
    )


def busy_alt(title: str, result: Result, slots: OverTime) -> str:
    """The chart in words: wherever the number of Pods changes."""
    changes = [
        n for n in range(len(slots.ready)) if n == 0 or round(slots.ready[n]) != round(slots.ready[n - 1])
    ]
    says = "; ".join(
        f"{moment_words(slots, n)} {counted(round(slots.ready[n]), 'Pod')} ready"
        + ("" if np.isnan(slots.busy[n]) else f", {_share(slots.busy[n])} busy")
        for n in changes[:20]
    )
    return (
        f"{title}. {busy_subtitle(slots)} {says}. {scaled_in_words(result)}{events_in_words(result)}".strip()
    )


def scaled_in_words(result: Result) -> str:
    """How many Pods each workload was given, when, and why."""
    return "".join(
        f"{workload.key}: {'; '.join(_change_in_words(c) for c in workload.changes[:20])}. "
        for workload in result.scaled
    )


def _change_in_words(change: ReplicaChange) -> str:
    because = f" ({change.because})" if change.because else ""
    return f"{change.replicas:,} wanted at {change.at_s:,.1f} s{because}"

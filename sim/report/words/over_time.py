"""What charts over time say: titles, moments of events, the same facts in words."""

from collections.abc import Sequence
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
FULL = 0.995
"""From this share of their time on, workers count as busy all the time: it is shown as 100 %."""
LONGEST_EVENT = 40


@dataclass(frozen=True)
class Mark:
    """Something that happened at a moment."""

    at_s: float
    words: str


def marks_of(result: Result) -> list[Mark]:
    """The events of a run, each with the first moment in which a Pod came or went for it, and its faults."""
    begun = zip(result.faults, result.fault_starts_s, strict=True)
    first = {what: at_s for what, at_s in begun if at_s <= result.end_s}
    for life in result.lives.values():
        rests = (b.from_s for b in life.breaks)
        moment = next((m for m in (life.deleted_s, life.created_s, *rests) if abs(m) < inf), 0.0)
        first[life.because] = min(moment, first.get(life.because, moment))
    found: dict[float, list[str]] = {}
    for words, at_s in sorted(first.items(), key=lambda pair: pair[1]):
        found.setdefault(at_s, []).append(short_name(words, LONGEST_EVENT))
    return [Mark(at_s, _together(words)) for at_s, words in list(found.items())[:MOST_EVENTS]]


def _together(words: Sequence[str]) -> str:
    every = ", ".join(words)
    return every if len(every) <= LONGEST_EVENT else f"{words[0]} and {len(words) - 1:,} more"


def moment_words(slots: OverTime, number: int) -> str:
    """When a slot is."""
    begin = slots.begins_s[number]
    return (
        f"at {begin:,.0f} s" if slots.width_s == 1 else f"from {begin:,.0f} to {begin + slots.width_s:,.0f} s"
    )


def served_titles(result: Result, slots: OverTime) -> list[str]:
    """The finding, the fullest first."""
    if not result.failures:
        return ["No request failed: what was offered was served"]
    what = f"{result.failures:,} of {counted(result.sent, 'request')} failed"
    worst = int(np.argmax(slots.failed))
    most = round(float(slots.failed[worst] * lengths_of(slots, result)[worst]))
    where = moment_words(slots, worst)
    return [
        f"{what}, {most:,} of those sent {where}",
        f"{what}, the worst {where}",
        f"{what}, worst {where}",
        what,
    ]


def lengths_of(slots: OverTime, result: Result) -> Seconds:
    """How long each slot is."""
    return np.minimum(slots.width_s, result.end_s - slots.begins_s)


def served_subtitle(result: Result, slots: OverTime) -> str:
    """What is shown."""
    width = counted(int(slots.width_s), "second")
    still = f" {result.in_flight:,} were open at the end." if result.in_flight else ""
    return f"Requests in slots of {width}, each in that in which it was sent, whenever it ended.{still}"


def served_alt(title: str, result: Result, slots: OverTime) -> str:
    """The chart in words: every slot in which something failed."""
    lost = [
        f"{moment_words(slots, n)} {_rate(slots.offered[n])} offered, {_rate(slots.served[n])} served,"
        f" {_rate(slots.failed[n])} failed"
        for n in map(int, np.flatnonzero(slots.failed > 0))
    ]
    says = f"{'; '.join(lost[:20])}{' and more' if len(lost) > 20 else ''}. " if lost else ""
    mean = f"On average {_rate(slots.offered.mean())} a second offered, {_rate(slots.served.mean())} served."
    return f"{title}. {served_subtitle(result, slots)} {mean} {says}{events_in_words(result)}".strip()


def events_in_words(result: Result) -> str:
    """The events with their moments."""
    marks = marks_of(result)
    return f"{'; '.join(f'{mark.at_s:,.1f} s: {mark.words}' for mark in marks)}." if marks else ""


def _rate(value: float) -> str:
    return f"{float(value):.4g}"


def _share(busy: float) -> str:
    return percent(Fraction(float(busy)))


def busy_titles(result: Result, slots: OverTime) -> list[str]:
    """How long the workers had no pause, else how busy they were at most, and how many Pods there were."""
    if np.isnan(slots.busy).all():
        return ["No Pod was there to serve"]
    first, last = (round(float(slots.ready[n])) for n in (0, -1))
    pods = counted(first, "Pod")
    ready = f"{pods} became {last:,}" if first != last else f"{pods} ready"
    busy = _busiest(result, slots)
    return [f"{busy}; {ready}", busy]


def _busiest(result: Result, slots: OverTime) -> str:
    shown = [_share(busy) for busy in slots.busy if not np.isnan(busy)]
    most = _share(np.nanmax(slots.busy))
    full = float(lengths_of(slots, result)[slots.busy >= FULL].sum())
    if full:
        return f"All workers were busy for {full:,.0f} of {result.end_s:,.0f} s"
    if "less" in most:
        return f"Workers were {most} busy all the time"
    if shown.count(most) > 1:
        return f"Workers were never more than {most} busy"
    return f"Workers were at most {most} busy, {moment_words(slots, int(np.nanargmax(slots.busy)))}"


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

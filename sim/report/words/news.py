"""What parts of a cluster hear of Pods, and what comes of it, in words: of a trace at a moment."""

from collections.abc import Iterator

from sim.cluster.life.news import clock
from sim.report.words.ends import end_in_words
from sim.routing.trace import Hop, Trace

MOST_NEWS = 4
"""Pods that are told one by one without being asked."""


def news_rows(hop: Hop, at_s: float, everything: bool) -> Iterator[tuple[str, str]]:
    """Each Pod that comes or goes, and who hears of it when; those that refuse come first."""
    ordered = sorted(hop.news, key=lambda one: (one.closes_s > at_s, one.change != "deleted", one.at_s))
    shown = ordered if everything else ordered[:MOST_NEWS]
    yield from ((one.pod.partition("/")[2], one.says(at_s)) for one in shown)
    if len(shown) < len(ordered):
        yield "", f"and {len(ordered) - len(shown)} more Pods that come or go (--all-rules shows them)"


def cause_rows(trace: Trace) -> Iterator[str]:
    """What makes some of the requests fail, where the end that is described does not say it."""
    if trace.moment is None:
        return
    for one in trace.final.outcomes:
        if one.cause is not None and one.cause != trace.final.cause:
            name, says = one.cause.pod.partition("/")[2], one.cause.says(trace.moment.at_s)
            yield f"{end_in_words(one)}: Pod {name} {says}"


def asked_when(trace: Trace) -> str:
    """The moment of a trace, for its last line; empty: nothing changes in its cluster."""
    return "" if trace.moment is None else f" · at {clock(trace.moment.at_s)}"

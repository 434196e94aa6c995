"""Probes against a kubelet that is played second by second."""

from __future__ import annotations

from math import inf

from hypothesis import given
from hypothesis import strategies as st

from sim.cluster.life.probes import (
    AppPhase,
    ProbeAnswer,
    ProbeSettings,
    ProbeWorker,
    outcome,
    readiness_changes,
)

SETTINGS = st.builds(
    ProbeSettings,
    st.integers(0, 15),
    st.integers(3, 12),
    st.integers(1, 2),
    st.integers(1, 3),
    st.integers(1, 4),
)


@st.composite
def apps(draw):
    turns = sorted(draw(st.sets(st.integers(1, 100), max_size=4)))
    ends = [0, *turns, inf]
    answers = draw(st.lists(st.sampled_from(ProbeAnswer), min_size=len(ends) - 1, max_size=len(ends) - 1))
    return [AppPhase(a, b, meets) for a, b, meets in zip(ends, ends[1:], answers, strict=False)]


def played(worker: ProbeWorker) -> list[tuple[float, bool]]:
    """Readiness by looking at every second, where no probe outlasts its period."""
    s, ready, oks, bads, changes = worker.settings, False, 0, 0, []
    for at in range(int(worker.until_s) + 1):
        on_tick = at >= worker.first_tick_s and (at - worker.first_tick_s) % s.period_s == 0
        if not on_tick or at < s.initial_delay_s or at < worker.from_s:
            continue
        met = next(p.answer for p in worker.app if p.from_s <= at < p.to_s)
        oks, bads = (oks + 1, 0) if met is ProbeAnswer.OK else (0, bads + 1)
        now = True if oks >= s.successes else False if bads >= s.failures else ready
        if now != ready:
            ready = now
            changes.append((at + (s.timeout_s if met is ProbeAnswer.HANG else 0), ready))
    return changes


@given(SETTINGS, apps(), st.integers(0, 2), st.integers(0, 40))
def test_readiness_is_what_a_second_by_second_kubelet_says(settings, app, first_tick_s, from_s):
    worker = ProbeWorker(settings, app, first_tick_s, from_s, 150)
    assert list(readiness_changes(worker)) == played(worker)


def test_a_probe_that_outlasts_its_period_is_followed_at_once_and_one_tick_is_kept():
    worker = ProbeWorker(
        ProbeSettings(period_s=2, timeout_s=5), [AppPhase(0, inf, ProbeAnswer.HANG)], until_s=16
    )
    assert list(worker.starts()) == [0, 5, 10, 15]
    once = ProbeWorker(
        ProbeSettings(period_s=2, timeout_s=5),
        [AppPhase(0, 1, ProbeAnswer.HANG), AppPhase(1, inf, ProbeAnswer.OK)],
        until_s=10,
    )
    assert list(once.starts()) == [0, 5, 6, 8, 10]


def test_nobody_who_listens_is_a_failure():
    assert outcome(ProbeWorker(ProbeSettings(), [], until_s=100)).restart_s == 20

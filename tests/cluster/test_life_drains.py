"""What a drain promises under a budget, and the figures of a cluster's life."""

from __future__ import annotations

from math import exp, inf

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.cluster.life.connections import Closer, IdleTimeouts, Reuse
from sim.cluster.life.disruption import BudgetStatus, DisruptionBudget, budget_status, evicted
from sim.cluster.life.drain import DrainedWorkload, drained
from sim.cluster.life.figures import ALL, FIGURES
from sim.cluster.life.health_checks import TargetCheck

BUDGETS = st.one_of(
    st.one_of(st.integers(0, 12), st.integers(0, 100).map(lambda n: f"{n}%")).map(DisruptionBudget),
    st.one_of(st.integers(0, 12), st.integers(0, 100).map(lambda n: f"{n}%")).map(
        lambda least: DisruptionBudget(min_available=least)
    ),
)


@st.composite
def workloads(draw):
    replicas = draw(st.integers(1, 12))
    times = st.integers(0, 60).map(float)
    return DrainedWorkload(
        replicas,
        draw(st.integers(0, replicas)),
        draw(st.one_of(st.none(), BUDGETS)),
        draw(times),
        draw(times),
    )


@given(workloads())
def test_a_drain_never_takes_more_than_its_budget_and_ends_where_that_allows_any(workload):
    drain = drained(workload, 10_000)
    allowed = workload.replicas
    if workload.budget is not None:
        full = budget_status(workload.budget, workload.replicas, workload.replicas, workload.replicas)
        allowed = full.allowed
        for at_s in drain.evictions_s:
            waiting = sum(s <= at_s < s + max(workload.ready_after_s, 0.5) for s in drain.evictions_s)
            assert workload.replicas - waiting >= full.needed or not workload.ready_after_s
    assert (drain.done_s is not None) == bool(allowed or not workload.on_node)
    assert list(drain.evictions_s) == sorted(drain.evictions_s)
    assert len(drain.evictions_s) == (workload.on_node if allowed else 0)


def test_replacements_that_never_turn_ready_keep_the_rest():
    drain = drained(DrainedWorkload(4, 3, DisruptionBudget(max_unavailable=1), inf), 600)
    assert (drain.evictions_s, drain.done_s) == ((0.0,), None)


def test_a_budget_that_allows_less_than_none_forbids():
    assert evicted("Running", True, False, [BudgetStatus(3, 2, 2, -1)]) == (403, False)
    assert evicted("Running", False, False, [BudgetStatus(3, 2, 1, 0)], always_unready=True) == (201, False)
    assert evicted("Running", False, False, [BudgetStatus(3, 0, 0, 2)]) == (201, True)


@given(st.integers(1, 60), st.integers(1, 10), st.floats(0, 1))
def test_a_check_turns_within_its_span_wherever_in_the_interval_a_target_falls(interval_s, probes, phase):
    check = TargetCheck(interval_s, probes, probes)
    first_s = phase * interval_s
    turned_s = first_s + (probes - 1) * interval_s
    assert check.down.least_s <= turned_s <= check.down.most_s
    assert check.up == check.down


@settings(max_examples=40)
@given(st.floats(0.05, 2), st.integers(2, 60), st.floats(0.001, 0.5), st.floats(0.5, 90))
def test_the_share_of_races_is_that_of_the_gaps_that_meet_one(rate, server_s, rtt_s, client_s):
    idle = IdleTimeouts(client_s, server_s, rtt_s=rtt_s)
    steps = 500
    width_s = rtt_s / steps
    gaps = [server_s - rtt_s + (n + 0.5) * width_s for n in range(steps)]
    met = sum(rate * exp(-rate * g) * width_s for g in gaps if idle.reuse(g).outcome is Reuse.RACE)
    assert idle.race_share(rate) == pytest.approx(met, rel=1e-3, abs=rate * width_s)


@given(st.floats(0, 100), st.floats(1, 100), st.floats(0, 1), st.floats(0.1, 100))
def test_a_client_that_idles_shorter_by_a_round_trip_never_races(gap_s, server_s, rtt_s, box_s):
    idle = IdleTimeouts(max(0.0, server_s - rtt_s), server_s, box_s, rtt_s)
    assert idle.reuse(gap_s).outcome is not Reuse.RACE
    assert idle.race_share(0.5) == 0


def test_a_box_that_forgot_first_hides_that_the_server_closed():
    idle = IdleTimeouts(server_s=75, box_s=60, box_resets=False)
    assert idle.reuse(80) == (Reuse.TIMEOUT, Closer.BOX)
    assert IdleTimeouts(server_s=50, box_s=60).reuse(80) == (Reuse.NEW_CONNECTION, Closer.SERVER)


@pytest.mark.parametrize("figure", FIGURES.values(), ids=lambda f: f.id)
def test_a_figure_lies_in_its_range_and_cites_a_source(figure):
    assert figure.what
    assert figure.source
    assert figure.unit in {"s", "1/s", "%", "endpoints"}
    assert figure.confidence in {"high", "medium", "low"}
    numbers = figure.typical if isinstance(figure.typical, tuple) else (figure.typical,)
    for number in numbers:
        assert number is None or (figure.least or 0) <= number <= (
            inf if figure.most is None else figure.most
        )


def test_figures_have_names_of_their_own():
    assert len(FIGURES) == len(ALL)

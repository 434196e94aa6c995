"""What an autoscaler promises whatever the load: its bounds, its rates, and rest."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from sim.cluster.life.autoscaler import Autoscaler, replicas_over_time
from sim.cluster.life.replicas import (
    MeasuredPod,
    PodGroup,
    by_average,
    by_utilization,
)
from sim.cluster.life.scaling import Past, ScaleBounds, ScaleHistory, rate_limited, stabilised

COUNTS = st.integers(1, 40)
BOUNDS = st.tuples(COUNTS, COUNTS).map(lambda both: ScaleBounds(min(both), max(both)))
LOADS = st.lists(st.integers(0, 40_000), min_size=1, max_size=6)


def proposing(load: list[int], target: int = 50, every_s: float = 240.0):
    """Metrics of Pods that request a core each and share a load, which changes from time to time."""

    def propose(at_s: float, replicas: int) -> int | None:
        milli = load[min(int(at_s // every_s), len(load) - 1)]
        pods = [MeasuredPod(PodGroup.COUNTED, milli // replicas, 1000)] * replicas
        proposal = by_utilization(replicas, target, pods)
        return proposal.replicas if proposal else None

    return propose


@settings(max_examples=40)
@given(BOUNDS, COUNTS, LOADS)
def test_replicas_stay_within_their_bounds_and_no_more_than_double_or_grow_by_four(bounds, replicas, load):
    changes = replicas_over_time(Autoscaler(bounds), replicas, proposing(load), 1200)
    counts = [replicas, *(count for _, count in changes)]
    assert all(bounds.least <= count <= bounds.most for count in counts[1:])
    if bounds.least <= replicas <= bounds.most:
        assert all(after <= max(before * 2, before + 4) for before, after in pairwise(counts))
    assert all(before != after for before, after in pairwise(counts))


@settings(max_examples=40)
@given(COUNTS, st.integers(1_000, 40_000))
def test_a_steady_load_comes_to_rest(replicas, load):
    propose = proposing([load])
    rest = [
        replicas,
        *(c for _, c in replicas_over_time(Autoscaler(ScaleBounds(1, 1000)), replicas, propose, 900)),
    ][-1]
    assert propose(900, rest) == rest


@given(COUNTS, COUNTS, BOUNDS, st.lists(st.tuples(st.integers(1, 9), st.integers(0, 60)), max_size=4))
def test_a_rate_never_turns_the_direction(replicas, wanted, bounds, past):
    changes = [Past(pods, ago) for pods, ago in past]
    after = rate_limited(replicas, wanted, bounds, ScaleHistory(changes, changes)).replicas
    if bounds.least <= replicas <= bounds.most:
        assert min(replicas, wanted) <= after <= max(replicas, wanted)
        assert bounds.least <= after <= bounds.most or after == wanted


@given(
    COUNTS,
    COUNTS,
    st.lists(st.tuples(COUNTS, st.integers(0, 600)), max_size=5),
    st.integers(0, 400),
    st.integers(0, 400),
)
def test_windows_only_hold_back(replicas, wanted, past, up_s, down_s):
    after = stabilised(replicas, wanted, [Past(*p) for p in past], up_s, down_s)
    assert min(replicas, wanted) <= after <= max(replicas, wanted)


def test_pods_without_a_figure_count_against_the_change():
    full, missing = MeasuredPod(PodGroup.COUNTED, 900, 1000), MeasuredPod(PodGroup.MISSING, None, 1000)
    assert by_utilization(3, 60, [full, full, full]) == (5, 90)
    assert by_utilization(3, 60, [full, full, missing]) == (3, 90)
    idle = MeasuredPod(PodGroup.COUNTED, 100, 1000)
    assert by_utilization(4, 80, [idle, idle, missing, missing]) == (3, 10)
    assert by_utilization(4, 200, [idle, idle, idle, missing])[0] == 2, (
        "a target above the request stands for it"
    )
    assert by_average(4, 1000, [idle, idle, missing, missing])[0] == 3


def test_guesses_never_turn_the_direction():
    low, missing = MeasuredPod(PodGroup.COUNTED, 400, 1000), MeasuredPod(PodGroup.MISSING, None, 1000)
    assert by_utilization(4, 50, [low, low, missing, missing]) == (4, 40)
    high, aside = MeasuredPod(PodGroup.COUNTED, 600, 1000), MeasuredPod(PodGroup.SET_ASIDE, None, 1000)
    assert by_utilization(4, 50, [high, aside, aside, aside]) == (4, 60)


def test_a_pod_that_requests_nothing_known_leaves_the_metric_without_an_answer():
    nothing = by_utilization(
        1, 50, [MeasuredPod(PodGroup.COUNTED, 5, 1000), MeasuredPod(PodGroup.LEFT_OUT, None, None)]
    )
    assert nothing is None
    assert replicas_over_time(Autoscaler(ScaleBounds(1, 9)), 4, lambda at_s, replicas: None, 600) == ()

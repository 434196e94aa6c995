"""What a roll-out promises whatever its limits: never too few Pods, never too many, and an end."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.cluster.life.int_or_percent import scaled
from sim.cluster.life.rolling import PodSet, RolloutAction, RolloutStrategy, next_step
from sim.cluster.life.rollout import RolloutPace, rollout_over_time
from sim.errors import InputError

LIMITS = st.one_of(st.integers(0, 12), st.integers(0, 100).map(lambda n: f"{n}%"))
STRATEGIES = st.builds(RolloutStrategy, st.integers(1, 12), LIMITS, LIMITS)
SECONDS = st.integers(0, 40).map(float)
PACES = st.builds(RolloutPace, st.lists(SECONDS, min_size=1, max_size=4), SECONDS, SECONDS)


@given(STRATEGIES, PACES)
def test_a_roll_out_keeps_within_its_limits_and_ends(strategy, pace):
    course = rollout_over_time(strategy, pace)
    surge, missing = strategy.limits
    for point in course.points:
        assert point.old + point.new <= strategy.replicas + surge
        assert point.old + point.new_available >= strategy.replicas - missing
        assert point.new_available <= point.new_ready <= point.new
    for before, after in pairwise(course.points):
        assert before.at_s < after.at_s
        assert before.old >= after.old
        assert before.new <= after.new
    assert course.points[-1][1:] == (0, *(strategy.replicas,) * 3, 0)
    assert None not in (course.done_s, course.all_stopped_s)


@given(STRATEGIES, PACES)
def test_recreate_never_has_both_kinds_at_once(strategy, pace):
    course = rollout_over_time(RolloutStrategy(strategy.replicas, recreate=True), pace)
    assert all(not (p.old or p.terminating) for p in course.points if p.new)
    assert course.fewest_serving == 0 or not pace.stop_takes_s
    assert course.most_pods == strategy.replicas


@st.composite
def sets_of_pods(draw):
    size = draw(st.integers(0, 12))
    return PodSet(size, draw(st.integers(0, size)))


@given(STRATEGIES, st.lists(sets_of_pods(), min_size=1, max_size=3), sets_of_pods())
def test_a_step_takes_no_available_pod_that_must_stay(strategy, old, new):
    step = next_step(strategy, old, new)
    available = sum(pods.available for pods in (*old, new))
    lost = sum(max(0, pods.available - size) for pods, size in zip(old, step.old, strict=True))
    assert lost <= max(
        0, available - (strategy.replicas - min(strategy.replicas, strategy.limits.unavailable))
    )
    if step.action is RolloutAction.GROW and step.new > new.size:
        assert sum(step.old) + step.new <= strategy.replicas + strategy.limits.surge
    assert (step.action is RolloutAction.NOTHING) == (
        (step.new, step.old) == (new.size, tuple(p.size for p in old))
    )


def test_many_pods_that_are_ready_at_once_are_replaced_in_the_same_moment():
    course = rollout_over_time(RolloutStrategy(300, 1, 0), RolloutPace())
    assert [tuple(p) for p in course.points] == [(0.0, 0, 300, 300, 300, 0)]


@pytest.mark.parametrize("value", ["oops", "5", "1.5%", "%", ""])
def test_a_text_that_is_no_percentage_is_refused(value):
    with pytest.raises(InputError, match="neither a number nor a percentage"):
        scaled(value, 10, up=True)

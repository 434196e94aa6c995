"""A roll-out in the middle of another: what the controllers do, Pod by Pod. Source: Deployments, "Rollover"."""

from __future__ import annotations

import random
from math import inf
from typing import Any

import pytest
from small import HOST, app, experiment

import sim as door
from sim.cluster.life.asked import AppLife, ClusterChange
from sim.cluster.life.course import ClusterCourse
from sim.cluster.life.plays import play
from sim.cluster.life.pods import strategy_of
from sim.manifests.objects.workloads import WorkloadResource
from sim.routing.building import build
from sim.simulation.design import compile_design
from sim.simulation.engines import run

KEY = "shop/web"


def course(text: str, changes: list[ClusterChange], starts_s: tuple[float, ...] = (5.0,)) -> ClusterCourse:
    found = ClusterCourse(build(door.load_text(text)), lambda key: AppLife(starts_s, "exit"))
    for change in changes:
        play(found, change)
    return found


def rollouts(*moments: float) -> list[ClusterChange]:
    return [ClusterChange("rollout", KEY, at_s) for at_s in moments]


def rows(found: ClusterCourse) -> list[tuple[str, float, float]]:
    """Number of each Pod, when it is created, when deleted."""
    lives = sorted(found.lives.values(), key=lambda life: (life.created_s, life.deleted_s, life.key))
    return [(life.key.rpartition("-")[2], life.created_s, life.deleted_s) for life in lives]


FOUR = app(pods=4)
RECREATE = app(pods=2).replace("  replicas: 2", "  replicas: 2\n  strategy: {type: Recreate}")
SLOW_END = RECREATE.replace("image: web,", "image: web, lifecycle: {preStop: {sleep: {seconds: 8}}},")


@pytest.mark.parametrize(
    ("text", "moments", "gone", "stay"),
    [
        pytest.param(
            FOUR, (10, 13),
            [("1", -inf, 10), ("2", -inf, 18), ("3", -inf, 18), ("4", -inf, 23), ("5", 10, 13), ("6", 10, 13)],
            [("9", 13), ("10", 13), ("11", 18), ("12", 18)],
            id="the-middle-set-has-no-ready-pod: it goes at once",
        ),
        pytest.param(
            FOUR, (10, 17),
            [("1", -inf, 10), ("2", -inf, 15), ("3", -inf, 15), ("4", -inf, 22),
             ("5", 10, 22), ("6", 10, 27), ("7", 15, 17), ("8", 15, 17)],
            [("9", 17), ("10", 17), ("11", 22), ("12", 22)],
            id="what-is-not-ready-goes-first, then the oldest set",
        ),
        pytest.param(
            FOUR, (10, 10),
            [("1", -inf, 10), ("2", -inf, 15), ("3", -inf, 15), ("4", -inf, 20)],
            [("10", 10), ("9", 10), ("11", 15), ("12", 15)],
            id="at-the-same-moment: the first never begins",
        ),
        pytest.param(
            SLOW_END, (10, 14), [("1", -inf, 10), ("2", -inf, 10)], [("5", 18), ("6", 18)],
            id="recreate: nothing of the middle template comes while the old ones terminate",
        ),
        pytest.param(
            SLOW_END, (10, 20),
            [("1", -inf, 10), ("2", -inf, 10), ("3", 18, 20), ("4", 18, 20)], [("5", 28), ("6", 28)],
            id="recreate: those of the middle template go first",
        ),
    ],
)  # fmt: skip
def test_the_set_in_the_middle_grows_no_more_and_shrinks(text, moments, gone, stay):
    found = rows(course(text, rollouts(*moments)))
    assert [row for row in found if row[2] < inf] == gone
    assert sorted(row[:2] for row in found if row[2] == inf) == sorted(stay)


def test_a_template_that_is_undone_has_its_pods_again():
    new = FOUR.replace("image: web,", "image: broken,")
    then, before = (next(iter(door.load_text(text).of(WorkloadResource))) for text in (new, FOUR))
    broken = ClusterChange("rollout", KEY, 10.0, manifest=then)
    undone = ClusterChange("rollout", KEY, 40.0, manifest=before)
    found = course(FOUR, [broken, undone], starts_s=(inf, inf, 5.0))
    assert [row for row in rows(found) if row[2] < inf] == [("1", -inf, 10), ("5", 10, 40), ("6", 10, 40)]
    assert [row[:2] for row in rows(found) if row[1] == 40] == [("9", 40)]
    assert found.replicas(KEY) == 4


def test_limits_hold_however_often_another_begins():
    chance = random.Random(7)
    for _ in range(60):
        replicas, most, fewest = (
            chance.randint(1, 8),
            chance.choice([0, 1, 2, "50%"]),
            chance.choice([0, 1, "25%"]),
        )
        text = app(pods=replicas).replace(
            "  selector",
            f"  strategy: {{rollingUpdate: {{maxSurge: {most}, maxUnavailable: {fewest}}}}}\n  selector",
            1,
        )
        moments = sorted(chance.uniform(10, 60) for _ in range(4))
        starts_s = tuple(chance.uniform(0.5, 9) for _ in range(5))
        found = course(text, rollouts(*moments), starts_s)
        spec = next(iter(door.load_text(text).of(WorkloadResource))).spec
        strategy = strategy_of(spec, replicas)
        lives = [*found.lives.values()]
        for at_s in sorted(
            {m for life in lives for m in (life.created_s, life.ready_s, life.deleted_s) if 0 < m < inf}
        ):
            there = [life for life in lives if life.created_s <= at_s < life.deleted_s]
            assert len(there) <= replicas + strategy.limits.surge
            assert sum(life.ready_s <= at_s for life in there) >= strategy.least_available
        assert len([life for life in lives if life.deleted_s == inf]) == replicas == found.replicas(KEY)


def test_a_stateful_set_goes_on_from_its_last_pod_once_it_is_ready():
    text = app(pods=3).replace("kind: Deployment", "kind: StatefulSet")
    found = sorted(course(text, rollouts(10, 17)).lives.values(), key=lambda one: (one.created_s, one.key))
    assert [(one.key, one.created_s, one.deleted_s) for one in found] == [
        ("shop/web-0", -inf, 30), ("shop/web-1", -inf, 15), ("shop/web-2", -inf, 10),
        ("shop/web-2#2", 10, 20), ("shop/web-1#2", 15, 25), ("shop/web-2#3", 20, inf),
        ("shop/web-1#3", 25, inf), ("shop/web-0#3", 30, inf),
    ]  # fmt: skip


def asked(events: list[dict[str, Any]], text: str = FOUR) -> Any:
    row = {"host": HOST, "path": "/", "rps": 20, "duration_s": 60}
    return experiment(text, traffic=[row], events=events, apps={"default": {"start": {"exponential": "6s"}}})


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_run_and_a_moment_of_it_agree_when_another_begins(seed):
    found = asked([{"at": "10s", "rollout": KEY}, {"at": "16s", "rollout": KEY}])
    design = compile_design(found.plans(["lb-per-service"])[0], found.scenario, found.rules)
    result = run(design, found.scenario, seed)
    served = {s.spec.name for s in result.stations if s.served}
    assert {life.key for life in result.lives.values() if life.deleted_s == inf} <= served
    for at_s in (12, 18, 30):
        there = door.cluster_at(found, at_s, "lb-per-service", seed).pods
        alive = {life.key for life in result.lives.values() if life.created_s <= at_s < life.ends_s}
        assert {key for key in there if there[key].state != "" or key in alive} == alive


def test_what_meets_a_roll_out_and_is_not_shared_among_its_sets_is_said():
    scaled = ClusterChange("scale", KEY, 12.0, 6)
    (one,) = course(FOUR, [*rollouts(10), scaled]).held
    assert one.what == "scale shop/web meets the roll-out of shop/web"
    assert (one.since_s, one.until_s) == (12, 20)
    assert not course(FOUR, [*rollouts(10), ClusterChange("scale", KEY, 21.0, 6)]).held


def test_what_was_told_ahead_is_taken_back_where_an_autoscaler_looks_in_between():
    """The second begins after a look, when the parts already count on what the first would have done."""
    scaler = """
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web, namespace: shop}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  minReplicas: 4
  maxReplicas: 4
"""
    events = [{"at": "12s", "rollout": KEY}, {"at": "16s", "rollout": KEY}]
    both = []
    for text in (FOUR, FOUR + scaler):
        found = asked(events, text)
        design = compile_design(found.plans(["lb-per-service"])[0], found.scenario, found.rules)
        result = run(design, found.scenario, 1)
        both.append((result.lives.values(), sorted((t.kind, t.at_s) for t in result.told)))
        alive = [life for life in result.lives.values() if life.deleted_s == inf]
        assert len(alive) == 4
    lives = [sorted((v.created_s, v.deleted_s) for v in one[0]) for one in both]
    assert lives[0] == lives[1]
    assert both[0][1] == both[1][1]

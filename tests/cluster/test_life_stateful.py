"""Pods of a StatefulSet: named from 0, replaced under their names, and in order; and hooks that sleep for long."""

from __future__ import annotations

import pytest

import sim
from sim.cluster.life.asked import AppLife, ClusterChange
from sim.cluster.life.course import ClusterCourse
from sim.cluster.life.ordinals import name_of
from sim.cluster.life.plays import play
from sim.cluster.life.pods import prestop_s

SET = """
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db, namespace: shop}
spec:
  replicas: 3
  MORE
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec:
      terminationGracePeriodSeconds: 10
      containers: [{name: db, image: db, lifecycle: {preStop: {exec: {command: [sleep, "4"]}}}}]
"""
START_S, END_S = 3.0, 4.0


def course(*changes, more="#"):
    cluster = sim.build(sim.load_text(SET.replace("MORE", more)))
    found = ClusterCourse(cluster, lambda key: AppLife((START_S,)))
    for change in changes:
        play(found, change)
    return found


def now(found):
    return [life.key for life in found.workloads["shop/db"].now]


@pytest.mark.parametrize(
    ("more", "first"),
    [pytest.param("#", 0, id="from-0"), pytest.param("ordinals: {start: 5}", 5, id="start")],
)
def test_names_begin_at_0_or_at_the_start_that_is_asked_for(more, first):
    assert list(course(more=more).cluster.pods) == [f"shop/db-{first + n}" for n in range(3)]


def test_a_roll_out_goes_down_from_the_highest_name_and_each_comes_back():
    rolled = course(ClusterChange("rollout", "shop/db", 10.0))
    gone = sorted(rolled.ended, key=lambda life: life.deleted_s)
    assert [life.key for life in gone] == ["shop/db-2", "shop/db-1", "shop/db-0"]
    assert now(rolled) == ["shop/db-0#2", "shop/db-1#2", "shop/db-2#2"]
    made = {name_of(life.key): life for life in rolled.workloads["shop/db"].now}
    assert [made[life.key].created_s for life in gone] == [life.ends_s for life in gone]
    assert [life.deleted_s for life in gone[1:]] == [made[life.key].ready_s for life in gone[:-1]]


@pytest.mark.parametrize(
    ("change", "left"),
    [
        pytest.param(ClusterChange("scale", "shop/db", 60.0, 1), ["shop/db-0#2"], id="fewer"),
        pytest.param(
            ClusterChange("delete-pod", "shop/db-1", 60.0),
            ["shop/db-0#2", "shop/db-1#3", "shop/db-2#2"],
            id="one-is-deleted",
        ),
        pytest.param(
            ClusterChange("rollout", "shop/db", 60.0), [f"shop/db-{n}#3" for n in range(3)], id="again"
        ),
    ],
)
def test_names_are_those_of_the_pods_that_are_there_now(change, left):
    assert now(course(ClusterChange("rollout", "shop/db", 0.0), change)) == left


def test_the_lowest_name_that_is_free_is_taken_again():
    found = course(ClusterChange("scale", "shop/db", 0.0, 1), ClusterChange("scale", "shop/db", 60.0, 4))
    assert now(found) == ["shop/db-0", "shop/db-1#2", "shop/db-2#2", "shop/db-3"]


@pytest.mark.parametrize(
    ("more", "down", "up"),
    [
        pytest.param("#", [0.0, END_S], [60.0, 60 + START_S], id="in-order"),
        pytest.param("minReadySeconds: 2", [0.0, END_S], [60.0, 62 + START_S], id="in-order-and-available"),
        pytest.param("podManagementPolicy: Parallel", [0.0, 0.0], [60.0, 60.0], id="parallel"),
    ],
)
def test_a_stateful_set_is_scaled_one_by_one_unless_it_says_parallel(more, down, up):
    found = course(
        ClusterChange("scale", "shop/db", 0.0, 1), ClusterChange("scale", "shop/db", 60.0, 3), more=more
    )
    gone = {life.key: life.deleted_s for life in found.ended}
    assert gone == {"shop/db-2": down[0], "shop/db-1": down[1]}
    assert [life.created_s for life in found.workloads["shop/db"].now[1:]] == up


def test_a_pod_that_is_drained_is_replaced_once_it_is_gone():
    found = course()
    node = found.cluster.pods["shop/db-1"].node
    play(found, ClusterChange("drain", node, 10.0))
    (gone,) = found.ended
    (new,) = (life for life in found.workloads["shop/db"].now if "#" in life.key)
    assert (gone.key, new.key, new.created_s) == ("shop/db-1", "shop/db-1#2", 10 + END_S)


@pytest.mark.parametrize(
    ("command", "closes_s"),
    [
        ('[sleep, "1.5"]', 1.5),
        ("[sh, -c, 'sleep 1m && nginx -s quit']", 60.0),
        ("[/bin/sleep, 1h]", 3600.0),
        ("[sleep, 1d]", 86400.0),
        ("[sleep, infinity]", float("inf")),
        ("[sh, -c, exec sleep INF]", float("inf")),
        ("[sh, -c, ./wait-for infinity]", 0.0),
    ],
)
def test_a_hook_takes_as_long_as_it_sleeps_and_no_longer_than_the_grace_period(command, closes_s):
    text = SET.replace("MORE", "#").replace('[sleep, "4"]', command)
    (workload,) = sim.load_text(text).objects
    assert prestop_s(workload.spec.template.spec) == closes_s
    found = ClusterCourse(sim.build(sim.load_text(text)), lambda key: AppLife((START_S,)))
    play(found, ClusterChange("delete-pod", "shop/db-2", 0.0))
    assert found.ended[0].closes_s == min(closes_s, 10.0)

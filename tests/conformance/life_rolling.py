"""Adapter of life/rolling: limits, steps and the course of a roll-out."""

from __future__ import annotations

from typing import Any

from conformance.life_facts import FACT
from conformance.life_tables import Values, rule, seconds_or_never

from sim.cluster.life.rolling import (
    PodSet,
    RolloutStatus,
    RolloutStrategy,
    grown,
    has_progressed,
    is_complete,
    new_size,
    next_step,
    old_sizes,
    spared,
    without_unavailable,
)
from sim.cluster.life.rollout import RolloutPace, rollout_over_time

SPEC = "replicas max_surge max_unavailable strategy"


def _strategy(asked: Values) -> RolloutStrategy:
    given = {k: asked[k] for k in ("max_surge", "max_unavailable") if k in asked}
    return RolloutStrategy(asked["replicas"], **given, recreate=_recreates(asked))


def _recreates(asked: Values) -> bool:
    name = asked.get("strategy", "RollingUpdate")
    if name not in ("RollingUpdate", "Recreate"):
        raise KeyError(name)
    return name == "Recreate"


def _sets(asked: Values) -> list[PodSet]:
    return [PodSet(*pods) for pods in asked["old"]]


@rule(SPEC)
def limits(asked: Values) -> Values:
    surge, unavailable = _strategy(asked).limits
    return {"surge": surge, "unavailable": unavailable}


@rule(f"{SPEC} new total helper")
def scale_new(asked: Values) -> Values:
    size = grown if asked.get("helper") else new_size
    return {"new": size(_strategy(asked), asked["new"], asked["total"])}


@rule(f"{SPEC} old new")
def scale_old(asked: Values) -> Values:
    return {"old": old_sizes(_strategy(asked), _sets(asked), PodSet(*asked["new"]))}


@rule("old at_most")
def cleanup(asked: Values) -> Values:
    old = _sets(asked)
    after = [pods.size for pods in without_unavailable(old, asked["at_most"])]
    return {"old": after, "removed": sum(pods.size for pods in old) - sum(after)}


@rule(f"{SPEC} old available")
def spare(asked: Values) -> Values:
    return {"old": spared(asked["old"], asked["available"] - _strategy(asked).least_available)}


@rule(f"{SPEC} old new")
def step(asked: Values) -> Values:
    taken = next_step(_strategy(asked), _sets(asked), PodSet(*asked["new"]))
    return {"do": taken.action.value, "new": taken.new, "old": taken.old}


@rule("desired total updated available")
def complete(asked: Values) -> Values:
    status = RolloutStatus(asked["total"], asked["updated"], asked["available"], asked["available"])
    return {"complete": is_complete(asked["desired"], status)}


@rule("was now")
def progress(asked: Values) -> Values:
    return {"progress": has_progressed(RolloutStatus(*asked["was"]), RolloutStatus(*asked["now"]))}


@rule(f"{SPEC} ready_after min_ready stop_takes until")
def timeline(asked: Values) -> Values:
    ready: Any = asked.get("ready_after")
    pace = RolloutPace(
        [seconds_or_never(s) for s in (ready if isinstance(ready, list) else [ready])],
        asked.get("min_ready", 0),
        asked.get("stop_takes", 0),
    )
    course = rollout_over_time(_strategy(asked), pace, asked.get("until", 3600))
    return {
        "points": course.points,
        "done_at": course.done_s,
        "all_stopped_at": course.all_stopped_s,
        "fewest_serving": course.fewest_serving,
        "most_pods": course.most_pods,
    }


RULES = {
    "limits": limits,
    "scale-new": scale_new,
    "scale-old": scale_old,
    "cleanup": cleanup,
    "spare": spare,
    "step": step,
    "complete": complete,
    "progress": progress,
    "timeline": timeline,
    "fact": FACT,
}

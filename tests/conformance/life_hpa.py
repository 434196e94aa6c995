"""Adapter of life/hpa: the arithmetic of an autoscaler, its limits, and its course."""

from __future__ import annotations

from typing import Any

from conformance.life_facts import FACT
from conformance.life_tables import Values, only, rule

from sim.cluster.life.autoscaler import Autoscaler, replicas_over_time
from sim.cluster.life.replicas import (
    MeasuredPod,
    PodGroup,
    PodHistory,
    Proposal,
    by_average,
    by_utilization,
    by_value,
    by_value_per_pod,
    group_of,
)
from sim.cluster.life.scaling import (
    DOWN,
    UP,
    Past,
    ScaleBounds,
    ScaleHistory,
    ScalingPolicy,
    ScalingRules,
    combined,
    rate_limited,
    stabilised,
)

STATES = {
    "ready": PodHistory(ready=True, started_s=3600, changed_s=3600),
    "unready": PodHistory(ready=False, started_s=60, changed_s=60),
    "pending": PodHistory(phase="Pending"),
    "failed": PodHistory(phase="Failed"),
    "deleting": PodHistory(deleting=True),
}


def _pods(asked: Values, cpu: bool) -> list[MeasuredPod]:
    return [_pod(row, cpu) for row in asked["pods"]]


def _pod(row: Values, cpu: bool) -> MeasuredPod:
    if set(row) - {"usage", "request", "state"}:
        raise KeyError(f"unknown key of a Pod in {row}")
    group = group_of(STATES[row.get("state", "ready")], cpu=cpu)
    usage = row.get("usage")
    if usage is None and group is not PodGroup.LEFT_OUT and row.get("state") != "pending":
        group = PodGroup.MISSING
    return MeasuredPod(group, usage, row.get("request", 1000))


def _said(proposal: Proposal | None) -> Values:
    return {"error": True} if proposal is None else proposal._asdict()


def _tolerance(asked: Values) -> dict[str, float]:
    return {"tolerance": asked["tolerance"]} if "tolerance" in asked else {}


@rule("replicas target pods tolerance")
def resource(asked: Values) -> Values:
    pods = _pods(asked, True)
    return _said(by_utilization(asked["replicas"], asked["target"], pods, **_tolerance(asked)))


@rule("replicas target pods tolerance")
def average(asked: Values) -> Values:
    pods = _pods(asked, False)
    return _said(by_average(asked["replicas"], asked["target"], pods, **_tolerance(asked)))


@rule("replicas value target ready tolerance")
def value(asked: Values) -> Values:
    given = (asked["replicas"], asked["value"], asked["target"], asked.get("ready", asked["replicas"]))
    return {"replicas": by_value(*given, **_tolerance(asked))}


@rule("replicas value target tolerance")
def per_pod(asked: Values) -> Values:
    return by_value_per_pod(asked["replicas"], asked["value"], asked["target"], **_tolerance(asked))._asdict()


def _bounds(asked: Values) -> ScaleBounds:
    return ScaleBounds(asked.get("min", 1), asked["max"])


@rule("replicas min max metrics")
def combine(asked: Values) -> Values:
    proposals = [None if m == "error" else m for m in asked["metrics"]]
    wanted = combined(asked["replicas"], _bounds(asked), proposals)
    return {"replicas": wanted.replicas, "reason": wanted.reason.value}


def _direction(stated: Values | None, default: ScalingRules) -> ScalingRules:
    stated = stated or {}
    if set(stated) - {"policies", "select", "window"}:
        raise KeyError(f"unknown key of a direction in {stated}")
    policies = stated.get("policies")
    return ScalingRules(
        tuple(ScalingPolicy(*p) for p in policies) if policies is not None else default.policies,
        stated.get("select", default.select),
        stated.get("window", default.window_s),
    )


def _past(rows: Any) -> list[Past]:
    return [Past(*row) for row in rows or ()]


@rule("replicas wanted min max up down ups downs")
def rate(asked: Values) -> Values:
    limited = rate_limited(
        asked["replicas"],
        asked["wanted"],
        _bounds(asked),
        ScaleHistory(_past(asked.get("ups")), _past(asked.get("downs"))),
        _direction(asked.get("up"), UP),
        _direction(asked.get("down"), DOWN),
    )
    return {"replicas": limited.replicas, "limited": limited.by.value if limited.by else None}


@rule("replicas wanted past up_window down_window")
def stabilise(asked: Values) -> Values:
    windows = (asked.get("up_window", UP.window_s), asked.get("down_window", DOWN.window_s))
    return {"replicas": stabilised(asked["replicas"], asked["wanted"], _past(asked.get("past")), *windows)}


@rule(
    "phase deleting no_metric resource started_ago ready ready_changed_ago metric_age metric_window"
    " cpu_initialization initial_readiness_delay"
)
def group(asked: Values) -> Values:
    pod = PodHistory(
        asked.get("phase", "Running"),
        asked.get("deleting", False),
        asked.get("ready"),
        asked.get("started_ago"),
        asked.get("ready_changed_ago"),
        None if asked.get("no_metric") else asked.get("metric_age", 0),
        asked.get("metric_window", 30),
    )
    found = group_of(
        pod,
        cpu=asked.get("resource", "cpu") == "cpu",
        **only(asked, {"cpu_initialization": "initialization_s", "initial_readiness_delay": "readiness_s"}),
    )
    return {"group": found.value}


@rule("replicas target request load min max up down sync until tolerance")
def hpa_time(asked: Values) -> Values:
    request = asked.get("request", 1000)

    def proposed(at_s: float, replicas: int) -> int | None:
        cores = [cores for from_s, cores in asked["load"] if from_s <= at_s][-1]
        each, more = divmod(round(cores * 1000), max(1, replicas))
        pods = [MeasuredPod(PodGroup.COUNTED, each + (n < more), request) for n in range(replicas)]
        proposal = by_utilization(replicas, asked["target"], pods, **_tolerance(asked))
        return proposal.replicas if proposal else None

    autoscaler = Autoscaler(
        _bounds(asked),
        _direction(asked.get("up"), UP),
        _direction(asked.get("down"), DOWN),
        asked.get("sync", 15),
    )
    return {"changes": replicas_over_time(autoscaler, asked["replicas"], proposed, asked["until"])}


RULES = {
    "resource": resource,
    "average": average,
    "value": value,
    "per-pod": per_pod,
    "combine": combine,
    "rate": rate,
    "stabilise": stabilise,
    "group": group,
    "hpa-time": hpa_time,
    "fact": FACT,
}

"""Adapter of life/probes: what probes make of a container, and how long it waits for its next start."""

from __future__ import annotations

from conformance.life_facts import FACT
from conformance.life_tables import Values, only, rule, seconds_or_never

from sim.cluster.life.probes import (
    AppPhase,
    ProbeAnswer,
    ProbeSettings,
    ProbeWorker,
    outcome,
    readiness_changes,
)
from sim.cluster.life.restarts import BackOffLimits, starts_s, waits_s

FIELDS = {
    "initial": "initial_delay_s",
    "period": "period_s",
    "timeout": "timeout_s",
    "success": "successes",
    "failure": "failures",
}


@rule("kind probe first_tick app enabled_from until")
def probe(asked: Values) -> Values:
    worker = ProbeWorker(
        ProbeSettings(**{FIELDS[k]: v for k, v in asked.get("probe", {}).items()}),
        [AppPhase(start, seconds_or_never(end), ProbeAnswer(meets)) for start, end, meets in asked["app"]],
        asked.get("first_tick", 0),
        asked.get("enabled_from", 0),
        asked["until"],
    )
    if asked["kind"] == "readiness":
        return {"ready": readiness_changes(worker)}
    end = outcome(worker, {"startup": True, "liveness": False}[asked["kind"]])
    return {"started_at": end.started_s, "restart_at": end.restart_s, "probes": end.probes}


@rule("runs first max reset_after")
def backoff(asked: Values) -> Values:
    limits = BackOffLimits(**only(asked, {"first": "first_s", "max": "most_s", "reset_after": "forgotten_s"}))
    return {"waits": waits_s(asked["runs"], limits), "starts": starts_s(asked["runs"], limits)}


RULES = {"probe": probe, "backoff": backoff, "fact": FACT}

"""Adapter of life/termination: how a Pod ends, what its endpoint says meanwhile, and what still comes to it."""

from __future__ import annotations

from conformance.life_endpoints import usable
from conformance.life_facts import FACT
from conformance.life_tables import Values, only, rule, seconds_or_never

from sim.cluster.life.slices import endpoint_state, is_listed, states_to_the_end
from sim.cluster.life.termination import StoppingContainer, container_end, pod_end
from sim.cluster.life.window import SendingPath, failures, smallest_prestop_s


@rule("grace delete_grace prestop exit_after")
def kill(asked: Values) -> Values:
    stops = only(asked, {"exit_after": "exit_after_s", "prestop": "prestop_s"})
    end = container_end(
        StoppingContainer(**stops), **only(asked, {"grace": "grace_s", "delete_grace": "grace_s"})
    )
    return {
        "sigterm_at": end.sigterm_s,
        "exit_at": end.exit_s,
        "killed": end.killed,
        "prestop_cut": end.prestop_cut,
    }


@rule("grace mains sidecars")
def sidecars(asked: Values) -> Values:
    given = [
        [StoppingContainer(seconds_or_never(s)) for s in asked.get(k, ())] for k in ("mains", "sidecars")
    ]
    end = pod_end(*given, **only(asked, {"grace": "grace_s"}))
    return {
        "mains_end": end.mains_s,
        "sidecars": [[c.sigterm_s, c.exit_s, c.killed] for c in end.sidecars],
        "pod_end": end.end_s,
    }


@rule("phase address deleting")
def in_slice(asked: Values) -> Values:
    return {"listed": is_listed(asked.get("phase", "Running"), asked.get("address", True))}


@rule("pod_ready deleting publish_not_ready")
def conditions(asked: Values) -> Values:
    state = endpoint_state(
        asked["pod_ready"], asked.get("deleting", False), asked.get("publish_not_ready", False)
    )
    return state._asdict()


@rule("exit_at ready_until ready_before publish_not_ready")
def conditions_time(asked: Values) -> Values:
    points = states_to_the_end(
        asked["exit_at"],
        ready=asked.get("ready_before", True),
        ready_until_s=asked.get("ready_until"),
        publish_not_ready=asked.get("publish_not_ready", False),
    )
    return {"points": points, "removed_at": asked["exit_at"]}


@rule("paths listens_for listens_after_sigterm")
def window(asked: Values) -> Values:
    paths = {
        name: SendingPath(float(p["delay"]), float(p["rate"]), float(p["share"]))
        for name, p in asked["paths"].items()
        if set(p) == {"delay", "rate", "share"}
    }
    if len(paths) < len(asked["paths"]):
        raise KeyError("unknown key of a path")
    listens_s = asked.get("listens_for", 0)
    failed = failures(paths, listens_s)
    return {
        "paths": {name: [path.lost_s(listens_s), failed[name]] for name, path in paths.items()},
        "failed": sum(failed.values()),
        "smallest_prestop": smallest_prestop_s(paths.values(), asked.get("listens_after_sigterm", 0)),
    }


RULES = {
    "kill": kill,
    "sidecars": sidecars,
    "in-slice": in_slice,
    "conditions": conditions,
    "conditions-time": conditions_time,
    "usable": usable,
    "window": window,
    "fact": FACT,
}

"""Adapter of life/drain: budgets, evictions, drains, lost nodes, and load balancers that watch nodes."""

from __future__ import annotations

from conformance.life_endpoints import health_status, proxy_with
from conformance.life_facts import FACT
from conformance.life_tables import Values, only, or_none, rule, seconds_or_never

from sim.cluster.life.disruption import EVICTED, BudgetStatus, DisruptionBudget, budget_status, evicted
from sim.cluster.life.drain import DrainedWorkload, DrainFlags, PodOnNode, drain_choice, drained
from sim.cluster.life.health_checks import TargetCheck
from sim.cluster.life.nodes import NodeMarks, lost_node

FLAGS = {
    "--ignore-daemonsets": "ignore_daemonsets",
    "--delete-emptydir-data": "delete_emptydir_data",
    "--force": "force",
}


def _budget(asked: Values) -> DisruptionBudget:
    return DisruptionBudget(asked.get("max_unavailable"), asked.get("min_available"))


@rule("max_unavailable min_available scale matched ready")
def budget(asked: Values) -> Values:
    scale = asked.get("scale", asked.get("matched", 0))
    status = budget_status(_budget(asked), scale, asked.get("matched", scale), asked.get("ready", scale))
    return {"expected": status.expected, "needed": status.needed, "allowed": status.allowed}


@rule("budgets ready phase deleting unhealthy_policy healthy needed allowed")
def evict(asked: Values) -> Values:
    status = BudgetStatus(asked["healthy"], asked["needed"], asked["healthy"], asked["allowed"])
    answer = evicted(
        asked.get("phase", "Running"),
        asked.get("ready", True),
        asked.get("deleting", False),
        [status] * asked.get("budgets", 1),
        {"IfHealthyBudget": False, "AlwaysAllow": True}[asked.get("unhealthy_policy", "IfHealthyBudget")],
    )
    return {"answer": "evicted" if answer.status == EVICTED else answer.status, "budget_used": answer.used}


@rule("owner empty_dir mirror finished options")
def drain_filter(asked: Values) -> Values:
    flags = DrainFlags(**{FLAGS[option.partition("=")[0]]: True for option in asked.get("options", ())})
    pod = PodOnNode(
        asked.get("owner") or "", *(asked.get(k, False) for k in ("empty_dir", "mirror", "finished"))
    )
    return {"do": drain_choice(pod, flags).value}


@rule("replicas on_node max_unavailable min_available ready_after stop_takes retry until")
def drain_time(asked: Values) -> Values:
    limited = "max_unavailable" in asked or "min_available" in asked
    workload = DrainedWorkload(
        asked["replicas"],
        asked["on_node"],
        _budget(asked) if limited else None,
        seconds_or_never(asked.get("ready_after", 0)),
        asked.get("stop_takes", 0),
    )
    drain = drained(workload, asked.get("until", 3600), **only(asked, {"retry": "retry_s"}))
    return {"evictions": drain.evictions_s, "done_at": drain.done_s}


@rule("monitor_grace toleration")
def node_lost(asked: Values) -> Values:
    lost = lost_node(**only(asked, {"monitor_grace": "grace_s", "toleration": "tolerated_s"}))
    at_s = lost.not_ready_s
    return {
        "node_not_ready_at": at_s,
        "endpoints_not_ready_at": at_s,
        "pods_deleted_at": or_none(lost.deleted_s),
    }


@rule("policy node_deleting excluded_label ca_taint proxy_alive local_ready node_ready")
def lb_node(asked: Values) -> Values:
    names = ("node_deleting", "excluded_label", "ca_taint")
    marks, alive = NodeMarks(*(asked.get(k, False) for k in names)), asked.get("proxy_alive", True)
    well = healthy = marks.proxy_is_well(alive)
    if asked.get("policy", "Cluster") == "Local":
        here = [{"name": f"p{n}", "node": "n1"} for n in range(asked.get("local_ready", 1))]
        healthy = health_status(proxy_with(here, ["Cluster", "Local"]), alive) == 200
    return {"in_target_set": marks.is_target, "proxy_healthz": 200 if well else 503, "healthy": healthy}


@rule("interval down_after up_after timeout")
def health(asked: Values) -> Values:
    check = TargetCheck(asked["interval"], asked["down_after"], asked["up_after"], asked.get("timeout", 0))
    return {"down_s": check.down, "up_s": check.up, "down_hang_s": check.down_in_silence}


RULES = {
    "budget": budget,
    "evict": evict,
    "drain-filter": drain_filter,
    "drain-time": drain_time,
    "node-lost": node_lost,
    "lb-node": lb_node,
    "health": health,
    "fact": FACT,
}

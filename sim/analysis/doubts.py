"""What a request's answer leaves in doubt: it is served, and something on its way is likely to be wrong.

Each doubt is a function of the manifests, the cluster and the trace, and gives notes with their lines.
Nothing here changes an answer: what a container listens on, or how long a proxy goes on sending to a Pod that
stops, stands in no manifest.
"""

from __future__ import annotations

from collections.abc import Iterator

from sim.cluster.cluster import NGINX_PREFIX, Cluster, LinkedPort, RunningPod
from sim.cluster.labels import selects
from sim.manifests.objects import Container, Ingress, Manifests, Workload
from sim.routing.controllers.api import host_level, host_of, path_elements, path_holds, path_of
from sim.routing.controllers.rows import Row, rows_of
from sim.routing.trace import Note, Trace


def doubts(manifests: Manifests, cluster: Cluster, trace: Trace) -> tuple[Note, ...]:
    """What a person should know beside the answer."""
    return tuple(note for doubt in DOUBTS for note in doubt(manifests, cluster, trace))


def regex_host(manifests: Manifests, cluster: Cluster, trace: Trace) -> Iterator[Note]:
    """A row would hold by its own words, or holds only because another Ingress made it a pattern.

    Source: ingress-nginx user guide, "Ingress path matching": the setting counts for the whole host.
    """
    if trace.controller != "ingress-nginx":
        return
    host, path = host_of(trace.request), path_of(trace.request)
    rows = [row for i in cluster.ingresses for row in rows_of(i) if host_level(row.host, host) > 1]
    for row in rows:
        cause = next((i for i in _regex_makers(rows, row.host) if i.key != row.ingress.key), None)
        held = row.rule == trace.final.rule
        if cause is None or _makes_regex(row.ingress) or held == path_holds(row, path):
            continue
        if held or trace.final.code == "SIM2005":
            yield _regex_note(row, cause, path, held)
            return


def _regex_makers(rows: list[Row], host: str) -> list[Ingress]:
    return [row.ingress for row in rows if row.host == host and _makes_regex(row.ingress)]


def _makes_regex(ingress: Ingress) -> bool:
    given = ingress.metadata.annotations
    return given.get(f"{NGINX_PREFIX}use-regex") == "true" or bool(given.get(f"{NGINX_PREFIX}rewrite-target"))


def _regex_note(row: Row, cause: Ingress, path: str, held: bool) -> Note:
    short = "use-regex" if f"{NGINX_PREFIX}use-regex" in cause.metadata.annotations else "rewrite-target"
    does = "matches" if held else "does not match"
    message = f"{short} of Ingress {cause.key} makes every path of {row.host} a pattern, in any letter case"
    message += f" and open at the end; as a pattern {row.shown} {does} {path}"
    return Note("SIM1304", message, cause.line("metadata", "annotations", NGINX_PREFIX + short))


def lost_path(manifests: Manifests, cluster: Cluster, trace: Trace) -> Iterator[Note]:
    """A rewrite without a capture: all that stands behind the rule's path is lost."""
    if trace.controller != "ingress-nginx" or trace.final.state != "delivered":
        return
    row = next((r for i in cluster.ingresses for r in rows_of(i) if r.rule == trace.final.rule), None)
    target = row.ingress.metadata.annotations.get(f"{NGINX_PREFIX}rewrite-target", "") if row else ""
    if row is None or not target or "(" in row.path:
        return
    path, seen = path_of(trace.request), str(trace.final.details.get("upstream_path", ""))
    if len(path_elements(path)) > len(path_elements(row.path)) and seen.partition("?")[0] != path:
        message = f"the application is asked for {seen.partition('?')[0]}, not for {path}: rewrite-target"
        message += f" {target} has no part of the path to put in, so all paths below {row.path} become one"
        yield Note(
            "SIM2081", message, row.ingress.line("metadata", "annotations", NGINX_PREFIX + "rewrite-target")
        )


def silent_port(manifests: Manifests, cluster: Cluster, trace: Trace) -> Iterator[Note]:
    """Pods that declare ports, and none of them is the one that requests are sent to."""
    port = _port_behind(cluster, trace) if trace.final.state == "delivered" else None
    key = (trace.final.backend or "").rpartition(":")[0]
    if port is None or cluster.slices.get(key):
        return
    pods = [cluster.pods[e.pod] for e in port.ready if e.pod and e.pod in cluster.pods]
    numbers = {e.port for e in port.ready}
    declared = [set(p.ports.values()) for p in pods if p.source]
    if declared and len(declared) == len(port.ready) and all(d and not d & numbers for d in declared):
        there = ", ".join(map(str, sorted(set.union(*declared))))
        message = (
            f"no container behind Service {key} declares port {port.ready[0].port}; they declare {there}."
        )
        message += " If nothing listens there, the connection is refused and the answer is a 502"
        service = cluster.services[key]
        where = ("spec", "ports", port.index)
        field = "targetPort" if service.manifest.spec.ports[port.index].target_port is not None else "port"
        yield Note("SIM1105", message, service.line(*where, field))


def _port_behind(cluster: Cluster, trace: Trace) -> LinkedPort | None:
    key, _, number = (trace.final.backend or "").rpartition(":")
    service = cluster.services.get(key)
    return service.port(int(number) if number.isdigit() else number) if service else None


def stopping_pods(manifests: Manifests, cluster: Cluster, trace: Trace) -> Iterator[Note]:
    """A Pod that is being stopped, and nothing that keeps it serving until every proxy knows."""
    key = (trace.final.backend or "").rpartition(":")[0]
    port = _port_behind(cluster, trace)
    for endpoint in port.endpoints if port else ():
        pod = cluster.pods.get(endpoint.pod or "")
        if pod is None or not pod.terminating:
            continue
        workload = workload_of(manifests, pod)
        number = without_pre_stop(workload) if workload else None
        if workload is None or number is None:
            continue
        message = f"Pod {pod.key} of Service {key} is stopping, and {workload.kind} {workload.name} has no"
        message += " preStop hook: proxies go on sending to it for a second or two, and those requests get a"
        message += " 502, at every roll-out and scale-in"
        where = ("spec", "template", "spec", "containers", number)
        yield Note("SIM2082", message, workload.line(*where))
        return


def workload_of(manifests: Manifests, pod: RunningPod) -> Workload | None:
    """The workload whose selector a Pod fits, of several the one that asks for the fewest labels."""
    mine = [
        w
        for w in manifests.of(Workload)
        if w.namespace == pod.namespace and selects(w.spec.selector.match_labels, pod.labels)
    ]
    return min(mine, key=lambda w: len(w.spec.selector.match_labels), default=None)


def without_pre_stop(workload: Workload) -> int | None:
    """The first container that takes requests and has no preStop hook, None if each has one."""
    containers = enumerate(workload.spec.template.spec.containers)
    return next((n for n, c in containers if c.ports and not _pre_stop(c)), None)


def _pre_stop(container: Container) -> bool:
    lifecycle = (container.model_extra or {}).get("lifecycle")
    return isinstance(lifecycle, dict) and bool(lifecycle.get("preStop"))


DOUBTS = (regex_host, lost_path, silent_port, stopping_pods)

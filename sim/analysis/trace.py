"""What happens to a request: the walk, with what its answer leaves in doubt and which faults are on its way.

Commands and `sim.route` ask here, so that they say the same. Each doubt is a function of the cluster and the
trace, and gives notes with their lines. It changes no answer: what a container listens on, or how long a
proxy goes on sending to a Pod that stops, stands in no manifest.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from sim.analysis.diff import Side
from sim.analysis.faults_on_the_way import faults_on_the_way
from sim.analysis.findings.admission import at_admission
from sim.analysis.fix import fix
from sim.analysis.fix.rules import makes_regex
from sim.analysis.fix.services import without_pre_stop
from sim.cluster.certificates import certificate_in
from sim.cluster.cluster import Cluster, LinkedPort, RunningPod
from sim.cluster.labels import selects
from sim.cluster.setup import Setup
from sim.errors import one_of
from sim.manifests.objects.collected import Manifests
from sim.manifests.objects.networking import Ingress
from sim.manifests.objects.workloads import WorkloadResource
from sim.routing import Request, Trace, follow, route
from sim.routing.building import build
from sim.routing.controllers import INGRESS_NGINX, PROFILES, Profile
from sim.routing.controllers.api import host_level, host_of, path_elements, path_holds, path_of
from sim.routing.controllers.ingress_nginx.values import PREFIX as NGINX_PREFIX
from sim.routing.controllers.rows import Row, rows_of
from sim.routing.inside import connect
from sim.routing.kube_proxy import DEFAULT_MODE
from sim.routing.proxies.playing import DRAWS_OF_A_PICK, NEXT
from sim.routing.trace import Note

QUICK_BYTES = 1_000_000
"""Up to so much text a change that would serve a request is looked for without being asked."""


@dataclass(frozen=True)
class Client:
    """Someone who sends requests to a cluster.

    Args:
        controller: profile that answers, `none` for no controller at all; None: the one that runs.
        to: `lb:NAMESPACE/NAME`, `gateway:NAMESPACE/NAME` or `node:NAME`, whatever the host says.
        origin: `client`, `node:NAME` or `pod:NAMESPACE/NAME`: where they start.
        mode: of kube-proxy.
        seed: picks one Pod among equals; None leaves `pod` open where several are possible.
        now: when they ask, for the dates of certificates; a dump's own time goes before it; None: not said.

    Raises (where it is asked):
        UsageError: there is no such profile, load balancer, Gateway, node or Pod.
    """

    cluster: Cluster
    controller: str | None = None
    to: str | None = None
    origin: str = "client"
    mode: str = DEFAULT_MODE
    seed: int | None = None
    now: datetime | None = None

    def trace(self, request: Request) -> Trace:
        """One request on its way to its end."""
        if self._is_inside:
            walked = connect(self._asked, request, self.origin, self.mode, self._node)
        else:
            walked = route(self._asked, request, **self._options)
        return self._noted(walked)

    def follow(self, request: Request) -> tuple[Trace, ...]:
        """The same, and where its redirects lead: a trace for each request that is sent."""
        if self._is_inside:
            return (self.trace(request),)
        return tuple(self._noted(t) for t in follow(self._asked, request, **self._options))

    def patched(self, trace: Trace, quick: bool = True) -> Trace:
        """The trace with its way out, where it needs one: tried, or about what no manifest decides.

        At a moment of a cluster's life none is tried: what fails there is a matter of time.

        Args:
            quick: try no change of the manifests where they are so large that it takes long.
        """
        if trace.faults or trace.moment is not None:
            return trace
        written = self._asked.manifests.written
        too_much = quick and written is not None and sum(map(len, written.texts.values())) > QUICK_BYTES
        side = Side(self._asked, self._profile, None if self._is_inside else self.to)
        found = fix(side, trace, self._trace_in, changing=not too_much)
        if found is None or trace.final.fine:
            return replace(trace, patch=found)
        return replace(
            trace, patch=found, final=replace(trace.final, fix=found.words, fix_source=found.source)
        )

    def _trace_in(self, cluster: Cluster, request: Request, controller: str | None = None) -> Trace:
        asked = replace(self, cluster=cluster, seed=None, controller=controller or self.controller)
        from_outside = self._is_inside and request.is_http
        return (replace(asked, to=None, origin="client") if from_outside else asked).trace(request)

    @property
    def _node(self) -> str | None:
        return self.to.removeprefix("node:") if self.to and self.to.startswith("node:") else None

    @property
    def _is_inside(self) -> bool:
        """Whether one node decides, and no way in is looked for."""
        return self.origin != "client" or self._node is not None

    @cached_property
    def _asked(self) -> Cluster:
        """The cluster with the controller that is asked for."""
        stated = setup_with(self.controller, self.cluster.setup)
        return self.cluster if stated == self.cluster.setup else build(self.cluster.manifests, stated)

    @property
    def _profile(self) -> str | None:
        return None if self.controller == "none" else self.controller

    @property
    def _options(self) -> dict[str, Any]:
        return {"controller": self._profile, "to": self.to, "mode": self.mode}

    def _noted(self, trace: Trace) -> Trace:
        """With doubts, the age of a dump, faults on the way, and with a seed one Pod."""
        manifests = self._asked.manifests
        notes = trace.notes if self._is_inside else (*trace.notes, *doubts(self._asked, trace))
        notes = (*notes, *out_of_date(self._asked, trace, self.now))
        held = () if trace.moment is None else trace.moment.held
        notes = (*notes, *(Note(None, f"{one.says}; {one.fix}") for one in held))
        if manifests.as_of is not None:
            age = f"the cluster as it was at {manifests.as_of}, the newest time in these files"
            notes = (*notes, Note(None, age))
        faults = faults_on_the_way(manifests, trace)
        return _picked(replace(trace, notes=notes, faults=faults), self.seed)


def untried(trace: Trace) -> Trace:
    """The trace without a way out: none was tried."""
    return replace(trace, final=replace(trace.final, fix=None, fix_source=None))


def setup_with(controller: str | None, stated: Setup) -> Setup:
    """What is stated, with the controller of a profile, with none, or as it is (None).

    Raises:
        UsageError: there is no such profile.
    """
    if controller is None:
        return stated
    if controller == "none":
        return replace(stated, controllers=())
    return replace(stated, controllers=None, profile=profile_named(controller, "none").name)


def profile_named(name: str, *others: str) -> Profile:
    """The profile of this name.

    Args:
        others: what else the asker would understand.

    Raises:
        UsageError: there is no such profile.
    """
    return PROFILES[one_of(name, [*PROFILES, *others], "controller profile")]


def _picked(trace: Trace, seed: int | None) -> Trace:
    """With a seed, one Pod of the last hop; drawn from the seed and the URL alone.

    Where chance is part of how a proxy chooses, it is the first choice of one that has just started.
    """
    if seed is None or trace.final.state != "delivered" or not trace.hops[-1].branches:
        return trace
    from random import Random

    random = Random(f"{seed} {trace.request.url}")
    branches = trace.hops[-1].branches
    chosen = random.choices(branches, [b.probability for b in branches])[0].to
    drawn = tuple(tuple(random.random() for _ in range(DRAWS_OF_A_PICK)) for _ in range(NEXT))
    hops = tuple(
        replace(hop, choosers=tuple(replace(c, drawn=drawn) for c in hop.choosers)) if hop.choosers else hop
        for hop in trace.hops
    )
    mine = (c for hop in hops for c in hop.choosers if c.backend == trace.final.backend)
    drawn_by = next((c for c in mine if c.chance != "none"), None)
    pod = chosen if drawn_by is None else drawn_by.picks[0].name
    return replace(trace, hops=hops, seed=seed, final=replace(trace.final, pod=pod))


def doubts(cluster: Cluster, trace: Trace) -> Iterable[Note]:
    """What a person should know beside the answer."""
    return (note for doubt in DOUBTS for note in doubt(cluster, trace))


def regex_host(cluster: Cluster, trace: Trace) -> Iterator[Note]:
    """A row would hold by its own words, or holds only because another Ingress made it a pattern.

    Source: ingress-nginx user guide, "Ingress path matching": the setting counts for the whole host.
    """
    if trace.controller != INGRESS_NGINX.name:
        return
    host, path = host_of(trace.request), path_of(trace.request)
    rows = [row for i in cluster.ingresses for row in rows_of(i) if host_level(row.host, host) > 1]
    causes: dict[str, dict[str, Ingress]] = {}
    for row in rows:
        if makes_regex(row.ingress):
            causes.setdefault(row.host, {})[row.ingress.key] = row.ingress
    for row in rows:
        others = causes.get(row.host, {})
        cause = next((found for key, found in others.items() if key != row.ingress.key), None)
        held = row.rule == trace.final.rule
        if cause is None or makes_regex(row.ingress) or held == path_holds(row, path):
            continue
        if held or trace.final.code == "SIM2005":
            yield _regex_note(row, cause, path, held)
            return


def _regex_note(row: Row, cause: Ingress, path: str, held: bool) -> Note:
    short = "use-regex" if f"{NGINX_PREFIX}use-regex" in cause.metadata.annotations else "rewrite-target"
    does = "matches" if held else "does not match"
    message = f"{short} of Ingress {cause.key} makes every path of {row.host} a pattern, in any letter case"
    message += f" and open at the end; as a pattern {row.shown} {does} {path}"
    return Note("SIM1304", message, cause.line("metadata", "annotations", NGINX_PREFIX + short))


def lost_path(cluster: Cluster, trace: Trace) -> Iterator[Note]:
    """A rewrite without a capture: all that stands behind the rule's path is lost."""
    if trace.controller != INGRESS_NGINX.name or trace.final.state != "delivered":
        return
    row = next((r for i in cluster.ingresses for r in rows_of(i) if r.rule == trace.final.rule), None)
    target = row.ingress.metadata.annotations.get(f"{NGINX_PREFIX}rewrite-target", "") if row else ""
    if row is None or not target or "(" in row.path:
        return
    path, seen = path_of(trace.request), (trace.final.sent.path or "") if trace.final.sent else ""
    if len(path_elements(path)) > len(path_elements(row.path)) and seen.partition("?")[0] != path:
        message = f"the application is asked for {seen.partition('?')[0]}, not for {path}: rewrite-target"
        message += f" {target} has no part of the path to put in, so all paths below {row.path} become one"
        yield Note(
            "SIM2081", message, row.ingress.line("metadata", "annotations", NGINX_PREFIX + "rewrite-target")
        )


def silent_port(cluster: Cluster, trace: Trace) -> Iterator[Note]:
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


def stopping_pods(cluster: Cluster, trace: Trace) -> Iterator[Note]:
    """A Pod that is being stopped, and nothing that keeps it serving until every proxy knows.

    At a moment of a cluster's life the hops say who knows, and from when on.
    """
    if trace.moment is not None:
        return
    key = (trace.final.backend or "").rpartition(":")[0]
    port = _port_behind(cluster, trace)
    for endpoint in port.endpoints if port else ():
        pod = cluster.pods.get(endpoint.pod or "")
        if pod is None or not pod.terminating:
            continue
        workload = workload_of(cluster.manifests, pod)
        number = without_pre_stop(workload) if workload else None
        if workload is None or number is None:
            continue
        message = f"Pod {pod.key} of Service {key} is stopping, and {workload.kind} {workload.name} has no"
        message += " preStop hook: proxies go on sending to it for a second or two, and those requests get a"
        message += " 502, at every roll-out and scale-in"
        where = ("spec", "template", "spec", "containers", number)
        yield Note("SIM2082", message, workload.line(*where))
        return


def out_of_date(cluster: Cluster, trace: Trace, now: datetime | None) -> Iterator[Note]:
    """A certificate that is shown and not valid at a time that is stated: of the files, else of the asker."""
    stated = cluster.manifests.as_of
    at = datetime.fromisoformat(stated) if stated is not None else now
    key = trace.final.certificate or ""
    found = certificate_in(cluster.chains[key]) if at is not None and key in cluster.chains else None
    if found is None or at is None or found.not_before <= at <= found.not_after:
        return
    over = at > found.not_after
    does, day = ("expired on ", found.not_after) if over else ("is valid only from ", found.not_before)
    message = f"certificate {key} {does}{day:%Y-%m-%d}: a client that checks refuses it on {at:%Y-%m-%d}"
    yield Note("SIM2098", message, cluster.secrets.get(key))


def workload_of(manifests: Manifests, pod: RunningPod) -> WorkloadResource | None:
    """The workload whose selector a Pod fits, of several the one that asks for the fewest labels."""
    mine = [
        w
        for w in manifests.of(WorkloadResource)
        if w.namespace == pod.namespace and selects(w.spec.selector.match_labels, pod.labels)
    ]
    return min(mine, key=lambda w: len(w.spec.selector.match_labels), default=None)


DOUBTS = (regex_host, lost_path, silent_port, stopping_pods, at_admission)

"""The walk: client, load balancer, node, controller, Pod; one hop after the other, one end.

Each hop asks one module for its decision and adds its typical delay. Where branches end differently, the
likeliest one is walked and all ends are listed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any
from urllib.parse import urljoin

from sim.cluster.cluster import Cluster, Controller, Endpoint, LinkedPort, LinkedService, Node
from sim.cluster.delays import Delays
from sim.manifests.objects import Unmodelled
from sim.routing import ends
from sim.routing.controllers import PROFILES, Profile, envoy_gateway, unmodelled
from sim.routing.controllers.api import host_of
from sim.routing.controllers.decision import (
    Decided,
    Decision,
    OwnAnswer,
    RedirectTo,
    RefuseHandshake,
    SendTo,
    Split,
)
from sim.routing.gateway import planes
from sim.routing.gateway.answer import Answer, answer
from sim.routing.hops import lb_tls
from sim.routing.hops import node as node_hop
from sim.routing.hops.client import Entry, NoEntry, enter
from sim.routing.hops.load_balancer import targets
from sim.routing.kube_proxy import DEFAULT_MODE, Packet, Verdict, behind_balancer, decide, proxy_of
from sim.routing.kube_proxy.health import health_answer
from sim.routing.trace import Branch, Final, Hop, Note, Outcome, Request, Step, Trace
from sim.routing.upstream import Upstream, upstream

MOST_REDIRECTS = 10

TLS_TARGETS = ("https", 443, 8443)
"""Ports of a controller's container that speak TLS, by name and number."""


def route(
    cluster: Cluster,
    request: Request,
    *,
    controller: str | None = None,
    to: str | None = None,
    mode: str = DEFAULT_MODE,
    explain: bool = True,
) -> Trace:
    """Follow one request to its end.

    Args:
        cluster: what is there.
        request: what the client sends.
        controller: profile that answers instead of the one that runs.
        to: `lb:NAMESPACE/NAME`, the load balancer to use whatever the name says.
        mode: of kube-proxy, a key of `kube_proxy.MODES`.
        explain: whether every rule is compared and said why it lost. Without, the answer is found by index
            alone, whatever the number of rules: the same end, without the rows of the rules; where no rule
            fits, the nearest one is not looked for, so `code`, `fix` and `source` are those of the bare 404.
    """
    return _Walk(cluster, request, controller, cluster.setup.delays, mode, explain).trace(to)


def follow(cluster: Cluster, request: Request, **options: Any) -> tuple[Trace, ...]:
    """Follow redirects too, as `curl -L` does: at most ten."""
    traces = [route(cluster, request, **options)]
    while traces[-1].final.state == "redirected" and len(traces) <= MOST_REDIRECTS:
        last = traces[-1]
        there = Request.parse(urljoin(last.request.url, last.final.details["location"]))
        method = "GET" if last.final.status == 303 else last.request.method
        again = replace(
            last.request,
            host=there.host,
            path=there.path,
            scheme=there.scheme,
            port=there.port,
            method=method,
            sni=None,
        )
        traces.append(route(cluster, again, **options))
    if traces[-1].final.state == "redirected":
        code = "SIM2086" if traces[-1].final.code == "SIM2086" else "SIM2019"
        final = replace(traces[-1].final, code=code, message=f"more than {MOST_REDIRECTS} redirects")
        traces[-1] = replace(traces[-1], final=replace(final, state="timeout"))
    return tuple(traces)


@lru_cache(maxsize=16)
def _tables(cluster: Cluster) -> dict[tuple[int, str], Any]:
    """The compiled rules of a cluster's controllers, as they are asked for."""
    return {}


def table_of(cluster: Cluster, controller: Controller, profile: str) -> Any:
    """The rules of one of a cluster's controllers, compiled by a profile; kept for the next request.

    By identity: a hash of the controller would look at every Ingress that it reads.
    """
    tables, key = _tables(cluster), (id(controller), profile)
    if key not in tables:
        tables[key] = PROFILES[profile].table(cluster, replace(controller, profile=profile))
    return tables[key]


def even(count: int) -> str:
    """The probability of each of `count` equal branches, as people write it."""
    return "always" if count == 1 else f"1/{count} each"


@dataclass
class _Walk:
    """One request on its way: the hops so far, and the clock of typical delays."""

    cluster: Cluster
    request: Request
    profile: str | None
    delays: Delays
    mode: str = DEFAULT_MODE
    explain: bool = True
    hops: list[Hop] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    now_s: float = 0.0
    back_s: float = 0.0
    answered_by: str | None = None
    ended: lb_tls.Ended | None = None

    def trace(self, to: str | None) -> Trace:
        """Walk, and put the trace together."""
        asked = self.request
        final = self._enter(to)
        return Trace(
            asked,
            self.answered_by,
            tuple(self.hops),
            final,
            self.now_s + self.back_s,
            tuple(self.notes),
            self.cluster.assumptions,
            self._unmodelled(),
        )

    def _unmodelled(self) -> tuple[Unmodelled, ...]:
        return _unmodelled(self.cluster, self.answered_by if self.answered_by in PROFILES else None)

    def _hop(self, name: str, kind: str, says: str, **more: Any) -> None:
        self.hops.append(Hop(name, kind, self.now_s, says, **more))

    def _travel(self, round_trip_s: float) -> None:
        """One leg: half of its round trip on the way in, the other half on the way back."""
        self.now_s += round_trip_s / 2
        self.back_s += round_trip_s / 2

    def _enter(self, to: str | None) -> Final:
        entry = enter(self.cluster, self.request, to, self.explain)
        if isinstance(entry, NoEntry):
            self._hop("client", "client", entry.message.partition(";")[0], steps=entry.steps)
            return ends.no_record(entry)
        self._hop("client", "client", entry.because, before=self._packet(entry))
        controller = self.cluster.controller_of_service.get(entry.service.key)
        if controller is not None and controller.listeners and controller.gateway is None:
            return self._cloud(controller, entry)
        if entry.address is None:
            return ends.pending(entry.service)
        if entry.node is not None and entry.health_port is not None:
            self._connect(entry.service.ports[0], (entry.node,), self.delays.client_s)
            return self._health(entry.node, entry.health_port)
        if entry.port is not None:
            nodes = (entry.node,) if entry.node is not None else self.cluster.nodes
            self._connect(entry.port, nodes, self.delays.client_s)
            return self._nodes(entry.service, entry.port, nodes, entry)
        return self._load_balancer(entry)

    def _health(self, node: Node, port: int) -> Final:
        answer = health_answer(proxy_of(self.cluster, node), port)
        self._hop("node kube-proxy", "node", f"{node.name}: port {port} is its own, for health checks")
        return ends.health(answer, node, port)

    def _packet(self, entry: Entry) -> Mapping[str, Any]:
        request = self.request
        packet = {
            "source": request.client_ip,
            "destination": f"{entry.address}:{request.target_port}",
            "protocol": request.scheme,
        }
        http = {"host": request.host_header, "path": request.path, "headers": dict(request.headers)}
        return packet | (http if request.is_http else {})

    def _load_balancer(self, entry: Entry) -> Final:
        service, wanted = entry.service, self.request.target_port
        protocol = self.request.protocol
        port = next((p for p in service.ports if p.number == wanted and p.protocol == protocol), None)
        if port is None:
            return self._closed(service, wanted, protocol)
        found = targets(service, port, self.cluster.nodes)
        total, healthy = len(self.cluster.nodes), found.healthy
        self._connect(port, healthy, self.delays.client_s + self._behind_balancer_s)
        self.ended = lb_tls.ended(service, port)
        does = f"passes {protocol}" if self.ended is None else lb_tls.says(self.ended)
        says = f"port {wanted} open, {does}; {len(healthy)} of {total} nodes healthy"
        branches = tuple(Branch(n.name, 1 / len(healthy)) for n in healthy)
        self._hop("load balancer", "load-balancer", says, steps=found.steps, branches=branches)
        if not healthy:
            return ends.no_healthy_target(service)
        if self.ended is not None:
            if self.request.scheme == "http":
                return ends.plain_to_tls(service, wanted, self.ended.source)
            self._tls_ended(self.ended)
        self._travel(self._behind_balancer_s)
        return self._nodes(service, port, healthy)

    def _tls_ended(self, found: lb_tls.Ended) -> None:
        """From here on the request is what the load balancer sends."""
        if self.request.scheme != "https":
            return
        self.request = lb_tls.behind(self.request, found)
        what = "TLS ends at the load balancer: the client sees its certificate and no other"
        self.notes.append(Note("SIM2085", what, found.source))

    def _cloud(self, controller: Controller, entry: Entry) -> Final:
        """A load balancer that applies the rules itself; TLS ends there."""
        service, wanted = entry.service, self.request.target_port
        profile = self._running(controller)
        problem = profile.problem(table_of(self.cluster, controller, profile.name))
        if problem is not None:
            return ends.not_made(profile.name, problem.message, problem.fix, problem.source)
        port = next((p for p in service.ports if p.number == wanted), None)
        if port is None or not self.request.is_http:
            return self._closed(service, wanted, "TCP" if self.request.scheme != "udp" else "UDP")
        self.now_s += self.delays.dns_s + self.delays.client_s
        if self.request.scheme == "https":
            self.now_s += self.delays.tls_round_trips * self.delays.client_s + self.delays.tls_cpu_s
        self._travel(self.delays.client_s)
        says = f"port {wanted} open; applies the rules itself, no controller Pod follows"
        self._hop("load balancer", "load-balancer", says)
        return self._ruled(controller, profile, port, ())

    def _running(self, controller: Controller) -> Profile:
        """The profile that answers."""
        self.answered_by = self.profile or controller.profile
        return PROFILES[self.answered_by]

    def _closed(self, service: LinkedService, wanted: int, protocol: str) -> Final:
        self.now_s += self.delays.dns_s + self.delays.client_s / 2
        says = f"port {wanted}/{protocol} closed; it listens on {ends.listening(service)}"
        self._hop("load balancer", "load-balancer", says)
        return ends.closed(service, wanted, protocol)

    def _connect(self, port: LinkedPort, nodes: tuple[Node, ...], to_node_s: float) -> None:
        """DNS, the TCP handshake and TLS, all the way to where they end; then half a trip for the request.

        Args:
            to_node_s: round trip between the client and a node.
        """
        whole_s = to_node_s + self._leg_to_pods(nodes, port.ready)
        self.now_s += self.delays.dns_s + (whole_s if self.request.scheme != "udp" else 0)
        if self.request.scheme == "https":
            self.now_s += self.delays.tls_round_trips * whole_s + self.delays.tls_cpu_s
        self._travel(self.delays.client_s)

    @property
    def _behind_balancer_s(self) -> float:
        """Round trip between a load balancer and a node, its own time included."""
        return self.delays.zone_s + 2 * self.delays.load_balancer_s

    def _leg_to_pods(self, nodes: Iterable[Node], endpoints: tuple[Endpoint, ...]) -> float:
        """The mean round trip from a node to a Pod, over all pairs."""
        trips = [self.delays.between(n.zone, e.zone) for n in nodes for e in endpoints]
        return sum(trips) / len(trips) if trips else 0.0

    def _nodes(
        self, service: LinkedService, port: LinkedPort, nodes: tuple[Node, ...], direct: Entry | None = None
    ) -> Final:
        """Ask kube-proxy of each node.

        Args:
            direct: how the client came, if no load balancer is on the way.
        """
        packets = {n.name: self._first_packet(service, port, n, direct) for n in nodes}
        verdicts = {n.name: decide(proxy_of(self.cluster, n), packets[n.name], self.mode) for n in nodes}
        likeliest = _likeliest(nodes, verdicts)
        verdict = verdicts[likeliest.name]
        self._kube_proxy(service, packets[likeliest.name], verdict, likeliest)
        final = self._after_node(service, port, verdict, likeliest)
        return replace(final, outcomes=_outcomes(nodes, verdicts, verdict, final))

    def _first_packet(
        self, service: LinkedService, port: LinkedPort, node: Node, direct: Entry | None
    ) -> Packet:
        """As it reaches a node."""
        client = self.request.client_ip
        if direct is None or direct.address is None:
            return behind_balancer(service, port, node, client)
        address = node.address if direct.node is not None else direct.address
        return Packet(client, address, self.request.target_port, port.protocol)

    def _kube_proxy(self, service: LinkedService, packet: Packet, verdict: Verdict, node: Node) -> None:
        count = len(verdict.endpoints)
        pods = f"{count} Pod{'s' if count != 1 else ''}"
        says = f"Service {service.key}: {pods}, {even(count)}" if count else verdict.because
        steps, branches = node_hop.steps(verdict, self.mode), node_hop.branches(verdict)
        before, after = node_hop.before(packet), node_hop.after(node, verdict)
        self._hop("node kube-proxy", "node", says, before=before, after=after, steps=steps, branches=branches)

    def _after_node(self, service: LinkedService, port: LinkedPort, verdict: Verdict, node: Node) -> Final:
        if verdict.verdict == "reject":
            return ends.refused(service, port)
        if verdict.verdict == "drop":
            return ends.dropped(service, port, node, verdict.because)
        if verdict.verdict == "accept":
            return Final("no-listener", verdict.because, code="SIM2011", fix="use an address of the Service")
        self._travel(self._leg_to_pods((node,), verdict.endpoints))
        controller = self.cluster.controller_of_service.get(service.key)
        if controller is not None and self.request.is_http:
            return self._controller(controller, port, verdict.endpoints)
        return self._pod(service, port, verdict.endpoints, "one draw per connection", None)

    def _pod(
        self,
        service: LinkedService,
        port: LinkedPort,
        endpoints: tuple[Endpoint, ...],
        how: str,
        rule: str | None,
        details: Mapping[str, Any] | None = None,
    ) -> Final:
        pods = [(e.pod or e.target).rpartition("/")[2] for e in endpoints]
        shown = " or ".join(pods) if len(pods) < 3 else f"{pods[0]}, {pods[1]} or {len(pods) - 2} more"
        says = f"{shown}, {even(len(pods))}" + (f" ({how})" if len(pods) > 1 else "")
        branches = tuple(Branch(e.pod or e.target, 1 / len(endpoints)) for e in endpoints)
        self._hop(f"Pod of {service.manifest.name}", "pod", says, branches=branches)
        return ends.delivered(service, port, endpoints, rule, dict(details or {}))

    def _controller(self, controller: Controller, port: LinkedPort, pods: tuple[Endpoint, ...]) -> Final:
        if controller.gateway is not None:
            return self._at_gateway(controller, controller.gateway, port, pods)
        return self._ruled(controller, self._running(controller), port, pods)

    def _ruled(
        self, controller: Controller, profile: Profile, port: LinkedPort, pods: tuple[Endpoint, ...]
    ) -> Final:
        """The rules decide."""
        name = profile.name
        if (mismatch := self._wrong_protocol(name, port)) is not None:
            return mismatch
        rules = table_of(self.cluster, controller, name)
        decision = profile.decide(self.request, rules)
        explained = profile.explain(self.request, rules) if self.explain else ()
        steps = (*self._certificate_step(decision), *explained, *decision.steps)
        self._hop(name, "controller", self._controller_says(decision), steps=steps)
        self.notes += (*decision.notes, *(Note("SIM2072", what) for what in profile.unknown))
        return self._answered(profile, decision, pods, steps)

    def _answered(
        self, profile: Profile, decision: Decision, pods: tuple[Endpoint, ...], steps: tuple[Step, ...]
    ) -> Final:
        match decision:
            case Split():
                return self._shared(profile, decision, pods)
            case RefuseHandshake():
                return ends.handshake_refused(decision)
            case SendTo():
                return (self._passed if decision.passes_tls else self._upstream)(profile, decision, pods)
            case RedirectTo():
                final = ends.redirected(profile.name, decision, _certificate(decision))
                return ends.looping(final) if self._loops(decision.location) else final
            case OwnAnswer():
                shown = _certificate(decision)
                return ends.own_answer(self.cluster, self.request, profile.name, decision, steps, shown)

    def _passed(self, profile: Profile, decision: SendTo, pods: tuple[Endpoint, ...]) -> Final:
        """TLS goes through to the Pod: it adds its round trips there, and nobody can answer in HTTP."""
        found = upstream(self.cluster, profile, decision)
        if decision.via == "service" and found.code is None and not _has_address(found):
            return ends.not_passed(decision, found, "it has no ClusterIP to connect to")
        leg_s = self._mean_between(pods, found.endpoints)
        self.now_s += (1 + self.delays.tls_round_trips) * leg_s
        self.notes.append(Note("SIM2083", decision.because, decision.source))
        final = self._upstream(profile, replace(decision, code=None), pods)
        return ends.not_passed(decision, found, final.message) if final.status is not None else final

    def _shared(self, profile: Profile, decision: Split, pods: tuple[Endpoint, ...]) -> Final:
        """Chance decides: the likeliest way on is walked, the first of equals, and all ends are listed."""
        certificate, last, likeliest = decision.certificate, self.hops.pop(), decision.likeliest
        branches = tuple(Branch(_name(s.decision), s.probability) for s in decision.shares)
        self.hops.append(replace(last, branches=branches))
        outcomes: list[Outcome] = []
        walked = None
        for share in decision.shares:
            way = self if share is likeliest else replace(self, hops=[], notes=[])
            end = way._answered(profile, replace(share.decision, certificate=certificate), pods, ())
            outcomes.append(Outcome(end.state, end.status, end.backend, share.probability, end.rule))
            walked = end if share is likeliest else walked
        assert walked is not None
        named = ((str(o.status) if o.status else o.backend, o.probability) for o in outcomes)
        details = {**walked.details, "distribution": dict(named)}
        return replace(walked, outcomes=tuple(outcomes), details=details)

    def _at_gateway(
        self, controller: Controller, key: str, port: LinkedPort, pods: tuple[Endpoint, ...]
    ) -> Final:
        """The letter of the Gateway API, or what Envoy Gateway makes of it."""
        self.answered_by = "gateway-api"
        known = envoy_gateway.ENVOY_GATEWAY
        if known.name != self.profile and controller.controller != envoy_gateway.CONTROLLER:
            return self._gateway(key, port, pods, None)
        self.answered_by = known.name
        self.notes += (Note("SIM2072", what) for what in known.unknown)
        return self._gateway(key, port, pods, planes.ENVOY_GATEWAY)

    def _gateway(
        self, key: str, port: LinkedPort, pods: tuple[Endpoint, ...], plane: planes.Plane | None
    ) -> Final:
        found = answer(self.cluster, key, port.number, self.request, plane, self.explain)
        after, branches = found.after, found.branches
        self._hop(
            f"Gateway {key}", "controller", found.says, steps=found.steps, after=after, branches=branches
        )
        self.notes += found.notes
        if found.left_out is not None:
            self._left_out(found.left_out)
        if found.upstream is None:
            return replace(found.final, outcomes=found.outcomes)
        return self._behind_gateway(found, found.upstream, pods)

    def _behind_gateway(self, found: Answer, there: Upstream, pods: tuple[Endpoint, ...]) -> Final:
        """The Pod of the likeliest backend; what may happen otherwise stays beside it."""
        assert there.service is not None
        assert there.port is not None
        self._travel(self._mean_between(pods, there.endpoints))
        how, rule = "chosen per request", found.final.rule
        final = self._pod(there.service, there.port, there.endpoints, how, rule, found.final.details)
        aside = found.final
        return replace(
            final, outcomes=found.outcomes, code=aside.code, fix=aside.fix, fix_source=aside.fix_source
        )

    def _wrong_protocol(self, name: str, port: LinkedPort) -> Final | None:
        """Plain HTTP on the TLS port, or TLS on the plain one."""
        tls = "https" in (port.name, port.target_port) or port.number == 443
        if self.ended is not None:
            tls = port.target_port in TLS_TARGETS
        if tls == (self.request.scheme == "https"):
            return None
        self._hop(name, "controller", f"port {port.number} speaks {'TLS' if tls else 'plain HTTP'}")
        if self.ended is not None:
            return ends.wrong_behind_balancer(name, tls, self.ended.source)
        return ends.wrong_protocol(name, tls)

    def _controller_says(self, decision: Decision) -> str:
        if isinstance(decision, SendTo) and decision.passes_tls:
            return f"SNI {self.request.server_name}: TLS is passed through, no rule of a path is looked at"
        if decision.certificate is None:
            return f"host {host_of(self.request)}"
        name = self.request.server_name
        fits = f"certificate {decision.certificate} fits {name}"
        return fits if decision.certificate != "default" else f"default certificate for {name}"

    def _certificate_step(self, decision: Decision) -> tuple[Step, ...]:
        if decision.certificate is None:
            return ()
        name, fits = self.request.server_name, decision.certificate != "default"
        if not fits:
            self.notes.append(
                Note("SIM2017", f"a client that checks would refuse the default certificate for {name}")
            )
        because = f"its names cover {name}" if fits else f"no certificate is configured for {name}"
        return (Step(f"certificate {decision.certificate}", fits, because),)

    def _loops(self, location: str) -> bool:
        """Whether TLS ended before the controller, which then asks for the https that the client used."""
        if self.ended is None or self.request.scheme != "http":
            return False
        here, there = replace(self.request, scheme="https"), Request.parse(location)
        return (there.scheme, there.host, there.target_port) == ("https", host_of(here), here.target_port)

    def _upstream(self, profile: Profile, decision: SendTo, pods: tuple[Endpoint, ...]) -> Final:
        found = upstream(self.cluster, profile, decision)
        details = _certificate(decision) | decision.forwarded.expected(self.request)
        if (
            decision.via == "service"
            and found.port is not None
            and found.service
            and found.service.cluster_ip
        ):
            return self._through_service(profile.name, decision, found, pods, details)
        if decision.via == "nodes" and found.port is not None and found.service is not None:
            return self._through_nodes(profile.name, decision, found, details)
        if found.code is not None:
            return self._nothing_behind(profile, decision, found)
        if decision.code is not None:
            self.notes.append(Note(decision.code, decision.because, decision.source))
        if found.external is not None:
            return self._external(found, decision, details)
        assert found.service is not None
        assert found.port is not None
        endpoints, per = found.endpoints, "per connection" if decision.passes_tls else "per request"
        self._travel(self._mean_between(pods, endpoints) if pods else self._behind_balancer_s)
        return self._pod(
            found.service, found.port, endpoints, f"{profile.balancing}, {per}", decision.rule, details
        )

    def _mean_between(self, pods: Iterable[Endpoint], endpoints: Iterable[Endpoint]) -> float:
        trips = [self.delays.between(p.zone, e.zone) for p in pods for e in endpoints]
        return sum(trips) / len(trips) if trips else 0.0

    def _through_service(
        self,
        name: str,
        decision: SendTo,
        found: Upstream,
        pods: tuple[Endpoint, ...],
        details: dict[str, Any],
    ) -> Final:
        """The controller opens a connection to the ClusterIP; kube-proxy of its node picks the Pod."""
        assert found.service is not None
        assert found.port is not None
        node = self.cluster.node_by_name.get(pods[0].node or "") or self.cluster.nodes[0]
        packet = Packet(
            pods[0].address, found.service.cluster_ip or "", found.port.number, found.port.protocol
        )
        verdict = decide(proxy_of(self.cluster, node), packet, self.mode)
        self._kube_proxy(found.service, packet, verdict, node)
        if verdict.verdict != "dnat":
            return ends.cannot_connect(name, decision, found, verdict.because, details)
        self._travel(self._mean_between(pods, verdict.endpoints))
        final = self._pod(
            found.service, found.port, verdict.endpoints, "one draw per connection", decision.rule, details
        )
        virtual = f"{found.service.cluster_ip}:{found.port.number}"
        return replace(final, details=dict(final.details) | {"endpoints": [virtual]})

    def _through_nodes(self, name: str, decision: SendTo, found: Upstream, details: dict[str, Any]) -> Final:
        """A load balancer outside sends to a NodePort of any node; kube-proxy there picks the Pod."""
        assert found.service is not None
        assert found.port is not None
        nodes = targets(found.service, found.port, self.cluster.nodes).healthy or self.cluster.nodes
        self._travel(self._behind_balancer_s)
        final = self._nodes(found.service, found.port, nodes)
        if final.state in ("refused", "dropped"):
            return ends.cannot_connect(name, decision, found, final.message, details)
        return replace(final, rule=decision.rule, details=details | dict(final.details))

    def _nothing_behind(self, profile: Profile, decision: SendTo, found: Upstream) -> Final:
        self._left_out(found)
        details = _certificate(decision)
        status = profile.statuses.get(found.code or "", 503)
        return ends.nothing_behind(profile.name, decision, found, details, status)

    def _left_out(self, found: Upstream) -> None:
        """A hop for what stands behind a Service and takes no requests."""
        steps = tuple(
            Step(e.pod or e.target, False, e.state or "not ready", e.source) for e in found.left_out
        )
        self._hop("no Pod", "service", found.message, steps=steps)

    def _external(self, found: Upstream, decision: SendTo, details: dict[str, Any]) -> Final:
        assert found.service is not None
        says = f"ExternalName: leaves the cluster for {found.external}"
        self._hop(f"Service {found.service.key}", "service", says)
        message = f"{found.external} is outside the cluster; what it answers is not modelled"
        self.notes.append(Note("SIM2022", message))
        return ends.outside(found, decision, details)


def _has_address(found: Upstream) -> bool:
    """Whether a Service has a ClusterIP that can be connected to."""
    return found.service is not None and bool(found.service.cluster_ip)


def _certificate(decision: Decided) -> dict[str, Any]:
    return {"certificate": decision.certificate} if decision.certificate else {}


def _name(decision: SendTo) -> str:
    """Where a way leads, in one phrase."""
    service = decision.backend.service
    return f"{decision.namespace}/{service.name}:{service.port}" if service is not None else "no Service"


def _likeliest(nodes: tuple[Node, ...], verdicts: Mapping[str, Verdict]) -> Node:
    """The first node of the most frequent kind of verdict."""
    kinds = [verdicts[n.name].verdict for n in nodes]
    return nodes[kinds.index(max(kinds, key=kinds.count))]


def _outcomes(
    nodes: tuple[Node, ...], verdicts: Mapping[str, Verdict], walked: Verdict, final: Final
) -> tuple[Outcome, ...]:
    """All ends with their probabilities; empty if every node ends alike."""
    other = [v for v in verdicts.values() if v.verdict != walked.verdict]
    if not other:
        return final.outcomes
    state = {"drop": "dropped", "reject": "refused"}
    share = len(other) / len(nodes)
    rest = Outcome(state.get(other[0].verdict, "delivered"), None, final.backend, share)
    alone = Outcome(final.state, final.status, final.backend, 1.0, final.rule)
    ends_here = final.outcomes or (alone,)
    return (*(replace(end, probability=end.probability * (1 - share)) for end in ends_here), rest)


@lru_cache(maxsize=64)
def _unmodelled(cluster: Cluster, profile: str | None) -> tuple[Unmodelled, ...]:
    """What may change an answer and is not modelled; the same for every request."""
    return (*cluster.unmodelled, *_unmodelled_annotations(cluster, profile))


def _unmodelled_annotations(cluster: Cluster, profile: str | None) -> Iterable[Unmodelled]:
    """Annotations of a controller's own prefix that its profile does not model, on Ingresses and Services."""
    for item in (*cluster.ingresses, *(s.manifest for s in cluster.services.values())):
        for name in unmodelled(item.metadata.annotations, profile):
            source = item.origin.at("metadata", "annotations", name) if item.origin else None
            yield Unmodelled(f"{item.kind} {item.key}: annotation {name}", True, source)

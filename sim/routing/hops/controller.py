"""The hop of an Ingress controller: its rules decide, or the load balancer's that applies them itself."""

from dataclasses import replace
from functools import lru_cache, partial
from typing import Any

from sim.cluster.cluster import Cluster, Controller
from sim.routing import ends
from sim.routing.controllers import PROFILES, Profile
from sim.routing.controllers.api import host_of
from sim.routing.controllers.certificates import DEFAULT, matches, names_of, taken_for_granted
from sim.routing.controllers.decision import (
    Decision,
    OwnAnswer,
    RedirectTo,
    RefuseHandshake,
    SendTo,
    Split,
)
from sim.routing.controllers.rows import Row
from sim.routing.dropped import dropped, passed_over
from sim.routing.final import Final
from sim.routing.hops.choosing import choosers
from sim.routing.hops.gateway import gateway
from sim.routing.legs import Fork, Leg, Sending, Taken, ToController, ToService
from sim.routing.running import balancing_of, running_of
from sim.routing.trace import Branch, Note, Request, Step
from sim.routing.upstream import upstream

TLS_TARGETS = ("https", 443, 8443)
"""Ports of a controller's container that speak TLS, by name and number."""


@lru_cache(maxsize=16)
def _tables(cluster: Cluster) -> dict[tuple[int, str], tuple[Controller, Any]]:
    """The controllers of a cluster that were asked, each with its compiled rules."""
    return {}


def table_of(cluster: Cluster, controller: Controller, profile: str) -> Any:
    """The rules of one of a cluster's controllers, compiled by a profile; kept for the next request.

    By identity: a hash of the controller would look at every Ingress that it reads.
    """
    tables, key = _tables(cluster), (id(controller), profile)
    if key not in tables:
        mine = profile == controller.profile
        asked = controller if mine else replace(controller, profile=profile, config_map=None, version=None)
        tables[key] = controller, PROFILES[profile].table(cluster, asked)
    return tables[key][1]


def controller(cluster: Cluster, leg: ToController) -> Taken:
    """Ask the rules; where chance decides between several, every way on with its probability."""
    if leg.controller.gateway is not None:
        return gateway(cluster, leg, leg.controller.gateway)
    trip, profile = leg.trip, PROFILES[leg.trip.profile or leg.controller.profile]
    known = {"answered_by": profile.name, "proxy": leg.controller}
    other = _other_protocol(leg, profile)
    if other is not None:
        line = "no PROXY line" if trip.request.proxied_port is None else "a PROXY line"
        return trip.takes(other, trip.hop(profile.name, "controller", f"{line} comes in"), **known)
    ports, number = running_of(leg.controller, profile.name).ports, _pod_port(leg)
    if ports is not None and number is not None and number not in ports:
        hop = trip.hop(profile.name, "controller", f"nothing listens on port {number} of its Pods")
        return trip.takes(ends.not_its_port(leg.port, number, ports), hop, **known)
    tls = _speaks_tls(leg) if ports is None or number is None else number == ports[1]
    if tls != (trip.request.scheme == "https"):
        hop = trip.hop(
            profile.name, "controller", f"port {leg.port.number} speaks {'TLS' if tls else 'plain HTTP'}"
        )
        if leg.ended is None:
            return trip.takes(ends.wrong_protocol(profile.name, tls), hop, **known)
        return trip.takes(ends.wrong_behind_balancer(profile.name, tls, leg.ended.source), hop, **known)
    rules = table_of(cluster, leg.controller, profile.name)
    decision = profile.decide(trip.request, rules)
    rows = tuple(profile.explain(trip.request, rules)) if trip.explain else ()
    cause = dropped(cluster, rows, partial(profile.fits, trip.request, rules))
    steps, notes = _certificate(cluster, decision, trip.request)
    steps += (*rows, *decision.steps)
    notes += tuple(passed_over(decision, cause))
    notes += (*decision.notes, *(Note("SIM2072", what) for what in profile.unknown))
    shares = decision.shares if isinstance(decision, Split) else ()
    branches = tuple(Branch(_name(s.decision), s.probability) for s in shares)
    following, says = _following(cluster, leg, profile, decision, steps, cause), _says(decision, trip.request)
    more = {"steps": steps, "branches": branches, "choosers": choosers(cluster, following)}
    hop = trip.hop(profile.name, "controller", says, **more)
    return trip.takes(following, hop, notes=notes, **known)


def _other_protocol(leg: ToController, profile: Profile) -> Final | None:
    """The end where one of load balancer and controller alone speaks the PROXY protocol, else None."""
    runs, request = running_of(leg.controller, profile.name), leg.trip.request
    comes = request.proxied_port is not None
    if runs.proxy_protocol == "always" and not comes:
        return ends.no_proxy_line(profile.name, runs.proxy_told)
    if runs.proxy_protocol != "never" or not comes:
        return None
    return ends.proxy_line(profile.name, request.scheme == "https", leg.proxied)


def _pod_port(leg: ToController) -> int | None:
    """The port of the controller's Pods that a connection comes to."""
    return next((reached.endpoint.port for reached in leg.pods), None)


def _speaks_tls(leg: ToController) -> bool:
    """Whether the controller's port waits for a handshake; behind one that ended TLS its target counts."""
    if leg.ended is not None:
        return leg.port.target_port in TLS_TARGETS
    return "https" in (leg.port.name, leg.port.target_port) or leg.port.number == 443


def _following(
    cluster: Cluster,
    leg: ToController,
    profile: Profile,
    decision: Decision,
    steps: tuple[Step, ...],
    cause: tuple[Row, Step] | None,
) -> Leg | Final | Fork:
    """To a Service, to one of several, or the controller's own answer; `cause`: a row that it leaves out."""
    match decision:
        case Split():
            sent = (replace(s.decision, certificate=decision.certificate) for s in decision.shares)
            ways = tuple(_to_service(cluster, leg, profile, way) for way in sent)
            return Fork(tuple(zip((s.probability for s in decision.shares), ways, strict=True)), named=True)
        case SendTo():
            return _to_service(cluster, leg, profile, decision)
        case RefuseHandshake():
            return ends.handshake_refused(decision, cause)
        case RedirectTo():
            return ends.redirected(profile.name, decision, _unseen_tls(leg, decision.location))
        case OwnAnswer():
            return ends.own_answer(profile.name, decision, steps, cause)


def _to_service(cluster: Cluster, leg: ToController, profile: Profile, decision: SendTo) -> ToService:
    request, forwarded = leg.trip.request, decision.forwarded
    path = request.path if forwarded.path is None else forwarded.path
    host = request.host_header if forwarded.host is None else forwarded.host
    found = upstream(cluster, profile, decision)
    balancing = balancing_of(cluster, leg.controller, profile.name, forwarded.balancing)
    per = "per connection" if decision.passes_tls else "per request"
    sending = Sending(
        profile.name,
        decision.rule,
        replace(forwarded, path=path, host=host),
        decision.certificate or None,
        f"{balancing.method.name}, {per}",
        profile.statuses.get(found.code or "", 503),
        decision.passes_tls,
        decision.source,
        Note(decision.code, decision.because, decision.source) if decision.code is not None else None,
        retries=running_of(leg.controller, profile.name).retries,
        balancing=balancing,
    )
    return ToService(leg.trip, found, sending, leg.pods, decision.via, leg.clients)


def _unseen_tls(leg: ToController, location: str) -> bool:
    """Whether TLS ended before the controller, which then asks for the https that the client used."""
    request = leg.trip.request
    return leg.ended is not None and request.scheme == "http" and location.startswith("https://")


def _says(decision: Decision, request: Request) -> str:
    if isinstance(decision, SendTo) and decision.passes_tls:
        return f"SNI {request.server_name}: TLS is passed through, no rule of a path is looked at"
    if decision.certificate is None:
        return f"host {host_of(request)}"
    if decision.certificate == DEFAULT:
        return f"default certificate for {request.server_name}"
    return f"certificate {decision.certificate} fits {request.server_name}"


def _certificate(
    cluster: Cluster, decision: Decision, request: Request
) -> tuple[tuple[Step, ...], tuple[Note, ...]]:
    """The certificate as a row, and what a client that checks would make of it."""
    shown, name = decision.certificate, request.server_name or ""
    if shown is None:
        return (), ()
    names = None if shown == DEFAULT else names_of(cluster, shown)
    fits = shown != DEFAULT and (names is None or matches(names, name))
    because = f"its names cover {name}" if fits else f"no certificate is configured for {name}"
    if names is not None and not fits:
        because = f"its names ({', '.join(names[:4])}) do not cover {name}"
    what = "the default certificate" if shown == DEFAULT else f"certificate {shown}"
    refused = (Note("SIM2017", f"a client that checks would refuse {what} for {name}"),)
    notes = tuple(taken_for_granted(cluster, shown, name)) if names is None and fits else ()
    return (Step(f"certificate {shown}", fits, because),), notes if fits else refused


def _name(decision: SendTo) -> str:
    """Where a way leads, in one phrase."""
    service = decision.backend.service
    return f"{decision.namespace}/{service.name}:{service.port}" if service is not None else "no Service"

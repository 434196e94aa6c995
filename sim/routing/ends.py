"""How a request can end before or beside the application: one function per end, each with its way out."""

from collections.abc import Iterable
from dataclasses import replace

from sim.cluster.cluster import LinkedPort, LinkedService
from sim.cluster.load_balancers.values import LoadBalancer
from sim.routing.controllers.decision import OwnAnswer, RedirectTo, RefuseHandshake
from sim.routing.controllers.rows import Row
from sim.routing.controllers.settings import Told
from sim.routing.dropped import code_of
from sim.routing.final import Delivered, Final, Reached, Redirected
from sim.routing.legs import Sending
from sim.routing.trace import Step
from sim.routing.upstream import Resolved

FIXES = {
    "SIM2030": "send a Host header and a path that nginx takes: no .. above the root, no lone percent sign",
    "SIM2033": "write networks such as 10.0.0.0/8, separated by commas",
    "SIM2034": "begin rewrite-target with a slash",
    "SIM2115": "write the repeat once: (a+)+ is a+, ([a-z]+)* is [a-z]*",
    "SIM2116": "write the expression without references back, or with smaller repeats",
    "SIM2035": "add the client's range, or ask from inside it",
    "SIM2036": "name a default backend that is ready, or take the code off custom-http-errors",
}
"""Code -> the way out, where it does not depend on the request."""

NO_RULE = frozenset({"SIM2004", "SIM2005"})
"""Codes of an answer that no rule gave."""


def pending(service: LinkedService) -> Final:
    """The load balancer was asked for, and nobody made it; or who would make it refuses what is written."""
    found = service.balancer
    if found is not None and found.state == "error":
        return _refused_balancer(service, found)
    line = service.line("spec", "type")
    because = found.because if found is not None and found.because else "nothing makes load balancers here"
    message = f"Service {service.key} has no external address: {because}"
    fix = "run where a provider makes them, or use a NodePort"
    if found is not None and service.manifest.spec.load_balancer_class is not None:
        line, fix = service.line("spec", "loadBalancerClass"), "run what serves that class, or leave it out"
    elif found is not None and found.state == "pending" and found.cause:
        line, fix = service.line("metadata", "annotations", found.cause), found.way_out
    return Final("lb-pending", message, code="SIM2009", fix=fix, source=line, fix_source=line)


def _refused_balancer(service: LinkedService, found: LoadBalancer) -> Final:
    """Its maker reads something that it refuses, and makes nothing."""
    is_annotation = "/" in found.cause
    line = (
        service.line("metadata", "annotations", found.cause)
        if is_annotation
        else service.line("spec", found.cause)
    )
    message = f"{found.created_by} makes no load balancer for Service {service.key}: {found.because}"
    fix = f"mend or remove {found.cause}" if is_annotation else f"change {found.cause}"
    return Final("lb-pending", message, code="SIM2153", fix=fix, source=line, fix_source=line)


def no_rule(service: LinkedService, port: LinkedPort) -> Final:
    """A port that the load balancer has no rule for."""
    message = f"the load balancer of Service {service.key} has no rule for port {port.number}"
    fix = "remove the annotation that keeps the port off it, or use another port"
    line = service.line("metadata", "annotations")
    return Final("no-listener", message, code="SIM2011", fix=fix, source=line, fix_source=line)


def not_made(name: str, message: str, fix: str, source: str | None) -> Final:
    """A cloud controller makes no load balancer, because of a fault in what it read."""
    why = f"{name} makes no load balancer: {message}"
    return Final("lb-pending", why, code="SIM2071", fix=fix, source=source, fix_source=source)


def handshake_refused(decision: RefuseHandshake, cause: tuple[Row, Step] | None) -> Final:
    """A controller that has no certificate for a name, and no default one, ends the handshake.

    Args:
        cause: a row of the name that is left out, and the tls section of its Ingress with it.
    """
    if decision.passing:
        fix = "give the host a rule for / to the Service that ends TLS"
        return Final("tls-failed", decision.because, code=decision.code, fix=fix, source=decision.source)
    if cause is not None and cause[0].ingress.spec.tls:
        message, step = f"{decision.because}; {_left_out(cause)}", cause[1]
        line = step.source
        return Final(
            "tls-failed", message, code=code_of(step), fix=step.way_out, source=line, fix_source=line
        )
    fix = "name a Secret with a certificate for this host under spec.tls, or ask over http"
    return Final("tls-failed", decision.because, code="SIM2073", fix=fix)


def not_passed(sending: Sending, found: Resolved, why: str) -> Final:
    """TLS is to be passed through, and nobody is there: the connection closes during the handshake."""
    message = f"TLS is passed through to {found.backend}: {why}; the connection closes, no status is sent"
    fix = found.fix or "make a Pod of the Service ready, and give the Service a ClusterIP"
    final = Final("tls-failed", message, backend=found.backend, rule=sending.rule, code="SIM2087", fix=fix)
    return replace(final, source=found.source or sending.source, fix_source=found.fix_source)


def plain_to_tls(service: LinkedService, wanted: int, source: str | None) -> Final:
    """Plain HTTP to a port of a load balancer that ends TLS: it waits for a handshake and hangs up."""
    message = f"port {wanted} of the load balancer of Service {service.key} speaks TLS; plain HTTP is cut off"
    fix = f"use https://, or keep {wanted} out of ssl-ports"
    return Final("reset", message, code="SIM2085", fix=fix, source=source, fix_source=source)


def wrong_behind_balancer(controller: str, tls: bool, source: str | None) -> Final:
    """TLS ended at the load balancer, and what it sends on is not what the controller's port speaks."""
    if tls:
        message = "the load balancer ended TLS and sends plain HTTP to the controller's TLS port"
        fix = "point targetPort of the https port to http, or set backend-protocol to ssl"
        return Final("answered-by-proxy", message, 400, controller, code="SIM2085", fix=fix, source=source)
    message = "the load balancer opens TLS again, and the controller's port speaks plain HTTP"
    fix = "set backend-protocol to tcp or http, or point targetPort to https"
    return Final("tls-failed", message, code="SIM2085", fix=fix, source=source)


def proxy_line(controller: str, tls: bool, told: Told | None) -> Final:
    """The load balancer speaks the PROXY protocol, and the controller takes its line for a request."""
    whose, line = (told.what, told.source) if told is not None else ("its annotation", None)
    message = f"the load balancer writes a PROXY line first ({whose}), and the controller does not expect it"
    fix = 'set use-proxy-protocol: "true" in the controller\'s ConfigMap, or remove the annotation'
    if tls:
        message += ": it takes it for plain HTTP, and the handshake fails"
        return Final("tls-failed", message, code="SIM2090", fix=fix, source=line, fix_source=line)
    return Final(
        "answered-by-proxy", message, 400, controller, code="SIM2090", fix=fix, source=line, fix_source=line
    )


def not_its_port(port: LinkedPort, number: int, ports: tuple[int, int]) -> Final:
    """The Service leads to a port of the controller's Pods that its arguments do not name."""
    there = " and ".join(map(str, ports))
    message = f"port {port.number} leads to {number} of the controller's Pods, which listen on {there}"
    fix = f"let its targetPort be one of {there}, or change --http-port and --https-port"
    return Final("refused", message, code="SIM2094", fix=fix)


def no_proxy_line(controller: str, told: Told | None) -> Final:
    """The controller waits for a PROXY line that nobody writes, and closes the connection."""
    whose, line = (told.what, told.source) if told is not None else ("by default", None)
    message = f"{controller} takes the PROXY protocol alone ({whose}), and nobody writes its line"
    message += ": the connection is closed, no status is sent"
    fix = "let the load balancer of the controller's Service speak it, by annotation, or switch it off"
    return Final("reset", message, code="SIM2091", fix=fix, source=line, fix_source=line)


def looping(final: Redirected, circle: tuple[str, ...], asked: str, way_out: str) -> Redirected:
    """A redirect after which redirects never end.

    Args:
        circle: the URLs that lead to each other; empty: no URL comes back, each is another one.
        asked: the URL of this request, in the circle or before it.
        way_out: how to take one of the redirects away.
    """
    message = f"{_why_again(final)}{_circle_in_words(final, circle, asked)}"
    code = "SIM2086" if final.unseen_tls else "SIM2095"
    fix = way_out or final.way_out or "let one of these redirects lead to a URL that is served"
    return replace(final, loop=True, message=message, code=code, fix=fix, fix_source=final.source)


def _why_again(final: Redirected) -> str:
    """What comes before: that TLS is not seen, else what redirects."""
    seen = "TLS ends at the load balancer, so https is seen as plain http and redirected to https"
    return f"{seen if final.unseen_tls else final.message}; "


def _circle_in_words(final: Redirected, circle: tuple[str, ...], asked: str) -> str:
    if not circle:
        return "no URL comes back, but the redirects never end: a loop"
    if circle == (asked,):
        return "that is the same URL again: a loop"
    shown = " -> ".join((*circle[:4], *(["..."] if len(circle) > 4 else []), circle[0]))
    back = "it leads back to itself" if asked in circle else "from there redirects never end"
    return f"{back}: a loop ({shown})"


def too_many(final: Redirected, most: int) -> Redirected:
    """A client that follows redirects gives up."""
    message = f"more than {most} redirects, and the next answer is one too"
    fix = "redirect to the last URL at once, or ask for it"
    return replace(final, given_up=True, code="SIM2019", message=message, fix=fix)


def closed(service: LinkedService, wanted: int, protocol: str, opens: str = "") -> Final:
    """The load balancer has no such port, or another protocol on it.

    Args:
        opens: how it gets the port, where no Service in the manifests stands for it.
    """
    there, line = listening(service), service.line("spec", "ports")
    if any(p.number == wanted for p in service.ports):
        message = f"port {wanted} of Service {service.key} speaks {there}, not {protocol}"
        fix = "use a destination such as udp://HOST:PORT"
        return Final("not-http", message, code="SIM2020", fix=fix, source=line)
    message = f"the load balancer of Service {service.key} listens on {there}, not on {wanted}"
    fix = opens or f"add port {wanted} to the Service, or use a port that is there"
    return Final("no-listener", message, code="SIM2011", fix=fix, source=line, fix_source=line)


def listening(service: LinkedService) -> str:
    """The ports of a Service, as `80/TCP, 443/TCP`."""
    return ", ".join(f"{p.number}/{p.protocol}" for p in service.ports) or "nothing"


def wrong_protocol(controller: str, tls: bool) -> Final:
    """Plain HTTP on the TLS port of a controller, or TLS on the plain one."""
    if tls:
        message = "plain HTTP was sent to the TLS port"
        return Final("answered-by-proxy", message, 400, controller, code="SIM2020", fix="use https://")
    message = "the port answers in plain HTTP, not with a handshake"
    return Final("tls-failed", message, code="SIM2020", fix="use http://, or port 443")


def delivered(
    service: LinkedService,
    port: LinkedPort,
    reached: tuple[Reached, ...],
    sending: Sending | None,
    virtual: str | None = None,
) -> Delivered:
    """An application Pod answers; its status is its own.

    Args:
        sending: what a controller or Gateway did before; None: the connection came straight here.
        virtual: the address that the sender knows, where it knows none of the Pods.
    """
    likely = [r.endpoint for r in reached if r.probability]
    final = Delivered(
        "delivered",
        f"to Service {service.key}, port {port.number}",
        answered_by="the application",
        backend=f"{service.key}:{port.number}",
        pod=likely[0].pod if len(likely) == 1 else None,
        endpoints=(virtual,) if virtual else tuple(e.target for e in likely),
        reached=reached,
    )
    if sending is None:
        return final
    return replace(
        final,
        rule=sending.rule,
        sent=sending.sent,
        certificate=sending.certificate,
        code=sending.code,
        fix=sending.fix,
        fix_source=sending.fix_source,
    )


def outside(found: Resolved, sending: Sending) -> Delivered:
    """An ExternalName Service: the request leaves the cluster."""
    return Delivered(
        "delivered",
        f"to {found.external}, outside the cluster",
        answered_by=found.external,
        backend=found.backend,
        rule=sending.rule,
        sent=sending.sent,
        certificate=sending.certificate,
        endpoints=(found.external or "",),
        outside=True,
    )


def nothing_behind(sending: Sending, found: Resolved) -> Final:
    """A rule chose a Service and nothing is there to serve."""
    if sending.passed:
        return not_passed(sending, found, found.message)
    return Final(
        "answered-by-proxy",
        found.message,
        sending.status,
        sending.by,
        found.backend,
        sending.rule,
        code=found.code,
        fix=found.fix,
        source=found.source,
        fix_source=found.fix_source,
        certificate=sending.certificate,
        response=sending.sent.response,
    )


def cannot_connect(sending: Sending, found: Resolved, because: str) -> Final:
    """The controller was sent to an address that nobody answers behind."""
    why = f"{because}; the controller cannot connect"
    if sending.passed:
        return not_passed(sending, found, why)
    return Final(
        "answered-by-proxy",
        why,
        sending.retries.when_refused,
        sending.by,
        found.backend,
        sending.rule,
        code="SIM2012",
        fix="make a Pod of the Service ready",
        certificate=sending.certificate,
        sent=sending.sent,
    )


def redirected(controller: str, decision: RedirectTo, unseen_tls: bool) -> Redirected:
    """The controller sends the client elsewhere.

    Args:
        unseen_tls: whether it asks for the https that the client spoke and a load balancer ended.
    """
    return Redirected(
        "redirected",
        decision.because,
        decision.status,
        controller,
        rule=decision.rule,
        code=decision.code,
        source=decision.source,
        certificate=decision.certificate,
        location=decision.location,
        way_out=decision.way_out,
        unseen_tls=unseen_tls,
    )


def own_answer(
    controller: str, decision: OwnAnswer, steps: Iterable[Step], cause: tuple[Row, Step] | None
) -> Final:
    """The controller's own answer.

    Args:
        cause: a row that would take the request, and is left out.
    """
    if decision.code in NO_RULE and cause is not None:
        return _without(cause, controller, decision)
    shown = list(steps)
    nearest = next((s for s in shown if s.source and not s.held), None)
    line = nearest.source if nearest else None
    return Final(
        "answered-by-proxy",
        decision.because,
        decision.status,
        controller,
        rule=decision.rule,
        code=decision.code,
        fix=_fix(decision, shown),
        source=decision.source or line,
        fix_source=line,
        certificate=decision.certificate,
    )


def _without(cause: tuple[Row, Step], controller: str, decision: OwnAnswer) -> Final:
    """Nobody takes the request, because of a row that is left out."""
    return Final(
        "answered-by-proxy",
        f"{decision.because}; {_left_out(cause)}",
        decision.status,
        controller,
        code=code_of(cause[1]),
        fix=cause[1].way_out,
        source=cause[1].source,
        fix_source=cause[1].source,
        certificate=decision.certificate,
    )


def _left_out(cause: tuple[Row, Step]) -> str:
    row, step = cause
    return f"{row.shown} of Ingress {row.ingress.key} would take it, but is left out: {step.because}"


def _fix(decision: OwnAnswer, steps: Iterable[Step]) -> str:
    if decision.code == "SIM2005":
        paths = [s.row for s in steps if s.failed == "path"][:3]
        return f"use a path under one of: {', '.join(paths)}" if paths else "add a path to the rule"
    return FIXES.get(decision.code or "", "add a rule for this host, or ask for a host that has one")

"""Where TLS is on a request's way, leg by leg, from what load balancer and controller decided."""

from typing import Any

from sim.cluster.cluster import LinkedPort, LinkedService
from sim.report.words.on_the_way import hop_of
from sim.routing.controllers.certificates import DEFAULT
from sim.routing.hops.load_balancer import ended
from sim.routing.trace import Trace
from sim.simulation.design import Flow

PASSED = ("SIM2083", "SIM2087")
"""Codes of TLS that is passed through a controller, to somebody and to nobody."""


def shown_tls(
    trace: Trace, flow: Flow, service: LinkedService | None, port: LinkedPort | None
) -> dict[str, Any]:
    """The three legs, where TLS ends, whose key lies there, and whether the controller cannot read.

    Args:
        flow: how the run has it, where neither trace nor annotation decides.
        service, port: that the client comes by.
    """
    sealed = {trace.final.code, *(note.code for note in trace.notes)} & {*PASSED} != set()
    encrypted = trace.request.scheme == "https"
    at = ("pod" if sealed else _ends_at(trace, flow, service, port)) if encrypted else None
    client, node, pod = _legs(trace, at, service, port)
    certificate = trace.final.certificate
    key = "" if at != "controller" or certificate is None else _key(certificate)
    legs = {"client": _word(client), "node": _word(node), "pod": _word(pod)}
    return {"legs": legs, "ends_at": at, "key": key, "sealed": sealed}


def _ends_at(trace: Trace, flow: Flow, service: LinkedService | None, port: LinkedPort | None) -> str:
    """The first place that ends it."""
    if trace.proxy is not None and trace.proxy.listeners:
        return "load-balancer"
    if service is not None and port is not None and ended(service, port) is not None:
        return "load-balancer"
    return "controller" if hop_of(trace, "controller") is not None else flow.tls_ends or "pod"


def _legs(
    trace: Trace, at: str | None, service: LinkedService | None, port: LinkedPort | None
) -> tuple[bool, bool, bool]:
    """Whether each leg is encrypted: to the load balancer, from there on, and from a controller on."""
    again = at == "load-balancer" and service is not None and port is not None and ended(service, port)
    onward = trace.final.sent is not None and trace.final.sent.scheme == "https"
    if trace.proxy is not None and trace.proxy.listeners:
        return at is not None, onward, onward
    before = at in ("controller", "pod") or bool(again and again.again)
    behind = onward if hop_of(trace, "controller") is not None else before
    return at is not None, before, behind or at == "pod"


def _word(encrypted: bool) -> str:
    return "encrypted" if encrypted else "plain"


def _key(certificate: str) -> str:
    return "default certificate" if certificate == DEFAULT else f"Secret {certificate.rpartition('/')[2]}"

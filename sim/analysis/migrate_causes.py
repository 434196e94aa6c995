"""Why a request is answered otherwise after a migration, and what can be done about it.

Each cause is a test of the request and both answers; the first that holds counts. They are facts about the
two proxies, or what the migration could not carry over.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from sim.analysis.diff import Change
from sim.plans.migration import LeftOut
from sim.routing import Request, Trace
from sim.routing.controllers.api import path_of, wildcard_of
from sim.routing.gateway.hostnames import fits
from sim.units import attributes


@dataclass(frozen=True)
class Cause:
    """What makes a difference.

    Args:
        name: a word for it, as in the published form.
        says: a sentence.
        choices: what can be done, each in a phrase.
        ingress: `NAMESPACE/NAME`, where it is about one.
        source: `FILE:LINE`.
    """

    name: str
    says: str
    choices: tuple[str, ...] = ()
    ingress: str | None = None
    source: str | None = None

    def to_json(self) -> dict[str, Any]:
        """As `sim migrate -o json` shows it."""
        return attributes(self, "name says choices ingress source")


class Pair(NamedTuple):
    """A request and its two answers."""

    request: Request
    old: Trace
    new: Trace
    changes: tuple[Change, ...]

    @property
    def names(self) -> set[str]:
        """What differs."""
        return {change.name for change in self.changes}

    def places(self) -> tuple[Any, Any]:
        """Where both redirects lead; None for an answer that is none."""
        return tuple(  # type: ignore[return-value]
            urlsplit(place) if (place := getattr(t.final, "location", None)) else None
            for t in (self.old, self.new)
        )


def _keeps_slash(pair: Pair) -> bool:
    old, new = pair.places()
    longer = f"{old.path}/" if old is not None else ""
    return pair.names == {"location"} and new.path == longer


def _keeps_query(pair: Pair) -> bool:
    old, new = pair.places()
    return pair.names == {"location"} and new.query != old.query and old.query == ""


def _own_certificate(pair: Pair) -> bool:
    closed = pair.new.final.state in ("no-listener", "not-http", "tls-failed")
    return pair.old.final.certificate == "default" and closed


def _host_of_gateway(pair: Pair) -> bool:
    """A wildcard of a route takes names of any depth."""
    host = pair.request.host.lower()
    asked = [s for h in pair.new.hops for s in h.steps if s.parts and "host" not in s.failed.split("+")]
    names = {name for step in asked if step.parts for name in step.parts.host.split(", ")}
    wide = [name for name in names if name.startswith("*.") and fits(name, host)]
    return bool(wide) and host not in names and wildcard_of(host) not in wide


def _escapes(pair: Pair) -> bool:
    return "%" in path_of(pair.request)


def _as_compared(pair: Pair) -> bool:
    path = path_of(pair.request)
    return pair.names == {"upstream_path"} and ("//" in path or "/." in path)


def _certificate_alone(pair: Pair) -> bool:
    return pair.names == {"certificate"} and pair.old.final.certificate == "default"


def _order_of_checks(pair: Pair) -> bool:
    statuses = [trace.final.status for trace in (pair.old, pair.new)]
    return statuses.count(403) == 1 and None not in statuses


def _slash_of_closed(pair: Pair) -> bool:
    old, new = pair.old.final, pair.new.final
    return new.status == 503 and new.code == "SIM2160" and old.status != 503


def _canary_alone(pair: Pair) -> bool:
    ends = [pair.old.final, pair.new.final]
    unready = [any(one.status == 503 and one.backend for one in end.shares()) for end in ends]
    served = [end.state == "delivered" for end in ends]
    return unready.count(True) == 1 and any(served) and not pair.names.isdisjoint({"backend", "outcomes"})


def _no_service(pair: Pair) -> bool:
    return pair.old.final.status == 503 and pair.new.final.status in (500, 503)


def _options(pair: Pair) -> bool:
    answered = pair.old.final.status == 204 or pair.new.final.status == 200
    return pair.request.method == "OPTIONS" and answered


KNOWN: tuple[tuple[str, Callable[[Pair], bool], str, tuple[str, ...]], ...] = (
    (
        "query-of-a-redirect",
        _keeps_query,
        "nginx redirects to the URL that the annotation names and drops the query; Envoy passes it on",
        (
            "leave it, if the target does not mind a query",
            "an HTTPRouteFilter with directResponse and the header Location, which drops it",
        ),
    ),
    (
        "final-slash-of-a-redirect",
        _keeps_slash,
        "ingress-nginx takes the final slash off a redirect to https or to another name; Envoy keeps it",
        ("leave it: the client then asks for the path as it typed it",),
    ),
    (
        "answer-to-options",
        _options,
        "with CORS on, ingress-nginx answers every OPTIONS of an allowed origin with 204, and passes others "
        "on; Envoy answers every preflight with 200, and lets in the same origins",
        ("leave it: to a browser both mean the same",),
    ),
    (
        "certificate-of-the-controller",
        _own_certificate,
        "ingress-nginx answers https for every host with a certificate that it signed itself; a Gateway has "
        "no listener for a host without a certificate, so the handshake fails",
        (
            "give the host a certificate: a Secret and a listener",
            "leave it: no browser accepts that certificate",
        ),
    ),
    (
        "certificate-of-a-wildcard",
        _certificate_alone,
        "ingress-nginx shows a certificate that it signed itself where none covers the host; the listener of "
        "a wildcard shows its own for names of any depth",
        ("leave it: no browser accepts either",),
    ),
    (
        "order-of-checks",
        _order_of_checks,
        "ingress-nginx redirects and looks for Pods before it judges the address of a client, and judges it "
        "where it answers 404 too; Envoy judges first, and only where a route is",
        ("leave it: who is not let in gets no further on either side",),
    ),
    (
        "slash-of-a-closed-path",
        _slash_of_closed,
        "a list of addresses that cannot be read closes a path: to ingress-nginx it begins with its last "
        "slash, to a Gateway without it",
        ("write the list so that it can be read",),
    ),
    (
        "canary-of-nothing",
        _canary_alone,
        "ingress-nginx leaves a canary out where it or its main Service has nothing ready; Envoy does as the "
        "rule says",
        ("take the canary away with its Pods",),
    ),
    (
        "reference-without-a-service",
        _no_service,
        "no such Service or port: ingress-nginx answers 503, a Gateway 500",
        ("make the Service, or take the rule out",),
    ),
    (
        "path-as-compared",
        _as_compared,
        "nginx sends a path on as it came; Envoy as it compares it: slashes merged, dots resolved",
        ("leave it, if the application treats both alike",),
    ),
    (
        "escaped-characters",
        _escapes,
        "nginx decodes a path before it compares it; Envoy compares most of it as it is sent",
        ("write the path as clients send it",),
    ),
    (
        "depth-of-a-wildcard",
        _host_of_gateway,
        "a wildcard host of an Ingress is one label; one of an HTTPRoute is any number of labels",
        ("name the hosts instead of the wildcard", "let the application refuse hosts that it does not know"),
    ),
)


CONCERNS: dict[str, frozenset[str]] = {
    "affinity": frozenset({"set_cookie"}),
    "backend-protocol": frozenset({"upstream_scheme"}),
    "limit-burst-multiplier": frozenset({"at_once"}),
    "limit-connections": frozenset({"at_once"}),
    "limit-rpm": frozenset({"at_once"}),
    "limit-rps": frozenset({"at_once"}),
    "proxy-body-size": frozenset(),
}
"""What is left out -> what of an answer it can change; anything, where it is not listed."""


def cause_of(
    request: Request, old: Trace, new: Trace, found: tuple[Change, ...], left: Iterable[LeftOut]
) -> Cause | None:
    """Why two answers differ; None: it is none of the known causes."""
    pair = Pair(request, old, new, found)
    for name, holds, says, choices in KNOWN:
        if holds(pair):
            return Cause(name, says, choices)
    rule = (old.final.rule or "").partition(" ")[0]
    able = [one for one in left if not CONCERNS.get(one.what, pair.names).isdisjoint(pair.names)]
    mine = [one for one in able if one.ingress == rule]
    # A default backend and a canary do as the Ingress asks whose location it is.
    others = [one for one in able if one.what in CONCERNS]
    return next(
        (Cause(one.what, one.changes, one.choices, one.ingress, one.source) for one in mine + others), None
    )

"""Limits and source ranges, and who writes the page of an error that is intercepted.

Source: template.go (buildRateLimit), nginx.tmpl (deny, allow, error_page), annotations/ratelimit,
annotations/ipallowlist, annotations/customhttperrors; nginx's limit_req, limit_conn and access modules.
"""

from dataclasses import replace

from sim.routing.controllers.decision import Decision, OwnAnswer, RedirectTo, SendTo, Split
from sim.routing.controllers.ingress_nginx.annotations import line_of
from sim.routing.controllers.ingress_nginx.redirects import identity
from sim.routing.controllers.ingress_nginx.servers import Location
from sim.routing.controllers.ingress_nginx.table import NginxTable
from sim.routing.controllers.ingress_nginx.upstreams import DEFAULT_UPSTREAM
from sim.routing.controllers.ingress_nginx.values import contains
from sim.routing.trace import Request, Step


def refused(request: Request, location: Location) -> Decision | None:
    """403 for an address in a denied range, or outside all allowed ones."""
    asked, ingress = location.annotations, location.ingress
    if ingress is None:
        return None
    if asked.refused and contains(asked.refused, request.client_ip):
        return _forbidden(request, location, "denylist-source-range", "lies in a denied range")
    if asked.allowed and not contains(asked.allowed, request.client_ip):
        given = ingress.metadata.annotations
        name = next(
            (n for n in ("allowlist", "whitelist") if any(f"/{n}-" in key for key in given)), "allowlist"
        )
        return _forbidden(request, location, f"{name}-source-range", "lies in no allowed range")
    return None


def _forbidden(request: Request, location: Location, name: str, why: str) -> Decision:
    assert location.ingress is not None
    because = f"{name} of Ingress {location.ingress.key}: {request.client_ip} {why}"
    line = line_of(location.ingress, name)
    return identity(location).answer(403, "SIM2035", because, line)


def limited(request: Request, location: Location, sent: SendTo | Split) -> SendTo | Split:
    """Note how many requests of one instant pass, one client address and controller Pod."""
    limits = location.annotations.limits
    if limits.at_once is None or contains(limits.exempt, request.client_ip):
        return sent
    because = f"of the requests of one instant {limits.at_once} pass, the rest get 503"
    name = next(n for n in ("limit-rps", "limit-rpm", "limit-connections") if getattr(limits, n[6:]) > 0)
    line = line_of(location.ingress, name) if location.ingress else None
    step = Step(f"annotation {name}", True, because, line)
    steps = (*sent.steps, step)
    if isinstance(sent, SendTo):
        return replace(_at_once(sent, limits.at_once), steps=steps)
    shares = tuple(replace(s, decision=_at_once(s.decision, limits.at_once)) for s in sent.shares)
    return replace(sent, steps=steps, shares=shares)


def _at_once(sent: SendTo, most: int) -> SendTo:
    return replace(sent, forwarded=replace(sent.forwarded, at_once=most))


def intercepted(decision: Decision, location: Location, rules: NginxTable) -> Decision:
    """An error of nginx's own that custom-http-errors lists is answered by a default backend."""
    if not isinstance(decision, OwnAnswer | RedirectTo):
        return decision
    codes, status = location.annotations.error_codes, decision.status
    own = location.upstream == DEFAULT_UPSTREAM and status == 404
    if status not in codes or own or location.annotations.denied:
        return decision
    key = stand_in(location, rules) or (rules.default_backend if rules.default_ready else None)
    because = f"{decision.because}; custom-http-errors has {status} answered by the default backend"
    if key is None:
        return decision.answer(404, "SIM2036", because)
    return decision.served_by(key, "SIM2036", because)


def stand_in(location: Location, rules: NginxTable) -> str | None:
    """`NAMESPACE/NAME` of the annotation default-backend, if something is ready behind it."""
    namespace = location.ingress.namespace if location.ingress is not None else ""
    key = f"{namespace}/{location.annotations.default_backend}"
    return key if key in rules.ready_services else None

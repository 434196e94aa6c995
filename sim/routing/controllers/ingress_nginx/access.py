"""Limits and source ranges, and who writes the page of an error that is intercepted.

Source: template.go (buildRateLimit), nginx.tmpl (deny, allow, error_page), annotations/ratelimit,
annotations/ipallowlist, annotations/customhttperrors; nginx's limit_req, limit_conn and access modules.
"""

from dataclasses import replace

from sim.routing.controllers.decision import Decision, OwnAnswer, RedirectTo, SendTo, Split
from sim.routing.controllers.ingress_nginx.annotations import line_of
from sim.routing.controllers.ingress_nginx.configuration import Configuration
from sim.routing.controllers.ingress_nginx.redirects import identity
from sim.routing.controllers.ingress_nginx.servers import Location
from sim.routing.controllers.ingress_nginx.table import NginxTable
from sim.routing.controllers.ingress_nginx.upstreams import DEFAULT_UPSTREAM
from sim.routing.controllers.ingress_nginx.values import PREFIX, contains
from sim.routing.trace import Request, Step


def refused(request: Request, location: Location, told: Configuration) -> Decision | None:
    """403 for an address in a denied range, or outside all allowed ones.

    A location with ranges of its own does not inherit those of block-cidrs. Source: nginx's access module.
    """
    asked, address = location.annotations, request.client_ip
    if asked.refused and contains(asked.refused, address):
        return _forbidden(request, location, ("denylist-source-range",), "lies in a denied range", told)
    if asked.allowed and not contains(asked.allowed, address):
        names = ("allowlist-source-range", "whitelist-source-range")
        return _forbidden(request, location, names, "lies in no allowed range", told)
    if not asked.refused and not asked.allowed and contains(told.block_cidrs, address):
        return _forbidden(request, location, ("block-cidrs",), "lies in a blocked range", told)
    return None


def _forbidden(
    request: Request, location: Location, names: tuple[str, ...], why: str, told: Configuration
) -> Decision:
    """By the annotation of one of these names, else by the key of the ConfigMap."""
    ingress = location.ingress
    given = ingress.metadata.annotations if ingress is not None else {}
    name = next((name for name in names if PREFIX + name in given), None)
    if ingress is not None and name is not None:
        whose, line = f"{name} of Ingress {ingress.key}", line_of(ingress, name)
    else:
        said = next((one for one in map(told.said, names) if one is not None), None)
        whose, line = (said.what, said.source) if said is not None else (names[0], None)
    because = f"{whose}: {request.client_ip} {why}"
    return identity(location).answer(403, "SIM2035", because, line)


def limited(
    request: Request, location: Location, sent: SendTo | Split, told: Configuration
) -> SendTo | Split:
    """Note how many requests of one instant pass, one client address and controller Pod."""
    limits = location.annotations.limits
    if limits.at_once is None or contains(limits.exempt, request.client_ip):
        return sent
    by_rate = limits.rps > 0 or limits.rpm > 0
    status = told.limit_req_status_code if by_rate else told.limit_conn_status_code
    because = f"of the requests of one instant {limits.at_once} pass, the rest get {status}"
    name = next(n for n in ("limit-rps", "limit-rpm", "limit-connections") if getattr(limits, n[6:]) > 0)
    line = line_of(location.ingress, name) if location.ingress else None
    step = Step(f"annotation {name}", True, because, line)
    steps = (*sent.steps, step)
    if isinstance(sent, SendTo):
        return replace(_at_once(sent, limits.at_once, status), steps=steps)
    shares = tuple(replace(s, decision=_at_once(s.decision, limits.at_once, status)) for s in sent.shares)
    return replace(sent, steps=steps, shares=shares)


def _at_once(sent: SendTo, most: int, status: int) -> SendTo:
    return replace(sent, forwarded=replace(sent.forwarded, at_once=most, limit_status=status))


def intercepted(decision: Decision, location: Location, rules: NginxTable) -> Decision:
    """An error of nginx's own that custom-http-errors lists is answered by a default backend."""
    if not isinstance(decision, OwnAnswer | RedirectTo):
        return decision
    codes, status = location.annotations.error_codes, decision.status
    by_default = location.upstream == DEFAULT_UPSTREAM and status == 404
    if status not in codes or by_default or location.annotations.denied:
        return decision
    own = stand_in(location, rules) if location.annotations.own_errors else None
    key = own or (rules.default_backend if rules.default_ready else None)
    because = f"{decision.because}; custom-http-errors has {status} answered by the default backend"
    if key is None:
        return decision.answer(404, "SIM2036", because)
    return decision.served_by(key, "SIM2036", because)


def stand_in(location: Location, rules: NginxTable) -> str | None:
    """`NAMESPACE/NAME` of the annotation default-backend, if something is ready behind it."""
    namespace = location.ingress.namespace if location.ingress is not None else ""
    key = f"{namespace}/{location.annotations.default_backend}"
    return key if key in rules.ready_services else None

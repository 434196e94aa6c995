"""Canaries: whose requests they share, and which requests they get.

A canary Ingress has no locations. Each of its paths is compared with the locations of the host; where path
and type are equal, its upstream becomes an alternative of that location's upstream, and so of every location
that shares it. Only the first alternative is ever asked. Source: internal/ingress/controller/controller.go
(mergeAlternativeBackends), lua/balancer.lua (route_to_alternative_balancer), lua/balancer/sticky.lua.
"""

from collections.abc import Mapping
from dataclasses import replace
from hashlib import md5

from sim.routing.controllers.ingress_nginx.annotations import Annotations, Canary
from sim.routing.controllers.ingress_nginx.servers import (
    DEFAULT_SERVER,
    Location,
    ServerDraft,
    without_canary,
)
from sim.routing.controllers.ingress_nginx.upstreams import (
    DEFAULT_UPSTREAM,
    Alternative,
    NginxUpstream,
    Read,
    upstream_name,
)
from sim.routing.controllers.rows import EXACT, PREFIX, DroppedRow, Row, rows_of
from sim.routing.expressions import PCRE, GaveUp, UnreadableExpressionError, as_bytes, expression
from sim.routing.trace import Request


def merge(made: ServerDraft, ingresses: list[Read]) -> None:
    """Give every canary to the upstreams whose requests it shares; one that finds none serves nothing."""
    canaries = [read for read in ingresses if read[1].canary is not None]
    if len(canaries) == len(ingresses):
        return
    for ingress, asked in canaries:
        default = ingress.spec.default_backend
        if default is not None and default.service is not None:
            name = upstream_name(ingress.namespace, default)
            offered = Alternative(name, None, ingress.line("spec", "defaultBackend"))
            _merge(made, offered, asked, made.locations[DEFAULT_SERVER])
        for row in rows_of(ingress):
            if row.backend.service is not None and row.host in made.locations:
                name = upstream_name(row.namespace, row.backend)
                offered = Alternative(name, row, row.source)
                _merge(made, offered, asked, made.locations[row.host])


def _merge(made: ServerDraft, offered: Alternative, asked: Annotations, locations: list[Location]) -> None:
    """Compare with the locations in their order; stop at one that the canary's own upstream serves."""
    if offered.upstream not in made.upstreams:
        return
    merged, row = False, offered.row
    for location in locations:
        primary = made.upstreams.get(location.upstream)
        if location.upstream == offered.upstream:
            return
        if primary is None or primary.canary is not None or location.upstream == DEFAULT_UPSTREAM:
            continue
        if row is None or _same_path(location, row):
            merged = True
            _add(made, primary, offered, asked)
    because = "a canary, and no row has the same host, path and type: unused"
    if merged:
        because = "a canary: it shares the requests of the row with its host and path"
    else:
        made.upstreams.pop(offered.upstream)
    if row is not None:
        made.fates[row.rule] = DroppedRow(row, "canary", because, without_canary(row, asked))


def _same_path(location: Location, row: Row) -> bool:
    kind = EXACT if row.path_type == EXACT else PREFIX
    return location.path == as_bytes(row.path) and location.path_type == kind


def _add(made: ServerDraft, primary: NginxUpstream, offered: Alternative, asked: Annotations) -> None:
    if any(a.upstream == offered.upstream for a in primary.alternatives):
        return
    if asked.canary_behaviour != "legacy":
        made.upstreams[offered.upstream] = replace(
            made.upstreams[offered.upstream],
            affinity=primary.affinity,
            affinity_mode=primary.affinity_mode,
            cookie_paths=primary.cookie_paths,
        )
    made.upstreams[primary.name] = replace(primary, alternatives=(*primary.alternatives, offered))


Chance = tuple[float, str]
"""How likely the alternative is, and why."""


def choose(request: Request, primary: NginxUpstream, alternative: NginxUpstream | None) -> Chance:
    """Whether the first alternative takes a request: affinity, header, cookie, then weight."""
    if alternative is None or not alternative.ready:
        return (0.0, "the canary has nothing ready")
    if _bound_to(request, primary):
        return (0.0, "its session cookie names the main backend")
    if _bound_to(request, alternative):
        return (1.0, "its session cookie names the canary")
    if alternative.canary is None:
        return (0.0, "the Service of the canary is named by an older rule that is none")
    return _by_policy(request, alternative.canary)


def _by_policy(request: Request, canary: Canary) -> Chance:
    header = header_of(request, canary.header) if canary.header else None
    if header is not None and (decided := _by_header(canary, header)) is not None:
        return decided
    cookie = cookie_of(request, canary.cookie) if canary.cookie else None
    if cookie in ("always", "never"):
        return (float(cookie == "always"), f"cookie {canary.cookie} says {cookie}")
    total = max(canary.total, 100)
    share = min(max(canary.weight / total, 0.0), 1.0)
    return (share, f"weight {canary.weight} of {total}")


def _by_header(canary: Canary, header: str) -> Chance | None:
    """None: the header says nothing, and the cookie is asked."""
    if canary.header_value:
        found = header == canary.header_value
        return (1.0, f"header {canary.header} is {header}") if found else None
    if canary.header_pattern:
        try:
            fitted = expression(as_bytes(canary.header_pattern), PCRE).search(as_bytes(header))
        except UnreadableExpressionError as error:
            return (0.0, f"canary-by-header-pattern cannot be read: {error}")
        if isinstance(fitted, GaveUp):
            return (0.0, f"canary-by-header-pattern {canary.header_pattern} {fitted.because}")
        return (1.0, f"header {canary.header} fits {canary.header_pattern}") if fitted else None
    if header in ("always", "never"):
        return (float(header == "always"), f"header {canary.header} says {header}")
    return None


def header_of(request: Request, name: str) -> str | None:
    """A request header; several of one name are one, joined."""
    wanted = name.lower().replace("_", "-")
    found = [v for k, v in request.headers.items() if k.lower() == wanted]
    return ", ".join(found) if found else None


def cookie_of(request: Request, name: str) -> str | None:
    """A cookie of the request; names are compared without regard to case."""
    header = header_of(request, "cookie") or ""
    pairs = (pair.strip().partition("=") for pair in header.replace(",", ";").split(";"))
    return next((value for key, _, value in pairs if key.strip().lower() == name.lower()), None)


def cookies_of(request: Request) -> Mapping[str, str]:
    """All cookies by their exact name, as the session affinity reads them."""
    header = header_of(request, "cookie") or ""
    pairs = (pair.strip().partition("=") for pair in header.split(";"))
    return {key: value for key, _, value in pairs if key}


def _bound_to(request: Request, upstream: NginxUpstream) -> bool:
    """Whether the session cookie carries this upstream's key behind its `|`."""
    value = cookies_of(request).get(upstream.affinity, "") if upstream.affinity else ""
    return value.partition("|")[2] == backend_key(upstream.name)


def backend_key(name: str) -> str:
    """The key that a session cookie carries for an upstream."""
    inner = md5(name.encode(), usedforsecurity=False).hexdigest()
    return md5((inner + name).encode(), usedforsecurity=False).hexdigest()

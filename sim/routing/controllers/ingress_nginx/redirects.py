"""Answers of the rewrite phase: redirects by name, path, scheme and annotation; CORS; the rewritten path.

Source: rootfs/etc/nginx/template/nginx.tmpl, lua/lua_ingress.lua (rewrite), lua/nginx/ngx_srv_redirect.lua,
template.go (buildProxyPass, buildCorsOriginRegex); nginx's ngx_http_core_find_config_phase.
"""

import re
from collections.abc import Iterable, Mapping

from sim.routing.controllers import variables
from sim.routing.controllers.decision import Decided, Decision, OwnAnswer, RedirectTo
from sim.routing.controllers.ingress_nginx import forwarded
from sim.routing.controllers.ingress_nginx.annotations import line_of
from sim.routing.controllers.ingress_nginx.canary import header_of
from sim.routing.controllers.ingress_nginx.configuration import Configuration
from sim.routing.controllers.ingress_nginx.names import for_name
from sim.routing.controllers.ingress_nginx.servers import Location
from sim.routing.controllers.ingress_nginx.uri import as_text, escaped
from sim.routing.controllers.ingress_nginx.values import PREFIX
from sim.routing.expressions import PCRE, GaveUp, Match, UnreadableExpressionError, as_bytes, expression
from sim.routing.trace import DEFAULT_PORTS, Request

WITH_LOCATION = frozenset({301, 302, 303, 307, 308})


def identity(location: Location) -> Decided:
    """Rule, row and line of what a location stands for."""
    row = location.row
    if row is not None:
        return Decided(rule=row.rule, row=row, source=row.source)
    default = location.ingress.spec.default_backend if location.ingress is not None else None
    if location.ingress is None or default is None or default.service is None:
        return Decided()
    return Decided(rule="default-backend", source=location.ingress.line("spec", "defaultBackend"))


def to_other_name(request: Request, host: str, to: str, told: Configuration) -> Decision:
    """From www to the name without, or back; the port stands in the answer."""
    path = request.path.partition("#")[0].removesuffix("/")
    scheme = forwarded.trusted(request, told, forwarded.PROTO) or request.scheme
    port = forwarded.trusted(request, told, forwarded.PORT) or DEFAULT_PORTS[request.scheme]
    because = f"{host} only redirects to {to} (from-to-www-redirect)"
    there = f"{scheme}://{to}:{port}{path}"
    return RedirectTo(status=told.http_redirect_code, location=there, code="SIM2031", because=because)


def app_root(request: Request, locations: Iterable[Location]) -> Decision | None:
    """The first location of the server with an app-root decides for `/`, whatever rule would serve it."""
    for location in locations:
        root, ingress = location.annotations.app_root, location.ingress
        if root and ingress is not None:
            target = f"{request.scheme}://{request.host_header}{_filled(root, request, None)}"
            because = f"app-root of Ingress {ingress.key} redirects / to {root}"
            line = line_of(ingress, "app-root")
            return RedirectTo(
                status=302, location=target, code="SIM2031", because=because, source=line,
                way_out=f"take app-root off Ingress {ingress.key}, or let it name a path that is served",
            )  # fmt: skip
    return None


def with_slash(request: Request, host: str, location: Location) -> Decision:
    """Nginx's own redirect to a location that ends with a slash."""
    _, question, query = request.path.partition("#")[0].partition("?")
    target = f"{escaped(location.path)}{question if query else ''}{query}"
    because = f"nginx has a location {location.path} and redirects {location.path[:-1]} to it"
    there = _absolute(request, host, target, location)
    return identity(location).redirect(301, there, "SIM2016", because)


def _absolute(request: Request, host: str, target: str, location: Location) -> str:
    return target if location.annotations.relative_redirects else f"{request.scheme}://{host}{target}"


def preflight(request: Request, location: Location) -> Decision | None:
    """With CORS on, every OPTIONS of an allowed origin is answered 204 by nginx itself."""
    origins = location.annotations.cors_origins
    if origins is None or request.method != "OPTIONS" or not _allowed(request, origins):
        return None
    because = "enable-cors: nginx answers OPTIONS itself"
    line = line_of(location.ingress, "enable-cors") if location.ingress else None
    return identity(location).answer(204, "SIM2032", because, line)


def _allowed(request: Request, origins: tuple[str, ...]) -> bool:
    if origins == ("*",):
        return True
    origin = header_of(request, "origin") or ""
    # A star is one label, and only the end is anchored.
    patterns = (re.escape(o).replace(r"\*", r"[A-Za-z0-9\-]+", 1) + "$" for o in origins)
    return any(re.search(pattern, origin, re.IGNORECASE) is not None for pattern in patterns)


def by_annotation(request: Request, location: Location) -> Decision | None:
    """temporal-redirect or permanent-redirect; the target is fixed."""
    redirect = location.annotations.redirect
    if redirect is None or location.ingress is None:
        return None
    line = line_of(location.ingress, redirect.annotation)
    because = f"{redirect.annotation} of Ingress {location.ingress.key} answers for all its paths"
    if redirect.code not in WITH_LOCATION:
        return identity(location).answer(redirect.code, "SIM2031", because, line)
    host = request.host_header.lower().partition(":")[0]
    url = redirect.url
    there = _absolute(request, host, url, location) if url.startswith("/") else url
    way_out = f"take {redirect.annotation} off Ingress {location.ingress.key}"
    return identity(location).redirect(redirect.code, there, "SIM2031", because, line, way_out)


def rewritten(request: Request, path: str, location: Location) -> str | Decision | None:
    """The path and query that reach the backend after rewrite-target; None: as the client sent them.

    A target that starts with http:// or https:// is a redirect to nginx, and an empty result an error.
    """
    target = location.annotations.rewrite_target
    if not target or as_bytes(target) == location.path:
        return None
    try:
        found = expression(location.path, PCRE, caseless=True).search(path)
    except UnreadableExpressionError:
        found = None
    if isinstance(found, GaveUp):
        return gave_up(location, found)
    if found is None:
        return None
    filled = _filled(as_bytes(target), request, found)
    _, question, query = request.path.partition("#")[0].partition("?")
    arguments = f"{question}{query}" if query else ""
    if target.startswith(("http://", "https://")):
        because = f"rewrite-target {target} starts with a scheme, so nginx redirects"
        way_out = "let rewrite-target begin with a slash, so that nginx rewrites and does not redirect"
        return identity(location).redirect(302, f"{filled}{arguments}", "SIM2031", because, way_out=way_out)
    if not filled:
        because = f"rewrite-target {target} leaves an empty path"
        return identity(location).answer(500, "SIM2034", because)
    return f"{escaped(filled)}{arguments}"


def gave_up(location: Location, bound: GaveUp) -> OwnAnswer:
    """500: nginx does not know whether the pattern of a location fits. Source: ngx_http_find_location."""
    because = f"the pattern {as_text(location.path)} {bound.because}: nginx answers 500"
    return identity(location).answer(500, bound.code, because)


def _filled(target: str, request: Request, found: Match | None) -> str:
    """A target with its captures `$1` to `$9` and the variables that a request fills."""

    def value(name: re.Match[str]) -> str:
        if not name[1].isdigit():
            said = variables.known(name[1], request)
            return name[0] if said is None else as_bytes(said)
        number = int(name[1])
        known = found is not None and number <= found.groups
        return found[number] if known and found is not None else ""

    return re.sub(r"\$([1-9]|[A-Za-z_]\w*)", value, target, flags=re.ASCII)


def goes_to_https(
    request: Request, host: str, location: Location, certificates: Mapping[str, str], told: Configuration
) -> bool:
    """Plain http, and either forced or a certificate is configured for the name."""
    asked = location.annotations
    if forwarded.scheme(request, told) != "http" or exempt(location, told):
        return False
    return asked.force_ssl_redirect or (asked.ssl_redirect and for_name(certificates, host) is not None)


def exempt(location: Location, told: Configuration) -> bool:
    """Whether no-tls-redirect-locations takes it out. Source: template.go (isLocationInLocationList)."""
    return any(location.path.startswith(start) for start in told.no_tls_redirect_locations)


def to_https(
    request: Request, host: str, location: Location, certificates: Mapping[str, str], told: Configuration
) -> Decision:
    """A final slash is taken off unless an annotation keeps it; the ConfigMap may give another status."""
    asked = location.annotations
    whole = request.path.partition("#")[0]
    shown = whole if asked.preserve_trailing_slash else whole.removesuffix("/")
    port = f":{told.https_port}" if asked.port_in_redirects else ""
    name = forwarded.host(request, told).partition(":")[0]
    because = f"a certificate is configured for {host}, so plain http is redirected"
    if asked.force_ssl_redirect:
        because = "force-ssl-redirect: plain http is redirected, certificate or not"
    status, there = told.http_redirect_code, f"https://{name}{port}{shown}"
    line, way_out = _forced_by(location, told), _without_https(host, location, certificates)
    return identity(location).redirect(status, there, "SIM2015", because, line, way_out=way_out)


def _forced_by(location: Location, told: Configuration) -> str | None:
    """The line of the ConfigMap, where that forces the redirect and no annotation does."""
    own = location.ingress.metadata.annotations if location.ingress is not None else {}
    forced = location.annotations.force_ssl_redirect and f"{PREFIX}force-ssl-redirect" not in own
    return told.line("force-ssl-redirect") if forced else None


def _without_https(host: str, location: Location, certificates: Mapping[str, str]) -> str:
    """The annotations that keep plain http from being redirected; each that asks for it must say no."""
    asked, by_name = location.annotations, for_name(certificates, host) is not None
    names = ["force-ssl-redirect"] if asked.force_ssl_redirect else []
    names += ["ssl-redirect"] if asked.ssl_redirect and by_name else []
    whose = f" on Ingress {location.ingress.key}" if location.ingress is not None else ""
    return f"set {' and '.join(f'{name}: {chr(34)}false{chr(34)}' for name in names)}{whose}"

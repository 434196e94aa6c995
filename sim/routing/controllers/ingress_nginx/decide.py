"""The request on its way through nginx's phases, in nginx's order; the first that answers ends it.

Server rewrite (www, app-root), location, rewrite (denied, CORS, redirects, rewrite-target), the controller's
own code (https redirect, nothing to send to), limits, source ranges, then the backend. So a redirect by
annotation comes before the one to https, and a client that is not allowed still gets 503 where nothing is
ready. Source: nginx.tmpl, lua/lua_ingress.lua, lua/balancer.lua; nginx's order of phases.
"""

from dataclasses import replace

from sim.routing.controllers.api import no_rule, path_of
from sim.routing.controllers.decision import (
    Decided,
    Decision,
    OwnAnswer,
    SendTo,
    Split,
    WeightedDecision,
)
from sim.routing.controllers.ingress_nginx import access, forwarded, handshake, passthrough, redirects
from sim.routing.controllers.ingress_nginx.annotations import line_of
from sim.routing.controllers.ingress_nginx.bearing import told_notes, told_steps
from sim.routing.controllers.ingress_nginx.canary import choose, cookies_of
from sim.routing.controllers.ingress_nginx.servers import DEFAULT_SERVER, Location
from sim.routing.controllers.ingress_nginx.table import NginxTable, Server
from sim.routing.controllers.ingress_nginx.upstreams import DEFAULT_UPSTREAM, Alternative, NginxUpstream
from sim.routing.controllers.ingress_nginx.uri import as_text, host_name, normalised
from sim.routing.expressions import GaveUp
from sim.routing.final import Forwarded
from sim.routing.trace import Request, Step


def decide(request: Request, rules: NginxTable) -> Decision:
    """What nginx does with a request, unless its TLS is passed on before nginx sees it."""
    if (passed := passthrough.decided(request, rules)) is not None:
        return passed
    request = replace(request, client_ip=forwarded.client_ip(request, rules.told))
    if (rejected := handshake.rejected(request, rules)) is not None:
        return rejected
    host, path = host_name(request.host_header), normalised(path_of(request))
    certificate = handshake.certificate(request, rules)
    if host is None or path is None:
        wrong = f"the Host header {request.host_header!r}" if host is None else f"the path {path_of(request)}"
        because = f"{wrong} is none that nginx takes"
        return OwnAnswer(status=400, code="SIM2030", because=because, certificate=certificate)
    decision = _in_server(request, host, path, rules)
    told = told_notes(request, decision, rules.told)
    notes = (*rules.problems, *passthrough.in_vain(request, rules), *told)
    steps = (*decision.steps, *told_steps(request, decision, rules.told))
    return replace(decision, certificate=certificate, notes=notes, steps=steps)


def _in_server(request: Request, host: str, path: str, rules: NginxTable) -> Decision:
    if (to := rules.names.www.get(host)) is not None:
        return redirects.to_other_name(request, host, to, rules.told)
    server = rules.servers[rules.names.server_of(host)]
    if path == "/" and (found := redirects.app_root(request, server.locations)) is not None:
        return found
    undecided = rules.names.gave_up(host)
    if undecided is not None:
        alias, bound = undecided
        because = f"the alias ~{as_text(alias)} {bound.because}: nginx answers 500"
        return OwnAnswer(status=500, code=bound.code, because=because)
    location, slash_missing = find(server, path)
    if isinstance(slash_missing, GaveUp):
        return redirects.gave_up(location, slash_missing)
    if location.status is not None:
        because = f"the controller answers {location.path} of its default server itself"
        return OwnAnswer(status=location.status, code="SIM2038", because=because)
    if slash_missing:
        return redirects.with_slash(request, host, location)
    decision = _at_location(request, host, path, server, location, rules)
    return access.intercepted(decision, location, rules)


def find(server: Server, path: str) -> tuple[Location, bool | GaveUp]:
    """The location for a path, and whether nginx redirects to it because only a slash is missing.

    Or the location whose pattern reached a bound, and which; nginx looks no further.
    """
    for location, pattern in zip(server.locations, server.patterns, strict=False):
        if pattern is not None and (found := pattern.search(path)) is not None:
            return location, found if isinstance(found, GaveUp) else False
    if path in server.exact:
        return server.exact[path], False
    if path in server.prefixes:
        return server.prefixes[path], False
    longer = server.exact.get(f"{path}/") or server.prefixes.get(f"{path}/")
    if longer is not None and not longer.annotations.denied:
        return longer, True
    return _longest_prefix(server, path), False


def _longest_prefix(server: Server, path: str) -> Location:
    """Prefixes end with a slash, but for those of the controller itself."""
    found = [f for f in server.prefixes.values() if f.status is not None] if server.host == "" else []
    fixed = max((f for f in found if path.startswith(f.path)), key=lambda f: len(f.path), default=None)
    end = len(path)
    while end > 0:
        end = path.rindex("/", 0, end)
        if (prefix := server.prefixes.get(path[: end + 1])) is not None:
            return fixed if fixed is not None and len(fixed.path) > len(prefix.path) else prefix
    raise AssertionError("every server has a location for /")


def _at_location(
    request: Request, host: str, path: str, server: Server, location: Location, rules: NginxTable
) -> Decision:
    """Rewrite phase, the controller's own code, limits, ranges, backend."""
    asked = location.annotations
    if asked.denied:
        because = f"Ingress {location.ingress.key if location.ingress else ''}: {asked.denied}"
        return redirects.identity(location).answer(503, "SIM2033", because)
    early = redirects.preflight(request, location) or redirects.by_annotation(request, location)
    if early is not None:
        return early
    rewritten = redirects.rewritten(request, path, location)
    if isinstance(rewritten, Decided):
        return rewritten
    if redirects.goes_to_https(request, host, location, rules.certificates, rules.told):
        return redirects.to_https(request, host, location, rules.certificates, rules.told)
    return _to_backend(request, server, location, rules, rewritten)


def _to_backend(
    request: Request, server: Server, location: Location, rules: NginxTable, rewritten: str | None
) -> Decision:
    if location.upstream == DEFAULT_UPSTREAM:
        refused = access.refused(request, location, rules.told)
        return refused or _controller_default(request, server, rules)
    upstream = rules.upstreams[location.upstream]
    fallback = access.stand_in(location, rules)
    sent = _sent(location, upstream, _forwarded(request, location, upstream, rules, rewritten), fallback)
    if not upstream.ready and fallback is None:
        # The walk explains the 503; where the Ingress lists that code, its default backend answers.
        listed = 503 in location.annotations.error_codes
        if upstream.barred:
            line = rules.told.line("disable-svc-external-name")
            because = "its Service stands for a name outside (ExternalName): --disable-svc-external-name"
            return sent.answer(503, "SIM2022", because, line)
        return sent.answer(503, "SIM2003", "nothing is ready behind the Service") if listed else sent
    if (refused := access.refused(request, location, rules.told)) is not None:
        return refused
    return access.limited(request, location, _shared(request, location, upstream, rules, sent), rules.told)


def _forwarded(
    request: Request, location: Location, upstream: NginxUpstream, rules: NginxTable, rewritten: str | None
) -> Forwarded:
    """What reaches the backend."""
    asked = location.annotations
    scheme = {"auto_http": request.scheme}.get(asked.backend_protocol, asked.backend_protocol)
    path = request.path.partition("#")[0] if rewritten is None else rewritten
    return Forwarded(
        path,
        scheme,
        asked.upstream_vhost or forwarded.host(request, rules.told),
        _cookie(request, location, upstream) or "",
        replace(upstream.asks(rules.told), goes_on=asked.goes_on),
    )


def _cookie(request: Request, location: Location, upstream: NginxUpstream) -> str | None:
    """The session cookie that the answer sets: for the rule's own host and path, if the client sent none."""
    if not upstream.affinity or location.row is None:
        return None
    sent = cookies_of(request).get(upstream.affinity, "").partition("|")[0]
    known = sent != "" and upstream.said == "sticky_balanced"
    host = host_name(request.host_header) or ""
    own = location.row.host
    names = {own} if own == DEFAULT_SERVER else {host, f"*.{host.partition('.')[2]}"}
    asked = any((name, location.row.path) in upstream.cookie_paths for name in names)
    return upstream.affinity if asked and not known else None


def _sent(location: Location, upstream: NginxUpstream, forwarded: Forwarded, fallback: str | None) -> SendTo:
    stands = redirects.identity(location)
    because, is_default = "", location.row is None
    if is_default and location.ingress is not None:
        because = f"no path matches; Ingress {location.ingress.key} has a default backend"
    return SendTo(
        namespace=upstream.namespace,
        backend=upstream.backend,
        rule=stands.rule,
        row=stands.row,
        code="SIM2018" if is_default else None,
        because=because,
        source=stands.source,
        fallback=fallback,
        via=upstream.via,
        forwarded=forwarded,
        steps=_facts(location),
    )


def _facts(location: Location) -> tuple[Step, ...]:
    """The annotations that shape what is sent on, each a step with its line."""
    asked, ingress = location.annotations, location.ingress
    if ingress is None:
        return ()
    protocol = asked.backend_protocol if asked.backend_protocol != "http" else ""
    codes = ", ".join(map(str, sorted(asked.error_codes)))
    said = {
        "rewrite-target": f"the path becomes {asked.rewrite_target}" if location.rewrites else "",
        "upstream-vhost": asked.upstream_vhost and f"the Host header becomes {asked.upstream_vhost}",
        "backend-protocol": protocol and f"speaks {protocol} to the backend",
        "service-upstream": "to the ClusterIP, past the list of Pods" if asked.service_upstream else "",
        "custom-http-errors": codes and asked.own_errors and f"{codes} are answered by a default backend",
    }
    ignored = [(bad.name, f"the value {bad.value!r} is invalid and ignored") for bad in asked.ignored]
    facts = [(name, text, True) for name, text in said.items() if text] + [(n, t, False) for n, t in ignored]
    return tuple(
        Step(f"annotation {name}", held, text, line_of(ingress, name), "" if held else "value")
        for name, text, held in facts
    )


def _shared(
    request: Request, location: Location, primary: NginxUpstream, rules: NginxTable, sent: SendTo
) -> SendTo | Split:
    """The same request where a canary takes a part of it."""
    if not primary.alternatives:
        return sent
    first = primary.alternatives[0]
    alternative = rules.upstreams.get(first.upstream)
    probability, because = choose(request, primary, alternative)
    failed = "" if probability > 0 else "canary"
    step = Step(f"canary {first.upstream}", not failed, because, first.source, failed)
    kept = replace(sent, steps=(*sent.steps, step))
    if alternative is None or failed:
        return kept
    canary = _as_canary(kept, alternative, first)
    if probability == 1:
        return canary
    shares = WeightedDecision(round(1 - probability, 12), kept), WeightedDecision(probability, canary)
    return Split(rule=kept.rule, row=kept.row, steps=kept.steps, shares=shares)


def _as_canary(sent: SendTo, alternative: NginxUpstream, offered: Alternative) -> SendTo:
    """The canary serves: its rule and backend, with the annotations of what it shares."""
    row = offered.row
    return replace(
        sent,
        rule=row.rule if row else "default-backend",
        row=row,
        namespace=alternative.namespace,
        backend=alternative.backend,
        source=offered.source,
        code=None,
        fallback=None,
        via=alternative.via,
    )


def _controller_default(request: Request, server: Server, rules: NginxTable) -> Decision:
    """The Service of --default-backend-service, else the controller's built-in 404."""
    if rules.default_backend is None or not rules.default_ready:
        known = server.host != DEFAULT_SERVER or rules.names_default_server
        return no_rule(request, host_name(request.host_header) or "", known, None)
    because = "no rule matches; the controller's --default-backend-service takes the rest"
    return Decided().served_by(rules.default_backend, "SIM2018", because)

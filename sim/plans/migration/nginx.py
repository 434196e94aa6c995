"""The servers of ingress-nginx as HTTPRoutes: a route per Ingress and host, with a rule for each location.

Written from the compiled configuration and not from the Ingresses: who wins a host, what one expression makes
of all paths of its host, and whose canary it is are decided there.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sim.cluster.cluster import Cluster
from sim.manifests.objects.networking import Ingress
from sim.plans.migration import actions
from sim.plans.migration.actions import Action
from sim.plans.migration.objects import LeftOut
from sim.plans.migration.paths import keeps_order, match_of
from sim.routing.controllers.ingress_nginx.annotations import line_of
from sim.routing.controllers.ingress_nginx.decide import find
from sim.routing.controllers.ingress_nginx.names import for_name
from sim.routing.controllers.ingress_nginx.passthrough import passed_hosts
from sim.routing.controllers.ingress_nginx.redirects import exempt
from sim.routing.controllers.ingress_nginx.servers import DEFAULT_SERVER, Location
from sim.routing.controllers.ingress_nginx.table import NginxTable, Server
from sim.routing.controllers.ingress_nginx.uri import as_text, escaped
from sim.routing.controllers.rows import EXACT, Row

SLASH = 301
APP_ROOT = 302


@dataclass(frozen=True)
class RouteRule:
    """A rule to be written, for plain http and for https.

    Args:
        matches: of a rule of an HTTPRoute.
        plain, secure: what becomes of a request; None: nobody takes it, and the Gateway answers 404.
        ingress: whose it is; None: the controller's own.
        comments: where it comes from.
    """

    matches: tuple[Mapping[str, Any], ...]
    plain: Action | None
    secure: Action | None
    ingress: Ingress | None
    comments: tuple[str, ...] = ()


@dataclass(frozen=True)
class HostRules:
    """What becomes of a server.

    Args:
        names: host and aliases that a route can name; empty: any host.
        secure: whether a certificate is configured for it.
        sends_to_https: the status, where every request of plain http is sent to https; None: not every one.
        passes: the row whose Service gets TLS as it comes, and the reference to it; None: TLS ends here.
    """

    host: str
    names: tuple[str, ...]
    secure: bool
    rules: tuple[RouteRule, ...]
    left: tuple[LeftOut, ...] = ()
    sends_to_https: int | None = None
    passes: tuple[Row, Mapping[str, Any]] | None = None


def host_rules(cluster: Cluster, rules: NginxTable) -> Iterator[HostRules]:
    """A server after the other, the default one last."""
    for host in sorted(rules.servers, key=lambda name: (name == DEFAULT_SERVER, name)):
        yield _server(cluster, rules, rules.servers[host])
    for name, to in rules.names.www.items():
        yield _other_name(rules, name, to)


def _server(cluster: Cluster, rules: NginxTable, server: Server) -> HostRules:
    names, left = _names(rules, server)
    made, more = [], list(left)
    for location in _own(server):
        found, lost = _location(cluster, rules, server, location)
        made += found
        more += lost
    made = [*_app_root(server), *made]
    return HostRules(
        server.host, names, for_name(rules.certificates, server.host) is not None, tuple(made), tuple(more),
        _all_to_https(server, rules), _passed(cluster, rules, server.host),
    )  # fmt: skip


def _passed(cluster: Cluster, rules: NginxTable, host: str) -> tuple[Row, Mapping[str, Any]] | None:
    """The row of a host whose TLS is passed on, and its Service with the number of the port."""
    row = dict(passed_hosts(rules)).get(host)
    if row is None:
        return None
    return row, actions.backend_ref(cluster, row.namespace, row.backend, row.namespace)


def _own(server: Server) -> list[Location]:
    """The locations that come from Ingresses."""
    return [found for found in server.locations if found.status is None]


def _all_to_https(server: Server, rules: NginxTable) -> int | None:
    own = _own(server)
    plain = any(f.annotations.app_root or f.annotations.redirect or f.annotations.denied for f in own)
    slash = any(_lacks_slash(server, found) for found in own)
    everything = own and all(_to_https(server.host, found, rules) for found in own)
    return rules.told.http_redirect_code if everything and not plain and not slash else None


def _names(rules: NginxTable, server: Server) -> tuple[tuple[str, ...], list[LeftOut]]:
    """The host and its aliases; patterns and names with a star at the end are none of a route."""
    if server.host == DEFAULT_SERVER:
        return (), []
    exact = [name for name, host in rules.names.exact.items() if host == server.host and name != host]
    wide = [f"*{tail}" for tail, host in rules.names.head.items() if host == server.host]
    asked = next((f for f in server.locations if f.ingress and f.annotations.aliases), None)
    told = [n for n in (asked.annotations.aliases if asked else ()) if n.startswith("~") or n.endswith(".*")]
    left = [_no_alias(asked.ingress, name) for name in told] if asked and asked.ingress else []
    return (server.host, *exact, *wide), left


def _no_alias(ingress: Ingress, name: str) -> LeftOut:
    changes = f"requests for {name} no longer reach these rules: no route can name such a host"
    choices = ("write each host that is meant into hostnames",)
    return LeftOut("server-alias", ingress.key, changes, choices, line_of(ingress, "server-alias"))


def _other_name(rules: NginxTable, name: str, to: str) -> HostRules:
    """from-to-www-redirect: a host that only redirects."""
    ingress = next((f.ingress for f in rules.servers[to].locations if f.annotations.from_to_www), None)
    sent = actions.redirect(rules.told.http_redirect_code, hostname=to)
    line = line_of(ingress, "from-to-www-redirect") if ingress else None
    rule = RouteRule((), sent, sent, ingress, _from(line, "from-to-www-redirect"))
    return HostRules(name, (name,), for_name(rules.certificates, name) is not None, (rule,))


def _from(line: str | None, *more: str) -> tuple[str, ...]:
    return (": ".join(filter(None, (line, *more))),)


def _app_root(server: Server) -> Iterator[RouteRule]:
    """The first location that has one decides for `/`."""
    found = next((f for f in server.locations if f.annotations.app_root and f.ingress), None)
    if found is not None and found.ingress is not None:
        root = found.annotations.app_root
        sent = actions.redirect(APP_ROOT, path=actions.full_path(root))
        comments = _from(line_of(found.ingress, "app-root"), f"app-root {root}")
        yield RouteRule(({"path": {"type": "Exact", "value": "/"}},), sent, sent, found.ingress, comments)


def _lacks_slash(server: Server, location: Location) -> bool:
    """Whether nginx redirects to this location where only the slash is missing."""
    bare = location.path.removesuffix("/")
    if server.is_regex or not bare or bare == location.path:
        return False
    found, missing = find(server, bare)
    return missing is True and found.path == location.path


def _location(
    cluster: Cluster, rules: NginxTable, server: Server, location: Location
) -> tuple[list[RouteRule], list[LeftOut]]:
    own = location.row.path_type if location.row is not None else ""
    if location.path_type == EXACT and own != EXACT and not server.is_regex:
        return [], []  # The prefix of the same row takes it too.
    match, why = match_of(location, server.is_regex, not keeps_order(_own(server)))
    if match is None:
        return [], [_no_match(location, why)] if location.ingress else []
    made = list(_with_slash(server, location))
    made += _cases(cluster, rules, server, location, match)
    lost = [one for rule in made for action in (rule.plain, rule.secure) if action for one in action.left]
    return made, list(dict.fromkeys(lost))


def _no_match(location: Location, why: str) -> LeftOut:
    assert location.ingress is not None
    line = location.row.source if location.row is not None else None
    changes = f"nothing takes {as_text(location.path)} any more: it is {why}"
    return LeftOut("path", location.ingress.key, changes, ("write the path in another way",), line)


def _with_slash(server: Server, location: Location) -> Iterator[RouteRule]:
    """Nginx's own redirect to a location that ends with a slash."""
    if _lacks_slash(server, location):
        bare = escaped(location.path.removesuffix("/"))
        sent = actions.redirect(SLASH, path=actions.full_path(escaped(location.path)))
        match = {"path": {"type": "Exact", "value": bare}}
        comments = _from(_line(location), f"nginx redirects {bare} to the path with its slash")
        yield RouteRule((match,), sent, sent, location.ingress, comments)


def _line(location: Location) -> str | None:
    if location.row is not None:
        return location.row.source
    return location.ingress.line("spec", "defaultBackend") if location.ingress is not None else None


def _cases(
    cluster: Cluster, rules: NginxTable, server: Server, location: Location, path: Mapping[str, Any]
) -> Iterator[RouteRule]:
    """The rule of a location; with a canary that headers steer, one before it for each of its cases."""
    early = actions.answer(503) if location.annotations.denied else actions.by_annotation(location)
    sent = (early,) if early is not None else actions.serving(location, rules, cluster)
    if path["type"] == "RegularExpression":
        sent = tuple(_without_session(action, location) for action in sent)
    to_https = early is None and _to_https(server.host, location, rules)
    away = actions.to_https(rules.told.http_redirect_code) if to_https else None
    comments = _from(_line(location), _shown(server, location))
    if not sent:
        if away is not None:
            yield RouteRule(({"path": path},), away, None, location.ingress, comments)
        return
    upstream = rules.upstreams.get(location.upstream)
    cases = actions.canary_cases(upstream, rules) if early is None and upstream is not None else ()
    headers: tuple[Mapping[str, str] | None, ...] = (*cases, None)
    for header, action in zip(headers, sent, strict=True):
        match = {"path": path} | ({"headers": [header]} if header is not None else {})
        yield RouteRule((match,), away or action, action, location.ingress, comments)


def _without_session(action: Action, location: Location) -> Action:
    """Envoy Gateway takes an expression as it is written for the cookie's path: no request lies below."""
    ingress = location.ingress
    if action.session is None or ingress is None:
        return action
    changes = "clients are not bound to a Pod where paths are expressions: Envoy Gateway sets no cookie there"
    choices = ("loadBalancer ConsistentHash over a cookie, in a BackendTrafficPolicy",)
    lost = LeftOut("affinity", ingress.key, changes, choices, line_of(ingress, "affinity"))
    return replace(action, session=None, left=(*action.left, lost))


def _shown(server: Server, location: Location) -> str:
    """The path as it is written, and what the host makes of it."""
    if location.row is None:
        return "the default backend" if location.ingress and location.ingress.spec.default_backend else ""
    written = f"{location.row.path} {location.row.path_type}"
    if server.is_regex and server.made_by is not None:
        made = "" if server.made_by is location.ingress else f" of Ingress {server.made_by.key}"
        return f"{written}; an annotation{made} makes the paths of this host expressions, in any letter case"
    return written


def _to_https(host: str, location: Location, rules: NginxTable) -> bool:
    """Whether plain http is redirected here."""
    asked = location.annotations
    if exempt(location, rules.told):
        return False
    has_certificate = for_name(rules.certificates, host) is not None
    return asked.force_ssl_redirect or (asked.ssl_redirect and has_certificate)

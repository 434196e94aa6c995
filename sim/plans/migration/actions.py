"""What a location of nginx does with a request, as filters and backends of an HTTPRoute.

In nginx's order: a redirect by annotation, one to https, rewrites, the Service and its canary. What a rule of
the Gateway API cannot say is given back by name. Source: ingress-nginx, nginx.tmpl and lua/lua_ingress.lua.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from sim.cluster.cluster import Cluster
from sim.manifests.objects.networking import IngressBackend
from sim.plans.migration.objects import POLICIES, LeftOut
from sim.plans.migration.paths import CASELESS, open_end, substitution
from sim.plans.migration.policies import duration
from sim.routing.controllers.ingress_nginx.annotations import Redirect, line_of
from sim.routing.controllers.ingress_nginx.servers import Location
from sim.routing.controllers.ingress_nginx.table import NginxTable
from sim.routing.controllers.ingress_nginx.upstreams import DEFAULT_UPSTREAM, NginxUpstream, endpoints
from sim.routing.controllers.ingress_nginx.uri import as_text
from sim.routing.controllers.ingress_nginx.values import Reader

STATUSES = (301, 302, 303, 307, 308)
_USUAL_PORT = 80


@dataclass(frozen=True)
class Action:
    """What becomes of a request.

    Args:
        filters, backends: as in a rule of an HTTPRoute.
        own: what stands in an HTTPRouteFilter of Envoy Gateway, to be named by a filter; empty: nothing.
        session: as sessionPersistence of a rule; None: there is none.
        left: what is not said by it.
    """

    filters: tuple[Mapping[str, Any], ...] = ()
    backends: tuple[Mapping[str, Any], ...] = ()
    own: Mapping[str, Any] | None = None
    session: Mapping[str, Any] | None = None
    left: tuple[LeftOut, ...] = ()

    @property
    def serves(self) -> bool:
        """Whether requests go to a Service."""
        return bool(self.backends)


def redirect(status: int, **where: Any) -> Action:
    """A redirect; `where` are the fields of requestRedirect.

    Args:
        status: of the answer.
        where: scheme, hostname, path.
    """
    return Action(({"type": "RequestRedirect", "requestRedirect": {**where, "statusCode": status}},))


def full_path(path: str) -> Mapping[str, str]:
    """The whole path replaced."""
    return {"type": "ReplaceFullPath", "replaceFullPath": path}


def to_https(status: int) -> Action:
    """The same URL by https."""
    return redirect(status, scheme="https")


def answer(status: int) -> Action:
    """The proxy answers itself."""
    return Action(own={"directResponse": {"statusCode": status}})


def by_annotation(location: Location) -> Action | None:
    """permanent-redirect or temporal-redirect; None: neither is there."""
    asked = location.annotations.redirect
    if asked is None or location.ingress is None:
        return None
    if asked.code not in STATUSES:
        return answer(asked.code)
    return _to_url(asked, location)


def _to_url(asked: Redirect, location: Location) -> Action:
    url = urlsplit(asked.url)
    where: dict[str, Any] = {"scheme": url.scheme} if url.scheme in ("http", "https") else {}
    where |= {"hostname": url.hostname} if url.hostname else {}
    where |= {"port": url.port} if url.port else {}
    made = redirect(asked.code, **where, path=full_path(url.path or "/"))
    ingress = location.ingress
    assert ingress is not None
    if url.query or url.scheme not in ("", "http", "https"):
        changes = f"the redirect leads to {url.path or '/'} without {url.query or url.scheme}"
        lost = LeftOut(asked.annotation, ingress.key, changes, (), line_of(ingress, asked.annotation))
        return Action(made.filters, left=(lost,))
    return made


def serving(location: Location, rules: NginxTable, cluster: Cluster) -> tuple[Action, ...]:
    """What is sent on: the rules of a canary, each with what it asks of a request besides, then the rest.

    Returns:
        The action of each case of `canary_cases`, and that of the requests that none of them takes; none at
        all where the controller itself answers 404.
    """
    if location.upstream == DEFAULT_UPSTREAM:
        return (Action(backends=(_default(rules, cluster),)),) if rules.default_backend else ()
    primary = rules.upstreams[location.upstream]
    canary = canary_of(primary, rules)
    return tuple(
        _sent(location, primary, canary, share, cluster) for share in (*_shares(canary), _weight(canary))
    )


def canary_of(primary: NginxUpstream, rules: NginxTable) -> NginxUpstream | None:
    """The upstream that takes a part, if one does that has its own rules."""
    first = primary.alternatives[0].upstream if primary.alternatives else ""
    found = rules.upstreams.get(first)
    return found if found is not None and found.canary is not None else None


def canary_cases(primary: NginxUpstream, rules: NginxTable) -> tuple[Mapping[str, str], ...]:
    """The headers that steer a canary, in the order in which they decide."""
    found = canary_of(primary, rules)
    canary = found.canary if found is not None else None
    if canary is None:
        return ()
    made: list[Mapping[str, str]] = []
    if canary.header_value:
        made.append({"type": "Exact", "name": canary.header, "value": canary.header_value})
    elif canary.header_pattern:
        pattern = open_end(canary.header_pattern.removeprefix("^"))
        begins = "" if canary.header_pattern.startswith("^") else ".*"
        made.append({"type": "RegularExpression", "name": canary.header, "value": f"{begins}{pattern}"})
    elif canary.header:
        made += [{"type": "Exact", "name": canary.header, "value": v} for v in ("always", "never")]
    if canary.cookie:
        made += [_cookie(canary.cookie, value) for value in ("always", "never")]
    return tuple(made)


def _cookie(name: str, value: str) -> Mapping[str, str]:
    pattern = rf"(?:.*[;,])?\s*(?i:{name})={value}\s*(?:[;,].*)?"
    return {"type": "RegularExpression", "name": "Cookie", "value": pattern}


def _shares(found: NginxUpstream | None) -> list[tuple[int, int]]:
    """(main, canary) for each case of `canary_cases`."""
    canary = found.canary if found is not None else None
    if canary is None:
        return []
    both = [(0, 1), (1, 0)]
    named = [(0, 1)] if canary.header_value or canary.header_pattern else both if canary.header else []
    return [*named, *(both if canary.cookie else [])]


def _weight(found: NginxUpstream | None) -> tuple[int, int]:
    """(main, canary) of the requests that no header decides about."""
    canary = found.canary if found is not None else None
    if canary is None:
        return 1, 0
    total = max(canary.total, 100)
    taken = min(max(canary.weight, 0), total)
    return total - taken, taken


def _sent(
    location: Location,
    primary: NginxUpstream,
    canary: NginxUpstream | None,
    share: tuple[int, int],
    cluster: Cluster,
) -> Action:
    both = ((primary, share[0]), (canary, share[1]))
    taking = [(one, weight) for one, weight in both if one is not None and weight]
    home = location.ingress.namespace if location.ingress is not None else primary.namespace
    backends = tuple(
        backend_ref(cluster, one.namespace, one.backend, home)
        | ({"weight": weight} if len(taking) > 1 else {})
        for one, weight in taking
    )
    rewrite, own, left = _rewritten(location)
    filters = ({"type": "URLRewrite", "urlRewrite": rewrite},) if rewrite else ()
    return Action(filters, backends, own, _session(location, primary), left)


def _session(location: Location, primary: NginxUpstream) -> Mapping[str, Any] | None:
    """The cookie that binds a client to a Pod, for the rules that ask for it."""
    row = location.row
    if not primary.affinity or row is None or (row.host, row.path) not in primary.cookie_paths:
        return None
    session: dict[str, Any] = {"sessionName": primary.affinity, "type": "Cookie"}
    lasts = Reader(row.ingress.metadata.annotations).number("session-cookie-max-age")
    if lasts > 0:
        session |= {"absoluteTimeout": duration(lasts), "cookieConfig": {"lifetimeType": "Permanent"}}
    return session


def backend_ref(cluster: Cluster, namespace: str, backend: IngressBackend, home: str) -> dict[str, Any]:
    """A reference to a Service port, by its number: nginx takes a name and a targetPort too."""
    assert backend.service is not None
    linked = cluster.services.get(f"{namespace}/{backend.service.name}")
    found = endpoints(cluster, linked, backend.service.port)[0] if linked is not None else None
    port = found.number if found is not None else backend.service.port.number or _USUAL_PORT
    elsewhere = {"namespace": namespace} if namespace != home else {}
    return {"name": backend.service.name, **elsewhere, "port": port}


def _default(rules: NginxTable, cluster: Cluster) -> Mapping[str, Any]:
    """The Service of --default-backend-service."""
    namespace, _, name = (rules.default_backend or "").partition("/")
    linked = cluster.services.get(f"{namespace}/{name}")
    port = linked.ports[0].number if linked is not None and linked.ports else _USUAL_PORT
    return {"name": name, "namespace": namespace, "port": port}


Rewrite = tuple[dict[str, Any], Mapping[str, Any] | None, tuple[LeftOut, ...]]


def _rewritten(location: Location) -> Rewrite:
    """upstream-vhost and rewrite-target: as a filter of the API, else as one of Envoy Gateway."""
    asked = location.annotations
    made: dict[str, Any] = {"hostname": asked.upstream_vhost} if asked.upstream_vhost else {}
    if not location.rewrites:
        return made, None, ()
    target = asked.rewrite_target
    if "$" not in target:
        return {**made, "path": full_path(target)}, None, ()
    filled = substitution(location.path, target)
    if filled is None:
        return made, None, (_no_variable(location, target),)
    pattern = f"{CASELESS}^{open_end(location.path)}$"
    replaced = {"pattern": as_text(pattern), "substitution": filled}
    own = {"urlRewrite": {"path": {"type": "ReplaceRegexMatch", "replaceRegexMatch": replaced}}}
    return made, own, ()


def _no_variable(location: Location, target: str) -> LeftOut:
    ingress = location.ingress
    assert ingress is not None
    changes = f"the path is sent on as it comes: {target} holds a variable of nginx"
    choices = ("write the value into the target", "let the application take the path as it comes")
    return LeftOut("rewrite-target", ingress.key, changes, choices, line_of(ingress, "rewrite-target"))


def own_reference(name: str) -> Mapping[str, Any]:
    """The filter that names an HTTPRouteFilter."""
    return {
        "type": "ExtensionRef",
        "extensionRef": {"group": POLICIES, "kind": "HTTPRouteFilter", "name": name},
    }

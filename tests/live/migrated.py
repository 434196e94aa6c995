"""Envoy's configuration from Gateways, HTTPRoutes, filters and policies, as Envoy Gateway writes it.

Every set has a listener for plain http and one for https, on sockets of their own; both expect the PROXY protocol.
A route passes on to an echo that says for which Service it stands, and what came there. Source:
envoyproxy/gateway at d32f282, internal/gatewayapi (sort.go, filters.go, route.go), internal/xds/translator
(route.go, listener.go).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from live import envoy
from live.annotated_nginx import LOGIN, PASSWORD, SILENT, USER, hashed
from live.behind import EMPTY, MISSING, READY, Behind, namespace_of
from live.migrated_clients import client_policy, of_clients, response_headers
from live.migrated_policies import closest, http_filters, login_name, of_route, seconds
from live.tables import Manifest

Config = dict[str, Any]
RANK = {"Exact": 0, "RegularExpression": 1, "PathPrefix": 2}
CODES = {
    301: "MOVED_PERMANENTLY", 302: "FOUND", 303: "SEE_OTHER", 307: "TEMPORARY_REDIRECT",
    308: "PERMANENT_REDIRECT",
}  # fmt: skip
USERS = f"{USER}:{{SHA}}{hashed(PASSWORD)}\n"
EVERYTHING = {"path": {"type": "PathPrefix", "value": "/"}}
_LISTENERS = "type.googleapis.com/envoy.extensions.filters.listener"
_TLS = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext"


class Written:
    """What a migration wrote, and the Services that it names."""

    def __init__(self, objects: Iterable[Manifest], before: Iterable[Manifest]) -> None:
        listed = list(objects)
        of: dict[str, list[Manifest]] = {}
        for item in listed:
            of.setdefault(item["kind"], []).append(item)
        self.gateway = of["Gateway"][0]
        self.security = of.get("SecurityPolicy", [])
        self.traffic = of.get("BackendTrafficPolicy", [])
        self.own = {
            (namespace_of(o), o["metadata"]["name"]): o["spec"] for o in of.get("HTTPRouteFilter", ())
        }
        self.routes = sorted(of.get("HTTPRoute", ()), key=lambda o: (namespace_of(o), o["metadata"]["name"]))
        self.clients = of.get("ClientTrafficPolicy", [])
        self.behind = Behind(before)
        specs = [policy["spec"] for policy in self.security if "extAuth" in policy["spec"]]
        self.logins = {login_name(spec): spec["extAuth"] for spec in specs}
        assert len(of["Gateway"]) == 1

    def hosts(self, listener: Config) -> Config:
        """The virtual hosts of a listener, their routes in the order of Envoy Gateway."""
        hosts: dict[str, list[tuple[Any, Config]]] = {}
        for route in self.routes:
            parents = route["spec"]["parentRefs"]
            if any(p.get("sectionName", listener["name"]) == listener["name"] for p in parents):
                entries = list(self._entries(route))
                for host in route["spec"].get("hostnames", ["*"]):
                    if (meant := _both(listener.get("hostname", "*"), host)) is not None:
                        hosts.setdefault(meant, []).extend(entries)
        made = [
            {
                "name": host,
                "domains": [host],
                "routes": [entry for _, entry in sorted(mine, key=lambda row: row[0])],
            }
            for host, mine in sorted(hosts.items())
        ]
        return {"virtual_hosts": made, "ignore_port_in_host_matching": True, "validate_clusters": False}

    def _entries(self, route: Manifest) -> Iterator[tuple[Any, Config]]:
        security = closest(self.security, route, self.gateway)
        traffic = closest(self.traffic, route, self.gateway)
        for rule in route["spec"].get("rules", ()):
            for match in rule.get("matches") or [EVERYTHING]:
                path = match.get("path", EVERYTHING["path"])
                headers = match.get("headers", [])
                exact = sum(h.get("type", "Exact") == "Exact" for h in headers)
                length = 0 if path["type"] == "PathPrefix" and path["value"] == "/" else len(path["value"])
                entry = self._entry(path, headers, rule, namespace_of(route), traffic)
                limited = traffic if "route" in entry else {}
                entry["typed_per_filter_config"] = of_route(security, limited, rule, path, USERS)
                yield (RANK[path["type"]], -length, -len(headers), -exact), entry

    def _entry(self, path: Config, headers: list[Config], rule: Config, home: str, traffic: Config) -> Config:
        match = _path(path) | ({"headers": [_header(h) for h in headers]} if headers else {})
        named = [f["extensionRef"]["name"] for f in rule.get("filters", ()) if f["type"] == "ExtensionRef"]
        own = [self.own[home, name] for name in named]
        for spec in own:
            if "directResponse" in spec:
                return {"match": match, "direct_response": {"status": spec["directResponse"]["statusCode"]}}
        for item in rule.get("filters", ()):
            if item["type"] == "RequestRedirect":
                return {"match": match, "redirect": _redirect(item["requestRedirect"])}
        refs = [ref for ref in rule.get("backendRefs", ()) if ref.get("weight", 1)]
        found = [
            (*self.behind.find(f"{r.get('namespace', home)}/{r['name']}", r["port"]), r.get("weight", 1))
            for r in refs
        ]
        states = {state for _, state, _ in found}
        if READY not in states:
            return {"match": match, "direct_response": {"status": 503 if states == {EMPTY} else 500}}
        return {"match": match, "route": _clusters(found) | _rewritten(rule, own) | _waits(traffic)}


def _both(listener: str, route: str) -> str | None:
    """The names that both a listener and a route are for."""
    if listener == "*" or listener == route:
        return route
    if route == "*" or (route.startswith("*.") and listener.endswith(route[1:])):
        return listener
    return route if listener.startswith("*.") and route.endswith(listener[1:]) else None


def _path(path: Config) -> Config:
    kind, value = path["type"], path["value"]
    if kind == "RegularExpression":
        return {"safe_regex": {"regex": value}}
    if kind == "Exact":
        return {"path": value}
    return {"prefix": "/"} if value == "/" else {"path_separated_prefix": value.removesuffix("/")}


def _header(header: Config) -> Config:
    value = header["value"]
    how = {"safe_regex": {"regex": value}} if header.get("type") == "RegularExpression" else {"exact": value}
    return {"name": header["name"], "string_match": how}


def _redirect(where: Config) -> Config:
    made: Config = {"response_code": CODES[where.get("statusCode", 302)]}
    made |= {"scheme_redirect": where["scheme"]} if "scheme" in where else {}
    made |= {"host_redirect": where["hostname"]} if "hostname" in where else {}
    if where.get("port", 80) not in (80, 443):
        made["port_redirect"] = where["port"]
    return made | ({"path_redirect": where["path"]["replaceFullPath"]} if "path" in where else {})


def _clusters(found: list[tuple[str, str, int]]) -> Config:
    """The Services by their weights: each is the echo, under its name."""
    clusters = [
        {
            "name": {EMPTY: "none", MISSING: "invalid-backend-cluster"}.get(state, _pods(service)),
            "weight": weight,
            "request_headers_to_add": [
                {
                    "header": {"key": "x-service", "value": service},
                    "append_action": "OVERWRITE_IF_EXISTS_OR_ADD",
                }
            ],
        }
        for service, state, weight in found
    ]
    return {
        "weighted_clusters": {"clusters": clusters},
        "cluster_not_found_response_code": "INTERNAL_SERVER_ERROR",
    }


def _pods(service: str) -> str:
    """The echo, unless its name says that it is silent."""
    return SILENT if service.split(":")[0].endswith(f"/{SILENT}") else "echo"


def _rewritten(rule: Config, own: list[Config]) -> Config:
    action: Config = {}
    for item in rule.get("filters", ()):
        if item["type"] == "URLRewrite":
            rewrite = item["urlRewrite"]
            action |= {"host_rewrite_literal": rewrite["hostname"]} if "hostname" in rewrite else {}
            if "path" in rewrite:
                action["regex_rewrite"] = _replacing("^/.*$", rewrite["path"]["replaceFullPath"])
    for spec in own:
        change = spec["urlRewrite"]["path"]["replaceRegexMatch"]
        action["regex_rewrite"] = _replacing(change["pattern"], change["substitution"])
    return action


def _waits(traffic: Config) -> Config:
    """Time-outs and tries."""
    http, tries = traffic.get("timeout", {}).get("http", {}), traffic.get("retry")
    made: Config = {}
    if "requestTimeout" in http:
        made["timeout"] = f"{seconds(http['requestTimeout'])}s"
    if "streamIdleTimeout" in http:
        made["idle_timeout"] = f"{seconds(http['streamIdleTimeout'])}s"
    if tries is not None:
        triggers = ",".join(tries["retryOn"]["triggers"])
        made["retry_policy"] = {"retry_on": triggers, "num_retries": tries["numRetries"]}
    if "requestBuffer" not in traffic:
        made["upgrade_configs"] = [{"upgrade_type": "websocket"}]
    return made


def _replacing(pattern: str, text: str) -> Config:
    return {"pattern": {"regex": pattern}, "substitution": text}


def _chain(written: Written, listener: Config, folder: Path) -> Config:
    """What a listener of the Gateway is in Envoy: all of a port share a socket, by the name in the handshake."""
    clients = client_policy(written.clients, listener["name"])
    filters = [*http_filters(written.logins, USERS), *response_headers(clients)]
    options = envoy.ENVOY_GATEWAY | of_clients(clients)
    one = envoy.listener(folder, written.hosts(listener), options, filters)
    (chain,) = one["filter_chains"]
    if listener["protocol"] != "HTTPS":
        return chain
    certificates = [
        {
            "certificate_chain": {"filename": f"{folder.parent}/certificates/{_secret(ref, written)}.crt"},
            "private_key": {"filename": f"{folder.parent}/certificates/key"},
        }
        for ref in listener["tls"]["certificateRefs"]
    ]
    context = {"@type": _TLS, "common_tls_context": {"tls_certificates": certificates}}
    chain["transport_socket"] = {"name": "envoy.transport_sockets.tls", "typed_config": context}
    if "hostname" in listener:
        chain["filter_chain_match"] = {"server_names": [listener["hostname"]]}
    return chain


def _secret(ref: Config, written: Written) -> str:
    return f"{ref.get('namespace', namespace_of(written.gateway))}/{ref['name']}"


def _listeners(written: Written, number: int, folder: Path) -> Iterator[Config]:
    """One for plain http, one for https; without a chain nobody listens."""
    for protocol, end in (("HTTP", ""), ("HTTPS", "-tls")):
        socket = folder / f"{number}{end}"
        wanted = [one for one in written.gateway["spec"]["listeners"] if one["protocol"] == protocol]
        filters = [
            _listener_filter("proxy_protocol", "ProxyProtocol"),
            _listener_filter("tls_inspector", "TlsInspector"),
        ]
        if wanted:
            yield {
                "name": socket.name,
                "address": {"pipe": {"path": str(socket)}},
                "listener_filters": filters,
                "filter_chains": [_chain(written, one, socket) for one in wanted],
            }


def _listener_filter(name: str, kind: str) -> Config:
    return {
        "name": f"envoy.filters.listener.{name}",
        "typed_config": {"@type": f"{_LISTENERS}.{name}.v3.{kind}"},
    }


def _cluster(name: str, places: list[Path]) -> Config:
    ends = [{"endpoint": {"address": {"pipe": {"path": str(place)}}}} for place in places]
    load = {"cluster_name": name, "endpoints": [{"lb_endpoints": ends}]}
    return {"name": name, "type": "STATIC", "load_assignment": load}


@contextmanager
def serving(sets: list[Written], folder: Path, pods: Path) -> Iterator[None]:
    """All sets behind one Envoy; set n listens on the sockets `n` and `n-tls` of the folder.

    Args:
        pods: the folder with the echo and the certificates.
    """
    (folder / "certificates").symlink_to(pods / "certificates")
    listeners = [one for number, written in enumerate(sets) for one in _listeners(written, number, folder)]
    places = {"echo": [pods / "echo-http"], "login": [pods / LOGIN], SILENT: [pods / SILENT], "none": []}
    clusters = [_cluster(name, ends) for name, ends in places.items()]
    sockets = [folder / one["name"] for one in listeners]
    with envoy.started(listeners, sockets, folder, clusters):
        yield

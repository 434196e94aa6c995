"""The profile `ingress-nginx`: what the controller of the kubernetes/ingress-nginx repository does, v1.15.

It writes one server per host and one or two locations per path, and nginx then looks up its own way: the path
is normalised first, an exact location wins, a location one slash longer redirects, else the longest prefix
serves. A host with a server of its own never falls back to another one. Modelled: classes, default backends,
server-alias, default-backend, certificates by SNI, redirects to https. Other annotations of its prefix are
reported as ones that may change the answer. Source: kubernetes/ingress-nginx at dbb11b9,
internal/ingress/controller (controller.go, location.go, endpointslices.go, store) and nginx's
ngx_http_core_module.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

from sim.cluster import (
    CLASS_ANNOTATION,
    NGINX_PREFIX,
    Cluster,
    Controller,
    Endpoint,
    LinkedPort,
    LinkedService,
)
from sim.endpoints import slice_endpoints
from sim.manifests import Ingress, IngressBackend, ServiceBackendPort
from sim.routing.decision import Request, Step
from sim.routing.ingress import (
    EXACT,
    Decision,
    Row,
    claimed_ingresses,
    covers,
    host_of,
    in_order,
    loses_to,
    no_rule,
    path_of,
    rows_of,
    wildcard_of,
)

DEFAULT_SERVER = ""
MODELLED_ANNOTATIONS = frozenset(
    {
        "server-alias",
        "default-backend",
        "service-upstream",
        "ssl-redirect",
        "force-ssl-redirect",
        "preserve-trailing-slash",
    }
)


@dataclass(frozen=True)
class Location:
    """One location block of a server.

    Args:
        path: as nginx compares it: a prefix ends with a slash.
        row: the Ingress path behind it, None for the server's default location.
        default: the Ingress whose default backend it leads to, None: the controller's own.
    """

    path: str
    exact: bool
    row: Row | None
    owner: Ingress | None
    default: IngressBackend | None = None


@dataclass(frozen=True)
class Server:
    """A server block: locations, and what it does about TLS."""

    host: str
    exact: Mapping[str, Location]
    prefixes: Mapping[str, Location]
    certificate: str | None = None


@dataclass(frozen=True)
class NginxTable:
    """The servers of a configuration, by name and by alias."""

    servers: Mapping[str, Server]
    aliases: Mapping[str, str]
    rows: tuple[Row, ...]
    ignored: tuple[tuple[Row, str], ...]
    duplicates: Mapping[str, Row] = field(default_factory=dict)
    default_backend: str | None = None
    default_ready: bool = False
    catch_all: str | None = None


def claims(cluster: Cluster, controller: Controller, ingress: Ingress) -> tuple[bool, str]:
    """Whether this controller reads an Ingress: class by name, else the old annotation, else its flag."""
    name = cluster.class_of(ingress)
    if name is not None:
        found = cluster.ingress_classes.get(name)
        if found is None:
            return False, f"there is no IngressClass {name}"
        held = found.spec.controller == controller.controller
        return held, f"class {name} belongs to controller {found.spec.controller}"
    annotation = ingress.metadata.annotations.get(CLASS_ANNOTATION)
    if annotation is not None:
        wanted = next(
            (f.partition("=")[2] for f in controller.flags if f.startswith("ingress-class=")), "nginx"
        )
        held = annotation == wanted or "any-annotation-class" in controller.flags
        return held, f"annotation {CLASS_ANNOTATION} says {annotation}, the controller reads {wanted}"
    if "watch-ingress-without-class" in controller.flags:
        return True, "names no class; the controller watches such Ingresses too"
    return False, "names no class, and there is no default class"


def table(cluster: Cluster, controller: Controller) -> NginxTable:
    """Compile the configuration that the controller would write."""
    claimed, ignored = claimed_ingresses(cluster, controller, claims)
    claimed.sort(key=lambda i: i.key, reverse=True)
    claimed.sort(key=lambda i: i.metadata.creation_timestamp or "")
    rows = in_order(row for ingress in claimed for row in rows_of(ingress))
    servers = {host: _server(host, claimed, rows, cluster) for host in _hosts(claimed)}
    locations = [found for s in servers.values() for found in (*s.exact.values(), *s.prefixes.values())]
    kept = {found.row.rule for found in locations if found.row}
    refused = tuple((row, because) for ingress, because in ignored for row in rows_of(ingress))
    service = cluster.services.get(controller.default_backend or "")
    return NginxTable(
        servers,
        _aliases(claimed, servers),
        rows,
        refused,
        {row.rule: row for row in rows if row.rule not in kept},
        controller.default_backend if service else None,
        bool(service and service.ports and service.ports[0].ready),
        next((i.key for i in claimed if not i.spec.rules and i.spec.default_backend), None),
    )


def decide(request: Request, rules: NginxTable) -> Decision:
    """Find server, then location, as nginx would, and say what that location does."""
    host = host_of(request)
    server = rules.servers[_server_name(host, rules)]
    certificate = _certificate(request, rules)
    path = normalised(path_of(request))
    if path is None:
        because = f"the path {path_of(request)} climbs above the root"
        return Decision(status=400, because=because, certificate=certificate)
    location, slash = _find(server, path)
    if slash and location.row is not None:
        return _slash_redirect(request, location.row, path, certificate)
    return _serve(request, host, server, location, rules, certificate)


def _find(server: Server, path: str) -> tuple[Location, bool]:
    """The location for a path, and whether nginx redirects to it because only a slash is missing."""
    if path in server.exact:
        return server.exact[path], False
    longer = server.exact.get(f"{path}/") or server.prefixes.get(f"{path}/")
    if longer is not None and longer.row is not None:
        return longer, True
    end = len(path)
    while end > 0:
        end = path.rindex("/", 0, end)
        if path[: end + 1] in server.prefixes:
            return server.prefixes[path[: end + 1]], False
    return server.prefixes["/"], False


def _serve(
    request: Request,
    host: str,
    server: Server,
    location: Location,
    rules: NginxTable,
    certificate: str | None,
) -> Decision:
    row, owner = location.row, location.owner
    rule = row.rule if row else "default-backend" if location.default else None
    source = (
        row.source if row else owner.line("spec", "defaultBackend") if owner and location.default else None
    )
    if owner is not None and _redirects_to_https(request, owner, host, rules):
        return _https_redirect(request, host, rule, row, owner, source)
    if row is not None:
        annotations = row.ingress.metadata.annotations
        fallback = annotations.get(f"{NGINX_PREFIX}default-backend")
        return Decision(
            rule,
            row,
            (row.namespace, row.backend),
            source=source,
            certificate=certificate,
            fallback=(row.namespace, fallback) if fallback else None,
            through_service=annotations.get(f"{NGINX_PREFIX}service-upstream") == "true",
        )
    if location.default is not None and owner is not None:
        because = f"no path of {server.host or 'any host'} matches; Ingress {owner.key} has a default backend"
        return Decision(
            rule,
            None,
            (owner.namespace, location.default),
            code="SIM2018",
            because=because,
            source=source,
            certificate=certificate,
        )
    return _controller_default(request, host, server, rules, certificate)


def _controller_default(
    request: Request, host: str, server: Server, rules: NginxTable, certificate: str | None
) -> Decision:
    """The Service of --default-backend-service, else the controller's built-in 404."""
    if rules.default_backend is None or not rules.default_ready:
        return no_rule(
            request, host, server.host != DEFAULT_SERVER or bool(_rows_of_default(rules)), certificate
        )
    namespace, _, name = rules.default_backend.partition("/")
    because = "no rule matches; the controller's --default-backend-service takes the rest"
    backend = IngressBackend.model_validate({"service": {"name": name}})
    return Decision(
        None, None, (namespace, backend), code="SIM2018", because=because, certificate=certificate
    )


def _rows_of_default(rules: NginxTable) -> list[Row]:
    return [row for row in rules.rows if row.host == DEFAULT_SERVER]


def _slash_redirect(request: Request, row: Row, path: str, certificate: str | None) -> Decision:
    _, question, query = request.path.partition("?")
    location = f"{request.scheme}://{host_of(request)}{path}/{question}{query}"
    because = f"nginx has a location {path}/ and redirects {path} to it"
    return Decision(row.rule, row, None, 301, location, "SIM2016", because, row.source, certificate)


def _redirects_to_https(request: Request, owner: Ingress, host: str, rules: NginxTable) -> bool:
    if request.scheme != "http":
        return False
    annotations = owner.metadata.annotations
    if annotations.get(f"{NGINX_PREFIX}force-ssl-redirect") == "true":
        return True
    return (
        annotations.get(f"{NGINX_PREFIX}ssl-redirect") != "false" and _certificate_of(host, rules) is not None
    )


def _https_redirect(
    request: Request, host: str, rule: str | None, row: Row | None, owner: Ingress, source: str | None
) -> Decision:
    path, question, query = request.path.partition("?")
    keep = owner.metadata.annotations.get(f"{NGINX_PREFIX}preserve-trailing-slash") == "true"
    whole = f"{path}{question}{query}"
    shown = whole if keep else whole.removesuffix("/")
    because = f"a certificate is configured for {host}, so plain http is redirected"
    return Decision(rule, row, None, 308, f"https://{host}{shown}", "SIM2015", because, source)


def _certificate_of(host: str, rules: NginxTable) -> str | None:
    """The certificate configured for a name: its server's, else its wildcard's; None if neither has one."""
    for name in (host, wildcard_of(host)):
        server = rules.servers.get(name)
        if server is not None and server.certificate is not None and name != DEFAULT_SERVER:
            return server.certificate
    return None


def _certificate(request: Request, rules: NginxTable) -> str | None:
    """The certificate shown in the handshake; it follows SNI, not the Host header."""
    if request.scheme != "https":
        return None
    return _certificate_of((request.server_name or "").lower(), rules) or "default"


def _server_name(host: str, rules: NginxTable) -> str:
    """The server block of a host: its name, an alias, a wildcard of one label, else the default server."""
    if host in rules.servers and host != DEFAULT_SERVER:
        return host
    if host in rules.aliases:
        return rules.aliases[host]
    wildcard = wildcard_of(host)
    fits = re.fullmatch(r"[\w-]+", host.partition(".")[0]) is not None and "." in host
    if fits and wildcard in rules.servers:
        return wildcard
    return rules.aliases.get(wildcard, DEFAULT_SERVER) if fits else DEFAULT_SERVER


def normalised(path: str) -> str | None:
    """The path as nginx compares it: decoded, slashes merged, dots resolved; None if it climbs too far."""
    kept: list[str] = []
    decoded = unquote(path)
    for element in re.sub("/{2,}", "/", decoded).split("/")[1:]:
        if element == "..":
            if not kept:
                return None
            kept.pop()
        elif element != ".":
            kept.append(element)
    if decoded.endswith(("/.", "/..")):
        kept.append("")
    return "/" + "/".join(kept)


def _hosts(ingresses: Iterable[Ingress]) -> list[str]:
    named = [(rule.host or DEFAULT_SERVER).lower() for ingress in ingresses for rule in ingress.spec.rules]
    return list(dict.fromkeys([DEFAULT_SERVER, *named]))


def _server(host: str, ingresses: list[Ingress], rows: tuple[Row, ...], cluster: Cluster) -> Server:
    """A server with its locations; of two rows with the same path and type the first read one counts."""
    mine = [row for row in rows if row.host == host and row.backend.service is not None]
    exact: dict[str, Location] = {}
    default = _default_location(host, ingresses)
    prefixes = {"/": default} if _is_catch_all(default, host) else {}
    for row in mine:
        if row.path_type == EXACT:
            exact.setdefault(row.path, Location(row.path, True, row, row.ingress))
        else:
            path = row.path if row.path.endswith("/") else f"{row.path}/"
            prefixes.setdefault(path, Location(path, False, row, row.ingress))
    for row in mine:
        if row.path_type != EXACT and row.path != "/":
            exact.setdefault(row.path, Location(row.path, True, row, row.ingress))
    prefixes.setdefault("/", default)
    return Server(host, exact, prefixes, _server_certificate(host, ingresses, cluster))


def _default_location(host: str, ingresses: list[Ingress]) -> Location:
    """Where a server sends what no path takes.

    A host's server takes the default backend of the Ingress that made it. The default server takes the oldest
    Ingress with a backend and no rules; an Ingress with rules but no host leaves it the built-in answer.
    """
    if host == DEFAULT_SERVER:
        catch_all = (i for i in ingresses if not i.spec.rules and i.spec.default_backend)
        owner = next(catch_all, None)
    else:
        owner = next(i for i in ingresses if any((r.host or "").lower() == host for r in i.spec.rules))
    backend = owner.spec.default_backend if owner else None
    return Location("/", False, None, owner, backend if backend and backend.service else None)


def _is_catch_all(location: Location, host: str) -> bool:
    """Whether an Ingress with a backend and no rules has taken `/` of the default server, before any row."""
    return host == DEFAULT_SERVER and location.default is not None


def _server_certificate(host: str, ingresses: list[Ingress], cluster: Cluster) -> str | None:
    """The first Ingress of the host with a tls section decides; None: the host has no TLS of its own."""
    for ingress in ingresses:
        if ingress.spec.tls and any((r.host or "").lower() == host for r in ingress.spec.rules):
            return _secret_for(host, ingress, cluster) or "default"
    return None


def _secret_for(host: str, ingress: Ingress, cluster: Cluster) -> str | None:
    named = next((t for t in ingress.spec.tls if host in (h.lower() for h in t.hosts)), None)
    tried = [named] if named is not None else ingress.spec.tls
    keys = [f"{ingress.namespace}/{t.secret_name}" for t in tried if t.secret_name]
    if named is None and cluster.certificates is None:
        return None
    return next((key for key in keys if covers(cluster, key, host)), None)


def _aliases(ingresses: Iterable[Ingress], servers: Mapping[str, Server]) -> dict[str, str]:
    """Alias -> server; the first Ingress of a host that has any decides, and a server's own name wins."""
    given: dict[str, list[str]] = {}
    for ingress in ingresses:
        text = ingress.metadata.annotations.get(f"{NGINX_PREFIX}server-alias", "")
        names = [name.strip().lower() for name in text.split(",") if name.strip()]
        for rule in ingress.spec.rules:
            host = (rule.host or DEFAULT_SERVER).lower()
            given[host] = given.get(host) or names
    return {alias: host for host, names in given.items() for alias in names if alias not in servers}


def explain(request: Request, rules: NginxTable) -> Iterator[Step]:
    """Every row against the request, the winner first; walks the rows and shares no search with `decide`."""
    host, path = host_of(request), normalised(path_of(request)) or ""
    names = {row.host for row in rules.rows} | {h for h in rules.servers if h}
    judged = [(row, _faults(row, host, path, names, rules)) for row in rules.rows]
    fitting = [row for row, faults in judged if not faults]
    winner = max(fitting, key=lambda row: _precedence(row, path), default=None)
    steps = [(_nearness(row, faults, path), _step(row, faults, winner, path)) for row, faults in judged]
    steps += [
        ((4, 0, 0), Step(row.shown, False, because, row.source, "class", rule=row.rule))
        for row, because in rules.ignored
    ]
    yield from (step for _, step in sorted(steps, key=lambda pair: (not pair[1].wins, *pair[0])))


def _faults(row: Row, host: str, path: str, names: set[str], rules: NginxTable) -> dict[str, str]:
    faults = {}
    if row.backend.service is None:
        faults["backend"] = "its backend is a resource, which this controller skips"
    if (fault := _host_fault(row.host, host, names, rules)) is not None:
        faults["host"] = fault
    if (
        row.host == DEFAULT_SERVER
        and row.path == "/"
        and row.path_type != EXACT
        and rules.catch_all is not None
    ):
        faults["default"] = f"Ingress {rules.catch_all} is a catch-all and has taken / of the default server"
    if not _path_fits(row, path):
        faults["path"] = f"not equal to {path}" if row.path_type == EXACT else f"{path} is not under it"
    return faults


def _host_fault(mine: str, host: str, names: set[str], rules: NginxTable) -> str | None:
    """Why a row's server is not the one that nginx picks for this host; None if it is."""
    alias = rules.aliases.get(host)
    wildcard = next((n for n in names if n.startswith("*.") and _one_label(n, host)), None)
    if host in names:
        return None if mine == host else f"{host} has a server of its own"
    if alias is not None:
        return None if mine == alias else f"{host} is an alias of {alias or 'the default server'}"
    if wildcard is not None:
        return None if mine == wildcard else f"the server {wildcard} takes {host}"
    if mine == DEFAULT_SERVER:
        return None
    return f"of host {mine}"


def _one_label(wildcard: str, host: str) -> bool:
    return re.fullmatch(rf"[\w-]+{re.escape(wildcard[1:])}", host) is not None


def _path_fits(row: Row, path: str) -> bool:
    """Whether nginx could end in a location of this row: directly, or by adding the missing slash."""
    if row.path_type == EXACT:
        return path == row.path or f"{path}/" == row.path
    base = row.path.removesuffix("/")
    return path == base or path.startswith(f"{base}/")


def _precedence(row: Row, path: str) -> tuple[int, int, int, int]:
    """Equal to the letter first (Exact before Prefix), then a missing slash, then the longest prefix."""
    literal = row.path == path
    missing = row.path == f"{path}/"
    return (
        2 if literal else 1 if missing else 0,
        row.path_type == EXACT,
        len(row.path.removesuffix("/")),
        -row.order,
    )


def _step(row: Row, faults: Mapping[str, str], winner: Row | None, path: str) -> Step:
    if faults:
        return Step(row.shown, False, "; ".join(faults.values()), row.source, "+".join(faults), rule=row.rule)
    if winner is None or row is winner:
        because = (
            "wins: only the final slash is missing"
            if row.path == f"{path}/"
            else "wins: longest that matches"
        )
        return Step(row.shown, True, because, row.source, wins=True, rule=row.rule)
    return Step(row.shown, True, loses_to(row, winner), row.source, rule=row.rule)


def _nearness(row: Row, faults: Mapping[str, str], path: str) -> tuple[int, int, int]:
    shared = sum(1 for a, b in zip(row.path, path, strict=False) if a == b)
    distance = 0 if not faults else 1 if "host" not in faults else 2
    return distance, -len(row.path) if not faults else -shared, row.order


def endpoints(
    cluster: Cluster, service: LinkedService, port: ServiceBackendPort
) -> tuple[LinkedPort | None, list[Endpoint]]:
    """The Service port that a backend means, and the addresses nginx would list for it.

    It takes a port by number, by name, and (unlike the API) by targetPort; a slice whose port has another
    name is read at the Service's numeric targetPort.
    """
    wanted = str(port)
    found = next((p for p in service.ports if wanted in {str(p.number), str(p.target_port), p.name}), None)
    if found is None:
        return None, []
    slices = cluster.slices.get(service.key)
    if slices is None:
        return found, list(found.endpoints)
    listed = [
        e for s in slices for n in _numbers(s.ports, found) for e in slice_endpoints(s, n, cluster.pods)
    ]
    return found, list({e.target: e for e in listed}.values())


def _numbers(ports: Iterable[object], port: LinkedPort) -> list[int]:
    numbers = []
    for slice_port in ports:
        if getattr(slice_port, "protocol", "TCP") != "TCP":
            continue
        named = port.name in ("", getattr(slice_port, "name", None) or "")
        number = getattr(slice_port, "port", None) if named else port.target_port
        if isinstance(number, int) and number:
            numbers.append(number)
    if not numbers and isinstance(port.target_port, int) and not tuple(ports):
        numbers.append(port.target_port)
    return numbers

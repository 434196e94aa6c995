"""Servers and locations: what the controller writes into nginx.conf, in its order.

Every host of a rule gets a server with a location for `/`; rules add locations or take that one over. Then
locations are sorted by length of text, and a Prefix becomes two: one that ends with a slash, and an exact one
for the path itself. Source: internal/ingress/controller/controller.go (createServers, getBackendServers),
location.go (updateServerLocations), template/template.go (buildLocation, enforceRegexModifier).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from sim.manifests.objects.networking import Ingress
from sim.routing.controllers.ingress_nginx.annotations import Annotations
from sim.routing.controllers.ingress_nginx.configuration import Configuration
from sim.routing.controllers.ingress_nginx.upstreams import (
    DEFAULT_UPSTREAM,
    NginxUpstream,
    Read,
    upstream_name,
    with_affinity,
)
from sim.routing.controllers.rows import EXACT, PREFIX, DroppedRow, Row, rows_of
from sim.routing.expressions import as_bytes

DEFAULT_SERVER = ""


@dataclass(frozen=True)
class Location:
    """One location block of a server.

    Args:
        path: one character per byte; a prefix ends with a slash, a regular expression is as written.
        row: the Ingress path behind it, None for what no path takes.
        ingress: whose annotations hold here, None: nobody's.
        replaceable: a rule for `/` may still take it over.
        status: what it answers by itself, None for all that come from an Ingress.
    """

    path: str
    path_type: str
    upstream: str
    ingress: Ingress | None = None
    row: Row | None = None
    annotations: Annotations = field(default_factory=Annotations)
    replaceable: bool = False
    status: int | None = None

    @property
    def rewrites(self) -> bool:
        """Whether its target differs from its path."""
        target = as_bytes(self.annotations.rewrite_target)
        return target != "" and target != self.path

    @property
    def by_regex(self) -> bool:
        """Whether it makes all locations of its server regular expressions."""
        return self.rewrites or self.annotations.use_regex


@dataclass
class ServerDraft:
    """Servers while Ingresses are read: locations by host, and what became of rows without one.

    Args:
        passing: host -> the Ingress that made its server, if that asks for TLS to be passed through.
        first: (host, path) -> number of the first location with that path; that for `/` is always there.
    """

    locations: dict[str, list[Location]]
    upstreams: dict[str, NginxUpstream]
    aliases: Mapping[str, tuple[str, ...]]
    fates: dict[str, DroppedRow] = field(default_factory=dict)
    www: set[str] = field(default_factory=set)
    passing: dict[str, Ingress] = field(default_factory=dict)
    first: dict[tuple[str, str], int] = field(default_factory=dict)


def draft(ingresses: list[Read], told: Configuration, upstreams: dict[str, NginxUpstream]) -> ServerDraft:
    """Write servers and locations in order of reading; canaries are merged later."""
    nobodys = Annotations(ssl_redirect=False, error_codes=told.custom_http_errors)
    built_in = Location("/", PREFIX, DEFAULT_UPSTREAM, annotations=nobodys, replaceable=True)
    made = ServerDraft({DEFAULT_SERVER: [built_in]}, upstreams, {})
    primary = [read for read in ingresses if read[1].canary is None]
    for ingress, asked in primary:
        _create_servers(made, ingress, asked)
    made.aliases = aliases(primary, made.locations)
    for ingress, asked in ingresses:
        for row in rows_of(ingress):
            _add_row(made, row, asked)
    return made


def hosts_of(ingress: Ingress) -> Iterator[str]:
    """The hosts of its rules, lower case; the default server has the empty name."""
    return ((rule.host or DEFAULT_SERVER).lower() for rule in ingress.spec.rules)


def aliases(ingresses: Iterable[Read], servers: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Host -> its other names; the first Ingress of a host that has any decides, a server's own name wins."""
    given: dict[str, tuple[str, ...]] = {}
    for ingress, asked in ingresses:
        for host in hosts_of(ingress):
            given[host] = given.get(host) or asked.aliases
    taken = set(servers)
    return {host: tuple(n for n in map(str.lower, names) if n not in taken) for host, names in given.items()}


def _create_servers(made: ServerDraft, ingress: Ingress, annotations: Annotations) -> None:
    default, upstream = ingress.spec.default_backend, DEFAULT_UPSTREAM
    if default is not None and default.service is not None:
        upstream = upstream_name(ingress.namespace, default)
        if not ingress.spec.rules:
            _catch_all(made, ingress, annotations, upstream)
    for host in hosts_of(ingress):
        root = Location("/", PREFIX, upstream, ingress, None, annotations, replaceable=True)
        if annotations.ssl_passthrough and host not in made.locations:
            made.passing[host] = ingress
        made.locations.setdefault(host, [root])


def _catch_all(made: ServerDraft, ingress: Ingress, annotations: Annotations, upstream: str) -> None:
    """A backend and no rules: it takes `/` of the default server, without redirects and rewrites."""
    root = made.locations[DEFAULT_SERVER][0]
    if root.replaceable:
        kept = replace(
            annotations, redirect=None, rewrite_target="", use_regex=False, app_root="",
            ssl_redirect=False, force_ssl_redirect=False, from_to_www=False,
        )  # fmt: skip
        made.locations[DEFAULT_SERVER][0] = replace(
            root, upstream=upstream, ingress=ingress, annotations=kept, replaceable=False
        )


def _add_row(made: ServerDraft, row: Row, annotations: Annotations) -> None:
    if row.backend.service is None:
        because = "its backend is a resource, which this controller skips"
        made.fates[row.rule] = DroppedRow(row, "backend", because, "name a Service in the rule")
        return
    name = upstream_name(row.namespace, row.backend)
    upstream = made.upstreams[name]
    if upstream.canary is not None:
        because = "a canary: it has no location of its own"
        if annotations.canary is None:
            because = f"a canary read before it names {row.backend.service.name} first, so it has no location"
        made.fates[row.rule] = DroppedRow(row, "canary", because, without_canary(row, annotations))
        return
    host = row.host if row.host in made.locations else DEFAULT_SERVER
    _add_location(made, host, row, name, annotations)
    names = (row.host, *made.aliases.get(host, ()))
    made.upstreams[name] = with_affinity(upstream, annotations, ((n, row.path) for n in names))


def _add_location(made: ServerDraft, host: str, row: Row, upstream: str, annotations: Annotations) -> None:
    """A new location, or that of `/` taken over; of two rows with the same path and type the first counts."""
    locations = made.locations[host]
    path, kind = as_bytes(row.path), EXACT if row.path_type == EXACT else PREFIX
    new = Location(path, kind, upstream, row.ingress, row, annotations)
    index = made.first.setdefault((host, path), 0 if path == "/" else len(locations))
    if index == len(locations) or locations[index].path_type != kind:
        locations.append(new)
    elif locations[index].replaceable:
        locations[index] = new
    else:
        made.fates[row.rule] = _taken_by(locations[index], row)
        return
    if annotations.from_to_www:
        made.www.add(host)


def without_canary(row: Row, annotations: Annotations) -> str:
    """How a row that is a canary's, or shares its Service and port with one, gets a location."""
    service = row.backend.service
    if annotations.canary is None and service is not None:
        return f"make a second Service with the selector of {service.name}, and name it in this rule"
    return (
        f"give the host and path a rule in an Ingress that is no canary, or take canary off {row.ingress.key}"
    )


def _taken_by(location: Location, row: Row) -> DroppedRow:
    assert location.ingress is not None
    if location.row is None:
        because = f"Ingress {location.ingress.key} is a catch-all and has taken / of the default server"
        return DroppedRow(
            row, "default", because, f"take the default backend off Ingress {location.ingress.key}"
        )
    because = f"same host and path as in {location.ingress.key}, which is read first"
    return DroppedRow(row, "duplicate", because, "keep the path in one of the two Ingresses")


def in_order(locations: Iterable[Location]) -> tuple[Location, ...]:
    """The locations as they are written: longest text first, and a Prefix as two."""
    by_text = sorted(locations, key=lambda found: found.path, reverse=True)
    by_length = sorted(by_text, key=lambda found: len(found.path), reverse=True)
    exact = {found.path for found in by_length if found.path_type == EXACT}
    return tuple(block for found in by_length for block in _blocks(found, exact))


def _blocks(location: Location, exact: set[str]) -> Iterator[Location]:
    if location.path == "/" or location.path_type != PREFIX or location.by_regex:
        yield location
        return
    slash = location.path if location.path.endswith("/") else f"{location.path}/"
    yield replace(location, path=slash)
    if location.path not in exact:
        yield replace(location, path_type=EXACT)

"""The compiled configuration: servers with their locations indexed, upstreams, certificates.

Source: internal/ingress/controller (controller.go, store/store.go: sortIngressSlice),
pkg/util/ingress/ingress.go (BuildRedirects), rootfs/etc/nginx/template/nginx.tmpl.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from sim.cluster.cluster import Cluster, Controller, class_after_admission
from sim.cluster.known_controllers import Classes
from sim.manifests.objects.networking import Ingress
from sim.routing.controllers.api import claimed_ingresses
from sim.routing.controllers.classes import NO_CLASS, Claimed, by_class, by_word
from sim.routing.controllers.ingress_nginx import canary, names, servers
from sim.routing.controllers.ingress_nginx.annotations import parsed, refusal
from sim.routing.controllers.ingress_nginx.configuration import Configuration, configuration
from sim.routing.controllers.ingress_nginx.names import DEFAULT_CERTIFICATE
from sim.routing.controllers.ingress_nginx.servers import DEFAULT_SERVER, Location
from sim.routing.controllers.ingress_nginx.upstreams import (
    DEFAULT_UPSTREAM,
    NginxUpstream,
    Read,
    create_upstreams,
    default_service_ready,
)
from sim.routing.controllers.rows import PREFIX, DroppedRow, Row, in_order, left_out, rows_of
from sim.routing.expressions import PCRE, Expression, UnreadableExpressionError, expression
from sim.routing.trace import Note

NO_CATCH_ALL = "it has a default backend, and the controller runs with --disable-catch-all"
PASSES_TLS = "enable-ssl-passthrough"
"""The flag without which the annotation ssl-passthrough does nothing."""


@dataclass(frozen=True)
class Server:
    """A server block.

    Args:
        locations: as written, in order.
        patterns: if regular expressions are enforced, one per location; None for one that cannot be read.
        exact, prefixes: index of the locations that are no regular expressions.
        made_by: the Ingress whose annotation makes its paths regular expressions, None if they are none.
    """

    host: str
    locations: tuple[Location, ...]
    patterns: tuple[Expression | None, ...] = ()
    exact: Mapping[str, Location] = field(default_factory=dict)
    prefixes: Mapping[str, Location] = field(default_factory=dict)
    made_by: Ingress | None = None

    @cached_property
    def rules(self) -> frozenset[str]:
        """The rules that have a location here."""
        return frozenset(found.row.rule for found in self.locations if found.row is not None)

    @property
    def is_regex(self) -> bool:
        """Whether all its paths are regular expressions."""
        return self.made_by is not None


@dataclass(frozen=True)
class NginxTable:
    """What nginx and its balancer know.

    Args:
        fates: rule -> why a row has no location of its own.
        ignored: rows of Ingresses that are not read: of another class, or refused for an annotation.
        problems: what makes nginx refuse the whole configuration, so that the one before stays.
        default_backend: `NAMESPACE/NAME` of --default-backend-service, if it is there.
        passing: host -> the Ingress that asks for its TLS to be passed through.
        passes_tls: whether the controller was started with --enable-ssl-passthrough.
        services: `NAMESPACE/NAME` of those that are there.
        told: the controller's own configuration.
        default_certificate: what is shown for a name that has none of its own.
    """

    servers: Mapping[str, Server]
    names: names.Names
    upstreams: Mapping[str, NginxUpstream]
    certificates: Mapping[str, str]
    rows: tuple[Row, ...]
    ignored: tuple[DroppedRow, ...]
    fates: Mapping[str, DroppedRow] = field(default_factory=dict)
    problems: tuple[Note, ...] = ()
    default_backend: str | None = None
    default_ready: bool = False
    ready_services: frozenset[str] = frozenset()
    passing: Mapping[str, Ingress] = field(default_factory=dict)
    passes_tls: bool = False
    services: frozenset[str] = frozenset()
    told: Configuration = field(default_factory=Configuration)
    default_certificate: str = DEFAULT_CERTIFICATE

    @cached_property
    def names_default_server(self) -> bool:
        """Whether a rule names the host of the default server."""
        return any(row.host == DEFAULT_SERVER for row in self.rows)


def claims(classes: Classes, controller: Controller, ingress: Ingress) -> Claimed:
    """Class by name, else the old annotation, else its flag. Source: store.go (GetIngressClass)."""
    name = class_after_admission(ingress, classes)
    if name is not None and _is_named(classes, controller, name):
        return True, f"class {name} has the name that the controller takes (ingress-class-by-name)"
    if name is not None:
        return by_class(classes, controller, name)
    said = by_word(controller, ingress, flag(controller, "ingress-class") or "nginx")
    if said is not None:
        return said
    if "watch-ingress-without-class" in controller.flags:
        return True, "names no class; the controller watches such Ingresses too"
    return NO_CLASS


def _is_named(classes: Classes, controller: Controller, name: str) -> bool:
    """Whether a class counts by its name, whatever controller it names. Source: store.go (AddFunc)."""
    wanted = flag(controller, "ingress-class") or "nginx"
    return "ingress-class-by-name" in controller.flags and name in classes and name == wanted


def flag(controller: Controller, name: str) -> str | None:
    """The value of a command-line flag, None if it is not given."""
    found = (f.partition("=")[2] for f in controller.flags if f.startswith(f"{name}="))
    return next(found, None)


def table(cluster: Cluster, controller: Controller) -> NginxTable:
    """Compile the configuration that the controller would write."""
    claimed, left = claimed_ingresses(cluster, controller, claims)
    told = configuration(controller)
    refused = [(ingress, found[0]) for ingress in claimed if (found := refusal(ingress, told)) is not None]
    catch_all = [i for i in claimed if told.disable_catch_all and i.spec.default_backend is not None]
    skipped = {ingress.key for ingress in (*(i for i, _ in refused), *catch_all)}
    # Oldest first; of the same second the name that comes last in the alphabet.
    by_name = sorted(claimed, key=lambda i: i.key, reverse=True)
    by_age = sorted(by_name, key=lambda i: i.metadata.creation_timestamp or "")
    read = [(ingress, parsed(ingress, told)) for ingress in by_age if ingress.key not in skipped]
    made = servers.draft(read, told, create_upstreams(cluster, read, told))
    canary.merge(made, read)
    www = _www(made.www, made.locations)
    health = flag(controller, "health-check-path") or "/healthz"
    compiled_servers = {host: _server(host, found, health) for host, found in made.locations.items()}
    default = controller.default_backend if controller.default_backend in cluster.services else None
    return NginxTable(
        compiled_servers,
        names.name_table(compiled_servers, made.aliases, www),
        made.upstreams,
        names.configured(cluster, read, made.aliases, www),
        in_order(row for ingress, _ in read for row in rows_of(ingress)),
        (*left, *_unread(refused, catch_all)),
        made.fates,
        tuple(problem for server in compiled_servers.values() for problem in _problems(server)),
        default,
        default_service_ready(cluster, default),
        _stand_ins(cluster, read),
        made.passing,
        PASSES_TLS in controller.flags,
        frozenset(cluster.services),
        told,
        names.default_certificate(cluster, told),
    )


def _unread(refused: Iterable[tuple[Ingress, str]], catch_all: Iterable[Ingress]) -> list[DroppedRow]:
    """The rows of Ingresses that are skipped for an annotation, or for their default backend."""
    pairs = ((ingress, NO_CATCH_ALL) for ingress in catch_all)
    return [
        *left_out(refused, "annotation", lambda _: "correct or remove the annotation"),
        *left_out(
            pairs, "refused", lambda _: "take its default backend off, or start without disable-catch-all"
        ),
    ]


def _stand_ins(cluster: Cluster, read: Iterable[Read]) -> frozenset[str]:
    """The Services of default-backend annotations that have something ready."""
    keys = {f"{i.namespace}/{a.default_backend}" for i, a in read if a.default_backend}
    return frozenset(key for key in keys if default_service_ready(cluster, key))


def _www(hosts: Iterable[str], taken: Iterable[str]) -> dict[str, str]:
    """Name that only redirects -> host it redirects to: with www. added, or taken away."""
    pairs = ((h.removeprefix("www.") if h.startswith("www.") else f"www.{h}", h) for h in sorted(hosts))
    there = set(taken)
    return {name: host for name, host in pairs if host and name not in there and not host.startswith("*")}


def _server(host: str, drafted: Iterable[Location], health: str) -> Server:
    locations = servers.in_order(drafted)
    if host == DEFAULT_SERVER:
        locations += (
            Location(health, PREFIX, DEFAULT_UPSTREAM, status=200),
            Location("/nginx_status", PREFIX, DEFAULT_UPSTREAM, status=403),
        )
    made_by = next((found.ingress for found in locations if found.by_regex), None)
    if made_by is not None:
        own = tuple(_pattern(found) for found in locations if found.status is None)
        return Server(host, locations, own, *_index(f for f in locations if f.status), made_by)
    return Server(host, locations, (), *_index(locations), None)


def _pattern(location: Location) -> Expression | None:
    try:
        return expression(f"^{location.path}", PCRE, caseless=True)
    except UnreadableExpressionError:
        return None


def _index(locations: Iterable[Location]) -> tuple[dict[str, Location], dict[str, Location]]:
    """Exact locations and prefixes; of two that are equal the first counts."""
    exact: dict[str, Location] = {}
    prefixes: dict[str, Location] = {}
    for found in locations:
        (prefixes if found.path_type == PREFIX else exact).setdefault(found.path, found)
    return exact, prefixes


def _problems(server: Server) -> Iterator[Note]:
    """Two equal locations that are no regular expressions, or a pattern that cannot be read."""
    seen: dict[tuple[str, str], Location] = {}
    for location in server.locations if not server.is_regex else ():
        first = seen.setdefault((location.path, location.path_type), location)
        if first is not location and location.row is not None:
            other = first.row.rule if first.row else "a location of the controller"
            message = f"duplicate location {location.path} of {location.row.rule} and {other}"
            yield Note("SIM2039", f"{message}: nginx refuses the configuration", location.row.source)
    for location, pattern in zip(server.locations, server.patterns, strict=False):
        if pattern is None and location.row is not None:
            message = f"the pattern {location.path} of {location.row.rule} cannot be read as one of nginx"
            yield Note("SIM2039", message, location.row.source)

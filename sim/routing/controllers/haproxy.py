"""The profile `haproxy`: the controller of HAProxy Technologies (annotations haproxy.org/).

Hosts and paths are lines of map files: the exact ones first, then prefixes that equal the path, then the
longest prefix. Of two lines with one key the backend whose name sorts first is used; age does not count. A
rule whose Service or port is missing is not written at all. Source: haproxytech/kubernetes-ingress at
fc12067.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from sim.cluster.cluster import CLASS_ANNOTATION, Cluster, Controller, class_after_admission
from sim.cluster.known_controllers import Classes
from sim.manifests.objects.collected import Unmodelled
from sim.manifests.objects.networking import Ingress
from sim.routing.controllers import patterns
from sim.routing.controllers.api import claimed_ingresses, wildcard_of
from sim.routing.controllers.backends import (
    annotation,
    bare_host,
    first_default,
    is_true,
    missing,
    uri,
    way_out,
)
from sim.routing.controllers.certificates import certificates_by_name
from sim.routing.controllers.classes import NO_CLASS, Claimed, by_class
from sim.routing.controllers.decision import Decision, asking, sent_to_row
from sim.routing.controllers.haproxy_backends import (
    KEYS,
    PREFIXES,
    RETRIES,
    asked,
    asks,
    is_modelled,
    method_of,
    time_s,
)
from sim.routing.controllers.patterns import Dialect, Form, Patterns
from sim.routing.controllers.profile import Fact, Profile, Running
from sim.routing.controllers.rows import EXACT, Row, in_order, passed_by, rows_of, sifted
from sim.routing.controllers.settings import Told, arguments_left_out, left_out, names, told, words
from sim.routing.final import Forwarded
from sim.routing.proxies.balancing import NOTHING_ASKED, Asks
from sim.routing.trace import Note, Request, Step

Settings = Mapping[str, str]
"""Key of the ConfigMap -> its text."""

READ = (
    *KEYS, "proxy-protocol", "ssl-passthrough", "ssl-redirect", "ssl-redirect-code", "ssl-redirect-port",
    "timeout-connect", "timeout-http-keep-alive", "timeout-queue",
)  # fmt: skip
"""Keys of the ConfigMap that are modelled: defaults of the annotations of the same name, and of the proxy."""

UNMODELLED = names(
    """
    allow-list auth-secret auth-type backend-config-snippet blacklist client-ca client-crt-optional
    client-strict-sni cookie-persistence-no-dynamic cors-enable deny-list
    frontend-config-snippet global-config-snippet path-rewrite rate-limit-requests
    rate-limit-size request-redirect request-redirect-code send-proxy-protocol server-ca server-crt
    server-proto server-ssl set-host src-ip-header ssl-certificate whitelist
    """
)
"""Keys that may change an answer. Source: documentation/annotations.md, what a ConfigMap may hold."""

UNMODELLED_ARGUMENTS = names(
    """
    configmap-tcp-services default-backend-service default-ssl-certificate disable-http disable-https
    disable-service-external-name http-bind-port https-bind-port namespace-blacklist
    """
)
"""Arguments that may change an answer. Source: pkg/utils/flags.go."""


def claims(classes: Classes, controller: Controller, ingress: Ingress) -> Claimed:
    """The old annotation names an IngressClass too. Source: pkg/store/store.go (IsIngressClassSupported)."""
    said = ingress.metadata.annotations.get(CLASS_ANNOTATION)
    if said is not None and "any-annotation-class" in controller.flags:
        return True, f"annotation {CLASS_ANNOTATION} says {said}"
    name = said or class_after_admission(ingress, classes)
    if name is not None:
        return by_class(classes, controller, name)
    if "empty-ingress-class" in controller.flags:
        return True, "names no class; the controller takes such Ingresses (empty-ingress-class)"
    return NO_CLASS


@dataclass(frozen=True)
class Maps(Patterns):
    """The map files.

    Args:
        redirects: which redirect an Ingress asks for: Ingress key -> (code, port).
        names: the map of server names whose TLS is passed through, a wildcard as `*.REST`.
        told: what the ConfigMap says about redirects, by key.
        asks: rule -> what its Service and Ingress ask about choosing a Pod.
    """

    redirects: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    names: Mapping[str, Row] = field(default_factory=dict)
    told: Mapping[str, Told] = field(default_factory=dict)
    asks: Mapping[str, Asks] = field(default_factory=dict)

    def passed(self, request: Request) -> Row | None:
        """The row that takes a connection by SNI: the name, else its wildcard; None: TLS ends here."""
        name = (request.server_name or "").lower()
        return (self.names.get(name) or self.names.get(wildcard_of(name))) if name else None


def table(cluster: Cluster, controller: Controller) -> Maps:
    """Write the maps. Source: pkg/ingress/ingress.go (handlePath), pkg/haproxy/maps/main.go (sorted rows)."""
    settings = {name: one.value for name, one in _told(controller).items()}
    claimed, left = claimed_ingresses(cluster, controller, claims)
    judged = ((r, missing(cluster, r.namespace, r.backend)) for i in claimed for r in rows_of(i))
    absence = ", so the controller writes no rule for it"
    rows, absent = sifted(judged, "backend", lambda r: way_out(cluster, r.namespace, r.backend), absence)
    kept = in_order(sorted(rows, key=_backend_name))
    return Maps(
        DIALECT,
        kept,
        (*left, *absent),
        first_default(claimed, partial(missing, cluster)),
        certificates=certificates_by_name(cluster, claimed),
        redirects=dict(_redirects(claimed, settings)),
        names=_passing(kept, settings),
        told={name: one for name, one in _told(controller).items() if name.startswith("ssl-redirect")},
        asks={row.rule: asks(cluster, controller, row) for row in kept},
    )


def _backend_name(row: Row) -> str:
    """NAMESPACE_svc_SERVICE_PORT. Source: pkg/service/service.go (GetBackendName)."""
    service = row.backend.service
    return f"{row.namespace}_svc_{service.name}_{service.port}" if service else ""


def setting(ingress: Ingress, name: str, settings: Settings) -> str:
    """The value of an annotation under any of the controller's prefixes, else that of the ConfigMap."""
    own = next((value for prefix in PREFIXES if (value := annotation(ingress, prefix + name))), "")
    return own or settings.get(name, "")


def _passing(rows: Iterable[Row], settings: Settings) -> dict[str, Row]:
    """Host -> the first of its rows whose Ingress passes TLS through.

    Source: pkg/route/route.go (map sni), pkg/handler/https.go (enableSSLPassthrough).
    """
    found: dict[str, Row] = {}
    for row in rows:
        if row.host and is_true(setting(row.ingress, "ssl-passthrough", settings)):
            found.setdefault(row.host, row)
    return found


def _redirects(ingresses: list[Ingress], settings: Settings) -> Iterator[tuple[str, tuple[int, int]]]:
    """On by itself where there is a tls section. Source: pkg/annotations/ingress/httpsRedirect.go."""
    for ingress in ingresses:
        said = setting(ingress, "ssl-redirect", settings)
        if is_true(said) or (not said and ingress.spec.tls):
            code = setting(ingress, "ssl-redirect-code", settings)
            port = setting(ingress, "ssl-redirect-port", settings)
            status = int(code) if code in ("301", "302", "303") else 302
            yield ingress.key, (status, int(port) if port.isdigit() else 8443)


def _forms(row: Row) -> tuple[Form, ...]:
    """Keys of the path maps. Source: pkg/route/route.go (AddHostPathRoute)."""
    if row.path_type == EXACT:
        return (Form("equals", row.path, (3, 0, -row.order)),)
    bare = row.path.removesuffix("/")
    if not bare:
        return (Form("begins", "/", (1, 1, -row.order)),)
    start = f"{bare}/" if row.path_type == "Prefix" else bare
    return Form("equals", bare, (2, 0, -row.order)), Form("begins", start, (1, len(start), -row.order))


def _loses(row: Row, winner: Row) -> str:
    if (row.path, row.path_type) == (winner.path, winner.path_type):
        return f"the same key, and the name of its backend sorts after that of {winner.ingress.key}"
    return patterns.loses_to(row, winner)


DIALECT = Dialect(_forms, loses=_loses)


def decide(request: Request, rules: Maps) -> Decision:
    """The map of names whose TLS is passed through, the others, then the redirect of the Ingress that won."""
    if (passing := rules.passed(request)) is not None:
        return asking(_pass(request, passing), rules.asks.get(passing.rule, NOTHING_ASKED))
    found = _redirected(request, patterns.decide(request, rules), rules)
    found = asking(found, rules.asks.get(found.rule or "", NOTHING_ASKED))
    said = rules.told.get("ssl-redirect") if request.scheme == "http" else None
    if said is None:
        return found
    return replace(found, notes=(*found.notes, Note("SIM2093", f"{said.what}: {said.value}", said.source)))


def _redirected(request: Request, decision: Decision, rules: Maps) -> Decision:
    """A redirect in the place of what plain http would get, where annotation or ConfigMap asks for it."""
    row = decision.row
    if row is None or request.scheme != "http" or row.ingress.key not in rules.redirects:
        return decision
    code, port = rules.redirects[row.ingress.key]
    there = f"https://{bare_host(request)}:{port}{uri(request)}"
    because = f"Ingress {row.ingress.key} has TLS or ssl-redirect, so plain http is redirected"
    way_out = f'set haproxy.org/ssl-redirect: "false" on Ingress {row.ingress.key}'
    return decision.redirect(code, there, "SIM2015", because, way_out=way_out)


def _pass(request: Request, row: Row) -> Decision:
    because = (
        f"TLS for {request.server_name} is passed through (ssl-passthrough of Ingress {row.ingress.key})"
    )
    forwarded = Forwarded(scheme="https")
    return replace(sent_to_row(row), code="SIM2083", because=because, passes_tls=True, forwarded=forwarded)


def explain(request: Request, rules: Maps) -> Iterator[Step]:
    """Every row, the winner first."""
    if (passing := rules.passed(request)) is not None:
        name, why = request.server_name or "", "; the first backend by name"
        return passed_by(passing, name, why, rules.rows, rules.ignored)
    return patterns.explain(request, rules)


def _told(controller: Controller) -> dict[str, Told]:
    return dict(told(controller, dict.fromkeys(READ, str)))


def running(controller: Controller) -> Running:
    """As the ConfigMap says; a PROXY line is asked of the addresses in a list.

    Source: pkg/handler/proxy-protocol.go, pkg/annotations/service/loadbalance.go, global/timeout.go.
    """
    found = _told(controller)
    listed = found.get("proxy-protocol")
    every = listed is not None and {"0.0.0.0/0", "::/0"} & set(words(listed.value))
    said = asked({key: one.value for key, one in found.items()}, len(controller.pods))
    idle = found.get("timeout-http-keep-alive")
    return Running(
        balancing=said.method or "round-robin",
        key=said.key,
        cookie=said.cookie,
        most_open=said.most_open,
        proxy_workers=1,
        retries=replace(RETRIES, **dict(said.goes_on)),
        idle_s=time_s(idle.value) if idle is not None else None,
        proxy_protocol="never" if listed is None else "always" if every else "either",
        proxy_told=listed,
    )


def unmodelled(cluster: Cluster, controller: Controller) -> Iterator[Unmodelled]:
    """Keys and arguments; a balancing algorithm that is none of those modelled is one."""
    chosen = _told(controller).get("load-balance")
    other = chosen is not None and method_of(chosen.value) is None
    yield from left_out(controller, UNMODELLED | ({"load-balance"} if other else set()))
    yield from arguments_left_out(controller, UNMODELLED_ARGUMENTS)


_CODE = "haproxytech/kubernetes-ingress at fc12067 (2026-07-02)"

HAPROXY = Profile(
    name="haproxy",
    controller="haproxy.org/ingress-controller/haproxy",
    class_words=("haproxy",),
    image=r"haproxytech/kubernetes-ingress",
    class_flag="ingress.class",
    config_flag="configmap",
    config_names=r"(?:.*-)?haproxy-(?:kubernetes-)?(?:ingress|configmap)",
    namespaces_flag="namespace-whitelist",
    running=running,
    left_out=unmodelled,
    claims=claims,
    table=table,
    decide=decide,
    program="haproxy",
    retries=RETRIES,
    explain=explain,
    prefixes=("haproxy.org/", "haproxy.com/", "haproxy-ingress.github.io/"),
    modelled_annotations=frozenset(
        f"{prefix}{name}"
        for prefix in PREFIXES
        for name in ("ssl-passthrough", "ssl-redirect", "ssl-redirect-code", "ssl-redirect-port")
    ),
    as_modelled=is_modelled,
    harmless_annotations=("check-http", "forwarded-for", "scale-server-slots", "timeout-check"),
    shared_prefixes=(PREFIXES[-1],),
    annotated=frozenset({"Ingress", "Service"}),
    facts=(
        Fact("classes", "the IngressClass that the old annotation or the field names; its controller "
             "is haproxy.org/ingress-controller/NAME", f"{_CODE}, pkg/store/store.go"),
        Fact("merging", "all Ingresses in map files; equal keys: the backend's name decides, not age",
             f"{_CODE}, pkg/haproxy/maps/main.go"),
        Fact("paths", "Exact equal; Prefix by element; ImplementationSpecific by letter; as sent",
             f"{_CODE}, pkg/route/route.go, pkg/controller/controller.go"),
        Fact("answers", "404 no rule, no Service or no such port; 503 nothing ready; 302 to https, port 8443",
             f"{_CODE}, pkg/ingress/ingress.go, documentation/annotations.md"),
        Fact("passthrough", "by SNI alone with ssl-passthrough: the name, or a wildcard of one label",
             f"{_CODE}, pkg/route/route.go, pkg/handler/https.go"),
        Fact("ExternalName", "to the name, at the Service's own port, which must be there",
             f"{_CODE}, pkg/service/endpoints.go (getExternalNameEndpoints)"),
        Fact("sends", "to Pods that are ready", f"{_CODE}, pkg/k8s/informers.go"),
        Fact("ConfigMap", "the one that --configmap names: defaults of annotations, time-outs, PROXY",
             f"{_CODE}, documentation/annotations.md"),
        Fact("defaults", "connect 5 s, client and server 50 s, queue 5 s, keep-alive 60 s; roundrobin",
             f"{_CODE}, fs/usr/local/etc/haproxy/haproxy.cfg, documentation/annotations.md"),
        Fact("balancing", "load-balance, cookie-persistence, pod-maxconn (shared out among the controller's "
             "Pods): of the Service, else the Ingress, else the ConfigMap; threads share one state",
             f"{_CODE}, pkg/annotations/service, pkg/service/service.go"),
        Fact("tries", "three more at the same Pod, a second apart, where no connection comes about: no "
             "redispatch; then 503; what a Pod had is not sent again; a full Pod's requests wait in a queue",
             f"{_CODE}, fs/usr/local/etc/haproxy/haproxy.cfg; HAProxy, configuration.txt: retries, "
             "option redispatch, retry-on, maxconn"),
        Fact("checks", "a connection every 2 s (check-interval): down after 3 that fail, up after 2; nobody "
             "up: 503", f"{_CODE}, pkg/annotations/common/main.go; HAProxy, configuration.txt: inter, fall"),
    ),
    unknown=(
        "what plain http gets for a host whose TLS is passed through: its ordinary rules are taken",
        "which certificate is the default, and whether port 443 opens without any",
        "which Ingress gives the default backend where several name one: the first is taken",
        "route collisions as versions after 3.2 report them",
        "the other program of that name (haproxy-ingress.github.io)",
    ),
)  # fmt: skip

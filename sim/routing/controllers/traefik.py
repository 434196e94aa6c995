"""The profile `traefik`: Traefik's provider for Kubernetes Ingresses, v3.

Every path of every Ingress becomes a router, and all routers compete in one list: the one with the longest
rule text wins. A Prefix is compared letter by letter. A path whose Service is missing or has no ready
endpoint gets no router, so that a shorter rule serves, or nobody (404). The arguments of its container are
its static configuration: entry points, and what the provider takes. Source: traefik/traefik at fd5a576.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import partial

from sim.cluster.cluster import CLASS_ANNOTATION, Cluster, Controller, class_after_admission
from sim.cluster.known_controllers import Classes
from sim.manifests.objects.collected import Unmodelled
from sim.manifests.objects.networking import Ingress, IngressBackend
from sim.routing.controllers import patterns, traefik_gateways
from sim.routing.controllers.api import claimed_ingresses
from sim.routing.controllers.backends import (
    annotation,
    bare_host,
    first_default,
    is_true,
    missing,
    not_ready,
    service_of,
    uri,
    way_out,
)
from sim.routing.controllers.certificates import certificates_by_name
from sim.routing.controllers.classes import Claimed, by_annotation, by_class
from sim.routing.controllers.decision import Decided, Decision, asking, sent_by
from sim.routing.controllers.patterns import Dialect, Form, Patterns
from sim.routing.controllers.profile import Fact, Profile, Running
from sim.routing.controllers.rows import EXACT, Row, in_order, nearest_first, rows_of, sifted
from sim.routing.controllers.settings import Told, argument_left_out, number
from sim.routing.controllers.traefik_services import RETRIES, asks, is_sticky, retries_of
from sim.routing.proxies.balancing import NOTHING_ASKED, Asks
from sim.routing.trace import Request, Step

PREFIX = "traefik.ingress.kubernetes.io/"
PRIORITY, MATCHER = f"{PREFIX}router.priority", f"{PREFIX}router.pathmatcher"
NATIVE = f"{PREFIX}service.nativelb"

PROVIDER = "providers.kubernetesingress"
REDIRECT = re.compile(r"(?i)entrypoints\.([^.]+)\.http\.redirections\.entrypoint\.to")
READ = (
    PROVIDER, f"{PROVIDER}.allowemptyservices", f"{PROVIDER}.allowexternalnameservices",
    f"{PROVIDER}.ingressclass", f"{PROVIDER}.namespaces", f"{PROVIDER}.nativelbbydefault",
    "entrypoints.*.address", "entrypoints.*.http.redirections.entrypoint.*",
    "entrypoints.*.proxyprotocol*",
)  # fmt: skip
"""Arguments that are modelled, in small letters."""

HARMLESS = (
    "accesslog*", "api*", "certificatesresolvers.*", "entrypoints.*.asdefault",
    "entrypoints.*.forwardedheaders*", "entrypoints.*.http.maxheaderbytes", "entrypoints.*.http.tls*",
    "entrypoints.*.http2*", "entrypoints.*.http3*", "entrypoints.*.observability*",
    "entrypoints.*.reuseport", "entrypoints.*.transport*", "entrypoints.*.udp*", "global.*", "hub*", "log*",
    "metrics*", "ping*", "providers.kubernetescrd*", "providers.kubernetesgateway*",
    "providers.providersthrottleduration", f"{PROVIDER}.allowcrossnamespace",
    f"{PROVIDER}.certauthfilepath", f"{PROVIDER}.endpoint", f"{PROVIDER}.ingressendpoint*",
    f"{PROVIDER}.reportnodeinternalips", f"{PROVIDER}.throttleduration", f"{PROVIDER}.token",
    "serverstransport*", "spiffe*", "tcpserverstransport*", "tracing*",
)  # fmt: skip
"""Patterns of arguments that do not decide where an Ingress's request goes. Source: pkg/config/static."""


def claims(classes: Classes, controller: Controller, ingress: Ingress) -> Claimed:
    """The field first; else the old annotation, which may be missing. Source: shouldProcessIngress.

    With an ingressClass of its own Traefik takes that class alone, by name, and no Ingress without one.
    """
    if not provides_ingresses(controller):
        return False, f"Traefik runs without --{PROVIDER}, so it reads no Ingress"
    name, wanted = class_after_admission(ingress, classes), _said(controller, f"{PROVIDER}.ingressclass")
    if name is not None:
        found = by_class(classes, controller, name)
        return (
            found if not found[0] or wanted in ("", name) else (False, f"Traefik takes class {wanted} alone")
        )
    if wanted:
        held = ingress.metadata.annotations.get(CLASS_ANNOTATION) == wanted
        return held, f"Traefik takes class {wanted} alone, by name or by annotation"
    if not ingress.metadata.annotations.get(CLASS_ANNOTATION):
        return True, "names no class; Traefik takes such Ingresses"
    return by_annotation(classes, controller, ingress, ("traefik",)) or (False, "")


@dataclass(frozen=True)
class EntryRedirect:
    """What an entry point does with every request, before any router is asked.

    Args:
        port: of the target; it is shown unless it is the usual one.
    """

    entry: str
    scheme: str
    port: int
    permanent: bool
    told: Told


@dataclass(frozen=True)
class Routers(Patterns):
    """The routers.

    Args:
        native: the rules that lead to a ClusterIP.
        redirect: that of plain http.
        asks: rule -> what its Service asks about choosing a Pod.
    """

    native: frozenset[str] = frozenset()
    redirect: EntryRedirect | None = None
    asks: Mapping[str, Asks] = field(default_factory=dict)


def _said(controller: Controller, name: str) -> str:
    """The value of an argument, empty if it is not given."""
    found = controller.argument(name)
    return found.value if found is not None else ""


def _on(controller: Controller, name: str) -> bool:
    """Whether an argument switches something on; one without a value does."""
    found = controller.argument(name)
    return found is not None and (not found.value or is_true(found.value))


def provides_ingresses(controller: Controller) -> bool:
    """Whether the provider of Ingresses is on; where arguments name none at all, a file may."""
    names = [a.name.lower() for a in controller.arguments]
    stated = any(name.startswith("providers.") for name in names) and "configfile" not in names
    return not stated or any(name == PROVIDER or name.startswith(f"{PROVIDER}.") for name in names)


def entry_redirect(controller: Controller) -> EntryRedirect | None:
    """The redirect of the entry point that takes plain http: web, else the first that redirects.

    Source: pkg/provider/traefik/internal.go (redirection, getRedirectPort).
    """
    found = [m for a in controller.arguments if (m := REDIRECT.fullmatch(a.name)) is not None]
    names = sorted({m[1].lower() for m in found}, key=lambda name: name != "web")
    for name in names:
        said = controller.argument(f"entrypoints.{name}.http.redirections.entrypoint.to")
        port = _redirect_port(controller, said.value) if said is not None else None
        if said is not None and port is not None and said.value.lower() != name:
            below = f"entrypoints.{name}.http.redirections.entrypoint"
            permanent = controller.argument(f"{below}.permanent")
            what = Told(f"--{said.name} of {controller.name}", said.value, said.source)
            return EntryRedirect(
                name,
                _said(controller, f"{below}.scheme") or "https",
                port,
                permanent is None or not permanent.value or is_true(permanent.value),
                what,
            )
    return None


def _redirect_port(controller: Controller, to: str) -> int | None:
    """`:PORT`, or that of the entry point's address; None: there is no such entry point."""
    address = to if to.startswith(":") else _said(controller, f"entrypoints.{to}.address")
    return number(address.partition("/")[0].rpartition(":")[2])


def table(cluster: Cluster, controller: Controller) -> Routers:
    """A router for each path with a ready endpoint. Source: loadConfigurationFromIngresses."""
    claimed, left = claimed_ingresses(cluster, controller, claims)
    gone = partial(_absent, cluster, controller)
    judged = ((r, gone(r.namespace, r.backend)) for i in claimed for r in rows_of(i))
    absence = ", so Traefik makes no router for it"
    rows, absent = sifted(judged, "backend", partial(_way_out, cluster), absence)
    return Routers(
        DIALECT,
        in_order(rows),
        (*left, *absent),
        first_default((i for i in claimed if not i.spec.rules), gone),
        certificates=certificates_by_name(cluster, claimed),
        native=frozenset(r.rule for r in rows if _native(cluster, controller, r.namespace, r.backend)),
        redirect=entry_redirect(controller),
        asks={row.rule: asks(cluster, row) for row in rows},
    )


def _absent(cluster: Cluster, controller: Controller, namespace: str, backend: IngressBackend) -> str:
    """Why there is no server for a backend. Source: loadService."""
    if _native(cluster, controller, namespace, backend):
        return missing(cluster, namespace, backend)
    service = service_of(cluster, namespace, backend)
    if service is not None and service.manifest.spec.type == "ExternalName":
        allowed = _on(controller, f"{PROVIDER}.allowexternalnameservices")
        barred = f"Service {service.key} is an ExternalName, which is not allowed by default"
        return missing(cluster, namespace, backend) if allowed else barred
    empty = _on(controller, f"{PROVIDER}.allowemptyservices")
    return missing(cluster, namespace, backend) if empty else not_ready(cluster, namespace, backend)


def _way_out(cluster: Cluster, row: Row) -> str:
    """What would give a row its router."""
    service = service_of(cluster, row.namespace, row.backend)
    if service is not None and service.manifest.spec.type == "ExternalName":
        return "start Traefik with allowExternalNameServices, or send to a Service that has Pods"
    return way_out(cluster, row.namespace, row.backend)


def _native(cluster: Cluster, controller: Controller, namespace: str, backend: IngressBackend) -> bool:
    """Whether requests go to the ClusterIP: by the annotation of the Service, else by an argument."""
    service = service_of(cluster, namespace, backend)
    if service is None:
        return False
    said = service.manifest.metadata.annotations.get(NATIVE, "")
    return is_true(said) if said else _on(controller, f"{PROVIDER}.nativelbbydefault")


def matcher(row: Row) -> str:
    """Path, PathPrefix or PathRegexp. Source: loadRouter."""
    if row.path_type == EXACT:
        return "Path"
    chosen = annotation(row.ingress, MATCHER) if row.path_type == "ImplementationSpecific" else ""
    return chosen or "PathPrefix"


def priority(row: Row) -> int:
    """The annotation's, else the length of the rule's text. Source: pkg/muxer/http/mux.go."""
    said = annotation(row.ingress, PRIORITY)
    if said.lstrip("-").isdigit() and int(said) != 0:
        return int(said)
    host = f"Host({json.dumps(row.host)}) && " if row.host else ""
    return len(f"{host}{matcher(row)}({json.dumps(row.path)})".encode())


def merged(path: str) -> str:
    """Slashes merged and dots resolved; percent signs stay, and above the root is the root."""
    kept: list[str] = []
    elements = re.sub("/+", "/", path).removeprefix("/").split("/")
    for element in elements:
        if element == "..":
            kept = kept[:-1]
        elif element != ".":
            kept.append(element)
    if elements[-1] in (".", ".."):
        kept.append("")
    return "/" + "/".join(kept).lstrip("/")


def _forms(row: Row) -> tuple[Form, ...]:
    kind = {"Path": "equals", "PathPrefix": "begins"}.get(matcher(row), "matches")
    return (Form(kind, row.path, (priority(row), -row.order)),)


def _loses(row: Row, winner: Row) -> str:
    mine, theirs = priority(row), priority(winner)
    if mine < theirs:
        return f"priority {mine}, the winner has {theirs}"
    return "the same priority: which of the two wins is not defined"


DIALECT = Dialect(
    _forms,
    alone=False,
    reads=merged,
    loses=_loses,
    wins=lambda row: f"wins: the longest rule that matches (priority {priority(row)})",
)


def decide(request: Request, rules: Routers) -> Decision:
    """The redirect of the entry point, else the router with the greatest priority."""
    if rules.redirect is not None and request.scheme == "http":
        return _redirected(request, rules.redirect)
    decision = patterns.decide(request, rules)
    sent = sent_by(decision, "service" if decision.rule in rules.native else "pods")
    return asking(sent, rules.asks.get(sent.rule or "", NOTHING_ASKED))


def _redirected(request: Request, found: EntryRedirect) -> Decision:
    """Source: pkg/middlewares/redirect (redirect.go, redirect_scheme.go)."""
    usual = {"http": 80, "https": 443}.get(found.scheme) == found.port
    there = f"{found.scheme}://{bare_host(request)}{'' if usual else f':{found.port}'}{uri(request)}"
    with_get = request.method == "GET"
    status = (301 if with_get else 308) if found.permanent else (302 if with_get else 307)
    because = f"entry point {found.entry} redirects every request, whatever the rules ({found.told.what})"
    return Decided().redirect(status, there, "SIM2015", because, found.told.source)


def explain(request: Request, rules: Routers) -> Iterator[Step]:
    """Every router, the winner first; none is asked where the entry point redirects."""
    if rules.redirect is None or request.scheme != "http":
        yield from patterns.explain(request, rules)
        return
    because = f"not asked: entry point {rules.redirect.entry} redirects every request"
    yield from (row.step(False, because, "entry point") for row in rules.rows)
    yield from nearest_first((), rules.ignored)


def running(controller: Controller) -> Running:
    """A PROXY line is taken from trusted addresses, and not asked for.

    Source: pkg/server/server_entrypoint_tcp.go (buildProxyProtocolListener).
    """
    found = (a for a in controller.arguments if fnmatchcase(a.name.lower(), "entrypoints.*.proxyprotocol*"))
    said = next(found, None)
    told = Told(f"--{said.name} of {controller.name}", said.value, said.source) if said is not None else None
    stated = any(a.name.lower().startswith("entrypoints.") for a in controller.arguments)
    return Running(
        retries=retries_of(controller),
        proxy_workers=1,
        proxy_protocol="either" if said is not None else "never" if stated else "unknown",
        proxy_told=told,
    )


def unmodelled(cluster: Cluster, controller: Controller) -> Iterator[Unmodelled]:
    """The arguments that neither are modelled nor are known to be harmless."""
    for one in controller.arguments:
        if not any(fnmatchcase(one.name.lower(), pattern) for pattern in (*READ, *HARMLESS)):
            yield argument_left_out(controller, one)


_CODE = "traefik/traefik at fd5a576 (2026-07-24)"
_INGRESS = f"{_CODE}, pkg/provider/kubernetes/ingress/kubernetes.go"

TRAEFIK = Profile(
    name="traefik",
    controller="traefik.io/ingress-controller",
    class_words=("traefik",),
    image=r"\btraefik(?![\w/.-])",
    namespaces_flag=f"{PROVIDER}.namespaces",
    program="traefik",
    retries=RETRIES,
    running=running,
    left_out=unmodelled,
    claims=claims,
    of_gateways=traefik_gateways.CONTROLLER,
    plane=traefik_gateways.plane(merged),
    table=table,
    decide=decide,
    explain=explain,
    prefixes=(PREFIX,),
    modelled_annotations=frozenset({PRIORITY, MATCHER, NATIVE}),
    as_modelled=is_sticky,
    harmless_annotations=("router.observability.*",),
    annotated=frozenset({"Ingress", "Service"}),
    facts=(
        Fact("classes", "spec.ingressClassName, else the old annotation: traefik, or none at all", _INGRESS),
        Fact("merging", "one list of routers; priority is the length of the rule's text",
             f"{_CODE}, pkg/muxer/http/mux.go"),
        Fact("paths", "Exact equal; all else by letter (strictPrefixMatching is off); path sanitised",
             f"{_CODE}, kubernetes.go (buildRule), docs: entrypoints, sanitizePath"),
        Fact("hosts", "a wildcard is one label, and no bar to other rules", f"{_CODE}, pkg/muxer/muxer.go"),
        Fact("answers", "404 no router: no rule, no Service, no such port, nothing ready "
             "(allowEmptyServices is off); 502 refused, 504 too slow",
             f"{_INGRESS}, pkg/proxy/httputil/proxy.go"),
        Fact("default", "of an Ingress without rules, one for all", _INGRESS),
        Fact("sends", "to Pods; to the ClusterIP with service.nativelb", _INGRESS),
        Fact("TLS", "tls only loads certificates: no redirect; a self-signed default certificate",
             f"{_CODE}, docs: routing, Kubernetes Ingress, TLS"),
        Fact("arguments", "redirects of entry points, class, namespaces, empty and external Services, PROXY",
             f"{_CODE}, pkg/config/static, pkg/provider/traefik/internal.go"),
        Fact("defaults", "read 60 s, idle 180 s; no retries without the middleware; dial 30 s",
             f"{_CODE}, pkg/config/static/static_config.go"),
        Fact("balancing", "wrr: turns by deadline, all of weight 1, in an order that is shuffled when the "
             "list changes; one state for all requests; service.sticky.cookie of the Service binds clients",
             f"{_CODE}, pkg/server/service/loadbalancer/wrr/wrr.go, pkg/server/service/service.go"),
        Fact("tries", "one; 502 refused or closed, 504 no connection in time; no time-out for an answer",
             f"{_CODE}, pkg/proxy/httputil/proxy.go (ComputeStatusCode), pkg/server/service/transport.go"),
        *traefik_gateways.FACTS,
    ),
    unknown=(
        "static configuration that stands in a file: entry points web and websecure (TLS) are assumed",
        "which of two routers with the same priority wins",
        "ExternalName Services: refused unless allowExternalNameServices is on; off is assumed",
        "IngressRoute and Middleware resources",
        *traefik_gateways.UNKNOWN,
    ),
)  # fmt: skip

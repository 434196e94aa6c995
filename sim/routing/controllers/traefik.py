"""The profile `traefik`: Traefik's provider for Kubernetes Ingresses, v3.

Every path of every Ingress becomes a router, and all routers compete in one list: the one with the longest
rule text wins. A Prefix is compared letter by letter. A path whose Service is missing or has no ready
endpoint gets no router, so that a shorter rule serves, or nobody (404). Source: traefik/traefik at fd5a576.
"""

import json
import re
from dataclasses import dataclass
from functools import partial

from sim.cluster.cluster import CLASS_ANNOTATION, Cluster, Controller, class_after_admission
from sim.cluster.known_controllers import Classes
from sim.manifests.objects.networking import Ingress, IngressBackend
from sim.routing.controllers import patterns
from sim.routing.controllers.api import certificates_by_host, claimed_ingresses
from sim.routing.controllers.backends import (
    annotation,
    first_default,
    is_true,
    missing,
    not_ready,
    service_of,
    way_out,
)
from sim.routing.controllers.classes import Claimed, by_annotation, by_class
from sim.routing.controllers.decision import Decision, sent_by
from sim.routing.controllers.patterns import Dialect, Form, Patterns
from sim.routing.controllers.profile import Fact, Profile
from sim.routing.controllers.rows import EXACT, Row, in_order, rows_of, sifted
from sim.routing.trace import Request

PREFIX = "traefik.ingress.kubernetes.io/"
PRIORITY, MATCHER = f"{PREFIX}router.priority", f"{PREFIX}router.pathmatcher"
NATIVE = f"{PREFIX}service.nativelb"


def claims(classes: Classes, controller: Controller, ingress: Ingress) -> Claimed:
    """The field first; else the old annotation, which may be missing. Source: shouldProcessIngress."""
    name = class_after_admission(ingress, classes)
    if name is not None:
        return by_class(classes, controller, name)
    if not ingress.metadata.annotations.get(CLASS_ANNOTATION):
        return True, "names no class; Traefik takes such Ingresses"
    return by_annotation(classes, controller, ingress, ("traefik",)) or (False, "")


@dataclass(frozen=True)
class Routers(Patterns):
    """The routers; `native` are the rules that lead to a ClusterIP."""

    native: frozenset[str] = frozenset()


def table(cluster: Cluster, controller: Controller) -> Routers:
    """A router for each path with a ready endpoint. Source: loadConfigurationFromIngresses."""
    claimed, left = claimed_ingresses(cluster, controller, claims)
    judged = ((r, _absent(cluster, r.namespace, r.backend)) for i in claimed for r in rows_of(i))
    absence = ", so Traefik makes no router for it"
    rows, absent = sifted(judged, "backend", partial(_way_out, cluster), absence)
    return Routers(
        DIALECT,
        in_order(rows),
        (*left, *absent),
        first_default((i for i in claimed if not i.spec.rules), partial(_absent, cluster)),
        certificates=certificates_by_host(cluster, claimed),
        native=frozenset(r.rule for r in rows if _native(cluster, r.namespace, r.backend)),
    )


def _absent(cluster: Cluster, namespace: str, backend: IngressBackend) -> str:
    """Why there is no server for a backend. Source: loadService."""
    if _native(cluster, namespace, backend):
        return missing(cluster, namespace, backend)
    service = service_of(cluster, namespace, backend)
    if service is not None and service.manifest.spec.type == "ExternalName":
        return f"Service {service.key} is an ExternalName, which is not allowed by default"
    return not_ready(cluster, namespace, backend)


def _way_out(cluster: Cluster, row: Row) -> str:
    """What would give a row its router."""
    service = service_of(cluster, row.namespace, row.backend)
    if service is not None and service.manifest.spec.type == "ExternalName":
        return "start Traefik with allowExternalNameServices, or send to a Service that has Pods"
    return way_out(cluster, row.namespace, row.backend)


def _native(cluster: Cluster, namespace: str, backend: IngressBackend) -> bool:
    """Whether the annotation of the Service asks for its ClusterIP."""
    service = service_of(cluster, namespace, backend)
    return service is not None and is_true(service.manifest.metadata.annotations.get(NATIVE, ""))


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
    """The router with the greatest priority."""
    decision = patterns.decide(request, rules)
    return sent_by(decision, "service" if decision.rule in rules.native else "pods")


_CODE = "traefik/traefik at fd5a576 (2026-07-24)"
_INGRESS = f"{_CODE}, pkg/provider/kubernetes/ingress/kubernetes.go"

TRAEFIK = Profile(
    name="traefik",
    controller="traefik.io/ingress-controller",
    class_words=("traefik",),
    claims=claims,
    table=table,
    decide=decide,
    explain=patterns.explain,
    prefixes=(PREFIX,),
    modelled_annotations=frozenset({PRIORITY, MATCHER, NATIVE}),
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
        Fact("defaults", "read 60 s, idle 180 s; no retries without the middleware; round robin",
             f"{_CODE}, pkg/config/static/static_config.go"),
    ),
    unknown=(
        "static configuration: entry points web and websecure (TLS) of the Helm chart are assumed",
        "which of two routers with the same priority wins",
        "ExternalName Services: refused unless allowExternalNameServices is on; off is assumed",
        "IngressRoute and Middleware resources",
    ),
)  # fmt: skip

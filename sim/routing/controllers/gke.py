"""The profile `gke`: Ingress on Google Kubernetes Engine, with a load balancer of its own for every Ingress.

Rules become a URL map: the host picks one list of paths, in it the longest pattern wins, and what no path
takes goes to the default backend. One fault in an Ingress (a missing Service, say) keeps its whole load
balancer from being made or changed. Source: kubernetes/ingress-gce at acbcf5d; Google Cloud's documentation.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from sim.cluster.cluster import CLASS_ANNOTATION, Cluster, Controller, LinkedService, class_after_admission
from sim.cluster.known_controllers import Classes, CloudFront
from sim.manifests.objects.networking import Ingress, IngressClass
from sim.routing.controllers import patterns
from sim.routing.controllers.api import claimed_ingresses
from sim.routing.controllers.backends import Target, annotation, first_default, missing, targets
from sim.routing.controllers.certificates import certificates_by_name
from sim.routing.controllers.classes import Claimed, by_word, on_load_balancer
from sim.routing.controllers.decision import Decision, Via, sent_by
from sim.routing.controllers.patterns import Dialect, Form, Patterns
from sim.routing.controllers.profile import Fact, Problem, Profile
from sim.routing.controllers.rows import EXACT, EXACTLY, LONGEST, PREFIX, Row, in_order, rows_of, sifted
from sim.routing.trace import DEFAULT_PORTS, Note, Request

NEG = "cloud.google.com/neg"
ALLOW_HTTP = "kubernetes.io/ingress.allow-http"
OF_GATEWAYS = ("networking.gke.io/*",)
CONTROLLER = "k8s.io/ingress-gce"
SHUNS = "GKE leaves such an Ingress alone: only the annotation kubernetes.io/ingress.class counts"
CERTIFICATES = ("ingress.gcp.kubernetes.io/pre-shared-cert", "networking.gke.io/managed-certificates")


def claims(classes: Classes, controller: Controller, ingress: Ingress) -> Claimed:
    """By the old annotation, or without any class. Source: pkg/utils/utils.go (IsGCEIngress)."""
    claimed = _of_class(classes, controller, ingress)
    return on_load_balancer(claimed, controller, ingress, "has a load balancer of its own")


def _of_class(classes: Classes, controller: Controller, ingress: Ingress) -> Claimed:
    """The old annotation alone, or neither annotation nor field; the field shuts the controller out.

    Asked in place of another controller, it takes that one's classes as if the annotation said gce.
    """
    said = by_word(controller, ingress, "gce", "gce-internal")
    if said is not None and annotation(ingress, CLASS_ANNOTATION):
        return said
    name = class_after_admission(ingress, classes)
    if name is None:
        return True, "names no class; GKE takes such Ingresses"
    found = classes.get(name)
    if found is not None and found.spec.controller == controller.controller and not _is_own(found):
        return True, f"class {name} is taken for one of GKE"
    return False, f"spec.ingressClassName is {name}, and {SHUNS}"


def _is_own(found: IngressClass) -> bool:
    """Whether an IngressClass that is really there names this controller, which reads none."""
    return found.origin is not None and found.spec.controller == CONTROLLER


def way_in(classes: Classes, controller: Controller, ingress: Ingress) -> str:
    """The old annotation alone; one load balancer cannot take the rules of another Ingress."""
    if _of_class(classes, controller, ingress)[0]:
        return "put its rules into the same Ingress: each Ingress has a load balancer of its own"
    off = "take spec.ingressClassName off and " if ingress.spec.ingress_class_name else ""
    return f'{off}annotate Ingress {ingress.key} with {CLASS_ANNOTATION}: "gce"'


def opens(port: int, tls: bool) -> str:
    """Two ports alone. Source: pkg/annotations/ingress.go (AllowHTTP), pkg/loadbalancers/l7.go."""
    if port == DEFAULT_PORTS["https"] and tls:
        return "give the Ingress a tls section with a Secret, or the annotation of a certificate"
    if port == DEFAULT_PORTS["http"] and not tls:
        return f'take {ALLOW_HTTP}: "false" off the Ingress'
    return "ask on port 80, or on 443 with a certificate: such a load balancer opens no other port"


def listeners(ingress: Ingress) -> dict[int, str]:
    """80 unless allow-http says no, 443 where there is a certificate. Source: pkg/annotations/ingress.go."""
    plain = {} if annotation(ingress, ALLOW_HTTP) == "false" else {80: "HTTP"}
    tls = bool(ingress.spec.tls) or any(name in ingress.metadata.annotations for name in CERTIFICATES)
    return plain | ({443: "HTTPS"} if tls else {})


@dataclass(frozen=True)
class UrlMap(Patterns):
    """One load balancer; `instances` are the rules that lead to node ports instead of Pods."""

    instances: frozenset[str] = frozenset()
    problem: Problem | None = None
    by_field: Ingress | None = None


def table(cluster: Cluster, controller: Controller) -> UrlMap:
    """Translate. Source: pkg/controller/translator/translator.go, pkg/utils/gceurlmap.go."""
    claimed, left = claimed_ingresses(cluster, controller, claims, way_in)
    judged = (one for ingress in claimed for one in _kept(ingress))
    rows, taken = sifted(judged, "taken", lambda _: "write all paths of a host under one rule, each once")
    written = [row for ingress in claimed for row in rows_of(ingress)]
    found = tuple(targets(cluster, written, claimed))
    return UrlMap(
        DIALECT,
        in_order(rows),
        (*left, *taken),
        first_default(claimed),
        certificates=certificates_by_name(cluster, claimed),
        instances=frozenset(rule for rule, *_, service in found if service is not None and on_nodes(service)),
        problem=next(_problems(found, written, cluster), None),
        by_field=next((i for i in claimed if i.spec.ingress_class_name), None),
    )


def _kept(ingress: Ingress) -> Iterator[tuple[Row, str]]:
    """Every row, and why it is dropped: a later rule for the host replaces all of an earlier one."""
    rows = list(rows_of(ingress))
    last_rule = {row.host: _rule(row) for row in rows}
    last_row = {(row.host, row.path, row.path_type): row for row in rows}
    for row in rows:
        why = ""
        if last_rule[row.host] != _rule(row):
            why = f"a later rule for host {row.host or '*'} replaces this one"
        elif last_row[row.host, row.path, row.path_type] is not row:
            why = "a later path of the same text replaces this one"
        yield row, why


def _rule(row: Row) -> str:
    return row.rule.partition(".paths")[0]


def _forms(row: Row) -> tuple[Form, ...]:
    """Paths of a URL map: text, or text that ends with /*. Source: validateAndGetPaths."""
    bare = row.path.removesuffix("/")
    if row.path_type == PREFIX:
        start = Form("begins", f"{bare}/", (len(bare) + 1, -row.order))
        return (Form("equals", bare, (len(bare), row.order)), start) if bare else (start,)
    if row.path.endswith("/*") and row.path_type != EXACT:
        return (Form("begins", row.path[:-1], (len(row.path) - 1, -row.order)),)
    return (Form("equals", row.path, (len(row.path), row.order)),)


DIALECT = Dialect(
    _forms,
    patterns.any_depth,
    patterns.depth_level,
    wins=lambda row: EXACTLY if row.path_type == EXACT else LONGEST,
)


def on_nodes(service: LinkedService) -> bool:
    """Whether instance groups are used: only where the annotation switches NEGs off."""
    try:
        said = json.loads(service.manifest.metadata.annotations.get(NEG, "{}"))
    except ValueError:
        return False
    return isinstance(said, dict) and said.get("ingress") is False


def _is_name(service: LinkedService) -> bool:
    """Whether it is an ExternalName that no annotation says to have a NEG (an empty one)."""
    return service.manifest.spec.type == "ExternalName" and NEG not in service.manifest.metadata.annotations


def _problems(found: Iterable[Target], rows: Iterable[Row], cluster: Cluster) -> Iterator[Problem]:
    """What the translation refuses: then no load balancer is made."""
    for rule, ingress, backend, service in found:
        if absent := missing(cluster, ingress.namespace, backend):
            fix = "create it, or name what is there: one missing backend stops the whole Ingress"
            yield Problem(f"{rule}: {absent}", fix, ingress.line())
        elif service is not None and _is_name(service):
            name = service.manifest.spec.external_name
            fix = f"send to a Service that has Pods, such as a proxy that forwards to {name}"
            message = f"{rule}: Service {service.key} is an ExternalName, which GKE does not take"
            yield Problem(message, fix, service.line("spec", "type"))
        elif service is not None and on_nodes(service) and service.manifest.spec.type == "ClusterIP":
            message = f"{rule}: without a NEG a NodePort is needed, and Service {service.key} is a ClusterIP"
            yield Problem(message, f"take {NEG} off, or make the Service a NodePort", service.line())
    for row in rows:
        bare = row.path.removesuffix("/*") if row.path_type not in (EXACT, PREFIX) else row.path
        if "*" in bare:
            message = f"path {row.path} of {row.rule}: a star stands only at the end, after a slash"
            yield Problem(message, "write /text/* with pathType: ImplementationSpecific", row.source)


def decide(request: Request, rules: UrlMap) -> Decision:
    """The host's paths, else the default backend."""
    decision = patterns.decide(request, rules)
    notes = decision.notes
    if rules.by_field is not None:
        message = (
            "GKE reads no spec.ingressClassName: take it off and set the annotation "
            "kubernetes.io/ingress.class to gce"
        )
        notes += (Note(None, message, rules.by_field.line("spec", "ingressClassName")),)
    via: Via = "nodes" if decision.rule in rules.instances else "pods"
    return replace(sent_by(decision, via), notes=notes)


_CODE = "kubernetes/ingress-gce at acbcf5d (2026-08-21)"
_GOOGLE = "docs.cloud.google.com"

GKE = Profile(
    name="gke",
    controller=CONTROLLER,
    class_words=("gce", "gke"),
    shuns_field=True,
    way_in=way_in,
    opens=opens,
    claims=claims,
    stars=True,
    front=CloudFront("gke", lambda _: "", listeners, lag="gce-neg-attach"),
    table=table,
    decide=decide,
    explain=patterns.explain,
    prefixes=("cloud.google.com/", "networking.gke.io/", "ingress.gcp.kubernetes.io/"),
    shared_prefixes=("kubernetes.io/ingress.",),
    modelled_annotations=frozenset({NEG, ALLOW_HTTP, *CERTIFICATES}),
    harmless_annotations=("neg-status", "ingress.*static-ip-name"),
    annotated=frozenset({"Ingress", "Service"}),
    no_external="its targets are Pods alone, so its NEG is empty",
    statuses={"SIM2096": 502, "SIM2003": 502, "SIM2014": 502},
    problem=lambda rules: rules.problem,
    facts=(
        Fact("classes", "the annotation kubernetes.io/ingress.class: gce, gce-internal or none; an Ingress "
             "with spec.ingressClassName is left alone", f"{_CODE}, pkg/utils/utils.go"),
        Fact("merging", "none: every Ingress has a load balancer and an address of its own",
             f"{_GOOGLE}: GKE Ingress"),
        Fact("paths", "Exact equal; Prefix by element; else text, or text that ends with /*; longest wins; "
             "of two rules for one host the later replaces the earlier",
             f"{_CODE}, translator.go, pkg/utils/gceurlmap.go"),
        Fact("hosts", "a wildcard is any text; the host's list answers alone", f"{_GOOGLE}: URL maps"),
        Fact("default", "defaultBackend, else the cluster's default-http-backend, which answers 404",
             f"{_CODE}, translator.go"),
        Fact("answers", "404 no rule; 502 nothing healthy (failed_to_pick_backend)",
             f"{_GOOGLE}: Troubleshoot external Application Load Balancers"),
        Fact("faults", "a missing Service or port, or an ExternalName, fails the translation of the Ingress",
             f"{_CODE}, pkg/controller/controller.go, translator.go (maybeEnableNEG)"),
        Fact("sends", "to Pods (NEG), the default in VPC-native clusters; else to node ports",
             f"{_GOOGLE}: Container-native load balancing"),
        Fact("health", "checks of its own, from the readiness probe or GET / answered 200",
             f"{_GOOGLE}: Troubleshoot Ingress health checks"),
        Fact("TLS", "443 with a certificate, 80 too unless allow-http is false; no redirect without a "
             "FrontendConfig", f"{_CODE}, pkg/annotations/ingress.go"),
    ),
    unknown=(
        "whether the cluster is VPC-native: it is assumed to be, so Pods are the targets",
        "health checks of the load balancer: ready Pods are taken as healthy",
        "502 of a load balancer without a healthy backend is that of the classic one; others answer 503",
        "FrontendConfig, BackendConfig and managed certificates; which certificate is the primary one",
        "how paths are normalised: they are compared as sent",
    ),
)  # fmt: skip

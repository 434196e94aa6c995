"""The profile `aws-alb`: the AWS Load Balancer Controller and the Application Load Balancers that it makes.

The Ingresses of an IngressGroup share one load balancer. Its rules are one list: by group.order, then by
name, then in order of writing, within one rule Exact before Prefix before patterns; the first that matches
serves, and a host is only a condition. One fault anywhere in a group keeps the whole load balancer from being
made or changed. Source: kubernetes-sigs/aws-load-balancer-controller at 225f445.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sim.cluster.cluster import Cluster, Controller, LinkedService, class_after_admission
from sim.cluster.known_controllers import Classes, CloudFront
from sim.manifests.objects.networking import Ingress, IngressBackend
from sim.routing.controllers import patterns
from sim.routing.controllers.api import claimed_ingresses
from sim.routing.controllers.aws_target_groups import ATTRIBUTES, asks, only_modelled
from sim.routing.controllers.backends import (
    Target,
    annotation,
    bare_host,
    first_default,
    port_of,
    targets,
    uri,
)
from sim.routing.controllers.classes import NO_CLASS, Claimed, by_class, by_word, on_load_balancer
from sim.routing.controllers.classes import way_in as named_class
from sim.routing.controllers.decision import Decision, asking, sent_by
from sim.routing.controllers.patterns import Dialect, Form, Patterns
from sim.routing.controllers.profile import Fact, Problem, Profile
from sim.routing.controllers.rows import EXACT, PREFIX, DroppedRow, Row, in_order, rows_of, sifted
from sim.routing.expressions import ANY
from sim.routing.proxies.balancing import NOTHING_ASKED, Asks
from sim.routing.trace import DEFAULT_PORTS, Request, Step

ALB_PREFIX = "alb.ingress.kubernetes.io/"
TARGET_TYPE, REDIRECT = f"{ALB_PREFIX}target-type", f"{ALB_PREFIX}ssl-redirect"
CERTIFICATE, REGEX = f"{ALB_PREFIX}certificate-arn", f"{ALB_PREFIX}use-regex-path-match"
GROUP, ORDER = f"{ALB_PREFIX}group.name", f"{ALB_PREFIX}group.order"
LISTEN_PORTS = f"{ALB_PREFIX}listen-ports"
BY_ANNOTATION = "use-annotation"
_TYPES = (EXACT, PREFIX)


def claims(classes: Classes, controller: Controller, ingress: Ingress) -> Claimed:
    """The old annotation before the field; without either only the default class.

    Source: pkg/ingress/group_loader.go (classifyIngress).
    """
    name = class_after_admission(ingress, classes)
    found = NO_CLASS if name is None else by_class(classes, controller, name)
    elsewhere = "is in another IngressGroup, so another load balancer has it"
    return on_load_balancer(by_word(controller, ingress, "alb") or found, controller, ingress, elsewhere)


def group(ingress: Ingress) -> str:
    """The name of its IngressGroup; without one it is alone."""
    return annotation(ingress, GROUP)


def order(ingress: Ingress) -> tuple[int, str]:
    """What members of a group are sorted by: group.order, then the name."""
    said = annotation(ingress, ORDER)
    return int(said) if said.lstrip("-").isdigit() else 0, ingress.key


def listeners(ingress: Ingress) -> dict[int, str]:
    """Port -> protocol; by default 443 with a certificate, else 80: never both.

    Source: pkg/ingress/model_build_listener.go.
    """
    try:
        entries = json.loads(annotation(ingress, LISTEN_PORTS) or "[]")
        said = {int(port): str(protocol) for entry in entries for protocol, port in entry.items()}
    except (ValueError, TypeError, AttributeError):
        said = {}
    return said or ({443: "HTTPS"} if annotation(ingress, CERTIFICATE) else {80: "HTTP"})


@dataclass(frozen=True)
class Listeners:
    """One load balancer.

    Args:
        ports: port -> its rules.
        redirect: the port that plain http is redirected to, None for no redirect.
        asks: rule -> what is asked about choosing a target.
        instances: rules whose target is the NodePort of every node, `default-backend` among them.
    """

    ports: Mapping[int, Patterns]
    rows: tuple[Row, ...]
    ignored: tuple[DroppedRow, ...]
    redirect: int | None = None
    certificates: tuple[str, ...] = ()
    instances: frozenset[str] = frozenset()
    problem: Problem | None = None
    actions: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    asks: Mapping[str, Asks] = field(default_factory=dict)


def table(cluster: Cluster, controller: Controller) -> Listeners:
    """Build the listeners. Source: pkg/ingress/model_build_listener_rules.go (buildListenerRules)."""
    claimed, left = claimed_ingresses(cluster, controller, claims, way_in)
    members = sorted(claimed, key=order)
    rows = in_order(row for ingress in members for row in _sorted_rows(ingress))
    ports = {port for ingress in members for port in listeners(ingress)} or {80}
    redirect = next((int(p) for i in members if (p := annotation(i, REDIRECT)).isdigit()), None)
    found = tuple(targets(cluster, rows, members))
    return Listeners(
        {port: _rules(port, rows, left, members) for port in ports},
        rows,
        tuple(left),
        redirect,
        tuple(arn for i in members for arn in annotation(i, CERTIFICATE).split(",") if arn),
        frozenset(rule for rule, i, _, service in found if service and target_type(service, i) == "instance"),
        next(_problems(found, members, rows, ports, redirect), None),
        {row.rule: action for row in rows if (action := _action(row)) is not None},
        {rule: asks(ingress, service) for rule, ingress, _, service in found},
    )


def _sorted_rows(ingress: Ingress) -> Iterator[Row]:
    """Per rule: Exact, then Prefix from long to short, then the others. Source: sortIngressPaths."""
    by_rule: dict[str, list[Row]] = {}
    for row in rows_of(ingress):
        by_rule.setdefault(row.rule.partition(".paths")[0], []).append(row)
    for rows in by_rule.values():
        yield from sorted(rows, key=_place)


def _place(row: Row) -> tuple[int, int]:
    kind = _TYPES.index(row.path_type) if row.path_type in _TYPES else 2
    return kind, -len(row.path) if row.path_type == PREFIX else 0


def _rules(port: int, rows: Iterable[Row], left: Iterable[DroppedRow], members: list[Ingress]) -> Patterns:
    """The rules of a port: those of the Ingresses that listen there."""
    here = [ingress for ingress in members if port in listeners(ingress)]
    keys = {ingress.key for ingress in here}
    why = "Ingress {} has no listener on port {}"
    judged = ((r, "" if r.ingress.key in keys else why.format(r.ingress.key, port)) for r in rows)
    mine, elsewhere = sifted(judged, "port", lambda row: _with_port(row.ingress, port, members))
    return Patterns(DIALECT, tuple(mine), (*elsewhere, *left), first_default(here))


def _with_port(ingress: Ingress, port: int, members: Iterable[Ingress]) -> str:
    """The annotation that gives an Ingress a listener that others of its group have."""
    protocol = next((listeners(i)[port] for i in members if port in listeners(i)), "HTTP")
    said = [{kind: number} for number, kind in (listeners(ingress) | {port: protocol}).items()]
    return f"annotate Ingress {ingress.key} with {LISTEN_PORTS}: '{json.dumps(said)}'"


def opens(port: int, tls: bool) -> str:
    """A listener for an Ingress that asks for one; that of TLS needs a certificate of ACM."""
    said = json.dumps([{"HTTPS" if tls else "HTTP": port}])[1:-1]
    certificate = f", with {CERTIFICATE} or a certificate in ACM for the host" if tls else ""
    return f"add {said} to {LISTEN_PORTS} of the Ingress, beside the ports that it has{certificate}"


def way_in(classes: Classes, controller: Controller, ingress: Ingress) -> str:
    """As for other controllers; what is on another load balancer shares this one by its group."""
    name = class_after_admission(ingress, classes)
    found = by_word(controller, ingress, "alb") or (name is not None and by_class(classes, controller, name))
    if found and found[0]:
        return f"give both Ingresses the same {GROUP}: each group has a load balancer of its own"
    return named_class(classes, controller, ingress)


def _forms(row: Row) -> tuple[Form, ...]:
    """Path patterns; the earlier rule wins. Source: buildPathPatterns."""
    rank = (-row.order,)
    bare = row.path.removesuffix("/")
    if row.path_type == EXACT:
        return (Form("equals", row.path, rank),)
    if row.path_type == PREFIX:
        start = Form("begins", f"{bare}/", rank)
        return (Form("equals", bare, rank), start) if bare else (start,)
    if annotation(row.ingress, REGEX) == "true":
        return (Form("matches", row.path[1:], rank, ANY),)
    return (Form("matches", patterns.glob(row.path), rank, ANY),)


DIALECT = Dialect(
    _forms,
    patterns.any_depth,
    patterns.depth_level,
    alone=False,
    wins=lambda _: "wins: the first rule that matches",
    loses=lambda row, winner: f"comes after the rule of {winner.ingress.key} in the list",
)


def target_type(service: LinkedService, ingress: Ingress) -> str:
    """The Service's annotation before the Ingress's; instance by default."""
    own = service.manifest.metadata.annotations.get(TARGET_TYPE)
    return own or annotation(ingress, TARGET_TYPE) or "instance"


def _problems(
    found: Iterable[Target],
    members: list[Ingress],
    rows: Iterable[Row],
    ports: set[int],
    redirect: int | None,
) -> Iterator[Problem]:
    """What keeps the whole load balancer from being made."""
    for row in rows:
        if row.path_type in _TYPES and set("*?") & set(row.path):
            message = f"path {row.path} of {row.rule}: a wildcard needs pathType ImplementationSpecific"
            yield Problem(message, "write pathType: ImplementationSpecific", row.source)
    for target in found:
        yield from _target_problems(*target)
    defaults = [i for i in members if i.spec.default_backend]
    if len(defaults) > 1:
        names = " and ".join(i.key for i in defaults[:2])
        line = defaults[1].line("spec", "defaultBackend")
        yield Problem(f"{names} both have a default backend in one IngressGroup", "keep one", line)
    if redirect is not None and redirect not in ports:
        line = members[0].line("metadata", "annotations")
        yield Problem(
            f"ssl-redirect names port {redirect}, where nothing listens", "add it to listen-ports", line
        )


def _target_problems(
    rule: str, ingress: Ingress, backend: IngressBackend, service: LinkedService | None
) -> Iterator[Problem]:
    """A port that is not there, or a Service without node ports as target type instance."""
    if backend.service is None:
        yield Problem(f"{rule}: its backend is no Service", "name a Service", ingress.line())
    if service is None or backend.service is None or backend.service.port.name == BY_ANNOTATION:
        return
    if port_of(service, backend) is None:
        message = f"{rule}: Service {service.key} has no port {backend.service.port}"
        yield Problem(message, "write a port of the Service", service.line("spec", "ports"))
    elif target_type(service, ingress) == "instance":
        yield from _without_node_port(rule, service)


def _without_node_port(rule: str, service: LinkedService) -> Iterator[Problem]:
    """Targets are the nodes' ports. Source: pkg/ingress/model_build_target_group.go (tgPort 0)."""
    kind = service.manifest.spec.type
    if kind not in ("ClusterIP", "ExternalName"):
        return
    message = f"{rule}: target type instance needs a NodePort, and Service {service.key} is "
    fix = f'annotate the Ingress with {TARGET_TYPE}: "ip", or make the Service a NodePort'
    if kind == "ExternalName":
        name = service.manifest.spec.external_name
        fix = f"send to a NodePort Service that has Pods, such as a proxy that forwards to {name}"
    message += f"{'a' if kind == 'ClusterIP' else 'an'} {kind}"
    yield Problem(message, fix, service.line("spec", "type") or service.line())


def _action(row: Row) -> Mapping[str, Any] | None:
    """What the annotation actions.NAME says for a backend with port use-annotation; empty if nothing."""
    service = row.backend.service
    if service is None or service.port.name != BY_ANNOTATION:
        return None
    try:
        found = json.loads(annotation(row.ingress, f"{ALB_PREFIX}actions.{service.name}") or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _as_modelled(name: str, value: str) -> bool:
    """A load balancer on the internet, plain HTTP to the Pods, an action that answers or redirects."""
    short = name.removeprefix(ALB_PREFIX)
    if name == ATTRIBUTES:
        return only_modelled(value)
    if short.startswith("actions."):
        return "forward" not in value.lower()
    return (short, value.lower()) in {
        ("scheme", "internet-facing"), ("ip-address-type", "ipv4"), ("backend-protocol", "http"),
    }  # fmt: skip


def decide(request: Request, rules: Listeners) -> Decision:
    """The redirect of the plain listeners, else the first rule of the port that matches."""
    found = patterns.decide(request, _of_port(request, rules))
    shown = rules.certificates[0] if rules.certificates else "from ACM"
    decision = replace(found, certificate=shown if request.scheme == "https" else None)
    if request.scheme == "http" and rules.redirect is not None:
        there = f"https://{bare_host(request)}:{rules.redirect}{uri(request)}"
        because, way_out = "ssl-redirect: every plain listener redirects", f"take {REDIRECT} off"
        return decision.redirect(301, there, "SIM2015", because, way_out=way_out)
    if decision.rule is not None and decision.rule in rules.actions:
        return _by_action(request, decision, rules.actions[decision.rule])
    sent = sent_by(decision, "nodes" if decision.rule in rules.instances else "pods")
    return asking(sent, rules.asks.get(sent.rule or "", NOTHING_ASKED))


def _by_action(request: Request, decision: Decision, action: Mapping[str, Any]) -> Decision:
    """A fixed response or a redirect; without an action 503."""
    kind = action.get("type")
    response = action.get("fixedResponseConfig") or {}
    if kind == "redirect":
        return _redirect_action(request, decision, action.get("redirectConfig") or {})
    status = int(response["statusCode"]) if str(response.get("statusCode", "")).isdigit() else 503
    because = f"the annotation actions.… answers {status}" if response else "no annotation says what to do"
    return decision.answer(status, "SIM2074", because)


def _redirect_action(request: Request, decision: Decision, said: Mapping[str, Any]) -> Decision:
    """Placeholders stand for what the request has. Source: Elastic Load Balancing, redirect actions."""
    path, _, query = uri(request).partition("?")
    has = {"protocol": request.scheme, "host": bare_host(request), "path": path[1:], "query": query}
    has["port"] = str(request.target_port)

    def filled(name: str) -> str:
        text = str(said.get(name[0].upper() + name[1:], said.get(name, ""))) or f"#{{{name}}}"
        for known, value in has.items():
            text = text.replace(f"#{{{known}}}", value)
        return text

    scheme, port = filled("protocol").lower(), filled("port")
    shown = "" if port == str(DEFAULT_PORTS.get(scheme)) else f":{port}"
    end = f"?{found}" if (found := filled("query")) else ""
    code = str(said.get("statusCode", said.get("StatusCode", "HTTP_301"))).removeprefix("HTTP_")
    there = f"{scheme}://{filled('host')}{shown}/{filled('path').removeprefix('/')}{end}"
    status = int(code) if code.isdigit() else 301
    way_out = "let the annotation actions.… name another protocol, host, port or path"
    return decision.redirect(status, there, "SIM2015", "the annotation actions.… redirects", way_out=way_out)


def _of_port(request: Request, rules: Listeners) -> Patterns:
    return rules.ports.get(request.target_port) or next(iter(rules.ports.values()))


def explain(request: Request, rules: Listeners) -> Iterator[Step]:
    """Every row, the winner first."""
    return patterns.explain(request, _of_port(request, rules))


_CODE = "kubernetes-sigs/aws-load-balancer-controller at 225f445 (2026-08-17), pkg/ingress"
_AWS = "docs.aws.amazon.com: Elastic Load Balancing, Application Load Balancers"

AWS_ALB = Profile(
    name="aws-alb",
    controller="ingress.k8s.aws/alb",
    class_words=("alb",),
    claims=claims,
    stars=True,
    front=CloudFront("alb", group, listeners, lag="aws-alb-targets"),
    way_in=way_in,
    fits=lambda request, rules, row: patterns.fits(request, _of_port(request, rules), row),
    opens=opens,
    table=table,
    decide=decide,
    explain=explain,
    prefixes=(ALB_PREFIX,),
    modelled_annotations=frozenset(
        {GROUP, ORDER, TARGET_TYPE, LISTEN_PORTS, CERTIFICATE, REDIRECT, REGEX}
    ),
    harmless_annotations=("load-balancer-name", "ssl-policy", "subnets", "tags"),
    as_modelled=_as_modelled,
    annotated=frozenset({"Ingress", "Service"}),
    reads_parameters=True,
    problem=lambda rules: rules.problem,
    no_external="its targets are Pods alone, so its target group is empty",
    facts=(
        Fact("classes", "the old annotation (alb) before the field; no class: the default class alone",
             f"{_CODE}/group_loader.go, class_loader.go"),
        Fact("merging", "group.name shares a load balancer; order: group.order, then NAMESPACE/NAME",
             f"{_CODE}/group_loader.go (sortGroupMembers)"),
        Fact("paths", "Exact, then Prefix by element from long to short, then * and ? patterns; the first "
             "rule of the list wins, whatever its host",
             f"{_CODE}/model_build_listener_rules.go; {_AWS}, Listener rules"),
        Fact("hosts", "a wildcard is any text", f"{_AWS}, Condition types"),
        Fact("listeners", "80, or 443 alone with certificate-arn; both only by listen-ports; "
             "secretName is not read", f"{_CODE}/model_build_listener.go"),
        Fact("answers", "404 no rule; 503 no Service or no target; 502 refused; 504 slow; 301 ssl-redirect",
             f"{_CODE}/enhanced_backend_builder.go; {_AWS}, Troubleshoot"),
        Fact("faults", "a missing port, or a ClusterIP Service with target type instance, stops the group",
             f"{_CODE}/model_build_target_group.go"),
        Fact("ExternalName", "no load balancer with target type instance, none to send to with ip",
             f"{_CODE}/model_build_target_group.go, pkg/backend/endpoint_resolver.go"),
        Fact("sends", "target-type instance (the default): to the NodePort of every node; ip: to Pods",
             f"{_CODE}/model_build_target_group.go"),
        Fact("defaults", "idle time-out 60 s; round robin; at most 100 rules", f"{_AWS}, Attributes, Quotas"),
        Fact("balancing", "of each target group: round robin, or the fewest outstanding requests",
             f"{_AWS}, Target groups, routing algorithms; {_CODE}/model_build_target_group.go"),
    ),
    unknown=(
        "which ACM certificate is found for a host where no certificate-arn is given",
        "conditions.NAME, transforms, authentication and forward actions of annotations",
        "IngressClassParams; health checks of targets (ready Pods are taken as healthy)",
        "how the load balancer normalises paths: they are compared as sent",
    ),
)  # fmt: skip

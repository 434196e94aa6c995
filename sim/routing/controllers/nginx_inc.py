"""The profile `nginx-inc`: F5's NGINX Ingress Controller, another program than ingress-nginx.

One Ingress owns a host: the oldest that names it, and the others lose their rules for it, unless the owner is
a master and they are its minions. A Prefix is a plain location of nginx, compared letter by letter. Without
an endpoint, a Service or a port the answer is 502. Source: nginx/kubernetes-ingress at 0eb3072.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from sim.cluster.cluster import CLASS_ANNOTATION, Cluster, Controller, class_after_admission
from sim.cluster.known_controllers import Classes
from sim.manifests.objects.networking import Ingress
from sim.routing.controllers import patterns
from sim.routing.controllers.api import claimed_ingresses, host_of, no_rule, path_of
from sim.routing.controllers.backends import annotation, bare_host, is_true, tls_hosts, uri
from sim.routing.controllers.certificates import is_there
from sim.routing.controllers.classes import NO_CLASS, Claimed, by_annotation, by_class
from sim.routing.controllers.decision import (
    Decision,
    OwnAnswer,
    RefuseHandshake,
    asking,
    sent_by,
    sent_to_row,
)
from sim.routing.controllers.ingress_nginx.uri import normalised
from sim.routing.controllers.nginx_inc_told import RETRIES, running, told_by, unmodelled
from sim.routing.controllers.nginx_inc_upstreams import HARMLESS, MODELLED, asks, shares_a_state
from sim.routing.controllers.patterns import Dialect, Form, Patterns
from sim.routing.controllers.profile import Fact, Profile
from sim.routing.controllers.rows import EXACT, Row, in_order, left_out, rows_of, sifted
from sim.routing.controllers.settings import Told, number
from sim.routing.expressions import as_bytes
from sim.routing.proxies.balancing import NOTHING_ASKED, Asks
from sim.routing.trace import Request, Step

KIND = "nginx.org/mergeable-ingress-type"
REGEX = "nginx.org/path-regex"
SSL_REDIRECT = ("nginx.org/ssl-redirect", "ingress.kubernetes.io/ssl-redirect")
CLUSTER_IP = "nginx.org/use-cluster-ip"


def claims(classes: Classes, controller: Controller, ingress: Ingress) -> Claimed:
    """The old annotation goes before the field. Source: controller.go (HasCorrectIngressClass)."""
    mine = controller.argument("ingress-class")
    named = ingress.metadata.annotations.get(CLASS_ANNOTATION) or class_after_admission(ingress, classes)
    if mine is not None and named != mine.value:
        return False, f"the controller takes class {mine.value} alone (ingress-class)"
    said = by_annotation(classes, controller, ingress, ("nginx",))
    if said is not None:
        return said
    name = class_after_admission(ingress, classes)
    return NO_CLASS if name is None else by_class(classes, controller, name)


@dataclass(frozen=True)
class Servers(Patterns):
    """What the controller writes.

    Args:
        tls: host with TLS -> `NAMESPACE/SECRET`, empty where the Secret cannot be used.
        owners: host -> the Ingress that has it.
        told: what the ConfigMap says, by key.
        asks: rule -> what its annotations ask about choosing a Pod.
    """

    tls: Mapping[str, str] = field(default_factory=dict)
    owners: Mapping[str, Ingress] = field(default_factory=dict)
    told: Mapping[str, Told] = field(default_factory=dict)
    asks: Mapping[str, Asks] = field(default_factory=dict)

    def said(self, key: str, usual: Any) -> Any:
        """What the ConfigMap says, else what is usual."""
        return usual if key not in self.told else self.told[key].value


def table(cluster: Cluster, controller: Controller) -> Servers:
    """Give hosts to their owners and paths to their minions. Source: internal/k8s/configuration.go."""
    claimed, left = claimed_ingresses(cluster, controller, claims)
    refused = {ingress.key: why for ingress in claimed if (why := _refusal(ingress))[0]}
    sound = [ingress for ingress in claimed if ingress.key not in refused]
    unsound = [(i, refused[i.key][0]) for i in claimed if i.key in refused]
    left += left_out(unsound, "refused", lambda ingress: refused[ingress.key][1])
    owners = _owners(i for i in sound if annotation(i, KIND) != "minion")
    rows, taken = sifted(_given(sound, owners), "taken", partial(_way_out, owners))
    return Servers(
        DIALECT,
        in_order(rows),
        (*left, *taken),
        defaults={host: (i, i.spec.default_backend) for host, i in owners.items() if i.spec.default_backend},
        empty_hosts=tuple(owners),
        tls=dict(_tls(cluster, owners)),
        owners=owners,
        told=told_by(controller),
        asks={row.rule: asks(row, _masters_annotations(row, owners)) for row in rows},
    )


def _masters_annotations(row: Row, owners: Mapping[str, Ingress]) -> Mapping[str, str]:
    """What a minion may have of its master; others have none."""
    owner = owners.get(row.host)
    minion = annotation(row.ingress, KIND) == "minion"
    return owner.metadata.annotations if minion and owner is not None else {}


Refusal = tuple[str, str]
"""Why the whole Ingress is refused, empty if it is not; and what would mend it."""


def _refusal(ingress: Ingress) -> Refusal:
    """Source: internal/k8s/validation.go (validateIngressSpec)."""
    hosts = [(rule.host or "").lower() for rule in ingress.spec.rules]
    backends = [path.backend for rule in ingress.spec.rules if rule.http for path in rule.http.paths]
    if not hosts:
        return "this controller refuses an Ingress without a rule", "give it a rule"
    if "" in hosts:
        fix = "name the host in the rule, or start the controller with allow-empty-ingress-host"
        return "this controller refuses a rule without a host (flag allow-empty-ingress-host)", fix
    if len(set(hosts)) < len(hosts):
        fix = "write all paths of a host under one rule"
        return "this controller refuses an Ingress that names a host twice", fix
    if any(backend.service is None for backend in backends):
        return "this controller refuses a backend that is no Service", "name a Service in every rule"
    return _kind_refusal(ingress, len(hosts), bool(backends))


def _kind_refusal(ingress: Ingress, hosts: int, has_paths: bool) -> Refusal:
    kind = annotation(ingress, KIND)
    if kind and hosts != 1:
        return f"a {kind} has exactly one rule", f"take {KIND} off, or keep one rule"
    if kind == "master" and has_paths:
        return "a master has no paths; they belong to its minions", f"take {KIND} off"
    if kind == "minion" and not has_paths:
        return "a minion has at least one path", "give it a path"
    if kind == "minion" and ingress.spec.tls:
        return "a minion has no tls section", "move the tls section to the master"
    return "", ""


def _way_out(owners: Mapping[str, Ingress], row: Row) -> str:
    """How a row gets its host or its path."""
    owner = owners.get(row.host)
    if annotation(row.ingress, KIND) == "minion" and (owner is None or annotation(owner, KIND) != "master"):
        return f"make an Ingress with {KIND}: master for {row.host}, or take the annotation off"
    if owner is not None and annotation(owner, KIND) == "master":
        return "keep the path in one minion, and make every other Ingress of the host a minion"
    whose = f" that has {row.host}, Ingress {owner.key}" if owner is not None else " that has the host"
    return f"move the rule into the Ingress{whose}, or make both minions of a master"


def _owners(ingresses: Iterable[Ingress]) -> dict[str, Ingress]:
    """Host -> the oldest Ingress that names it; of the same second the UID decides, which no file shows."""
    found: dict[str, Ingress] = {}
    for ingress in ingresses:
        for rule in ingress.spec.rules:
            found.setdefault((rule.host or "").lower(), ingress)
    return found


def _given(ingresses: Iterable[Ingress], owners: Mapping[str, Ingress]) -> Iterator[tuple[Row, str]]:
    """Every row, and why it is not written; empty if it is."""
    taken: dict[tuple[str, str], Ingress] = {}
    for ingress in ingresses:
        minion = annotation(ingress, KIND) == "minion"
        for row in rows_of(ingress):
            owner, why = owners.get(row.host), ""
            if minion and (owner is None or annotation(owner, KIND) != "master"):
                why = f"a minion without a master: no Ingress with {KIND}: master has host {row.host}"
            elif not minion and owner is not ingress:
                why = f"host {row.host} is taken by Ingress {owner.key if owner else '?'}, which is older"
            elif minion and taken.setdefault((row.host, row.path), ingress) is not ingress:
                why = f"path {row.path} is taken by minion {taken[row.host, row.path].key}, which is older"
            yield row, why


def _tls(cluster: Cluster, owners: Mapping[str, Ingress]) -> Iterator[tuple[str, str]]:
    for host, ingress in owners.items():
        hosts = tls_hosts(ingress)
        if host in hosts:
            key = f"{ingress.namespace}/{hosts[host]}"
            there = bool(hosts[host]) and is_there(cluster, key)
            yield host, key if there else ""


def _forms(row: Row) -> tuple[Form, ...]:
    """A location of nginx. Source: internal/configs/ingress.go (generateIngressPath), path-regex."""
    regex = annotation(row.ingress, REGEX)
    if row.path_type == EXACT or regex == "exact":
        return (Form("equals", row.path, (3, 0, -row.order)),)
    if regex in ("case_sensitive", "case_insensitive"):
        flags = "(?i)" if regex == "case_insensitive" else ""
        return (Form("matches", as_bytes(f"{flags}^{row.path}"), (2, 0, -row.order)),)
    return (Form("begins", row.path, (1, len(row.path), -row.order)),)


DIALECT = Dialect(_forms, patterns.any_depth, patterns.depth_level, reads=normalised)


def decide(request: Request, rules: Servers) -> Decision:
    """Handshake, redirect to https, a missing slash, then the location."""
    refused = _handshake(request, rules)
    if refused is not None:
        return refused
    host = rules.closest(host_of(request)) or ""
    decision = replace(patterns.decide(request, rules), certificate=_certificate(request, rules))
    if request.scheme == "https" and host not in rules.tls:
        return no_rule(request, host_of(request), False, decision.certificate)
    if _goes_to_https(request, rules, host):
        there = f"https://{bare_host(request)}:443{uri(request)}"
        because = f"host {host} has TLS, so plain http is redirected"
        way_out = f'set {SSL_REDIRECT[0]}: "false" on Ingress {rules.owners[host].key}'
        code = rules.said("http-redirect-code", 301)
        return decision.redirect(
            code, there, "SIM2015", because, _line(rules, "ssl-redirect"), way_out=way_out
        )
    if _forwarded_as_http(request, rules, host):
        there = f"https://{bare_host(request)}{uri(request)}"
        because, line = (
            "X-Forwarded-Proto is http, and redirect-to-https is on",
            _line(rules, "redirect-to-https"),
        )
        return decision.redirect(rules.said("http-redirect-code", 301), there, "SIM2015", because, line)
    if isinstance(decision, OwnAnswer) and decision.code == "SIM2004":
        return _default_return(decision, rules)
    return _with_slash(request, rules, host, decision) or _to_service(decision, rules)


def _goes_to_https(request: Request, rules: Servers, host: str) -> bool:
    """On unless an annotation says no. Source: internal/configs/config_params.go (SSLRedirect)."""
    owner = rules.owners.get(host)
    if request.scheme != "http" or host not in rules.tls or owner is None:
        return False
    said = next((value for name in SSL_REDIRECT if (value := annotation(owner, name))), "")
    return is_true(said) if said else bool(rules.said("ssl-redirect", True))


def _forwarded_as_http(request: Request, rules: Servers, host: str) -> bool:
    """Whether a proxy before it says http, and that is redirected. Source: version1/nginx.ingress.tmpl."""
    given = next((v for k, v in request.headers.items() if k.lower() == "x-forwarded-proto"), "")
    return bool(rules.said("redirect-to-https", False)) and given == "http" and host in rules.owners


def _line(rules: Servers, key: str) -> str | None:
    return rules.told[key].source if key in rules.told else None


def _default_return(decision: OwnAnswer, rules: Servers) -> Decision:
    """What the server for unknown hosts returns. Source: version1/nginx.tmpl (DefaultServerReturn)."""
    words, line = rules.said("default-server-return", "404").split(), _line(rules, "default-server-return")
    because = f"{decision.because}; default-server-return"
    if len(words) == 2 and words[0] in ("301", "302", "307", "308"):
        return decision.redirect(int(words[0]), words[1], "SIM2031", because, line)
    status = number(words[0]) if words else None
    return (
        decision if status in (None, 404) else decision.answer(int(status or 404), "SIM2004", because, line)
    )


def _certificate(request: Request, rules: Servers) -> str | None:
    name = (request.server_name or "").lower()
    return rules.tls.get(rules.closest(name) or "") if request.scheme == "https" else None


def _handshake(request: Request, rules: Servers) -> Decision | None:
    """A name without TLS, or with a Secret that cannot be used: the handshake is refused."""
    if request.scheme != "https" or _certificate(request, rules):
        return None
    name = request.server_name or ""
    known = rules.closest(name.lower()) in rules.tls
    why = (
        "its Secret cannot be used" if known else "no Ingress has TLS for it, and there is no default Secret"
    )
    return RefuseHandshake(code="SIM2073", because=f"the handshake for {name} is refused: {why}")


def _with_slash(request: Request, rules: Patterns, host: str, decision: Decision) -> Decision | None:
    """Nginx's own redirect: nothing equals the path, and a location is one slash longer."""
    path = normalised(path_of(request))
    forms = rules.hosts.get(host)
    if path is None or forms is None or path in forms.equals or path in forms.begins:
        return None
    longer = forms.equals.get(f"{path}/") or forms.begins.get(f"{path}/")
    if longer is None:
        return None
    _, question, query = uri(request).partition("?")
    there = f"{request.scheme}://{host_of(request)}{path}/{question}{query}"
    because = f"nginx has a location {path}/ and redirects {path} to it"
    row = longer[1]
    return sent_to_row(row, decision.certificate).redirect(301, there, "SIM2016", because)


def explain(request: Request, rules: Servers) -> Iterator[Step]:
    """Every row, the winner first; one that only lacks the final slash wins, for nginx redirects to it."""
    host, steps = rules.closest(host_of(request)) or "", patterns.explain(request, rules)
    untaken = request.scheme == "https" and (host not in rules.tls or _handshake(request, rules))
    if untaken or _goes_to_https(request, rules, host) or _forwarded_as_http(request, rules, host):
        return steps
    longer = _one_slash_longer(request, rules)
    return steps if longer is None else _redirected_to(longer, list(steps))


def _redirected_to(row: Row, steps: list[Step]) -> Iterator[Step]:
    for step in steps:
        if step.rule == row.rule:
            because = "wins: only the final slash is missing"
            yield replace(step, held=True, because=because, failed="", wins=True)
    for step in steps:
        if step.rule != row.rule:
            yield replace(step, because=f"nginx redirects to {row.path}", wins=False) if step.wins else step


def _one_slash_longer(request: Request, rules: Servers) -> Row | None:
    """The row whose location is the path and a slash, where none is the path; by walking the rows."""
    host, path = host_of(request), normalised(path_of(request))
    most = max((patterns.depth_level(name, host) for name in rules.hosts), default=0)
    mine = [row for row in rules.rows if patterns.depth_level(row.host, host) == most > 0]
    fixed = [(form, row) for row in mine for form in _forms(row) if form.kind != "matches"]
    if path is None or any(form.text == path for form, _ in fixed):
        return None
    longer = [(form.rank, row) for form, row in fixed if form.text == f"{path}/"]
    return max(longer, key=lambda one: one[0])[1] if longer else None


def _to_service(decision: Decision, rules: Servers) -> Decision:
    through = decision.row is not None and is_true(annotation(decision.row.ingress, CLUSTER_IP))
    sent = sent_by(decision, "service" if through else "pods")
    return asking(sent, rules.asks.get(sent.rule or "", NOTHING_ASKED))


_CODE = "nginx/kubernetes-ingress at 0eb3072 (2026-08-21)"

NGINX_INC = Profile(
    name="nginx-inc",
    controller="nginx.org/ingress-controller",
    class_words=("nginx",),
    image=r"\bnginx/nginx-ingress|nginx-ic/nginx-plus-ingress",
    config_flag="nginx-configmaps",
    config_names=r"nginx-config|(?:.*-)?nginx-ingress",
    namespaces_flag="watch-namespace",
    selector_flag="watch-namespace-label",
    running=running,
    left_out=unmodelled,
    switches={"proxy-line": "proxy-protocol"},
    claims=claims,
    table=table,
    decide=decide,
    explain=explain,
    program="nginx",
    balancing="random-two",
    retries=RETRIES,
    prefixes=("nginx.org/", "nginx.com/"),
    modelled_annotations=frozenset({KIND, REGEX, CLUSTER_IP, *SSL_REDIRECT, *MODELLED}),
    harmless_annotations=("proxy-buffering", "proxy-max-temp-file-size", "server-tokens", *HARMLESS),
    as_modelled=shares_a_state,
    no_external="this controller sends to such Services in NGINX Plus alone, so nothing is there",
    statuses={"SIM2096": 502, "SIM2003": 502, "SIM2007": 502, "SIM2008": 502, "SIM2014": 502, "SIM2021": 502},
    facts=(
        Fact("classes", "the old annotation before spec.ingressClassName",
             f"{_CODE}, internal/k8s/controller.go"),
        Fact("merging", "the oldest Ingress owns a host; master and minions share one",
             f"{_CODE}, internal/k8s/configuration.go"),
        Fact("paths", "Exact is equal; Prefix and ImplementationSpecific are letters; path-regex",
             f"{_CODE}, internal/configs/ingress.go"),
        Fact("refused", "no rule, no host, a host twice in one Ingress",
             f"{_CODE}, internal/k8s/validation.go"),
        Fact("answers", "404 no rule; 502 no endpoint, no Service, no such port; 301 to https",
             f"{_CODE}, internal/configs/ingress.go, version1/nginx.ingress.tmpl"),
        Fact("ExternalName", "in NGINX Plus alone; without, the Service has no endpoint",
             f"{_CODE}, internal/k8s/controller.go (getEndpointsForIngressBackend)"),
        Fact("sends", "to Pods; to the ClusterIP with nginx.org/use-cluster-ip",
             f"{_CODE}, internal/configs/annotations.go"),
        Fact("TLS", "per host; a Secret that cannot be used refuses the handshake",
             f"{_CODE}, internal/configs/ingress.go"),
        Fact("ConfigMap", "the one that -nginx-configmaps names; a key that is not modelled is named",
             f"{_CODE}, internal/configs/configmaps.go"),
        Fact("defaults", "connect, read, send 60 s; random two least_conn; max_fails 1 in 10 s; "
             "client keep-alive 75 s, none upstream", f"{_CODE}, internal/configs/config_params.go"),
        Fact("balancing", "nginx.org/lb-method, max-conns, max-fails, fail-timeout, proxy-next-upstream, "
             "sticky-cookie-services; a minion's own before its master's",
             f"{_CODE}, internal/configs/annotations.go (minionInheritanceList), parsing_helpers.go"),
        Fact("tries", "each Pod once after an error or time-out (proxy_next_upstream's default); POST, LOCK "
             "and PATCH not again once sent; 502 refused or nobody left, 504 too slow",
             "nginx.org, ngx_http_proxy_module, proxy_next_upstream; ngx_http_upstream.c"),
        Fact("state", "an upstream has a zone, so the workers of a Pod share turns and failures",
             f"{_CODE}, internal/configs/version1/nginx.ingress.tmpl"),
    ),
    unknown=(
        "which of two Ingresses of the same second owns a host: their UIDs decide",
        "the default server's Secret (default-server-tls-secret): none is assumed",
        "VirtualServer, VirtualServerRoute and Policy resources",
    ),
)  # fmt: skip

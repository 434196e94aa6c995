"""Ways out for a rule that fits and is left out: what makes its controller use it, as each one asks."""

import json
from collections.abc import Iterator
from typing import Any

from sim.analysis.fix.case import Candidate, Case, backend_text, one, rule_and_path
from sim.analysis.fix.edits import Append, Change, NewObject, Put, Remove
from sim.analysis.fix.entrances import beside, free_name
from sim.cluster.cluster import CLASS_ANNOTATION, Controller
from sim.manifests.objects.meta import Path
from sim.manifests.objects.networking import Ingress, Service
from sim.routing.controllers import PROFILES
from sim.routing.controllers.api import host_level
from sim.routing.controllers.aws_alb import AWS_ALB, LISTEN_PORTS, listeners
from sim.routing.controllers.ingress_nginx.values import PREFIX
from sim.routing.controllers.nginx_inc import KIND
from sim.routing.controllers.rows import Row

CANARY = f"{PREFIX}canary"


def old_class(case: Case) -> Iterator[Candidate]:
    """The annotation instead of the field, for a controller that leaves an Ingress with the field alone."""
    if not any(PROFILES[c.profile].shuns_field for c in case.cluster.controllers):
        return
    for ingress in _of_host(case):
        put = Put(ingress, ("metadata", "annotations", CLASS_ANNOTATION), "gce")
        off = Remove(ingress, ("spec", "ingressClassName"))
        says = f"annotate Ingress {ingress.key} with {CLASS_ANNOTATION}: gce"
        if ingress.spec.ingress_class_name:
            yield Candidate(f"take spec.ingressClassName off and {says}", (off, put))
        else:
            yield from one(says, put)


def listener(case: Case) -> Iterator[Candidate]:
    """The Ingress asks for the port, beside those that its load balancer opens for it."""
    port, scheme = case.trace.request.target_port, case.trace.request.scheme.upper()
    for controller in (c for c in case.cluster.controllers if c.profile == AWS_ALB.name):
        for ingress in (i for i in _of_host(case) if _is_on(controller, i)):
            there = listeners(ingress) | {port: dict(controller.listeners).get(port, scheme)}
            said = json.dumps([{protocol: number} for number, protocol in sorted(there.items())])
            put = Put(ingress, ("metadata", "annotations", LISTEN_PORTS), said)
            yield from one(f"annotate Ingress {ingress.key} with {LISTEN_PORTS}: '{said}'", put)


def _is_on(controller: Controller, ingress: Ingress) -> bool:
    return controller.reads is None or ingress.key in controller.reads


def no_kind(case: Case) -> Iterator[Candidate]:
    """An Ingress is a canary, or a minion, of nothing: it serves by itself."""
    for ingress in _of_host(case):
        for name in (CANARY, KIND):
            if name in ingress.metadata.annotations:
                alone = len(ingress.metadata.annotations) == 1
                path: Path = ("metadata", "annotations", *([] if alone else [name]))
                yield from one(f"remove the annotation {name}", Remove(ingress, path))
                if name == CANARY:
                    yield from one(
                        f'set {name} to "false"', Put(ingress, ("metadata", "annotations", name), "false")
                    )


def service_of_its_own(case: Case) -> Iterator[Candidate]:
    """A rule that shares its Service and port with a canary names a second Service with the same Pods."""
    taken = {s.name for s in case.manifests.of(Service)}
    for row in _rows(case):
        named = row.backend.service
        found = case.cluster.services.get(f"{row.namespace}/{named.name if named else ''}")
        if named is None or found is None or found.manifest.origin is None:
            continue
        service, name = found.manifest, free_name(found.manifest.name, taken)
        ports = [_port(p.number, p.target_port, p.name) for p in found.ports]
        text = {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": beside(service, name),
            "spec": {"selector": dict(service.spec.selector), "ports": ports},
        }
        rule, path = rule_and_path(row)
        where: Path = ("spec", "rules", rule, "http", "paths", path, "backend", "service", "name")
        says = f"give the rule a Service of its own, {name}, with the Pods of {service.key}"
        yield Candidate(says, (Put(row.ingress, where, name), NewObject(service, text)))


def _port(number: int, target: int | str, name: str) -> dict[str, Any]:
    return {**({"name": name} if name else {}), "port": number, "targetPort": target}


def in_the_owner(case: Case) -> Iterator[Candidate]:
    """The path is written where the host is taken: in another Ingress, or in the last rule of this one."""
    rows = _rows(case)
    for row in rows:
        if row.backend.service is None:
            continue
        entry = {"path": row.path, "pathType": row.path_type, "backend": backend_text(row.backend)}
        for ingress in _of_host(case):
            for number, rule in enumerate(ingress.spec.rules):
                place = (ingress.key, number)
                if rule.http and (rule.host or "").lower() == row.host and place != _place(row):
                    change: Change = Append(ingress, ("spec", "rules", number, "http", "paths"), entry)
                    says = f"write {row.shown} under rules[{number}] of Ingress {ingress.key}, too"
                    yield from one(says, change)


def _place(row: Row) -> tuple[str, int]:
    return row.ingress.key, rule_and_path(row)[0]


def _rows(case: Case) -> list[Row]:
    """The rows of this host, the one that the answer names first."""
    mine = [row for row in case.rows if host_level(row.host, case.host)]
    return sorted(mine, key=lambda row: row.source != case.fault.source)


def _of_host(case: Case) -> list[Ingress]:
    """The Ingresses with a rule for this host, that of the row that is left out first."""
    return list({row.ingress.key: row.ingress for row in _rows(case)}.values())

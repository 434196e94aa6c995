"""Ways out among the rules of Ingresses: hosts, paths, types of paths, rewrites, annotations."""

import re
from collections.abc import Iterator
from typing import Any

from sim.analysis.fix.case import Candidate, Case, alike, backend_text, by_likeness, one, rule_and_path
from sim.analysis.fix.edits import Append, NewObject, Put, Remove
from sim.analysis.fix.entrances import network
from sim.manifests.objects.meta import Path
from sim.manifests.objects.networking import Ingress
from sim.routing.controllers.api import path_elements, path_holds
from sim.routing.controllers.aws_alb import TARGET_TYPE
from sim.routing.controllers.ingress_nginx.values import PREFIX as NGINX_PREFIX
from sim.routing.controllers.rows import EXACT, Row

_MOST_PATHS = 4
_REWRITE = f"{NGINX_PREFIX}rewrite-target"
_REDIRECTS = (
    "/permanent-redirect",
    "/temporal-redirect",
    "/app-root",
    "/from-to-www-redirect",
    "/redirect-to-https",
)


def other_host(case: Case) -> Iterator[Candidate]:
    """One more rule for the host, like that of the host that is nearest; or that host written differently."""
    fitting = [row for row in case.rows if row.backend.service and path_holds(row, case.path)]
    hosts = by_likeness(case.host, (row.host for row in fitting if row.host), most=2)
    for row in [next(r for r in fitting if r.host == h) for h in hosts] or fitting[:1]:
        rule, _ = rule_and_path(row)
        where = ("spec", "rules")
        yield from one(
            f"add a rule for {case.host}, as for {row.host or 'any host'}",
            Append(row.ingress, where, {"host": case.host, "http": {"paths": _paths_like(row)}}),
        )
        if row.host and alike(row.host, case.host):
            put = Put(row.ingress, (*where, rule, "host"), case.host)
            yield from one(f"write the host {case.host}, not {row.host}", put)


def _paths_like(row: Row) -> list[dict[str, Any]]:
    """All paths of a row's rule if they are few, else that of the row alone."""
    rule, number = rule_and_path(row)
    http = row.ingress.spec.rules[rule].http
    paths = http.paths if http is not None else ()
    return [
        {"path": p.path or "/", "pathType": p.path_type, "backend": backend_text(p.backend)}
        for p in (paths if len(paths) <= _MOST_PATHS else paths[number : number + 1])
        if p.backend.service
    ]


def prefix_type(case: Case) -> Iterator[Candidate]:
    """Exact paths above the one that is asked for become prefixes."""
    for row in case.rows_of_host():
        is_above = path_elements(case.path)[: len(path_elements(row.path))] == path_elements(row.path)
        if row.path_type != "Prefix" and is_above:
            put = Put(row.ingress, _place(row, "pathType"), "Prefix")
            yield from one(f"make {row.path} Prefix, not {row.path_type}", put)


def _as_regex(row: Row, pattern: str) -> tuple[Put, ...]:
    kinds = Put(row.ingress, _place(row, "pathType"), "ImplementationSpecific")
    return Put(row.ingress, _place(row, "path"), pattern), kinds


def _place(row: Row, field: str) -> Path:
    rule, number = rule_and_path(row)
    return ("spec", "rules", rule, "http", "paths", number, field)


def other_spelling(case: Case) -> Iterator[Candidate]:
    """A path that looks like the one that is asked for."""
    for row in case.rows_of_host():
        elements = path_elements(case.path)[: max(1, len(path_elements(row.path)))]
        meant = "/" + "/".join(elements)
        if row.path not in ("/", meant) and alike(row.path, meant):
            yield from one(
                f"write the path {meant}, not {row.path}", Put(row.ingress, _place(row, "path"), meant)
            )


def as_pattern(case: Case) -> Iterator[Candidate]:
    """On a host of regular expressions: the path as a pattern that means what the Prefix meant."""
    rows = case.rows_of_host()
    for row in rows if any(makes_regex(row.ingress) for row in rows) else ():
        if row.path_type == "Prefix" and not makes_regex(row.ingress) and path_holds(row, case.path):
            pattern = re.escape(row.path.rstrip("/")).replace("\\-", "-") + "(/|$)"
            yield Candidate(f"write the path as a pattern, {pattern}", _as_regex(row, pattern))


def makes_regex(ingress: Ingress) -> bool:
    """Whether an Ingress asks for regular expressions, which then count for its whole hosts."""
    given = ingress.metadata.annotations
    return given.get(f"{NGINX_PREFIX}use-regex") == "true" or bool(given.get(_REWRITE))


def more_paths(case: Case) -> Iterator[Candidate]:
    """One more path of the host: to the Service that is called like it, else to that of the nearest rule."""
    rows = [row for row in case.rows_of_host() if row.backend.service]
    if not rows:
        return
    nearest = max(rows, key=lambda row: (_shared(row.path, case.path), -rows.index(row)))
    rule, _ = rule_and_path(nearest)
    first = "/" + "".join(path_elements(case.path)[:1])
    backend = _backend_for(case, nearest)
    for path, kind in dict.fromkeys(((first, "Prefix"), (case.path, EXACT))):
        item = {"path": path, "pathType": kind, "backend": backend}
        says = f"add a rule for {path} ({kind}) to Service {backend['service']['name']}"
        if nearest.ingress.metadata.annotations.get(_REWRITE):
            yield from one(f"{says}, without the rewrite", _beside(nearest, item))
        else:
            yield from one(says, Append(nearest.ingress, ("spec", "rules", rule, "http", "paths"), item))


def _shared(one_path: str, other: str) -> int:
    pairs = zip(path_elements(one_path), path_elements(other), strict=False)
    return sum(a == b for a, b in pairs)


def _backend_for(case: Case, row: Row) -> dict[str, Any]:
    names = case.index.service_names_in.get(row.namespace, ())
    named = next((e for e in path_elements(case.path) if e in names), None)
    service = case.index.services.get(f"{row.namespace}/{named}")
    if service is None or not service.spec.ports:
        return backend_text(row.backend)
    return {"service": {"name": named, "port": {"number": service.spec.ports[0].port}}}


def _beside(row: Row, item: dict[str, Any]) -> NewObject:
    """An Ingress of its own with one path, and none of the annotations."""
    ingress = row.ingress
    metadata = {"name": f"{ingress.name}-plain"}
    if ingress.origin is not None and ("metadata", "namespace") in ingress.origin.positions:
        metadata["namespace"] = ingress.namespace
    kind = ingress.spec.ingress_class_name
    spec: dict[str, Any] = {"ingressClassName": kind} if kind else {}
    rule = ({"host": row.host} if row.host else {}) | {"http": {"paths": [item]}}
    text = {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": metadata}
    return NewObject(ingress, text | {"spec": spec | {"rules": [rule]}})


def _decided(case: Case) -> Row | None:
    return next((r for r in case.rows if r.rule == case.trace.final.rule), None)


def capture(case: Case) -> Iterator[Candidate]:
    """A rewrite that keeps what stands behind the path of the rule."""
    row = _decided(case)
    if row is None or "(" in row.path:
        return
    target = row.ingress.metadata.annotations.get(_REWRITE, "")
    kept = re.sub(r"\$\d", "", target).rstrip("/")
    pattern = f"{row.path.rstrip('/')}(/|$)(.*)"
    put = Put(row.ingress, ("metadata", "annotations", _REWRITE), f"{kept}/$2")
    yield Candidate(f"capture the rest of the path: {pattern}", (*_as_regex(row, pattern), put))


def absolute_target(case: Case) -> Iterator[Candidate]:
    """A rewrite-target that begins with a slash."""
    row = _decided(case)
    target = row.ingress.metadata.annotations.get(_REWRITE, "") if row else ""
    if row is not None and target and not target.startswith("/"):
        put = Put(row.ingress, ("metadata", "annotations", _REWRITE), f"/{target}")
        yield from one(f"write rewrite-target /{target}", put)
    yield from capture(case)


def without_annotation(case: Case) -> Iterator[Candidate]:
    """An annotation that makes the controller skip the Ingress is taken away."""
    mine = {row.ingress.key: row.ingress for row in case.rows_of_host()}
    for ingress in mine.values():
        for name in ingress.metadata.annotations:
            path = ("metadata", "annotations", name)
            if ingress.line(*path) == case.fault.source or name.endswith("-snippet"):
                alone = len(ingress.metadata.annotations) == 1
                taken = path[:2] if alone else path
                yield from one(f"remove the annotation {name}", Remove(ingress, taken))


def without_redirect(case: Case) -> Iterator[Candidate]:
    """The redirects that an annotation asks for are switched off, or go with it."""
    row = _decided(case)
    if row is None:
        yield from _without_app_root(case)
        return
    given = row.ingress.metadata.annotations
    names = (f"{NGINX_PREFIX}force-ssl-redirect", f"{NGINX_PREFIX}ssl-redirect")
    asking = [n for n in names if given.get(n) != "false" and (n in given or n == names[1])]
    choices = [*([n] for n in asking), *([asking] if len(asking) > 1 else [])]
    yield from (_switched_off(row, chosen) for chosen in choices)
    for name in (n for n in given if n.endswith(_REDIRECTS)):
        yield from one(
            f"remove the annotation {name}", Remove(row.ingress, ("metadata", "annotations", name))
        )


def _without_app_root(case: Case) -> Iterator[Candidate]:
    """What redirects / before any rule is looked at."""
    name = f"{NGINX_PREFIX}app-root"
    for ingress in {row.ingress.key: row.ingress for row in case.rows_of_host()}.values():
        if name in ingress.metadata.annotations:
            alone = len(ingress.metadata.annotations) == 1
            path: Path = ("metadata", "annotations", *([] if alone else [name]))
            yield from one(f"remove the annotation {name}", Remove(ingress, path))


def _switched_off(row: Row, names: list[str]) -> Candidate:
    puts = tuple(Put(row.ingress, ("metadata", "annotations", name), "false") for name in names)
    shown = " and ".join(name.removeprefix(NGINX_PREFIX) for name in names)
    return Candidate(f'set {shown} to "false"', puts)


def allow_client(case: Case) -> Iterator[Candidate]:
    """The ranges that the rule's Ingress lets in hold this client too; a range that shuts it out goes."""
    row = _decided(case)
    for name, value in row.ingress.metadata.annotations.items() if row is not None else ():
        path, own = ("metadata", "annotations", name), network(case.trace.request.client_ip)
        if row is not None and name.endswith(("/whitelist-source-range", "/allowlist-source-range")):
            yield from one(f"add {own} to {_short(name)}", Put(row.ingress, path, f"{value},{own}"))
            yield from one(f"write {own} in {_short(name)}", Put(row.ingress, path, own))
        elif row is not None and name.endswith("/denylist-source-range"):
            yield from one(f"remove the annotation {name}", Remove(row.ingress, path))


def _short(annotation: str) -> str:
    return annotation.rpartition("/")[2]


def own_errors(case: Case) -> Iterator[Candidate]:
    """The controller passes errors on as they are."""
    row = _decided(case)
    for name in row.ingress.metadata.annotations if row is not None else ():
        if row is not None and name.endswith(("/custom-http-errors", "/default-backend")):
            path = ("metadata", "annotations", name)
            yield from one(f"remove the annotation {name}", Remove(row.ingress, path))


def alb_targets(case: Case) -> Iterator[Candidate]:
    """The load balancer sends to Pods, which needs no node port."""
    for ingress in {row.ingress.key: row.ingress for row in case.rows_of_host() or case.rows}.values():
        path = ("metadata", "annotations", TARGET_TYPE)
        if ingress.metadata.annotations.get(path[2]) != "ip":
            yield from one("annotate the Ingress with target-type: ip", Put(ingress, path, "ip"))

"""What `sim inspect` prints: what is in here, what is broken, what is assumed, what is not modelled.

At most 80 columns, complete without colour. Long lists are cut, and say so; the JSON has everything.
"""

import textwrap
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import Any

from rich.text import Text

from sim.analysis.inspect import Inspection
from sim.cluster.load_balancers.makers import in_words
from sim.cluster.load_balancers.values import LoadBalancer
from sim.manifests.decoding import printable
from sim.manifests.objects.collected import Finding, Unmodelled
from sim.manifests.objects.meta import Path
from sim.manifests.objects.networking import EndpointSlice, Ingress, IngressBackend, Service
from sim.report.text.terminal import shortened, shortened_path
from sim.report.width import WIDTH
from sim.routing.unmodelled import may_change
from sim.units import counted

_SOURCE = 58
_MOST_ROWS = 30
_MOST_FINDINGS, _MOST_OF_A_CODE = 100, 10
_MARKS = {"error": ("✕", "x"), "warning": ("!", "!"), "note": ("·", ".")}
_STYLES = {"error": "red bold", "warning": "yellow bold", "note": "bold"}


def inspect_lines(
    inspection: Inspection, version: str, strict: bool = False, ascii_only: bool = False
) -> Iterator[Text]:
    """The inventory, the findings, and what lies outside of the model."""
    sections = (
        _routes(inspection),
        _services(inspection),
        _balancers(inspection),
        _families(inspection),
        _endpoints(inspection),
        _workloads(inspection),
        _classes(inspection),
        _gateway_api(inspection),
        _gateway_status(inspection, ascii_only),
        _outside(inspection),
        _assumed(inspection),
        _findings(inspection, ascii_only),
    )
    for section in sections:
        lines = list(section)
        if lines:
            yield from lines
            yield Text()
    yield Text(f"sim {version} · {_count(inspection)} · exit {inspection.status(strict)}", "dim")


def _count(inspection: Inspection) -> str:
    objects = inspection.manifests.objects
    number = sum(1 for o in objects if not isinstance(o, EndpointSlice) or o.kind == "EndpointSlice")
    number += len(inspection.manifests.unknown)
    as_of = inspection.manifests.as_of
    return f"{counted(number, 'object')}" + (f" · as of {as_of}" if as_of else "")


def _head(title: str) -> Text:
    return Text(title, "bold")


def _cut(rows: list[Text]) -> Iterator[Text]:
    """The first rows of many."""
    yield from rows[:_MOST_ROWS]
    yield from _more(len(rows))


def _more(count: int) -> Iterator[Text]:
    """How many of so many rows are not shown, if any."""
    if count > _MOST_ROWS:
        yield Text(f"  and {count - _MOST_ROWS:,} more (-o json lists all)", "dim")


def _section(title: str, rows: list[Text]) -> Iterator[Text]:
    """The first rows of many under their title; nothing where there are none."""
    if rows:
        yield _head(title)
        yield from _cut(rows)


def _columns(*cells: tuple[str, int]) -> str:
    """Cells in columns: each text with its width; what does not fit gives way in the middle."""
    return "".join(f"{shortened(printable(text), width - 1):<{width}}" for text, width in cells)


def _routes(inspection: Inspection) -> Iterator[Text]:
    ingresses = list(inspection.manifests.of(Ingress))
    rows = [row for ingress in ingresses for row in _route_rows(ingress)]
    hosts = len({rule.host or "" for i in ingresses for rule in i.spec.rules})
    return _section(f"{counted(len(rows), 'route')} of {counted(hosts, 'host')}", rows)


def _route_rows(ingress: Ingress) -> Iterator[Text]:
    default = ingress.spec.default_backend
    if default is not None:
        place: Path = ("spec", "defaultBackend")
        yield _route_row("(no rule matches)", "", _backend(ingress, default), ingress, place)
    for i, rule in enumerate(ingress.spec.rules):
        for j, path in enumerate(rule.http.paths if rule.http else ()):
            url = f"{rule.host or '*'}{path.path or '/'}"
            place = ("spec", "rules", i, "http", "paths", j)
            yield _route_row(url, path.path_type or "", _backend(ingress, path.backend), ingress, place)


def _backend(ingress: Ingress, backend: IngressBackend) -> str:
    if backend.service is not None:
        return f"{ingress.namespace}/{backend.service.name}:{backend.service.port}"
    return f"{backend.resource.kind} {backend.resource.name}" if backend.resource else "nothing"


def _route_row(url: str, path_type: str, backend: str, ingress: Ingress, place: Path) -> Text:
    kind = "Impl." if path_type == "ImplementationSpecific" else path_type
    source = shortened_path(ingress.line(*place), WIDTH - _SOURCE)
    return Text("  " + _columns((url, 26), (kind, 7), (backend, 23)) + source)


def _services(inspection: Inspection) -> Iterator[Text]:
    services = list(inspection.manifests.of(Service))
    types = Counter(s.spec.type for s in services)
    title = f"{counted(len(services), 'Service')}: {', '.join(f'{n} {t}' for t, n in types.items())}"
    order = {"LoadBalancer": 0, "NodePort": 1}
    rows = sorted(services, key=lambda s: order.get(s.spec.type, 2))
    return _section(title, [_service_row(s) for s in rows])


def _service_row(service: Service) -> Text:
    kind = "headless" if service.is_headless else service.spec.type
    ports = ", ".join(
        f"{p.port}" + (f"/{p.protocol}" if p.protocol != "TCP" else "") for p in service.spec.ports
    )
    where = service.spec.external_name or ports or "no ports"
    address = ", ".join(service.status.load_balancer.addresses)
    source = shortened_path(service.line(), WIDTH - _SOURCE)
    cells = _columns((service.key, 26), (kind, 14), (f"{where} {address}".rstrip(), 16))
    return Text(f"  {cells}{source}")


def _balancers(inspection: Inspection) -> Iterator[Text]:
    """What makes the load balancers and what they are, as far as the set shows it."""
    shown = [
        (key, found) for key, found in inspection.balancers.items() if found.kind or found.state != "made"
    ]
    rows = [row for key, found in shown for row in _balancer_rows(key, found)]
    return _section(counted(len(shown), "load balancer"), rows)


def _balancer_rows(key: str, found: LoadBalancer) -> Iterator[Text]:
    said = in_words(found) if found.state == "made" else f"{found.state}: {found.because}"
    first, *more = textwrap.wrap(printable(said), WIDTH - 28)
    yield Text(f"  {_columns((key, 26))}{first}")
    yield from (Text(" " * 28 + line) for line in more)


def _families(inspection: Inspection) -> Iterator[Text]:
    """Only where there is IPv6."""
    found = inspection.inventory.get("families")
    if found is None:
        return iter(())
    title = f"Address families: {' and '.join(found['cluster'])}"
    cells = (
        (key, ", ".join(own), ", ".join(ips) or "no ClusterIP")
        for key, (own, ips) in found["services"].items()
    )
    rows = [Text("  " + _columns((key, 26), (own, 13), (ips, 39)).rstrip()) for key, own, ips in cells]
    return _section(title, rows)


def _endpoints(inspection: Inspection) -> Iterator[Text]:
    counts = inspection.inventory["endpoint_slices"].items()
    rows = [Text(f"  {_columns((key, 40))}{counted(n, 'address')}") for key, n in counts]
    return _section("Endpoints as listed", rows)


def _workloads(inspection: Inspection) -> Iterator[Text]:
    rows = inspection.inventory["workloads"]
    if rows:
        kinds = Counter(row[0] for row in rows)
        yield _head(f"{counted(len(rows), 'workload')}: " + ", ".join(f"{n} {k}" for k, n in kinds.items()))
        yield from _cut([_workload_row(*row) for row in rows if row[0] != "Pod"])


def _workload_row(kind: str, namespace: str, name: str, replicas: int | None) -> Text:
    wanted = "one Pod per node" if replicas is None else counted(replicas, "Pod")
    return Text(f"  {_columns((f'{namespace}/{name}', 40), (kind, 18))}{wanted}")


def _classes(inspection: Inspection) -> Iterator[Text]:
    rows = inspection.inventory["ingress_classes"]
    if rows:
        yield _head(counted(len(rows), "IngressClass"))
        for name, controller, default in rows:
            mark = "default" if default == "true" else ""
            yield Text(f"  {_columns((name, 26), (controller or '', 32))}{mark}".rstrip())


def _gateway_api(inspection: Inspection) -> Iterator[Text]:
    gateways, routes = inspection.inventory["gateways"], inspection.inventory["httproutes"]
    if gateways or routes or inspection.inventory["other_routes"]:
        backends = counted(len(routes), "backend")
        yield _head(f"Gateway API: {counted(len(gateways), 'Gateway')}, {backends} of HTTPRoutes")
    rows = [
        Text(f"  {_columns((key, 26), (', '.join(hosts) or '*', 26), (f'{backend}:{port}', 24))}".rstrip())
        for key, hosts, _, _, backend, port, _ in routes
    ]
    rows += [Text(f"  {line}") for line in _other_routes(inspection)]
    yield from _cut(rows)


def _other_routes(inspection: Inspection) -> Iterator[str]:
    """A line per backend of routes that are no HTTPRoutes, per ListenerSet, per policy."""
    for kind, key, hosts, _, backend, port, _ in inspection.inventory["other_routes"]:
        yield _columns(
            (f"{kind} {key}", 30), (", ".join(hosts) or "*", 22), (f"{backend}:{port}", 24)
        ).rstrip()
    for key, gateway, listeners in inspection.inventory["listener_sets"]:
        named = counted(len(listeners), "listener")
        yield _columns((f"ListenerSet {key}", 30), (named, 22), (f"of Gateway {gateway}", 24)).rstrip()
    for key, targets, hostname in inspection.inventory["backend_tls_policies"]:
        there = ", ".join(name for _, name, _ in targets)
        yield _columns((f"BackendTLSPolicy {key}", 30), (hostname, 22), (f"to {there}", 24)).rstrip()


def _gateway_status(inspection: Inspection, ascii_only: bool) -> Iterator[Text]:
    """The conditions; those that hold by name, the others with reason, message and line."""
    status = inspection.inventory["gateway_status"]
    rows = [line for gateway in status["gateways"] for line in _of_gateway(gateway, ascii_only)]
    rows += [line for one in status["listener_sets"] for line in _of_set(one, ascii_only)]
    for route in (*status["httproutes"], *status["other_routes"]):
        rows += _of_route(route, ascii_only)
    rows += [line for policy in status["backend_tls_policies"] for line in _of_policy(policy, ascii_only)]
    return _section("Statuses, as a conformant controller would write them", rows)


def _of_gateway(status: dict[str, Any], ascii_only: bool) -> Iterator[Text]:
    yield from _conditions(f"Gateway {status['gateway']}", status["conditions"], ascii_only)
    yield from _of_listeners(status, ascii_only)


def _of_set(status: dict[str, Any], ascii_only: bool) -> Iterator[Text]:
    yield from _conditions(f"ListenerSet {status['listener_set']}", status["conditions"], ascii_only)
    yield from _of_listeners(status, ascii_only)
    if status["absent"]:
        yield from _wrapped(status["absent"], "    ", "    ")


def _of_policy(status: dict[str, Any], ascii_only: bool) -> Iterator[Text]:
    at = f" at {status['gateway']}" if status["gateway"] else ""
    yield from _conditions(f"BackendTLSPolicy {status['policy']}{at}", status["conditions"], ascii_only)
    if status["absent"]:
        yield from _wrapped(status["absent"], "    ", "    ")


def _of_listeners(status: dict[str, Any], ascii_only: bool) -> Iterator[Text]:
    for one in status["listeners"]:
        title = f"  listener {one['name']}, {counted(one['attached_routes'], 'route')}"
        yield from _conditions(title, one["conditions"], ascii_only)


def _of_route(status: dict[str, Any], ascii_only: bool) -> Iterator[Text]:
    section = f" {status['section_name']}" if status["section_name"] else ""
    route = status.get("httproute") or status["route"]
    title = f"{status.get('kind', 'HTTPRoute')} {route} at {status['parent']}{section}"
    yield from _conditions(title, status["conditions"], ascii_only)
    if status["absent"]:
        yield from _wrapped(status["absent"], "    ", "    ")


def _conditions(title: str, conditions: list[dict[str, Any]], ascii_only: bool) -> Iterator[Text]:
    """What holds beside the title; below it what does not, conditions with the same cause together."""
    causes: dict[tuple[str, str | None], list[str]] = {}
    held = []
    for one in conditions:
        good = (one["status"] == "True") is (one["type"] != "Conflicted")
        held += [one["type"]] if good else []
        if not good or one["reason"] != one["type"]:
            words = f"{one['type']} {one['status']} {one['reason']}"
            causes.setdefault((one["message"], one["source"]), []).append(words)
    yield Text(f"  {_columns((title, 44))}{', '.join(held)}".rstrip())
    for (message, source), failing in causes.items():
        mark = _MARKS["error"][ascii_only]
        yield from _wrapped(f"{mark} {', '.join(failing)}", "    ", "      ")
        place = f" ({shortened_path(source, WIDTH - 20)})" if source else ""
        yield from _wrapped(f"{message}{place}", "      ", "      ")


def _outside(inspection: Inspection) -> Iterator[Text]:
    """What may change the answer, each; what is harmless, counted."""
    changing = may_change(inspection.unmodelled)
    harmless = len(inspection.unmodelled) - len(changing)
    if not inspection.unmodelled:
        return
    yield _head(f"Not modelled: {len(changing)} may change the answer, {harmless} harmless")
    for one in changing[:_MOST_ROWS]:
        yield from _changing(one)
    yield from _more(len(changing))


def _changing(one: Unmodelled) -> Iterator[Text]:
    """What may change the answer, with its whole name, and its place beside the last line of it."""
    what, place = printable(one.what), shortened_path(one.source, WIDTH - _SOURCE)
    *lines, last = textwrap.wrap(what, WIDTH - 2, subsequent_indent="  ", break_on_hyphens=False)
    yield from (Text(f"  {line}") for line in lines)
    yield Text(f"  {last:<{_SOURCE - 3}} {place}".rstrip())


def _assumed(inspection: Inspection) -> Iterator[Text]:
    for number, assumption in enumerate(inspection.assumptions):
        if not number:
            yield _head("Assumed")
        yield from _wrapped(f"{assumption.what} ({assumption.otherwise})", "  ", "    ")


def _wrapped(text: str, first: str, rest: str) -> Iterator[Text]:
    return map(Text, textwrap.wrap(printable(text), WIDTH, initial_indent=first, subsequent_indent=rest))


def _findings(inspection: Inspection, ascii_only: bool) -> Iterator[Text]:
    found = sorted(inspection.findings, key=lambda f: list(_MARKS).index(f.severity))
    if not found:
        yield Text("Nothing is broken, as far as these files show.")
        return
    counts = Counter(f.severity for f in found)
    yield _head("Findings: " + ", ".join(counted(n, severity) for severity, n in counts.items()))
    listed = list(islice(_first_of_each_code(found), _MOST_FINDINGS))
    for finding in listed:
        yield from _finding(finding, ascii_only)
    if len(found) > len(listed):
        rest = Counter(f.code for f in found) - Counter(f.code for f in listed)
        rest_of = ", ".join(f"{n:,} × {code}" for code, n in rest.items())
        yield from _wrapped(f"and {rest_of} (-o json lists all)", "  ", "  ")


def _first_of_each_code(found: list[Finding]) -> Iterator[Finding]:
    """Findings in order; of one code only the first few, for the rest say the same."""
    seen: Counter[str] = Counter()
    for finding in found:
        seen[finding.code] += 1
        if seen[finding.code] <= _MOST_OF_A_CODE:
            yield finding


def _finding(finding: Finding, ascii_only: bool) -> Iterator[Text]:
    mark = _MARKS[finding.severity][ascii_only]
    head = f"{mark} {finding.severity}"
    source = shortened_path(finding.source, WIDTH - 20)
    yield Text.assemble((f"{head:<10}", _STYLES[finding.severity]), f"{finding.code}  {source}".rstrip())
    template = f" (from {finding.template})" if finding.template else ""
    yield from _wrapped(finding.message + template, "  ", "  ")
    if finding.fix:
        yield from _wrapped(f"fix: {finding.fix}", "  ", "       ")

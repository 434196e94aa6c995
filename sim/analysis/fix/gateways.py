"""Ways out at a Gateway: listeners, attachment, host names, matches, grants, weights, classes."""

from collections.abc import Iterator

from sim.analysis.fix.case import Candidate, Case, alike, by_likeness, one
from sim.analysis.fix.edits import Append, Put, Remove
from sim.analysis.fix.entrances import free_name
from sim.analysis.fix.services import grant
from sim.manifests.objects.gateway_api import Gateway, HTTPRoute, HTTPRouteMatch
from sim.manifests.objects.meta import Path
from sim.manifests.objects.workloads import Secret
from sim.routing.controllers.api import path_elements
from sim.routing.gateway.hostnames import fits


def _fits_path(match: HTTPRouteMatch, path: str) -> bool:
    wanted = path_elements(match.path.value)
    return path_elements(path)[: len(wanted)] == wanted


def _wanting(case: Case) -> list[HTTPRoute]:
    """The routes that name this host (or none), those with a match for the path first."""
    named = [r for r in case.index.routes if _names(r, case.host)]

    def has_path(route: HTTPRoute) -> bool:
        return any(_fits_path(m, case.path) for rule in route.spec.rules for m in rule.matches)

    return sorted(named, key=lambda route: not has_path(route))


def _names(route: HTTPRoute, host: str) -> bool:
    return not route.spec.hostnames or any(fits(n.lower(), host) for n in route.spec.hostnames)


def parents(case: Case) -> Iterator[Candidate]:
    """The route's parentRef means the Gateway: its name, its namespace, its listener."""
    gateways = {g.key: g for g in case.manifests.of(Gateway)}
    for route in _wanting(case):
        for number, parent in enumerate(route.spec.parent_refs):
            where = ("spec", "parentRefs", number)
            key = f"{parent.namespace or route.namespace}/{parent.name}"
            if key in gateways:
                yield from _listener_of(route, number, gateways[key])
                continue
            for gateway in gateways.values():
                puts = [Put(route, (*where, "name"), gateway.name)] if gateway.name != parent.name else []
                if gateway.namespace != (parent.namespace or route.namespace):
                    puts.append(Put(route, (*where, "namespace"), gateway.namespace))
                yield Candidate(f"name Gateway {gateway.key} as the parent", tuple(puts))
                says = f"name Gateway {gateway.key} as the parent, and let it take routes of all namespaces"
                allow = (
                    Put(gateway, (*_namespaces(n), "from"), "All") for n in range(len(gateway.spec.listeners))
                )
                yield from (Candidate(says, (*puts, put)) for put in allow)


def _listener_of(route: HTTPRoute, number: int, gateway: Gateway) -> Iterator[Candidate]:
    parent, where = route.spec.parent_refs[number], ("spec", "parentRefs", number)
    names = [x.name for x in gateway.spec.listeners]
    for name in by_likeness(parent.section_name, names) if parent.section_name else ():
        if name != parent.section_name:
            yield from one(f"name the listener {name}", Put(route, (*where, "sectionName"), name))
    if parent.port is not None:
        for port in dict.fromkeys(x.port for x in gateway.spec.listeners if x.port != parent.port):
            yield from one(f"name the listener's port {port}", Put(route, (*where, "port"), port))
        yield from one("name no port", Remove(route, (*where, "port")))


def _namespaces(listener: int) -> Path:
    return ("spec", "listeners", listener, "allowedRoutes", "namespaces")


def allowed(case: Case) -> Iterator[Candidate]:
    """The listener takes routes of the route's namespace, or of all."""
    for route in _wanting(case):
        for gateway in case.manifests.of(Gateway):
            for number in range(len(gateway.spec.listeners)):
                where = _namespaces(number)
                put = Put(gateway, (*where, "from"), "All")
                yield from one("take routes of all namespaces", put)
                labels = {"kubernetes.io/metadata.name": route.namespace}
                chosen = Put(gateway, (*where, "from"), "Selector")
                labelled = Put(gateway, (*where, "selector"), {"matchLabels": labels})
                if chosen.path in (gateway.origin.positions if gateway.origin else ()):
                    yield from one(f"take routes of namespace {route.namespace}", chosen, labelled)


def hostnames(case: Case) -> Iterator[Candidate]:
    """A route names the host too, or writes it differently."""
    for route in case.index.routes:
        if _names(route, case.host):
            continue
        fitting = any(
            _fits_path(m, case.path) for r in route.spec.rules for m in r.matches or (HTTPRouteMatch(),)
        )
        for name in by_likeness(case.host, route.spec.hostnames, most=1) if fitting else ():
            add = Append(route, ("spec", "hostnames"), case.host)
            yield from one(f"add the host {case.host} beside {name}", add)
            if alike(name, case.host):
                number = route.spec.hostnames.index(name)
                put = Put(route, ("spec", "hostnames", number), case.host)
                yield from one(f"write the host {case.host}, not {name}", put)


def listeners(case: Case) -> Iterator[Candidate]:
    """A listener takes the host: one without a host name, a wildcard, or one more."""
    port = case.trace.request.target_port
    for gateway in case.manifests.of(Gateway):
        for number, listener in enumerate(gateway.spec.listeners):
            if listener.port != port or not listener.hostname:
                continue
            where = ("spec", "listeners", number, "hostname")
            wildcard = f"*.{case.host.partition('.')[2]}"
            if fits(wildcard, listener.hostname) or listener.hostname == wildcard:
                yield from one(
                    f"let the listener {listener.name} take {wildcard}, not {listener.hostname}",
                    Put(gateway, where, wildcard),
                )
            if alike(listener.hostname, case.host):
                yield from one(
                    f"let the listener {listener.name} take {case.host}, not {listener.hostname}",
                    Put(gateway, where, case.host),
                )
            yield from one(f"let the listener {listener.name} take every host", Remove(gateway, where))


def matches(case: Case) -> Iterator[Candidate]:
    """A match takes more: its path as a prefix, the method; or a rule gets one more match."""
    for route in _wanting(case):
        for i, rule in enumerate(route.spec.rules):
            for j, match in enumerate(rule.matches):
                yield from _wider(case, route, (i, j), match)
    for route in _wanting(case)[:1]:
        if route.spec.rules and route.spec.rules[0].matches:
            path = {"type": "PathPrefix", "value": "/" + "".join(path_elements(case.path)[:1])}
            add = Append(route, ("spec", "rules", 0, "matches"), {"path": path})
            yield from one(f"add a match for {path['value']}", add)


def _wider(case: Case, route: HTTPRoute, at: tuple[int, int], match: HTTPRouteMatch) -> Iterator[Candidate]:
    where = ("spec", "rules", at[0], "matches", at[1])
    fitting = _fits_path(match, case.path)
    method = case.trace.request.method
    if match.path.type == "Exact" and fitting:
        put = Put(route, (*where, "path", "type"), "PathPrefix")
        yield from one(f"make {match.path.value} PathPrefix, not Exact", put)
    if match.method not in (None, method) and fitting:
        path = {"type": match.path.type, "value": match.path.value}
        add = Append(route, where[:-1], {"path": path, "method": method})
        yield from one(f"add a match for {method}", add)


def grants(case: Case) -> Iterator[Candidate]:
    """A ReferenceGrant where the Service lives."""
    for reference in case.references:
        service = case.index.services.get(reference.key)
        if service is not None:
            says = f"allow HTTPRoutes of {reference.item.namespace} to use Service {service.key}"
            yield from one(says, grant(case, reference.item, service))


def certificate_grants(case: Case) -> Iterator[Candidate]:
    """A ReferenceGrant where the Secret of a listener lives."""
    secrets = {s.key: s for s in case.manifests.of(Secret)}
    for gateway in case.manifests.of(Gateway):
        for listener in gateway.spec.listeners:
            for ref in listener.tls.certificate_refs if listener.tls else ():
                secret = secrets.get(f"{ref.namespace or gateway.namespace}/{ref.name}")
                if secret is not None and secret.namespace != gateway.namespace:
                    says = f"allow Gateways of {gateway.namespace} to use Secret {secret.key}"
                    yield from one(says, grant(case, gateway, secret))


def weights(case: Case) -> Iterator[Candidate]:
    """A backend with a weight of 0 gets one."""
    key, rule, _ = case.place or ("", 0, 0)
    for route in (r for r in case.index.routes if r.key == key):
        for number, ref in enumerate(route.spec.rules[rule].backend_refs):
            if ref.weight == 0:
                put = Put(route, ("spec", "rules", rule, "backendRefs", number, "weight"), 1)
                yield from one(f"give backend {ref.name} a weight", put)


def gateway_class(case: Case) -> Iterator[Candidate]:
    """A GatewayClass that is there, of a controller that runs."""
    for gateway in case.manifests.of(Gateway):
        asked = gateway.spec.gateway_class_name or ""
        for name in by_likeness(asked, case.cluster.gateway_classes):
            if name != asked:
                put = Put(gateway, ("spec", "gatewayClassName"), name)
                yield from one(f"name the GatewayClass {name}", put)


def without_redirect(case: Case) -> Iterator[Candidate]:
    """The rule that decided redirects no more; with backends it serves."""
    key, rule, _ = case.place or ("", 0, 0)
    for route in (r for r in case.index.routes if r.key == key):
        filters = route.spec.rules[rule].filters
        for number, found in enumerate(filters):
            if found.type == "RequestRedirect":
                where: Path = ("spec", "rules", rule, "filters")
                taken = where if len(filters) == 1 else (*where, number)
                yield from one(f"remove the filter RequestRedirect of HTTPRoute {key}", Remove(route, taken))


def open_port(case: Case) -> Iterator[Candidate]:
    """The Gateway listens on one port more, for plain HTTP."""
    request = case.trace.request
    for gateway in case.manifests.of(Gateway) if request.scheme == "http" else ():
        name = free_name(f"http-{request.target_port}", (x.name for x in gateway.spec.listeners))
        listener = {"name": name, "protocol": "HTTP", "port": request.target_port}
        says = f"add a listener for port {request.target_port} to Gateway {gateway.key}"
        yield from one(says, Append(gateway, ("spec", "listeners"), listener))

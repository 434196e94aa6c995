"""Ways out that no manifest and no request can take: what must be done in the cluster, or given besides.

Nothing of it can be tried here, so nothing of it is said where something that was tried serves the request.
"""

from collections.abc import Callable

from sim.analysis.findings.references import references
from sim.analysis.fix.case import Case
from sim.cluster.cluster import LinkedService
from sim.routing.controllers.rows import Row

Words = Callable[[Case], str]


def outside(case: Case) -> str:
    """What to do outside these manifests, or where to begin."""
    words = OUTSIDE.get(case.fault.code or "")
    return words(case) if words is not None else _what_rules_lack(case)


def _what_rules_lack(case: Case) -> str:
    """The Services that rules lead to and no file has; else Pods, where no Service has one that is ready."""
    missing = list(dict.fromkeys(r.key for r in references(case.index) if r.key not in case.index.services))
    if missing:
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        return f"apply Service {missing[0]}{more}, or give the manifest with -f too: rules here lead to it"
    mine = [case.service] if case.service is not None else []
    services = mine or [s for s in case.cluster.services.values() if s.manifest.origin]
    if not any(p.ready for s in services for p in s.ports):
        return _ready_pod(case)
    has_rules = any(i.origin for i in case.cluster.ingresses) or case.index.routes
    if not has_rules:
        return "give the Ingresses or HTTPRoutes with -f too: these files have no rule"
    return "mend first what sim inspect finds: no single change that was tried serves it"


def _ready_pod(case: Case) -> str:
    """A Pod is there and not ready, or nothing makes one."""
    service = case.service
    if service is None:
        return "start Pods for the Services here, or give what makes them: none is ready"
    selector = ", ".join(f"{k}={v}" for k, v in service.manifest.spec.selector.items())
    waiting = next((e for p in service.ports for e in p.endpoints if not e.ready), None)
    if waiting is not None:
        state = f": {waiting.state}" if waiting.state else ""
        return f"make a Pod of Service {service.key} ready{state} (kubectl describe pod)"
    if not selector:
        return f"write an EndpointSlice for Service {service.key}: it selects no Pods"
    return f"start a Pod with the labels {selector} in {service.manifest.namespace}, or give what makes it"


def _pod_on_node(case: Case) -> str:
    return f"run a Pod of {_title(case.service)} on every node that is asked"


def _title(service: LinkedService | None) -> str:
    return f"Service {service.key}" if service is not None else "the Service"


def _give_service(case: Case) -> str:
    key = (case.trace.final.backend or "").rpartition(":")[0]
    missing = [r.key for r in case.references if r.key not in case.index.services]
    name = key or next(iter(missing), "")
    return f"apply Service {name}, or give its manifest with -f too" if name else "apply the Service"


def _give_entrance(case: Case) -> str:
    return f"give the manifests that expose {case.host} with -f too: what these files expose has other names"


def _install_controller(case: Case) -> str:
    return "install an Ingress controller that reads this class, or give its manifests with -f too"


def _install_gateway(case: Case) -> str:
    return "install the controller of the Gateway's class, or give its GatewayClass with -f too"


def _own_words(case: Case) -> str:
    """The end itself names what is to be given or asked."""
    return case.trace.final.fix or _what_rules_lack(case)


def _certificate(case: Case) -> str:
    return f"make a Secret of type kubernetes.io/tls with a certificate for {case.host}, and name it"


def _proxy(case: Case) -> str:
    """A name outside that the controller has no target for: Pods that forward to it are in no file."""
    return case.trace.final.fix or _what_rules_lack(case)


def _load_balancer(case: Case) -> str:
    """A name outside is what keeps the load balancer from being made; else what rules lack."""
    backends = [(row.namespace, row.backend.service) for row in case.rows_of_host()]
    keys = {f"{namespace}/{service.name}" for namespace, service in backends if service is not None}
    found = [case.cluster.services[key] for key in keys if key in case.cluster.services]
    named = any(service.manifest.spec.type == "ExternalName" for service in found)
    return _proxy(case) if named else _what_rules_lack(case)


def _without_loop(case: Case) -> str:
    """What takes one of the redirects away, if somebody serves then; a route lacks whom it should lead to."""
    key, number, _ = case.place or ("", 0, 0)
    route = next((r for r in case.index.routes if r.key == key), None)
    bare = route is not None and not route.spec.rules[number].backend_refs
    ready = any(_serves(case, row) for row in case.rows_of_host())
    return case.trace.final.fix or "" if bare or ready else _what_rules_lack(case)


def _serves(case: Case, row: Row) -> bool:
    named = row.backend.service
    service = case.cluster.services.get(f"{row.namespace}/{named.name if named else ''}")
    port = service.port(named.port.reference) if service is not None and named is not None else None
    return port is not None and bool(port.ready)


def _provider(case: Case) -> str:
    balancer = case.service.balancer if case.service is not None else None
    if balancer is not None and balancer.way_out:
        return balancer.way_out
    return "run where a provider makes load balancers, or install a controller that does"


def _proxy_line(case: Case) -> str:
    return "let load balancer and controller both speak the PROXY protocol, or neither of them"


def _own_ports(case: Case) -> str:
    return (
        "let the Service lead to the ports that the controller's arguments --http-port and --https-port name"
    )


def _watch_namespace(case: Case) -> str:
    return "start the controller so that it watches the namespace of this Ingress too"


OUTSIDE: dict[str, Words] = {
    "SIM2001": _give_entrance,
    "SIM2002": _install_controller,
    "SIM2003": _ready_pod,
    "SIM2006": _install_controller,
    "SIM2007": _give_service,
    "SIM2009": _provider,
    "SIM2010": _ready_pod,
    "SIM2012": _ready_pod,
    "SIM2013": _pod_on_node,
    "SIM2014": _own_words,
    "SIM2057": _install_gateway,
    "SIM2058": _certificate,
    "SIM2130": _own_words,
    "SIM2131": _own_words,
    "SIM2133": _own_words,
    "SIM2071": _load_balancer,
    "SIM2073": _certificate,
    "SIM2090": _proxy_line,
    "SIM2091": _proxy_line,
    "SIM2092": _watch_namespace,
    "SIM2094": _own_ports,
    "SIM2095": _without_loop,
    "SIM2096": _proxy,
    "SIM2105": _own_words,
    "SIM2106": _own_words,
    "SIM2151": _own_words,
    "SIM2153": _own_words,
}
"""Code -> what to do; other codes are about these manifests and the request alone."""

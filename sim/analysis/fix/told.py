"""Ways out of what controllers are told: the PROXY protocol on both sides, headers that are believed."""

from collections.abc import Iterator

from sim.analysis.fix.case import Candidate, Case, one
from sim.analysis.fix.edits import Put, Remove
from sim.manifests.objects.networking import Service
from sim.manifests.objects.workloads import WorkloadResource
from sim.routing.controllers import PROFILES
from sim.routing.other_readers import PROXY_ANNOTATIONS

_BACKEND_PROTOCOL = "service.beta.kubernetes.io/aws-load-balancer-backend-protocol"


def expect_proxy_line(case: Case) -> Iterator[Candidate]:
    """The controller takes the line that the load balancer writes; else the load balancer writes none."""
    yield from _switched(case, "proxy-line", on=True)
    proxy = case.trace.proxy
    for key in proxy.services if proxy is not None else ():
        service = case.index.services.get(key)
        annotations = service.metadata.annotations if service is not None else {}
        given = [name for name in PROXY_ANNOTATIONS if name in annotations]
        if service is not None and given:
            removed = tuple(Remove(service, ("metadata", "annotations", name)) for name in given)
            yield Candidate(f"take the annotation {given[0]} off Service {key}", removed)


def ask_no_proxy_line(case: Case) -> Iterator[Candidate]:
    """The controller waits for no line, where nobody writes one."""
    yield from _switched(case, "proxy-line", on=False)


def believe_headers(case: Case) -> Iterator[Candidate]:
    """The controller believes the load balancer that the client spoke https."""
    yield from _switched(case, "forwarded-headers", on=True)


def _switched(case: Case, switch: str, on: bool) -> Iterator[Candidate]:
    """The key of the ConfigMap that the controller reads, with the value that is needed."""
    proxy = case.trace.proxy
    if proxy is None or proxy.config_map is None or proxy.profile not in PROFILES:
        return
    key, value = PROFILES[proxy.profile].switches.get(switch, ""), "true" if on else "false"
    if key:
        says = f'set {key}: "{value}" in ConfigMap {proxy.config_map.key}'
        yield from one(says, Put(proxy.config_map, ("data", key), value))


def _written_fronts(case: Case) -> list[Service]:
    """The Services in front of controllers, as files show them."""
    keys = dict.fromkeys(key for c in case.cluster.controllers for key in c.services)
    found = (case.cluster.services[key].manifest for key in keys)
    return [service for service in found if service.origin]


def every_namespace(case: Case) -> Iterator[Candidate]:
    """The controller watches all namespaces."""
    running = {c.name for c in case.cluster.controllers}
    for workload in case.manifests.of(WorkloadResource):
        if f"{workload.kind} {workload.key}" not in running:
            continue
        for i, container in enumerate(workload.spec.template.spec.containers):
            for j, text in enumerate(container.args):
                if text.startswith("--watch-namespace="):
                    where = ("spec", "template", "spec", "containers", i, "args", j)
                    says = f"let {workload.kind} {workload.key} watch every namespace"
                    yield from one(says, Put(workload, where, "--watch-namespace="))


def backend_protocol(case: Case) -> Iterator[Candidate]:
    """What the load balancer sends on is what the port behind it speaks."""
    for service in _written_fronts(case):
        given = service.metadata.annotations.get(_BACKEND_PROTOCOL)
        for value in ("tcp", "http", "ssl") if given is not None else ():
            if value != given:
                put = Put(service, ("metadata", "annotations", _BACKEND_PROTOCOL), value)
                yield from one(f"set aws-load-balancer-backend-protocol: {value}", put)

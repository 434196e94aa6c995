"""Ways out of what controllers are told: the PROXY protocol on both sides, headers that are believed."""

from collections.abc import Iterator

from sim.analysis.fix.case import Candidate, Case, one
from sim.analysis.fix.edits import Put, Remove
from sim.routing.controllers import PROFILES
from sim.routing.hops.proxy_protocol import ANNOTATIONS, BY_PORT


def expect_proxy_line(case: Case) -> Iterator[Candidate]:
    """The controller takes the line that the load balancer writes; else the load balancer writes none."""
    yield from _switched(case, "proxy-line", on=True)
    proxy = case.trace.proxy
    for key in proxy.services if proxy is not None else ():
        service = case.index.services.get(key)
        annotations = service.metadata.annotations if service is not None else {}
        given = [name for name in (*ANNOTATIONS, BY_PORT) if name in annotations]
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

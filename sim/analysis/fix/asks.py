"""Ways out that change no manifest: another request, from another place, or of another controller.

Each is tried before it is said. The one that is nearest to what was asked comes first: the same with another
scheme or port, then another path of the host, then another host.
"""

import difflib
import ipaddress
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice

from sim.analysis.fix.case import Case, addresses
from sim.cluster.cluster import LinkedService
from sim.cluster.families import family_of
from sim.routing.controllers import PROFILES
from sim.routing.trace import CLIENTS, Request

_MOST_LOOKED_AT = 3000


_COMPARED = 100
"""Characters of a path or a host."""


@dataclass(frozen=True)
class Ask:
    """What may be asked instead.

    Args:
        controller: profile that answers; None: the one that was asked.
    """

    request: Request
    controller: str | None = None

    def in_words(self, was: Request) -> str:
        """As an instruction to whoever asked."""
        new = self.request
        parts = [f"ask {new.url}" if new.url != was.url or not self.controller else "ask"]
        parts += [f"with method {new.method}"] if new.method != was.method else []
        parts += [f"with the header {k}: {v}" for k, v in new.headers.items() if was.headers.get(k) != v]
        parts += [f"without the header {k}" for k in was.headers if k not in new.headers]
        parts += [f"from {new.client_ip} (--client-ip)"] if new.client_ip != was.client_ip else []
        parts += ["without --sni"] if was.sni is not None and new.sni is None else []
        parts += [f"with --controller {self.controller}"] if self.controller else []
        return " ".join(parts)

    def distance(self, was: Request) -> tuple[int, float]:
        """How much is different, and how unlike path and host are."""
        new = self.request
        weights = (
            (new.scheme != was.scheme, 1),
            (new.port != was.port, 1),
            (new.sni != was.sni, 1),
            (dict(new.headers) != dict(was.headers), 2),
            (new.client_ip != was.client_ip, 2),
            (new.path != was.path, 2),
            (new.method != was.method, 3),
            (new.host != was.host, 4),
            (self.controller is not None, 5),
        )
        unlike = 2 - _ratio(new.path, was.path) - _ratio(new.host, was.host)
        return sum(weight for differs, weight in weights if differs), unlike


@lru_cache(maxsize=4096)
def _ratio(one: str, other: str) -> float:
    """How alike two texts begin: to compare all of long ones takes the square of their length."""
    matcher = difflib.SequenceMatcher(None, one[:_COMPARED], other[:_COMPARED])
    return 1.0 if one == other else matcher.ratio()


def asks(case: Case) -> list[Ask]:
    """What may be asked instead, the nearest first."""
    was = case.trace.request
    made = _web(case, was) if was.is_http else _connections(case, was)
    found = {repr(a): a for a in islice(made, _MOST_LOOKED_AT) if a != Ask(was)}
    near = sorted(found.values(), key=lambda a: a.distance(was))
    return sorted(near, key=_in_turns(was))


def _in_turns(was: Request) -> Callable[[Ask], int]:
    """An order in which the second request of a host waits for the first one of other hosts."""
    seen: Counter[str] = Counter()

    def turn(ask: Ask) -> int:
        seen[ask.request.host] += 1
        return ask.distance(was)[0] + seen[ask.request.host]

    return turn


def _web(case: Case, was: Request) -> Iterator[Ask]:
    other = "http" if was.scheme == "https" else "https"
    yield from (Ask(replace(was, scheme=s, port=None)) for s in (was.scheme, other))
    yield Ask(replace(was, sni=None, headers={k: v for k, v in was.headers.items() if k.lower() != "host"}))
    for port in case.service.ports if case.service is not None else ():
        yield from (Ask(replace(was, scheme=s, port=port.number)) for s in ("http", "https"))
    yield from (Ask(replace(was, client_ip=ip)) for ip in _let_in(case))
    yield from _over_the_other_family(case, was)
    for request in case.derived:
        client = replace(request, client_ip=was.client_ip)
        yield Ask(client)
        if request.host == was.host and request.path != was.path:
            yield Ask(replace(client, headers=was.headers, method=was.method))
    yield from (Ask(request) for request in _entrances(case, was))
    if not case.cluster.controllers:
        yield from (Ask(was, name) for name in PROFILES)


def _over_the_other_family(case: Case, was: Request) -> Iterator[Ask]:
    """As a client of the other address family, where there are two or the client has the wrong one."""
    own = family_of(was.client_ip)
    if len(case.cluster.families) > 1 or own not in case.cluster.families:
        yield from (Ask(replace(was, client_ip=ip)) for family, ip in CLIENTS.items() if family != own)


def _let_in(case: Case) -> Iterator[str]:
    """An address of each range that a Service or an Ingress lets in."""
    written = [r for s in case.cluster.services.values() for r in s.manifest.spec.load_balancer_source_ranges]
    for ingress in case.cluster.ingresses:
        given = ingress.metadata.annotations.items()
        written += [r for k, v in given if k.endswith("list-source-range") for r in v.split(",")]
    for text in dict.fromkeys(written):
        try:
            yield str(ipaddress.ip_network(text.strip(), strict=False)[1])
        except (ValueError, IndexError):
            continue


def _entrances(case: Case, was: Request) -> Iterator[Request]:
    """Load balancers by name and address, and node ports."""
    for service in case.cluster.services.values():
        hosts = [f"{service.manifest.name}.{service.manifest.namespace}", *service.load_balancer]
        for port in service.ports if service.wants_load_balancer else ():
            number = None if port.number in (80, 443) else port.number
            scheme = "https" if port.number == 443 else "http"
            yield from (Request(h, was.path, was.method, scheme, number) for h in hosts)
        for port in service.ports:
            if port.node_port is not None and port.protocol == "TCP":
                yield Request(case.cluster.nodes[0].address, was.path, was.method, "http", port.node_port)


def _connections(case: Case, was: Request) -> Iterator[Ask]:
    yield from _over_the_other_family(case, was)
    services = list(case.cluster.services.values())
    mine = [case.service] if case.service is not None else []
    for service in dict.fromkeys(s.key for s in (*mine, *services)):
        yield from (Ask(request) for request in _to(case, case.cluster.services[service], was))
    yield from (Ask(replace(was, host=address)) for node in case.cluster.nodes for address in node.addresses)


def _to(case: Case, service: LinkedService, was: Request) -> Iterator[Request]:
    """A Service at the addresses that it has, and at the node ports."""
    name = f"{service.manifest.name}.{service.manifest.namespace}"
    for port in service.ports:
        scheme = port.protocol.lower()
        for host in (*filter(None, addresses(service)), *([name] if service.cluster_ip else [])):
            yield replace(was, scheme=scheme, host=host, port=port.number)
        if port.node_port is not None:
            node = case.cluster.nodes[0].address
            yield replace(was, scheme=scheme, host=node, port=port.node_port)

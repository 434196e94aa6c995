"""What a node makes of topology hints, as rows of a trace, and what must be known where none were made.

kube-proxy looks at hints under policy Cluster alone: it takes the endpoints that they give to its node, else
to its zone, and all of them where one lacks a hint or none names it. Source: pkg/proxy/topology.go of
Kubernetes 1.35, topologyModeFromHints.
"""

from collections.abc import Iterator, Sequence

from sim.cluster.cluster import Endpoint, LinkedService, Node
from sim.routing.hops.opened import Arrival
from sim.routing.kube_proxy.categories import topology
from sim.routing.trace import Note, Step
from sim.units import counted

MOST_NODES = 4
"""Nodes that a row names."""
MADE, USED = "topology hints", "hints on"


def hint_steps(found: Sequence[Arrival]) -> Iterator[Step]:
    """What was asked and made, and what each node does with it; nothing where there is neither."""
    port = found[0].verdict.service_port if found else None
    if port is None:
        return
    service, ready = port.service, [e for e in port.endpoints if e.ready]
    hinted = any(e.zone_hints or e.node_hints for e in ready)
    if not hinted and not service.hints.asked:
        return
    yield Step(MADE, hinted, service.hints.says, asked_at(service))
    if not hinted:
        return
    if port.external_local:
        yield Step(USED, False, "policy Local does not look at hints")
        return
    said: dict[tuple[bool, str], list[str]] = {}
    for arrival in found:
        used = topology(port.endpoints, arrival.node)
        said.setdefault((bool(used), _on_node(ready, arrival.node, used)), []).append(arrival.node.name)
    yield from (Step(f"{USED} {_listed(names)}", used, because) for (used, because), names in said.items())


def hint_notes(service: LinkedService | None) -> Iterator[Note]:
    """That hints are asked for and none are made, and why."""
    if service is not None and service.hints.asked and not service.hints.are_set:
        yield Note("SIM1407", service.hints.says, asked_at(service))


def asked_at(service: LinkedService) -> str | None:
    """The line that asks for hints."""
    return service.line(*service.hints.path) if service.hints.asked else None


def _on_node(ready: Sequence[Endpoint], node: Node, used: str) -> str:
    if used:
        name = node.name if used == "node" else node.zone
        given = [e for e in ready if name in (e.node_hints if used == "node" else e.zone_hints)]
        return f"{counted(len(given), 'Pod')} of {len(ready)}, given to {used} {name}"
    lacking = sum(not e.zone_hints for e in ready)
    if lacking:
        return f"all Pods: {lacking} of {len(ready)} have no hint for a zone"
    return f"all Pods: no hint names zone {node.zone}" if node.zone else "all Pods: the node has no zone"


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_NODES} more" if len(names) > MOST_NODES else ""
    return f"{', '.join(names[:MOST_NODES])}{more}"

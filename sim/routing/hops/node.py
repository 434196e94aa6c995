"""The hop of a node's kube-proxy: what a packet bears before and after, and where it may go on to."""

from __future__ import annotations

from typing import Any

from sim.cluster.cluster import Node
from sim.routing.kube_proxy import MODES, Packet, Verdict
from sim.routing.trace import Branch, Step

COST = "passes"
"""The row that says what it costs to find the Service."""


def before(packet: Packet) -> dict[str, Any]:
    """Source and destination as the packet reaches the node."""
    return {
        "source": packet.source,
        "destination": f"{packet.destination}:{packet.port}",
        "protocol": packet.protocol.lower(),
    }


def after(node: Node, verdict: Verdict) -> dict[str, Any]:
    """What changed: the endpoints that may be the destination, and the source if it is masqueraded.

    `source_if_endpoint` says which endpoints alone see the node's address: a client that meets itself.
    """
    changed: dict[str, Any] = {}
    if verdict.endpoints:
        changed["destination"] = [e.target for e in verdict.endpoints]
    if verdict.masquerade:
        changed["source"] = node.address
    if verdict.hairpin:
        changed["source_if_endpoint"] = {e.target: node.address for e in verdict.hairpin}
    return changed


def steps(verdict: Verdict, mode: str) -> tuple[Step, ...]:
    """The chains in the order entered, what finding them costs, and each endpoint's branch."""
    return (*verdict.chain_steps, _cost(verdict.rules_passed, mode), *verdict.steps)


def _cost(passed: int, mode: str) -> Step:
    if MODES[mode].by_rule:
        rules = f"{passed} rule{'s' if passed != 1 else ''} of KUBE-SERVICES"
        return Step(COST, True, f"{rules}: more Services, more rules; only a first packet pays")
    return Step(COST, True, f"{passed} look-up, however many Services there are")


def branches(verdict: Verdict) -> tuple[Branch, ...]:
    """Each endpoint with its probability for a new connection."""
    return tuple(Branch(e.pod or e.target, verdict.probability) for e in verdict.endpoints)

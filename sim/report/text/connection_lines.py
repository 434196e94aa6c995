"""What kube-proxy does to a bare connection, as rows of a trace: addresses, chains, branches, addresses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sim.routing.hops.node import COST
from sim.routing.trace import Hop, Step

MOST = 9
"""Endpoints that are listed without --all-rules."""


def connection_rows(hop: Hop, all_rules: bool) -> Iterator[Step]:
    """Before; the chains in the order entered; each endpoint with its probability; after."""
    if hop.before:
        yield Step("before", True, f"{hop.before['source']} to {hop.before['destination']}")
    first = [s for s in hop.steps if s.row == COST or s.row.startswith("chain ")]
    yield from first
    endpoints = hop.steps[len(first) :]
    yield from endpoints if all_rules else endpoints[:MOST]
    if len(endpoints) > MOST and not all_rules:
        yield Step("", True, f"and {len(endpoints) - MOST} more (--all-rules shows them)")
    if hop.before and "destination" in hop.after:
        yield from (Step("after", True, says) for says in _after(hop.before, hop.after))


def _after(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    count = len(after["destination"])
    to = after["destination"][0] if count == 1 else f"one of these {count}"
    if "source" in after:
        yield f"{after['source']} to {to}: masqueraded, the Pod sees the node"
    else:
        yield f"{before['source']} to {to}: the Pod sees the client"
    for target, source in after.get("source_if_endpoint", {}).items():
        yield f"{source} to {target}, which is the client itself"

"""Cases of NetworkPolicy: one connection in a small cluster, its verdict and the reasons; what the API refuses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from sim.cluster.cluster import Cluster, Node
from sim.cluster.setup import Setup
from sim.manifests.decoding import from_document, merge
from sim.manifests.reading.loading import documents
from sim.manifests.validation import validate
from sim.routing.building import build
from sim.routing.controllers import PROFILES
from sim.routing.hops.node import arrivals
from sim.routing.hops.opened import behind_nodes, node_end
from sim.routing.kube_proxy import Packet, behind_balancer
from sim.routing.network_policy import End, Judgement, NewConnection, end_of, judge, policies_of

Named = tuple[str, Callable[[], str | None]]

DOCUMENT_KEYS = {"name", "source", "confidence", "manifests", "cases", "validation"}
CASE_KEYS = {"id", "from", "to", "port", "protocol", "via", "connection", "plugin", "expect", "why"}
EXPECT_KEYS = {
    "verdict", "endpoints", "alternatives", "common", "allowed_by", "local_node", "blocked_at", "nearest",
    "client_sees", "proxy_status", "decided_by",
}  # fmt: skip
VALIDATION_KEYS = {"id", "manifest", "valid", "errors", "why"}
FAULTS = {
    "Invalid": "Invalid value",
    "NotSupported": "Unsupported value",
    "Required": "Required value",
    "Duplicate": "Duplicate value",
    "Forbidden": "Forbidden",
    "TooMany": "Too many",
    "TooLong": "Too long",
}
PROFILE_OF_PROXY = {"nginx": "ingress-nginx", "haproxy": "haproxy", "envoy": "envoy-gateway"}
STOPPED = {"drop": "timeout", "reject": "refused"}


def cases(file: Path) -> Iterator[Named]:
    """The name of each case, and what runs it."""
    for number, document in enumerate(yaml.load_all(file.read_text(), yaml.CSafeLoader)):
        if document is None:
            continue
        unknown = _unknown(document, DOCUMENT_KEYS)
        if unknown:
            yield f"{file.stem}[{number}]", lambda said=unknown: said
        for case in document.get("validation", []):
            yield case["id"], lambda c=case: _unknown(c, VALIDATION_KEYS) or _validated(c)
        text = yaml.safe_dump_all(document.get("manifests", []))
        for case in document.get("cases", []):
            yield case["id"], lambda c=case, d=text: _compared(c, d)


def _unknown(given: dict[str, Any], keys: set[str]) -> str | None:
    strange = sorted(set(given) - keys)
    return f"unknown key {strange[0]!r}" if strange else None


def _validated(case: dict[str, Any]) -> str | None:
    got = sorted((f.field, f.type) for f in validate(case["manifest"]))
    wanted = sorted((e["field"], FAULTS[e["type"]]) for e in case["errors"])
    return None if got == wanted and (not got) == case["valid"] else f"expected {wanted}, got {got}"


@cache
def _cluster(text: str) -> Cluster:
    read = merge(from_document(d) for d in documents(text, "case.yaml"))
    return build(read, Setup(controllers=(), assume_endpoints=False))


def _compared(case: dict[str, Any], text: str) -> str | None:
    unknown = _unknown(case, CASE_KEYS) or _unknown(case["expect"], EXPECT_KEYS)
    if unknown:
        return unknown
    found = list(_judged(_cluster(text), case))
    if not found:
        return "no connection comes to an endpoint"
    wrong = [said for key, wanted in case["expect"].items() if (said := _differs(key, wanted, found, case))]
    return "; ".join(wrong) or None


Found = list[tuple[str, Judgement]]
"""Endpoint, and what becomes of a connection to it, over every node that may receive it."""


def _judged(cluster: Cluster, case: dict[str, Any]) -> Iterator[tuple[str, Judgement]]:
    port, protocol = case["port"], case["protocol"]
    source, target = _end(cluster, case["from"]), case["to"]
    if "service" in target:
        at = arrivals(cluster, tuple(_packets(cluster, case, source)))
        found = [(j.endpoint.target, j.connection) for j in behind_nodes(cluster, at)]
    else:
        end = _end(cluster, target)
        found = [(f"{end.address}:{port}", NewConnection(source, end, port, protocol))]
    opened = case.get("connection") == "established"
    for endpoint, connection in found:
        yield endpoint, judge(cluster, connection._replace(established=opened))


def _end(cluster: Cluster, said: dict[str, str]) -> End:
    (kind, name), *_ = said.items()
    if kind == "pod":
        return end_of(cluster.pods[name])
    return node_end(cluster.node_by_name[name]) if kind == "node" else policies_of(cluster).end(name)


def _packets(cluster: Cluster, case: dict[str, Any], source: End) -> Iterator[tuple[Node, Packet]]:
    """The first packet at the node where the client is, or at those that the load balancer may choose."""
    service = cluster.services[case["to"]["service"]]
    number, via = case["port"], case.get("via") or {}
    port = next(p for p in service.ports if p.number == number and p.protocol == case["protocol"])
    own = source.pod.node if source.pod is not None else source.node
    if own is not None and not via:
        packet = Packet(source.address, service.cluster_ip or "", number, case["protocol"])
        yield cluster.node_by_name[own], packet
        return
    client = via.get("address", source.address)
    nodes = [cluster.node_by_name[via["node"]]] if "node" in via else cluster.nodes
    yield from ((node, behind_balancer(service, port, node, client)) for node in nodes)


def _differs(key: str, wanted: Any, found: Found, case: dict[str, Any]) -> str | None:
    if key == "verdict" and wanted == "cni-dependent" and "alternatives" in case["expect"]:
        return None  # that it depends is said by the set of its alternatives
    got = _GOT[key](found, case, wanted)
    if key == "alternatives":
        wanted = sorted(set(wanted.values()))
    return None if got == wanted else f"{key}: expected {wanted}, got {got}"


def _verdict(found: Found, *_: Any) -> str:
    kinds = set(_endpoints(found).values())
    return kinds.pop() if len(kinds) == 1 else "mixed"


def _endpoints(found: Found, *_: Any) -> dict[str, str]:
    by_endpoint: dict[str, set[str]] = {}
    for endpoint, judgement in found:
        by_endpoint.setdefault(endpoint, set()).add(judgement.kind)
    return {
        endpoint: kinds.pop() if len(kinds) == 1 else "cni-dependent"
        for endpoint, kinds in by_endpoint.items()
    }


def _alternatives(found: Found, *_: Any) -> list[str]:
    verdicts = (v for _, j in found for v in j.alternatives.values())
    return sorted({"allowed" if v.allowed else "denied" for v in verdicts})


def _common(found: Found, *_: Any) -> str | None:
    judgement = found[0][1]
    return ("allowed" if judgement.verdict.allowed else "denied") if judgement.is_usual else None


def _allowed_by(found: Found, *_: Any) -> dict[str, list[str] | None]:
    verdict = found[0][1].verdict
    return {
        side.direction: None if side.allowed_by is None else list(side.allowed_by) for side in verdict.sides
    }


def _local_node(found: Found, *_: Any) -> bool:
    return any(side.local_node for side in found[0][1].verdict.sides)


def _nearest(found: Found, *_: Any) -> dict[str, str] | None:
    blocking = found[0][1].verdict.blocking
    near = blocking.nearest if blocking is not None else None
    return {"rule": near.rule, "fails_at": near.fails_at} if near is not None else None


def _client_sees(found: Found, case: dict[str, Any], _: Any) -> str | None:
    return None if found[0][1].verdict.allowed else STOPPED[case.get("plugin", "drop")]


def _proxy_status(found: Found, case: dict[str, Any], wanted: dict[str, int]) -> dict[str, int]:
    profiles = {name: PROFILES[PROFILE_OF_PROXY[name]].retries for name in wanted}
    refused = _client_sees(found, case, wanted) == "refused"
    return {n: p.when_refused if refused else p.when_unreachable for n, p in profiles.items()}


def _decided_by(found: Found, _: Any, wanted: dict[str, str]) -> dict[str, str]:
    return {s.direction: s.decided_by for s in found[0][1].verdict.sides if s.direction in wanted}


_GOT: dict[str, Callable[[Found, dict[str, Any], Any], Any]] = {
    "verdict": _verdict,
    "endpoints": _endpoints,
    "alternatives": _alternatives,
    "common": _common,
    "allowed_by": _allowed_by,
    "local_node": _local_node,
    "blocked_at": lambda found, *_: found[0][1].verdict.blocked_at,
    "nearest": _nearest,
    "client_sees": _client_sees,
    "proxy_status": _proxy_status,
    "decided_by": _decided_by,
}
"""Key of `expect` -> what the product says."""

"""Cases of load balancers in front of a Service: each question asked of the room that decides it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from sim.cluster.cluster import Cluster, LinkedPort, LinkedService
from sim.cluster.families import RefusedFamily, allocated
from sim.cluster.load_balancers.targets import targets_of
from sim.cluster.load_balancers.values import Cloud, LoadBalancer
from sim.cluster.records import records
from sim.cluster.setup import Setup
from sim.manifests.decoding import from_document, merge
from sim.manifests.reading.loading import documents
from sim.manifests.validation import validate
from sim.routing.building import build
from sim.routing.hops.balanced import shares, source_seen
from sim.routing.kube_proxy import Packet, decide, proxy_for, proxy_of, vips_of
from sim.routing.kube_proxy.health import health_answer

DOCUMENT_KEYS = {"name", "source", "confidence", "environment", "manifests", "cases"}
ENVIRONMENT_KEYS = {
    "provider", "controllers", "lbc_webhook", "nodes", "pods", "serviceFamilies", "pod_families", "excluded",
    "gke_version", "subsetting",
}  # fmt: skip
CASE_KEYS = {"id", "ask", "expect", "why", "from", "to"}
EXCLUDED = "node.kubernetes.io/exclude-from-external-load-balancers"


@dataclass(frozen=True)
class Asked:
    """One question about the Service of a document."""

    environment: dict[str, Any]
    manifests: list[dict[str, Any]]
    case: dict[str, Any]

    @cached_property
    def cluster(self) -> Cluster:
        """Nodes and Pods of the environment beside what is given."""
        excluded = self.environment.get("excluded") or ()
        nodes = [_node(n, n["name"] in excluded) for n in self.environment["nodes"]]
        there = [*nodes, *map(_pod, self.environment["pods"]), *self.manifests]
        caller = self.case.get("from", {}).get("pod")
        if caller and caller not in {f"{p['namespace']}/{p['name']}" for p in self.environment["pods"]}:
            there.append(_caller(caller, self.environment["nodes"][-1]["name"]))
        text = yaml.safe_dump_all(there)
        read = merge(from_document(d) for d in documents(text, "case.yaml"))
        families = tuple(self.environment["serviceFamilies"])
        cloud = _cloud(self.environment)
        return build(read, Setup(controllers=(), assume_endpoints=False, cloud=cloud, families=families))

    @property
    def service(self) -> LinkedService:
        """The Service that is asked about."""
        return next(s for s in self.cluster.services.values() if not s.assumed)

    @property
    def port(self) -> LinkedPort:
        """Its first port."""
        return self.service.ports[0]

    @property
    def balancer(self) -> LoadBalancer:
        """What it gets."""
        found = self.service.balancer
        assert found is not None
        return found


def _cloud(environment: dict[str, Any]) -> Cloud:
    return Cloud(
        environment["provider"],
        tuple(environment["controllers"]),
        environment.get("lbc_webhook", False),
        environment.get("gke_version", ""),
        environment.get("subsetting"),
    )


def _node(stated: dict[str, Any], excluded: bool) -> dict[str, Any]:
    labels = {"topology.kubernetes.io/zone": stated["zone"]} | ({EXCLUDED: "true"} if excluded else {})
    addresses = [{"type": "InternalIP", "address": stated["ip"]}]
    return {
        "apiVersion": "v1", "kind": "Node", "metadata": {"name": stated["name"], "labels": labels},
        "status": {"addresses": addresses},
    }  # fmt: skip


def _pod(stated: dict[str, Any]) -> dict[str, Any]:
    ready = [{"type": "Ready", "status": str(stated["ready"])}]
    return {
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": stated["name"], "namespace": stated["namespace"], "labels": stated["labels"]},
        "spec": {"nodeName": stated["node"], "containers": [{"name": "c", "image": "web:1"}]},
        "status": {"phase": "Running", "podIP": stated["ip"], "conditions": ready},
    }  # fmt: skip


def _caller(key: str, node: str) -> dict[str, Any]:
    """A Pod that calls and serves nothing."""
    namespace, _, name = key.partition("/")
    return _pod({"name": name, "namespace": namespace, "labels": {"app": name}, "node": node, "ready": True,
                 "ip": "10.0.9.9"})  # fmt: skip


def service_lb_case(document: dict[str, Any], case: dict[str, Any]) -> str | None:
    """What differs, or None."""
    for given, known in (
        (document, DOCUMENT_KEYS), (document["environment"], ENVIRONMENT_KEYS), (case, CASE_KEYS)
    ):  # fmt: skip
        if unknown := sorted(set(given) - known):
            return f"unknown key {unknown[0]!r}"
    asked = Asked(document["environment"], document["manifests"], case)
    if case["ask"] not in QUESTIONS:
        return f"unknown question {case['ask']!r}"
    got = QUESTIONS[case["ask"]](asked)
    wanted = case["expect"]
    if case["ask"] in WHOLE:
        return None if _same(wanted, got) else f"expected {wanted}, got {got}"
    differing = {key: got.get(key, "nothing") for key in wanted if key not in got or got[key] != wanted[key]}
    return f"expected {wanted}, got {differing}" if differing else None


def _same(wanted: dict[str, Any], got: dict[str, Any]) -> bool:
    numbers = {str(k): v for k, v in got.items()}
    return {str(k) for k in wanted} == set(numbers) and all(
        math.isclose(numbers[str(k)], v, abs_tol=1e-9) for k, v in wanted.items()
    )


def _load_balancer(asked: Asked) -> dict[str, Any]:
    found = asked.balancer
    shown = ("created_by", "state", "kind", "scheme", "target_type", "proxy_protocol", "algorithm", "protocol",
             "lb_type")  # fmt: skip
    return {name: getattr(found, name) for name in shown}


def _targets(asked: Asked) -> dict[str, Any]:
    found = targets_of(asked.balancer, asked.service, asked.port, asked.cluster.nodes)
    there = [t.name for t in found if t.endpoint is not None and t.healthy]
    return {"targets": there + [t.name for t in found if t.node is not None and not t.node.excluded]}


def _client_ip(asked: Asked) -> dict[str, Any]:
    port = asked.balancer.port(asked.port.number, asked.port.protocol)
    return {"preserved": port is not None and port.keeps_client}


def _source_seen(asked: Asked) -> dict[str, Any]:
    by_node, by_pod = source_seen(asked.cluster, asked.service, asked.port)
    return {"by_node": by_node, "by_pod": by_pod}


def _health_check(asked: Asked) -> dict[str, Any]:
    found = asked.balancer.health
    assert found is not None
    return {"protocol": found.protocol, "port": found.port, "path": found.path}


def _health_answers(asked: Asked) -> dict[str, Any]:
    number = asked.service.manifest.spec.health_check_node_port
    assert number is not None
    return {n.name: health_answer(proxy_of(asked.cluster, n), number) for n in asked.cluster.nodes}


def _ports(asked: Asked) -> dict[str, Any]:
    return {str(port.number): bool(port.proxy_line) for port in asked.balancer.ports}


def _destination(asked: Asked) -> dict[str, Any]:
    if asked.balancer.destination == "balancer-address":
        return {"address": "load-balancer-ip", "port": asked.port.number}
    return {"address": "node", "port": asked.port.node_port}


def _shares(asked: Asked) -> dict[str, Any]:
    """By target, or by Pod, as the case names them."""
    targets = targets_of(asked.balancer, asked.service, asked.port, asked.cluster.nodes)
    by_target = {t.name: t.share for t in targets if t.share}
    if set(asked.case["expect"]) <= {t.name for t in targets}:
        return by_target
    found = shares(asked.cluster, asked.service, asked.port)
    return {r.endpoint.target: r.probability for r in found} | {
        (r.endpoint.pod or "").partition("/")[2]: r.probability for r in found
    }


def _connect(asked: Asked) -> dict[str, Any]:
    address = str(asked.case.get("to") or asked.service.load_balancer[0])
    cut, port = address in vips_of(asked.service), asked.balancer.port(asked.port.number, asked.port.protocol)
    line = port is not None and bool(port.proxy_line)
    back = "works" if asked.balancer.answers_its_targets(port) else "timeout"
    return {
        "path": "short-cut" if cut else "load-balancer",
        "application": "broken-no-proxy-header" if cut and line else "works",
        "if_returned_to_self": back,
        "if_returned_to_own_node": back,
    }


def _allocated(asked: Asked) -> dict[str, Any]:
    """Families and policy as the API server writes them, or the field that it refuses."""
    found = allocated(asked.service.manifest.spec, asked.environment["serviceFamilies"])
    if isinstance(found, RefusedFamily):
        return {"error": found.field}
    return {"ipFamilyPolicy": found.policy, "ipFamilies": list(found.families)}


def _answered(asked: Asked) -> dict[str, Any]:
    """What the proxier of the address's family does."""
    to, port = asked.case["to"], asked.port
    proxy = proxy_for(asked.cluster, asked.cluster.nodes[0], to)
    verdict = decide(proxy, Packet("10.0.9.9" if proxy.family == "IPv4" else "fd00::9", to, port.number))
    return {"proxier": proxy.family, "outcome": OUTCOMES.get(verdict.verdict, verdict.verdict)}


def _dns(asked: Asked) -> dict[str, Any]:
    found = records(asked.service)
    return {"A": list(found["IPv4"]), "AAAA": list(found["IPv6"])}


def _valid(asked: Asked) -> dict[str, Any]:
    faults = [f for m in asked.manifests for f in validate(m)]
    return {"valid": not faults, "field": next((f.field for f in faults), None)}


OUTCOMES = {"dnat": "proxied", "reject": "refused", "drop": "dropped"}
"""Verdict -> how the tables call it."""

WHOLE = {"shares", "healthy-nodes", "endpoint-weight", "proxy-protocol-ports"}
"""Questions whose every key counts."""

QUESTIONS: dict[str, Callable[[Asked], dict[str, Any]]] = {
    "load-balancer": _load_balancer,
    "targets": _targets,
    "client-ip": _client_ip,
    "source-seen": _source_seen,
    "health-check": _health_check,
    "healthy-nodes": lambda a: {name: found.status for name, found in _health_answers(a).items()},
    "endpoint-weight": lambda a: {name: found.local_endpoints for name, found in _health_answers(a).items()},
    "proxy-protocol-ports": _ports,
    "destination-on-node": _destination,
    "shares": _shares,
    "connect": _connect,
    "backends": lambda a: {"backends": a.balancer.backends},
    "allocate": _allocated,
    "answer": _answered,
    "dns": _dns,
    "valid": _valid,
    "status": lambda a: {"field": a.balancer.status_field},
}


def cases(file: Path) -> Iterator[tuple[str, Callable[[], str | None]]]:
    """Every question of a file, by its id."""
    for document in yaml.load_all(file.read_text(), yaml.CSafeLoader):
        for case in (document or {}).get("cases", ()):
            yield case["id"], lambda d=document, c=case: service_lb_case(d, c)

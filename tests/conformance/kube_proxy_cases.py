"""Cases of kube-proxy: one packet, a timeline, or a health check; each against what the tables expect."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from random import Random
from typing import Any

import yaml

from sim.cluster.cluster import Node
from sim.cluster.setup import Setup
from sim.manifests.decoding import from_document, merge
from sim.manifests.reading.loading import documents
from sim.routing.building import build
from sim.routing.kube_proxy import MODES, Options, Packet, Proxy, Verdict, proxy_of
from sim.routing.kube_proxy.connections import ConnectionTable
from sim.routing.kube_proxy.health import health_answer

SEEDS = 20
TABLE_OPTIONS = {"pod_cidrs": ("10.0.0.0/8",), "service_cidrs": ("172.30.0.0/16",)}
OPTION_KEYS = {"masquerade_all", "local_detector", "scheduler"}
EXPECT_KEYS = {
    "verdict",
    "chains",
    "endpoints",
    "masquerade",
    "masquerade_if_endpoint",
    "endpoint_chains",
    "ipvs",
}
STEP_EXPECT_KEYS = EXPECT_KEYS | {"one_of", "same_as_step"}
PACKET_KEYS = {"from", "source", "dst", "port", "protocol", "source_port", "keep_open"}


def kube_proxy_case(case: dict[str, Any]) -> str | None:
    """What differs, or None."""
    if "http" in case:
        return "; ".join(_health(case)) or None
    if "steps" in case:
        return _timeline(case)
    proxy = proxy_at(case, case["manifests"])
    verdict = MODES[case["mode"]].decide(proxy, packet_of(case["packet"]))
    return "; ".join(_differences(case["expect"], verdict)) or None


def proxy_at(case: dict[str, Any], manifests: list[dict[str, Any]]) -> Proxy:
    """The kube-proxy of the case's node."""
    text = yaml.safe_dump_all(manifests)
    read = merge(from_document(d) for d in documents(text, "case.yaml"))
    cluster = build(read, Setup(controllers=(), assume_endpoints=False, provider=False))
    stated = _known(case.get("proxy_options") or {}, OPTION_KEYS)
    # A node that the manifests do not show has no zone; its address is the one that the tables assume.
    node = cluster.node_by_name.get(case["node"]) or Node(case["node"], "", "192.168.0.2")
    return proxy_of(cluster, node, Options(**TABLE_OPTIONS, **stated))


def packet_of(stated: dict[str, Any]) -> Packet:
    _known(stated, PACKET_KEYS)
    return Packet(
        stated["source"], stated["dst"], stated["port"], stated["protocol"], stated.get("source_port", 0)
    )


def _known(given: dict[str, Any], keys: set[str]) -> dict[str, Any]:
    unknown = set(given) - keys
    if unknown:
        raise KeyError(f"unknown key {sorted(unknown)[0]!r}")
    return given


def _differences(expected: dict[str, Any], verdict: Verdict) -> Iterator[str]:
    _known(expected, STEP_EXPECT_KEYS)
    got = _shown(verdict)
    for key, wanted in expected.items():
        if key in {"one_of", "same_as_step"}:
            continue
        if key == "ipvs":
            yield from (
                f"{k}: expected {v}, got {got['ipvs'].get(k)}"
                for k, v in wanted.items()
                if not _same_ipvs(v, got["ipvs"].get(k))
            )
        elif key == "endpoints":
            if not _same_shares(wanted, got[key]):
                yield f"endpoints: expected {wanted}, got {got[key]}"
        elif got[key] != wanted:
            yield f"{key}: expected {wanted}, got {got[key]}"
    if (
        verdict.verdict == "dnat"
        and "masquerade" in expected
        and "masquerade_if_endpoint" not in expected
        and verdict.hairpin
    ):
        yield f"masquerade_if_endpoint: expected none, got {got['masquerade_if_endpoint']}"


def _same_ipvs(wanted: Any, got: Any) -> bool:
    return wanted == got or (not wanted and not got)


def _same_shares(wanted: dict[str, float], got: dict[str, float]) -> bool:
    return wanted.keys() == got.keys() and all(math.isclose(wanted[k], got[k], abs_tol=1e-9) for k in wanted)


def _shown(verdict: Verdict) -> dict[str, Any]:
    targets = [e.target for e in verdict.endpoints]
    server = verdict.virtual_server
    return {
        "verdict": verdict.verdict,
        "chains": list(verdict.chains),
        "endpoints": dict.fromkeys(targets, verdict.probability),
        "masquerade": verdict.masquerade,
        "masquerade_if_endpoint": [e.target for e in verdict.hairpin],
        "endpoint_chains": dict(zip(targets, verdict.endpoint_chains, strict=False)),
        "ipvs": {} if server is None else {
            "virtual_server": server.name, "scheduler": server.scheduler,
            "persistent_seconds": server.persistent_s, "real_servers": dict(server.real_servers),
        },
    }  # fmt: skip


def _timeline(case: dict[str, Any]) -> str | None:
    seen: dict[int, set[str | None]] = {}
    for seed in range(SEEDS):
        for complaint in _run(case, Random(seed), seen):
            return f"seed {seed}: {complaint}"
    for number, step in enumerate(case["steps"]):
        missing = set(step.get("expect", {}).get("one_of", ())) - seen.get(number, set())
        if missing:
            return f"step {number}: {sorted(missing)} never in {SEEDS} seeds"
    return None


def _run(case: dict[str, Any], random: Random, seen: dict[int, set[str | None]]) -> Iterator[str]:
    manifests = list(case["manifests"])
    through = ConnectionTable(proxy_at(case, manifests), case["mode"], random.random())
    targets: list[str | None] = []
    counts: Counter[str] = Counter()
    for number, step in enumerate(case["steps"]):
        _known(step, {"at", "packet", "expect", "apply", "keep_open"})
        if "apply" in step:
            manifests = _replaced(manifests, step["apply"])
            through.apply(proxy_at(case, manifests), step["at"])
            targets.append(None)
            continue
        keep_open = step.get("keep_open", step["packet"].get("keep_open", False))
        got = through.send(packet_of(step["packet"]), step["at"], random.random(), keep_open)
        targets.append(got.target)
        seen.setdefault(number, set()).add(got.target)
        counts.update([got.target] if got.verdict == "dnat" and got.target else [])
        yield from (f"step {number}: {d}" for d in _step_differences(step.get("expect", {}), got, targets))
    if "expect_counts" in case and dict(counts) != case["expect_counts"]:
        yield f"counts: expected {case['expect_counts']}, got {dict(counts)}"
    distinct = len({t for t in targets if t})
    if case.get("expect_distinct_endpoints", distinct) != distinct:
        yield f"distinct endpoints: expected {case['expect_distinct_endpoints']}, got {distinct}"


def _step_differences(expected: dict[str, Any], got: Any, targets: list[str | None]) -> Iterator[str]:
    _known(expected, STEP_EXPECT_KEYS)
    if "verdict" in expected and got.verdict != expected["verdict"]:
        yield f"verdict: expected {expected['verdict']}, got {got.verdict}"
    if "one_of" in expected and got.target not in expected["one_of"]:
        yield f"expected one of {expected['one_of']}, got {got.target}"
    if "same_as_step" in expected and got.target != targets[expected["same_as_step"]]:
        yield f"expected {targets[expected['same_as_step']]} as in step {expected['same_as_step']}, got {got.target}"
    rest = {k: v for k, v in expected.items() if k not in {"verdict", "one_of", "same_as_step"}}
    if rest and got.asked is not None:
        yield from _differences(rest, got.asked)


def _replaced(manifests: list[dict[str, Any]], changed: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Objects replace those of the same kind, namespace and name; new ones are added."""
    by_key = {_key(m): m for m in manifests} | {_key(m): m for m in changed}
    return list(by_key.values())


def _key(manifest: dict[str, Any]) -> tuple[str, str, str]:
    meta = manifest["metadata"]
    return manifest["kind"], meta.get("namespace", ""), meta["name"]


def _health(case: dict[str, Any]) -> Iterator[str]:
    asked = case["http"]
    got = health_answer(proxy_at(case, case["manifests"]), asked["port"])
    if got is None:
        yield f"port {asked['port']} is no health check node port"
        return
    shown = {"expect_status": got.status, "local_endpoints": got.local_endpoints}
    shown |= {f"header_{k}": v for k, v in got.headers.items()}
    for key, wanted in asked.items():
        if key == "json_keys":
            yield from (f"the body has no {k}" for k in wanted if not _has(got.body, k))
        elif key not in {"port", "path"} and shown.get(key) != wanted:
            yield f"{key}: expected {wanted}, got {shown.get(key)}"


def _has(body: Any, dotted: str) -> bool:
    for name in dotted.split("."):
        if not isinstance(body, dict) or name not in body:
            return False
        body = body[name]
    return True

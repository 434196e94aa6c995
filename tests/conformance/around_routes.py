"""Cases of routes-l4: routes of every kind, ListenerSets, policies; a question, or a condition of a status."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from sim.analysis.check import CheckedDocument, check_document
from sim.cluster.cluster import Cluster
from sim.errors import SimError
from sim.manifests.reading.loading import documents
from sim.routing.gateway.statuses import statuses_json

Named = tuple[str, Callable[[], str | None]]

DOCUMENT_KEYS = {
    "name", "source", "implementation", "confidence", "controllers", "certs", "manifests", "cases", "features",
    "backend_tls", "authorities",
}  # fmt: skip
CASE_KEYS = {"id", "request", "status_of", "expect", "why", "confidence"}
REMARKS = {"confidence", "support"}
"""Keys of an expectation that say how sure it is, and are no part of it."""
STATUS_KEYS = {"kind", "name", "parent"}
CONDITION_KEYS = {"condition", "value", "reason"}
LISTENER_KEYS = {"accepted", "reason", "attached_routes"}


def cases(file: Path) -> Iterator[Named]:
    """Every case of every document."""
    for number, document in enumerate(yaml.load_all(file.read_text(), yaml.CSafeLoader)):
        for key in set(document) - DOCUMENT_KEYS:
            yield str(document.get("name")), lambda k=key: f"unknown key {k!r}"
        for case in document["cases"]:
            unknown = set(case) - CASE_KEYS
            if unknown:
                yield case["id"], lambda u=unknown: f"unknown key {sorted(u)[0]!r}"
            else:
                yield case["id"], lambda f=str(file), n=number, c=case: _compared(f, n, c)


@cache
def _checked(file: str, number: int) -> CheckedDocument:
    """One document with the cases that ask something, run once for all of them."""
    whole = list(yaml.load_all(Path(file).read_text(), yaml.CSafeLoader))[number]
    value = {key: part for key, part in whole.items() if key != "confidence"}
    asking = [c for c in whole["cases"] if "request" in c] or [{"request": {"host": "any"}, "expect": {}}]
    value["cases"] = [
        {k: v for k, v in c.items() if k != "confidence"} | {"expect": _wanted(c["expect"])} for c in asking
    ]
    return check_document(next(iter(documents(yaml.safe_dump(value).encode(), file))))


def _wanted(expect: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in expect.items() if key not in REMARKS}


def _compared(file: str, number: int, case: dict[str, Any]) -> str | None:
    """What differs between the expectation and what is got; None: nothing."""
    try:
        checked = _checked(file, number)
    except SimError as error:
        return str(error)
    if "request" in case:
        mine = next(result for result in checked.results if result.id == case["id"])
        return "; ".join(mine.differences()) or None
    return "; ".join(_status_differences(checked.cluster, case)) or None


def _status_differences(cluster: Cluster, case: dict[str, Any]) -> Iterator[str]:
    asked, wanted = case["status_of"], _wanted(case["expect"])
    known = LISTENER_KEYS if asked["kind"] == "Listener" else CONDITION_KEYS
    yield from (f"unknown key {key!r}" for key in {*(set(asked) - STATUS_KEYS), *(set(wanted) - known)})
    row = _row(statuses_json(cluster), asked)
    if row is None:
        yield f"no status of {asked}"
    elif asked["kind"] == "Listener":
        yield from _listener_differences(row, wanted)
    else:
        found = {c["type"]: c for c in row["conditions"]}
        condition = found.get(wanted["condition"])
        if condition is None:
            yield f"no condition {wanted['condition']}"
        elif (condition["status"] == "True") != wanted["value"]:
            yield f"{wanted['condition']}: got {condition['status']} {condition['reason']}"
        elif wanted["reason"] not in (None, condition["reason"]):
            yield f"reason: expected {wanted['reason']}, got {condition['reason']}"


def _listener_differences(row: dict[str, Any], wanted: dict[str, Any]) -> Iterator[str]:
    accepted = next(c for c in row["conditions"] if c["type"] == "Accepted")
    got = {
        "accepted": accepted["status"] == "True",
        "reason": accepted["reason"],
        "attached_routes": row["attached_routes"],
    }
    yield from (f"{k}: expected {v!r}, got {got[k]!r}" for k, v in wanted.items() if v != got[k])


def _row(status: dict[str, Any], asked: dict[str, str]) -> dict[str, Any] | None:
    """The row of a status that a question is about."""
    parent = asked.get("parent", "").removeprefix("ListenerSet ")
    of_set = asked.get("parent", "").startswith("ListenerSet ")
    match asked["kind"]:
        case "Listener":
            gateways = [] if of_set else [g for g in status["gateways"] if g["gateway"] == parent]
            holders = gateways or [s for s in status["listener_sets"] if s["listener_set"] == parent]
            named = [x for holder in holders for x in holder["listeners"] if x["name"] == asked["name"]]
            return next(iter(named), None)
        case "Gateway":
            rows = [g for g in status["gateways"] if g["gateway"] == asked["name"]]
        case "ListenerSet":
            rows = [s for s in status["listener_sets"] if s["listener_set"] == asked["name"]]
        case "BackendTLSPolicy":
            rows = [p for p in status["backend_tls_policies"] if p["policy"] == asked["name"]]
            rows = [p for p in rows if not parent or p["gateway"] == parent]
        case "HTTPRoute":
            rows = [r for r in status["httproutes"] if r["httproute"] == asked["name"]]
        case kind:
            rows = [r for r in status["other_routes"] if (r["kind"], r["route"]) == (kind, asked["name"])]
    if asked["kind"].endswith("Route"):
        kind = "ListenerSet" if of_set else "Gateway"
        rows = [r for r in rows if not parent or (r["parent_kind"], r["parent"]) == (kind, parent)]
    return next(iter(rows), None)

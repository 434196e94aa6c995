"""Manifests -> a scenario folder: copies of the files, and a scenario with every assumption to be changed.

What the files show needs no key. What they do not show is assumed, and stands in the scenario as a commented
line with the value that counts without it; without its `#` the line says the same. The data of Secrets is not
copied. Written is nothing here: the folder is a value, names and bytes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from sim.control_plane import build
from sim.decoding import from_document, merge, printable, with_slices, without_secret_data
from sim.documents import Document
from sim.errors import ParseError, UsageError
from sim.experiments import SCENARIO_FILE, with_traffic
from sim.loading import pieces
from sim.manifests import Finding, Manifests, NodeObject, Origin, Service
from sim.plans import expose
from sim.pricing import DEFAULT_PROVIDER
from sim.scenario import Scenario, TrafficRow, read_scenario

MANIFESTS = "manifests"


@dataclass(frozen=True)
class Draft:
    """A scenario folder that is not written yet.

    Args:
        files: name below the folder -> bytes.
        manifests: what was read, with its faults.
        notes: what was not copied as it was.
    """

    files: Mapping[str, bytes]
    manifests: Manifests
    notes: tuple[str, ...]


def draft(sources: Iterable[tuple[str, bytes]], namespace: str, more: tuple[str, ...] = ()) -> Draft:
    """A scenario from files with manifests.

    Args:
        sources: (name, content) of each file; `-` is standard input.
        namespace: for objects that name none.
        more: Services to expose besides those exposed today.

    Raises:
        UsageError: no object can be read, or nothing is exposed.
    """
    sources = list(sources)
    manifests = _read(sources, namespace)
    if not manifests.objects:
        raise UsageError(
            f"no objects in {_listed(name for name, _ in sources)}: nothing to write a scenario from"
        )
    if not expose(manifests, more):
        known = _listed(s.key for s in manifests.of(Service)) or "none"
        message = (
            f"nothing is exposed: no Ingress, no Service of type LoadBalancer or NodePort; Services: {known}"
        )
        raise UsageError(f"{message}\n  fix: sim init … --expose NAMESPACE/NAME")
    files, notes = _copies(sources)
    text = _scenario_text(manifests, [name for name, _ in sources], namespace, more)
    return Draft({SCENARIO_FILE: text.encode(), **files}, manifests, tuple(notes))


def _listed(names: Iterable[str]) -> str:
    return printable(", ".join(names))


def _read(sources: Iterable[tuple[str, bytes]], namespace: str) -> Manifests:
    read = (piece for name, raw in sources for piece in pieces(raw, name))
    return with_slices(merge(_one(piece, namespace) for piece in read))


def _one(piece: Document | ParseError, namespace: str) -> Manifests:
    if isinstance(piece, Document):
        return from_document(piece, namespace)
    fault = Finding(piece.code or "SIM1001", "error", printable(piece.message), piece.source, piece.fix)
    return Manifests(faults=(fault,))


def _copies(sources: Iterable[tuple[str, bytes]]) -> tuple[dict[str, bytes], list[str]]:
    """The files under names of their own: as they are, or without the data of Secrets."""
    files: dict[str, bytes] = {}
    notes: list[str] = []
    for source, raw in sources:
        path = PurePath("stdin.yaml" if source == "-" else source)
        documents = [piece.value for piece in pieces(raw, source) if isinstance(piece, Document)]
        if any(map(_holds_secret, documents)):
            items = [without_secret_data(value) for value in documents]
            raw = json.dumps({"apiVersion": "v1", "kind": "List", "items": items}, indent=2).encode()
            path = path.with_suffix(".json")
            notes.append(f"{printable(source)}: written as JSON, without the data of its Secrets")
        files[_free_name(files, path)] = raw
    return files, notes


def _holds_secret(value: Any) -> bool:
    if not isinstance(value, dict):
        return False
    items = value.get("items")
    return value.get("kind") == "Secret" or any(map(_holds_secret, items if isinstance(items, list) else ()))


def _free_name(taken: Mapping[str, bytes], path: PurePath) -> str:
    """The file's own name, with a number where another file has it; never that of a kustomization."""
    stem = re.sub(r"[^\w.-]", "_", path.stem).lstrip(".") or "manifests"
    stem = f"{stem}-file" if stem.lower() == "kustomization" else stem
    names = (
        f"{MANIFESTS}/{stem}{n}{path.suffix or '.yaml'}" for n in ("", *(f"-{i}" for i in range(2, 10**6)))
    )
    return next(name for name in names if name not in taken)


def _scenario_text(manifests: Manifests, sources: list[str], namespace: str, more: tuple[str, ...]) -> str:
    stated = {"manifests": [f"{MANIFESTS}/"], "namespace": namespace, "expose": list(more)}
    scenario = with_traffic(read_scenario(stated, Origin(SCENARIO_FILE, {})), manifests)
    return "\n".join([*_head(manifests, sources), *_keys(scenario, manifests), ""])


def _head(manifests: Manifests, sources: list[str]) -> Iterator[str]:
    yield f"# A scenario of {_listed(sources)}."
    yield "# Every commented key is an assumption, and shows what counts: take away its # and change it."
    yield "# docs/model.md says where the figures come from."
    if manifests.as_of:
        yield f"# The manifests show a cluster as of {manifests.as_of}."
    yield f"manifests: [{MANIFESTS}/]"


def _keys(scenario: Scenario, manifests: Manifests) -> Iterator[str]:
    if scenario.namespace != "default":
        yield f"namespace: {json.dumps(scenario.namespace)}"
    else:
        yield "# namespace: default  # of objects that name none"
    if scenario.expose:
        yield f"expose: {json.dumps(list(scenario.expose), ensure_ascii=False)}"
    yield f"# seed: {scenario.seed}"
    yield from _cluster_keys(scenario, manifests)
    yield from _time_keys(scenario)
    yield f"# prices: {{provider: {DEFAULT_PROVIDER}}}"
    yield f"# plans: [{', '.join(scenario.plans)}]"
    yield f"# rps: {scenario.rps:g}  # of all rows together; duration_s is {scenario.duration_s:g}"
    yield "# traffic:  # one row for everything that is exposed, each with the same share"
    yield from (f"# - {_row(row)}" for row in scenario.traffic)


def _cluster_keys(scenario: Scenario, manifests: Manifests) -> Iterator[str]:
    if not any(True for _ in manifests.of(NodeObject)):
        yield "# nodes: {zone-a: 1, zone-b: 1, zone-c: 1}"
    for assumption in build(manifests).assumptions:
        yield f"# Assumed: {assumption.what} (otherwise: {assumption.otherwise})."
    key = scenario.controller_key
    busy = _duration(key.service_time.mean_s)
    one = f"profile: {key.profile}, replicas: {key.replicas}, workers: {key.workers}, service_time: {busy}"
    yield f"# controller: {{{one}}}"
    yield "# provider: true  # something makes cloud load balancers"


def _time_keys(scenario: Scenario) -> Iterator[str]:
    usual = scenario.service_time_of("")
    yield f"# service_time: {{default: {{{usual.kind}: {_duration(usual.mean_s)}}}}}"
    yield f"# workers: {{default: {scenario.workers_of('')}}}  # requests that one Pod serves at a time"
    delays = ((name, _duration(value)) for name, value in scenario.latency if value is not None)
    yield f"# latency: {{{', '.join(f'{name}: {text}' for name, text in delays)}}}"
    yield f'# tls: {{version: "{scenario.tls.version}"}}'


def _row(row: TrafficRow) -> str:
    """A traffic row in one line; names in quotes, whatever is in them."""
    where = f"host: {json.dumps(row.host)}, path: {json.dumps(row.path)}"
    how = f"rps: {row.rps:g}, duration_s: {row.duration_s:g}"
    reuse = f", keep_alive: {row.keep_alive}" if row.keep_alive is not None else ""
    return f"{{{where}, {how}{reuse}}}"


def _duration(value_s: float) -> str:
    return f"{value_s * 1e3:g}ms"

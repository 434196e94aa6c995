"""Manifests -> a scenario folder: copies of the files, and a scenario with every assumption to be changed.

What the files show needs no key. What they do not show is assumed, and stands in the scenario as a commented
line with the value that counts without it; without its `#` the line says the same. What was stated beside the
files, such as traffic, is a key. The data of Secrets is not copied. Written is nothing here: the folder is a
value, names and bytes.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, count
from pathlib import PurePath
from typing import Any

from sim.costs.sheets import DEFAULT_PROVIDER
from sim.errors import ParseError, UsageError
from sim.manifests.decoding import from_document, merge, printable, with_slices, without_secret_data
from sim.manifests.documents import Document
from sim.manifests.objects.collected import Finding, Manifests, Unmodelled
from sim.manifests.objects.networking import Service
from sim.manifests.objects.workloads import NodeObject
from sim.manifests.reading.loading import pieces
from sim.plans import expose
from sim.routing.building import build
from sim.routing.unmodelled import may_change
from sim.scenario import ControllerKey, Scenario, TrafficRow
from sim.scenario.experiment import (
    SCENARIO_FILE,
    from_manifests,
    setup_of,
    unmodelled_of,
    with_controller,
)

MANIFESTS = "manifests"

_MOST_LEFT_OUT = 20
"""Things that are not modelled, as many as are listed in the file."""


@dataclass(frozen=True)
class Draft:
    """A scenario folder that is not written yet.

    Args:
        files: name below the folder -> bytes.
        manifests: what was read, with its faults.
        notes: what was not copied as it was.
        unmodelled: what was read and is not modelled.
    """

    files: Mapping[str, bytes]
    manifests: Manifests
    notes: tuple[str, ...]
    unmodelled: tuple[Unmodelled, ...] = ()


@dataclass(frozen=True)
class StatedScenario:
    """A scenario that was made for manifests, and what of it somebody stated.

    Args:
        keys: which stand in the file as keys; everything else is a comment.
        said: about the traffic, for people.
    """

    scenario: Scenario
    keys: frozenset[str] = frozenset()
    said: tuple[str, ...] = ()


def draft(
    sources: Iterable[tuple[str, bytes]],
    namespace: str,
    more: tuple[str, ...] = (),
    stated: StatedScenario | None = None,
    controller: str | None = None,
) -> Draft:
    """A scenario from files with manifests.

    Args:
        sources: (name, content) of each file; `-` is standard input.
        namespace: for objects without one.
        more: Services to expose besides those exposed today.
        stated: None: nothing but the controller, so the defaults hold.
        controller: profile of the Ingress controller, or `none`; None: nobody said.

    Raises:
        UsageError: no object can be read, or nothing is exposed.
    """
    sources = list(sources)
    read = (_one(piece, namespace) for name, raw in sources for piece in pieces(raw, name))
    manifests = with_slices(merge(read))
    if not manifests.objects:
        names = _listed(name for name, _ in sources)
        raise UsageError(f"no objects in {names}: nothing to write a scenario from")
    if not expose(manifests, more):
        known = _listed(s.key for s in manifests.of(Service)) or "none"
        message = "nothing is exposed: no Ingress, no Service of type LoadBalancer or NodePort; Services:"
        raise UsageError(f"{message} {known}\n  fix: sim init … --expose NAMESPACE/NAME")
    files, notes = _copies(sources)
    usual = with_controller(_usual(manifests, more), controller)
    stated = stated or StatedScenario(usual, frozenset(["controller"] if controller else []))
    stated = replace(stated, scenario=stated.scenario.model_copy(update={"namespace": namespace}))
    head = _head(manifests, [name for name, _ in sources], list(files))
    text = "\n".join([*head, *_keys(stated, manifests), ""])
    left_out = unmodelled_of(stated.scenario, manifests)
    return Draft({SCENARIO_FILE: text.encode(), **files}, manifests, tuple(notes), left_out)


def _usual(manifests: Manifests, more: tuple[str, ...]) -> Scenario:
    """What counts where nobody states anything."""
    return from_manifests(manifests, f"{MANIFESTS}/", more).scenario


def _listed(names: Iterable[str]) -> str:
    return printable(", ".join(names))


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
    numbers = chain([""], (f"-{number}" for number in count(2)))
    names = (f"{MANIFESTS}/{stem}{number}{path.suffix or '.yaml'}" for number in numbers)
    return next(name for name in names if name not in taken)


def _head(manifests: Manifests, sources: list[str], copies: list[str]) -> Iterator[str]:
    yield f"# A scenario of {_listed(sources)}."
    yield "# Every commented key is an assumption, and shows what counts: take away its # and change it."
    yield "# docs/model.md says where the figures come from."
    if manifests.as_of:
        yield f"# The manifests show a cluster as of {manifests.as_of}."
    in_order = copies == [str(path) for path in sorted(map(PurePath, copies))]
    yield f"manifests: [{MANIFESTS}/]" if in_order else f"manifests: {_in_quotes(copies)}"


def _in_quotes(value: Any) -> str:
    r"""A value in one line of YAML, whatever is in its names.

    >>> _in_quotes(["a", "b: é\x85"])
    '["a", "b: é\\u0085"]'
    """
    text = json.dumps(value, ensure_ascii=False)
    return "".join(
        c if c.isprintable() else f"\\U{ord(c):08x}" if ord(c) > 0xFFFF else f"\\u{ord(c):04x}" for c in text
    )


def _keys(stated: StatedScenario, manifests: Manifests) -> Iterator[str]:
    scenario = stated.scenario
    if scenario.namespace != "default":
        yield f"namespace: {_in_quotes(scenario.namespace)}"
    else:
        yield "# namespace: default  # for objects without one"
    if scenario.expose:
        yield f"expose: {_in_quotes(list(scenario.expose))}"
    mark = {name: "" if name in stated.keys else "# " for name in type(scenario).model_fields}
    yield f"{mark['seed']}seed: {scenario.seed}"
    yield from _cluster_keys(scenario, manifests, mark["controller"])
    yield from _time_keys(scenario)
    yield f"{mark['prices']}prices: {{provider: {scenario.prices.provider or DEFAULT_PROVIDER}}}"
    yield f"{mark['plans']}plans: [{', '.join(scenario.plans)}]"
    if "traffic" not in stated.keys:
        yield f"# rps: {_number(scenario.rps)}  # of all rows together"
    yield f"{mark['duration_s']}duration_s: {_number(scenario.duration_s)}"
    yield from (f"# Traffic: {printable(line)}" for line in stated.said)
    rows = "" if "traffic" in stated.keys else "  # one row for everything that is exposed, all alike"
    yield f"{mark['traffic']}traffic:{rows}"
    yield from (f"{mark['traffic']}- {_row(row, scenario)}" for row in scenario.traffic)


def _cluster_keys(scenario: Scenario, manifests: Manifests, mark: str) -> Iterator[str]:
    if not any(True for _ in manifests.of(NodeObject)):
        yield "# nodes: {zone-a: 1, zone-b: 1, zone-c: 1}"
    for assumption in build(manifests, None if mark else setup_of(scenario)).assumptions:
        yield printable(f"# Assumed: {assumption.what} (otherwise: {assumption.otherwise}).")
    yield from _left_out(may_change(unmodelled_of(scenario, manifests)))
    key = scenario.controller_key
    busy = _duration(key.service_time.mean_s)
    one = f"profile: {key.profile}, replicas: {key.replicas}, workers: {key.workers}, service_time: {busy}"
    yield f"{mark}controller: {f'{{{one}}}' if isinstance(scenario.controller, ControllerKey) else 'none'}"
    yield "# provider: true  # something makes cloud load balancers"


def _left_out(found: Sequence[Unmodelled]) -> Iterator[str]:
    """What may change an answer and is not modelled, each in a line."""
    yield from (f"# Not modelled, and may change an answer: {u.what}." for u in found[:_MOST_LEFT_OUT])
    if len(found) > _MOST_LEFT_OUT:
        yield f"# And {len(found) - _MOST_LEFT_OUT} more: sim inspect -f {MANIFESTS}/"


def _time_keys(scenario: Scenario) -> Iterator[str]:
    usual = scenario.service_time_of("")
    yield f"# service_time: {{default: {{{usual.kind}: {_duration(usual.mean_s)}}}}}"
    yield f"# workers: {{default: {scenario.workers_of('')}}}  # requests that one Pod serves at a time"
    delays = ((name, _duration(value)) for name, value in scenario.latency if value is not None)
    yield f"# latency: {{{', '.join(f'{name}: {text}' for name, text in delays)}}}"
    yield f'# tls: {{version: "{scenario.tls.version}"}}'


def _row(row: TrafficRow, scenario: Scenario) -> str:
    """A traffic row in one line: what differs from the usual row of the scenario."""
    usual = TrafficRow(host=row.host, duration_s=scenario.duration_s)
    names = ("protocol", "duration_s", "keep_alive", "request_bytes", "response_bytes")
    how = [(name, getattr(row, name)) for name in names if getattr(row, name) != getattr(usual, name)]
    where = f"host: {_in_quotes(row.host)}, path: {_in_quotes(row.path)}"
    numbers = [("rps", row.rps), *how]
    return f"{{{where}, {', '.join(f'{name}: {_number(value)}' for name, value in numbers)}}}"


def _number(value: Any) -> str:
    """A number with every digit it has, as YAML reads one; a word as it is.

    >>> _number(5.0), _number(0.1), _number(1e-7)
    ('5', '0.1', '1.0e-07')
    """
    if not isinstance(value, float):
        return str(value)
    text = repr(value).removesuffix(".0")
    digits, e, exponent = text.partition("e")
    return text if not e or "." in digits else f"{digits}.0e{exponent}"


def _duration(value_s: float) -> str:
    return f"{value_s * 1e3:g}ms"

"""Every kind and every annotation of our tables, and of the real manifests beside the project, has a verdict.

It is modelled, or listed as harmless with a reason, or listed as one that may change the answer; and trace,
--strict, inspect, diff and JSON say the same of it. What there is is found here by walking the YAML, which
no part of the simulator does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml
from silence import Manifest, diff_agrees, inspection_agrees, loaded, squeezed, traces_agree

from sim.analysis.findings.classes import ANNOTATION_PREFIXES
from sim.analysis.inspect import inspect
from sim.cluster.load_balancers.annotations import READ
from sim.manifests.modelled import HARMLESS_KINDS
from sim.manifests.objects.collected import Manifests
from sim.manifests.objects.kinds import KINDS
from sim.report.text.inspect import inspect_lines
from sim.routing.annotations import Annotation, Readers
from sim.routing.building import build
from sim.routing.controllers import PROFILES
from sim.routing.harmless_annotations import MODELLED
from sim.routing.meanings import OTHER_CONTROLLERS, read
from sim.routing.other_readers import ROWS, AnnotationReader

ROOT = Path(__file__).parents[2]
OURS = ROOT / "tests" / "conformance" / "cases"
SHARED = ROOT.parent / "shared"
TOO_BIG = 300_000
"""Bytes of a file that is no place to look for yet another annotation."""

Set = tuple[Manifest, ...]


def is_object(value: Any) -> bool:
    names = (value.get("apiVersion"), value.get("kind")) if isinstance(value, dict) else ()
    return bool(names) and all(isinstance(name, str) for name in names)


def sets_of(value: Any, depth: int = 8) -> Iterator[Set]:
    """The objects that stand together in a value, as a file, a List or a case of a table has them.

    Args:
        depth: of lists and mappings that are looked into; a table of broken input holds itself.
    """
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    together = tuple(v for v in inner if is_object(v))
    if together:
        yield together
    for one in inner if depth else ():
        if not is_object(one) or one["kind"].endswith("List"):
            yield from sets_of(one, depth - 1)


def sets_in(file: Path) -> Iterator[Set]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        yield from sets_of(list(yaml.load_all(file.read_text(), loader)))
    except (yaml.YAMLError, UnicodeDecodeError, ValueError):
        return  # Tables of broken input; that they are refused is tested with them.


def words_in(file: Path) -> set[str]:
    """What looks like a kind or an annotation; a file that has nothing new of these is not parsed."""
    text = file.read_bytes().decode("utf-8", "replace") if file.stat().st_size < TOO_BIG else ""
    return set(re.findall(r"""[\w.-]+/[\w.*-]+(?=["']?:)|(?:kind|apiVersion)["']?: *["']?[\w./]+""", text))


def annotations_of(item: Manifest) -> dict[str, str]:
    """Those of an object; what is no text is refused."""
    metadata = item.get("metadata")
    written = metadata.get("annotations") if isinstance(metadata, dict) else None
    return {k: v for k, v in (written if isinstance(written, dict) else {}).items() if isinstance(v, str)}


def things_in(found: Set) -> set[tuple[str, str]]:
    """(API group, kind), and (kind, annotation), of the objects of a set."""
    kinds = {(item["apiVersion"].rpartition("/")[0], item["kind"]) for item in found}
    return kinds | {(item["kind"], name) for item in found for name in annotations_of(item)}


@cache
def sample(*roots: Path) -> tuple[tuple[str, Set], ...]:
    """Sets that have between them all there is below the folders."""
    seen, kept, words = set[tuple[str, str]](), [], set[str]()
    for file in sorted(
        f for root in roots for f in root.rglob("*") if f.suffix in (".json", ".yaml", ".yml")
    ):
        mine = words_in(file)
        for found in sets_in(file) if not mine <= words else ():
            new = things_in(found) - seen
            if new:
                seen |= new
                kept.append((f"{file.name} {len(kept)}", found))
        words |= mine
    return tuple(kept)


def is_declared(mark: Annotation) -> bool:
    """Whether a table says that this annotation, with this value, is modelled."""
    name, value = mark.name, mark.value.strip().lower()
    profiles = any(p.models_annotation(name, mark.value) for p in PROFILES.values())
    rows = [row for row in ROWS if row.covers(mark)]
    return (
        (mark.item.kind, name) in MODELLED
        or (profiles and not rows)
        or any(_models(row, name, value) for row in rows)
    )


def _models(row: AnnotationReader, name: str, value: str) -> bool:
    """Whether a row says that it is modelled, or that the value asks for what is modelled anyway."""
    asked = any(fnmatchcase(name, n) and value in values for n, values in row.as_modelled.items())
    return asked or value in row.off or any(fnmatchcase(name, n) for n in row.modelled)


def listed(manifests: Manifests) -> dict[str, tuple[bool, str]]:
    """What is listed of a set, in its JSON, and in the same words in its text where it may change the answer."""
    found = inspect(manifests)
    rows = {row["what"]: row for row in found.to_json("test")["unmodelled"]}
    text = squeezed(line.plain for line in inspect_lines(found, "test"))
    assert all("".join(what.split()) in text for what, row in rows.items() if row["may_change_answer"])
    return {what: (row["may_change_answer"], row.get("why", "")) for what, row in rows.items()}


def has_verdicts(manifests: Manifests) -> None:
    """That each kind and each annotation of a set has one of the three verdicts."""
    said = listed(manifests)
    for item in manifests.objects:
        for name, value in item.metadata.annotations.items():
            mark = Annotation(item, name, value, ("metadata", "annotations", name))
            may, why = said.get(f"{item.kind} {item.key}: annotation {name}", (False, ""))
            assert may or why or is_declared(mark), name
    for one in manifests.unknown:
        group = one.api_version.rpartition("/")[0]
        why = HARMLESS_KINDS.get((group, one.kind), "")
        named = {v for what, v in said.items() if what.partition(" ")[0] == f"{one.kind}.{group}".rstrip(".")}
        assert named == {(not why, why)}


def nothing_is_lost(found: Set, manifests: Manifests) -> None:
    """That what stands in the YAML was read, is listed, or is refused."""
    read = {f"{item.kind} {name}" for item in manifests.objects for name in item.metadata.annotations}
    kinds = {item.kind for item in (*manifests.objects, *manifests.unknown)} | {"List", "Kustomization"}
    refused = {fault.kind for fault in manifests.faults}
    for item in (i for i in found if i["kind"] not in refused):
        assert item["kind"] in kinds
        known = {f"{item['kind']} {name}" for name in annotations_of(item)}
        assert known <= read or item["kind"] not in {o.kind for o in manifests.objects}


def bare(found: Set) -> list[Manifest]:
    """The same objects without their annotations."""
    return [_bare(item) for item in found]


def _bare(item: Manifest) -> Manifest:
    metadata = item.get("metadata")
    if not isinstance(metadata, dict):
        return item
    return {**item, "metadata": {k: v for k, v in metadata.items() if k != "annotations"}}


def of_the_corpus() -> list[Any]:
    """Those sets of the real manifests that have what our tables have not."""
    ours = len(sample(OURS))
    sets = sample(OURS, SHARED / "corpus" / "manifests")[ours:]
    return [pytest.param(found, id=name) for name, found in sets] or [
        pytest.param(None, marks=pytest.mark.skip(reason="../shared/corpus is not there"))
    ]


SETS = [*(pytest.param(found, id=name) for name, found in sample(OURS)), *of_the_corpus()]


@pytest.mark.parametrize("found", SETS)
def test_each_kind_and_annotation_has_a_verdict_that_all_share(found: Set) -> None:
    manifests = loaded(list(found))
    nothing_is_lost(found, manifests)
    has_verdicts(manifests)
    inspection_agrees(manifests)
    traces_agree(manifests, Random(1), most=4)
    diff_agrees(manifests, loaded(bare(found)), same=False)


UNKNOWN = [
    *(f"{prefix}some-thing" for prefix in (*ANNOTATION_PREFIXES, *OTHER_CONTROLLERS)),
    *(name.replace("*", "x") for row in ROWS for name in row.names),
    *(name.replace("*", "x") for provider in READ.values() for name in provider.names),
    "example.com/team",
]
"""An annotation that nobody describes below each prefix that somebody has, and one of nobody's."""


@pytest.mark.parametrize("kind", sorted({kind for group, kind in KINDS if group != "extensions"}))
def test_an_annotation_below_any_prefix_has_a_verdict_on_any_kind(kind: str) -> None:
    group = next(group for group, name in KINDS if name == kind and group != "extensions")
    item = {
        "apiVersion": f"{group}/v1".lstrip("/"),
        "kind": kind,
        "metadata": {"name": "x", "namespace": "a"},
    }
    (found,) = loaded([item]).objects
    readers = Readers(build(Manifests()))
    for name in UNKNOWN:
        mark = Annotation(found, name, "some-value", ("metadata", "annotations", name))
        said = read(mark, readers)
        assert is_declared(mark) if said is None else said.why, name

"""Case files for `sim check`: documents with manifests in them, or with `files:` beside them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from sim.analysis.check import CheckResult, check_document, check_request, setup_of, way_in
from sim.analysis.rule_use import RuleUse, rule_use
from sim.errors import InputError
from sim.manifests.decoding import from_document, merge
from sim.manifests.documents import Document
from sim.manifests.objects import Manifests
from sim.manifests.reading.loading import documents, load, read_text
from sim.routing.building import build
from sim.scenario.experiment import Experiment
from sim.scenario.experiment import setup_of as setup_of_scenario


@dataclass(frozen=True)
class Checked:
    """One case document: what it holds, how its cases went, and what became of its rules."""

    manifests: Manifests
    results: tuple[CheckResult, ...]
    rules: tuple[RuleUse, ...]


def check_files(files: Iterable[str]) -> list[Checked]:
    """Run every case of every file.

    Raises:
        InputError: a document that holds no cases, or an unknown key.
    """
    return [_run(document) for file in files for document in documents(read_text(file), file)]


def _run(document: Document) -> Checked:
    value = document.value
    if not isinstance(value, dict) or not ({"manifests", "files"} & set(value)):
        raise InputError("no case file: it needs manifests (or files) and cases", document.origin.at())
    manifests = manifests_of(document)
    results = check_document(value, manifests, document.origin)
    cluster = build(manifests, setup_of(value))
    rules = rule_use(cluster, (r.trace for r in results), way_in(value, cluster))
    return Checked(manifests, tuple(results), tuple(rules))


def rules_of(checked: Iterable[Checked]) -> list[RuleUse]:
    """The rules of all documents, each place once: hit or reachable if it is in any of them."""
    found: dict[tuple[str, str | None], RuleUse] = {}
    for use in (use for one in checked for use in one.rules):
        known = found.get((use.rule, use.source), use)
        why = "" if not (known.unreachable and use.unreachable) else use.unreachable
        found[use.rule, use.source] = replace(use, hit=use.hit or known.hit, unreachable=why)
    return list(found.values())


def manifests_of(document: Document) -> Manifests:
    """The manifests that stand in a case document, or the files that it names, relative to it."""
    inline = document.value.get("manifests") or []
    parts = [from_document(document.below("manifests", index)) for index in range(len(inline))]
    beside = [str(Path(document.file).parent / name) for name in document.value.get("files") or []]
    return merge([*parts, *([load(beside)] if beside else [])])


def check_experiment(experiment: Experiment) -> Iterator[CheckResult]:
    """The `expect.requests` of a scenario."""
    cluster = build(experiment.manifests, setup_of_scenario(experiment.scenario))
    for index, case in enumerate(experiment.scenario.expect.requests):
        place = ("expect", "requests", index)
        request = case.get("request", {})
        name = str(case.get("id") or f"{request.get('host', '')}{request.get('path', '/')}")
        yield check_request(name, {"expect": {}, **case}, cluster, None, experiment.origin, place)

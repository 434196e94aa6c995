"""Case files for `sim check`: documents with manifests in them, or with `files:` beside them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from sim.check import CheckResult, check_document, check_request
from sim.control_plane import build
from sim.decoding import from_document, merge
from sim.documents import Document
from sim.errors import InputError
from sim.experiments import Experiment, setup_of
from sim.loading import documents, load, read_text
from sim.manifests import Manifests


def check_files(files: Iterable[str]) -> list[CheckResult]:
    """Run every case of every file.

    Raises:
        InputError: a document that holds no cases, or an unknown key.
    """
    return [
        result for file in files for document in documents(read_text(file), file) for result in _run(document)
    ]


def _run(document: Document) -> list[CheckResult]:
    value = document.value
    if not isinstance(value, dict) or not ({"manifests", "files"} & set(value)):
        raise InputError("no case file: it needs manifests (or files) and cases", document.origin.at())
    return check_document(value, manifests_of(document), document.origin)


def manifests_of(document: Document) -> Manifests:
    """The manifests that stand in a case document, or the files that it names, relative to it."""
    inline = document.value.get("manifests") or []
    parts = [from_document(document.below("manifests", index)) for index in range(len(inline))]
    beside = [str(Path(document.file).parent / name) for name in document.value.get("files") or []]
    return merge([*parts, *([load(beside)] if beside else [])])


def check_experiment(experiment: Experiment) -> Iterator[CheckResult]:
    """The `expect.requests` of a scenario."""
    cluster = build(experiment.manifests, setup_of(experiment.scenario))
    for index, case in enumerate(experiment.scenario.expect.requests):
        place = ("expect", "requests", index)
        request = case.get("request", {})
        name = str(case.get("id") or f"{request.get('host', '')}{request.get('path', '/')}")
        yield check_request(name, {"expect": {}, **case}, cluster, None, experiment.origin, place)

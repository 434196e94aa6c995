"""Real manifests: every file is read, and the inventory is what an independent reading of it says."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from sim.analysis.inspect import inspect
from sim.manifests.reading.loading import load

CORPUS = Path(__file__).parents[3] / "shared" / "corpus"
FIELDS = (
    "routes", "default_backends", "services", "loadbalancers", "loadbalancer_count", "dangling_service",
    "dangling_port", "rules_without_http", "resource_backends", "services_without_pods",
    "services_without_core_pods", "services_without_selector", "headless", "endpoint_slices", "workloads",
    "ingress_classes", "ingress_class_used", "tls_hosts", "removed_api", "removed_routes", "httproutes",
    "httproute_dangling", "gateways", "unknown_kinds", "duplicates",
)  # fmt: skip


def expected():
    file = CORPUS / "expect.json"
    return json.loads(file.read_text()) if file.exists() else {"files": {}, "sets": {}}


def sets():
    file = CORPUS / "sets.tsv"
    return list(csv.DictReader(file.read_text().splitlines(), delimiter="\t")) if file.exists() else []


def as_sets(value):
    """A value in which the order of lists means nothing."""
    if isinstance(value, dict):
        return {key: as_sets(inner) for key, inner in value.items()}
    return sorted(json.dumps(as_sets(v)) for v in value) if isinstance(value, list) else value


def wanted(expectation):
    """What must come out; the file names of duplicates are left out."""
    rows = {**expectation, "duplicates": [row[:3] for row in expectation["duplicates"]]}
    return {field: as_sets(rows[field]) for field in FIELDS}


def found(paths, namespace="default"):
    shown = json.loads(json.dumps(inspect(load(paths, namespace)).to_json("test")))
    return {field: as_sets(shown[field]) for field in FIELDS}


def not_there():
    return [pytest.param(None, marks=pytest.mark.skip(reason="../shared/corpus is not there"))]


@pytest.mark.parametrize("name", sorted(expected()["files"]) or not_there())
def test_a_file_holds_what_an_independent_reading_says(name):
    assert found([str(CORPUS / "manifests" / name)]) == wanted(expected()["files"][name])


@pytest.mark.parametrize("row", [pytest.param(row, id=row["set"]) for row in sets()] or not_there())
def test_a_set_holds_what_an_independent_reading_says(row):
    paths = [str(CORPUS / "manifests" / row["repository"] / path) for path in row["paths"].split()]
    assert found(paths, row["namespace"]) == wanted(expected()["sets"][row["set"]])


def manifest_files():
    found = (
        sorted(p for p in CORPUS.rglob("*") if p.suffix in {".yaml", ".yml", ".json"})
        if CORPUS.exists()
        else []
    )
    return [pytest.param(p, id=str(p.relative_to(CORPUS))) for p in found]


@pytest.mark.parametrize("file", manifest_files() or not_there())
def test_every_finding_about_a_real_file_has_a_code_a_place_and_words(file):
    for finding in inspect(load([str(file)])).findings:
        assert finding.code.startswith("SIM1")
        assert finding.message
        assert finding.source is not None
        assert finding.source.startswith(str(file))

"""Sets of real manifests beside the project, as the options that read them."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

CORPUS = Path(__file__).parents[2] / "shared" / "corpus"


def corpus_set(name: str) -> tuple[str, ...]:
    """The options that read a set of real manifests."""
    table = CORPUS / "sets.tsv"
    if not table.exists():
        pytest.skip("../shared/corpus is not there")
    rows = csv.DictReader(table.read_text().splitlines(), delimiter="\t")
    row = next(row for row in rows if row["set"] == name)
    paths = [str(CORPUS / "manifests" / row["repository"] / path) for path in row["paths"].split()]
    return ("-n", row["namespace"], *(part for path in paths for part in ("-f", path)))

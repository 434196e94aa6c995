"""In each case that a rule wins, the line that the winner names holds its path."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.analysis.check import check_document
from sim.manifests.reading.loading import documents
from sim.routing import route

CASES = Path(__file__).parent / "cases" / "routing"


@pytest.mark.parametrize("name", ["path_types", "hosts", "default_backend_and_class"])
def test_the_winner_names_the_line_of_its_path(name):
    file = CASES / f"{name}.yaml"
    lines = file.read_text().splitlines()
    compared = 0
    for document in documents(file.read_bytes(), str(file)):
        checked = check_document(document)
        for result in checked.results:
            trace = route(checked.cluster, result.trace.request, to=checked.to)
            winner = next((s for h in trace.hops for s in h.steps if s.wins), None)
            if winner is None:
                continue
            path = winner.row.rpartition(" ")[0]
            place, _, number = winner.source.rpartition(":")
            line = lines[int(number) - 1]
            assert place == str(file)
            assert f"path: {path}" in line or (path == "/" and "pathType" in line), (
                result.id,
                winner.source,
                line,
            )
            compared += 1
    assert compared > 20

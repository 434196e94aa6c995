"""Every fix that is printed serves: requests that fail are drawn at random, and what is said about them is done.

A change is applied by the program `patch` to a copy, and the request is asked again; another request that is named
was asked. Where nothing can be tried the kind says so.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

import pytest
from failing import CORPUS, Failure, Source, corpus_sources, failures, own_sources, reading

from sim.analysis.fix import is_served
from sim.routing import Trace
from sim.routing.building import build

REQUESTS = int(os.environ.get("SIM_FIXES", "0"))
"""Failing requests to draw of each kind of source; `make soak` draws 10,000. 0: as many as a test run can afford."""
OWN, OF_CORPUS = REQUESTS // 2 or 30, REQUESTS // 2 or 300


@pytest.fixture(autouse=True)
def _few_others(monkeypatch):
    """What else a change does is looked at briefly, unless much time is given: it is not the question here."""
    if not REQUESTS:
        monkeypatch.setattr("sim.analysis.fix._MOST_COMPARED", 10)
        monkeypatch.setattr("sim.analysis.fix._FEWEST_COMPARED", 10)
        monkeypatch.setattr("sim.analysis.fix._MOST_ASKED", 8)


def drawn(sources: list[Source], most: int) -> Iterator[Failure]:
    """Requests that fail, of each source in turn."""
    numbers = range(1 + 40 * most // max(1, len(sources)))
    return islice((f for n in numbers for s in sources for f in failures(s, [n])), most)


def wrong(failure: Failure, folder) -> str:
    """What is wrong with the fix of a request; empty if it serves, or is of the kind outside."""
    trace = failure.client.patched(failure.trace, quick=False)
    found = trace.patch
    if found is None or found.words != trace.final.fix or found.kind is None:
        return "no fix, or not in the words of what was tried"
    if found.patch and not is_served(_asked_again(failure, found.patch, folder)):
        return f"the patch does not serve: {found.says}"
    if found.kind == "outside" and (found.patch or found.says or found.asks):
        return "said to be outside, and it is not"
    return ""


def _asked_again(failure: Failure, patch: str, folder) -> Trace:
    """The request once the program `patch` has changed the files."""
    for name, text in failure.texts.items():
        (folder / name).write_text(text, newline="")
    run = ["patch", "-p0", "--binary", "--quiet"]
    subprocess.run(run, input=patch.encode(), cwd=folder, check=True, capture_output=True)
    texts = {name: (folder / name).read_bytes().decode() for name in failure.texts}
    client = replace(failure.client, cluster=build(reading(texts)))
    return client.trace(failure.trace.request)


@pytest.mark.slow
def test_fixes_of_our_own_manifests_serve(tmp_path):
    found = list(drawn(own_sources()[:: 1 if REQUESTS else 6], OWN))
    assert len(found) == OWN
    assert [f"{f.title}: {w}" for f in found if (w := wrong(f, tmp_path))] == []


@pytest.mark.slow
@pytest.mark.skipif(not CORPUS.exists(), reason="../shared/corpus is not there")
def test_fixes_of_real_manifests_serve(tmp_path):
    found = list(drawn(corpus_sources() if REQUESTS else corpus_sources(6_000), OF_CORPUS))
    assert len(found) == OF_CORPUS
    assert [f"{f.title}: {w}" for f in found if (w := wrong(f, tmp_path))] == []

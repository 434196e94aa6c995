"""What fails in `sim trace` is a finding of `sim inspect`; a set whose requests are all served has none of that sort.

Requests are derived here anew, from the rules as they are written; nothing of what inspect asks is used.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

import pytest
from corpus_sets import CORPUS
from drawn_gateways import draw as draw_gateways
from drawn_manifests import draw
from findings_pairs import PAIRS

from sim.analysis.findings.failing import MEANT
from sim.analysis.inspect import inspect
from sim.analysis.trace import Client
from sim.cluster.assumed_controllers import wanted_class
from sim.manifests.objects.collected import Manifests
from sim.manifests.objects.gateway_api import Gateway, HTTPRoute, HTTPRouteMatch
from sim.manifests.objects.networking import Ingress
from sim.manifests.reading.loading import load, load_text
from sim.routing import Request, Trace
from sim.routing.building import build

BROKEN = Path(__file__).parents[1] / "broken"
OF_FAILURES = {
    "SIM1112",
    "SIM1207",
    "SIM1208",
    "SIM1209",
    "SIM1305",
    "SIM1306",
    "SIM1307",
    "SIM1405",
    "SIM1406",
}
SEEDS = range(int(os.environ.get("SIM_INSPECT_SETS", "48")))
"""Sets that are drawn of each sort; `make soak` draws more."""


@dataclass(frozen=True)
class Question:
    """A request, the objects that it is about, and the Gateway to ask."""

    keys: frozenset
    request: Request
    to: str | None = None


def asked(manifests: Manifests) -> Iterator[Question]:
    """For every path of every rule that says a host, over http and https; for every route at its Gateways."""
    for ingress in manifests.of(Ingress):
        secure = {host for tls in ingress.spec.tls for host in tls.hosts}
        keys = frozenset({ingress.key, wanted_class(ingress)})
        for rule in ingress.spec.rules:
            host = (rule.host or "").replace("*", "one").lower()
            for path in rule.http.paths if rule.http and host else ():
                if not set("([+$") & set(path.path or ""):
                    schemes = ("http", "https") if rule.host in secure else ("http",)
                    yield from (Question(keys, Request(host, path.path or "/", scheme=s)) for s in schemes)
    there = {g.key for g in manifests.of(Gateway)}
    for route in manifests.of(HTTPRoute):
        matches = [m for rule in route.spec.rules for m in rule.matches or (HTTPRouteMatch(),)]
        for parent, host, match in product(route.spec.parent_refs, route.spec.hostnames, matches):
            key = f"{parent.namespace or route.namespace}/{parent.name}"
            headers = {h.name: h.value for h in match.headers}
            request = Request(
                host.replace("*", "one"), match.path.value, match.method or "GET", headers=headers
            )
            yield Question(frozenset({route.key, key}), request, f"gateway:{key}" if key in there else None)


def failures(manifests: Manifests) -> Iterator[tuple[frozenset, Trace]]:
    """What fails for a reason in the set: no answer that is meant, no redirect out of the set, no name for TLS alone."""
    cluster = build(manifests)
    for question in asked(manifests):
        client = Client(cluster, to=question.to)
        first, *others = client.follow(question.request)
        last = others[-1] if others else first
        left = bool(others) and last.final.state == "dns-no-record"
        if last.final.code == "SIM2051":
            # The name may be for TLS alone.
            over_tls = client.trace(replace(question.request, scheme="https"))
            last = last if over_tls.final.code == "SIM2051" else over_tls
        if last.status() and last.final.code not in MEANT and not left:
            yield question.keys, last


def on_the_way(keys: frozenset, trace: Trace) -> set[str]:
    """The objects that a failing request is about: the rule's own, the one that decided, the backends."""
    final = trace.final
    return {*keys, (final.rule or "").partition(" ")[0]} | {
        (o.backend or "").rpartition(":")[0] for o in final.shares()
    }


def check(manifests: Manifests) -> int:
    """How many requests fail; each must have a finding about an object of its, or be refused by the API server."""
    found = inspect(manifests).findings
    told = {f.key: f for f in found if f.severity != "note" or f.code == "SIM1207"}
    failed = list(failures(manifests))
    waiting = any(f.code == "SIM1113" for f in found)
    for key, trace in failed:
        assert waiting or trace.faults or not on_the_way(key, trace).isdisjoint(told), (
            trace.request.url,
            trace.final,
        )
    if not failed and not any(f.severity == "error" for f in manifests.faults):
        assert {f.code for f in found} & OF_FAILURES <= {"SIM1405", "SIM1112"}
    return len(failed)


def test_random_sets_of_ingresses():
    failed = [check(load_text(draw(seed))) for seed in SEEDS]
    assert sum(map(bool, failed)) >= 5
    assert 0 in failed


def test_random_sets_of_gateways():
    failed = [check(load_text(draw_gateways(seed))) for seed in SEEDS]
    assert sum(map(bool, failed)) >= 5
    assert 0 in failed


@pytest.mark.parametrize("pair", [pytest.param(p, id=p.id) for p in PAIRS if set(p.broken) == {"a.yaml"}])
def test_the_sets_of_every_finding(pair):
    for files in (pair.sound, pair.broken):
        check(load_text(files["a.yaml"]))


@pytest.mark.parametrize("folder", sorted(p.name for p in BROKEN.iterdir()))
def test_the_broken_applications(folder):
    check(load([str(BROKEN / folder)]))


@pytest.mark.parametrize(
    "name",
    sorted(p.name for p in CORPUS.glob("manifests/*"))
    or [pytest.param("", marks=pytest.mark.skip(reason="../shared/corpus is not there"))],
)
def test_real_sets(name):
    check(load([str(CORPUS / "manifests" / name)]))

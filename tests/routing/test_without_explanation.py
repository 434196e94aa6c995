"""A decision without its explanation: the same end, by the index alone, whatever the number of rules."""

from __future__ import annotations

import sys

import pytest
from benchmarks import routing_cost
from hypothesis import given, settings
from hypothesis import strategies as st
from rules import cluster, requests, tables

from sim.cluster.setup import ControllerSetup, Setup
from sim.manifests.objects import KINDS, Manifests
from sim.routing import Request, route
from sim.routing.building import build
from sim.routing.controllers import PROFILES

WORDS = ("code", "message", "fix", "source", "fix_source")
"""What is said about a request that no rule takes depends on the nearest rule."""


@given(tables, requests, st.sampled_from(sorted(PROFILES)))
@settings(max_examples=150)
def test_the_end_is_the_same(described, request_, profile):
    built = cluster(described, profile)
    said, bare = (route(built, request_, explain=explain) for explain in (True, False))
    ends = [{k: v for k, v in vars(trace.final).items() if k not in WORDS} for trace in (said, bare)]
    assert ends[0] == ends[1]
    assert [(h.name, h.kind, h.branches, h.at_s) for h in said.hops] == [
        (h.name, h.kind, h.branches, h.at_s) for h in bare.hops
    ]
    assert said.final.rule is None or said.final == bare.final


def _cluster(kind, rules):
    if kind == "gateway":
        return _built(routing_cost.routes(rules), Setup())
    profile = ControllerSetup("example.com/lab", kind)
    return _built(routing_cost.ingresses(rules), Setup(controllers=(profile,)))


def _built(objects, setup):
    service = {"metadata": {"name": "web", "namespace": "shop"}, "spec": {"ports": [{"port": 80}]}}
    read = [KINDS[o["apiVersion"].rpartition("/")[0], o["kind"]].model_validate(o) for o in objects]
    return build(Manifests((KINDS["", "Service"].model_validate(service), *read)), setup)


def _calls(built, asked):
    """Calls of functions and the like, Python's and C's, for one request that was asked before."""
    route(built, asked, explain=False)
    count = 0

    def seen(_frame, event, _what):
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(seen)
    try:
        route(built, asked, explain=False)
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("kind", ["spec", "ingress-nginx", "haproxy", "traefik", "nginx-inc", "gateway"])
@pytest.mark.parametrize("shape", [routing_cost.spread, routing_cost.on_one])
@pytest.mark.parametrize("ending", ["", "x"])
def test_ten_times_the_rules_cost_no_more(kind, shape, ending):
    calls = []
    for size in (100, 1000):
        rules = list(shape(size))
        host, path, _ = rules[50]
        asked = Request(host, f"{path}{ending}")
        calls.append(_calls(_cluster(kind, rules), asked))
    assert calls[1] <= 1.2 * calls[0]

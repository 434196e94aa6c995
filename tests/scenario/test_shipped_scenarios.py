"""What a shipped scenario claims comes out: its requests one by one, its thresholds on a short run."""

from __future__ import annotations

import pytest
from recorded_runs import RECORD, digest, recorded

from sim.analysis.check import check_request
from sim.routing.building import build
from sim.scenario.experiment import load_experiment, setup_of, shipped_scenarios
from sim.simulation.design import compile_design
from sim.simulation.engines import run
from sim.simulation.summary import check_thresholds, summarise

NAMES = tuple(shipped_scenarios())
REQUESTS = 2000


def test_there_are_scenarios():
    assert {"fanout", "virtual-hosts", "service-types", "tls-edge", "no-controller", "shop"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_each_request_gets_what_the_scenario_says(name):
    found = load_experiment(name)
    cluster = build(found.manifests, setup_of(found.scenario))
    requests = found.scenario.expect.requests
    results = [check_request(str(case["request"]), {"expect": {}, **case}, cluster) for case in requests]
    assert results
    assert {r.id: list(r.differences()) for r in results} == {r.id: [] for r in results}


@pytest.mark.parametrize("name", NAMES)
def test_its_thresholds_hold_and_its_run_is_as_it_was(name):
    found = load_experiment(name)
    design = compile_design(found.plan_to_run(), found.scenario, found.rules)
    result = run(design, found.scenario, requests=REQUESTS)
    outcomes = check_thresholds(found.scenario.expect.run, summarise([result]))
    assert outcomes
    assert [o for o in outcomes if not o["passed"]] == []
    assert recorded(name, result) in (digest(result), None)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_every_plan_of_it_runs_as_it_did(name):
    found = load_experiment(name)
    for plan in found.plans():
        result = run(compile_design(plan, found.scenario, found.rules), found.scenario, requests=300)
        assert recorded(name, result) in (digest(result), None), plan.name


def test_shipped_runs_are_recorded():
    assert len(RECORD.read_text().splitlines()) > len(NAMES)

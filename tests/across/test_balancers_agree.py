"""Trace, spread, run, bill, page and inspect say the same of one load balancer: they ask one room."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cluster.test_load_balancers import AWS, CLASS, NODES, PODS, service
from command import sim

from sim.analysis.inspect import inspect
from sim.comparison.usage import month_of, rates_of
from sim.costs.price_sheet import read_price_sheet
from sim.costs.sheets import controller_on
from sim.costs.usage_of_plan import usages_at
from sim.manifests.reading.loading import load_text, shipped
from sim.routing import Request, route
from sim.routing.building import build
from sim.routing.spreading import spread
from sim.scenario.experiment import load_experiment
from sim.simulation.design import compile_design

SCENARIO = """
manifests: [app.yaml]
nodes_from: null
traffic: [{scheme: %s, host: web.default, path: /, rps: 20, duration_s: 20, keep_alive: 1}]
plans: [lb-per-service]
"""
KINDS = {
    "nodes": {},
    "Pods": {f"{AWS}nlb-target-type": "ip"},
    "across zones": {f"{AWS}attributes": "load_balancing.cross_zone.enabled=true"},
}


@pytest.mark.parametrize("annotations", KINDS.values(), ids=KINDS)
@pytest.mark.parametrize("policy", ["Cluster", "Local"])
def test_trace_spread_and_run_give_each_pod_the_same_share(annotations, policy, tmp_path):
    text = service(annotations, externalTrafficPolicy=policy, **CLASS) + NODES + PODS
    cluster = build(load_text(text))
    trace = route(cluster, Request("web.default", scheme="tcp", port=80))
    by_trace = {r.name: r.probability for r in trace.final.reached}
    web = cluster.services["default/web"]
    assert spread(cluster, web, web.ports[0]).per_pod == pytest.approx(by_trace)
    (tmp_path / "app.yaml").write_text(text)
    (tmp_path / "scenario.yaml").write_text(SCENARIO.replace("nodes_from: null\n", "") % "http")
    experiment = load_experiment(tmp_path)
    plan = experiment.plans(["lb-per-service"])[0]
    design = compile_design(plan, experiment.scenario, experiment.rules)
    by_run: dict[str, float] = {}
    for pods in design.flows[0].pods:
        for pod in pods:
            name = design.stations[pod].name
            by_run[name] = by_run.get(name, 0.0) + 1 / len(design.flows[0].pods) / len(pods)
    assert by_run == pytest.approx(by_trace)
    assert design.flows[0].to_pods == (not any(h.kind == "node" for h in trace.hops))


@pytest.mark.parametrize(("annotations", "public", "tls"), [({}, 0, ()), ({f"{AWS}scheme": "internet-facing", f"{AWS}ssl-cert": "arn:x"}, 2, (True,))])  # fmt: skip
def test_the_bill_asks_the_same_load_balancer(annotations, public, tls, tmp_path):
    (tmp_path / "app.yaml").write_text(service(annotations, **CLASS) + NODES + PODS)
    (tmp_path / "scenario.yaml").write_text(SCENARIO.replace("nodes_from: null\n", "") % "https")
    experiment = load_experiment(tmp_path)
    plan = experiment.plans(["lb-per-service"])[0]
    design = compile_design(plan, experiment.scenario, experiment.rules)
    month = month_of(plan, design, experiment.scenario, rates_of(experiment.scenario))
    sheet = read_price_sheet(shipped("costs/prices", "aws.yaml"))
    (usage,) = usages_at(month.usage, sheet, controller_on(sheet))
    assert (usage.public_addresses, usage.ends_tls) == (public, tls)


def test_inspect_lists_what_the_trace_goes_by(tmp_path: Path):
    text = service({f"{AWS}nlb-target-type": "ip"}, **CLASS) + NODES + PODS
    (tmp_path / "app.yaml").write_text(text)
    (row,) = inspect(load_text(text)).to_json()["load_balancers"]
    made = build(load_text(text)).services["default/web"].balancer
    assert row == {
        "service": "default/web", "created_by": made.created_by, "state": made.state, "kind": made.kind,
        "scheme": made.scheme, "target_type": made.target_type, "because": made.because,
    }  # fmt: skip
    done = sim("trace", "-f", str(tmp_path / "app.yaml"), "-o", "json", "tcp://web.default:80")
    assert not any(hop["kind"] == "node" for hop in json.loads(done.out)["hops"])

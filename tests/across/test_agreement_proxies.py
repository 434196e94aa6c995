"""One fact, one answer, of proxies: trace, run, spread, page and JSON name the same program, algorithm and choices."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from command import sim as command

from sim.analysis.trace import Client
from sim.comparison.proxy_spread import proxy_spread
from sim.comparison.recorded import RecordedRun
from sim.comparison.replay import record
from sim.report.page.replay import Replay
from sim.report.words.choices import choice_rows
from sim.routing import Request
from sim.routing.proxies.playing import Chooser
from sim.scenario.experiment import Experiment, load_experiment

SET = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, namespace: shop}
spec:
  ingressClassName: nginx
  rules:
  - host: shop.example.com
    http:
      paths:
      - {path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: web, ports: [{containerPort: 8080}]}]}
"""
WAYS = {
    "ingress-nginx": "{profile: ingress-nginx, replicas: 1}",
    "ingress-nginx by path": "{profile: ingress-nginx, replicas: 1, balancing: hash-consistent}",
    "ingress-nginx by address": (
        "{profile: ingress-nginx, replicas: 1, balancing: hash-consistent, hash_by: $remote_addr}"
    ),
    "nginx-inc": "{profile: nginx-inc, replicas: 1}",
    "nginx-inc in turn": "{profile: nginx-inc, replicas: 1, balancing: round-robin}",
    "nginx-inc by address": "{profile: nginx-inc, replicas: 1, balancing: ip-hash}",
    "haproxy": "{profile: haproxy, replicas: 1}",
    "haproxy fewest": "{profile: haproxy, replicas: 1, balancing: least-conn}",
    "haproxy along the table": "{profile: haproxy, replicas: 1, balancing: static-rr}",
    "textbook": "{profile: haproxy, replicas: 1, balancing: textbook/round-robin}",
}
URL = "http://shop.example.com/"


@pytest.fixture(params=WAYS)
def file(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A scenario of eight requests, each answered long before the next one comes."""
    (tmp_path / "web.yaml").write_text(SET)
    scenario = tmp_path / "scenario.yaml"
    scenario.write_text(
        f"manifests: [web.yaml]\ncontroller: {WAYS[request.param]}\nplans: [as-is]\n"
        "traffic: [{host: shop.example.com, path: /, rps: 1, requests: 8, client_ip: 203.0.113.9}]\n"
    )
    return scenario


def chooser_of(experiment: Experiment) -> Chooser:
    """What a trace says at the controller's hop."""
    cluster = experiment.plan_to_run("as-is").cluster
    trace = Client(cluster).trace(Request.parse(URL))
    (found,) = (c for hop in trace.hops for c in hop.choosers)
    return found


def ran(experiment: Experiment) -> tuple[RecordedRun, dict[str, Any]]:
    """A run, and what its page has of it."""
    recorded = record(experiment, ["as-is"], remember=True)
    (plan,) = Replay(recorded).data["plans"]
    return recorded.runs[0], plan


def test_all_of_them_say_the_same(file: Path) -> None:
    experiment = load_experiment(str(file))
    said, (run, page) = chooser_of(experiment), ran(experiment)
    (behind,) = run.design.upstreams
    assert behind.method.full_name == said.method.full_name
    assert behind.listed == said.listed
    assert [run.design.stations[s].name for s in behind.stations] == [b.name for b in said.listed]
    name = f"{said.method.name} of {said.method.program}"
    assert {place["by"] for place in page["memory"]["places"]} == {name}
    assert any(words.startswith(name) for _, words in choice_rows([said]))
    assert name.partition(" of ")[0] in page["rows"][0]["transcript"]
    spread = proxy_spread(experiment.plan_to_run("as-is").cluster, "shop/web", requests=30)
    (first,) = spread.algorithms
    assert first.name == name
    assert [row.pod for row in first.pods] == sorted(b.name for b in said.listed)
    chose = [one.because for one in run.result.remembered if one.because]
    assert len(chose) == 8
    if said.chance == "none":
        ways = [[f"{p.name}: {p.because}" for p in one.picks] for one in (said, *said.elsewhere)]
        assert all(one in {way[n] for way in ways} for n, one in enumerate(chose))
        if len({pick.name for pick in said.picks}) == 1:
            assert {row.pod for row in first.pods if row.drawn} == set(said.firsts)
    elif said.chance == "start":
        names = [one.partition(":")[0] for one in chose]
        assert set(pairwise(names)) <= set(pairwise(pick.name for pick in said.picks))


def test_the_command_publishes_it(file: Path) -> None:
    said = chooser_of(load_experiment(str(file)))
    whole = json.loads(command("trace", "--scenario", str(file), "--plan", "as-is", URL, "-o", "json").out)
    (published,) = (c for hop in whole["hops"] for c in hop.get("choices", ()))
    assert published == said.to_json()
    always = said.chance == "none" and len({pick.name for pick in said.picks}) == 1
    likely = {branch["to"] for branch in whole["hops"][-1]["branches"]}
    assert likely == (set(said.firsts) if always else {b.name for b in said.listed}), "the last hop says who"
    assert whole["final"]["pod"] == (said.firsts[0] if always and len(said.firsts) == 1 else None)
    assert json.loads(command("run", str(file), "--plan", "as-is", "-o", "json").out)["requests"]["sent"] == 8

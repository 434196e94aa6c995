"""What is asked of the control plane and does not happen is said: in a run, at a moment, and with what helps."""

from __future__ import annotations

import json
from math import inf
from pathlib import Path

import pytest
from command import sim
from jsonschema import Draft202012Validator
from small import HOST, app

import sim as door
from sim.cluster.life.held import held_drain

BUDGET = """
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: calm, namespace: shop}
spec: {minAvailable: LEAST, selector: {matchLabels: {app: web}}}
"""
HPA = """
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web, namespace: shop}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  minReplicas: 2
  maxReplicas: 8
  metrics: [{type: Resource, resource: {name: WHAT, target: {type: Utilization, averageUtilization: 50}}}]
"""
RUN = json.loads((Path(__file__).parents[2] / "docs/schemas/run.json").read_text())


def scenario(folder: Path, manifests: str, events: str = "[]") -> str:
    (folder / "app.yaml").write_text(manifests)
    (folder / "scenario.yaml").write_text(
        f"manifests: [app.yaml]\nevents: {events}\ntraffic: [{{host: {HOST}, rps: 2, duration_s: 60}}]\n"
    )
    return str(folder / "scenario.yaml")


def held(name: str) -> list[dict[str, object]]:
    found = json.loads(sim("run", name, "-o", "json").out)
    assert list(Draft202012Validator(RUN).iter_errors(found)) == []
    return found.get("held", [])


@pytest.mark.parametrize(
    ("least", "said"),
    [
        (1, []),
        (3, [("drain of node-a waits", 10.0, 15.0)]),
        (4, [("drain of node-a waits", 10.0, None)]),
    ],
)
def test_a_drain_that_a_budget_holds_says_so_and_since_when(least, said, tmp_path):
    text = app(pods=4) + BUDGET.replace("LEAST", str(least))
    name = scenario(tmp_path, text, "[{at: 10s, drain: node-a}]")
    found = held(name)
    assert [(one["what"], one["since_s"], one["until_s"]) for one in found] == said
    if least == 4:
        says = (
            "drain of node-a waits since 10 s: budget shop/calm allows 0 disruptions, 2 Pods of shop/web stay"
        )
        for told in (sim("run", name), sim("trace", "--scenario", name, "--at", "30s", f"http://{HOST}/")):
            assert says in " ".join(told.out.split())
        assert "waits" not in sim("trace", "--scenario", name, "--at", "9s", f"http://{HOST}/").out


def test_a_drain_waits_from_its_last_eviction():
    (one,) = held_drain("node-a", "a/web", "a/calm", 3, 10.0, [10.0, 25.0])
    assert (one.since_s, one.until_s, one.holds_at(24.9), one.holds_at(25)) == (25.0, inf, False, True)
    assert not list(held_drain("node-a", "a/web", "a/calm", 2, 10.0, [10.0, 10.0]))


@pytest.mark.parametrize(
    ("metric", "resources", "because"),
    [
        ("cpu", None, "failed to get cpu utilization: missing request for cpu in container web"),
        ("memory", None, "only the CPU of whole Pods is modelled, and its metrics are: memory"),
        ("cpu", "requests: {cpu: 100m}", None),
        ("cpu", "limits: {cpu: 100m}", None),
    ],
)
def test_an_autoscaler_that_measures_nothing_says_why(metric, resources, because, tmp_path):
    own = "" if resources is None else f"resources: {{{resources}}}, "
    text = app(pods=2).replace("image: web,", f"image: web, {own}") + HPA.replace("WHAT", metric)
    name = scenario(tmp_path, text)
    found = held(name)
    assert [one["because"] for one in found] == ([] if because is None else [because])
    notes = [
        note.message
        for note in door.route(door.cluster_at(name, 20), door.Request.parse(f"http://{HOST}/")).notes
    ]
    assert any("measures nothing since 15 s" in note for note in notes) == (because is not None)

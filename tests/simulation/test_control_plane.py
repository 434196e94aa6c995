"""What the control plane does in a run: autoscalers, restarts, deletions, lost nodes, and when each part hears."""

from __future__ import annotations

from functools import cache
from math import inf

import numpy as np
import pytest
from small import NO_DELAY, app, experiment

from sim import __version__
from sim.cluster.life.autoscaler import Autoscaler, replicas_over_time
from sim.cluster.life.replicas import MeasuredPod, PodGroup, by_utilization
from sim.cluster.life.scaling import ScaleBounds
from sim.report.text.run import run_lines
from sim.simulation.design import compile_design
from sim.simulation.engines import run
from sim.simulation.summary import summarise, to_json

TOLD = {"endpointslice": "100ms", "kube_proxy": "1s", "controller": "2s"}
HPA = """
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web, namespace: shop}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  minReplicas: LEAST
  maxReplicas: 8
  metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}}]
"""


def with_cpu(text, **cpu):
    resources = f"resources: {{requests: {{cpu: {cpu['request']}}}, limits: {{cpu: {cpu['limit']}}}}}"
    return text.replace("image: web,", f"image: web, {resources},")


def ran(text, plan="lb-per-service", seed=1, *, row=None, **keys):
    asked = {"host": "web.shop.example", "path": "/", "rps": 50, "duration_s": 30, **(row or {})}
    told = {"latency": NO_DELAY, "service_time": {"default": "10ms"}, "propagation": TOLD, **keys}
    if "arrivals" in asked:
        del asked["rps"]
    found = experiment(text, traffic=[asked], **told)
    return run(compile_design(found.plans([plan])[0], found.scenario, found.rules), found.scenario, seed)


@cache
def scaled(again=False, **app_keys):
    text = with_cpu(app(pods=2), request="500m", limit="500m") + HPA.replace("LEAST", "2")
    shape = {"step": [[0, 2], [60, 20], [180, 1]]}
    return ran(
        text,
        row={"duration_s": 600, "arrivals": shape},
        workers={"default": 1},
        apps={"default": {"start": "0s", **app_keys}},
        service_time={"default": "100ms"},
    )


def test_an_autoscaler_acts_as_the_pure_function_of_the_load_it_saw():
    (found,) = scaled().scaled
    seen, born = {sync.at_s: sync.percent for sync in found.syncs}, [-inf, -inf]

    def propose(at_s, replicas):
        born[:] = [*born, *[at_s - 15] * replicas][:replicas]
        groups = [PodGroup.COUNTED if at_s - 30 >= s else PodGroup.SET_ASIDE for s in born]
        pods = [MeasuredPod(group, seen[at_s] * 5, 500) for group in groups]
        return by_utilization(replicas, 50, pods).replicas

    expected = replicas_over_time(Autoscaler(ScaleBounds(2, 8)), 2, propose, 585)
    assert [change[:2] for change in found.changes[1:]] == list(expected)
    assert found.target == 50
    assert max(change.replicas for change in found.changes) in (4, 5), "20/s of 100 ms need four half busy"
    down = [change.at_s for change in found.changes if change.at_s > 180]
    assert min(down) >= 180 + 300, "it waits for the window before it scales in"
    assert all("autoscaler: CPU at" in change.because for change in found.changes[1:])


def test_the_utilisation_that_it_sees_is_that_of_the_workers():
    (found,), (told,) = scaled().scaled, scaled(cpu="250m").scaled
    steady, halved = ([s.percent for s in one.syncs if 30 <= s.at_s <= 60] for one in (found, told))
    assert np.mean(steady) == pytest.approx(2 * 0.1 / 2 * 100, rel=0.3)
    assert np.mean(halved) == pytest.approx(np.mean(steady) / 2, abs=1.5)


def test_the_same_seed_gives_the_same_bytes_and_the_same_replicas():
    first, again = scaled(), scaled(again=True)
    assert first.ended_s.tobytes() == again.ended_s.tobytes()
    assert first.scaled == again.scaled
    assert first.sent == first.answered + first.failures + first.in_flight


def test_bounds_hold_from_the_first_look():
    text = with_cpu(app(pods=1), request="1", limit="1") + HPA.replace("LEAST", "3")
    (found,) = ran(text).scaled
    assert [c[:2] for c in found.changes] == [(0.0, 1), (15.0, 3)]
    assert found.changes[1].because == "autoscaler: at least 3"


def test_without_requests_a_share_of_them_fails_and_nothing_is_scaled():
    (found,) = ran(app(pods=2) + HPA.replace("LEAST", "1")).scaled
    assert [sync.percent for sync in found.syncs] == [None]
    assert len(found.changes) == 1


def test_pods_of_an_autoscaler_that_never_come_leave_no_trace():
    text = with_cpu(app(pods=2), request="1", limit="1")
    plain, watched = (ran(t) for t in (text, text + HPA.replace("LEAST", "1")))
    assert [s.spec.name for s in watched.stations] == [s.spec.name for s in plain.stations]
    assert watched.ended_s.tobytes() == plain.ended_s.tobytes()


def test_a_container_that_restarts_is_down_for_its_start_and_the_second_time_waits_longer():
    events = [{"at": "5s", "restart": "shop/web-1"}, {"at": "12s", "restart": "shop/web-1"}]
    result = ran(app(pods=2), events=events, apps={"default": {"start": "3s"}})
    (life,) = result.lives.values()
    assert [tuple(b) for b in life.breaks] == [(5, 6, 5, 8, False), (12, 13, 22, 25, False)]
    refused = np.flatnonzero(result.end == result.ends.index("refused"))
    at_s = result.sent_s[refused]
    assert ((at_s >= 5) & (at_s < 8) | (at_s >= 12) & (at_s < 14.2)).all(), "13 s and 1.1 s until it is known"
    served = result.start_s[result.pod == next(iter(result.lives))]
    assert not ((served > 12) & (served < 25)).any()
    assert (served >= 25).any()


def test_a_pod_that_is_deleted_is_made_anew():
    result = ran(
        app(pods=2), events=[{"at": "5s", "delete": "Pod/shop/web-1"}], apps={"default": {"start": "2s"}}
    )
    gone, come = sorted(result.lives.values(), key=lambda life: life.ready_s)
    assert (gone.key, gone.deleted_s) == ("shop/web-1", 5)
    assert (come.created_s, come.ready_s, come.deleted_s) == (5, 7, inf)


def test_a_deployment_that_is_deleted_leaves_nobody():
    result = ran(app(pods=2), events=[{"at": "5s", "delete": "Deployment/shop/web"}])
    assert {life.deleted_s for life in result.lives.values()} == {5.0}
    late = result.sent_s > 7
    assert late.any()
    assert not np.isfinite(result.answered_s[late]).any()
    (found,) = result.scaled
    assert [tuple(c)[:2] for c in found.changes] == [(0.0, 2), (5.0, 0)]


LOST = {"node": "node-a", "at": "10s"}


@pytest.mark.parametrize(("plan", "late_s"), [("lb-per-service", 1.1), ("single-ingress", 2.1)])
def test_pods_of_a_silent_node_are_listed_until_it_counts_as_lost(plan, late_s):
    row = {"duration_s": 100, "timeout": "100ms", "keep_alive": 1, "connect_timeout": "100ms"}
    result = ran(app(pods=3), plan, faults=[LOST], row=row)
    failed_s = result.sent_s[(result.end >= 0) & ~np.isfinite(result.answered_s)]
    assert failed_s.min() >= 9.8
    assert 40 < failed_s.max() - 10 < 50 + late_s + 0.1


def test_pods_of_a_node_that_stays_silent_are_made_anew_after_their_toleration():
    row = {"duration_s": 400, "timeout": "100ms", "rps": 5}
    result = ran(app(pods=3), faults=[LOST], row=row, apps={"default": {"start": "4s"}})
    (come,) = (life for life in result.lives.values() if life.created_s > 0)
    assert (come.created_s, come.ready_s) == (360, 364)
    node = {s.spec.name: s.spec.node for s in result.stations}
    assert node[come.key] != "node-a"
    back = ran(app(pods=3), faults=[{**LOST, "until": "200s"}], row=row)
    assert all(life.created_s < 0 for life in back.lives.values())


def test_who_says_when_a_lost_node_is_noticed_is_obeyed():
    row = {"duration_s": 100, "timeout": "100ms", "connect_timeout": "100ms"}
    result = ran(app(pods=3), faults=[{**LOST, "detected_after": "5s"}], row=row)
    failed_s = result.sent_s[(result.end >= 0) & ~np.isfinite(result.answered_s)]
    assert failed_s.max() < 15.1
    assert not result.lives


PROBE = "httpGet: {port: 8080}, initialDelaySeconds: 2, periodSeconds: 5, successThreshold: 2"
PROBED = f"readinessProbe: {{{PROBE}}},"


def test_a_new_pod_is_ready_when_its_probes_have_seen_it():
    text = app(pods=1).replace("image: web,", f"image: web, {PROBED}")
    events = [{"at": "10s", "scale": "shop/web", "to": 2}]
    result = ran(text, events=events, apps={"default": {"start": "6s"}})
    (life,) = result.lives.values()
    assert (life.created_s, life.ready_s) == (10, 25), "it answers at 16 s, and is asked at 20 s and 25 s"


def test_an_overload_is_one_of_the_pods_that_are_there_or_that_an_autoscaler_may_ask_for():
    text = with_cpu(app(pods=1), request="1", limit="1")
    busy = {"row": {"rps": 300, "duration_s": 2}, "workers": {"default": 1}}
    rolled = ran(text, events=[{"at": "1s", "rollout": "shop/web"}], **busy)
    assert [over.offered_per_s for over in rolled.overloads] == [300]
    assert ran(text + HPA.replace("LEAST", "1"), **busy).overloads == ()
    short = HPA.replace("LEAST", "1").replace("maxReplicas: 8", "maxReplicas: 2")
    assert [over.offered_per_s for over in ran(text + short, **busy).overloads] == [150]


def test_a_run_says_how_many_pods_there_were_and_why():

    shown = to_json(summarise([scaled()]), (), __version__)
    (found,) = scaled().scaled
    lines = [line.plain for line in run_lines("small", shown)]
    at = lines.index("replicas   shop/web")
    assert lines[at + 1].split() == ["0", "s", "2", "so", "it", "begins"]
    assert lines[at + 2].endswith(found.changes[1].because)
    assert len(shown["scaled"][0]["syncs"]) == len(found.syncs)


@pytest.mark.parametrize(
    "wrong",
    [
        "metrics: [{type: Resource, resource: 5}]",
        "metrics: [{type: Resource, resource: {name: cpu, target: [1]}}]",
        "metrics: [{type: Pods, pods: {metric: {name: x}}}]",
        "behavior: {scaleUp: {policies: [5, {type: Pods, value: two, periodSeconds: 1}]}, scaleDown: 3}",
        "targetCPUUtilizationPercentage: 50",
        "maxReplicas: 1000000",
        "maxReplicas: -3",
    ],
)
def test_an_autoscaler_that_is_written_wrong_or_asks_for_something_else_breaks_no_run(wrong):
    hpa = HPA.replace("LEAST", "1").rpartition("  metrics")[0]
    if wrong.startswith("maxReplicas"):
        hpa = hpa.replace("  maxReplicas: 8\n", "")
    (found,) = ran(with_cpu(app(pods=2), request="1", limit="1") + f"{hpa}  {wrong}\n").scaled
    assert len(found.syncs) == 1

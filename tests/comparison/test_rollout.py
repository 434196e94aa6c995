"""Roll-outs: what fails, who ends it, which delay rules, and that the hook that is named saves every request."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from command import sim as command
from corpus_sets import corpus_set
from hypothesis import given
from hypothesis import strategies as st
from small import app

import sim
from sim.cluster.life.pods import grace_s, prestop_s
from sim.comparison.failures import failures_of
from sim.comparison.hooked import least_hook, patch_of, usual_hook
from sim.comparison.rollout import SLACK_S, no_room, reached_by_routes, smallest, workloads_in
from sim.comparison.rollout_answer import SEEDS, Rollout
from sim.comparison.rollout_assumptions import assumptions_of
from sim.comparison.rollout_shown import shown_rollout
from sim.comparison.rollout_trial import RolloutTrial, trial_of
from sim.manifests.objects.collected import Manifests
from sim.simulation.engines import run, run_within
from sim.simulation.failed import ANSWERS
from sim.simulation.workload import draw

OTHER_SEEDS = range(101, 121)
NLB = """
metadata:
  name: web
  annotations:
    service.beta.kubernetes.io/aws-load-balancer-type: external
    service.beta.kubernetes.io/aws-load-balancer-nlb-target-type: ip
spec: {type: LoadBalancer, selector: {app: web}, ports: [{port: 80}]}
"""
PLAIN = """
metadata: {name: web}
spec: {type: LoadBalancer, selector: {app: web}, ports: [{port: 80}]}
"""
INSIDE = """
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
"""
INGRESS = """
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, annotations: {ANNOTATIONS}}
spec:
  ingressClassName: CLASS
  rules:
  - host: web.example.com
    http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}
"""
NGINX = INGRESS.replace("CLASS", "nginx").replace("ANNOTATIONS", "")
ALB = INGRESS.replace("CLASS", "alb").replace("ANNOTATIONS", "alb.ingress.kubernetes.io/target-type: ip")
DEPLOYMENT = """
apiVersion: v1
kind: Service
SERVICE
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: REPLICAS
  STRATEGY
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: web
        LIFECYCLE
        ports: [{containerPort: 80}]
"""


def manifests(
    service: str = PLAIN, more: str = "", replicas: int = 2, strategy: str = "", hook: str = ""
) -> str:
    """A Deployment behind a Service; a line that is not given is a comment."""
    text = DEPLOYMENT.replace("SERVICE", service.strip()).replace("REPLICAS", str(replicas))
    return text.replace("STRATEGY", strategy or "#").replace("LIFECYCLE", hook or "#") + more


def answer(text: str, rps: float = 20, provider: str | None = None) -> Rollout:
    (found,) = sim.rollout(sim.load_text(text, "web.yaml"), rps=rps, provider=provider).rollouts
    return found


def trial(loaded: Manifests, rps: float = 20, key: str = "default/web") -> RolloutTrial:
    return trial_of(loaded, key, reached_by_routes(loaded)[key], rps, None)


WAYS = [
    pytest.param(manifests(), "kube_proxy", "Pod", 2, id="a load balancer of its own, by nodes"),
    pytest.param(manifests(INSIDE, NGINX, 1), "controller", "controller", 2, id="an Ingress, one Pod"),
    pytest.param(manifests(NLB), "load_balancer", "Pod", 121, id="an NLB whose targets are Pods"),
    pytest.param(
        manifests(INSIDE, ALB), "load_balancer", "load balancer", 16, id="an ALB whose targets are Pods"
    ),
]


@pytest.mark.parametrize(("text", "part", "author", "seconds"), WAYS)
def test_the_patch_of_the_delay_that_rules_saves_every_request_of_twenty_other_seeds(
    text, part, author, seconds, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    Path("web.yaml").write_text(text)
    rps = 2 if part == "load_balancer" else 5
    (found,) = sim.rollout(sim.load(["web.yaml"]), rps=rps).rollouts
    assert found.fails
    assert found.ruling.part == part
    assert author in {row.author for row in found.as_is.failed.rows}
    assert found.hook.least.prestop_s == seconds
    assert found.hook.below == "failed" or seconds - 1 < found.ruling.delay_s
    subprocess.run(["patch", "-p0"], input=found.hook.patch, text=True, check=True, capture_output=True)
    patched = trial(sim.load(["web.yaml"]), rps)
    assert sum(result.failures for result in patched.runs(OTHER_SEEDS)) == 0
    assert sum(result.failures for result in trial(sim.load_text(text), rps).runs(OTHER_SEEDS)) > 0


def test_one_second_less_than_the_delay_that_rules_fails():
    loaded = sim.load_text(manifests(), "web.yaml")
    hook = usual_hook(workloads_in(loaded)["default/web"].spec.template.spec, 1)
    assert sum(result.failures for result in trial(loaded, 100).with_hook(hook).runs(SEEDS[:3])) > 0


def test_requests_around_the_ends_of_pods_are_all_that_can_fail():
    whole = trial(sim.load_text(manifests(), "web.yaml"))
    everything = list(whole.runs(SEEDS[:4]))
    longest_s = max(result.summary()["max"] for result in everything) + SLACK_S
    told_s = max(s for result in everything for _, s in result.told_last.values())
    around = list(whole.runs_around(SEEDS[:4], told_s, longest_s))
    for result, part in zip(everything, around, strict=True):
        failed = np.isin(result.end, [n for n, end in enumerate(result.ends) if end not in ANSWERS])
        assert failed.any()
        assert part.sent < result.sent / 2
        assert set(result.sent_s[failed].tolist()) <= set(part.sent_s.tolist()) <= set(result.sent_s.tolist())


def test_a_request_in_a_window_has_the_draws_that_it_has_among_all():
    whole = trial(sim.load_text(manifests(), "web.yaml"))
    drawn = draw(whole.scenario, whole.design.services, 3)
    part = drawn.within([(2.0, 3.0), (2.5, 4.0)]).requests
    kept = (drawn.requests.sent_s >= 2) & (drawn.requests.sent_s < 4)
    assert 0 < len(part) < len(drawn.requests)
    assert (part.service_s == drawn.requests.service_s[kept]).all()
    assert (part.number == drawn.requests.number[kept]).all()
    assert run_within(whole.design, whole.scenario, 3, [(0.0, 1e9)]).ended_s.tobytes() == (
        run(whole.design, whole.scenario, 3).ended_s.tobytes()
    )


@given(st.integers(1, 400), st.integers(1, 60))
def test_the_search_finds_the_smallest_and_never_asks_below_the_first(limit, first):
    asked = []

    def fails(number):
        asked.append(number)
        return number < limit

    assert smallest(fails, first, 1000) == max(limit, first)
    assert min(asked) >= first


def test_counts_and_failures_are_the_same_ones():
    result = next(trial(sim.load_text(manifests(INSIDE, ALB), "web.yaml")).runs([1]))
    counted = {(f.reason, f.author, f.pod, f.event) for f in failures_of(result)}
    table = result.failed_how
    assert len(table) == result.failures > 0
    assert {(r.reason, r.author, r.pod or None, r.event or None) for r in table.rows} == counted
    seconds = Counter(int(f.at_s) for f in failures_of(result))
    assert {second: n for (second,), n in table.by("second").items()} == seconds
    shown = table.to_json()
    assert all(
        sum(one["count"] for one in shown[by]) == len(table) for by in ("by_reason", "by_pod", "by_second")
    )


def test_where_every_old_pod_goes_first_no_hook_helps(tmp_path):
    (tmp_path / "web.yaml").write_text(manifests(strategy="strategy: {type: Recreate}"))
    done = command("rollout", "-f", str(tmp_path), "--rps", "5")
    assert done.status == 1
    assert "found no Pod at all" in " ".join(done.out.split())
    assert "no preStop mends that there is no Pod" in done.out


def test_what_a_proxy_hides_and_what_a_post_would_not_survive(monkeypatch):
    monkeypatch.setattr("sim.comparison.rollout.SEEDS", SEEDS[:4])
    found = answer(manifests(INSIDE, NGINX, 2), rps=150)
    assert found.retries.hidden > 20 * len(found.as_is.failed)
    assert found.retries.post_failed > len(found.as_is.failed)
    plain = answer(manifests(), rps=10).retries
    assert (plain.hidden, plain.post_sent) == (0, None)
    assert plain.never_sent > plain.perhaps_done > 0


@pytest.mark.parametrize(
    ("hook", "line"),
    [
        pytest.param(
            "lifecycle: {preStop: {sleep: {seconds: 1}}}", "{sleep: {seconds: 7}}", id="sleep action"
        ),
        pytest.param('lifecycle: {preStop: {exec: {command: [sleep, "1"]}}}', 'sleep, "7"', id="command"),
        pytest.param(
            "lifecycle: {preStop: {exec: {command: [sh, -c, 'sleep 1; quit']}}}",
            "'sleep 7; quit'",
            id="shell",
        ),
        pytest.param(
            "lifecycle: {preStop: {exec: {command: [sh, -c, 'sleep 1m && quit']}}}",
            "'sleep 7 && quit'",
            id="with a unit",
        ),
        pytest.param(
            "lifecycle: {postStart: {sleep: {seconds: 1}}}", "preStop: {sleep: {seconds: 7}}", id="none"
        ),
    ],
)
def test_a_hook_that_is_there_sleeps_longer_and_keeps_what_else_it_does(hook, line):
    loaded = sim.load_text(manifests(hook=hook), "web.yaml")
    workload = workloads_in(loaded)["default/web"]
    patch = patch_of(loaded, workload, usual_hook(workload.spec.template.spec, 7))
    assert any(line in one for one in patch.splitlines() if one.startswith("+"))


@pytest.mark.parametrize(
    ("hook", "said"),
    [
        ('lifecycle: {preStop: {exec: {command: ["/stop.sh"]}}}', True),
        ("lifecycle: {preStop: {sleep: {seconds: 3}}}", False),
        ("", False),
    ],
)
def test_a_hook_of_unknown_length_and_a_probe_that_is_not_there_are_assumptions(hook, said):
    (found,) = sim.rollout(sim.load_text(manifests(hook=hook), "web.yaml"), rps=2).rollouts
    assumed = " ".join(one.what for one in found.assumptions)
    assert ("its preStop hook takes no time" in assumed) is said
    assert "for it has no readiness probe" in assumed


@pytest.mark.parametrize(
    ("gates", "label", "target", "said"),
    [
        (
            "readinessGates: [{conditionType: a.example/b}], ",
            "",
            "instance",
            "readiness gates in its Pod template",
        ),
        ("", "enabled", "ip", "elbv2.k8s.aws/pod-readiness-gate-inject on its namespace"),
        ("", "enabled", "instance", None),
        ("", "disabled", "ip", None),
    ],
)
def test_readiness_gates_that_would_hold_a_roll_out_back_are_named(gates, label, target, said):
    """Only Pods that are targets themselves are given a gate."""
    marks = "service.beta.kubernetes.io/aws-load-balancer-"
    text = (
        app(pods=2)
        .replace("spec: {containers", f"spec: {{{gates}containers")
        .replace(
            "kind: Service\nmetadata: {name: web, namespace: shop}",
            "kind: Service\nmetadata: {name: web, namespace: shop, annotations: "
            f"{{{marks}type: external, {marks}nlb-target-type: {target}}}}}",
        )
    )
    text += "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {elbv2.k8s.aws/pod-readiness-gate-inject: X}}\n"
    found = sim.load_text(text.replace("X}", f"'{label}'}}"), "web.yaml")
    trial = trial_of(found, "shop/web", reached_by_routes(found)["shop/web"], 2, None)
    gated = [one.what for one in assumptions_of(trial, 2) if "its gate is open" in one.what]
    assert [one.partition(":")[0] for one in gated] == ([said] if said else [])


def test_a_patch_of_files_elsewhere_says_that_it_needs_their_name(tmp_path):
    (tmp_path / "web.yaml").write_text(manifests())
    text = " ".join(command("rollout", "-f", str(tmp_path / "web.yaml"), "--rps", "2").out.split())
    assert "into patch FILE: patch -p0 finds no file outside the folder" in text


def test_the_grace_period_grows_only_where_it_must():
    pod = workloads_in(sim.load_text(manifests()))["default/web"].spec.template.spec
    assert usual_hook(pod, 20).grace_s == 30
    assert usual_hook(pod, 121).grace_s == 151
    long = pod.model_copy(update={"termination_grace_period_seconds": 200})
    assert usual_hook(long, 121).grace_s == 200
    none = pod.model_copy(update={"termination_grace_period_seconds": 0})
    assert usual_hook(none, 2) == least_hook(2), "no less than the hook needs"
    assert grace_s(pod.model_copy(update={"termination_grace_period_seconds": -5})) == 1
    slow = sim.load_text(manifests(hook="lifecycle: {preStop: {exec: {command: [sleep, 1m]}}}"))
    assert prestop_s(workloads_in(slow)["default/web"].spec.template.spec) == 60


def test_whose_load_balancer_it_is_can_be_said():
    text = manifests(INSIDE, INGRESS.replace("CLASS", "gce").replace("ANNOTATIONS", ""))
    said = [a.what for a in answer(text, 2, "gcp").assumptions]
    assert "load balancers are as Google Cloud makes them" in said
    assert command("rollout", "-f", "web.yaml", "--provider", "nobody").status == 2


def test_what_is_not_rolled_out_is_said(tmp_path):
    text = manifests().replace("kind: Deployment", "kind: DaemonSet").replace("replicas: 2", "#")
    found = sim.rollout(sim.load_text(text, "web.yaml"))
    assert (found.rollouts, found.status) == ((), 2)
    assert found.left_out == (("default/web", "the roll-out of a DaemonSet is not modelled"),)
    with pytest.raises(sim.UsageError, match="no workload"):
        sim.rollout(sim.load_text(manifests(INSIDE), "web.yaml"))
    with pytest.raises(sim.UsageError, match="there is none"):
        sim.rollout(sim.load_text(manifests(), "web.yaml"), workload="default/wob")


STATEFUL = manifests(replicas=3, hook="lifecycle: {preStop: {sleep: {seconds: 2}}}").replace(
    "kind: Deployment", "kind: StatefulSet"
)


@pytest.mark.parametrize(
    ("update", "going"),
    [
        pytest.param("", ["default/web-2", "default/web-1", "default/web-0"], id="all"),
        pytest.param(
            "updateStrategy: {rollingUpdate: {partition: 2}}", ["default/web-2"], id="those above a partition"
        ),
    ],
)
def test_pods_of_a_stateful_set_are_replaced_one_by_one_the_last_one_first(update, going):
    loaded = sim.load_text(
        STATEFUL.replace("selector: {matchLabels", f"{update or '#'}\n  selector: {{matchLabels", 1)
    )
    result = next(trial(loaded, 1).runs([1]))
    old = sorted((v for v in result.lives.values() if v.deleted_s < 1e9), key=lambda v: v.deleted_s)
    new = sorted((v for v in result.lives.values() if v.created_s > 0), key=lambda v: v.created_s)
    assert [life.key for life in old] == going
    assert [life.deleted_s for life in old] == [10.0, *(life.ready_s for life in new[:-1])]
    assert [life.created_s for life in new] == [life.ends_s for life in old]


def test_a_stateful_set_that_waits_for_deletions_has_no_roll_out():
    text = STATEFUL.replace(
        "selector: {matchLabels", "updateStrategy: {type: OnDelete}\n  selector: {matchLabels", 1
    )
    ((key, because),) = sim.rollout(sim.load_text(text, "web.yaml")).left_out
    assert (key, because.partition(":")[0]) == ("default/web", "updateStrategy OnDelete")


def test_a_paused_deployment_has_no_roll_out():
    text = manifests().replace("  selector: {matchLabels", "  paused: true\n  selector: {matchLabels", 1)
    found = sim.rollout(sim.load_text(text, "web.yaml"))
    assert found.left_out == (("default/web", "it is paused: no Pod is replaced until it is resumed"),)


def test_the_command_prints_what_the_verb_gives(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("web.yaml").write_text(manifests())
    done = command("rollout", "-f", "web.yaml", "--rps", "5", "-o", "json")
    found = sim.rollout(sim.load(["web.yaml"]), rps=5)
    assert done.status == found.status == 1
    assert json.loads(done.out) == json.loads(json.dumps(found.to_json()))
    patched = command("rollout", "-f", "web.yaml", "--rps", "5", "--patch", "--chart", "web.svg")
    assert patched.out == found.rollouts[0].hook.patch
    shown = shown_rollout(sim.load(["web.yaml"]), found)
    failed = [result.failures for result in trial(sim.load(["web.yaml"]), 5).runs(SEEDS)]
    assert shown.as_is.failures == max(failed) > shown.hooked.failures == 0
    assert f"{max(failed)} requests failed, none with a preStop of 2 s" in Path("web.svg").read_text()


SCENARIO = """
manifests: [web.yaml]
seed: 4
traffic: [{host: HOST, path: /, rps: 20, duration_s: DURATION}]
events: [{at: 10s, rollout: default/web}]
"""


def test_rollout_run_and_a_trace_of_the_moment_agree(tmp_path):
    text = manifests(NLB)
    loaded = sim.load_text(text, "web.yaml")
    alone = trial(loaded)
    row = alone.scenario.traffic[0]
    (tmp_path / "web.yaml").write_text(text)
    scenario = SCENARIO.replace("HOST", row.host).replace("DURATION", str(row.duration_s))
    (tmp_path / "scenario.yaml").write_text(scenario)
    result = next(alone.runs([4]))
    shown = json.loads(command("run", str(tmp_path), "-o", "json").out)
    assert shown["failures"] == result.failed_how.to_json()
    assert "by second" in command("run", str(tmp_path)).out
    refused = next(f for f in failures_of(result) if f.reason == "refused")
    asked = ("trace", "--scenario", str(tmp_path), "--at", f"{refused.at_s - 0.01}s", "http://web.default/")
    traced = json.loads(command(*asked, "-o", "json").out)["final"]
    ends = traced.get("outcomes") or [traced]
    assert "refused" in {end["state"] for end in ends}


APPLICATIONS = (
    "online-boutique", "online-boutique-gateway", "online-boutique-ingress", "sock-shop", "aks-store-all",
    "aks-store-ingress", "aks-store-lb", "game-2048", "echoservice", "echo-auth-headers",
)  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", APPLICATIONS)
def test_a_real_application_is_answered_and_its_patch_holds_on_other_seeds(name, tmp_path, monkeypatch):
    options = corpus_set(name)
    monkeypatch.chdir(tmp_path)
    paths = [_copied(Path(path), number) for number, path in enumerate(options[3::2])]
    found = sim.rollout(sim.load(paths, options[1]), rps=4)
    assert found.rollouts
    for one in found.rollouts:
        assert one.assumptions
        assert one.hook is not None
        subprocess.run(["patch", "-p0"], input=one.hook.patch, text=True, check=True, capture_output=True)
        patched = trial(sim.load(paths, options[1]), 4, one.workload)
        assert sum(result.failures for result in patched.runs(OTHER_SEEDS)) == 0


def _copied(path: Path, number: int) -> str:
    """A file or folder, here under a number."""
    to = Path(str(number), path.name)
    (shutil.copytree if path.is_dir() else shutil.copy)(path, to if path.is_dir() else _made(to))
    return str(to)


def _made(to: Path) -> Path:
    to.parent.mkdir()
    return to


ON_HOST = "ports: [{containerPort: 80, hostPort: 80}]"


@pytest.mark.parametrize(
    ("replicas", "strategy", "ports", "stuck"),
    [
        pytest.param(3, "", ON_HOST, True, id="every-node-is-taken"),
        pytest.param(2, "", ON_HOST, False, id="a-node-is-free"),
        pytest.param(3, "", "ports: [{containerPort: 80}]", False, id="a-port-of-its-own"),
        pytest.param(
            3, "strategy: {rollingUpdate: {maxUnavailable: 1}}", ON_HOST, False, id="an-old-one-goes-before"
        ),
        pytest.param(3, "strategy: {type: Recreate}", ON_HOST, False, id="all-go-before"),
    ],
)
def test_a_deployment_whose_new_pods_find_no_node_is_left_out(replicas, strategy, ports, stuck):
    text = manifests(replicas=replicas, strategy=strategy)
    assert "ports: [{containerPort: 80}]" in text
    loaded = sim.load_text(text.replace("ports: [{containerPort: 80}]", ports), "web.yaml")
    one = trial(loaded, 1)
    assert ("stays Pending" in no_room(one)) is stuck
    said = [told.what for told in assumptions_of(one, 1) if "of its node free" in told.what]
    assert bool(said) is ("hostPort" in ports)
    if stuck:
        assert sim.rollout(loaded, rps=1).left_out == (("default/web", no_room(one)),)

"""Objects that are applied or deleted while a run goes on: who goes by the new rules, and from when on."""

from __future__ import annotations

from math import inf

import numpy as np
import pytest
import yaml
from small import INGRESS, app, experiment

from sim.comparison.failures import failures_of
from sim.errors import ScenarioError
from sim.routing import Request, route
from sim.scenario.experiment import load_experiment
from sim.simulation.design import compile_design
from sim.simulation.engines import run
from sim.simulation.moment import cluster_at

SCENARIO = """
manifests: [manifests/]
traffic: [{host: web.shop.example, rps: 60, duration_s: 12}]
propagation: {endpointslice: 0s, kube_proxy: 0s, controller: DELAY}
events: [EVENT]
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "manifests").mkdir()
    (tmp_path / "manifests/app.yaml").write_text(
        "---".join((app("web", 2), app("api", 2))) + INGRESS.replace("NAME", "web")
    )
    (tmp_path / "to-api.yaml").write_text(INGRESS.replace("NAME", "api"))
    (tmp_path / "release.yaml").write_text(app("web", 3).replace("image: web,", "image: web-2,"))
    (tmp_path / "new.yaml").write_text(app("new", 2))
    (tmp_path / "broken.yaml").write_text("kind: Ingress\n")
    return tmp_path


def ran(folder, event, plan="single-ingress", delay="2s", seed=1):
    (folder / "scenario.yaml").write_text(SCENARIO.replace("EVENT", event).replace("DELAY", delay))
    found = load_experiment(str(folder))
    return run(compile_design(found.plans([plan])[0], found.scenario, found.rules), found.scenario, seed)


def failed_s(result):
    return result.sent_s[(result.end >= 0) & ~np.isfinite(result.answered_s)]


def served_by(result, name):
    numbers = [n for n, s in enumerate(result.stations) if s.spec.name.startswith(name)]
    return result.sent_s[np.isin(result.pod, numbers)]


def test_a_controller_answers_by_the_old_rules_until_it_has_heard(folder):
    result = ran(folder, "{at: 5s, delete: Ingress/shop/shop}")
    assert result.failed.keys() == {"answered-by-proxy 404"}
    late = failed_s(result)
    assert 6.8 < late.min() < 7.1
    assert (served_by(result, "shop/web") < 7).all()
    assert {f.event for f in failures_of(result)} == {"delete Ingress/shop/shop"}


def test_each_controller_pod_hears_in_its_own_time(folder):
    result = ran(folder, "{at: 5s, delete: Ingress/shop/shop}", delay="{empirical: [1s, 4s]}", seed=3)
    first = {
        int(pod): result.sent_s[(result.controller == pod) & (result.end > 0)].min()
        for pod in np.unique(result.controller[result.controller >= 0])
    }
    assert len(first) == 2
    assert all(min(abs(at_s - 6), abs(at_s - 9)) < 0.3 for at_s in first.values())


@pytest.mark.parametrize("plan", ["single-ingress", "gateway", "as-is"])
def test_an_applied_rule_sends_to_another_service_and_nothing_fails(folder, plan):
    result = ran(folder, "{at: 5s, apply: to-api.yaml}", plan)
    assert result.failures == 0
    assert served_by(result, "shop/web").max() < 7 < served_by(result, "shop/api").min() + 0.2


def test_an_applied_deployment_is_scaled_and_rolled_out(folder):
    result = ran(folder, "{at: 2s, apply: release.yaml}")
    assert {life.because for life in result.lives.values()} == {"apply release.yaml"}
    there = [life for life in result.lives.values() if life.deleted_s == inf]
    assert len(there) == 3
    (scaled,) = result.scaled
    assert [change.replicas for change in scaled.changes] == [2, 3]


def test_a_new_deployment_brings_its_pods(folder):
    result = ran(folder, "{at: 2s, apply: new.yaml}")
    assert sorted(life.key for life in result.lives.values()) == []
    (scaled,) = result.scaled
    assert [tuple(change) for change in scaled.changes] == [(0.0, 0, ""), (2.0, 2, "apply new.yaml")]


def test_a_deleted_service_takes_the_name_of_its_load_balancer_with_it(folder):
    result = ran(folder, "{at: 5s, delete: Service/shop/web}", "lb-per-service")
    assert (served_by(result, "shop/web") < 7).all()
    shared = ran(folder, "{at: 5s, delete: Service/shop/web}")
    assert shared.failed.keys() == {"answered-by-proxy 503"}


def test_what_a_plan_does_not_have_changes_nothing_in_it(folder):
    result = ran(folder, "{at: 5s, delete: Ingress/shop/shop}", "lb-per-service")
    assert result.failures == 0


@pytest.mark.parametrize(
    ("event", "said"),
    [
        ("{at: 5s, delete: Ingress/shop/web}", "there is no Ingress/shop/web to delete"),
        ("{at: 5s, delete: Pod/shop/web-9}", "events.0..delete: there is no Pod/shop/web-9"),
        ("{at: 5s, restart: shop/web-7}", "events.0..restart: there is no shop/web-7"),
        ("{at: 5s, delete: Pod}", "must be KIND/NAMESPACE/NAME"),
        ("{at: 5s, apply: nowhere.yaml}", "no file or folder nowhere.yaml"),
        ("{at: 5s, apply: ../app.yaml}", "outside the scenario's folder"),
        ("{at: 5s, apply: broken.yaml}", "events.0..apply: "),
        ("{at: 5s}", "says nothing; name exactly one of rollout, scale"),
        ("{at: 5s, rollout: shop/web, drain: node-a}", "says rollout, drain"),
        ("{at: 5s, scale: shop/web}", "give both or none"),
        ("{at: 5s, rolout: shop/web}", "did you mean 'rollout'"),
    ],
)
def test_what_an_event_cannot_mean_is_said(folder, event, said):
    with pytest.raises(ScenarioError, match=said):
        ran(folder, event)


def test_events_that_change_no_rule_leave_the_rules_as_they_are():
    row = {"host": "web.shop.example", "rps": 50, "duration_s": 5}
    found = experiment(app(pods=2), traffic=[row], events=[{"at": "1s", "restart": "shop/web-1"}])
    design = compile_design(found.plans(["single-ingress"])[0], found.scenario, found.rules)
    assert design.later == ()


GONE_S, TTL_S = 55.0, 60.0
"""Clients ask for the name in the first seconds, and when they have known it for its TTL."""


@pytest.mark.parametrize(
    ("dns", "asked_until_s"),
    [
        pytest.param("0s", TTL_S, id="until-its-time-to-live-is-over"),
        pytest.param("10s", 2 * TTL_S, id="name-servers-gave-it-out-again"),
    ],
)
def test_a_load_balancer_that_is_gone_is_asked_as_long_as_its_name_is_known(folder, dns, asked_until_s):
    row = {"host": "web.shop.example", "duration_s": 130, "rps": 5, "keep_alive": 1, "connect_timeout": "1s"}
    told = {
        "manifests": ["manifests/"],
        "traffic": [row],
        "propagation": {"kube_proxy": "0s", "dns": dns},
        "events": [{"at": f"{GONE_S}s", "delete": "Service/shop/web"}],
    }
    (folder / "scenario.yaml").write_text(yaml.safe_dump(told))
    found = load_experiment(str(folder))
    design = compile_design(found.plans(["lb-per-service"])[0], found.scenario, found.rules)
    result = run(design, found.scenario, 1)
    ends = np.array([result.ends[end] if end >= 0 else "" for end in result.end])
    in_vain, unknown = (result.sent_s[ends == end] for end in ("connect-timeout", "dns-no-record"))
    assert GONE_S < in_vain.min() < GONE_S + 2
    assert asked_until_s - 2 < in_vain.max() < asked_until_s + 6
    assert GONE_S < unknown.min() < asked_until_s + 6
    assert {f.event for f in failures_of(result)} == {"delete Service/shop/web"}
    for after_s in (1, 9, 11):
        cluster = cluster_at(found, GONE_S + after_s, "lb-per-service")
        final = route(cluster, Request.parse("http://web.shop/")).final
        assert final.state == (
            "timeout" if found.scenario.propagation.dns.mean_s > after_s else "dns-no-record"
        )

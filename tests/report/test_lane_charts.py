"""Charts of runs in which Pods come and go: what each says, from which values, and that nothing touches."""

from __future__ import annotations

from functools import cache

import pytest
from crowded import crowded
from small import app, experiment

import sim
from sim.comparison.failures import failures_of
from sim.comparison.lanes import fullest, lanes_of, stopped_pods
from sim.errors import UsageError
from sim.report.charts.charts import RUN_CHARTS, run_chart
from sim.report.charts.lanes import MOST_LANES
from sim.report.theme import LONGEST_TITLE, SIZES, THEMES
from sim.report.words.chart_kinds import RUN_KINDS
from sim.simulation.design import compile_design
from sim.simulation.engines import run
from sim.simulation.result import Result

LONG = "a-very-long-name-of-a-workload-that-nobody-can-read-any-more"


def ran(text: str, plan: str = "lb-per-service", name: str = "web", **keys: object) -> Result:
    row = {"host": f"{name}.shop.example", "path": "/", "rps": 30, "duration_s": 40}
    events = [{"at": "5s", "rollout": f"shop/{name}"}]
    found = experiment(
        text, **{"traffic": [row], "events": events, "service_time": {"default": "10ms"}, **keys}
    )
    design = compile_design(found.plans([plan])[0], found.scenario, found.rules)
    return run(design, found.scenario, 1)


def hooked(text: str, seconds: int) -> str:
    return text.replace(
        "image: web,", f"image: web, lifecycle: {{preStop: {{sleep: {{seconds: {seconds}}}}}}},"
    )


SLOW = {"kube_proxy": {"exponential": "2s"}, "controller": {"exponential": "2s"}}
POST = {"host": "web.shop.example", "path": "/", "method": "POST", "rps": 30, "duration_s": 40}
CASES = {
    "no hook": lambda: ran(app(pods=3)),
    "a hook that is long enough": lambda: ran(
        hooked(app(pods=3), 2), "single-ingress", apps={"default": {"on_sigterm": "drain"}}
    ),
    "a hook that is too short": lambda: ran(hooked(app(pods=3), 1), propagation=SLOW),
    "controllers that differ": lambda: ran(
        app(pods=3), "single-ingress", traffic=[POST], propagation=SLOW, controller={"replicas": 12, "profile": "traefik"}
    ),
    "targets are Pods": lambda: ran(
        app(pods=3), lb_targets="pod", load_balancer={"deregistration": {"still_new": "4s"}}
    ),
    "many, with long names": lambda: ran(app(LONG, 9), name=LONG),
    "it ignores SIGTERM": lambda: ran(app(pods=2), apps={"default": {"on_sigterm": "ignore"}}),
    "scale in": lambda: ran(app(pods=5), events=[{"at": "20s", "scale": "shop/web", "to": 1}]),
    "a start that never ends in the run": lambda: ran(app(pods=2), apps={"default": {"start": "90s"}}),
}  # fmt: skip


@cache
def case(name: str) -> Result:
    return CASES[name]()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("kind", RUN_KINDS)
def test_nothing_touches_or_leaves_the_page(kind: str, name: str, size: str) -> None:
    if kind == "senders" and not stopped_pods(case(name)):
        return
    theme = list(THEMES)[len(name) % 2]
    picture = run_chart(case(name), kind, size, theme)
    assert crowded(picture.figure) == []
    assert len(picture.title) <= LONGEST_TITLE
    assert "…" not in picture.title
    assert picture.alt.startswith(picture.title)


def test_a_lane_has_the_moments_of_its_pod_and_its_own_failures() -> None:
    result = case("a hook that is too short")
    lanes = lanes_of(result)
    assert [lane.goes for lane in lanes] == [True] * 3 + [False] * 3
    assert sum(len(lane.failed) for lane in lanes) == len([f for f in failures_of(result) if f.pod])
    for lane in lanes[:3]:
        assert lane.life.sigterm_s == lane.life.closes_s == lane.life.deleted_s + 1
        assert lane.told_s == max(t.at_s for t in result.told if t.pod == lane.life.key)
        assert all(lane.life.closes_s <= f.at_s for f in lane.failed)
    assert result.told_last == {
        lane.life.key: ("kube_proxy", pytest.approx(lane.told_s - lane.life.deleted_s)) for lane in lanes[:3]
    }


def test_who_sent_what_failed_is_somebody_who_was_told_later() -> None:
    for name in ("a hook that is too short", "controllers that differ", "targets are Pods"):
        pods = stopped_pods(case(name))
        failed = [f for f in failures_of(case(name)) if f.pod]
        assert sum(len(pod.failed) for pod in pods) == len(failed) > 0, name
        for pod in pods:
            for sender in pod.senders:
                late = [f for f in sender.failed if f.reason != "reset"]
                assert all(pod.life.closes_s <= f.at_s <= sender.told_s + 0.5 for f in late), name
    kinds = {s.kind for pod in stopped_pods(case("targets are Pods")) for s in pod.senders if s.failed}
    assert kinds == {"load_balancer"}


def test_a_pod_that_drains_is_gone_with_its_last_request() -> None:
    for lane in lanes_of(case("a hook that is long enough"))[:3]:
        assert lane.life.sigterm_s <= lane.gone_s < lane.life.sigterm_s + 1 < lane.life.ends_s


def test_of_too_many_lanes_those_with_failures_are_kept() -> None:
    result = case("many, with long names")
    kept = fullest(lanes_of(result), MOST_LANES)
    assert len(kept) == MOST_LANES
    assert {lane.life.key for lane in lanes_of(result) if lane.failed} <= {lane.life.key for lane in kept}
    assert "4 more Pods not shown" in run_chart(result, "lanes").alt


@pytest.mark.parametrize(
    ("name", "lanes", "senders"),
    [
        ("no hook", "31 requests failed: Pods stopped before kube-proxy was told", "too late"),
        ("a hook that is long enough", "No request failed because Pods came or went", "All were told before"),
        ("targets are Pods", "Pods stopped too early", "load balancer told 4.1 s too late"),
    ],
)
def test_the_title_is_the_finding(name: str, lanes: str, senders: str) -> None:
    assert lanes in run_chart(case(name), "lanes").title
    assert senders in run_chart(case(name), "senders").title


def test_every_kind_says_what_it_is_for_and_the_door_draws_it() -> None:
    assert list(RUN_CHARTS) == list(RUN_KINDS)
    assert all(kind.about.endswith(".") for kind in RUN_KINDS.values())
    assert sim.chart(case("no hook")).title == run_chart(case("no hook")).title
    with pytest.raises(UsageError, match="no chart lane;"):
        sim.chart(case("no hook"), kind="lane")


def test_where_nobody_comes_or_goes_there_is_nothing_to_draw() -> None:
    plain = ran(app(pods=2), events=[])
    for kind in ("lanes", "senders"):
        with pytest.raises(UsageError, match="events"):
            run_chart(plain, kind)

"""Charts of runs in which Pods come and go: what each says, from which values, and that nothing touches."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from crowded import crowded
from small import NO_DELAY, app, experiment

import sim
from sim.comparison.failures import failures_of
from sim.comparison.hooked import PodHook
from sim.comparison.lanes import fullest, lanes_of, stopped_pods
from sim.comparison.over_time import over_time
from sim.comparison.rollout_answer import ShownRollout
from sim.errors import UsageError
from sim.report.charts.charts import RUN_CHARTS, run_chart
from sim.report.charts.lanes import MOST_LANES
from sim.report.charts.rollout import MOST_IN_PANEL, rollout_chart
from sim.report.theme import LONGEST_TITLE, SIZES, THEMES
from sim.report.words.chart_kinds import RUN_KINDS
from sim.report.words.over_time import FULL, lengths_of, marks_of
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
NOBODY_GOES = "a start that never ends in the run"
STAYING = (NOBODY_GOES, "a container that restarts")
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
    "a container that restarts": lambda: ran(app(pods=2), events=[{"at": "10s", "restart": "shop/web-1"}]),
    NOBODY_GOES: lambda: ran(app(pods=2), apps={"default": {"start": "90s"}}),
}  # fmt: skip


@cache
def case(name: str) -> Result:
    return CASES[name]()


DRAWN = [
    (kind, name) for kind in ("lanes", "senders") for name in CASES if kind == "lanes" or name not in STAYING
]
DRAWN += [(kind, name) for kind in ("served", "busy") for name in ("no hook", "many, with long names")]


@pytest.mark.parametrize("number", range(len(DRAWN)))
def test_nothing_touches_or_leaves_the_page(number: int) -> None:
    (kind, name), size, theme = DRAWN[number], list(SIZES)[number % len(SIZES)], list(THEMES)[number % 2]
    picture = run_chart(case(name), kind, size, theme)
    assert crowded(picture.figure) == []
    assert len(picture.title) <= LONGEST_TITLE
    assert "…" not in picture.title
    assert picture.alt.startswith(picture.title)


@pytest.mark.parametrize(("name", "size", "theme"), [("web", "slide", "light"), (LONG, "notebook", "dark")])
def test_a_roll_out_stands_above_the_same_one_with_its_hook(name: str, size: str, theme: str) -> None:
    text = app(name, 3 if name == "web" else 9)
    as_is, after = ran(text, name=name), ran(hooked(text, 2), name=name)
    picture = rollout_chart(ShownRollout(f"shop/{name}", 30, as_is, PodHook(2, 30), after), size, theme)
    assert crowded(picture.figure) == []
    assert picture.title == f"{as_is.failures} requests failed, none with a preStop of 2 s"
    going = [lane for lane in lanes_of(as_is) if lane.goes]
    shown = going[:MOST_IN_PANEL]
    assert picture.alt.count("takes nothing new from") == 2 * len(shown)
    for words in (f"from {lane.life.closes_s + more:.1f} s on" for lane in shown for more in (0, 2)):
        assert words in picture.alt
    assert ("4 more Pods not shown" in picture.alt) is (len(going) == 9)


def test_a_roll_out_without_a_hook_has_the_lanes_of_all_pods() -> None:
    as_is = case("a container that restarts")
    alone = rollout_chart(ShownRollout("shop/web", 30, as_is, None, None))
    assert alone.alt == run_chart(as_is, "lanes").alt


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


def test_a_pod_that_rests_is_not_ready_and_has_its_failures() -> None:
    result = case("a container that restarts")
    (lane,) = lanes_of(result)
    (rest,) = lane.life.breaks
    assert not lane.goes
    assert lane.failed
    assert all(rest.from_s <= f.at_s <= rest.ready_s + 2 for f in lane.failed)
    slots = over_time(result)
    assert slots.ready.sum() == pytest.approx(80 - (rest.ready_s - rest.unready_s))
    assert "rests from 10.0 s" in run_chart(result, "lanes").alt


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
        ("targets are Pods", "the load balancer was told too late", "load balancer told 4.1 s too late"),
    ],
)
def test_the_title_is_the_finding(name: str, lanes: str, senders: str) -> None:
    assert lanes in run_chart(case(name), "lanes").title
    assert senders in run_chart(case(name), "senders").title


@pytest.mark.parametrize(
    ("scenario", "why"),
    [("scale-in", "Pods ended with requests in them"), ("drain-budget", "no Pod was left to send to")],
)
def test_requests_that_were_not_sent_too_late_are_not_said_to_be(scenario: str, why: str) -> None:
    result = sim.run(scenario)
    assert all(why in run_chart(result, kind).title for kind in ("lanes", "senders"))


def test_every_kind_says_what_it_is_for_and_the_door_draws_it() -> None:
    assert list(RUN_CHARTS) == list(RUN_KINDS)
    assert all(kind.about.endswith(".") for kind in RUN_KINDS.values())
    assert sim.chart(case("no hook")).title == run_chart(case("no hook")).title
    with pytest.raises(UsageError, match="no chart lane;"):
        sim.chart(case("no hook"), kind="lane")


def test_the_slots_of_a_run_add_up_to_it() -> None:
    for name in ("no hook", "a hook that is too short", "scale in"):
        result, slots = case(name), over_time(case(name))
        lengths = lengths_of(slots, result)
        assert [round(float((column * lengths).sum())) for column in (slots.offered, slots.served, slots.failed)] == [
            result.sent, result.answered, result.failures,
        ]  # fmt: skip
        assert all(slots.served + slots.failed <= slots.offered + 1e-9), name
    lives = case("scale in").lives.values()
    for begin, ready in zip(slots.begins_s, slots.ready, strict=True):
        gone = sum(life.deleted_s <= begin for life in lives)
        assert ready == pytest.approx(5 - gone), begin


def test_workers_are_busy_as_long_as_requests_take() -> None:
    one = {"host": "web.shop.example", "path": "/", "rps": 1, "duration_s": 20, "arrivals": "constant"}
    result = ran(
        app(pods=1), events=[], traffic=[one], latency=NO_DELAY, service_time={"default": "250ms"},
        workers={"default": 1},
    )  # fmt: skip
    slots = over_time(result)
    assert slots.ready.tolist() == [1.0] * 20
    assert slots.busy.sum() == pytest.approx(result.stations[0].utilisation * 20)
    assert all(0 <= busy <= 0.5 for busy in slots.busy)
    assert 0.2 <= float(np.median(slots.busy)) <= 0.25


def test_long_runs_have_longer_slots() -> None:
    long = over_time(replace(case("no hook"), end_s=1000.0))
    assert (long.width_s, len(long.begins_s)) == (10.0, 100)


def test_charts_over_time_say_the_worst_and_when_events_began() -> None:
    served, busy = (run_chart(case("no hook"), kind) for kind in ("served", "busy"))
    assert served.title == "31 of 1,234 requests failed, 12 of those sent at 15 s"
    assert "5.0 s: rollout shop/web" in served.alt
    assert busy.title.startswith("Workers were ")
    assert "3 Pods ready" in busy.alt


def test_workers_that_are_busy_in_many_slots_are_not_said_to_be_so_in_one() -> None:
    titles = {load: run_chart(loaded(load), "busy").title for load in (0.002, 0.5, 5)}
    assert titles[0.002] == "Workers were less than 1 % busy all the time; 1 Pod ready"
    assert titles[0.5] == "Workers were never more than 50 % busy; 1 Pod ready"
    full = int((over_time(loaded(5)).busy >= FULL).sum())
    assert titles[5] == f"All workers were busy for {full} of 20 s; 1 Pod ready"
    assert full > 15


def loaded(workers: float) -> Result:
    row = {"host": "web.shop.example", "path": "/", "rps": 2, "duration_s": 20, "arrivals": "constant"}
    return ran(
        app(pods=1), events=[], traffic=[row], latency=NO_DELAY, workers={"default": 1},
        service_time={"default": f"{500 * workers:g}ms"},
    )  # fmt: skip


def test_events_of_one_moment_share_a_label_and_a_fault_has_its_own() -> None:
    result = ran(
        f"{app(pods=1)}\n---\n{app('other', 1)}",
        traffic=[
            {"host": f"{name}.shop.example", "path": "/", "rps": 1, "duration_s": 40}
            for name in ("other", "web")
        ],
        events=[{"at": "5s", "rollout": f"shop/{name}"} for name in ("other", "web")],
        faults=[{"at": "20s", "zone": "zone-a"}],
    )
    moments = {mark.at_s: mark.words for mark in marks_of(result)}
    assert moments == {5.0: "rollout shop/other, rollout shop/web", 20.0: "zone zone-a"}


def test_where_nobody_comes_or_goes_there_is_nothing_to_draw() -> None:
    plain = ran(app(pods=2), events=[])
    for kind in ("lanes", "senders"):
        with pytest.raises(UsageError, match="events"):
            run_chart(plain, kind)

"""`sim diff` and `sim rules` at moments of a scenario's run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command import sim
from jsonschema import Draft202012Validator
from small import app, rolling

import sim as door
from sim.report.words.failed import failure_lines

SCHEMAS = Path(__file__).parents[2] / "docs/schemas"
URL = "http://web.shop.example/"


@pytest.fixture(scope="module")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> str:
    return rolling(tmp_path_factory.mktemp("rolling"), "propagation: {kube_proxy: {exponential: 1s}}\n")


def test_two_moments_differ_where_a_pod_refuses(scenario: str) -> None:
    done = sim("diff", "--scenario", scenario, "--at", "5s", "--at", "15.3s", "-o", "json")
    found = json.loads(done.out)
    assert (
        list(Draft202012Validator(json.loads((SCHEMAS / "diff.json").read_text())).iter_errors(found)) == []
    )
    assert (done.status, found["moments_s"], found["requests"]) == (1, [5.0, 15.3], 1)
    (one,) = found["differences"]
    assert one["request"]["url"] == URL
    assert {o["state"]: o.get("author") for o in one["new"]["outcomes"]} == {
        "delivered": None,
        "refused": "Pod",
    }
    text = " ".join(sim("diff", "--scenario", scenario, "--at", "5s", "--at", "15.3s").out.split())
    assert "15.3 s delivered shop/web:80 66.7 % delivered shop/web:80 33.3 % refused" in text
    assert "why Pod web-1 was deleted at 15 s (rollout shop/web) and refuses connections since 15 s" in text


def test_moments_at_which_all_is_alike_do_not_differ(scenario: str) -> None:
    done = sim("diff", "--scenario", scenario, "--at", "5s", "--at", "2m")
    assert (done.status, done.out.strip()) == (0, "no difference in 1 request · exit 0")


def test_each_node_has_the_rules_of_what_it_has_heard(scenario: str) -> None:
    """The rules of a node lead to the Pods that a trace says it knows; nodes hear at moments of their own."""
    cluster = door.cluster_at(scenario, 15.8)
    found = {
        node: "10.244.1.1:8080" in sim("rules", "--scenario", scenario, "--at", "15.8s", "--node", node).out
        for node in ("node-a", "node-b", "node-c")
    }
    hop = next(h for h in door.route(cluster, door.Request.parse(URL)).hops if h.kind == "node")
    (gone,) = (n for n in hop.news if n.pod == "shop/web-1")
    assert found == {part.name: at_s > 15.8 for part, at_s in gone.heard}
    assert set(found.values()) == {True, False}
    written = sim("rules", "--scenario", scenario, "--at", "15.8s", "--node", "node-a", "-o", "json").out
    assert json.loads(written)["iptables"] == door.rules(cluster, "node-a").to_json()["iptables"]


def test_two_moments_of_rules_show_what_changes(scenario: str) -> None:
    done = sim("rules", "--scenario", scenario, "--at", "15.3s", "--at", "60s", "--node", "node-c")
    assert done.status == 1
    assert done.out.startswith("--- at 15.3 s\n+++ at 60 s\n")
    assert "-A KUBE-SEP" in done.out
    assert sim("rules", "--scenario", scenario, "--at", "1s", "--at", "2s").status == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("diff", "--scenario", "fanout", "--at", "5s"), "give --at twice, as --at 10s --at 31s"),
        (("diff",), "give OLD and NEW, or --scenario NAME --at TIME --at TIME"),
        (("diff", "scenarios/fanout/manifests", "--at", "5s"), "--at needs --scenario NAME"),
        (
            ("diff", "scenarios/fanout/manifests", "--scenario", "fanout", "--at", "1s", "--at", "2s"),
            "leave OLD",
        ),
        (("rules", "-f", "scenarios/fanout/manifests", "--at", "5s"), "--at needs --scenario NAME"),
        (("rules", "--scenario", "fanout", "--at", "1s", "--at", "2s", "--at", "3s"), "at most 2 moments"),
        (
            ("rules", "--scenario", "fanout", "--at", "1s", "--at", "2s", "--without-pod", "a/b"),
            "leave --diff",
        ),
    ],
)
def test_an_error_says_what_to_do(arguments: tuple[str, ...], says: str) -> None:
    done = sim(*arguments)
    assert done.status == 2
    assert says in " ".join(done.err.split())


def test_a_moment_before_the_run_is_refused_in_python_too() -> None:
    with pytest.raises(door.UsageError, match="begins at 0 s"):
        door.cluster_at("fanout", -1)


def test_an_event_after_the_end_of_a_run_is_told(tmp_path):
    (tmp_path / "app.yaml").write_text(app(pods=2))
    text = "manifests: [app.yaml]\nduration_s: 5\nrps: 2\nevents: [{at: 9s, rollout: shop/web}]\n"
    (tmp_path / "scenario.yaml").write_text(text)
    said = sim("run", str(tmp_path)).err
    assert "note: rollout shop/web is asked for at 9 s, and the run ends at 5 s" in " ".join(said.split())


def test_failures_of_two_events_stand_in_one_row_for_each_reason():
    rows = [
        {"reason": "refused", "author": "Pod", "event": event, "count": count}
        for event, count in (("drain a", 5), ("drain b", 3))
    ]
    seconds = [{"second": 10, "reason": "refused", "author": "Pod", "count": 8}]
    found = {"count": 8, "by_reason": rows, "by_last_try": [], "by_pod": [], "by_second": seconds}
    assert [line.split() for line in failure_lines(found, 1) if "refused" in line] == [
        ["refused", "Pod", "8"]
    ]

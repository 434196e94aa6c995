"""`sim trace --at`: a request at a moment of a scenario's run, from the command and as text."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command import sim
from jsonschema import Draft202012Validator
from small import rolling

SCHEMA = json.loads((Path(__file__).parents[2] / "docs/schemas/trace.json").read_text())
URL = "http://web.shop.example/"


@pytest.fixture(scope="module")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> str:
    return rolling(tmp_path_factory.mktemp("rolling"))


def asked(*arguments: str) -> dict[str, object]:
    done = sim("trace", *arguments, URL, "-o", "json")
    found = json.loads(done.out)
    assert list(Draft202012Validator(SCHEMA).iter_errors(found)) == []
    return found


def test_a_pod_that_has_closed_refuses_whoever_still_lists_it(scenario: str) -> None:
    found = asked("--scenario", scenario, "--at", "15.3s")
    (refused,) = (o for o in found["final"]["outcomes"] if o["state"] == "refused")
    assert refused["author"] == "Pod"
    assert refused["probability"] == pytest.approx(1 / 3)
    cause = refused["cause"]
    assert (cause["pod"], cause["change"], cause["at_s"], cause["event"], cause["closes_s"]) == (
        "shop/web-1", "deleted", 15.0, "rollout shop/web", 15.0,
    )  # fmt: skip
    assert {(one["kind"], one["name"]): one["at_s"] for one in cause["heard"]} == {
        ("kube_proxy", f"node-{letter}"): pytest.approx(16.1) for letter in "abc"
    }
    assert found["moment_s"] == 15.3


def test_a_proxy_that_tries_another_pod_answers(scenario: str) -> None:
    done = sim("trace", "--scenario", scenario, "--plan", "single-ingress", "--at", "15.3s", URL)
    assert done.status == 0, done.out
    assert "1 of the 3 Pods that it lists does not answer" in " ".join(done.out.split())
    assert "controller Pods ingress-nginx-1 and ingress-nginx-2 hear of it at 16.1" in " ".join(
        done.out.split()
    )


BROKEN = {
    "pod: shop/web-1": ("refused", "node", "failed", 1.0),
    "node: node-a": ("timeout", "client", "silent", 51.1),
    "pod: shop/web-2, graceful: true": ("refused", "node", "failed", 1.0),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_what_a_fault_breaks_fails_whoever_still_sends_to_it(fault: str, scenario: str) -> None:
    """The node answers in the place of a Pod that failed, as runs count it."""
    state, author, change, known_s = BROKEN[fault]
    file = Path(scenario).with_name("broken.yaml")
    events = "events: [{at: 1h, rollout: shop/web}]"
    rows = "traffic: [{host: web.shop.example, rps: 20, duration_s: 60}]"
    file.write_text(f"manifests: [app.yaml]\n{events}\nfaults: [{{{fault}, at: 3s}}]\n{rows}\n")
    before = asked("--scenario", str(file), "--at", "2.9s")
    assert "outcomes" not in before["final"]
    found = asked("--scenario", str(file), "--at", "3.5s")
    (failing,) = (o for o in found["final"]["outcomes"] if o["state"] == state and "cause" in o)
    cause = failing["cause"]
    assert (failing["author"], cause["change"], cause["at_s"]) == (author, change, 3.0)
    assert all(one["at_s"] == pytest.approx(3 + known_s) for one in cause["heard"])
    assert cause["heard"]
    after = asked("--scenario", str(file), "--at", "59s")
    assert "outcomes" not in after["final"]


def test_before_and_after_the_events_everybody_knows_all_pods(scenario: str) -> None:
    for at, pods in (("0s", {1, 2, 3}), ("9.9s", {1, 2, 3}), ("2m", {4, 5, 6})):
        found = asked("--scenario", scenario, "--at", at)
        assert {b["to"] for b in found["hops"][-1]["branches"]} == {f"shop/web-{n}" for n in pods}
        assert "outcomes" not in found["final"]
        assert not any("news" in hop for hop in found["hops"])


def test_the_text_says_when_and_why(scenario: str) -> None:
    done = sim("trace", "--scenario", scenario, "--at", "15.3s", URL)
    assert done.status == 1
    words = " ".join(done.out.split())
    assert "was deleted at 15 s (rollout shop/web) and refuses connections since 15 s" in words
    assert "the kube-proxies of node-a, node-b and node-c hear of it at 16.1 s" in words
    assert "web-5 is ready at 20 s" in words
    assert "no queues · at 15.3 s · exit 1" in words


def test_a_scenario_without_events_is_as_it_is() -> None:
    done = sim("trace", "--scenario", "fanout", "--at", "3s", "http://fanout.example.com/foo")
    plain = sim("trace", "--scenario", "fanout", "http://fanout.example.com/foo")
    assert done.out.replace(" · at 3 s", "") == plain.out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--at", "3s"), "--at needs --scenario NAME"),
        (("--scenario", "fanout", "--at=-3s"), "a run begins at 0s; write for example --at 31.2s"),
        (("--scenario", "fanout", "--at", "soon"), "'soon' is not a duration"),
        (
            ("--scenario", "fanout", "--at", "3s", "-f", "scenarios/fanout/manifests"),
            "give -f or --scenario, not both",
        ),
    ],
)
def test_an_error_says_what_to_do(arguments: tuple[str, ...], says: str) -> None:
    done = sim("trace", *arguments, URL)
    assert done.status == 2
    assert says in " ".join(done.err.split())

"""What the commands say of events, rates and moments that cannot be meant."""

from __future__ import annotations

from pathlib import Path

import pytest
from command import sim
from small import HOST, app

import sim as door

ROW = f"traffic: [{{host: {HOST}, rps: 5, duration_s: 60}}]\n"


def scenario(folder: Path, events: str, more: str = "") -> str:
    """One Deployment alone, and its events."""
    (folder / "app.yaml").write_text(app(pods=2) + more)
    (folder / "scenario.yaml").write_text(f"manifests: [app.yaml]\n{ROW}events: {events}\n")
    return str(folder / "scenario.yaml")


def said(*arguments: str) -> str:
    done = sim(*arguments)
    assert done.status == 2
    return " ".join(done.err.split())


@pytest.mark.parametrize(
    ("events", "says"),
    [
        ("{at: 1s, rollout: shop/web}", "events: must be a list; begin each of its entries with a dash"),
        (
            "[{drain: node-a}, {delete: deployment/shop/web}]",
            "events[1].delete: there is no deployment/shop/web to delete fix: did you mean Deployment/shop/web?",
        ),
        ("[{delete: shop/web}]", "fix: did you mean Deployment/shop/web?"),
        ("[{delete: pod/shop/web-1}]", "fix: write Pod/shop/web-1"),
        ("[{delete: Cow/far/away}]", "fix: write KIND/NAMESPACE/NAME, such as Deployment/shop/web"),
        ("[{apply: new.yaml}]", "events[0].apply: no file or folder new.yaml"),
    ],
)
def test_an_event_that_means_nothing_is_refused_with_what_may_be_meant(events, says, tmp_path):
    assert says in said("run", scenario(tmp_path, events))


DAEMON = app("agent").replace("kind: Deployment", "kind: DaemonSet").replace("  replicas: 1\n", "")


@pytest.mark.parametrize(
    ("event", "says"),
    [
        ("rollout: shop/agent", "events[0].rollout: shop/agent is a DaemonSet, whose roll-out is not played"),
        (
            "scale: shop/agent, to: 3",
            "events[0].scale: shop/agent is a DaemonSet, which has no replicas to set",
        ),
    ],
)
def test_what_is_not_played_of_a_kind_is_said(event, says, tmp_path):
    assert says in said("run", scenario(tmp_path, f"[{{at: 5s, {event}}}]", f"---{DAEMON}"))


def test_pods_of_a_deleted_daemon_set_go_with_it(tmp_path):
    name = scenario(tmp_path, "[{at: 5s, delete: DaemonSet/shop/agent}]", f"---{DAEMON}")
    there = [[key for key in door.cluster_at(name, at_s).moment.truth if "agent" in key] for at_s in (4, 50)]
    assert [len(pods) for pods in there] == [3, 0]


@pytest.mark.parametrize("rate", ["nan", "inf", "-1", "0", "1e99"])
def test_a_rate_is_a_number_of_requests(rate, tmp_path):
    (tmp_path / "app.yaml").write_text(app())
    says = said("rollout", "-f", str(tmp_path), "--rps", rate)
    assert says.endswith("must be a number from 0.1 to 10,000")
    assert says.startswith("sim: --rps ")


def test_only_names_that_are_near_are_suggested():
    assert "did you mean" not in said("rollout", "-f", "x", "--provider", "nope")
    assert "did you mean digitalocean?" in said("rollout", "-f", "x", "--provider", "digitalocan")


def test_an_object_that_is_refused_is_told_once(tmp_path):
    (tmp_path / "app.yaml").write_text(app(pods=-4))
    assert said("rollout", "-f", str(tmp_path)).count("must be greater than or equal to 0") == 1


def test_a_moment_after_the_end_is_the_end(tmp_path):
    name = scenario(tmp_path, "[{at: 70s, delete: Deployment/shop/web}]")
    for asked in (["trace", f"http://{HOST}/"], ["diff", "--at", "5s"], ["rules", "--at", "5s"]):
        done = sim(*asked, "--scenario", name, "--at", "2000s")
        assert "ends at 60 s: --at 2000 s shows its end" in " ".join(done.err.split())
        assert "2000 s" not in done.out
        assert done.status == 0
    assert door.cluster_at(name, 2000).moment.at_s == 60
    assert "shows its end" not in sim("trace", "--scenario", name, "--at", "60s", f"http://{HOST}/").err


def test_nothing_is_assumed_in_the_place_of_what_is_deleted(tmp_path):
    name = scenario(tmp_path, "[{at: 10s, delete: Deployment/shop/web}]")
    for at_s in (5, 20):
        assumed = [one.what for one in door.cluster_at(name, at_s).assumptions]
        assert assumed == ["three nodes in three zones"]
    found = door.route(door.cluster_at(name, 20), door.Request.parse(f"http://{HOST}/"))
    assert found.final.state == "refused"

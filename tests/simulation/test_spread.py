"""`sim spread`: counts per Pod against chance, under each mode; placements under policy Local; the pictures."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from command import sim, width
from crowded import crowded

from sim.analysis.trace import Client
from sim.cluster.cluster import Cluster
from sim.errors import UsageError
from sim.manifests.reading.loading import load
from sim.report.charts.picture import Picture
from sim.report.charts.spread import placements_chart, shares_chart
from sim.report.theme import LONGEST_TITLE, SIZES, THEMES
from sim.routing import Request
from sim.routing.building import build
from sim.routing.spreading import spread
from sim.simulation.spread import open_connections, placement_of
from sim.simulation.spread_shares import Placement, Share, Shares, in_turn_interval, placements
from sim.simulation.theory import binomial_interval

MODES = ("iptables", "nftables", "ipvs")
NODE = """\
apiVersion: v1
kind: Node
metadata: {name: %s, labels: {topology.kubernetes.io/zone: zone-a}}
---
"""
POD = """\
apiVersion: v1
kind: Pod
metadata: {name: web-%s, labels: {app: web}}
spec: {nodeName: %s, containers: [{name: web, image: web, ports: [{containerPort: 8080}]}]}
---
"""
SERVICE = """\
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {%s, selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
"""
NONE = """\
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 0
  selector: {matchLabels: {app: web}}
  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: web}]}}
"""
LOCAL = "type: LoadBalancer, externalTrafficPolicy: Local"


def manifests(placement: Sequence[int], spec: str = "type: LoadBalancer") -> str:
    """As many Pods on node-1, node-2, ... as the placement says."""
    nodes = [NODE % f"node-{n}" for n, _ in enumerate(placement, 1)]
    places = [f"node-{n}" for n, count in enumerate(placement, 1) for _ in range(count)]
    return "".join([*nodes, *(POD % pair for pair in enumerate(places, 1)), SERVICE % spec])


def cluster_of(tmp_path: Path, placement: Sequence[int], spec: str = "type: LoadBalancer") -> Cluster:
    (tmp_path / "web.yaml").write_text(manifests(placement, spec))
    return build(load([str(tmp_path / "web.yaml")]))


def dealt(cluster: Cluster, mode: str = "iptables", connections: int = 3000, seed: int = 1) -> Shares:
    return open_connections(cluster, cluster.services["default/web"], mode, connections, seed)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("spec", ["type: LoadBalancer", LOCAL, "type: NodePort", "type: ClusterIP"])
def test_every_connection_goes_to_one_pod_and_the_chances_sum_to_one(spec, mode, tmp_path):
    found = dealt(cluster_of(tmp_path, (3, 1, 0), spec), mode, 400)
    assert sum(row.drawn for row in found.pods) == 400
    assert sum(row.probability for row in found.pods) == pytest.approx(1)


@pytest.mark.parametrize("mode", MODES)
def test_the_counts_of_many_seeds_lie_in_the_interval_as_often_as_it_says(mode, tmp_path):
    cluster = cluster_of(tmp_path, (3, 1, 2), LOCAL)
    rows = [row for seed in range(40) for row in dealt(cluster, mode, 300, seed).pods]
    share = sum(not row.outside for row in rows) / len(rows)
    assert 0.9 <= share <= 1


def test_a_draw_is_the_same_in_modes_that_draw_and_another_with_another_seed(tmp_path):
    cluster = cluster_of(tmp_path, (4, 3))
    assert dealt(cluster, "iptables").pods == dealt(cluster, "nftables").pods
    assert dealt(cluster, seed=1).pods != dealt(cluster, seed=2).pods


def test_one_node_of_ipvs_deals_exactly_in_turn(tmp_path):
    found = dealt(cluster_of(tmp_path, (7,)), "ipvs")
    assert sorted(row.drawn for row in found.pods) == [428, 428, 428, 429, 429, 429, 429]
    assert {row.interval for row in found.pods} == {(428, 429)}


def test_affinity_changes_nothing_where_each_client_is_new(tmp_path):
    plain = dealt(cluster_of(tmp_path, (2, 2)))
    sticky = dealt(cluster_of(tmp_path, (2, 2), "type: LoadBalancer, sessionAffinity: ClientIP"))
    assert [row.drawn for row in sticky.pods] == [row.drawn for row in plain.pods]


@pytest.mark.parametrize(
    ("trials", "probability", "interval"),
    [
        pytest.param(10, 0.5, (2, 8), id="ten-coins"),
        pytest.param(1, 0.5, (0, 1), id="one-coin"),
        pytest.param(3000, 1 / 7, (391, 466), id="3000-over-7-Pods"),
        pytest.param(50, 1.0, (50, 50), id="certain"),
        pytest.param(50, 0.0, (0, 0), id="never"),
    ],
)
def test_the_binomial_interval_holds_what_its_sums_say(trials, probability, interval):
    assert binomial_interval(trials, probability) == interval


@pytest.mark.parametrize(
    ("nodes", "parts", "interval"),
    [
        pytest.param(1, [1 / 7], (428, 429), id="one-node-is-exact"),
        pytest.param(2, [0.5, 0.5], (1499, 1501), id="two-nodes-round-twice"),
        pytest.param(2, [1.0], (1446, 1554), id="the-only-Pod-of-one-of-two-nodes"),
    ],
)
def test_in_turn_only_the_node_is_left_to_chance(nodes, parts, interval):
    assert in_turn_interval(3000, nodes, parts) == interval


@pytest.mark.parametrize("placement", [(3, 1), (2, 2), (5, 1, 1), (4,)])
def test_a_placement_gives_the_shares_that_the_rules_give(placement, tmp_path):
    cluster = cluster_of(tmp_path, placement, LOCAL)
    service = cluster.services["default/web"]
    shares = spread(cluster, service, service.ports[0]).per_pod.values()
    found = placement_of(service)
    assert found == Placement(tuple(sorted(placement, reverse=True)))
    assert (found.smallest, found.largest) == pytest.approx((min(shares), max(shares)))


def test_every_placement_is_told_once_the_evenest_first():
    found = placements(6, 3)
    assert [str(p) for p in found] == ["6", "3 + 3", "2 + 2 + 2", "4 + 2", "3 + 2 + 1", "4 + 1 + 1", "5 + 1"]
    assert found[0].ratio == 1
    assert found[-1].ratio == 5


def test_too_many_placements_are_refused_before_they_are_made():
    assert len(placements(40, 40)) == 37_338
    with pytest.raises(UsageError, match="190,569,292 ways"):
        placements(100, 100)


def test_nothing_to_give_is_said(tmp_path):
    (tmp_path / "none.yaml").write_text(SERVICE % "type: LoadBalancer" + NONE)
    cluster = build(load([str(tmp_path / "none.yaml")]))
    with pytest.raises(UsageError, match="no node has an endpoint"):
        dealt(cluster)


def shares_of(rows: int, name: str, connections: int, mode: str = "iptables") -> Shares:
    """Counts that spread widely: every second Pod far outside."""
    each = connections // rows
    pods = tuple(
        Share(
            f"ns/{name}{n}",
            f"node-{n}",
            1 / rows,
            each + n % 2 * each // 3,
            (each * 9 // 10, each * 11 // 10),
        )
        for n in range(rows)
    )
    return Shares(f"ns/{name}", 80, mode, "Cluster", connections, 2**63, pods)


CASES = {
    "one Pod": [shares_of(1, "web", 3000)],
    "seven": [shares_of(7, "web-", 3000)],
    "ninety": [shares_of(90, "web-", 3000)],
    "few connections": [shares_of(7, "web-", 7)],
    "three modes": [shares_of(7, "web-", 3000, mode) for mode in MODES],
    "three modes, ninety Pods, long names": [shares_of(90, "w" * 63, 100_000, mode) for mode in MODES],
    "long names": [shares_of(12, "checkout-backend-" * 4, 100_000)],
}


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("found", CASES.values(), ids=CASES)
def test_nothing_touches_or_leaves_the_page(found, size, theme):
    picture = shares_chart(found, size, theme)
    assert crowded(picture.figure) == []
    assert len(picture.title) <= LONGEST_TITLE
    assert "…" not in picture.title


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("placement", [(1,), (3, 2, 2), (8, 4, 2, 1), (2,) * 9], ids=str)
def test_placements_neither_touch_nor_leave_the_page(placement, size, theme):
    found = placements(sum(placement), len(placement))
    picture = placements_chart("ns/" + "w" * 63, found, Placement(placement), size, theme)
    assert crowded(picture.figure) == []
    assert len(picture.title) <= LONGEST_TITLE
    assert "…" not in picture.title


@pytest.mark.parametrize(
    ("placement", "spec", "modes", "title"),
    [
        pytest.param(
            (7,), "type: LoadBalancer", MODES[:1], "3,000 connections over 7 Pods: 390 to 452, by chance alone",
            id="drawn",
        ),
        pytest.param(
            (7,), "type: LoadBalancer", MODES[2:], "3,000 connections over 7 Pods: 428 to 429, in turn", id="in-turn"
        ),
        pytest.param(
            (3, 1), LOCAL, MODES[:1], "One Pod expects 3 times the connections of another", id="policy-Local"
        ),
        pytest.param(
            (7,), "type: LoadBalancer", MODES, "Random: 390 to 452 connections per Pod; turns: 428 to 429",
            id="modes"
        ),
    ],
)  # fmt: skip
def test_the_title_is_the_finding(placement, spec, modes, title, tmp_path):
    cluster = cluster_of(tmp_path, placement, spec)
    assert shares_chart([dealt(cluster, mode) for mode in modes]).title == title


def lines_of(picture: Picture) -> list[str]:
    return [text.get_text() for text in picture.figure.texts]


@pytest.mark.parametrize("outside", [False, True])
def test_a_hollow_mark_is_explained_where_there_is_one(outside):
    found = shares_of(7, "web-", 3000)
    inside = replace(found, pods=tuple(replace(pod, drawn=pod.interval[0]) for pod in found.pods))
    picture = shares_chart([found if outside else inside])
    marks = [line for line in picture.figure.axes[0].lines if line.get_marker() == "D"]
    assert bool(marks) is outside
    assert any("ollow" in line for line in lines_of(picture)) is outside
    assert ("ollow" in picture.alt) is outside


def test_each_mode_says_how_it_chooses_and_no_count_is_called_drawn():
    picture = shares_chart([shares_of(7, "web-", 3000, mode) for mode in MODES])
    lines = lines_of(picture)
    assert (lines.count("at random"), lines.count("in turn"), lines.count("connections")) == (2, 1, 3)
    assert not any(line == "drawn" for line in lines)


@pytest.mark.parametrize("theme", THEMES)
def test_equal_shares_have_a_mark_that_is_hollow_and_full(theme):
    picture = placements_chart("ns/web", placements(6, 3), Placement((2, 2, 2)), theme=theme)
    marks = [line for line in picture.figure.axes[0].lines if line.get_marker() == "o"]
    halves = [mark for mark in marks if mark.get_fillstyle() == "right"]
    assert len(halves) == lines_of(picture).count("equal") == sum(p.ratio == 1 for p in placements(6, 3))
    assert all(mark.get_markerfacecolor() != mark.get_markerfacecoloralt() for mark in halves)
    assert "Half and half: equal." in picture.alt
    uneven = placements_chart("ns/web", [Placement((2, 1))], Placement((2, 1)), theme=theme)
    assert "Half and half" not in uneven.alt


def test_the_alt_text_says_what_the_chart_says(tmp_path):
    picture = shares_chart([dealt(cluster_of(tmp_path, (3, 1), LOCAL))])
    assert picture.alt.startswith(picture.title)
    for row in dealt(cluster_of(tmp_path, (3, 1), LOCAL)).pods:
        assert f"{row.name} {row.drawn:,}, expected" in picture.alt


def test_the_table_fits_80_columns_with_the_longest_names(tmp_path):
    text = manifests((12, 1), LOCAL).replace("web", "w" * 55).replace("node-", "n" * 60 + "-")
    (tmp_path / "web.yaml").write_text(text)
    for extra in ([], ["--placements"], ["--mode", "all", "--connections", "100000"]):
        done = sim("spread", "-f", str(tmp_path / "web.yaml"), *extra)
        assert done.status == 0, done.err
        assert max(map(width, done.out.splitlines())) <= 80


@pytest.mark.parametrize("name", ["out.png", "out.svg"])
@pytest.mark.parametrize("more", [["--mode", "all"], ["--placements"]], ids=["modes", "placements"])
def test_a_picture_and_its_text_are_written(name, more, tmp_path):
    (tmp_path / "web.yaml").write_text(manifests((3, 1)))
    done = sim("spread", "-f", str(tmp_path / "web.yaml"), *more, "--chart", str(tmp_path / name))
    assert (done.status, done.said) == (0, f"wrote {tmp_path / name}\n")
    assert (tmp_path / f"{name}.alt.txt").read_text().strip()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        pytest.param(["--service", "nobody"], "there are: default/web", id="no such Service"),
        pytest.param(["--scenario", "shop"], "not both", id="files and a scenario"),
        pytest.param(["--mode", "ebpf"], "ebpf", id="no such mode"),
        pytest.param(["--connections", "0"], "0 is not in the range", id="nothing to deal"),
        pytest.param(["--chart", "out.gif"], "PNG or SVG", id="no such format"),
    ],
)
def test_what_cannot_be_done_is_said(words, said, tmp_path):
    (tmp_path / "web.yaml").write_text(manifests((3, 1)))
    done = sim("spread", "-f", str(tmp_path / "web.yaml"), *words)
    assert done.status == 2
    assert said in done.err


def test_what_the_api_server_refuses_is_not_spread(tmp_path):
    (tmp_path / "web.yaml").write_text(manifests((1,), "type: LoadBalancer, sessionAffinity: Sometimes"))
    done = sim("spread", "-f", str(tmp_path / "web.yaml"))
    assert done.status == 2
    assert "sessionAffinity" in done.err


def test_a_scenario_has_nodes_of_its_own():
    done = sim("spread", "--scenario", "04-cluster-or-local", "--connections", "100")
    assert done.status == 0
    assert "node-2         50.0%" in done.out


NODE_PORT_POLICY = """
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: shut}
spec: {podSelector: {matchLabels: {app: web}}, ingress: [{from: [{podSelector: {}}]}]}
"""


def guarded(tmp_path: Path, placement: Sequence[int], spec: str) -> Cluster:
    """Pods that a policy lets nobody outside reach."""
    (tmp_path / "web.yaml").write_text(manifests(placement, spec) + NODE_PORT_POLICY)
    return build(load([str(tmp_path / "web.yaml")]))


@pytest.mark.parametrize("spec", ["type: LoadBalancer", LOCAL])
@pytest.mark.parametrize("placement", [(1, 1), (3, 1), (2, 0, 1)])
def test_policies_drop_as_much_as_a_trace_says(spec, placement, tmp_path):
    cluster = guarded(tmp_path, placement, spec)
    found = dealt(cluster, connections=200)
    trace = Client(cluster, to="lb:default/web").trace(Request("any", scheme="tcp", port=80))
    ends = {one.state: one.probability for one in trace.final.outcomes} or {trace.final.state: 1}
    assert found.dropped == pytest.approx(ends.get("timeout", 0))
    assert found.stopped is not None
    assert 0 < found.dropped <= 1
    assert sum(row.probability for row in found.pods) == pytest.approx(1)


def test_what_policies_drop_stands_in_text_and_json(tmp_path):
    guarded(tmp_path, (1, 1), LOCAL)
    shown = json.loads(sim("spread", "-f", str(tmp_path / "web.yaml"), "-o", "json").out)
    assert [pod["dropped"] for pod in shown["modes"][0]["pods"]] == [1, 1]
    assert "default/shut" in shown["stopped"]
    text = sim("spread", "-f", str(tmp_path / "web.yaml")).out
    assert "policies drop 100% of them, to web-1, web-2, for a client outside" in " ".join(text.split())
    assert max(map(width, text.splitlines())) <= 80


def test_nothing_is_said_of_policies_where_they_drop_nothing(tmp_path):
    found = dealt(cluster_of(tmp_path, (1, 1)), connections=50)
    assert (found.dropped, found.stopped) == (0, None)
    assert "stopped" not in sim("spread", "-f", str(tmp_path / "web.yaml"), "-o", "json").out

"""The scenario file: all its faults together, each at its line, with a way out."""

from __future__ import annotations

from pathlib import Path

import pytest
from command import sim

from sim.errors import ScenarioError, UsageError
from sim.manifests.reading.loading import documents
from sim.scenario import read_scenario
from sim.scenario.experiment import find, load_experiment, shipped_scenarios
from sim.scenario.thresholds import threshold

APP = Path(__file__).parents[1] / "conformance" / "cases" / "bad-input" / "scenario"


def read(text: str):
    document = next(iter(documents(text, "scenario.yaml")))
    return read_scenario(document.value, document.origin)


@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        pytest.param(
            "manifests: [a]\ntrafic: []\n", 2, "did you mean 'traffic'", id="an unknown key with a suggestion"
        ),
        pytest.param(
            "manifests: [a]\ntraffic:\n- {host: a, rsp: 3}\n",
            3,
            "did you mean 'rps'",
            id="an unknown key in a row",
        ),
        pytest.param("manifests: [a]\ntraffic:\n- host: a\n  rps: .nan\n", 4, "rps", id="not a number"),
        pytest.param("manifests: [a]\ntraffic:\n- host: a\n  rps: yes\n", 4, "rps", id="a boolean"),
        pytest.param(
            "manifests: [a]\ntraffic:\n- host: a\n  rps: 1\n  users: 3\n",
            3,
            "exclude each other",
            id="a rate and users",
        ),
        pytest.param("manifests: [a]\nlatency: {client: fast}\n", 2, "duration", id="no duration"),
        pytest.param(
            "manifests: [a]\nevents: [rollout]\n", 2, "must be a mapping of keys, not 'rollout'", id="a word"
        ),
        pytest.param(
            "manifests: [a]\ncontroller: {balancing: least-con}\n",
            2,
            "did you mean 'least-conn'",
            id="no algorithm",
        ),
        pytest.param(
            "manifests: [a]\ncontroller: {profile: ingress-ngnix}\n",
            2,
            "did you mean 'ingress-nginx'",
            id="no profile",
        ),
        pytest.param(
            "manifests: [a]\nservice_time: {default: {normal: 5ms}}\n",
            2,
            "distribution",
            id="no distribution",
        ),
        pytest.param(
            "manifests: [a]\nnodes: {zone-a: two}\n", 2, "whole number", id="nodes that are no number"
        ),
        pytest.param("manifests: [a]\nexpect: {run: ['p98 < 1s']}\n", 2, "threshold", id="no threshold"),
        pytest.param("manifests: []\n", 1, "manifests", id="no manifests"),
        pytest.param(
            "manifests: [a]\nfaults:\n- {nod: a}\n", 3, "did you mean 'node'", id="an unknown key of a fault"
        ),
        pytest.param("manifests: [a]\nfaults:\n- {at: 3s}\n", 3, "exactly one of", id="a fault of nothing"),
        pytest.param(
            "manifests: [a]\nfaults:\n- {node: a, zone: b}\n", 3, "exactly one of", id="a fault of two things"
        ),
        pytest.param(
            "manifests: [a]\nfaults:\n- {node: a, at: 3s, until: 2s}\n", 3, "not after", id="an end first"
        ),
        pytest.param(
            "manifests: [a]\nfaults:\n- {controller_pod: 0}\n", 3, "number from 1", id="no such number"
        ),
        pytest.param("manifests: [a]\ntls: {resumption: 2}\n", 2, "share from 0 to 1", id="no share"),
        pytest.param(
            "manifests: [a]\ntraffic:\n- {host: a, protocol: http3}\n", 3, "'http2'", id="no such protocol"
        ),
        pytest.param("manifests: [a]\ntraffic:\n- {host: a, retries: 99}\n", 3, "0 to 10", id="too many"),
    ],
)
def test_a_fault_is_named_at_its_line(text, line, word):
    with pytest.raises(ScenarioError) as caught:
        read(text)
    assert f"scenario.yaml:{line}:" in str(caught.value)
    assert word in str(caught.value)


def test_all_faults_are_reported_together():
    with pytest.raises(ScenarioError) as caught:
        read("manifests: [a]\nseed: one\nwarm_up_s: -1\ntraffic:\n- {host: a, path: x}\n")
    assert [n for n in (2, 3, 5) if f"scenario.yaml:{n}:" in str(caught.value)] == [2, 3, 5]


def test_the_shapes_of_the_published_example_are_read():
    found = read(
        """
manifests: [manifests/]
seed: 1
nodes: {zone-a: 2, zone-b: 1}
controller: {profile: ingress-nginx, replicas: 2, workers: 2, service_time: 0.4ms}
service_time: {default: {exponential: 5ms}, shop/search: {lognormal: {mean: 20ms, cv: 1.5}}}
workers: {default: 8, shop/search: 1}
latency: {client: 40ms, zone: 0.25ms, cross_zone: 0.8ms}
traffic:
- {host: shop.example.com, path: /, rps: 80, duration_s: 60, keep_alive: 20}
- {host: shop.example.com, path: /search, rps: 20, duration_s: 60}
plans: [lb-per-service, single-ingress]
prices: {provider: aws, product: nlb}
expect:
  requests: [{request: {host: shop.example.com, path: /search/x}, expect: {backend: 'shop/search:80', status: 200}}]
  run: ['p99 < 300ms', 'errors < 0.1%']
"""
    )
    assert [n.name for n in found.nodes] == ["zone-a-1", "zone-a-2", "zone-b-1"]
    assert found.service_time_of("shop/search").cv == 1.5
    assert found.service_time_of("shop/other").mean_s == 0.005
    assert (found.workers_of("shop/search"), found.workers_of("x/y")) == (1, 8)
    assert found.delays.zone_s == 0.00025
    assert [t.bound for t in found.expect.run] == [0.3, 0.001]


def test_rows_share_the_rate_of_the_scenario_by_weight():
    found = read(
        "manifests: [a]\nrps: 60\ntraffic:\n- {host: a, weight: 2}\n- {host: b}\n- {host: c, rps: 5}\n- {host: d, weight: 0}\n"
    )
    assert {r.host: r.rps for r in found.traffic} == {"a": 40, "b": 20, "c": 5}


@pytest.mark.parametrize(
    ("text", "value", "passed"),
    [
        ("p99 < 200ms", 0.1, True),
        ("p99 < 200ms", 0.2, False),
        ("errors < 0.1%", 0.0, True),
        ("errors < 0.1%", None, False),
        ("mean > 1s", 2.0, True),
    ],
)
def test_thresholds(text, value, passed):
    assert threshold(text).passed(value) == passed


def test_an_included_file_gives_defaults_and_may_not_lie_outside(tmp_path):
    (tmp_path / "app.yaml").write_text((APP / "app.yaml").read_text())
    (tmp_path / "base.yaml").write_text(
        "manifests: [app.yaml]\nseed: 7\nlatency: {client: 10ms, zone: 1ms}\n"
    )
    (tmp_path / "scenario.yaml").write_text(
        "include: base.yaml\nlatency: {client: 20ms}\ntraffic: [{host: web.default.example, rps: 1}]\n"
    )
    found = load_experiment(str(tmp_path)).scenario
    assert (found.seed, found.latency.client, found.latency.zone) == (7, 0.02, 0.001)
    (tmp_path / "scenario.yaml").write_text("include: ../base.yaml\n")
    with pytest.raises(ScenarioError, match="outside"):
        load_experiment(str(tmp_path))


def test_includes_in_a_circle_end(tmp_path):
    (tmp_path / "scenario.yaml").write_text("include: b.yaml\n")
    (tmp_path / "b.yaml").write_text("include: scenario.yaml\n")
    with pytest.raises(ScenarioError, match="cycle"):
        load_experiment(str(tmp_path))


def test_a_scenario_that_is_not_there_names_those_that_are():
    with pytest.raises(UsageError, match="shop"):
        find("no-such-scenario")


@pytest.mark.parametrize("known", [name for name in shipped_scenarios() if name[0].isdigit()])
def test_a_lesson_is_found_by_its_number_with_and_without_the_zero(known):
    number = known.partition("-")[0]
    assert {find(number), find(str(int(number)))} == {find(known)}


def test_a_folder_whose_name_is_a_number_goes_before_the_lesson(tmp_path, monkeypatch):
    (tmp_path / "4").mkdir()
    (tmp_path / "4" / "scenario.yaml").touch()
    monkeypatch.chdir(tmp_path)
    assert find("4") == Path("4/scenario.yaml")


@pytest.mark.parametrize("number", ["5", "05", "004", "9" * 5000, "٤"])
def test_an_unknown_number_lists_the_lessons_alone(number):
    with pytest.raises(UsageError, match=r"no lesson .*; there are: .*04-cluster-or-local") as raised:
        find(number)
    assert "fanout" not in str(raised.value)


@pytest.mark.parametrize(
    "words",
    [
        ("run", "04"),
        ("compare", "7"),
        ("replay", "4", "--out", "page.html"),
        ("sweep", "7", "rps=1,2"),
        ("trace", "--scenario", "7", "http://shop.local/cart"),
        ("spread", "--scenario", "1"),
    ],
    ids=" ".join,
)
def test_a_command_that_asks_for_a_scenario_takes_a_number(words, tmp_path, monkeypatch):
    """The same words with the whole name say the same."""
    monkeypatch.chdir(tmp_path)
    few = () if words[0] in ("trace", "spread") else ("--requests", "20")
    whole = [find(word).parent.name if word.isdecimal() else word for word in words]
    first, second = (sim(*command, *few) for command in (words, whole))
    assert (first.status, first.out) == (second.status, second.out)
    assert first.status in (0, 1)


@pytest.mark.parametrize(
    ("fault", "detected_s"),
    [
        ("{node: a, at: 10s}", 40),
        ("{pod: shop/web-1, at: 10s}", 11),
        ("{controller_pod: 2, at: 10s, detected_after: 3s}", 13),
        ("{load_balancer: shop/web}", float("inf")),
        ("{bad_rule: shop/web}", float("inf")),
    ],
)
def test_a_fault_is_noticed_after_what_is_said_or_usual(fault, detected_s):
    found = read(f"manifests: [a]\nfaults:\n- {fault}\n").faults[0]
    assert found.detected_s(None) == detected_s
    assert found.until_s == float("inf")


def test_what_is_wrong_in_a_mapping_is_not_that_it_is_no_word():
    with pytest.raises(ScenarioError) as caught:
        read("manifests: [a]\ncontroller: {tries: 0}\n")
    assert "tries" in caught.value.message
    assert "'none'" not in caught.value.message


def test_a_file_of_the_folder_that_one_is_in_has_its_own_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("web.yaml").write_text(
        "{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {ports: [{port: 80}]}}"
    )
    Path("calm.yaml").write_text("manifests: [web.yaml]\n")
    assert load_experiment("calm.yaml").name == "calm"

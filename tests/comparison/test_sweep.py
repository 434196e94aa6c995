"""A sweep: every point is the comparison that the scenario with this value gives, and a bad key is said."""

from __future__ import annotations

import csv
import json
import shutil
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from command import sim

from sim.errors import UsageError
from sim.scenario.axis import axis, changed, experiment_at, number_of
from sim.scenario.demand import Demand
from sim.scenario.experiment import find


@pytest.mark.parametrize(
    ("text", "key", "values"),
    [
        pytest.param("seed=1,2", ("seed",), ("1", "2"), id="a key at the top"),
        pytest.param(
            "controller.replicas=1", ("controller", "replicas"), ("1",), id="a key below, one value"
        ),
        pytest.param("traffic.*.rps=5, 10", ("traffic", "*", "rps"), ("5", "10"), id="every place of a list"),
        pytest.param("services=2..8:3", ("services",), ("2", "5", "8"), id="a range with a step"),
        pytest.param("seed=1..3", ("seed",), ("1", "2", "3"), id="a range goes by ones"),
        pytest.param("rps=0.5..1:0.25,9", ("rps",), ("0.5", "0.75", "1", "9"), id="a range and a value"),
        pytest.param(
            "replicas=1,2", ("controller", "replicas"), ("1", "2"), id="replicas are the controller's"
        ),
        pytest.param("a/b.replicas=1", ("a/b", "replicas"), ("1",), id="or those of a Service"),
        pytest.param(
            "service_time.default={gamma: {mean: 5ms, cv: 1}},5ms",
            ("service_time", "default"),
            ("{gamma: {mean: 5ms, cv: 1}}", "5ms"),
            id="a comma within brackets separates nothing",
        ),
    ],
)
def test_a_key_and_its_values_are_read(text: str, key: tuple[str, ...], values: tuple[str, ...]) -> None:
    assert (axis(text).key, axis(text).values) == (key, values)


@pytest.mark.parametrize(
    ("key", "after"),
    [
        pytest.param(
            ["a", "b"], {"a": {"b": 9}, "rows": [{"n": 1}, {"n": 2}]}, id="what is there is replaced"
        ),
        pytest.param(
            ["c", "d"],
            {"a": {"b": 1}, "rows": [{"n": 1}, {"n": 2}], "c": {"d": 9}},
            id="what is not, is made",
        ),
        pytest.param(["rows", "1", "n"], {"a": {"b": 1}, "rows": [{"n": 1}, {"n": 9}]}, id="one place"),
        pytest.param(["rows", "*", "n"], {"a": {"b": 1}, "rows": [{"n": 9}, {"n": 9}]}, id="every place"),
    ],
)
def test_a_copy_has_the_key_set_and_the_original_stays(key: list[str], after: dict[str, object]) -> None:
    before = {"a": {"b": 1}, "rows": [{"n": 1}, {"n": 2}]}
    assert changed(key, 9)(before) == after
    assert before == {"a": {"b": 1}, "rows": [{"n": 1}, {"n": 2}]}


def rows(file: Path) -> list[list[str]]:
    return list(csv.reader(file.read_text().splitlines()))


def test_each_point_is_the_run_of_a_scenario_that_states_the_value(tmp_path: Path) -> None:
    folder = find("shop").parent
    text = (folder / "scenario.yaml").read_text()
    how = ("--requests", "300", "--replications", "2")
    sim("sweep", "shop", "controller.replicas=1,3", *how, "--csv", str(tmp_path / "swept.csv"))
    swept = rows(tmp_path / "swept.csv")
    assert [row[0] for row in swept] == ["controller.replicas", "1", "1", "3", "3"]
    for count in ("1", "3"):
        mine = tmp_path / count
        mine.mkdir()
        (mine / "scenario.yaml").write_text(text.replace("replicas: 2", f"replicas: {count}"))
        shutil.copytree(folder / "manifests", mine / "manifests")
        sim("sweep", str(mine), "seed=1", *how, "--csv", str(mine / "alone.csv"))
        alone = rows(mine / "alone.csv")
        assert [row[1:] for row in alone[1:]] == [row[1:] for row in swept if row[0] == count]


def test_the_table_has_a_row_per_plan_and_fits_eighty_columns() -> None:
    lines = sim("sweep", "shop", "latency.client=10ms,40ms", "--requests", "100").out.splitlines()
    assert [line.split()[0] for line in lines if "lb-per-service" in line] == ["10ms", "40ms"]
    assert sum("● single-ingress" in line for line in lines) == 2
    assert all(len(line) <= 80 for line in lines)


def test_a_scenario_with_one_plan_is_swept_as_well() -> None:
    done = sim("sweep", "01-who-takes-the-packet", "seed=1,2", "--requests", "60")
    assert done.status == 0
    assert "single-ingress" not in done.out


@pytest.mark.parametrize(
    ("over", "words"),
    [
        pytest.param("nonsense", "no key with values", id="no equals sign"),
        pytest.param("servces=1", "did you mean 'services'?", id="a short name with a slip"),
        pytest.param("replica=1", "did you mean 'replicas'?", id="another one"),
        pytest.param(
            "balancing=1", "did you mean 'controller.balancing'?", id="a key that stands below another"
        ),
        pytest.param("a/b.replica=1", "a scenario has no key 'a/b'", id="no key of a Service"),
        pytest.param(
            "shop/cart.replicas=x", "shop/cart.replicas=x: must be a whole number", id="no number of Pods"
        ),
        pytest.param(
            "shop/crat.replicas=2", "shop/crat.replicas=2: no Service shop/crat", id="no such Service"
        ),
        pytest.param("rps=0", "rps=0: must be a number above 0", id="no rate"),
        pytest.param("services=2,0", "services=0: ", id="the value that is wrong is named"),
        pytest.param(
            "controller.profile=haproxy,nobody", "controller.profile=nobody: ", id="among names too"
        ),
        pytest.param("services=5..1", "a range goes up", id="a range that goes down"),
        pytest.param("services=1..2:0", "a range goes up", id="a range without a step"),
        pytest.param("services=1..1000000000", "at most 200", id="a range without end"),
        pytest.param(f"seed={','.join('1' * 201)}", "201 values; a sweep takes 200", id="too many values"),
        pytest.param("seed=", "no key with values", id="no value"),
        pytest.param("seed=1,,2", "no key with values", id="an empty value"),
        pytest.param("controler.replicas=1", "did you mean 'controller'", id="an unknown key"),
        pytest.param("controller.replicas=x", "must be a whole number", id="a value of the wrong kind"),
        pytest.param("traffic.99.rps=1", "places 0 to 8", id="a place that the list does not have"),
        pytest.param("seed.x=1", "no keys there", id="a key below a number"),
        pytest.param("controller.replicas=[", "not valid YAML", id="no YAML"),
        pytest.param("seed=#", "seed", id="a comment is no value"),
    ],
)
def test_a_bad_key_or_value_is_said_without_a_traceback(over: str, words: str) -> None:
    done = sim("sweep", "shop", over, "--requests", "60")
    assert done.status == 2
    assert words in " ".join(done.err.split())


def test_a_sweep_asks_one_provider_and_writes_where_it_may() -> None:
    assert "one provider" in sim("sweep", "shop", "seed=1", "--provider", "all").err
    done = sim("sweep", "shop", "seed=1", "--requests", "60", "--csv", "/nowhere/at/all.csv")
    assert (done.status, "cannot be written" in done.err) == (2, True)


@pytest.mark.parametrize(
    ("value", "number", "unit"),
    [
        ("12", 12.0, ""),
        ("0.5", 0.5, ""),
        ("40ms", 0.04, "s"),
        ("round-robin", None, ""),
        ("true", None, ""),
        ("{exponential: 5ms}", None, ""),
    ],
)
def test_numbers_and_durations_stand_on_an_axis_and_names_do_not(
    value: str, number: float | None, unit: str
) -> None:
    assert number_of(value)[0] == number
    assert number is None or number_of(value)[1] == unit


def test_the_rate_of_all_rows_keeps_their_shares() -> None:
    rows = experiment_at("shop", axis("rps=50"), "50").scenario.traffic
    before = experiment_at("shop", axis("seed=1"), "1").scenario.traffic
    assert sum(row.rps or 0 for row in rows) == pytest.approx(50)
    assert [row.rps for row in rows] == pytest.approx([(row.rps or 0) / 2 for row in before])


def test_users_have_no_rate_to_sweep(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="rps=5: no row of the traffic has a rate"):
        experiment_at(str(quiet(tmp_path, users=3)), axis("rps=5"), "5")


def test_the_pods_of_a_service_are_those_of_its_workload() -> None:
    found = experiment_at("shop", axis("shop/cart.replicas=5"), "5")
    cluster = found.plans(["single-ingress"])[0].cluster
    assert len(cluster.services["shop/cart"].ports[0].endpoints) == 5


def quiet(folder: Path, **row: object) -> Path:
    """A scenario of one Service whose clients ask for 2 requests/s and 10 GB a month."""
    (folder / "web.yaml").write_text(
        """{apiVersion: v1, kind: Service, metadata: {name: web, namespace: shop},
            spec: {type: LoadBalancer, selector: {app: web}, ports: [{port: 80}]}}"""
    )
    demand = row or {**Demand(Fraction(2), Fraction(10)).rows(1)[0], "arrivals": "constant", "duration_s": 30}
    nodes = {"zone-a": 1, "zone-b": 1, "zone-c": 1}
    keys = {"manifests": ["web.yaml"], "nodes": nodes, "traffic": [{"host": "web.shop.example", **demand}]}
    (folder / "scenario.yaml").write_text(json.dumps(keys))
    return folder


def found_by(*arguments: str) -> dict[str, Any]:
    done = sim(*arguments, "-o", "json")
    assert done.status == 0, done.err
    found: dict[str, Any] = json.loads(done.out)
    return found


@pytest.mark.parametrize(
    ("provider", "smallest"), [("aws", 2), ("digitalocean", 2), ("azure", 3), ("gcp", 6)]
)
def test_the_sweep_the_comparison_and_the_calculator_break_even_alike(
    tmp_path: Path, provider: str, smallest: int
) -> None:
    where = ("--provider", provider)
    swept = found_by("sweep", str(quiet(tmp_path)), "services=1..8", *where)
    assert [(c["after"], c["by"], c["cheaper"]) for c in swept["crossings"]] == [
        (str(smallest - 1), str(smallest), True)
    ]
    assert {point["break_even_services"] for point in swept["points"]} == {smallest}
    quiet_demand = ("--rps", "2", "--gb-month", "10")
    assert found_by("cost", "--services", "8", *quiet_demand, *where)["break_even_services"] == smallest


@pytest.mark.parametrize("provider", ["aws", "azure", "digitalocean", "gcp", "hetzner", "linode"])
def test_n_services_of_a_sweep_cost_what_the_calculator_says(tmp_path: Path, provider: str) -> None:
    swept = found_by("sweep", str(quiet(tmp_path)), "services=1,3,10", "--provider", provider)
    for point in swept["points"]:
        demand = ("--services", point["value"], "--rps", "2", "--gb-month", "10")
        cost = found_by("cost", *demand, "--provider", provider)
        for one, other in zip(point["plans"], cost["plans"], strict=True):
            ran, calculated = (lines_of(plan["monthly"]) for plan in (one, other))
            assert ran.keys() - {"cross_zone_bytes"} == calculated.keys() - {"cross_zone_bytes"}
            for item in calculated.keys() & DETERMINED:
                assert ran[item] == calculated[item], (item, point["value"])
            for item in ("capacity_units", "data_processed"):
                assert ran.get(item, 0) == pytest.approx(calculated.get(item, 0), rel=0.02)


DETERMINED = {
    "load_balancer_hours", "load_balancer_nodes", "rule_hours", "public_addresses", "controller_compute",
}  # fmt: skip
"""Items that no traffic of this size changes; bytes across zones are counted in a run and assumed without."""


def lines_of(monthly: dict[str, Any]) -> dict[str, float]:
    amounts: dict[str, Decimal] = {}
    for line in monthly["lines"]:
        amounts[line["item"]] = amounts.get(line["item"], Decimal(0)) + Decimal(line["amount"])
    return {item: float(amount) for item, amount in amounts.items()}


def test_json_has_the_numbers_of_the_axis() -> None:
    found = found_by("sweep", "fanout", "latency.client=10ms,0.04", "--requests", "60")
    assert [p["number"] for p in found["points"]] == [None, None]
    found = found_by("sweep", "fanout", "latency.client=10ms,40ms", "--requests", "60")
    assert (found["unit"], [p["number"] for p in found["points"]]) == ("s", [0.01, 0.04])
    found = found_by("sweep", "fanout", "controller.profile=haproxy,traefik", "--requests", "60")
    assert ([p["number"] for p in found["points"]], found["crossings"]) == ([None, None], [])


def test_four_plans_are_swept_as_two_are(tmp_path: Path) -> None:
    scenario = quiet(tmp_path)
    keys = json.loads((scenario / "scenario.yaml").read_text())
    keys["plans"] = ["lb-per-service", "single-ingress", "shared-alb", "gateway"]
    (scenario / "scenario.yaml").write_text(json.dumps(keys))
    done = sim("sweep", str(scenario), "services=1..3")
    assert done.status == 0
    assert [
        sum(f" {plan} " in line and "cheaper" not in line for line in done.out.splitlines())
        for plan in keys["plans"]
    ] == [3] * 4
    assert max(map(len, done.out.splitlines())) <= 80
    assert "shared-alb is cheaper from" in done.out


def test_progress_goes_from_nothing_to_the_whole() -> None:
    from sim import __version__
    from sim.comparison.sweep import sweep

    seen: list[tuple[str, int, int]] = []
    sweep("fanout", axis("seed=1,2"), __version__, requests=400, progress=lambda *at: seen.append(at))
    assert {(name, total) for name, _, total in seen} == {("seed", 4000)}
    done = [at for _, at, _ in seen]
    assert done == sorted(done)
    assert done[-1] == 4000

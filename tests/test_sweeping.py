"""A sweep: every point is the comparison that the scenario with this value gives, and a bad key is said."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pytest
from command import sim

from sim.experiments import find
from sim.sweeping import axis, changed


@pytest.mark.parametrize(
    ("text", "key", "values"),
    [
        pytest.param("seed=1,2", ("seed",), ("1", "2"), id="a key at the top"),
        pytest.param(
            "controller.replicas=1", ("controller", "replicas"), ("1",), id="a key below, one value"
        ),
        pytest.param("traffic.*.rps=5, 10", ("traffic", "*", "rps"), ("5", "10"), id="every place of a list"),
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
    assert sum("single-ingress" in line for line in lines) == 2
    assert all(len(line) <= 80 for line in lines)


def test_a_scenario_with_one_plan_is_swept_as_well() -> None:
    done = sim("sweep", "01-a-service-is-not-a-process", "seed=1,2", "--requests", "60")
    assert done.status == 0
    assert "single-ingress" not in done.out


@pytest.mark.parametrize(
    ("over", "words"),
    [
        pytest.param("nonsense", "no key with values", id="no equals sign"),
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
    assert words in done.err


def test_a_sweep_asks_one_provider_and_writes_where_it_may() -> None:
    assert "one provider" in sim("sweep", "shop", "seed=1", "--provider", "all").err
    done = sim("sweep", "shop", "seed=1", "--requests", "60", "--csv", "/nowhere/at/all.csv")
    assert (done.status, "cannot be written" in done.err) == (2, True)

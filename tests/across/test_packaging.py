"""What is installed is what the folder holds: every sub-package and every shipped scenario."""

from __future__ import annotations

import tomllib
from importlib import resources
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
SETUPTOOLS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
SHIPPED = sorted(file.parent.name for file in ROOT.glob("scenarios/*/scenario.yaml"))


def test_every_package_of_the_folder_is_listed():
    found = {".".join(init.parent.relative_to(ROOT).parts) for init in ROOT.glob("sim/**/__init__.py")}
    assert set(SETUPTOOLS["packages"]) == found | {"sim.scenarios"}


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_scenario_is_found_as_a_resource(name):
    scenario = resources.files("sim.scenarios") / name / "scenario.yaml"
    opening = [line.startswith("#") for line in scenario.read_text(encoding="utf-8").splitlines()[:3]]
    assert opening in (
        [True, True, False],
        [True, False, False],
    )  # that of a lesson tells no answer: one line


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_scenario_says_what_must_come_out(name):
    scenario = yaml.safe_load((ROOT / "scenarios" / name / "scenario.yaml").read_text())
    assert scenario["expect"]["requests"]
    assert scenario["expect"]["run"]


def test_no_file_of_a_scenario_is_left_out_of_the_wheel():
    """The wheel takes **/*.yaml; a file of another kind would be missing from it in silence."""
    files = [file for file in (ROOT / "scenarios").rglob("*") if file.is_file() and file.suffix != ".pyc"]
    assert {file.suffix for file in files} == {".py", ".yaml"}
    assert {file.name for file in files if file.suffix == ".py"} == {"__init__.py"}


def test_no_file_beside_the_code_is_left_out_of_the_wheel():
    """Prices, message pages, styles and templates: each is matched by a pattern of its package."""
    taken = {
        file
        for package, patterns in SETUPTOOLS["package-data"].items()
        for pattern in patterns
        for file in (ROOT / package.replace(".", "/")).glob(pattern)
    }
    beside = {
        file for file in (ROOT / "sim").rglob("*") if file.is_file() and file.suffix not in {".py", ".pyc"}
    }
    assert beside <= taken
    assert any(file.name == "SIM2003.txt" for file in beside)

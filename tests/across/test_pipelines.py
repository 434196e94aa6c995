"""The hooks of pre-commit and the action run what they say, from the wheel of this repository."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from command import sim

ROOT = Path(__file__).parents[2]
HOOKS = {hook["id"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())}
ACTION = yaml.safe_load((ROOT / "docs/action/action.yml").read_text())
SHOP = str(ROOT / "scenarios/shop/manifests")
ROUTES = str(ROOT / "tests/conformance/cases/routing/path_types.yaml")


@pytest.mark.parametrize(("hook", "arguments"), [("sim-inspect", [SHOP]), ("sim-check", [ROUTES])])
def test_a_hook_runs_a_command_of_the_wheel(hook, arguments):
    given = HOOKS[hook]
    program, *words = given["entry"].split()
    assert (program, given["language"]) == ("sim", "python")
    assert sim(*words, *arguments).status == 0


@pytest.mark.parametrize(
    ("command", "sarif", "status"),
    [
        (f"inspect -f {SHOP}", "", 0),
        (f"diff {SHOP} {SHOP} --requests urls.txt", "out.sarif", 0),
        ("check no.yaml", "", 2),
    ],
)
def test_the_action_runs_the_command_and_keeps_its_status(tmp_path, command, sarif, status):
    (tmp_path / "sim/bin").mkdir(parents=True)
    (tmp_path / "sim/bin/sim").write_text(f'#!/bin/sh\nexec {sys.executable} -m sim "$@"\n')
    (tmp_path / "sim/bin/sim").chmod(0o755)
    (tmp_path / "urls.txt").write_text("http://shop.example.com/\n")
    env = os.environ | {
        "RUNNER_TEMP": str(tmp_path),
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
        "COMMAND": command,
        "SARIF": sarif,
        "PYTHONPATH": str(ROOT),
    }
    script = ACTION["runs"]["steps"][-1]["run"]
    done = subprocess.run(
        ["bash", "-e", "-c", script], cwd=tmp_path, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == status, done.stderr
    if status == 0:
        assert (tmp_path / "summary").read_text().startswith("### sim ")
    assert (tmp_path / "out.sarif").exists() == bool(sarif)


def test_the_action_installs_the_wheel_of_its_own_repository():
    install = ACTION["runs"]["steps"][1]["run"]
    assert 'pip" wheel' in install
    assert "$GITHUB_ACTION_PATH/../.." in install
    assert (ROOT / "docs/action/../../pyproject.toml").resolve() == ROOT / "pyproject.toml"

"""Options whose values are names of a registry: help, completion and messages have exactly what is there."""

from __future__ import annotations

import click
import pytest
from click.shell_completion import ShellComplete
from command import sim

from sim.cli import cli
from sim.manifests.reading.loading import price_sheet_names
from sim.plans import PLANS
from sim.routing.controllers import PROFILES
from sim.routing.kube_proxy import MODES
from sim.routing.kube_proxy.rules import WRITERS
from sim.simulation.engines import CHOICES

OPTIONS = [
    ("trace", "--controller", [*PROFILES, "none"]),
    ("diff", "--controller", [*PROFILES, "none"]),
    ("trace", "--mode", list(MODES)),
    ("spread", "--mode", [*MODES, "all"]),
    ("rules", "--mode", list(WRITERS)),
    ("run", "--engine", list(CHOICES)),
    ("run", "--plan", list(PLANS)),
    ("compare", "--plan", list(PLANS)),
    ("cost", "--provider", [*price_sheet_names(), "all"]),
]


@pytest.mark.parametrize(
    ("command", "option", "names"), OPTIONS, ids=lambda value: value if isinstance(value, str) else ""
)
def test_help_and_completion_have_the_names(command: str, option: str, names: list[str]) -> None:
    offered = ShellComplete(cli, {}, "sim", "_SIM_COMPLETE").get_completions([command, option], "")
    assert [item.value for item in offered] == names
    found = next(p for p in cli.listed(command).params if option in p.opts)
    assert isinstance(found, click.Option)
    assert f"{', '.join(names[:-1])} or {names[-1]}" in str(found.help)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        pytest.param(("run", "shop", "--engine", "slow"), "no engine slow; there are: auto, replay, fast", id="no-such-engine"),
        pytest.param(("run", "shop", "--plan", "gatewy"), "did you mean gateway?", id="a-plan-that-is-meant"),
        pytest.param(("rules", "--mode", "iptable"), "no mode of kube-proxy iptable; did you mean iptables?", id="a-mode"),
        pytest.param(("model", "haproxi"), "no controller profile haproxi; did you mean haproxy?", id="a-profile"),
    ],
)  # fmt: skip
def test_a_name_that_is_not_there_is_answered_with_those_that_are(words: tuple[str, ...], said: str) -> None:
    done = sim(*words)
    assert done.status == 2
    assert said in done.said

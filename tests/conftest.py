"""Options of the whole suite."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

os.environ.pop("COLUMNS", None)  # Before anything reads it: what is expected here is 80 columns wide.

# How long an example takes says something about the machine, and nothing about the code.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
# The same examples on every machine; who states a seed (`make soak`, by the time of day) searches on.
settings.register_profile("same", settings.get_profile("untimed"), derandomize=True)
settings.load_profile("untimed")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--live-tables", type=int, default=300, metavar="N", help="Rule tables per real proxy.")
    parser.addoption(
        "--fidelity", type=Path, metavar="FILE", help="Run the areas of fidelity alone; how they end."
    )


def pytest_configure(config: pytest.Config) -> None:
    whole = config.args_source is pytest.Config.ArgsSource.TESTPATHS and not config.getoption("--fidelity")
    if whole and not config.option.markexpr:
        config.option.markexpr = "not slow"  # of the whole suite; who names a file or a mark gets it
    if config.getoption("hypothesis_seed", None) is None:
        settings.load_profile("same")
    if file := config.getoption("--fidelity"):
        from fidelity.record import Recorder

        config.pluginmanager.register(Recorder(file.resolve()), "fidelity")

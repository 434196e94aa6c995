"""Options of the whole suite."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from functools import partial
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


@pytest.fixture(scope="module")
def parts_broken_briefly() -> Iterator[None]:
    """What fails with a part of a plan is measured over few requests: for modules whose question is another."""
    from sim.comparison.blast_radius import blast_radius
    from sim.comparison.compare import compare

    with pytest.MonkeyPatch.context() as patch:
        room = sys.modules[compare.__module__]
        patch.setattr(room, "blast_radius", partial(blast_radius, requests=100))
        yield

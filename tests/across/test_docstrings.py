"""The examples in docstrings hold."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import sim

OPTIONAL = {"dask", "joblib", "numba"}
"""Packages of the extras; a module that needs one is left out where it is absent."""
MODULES = sorted(m.name for m in pkgutil.walk_packages(sim.__path__, "sim.") if m.name != "sim.__main__")


@pytest.mark.parametrize("name", MODULES)
def test_examples_hold(name):
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as missing:
        if missing.name not in OPTIONAL:
            raise
        pytest.skip(f"needs {missing.name}, which an extra installs")
    assert doctest.testmod(module).failed == 0


def test_there_are_examples():
    finder = doctest.DocTestFinder(exclude_empty=True)
    examples = [
        e
        for name in ("sim.units", "sim.simulation.theory")
        for t in finder.find(importlib.import_module(name))
        for e in t.examples
    ]
    assert len(examples) > 8

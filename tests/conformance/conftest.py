"""`pytest tests/conformance [--cases DIR]`: every case of every table, one line per failure."""

from __future__ import annotations

from pathlib import Path

import pytest
from conformance.adapters import all_cases

HERE = Path(__file__).parent


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--cases", metavar="DIR", help="Folder of tables to run, instead of the project's own.")


def _names(file: str) -> set[str]:
    """The first word of each line; the rest is the reason."""
    lines = (HERE / file).read_text().splitlines()
    return {line.split()[0] for line in lines if line.strip() and not line.startswith("#")}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "case" not in metafunc.fixturenames:
        return
    given = metafunc.config.getoption("--cases")
    root = Path(given) if given else HERE / "cases"
    pending, doubted = (set(), set()) if given else (_names("pending.txt"), _names("doubted.txt"))
    found = [_marked(file, case, pending, doubted) for file, case in all_cases(root)]
    metafunc.parametrize("case", found or [pytest.param(None, id="no-case-at-all")])


def _marked(file: str, case: object, pending: set[str], doubted: set[str]) -> object:
    expected = file in pending or getattr(case, "id", "") in doubted
    marks = [pytest.mark.xfail(reason=f"{file} is pending or doubted", strict=False)] if expected else []
    return pytest.param(case, id=f"{file}::{getattr(case, 'id', '')}", marks=marks)

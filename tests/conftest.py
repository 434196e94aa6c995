"""Options of the whole suite."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--live-tables", type=int, default=300, metavar="N", help="Rule tables per real proxy.")

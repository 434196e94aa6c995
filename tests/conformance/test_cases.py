"""Every case of the tables, treated alike."""

from __future__ import annotations

import pytest


def test_case(case):
    if case is None:
        pytest.fail("no case at all below this folder", pytrace=False)
    difference = case.run()
    if difference is not None:
        pytest.fail(f"{case.id}: {difference}", pytrace=False)

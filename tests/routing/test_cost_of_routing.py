"""A decision looks at as much with many rules as with few; how long that takes is in benchmarks/routing_cost.py."""

from __future__ import annotations

import sys

import pytest
from benchmarks.routing_cost import DECIDERS, SHAPES, WHOLE_CALLS, requests

FEW, MANY, ASKED = 200, 2_000, 40


def _calls(decide, request) -> int:
    """Calls of functions, of Python and of C, in one decision."""
    count = 0

    def counted(frame, event, argument):
        nonlocal count
        count += event in ("call", "c_call")

    decide(request)
    sys.setprofile(counted)
    try:
        decide(request)
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", [*DECIDERS, *WHOLE_CALLS])
def test_ten_times_the_rules_make_no_more_calls(name, shape):
    few, many = (list(SHAPES[shape](size)) for size in (FEW, MANY))
    asked = requests(few)[:ASKED]
    assert set(few) <= set(many)
    make = (DECIDERS | WHOLE_CALLS)[name]
    before, after = make(few), make(many)
    # A cache of the standard library that happens to be full may cost a few calls: a tenth is allowed.
    assert sum(_calls(after, r) for r in asked) <= 1.1 * sum(_calls(before, r) for r in asked)

"""How often and how long a rule lets a backend be tried, and that a comparison sees it change."""

import pytest
from clusters import API, behind_gateway, cluster

from sim.analysis.diff import Side, compared
from sim.routing import Request, route


def ruled(said: str = ""):
    """A route whose rule says this."""
    return cluster(behind_gateway(f"{said and f'{said}, '}backendRefs: [{{name: api, port: 80}}]"), API)


@pytest.mark.parametrize(
    ("said", "tries", "timeout_s"),
    [
        pytest.param("", None, None, id="nothing said"),
        pytest.param("retry: {attempts: 1}", 2, None, id="the first try counts"),
        pytest.param("retry: {codes: [503]}", 3, None, id="twice more by itself"),
        pytest.param("timeouts: {request: 2s, backendRequest: 1s}", None, 1.0, id="one try"),
        pytest.param("timeouts: {request: 1m30s}", None, 90.0, id="all of it"),
        pytest.param("timeouts: {request: 0s}", None, None, id="no limit"),
    ],
)
def test_what_a_rule_says(said, tries, timeout_s):
    sent = route(ruled(said), Request("shop.example")).final.sent
    assert (sent.tries, sent.timeout_s) == (tries, timeout_s)


def test_a_comparison_sees_it():
    old, new = (
        ruled("retry: {attempts: 1}, timeouts: {request: 1s}"),
        ruled("retry: {attempts: 3}, timeouts: {request: 2s}"),
    )
    found = {change for one in compared(Side(old), Side(new)).found for change in one.changes}
    assert {(c.name, c.old, c.new) for c in found} == {("tries", 2, 4), ("timeout_s", 1.0, 2.0)}

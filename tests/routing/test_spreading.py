"""How requests fell on Pods: what each got, what it was chosen for, and what chance gives."""

from __future__ import annotations

from typing import Any

import pytest
from small import HOST, app, design, experiment

from sim.simulation.engines import run
from sim.simulation.spreading import MANY, Spreading, _between, spreading

ROW = {"host": HOST, "path": "/", "rps": 50, "duration_s": 40}


def spread(plan: str = "lb-per-service", pods: int = 4, manifests: str = "", **keys: Any) -> Spreading:
    """The only Service of a run."""
    row = ROW | keys.pop("row", {})
    found = experiment(manifests or app(pods=pods), traffic=[row], **keys)
    compiled = design(found, plan)
    (one,) = spreading(compiled, run(compiled, found.scenario))
    return one


def test_every_request_is_counted_once_and_shares_add_up() -> None:
    found = experiment(app(pods=4), traffic=[ROW])
    compiled = design(found, "lb-per-service")
    result = run(compiled, found.scenario)
    (one,) = spreading(compiled, result)
    assert one.requests == result.answered == sum(s.served for s in result.stations)
    assert sum(pod.expected for pod in one.pods) == pytest.approx(1)
    assert [pod.pod for pod in one.pods] == sorted(pod.pod for pod in one.pods)


def test_a_load_balancer_that_passes_tcp_chooses_per_connection() -> None:
    one = spread(row={"keep_alive": 20})
    assert one.per == "connection"
    assert one.choices < one.requests / 5


def test_a_controller_chooses_per_request_and_so_more_evenly() -> None:
    keep = {"keep_alive": 100, "clients": 6}
    first, second = spread(row=keep), spread("single-ingress", row=keep)
    assert second.per == "request"
    assert second.choices == second.requests
    assert second.apart < first.apart / 4


def test_few_connections_give_a_wide_band_and_many_requests_a_narrow_one() -> None:
    keep = {"keep_alive": 100, "clients": 6}
    first, second = spread(row=keep).pods[0], spread("single-ingress", row=keep).pods[0]
    assert None not in (first.low, first.high, second.low, second.high)
    assert first.high - first.low > 4 * (second.high - second.low)  # type: ignore[operator]
    assert first.expected == second.expected == pytest.approx(0.25)


def test_nineteen_of_twenty_shares_lie_in_their_band() -> None:
    found = [spread(pods=5, seed=seed, row={"keep_alive": 10}) for seed in range(1, 21)]
    inside = [p.low <= p.requests / s.requests <= p.high for s in found for p in s.pods]  # type: ignore[operator]
    assert sum(inside) >= 0.9 * len(inside)


def test_under_policy_local_what_is_expected_is_uneven_too() -> None:
    local = app(pods=4).replace("type: LoadBalancer,", "type: LoadBalancer, externalTrafficPolicy: Local,")
    one = spread(manifests=local, nodes={"zone-a": 1, "zone-b": 1, "zone-c": 1})
    assert sorted(round(pod.expected, 3) for pod in one.pods) == [0.167, 0.167, 0.333, 0.333]


def test_with_session_affinity_connections_are_no_draws_of_their_own() -> None:
    sticky = app(pods=4).replace("type: LoadBalancer,", "type: LoadBalancer, sessionAffinity: ClientIP,")
    one = spread(manifests=sticky, row={"clients": 3})
    assert {(pod.low, pod.high) for pod in one.pods} == {(None, None)}


def test_a_pod_that_got_nothing_is_there() -> None:
    one = spread(pods=9, row={"keep_alive": 100_000, "clients": 2})
    assert len(one.pods) == 9
    assert min(pod.requests for pod in one.pods) == 0


def test_where_nothing_reaches_a_pod_there_is_nothing_to_tell() -> None:
    found = experiment(app(pods=0), traffic=[ROW])
    compiled = design(found, "lb-per-service")
    assert spreading(compiled, run(compiled, found.scenario)) == ()


def test_the_band_of_many_draws_joins_that_of_few() -> None:
    exact, smooth = _between(MANY, 0.3), _between(MANY + 1, 0.3)
    assert exact == pytest.approx(smooth, abs=2 / MANY)

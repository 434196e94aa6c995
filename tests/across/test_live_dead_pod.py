"""A Pod that is dead and still listed, behind real proxies: each request ends where and as `sim run` says.

Three Pods on loopback behind nginx (once with Lua, as ingress-nginx has it) and HAProxy; each Pod is the victim
once, with GET and with POST; arrivals and service times are those that the run draws. SIM_DEAD_PODS=N: so many
seeds, and what takes longer.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from dead_pods import BALANCING, HALF_A_GAP_S, Case, Predicted, every, predicted
from live import fronts, nginx
from live.open_loop import Measured, measure

pytestmark = pytest.mark.slow

SEEDS = int(os.environ.get("SIM_DEAD_PODS", "1"))
ATTEMPTS = 4
NEAR = 0.1
"""By so much may the mean latency differ, as a share of what is predicted."""

ABSENT = {
    profile: reason
    for profile, is_there, reason in (
        ("ingress-nginx", fronts.has_lua(), "no Lua in nginx: apt-get install libnginx-mod-http-lua"),
        ("nginx-inc", nginx.program() is not None, "no nginx: apt-get install nginx-light"),
        ("haproxy", fronts.haproxy_program() is not None, "no HAProxy: apt-get install haproxy"),
    )
    if not is_there
}


@pytest.mark.skipif(len(ABSENT) == len(BALANCING), reason="; ".join(ABSENT.values()))
@pytest.mark.parametrize("seed", range(1, SEEDS + 1))
@pytest.mark.parametrize("kind", ["dead", "killed", "graceful"])
def test_every_request_ends_where_and_as_the_run_says(kind: str, seed: int) -> None:
    _end_as_predicted([case for case in every(kind, seed) if case.profile not in ABSENT])
    if ABSENT:
        pytest.skip(f"as predicted but for {'; '.join(ABSENT.values())}")


@pytest.mark.skipif("nginx-inc" in ABSENT, reason=str(ABSENT.get("nginx-inc")))
@pytest.mark.skipif(SEEDS == 1, reason="twenty seconds: SIM_DEAD_PODS=2")
def test_nginx_asks_a_pod_that_is_back_when_ten_seconds_are_over() -> None:
    _end_as_predicted([Case("nginx-inc", "GET", 1, "killed", requests=600, down_s=3.0)])


@pytest.mark.skipif("haproxy" in ABSENT, reason=str(ABSENT.get("haproxy")))
def test_haproxy_finds_a_dead_pod_by_three_checks_and_sends_it_nothing_more() -> None:
    case = Case("haproxy", "GET", 1, "killed", requests=300)
    wanted = predicted(case)
    with tempfile.TemporaryDirectory(prefix="sim-") as folder:
        turns = [(case.profile, wanted.start)]
        (found,) = measure([wanted.run], lambda ports: fronts.several(turns, ports, Path(folder)))
    if found.late_s > HALF_A_GAP_S:
        pytest.skip(f"this machine is too busy to measure: {found.late_s:.3f} s late")
    for status in (wanted.status, found.status):
        sent_s = [wanted.run.sent_s[n] for n, got in enumerate(status) if got == 503]
        assert status.count(502) == 1
        assert 3.9 <= max(sent_s) - wanted.run.at_s <= 6.1
        assert min(sent_s) - wanted.run.at_s <= 0.1


def _end_as_predicted(left: list[Case]) -> None:
    """What differs is played again: one late packet gives every later request another turn.

    A case fails that differs each time, though the client was never late.
    """
    undisturbed = set(left)
    for _ in range(ATTEMPTS):
        differing = dict(_differing(left))
        if not differing:
            return
        undisturbed &= {case for case, (_, is_sure) in differing.items() if is_sure}
        left = list(differing)
    assert not undisturbed, {str(case): differing[case][0] for case in undisturbed}
    pytest.skip(f"this machine is too busy to measure: {differing}")


def _differing(cases: Sequence[Case]) -> Iterator[tuple[Case, tuple[str, bool]]]:
    """The cases that end otherwise: how, and whether they were measured as they should be."""
    wanted = [predicted(case) for case in cases]
    with tempfile.TemporaryDirectory(prefix="sim-") as folder:
        turns = [(case.profile, one.start) for case, one in zip(cases, wanted, strict=True)]
        found = measure([one.run for one in wanted], lambda ports: fronts.several(turns, ports, Path(folder)))
    for case, one, measured in zip(cases, wanted, found, strict=True):
        if why := "; ".join(_differences(one, measured)):
            yield case, (why, measured.late_s < HALF_A_GAP_S / 2)


def _differences(wanted: Predicted, found: Measured) -> Iterator[str]:
    sent = range(len(wanted.status))
    here, there = (list(zip(one.pod, one.status, strict=True)) for one in (wanted, found))
    if others := [n for n in sent if here[n] != there[n]]:
        n = others[0]
        yield f"{len(others)} requests, the first is {n}: Pod and status {there[n]}, predicted {here[n]}"
    if abs(found.mean_s - wanted.mean_s) > NEAR * wanted.mean_s:
        yield f"mean latency {found.mean_s:.4f} s, predicted {wanted.mean_s:.4f} s"

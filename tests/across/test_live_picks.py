"""Random set-ups of proxies: who takes each request is who a real nginx, HAProxy and Envoy let take it, pick for pick.

The proxies' configurations are written by tests/live, which imports nothing of `sim`; the model is driven as for the
recorded cases. SIM_PICKS says how many set-ups of each; with `--hypothesis-seed` other ones than always.
"""

from __future__ import annotations

import fcntl
import json
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from conformance.balancing_cases import Bench
from live import fronts, haproxy_backends, nginx, nginx_upstreams, picks
from live.picking import Case, Told, played

WANTED = int(os.environ.get("SIM_PICKS", "60"))
SHOWN = 3
ROUNDS = 3

pytestmark = pytest.mark.slow

needs_nginx = pytest.mark.skipif(nginx.program() is None, reason="no nginx here: apt-get install nginx-light")


needs_haproxy = pytest.mark.skipif(
    fronts.haproxy_program() is None, reason="no HAProxy here: apt-get install haproxy"
)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a short name: a socket's path has room for a hundred characters."""
    with tempfile.TemporaryDirectory(prefix="sim-") as made:
        yield Path(made)


@pytest.fixture(autouse=True)
def alone(request: pytest.FixtureRequest) -> Iterator[None]:
    """Addresses are part of a set-up: two runs on one machine take turns."""
    with (Path(tempfile.gettempdir()) / f"sim-{request.function.__name__}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@pytest.fixture
def first(pytestconfig: pytest.Config) -> int:
    """The number of the first set-up."""
    seed = pytestconfig.getoption("--hypothesis-seed", None)
    return 0 if seed is None else int(seed) * 100_000


def timed(case: Case, told: Told) -> Case:
    """The case with the times at which its events were seen."""
    events = zip(case["requests"]["timeline"], told.at_s, strict=True)
    return case | {"requests": {"timeline": [event | {"at_s": at_s} for event, at_s in events]}}


def model_of(case: Case, told: Told, seed: int = 0) -> Bench:
    """What we say becomes of the requests."""
    bench = Bench(timed(case, told), seed)
    bench.all()
    return bench


Compare = Callable[[Case, Told], str | None]


def differences(cases: list[Case], compare: Compare, serving: Any, folder: Path, **more: Any) -> list[str]:
    """Set-ups that end otherwise than we say each time that they are played, many at a time.

    A busy machine may keep a proxy from what comes too long, and then once; what we say wrong, it does not forget.
    """
    wrong: list[str] = []
    for start in range(0, len(cases), picks.AT_ONCE):
        left, reasons = cases[start : start + picks.AT_ONCE], list[str]()
        for number in range(ROUNDS):
            place = folder / f"{start}-{number}"
            place.mkdir()
            told = zip(left, played(left, place, serving, **more), strict=True)
            found = [(case, was.spoilt or compare(case, was)) for case, was in told]
            reasons = [f"{case['id']}: {why}\n{json.dumps(case)}" for case, why in found if why]
            left = [case for case, why in found if why]
            if not left:
                break
        wrong += reasons
    return wrong


def fine(wrong: list[str], cases: list[Case]) -> None:
    assert not wrong, f"{len(wrong)} of {len(cases)} differ; the first:\n" + "\n".join(wrong[:SHOWN])


def apart(case: Case, rows: dict[str, tuple[list[Any], list[Any]]], names: list[str]) -> str | None:
    """The first request that is told otherwise, of each kind of telling."""
    for kind, (real, ours) in rows.items():
        for number, (one, other) in enumerate(zip(real, ours, strict=True)):
            if one != other:
                return f"{case['algorithm']}, {kind} of {names[number]}: {one}, and we say {other}"
    return None


def tried_of(bench: Bench, name: str) -> tuple[int, ...]:
    """Whom we asked for a request, by place."""
    answer = bench.found.answers.get(name)
    return () if answer is None else answer.tried


def statuses_of(bench: Bench) -> list[int | None]:
    """The statuses of our answers; None: there was none."""
    answers = [bench.found.answers.get(name) for name in bench.found.order]
    return [None if answer is None else answer.status for answer in answers]


def _nginx(case: Case, told: Told) -> str | None:
    bench = model_of(case, told)
    names = bench.found.order
    asked = [nginx_upstreams.tried(case, told.headers[n].get("x-tried", "")) for n in names]
    ours = [[bench.backends.names[p] for p in tried_of(bench, n)] for n in names]
    return apart(case, {
        "peers": (asked, ours),
        "answer": ([told.who[n] for n in names], bench.sequence()),
        "status": ([told.statuses[n] for n in names], statuses_of(bench)),
    }, names)  # fmt: skip


def _haproxy(case: Case, told: Told) -> str | None:
    """HAProxy tells the last server that it asked, and how often it asked again."""
    bench = model_of(case, told)
    names = bench.found.order
    asked = [told.headers[n].get("x-tried", "") for n in names]
    ours = []
    for n in names:
        tried = tried_of(bench, n)
        last = bench.backends.names[tried[-1]] if tried else "<NOSRV>"
        ours.append(f"{last} {max(0, len(tried) - 1)}")
    return apart(case, {
        "last server and tries": ([a.replace("+", "") for a in asked], ours),
        "answer": ([told.who[n] for n in names], bench.sequence()),
        "status": ([told.statuses[n] for n in names], statuses_of(bench)),
        "arrival": (_by_request(told.arrivals, names), _by_request(bench.found.arrivals, names)),
    }, names)  # fmt: skip


def _by_request(arrivals: list[list[str]], names: list[str]) -> list[list[str]]:
    return [[backend for name, backend in arrivals if name == one] for one in names]


PROGRAMS: dict[str, tuple[Compare, Any, dict[str, Any]]] = {
    "nginx": (_nginx, nginx_upstreams.serving, {}),
    "haproxy": (_haproxy, haproxy_backends.serving, {"command": haproxy_backends.command}),
}
"""Program -> what compares, what serves, and how it is told things."""


def agrees(name: str, draw: Callable[[int], Case], first: int, folder: Path, record_property: Any) -> None:
    """As many set-ups as are wanted end as we say."""
    compare, serving, more = PROGRAMS[name]
    cases = [draw(first + number) for number in range(WANTED)]
    record_property("set-ups", len(cases))
    record_property("requests", len(cases) * picks.REQUESTS)
    fine(differences(cases, compare, serving, folder, **more), cases)


@needs_nginx
def test_nginx_takes_the_peers_that_we_say(folder, first, record_property):
    agrees("nginx", picks.nginx, first, folder, record_property)


@needs_haproxy
def test_haproxy_takes_the_servers_that_we_say(folder, first, record_property):
    agrees("haproxy", picks.haproxy, first, folder, record_property)

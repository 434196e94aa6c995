"""Adapter of balancing/: what real proxies chose, asked of the upstreams that runs use.

Compared is what FORMAT.md lists; `locations` are those of tables of routes, which their own adapter compares.
Connections that a proxy keeps to its backends are counted here, for a run does not count them. Not compared:
how long anything takes, and what the files call notes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

import simpy

from sim.routing.proxies import PROGRAMS, ingress_nginx, nginx
from sim.routing.proxies.retries import ENVOY, FAILURES, NOT_SENT, Circuit, Outcome, Outlier, Retries
from sim.routing.proxies.values import Backend, Backends, TryEnd, View
from sim.simulation.engines.upstreams import KnownUpstream, UpstreamAnswer, UpstreamRequest
from sim.units import seconds

SEEDS = 20
QUEUE_WAIT_S = 0.25
TRIP_S = 1e-4
"""Where breakers and tries meet, it counts that a backend is further away than a proxy's next try."""
NAMES: Mapping[str, Mapping[str, str]] = {
    "nginx": {"random_two_least_conn": "random-two"},
    "ingress-nginx": {"resty_round_robin": "round-robin", "resty_chash": "hash-consistent"},
    "haproxy": {"roundrobin": "round-robin", "leastconn": "least-conn", "random(2)": "random"},
    "envoy": {},
}
"""What a program calls an algorithm, where we call it otherwise."""


def backends_of(case: Mapping[str, Any]) -> Backends:
    """The list as the program has it."""
    options = case.get("options") or {}
    found = []
    for number, row in enumerate(case["backends"]):
        row = {"name": row} if isinstance(row, str) else row
        found.append(
            Backend(
                row["name"],
                row.get("address", f"127.10.0.{number + 1}:18080"),
                row.get("weight", 1),
                row.get("backup", False),
                row.get("max_conns", row.get("maxconn", options.get("maxconn", 0))),
                row.get("down", False),
                row.get("max_fails", options.get("max_fails", 1)),
                seconds(options.get("fail_timeout", "10s")),
            )
        )
    return Backends(tuple(found), bool(options.get("allbackups")))


def algorithm_of(case: Mapping[str, Any]) -> str:
    """The name in the program's own table."""
    options, stated = case.get("options") or {}, str(case["algorithm"])
    more = "-consistent" if options.get("hash_type") == "consistent" else ""
    more = "-full-scan" if options.get("selection_method") == "FULL_SCAN" else more
    return NAMES[case["proxy"]].get(stated, stated.replace("_", "-")) + more


def _nginx(case: Mapping[str, Any]) -> Retries:
    options = case.get("options") or {}
    stated, most = options.get("next_upstream_tries", 0), backends_of(case).most_tries
    words = options.get("next_upstream", "error timeout").split()
    after = nginx.next_upstream(words)
    return Retries(
        tries=min(stated, most) if stated else 0,
        after=after,
        counted=FAILURES | after,
        repeats="non_idempotent" in words,
    )


def _haproxy(case: Mapping[str, Any]) -> Retries:
    options = case.get("options") or {}
    return Retries(
        tries=options.get("retries", 3) + 1,
        after=NOT_SENT,
        repeats=True,
        same=True,
        redispatches=options.get("redispatch", True),
        wait_s=min(1.0, seconds(options.get("timeout_connect", "1s"))),
        when_refused=503,
        when_unreachable=503,
        nobody=503,
        queue_s=seconds(options.get("timeout_queue", "10s")),
    )


RETRIED: Mapping[str, frozenset[Outcome]] = {
    "connect-failure": NOT_SENT,
    "5xx": FAILURES | frozenset(range(500, 600)),
}


def _envoy(case: Mapping[str, Any]) -> Retries:
    found, options = ENVOY, case.get("options") or {}
    if retry := options.get("retry"):
        reselects = 5 if retry.get("avoid_previous") else 0
        after = RETRIED[retry.get("retry_on", "connect-failure")]
        tries = retry.get("num_retries", 1) + 1
        most = options.get("circuit", {}).get("max_retries", 3)
        found = replace(found, tries=tries, after=after, reselects=reselects, most_retried=most)
    if outlier := options.get("outlier"):
        found = replace(found, outlier=Outlier(
            consecutive_5xx=outlier["consecutive_5xx"], interval_s=seconds(outlier["interval"]),
            base_s=seconds(outlier["base_ejection_time"]), most_percent=outlier["max_ejection_percent"],
        ))  # fmt: skip
    if circuit := options.get("circuit"):
        found = replace(found, circuit=Circuit(
            connections=circuit["max_connections"], pending=circuit["max_pending_requests"],
            requests=circuit["max_requests"],
        ))  # fmt: skip
    return found


RETRIES: Mapping[str, Callable[[Mapping[str, Any]], Retries]] = {
    "nginx": _nginx, "haproxy": _haproxy, "envoy": _envoy, "ingress-nginx": lambda case: Retries(tries=3),
}  # fmt: skip


@dataclass
class Found:
    """What became of the requests."""

    order: list[str] = field(default_factory=list)
    answers: dict[str, UpstreamAnswer] = field(default_factory=dict)
    held: set[str] = field(default_factory=set)
    arrivals: list[list[str]] = field(default_factory=list)
    opened: Counter[str] = field(default_factory=Counter)
    idle: list[str] = field(default_factory=list)


class Bench:
    """The backends, and a proxy in front of them, on a clock of their own."""

    def __init__(self, case: Mapping[str, Any], seed: int) -> None:
        self.case, self.options = case, case.get("options") or {}
        self.backends, self.env, self.random = backends_of(case), simpy.Environment(), Random(seed)
        self.found, self.states = Found(), dict.fromkeys(self.backends.names, "up")
        self.finishes: dict[str, simpy.Event] = {}
        self.requests: dict[str, simpy.Process] = {}
        self.takes_time = {"circuit", "retry"} <= set(self.options)
        program, name = case["proxy"], algorithm_of(case)
        health = self.options.get("check") or self.options.get("health")
        up = [True] * len(self.backends.names) if health or self.options.get("marks") else None
        retries = RETRIES[program](case)
        method = PROGRAMS[program][name]
        self.upstream = KnownUpstream(self.env, self.backends, method, retries, up, self._state(program))
        if health:
            for place in range(len(self.backends.names)):
                self.env.process(self._checked(place, health))

    def _state(self, program: str) -> Any:
        if program == "nginx":
            return nginx.peers_of(self.backends)
        if "node_order" in self.options:
            order = tuple(self.options["node_order"])
            return ingress_nginx.Round(
                self.backends, order, self.options["last_id"], max(self.backends.weights)
            )
        return None

    def _checked(self, place: int, health: Mapping[str, Any]) -> Generator[simpy.Event, Any, None]:
        """The program's own health check of one backend."""
        inter = seconds(health.get("inter", health.get("interval", "200ms")))
        fall, rise = (
            health.get("fall", health.get("unhealthy", 3)),
            health.get("rise", health.get("healthy", 2)),
        )
        count, up = 0, self.upstream.up
        assert up is not None
        while True:
            yield self.env.timeout(inter)
            good = self.states[self.backends.names[place]] == "up"
            count = 0 if good == up[place] else count + 1
            if count >= (fall if up[place] else rise):
                up[place], count = good, 0

    def _at(self, name: str, place: int, holds: bool) -> Generator[simpy.Event, Any, Outcome]:
        """One try at a backend."""
        backend = self.backends.names[place]
        if self.states[backend] == "refuse":
            return "refused"
        self.found.arrivals.append([name, backend])
        if self.takes_time:
            yield self.env.timeout(TRIP_S)
        self._connects(backend)
        if self.states[backend] == "close":
            return "closed"
        if holds:
            yield self.finishes.setdefault(name, self.env.event())
        self._keeps(backend)
        return 500 if self.states[backend] == "error" else 200
        yield

    def _connects(self, backend: str) -> None:
        """On the connection that was kept last, else on a new one."""
        kept = [n for n, name in enumerate(self.found.idle) if name == backend]
        if kept:
            del self.found.idle[kept[-1]]
        else:
            self.found.opened[backend] += 1

    def _keeps(self, backend: str) -> None:
        """As many idle connections as the case states (`keepalive`); the one that was used longest ago is closed."""
        self.found.idle.append(backend)
        if len(self.found.idle) > self.options.get("keepalive", 0):
            del self.found.idle[0]

    def start(
        self, name: str, key: str = "", client: str = "", method: str = "", holds: bool = False
    ) -> simpy.Process:
        """Send a request."""
        drawn = {0: self.options["seed"] / 2**32} if "seed" in self.options else dict[int, float]()

        def request() -> Generator[simpy.Event, Any, None]:
            self.found.answers[name] = yield from self.upstream.serve(
                UpstreamRequest(
                    lambda place: self._at(name, place, holds),
                    lambda k: drawn.setdefault(k, self.random.random()),
                    method or self.options.get("method", "GET"),
                    key,
                    client,
                )
            )

        self.found.order.append(name)
        self.requests[name] = self.env.process(request())
        return self.requests[name]

    def finish(self, name: str, timed: bool) -> None:
        """The backend answers now, and the client reads to the end; with times, one that waits goes on waiting."""
        self.finishes.setdefault(name, self.env.event()).succeed()
        if not timed:
            self.env.run(until=self.requests[name])
        self._settle()

    def _settle(self) -> None:
        """Let everything happen that takes no time."""
        while self.env.peek() <= self.env.now:
            self.env.step()

    def play(self, event: Mapping[str, Any]) -> None:
        """One entry of a timeline; `at_s` says when, where it was seen on a clock."""
        if event.get("at_s", 0.0) > self.env.now:
            self.env.run(until=event["at_s"])
        if "sleep" in event:
            self.env.run(until=self.env.now + event["sleep"])
        elif "set" in event:
            self.states.update(event["set"])
        elif "health" in event:
            self._marked(event["health"])
        elif "finish" in event:
            self.finish(event["finish"], "at_s" in event)
        elif "get" in event:
            self.env.run(until=self.start(event["get"], *_stated(event)))
            self._settle()
        else:
            self._held(event["start"], event)

    def _marked(self, health: Mapping[str, str]) -> None:
        """The proxy is told how its backends are."""
        assert self.upstream.up is not None
        for name, state in health.items():
            self.upstream.up[self.backends.places[name]] = state == "up"

    def _held(self, name: str, event: Mapping[str, Any]) -> None:
        self.found.held.add(name)
        self.start(name, *_stated(event), holds=True)
        self._settle()
        if "at_s" in event:
            return
        if name not in self.found.answers and name not in (a[0] for a in self.found.arrivals):
            self.env.run(until=self.env.now + QUEUE_WAIT_S)

    def all(self) -> Found:
        """Every request of the case."""
        asked = self.case["requests"]
        for name, count in (asked.get("load") or {}).items():
            self.upstream.in_flight[self.backends.places[name]] = count
        for number, (key, client) in enumerate(_plain(asked)):
            self.env.run(until=self.start(f"r{number}", key, client))
        for event in asked.get("timeline", ()):
            self.play(event)
        for name in [n for n in self.found.order if n in self.found.held and n not in self.found.answers]:
            if not self.finishes.setdefault(name, self.env.event()).triggered:
                self.finishes[name].succeed()
        self.env.run(until=self.env.now + 3)
        return self.found

    def sequence(self) -> list[str]:
        """Who answered each request: a backend, or the proxy itself with a status."""
        return [self._who(self.found.answers.get(name)) for name in self.found.order]

    def _who(self, answer: UpstreamAnswer | None) -> str:
        if answer is None:
            return "?"
        return f"!{answer.status}" if answer.place is None else self.backends.names[answer.place]

    def attempts(self) -> list[list[str]]:
        """Who was asked for each request; nginx tells of those too that refused."""
        arrived = {name: [b for n, b in self.found.arrivals if n == name] for name in self.found.order}
        if self.case["proxy"] != "nginx":
            return list(arrived.values())
        return [arrived[n] if n in self.found.held else self._told(n) for n in self.found.order]

    def _told(self, name: str) -> list[str]:
        answer = self.found.answers[name]
        return [self.backends.names[p] for p in answer.tried] or ["up"]


def _stated(event: Mapping[str, Any]) -> tuple[str, str, str]:
    """Key, client and method of a request."""
    return str(event.get("key", "")), event.get("ip", ""), event.get("method", "")


def _plain(asked: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    if "keys" in asked:
        return [(str(key), "") for key in asked["keys"]]
    if "client_ips" in asked:
        return [("", client) for client in asked["client_ips"]]
    return [("", "")] * asked.get("count", 0)


def _timed(case: Mapping[str, Any]) -> str | None:
    """Answers and picks at stated times, with the figures that the program's own code gave."""
    backends = Backends(tuple(b for b in backends_of(case).listed if b.name != "c"))
    state = ingress_nginx.slowness_of(backends, None)
    for event in case["requests"]["timeline"]:
        now_s = float(event["t"])
        if "sync" in event:
            backends = Backends(tuple(b for b in backends_of(case).listed if b.name in event["sync"]))
            state = ingress_nginx.slowness_of(backends, state, now_s)
            figures = {n: state.values_s[p] or 0.0 for n, p in backends.places.items()}
            wanted = event["ewma"]
        elif "done" in event:
            place = backends.places[event["done"]]
            state = ingress_nginx.ended(state, now_s, TryEnd(event["done"], answer_s=event["rtt"]))
            figures, wanted = {event["done"]: state.values_s[place] or 0.0}, {event["done"]: event["ewma"]}
        else:
            view = View(backends, [0] * len(backends.names), now_s)
            picked = {ingress_nginx.ewma(view, state, lambda k, d=d: d).index for d in (0.1, 0.9)}
            if picked != {backends.places[event["pick"]]}:
                return f"at {now_s}: expected {event['pick']}, got {picked}"
            figures = {event["pick"]: ingress_nginx.score(state, backends.places[event["pick"]], now_s)}
            wanted = {event["pick"]: event["score"]}
        for name, value in wanted.items():
            if abs(figures[name] - value) > 1e-8:
                return f"at {now_s}: {name} expected {value}, got {figures[name]}"
    return None


def compared(case: Mapping[str, Any]) -> str | None:
    """None where the choices are those of the real program."""
    if any("done" in event for event in case["requests"].get("timeline", ())):
        return _timed(case)
    benches = [Bench(case, seed) for seed in range(SEEDS)]
    for bench in benches:
        bench.all()
    one = benches[0]
    wrong = [*_sequences(case, benches), *_counts(case, benches)]
    named = {
        "expect_attempts": one.attempts(),
        "expect_arrivals": one.found.arrivals,
        "backend_connections": dict(one.found.opened),
        "statuses": [
            one.found.answers[n].status if n in one.found.answers else None for n in one.found.order
        ],
    }
    wrong += [f"{k}: expected {case[k]}, got {v}" for k, v in named.items() if k in case and case[k] != v]
    return "; ".join(wrong) or None


def _sequences(case: Mapping[str, Any], benches: list[Bench]) -> Iterable[str]:
    if "expect_sequence" in case and (got := benches[0].sequence()) != case["expect_sequence"]:
        yield f"expected {case['expect_sequence']}, got {got}"
    cycle = case.get("expect_rotation_of")
    for bench in benches if cycle else ():
        got = bench.sequence()
        turned = ([cycle[(at + n) % len(cycle)] for n in range(len(got))] for at in range(len(cycle)))
        if got not in turned:
            yield f"expected a rotation of {cycle}, got {got}"


def _counts(case: Mapping[str, Any], benches: list[Bench]) -> Iterable[str]:
    if "expect_counts" not in case:
        return
    found, tolerance = [Counter(b.sequence()) for b in benches], case.get("tolerance", 0)
    for name, wanted in case["expect_counts"].items():
        far = [c[name] for c in found if abs(c[name] - wanted) > tolerance]
        if far:
            yield f"{name}: expected {wanted} within {tolerance}, got {far}"
    if tolerance and len({tuple(sorted(c.items())) for c in found}) < 2:
        yield "the counts are the same for every seed"

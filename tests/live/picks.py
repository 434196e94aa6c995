"""Random set-ups of proxies: backends, weights, limits, failures, and sixty requests, as cases of balancing are.

`nginx(n)`, `haproxy(n)` and `envoy(n)` are always the same for a number. Addresses are the set-up's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random
from typing import Any
from urllib.parse import quote

Case = dict[str, Any]
NAMES = "abcdefghi"
REQUESTS = 60
WAIT, OTHER_WAITS = "40ms", ("39ms", "41ms", "44ms", "50ms")
"""HAProxy pauses before another try for so long as a connection may take, a second at most; what ticks of a millisecond
and a busy machine make of that."""

AT_ONCE = 100
MOST_HELD = 8
KEYS = (
    "", "a", "b", "user-1", "user-2", "ü", "日本語", "Ωμέγα", "naïve café", "x" * 40, "0", "/cart?id=7", "🙂", "A",
    "session=8f14e45fceea167a5a36dedd4bea2543", "%C3%BC", "a,b", "the quick brown fox jumps over the lazy dog",
)  # fmt: skip
PATHS = (
    "/",
    "/a",
    "/a/b",
    "/a?x=1",
    "/a/b?y=2&z=3",
    "/ü",
    "/日本/語",
    "/%C3%BC",
    "/a//b",
    "/favicon.ico",
    "/a/b/c/d",
)


def _weights(chance: Random, count: int, most: int) -> list[int]:
    kind = chance.random()
    if kind < 0.3:
        return [1] * count
    if kind < 0.4:
        return [chance.randint(2, most)] * count
    small = most if kind > 0.85 else min(9, most)
    return [chance.randint(1, small) for _ in range(count)]


def _backends(chance: Random, octet: int, number: int, most: int) -> list[Case]:
    """Two to nine, each with an address that no other set-up beside it has."""
    count = chance.randint(2, 9)
    weights = _weights(chance, count, most)
    found = []
    for place, weight in enumerate(weights):
        port = 10_000 + 5_000 * (octet % 4) + 16 * (number % AT_ONCE) + place
        host = f"127.{octet}.{number % AT_ONCE}.{chance.randint(1, 27) * 9 + place}"
        found.append({"name": NAMES[place], "weight": weight, "address": f"{host}:{port}"})
    return found


def _client(chance: Random) -> str:
    if chance.random() < 0.3:
        words = ":".join(f"{chance.choice((0, 1, chance.randrange(1 << 16))):x}" for _ in range(8))
        return chance.choice((words, f"2001:db8::{chance.randrange(1 << 16):x}", "::1", "fd00::"))
    return ".".join(str(chance.randrange(1, 255)) for _ in range(4))


def _key(chance: Random, keys: tuple[str, ...]) -> str:
    if chance.random() < 0.5:
        return chance.choice(keys)
    letters = "abcdefghijklmnopqrstuvwxyz0123456789-_éß漢"
    word = "".join(chance.choice(letters) for _ in range(chance.randint(1, 40)))
    return f"/{word}" if keys is PATHS else word


Break = Callable[[Random, list[str]], Case]


class Timeline:
    """Sixty requests: most end at once, some stay open for a while; backends break and are well again.

    Args:
        what: of a request beside its name.
        holds: how likely a request stays open; `breaks`: how likely something happens before one.
        happens: what then happens.
    """

    def __init__(
        self, chance: Random, what: Callable[[Random], Case], holds: float, breaks: float, happens: Break
    ) -> None:
        self.chance, self.what, self.holds, self.breaks, self.happens = chance, what, holds, breaks, happens
        self.finishes, self.open = min(0.45, holds), list[str]()

    def events(self, names: list[str], count: int = REQUESTS) -> Iterator[Case]:
        for number in range(count):
            if self.chance.random() < self.breaks:
                yield self.happens(self.chance, names)
            yield from self._one(f"r{number}")
        self.chance.shuffle(self.open)
        yield from ({"finish": name} for name in self.open)

    def _one(self, name: str) -> Iterator[Case]:
        held = self.chance.random() < self.holds and len(self.open) < MOST_HELD
        if self.holds >= 1 and not held:  # Where a request may have to wait, none is waited for.
            yield {"finish": self.open.pop(self.chance.randrange(len(self.open)))}
            held = True
        yield {"start" if held else "get": name, **self.what(self.chance)}
        if held:
            self.open.append(name)
        if self.open and self.chance.random() < self.finishes:
            yield {"finish": self.open.pop(self.chance.randrange(len(self.open)))}


def _breaking(states: tuple[str, ...]) -> Break:
    def happens(chance: Random, names: list[str]) -> Case:
        return {"set": {chance.choice(names): chance.choice(states)}}

    return happens


def _methods(chance: Random) -> Callable[[Random], Case]:
    """GET alone, or POST too."""
    mixed = chance.random() < 0.4
    return lambda c: {"method": "POST"} if mixed and c.random() < 0.5 else {}


NGINX = ("round-robin", "least-conn", "ip-hash", "hash", "hash-consistent")
NEXT = ("error timeout", "error timeout http_500", "error", "http_500", "off", "error timeout non_idempotent")


def nginx(number: int) -> Case:
    """A set-up of nginx."""
    chance = Random(f"nginx {number}")
    algorithm = chance.choice(NGINX)
    rows = _backends(chance, 21, number, 100)
    options: Case = {"key_in": "header", "fail_timeout": "60s"}
    if chance.random() < 0.4:
        options["next_upstream"] = chance.choice(NEXT)
    if chance.random() < 0.3:
        options["next_upstream_tries"] = chance.randint(1, 4)
    if algorithm in ("round-robin", "least-conn") and chance.random() < 0.3:
        for row in rows[chance.randint(1, len(rows) - 1) :]:
            row["backup"] = True
    most = chance.choice((0, 1, 2)) if chance.random() < 0.25 else 0
    for row in rows:
        row["max_fails"] = chance.choice((0, 1, 1, 2, 3))
        row |= {"max_conns": most + chance.randint(0, 1)} if most else {}
        row |= {"down": True} if chance.random() < 0.05 else {}
    method = _methods(chance)

    def what(c: Random) -> Case:
        found = method(c)
        if algorithm == "ip-hash":
            return found | {"ip": _client(c)}
        return found | {"key": _key(c, KEYS)} if algorithm.startswith("hash") else found

    holds = 0.5 if most or algorithm == "least-conn" else 0.1
    breaks = chance.choice((0.0, 0.1, 0.2))
    happens = _breaking(("refuse", "close", "error", "up", "up"))
    if not breaks and chance.random() < 0.5:
        options["keepalive"] = chance.randint(1, 6)
    timeline = list(Timeline(chance, what, holds, breaks, happens).events([r["name"] for r in rows]))
    if breaks and chance.random() < 0.2:
        options |= {"fail_timeout": "1s", "clocked": True}
        for place in sorted(chance.sample(range(len(timeline)), 2), reverse=True):
            timeline.insert(place, {"sleep": chance.choice((0.7, 1.6))})
    return _case("nginx", number, algorithm, rows, options, timeline)


HAPROXY = (
    "round-robin", "static-rr", "least-conn", "first", "source", "source-consistent", "uri", "uri-consistent",
    "hdr", "hdr-consistent",
)  # fmt: skip


def _haproxy_options(chance: Random, rows: list[Case]) -> Case:
    """Retries, backups, limits; a server may be marked down, or weigh nothing.

    Where servers are marked up and down there are no limits: what waits is not dealt out anew by the model.
    """
    options: Case = {"key_in": "header", "timeout_connect": WAIT, "timeout_queue": "30s"}
    options |= {"retries": chance.randint(0, 3), "redispatch": chance.random() < 0.6}
    options |= {"marks": True} if chance.random() < 0.3 else {}
    if chance.random() < 0.3:
        options["allbackups"] = chance.random() < 0.5
        for row in rows[chance.randint(1, len(rows) - 1) :]:
            row["backup"] = True
    most = chance.choice((0, 1, 2)) if chance.random() < 0.35 and "marks" not in options else 0
    for row in rows:
        row |= {"max_conns": most + chance.randint(0, 1)} if most else {}
        row |= {"down": True} if chance.random() < 0.05 else {}
        row |= {"weight": 0} if chance.random() < 0.02 else {}
    return options


def _marking(chance: Random, names: list[str]) -> Case:
    return {"health": {chance.choice(names): chance.choice(("down", "up"))}}


def haproxy(number: int) -> Case:
    """A set-up of HAProxy."""
    chance = Random(f"haproxy {number}")
    algorithm = chance.choice(HAPROXY)
    rows = _backends(chance, 22, number, 256)
    options = _haproxy_options(chance, rows)
    # Where the last node was another ring's, HAProxy 2.6 looks for the next one for ever, and ends itself.
    two_rings = options.get("marks") and any(row.get("backup") for row in rows)
    missing = "none" if two_rings and algorithm == "hdr-consistent" else ""
    if algorithm.startswith("uri"):
        options["key_in"] = "uri"
    method = _methods(chance)

    def what(c: Random) -> Case:
        found = method(c)
        if algorithm.startswith("source"):
            return found | {"ip": _client(c)}
        if algorithm.startswith("uri"):
            return found | {"key": quote(_key(c, PATHS), safe="/?=&%")}
        return found | {"key": _key(c, KEYS) or missing} if algorithm.startswith("hdr") else found

    limited = any(row.get("max_conns") for row in rows)
    holds = 1.0 if limited else 0.5 if algorithm == "least-conn" else 0.1
    if options.get("marks"):
        breaks, happens = 0.3, _marking
    else:
        breaks, happens = chance.choice((0.0, 0.05, 0.1)), _breaking(("refuse", "close", "error", "up", "up"))
    timeline = list(Timeline(chance, what, holds, breaks, happens).events([r["name"] for r in rows]))
    return _case("haproxy", number, algorithm, rows, options, timeline)


PRIMES = (29, 31, 37, 41, 43, 47, 53, 61, 71, 79, 89, 97)
ENVOY = ("round-robin", "least-request", "ring-hash", "maglev")


def _envoy_options(chance: Random, rows: list[Case], hashing: bool) -> Case:
    """Priorities, hosts that were never healthy, retries, ejections.

    Where a priority is healthy in part, chance decides between it and the next, unless a hash does. With breakers
    connections are kept, so that they count; nobody is ejected then: another thread closes the connections of
    who is, before or after one that waits has taken the next. Hosts that hashes lead to are not ejected here: when
    Envoy's tables are made anew differs from run to run.
    """
    options: Case = {"key_in": "header"}
    if chance.random() < 0.25:
        for row in rows[chance.randint(1, len(rows) - 1) :]:
            row["backup"] = True
    sure = hashing or not any(row.get("backup") for row in rows)
    for row in rows:
        row |= {"down": True} if sure and chance.random() < 0.05 else {}
    if chance.random() < 0.5:
        options["retry"] = {
            "retry_on": chance.choice(("5xx", "connect-failure")),
            "num_retries": chance.randint(1, 3),
            "avoid_previous": chance.random() < 0.6,
        }
    if sure and not hashing and len({row["weight"] for row in rows}) == 1 and chance.random() < 0.6:
        # With weights each set of survivors would begin its turns at a place of its own.
        options["outlier"] = {
            "consecutive_5xx": chance.randint(1, 4), "interval": "60s", "base_ejection_time": "300s",
            "max_ejection_percent": chance.choice((10, 30, 50, 100)),
        }  # fmt: skip
    if chance.random() < 0.2 and "outlier" not in options:
        options["keepalive"] = True
        options["circuit"] = {
            "max_connections": chance.randint(1, 4),
            "max_pending_requests": chance.randint(1, 3),
            "max_requests": chance.choice((2, 4, 1024)),
        } | ({"max_retries": chance.randint(1, 3)} if "retry" in options else {})
    return options


def envoy(number: int) -> Case:
    """A set-up of Envoy."""
    chance = Random(f"envoy {number}")
    algorithm = chance.choice(ENVOY)
    rows = _backends(chance, 23, number, 12)
    if algorithm == "least-request":
        # Where all weigh the same it draws by chance; where deadlines are equal the last bit of a float decides.
        for row, weight in zip(rows, chance.sample(PRIMES, len(rows)), strict=True):
            row["weight"] = weight
    hashing, method = algorithm in ("ring-hash", "maglev"), _methods(chance)
    options = _envoy_options(chance, rows, hashing)
    breaks = chance.choice((0.0, 0.05, 0.1))
    timeline = Timeline(
        chance,
        lambda c: method(c) | ({"key": _key(c, KEYS) or "none"} if hashing else {}),
        1.0 if "circuit" in options else 0.5 if algorithm == "least-request" else 0.1,
        breaks,
        _breaking(
            ("close", "error", "up") if "circuit" in options else ("refuse", "close", "error", "up", "up")
        ),
    ).events([r["name"] for r in rows])
    return _case("envoy", number, algorithm, rows, options, list(timeline))


BY_CHANCE = {
    "nginx": ("random", "random-two"),
    "haproxy": ("random",),
    "envoy": ("random", "least-request", "least-request-full-scan", "round-robin"),
}
OCTETS = {"nginx": 21, "haproxy": 22, "envoy": 23}
DRAWN = 150


def by_chance(program: str, number: int) -> Case:
    """A set-up whose choices are drawn: some requests stay open on whoever had them, then many are counted."""
    chance = Random(f"{program} by chance {number}")
    algorithm = BY_CHANCE[program][number % len(BY_CHANCE[program])]
    rows = _backends(chance, OCTETS[program], number, 12)[:4]
    if algorithm.startswith("least-request"):
        for row in rows:
            row["weight"] = 1
    held = [] if algorithm == "round-robin" else [f"h{n}" for n in range(chance.randint(0, 2))]
    timeline: list[Case] = [{"start": name} for name in held]
    timeline += [{"get": f"r{n}"} for n in range(DRAWN)]
    timeline += [{"finish": name} for name in held]
    return _case(program, number, algorithm, rows, {"fail_timeout": "60s"}, timeline)


def _case(
    program: str, number: int, algorithm: str, rows: list[Case], options: Case, timeline: list[Case]
) -> Case:
    return {
        "id": f"{program}-{number}", "proxy": program, "algorithm": algorithm, "backends": rows,
        "options": options, "requests": {"timeline": timeline},
    }  # fmt: skip

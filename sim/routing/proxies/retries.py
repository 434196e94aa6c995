"""What a proxy does where a backend does not answer, is full, or answers with an error.

Values only; an engine asks them. Sources: nginx, proxy_next_upstream; HAProxy, configuration.txt, `retries`,
`option redispatch`, `retry-on`, `timeout queue`, `maxconn`, `check`; Envoy, retry policies, circuit breaking,
outlier detection.
"""

from dataclasses import dataclass
from typing import Literal

Failure = Literal["refused", "unreachable", "closed", "timeout", "kept-closed"]
"""No connection, at once or not in time; one that ends without an answer, or whose answer is late.

kept-closed: one that ends so and carried requests before, where the program treats it in a way of its own.
"""

Outcome = Failure | int
"""How a try at a backend ends: a failure, or the status that it answers."""

FAILURES: frozenset[Outcome] = frozenset(("refused", "unreachable", "closed", "timeout"))

NOT_SENT: frozenset[Outcome] = frozenset(("refused", "unreachable"))
"""Failures before a backend has had anything of the request."""

NOT_REPEATED = frozenset({"POST", "LOCK", "PATCH"})
"""Methods that are not sent again once a backend has them. Source: nginx, proxy_next_upstream."""

REPLAYED = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
"""Methods that a client of Go sends again over another connection. Source: net/http, isReplayable."""


@dataclass(frozen=True, kw_only=True)
class Outlier:
    """Envoy's outlier detection.

    Args:
        consecutive_5xx: so many in a row eject a host.
        interval_s: between looks at who may come back.
        base_s: times the number of its ejections: how long it stays away.
        most_percent: of the hosts that may be away at once.
    """

    consecutive_5xx: int = 5
    interval_s: float = 10.0
    base_s: float = 30.0
    most_percent: int = 10


@dataclass(frozen=True, kw_only=True)
class Circuit:
    """Envoy's circuit breakers, for the whole upstream."""

    connections: int = 1024
    pending: int = 1024
    requests: int = 1024


@dataclass(frozen=True, kw_only=True)
class Check:
    """A proxy's own checks of its backends; the first ones are spread over the interval.

    Args:
        interval_s: between two checks of a backend.
        fall, rise: so many in a row that fail, or succeed, change what the proxy takes it for.
    """

    interval_s: float = 2.0
    fall: int = 3
    rise: int = 2


@dataclass(frozen=True)
class Retries:
    """How a proxy goes on where a backend does not answer.

    Args:
        tries: of one request at most; 0: as many as there are backends.
        connect_timeout_s: how long it waits for a connection to one.
        read_timeout_s: how long it waits for an answer.
        within_s: no other try is made so long after the first; 0: whenever.
        after: outcomes after which there is another try.
        counted: outcomes that count as a failure of the backend; of statuses those that are not passed on.
        repeats: whether what a backend has had of a POST, LOCK or PATCH is sent again.
        same: whether the same backend is tried again.
        redispatches: whether the last try then goes elsewhere, and every one where backends take turns.
        most_retried: so many requests that are open at once may be tried again; 0: all.
        wait_s: the pause before another try, unless it goes elsewhere at once.
        reselects: how often it chooses again where the choice was tried already.
        max_fails, fail_timeout_s: as nginx: so many failures take a backend out for so long; 0: none does.
        when_refused, when_unreachable, when_closed, when_late: what it answers itself after the last try.
        nobody: what it answers where there is no backend that it may try.
        queue_s: how long a request waits for a backend that is full; None: it does not.
        kept_closed: what it does where the kept connection that it sent a request over is closed without
            an answer: it takes that for any other closed one, sends what may be repeated again at once to the
            same Pod, or closes the client's connection without a word; free: for a closed one that uses up
            no try (nginx, ngx_http_upstream_next, peer.cached); not-last: for one that uses up a try, but
            never the last one (ingress-nginx, whose Lua counts: set_more_tries).
        first_anew: whether the first request of a client's connection goes over a new one.
        shares_kept: whether all workers of a proxy Pod use the connections that one of them keeps.
        check, outlier, circuit: what else it knows of its backends, and how much it lets through.
    """

    tries: int = 1
    connect_timeout_s: float = 10.0
    read_timeout_s: float = 60.0
    within_s: float = 0.0
    after: frozenset[Outcome] = FAILURES
    counted: frozenset[Outcome] = FAILURES
    repeats: bool = False
    same: bool = False
    redispatches: bool = False
    most_retried: int = 0
    wait_s: float = 0.0
    reselects: int = 0
    max_fails: int = 0
    fail_timeout_s: float = 10.0
    when_refused: int = 502
    when_unreachable: int = 504
    when_closed: int = 502
    when_late: int = 504
    nobody: int = 502
    queue_s: float | None = None
    kept_closed: Literal["closed", "again", "hang-up", "free", "not-last"] = "closed"
    first_anew: bool = False
    shares_kept: bool = False
    check: Check | None = None
    outlier: Outlier | None = None
    circuit: Circuit | None = None

    def left_after_kept(self, left: int) -> int:
        """How many tries are left after one over a kept connection that closed without an answer.

        Args:
            left: how many there were, that one with them.
        """
        return left if self.kept_closed == "free" else max(left - 1, 1)

    def again(self, outcome: Outcome, method: str) -> bool:
        """Whether the request is tried again after this outcome."""
        return outcome in self.after and (self.repeats or outcome in NOT_SENT or method not in NOT_REPEATED)

    def backends(self, outcome: Outcome, listed: int) -> int:
        """How many backends one request may come to where each of them ends it so.

        Args:
            listed: how many there are.
        """
        if (self.same and not self.redispatches) or outcome not in self.after:
            return min(1, listed)
        return min(self.tries or listed, listed)

    def status_of(self, outcome: Outcome) -> int:
        """What the client gets after this outcome of the last try."""
        if isinstance(outcome, int):
            return outcome
        return {
            "refused": self.when_refused,
            "unreachable": self.when_unreachable,
            "closed": self.when_closed,
            "timeout": self.when_late,
        }[outcome]


ENVOY = Retries(
    read_timeout_s=15.0,
    after=frozenset(),
    repeats=True,
    when_refused=503,
    when_unreachable=503,
    when_closed=503,
    nobody=503,
)
"""Envoy as it is where nothing is said: it tries once, and a route waits 15 s. Source: Envoy, RouteAction."""

ONCE = Retries()
"""One try."""

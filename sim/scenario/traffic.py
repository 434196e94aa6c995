"""A row of traffic: who asks what, how often, over which protocol, and how patiently."""

from math import inf
from typing import Annotated, Literal

from pydantic import Field, StrictStr

from sim.scenario.arrivals import ArrivalsKey
from sim.scenario.distributions import Distribution
from sim.scenario.fields import (
    AboveZero,
    Count,
    Duration,
    Factor,
    NotNegative,
    Positive,
    Section,
    Share,
    Times,
    is_whole,
    wanted,
)

CONNECT_TIMEOUT_S = 10.0
"""How long a client waits for a connection: an assumption. Linux gives up after 127 s, curl after 300 s."""

MOST_RETRIES = 10
REQUEST_BYTES, RESPONSE_BYTES = 500.0, 5000.0
"""With headers; they make the bill, not the time: an assumption."""

_SLASH = wanted("path must start with /", lambda value: isinstance(value, str) and value.startswith("/"))
_FEW = wanted(
    f"must be a whole number from 0 to {MOST_RETRIES}", lambda value: is_whole(value, 0, MOST_RETRIES)
)


class BackoffKey(Section):
    """How long a client pauses before it tries again: base x factor^(attempt - 1), or by chance less.

    Args:
        base: before the first new attempt.
        factor: from one attempt to the next.
        jitter: share of the pause that is drawn: 1 is anything from nothing to the whole, 0 the whole always.
    """

    base: Duration = 0.1
    factor: Factor = 2.0
    jitter: Share = 1.0

    def pause_s(self, attempt: int, draw: float) -> float:
        """Before a new attempt, the first being 1.

        Args:
            draw: a uniform from 0 to 1.
        """
        return self.base * self.factor ** (attempt - 1) * (1 - self.jitter + self.jitter * draw)


class TrafficRow(Section):
    """Requests of one kind: an open stream at `rps`, or a closed loop of `users`.

    Args:
        protocol: `http` is HTTP/1.1. `tcp`, `udp` and `sctp` go to the Service's own load balancer.
        headers: that every request of the row carries; a cookie is one of them.
        scheme: https where the host has a certificate, unless it is stated.
        weight: share of the scenario's `rps`, for rows without a rate of their own.
        rps: of an open stream; of one whose rate changes the mean, filled in when the file is read.
        think: pause of a user between an answer and the next request.
        arrivals: gaps at an even rate, or how the rate changes.
        client_ip: the address that all clients of the row come from; each has its own otherwise.
        clients: how many there are; None: one per request per second, or the one whose address is given.
        keep_alive: requests per connection, or datagrams per port of a client; None: 1 with HTTP/1.1, without
            end else.
        timeout: how long a client waits for a request, connecting included; None: as long as it takes.
        connect_timeout: how long it waits for a connection.
        retries: how often it tries again what failed.
        backoff: the pauses before that.
        retry_budget: so many retries for each request of the last seconds at most; None: any number.
        idle_timeout: after how long a client closes a connection that carries nothing; None: it never does.
        max_connection_age: after how long it opens another one, whatever the connection carries; None: never.
        request_bytes, response_bytes: with headers; they make the bill, not the time.
    """

    host: StrictStr
    path: Annotated[StrictStr, _SLASH] = "/"
    method: StrictStr = "GET"
    headers: dict[StrictStr, StrictStr] = Field(default_factory=dict)
    protocol: Literal["http", "http2", "tcp", "udp", "sctp"] = "http"
    scheme: Literal["http", "https"] | None = None
    weight: NotNegative | None = None
    rps: Positive | None = None
    users: Count | None = None
    think: Times = Distribution("exponential", 1.0)
    requests: Count | None = None
    duration_s: Positive | None = None
    arrivals: Literal["poisson", "constant"] | ArrivalsKey = "poisson"
    client_ip: StrictStr | None = None
    clients: Count | None = None
    keep_alive: Count | None = None
    timeout: AboveZero | None = None
    connect_timeout: AboveZero = CONNECT_TIMEOUT_S
    retries: Annotated[int, _FEW] = 0
    backoff: BackoffKey = BackoffKey()
    retry_budget: Share | None = None
    idle_timeout: AboveZero | None = None
    max_connection_age: AboveZero | None = None
    request_bytes: NotNegative = REQUEST_BYTES
    response_bytes: NotNegative = RESPONSE_BYTES

    @property
    def shape(self) -> ArrivalsKey | None:
        """How the rate changes; None: it does not."""
        return self.arrivals if isinstance(self.arrivals, ArrivalsKey) else None

    @property
    def is_http(self) -> bool:
        """Whether something that reads HTTP can carry it."""
        return self.protocol in ("http", "http2")

    @property
    def uses(self) -> float:
        """How many requests one connection carries."""
        if self.keep_alive is not None:
            return self.keep_alive
        return 1 if self.protocol == "http" else inf

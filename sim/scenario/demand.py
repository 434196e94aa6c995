"""Demand: what clients ask of a Service, as people know it: requests/s, gigabytes a month, new connections/s.

It turns into rows of a scenario, for a run and for a bill alike. What nobody states is assumed and said.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from sim.cluster.cluster import Assumption
from sim.costs.price_sheet import exact
from sim.errors import InputError, UsageError, there_are
from sim.scenario.month import BYTES_PER_GB, OPEN_S, SECONDS_PER_MONTH
from sim.scenario.traffic import REQUEST_BYTES, RESPONSE_BYTES

USUAL_RPS = Fraction(2)
SHARE_IN = Fraction(REQUEST_BYTES) / Fraction(REQUEST_BYTES + RESPONSE_BYTES)
"""Of the bytes, those that clients send: requests are small."""
QUANTITIES = ("rps", "gb_month", "connections")
"""What people state of a Service, each by an option or a column of a file."""
NAMED = 3
"""Services that a sentence names one by one."""


@dataclass(frozen=True)
class Demand:
    """What clients ask of one Service; what is None, nobody stated.

    Args:
        rps: requests per second; None: 2.
        gb_month: gigabytes a month, both directions; None: as a request and an answer of usual size make.
        connections: new connections per second; None: one per request.
        share_in: of the gigabytes, those that clients send.
    """

    rps: Fraction | None = None
    gb_month: Fraction | None = None
    connections: Fraction | None = None
    share_in: Fraction = SHARE_IN

    @property
    def rate(self) -> Fraction:
        """Requests per second."""
        return USUAL_RPS if self.rps is None else self.rps

    @property
    def connections_per_s(self) -> Fraction:
        """New connections per second: never more than requests."""
        return self.rate if self.connections is None else min(self.connections, self.rate)

    @property
    def keep_alive(self) -> int:
        """Requests per connection, whole."""
        return max(1, round(self.rate / self.connections_per_s)) if self.connections_per_s else 1

    def rows(self, count: int) -> list[dict[str, Any]]:
        """The keys of `count` traffic rows that say the same together; none where nobody asks."""
        if not self.rate:
            return []
        row: dict[str, Any] = {"rps": float(self.rate / count)}
        if self.connections is not None:
            row["keep_alive"] = self.keep_alive
        if self.gb_month is not None:
            size = self.gb_month * BYTES_PER_GB / (self.rate * SECONDS_PER_MONTH)
            row["request_bytes"] = float(size * self.share_in)
            row["response_bytes"] = float(size * (1 - self.share_in))
        return [row] * count


@dataclass(frozen=True)
class Demands:
    """The demand of every Service: its own where it is stated, else the default."""

    default: Demand = Demand()
    of: Mapping[str, Demand] = field(default_factory=dict)

    def __getitem__(self, service: str) -> Demand:
        return self.of.get(service, self.default)


def stated(options: Mapping[str, Iterable[str]], measured: Demands | None = None) -> Demands:
    """Demands from options: `VALUE` for every Service, `NAMESPACE/NAME=VALUE` for one.

    Args:
        options: by quantity of Demand.
        measured: what a file says; options go before it for a Service that they name.

    Raises:
        UsageError: a value is no number, or no rate, or there are more connections than requests.
    """
    found = measured or Demands()
    for quantity, values in options.items():
        for value in values:
            found = _with(found, quantity, value)
    for service, demand in (("", found.default), *found.of.items()):
        _check_connections(service, demand)
    return found


def _check_connections(service: str, demand: Demand) -> None:
    """Refuse more connections than requests: one without a request costs, and nobody says what it asks."""
    if demand.connections is None or demand.connections <= demand.rate:
        return
    named = f"{service}=" if service else ""
    rate, many = f"{float(demand.rate):g}", f"{float(demand.connections):g}"
    stated = "" if demand.rps is not None else ", which is assumed"
    raise UsageError(
        f"--connections {named}{many}: more new connections than requests, {rate} a second{stated}"
        f"\n  fix: give at most {rate}, or raise the rate with --rps {named}{many}"
    )


def _with(demands: Demands, quantity: str, text: str) -> Demands:
    service, has_name, value = text.rpartition("=")
    number = _number(quantity, value, text)
    if not has_name:
        return replace(demands, default=replace(demands.default, **{quantity: number}))
    if "/" not in service:
        raise _no_option(quantity, text, "write NAMESPACE/NAME=VALUE")
    known = demands[service]
    changed = replace(known if known.rate else Demand(), **{quantity: number})
    return replace(demands, of={**demands.of, service: changed})


def _number(quantity: str, value: str, text: str) -> Fraction:
    try:
        number = exact(value)
    except ValueError as error:
        raise _no_option(quantity, text, str(error)) from None
    if not number and quantity != "gb_month":
        raise _no_option(quantity, text, "must be above zero")
    return number


def _no_option(quantity: str, text: str, why: str) -> UsageError:
    return UsageError(f"--{quantity.replace('_', '-')} {text}: {why}")


def check_names(demands: Demands, services: Iterable[str]) -> None:
    """Refuse a demand for a Service that nobody exposes.

    Raises:
        InputError: with the Services there are.
    """
    known = dict.fromkeys(services)
    for name in demands.of:
        if name not in known:
            raise InputError(f"traffic for {name}, which is not exposed", None, there_are(name, known))


def assumed(demands: Mapping[str, Demand]) -> tuple[Assumption, ...]:
    """What is taken for granted where nobody stated it, and what nobody can state.

    Args:
        demands: by Service; one without a name stands for Services that have none.
    """
    every = [d for d in demands.values() if d.rate]
    without = [key for key, demand in demands.items() if demand.rps is None]
    sizes = f"{REQUEST_BYTES:,.0f} bytes in and {RESPONSE_BYTES:,.0f} out"
    goes_in = f"{SHARE_IN.numerator} of {SHARE_IN.denominator} bytes goes in"
    said = (
        (f"{USUAL_RPS} requests/s {_for(without, len(demands))}", "--rps", bool(without)),
        ("a connection for each request", "--connections", any(d.connections is None for d in every)),
        (sizes, "--gb-month", any(d.gb_month is None for d in every)),
        (goes_in, "--traffic", any(d.gb_month is not None and d.share_in == SHARE_IN for d in every)),
    )
    words = ", ".join(what for what, _, held in said if held)
    options = ", ".join(option for _, option, held in said if held)
    stated = (Assumption(f"{words} (say {options})", options),) if words else ()
    kept = f"a connection stays open for {OPEN_S} s after its last request"
    return (*stated, Assumption(kept, "no option: it is the same in every plan"))


def _for(services: Sequence[str], count: int) -> str:
    """Those that something is said of: all, a few by name, or how many."""
    if len(services) == count:
        return "per Service"
    few = len(services) <= NAMED
    return f"for {', '.join(services)}" if few else f"for {len(services)} of {count} Services"

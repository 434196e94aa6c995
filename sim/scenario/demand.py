"""Demand: what clients ask of a Service, as people know it: requests/s, gigabytes a month, new connections/s.

It turns into the traffic of a bill, or into a row of a scenario. What nobody states is assumed and said.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from sim.cluster.cluster import Assumption
from sim.costs.price_sheet import exact
from sim.costs.usage import Traffic
from sim.errors import InputError, UsageError
from sim.scenario import TrafficRow

SECONDS_PER_MONTH = 730 * 3600
BYTES_PER_GB = 10**9
USUAL_RPS = Fraction(2)
SHARE_IN = Fraction(1, 10)
"""Of the gigabytes, those that clients send: requests are small."""
USUAL_GB = Fraction(10)
OPEN_S = 5
"""How long a connection stays open, on average."""
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

    def traffic(self) -> Traffic:
        """The traffic of a month, for a bill that no run has counted."""
        usual = USUAL_GB if self.rate else Fraction(0)
        gb = usual if self.gb_month is None else self.gb_month
        opened = self.connections_per_s
        return Traffic(self.rate, opened, opened * OPEN_S, gb * self.share_in, gb * (1 - self.share_in))

    def rows(self, count: int) -> list[dict[str, Any]]:
        """The keys of `count` traffic rows that say the same together; none where nobody asks."""
        return [self._row(count)] * count if self.rate else []

    def _row(self, count: int) -> dict[str, Any]:
        row: dict[str, Any] = {"rps": _short(self.rate / count)}
        if self.connections is not None:
            row["keep_alive"] = self.keep_alive
        if self.gb_month is not None:
            size = self.gb_month * BYTES_PER_GB / (self.rate * SECONDS_PER_MONTH)
            row["request_bytes"] = _short(size * self.share_in)
            row["response_bytes"] = _short(size * (1 - self.share_in))
        return row


def _short(value: Fraction) -> float:
    """Six digits: what a person would write, and no less than anybody measures."""
    return float(f"{float(value):.6g}")


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
        UsageError: a value is no number, or no rate.
    """
    found = measured or Demands()
    for quantity, values in options.items():
        for value in values:
            found = _with(found, quantity, value)
    return found


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
            fix = f"there are: {', '.join(known)}"
            raise InputError(f"traffic for {name}, which is not exposed", None, fix)


def assumed(demands: Iterable[Demand]) -> tuple[Assumption, ...]:
    """What a bill takes for granted where nobody stated it."""
    every = list(demands)
    found = list(_usual_rate(every))
    if any(d.connections is None for d in every):
        found.append(Assumption("a connection for every request", "--connections NEW-PER-SECOND"))
    if any(d.gb_month is None for d in every):
        found.append(Assumption(f"{USUAL_GB} GB a month per Service", "--gb-month GB"))
    share = "a tenth of the gigabytes goes in; " if any(d.share_in == SHARE_IN for d in every) else ""
    held = f"{share}a connection stays open for {OPEN_S} s"
    found.append(Assumption(held, "sim compare, which counts them in a run"))
    return tuple(found)


def assumed_in_a_run(demands: Mapping[str, Demand]) -> tuple[Assumption, ...]:
    """What a run takes for granted where nobody stated it, in one sentence.

    Args:
        demands: by Service.
    """
    every = [d for d in demands.values() if d.rate]
    usual = TrafficRow(host="")
    sizes = f"{usual.request_bytes:,.0f} bytes in and {usual.response_bytes:,.0f} out"
    without = [key for key, demand in demands.items() if demand.rps is None]
    said = (
        (f"{USUAL_RPS} requests/s {_for(without, len(demands))}", "--rps", bool(without)),
        ("a connection for each request", "--connections", any(d.connections is None for d in every)),
        (sizes, "--gb-month", any(d.gb_month is None for d in every)),
    )
    words = ", ".join(what for what, _, held in said if held)
    options = ", ".join(option for _, option, held in said if held)
    return (Assumption(f"{words} (say {options})", options),) if words else ()


def _for(services: Sequence[str], count: int) -> str:
    """Those that something is said of: all, a few by name, or how many."""
    if len(services) == count:
        return "per Service"
    return (
        f"for {', '.join(services)}" if len(services) <= NAMED else f"for {len(services)} of {count} Services"
    )


def _usual_rate(every: Iterable[Demand]) -> Iterator[Assumption]:
    if any(d.rps is None for d in every):
        yield Assumption(f"{USUAL_RPS} requests/s per Service (--rps says otherwise)", "--rps PER-SECOND")

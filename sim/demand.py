"""Demand: what clients ask of a Service, as people know it: requests/s, gigabytes a month, new connections/s.

It turns into the traffic of a bill, or into a row of a scenario. What nobody states is assumed and said.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from fractions import Fraction
from typing import Any

from sim.cluster import Assumption
from sim.errors import InputError, UsageError
from sim.price_sheet import exact
from sim.usage import Traffic

SECONDS_PER_MONTH = 730 * 3600
BYTES_PER_GB = 10**9
SHARE_IN = Fraction(1, 10)
"""Of the gigabytes, those that clients send: requests are small."""
OPEN_S = 5
"""How long a connection stays open, on average."""
LEAST_BYTES = 1


@dataclass(frozen=True)
class Demand:
    """What clients ask of one Service.

    Args:
        rps: requests per second.
        gb_month: gigabytes a month, both directions; None: as a request and an answer of usual size make.
        connections: new connections per second; None: as the default says.
    """

    rps: Fraction = Fraction(2)
    gb_month: Fraction | None = None
    connections: Fraction | None = None

    @property
    def connections_per_s(self) -> Fraction:
        """New connections per second: one per request where nothing is stated."""
        return self.rps if self.connections is None else min(self.connections, self.rps)

    @property
    def keep_alive(self) -> int:
        """Requests per connection, whole."""
        return max(1, round(self.rps / self.connections_per_s)) if self.connections_per_s else 1

    def traffic(self) -> Traffic:
        """The traffic of a month, for a bill that no run has counted."""
        gb = Fraction(10) if self.gb_month is None else self.gb_month
        opened = self.connections_per_s
        return Traffic(self.rps, opened, opened * OPEN_S, gb * SHARE_IN, gb * (1 - SHARE_IN))

    def row(self) -> dict[str, Any]:
        """The keys of a traffic row that say the same."""
        row: dict[str, Any] = {"rps": float(self.rps)}
        if self.keep_alive > 1:
            row["keep_alive"] = self.keep_alive
        if self.gb_month is not None:
            size = self.gb_month * BYTES_PER_GB / (self.rps * SECONDS_PER_MONTH)
            row["request_bytes"] = round(float(size * SHARE_IN), 1)
            row["response_bytes"] = round(float(size * (1 - SHARE_IN)), 1)
        return row


@dataclass(frozen=True)
class Demands:
    """The demand of every Service: its own where it is stated, else the default."""

    default: Demand = Demand()
    of: Mapping[str, Demand] = field(default_factory=dict)

    def __getitem__(self, service: str) -> Demand:
        return self.of.get(service, self.default)


QUANTITIES = tuple(f.name for f in fields(Demand))


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
    changed = replace(demands[service], **{quantity: number})
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


def assumed(demands: Demands) -> tuple[Assumption, ...]:
    """What a bill takes for granted where nobody stated it."""
    every = [demands.default, *demands.of.values()]
    found = []
    if any(d.connections is None for d in every):
        found.append(Assumption("a connection for every request", "--connections NEW-PER-SECOND"))
    if any(d.gb_month is None for d in every):
        found.append(Assumption("10 GB a month per Service", "--gb-month GB"))
    share = f"a tenth of the gigabytes goes in; a connection stays open for {OPEN_S} s"
    found.append(Assumption(share, "sim compare, which counts them in a run"))
    return tuple(found)

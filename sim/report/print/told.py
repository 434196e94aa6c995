"""What was asked and what the runs were told: traffic, delays, controller, the age of prices."""

from __future__ import annotations

from collections.abc import Iterator

from sim.comparison.comparison import Comparison
from sim.report.print.tables import Head, Line, Table, line
from sim.scenario import Scenario, TrafficRow
from sim.units import show_seconds

MOST_ROWS = 60
"""Rows of traffic that the page lists; the rest is counted."""


def traffic_table(scenario: Scenario) -> Table:
    """Who asked what, how often."""
    rows = [_traffic_line(row) for row in scenario.traffic]
    more = len(rows) - MOST_ROWS
    heads = (
        Head("Host and path"),
        Head("Protocol"),
        Head("Requests per second", figures=True),
        Head("Requests per connection", figures=True),
    )
    note = f"And {more:,} more rows." if more > 0 else ""
    return Table("Traffic of the runs", heads, tuple(rows[:MOST_ROWS]), note)


def _traffic_line(row: TrafficRow) -> Line:
    rate = f"{row.rps:,.6g}" if row.rps is not None else f"{row.users or 0:,} users, who think in between"
    uses = "no end" if row.uses == float("inf") else f"{row.uses:,.6g}"
    return line(f"{row.host}{row.path}", row.protocol, rate, uses)


def setup(scenario: Scenario) -> Iterator[tuple[str, str]]:
    """What decides latencies and can be set in a scenario: name, value."""
    keys, controller = scenario.latency, scenario.controller_key
    trips = (("to the client", keys.client), ("within a zone", keys.zone), ("across zones", keys.cross_zone))
    yield "Round trips", ", ".join(f"{where} {show_seconds(value_s)}" for where, value_s in trips)
    yield (
        "Ingress controller",
        f"profile {controller.profile}; Pods: {controller.replicas}, workers of each: {controller.workers}",
    )
    if scenario.faults:
        yield "Faults during the runs", f"{len(scenario.faults)}, in every plan alike"


def oldest_price(comparison: Comparison) -> str | None:
    """The figure of a bill that was read first, and when; None if none has a date."""
    lines = [line for offer in comparison.offers for plan in offer.plans for line in plan.bill.lines]
    dated = [(line.figure.as_of, line.figure.key) for line in lines if line.figure.as_of]
    return ", ".join(min(dated)) if dated else None

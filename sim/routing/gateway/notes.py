"""What beside the answer of a Gateway a person should know: what is open, and what time limits do."""

from __future__ import annotations

from collections.abc import Iterator

from sim.routing.controllers.api import host_of
from sim.routing.gateway.filters import OPEN_FILTERS
from sim.routing.gateway.hostnames import patterns_for
from sim.routing.gateway.matching import RouteRow, RouteTable
from sim.routing.trace import Note, Request


def notes(request: Request, row: RouteRow, table: RouteTable) -> Iterator[Note]:
    """What beside the answer a person should know."""
    for kind, value in (("path", row.match.path.type), *((h.name, h.type) for h in row.match.headers)):
        if value == "RegularExpression":
            message = f"the expression for {kind} is read as one that must fit as a whole; others may differ"
            yield Note("SIM2059", message, row.source)
    for number, item in enumerate(row.spec.filters):
        if item.type in OPEN_FILTERS:
            line = row.route.line("spec", "rules", row.rule_index, "filters", number)
            yield Note("SIM2059", f"filter {item.type} is not modelled and may change the answer", line)
    yield from _timeouts(row)
    closest = next((p for p in patterns_for(host_of(request)) if p in table.hosts), "")
    if closest and closest not in row.hostnames and not table.one_host:
        names = ", ".join(n or "any host" for n in row.hostnames)
        message = (
            f"routes for {closest} have no match, so one for {names} "
            "serves; proxies with one table per host name answer 404 here"
        )
        yield Note("SIM2059", message, row.source)


def _timeouts(row: RouteRow) -> Iterator[Note]:
    timeouts = row.spec.timeouts
    line = row.route.line("spec", "rules", row.rule_index, "timeouts")
    if timeouts is not None and timeouts.request:
        message = f"the Gateway answers 504 if the whole request takes longer than {timeouts.request}"
        yield Note("SIM2061", message, line)
    if timeouts is not None and timeouts.backend_request:
        message = f"one try at a backend may take {timeouts.backend_request}, then 504"
        yield Note("SIM2061", message, line)

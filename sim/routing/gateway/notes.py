"""What beside the answer to know about the rule that took a request: limits, retries, sessions."""

from collections.abc import Callable, Iterator

from sim.routing.controllers.api import host_of
from sim.routing.controllers.patterns import any_depth
from sim.routing.gateway.matching import RouteRow, RouteTable
from sim.routing.path_rules import Expressions
from sim.routing.trace import Note, Request


def notes(request: Request, row: RouteRow, table: RouteTable) -> Iterator[Note]:
    """Every note about a request and the row that took it."""
    plane = table.plane
    yield from _expressions(row, plane.expressions)
    for field, said in (("timeouts", _timeouts), ("retry", _retry), ("sessionPersistence", _session)):
        yield from _ignored(row, field, said) if field in plane.ignores else said(row)
    closest = next((p for p in any_depth(host_of(request)) if p in table.hosts), "")
    if closest and closest not in row.hostnames and not (plane.one_host or table.order.one_list):
        names = ", ".join(n or "any host" for n in row.hostnames)
        message = (
            f"routes for {closest} have no match, so one for {names} "
            "serves; proxies with one table per host name answer 404 here"
        )
        yield Note("SIM2059", message, row.source)


def _ignored(row: RouteRow, field: str, said: Callable[[RouteRow], Iterator[Note]]) -> Iterator[Note]:
    """A field that the proxy does not do."""
    if any(True for _ in said(row)):
        yield Note("SIM2144", f"{field} changes nothing here: this gateway does not do it", _line(row, field))


def _expressions(row: RouteRow, how: Expressions) -> Iterator[Note]:
    begun = "from its beginning" if how.anchored else "anywhere in the text"
    fits = "as a whole" if how.whole else begun
    for kind, value in (("path", row.match.path.type), *((h.name, h.type) for h in row.match.headers)):
        if value == "RegularExpression":
            message = f"the expression for {kind} is read as one that must fit {fits}; others may differ"
            yield Note("SIM2059", message, row.source)


def _line(row: RouteRow, field: str) -> str | None:
    return row.route.line("spec", "rules", row.rule_index, field)


def _timeouts(row: RouteRow) -> Iterator[Note]:
    timeouts, line = row.spec.timeouts, _line(row, "timeouts")
    if timeouts is not None and timeouts.request:
        message = f"the Gateway answers 504 if the whole request takes longer than {timeouts.request}"
        yield Note("SIM2061", message, line)
    if timeouts is not None and timeouts.backend_request:
        message = f"one try at a backend may take {timeouts.backend_request}, then 504"
        yield Note("SIM2061", message, line)


def _retry(row: RouteRow) -> Iterator[Note]:
    """A try that fails is repeated: after some statuses, and where no connection comes about."""
    retry = row.spec.retry
    if retry is None:
        return
    often = f"up to {retry.attempts} times more" if retry.attempts else "as often as the Gateway sees fit"
    codes = f", or after {', '.join(map(str, retry.codes))}" if retry.codes else ""
    pause = f", {retry.backoff} apart or more" if retry.backoff else ""
    message = f"a backend that cannot be reached{codes} is asked again, {often}{pause}"
    yield Note("SIM2142", message, _line(row, "retry"))


def _session(row: RouteRow) -> Iterator[Note]:
    """Who comes back with the token of a session is led to the same Pod."""
    session = row.spec.session_persistence
    if session is None:
        return
    kind, name = session.type.lower(), session.name
    called = f"{kind} {name}" if name else f"{kind} whose name the Gateway makes up"
    message = f"the answer names the Pod in a {called}; a client that sends it back gets the same Pod"
    yield Note("SIM2143", message, _line(row, "sessionPersistence"))

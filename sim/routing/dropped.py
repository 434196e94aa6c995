"""Rows that fit a request and that a controller does not use: which of them is the reason for its answer.

A row that is left out (of another class, refused, its Service missing, without a listener on the port, a
canary's, …) would have been compared like the others. Where nobody takes a request, the closest of those that
fit is the cause; where a wider rule takes it instead, that is said beside the answer.
"""

from collections.abc import Callable, Iterable, Iterator

from sim.cluster.cluster import Cluster
from sim.routing.controllers.decision import Decision, SendTo, Split
from sim.routing.controllers.rows import Row, rows_of
from sim.routing.trace import Note, Step

LEFT_OUT = frozenset({
    "class", "namespace", "annotation", "backend", "port", "refused", "taken", "canary", "default",
    "duplicate",
})  # fmt: skip
"""What may keep a row that fits from being used."""
_ELSEWHERE = frozenset({"class", "namespace", "port", "canary", "duplicate"})
"""Parts that are meant, mostly: the row serves somewhere else, or shares another one's requests."""

_CODES = {"class": "SIM2006", "annotation": "SIM2037", "namespace": "SIM2092"}

Fits = Callable[[Row], bool]
"""Whether a row takes the request by its host and path, were it used."""


def part_of(step: Step) -> str:
    """Why a row is not used; empty if that is not why it does not hold."""
    return next((part for part in step.failed.split("+") if part in LEFT_OUT), "")


def code_of(step: Step) -> str:
    """The code of an answer whose cause is a row that is left out."""
    return _CODES.get(part_of(step), "SIM2070")


def dropped(cluster: Cluster, steps: Iterable[Step], fits: Fits) -> tuple[Row, Step] | None:
    """The closest row that fits and is left out; of equals the one that stands first."""
    left_out = [step for step in steps if part_of(step)]
    if not left_out:
        return None
    rows = {row.rule: row for ingress in cluster.ingresses for row in rows_of(ingress)}
    found = ((rows[step.rule], step) for step in left_out if fits(rows[step.rule]))
    return max(found, key=lambda pair: _closeness(pair[0]), default=None)


def _closeness(row: Row | None) -> tuple[bool, int, int]:
    """The longer host and path of two that both fit is the closer one; a name goes before a wildcard."""
    if row is None:
        return False, -1, -1
    return not row.host.startswith("*"), len(row.host), len(row.path.rstrip("*").rstrip("/"))


def passed_over(decision: Decision, found: tuple[Row, Step] | None) -> Iterator[Note]:
    """A note where a wider rule takes a request for which a closer row was written."""
    if found is None or not isinstance(decision, SendTo | Split):
        return
    row, step = found
    aside = part_of(step) in _ELSEWHERE or (isinstance(decision, SendTo) and decision.passes_tls)
    if not aside and _closeness(row) > _closeness(decision.row):
        message = f"{row.shown} of Ingress {row.ingress.key} fits closer, but is left out: {step.because}"
        yield Note(code_of(step), f"{message}; {step.way_out}", step.source)

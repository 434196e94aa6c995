"""What changes between two sets of manifests, or two controllers: the same requests, both answers, why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sim.cluster.cluster import Cluster
from sim.routing import Request, Trace, route

_COMPARED = (
    "location",
    "certificate",
    "distribution",
    "upstream_path",
    "upstream_scheme",
    "upstream_host",
    "set_cookie",
)


@dataclass(frozen=True)
class Side:
    """One of the two: a cluster, and how requests enter it.

    Args:
        controller: profile that answers instead of the one that runs.
        to: the load balancer or Gateway to enter through, whatever the host says.
    """

    cluster: Cluster
    controller: str | None = None
    to: str | None = None

    def trace(self, request: Request) -> Trace:
        """What happens to a request on this side."""
        return route(self.cluster, request, controller=self.controller, to=self.to)


@dataclass(frozen=True)
class Difference:
    """A request with two answers."""

    request: Request
    old: Trace
    new: Trace

    @property
    def kind(self) -> tuple[Any, ...]:
        """What differences of one cause have in common: both answers, and the rules behind them."""
        sides = (self.old.final, self.new.final)
        return tuple((f.state, f.status, f.backend, f.rule, f.code) for f in sides)

    def to_json(self) -> dict[str, Any]:
        """As `sim diff -o json` shows it."""
        request = {
            "method": self.request.method,
            "url": self.request.url,
            "headers": dict(self.request.headers),
        }
        return {"request": request, "old": _side_json(self.old), "new": _side_json(self.new)}


def _side_json(trace: Trace) -> dict[str, Any]:
    final = trace.final
    shown = {key: final.details[key] for key in _COMPARED if key in final.details}
    return {
        "answer": said(trace),
        "state": final.state,
        "status": final.status,
        "backend": final.backend,
        "rule": final.rule,
        "why": why(trace),
        "source": source(trace),
        **shown,
    }


def differences(old: Side, new: Side, requests: Iterable[Request]) -> list[Difference]:
    """The requests whose answers differ, in order."""
    found = (Difference(r, old.trace(r), new.trace(r)) for r in requests)
    return [d for d in found if not same(d.old, d.new)]


def same(old: Trace, new: Trace) -> bool:
    """Whether two answers are alike to client and application; who gives them does not count."""
    one, other = old.final, new.final
    if (one.state, one.status, one.backend) != (other.state, other.status, other.backend):
        return False
    ends = [
        {(o.state, o.status, o.backend, round(o.probability, 9)) for o in f.outcomes} for f in (one, other)
    ]
    known = [k for k in _COMPARED if k in one.details and k in other.details]
    return ends[0] == ends[1] and all(one.details[k] == other.details[k] for k in known)


def grouped(found: Sequence[Difference]) -> list[tuple[Difference, int]]:
    """The first difference of each kind, and how many there are of it."""
    kinds: dict[tuple[Any, ...], list[Difference]] = {}
    for difference in found:
        kinds.setdefault(difference.kind, []).append(difference)
    return [(group[0], len(group)) for group in kinds.values()]


def said(trace: Trace) -> str:
    """An answer in one phrase."""
    final = trace.final
    word = f"{final.state} {final.status}" if final.status is not None else final.state
    where = final.details.get("location") or final.backend
    return f"{word} {where}" if where else word


def why(trace: Trace) -> str:
    """The rule that decided, or what the answer says of itself."""
    final = trace.final
    won = next((s for h in trace.hops for s in h.steps if s.wins), None)
    if won is not None and final.rule:
        return f"{won.row} ({final.rule})"
    return final.message


def source(trace: Trace) -> str | None:
    """The line of the rule that decided, else that of the fault."""
    won = next((s for h in trace.hops for s in h.steps if s.wins), None)
    return won.source if won is not None and trace.final.rule else trace.final.source

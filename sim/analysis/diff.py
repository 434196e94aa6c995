"""What changes between two sets of manifests, or two controllers: the same requests, both answers, why."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sim import __version__
from sim.analysis.findings.index import grouped as by_key
from sim.analysis.probes import derived_requests
from sim.cluster.cluster import Cluster
from sim.cluster.life.news import clock
from sim.errors import UsageError
from sim.manifests.objects.collected import Unmodelled
from sim.routing import Request, Trace, route
from sim.routing.final import Final, Redirected
from sim.routing.unmodelled import left_out, may_change, not_in
from sim.units import attributes, html_table, published

_DETAILS = (
    "location",
    "loop",
    "certificate",
    "upstream_path",
    "upstream_scheme",
    "upstream_host",
    "upstream_headers",
    "response_headers",
    "tries",
    "timeout_s",
    "set_cookie",
)
"""What only some answers say of themselves: it differs where both sides say it, and say it differently."""


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

    def trace(self, request: Request, explain: bool = True) -> Trace:
        """What happens to a request on this side.

        Args:
            explain: whether every rule is compared and said why it lost; without, that takes no time.
        """
        return route(self.cluster, request, controller=self.controller, to=self.to, explain=explain)


@dataclass(frozen=True)
class Change:
    """One thing that two answers say differently; None: one of them does not have it."""

    name: str
    old: Any
    new: Any

    @property
    def sides(self) -> tuple[Any, Any]:
        """What the old answer says, and the new one."""
        return self.old, self.new


@dataclass(frozen=True)
class ChangedAnswer:
    """A request with two answers."""

    request: Request
    old: Trace
    new: Trace

    @property
    def sides(self) -> tuple[Trace, Trace]:
        """The old answer and the new one."""
        return self.old, self.new

    @property
    def changes(self) -> tuple[Change, ...]:
        """What differs: at least one thing."""
        return tuple(changes(self.old, self.new))

    @property
    def kind(self) -> tuple[Any, ...]:
        """What differences of one cause have in common: what differs, both answers, the rules behind them."""
        finals = (trace.final for trace in self.sides)
        answers = ((f.state, f.status, f.backend, f.rule, f.code) for f in finals)
        return (*answers, *(c.name for c in self.changes))

    def to_json(self) -> dict[str, Any]:
        """As `sim diff -o json` shows it."""
        request = attributes(self.request, "method url headers")
        differs = [c.name for c in self.changes]
        old, new = map(_side_json, self.sides)
        return {"request": request, "differs": differs, "old": old, "new": new}


def _side_json(trace: Trace) -> dict[str, Any]:
    final = trace.final.to_json()
    shown = {key: final[key] for key in (*_DETAILS, "distribution", "mirrors", "outcomes") if key in final}
    return {
        "answer": answer_in_words(trace),
        **{key: final[key] for key in ("state", "status", "backend", "rule")},
        "why": why(trace),
        "source": source(trace),
        **shown,
    }


@dataclass(frozen=True)
class Differences:
    """What two sides answer differently, of all that was asked.

    Args:
        found: in the order of the requests.
        asked: how many requests.
        unmodelled: what is not modelled of the old side, and of the new one.
        moments_s: those of one scenario's run that the sides are; empty: they are no moments.
    """

    found: tuple[ChangedAnswer, ...]
    asked: int
    unmodelled: tuple[tuple[Unmodelled, ...], tuple[Unmodelled, ...]] = ((), ())
    moments_s: tuple[float, ...] = ()

    @property
    def names(self) -> tuple[str, str]:
        """What the two sides are called."""
        if not self.moments_s:
            return "old", "new"
        first, second = map(clock, self.moments_s)
        return first, second

    @property
    def not_compared(self) -> tuple[tuple[Unmodelled, ...], tuple[Unmodelled, ...]]:
        """What stands on one side alone, or with another value there: of the old side, and of the new."""
        old, new = self.unmodelled
        return not_in(old, new), not_in(new, old)

    def status(self, strict: bool = False) -> int:
        """The exit status: 1 if answers differ, else 0.

        Args:
            strict: whether what cannot be compared counts as a difference.
        """
        return int(bool(self.found) or (strict and any(self.not_compared)))

    def to_json(self) -> dict[str, Any]:
        """The published form, schema sim.diff/1."""
        shown = [difference.to_json() for difference in self.found]
        return {
            "schema": "sim.diff/1",
            "requests": self.asked,
            "differences": shown,
            **({"moments_s": list(self.moments_s)} if self.moments_s else {}),
            "unmodelled": _of_sides(self.unmodelled),
            "not_compared": _of_sides(self.not_compared),
            "version": __version__,
        }

    def _repr_html_(self) -> str:
        rows = [(f"{d.request.method} {d.request.url}", *map(answer_in_words, d.sides)) for d in self.found]
        return html_table(f"{len(self.found)} of {self.asked} requests differ: old, new", rows)


def _of_sides(sides: tuple[tuple[Unmodelled, ...], tuple[Unmodelled, ...]]) -> dict[str, Any]:
    return {name: published(found) for name, found in zip(("old", "new"), sides, strict=True)}


def compared(old: Side, new: Side, requests: Sequence[Request] | None = None) -> Differences:
    """What two sides answer differently, and what of them cannot be compared.

    Args:
        requests: what is asked of both, and what lies on their way counts; None: what borders on the rules
            of either, and all that the sides hold.

    Raises:
        UsageError: there is nothing to ask.
    """
    sides = old, new
    asked = derived_requests(*(side.cluster for side in sides)) if requests is None else requests
    if not asked:
        raise UsageError(_nothing_to_ask(sides))
    whole = (left_out(side.cluster, side.controller).entries for side in sides)
    on_the_way = (_on_the_way(side, asked) for side in sides)
    read, of_new = whole if requests is None else on_the_way
    moments_s = tuple(side.cluster.moment.at_s for side in sides if side.cluster.moment is not None)
    return Differences(tuple(differences(old, new, asked)), len(asked), (read, of_new), moments_s)


def _on_the_way(side: Side, requests: Iterable[Request]) -> tuple[Unmodelled, ...]:
    """What is not modelled on the way of any of these requests."""
    found = (entry for request in requests for entry in side.trace(request, explain=False).unmodelled)
    return tuple(dict.fromkeys(found))


def _nothing_to_ask(sides: Iterable[Side]) -> str:
    """Why no request can be derived; a kind that is left out may have the rules."""
    kinds = {u.kind for side in sides for u in may_change(side.cluster.manifests.unmodelled) if not u.part}
    left = f" (not modelled here: {', '.join(sorted(k for k in kinds if k))})" if kinds else ""
    return f"neither side has a rule to derive requests from{left}; give --requests FILE"


def differences(old: Side, new: Side, requests: Iterable[Request]) -> list[ChangedAnswer]:
    """The requests whose answers differ, in order; only those are explained."""
    return [
        ChangedAnswer(request, old.trace(request), new.trace(request))
        for request in requests
        if not same(old.trace(request, explain=False), new.trace(request, explain=False))
    ]


def same(old: Trace, new: Trace) -> bool:
    """Whether two answers are alike."""
    return next(changes(old, new), None) is None


def changes(old: Trace, new: Trace) -> Iterator[Change]:
    """What differs between two answers to client and application; who gives them does not count."""
    one, other = old.final, new.final
    for name in ("state", "status", "backend"):
        if getattr(one, name) != getattr(other, name):
            yield Change(name, getattr(one, name), getattr(other, name))
    if (one.outcomes or other.outcomes) and ends(one) != ends(other):
        yield Change("outcomes", ends(one), ends(other))
    if _copies(one) != _copies(other):
        yield Change("mirrors", _copies(one), _copies(other))
    mine, others = one.more(), other.more()
    for name in _DETAILS:
        if name in mine and name in others and mine[name] != others[name]:
            yield Change(name, mine[name], others[name])


def _copies(final: Final) -> dict[str, float]:
    """Backends that get copies, with the share of the requests of each."""
    return {one.backend: round(one.share, 9) for one in final.mirrors if not one.lost}


def ends(final: Final) -> dict[tuple[str, int | None, str | None], float]:
    """Each end as state, status and backend, with the share of the requests that end so."""
    shares: dict[tuple[str, int | None, str | None], float] = {}
    for o in final.shares():
        end = (f"{o.state} (a loop)" if o.loop else o.state, o.status, o.backend)
        shares[end] = round(shares.get(end, 0.0) + o.probability, 9)
    return shares


def grouped(found: Sequence[ChangedAnswer]) -> list[tuple[ChangedAnswer, int]]:
    """The first difference of each kind, and how many there are of it."""
    groups = by_key((difference.kind, difference) for difference in found).values()
    return [(group[0], len(group)) for group in groups]


def answer_in_words(trace: Trace) -> str:
    """An answer in one phrase."""
    final = trace.final
    word = f"{final.state} {final.status}" if final.status is not None else final.state
    where = final.location if isinstance(final, Redirected) else final.backend
    return f"{word} {where}" if where else word


def why(trace: Trace) -> str:
    """The rule that decided, or what the answer says of itself; of a Pod that refuses, who still lists it."""
    final = trace.final
    cause = next((one.cause for one in final.shares() if one.cause is not None), None)
    if cause is not None and trace.moment is not None:
        return f"Pod {cause.pod.partition('/')[2]} {cause.says(trace.moment.at_s)}"
    won = next((s for h in trace.hops for s in h.steps if s.wins), None)
    if won is not None and final.rule:
        return f"{won.row} ({final.rule})"
    return final.message


def source(trace: Trace) -> str | None:
    """The line of the rule that decided, else that of the fault."""
    won = next((s for h in trace.hops for s in h.steps if s.wins), None)
    return won.source if won is not None and trace.final.rule else trace.final.source

"""Requests that fail: what a trace ends with becomes a finding, unless a finding about the cause is there.

The set is asked for all that its rules were written for (`requests`). The walk alone decides what fails; here
it is said once for each cause, at the rule, and how sure it is: what the set shows is an error; what somebody
outside of it, or another controller than the assumed one, may make right is a warning. Ends that are meant,
such as an address that is not allowed, are none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sim.analysis.findings.alike import Alike
from sim.analysis.findings.index import Index, finding, grouped
from sim.analysis.findings.requests import RuleRequest, requests
from sim.cluster.assumed_controllers import wanted_class
from sim.cluster.cluster import Cluster
from sim.manifests.objects.collected import Finding, Severity
from sim.manifests.objects.networking import Ingress
from sim.routing import Request, Trace, follow
from sim.routing.building import KNOWN
from sim.routing.final import Final

_MOST_EXPLAINED = 200
"""Failing requests whose rules are compared one by one to find the nearest; the others are told without."""

_BACKEND = ("SIM1101", "SIM1102", "SIM1103", "SIM1104", "SIM1105", "SIM1106", "SIM1107", "SIM1112", "SIM1402")
_CLASS = ("SIM1201", "SIM1202", "SIM1203", "SIM1207")
_RULES = ("SIM1206", "SIM1304")
_GATEWAY = ("SIM1501", "SIM1502", "SIM1503", "SIM1504", "SIM1505", "SIM1506", "SIM1507", "SIM1508")


@dataclass(frozen=True)
class _Kind:
    """What a failing end means for the set.

    Args:
        code: of the finding.
        told_by: findings that tell the cause already, where they are about an object of the request.
    """

    code: str
    severity: Severity
    told_by: tuple[str, ...] = ()


_NOBODY = _Kind("SIM1207", "warning", _CLASS)
_NOT_TAKEN = _Kind("SIM1208", "error", (*_CLASS, "SIM1206"))
_NOT_MADE = _Kind("SIM1208", "error", (*_CLASS, *_BACKEND, "SIM1206"))
_BEFORE_RULES = _Kind("SIM1209", "error", (*_BACKEND, "SIM1109", "SIM1110"))
_UNREACHED = _Kind("SIM1305", "error", (*_CLASS, *_RULES))
_LOOP = _Kind("SIM1306", "error")
_NO_POD = _Kind("SIM1405", "error", (*_BACKEND, "SIM1401", "SIM1408"))
_CLOSED = _Kind("SIM1406", "error", _BACKEND)
_ROUTE = _Kind("SIM1508", "error", (*_BACKEND, *_GATEWAY))
_SHUT_OUT = _Kind("SIM1603", "warning")
_OTHER = _Kind("SIM1307", "warning", (*_BACKEND, *_CLASS, *_RULES, *_GATEWAY))

KINDS: Mapping[str, _Kind] = {
    **dict.fromkeys(("SIM2001", "SIM2002", "SIM2006"), _NOBODY),
    "SIM2092": replace(_NOBODY, severity="error"),
    **dict.fromkeys(
        ("SIM2021", "SIM2030", "SIM2033", "SIM2034", "SIM2037", "SIM2039", "SIM2096"), _NOT_TAKEN
    ),
    **dict.fromkeys(("SIM2070", "SIM2071"), _NOT_MADE),
    **dict.fromkeys(("SIM2073", "SIM2085", "SIM2087", "SIM2090", "SIM2091"), _BEFORE_RULES),
    **dict.fromkeys(("SIM2004", "SIM2005"), _UNREACHED),
    **dict.fromkeys(("SIM2051", "SIM2052"), replace(_UNREACHED, told_by=(*_BACKEND, *_GATEWAY))),
    "SIM2019": _LOOP,
    **dict.fromkeys(("SIM2120", "SIM2121"), _SHUT_OUT),
    **dict.fromkeys(
        ("SIM2003", "SIM2007", "SIM2008", "SIM2012", "SIM2014"), replace(_NO_POD, code="SIM1112")
    ),
    **dict.fromkeys(("SIM2009", "SIM2010", "SIM2013", "SIM2153"), _NO_POD),
    **dict.fromkeys(("SIM2011", "SIM2020"), _CLOSED),
    **dict.fromkeys(
        ("SIM2053", "SIM2054", "SIM2055", "SIM2056", "SIM2057", "SIM2058", "SIM2105"),
        _ROUTE,
    ),
}
"""Code of a failing end -> what it means; any other code is told as it is."""

_SEVERAL = "SIM2097"

MEANT = frozenset({"SIM2032", "SIM2035", "SIM2038"})
"""Ends that somebody wants: they are answers, not faults."""


def failing(index: Index, found: Sequence[Finding]) -> Iterator[Finding]:
    """The failures that none of these findings tells, each cause once."""
    if not index.answers_requests:
        return
    told, alike = _Told(found), Alike(index.cluster)
    said: set[tuple[str, ...]] = set()
    for asked, ends in _unexplained(index.cluster, told, alike):
        for end in ends:
            cause = asked.item.kind, asked.item.key, *end.cause
            if cause not in said and not told.tells(asked, end):
                said.add(cause)
                yield _finding(index.cluster, asked, end)


def _unexplained(
    cluster: Cluster, told: _Told, alike: Alike
) -> Iterator[tuple[RuleRequest, tuple[_End, ...]]]:
    """The failing requests that no finding tells, and their ends; the first ones with the nearest rules."""
    explained = 0
    for asked in requests(cluster):
        sort = alike.sort_of(asked)
        if sort is not None and sort in alike.known:
            continue
        ends = _failures(cluster, asked, explain=False)
        if all(told.tells(asked, end) for end in ends):
            alike.known.add(sort)
            continue
        explained += 1
        yield asked, _failures(cluster, asked, explain=True) if explained <= _MOST_EXPLAINED else ends


@dataclass(frozen=True)
class _End:
    """One failing end of a request, which may have led to another by a redirect."""

    request: Request
    final: Final

    @property
    def kind(self) -> _Kind:
        return _LOOP if self.final.loop else KINDS.get(self.final.code or "", _OTHER)

    @property
    def cause(self) -> tuple[str, str, str]:
        """What ends of one cause have in common."""
        return self.final.code or "", self.final.backend or "", self.final.message

    @property
    def words(self) -> str:
        status = f" {self.final.status}" if self.final.status is not None else ""
        return f"{self.final.state}{status}"


class _Told:
    """What findings tell: by object, the codes; and the objects that the API server refuses."""

    def __init__(self, found: Iterable[Finding]) -> None:
        found = tuple(found)
        self._codes = grouped((f.key, f.code) for f in found if f.key is not None)
        self._refused = {f.key for f in found if f.code < "SIM11" and f.severity == "error"}

    def tells(self, asked: RuleRequest, end: _End) -> bool:
        """Whether the cause of an end is told, or an object on the way is refused anyway."""
        keys = set(_keys(asked, end.final))
        codes = {code for key in keys for code in self._codes.get(key, ())}
        return not keys.isdisjoint(self._refused) or not codes.isdisjoint(end.kind.told_by)


def _keys(asked: RuleRequest, final: Final) -> Iterator[str]:
    """The objects of a failing request: of the rule, of the one that decided, backend, class, way in."""
    yield asked.item.key
    yield (final.rule or "").partition(" ")[0]
    yield (final.backend or "").rpartition(":")[0]
    if isinstance(asked.item, Ingress):
        yield wanted_class(asked.item) or ""
    if asked.to is not None:
        yield asked.to.partition(":")[2]


def _failures(cluster: Cluster, asked: RuleRequest, explain: bool) -> tuple[_End, ...]:
    """The failing ends of a request, and of where its redirects lead within the set."""
    ends = _ends_of(cluster, asked, asked.request, explain)
    closed = bool(ends) and ends[0].kind is _CLOSED and asked.request.scheme == "http"
    if closed and not _ends_of(cluster, asked, replace(asked.request, scheme="https"), explain):
        return ()
    return ends


def _ends_of(cluster: Cluster, asked: RuleRequest, request: Request, explain: bool) -> tuple[_End, ...]:
    traces = follow(cluster, request, to=asked.to, explain=explain)
    last = traces[-1]
    leaves = len(traces) > 1 and last.final.state == "dns-no-record"
    if last.final.fine or leaves:
        return ()
    return tuple(_End(last.request, final) for final in _failing_ends(last) if not _is_meant(asked, final))


def _failing_ends(trace: Trace) -> Iterator[Final]:
    """Every way that fails; where no more is known of it than its share, what the trace says of that."""
    final = trace.final
    ways = [way for _, way in final.ways if not way.fine]
    if ways or not replace(final, outcomes=()).fine:
        yield from ways or [final]
        return
    worst = max((o for o in final.outcomes if not o.fine), key=lambda o: o.probability)
    note = next((n for n in trace.notes if n.code == _SEVERAL), None)
    why = f": {note.message}" if note is not None else ""
    message = f"for {100 * worst.probability:.0f} % of the requests{why}"
    yield Final(worst.state, message, worst.status, backend=worst.backend, rule=worst.rule, code=_SEVERAL)


def _is_meant(asked: RuleRequest, final: Final) -> bool:
    """Whether an end is an answer that somebody wants, or the path was only a guess at an expression."""
    missed = asked.is_guess and final.code in {"SIM2004", "SIM2005", "SIM2018", "SIM2052", "SIM2059"}
    stated = final.code == "SIM2074" and final.status != 503
    return missed or stated or final.code in MEANT


def _finding(cluster: Cluster, asked: RuleRequest, end: _End) -> Finding:
    url = asked.request.url
    led = f" leads to {end.request.url}, which" if end.request.url != url else ""
    method = f"{asked.request.method} " if asked.request.is_http else "a connection to "
    message = f"{method}{url}{led} ends as {end.words}: {end.final.message}"
    severity = _severity(cluster, asked, end)
    return finding(asked.item, end.kind.code, severity, message, asked.place, end.final.fix)


def _severity(cluster: Cluster, asked: RuleRequest, end: _End) -> Severity:
    """A note where nothing but the way in is missing; a warning where the controller is only a guess."""
    if end.final.code == "SIM2002" and any(c.services for c in asked.controllers):
        return "note"
    is_guess = any(c.assumed for c in asked.controllers) and not _points_to_controller(asked)
    return "warning" if is_guess else end.kind.severity


def _points_to_controller(asked: RuleRequest) -> bool:
    """Whether class or annotations of an Ingress name a controller."""
    if not isinstance(asked.item, Ingress):
        return True
    name, annotations = wanted_class(asked.item) or "", asked.item.metadata.annotations
    by_word = any(word in name for known in KNOWN for word in known.class_words)
    return by_word or any(a.startswith(known.prefixes) for known in KNOWN for a in annotations)

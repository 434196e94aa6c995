"""The way out: the smallest change of the manifests that serves a request, tried before it is shown.

Proposals are made by code (`WAYS`), each a small change of what was written. Every one is applied to the text
in memory, read again, and asked: is this request served now, does the reading find nothing new to refuse, and
what else is answered differently? Of those that serve it the one is shown that changes the fewest other
answers, then the fewest lines. Requests that failed in the same way and are mended with it are no others.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Protocol

from sim.analysis.diff import ChangedAnswer, Side, answer_in_words, differences
from sim.analysis.fix import (
    balancers,
    certificates,
    classes,
    entrances,
    gateways,
    left_out,
    policies,
    probes,
    rules,
    services,
    told,
)
from sim.analysis.fix.asks import asks
from sim.analysis.fix.case import AnswerFault, Candidate, Case, fault_of
from sim.analysis.fix.edits import NewObject, applied, splices
from sim.analysis.fix.outside import outside
from sim.analysis.fix.patch import changed_lines, unified
from sim.analysis.fix.private import private_lines
from sim.analysis.probes import derived_requests
from sim.cluster.cluster import Cluster
from sim.errors import SimError, UsageError
from sim.manifests.objects.collected import Manifests
from sim.routing import Request, Trace
from sim.routing.building import build
from sim.routing.controllers.api import path_elements, path_of
from sim.routing.patch import OtherAnswer, TriedPatch

Way = Callable[[Case], Iterator[Candidate]]
_ABOUT_A_PATH = frozenset({"SIM2005", "SIM2052"})
"""Codes of one path: only requests below the same first element fail alike."""
_MOST_TRIED = 24
_MOST_ASKED = 25
_ALIKE = 3
"""How far from the request another one may be, to be worth a word beside a change; see `Ask.distance`."""
_FEWEST_COMPARED, _MOST_COMPARED = 50, 1000
_MOST_ROWS = 400_000
"""Rules times requests that one comparison looks at, so that a large set keeps nobody waiting."""


class Asking(Protocol):
    """What happens to a request in a cluster, with its doubts."""

    def __call__(self, cluster: Cluster, request: Request, controller: str | None = None) -> Trace:
        """The trace.

        Args:
            controller: profile that answers; None: the one that was asked before.
        """


@dataclass(frozen=True)
class _Tried:
    """A change that serves the request, and what else it does."""

    candidate: Candidate
    patch: str
    trace: Trace
    compared: int
    alike: tuple[ChangedAnswer, ...]
    others: tuple[ChangedAnswer, ...]

    @property
    def size(self) -> tuple[bool, int, int]:
        """One that may not be shown is worse than any; other answers, then lines: the fewer the better."""
        return not self.patch, len(self.others), len(changed_lines(self.patch))


def fix(side: Side, trace: Trace, ask: Asking, changing: bool = True) -> TriedPatch | None:
    """The way out of one request; None if it needs none.

    Args:
        side: the cluster, built of what was written, and how requests enter it.
        trace: of the request there, with its doubts.
        ask: how it is asked there again, once something is changed.
        changing: whether changes of the manifests are tried, which takes longest.
    """
    fault = fault_of(trace)
    if fault is None:
        return None
    case, texts = Case(side.cluster.manifests, side.cluster, trace, fault), texts_of(side.cluster.manifests)
    candidates = _candidates(case) if changing and texts is not None else []
    trials = [_trial(side, texts or {}, case, candidate, ask) for candidate in candidates]
    best = min((t for t in trials if t is not None), key=lambda t: t.size, default=None)
    if trace.final.fine:
        return _shown(best) if best is not None and best.patch else None
    found = _shown(best) if best is not None else TriedPatch(why_none=_why_none(fault, len(trials), changing))
    return replace(found, asks=_served_instead(case, ask, beside=best is not None), outside=outside(case))


def _served_instead(case: Case, ask: Asking, beside: bool) -> str:
    """The nearest other request that is served, in words; empty if none is, or if none would be a way out.

    Args:
        beside: whether a change is shown; then only what is much like the request is worth a word.
    """
    was = case.trace.request
    if case.fault.code not in ABOUT_THE_REQUEST:
        return ""
    near = [a for a in asks(case) if not beside or a.distance(was)[0] <= _ALIKE]
    answers = ((a, _answered(ask, case.cluster, a.request, a.controller)) for a in near[:_MOST_ASKED])
    return next((a.in_words(was) for a, trace in answers if trace is not None and is_served(trace)), "")


def _answered(ask: Asking, cluster: Cluster, request: Request, controller: str | None = None) -> Trace | None:
    """The trace; None where the load balancer, Gateway or name that was asked for is not there then."""
    try:
        return ask(cluster, request, controller)
    except UsageError:
        return None


def texts_of(manifests: Manifests) -> Mapping[str, str] | None:
    """File -> its text; None where there are none, or what is no text."""
    bodies = manifests.written.texts if manifests.written else None
    try:
        return None if bodies is None else {file: body.decode() for file, body in bodies.items()}
    except UnicodeDecodeError:
        return None


def _candidates(case: Case) -> list[Candidate]:
    ways = WAYS.get(case.fault.code or "", ())
    found: dict[tuple[str, ...], Candidate] = {}
    for candidate in (c for way in ways for c in way(case)):
        found.setdefault(candidate.identity, candidate)
    return list(islice(found.values(), _MOST_TRIED))


def _trial(
    side: Side, texts: Mapping[str, str], case: Case, candidate: Candidate, ask: Asking
) -> _Tried | None:
    """Apply, read, ask; None if it cannot be written, is refused, or does not serve."""
    changed = applied(splices(candidate.changes, texts), texts)
    manifests = read_again(case.manifests, changed) if changed else None
    if manifests is None or _refused(manifests) > _refused(case.manifests):
        return None
    new = replace(side, cluster=build(manifests, side.cluster.setup))
    trace = _answered(ask, new.cluster, case.trace.request)
    if trace is None or not _is_better(trace, case.fault):
        return None
    requests = _requests(side.cluster, new.cluster, case.trace.request)
    found = differences(side, new, requests)
    alike = tuple(d for d in found if _fixed_too(case, d, trace, ask))
    others = tuple(d for d in found if d not in alike)
    private = {file: private_lines(texts[file], file) for file in changed}
    patch = unified(changed, texts, _titles(candidate), private)
    return _Tried(candidate, patch, trace, len(requests), alike, others)


def read_again(manifests: Manifests, changed: Mapping[str, str]) -> Manifests | None:
    """The manifests of changed texts; None where nothing can be made of them, such as a plan."""
    try:
        bodies = {file: text.encode() for file, text in changed.items()}
        return manifests.written.read(bodies) if manifests.written else None
    except SimError:
        return None


def _refused(manifests: Manifests) -> int:
    return sum(f.severity == "error" for f in manifests.faults)


def _is_better(trace: Trace, fault: AnswerFault) -> bool:
    """Whether a request is served now, and what was in doubt is settled."""
    left = fault_of(trace)
    return is_served(trace) and (left is None or left.code != fault.code)


def is_served(trace: Trace) -> bool:
    """Whether all of a request ends well, and meets nothing that the API server would refuse."""
    return trace.final.fine and not trace.faults


def _requests(old: Cluster, new: Cluster, asked: Request) -> list[Request]:
    """The requests that border on the rules of both sides; of very many those of the host, then a sample."""
    derived = [r for r in derived_requests(old, new) if r != asked]
    rules = sum(len(i.spec.rules) for i in new.ingresses) + sum(len(r.spec.rules) for r in new.http_routes)
    most = max(_FEWEST_COMPARED, min(_MOST_COMPARED, _MOST_ROWS // max(1, rules)))
    if len(derived) <= most:
        return derived
    near = [r for r in derived if r.host == asked.host][: most // 2]
    rest = [r for r in derived if r.host != asked.host]
    step = max(1, len(rest) // (most - len(near)) + 1)
    return near + rest[::step]


def _fixed_too(case: Case, found: ChangedAnswer, served: Trace, ask: Asking) -> bool:
    """Whether another request failed like this one, and is served now."""
    was = fault_of(ask(case.cluster, found.request))
    if was is None or was.code != case.fault.code or not found.new.final.fine:
        return False
    asked, other = served.request, found.request
    if was.code in _ABOUT_A_PATH:
        return (
            asked.host == other.host
            and path_elements(path_of(asked))[:1] == path_elements(path_of(other))[:1]
        )
    return was.source == case.fault.source or asked.host == other.host


def _titles(candidate: Candidate) -> dict[str, str]:
    """Standard input has no name; helm says which template the lines come from."""
    items = [c.beside if isinstance(c, NewObject) else c.item for c in candidate.changes]
    origins = [i.origin for i in items if i.origin is not None]
    return {o.file: o.template for o in reversed(origins) if o.file == "-" and o.template}


def _shown(best: _Tried) -> TriedPatch:
    others = tuple(
        OtherAnswer(_asked(d.request), answer_in_words(d.old), answer_in_words(d.new)) for d in best.others
    )
    lines = tuple(changed_lines(best.patch))
    return TriedPatch(
        best.candidate.says,
        best.patch,
        lines[0][0] if lines else None,
        lines,
        answer_in_words(best.trace),
        best.compared,
        len(best.alike),
        others,
        why_none="" if best.patch else "a line that would change holds the data of a Secret",
    )


def _asked(request: Request) -> str:
    return request.url if request.method == "GET" else f"{request.method} {request.url}"


def _why_none(fault: AnswerFault, tried: int, changing: bool) -> str:
    if fault.code in NOT_IN_MANIFESTS:
        return NOT_IN_MANIFESTS[fault.code]
    if not changing:
        return "none was looked for: these files are large, or of no text; --patch looks for one"
    return f"none of {tried} changes that were tried serves it" if tried else ""


_UNREADY = (services.selector, services.replicas, probes.probe_port)
_NO_RULE = (rules.other_host, gateways.hostnames, gateways.listeners, entrances.new_ingress)
WAYS: dict[str, tuple[Way, ...]] = {
    "SIM1105": (services.target_port,),
    "SIM2001": (*_NO_RULE, gateways.parents, entrances.exposed, *_UNREADY),
    "SIM2002": (left_out.old_class, classes.other_class, classes.new_class, entrances.front),
    "SIM2003": (*_UNREADY, services.target_port),
    "SIM2004": (rules.other_host, entrances.new_ingress),
    "SIM2005": (rules.prefix_type, rules.other_spelling, rules.as_pattern, rules.more_paths),
    "SIM2006": (left_out.old_class, classes.other_class, classes.new_class),
    "SIM2007": (services.other_name, services.other_namespace, entrances.new_service),
    "SIM2008": (services.other_port,),
    "SIM2009": (balancers.claimed,),
    "SIM2010": (*_UNREADY, services.policy),
    "SIM2011": (left_out.listener, entrances.open_port, gateways.open_port, services.policy),
    "SIM2012": (*_UNREADY, services.policy, services.target_port),
    "SIM2013": (services.policy, entrances.source_ranges),
    "SIM2014": (services.target_port, *_UNREADY),
    "SIM2017": (certificates.secret, certificates.tls_host),
    "SIM2033": (rules.allow_client,),
    "SIM2034": (rules.absolute_target,),
    "SIM2035": (rules.allow_client,),
    "SIM2036": (rules.own_errors,),
    "SIM2037": (rules.without_annotation,),
    "SIM2051": (gateways.listeners, gateways.hostnames),
    "SIM2052": (gateways.hostnames, gateways.matches),
    "SIM2053": (gateways.parents, gateways.allowed),
    "SIM2054": (gateways.grants,),
    "SIM2055": (gateways.weights,),
    "SIM2057": (gateways.gateway_class,),
    "SIM2058": (gateways.certificate_grants,),
    "SIM2070": (
        left_out.listener,
        left_out.no_kind,
        left_out.service_of_its_own,
        left_out.in_the_owner,
        rules.without_annotation,
        classes.other_class,
        services.other_name,
        services.other_port,
        entrances.new_service,
    ),
    "SIM2071": (rules.alb_targets, services.other_name, services.other_port, entrances.new_service),
    "SIM2081": (rules.capture,),
    "SIM2082": (services.pre_stop,),
    "SIM2086": (told.believe_headers, rules.without_redirect),
    "SIM2085": (told.backend_protocol,),
    "SIM2087": (services.other_name, services.other_port, *_UNREADY),
    "SIM2090": (told.expect_proxy_line,),
    "SIM2091": (told.ask_no_proxy_line,),
    "SIM2092": (told.every_namespace,),
    "SIM2120": (policies.smallest_rules,),
    "SIM2121": (policies.smallest_rules,),
    "SIM2095": (rules.without_redirect, gateways.without_redirect),
    "SIM2151": (balancers.own_address,),
    "SIM2153": (balancers.accepted,),
}
"""Code of the fault -> proposals, in the order in which they are tried."""

NOT_IN_MANIFESTS = {
    "SIM2003": "whether a Pod is ready is decided as it runs, not by these manifests",
    "SIM2009": "an address comes from a provider of load balancers, not from these manifests",
    "SIM2012": "whether a Pod is ready is decided as it runs, not by these manifests",
    "SIM2020": "the request must change: another scheme or port",
    "SIM2030": "the request must change: nginx refuses it as it is",
}
"""Code -> why no change of the manifests helps, where the tries came to nothing."""

ABOUT_THE_REQUEST = frozenset({
    "SIM2001", "SIM2002", "SIM2004", "SIM2005", "SIM2011", "SIM2013", "SIM2020", "SIM2030", "SIM2035",
    "SIM2051", "SIM2052", "SIM2053", "SIM2056", "SIM2058", "SIM2073", "SIM2085", "SIM2090", "SIM2105",
    "SIM2106", "SIM2130", "SIM2131", "SIM2133",
})  # fmt: skip
"""Codes where another request is a way out: what was asked for is not there, or not in this way."""

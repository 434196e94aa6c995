"""What may change an answer, asked of every value and text that must agree about it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from random import Random
from typing import Any

import yaml

import sim
from sim.analysis.diff import Differences, Side, compared
from sim.analysis.inspect import inspect
from sim.analysis.probes import derived_requests
from sim.analysis.trace import Client
from sim.errors import UsageError
from sim.manifests.objects.collected import Manifests, Unmodelled
from sim.manifests.reading.loading import load_text
from sim.report.ci.remarks import of_differences
from sim.report.text.diff import diff_lines
from sim.report.text.terminal import trace_lines
from sim.routing import Request, Trace
from sim.routing.building import build
from sim.routing.unmodelled import may_change

MOST_REQUESTS = 12

Manifest = dict[str, Any]


def loaded(objects: list[Manifest]) -> Manifests:
    return load_text(yaml.safe_dump_all(objects, sort_keys=False), "drawn.yaml")


def loud(found: Any) -> set[tuple[str, str | None]]:
    """What may change an answer, of a value or of its JSON."""
    rows = found["unmodelled"] if isinstance(found, dict) else found
    rows = [u.to_json() if isinstance(u, Unmodelled) else u for u in rows]
    return {(row["what"], row["source"]) for row in rows if row["may_change_answer"]}


def requests_of(manifests: Manifests, random: Random, most: int = MOST_REQUESTS) -> list[Request]:
    """Some that border on the rules, with a body too, and a connection to each load balancer."""
    cluster = build(manifests)
    found = derived_requests(cluster)
    some = random.sample(found, min(len(found), most))
    return [*some, *(Request(r.host, r.path, "POST", r.scheme) for r in some[:3]), Request("x.example")]


def traces_of(manifests: Manifests, random: Random, most: int = MOST_REQUESTS) -> Iterator[Trace]:
    cluster = build(manifests)
    yield from map(Client(cluster).trace, requests_of(manifests, random, most))
    for service in cluster.services.values():
        if service.wants_load_balancer:
            ask = Request("any", scheme="tcp", port=service.ports[0].number)
            yield Client(cluster, to=f"lb:{service.key}").trace(ask)


def stands_in_the_text(trace: Trace) -> None:
    """Each with --strict, the first ones and a count without."""
    changing = may_change(trace.unmodelled)
    for strict, shown in ((True, changing), (False, changing[:3])):
        lines = (line.plain for line in trace_lines(trace, sim.__version__, strict=strict))
        text = squeezed(lines)
        assert all("".join(u.what.split()) in text for u in shown)


def squeezed(lines: Iterable[str]) -> str:
    """Lines without white space, and without the places at their ends, so that what is wrapped is found."""
    return "".join("".join(line.rpartition("drawn.yaml:")[0] or line for line in lines).split())


def traces_agree(
    manifests: Manifests, random: Random, most: int = MOST_REQUESTS
) -> list[set[tuple[str, str | None]]]:
    """That the list of each answer is part of the set's, in text, JSON and status; the lists."""
    of_set = loud(inspect(manifests).unmodelled)
    found = []
    for trace in traces_of(manifests, random, most):
        of_answer = loud(trace.unmodelled)
        assert of_answer <= of_set
        assert loud(trace.to_json()) == of_answer
        assert trace.faults or trace.status(strict=True) == int(bool(of_answer) or not trace.final.fine)
        stands_in_the_text(trace)
        found.append(of_answer)
    return found


def inspection_agrees(manifests: Manifests) -> set[tuple[str, str | None]]:
    """That inspect's value, JSON and status have one list; the list."""
    found = inspect(manifests)
    of_set = loud(found.unmodelled)
    assert loud(found.to_json()) == of_set
    assert found.status() == 2 or found.status(strict=True) == int(found.status() == 1 or bool(of_set))
    return of_set


def diff_agrees(old: Manifests, new: Manifests, *, same: bool) -> None:
    """That two sets are never called equal over what is not modelled, in text, JSON, status and remarks."""
    found = difference(old, new)
    if found is None:
        return
    differs = any(found.not_compared)
    assert differs == (not same and _values(old) != _values(new))
    text = "\n".join(line.plain for line in diff_lines(found, found.status()))
    assert ("no difference" in text) == (not differs and not found.found)
    assert found.status(strict=True) == int(bool(found.found) or differs)
    named = {what for side in found.to_json()["not_compared"].values() for what in (u["what"] for u in side)}
    assert named == {u.what for side in found.not_compared for u in side}
    assert {remark.title for remark in of_differences(found).more} == named


def difference(old: Manifests, new: Manifests) -> Differences | None:
    """None: there is nothing to ask."""
    try:
        return compared(Side(build(old)), Side(build(new)))
    except UsageError:
        return None


def _values(manifests: Manifests) -> set[tuple[str, str]]:
    return {(u.what, u.value) for u in may_change(inspect(manifests).unmodelled)}

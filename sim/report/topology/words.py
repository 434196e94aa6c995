"""The words around a cluster's picture: title, subtitle, caption, and the picture in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from sim.analysis.topology import OTHER_PATHS, PathRule, of_kind
from sim.report.topology.scene import PodBox, Scene, entries_of, services_of
from sim.report.words.answers import answer_to
from sim.report.words.path_of_packet import PacketPath
from sim.routing.final import Final
from sim.routing.trace import Trace
from sim.units import counted

if TYPE_CHECKING:
    from sim.analysis.topology import Graph

_PLACES = {
    "client": "before it gets in",
    "load-balancer": "at the load balancer",
    "node": "at the node",
    "controller": "at the controller",
    "service": "at the controller",
    "pod": "at the Pod",
}


def absent(column: str) -> str:
    """What stands in an empty column: Pods and nodes may be there all the same, but no way leads to them."""
    if column.startswith("Node"):
        return "not asked: straight to Pods"
    return "nothing leads here" if column == "Pods" else "not in this plan"


def titles(drawn: Graph, way: PacketPath, trace: Trace | None) -> list[str]:
    """Titles, the fullest first."""
    return _titles_of_cluster(drawn) if trace is None else _titles_of_request(drawn, way, trace)


def _titles_of_cluster(drawn: Graph) -> list[str]:
    entries, services = entries_of(drawn), len(services_of(drawn))
    to, doors = counted(services, "Service"), counted(len(entries), "load balancer")
    if not services:
        return ["Nothing here can be reached from outside"]
    if not entries:
        return [f"No load balancer: node ports lead to {to}"]
    if not any(entry.direct for entry in entries):
        return [f"One door for {to}, and a rule per request" if len(entries) == 1 else f"{doors} for {to}"]
    if any(not entry.direct for entry in entries):
        return [f"{doors} for {to}: some behind an Ingress", f"{doors} for {to}"]
    return [f"{doors} for {to}: each has its own door", f"{doors} for {to}"]


def _titles_of_request(drawn: Graph, way: PacketPath, trace: Trace) -> list[str]:
    final = trace.final
    if final.state == "delivered" and final.fine and len({o.backend for o in final.outcomes}) > 1:
        return ["This request is delivered, whatever way it takes"]
    if final.state == "delivered" and final.fine:
        return _titles_of_delivery(drawn, way, final)
    if final.outcomes:
        return ["It depends on the way whether this request is delivered"]
    answer, verb = answer_to(trace), "is redirected" if final.state == "redirected" else "ends"
    said = (f"{words[:1].upper()}{words[1:]}" for words in (answer.whole, answer.short))
    return [*said, f"This request {verb} {_PLACES[trace.hops[-1].kind]}"]


def _titles_of_delivery(drawn: Graph, way: PacketPath, final: Final) -> list[str]:
    """What decided which Service's Pods may answer: a rule, none of them, or the load balancer alone."""
    service = (final.backend or "").rpartition(":")[0]
    pod = f"a Pod of {service} answers"
    controllers = [pod for pod in of_kind(drawn, "controller") if way.meets([pod])]
    if not controllers:
        return [f"No controller on the way: {pod}", f"A{pod[1:]}", "No controller on the way"]
    rules: tuple[PathRule, ...] = drawn.nodes[controllers[0]]["rules"]
    won = next((rule for rule in rules if rule.rule == way.rule), None)
    if won is None or won.path == OTHER_PATHS:
        return [f"No rule fits, so {pod}", f"A{pod[1:]}"]
    named = won.host if won.path == "/" and won.host else won.path
    leads = f"Rule {named} leads to {service}"
    return [
        f"Rule {named} wins: {pod}",
        leads,
        f"A{pod[1:]}",
        f"Rule {named} wins",
        "A rule decides who answers",
    ]


def state_words(final: Final) -> str:
    """The exact state, with its status."""
    return f"{final.state} {final.status}" if final.status is not None else final.state


def subtitle(way: PacketPath, trace: Trace | None) -> str:
    """What the lines mean."""
    if trace is None:
        return "Lines: where packets from outside may go."
    url = trace.request.url if len(trace.request.url) <= 60 else f"{trace.request.url[:59]}…"
    thick = f"{'Thick line' if len(way.path) > 1 else 'Asked'}: {trace.request.method} {url}."
    if trace.final.state == "delivered":
        return f"{thick} Thin lines: where it could have gone instead."
    return f"{thick} {trace.final.message[:1].upper()}{trace.final.message[1:]}."


def caption(version: str) -> str:
    """Where it comes from, and what not to read into it."""
    service = "a Service is the name on a rule, no traffic enters it"
    return f"sim {version} · no random numbers · not to scale · {service}"


def alt_text(title: str, seen: Scene, way: PacketPath, trace: Trace | None) -> str:
    """The picture in words, column by column, then the way of the request."""
    parts = [f"{title}. {subtitle(way, trace)}", "Columns from left to right: client."]
    parts += [_column(name, things, more) for name, things, more in _columns(seen)]
    if trace is not None:
        path = ", ".join(way.path)
        parts.append(f"The request goes this way: {path}. It ends as {state_words(trace.final)}.")
    return " ".join(parts)


def _column(name: str, things: list[str], more: int) -> str:
    if not things:
        return f"{name}: {absent(name)}."
    return f"{name}: {'; '.join(things)}{f'; and {more} more' if more else ''}."


def _columns(seen: Scene) -> Iterator[tuple[str, list[str], int]]:
    yield "Load balancers", [f"{e.name}, {e.address}" for e in seen.entries], seen.more_entries
    nodes = [
        f"{t.lines[0].left} with {_rules((line.left, line.right) for line in t.lines[1:])}"
        for t in seen.nodes
    ]
    yield "Nodes with kube-proxy", nodes, seen.more_nodes
    controllers = [
        f"{c.profile} on {_cards(c.cards)} with {_rules((line.left, line.right) for line in c.rules.lines)}"
        for c in seen.controllers
    ]
    yield "Ingress controllers", controllers, seen.more_controllers
    pods = [f"endpoints of {g.service}: {_cards(g.cards) or 'none'}" for g in seen.groups]
    yield "Pods", pods, seen.more_groups


def _cards(cards: Iterable[PodBox]) -> str:
    return ", ".join(f"{card.name} ({card.place})" if card.place else card.name for card in cards)


def _rules(lines: Iterable[tuple[str, str]]) -> str:
    return ", ".join(f"{left} {right}".rstrip() for left, right in lines) or "no rules"

"""One traffic row for the page: what is asked, where it may go, what each place decides and says.

Explanations are made once per traffic row, by `sim.routing`, and never by the page: it only shows them.
"""

import json
from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sim.cluster.cluster import Cluster, LinkedPort, LinkedService
from sim.report.page.rulebook import book, open_rules, port_rows, source_of
from sim.report.page.tls import shown_tls
from sim.report.text.terminal import trace_lines
from sim.report.words import on_the_way
from sim.report.words.answers import Answer, answer_to
from sim.report.words.ends import share_of_requests
from sim.report.words.predictions import PossibleAnswer, Prediction, about_end, about_rule
from sim.routing.hops.load_balancer import ended
from sim.routing.trace import Hop, Request, Step, Trace
from sim.simulation.design import Design, Flow
from sim.units import attributes

MOST_STEPS = 12
"""Rows of one rule table that the page lists; the rest is counted."""

Shown = dict[str, Any]


@dataclass(frozen=True)
class TracedRow:
    """A traffic row of a run, with all that is known of its way.

    Args:
        number: of the row.
        entry: the load balancer that its requests are sent to, as `--to` takes it; None: the host says.
    """

    cluster: Cluster
    design: Design
    number: int
    trace: Trace
    entry: str | None

    @property
    def flow(self) -> Flow:
        """Where its requests go."""
        return self.design.flows[self.number]

    @property
    def entrance(self) -> LinkedService | None:
        """The Service whose load balancer the client comes by; None: there is none."""
        return self.cluster.services.get(self.design.destinations[self.flow.destination])

    @property
    def port(self) -> LinkedPort | None:
        """The port of it that is asked."""
        return self.entrance.port(self.trace.request.target_port) if self.entrance is not None else None

    @property
    def passed(self) -> tuple[LinkedService | None, LinkedPort | None]:
        """Whose rules a node applies: the entrance, or what one that reads HTTP chose behind it."""
        if not self.flow.per_request:
            return self.entrance, self.port
        key, _, number = (self.trace.final.backend or "").rpartition(":")
        service = self.cluster.services.get(key)
        return service, service.port(int(number)) if service is not None and number.isdigit() else None

    @property
    def choice(self) -> str:
        """What the rules of a node choose, in words."""
        hop = on_the_way.hop_of(self.trace, "node")
        local = self.entrance is not None and self.entrance.manifest.spec.external_traffic_policy == "Local"
        ended_here = self.trace.final.state if hop is not None and not hop.branches else ""
        now = self.flow.pods if self.design.before is None else ()  # Later all are there that ever come.
        pods = [len(pods) for pods in now] or [len(hop.branches) if hop is not None else 0]
        return on_the_way.choice_of(pods, ended_here, local)


def shown_row(row: TracedRow, ends: Sequence[PossibleAnswer], command: str, version: str) -> Shown:
    """What the page needs to know of a traffic row.

    Args:
        ends: how the requests of the page may end, as choices of a question.
        command: what prints its trace in a terminal, without the URL.
    """
    trace, request, final = row.trace, row.trace.request, row.trace.final
    port, (service, passed) = row.port, row.passed
    return {
        "request": f"{request.method} {request.url}",
        **attributes(request, "method scheme host path"),
        "service": row.design.services[row.number],
        "destination": row.flow.destination,
        "port": passed.node_port if passed is not None else None,
        "to_pods": row.flow.to_pods,
        "per_request": row.flow.per_request,
        **_reachable(row.design, row.flow),
        "says": _sayings(row),
        "port_rows": port_rows(row.cluster, trace, service, passed, row.choice),
        "book": book(row.cluster, trace),
        "answered": shown_answer(answer_to(trace)),
        "tls": shown_tls(trace, row.flow, row.entrance, port),
        "questions": [_question(one) for one in _questions(trace, ends)],
        "hops": [_hop(hop, request.host, row.entry) for hop in trace.hops],
        "final": attributes(final, "state status message code fix backend"),
        "details": {k: v for k, v in final.more().items() if isinstance(v, str | int | list | tuple)},
        "command": " ".join((command, *_stated(request, row.entry), request.url)),
        "transcript": "\n".join(line.plain.rstrip() for line in trace_lines(trace, version)),
    }


def shown_answer(answer: Answer) -> Shown:
    """Who answers, and what a bubble says."""
    return attributes(answer, "by status look_at") | {"words": answer.short}


def _questions(trace: Trace, ends: Sequence[PossibleAnswer]) -> Iterator[Prediction]:
    """What can be asked before the request is answered."""
    asked = (about_rule(trace, open_rules(trace)), about_end(trace, ends))
    return (one for one in asked if one is not None)


def _question(one: Prediction) -> Shown:
    """A question as the page gets it: what is right is packed, so that nobody reads it by accident."""
    told = json.dumps(attributes(one, "right says why"), ensure_ascii=True, separators=(",", ":"))
    return {
        **attributes(one, "id text"),
        "choices": [attributes(choice, "id words row") for choice in one.choices],
        "told": b64encode(told.encode()).decode(),
    }


def _sayings(row: TracedRow) -> dict[str, str]:
    """One sentence for each place."""
    trace, flow = row.trace, row.flow
    ends_tls = row.entrance is not None and row.port is not None and ended(row.entrance, row.port) is not None
    key, (service, port) = row.design.destinations[flow.destination], row.passed
    key = service.key if service is not None else key
    return {
        "client": on_the_way.at_client(trace),
        "balancer": on_the_way.at_balancer(trace, ends_tls, flow.to_pods),
        "node": on_the_way.at_node(trace, key, port.node_port if port is not None else None, row.choice),
        "controller": on_the_way.at_controller(trace),
        "pod": on_the_way.at_pod(trace, _chosen(row.design, flow)),
        "end": on_the_way.at_end(trace),
    }


def _chosen(design: Design, flow: Flow) -> str:
    """Who chooses among the Pods, and for what."""
    if flow.upstream is not None:
        return f"the controller chooses one for each request ({design.upstreams[flow.upstream].method.name})"
    if flow.per_request:
        return "the load balancer chooses one for each request"
    who = "the load balancer" if flow.to_pods else "a rule on the node"
    return f"{who} chose one, for the whole connection"


def behind(design: Design, flow: Flow) -> Sequence[int]:
    """The application's Pods that a flow may reach."""
    if flow.upstream is not None:
        return design.upstreams[flow.upstream].stations
    return () if flow.end else [station for pods in flow.pods for station in pods]


def _reachable(design: Design, flow: Flow) -> Shown:
    """The nodes and Pods of all ways together; where there are several, that weights split."""
    ways = [way for _, way in flow.parts]
    pairs = dict.fromkeys(pair for way in ways for pair in zip(way.nodes, way.pods, strict=True))
    pods = [pod for way in ways if way.upstream is not None for pod in behind(design, way)]
    return {
        "nodes": [node for node, _ in pairs],
        "pods": [pods for _, pods in pairs],
        "end": flow.end,
        "upstream": list(dict.fromkeys(pods)) or None,
        "split": len(ways) > 1,
    }


def _stated(request: Request, entry: str | None) -> Iterator[str]:
    """What a command says of a request besides its URL."""
    if entry:
        yield f"--to {entry}"
    if request.method != "GET":
        yield f"-X {request.method}"
    if request.client_ip != Request.client_ip:
        yield f"--client-ip {request.client_ip}"


def _hop(hop: Hop, host: str, entry: str | None) -> Shown:
    rules = [s for s in hop.steps if s.rule] if hop.kind == "controller" else list(hop.steps)
    return {
        **attributes(hop, "kind name before after"),
        "says": f"{host} leads to this load balancer" if entry and hop.kind == "client" else _says(hop),
        "steps": [_step(step) for step in rules[:MOST_STEPS]],
        "more": max(0, len(rules) - MOST_STEPS),
    }


def _says(hop: Hop) -> str:
    """What a hop says; of a controller that weights lead on from, the share of each way too."""
    if hop.kind != "controller" or not hop.branches:
        return hop.says
    return f"{hop.says}; {', '.join(f'{share_of_requests(b.probability)} to {b.to}' for b in hop.branches)}"


def _step(step: Step) -> Shown:
    return attributes(step, "row because wins held") | {"source": source_of(step)}

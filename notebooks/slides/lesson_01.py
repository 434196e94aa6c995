"""Lesson 1: one node with the rules that stand for a Service there, and what they made of a run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import sim
from sim.cluster.cluster import Cluster
from sim.lessons import Lesson
from sim.report.charts.picture import MARGIN, Picture
from sim.report.charts.shapes import Canvas, Spot, entry, pill, winner
from sim.report.theme import LABEL, SUBTITLE
from slides.kit import RIGHT, amount, chance, last_words, of_run, slide_sheet

SERVICE = "demo/web"
COUNTS = {2: "two", 3: "three", 4: "four", 5: "five"}
_NODE = Spot(276.0, 102.0, 318.0, 316.0)
_FIRST, _STEP, _POD = 210.0, 55.0, Spot(640.0, 117.0, RIGHT - 640.0, 72.0)


@dataclass(frozen=True)
class Choice:
    """A rule that chooses a Pod: with which words, and where it sends."""

    says: str
    to: str


def choices(cluster: Cluster, node: str) -> Iterator[Choice]:
    """The rules of the Service on a node, as kube-proxy writes them."""
    nat = sim.rules(cluster, node, service=SERVICE).facts["nat"]
    for chain, rules in nat.items():
        drawn = [rule for rule in rules if rule["jump"].startswith("KUBE-SEP-")]
        for number, rule in enumerate(drawn):
            ends = [end["to_destination"] for end in nat[rule["jump"]] if end["jump"] == "DNAT"]
            says = chance(float(rule["probability"])) if "probability" in rule else ""
            yield Choice(" ".join(filter(None, ("else" if number else "", says))), ends[0])


def service(lesson: Lesson, theme: str = "light") -> Picture:
    """The rules on the node of the first connection, and the connections of each Pod."""
    run, cluster = sim.run(lesson.experiment), lesson.experiment.plan_to_run(None).cluster
    node, chosen = run.nodes[int(run.node[0])], run.stations[int(run.pod[0])].spec.name
    rules, others = list(choices(cluster, node)), [name for name in run.nodes if name != node]
    title = f"A Service is {COUNTS[len(rules)]} rules on every node, not a process"
    subtitle = f"One of {run.sent} connections: the node where it arrives gives it a new destination. No packet enters a Service."
    last = "Stop a node, and its rules stop. To stop “the Service”, there is nothing to stop."
    pods = [(s.spec.name, s.spec.node, run.connections_of(number)) for number, s in enumerate(run.stations)]
    total = sum(count for *_, count in pods)
    caption = of_run(run, "kube-proxy in iptables mode", "connections")
    where = f"Its name and address are in the rules, and the same rules are on {' and '.join(others)}. No program of that name runs."
    with slide_sheet(title, subtitle, caption, theme) as canvas:
        _way_in(canvas, len(run.nodes), where)
        address = sim.route(cluster, sim.Request.parse("http://web.demo/")).hops[0].before["destination"]
        _rules(canvas, node, address, rules, cluster.pods[chosen].address)
        for index, (name, on, count) in enumerate(pods):
            _pod(canvas, index, (name, on, f"{count} connections", count / total), name == chosen)
        last_words(canvas, last)
    told = "; ".join(f"{rule.says}: {rule.to}" for rule in rules)
    served = "; ".join(f"{name.partition('/')[2]} on {on}: {count} connections, {count / total:.0%}" for name, on, count in pods)
    alt = f"{title}. {subtitle} Rules of Service {SERVICE} on {node}: {told}. {served}. {where} {last} {caption}."
    return Picture(canvas.page.figure, title, alt)


def _way_in(canvas: Canvas, nodes: int, where: str) -> None:
    y = _FIRST + _STEP / 2
    client, door = Spot(MARGIN, y - 22, 84, 44), Spot(132.0, y - 28, 122, 56)
    canvas.stroke([(client.right, y), (_NODE.left, y)], "lb_per_service", 3.5, zorder=1.0)
    pill(canvas, client, "client")
    entry(canvas, door, "lb_per_service", ("balancer", f"picks 1 of {nodes}"))
    canvas.text(MARGIN, 318, "Where is the Service?", SUBTITLE, bold=True)
    canvas.lines(MARGIN, 344, where, _NODE.left - MARGIN - 22, 14)


def _rules(canvas: Canvas, node: str, address: str, rules: list[Choice], to: str) -> None:
    canvas.box(_NODE, node, 0, fill="panel")
    left, right = _NODE.left + 18, _NODE.right - 16
    canvas.text(left, _NODE.top + 25, node, 18, bold=True)
    canvas.text(left + canvas.width_of(node, 18, True) + 12, _NODE.top + 26, f"rules of {SERVICE}", 14, "ink2")
    canvas.text(left, _NODE.top + 60, f"{address}? Then choose:", SUBTITLE)
    for index, rule in enumerate(rules):
        y, wins = _FIRST + _STEP * index, rule.to.startswith(f"{to}:")
        canvas.stroke([(left, y - _STEP / 2), (right, y - _STEP / 2)], "hair", 1)
        if wins:
            winner(canvas, left - 6, y, 42)
        canvas.text(left + 8, y, rule.says, LABEL, bold=wins)
        canvas.text(right, y, rule.to, LABEL, bold=wins, align="right")
        pod = _POD.top + 101 * index + _POD.height / 2
        canvas.wire((_NODE.right, y), (_POD.left, pod), "lb_per_service" if wins else "hair", 4 if wins else 2)
    end = _FIRST + _STEP * (len(rules) - 0.5)
    canvas.stroke([(left, end), (right, end)], "hair", 1)
    canvas.text(left + 8, end + 20, f"that makes 1/{len(rules)} for each of them,", 14, "ink2")
    canvas.text(left + 8, end + 42, "chosen per connection, not per request", 14, "ink2")


def _pod(canvas: Canvas, index: int, told: tuple[str, str, str, float], chosen: bool) -> None:
    name, node, connections, share = told
    spot = Spot(_POD.left, _POD.top + 101 * index, _POD.width, _POD.height)
    canvas.box(spot, name, 7, "ink" if chosen else "line", width=3 if chosen else 1.5)
    canvas.text(spot.left + 14, spot.top + 20, name.partition("/")[2], 18, bold=True)
    canvas.text(spot.right - 14, spot.top + 20, node, 14, "ink2", align="right")
    canvas.text(spot.left + 14, spot.top + 42, connections, LABEL)
    canvas.text(spot.right - 14, spot.top + 42, f"{share * 100:.0f} %", LABEL, bold=True, align="right")
    amount(canvas, Spot(spot.left + 14, spot.bottom - 16, spot.width - 28, 6), share)

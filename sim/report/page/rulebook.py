"""What is open at a place that decides: the rules of a controller, the ports that a node knows, as rows."""

from collections.abc import Iterable, Sequence
from pathlib import PurePath
from typing import Any

from sim.cluster.cluster import Cluster, Controller, LinkedPort, LinkedService
from sim.report.words.names import in_a_row
from sim.report.words.on_the_way import hop_of, rules_of
from sim.report.words.rules import because_of
from sim.routing.controllers import reads
from sim.routing.trace import Step, Trace
from sim.units import counted

MOST_ROWS = 5
"""Of a rulebook; the rest is counted."""
MOST_NAMES = 3
"""Of what is read."""

NOT_ASKED_FOR = "loses: another port"


def book(cluster: Cluster, trace: Trace) -> dict[str, Any] | None:
    """The rules that a controller reads, in its own order; None where no controller is asked."""
    if hop_of(trace, "controller") is None or trace.proxy is None:
        return None
    rest = [step for step in rules_of(trace) if not _unread(step)][MOST_ROWS:]
    return {
        "reads": f"reads {_what_is_read(cluster, trace.proxy)}",
        "rows": [_row(step) for step in open_rules(trace)],
        "more": len(rest),
        "more_words": _rest(rest),
        "foot": _foot(cluster, trace.proxy),
    }


def open_rules(trace: Trace) -> list[Step]:
    """The rules that are shown: the nearest ones, in the controller's own order."""
    read = [step for step in rules_of(trace) if not _unread(step)]
    return sorted(read[:MOST_ROWS], key=_place)


def _unread(step: Step) -> bool:
    """Whether the controller does not read the row at all."""
    return bool({"class", "namespace"} & set(step.failed.split("+")))


def _place(step: Step) -> int:
    return step.parts.order if step.parts is not None else 0


def _row(step: Step) -> dict[str, Any]:
    parts = step.parts
    assert parts is not None
    return {
        "host": parts.host or "any host",
        "host_fits": step.host_fits,
        "path": parts.path,
        "type": parts.type,
        "path_fits": step.path_fits,
        "service": parts.service,
        "because": because_of(step),
        "wins": step.wins,
        "source": source_of(step),
    }


def source_of(step: Step) -> str:
    """`FILE:LINE` without folders; empty for what is in no file.

    >>> source_of(Step("/ Prefix", True, "wins", "shop/manifests/shop.yaml:14"))
    'shop.yaml:14'
    """
    path, _, line = (step.source or "").rpartition(":")
    return f"{PurePath(path).name}:{line}" if path else ""


def _rest(rest: Sequence[Step]) -> str:
    """What the rows that are not listed are."""
    if not rest:
        return ""
    hosts = {step.parts.host for step in rest if step.parts is not None}
    if all(not step.host_fits for step in rest):
        return f"{counted(len(hosts), 'more host')}: not asked"
    return f"{counted(len(rest), 'more rule')}"


def _what_is_read(cluster: Cluster, controller: Controller) -> str:
    if controller.gateway is not None:
        return f"the routes of Gateway {controller.gateway.partition('/')[2]}"
    names = [i.name for i in cluster.ingresses if reads(cluster, controller, i)[0]]
    if len(names) > MOST_NAMES or len({*names}) < len(names):
        return f"{len(names)} Ingresses"
    return f"Ingress {in_a_row(names)}"


def _foot(cluster: Cluster, controller: Controller) -> str:
    """What happens where no rule fits."""
    for ingress in () if controller.gateway is not None else cluster.ingresses:
        backend = ingress.spec.default_backend
        if backend is not None and backend.service is not None and reads(cluster, controller, ingress)[0]:
            return f"no rule fits: Service {backend.service.name}, the default backend"
    return "no rule fits: 404, written here"


def port_rows(
    cluster: Cluster, trace: Trace, service: LinkedService | None, asked: LinkedPort | None, choice: str
) -> dict[str, Any] | None:
    """The node ports that every node knows, and the one that is asked; None where no node is passed.

    Args:
        service, asked: whose node port it is.
        choice: what the rules behind the port choose, as a sentence goes on.
    """
    if hop_of(trace, "node") is None or service is None or asked is None or asked.node_port is None:
        return None
    known = dict(_node_ports(cluster.services.values()))
    others = [number for number in known if number != asked.node_port]
    near = sorted(others, key=lambda number: abs(number - (asked.node_port or 0)))[: MOST_ROWS - 1]
    return {
        "rows": [
            {
                "port": f"nodePort {number}",
                "service": known[number],
                "because": f"fits: {choice}" if number == asked.node_port else NOT_ASKED_FOR,
                "wins": number == asked.node_port,
            }
            for number in sorted([*near, asked.node_port])
        ],
        "more": len(others) - len(near),
        "foot": "host and path: not read here, this is a packet",
    }


def _node_ports(services: Iterable[LinkedService]) -> Iterable[tuple[int, str]]:
    """Each node port, and the Service port that it leads to."""
    for service in services:
        for port in service.ports:
            if port.node_port is not None:
                yield port.node_port, f"{service.key} {port.name or port.number}"

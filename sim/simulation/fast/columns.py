"""What requests draw, as columns: those that somebody reads; the others are empty.

A column is a stretch for each stream: the open-loop requests, each later attempt of theirs, each user and
each later attempt of a user. All but the first are drawn as far as they are read, and get longer when asked.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.simulation.design import Design
from sim.simulation.design.values import Upstream
from sim.simulation.engines.upstreams import DRAWS_OF_A_CHOICE
from sim.simulation.fast.flows import Flows
from sim.simulation.fast.given import DrawStretch
from sim.simulation.workload import Workload, sampler

NONE = np.empty(0)
DRAWING = frozenset(
    (
        "textbook/random",
        "ingress-nginx/round-robin",
        "nginx/random",
        "nginx/random-two",
        "envoy/round-robin",
        "envoy/least-request",
        "envoy/random",
    )
)
"""Methods that draw for a choice, or to begin with."""
DRAWING_TWICE = frozenset(("nginx/random-two", "envoy/least-request"))

UNIFORMS = {
    "node": "node",
    "pod": "pod",
    "balance": "balance",
    "balance/1": "balance_1",
    "resume": "resume",
    "split": "split",
    "worker": "worker",
    "backoff": "backoff",
}
"""Purpose -> the name of its table."""
FIRST_ROOM = 32


def tries_of(upstream: Upstream) -> int:
    """How often a proxy tries at most."""
    return upstream.retries.tries or sum(not backend.down for backend in upstream.listed)


class LaterStream:
    """The draws of a user, or of a later attempt, as far as they have been made."""

    def __init__(self, workload: Workload, row: int, name: str) -> None:
        self._workload, self.row, self._name = workload, row, name
        self.room = 0
        self._streams: dict[tuple[str, str], np.random.Generator] = {}
        self._drawn: dict[tuple[str, str], list[NDArray[np.float64]]] = {}

    def values(self, purpose: str, service: str = "") -> NDArray[np.float64]:
        """As many as there is room for."""
        key, streams = (purpose, service), self._workload.streams
        if key not in self._streams:
            self._streams[key], self._drawn[key] = streams.of(self._name, purpose), [NONE]
        drawn = self._drawn[key]
        missing = self.room - sum(map(len, drawn))
        if missing:
            traffic = self._workload.scenario.traffic[self.row]
            draw = (
                sampler(traffic.think)
                if purpose == "think"
                else streams.sampler_of(self.row, purpose, service)
            )
            self._drawn[key] = [np.concatenate((*drawn, draw(self._streams[key], missing)))]
        return self._drawn[key][0]


class Drawn:
    """All columns of a run.

    Args:
        services: whose service times are drawn: each row's own, and others that weights lead to.
        attempts: of each open-loop row the first of its streams; users: of each user.
    """

    def __init__(self, design: Design, workload: Workload, flows: Flows) -> None:
        self._workload = workload
        self._choices = 1
        if design.outages or any(spec.queue is not None for spec in design.stations):
            self._choices = max((tries_of(upstream) for upstream in design.upstreams), default=1)
        self._purposes = set(_purposes(design, workload, flows))
        self.services = list(dict.fromkeys(("", *(flow.service for _, flow in flows.listed))))
        self._later: list[LaterStream] = []
        self.attempts, self.users = list[int](), dict[int, list[int]]()
        for row, traffic in enumerate(workload.scenario.traffic):
            name = workload.row_name(row)
            self.attempts.append(len(self._later) + 1)
            if not traffic.users:
                self._later += [
                    LaterStream(workload, row, f"{name}/attempt/{n + 1}") for n in range(traffic.retries)
                ]
            self.users[row] = [self._user(row, f"{name}/user/{n}") for n in range(traffic.users or 0)]

    def _user(self, row: int, name: str) -> int:
        first = len(self._later) + 1
        self._later.append(LaterStream(self._workload, row, name))
        self._later[-1].room = FIRST_ROOM
        retries = self._workload.scenario.traffic[row].retries
        self._later += [LaterStream(self._workload, row, f"{name}/attempt/{n + 1}") for n in range(retries)]
        return first

    def extend(self, stream: int, number: int) -> None:
        """Draw on, so that a stream has a number; and those beside it that are as long."""
        found = self._later[stream - 1]
        room = max(2 * found.room, FIRST_ROOM, number + number // 4 + 1)
        for one in self._later if found.room else [found]:
            if one.row == found.row and one.room == found.room:
                one.room = room

    @property
    def length(self) -> int:
        """Of all stretches together."""
        return len(self._workload.requests) + sum(one.room for one in self._later)

    def streams(self) -> Iterator[DrawStretch]:
        """Where each stream begins, and how far it goes."""
        count = len(self._workload.requests)
        yield DrawStretch(0, count)
        for one in self._later:
            yield DrawStretch(count, one.room)
            count += one.room

    def _parts(self, purpose: str) -> list[NDArray[np.float64]]:
        """The stretches of a column."""
        requests = self._workload.requests
        first = np.zeros(len(requests)) if purpose == "backoff" else requests.drawn(purpose)
        return [first, *(one.values(purpose) for one in self._later)]

    def columns(self) -> dict[str, NDArray[Any]]:
        """All columns, by the names of their tables."""
        requests, later = self._workload.requests, self._later
        found: dict[str, NDArray[Any]] = dict.fromkeys(UNIFORMS.values(), NONE)
        for purpose in self._purposes & UNIFORMS.keys():
            found[UNIFORMS[purpose]] = _joined(self._parts(purpose))
        if "balance" in self._purposes:
            choices = [f"balance/{DRAWS_OF_A_CHOICE * n}" for n in range(1, self._choices)]
            found["balance"] = _joined([p for one in ("balance", *choices) for p in self._parts(one)])
        served = (
            [requests.drawn("service", service), *(one.values("service", service) for one in later)]
            for service in self.services
        )
        found["service_s"] = _joined([part for parts in served for part in parts])
        found["controller_s"] = NONE
        if "controller" in self._purposes:
            found["controller_s"] = _joined(self._parts("controller"))
        users = {n for streams in self.users.values() for n in streams}
        thinks = [
            one.values("think") if n + 1 in users else np.zeros(one.room) for n, one in enumerate(later)
        ]
        found["think_s"] = _joined([np.zeros(len(requests)), *thinks]) if users else NONE
        return found


def _joined(parts: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    whole = [part for part in parts if len(part)]
    return whole[0] if len(whole) == 1 else np.concatenate((NONE, *whole))


def _purposes(design: Design, workload: Workload, flows: Flows) -> Iterator[str]:
    """What is read by anybody."""
    if any(row.retries for row in workload.scenario.traffic):
        yield "backoff"
    if any(spec.is_controller for spec in design.stations):
        yield "controller"
    for upstream in design.upstreams:
        name = upstream.method.full_name
        yield from ("balance",) * (name in DRAWING) + ("balance/1",) * (name in DRAWING_TWICE)
    for _, flow in flows.listed:
        asked = {
            "node": (len(flow.nodes) > 1 or bool(design.outages)) and not flow.per_request,
            "pod": any(len(stations) > 1 for stations in flow.pods) or bool(design.outages),
            "resume": flow.tls_ends is not None,
            "split": bool(flow.ways),
            "worker": flow.proxy_workers > 1,
        }
        yield from (purpose for purpose, is_read in asked.items() if is_read)

"""A Pod that stops behind a real proxy and leaves its list later; requests at instants that are stated.

Several runs side by side, each with Pods and a proxy of its own. A run whose requests, answers or changes came late
says so: it is not a measurement.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

from live.changing import Front, Upstream
from live.open_loop import APART_S, PODS, a_second
from live.picking import headers_of
from live.small_pods import SmallPod

WARM = -1
"""The number of requests that nobody counts."""


Wire = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(frozen=True)
class StoppingRun:
    """What is sent, and what becomes of a Pod.

    Args:
        service_s: of every request.
        victims: places of the Pods that stop at `stops_s`.
        lists: from when on which places are listed, and who of them ingress-nginx takes for the last one.
        drains: whether it finishes what it has.
        stays: whether the client keeps its connection.
        first: place of the Pod that is to have the first request, where turns may begin anywhere; None: as they do.
    """

    profile: str
    method: str
    sent_s: Sequence[float]
    service_s: float
    victims: Sequence[int]
    stops_s: float
    lists: Sequence[tuple[float, Sequence[int], int]]
    drains: bool
    keeps: bool
    stays: bool
    first: int | None


class MeasuredEnd(NamedTuple):
    """What came of a request.

    Args:
        author: `Pod` or `controller`.
        pod: place of the Pod that answered; -1: none.
        tried: places of the Pods that the proxy asked, in order; None: it does not say.
    """

    status: int
    author: str
    pod: int
    tried: tuple[int | None, ...]


@dataclass
class MeasuredStop:
    """What came of a run.

    Args:
        late_s: how late a request, an answer or a change was at most.
    """

    ends: dict[int, MeasuredEnd] = field(default_factory=dict)
    late_s: float = 0.0


Fronts = Callable[[Sequence[Upstream]], AbstractContextManager[list[Front]]]


def measured(runs: Sequence[StoppingRun], fronts: Fronts) -> list[MeasuredStop]:
    """All of them at the same time; their clocks begin with a whole second."""
    return asyncio.run(_measured(runs, fronts))


async def _measured(runs: Sequence[StoppingRun], fronts: Fronts) -> list[MeasuredStop]:
    pods = [[SmallPod(place, {}, {}) for place in range(PODS + 1)] for _ in runs]
    for pod in (pod for three in pods for pod in three):
        pod.listen()
    upstreams = [_upstream(*one) for one in zip(runs, pods, strict=True)]
    with fronts(upstreams) as made:
        players = [Player(*one) for one in zip(runs, pods, made, strict=True)]
        await asyncio.gather(*(player.warm() for player in players))
        begin_s = await a_second()
        await asyncio.gather(*(player.play(begin_s + n * APART_S) for n, player in enumerate(players)))
    for pod in (pod for three in pods for pod in three):
        pod.kill()
    await asyncio.sleep(0.1)  # until what was closed is closed
    return [player.found for player in players]


def _upstream(run: StoppingRun, pods: Sequence[SmallPod]) -> Upstream:
    lists = [[pods[place].port for place in places] for _, places, _ in run.lists]
    return Upstream(run.profile, lists, run.keeps, [start for *_, start in run.lists])


class Player:
    """One run: its Pods, its proxy, its client."""

    def __init__(self, run: StoppingRun, pods: Sequence[SmallPod], front: Front) -> None:
        self.run, self.pods, self.front, self.found = run, pods, front, MeasuredStop()
        self._places = {str(pod.port): place for place, pod in enumerate(pods)}
        self._wire: Wire | None = None
        self._clock = asyncio.get_running_loop().time

    async def warm(self) -> None:
        """Requests until it is the turn of who is to be the first."""
        while self.run.first is not None:
            end = await self._asked(WARM, 0.0)
            if (end.pod + 1) % PODS == self.run.first:
                return

    async def play(self, begin_s: float) -> None:
        """The whole of it."""
        run = self.run
        changes = [
            self._at(begin_s + at_s, partial(self.front.become, number))
            for number, (at_s, *_) in enumerate(run.lists)
            if number
        ]
        stop = self._at(begin_s + run.stops_s, self._stop)
        await asyncio.gather(stop, *changes, *(self._send(begin_s, n) for n in range(len(run.sent_s))))
        self.found.late_s = max(self.found.late_s, *(pod.late_s for pod in self.pods))
        if self._wire is not None:
            self._wire[1].close()

    async def _stop(self) -> None:
        for victim in (self.pods[place] for place in self.run.victims):
            (victim.stop if self.run.drains else victim.kill)()

    async def _at(self, at_s: float, change: Callable[[], Awaitable[None]]) -> None:
        await asyncio.sleep(at_s - self._clock())
        self._note(at_s)
        await change()
        self._note(at_s)

    async def _send(self, begin_s: float, number: int) -> None:
        at_s = begin_s + self.run.sent_s[number]
        await asyncio.sleep(at_s - self._clock())
        self._note(at_s)
        self.found.ends[number] = await self._asked(number, self.run.service_s)

    def _note(self, due_s: float) -> None:
        self.found.late_s = max(self.found.late_s, self._clock() - due_s)

    async def _connected(self) -> Wire:
        """The connection that was kept, unless the proxy has closed it, or a new one."""
        wire, self._wire = self._wire, None
        if wire is not None and not wire[0].at_eof():
            return wire
        if wire is not None:
            wire[1].close()
        return await asyncio.open_unix_connection(str(self.front.socket))

    async def _asked(self, number: int, service_s: float) -> MeasuredEnd:
        """One request, on a connection of its own or on that of the client."""
        reader, writer = await self._connected()
        body = "x" if self.run.method == "POST" else ""
        kept = "" if self.run.stays else "Connection: close\r\n"
        writer.write(
            f"{self.run.method} / HTTP/1.1\r\nHost: app.example.com\r\nX-Request: {number}\r\n"
            f"X-Service: {service_s}\r\n{kept}Content-Length: {len(body)}\r\n\r\n{body}".encode()
        )
        head = await _answer(reader)
        if self.run.stays:
            self._wire = reader, writer
        else:
            writer.close()
        return self._end(head)

    def _end(self, head: bytes) -> MeasuredEnd:
        """What an answer says; an empty one: the connection was closed."""
        headers = headers_of(head)
        pod = int(headers.get("x-pod", "-1"))
        told = self.front.tried(headers) if head else []
        tried = tuple(None if one is None else self._places[one.rpartition(":")[2]] for one in told)
        author = "controller" if pod < 0 else "Pod"
        return MeasuredEnd(int(head.split(None, 2)[1]) if head else 0, author, pod, tried)


async def _answer(reader: asyncio.StreamReader) -> bytes:
    """The head of an answer, its body read; nothing where the connection is closed instead."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(int(headers_of(head).get("content-length", "0")))
    except (asyncio.IncompleteReadError, ConnectionError):
        return b""
    return head

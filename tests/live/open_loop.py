"""Requests at instants that are stated, whatever becomes of those before; several runs side by side.

The clock of a run begins when its proxy stands. A run whose requests or answers left late says so: it is not
a measurement.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean, median

from live.small_pods import SmallPod

PODS = 3
APART_S = 0.0013
"""Between the clocks of two runs, so that not all send at once."""
LEAD_S = 2.5
"""Every check that a proxy makes has been made once."""


@dataclass(frozen=True)
class Run:
    """What is sent, and what becomes of a Pod.

    Args:
        sent_s, service_s: of each request.
        victim: place of the Pod that ends `at_s` after the start, until `until_s`; never, where that is infinite.
        graceful: whether it finishes what it has.
    """

    method: str
    sent_s: Sequence[float]
    service_s: Sequence[float]
    victim: int
    at_s: float
    until_s: float = math.inf
    graceful: bool = False


@dataclass
class Measured:
    """What came of a run, by request: the status, who had it last (-1: nobody), and when it was over.

    Args:
        within_s: how long the Pod had it that answered.
        late_s: how late a request or an answer left at most.
    """

    sent_s: Sequence[float]
    status: list[int]
    ended_s: list[float]
    reached: dict[int, int] = field(default_factory=dict)
    within_s: dict[int, float] = field(default_factory=dict)
    late_s: float = 0.0

    @property
    def way_s(self) -> float:
        """The time of a request outside the Pod that answers it, the middle one of all."""
        pairs = zip(self.sent_s, self.ended_s, strict=True)
        return median(e - s - self.within_s[n] for n, (s, e) in enumerate(pairs) if n in self.within_s)

    @property
    def mean_s(self) -> float:
        """The mean latency, without the way there and back."""
        return fmean(self.ended_s) - fmean(self.sent_s) - self.way_s

    @property
    def pod(self) -> list[int]:
        """Who had each request last."""
        return [self.reached.get(number, -1) for number in range(len(self.status))]


Fronts = Callable[[list[list[int]]], AbstractContextManager[Sequence[Path]]]
"""Ports of the Pods of each run to the sockets on which their proxies listen."""


def measure(runs: Sequence[Run], fronts: Fronts) -> list[Measured]:
    """All of them at the same time; their clocks begin with a whole second."""
    return asyncio.run(_measured(runs, fronts))


async def _measured(runs: Sequence[Run], fronts: Fronts) -> list[Measured]:
    found = [Measured(run.sent_s, [0] * len(run.sent_s), [0.0] * len(run.sent_s)) for run in runs]
    pods = [[SmallPod(place, one.reached, one.within_s) for place in range(PODS)] for one in found]
    for pod in (pod for three in pods for pod in three):
        pod.listen()
    with fronts([[pod.port for pod in three] for three in pods]) as sockets:
        begin_s = await a_second()
        playing = zip(runs, pods, sockets, found, strict=True)
        await asyncio.gather(*(_play(begin_s + n * APART_S, *one) for n, one in enumerate(playing)))
    for one, three in zip(found, pods, strict=True):
        one.late_s = max(one.late_s, *(pod.late_s for pod in three))
        for pod in three:
            pod.kill()
    await asyncio.sleep(0.1)  # until what was closed is closed
    return found


async def a_second() -> float:
    """The start of one, by the clock on the wall, which nginx counts failures by."""
    now_s = time.time()
    return asyncio.get_running_loop().time() + math.ceil(now_s + LEAD_S) - now_s


async def _play(begin_s: float, run: Run, pods: Sequence[SmallPod], socket: Path, found: Measured) -> None:
    loop, victim = asyncio.get_running_loop(), pods[run.victim]
    loop.call_at(begin_s + run.at_s, victim.stop if run.graceful else victim.kill)
    sending = [
        loop.create_task(_send(begin_s, run, number, socket, found)) for number in range(len(run.sent_s))
    ]
    if run.until_s < math.inf:
        await asyncio.sleep(begin_s + run.until_s - loop.time())
        victim.listen()
    await asyncio.gather(*sending)


async def _send(begin_s: float, run: Run, number: int, socket: Path, found: Measured) -> None:
    """One request, on a connection of its own."""
    clock, at_s = asyncio.get_running_loop().time, begin_s + run.sent_s[number]
    await asyncio.sleep(at_s - clock())
    found.late_s = max(found.late_s, clock() - at_s)
    reader, writer = await asyncio.open_unix_connection(str(socket))
    body = "x" if run.method == "POST" else ""
    writer.write(
        f"{run.method} / HTTP/1.1\r\nHost: app.example.com\r\nX-Request: {number}\r\n"
        f"X-Service: {run.service_s[number]}\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()
    )
    answer = await reader.read()
    found.ended_s[number] = clock() - begin_s
    found.status[number] = int(answer.split(None, 2)[1]) if answer else 0
    writer.close()

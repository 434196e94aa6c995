"""A small Pod on loopback: one worker, first come first served, each request for as long as it says itself.

It keeps a connection as a server does, and ends in two ways: killed, with all that it has, or asked to stop.
"""

from __future__ import annotations

import asyncio
import socket
from functools import partial

ANSWER = b"HTTP/1.1 200 OK\r\nX-Pod: %d\r\n%sContent-Length: 0\r\n\r\n"


class SmallPod:
    """A server of HTTP/1.1 with a queue.

    Args:
        reached: request -> who had it last; `within_s`: how long who answered it had it. All Pods of an
            upstream write into them.
    """

    def __init__(self, place: int, reached: dict[int, int], within_s: dict[int, float]) -> None:
        self.place, self.reached, self.within_s = place, reached, within_s
        self.port, self.stopping, self.dead = 0, False, False
        self.late_s = 0.0
        self.wires: set[Wire] = set()
        self._free_s = 0.0
        self._loop, self._taking = asyncio.get_running_loop(), set[asyncio.Task[object]]()

    def listen(self) -> None:
        """At a port that stays its own, dead or not."""
        self._door = socket.create_server(("127.0.0.1", self.port), backlog=511)
        self._door.setblocking(False)
        self._loop.add_reader(self._door, self._take)
        self.port, self._free_s = self._door.getsockname()[1], 0.0
        self.stopping = self.dead = False

    def _take(self) -> None:
        """One connection. A server of asyncio forgets those that it has just taken when it is closed."""
        taken, _ = self._door.accept()
        making = self._loop.connect_accepted_socket(partial(Wire, self, self._loop), taken)
        task = self._loop.create_task(making)
        self._taking.add(task)
        task.add_done_callback(self._taking.discard)

    def refuse(self) -> None:
        """Take no new connections."""
        if self._door.fileno() >= 0:
            self._loop.remove_reader(self._door)
            self._door.close()

    def kill(self) -> None:
        """At once, and everything in it is lost."""
        self.refuse()
        self.dead = True
        for wire in tuple(self.wires):
            wire.transport.abort()

    def stop(self) -> None:
        """Finish what is in it, or on its way, and close what is idle."""
        self.refuse()
        self.stopping = True
        for wire in tuple(self.wires):
            if wire.served and not wire.busy:
                wire.transport.close()

    def ends_s(self, now_s: float, service_s: float) -> float:
        """When the worker is done with one that comes now."""
        self._free_s = max(now_s, self._free_s) + service_s
        return self._free_s


class Wire(asyncio.Protocol):
    """One connection from the proxy, which has one request at a time on it."""

    transport: asyncio.Transport

    def __init__(self, pod: SmallPod, loop: asyncio.AbstractEventLoop) -> None:
        self.pod, self.loop, self._read = pod, loop, b""
        self.busy = self.served = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        if self.pod.dead:  # accepted just before
            transport.abort()
        self.pod.wires.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.pod.wires.discard(self)

    def data_received(self, data: bytes) -> None:
        self._read += data
        head, end, body = self._read.partition(b"\r\n\r\n")
        said = dict(line.split(b": ", 1) for line in head.lower().split(b"\r\n")[1:]) if end else {}
        if not end or len(body) < int(said.get(b"content-length", 0)):
            return
        self._read, self.busy = b"", True
        number, now_s = int(said[b"x-request"]), self.loop.time()
        self.pod.reached[number] = self.pod.place
        ends_s = self.pod.ends_s(now_s, float(said[b"x-service"]))
        self.loop.call_at(ends_s, self._answer, number, now_s, ends_s)

    def _answer(self, number: int, came_s: float, due_s: float) -> None:
        self.busy, self.served, now_s = False, True, self.loop.time()
        self.pod.late_s = max(self.pod.late_s, now_s - due_s)
        self.pod.within_s[number] = now_s - came_s
        if not self.transport.is_closing():
            closing = b"Connection: close\r\n" if self.pod.stopping else b""
            self.transport.write(ANSWER % (self.pod.place, closing))
            if self.pod.stopping:
                self.transport.close()

"""Backends and clients of many set-ups at once, around a proxy that is really there.

A set-up is a case as the recorded ones are: backends, options, and a timeline of requests. Every set-up has its own
backends and comes to the proxy by a socket of its own, so that they are played side by side; within one, arrivals
keep their distance. What is told of each request: who answered, the status, who was asked before, and when.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Case = dict[str, Any]
APART_S = 0.02
QUEUED_S = 0.15
EDGE_S = 0.15
"""Where whole seconds count, nothing is sent so shortly before one is over."""
PATIENCE_S = 30.0


@dataclass
class Told:
    """What became of a set-up.

    Args:
        at_s: when each event of the timeline began, counted from a whole second.
        who: answered each request: a backend, or `!STATUS` of the proxy itself.
        headers: of each answer, in lower case.
        arrivals: request and backend, as they came.
        spoilt: why what was seen says nothing: the machine was too slow.
        opened: connections to each backend.
    """

    at_s: list[float] = field(default_factory=list)
    who: dict[str, str] = field(default_factory=dict)
    statuses: dict[str, int] = field(default_factory=dict)
    headers: dict[str, dict[str, str]] = field(default_factory=dict)
    arrivals: list[list[str]] = field(default_factory=list)
    spoilt: str = ""
    opened: Counter[str] = field(default_factory=Counter)


class AtBackend(asyncio.Protocol):
    """A connection of the proxy at a backend."""

    def __init__(self, player: Player, name: str) -> None:
        self.player, self.name, self.got, self.request = player, name, b"", ""

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.player.connections.add(transport)
        self.player.told.opened[self.name] += 1

    def connection_lost(self, exc: Exception | None) -> None:
        self.player.connections.discard(self.transport)

    def data_received(self, data: bytes) -> None:
        self.got += data
        head, whole, _ = self.got.partition(b"\r\n\r\n")
        if not whole:
            return
        headers = headers_of(head)
        self.got = b""
        if "x-check" in headers:
            self.say(self.player.states[self.name] == "up")
        else:
            self.request = headers["x-id"]
            self.player.came(self, self.request)

    def say(self, good: bool) -> None:
        keeps = "" if self.player.keeps else "Connection: close\r\n"
        status = "200 OK" if good else "500 Internal Server Error"
        said = f"HTTP/1.1 {status}\r\nX-Backend: {self.name}\r\nContent-Length: 0\r\n{keeps}\r\n"
        self.transport.write(said.encode())
        if not self.player.keeps:
            self.transport.close()


class AtProxy(asyncio.Protocol):
    """A request of a client: everything that comes until the proxy closes."""

    def __init__(self, request: bytes) -> None:
        self.request, self.got = request, b""
        self.done = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: Any) -> None:
        transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        self.got += data

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_result(self.got)


def headers_of(head: bytes) -> dict[str, str]:
    """Lower-case name -> value."""
    pairs = (line.partition(b":") for line in head.split(b"\r\n")[1:])
    return {name.decode().lower(): value.strip().decode("utf-8", "replace") for name, _, value in pairs}


Command = Callable[[str], Awaitable[None]]


class Player:
    """One set-up: its backends, its clients.

    Args:
        socket: where the proxy listens for it.
        command: says a line to the proxy, where it takes any.
    """

    def __init__(self, case: Case, socket: Path, command: Command) -> None:
        self.case, self.socket, self.command = case, socket, command
        self.addresses = {row["name"]: row["address"] for row in case["backends"]}
        self.states = dict.fromkeys(self.addresses, "up")
        self.servers: dict[str, asyncio.Server] = {}
        self.connections: set[asyncio.Transport] = set()
        self.told, self.held = Told(), dict[str, AtBackend]()
        self.holding, self.reached = set[str](), dict[str, asyncio.Event]()
        self.open: dict[str, asyncio.Task[None]] = {}
        self.keeps = bool(case["options"].get("keepalive"))
        self.clocked = bool(case["options"].get("clocked"))
        waits = {"circuit", "retry"} <= set(case["options"])  # What is tried again may have to wait.
        self.answered_in_s = QUEUED_S if waits else PATIENCE_S

    async def begin(self) -> None:
        """Every backend listens."""
        for name in self.addresses:
            await self._listen(name)

    async def _listen(self, name: str) -> None:
        host, _, port = self.addresses[name].rpartition(":")
        loop = asyncio.get_running_loop()
        self.servers[name] = await loop.create_server(
            lambda: AtBackend(self, name), host.strip("[]"), int(port), reuse_address=True, backlog=256
        )

    async def become(self, name: str, state: str) -> None:
        """A backend refuses, closes, answers with an error, or is well."""
        self.states[name] = state
        if state == "refuse" and name in self.servers:
            self.servers.pop(name).close()
        elif state != "refuse" and name not in self.servers:
            await self._listen(name)

    def came(self, where: AtBackend, request: str) -> None:
        """A request is at a backend."""
        self.told.arrivals.append([request, where.name])
        if self.states[where.name] == "close":
            where.transport.close()
            return
        if request in self.holding:
            self.held[request] = where
        else:
            where.say(self.states[where.name] != "error")
        self.reached[request].set()

    async def play(self, began_s: float) -> None:
        """The whole timeline. `began_s` is a whole second."""
        try:
            await self._played(began_s)
        except TimeoutError:
            self.told.spoilt = f"no answer in {PATIENCE_S:g} s"

    async def _played(self, began_s: float) -> None:
        for event in self.case["requests"]["timeline"]:
            while self.clocked and time.time() % 1 > 1 - EDGE_S:
                await asyncio.sleep(APART_S)
            self.told.at_s.append(time.time() - began_s)
            before = time.time()
            await self._one(event)
            if self.clocked and "sleep" not in event and int(before) != int(time.time()):
                self.told.spoilt = "a second was over while a request was under way"
            if not {"set", "health", "sleep"} & set(event):
                await asyncio.sleep(APART_S)
        await asyncio.gather(*self.open.values())

    async def _one(self, event: Case) -> None:
        if "sleep" in event:
            await asyncio.sleep(event["sleep"])
        elif "set" in event:
            for name, state in event["set"].items():
                await self.become(name, state)
        elif "health" in event:
            for name, state in event["health"].items():
                await self.command(f"set server {self.socket.name}/{name} health {state}")
        elif "get" in event:
            await self._asked(event["get"], event)
        elif "start" in event:
            await self._started(event["start"], event)
        else:
            await self._finished(event["finish"])

    async def _started(self, name: str, event: Case) -> None:
        """Until it is at a backend, was answered by the proxy itself, or has to wait."""
        self.holding.add(name)
        self.reached[name] = asyncio.Event()
        self.open[name] = asyncio.create_task(self._asked(name, event))
        there = asyncio.create_task(self.reached[name].wait())
        await asyncio.wait((there, self.open[name]), timeout=QUEUED_S, return_when=asyncio.FIRST_COMPLETED)
        there.cancel()

    async def _finished(self, name: str) -> None:
        """Its answer, where it is at a backend; one that waits will be answered as soon as it comes to one."""
        self.holding.discard(name)
        if name in self.held:
            where = self.held.pop(name)
            where.say(self.states[where.name] != "error")
            await asyncio.wait((self.open[name],), timeout=self.answered_in_s)

    async def _asked(self, name: str, event: Case) -> None:
        self.reached.setdefault(name, asyncio.Event())
        request = request_of(name, event, self.case["options"])
        loop = asyncio.get_running_loop()
        _, client = await loop.create_unix_connection(lambda: AtProxy(request), str(self.socket))
        self._note(name, await asyncio.wait_for(client.done, PATIENCE_S))

    def _note(self, name: str, got: bytes) -> None:
        head = got.partition(b"\r\n\r\n")[0]
        status = int(head.split(b" ", 2)[1]) if head else 0
        headers = headers_of(head) if head else {}
        self.told.statuses[name], self.told.headers[name] = status, headers
        self.told.who[name] = headers.get("x-backend", f"!{status}")

    def end(self) -> None:
        """Nobody listens any more."""
        for server in self.servers.values():
            server.close()
        for transport in list(self.connections):
            transport.close()


def request_of(name: str, event: Case, options: Case) -> bytes:
    """The bytes of a request; what it is hashed by is a header, or its path, its client another header."""
    method = event.get("method", options.get("method", "GET"))
    key, path = event.get("key"), "/"
    lines = [f"X-Id: {name}", "Host: shop.example", "Connection: close"]
    if key is not None and options.get("key_in") == "uri":
        path = key
    elif key is not None:
        lines.append(f"X-Key: {key}")
    if "ip" in event:
        lines.append(f"X-Client: {event['ip']}")
    if method != "GET":
        lines.append("Content-Length: 2")
    head = "\r\n".join((f"{method} {path} HTTP/1.1", *lines))
    return f"{head}\r\n\r\n{'' if method == 'GET' else '{}'}".encode()


async def _silent(line: str) -> None:
    raise RuntimeError(f"this proxy takes no commands: {line}")


async def _all(players: Iterable[Player]) -> None:
    began_s = float(int(time.time()))
    await asyncio.gather(*(player.play(began_s) for player in players))


def played(
    cases: list[Case],
    folder: Path,
    serving: Callable[[list[Case], Path], Any],
    command: Callable[[Path], Command] = lambda folder: _silent,
) -> list[Told]:
    """Play set-ups side by side; set-up n comes to the proxy by the socket `n` of the folder.

    Args:
        serving: a context in which the proxy runs for these set-ups.
    """

    async def whole() -> list[Told]:
        players = [Player(case, folder / str(n), command(folder)) for n, case in enumerate(cases)]
        try:
            for player in players:
                await player.begin()
            with serving(cases, folder):
                await _all(players)
        finally:
            for player in players:
                player.end()
        return [player.told for player in players]

    return asyncio.run(whole())

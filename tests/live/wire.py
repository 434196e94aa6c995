"""Requests byte by byte, as no client library would send them, over a socket of a folder."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

PATIENCE_S = 20.0
_LENGTH = re.compile(rb"^content-length: *(\d+)", re.IGNORECASE | re.MULTILINE)
_LOCATION = re.compile(rb"^location: *(?:https?://)?([^\r]*)", re.IGNORECASE | re.MULTILINE)


class Answer(NamedTuple):
    """What came back. `location` is without its scheme."""

    status: int
    location: str
    body: str


def ask(where: Path, host: str, path: str) -> Answer:
    """One request over one connection."""
    with socket.socket(socket.AF_UNIX) as wire:
        wire.settimeout(PATIENCE_S)
        wire.connect(str(where))
        wire.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        return _answer(whole(wire))


class Exchange(NamedTuple):
    """What came back; headers by lower-case name, those of one name joined by commas."""

    status: int
    headers: dict[str, str]
    body: str


def exchange(where: Path, method: str, host: str, path: str, headers: Iterable[tuple[str, str]]) -> Exchange:
    """One request with headers over one connection."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
    with socket.socket(socket.AF_UNIX) as wire:
        wire.settimeout(PATIENCE_S)
        wire.connect(str(where))
        wire.sendall(f"{method} {path} HTTP/1.1\r\nHost: {host}\r\n{lines}Connection: close\r\n\r\n".encode())
        return exchanged(whole(wire))


def exchanged(got: bytes) -> Exchange:
    """An answer, read."""
    head, _, body = got.partition(b"\r\n\r\n")
    first, *rest = head.decode().split("\r\n")
    found: dict[str, str] = {}
    for line in rest:
        name, _, value = line.partition(":")
        name, value = name.lower(), value.strip()
        found[name] = f"{found[name]},{value}" if name in found else value
    return Exchange(int(first.split(" ", 2)[1]), found, body.decode())


def whole(wire: socket.socket, bare: bool = False) -> bytes:
    """The answer up to the length that it states: a proxy may close much later.

    Args:
        bare: whether it has no body, as that to HEAD.
    """
    got = b""
    while True:
        head, ended, body = got.partition(b"\r\n\r\n")
        stated = _LENGTH.search(head)
        if ended and (bare or (stated and len(body) >= int(stated[1]))):
            return got
        part = wire.recv(65536)
        if not part:
            return got
        got += part


def _answer(got: bytes) -> Answer:
    head, _, body = got.partition(b"\r\n\r\n")
    location = _LOCATION.search(head)
    return Answer(int(head.split(b" ", 2)[1]), location[1].decode() if location else "", body.decode())

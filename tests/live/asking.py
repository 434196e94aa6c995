"""Requests as a load balancer passes them on, each over a connection of its own: the client's address, TLS, HTTP."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.x509.oid import NameOID
from live.wire import PATIENCE_S, Exchange, exchanged, whole

CLOSED = 0
"""The status of a connection that nobody answers on."""

_ANY = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
_ANY.check_hostname, _ANY.verify_mode = False, ssl.CERT_NONE
NOTHING = Exchange(CLOSED, {}, "")


class Asked(NamedTuple):
    """What is sent.

    Args:
        sni: the server name of a TLS handshake; None: plain http.
    """

    method: str
    host: str
    path: str
    headers: tuple[tuple[str, str], ...] = ()
    client: str = "203.0.113.9"
    sni: str | None = None
    body: bytes = b""


class Got(NamedTuple):
    """The answer, and the certificate that was shown: the name of its Secret; empty: none."""

    answer: Exchange
    certificate: str = ""


def ask(asked: Asked, socket_of: Path) -> Got:
    """The answer; one of status CLOSED where the proxy closes the connection instead."""
    if not socket_of.exists():
        return Got(NOTHING)
    with socket.socket(socket.AF_UNIX) as wire:
        wire.settimeout(PATIENCE_S)
        wire.connect(str(socket_of))
        wire.sendall(_introduced(asked.client))
        if asked.sni is None:
            return Got(_answer(wire, asked))
        try:
            return _over_tls(wire, asked)
        except (ssl.SSLError, ConnectionError):
            return Got(NOTHING)


def _introduced(client: str) -> bytes:
    """The line of the PROXY protocol."""
    family, other = ("TCP6", "2001:db8::1") if ":" in client else ("TCP4", "10.0.0.1")
    return f"PROXY {family} {client} {other} 40000 443\r\n".encode()


def _over_tls(wire: socket.socket, asked: Asked) -> Got:
    with _ANY.wrap_socket(wire, server_hostname=asked.sni or None) as secure:
        shown = secure.getpeercert(binary_form=True)
        assert shown is not None
        name = x509.load_der_x509_certificate(shown).subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0]
        return Got(_answer(secure, asked), str(name.value))


def _answer(wire: socket.socket, asked: Asked) -> Exchange:
    lines = list(_lines(asked.headers)) + ([f"Content-Length: {len(asked.body)}"] if asked.body else [])
    head = f"{asked.method} {asked.path} HTTP/1.1\r\nHost: {asked.host}\r\n"
    text = head + "".join(f"{line}\r\n" for line in lines) + "Connection: close\r\n\r\n"
    with suppress(BrokenPipeError):  # Who refuses a body answers before all of it has come.
        wire.sendall(text.encode() + asked.body)
    got = whole(wire, bare=asked.method == "HEAD")
    return exchanged(got) if got else NOTHING


def _lines(headers: Iterable[tuple[str, str]]) -> Iterable[str]:
    return (f"{name}: {value}" for name, value in headers)

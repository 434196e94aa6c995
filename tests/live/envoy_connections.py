"""Envoy's configuration from TLSRoutes and TCPRoutes: a listener per port, a filter chain per server name.

A chain answers by itself with the name of its Service; where there is no backend it leads to a cluster without
endpoints, and the connection closes. Source: Envoy, FilterChainMatch.server_names and network filter
direct_response; envoyproxy/gateway, internal/xds/translator/listener.go (addXdsTCPFilterChain).
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Any

from live import envoy
from live.connection_tables import TCP_PORTS, TLS_PORT, ConnectionTable, Manifest
from live.wire import PATIENCE_S

Config = dict[str, Any]
_API = "type.googleapis.com/envoy.extensions"
NOWHERE = {"name": "nowhere", "type": "STATIC", "load_assignment": {"cluster_name": "nowhere"}}


def _covers(pattern: str, name: str) -> bool:
    return name.endswith(pattern[1:]) if pattern.startswith("*.") else pattern == name


def _common(listener: Manifest, route: Manifest) -> list[str]:
    """The names of a route that a listener leaves over."""
    own, names = listener.get("hostname"), route["spec"].get("hostnames", [])
    return [n for n in names if own is None or _covers(own, n) or (n.startswith("*.") and _covers(n, own))]


def _narrowed(listener: Manifest, name: str) -> str:
    """The names that both stand for: the closer of the two."""
    own = listener.get("hostname")
    return own if own and name.startswith("*.") and _covers(name, own) and own != name else name


def _means(route: Manifest, listener: Manifest) -> bool:
    parent = route["spec"]["parentRefs"][0]
    named = parent.get("sectionName", listener["name"]) == listener["name"]
    kinds = {"TCP": ("TCPRoute",), "TLS": ("TLSRoute", "TCPRoute")}[listener["protocol"]]
    if listener.get("tls", {}).get("mode") == "Passthrough":
        kinds = ("TLSRoute",)
    return named and parent.get("port", listener["port"]) == listener["port"] and route["kind"] in kinds


def _oldest_first(routes: Iterable[Manifest]) -> list[Manifest]:
    return sorted(routes, key=lambda r: (r["metadata"].get("creationTimestamp", ""), r["metadata"]["name"]))


def _filter(route: Manifest, services: Iterable[str], inside_tls: bool = False) -> Config:
    """What a chain does: the one backend that counts, or nobody.

    Args:
        inside_tls: whether TLS ends here: then the name is an answer to a request, for what is written before the
            end of a handshake is lost.
    """
    backends = [b for b in route["spec"]["rules"][0]["backendRefs"] if b.get("weight", 1) > 0]
    if backends and backends[0]["name"] in services and inside_tls:
        return _web(backends[0]["name"])
    if backends and backends[0]["name"] in services:
        config = {
            "@type": f"{_API}.filters.network.direct_response.v3.Config",
            "response": {"inline_string": backends[0]["name"]},
        }
        return {"name": "envoy.filters.network.direct_response", "typed_config": config}
    proxy = {
        "@type": f"{_API}.filters.network.tcp_proxy.v3.TcpProxy", "stat_prefix": "none", "cluster": "nowhere"
    }  # fmt: skip
    return {"name": "envoy.filters.network.tcp_proxy", "typed_config": proxy}


def _web(name: str) -> Config:
    """A web server that answers with a name, whatever it is asked."""
    answer = {"match": {"prefix": "/"}, "direct_response": {"status": 200, "body": {"inline_string": name}}}
    routes = {"virtual_hosts": [{"name": "any", "domains": ["*"], "routes": [answer]}]}
    options = {"delayed_close_timeout": "0s"}
    return envoy.listener(Path("any"), routes, options)["filter_chains"][0]["filters"][0]


def _tls_chains(table: ConnectionTable, key: Path, chain: Path) -> Iterator[Config]:
    """A chain per server name; where several routes have it the oldest, TLSRoutes before TCPRoutes."""
    taken: set[str] = set()
    for listener in (x for x in table.listeners if x["protocol"] == "TLS"):
        mine = _oldest_first(r for r in table.routes if _means(r, listener))
        rows = [(n, r) for r in mine if r["kind"] == "TLSRoute" for n in _common(listener, r)]
        named = [
            (_narrowed(listener, n), len(n) if not n.startswith("*.") else -1, len(n), r) for n, r in rows
        ]
        # A name that the listener narrows to its own may come of several: the closest written one goes first.
        named.sort(key=lambda row: (-row[1], -row[2]))
        rest = next((r for r in mine if r["kind"] == "TCPRoute"), None)
        own = listener.get("hostname")
        every = [(name, route) for name, _, _, route in named] + ([(own, rest)] if rest else [])
        for name, route in every:
            if name not in taken:
                taken.add(name)
                ends = listener["tls"]["mode"] == "Terminate"
                found: Config = {"filters": [_filter(route, table.services, ends)]}
                found["filter_chain_match"] = {"server_names": [name]} if name else {}
                if ends:
                    found["transport_socket"] = _ends_tls(key, chain)
                yield found


def _ends_tls(key: Path, chain: Path) -> Config:
    files = {"certificate_chain": {"filename": str(chain)}, "private_key": {"filename": str(key)}}
    config = {
        "@type": f"{_API}.transport_sockets.tls.v3.DownstreamTlsContext",
        "common_tls_context": {"tls_certificates": [files]},
    }
    return {"name": "envoy.transport_sockets.tls", "typed_config": config}


def _listeners(table: ConnectionTable, number: int, folder: Path, key: Path, chain: Path) -> Iterator[Config]:
    inspector = {"@type": f"{_API}.filters.listener.tls_inspector.v3.TlsInspector"}
    nobody = {"spec": {"rules": [{"backendRefs": []}]}}
    for port in (TLS_PORT, *TCP_PORTS):
        socket_file = folder / f"{number}-{port}"
        found: Config = {"name": socket_file.name, "address": {"pipe": {"path": str(socket_file)}}}
        if port == TLS_PORT:
            found["listener_filters"] = [
                {"name": "envoy.filters.listener.tls_inspector", "typed_config": inspector}
            ]
            found["filter_chains"] = list(_tls_chains(table, key, chain)) or [
                {"filters": [_filter(nobody, ())]}
            ]
        else:
            listener = next(x for x in table.listeners if x["port"] == port)
            mine = _oldest_first(r for r in table.routes if _means(r, listener))
            found["filter_chains"] = [{"filters": [_filter(mine[0] if mine else nobody, table.services)]}]
        yield found


def serving(
    tables: list[ConnectionTable], folder: Path, key: Path, chain: Path
) -> AbstractContextManager[None]:
    """All tables behind one Envoy; port p of table n is the socket `n-p` of the folder."""
    configs = [c for n, table in enumerate(tables) for c in _listeners(table, n, folder, key, chain)]
    sockets = [folder / f"{n}-{port}" for n in range(len(tables)) for port in (TLS_PORT, *TCP_PORTS)]
    return envoy.started(configs, sockets, folder, [NOWHERE])


def hello(name: str) -> bytes:
    """The first message of a handshake; an empty name is not sent."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    out = ssl.MemoryBIO()
    client = context.wrap_bio(ssl.MemoryBIO(), out, server_hostname=name or None)
    with suppress(ssl.SSLWantReadError):
        client.do_handshake()
    return out.read()


def passed(where: Path, first: bytes) -> str:
    """What comes back through a port after a first message; empty where it closes."""
    with socket.socket(socket.AF_UNIX) as wire:
        wire.settimeout(PATIENCE_S)
        wire.connect(str(where))
        if first:
            wire.sendall(first)
        return _read(wire)


def ended(where: Path, name: str) -> str:
    """What comes back inside TLS that ends at the proxy; empty where the handshake fails or it closes."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.socket(socket.AF_UNIX) as wire:
        wire.settimeout(PATIENCE_S)
        wire.connect(str(where))
        try:
            with context.wrap_socket(wire, server_hostname=name or None) as inside:
                inside.sendall(b"GET / HTTP/1.1\r\nHost: any\r\nConnection: close\r\n\r\n")
                return _read(inside).partition("\r\n\r\n")[2]
        except (ssl.SSLError, ConnectionError):
            return ""


def _read(wire: socket.socket) -> str:
    """What comes until the other side closes, or breaks off because it was sent what it never read."""
    got = b""
    with suppress(ConnectionError, ssl.SSLError):
        while part := wire.recv(4096):
            got += part
    return got.decode(errors="replace")

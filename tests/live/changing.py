"""Proxies whose list of servers changes while they run, each in the way of its controller.

ingress-nginx: nginx asks Lua, which is told another list. nginx-inc: another file and a reload, so that nothing is
known of failures and turns. haproxytech: its runtime API puts the server into maintenance. Envoy Gateway and Istio:
endpoints come anew from the control plane, here from a file. Source: as in `live.fronts`; nginx/kubernetes-ingress,
internal/configs/configurator.go (UpdateEndpoints); haproxytech/kubernetes-ingress, pkg/haproxy/api; Envoy, EDS.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from live import changing_envoy, nginx
from live.child import running
from live.fronts import LUA, PASSED, UPSTREAMS, haproxy_program
from live.haproxy_backends import command
from live.picking import Command


@dataclass(frozen=True)
class Upstream:
    """Servers behind one proxy.

    Args:
        lists: ports of those that are listed at first, and after each change.
        keeps: whether connections to servers are kept.
        starts: of ingress-nginx: for each list, who of it counts as the last one when its turns begin.
    """

    profile: str
    lists: Sequence[Sequence[int]]
    keeps: bool
    starts: Sequence[int]


Become = Callable[[int], Awaitable[None]]


@dataclass(frozen=True)
class Front:
    """A proxy that listens.

    Args:
        become: makes the proxy know the list of a number.
        tried: headers of an answer, in lower case -> names or addresses of the servers that were asked, in order,
            each of which ends with its port; None: it does not say.
    """

    socket: Path
    become: Become
    tried: Callable[[dict[str, str]], list[str | None]]


def _listed(headers: dict[str, str]) -> list[str | None]:
    """`ADDRESS:PORT` of each server that was asked, as nginx tells them."""
    return [one.strip() for one in headers.get("x-tried", "").split(",") if one.strip()]


def _last(headers: dict[str, str]) -> list[str | None]:
    """The last server, and how many times any was asked, as HAProxy and Envoy tell them."""
    count = int(headers.get("x-tries", 0)) or 1 + int(headers["x-again"])
    return [*[None] * (count - 1), headers.get("x-tried")][:count]


NGINX = """{modules}
daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/errors error; user root;
events {{ worker_connections 1024; }}
http {{
access_log off; {places}
{lua}
{servers}
}}
"""
FRONT = """server {{ listen unix:{socket}; add_header X-Tried "$upstream_addr" always;
location / {{ proxy_pass http://u{number}; {passed} {said} }}
{more}
}}"""
KEPT = "keepalive 320; keepalive_timeout 60s; keepalive_requests 10000;"


def _nginx(folder: Path, servers: Sequence[str], lua: str = "") -> str:
    kinds = ("client_body", "proxy", "fastcgi", "scgi", "uwsgi")
    places = " ".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)
    modules = "\n".join(f"load_module {module};" for module in LUA) if lua else ""
    return NGINX.format(folder=folder, places=places, servers="\n".join(servers), lua=lua, modules=modules)


def _front(folder: Path, number: int, profile: str, more: str = "") -> str:
    socket, said = folder / str(number), UPSTREAMS[profile][1]
    return FRONT.format(socket=socket, number=number, passed=PASSED, said=said, more=more)


def _nginx_command(folder: Path) -> list[str]:
    return [str(nginx.program()), "-p", str(folder), "-e", "stderr", "-c", str(folder / "nginx.conf")]


def _told(number: int, one: Upstream) -> str:
    """An upstream of Lua's, and where it is told another list."""
    return f"""upstream u{number} {{
server 0.0.0.1;
balancer_by_lua_block {{
  local pods = lists[{number}]
  local turn = (turns[{number}] + 1) % #pods
  turns[{number}] = turn
  local balancer = require "ngx.balancer"
  balancer.set_more_tries(1)
  assert(balancer.set_current_peer("127.0.0.1", pods[turn + 1]))
}}
{KEPT if one.keeps else ""}
}}"""


def _list(number: int, ports: Sequence[int], start: int) -> str:
    return f"lists[{number}] = {{ {', '.join(map(str, ports))} }}; turns[{number}] = {start}"


@contextmanager
def _ingress_nginx(upstreams: Sequence[Upstream], folder: Path) -> Iterator[list[Front]]:
    """All behind one nginx: each list is changed alone."""
    servers, begun = list[str](), list[str]()
    for number, one in enumerate(upstreams):
        lists = [_list(number, *list_) for list_ in zip(one.lists, one.starts, strict=True)]
        changes = (f"content_by_lua_block {{ {list_} ngx.say(1) }}" for list_ in lists)
        more = "\n".join(f"location = /list/{n} {{ {change} }}" for n, change in enumerate(changes))
        servers += [_told(number, one), _front(folder, number, one.profile, more)]
        begun.append(lists[0])
    init = f"init_by_lua_block {{ lists, turns = {{}}, {{}}; {'; '.join(begun)} }}"
    lua = f"lua_package_path '/usr/share/lua/5.1/?.lua;;'; {init}"
    (folder / "nginx.conf").write_text(_nginx(folder, servers, lua))
    sockets = [folder / str(number) for number in range(len(upstreams))]
    with running(_nginx_command(folder), folder, sockets):
        yield [Front(socket, _asking(socket), _listed) for socket in sockets]


def _asking(socket: Path) -> Become:
    async def become(number: int) -> None:
        reader, writer = await asyncio.open_unix_connection(str(socket))
        writer.write(f"GET /list/{number} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
        assert b" 200 " in await reader.read()
        writer.close()

    return become


@contextmanager
def _nginx_inc(upstreams: Sequence[Upstream], folder: Path) -> Iterator[list[Front]]:
    """An nginx for each, for a reload begins all upstreams of one afresh."""
    with ExitStack() as stack:
        yield [
            stack.enter_context(_reloaded(one, folder / f"n{number}")) for number, one in enumerate(upstreams)
        ]


@contextmanager
def _reloaded(one: Upstream, folder: Path) -> Iterator[Front]:
    folder.mkdir()
    file = folder / "nginx.conf"

    def write(ports: Sequence[int]) -> None:
        upstream = UPSTREAMS[one.profile][0](0, ports, 0)
        kept = upstream.removesuffix("}") + KEPT + "\n}" if one.keeps else upstream
        file.write_text(_nginx(folder, [kept, _front(folder, 0, one.profile)]))

    write(one.lists[0])
    with running(_nginx_command(folder), folder, [folder / "0"]) as child:

        async def become(number: int) -> None:
            write(one.lists[number])
            os.kill(child.pid, signal.SIGHUP)

        yield Front(folder / "0", become, _listed)


def _backend(number: int, one: Upstream, folder: Path) -> Iterator[str]:
    yield f"frontend f{number}\nbind unix@{folder}/{number}\ndefault_backend b{number}"
    yield f"backend b{number}\nbalance roundrobin"
    yield "http-after-response set-header X-Tried %s\nhttp-after-response set-header X-Again %rc"
    if not one.keeps:
        yield "option http-server-close"
    for port in dict.fromkeys(port for ports in one.lists for port in ports):
        disabled = "" if port in one.lists[0] else " disabled"
        yield f"server S:{port} 127.0.0.1:{port} check inter 60s{disabled}"


HAPROXY = """global
nbthread 1
stats socket {folder}/stats level admin
defaults
mode http
timeout connect 5s
timeout client 50s
timeout queue 5s
timeout server 50s
timeout http-keep-alive 1m
option http-keep-alive
"""


@contextmanager
def _haproxy(upstreams: Sequence[Upstream], folder: Path) -> Iterator[list[Front]]:
    lines = [line for number, one in enumerate(upstreams) for line in _backend(number, one, folder)]
    (folder / "haproxy.cfg").write_text(HAPROXY.format(folder=folder) + "\n".join(lines) + "\n")
    sockets = [folder / str(number) for number in range(len(upstreams))]
    say = command(folder)
    with running(
        [str(haproxy_program()), "-db", "-q", "-f", str(folder / "haproxy.cfg")],
        folder,
        [*sockets, folder / "stats"],
    ):
        yield [Front(sockets[n], _saying(say, f"b{n}", one), _last) for n, one in enumerate(upstreams)]


def _saying(say: Command, backend: str, one: Upstream) -> Become:
    async def become(number: int) -> None:
        before, now = set(one.lists[number - 1]), set(one.lists[number])
        for state, ports in (("maint", before - now), ("ready", now - before)):
            for port in ports:
                await say(f"set server {backend}/S:{port} state {state}")

    return become


@contextmanager
def _envoy(upstreams: Sequence[Upstream], folder: Path) -> Iterator[list[Front]]:
    asked = [(one.profile, one.lists[0], one.keeps) for one in upstreams]
    with changing_envoy.serving(asked, folder) as sockets:
        yield [
            Front(socket, _writing(folder, number, one), _last)
            for number, (socket, one) in enumerate(zip(sockets, upstreams, strict=True))
        ]


def _writing(folder: Path, upstream: int, one: Upstream) -> Become:
    async def become(number: int) -> None:
        changing_envoy.write(folder, upstream, one.lists[number])

    return become


Serving = Callable[[Sequence[Upstream], Path], AbstractContextManager[list[Front]]]
SERVING: dict[str, Serving] = {
    "ingress-nginx": _ingress_nginx,
    "nginx-inc": _nginx_inc,
    "haproxy": _haproxy,
    "envoy-gateway": _envoy,
    "istio": _envoy,
}


@contextmanager
def fronts(upstreams: Sequence[Upstream], folder: Path) -> Iterator[list[Front]]:
    """The proxies in front of all these upstreams, in order."""
    found: dict[int, Front] = {}
    with ExitStack() as stack:
        for number, serving in enumerate(dict.fromkeys(SERVING.values())):
            own = [n for n, one in enumerate(upstreams) if SERVING[one.profile] is serving]
            if own:
                place = folder / str(number)
                place.mkdir()
                made = stack.enter_context(serving([upstreams[n] for n in own], place))
                found.update(zip(own, made, strict=True))
        yield [found[n] for n in range(len(upstreams))]

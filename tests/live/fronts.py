"""The proxies in front of small Pods, each upstream configured as its controller writes it.

ingress-nginx: nginx that asks Lua for a server, a turn for each worker that begins anywhere and goes on at every
try, whoever was tried. nginx-inc: nginx's own round robin with failures counted. haproxytech: no redispatch.
Source: kubernetes/ingress-nginx, rootfs/etc/nginx; nginx/kubernetes-ingress, internal/configs/version1;
haproxytech/kubernetes-ingress, fs/usr/local/etc/haproxy.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from live import nginx
from live.child import running

MODULES = Path("/usr/lib/nginx/modules")
LUA = [MODULES / name for name in ("ndk_http_module.so", "ngx_http_lua_module.so")]


def has_lua() -> bool:
    """Whether nginx can be told to ask Lua."""
    return nginx.program() is not None and all(module.exists() for module in LUA)


def haproxy_program() -> str | None:
    """Where HAProxy is; None if it is not installed."""
    return shutil.which("haproxy") or next((p for p in ("/usr/sbin/haproxy",) if Path(p).exists()), None)


def by_lua(number: int, ports: Sequence[int], start: int) -> str:
    """An upstream of ingress-nginx.

    Args:
        start: place of the server that counts as the last one when the turns begin.
    """
    return f"""upstream u{number} {{
server 0.0.0.1;
balancer_by_lua_block {{
  local pods, turn = {{ {", ".join(map(str, ports))} }}, turns[{number}] or {start}
  turn = (turn + 1) % #pods
  turns[{number}] = turn
  local balancer = require "ngx.balancer"
  balancer.set_more_tries(1)
  assert(balancer.set_current_peer("127.0.0.1", pods[turn + 1]))
}}
keepalive 320; keepalive_timeout 60s; keepalive_requests 10000;
}}"""


def by_nginx(number: int, ports: Sequence[int], start: int) -> str:
    """An upstream of nginx-inc; it begins with the first server."""
    servers = "\n".join(f"server 127.0.0.1:{p} max_fails=1 fail_timeout=10s max_conns=0;" for p in ports)
    return f"upstream u{number} {{\nzone u{number} 256k;\n{servers}\n}}"


UPSTREAMS: dict[str, tuple[Callable[[int, Sequence[int], int], str], str]] = {
    "ingress-nginx": (by_lua, "proxy_connect_timeout 5s; proxy_next_upstream_tries 3;"),
    "nginx-inc": (by_nginx, "proxy_connect_timeout 60s; proxy_next_upstream_tries 0;"),
}
"""Profile -> its upstream, and what it says beside it."""

PASSED = 'proxy_http_version 1.1; proxy_set_header Connection ""; proxy_read_timeout 60s; proxy_next_upstream error timeout;'


def _nginx(profile: str, upstreams: Sequence[tuple[Sequence[int], int]], folder: Path) -> str:
    upstream, said = UPSTREAMS[profile]
    needs_lua = profile == "ingress-nginx"
    servers = "\n".join(
        f"{upstream(number, ports, start)}\n"
        f"server {{ listen unix:{folder}/{number}; location / {{ proxy_pass http://u{number}; {PASSED} {said} }} }}"
        for number, (ports, start) in enumerate(upstreams)
    )
    modules = "\n".join(f"load_module {module};" for module in LUA) if needs_lua else ""
    lua = (
        "lua_package_path '/usr/share/lua/5.1/?.lua;;'; init_by_lua_block { turns = {} }" if needs_lua else ""
    )
    kinds = ("client_body", "proxy", "fastcgi", "scgi", "uwsgi")
    places = " ".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)
    return f"""{modules}
daemon off; master_process off; worker_processes 1; pid {folder}/pid; error_log {folder}/errors error;
events {{ worker_connections 4096; }}
http {{
access_log off; {places}
{lua}
{servers}
}}
"""


def _haproxy(upstreams: Sequence[tuple[Sequence[int], int]], folder: Path) -> str:
    made = ["global", "nbthread 1", "defaults", "mode http", "timeout connect 5s", "timeout client 50s"]
    made += ["timeout queue 5s", "timeout server 50s", "timeout http-keep-alive 1m", "option http-keep-alive"]
    for number, (ports, _) in enumerate(upstreams):
        made += [f"frontend f{number}", f"bind unix@{folder}/{number}", f"default_backend b{number}"]
        made += [f"backend b{number}", "balance roundrobin"]
        made += [f"server SRV_{place} 127.0.0.1:{port} check" for place, port in enumerate(ports, 1)]
    return "\n".join(made) + "\n"


@contextmanager
def fronts(
    profile: str, upstreams: Sequence[tuple[Sequence[int], int]], folder: Path
) -> Iterator[list[Path]]:
    """A proxy for all these upstreams, and a socket for each.

    Args:
        upstreams: the ports of each, and where its turns begin.
    """
    sockets = [folder / str(number) for number in range(len(upstreams))]
    if profile == "haproxy":
        file, binary = folder / "haproxy.cfg", haproxy_program()
        file.write_text(_haproxy(upstreams, folder))
        command = [str(binary), "-db", "-f", str(file)]
    else:
        file, binary = folder / "nginx.conf", nginx.program()
        file.write_text(_nginx(profile, upstreams, folder))
        command = [str(binary), "-p", str(folder), "-e", "stderr", "-c", str(file)]
    with running(command, folder, sockets):
        yield sockets


@contextmanager
def several(
    wanted: Sequence[tuple[str, int]], ports: Sequence[Sequence[int]], folder: Path
) -> Iterator[list[Path]]:
    """Proxies of several programs, and a socket for each run in order.

    Args:
        wanted: profile of each run, and where its turns begin.
    """
    found: dict[int, Path] = {}
    with ExitStack() as stack:
        for profile in sorted({name for name, _ in wanted}):
            own = [n for n, (name, _) in enumerate(wanted) if name == profile]
            place = folder / profile
            place.mkdir()
            sockets = stack.enter_context(fronts(profile, [(ports[n], wanted[n][1]) for n in own], place))
            found.update(zip(own, sockets, strict=True))
        yield [found[n] for n in range(len(wanted))]

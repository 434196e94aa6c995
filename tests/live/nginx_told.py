"""nginx.conf as the controller of kubernetes/ingress-nginx writes it from its ConfigMap, for one host and path.

Each case has a server of its own on a port of loopback. What the controller does in Lua (the redirect to https)
stands here as maps and a return. Source: kubernetes/ingress-nginx, rootfs/etc/nginx/template/nginx.tmpl,
rootfs/etc/nginx/lua/lua_ingress.lua.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from live.child import running
from live.nginx import program

YES = ("true", "True", "1")


class Told(NamedTuple):
    """A ConfigMap, and what an Ingress for `a.example`, path `/`, asks for beside it.

    `forced`: force-ssl-redirect; `ready`: whether a Pod is there.
    """

    data: Mapping[str, str]
    forced: bool = False
    ready: bool = True


def free_ports(count: int) -> list[int]:
    """Ports of loopback that nobody listens on."""
    held = [socket.socket() for _ in range(count)]
    for one in held:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports


def _listed(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def _on(told: Told, key: str) -> bool:
    return told.data.get(key, "false") in YES


def _real_ip(told: Told) -> Iterator[str]:
    forwarded, line = _on(told, "use-forwarded-headers"), _on(told, "use-proxy-protocol")
    if not (forwarded or line or _on(told, "enable-real-ip")):
        return
    header = "proxy_protocol" if line else told.data.get("forwarded-for-header", "X-Forwarded-For")
    yield f"real_ip_header {header}; real_ip_recursive on;"
    for network in _listed(told.data.get("proxy-real-ip-cidr", "0.0.0.0/0")):
        yield f"set_real_ip_from {network};"


def _ranges(told: Told) -> Iterator[str]:
    yield from (f"deny {n};" for n in _listed(told.data.get("denylist-source-range", "")))
    allowed = _listed(told.data.get("whitelist-source-range", ""))
    yield from (f"allow {n};" for n in allowed)
    if allowed:
        yield "deny all;"


def _redirect(told: Told) -> Iterator[str]:
    """To https, unless somebody who is believed says that the client speaks it."""
    exempt = any(
        "/".startswith(start)
        for start in _listed(told.data.get("no-tls-redirect-locations", "/.well-known/"))
    )
    if exempt or not (told.forced or _on(told, "force-ssl-redirect")):
        return
    code = told.data.get("http-redirect-code", "308")
    code = code if code in ("301", "302", "307", "308") else "308"
    uri = "$request_uri" if _on(told, "preserve-trailing-slash") else "$uri_without_slash"
    scheme = "$forwarded_scheme" if _on(told, "use-forwarded-headers") else "$scheme"
    host = "$forwarded_name" if _on(told, "use-forwarded-headers") else "$bare_host"
    yield f"set $pass_access_scheme {scheme};"
    if _on(told, "use-proxy-protocol"):
        yield "if ($proxy_protocol_server_port = 443) { set $pass_access_scheme https; }"
    yield f"if ($pass_access_scheme = http) {{ return {code} https://{host}{uri}; }}"


def _errors(told: Told) -> Iterator[str]:
    for code in _listed(told.data.get("custom-http-errors", "")):
        yield f"error_page {code} = @custom_{code};"


def _custom(told: Told) -> Iterator[str]:
    for code in _listed(told.data.get("custom-http-errors", "")):
        yield f"location @custom_{code} {{ internal; return 404; }}"


def _server(told: Told, port: int) -> str:
    listen = f"listen 127.0.0.1:{port}{' proxy_protocol' if _on(told, 'use-proxy-protocol') else ''}"
    everywhere = [
        *_real_ip(told),
        *(f"deny {n};" for n in _listed(told.data.get("block-cidrs", ""))),
        *(["absolute_redirect off;"] if _on(told, "relative-redirects") else []),
    ]
    backend = "proxy_pass http://echo;" if told.ready else "return 503;"
    root = [*_redirect(told), *_ranges(told), *_errors(told), backend]
    slash = ["return 301 /docs/;"]
    return "\n".join(
        [
            f"server {{ {listen} default_server; server_name _; {' '.join(everywhere)}",
            "location / { return 404; } }",
            f"server {{ {listen}; server_name a.example; port_in_redirect off; {' '.join(everywhere)}",
            f"location / {{ {' '.join(root)} }}",
            f"location = /docs {{ {' '.join(slash)} }}",
            *_custom(told),
            "}",
        ]
    )


def configuration(cases: list[Told], ports: list[int], folder: Path) -> str:
    """The whole file."""
    kinds = ("client_body", "proxy", "fastcgi", "scgi", "uwsgi")
    places = " ".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)
    made = "\n".join(_server(told, port) for told, port in zip(cases, ports, strict=True))
    return f"""daemon off; master_process off; worker_processes 1;
pid {folder}/pid; error_log stderr crit;
events {{ worker_connections 1024; }}
http {{
access_log off; server_names_hash_bucket_size 128; {places}
map $http_x_forwarded_proto $forwarded_scheme {{ "" $scheme; default $http_x_forwarded_proto; }}
map $http_host $bare_host {{ "~^(?<h>[^:]*)" $h; }}
map $http_x_forwarded_host $forwarded_name {{ "" $bare_host; "~^(?<f>[^,:]*)" $f; }}
map $request_uri $uri_without_slash {{ "~^(?<u>.*)/$" $u; default $request_uri; }}
server {{ listen unix:{folder}/echo; location / {{ return 200 served; }} }}
upstream echo {{ server unix:{folder}/echo; }}
{made}
}}
"""


@contextmanager
def serving(cases: list[Told], folder: Path) -> Iterator[list[int]]:
    """All cases behind one nginx; gives the port of each."""
    binary, ports = program(), free_ports(len(cases))
    assert binary is not None
    file = folder / "nginx.conf"
    file.write_text(configuration(cases, ports, folder))
    with running([binary, "-p", str(folder), "-e", "stderr", "-c", str(file)], folder, [folder / "echo"]):
        yield ports

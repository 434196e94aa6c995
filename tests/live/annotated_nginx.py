"""nginx.conf as the controller of kubernetes/ingress-nginx writes it from Ingresses with annotations, and Pods.

Every set has two sockets, for plain http and for https; both expect the PROXY protocol, so that a client has an
address. Behind all locations stands an echo for each protocol, which says for which Service it stands and what
came there. Source: kubernetes/ingress-nginx at dbb11b92d, nginx.tmpl, lua/certificate.lua.
"""

from __future__ import annotations

import re
import socket
from base64 import b64encode
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from hashlib import sha1
from pathlib import Path

from live.annotated import DEFAULT, Place, canaries_of, names, secrets, servers
from live.annotated_locations import Here, body, login_location, outside, zones
from live.behind import Behind, certificates
from live.child import running
from live.nginx import ANY_HOST, BUILT_IN, program
from live.tables import Manifest

ECHOES = {"http": "", "https": " ssl", "grpc": " http2", "grpcs": " ssl http2"}
SILENT = "silent"
"""A Service of this name takes connections and says nothing."""

LOGIN, KNOWN = "login", "known"
"""The service that lets a client in, and the cookie `session` that it knows."""

USER, PASSWORD = "student", "secret"


def _pattern(host: str) -> str:
    """A host of the certificates; a wildcard is one label."""
    label = r"[^.]+\." if host.startswith("*.") else ""
    return rf'"~*^{label}{re.escape(host.removeprefix("*."))}$"'


def _certificates(objects: list[Manifest], table: int) -> Iterator[str]:
    """By the name in the handshake; and whether there is one for the host of a request."""
    known = secrets(objects)
    exact_first = sorted(known.items(), key=lambda pair: pair[0].startswith("*."))
    by_name = " ".join(f"{_pattern(host)} {secret};" for host, secret in exact_first)
    yield f"map $ssl_server_name $shown_{table} {{ default {DEFAULT}; {by_name} }}"
    has = " ".join(f"{_pattern(host)} yes;" for host in known)
    yield f"map $host $secure_{table} {{ default no; {has} }}"
    yield f'map "$scheme $secure_{table}" $away_{table} {{ default 0; "http yes" 1; }}'


def _server(name: str, host: str, places: list[Place], here: Here, folder: Path) -> Iterator[str]:
    own = " default_server" if host == ANY_HOST else ""
    yield f"server {{ {_listens(here.table, folder, own)} {here.told} server_name {name};"
    roots = [place.said["app-root"] for place in places if "app-root" in place.said]
    if roots:
        yield f"if ($uri = /) {{ return 302 $scheme://$http_host{roots[0]}; }}"
    for number, (location, place) in enumerate(names(places)):
        mine = here._replace(word=f"{here.word}_{number}")
        lines = body(place, mine)
        yield login_location(place, mine)
        yield f"location {location} {{ {' '.join(lines)} }}"
    yield BUILT_IN.replace("http://echo", "http://echo_http") if own else ""
    yield "}"


def _listens(table: int, folder: Path, more: str = "") -> str:
    return (
        f"listen unix:{folder}/{table} proxy_protocol{more};"
        f" listen unix:{folder}/{table}-tls ssl proxy_protocol{more};"
        f" ssl_certificate {folder}/certificates/$shown_{table}.crt;"
        f" ssl_certificate_key {folder}/certificates/key;"
        ' set $cors ""; set $origin ""; set $cors_Credentials ""; set $cors_Methods ""; set $cors_Headers "";'
    )


def _real_ip(objects: list[Manifest]) -> str:
    """Who a client is, where a ConfigMap has the headers of proxies count; who connects here is trusted."""
    told = next((o["data"] for o in objects if o["kind"] == "ConfigMap"), {})
    if told.get("use-forwarded-headers") != "true":
        return ""
    networks = ["unix:", *told.get("proxy-real-ip-cidr", "0.0.0.0/0").split(",")]
    trusted = " ".join(f"set_real_ip_from {one};" for one in networks)
    return f"real_ip_header {told.get('forwarded-for-header', 'X-Forwarded-For')}; real_ip_recursive on; {trusted}"


def _name(host: str, places: list[Place]) -> str:
    aliases = next((place.said["server-alias"] for place in places if "server-alias" in place.said), "")
    if host.startswith("*."):
        host = rf'"~^(?<subdomain>[\w-]+)\.{re.escape(host[2:])}$"'
    return " ".join([host, *filter(None, (one.strip() for one in aliases.split(",")))])


def _others(made: dict[str, list[Place]], table: int, folder: Path) -> Iterator[str]:
    """from-to-www-redirect: a server of its own for the other name."""
    for host, places in made.items():
        if (
            host[0] not in "*_"
            and any(place.said.get("from-to-www-redirect") == "true" for place in places)
            and f"www.{host}" not in made
        ):
            there = f"return 308 $scheme://{host}:$usual_port$bare_uri;"
            yield f"server {{ {_listens(table, folder)} server_name www.{host}; {there} }}"


def _table(objects: list[Manifest], table: int, folder: Path) -> Iterator[str]:
    behind = Behind(objects)
    made, canaries = servers(objects, behind), canaries_of(objects, behind)
    yield from _certificates(objects, table)
    yield from dict.fromkeys(line for places in made.values() for p in places for line in zones(p, table))
    for number, (host, places) in enumerate(sorted(made.items())):
        here = Here(f"{table}_{number}", table, canaries, _real_ip(objects))
        for index, (_, place) in enumerate(names(places)):
            yield from outside(place, here._replace(word=f"{here.word}_{index}"))
        yield from _server(_name(host, places), host, places, here, folder)
    yield from _others(made, table, folder)


def _echoes(folder: Path) -> Iterator[str]:
    """Pods that take a protocol and say what came."""
    for scheme, how in ECHOES.items():
        yield f"upstream echo_{scheme} {{ server unix:{folder}/echo-{scheme}; }}"
        yield f"server {{ listen unix:{folder}/echo-{scheme}{how};"
        yield f"ssl_certificate {folder}/certificates/{DEFAULT}.crt;"
        yield f"ssl_certificate_key {folder}/certificates/key; client_max_body_size 0;"
        yield f'add_header X-Echo "{scheme} $http_x_service $request_uri $http_host $http_x_user";'
        yield "location / { return 200; } }"
    yield f"upstream {SILENT} {{ server unix:{folder}/{SILENT}; }}"
    yield f"upstream login {{ server unix:{folder}/{LOGIN}; }}"
    yield f"server {{ listen unix:{folder}/{LOGIN}; add_header X-User $http_x_asked; add_header X-User $uri;"
    yield f"if ($cookie_session = {KNOWN}) {{ return 200; }} location / {{ return 401; }} }}"


def configuration(sets: list[list[Manifest]], folder: Path) -> str:
    """The whole file; set n listens on the sockets `n` and `n-tls` of the folder."""
    parts = [line for number, objects in enumerate(sets) for line in _table(objects, number, folder)]
    kinds = ("client_body", "proxy", "fastcgi", "scgi", "uwsgi")
    places = " ".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)
    granted = "\n".join(
        f'map $cors $its_cors_{name} {{ "~^true" $cors_{name}; default ""; }}'
        for name in ("Credentials", "Methods", "Headers")
    )
    return f"""daemon off; master_process off; worker_processes 1; worker_rlimit_nofile 8192;
pid {folder}/pid; error_log stderr crit;
events {{ worker_connections 4096; }}
http {{
access_log off; port_in_redirect off; server_names_hash_bucket_size 128; server_names_hash_max_size 4096;
map_hash_bucket_size 128; variables_hash_max_size 8192; keepalive_requests 10000; {places}
real_ip_header proxy_protocol; set_real_ip_from unix:;
map $request_uri $bare_uri {{ "~^(.*)/$" $1; default $request_uri; }}
map $scheme $usual_port {{ http 80; https 443; }}
map $scheme $stay {{ https "max-age=31536000; includeSubDomains"; default ""; }}
map $cors $cors_origin {{ "~^true" $origin; default ""; }}
{granted}
{chr(10).join(_echoes(folder))}
{chr(10).join(parts)}
}}
"""


@contextmanager
def serving(sets: list[list[Manifest]], folder: Path) -> Iterator[None]:
    """All sets behind one nginx, and the Pods that Envoy asks too."""
    binary = program()
    assert binary is not None
    certificates([DEFAULT, *_keys(sets)], folder / "certificates")
    file = folder / "nginx.conf"
    file.write_text(configuration(sets, folder))
    (folder / "users").write_text(f"{USER}:{{SHA}}{hashed(PASSWORD)}\n")
    sockets = [folder / LOGIN, *(folder / f"echo-{scheme}" for scheme in ECHOES)]
    sockets += [folder / f"{number}{end}" for number in range(len(sets)) for end in ("", "-tls")]
    command = [binary, "-p", str(folder), "-e", "stderr", "-c", str(file)]
    with socket.socket(socket.AF_UNIX) as silent, running(command, folder, sockets):
        silent.bind(str(folder / SILENT))
        silent.listen()
        yield


def hashed(password: str) -> str:
    """As a file of users has it."""
    return b64encode(sha1(password.encode(), usedforsecurity=False).digest()).decode()


def _keys(sets: Iterable[list[Manifest]]) -> Iterator[str]:
    for objects in sets:
        yield from secrets(objects).values()

"""nginx.conf as the controller of kubernetes/ingress-nginx writes it from Ingresses with annotations.

What the controller does in Lua (the redirect to https, canaries) stands here as maps, `if` and `return`. Every
location passes on to an echo that says which Service it stands for, and what came there. Source:
kubernetes/ingress-nginx, rootfs/etc/nginx/template/nginx.tmpl, internal/ingress/controller.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from live.child import running
from live.nginx import ANY_HOST, NOBODY, program
from live.tables import Manifest

PREFIX = "nginx.ingress.kubernetes.io/"


class Place(NamedTuple):
    """A path of a host. `free`: a rule for `/` may still take it over; `said`: its Ingress's annotations."""

    path: str
    kind: str
    service: str
    said: dict[str, str]
    free: bool = False

    @property
    def by_regex(self) -> bool:
        target = self.said.get("rewrite-target", "")
        return self.said.get("use-regex") == "true" or target not in ("", self.path)


def said(ingress: Manifest) -> dict[str, str]:
    """The annotations without their prefix."""
    given = ingress["metadata"].get("annotations", {})
    return {name.removeprefix(PREFIX): value for name, value in given.items()}


def _is_canary(ingress: Manifest) -> bool:
    return said(ingress).get("canary") == "true"


def _as_read(ingresses: Iterable[Manifest]) -> list[Manifest]:
    by_name = sorted(ingresses, key=lambda i: i["metadata"]["name"], reverse=True)
    return sorted(by_name, key=lambda i: i["metadata"].get("creationTimestamp", ""))


def _rows(ingress: Manifest) -> Iterator[tuple[str, str, str, str]]:
    for rule in ingress["spec"].get("rules", ()):
        for row in rule["http"]["paths"]:
            kind = "Exact" if row["pathType"] == "Exact" else "Prefix"
            yield rule.get("host", ANY_HOST), row["path"], kind, row["backend"]["service"]["name"]


def servers(ingresses: Iterable[Manifest]) -> dict[str, list[Place]]:
    """Host -> its locations; `/` is always among them, and a rule takes it over."""
    read = [i for i in _as_read(ingresses) if not _is_canary(i)]
    made = {ANY_HOST: [Place("/", "Prefix", NOBODY, {}, free=True)]}
    for ingress in read:
        for host, *_ in _rows(ingress):
            made.setdefault(host, [Place("/", "Prefix", NOBODY, said(ingress), free=True)])
    for ingress in read:
        for host, path, kind, service in _rows(ingress):
            _add(made[host], Place(path, kind, service, said(ingress)))
    return made


def _add(places: list[Place], new: Place) -> None:
    at = next((n for n, old in enumerate(places) if old.path == new.path), None)
    if at is None or places[at].kind != new.kind:
        places.append(new)
    elif places[at].free:
        places[at] = new


def _blocks(places: list[Place], canaries: dict[str, tuple[str, dict[str, str]]]) -> Iterator[str]:
    """Longest text first; where one is a regular expression, all are."""
    ordered = sorted(places, key=lambda place: place.path, reverse=True)
    ordered.sort(key=lambda place: len(place.path), reverse=True)
    by_regex = any(place.by_regex for place in ordered)
    exact = {place.path for place in ordered if place.kind == "Exact"}
    for place in ordered:
        body = _body(place, canaries)
        if by_regex:
            yield f'location ~* "^{place.path}" {{ {body} }}'
        elif place.kind == "Exact":
            yield f'location = "{place.path}" {{ {body} }}'
        elif place.path == "/":
            yield f'location "/" {{ {body} }}'
        else:
            yield f'location "{place.path.rstrip("/")}/" {{ {body} }}'
            if place.path not in exact:
                yield f'location = "{place.path}" {{ {body} }}'


def _body(place: Place, canaries: dict[str, tuple[str, dict[str, str]]]) -> str:
    asks, lines = place.said, [f"set $service {place.service};"]
    for kind, usual, last in (("temporal", 302, 307), ("permanent", 301, 308)):
        if f"{kind}-redirect" in asks:
            code = int(asks.get(f"{kind}-redirect-code", usual))
            lines.append(f"return {code if 300 <= code <= last else usual} {asks[f'{kind}-redirect']};")
            break
    if asks.get("force-ssl-redirect") == "true":
        lines.append("return 308 https://$host$bare_uri;")
    if place.service in canaries:
        lines += _canary(*canaries[place.service])
    target = asks.get("rewrite-target", "")
    if target not in ("", place.path):
        lines.append(f'rewrite "(?i){place.path}" {target} break;')
    host = f'"{asks["upstream-vhost"]}"' if "upstream-vhost" in asks else "$http_host"
    lines += [
        "proxy_set_header X-Service $service;",
        f"proxy_set_header Host {host};",
        "proxy_pass http://echo;",
    ]
    return " ".join(lines)


def _canary(service: str, asks: dict[str, str]) -> Iterator[str]:
    """By header, else by weight, which is all or nothing here."""
    weight = asks.get("canary-weight", "0")
    if weight == "100":
        yield f"set $main $service; set $service {service};"
    header = asks.get("canary-by-header", "").lower().replace("-", "_")
    if header and "canary-by-header-value" in asks:
        yield f'if ($http_{header} = "{asks["canary-by-header-value"]}") {{ set $service {service}; }}'
    elif header:
        yield f"if ($http_{header} = always) {{ set $service {service}; }}"
        if weight == "100":
            yield f"if ($http_{header} = never) {{ set $service $main; }}"


def _canaries(ingresses: Iterable[Manifest]) -> dict[str, tuple[str, dict[str, str]]]:
    """Service of the main Ingress -> that of the canary of the same host and path."""
    main = {(host, path, kind): s for i in ingresses if not _is_canary(i) for host, path, kind, s in _rows(i)}
    made: dict[str, tuple[str, dict[str, str]]] = {}
    for ingress in (i for i in ingresses if _is_canary(i)):
        for host, path, kind, service in _rows(ingress):
            if (host, path, kind) in main:
                made.setdefault(main[host, path, kind], (service, said(ingress)))
    return made


def _server(name: str, host: str, places: list[Place], socket: Path, canaries: dict) -> str:
    own = host == ANY_HOST
    lines = [f"listen unix:{socket}{' default_server' if own else ''};", f"server_name {name};"]
    roots = [place.said["app-root"] for place in places if "app-root" in place.said]
    if roots:
        lines.append(f"if ($uri = /) {{ return 302 $scheme://$http_host{roots[0]}; }}")
    return "\n".join(["server {", *lines, *_blocks(places, canaries), "}"])


def _name(host: str, places: list[Place]) -> str:
    aliases = next((place.said["server-alias"] for place in places if "server-alias" in place.said), "")
    if host.startswith("*."):
        host = rf'"~^(?<subdomain>[\w-]+)\.{re.escape(host[2:])}$"'
    return " ".join([host, *filter(None, aliases.split(","))])


def _others(made: dict[str, list[Place]], socket: Path) -> Iterator[str]:
    """from-to-www-redirect: a server of its own for the other name."""
    for host, places in made.items():
        if (
            host[0] not in "*_"
            and any(place.said.get("from-to-www-redirect") == "true" for place in places)
            and f"www.{host}" not in made
        ):
            there = f"return 308 $scheme://{host}:80$bare_uri;"
            yield f"server {{ listen unix:{socket}; server_name www.{host}; {there} }}"


def configuration(tables: list[list[Manifest]], folder: Path) -> str:
    """The whole file; table n listens on the socket `n` of the folder."""
    parts = []
    for number, table in enumerate(tables):
        made, socket = servers(table), folder / str(number)
        parts += [
            _server(_name(host, places), host, places, socket, _canaries(table))
            for host, places in sorted(made.items())
        ]
        parts += _others(made, socket)
    kinds = ("client_body", "proxy", "fastcgi", "scgi", "uwsgi")
    places = " ".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)
    return f"""daemon off; master_process off; worker_processes 1; worker_rlimit_nofile 8192;
pid {folder}/pid; error_log stderr error;
events {{ worker_connections 4096; }}
http {{
access_log off; port_in_redirect off; server_names_hash_bucket_size 128; {places}
map $request_uri $bare_uri {{ "~^(.*)/$" $1; default $request_uri; }}
upstream echo {{ server unix:{folder}/echo; }}
server {{ listen unix:{folder}/echo;
add_header X-Echo "$http_x_service $request_uri $http_host"; location / {{ return 200; }} }}
{chr(10).join(parts)}
}}
"""


@contextmanager
def serving(tables: list[list[Manifest]], folder: Path) -> Iterator[None]:
    """All tables behind one nginx; the echo listens on the socket `echo`."""
    binary = program()
    assert binary is not None
    file = folder / "nginx.conf"
    file.write_text(configuration(tables, folder))
    sockets = [folder / "echo", *(folder / str(number) for number in range(len(tables)))]
    with running([binary, "-p", str(folder), "-e", "stderr", "-c", str(file)], folder, sockets):
        yield

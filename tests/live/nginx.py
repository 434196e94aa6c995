"""nginx.conf as the controller of kubernetes/ingress-nginx writes it, from Ingresses alone.

Every table has a server per host on a socket of its own. A location passes on to an echo that says which
Service it stands for. Source: kubernetes/ingress-nginx, rootfs/etc/nginx/template/nginx.tmpl,
internal/ingress/controller (controller.go, location.go, template/template.go).
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from live.child import running
from live.tables import Manifest

NOBODY = "404"
ANY_HOST = "_"


class Location(NamedTuple):
    """A path as an Ingress has it. `free`: a rule for `/` may still take it over."""

    path: str
    kind: str
    service: str
    free: bool = False


def program() -> str | None:
    """Where nginx is; None if it is not installed."""
    return shutil.which("nginx") or next((p for p in ("/usr/sbin/nginx",) if Path(p).exists()), None)


def servers(ingresses: Iterable[Manifest]) -> dict[str, list[Location]]:
    """Host -> its locations; `/` is always among them, and a rule takes it over unless a catch-all has it."""
    read = _as_read(ingresses)
    catch_all = [_default(i) for i in read if not i["spec"].get("rules")]
    root = Location("/", "Prefix", catch_all[0]) if catch_all else Location("/", "Prefix", NOBODY, free=True)
    made = {ANY_HOST: [root]}
    for ingress in read:
        for host, _ in _rows(ingress):
            made.setdefault(host, [Location("/", "Prefix", _default(ingress), free=True)])
    for ingress in read:
        for host, row in _rows(ingress):
            _add(made[host], Location(row["path"], row["pathType"], row["backend"]["service"]["name"]))
    return made


def _add(locations: list[Location], new: Location) -> None:
    """Compared is the first location of the same text alone: a second Exact `/` is not found to be one."""
    at = next((n for n, old in enumerate(locations) if old.path == new.path), None)
    if at is None or locations[at].kind != new.kind:
        locations.append(new)
    elif locations[at].free:
        locations[at] = new


def _rows(ingress: Manifest) -> Iterator[tuple[str, Manifest]]:
    for rule in ingress["spec"].get("rules", ()):
        yield from ((rule.get("host", ANY_HOST), row) for row in rule["http"]["paths"])


def _as_read(ingresses: Iterable[Manifest]) -> list[Manifest]:
    """Oldest first; within a second, the last name of the alphabet first."""
    by_name = sorted(ingresses, key=lambda i: i["metadata"]["name"], reverse=True)
    return sorted(by_name, key=lambda i: i["metadata"].get("creationTimestamp", ""))


def _default(ingress: Manifest) -> str:
    backend = ingress["spec"].get("defaultBackend")
    return backend["service"]["name"] if backend else NOBODY


def _blocks(locations: Iterable[Location]) -> Iterator[str]:
    """Longest text first; a Prefix is a location with a final slash, and one for the path itself."""
    ordered = sorted(locations, key=lambda found: found.path, reverse=True)
    ordered.sort(key=lambda found: len(found.path), reverse=True)
    exact = {found.path for found in ordered if found.kind == "Exact"}
    for path, kind, service, _ in ordered:
        if kind == "Exact":
            yield _location(f'= "{path}"', service)
        elif path == "/":
            yield _location('"/"', service)
        else:
            yield _location(f'"{path.rstrip("/")}/"', service)
            if path not in exact:
                yield _location(f'= "{path}"', service)


def _location(name: str, service: str) -> str:
    return f"location {name} {{ proxy_set_header X-Service {service}; proxy_pass http://echo; }}"


BUILT_IN = "location /healthz { return 200; }\nlocation /nginx_status { deny all; proxy_pass http://echo; }"


def _server(host: str, locations: Iterable[Location], socket: Path) -> str:
    own = host == ANY_HOST
    name = (
        rf'"~^(?<subdomain>[\w-]+)\.{host[2:].replace(".", chr(92) + ".")}$"'
        if host.startswith("*.")
        else host
    )
    lines = [f"listen unix:{socket}{' default_server' if own else ''};", f"server_name {name};"]
    return "\n".join(["server {", *lines, *_blocks(locations), *([BUILT_IN] if own else []), "}"])


def configuration(tables: list[Iterable[Manifest]], folder: Path) -> str:
    """The whole file; table n listens on the socket `n` of the folder."""
    made = "\n".join(
        _server(host, locations, folder / str(number))
        for number, table in enumerate(tables)
        for host, locations in sorted(servers(table).items())
    )
    kinds = ("client_body", "proxy", "fastcgi", "scgi", "uwsgi")
    places = " ".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)
    return f"""daemon off; master_process off; worker_processes 1; worker_rlimit_nofile 8192;
pid {folder}/pid; error_log stderr error;
events {{ worker_connections 4096; }}
http {{
access_log off; port_in_redirect off; server_names_hash_bucket_size 128; {places}
upstream echo {{ server unix:{folder}/echo; }}
server {{ listen unix:{folder}/echo; location / {{ return 200 $http_x_service; }} }}
{made}
}}
"""


def _written(tables: list[Iterable[Manifest]], folder: Path) -> list[str]:
    binary = program()
    assert binary is not None
    file = folder / "nginx.conf"
    file.write_text(configuration(tables, folder))
    return [binary, "-p", str(folder), "-e", "stderr", "-c", str(file)]


def refuses(table: Iterable[Manifest], folder: Path) -> bool:
    """Whether nginx refuses the configuration of one table."""
    tested = subprocess.run([*_written([table], folder), "-t"], capture_output=True, check=False)
    return tested.returncode != 0


@contextmanager
def serving(tables: list[Iterable[Manifest]], folder: Path) -> Iterator[None]:
    """All tables behind one nginx."""
    sockets = [folder / "echo", *(folder / str(number) for number in range(len(tables)))]
    with running(_written(tables, folder), folder, sockets):
        yield

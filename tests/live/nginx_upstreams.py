"""nginx.conf with an upstream for each set-up, each on a socket of its own; one process, so one worker."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from live.child import running
from live.nginx import program

Case = dict[str, Any]
ALGORITHMS = {
    "round-robin": "",
    "least-conn": "least_conn;",
    "ip-hash": "ip_hash;",
    "hash": "hash $http_x_key;",
    "hash-consistent": "hash $http_x_key consistent;",
    "random": "random;",
    "random-two": "random two least_conn;",
}


def _server(row: Case, options: Case) -> str:
    words = [f"server {row['address']} weight={row['weight']}"]
    words.append(f"max_fails={row.get('max_fails', options.get('max_fails', 1))}")
    words.append(f"fail_timeout={options.get('fail_timeout', '10s')}")
    words += [f"max_conns={row['max_conns']}"] if row.get("max_conns") else []
    words += [word for word in ("backup", "down") if row.get(word)]
    return " ".join(words) + ";"


def _upstream(number: int, case: Case) -> str:
    options = case["options"]
    lines = [ALGORITHMS[case["algorithm"]], *(_server(row, options) for row in case["backends"])]
    lines += [f"keepalive {options['keepalive']};"] if options.get("keepalive") else []
    return "\n".join([f"upstream up{number} {{", *lines, "}"])


def _front(number: int, case: Case, folder: Path) -> str:
    options = case["options"]
    lines = [
        f"listen unix:{folder}/{number}; set_real_ip_from unix:; real_ip_header X-Client;",
        f"location / {{ proxy_pass http://up{number}; proxy_http_version 1.1;",
        'proxy_set_header Connection ""; add_header X-Tried "$upstream_addr" always;',
        "proxy_connect_timeout 10s; proxy_read_timeout 60s;",
        f"proxy_next_upstream {options.get('next_upstream', 'error timeout')};",
        f"proxy_next_upstream_tries {options.get('next_upstream_tries', 0)};",
        "}",
    ]
    return "\n".join(["server {", *lines, "}"])


def configuration(cases: list[Case], folder: Path) -> str:
    """The whole file."""
    parts = [f"{_upstream(n, case)}\n{_front(n, case, folder)}" for n, case in enumerate(cases)]
    kinds = ("client_body", "proxy", "fastcgi", "scgi", "uwsgi")
    places = " ".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)
    made = "\n".join(parts)
    return f"""daemon off; master_process off; worker_processes 1; worker_rlimit_nofile 8192;
pid {folder}/pid; error_log stderr crit;
events {{ worker_connections 4096; }}
http {{
access_log off; {places}
{made}
}}
"""


@contextmanager
def serving(cases: list[Case], folder: Path) -> Iterator[None]:
    """All set-ups behind one nginx."""
    binary = program()
    assert binary is not None
    file = folder / "nginx.conf"
    file.write_text(configuration(cases, folder))
    sockets = [folder / str(number) for number in range(len(cases))]
    with running([binary, "-p", str(folder), "-e", "stderr", "-c", str(file)], folder, sockets):
        yield


def tried(case: Case, header: str) -> list[str]:
    """The peers that a request was sent to, by name, as `$upstream_addr` tells them."""
    names = {row["address"]: row["name"] for row in case["backends"]}
    return [names[a.strip()] for a in header.replace(" : ", ",").split(",") if a.strip() in names]

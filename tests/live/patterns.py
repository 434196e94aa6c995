"""A real nginx and a real Envoy that answer whether regular expressions fit a path; nothing of `sim` is asked."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from live import envoy, nginx
from live.child import running

SOCKET = "patterns"
NO_LIMIT = {"name": "static", "static_layer": {"re2.max_program_size.error_level": 4294967295}}
"""As Envoy Gateway starts Envoy; its own default is 100 instructions."""


def host(number: int) -> str:
    """The host of a pattern."""
    return f"p{number}.example"


def _quoted(pattern: str) -> str:
    return pattern.replace("\\", "\\\\").replace('"', '\\"')


def _nginx(patterns: list[str], folder: Path) -> str:
    servers = "\n".join(
        f'server {{ listen unix:{folder / SOCKET}; server_name {host(n)}; location ~* "^{_quoted(one)}" {{ return 200; }}\n'
        f"location / {{ return 404; }} }}"
        for n, one in enumerate(patterns)
    )
    places = " ".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "scgi", "uwsgi")
    )
    return f"""daemon off; master_process off; worker_processes 1; pid {folder}/pid; error_log stderr emerg;
events {{ worker_connections 256; }}
http {{ access_log off; merge_slashes off; large_client_header_buffers 4 64k; {places} server_names_hash_max_size 4096;
server {{ listen unix:{folder / SOCKET} default_server; return 421; }}
{servers} }}
"""


@contextmanager
def in_nginx(patterns: list[str], folder: Path) -> Iterator[Path]:
    """The socket of an nginx that answers 200 where a pattern fits, as ingress-nginx writes it; else 404."""
    file = folder / "nginx.conf"
    file.write_text(_nginx(patterns, folder), encoding="latin-1")
    command = [str(nginx.program()), "-p", str(folder), "-e", "stderr", "-c", str(file)]
    with running(command, folder, [folder / SOCKET]):
        yield folder / SOCKET


def _envoy(patterns: list[str], folder: Path) -> dict[str, object]:
    fits = lambda one: {  # noqa: E731
        "match": {"safe_regex": {"regex": one}},
        "direct_response": {"status": 200},
    }
    hosts = [{"name": host(n), "domains": [host(n)], "routes": [fits(one)]} for n, one in enumerate(patterns)]
    listener = envoy.listener(folder / SOCKET, {"virtual_hosts": hosts}, {})
    return {"static_resources": {"listeners": [listener]}, "layered_runtime": {"layers": [NO_LIMIT]}}


def _command(patterns: list[str], folder: Path) -> list[str]:
    file = folder / "envoy.json"
    file.write_text(json.dumps(_envoy(patterns, folder)))
    return [
        str(envoy.program()),
        "-c",
        str(file),
        "--concurrency",
        "1",
        "--disable-hot-restart",
        "-l",
        "error",
    ]


@contextmanager
def in_envoy(patterns: list[str], folder: Path) -> Iterator[Path]:
    """The socket of an Envoy that answers 200 where a pattern fits the whole path; else 404."""
    with running(_command(patterns, folder), folder, [folder / SOCKET]):
        yield folder / SOCKET


def envoy_refuses(pattern: str, folder: Path) -> bool:
    """Whether Envoy refuses a configuration with this pattern."""
    words = [*_command([pattern], folder), "--mode", "validate"]
    return subprocess.run(words, capture_output=True, check=False).returncode != 0

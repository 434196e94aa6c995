"""haproxy.cfg with a backend for each set-up, each behind a socket of its own; one thread."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from live.child import running
from live.fronts import haproxy_program
from live.picking import Command
from live.picks import WAIT

Case = dict[str, Any]
ALGORITHMS = {
    "round-robin": "roundrobin",
    "least-conn": "leastconn",
    "hdr": "hdr(x-key)",
    "random": "random",
}
CONSISTENT = "-consistent"


def _server(row: Case, options: Case) -> str:
    words = [f"  server {row['name']} {row['address']} weight {row['weight']}"]
    words += [f"maxconn {row['max_conns']}"] if row.get("max_conns") else []
    words += ["backup"] if row.get("backup") else []
    words += ["disabled"] if row.get("down") else []
    if check := options.get("check"):
        words.append(f"check inter {check['inter']} fall {check['fall']} rise {check['rise']}")
    return " ".join(words)


def _backend(number: int, case: Case, folder: Path) -> Iterator[str]:
    options, algorithm = case["options"], case["algorithm"]
    name = algorithm.removesuffix(CONSISTENT)
    yield f"frontend in{number}\n  bind unix@{folder}/{number}\n  default_backend {number}"
    yield f"backend {number}\n  balance {ALGORITHMS.get(name, name)}"
    if algorithm.endswith(CONSISTENT):
        yield "  hash-type consistent"
    yield f"  retries {options.get('retries', 3)}"
    if options.get("redispatch", True):
        yield "  option redispatch"
    if options.get("allbackups"):
        yield "  option allbackups"
    if options.get("check"):
        yield "  option httpchk\n  http-check send meth GET uri / ver HTTP/1.1 hdr Host c hdr X-Check 1"
    yield "  http-request set-src hdr(x-client) if { req.hdr(x-client) -m found }"
    yield '  http-after-response set-header X-Tried "%s %rc"'
    yield from (_server(row, options) for row in case["backends"])


def configuration(cases: list[Case], folder: Path) -> str:
    """The whole file."""
    parts = [line for n, case in enumerate(cases) for line in _backend(n, case, folder)]
    head = f"""global
  nbthread 1
  maxconn 8000
  stats socket {folder}/stats level admin
  stats maxconn 1000
defaults
  mode http
  timeout connect {WAIT}
  timeout client 60s
  timeout server 60s
  timeout queue 30s
"""
    return head + "\n".join(parts) + "\n"


@contextmanager
def serving(cases: list[Case], folder: Path) -> Iterator[None]:
    """All set-ups behind one HAProxy."""
    binary = haproxy_program()
    assert binary is not None
    file = folder / "haproxy.cfg"
    file.write_text(configuration(cases, folder))
    sockets = [folder / "stats", *(folder / str(number) for number in range(len(cases)))]
    with running([binary, "-db", "-q", "-f", str(file)], folder, sockets):
        yield


def command(folder: Path) -> Command:
    """What says a line to it, and fails where it answers anything."""

    async def say(line: str) -> None:
        reader, writer = await asyncio.open_unix_connection(str(folder / "stats"))
        writer.write(f"{line}\n".encode())
        said = (await reader.read()).decode().strip()
        writer.close()
        assert not said, f"{line}: {said}"

    return say

"""A migration against real proxies: nginx and Envoy differ where the proof says, and nowhere else.

Both are configured from manifests by tests/live, which imports nothing of `sim`: nginx from the Ingresses, Envoy
from the text that the migration writes. Asked is what the proof asks, over plain http. `SIM_MIGRATIONS` sets.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest
import yaml
from answers import behind
from live import annotated, envoy, migrated, moving, nginx
from live.tables import Manifest
from live.wire import Exchange, exchange

from sim.analysis.migrate import Migrated
from sim.analysis.migrate import migrate as prove
from sim.analysis.migrate_requests import besides
from sim.analysis.probes import derived_requests
from sim.manifests.reading.loading import load_text
from sim.routing import Request
from sim.routing.building import build

pytestmark = pytest.mark.slow

SETS = int(os.environ.get("SIM_MIGRATIONS", "20"))
MOST_REQUESTS = 150
AT_ONCE = 50
SHOWN = 8
USUAL = {"http": 80, "https": 443}

needs_both = pytest.mark.skipif(
    nginx.program() is None or envoy.program() is None,
    reason="no nginx or no Envoy here: apt-get install nginx-light; pip install 'ingress-sim[live]'",
)


class Seen(NamedTuple):
    """What a client and an application see of an answer."""

    status: int
    there: str
    place: tuple[object, ...]


def seen(answer: Exchange, request: Request) -> Seen:
    """The echo says Service, path and host; a redirect leads somewhere, however that is written."""
    echo = answer.headers.get("x-echo", "")
    if answer.status == 200 and not echo.startswith(nginx.NOBODY):
        return Seen(200, echo, ())
    place = answer.headers.get("location", "")
    return Seen(404 if echo else answer.status, "", _meant(place, request) if place else ())


def _meant(place: str, request: Request) -> tuple[object, ...]:
    """Where a Location leads."""
    parts = urlsplit(place if "://" in place else f"http://{request.host}{place}")
    return parts.scheme, parts.hostname, parts.port or USUAL[parts.scheme], parts.path or "/", parts.query


class Moved(NamedTuple):
    """A set, the proof, and what it asked."""

    ingresses: list[Manifest]
    found: Migrated
    requests: list[Request]


def moved(ingresses: list[Manifest]) -> Moved | None:
    """A set that is migrated; None for one that nginx would refuse, or of which nothing is read."""
    objects = [*ingresses, *behind(moving.services(ingresses))]
    text = "---\n".join(json.dumps(o) + "\n" for o in _in_lab(objects))
    read = load_text(text, "set.yaml")
    old = build(read)
    border = [r for r in derived_requests(old) if r.scheme == "http" and r.port is None]
    requests = [*border[:MOST_REQUESTS], *besides(old)]
    return Moved(ingresses, prove(read, requests=requests), requests)


def _in_lab(objects: list[Manifest]) -> Iterator[Manifest]:
    for item in objects:
        yield item | {"metadata": item["metadata"] | {"namespace": "lab"}}


def drawn(wanted: int) -> list[Moved]:
    """So many sets that nginx would serve."""
    made: list[Moved] = []
    for number in range(10 * wanted):
        ingresses = moving.drawn(number)
        if len(made) < wanted and not _refused(ingresses) and (one := moved(ingresses)) is not None:
            made.append(one)
    assert len(made) == wanted
    return made


def _refused(ingresses: list[Manifest]) -> bool:
    """Whether two locations would be one: nginx takes no such configuration."""
    for places in annotated.servers(ingresses).values():
        names = [block.partition("{")[0] for block in annotated._blocks(places, {})]
        if len(set(names)) < len(names):
            return True
    return False


def wrong(one: Moved, old: Path, new: Path) -> Iterator[str]:
    """Requests of which the proof says another thing than the two proxies."""
    said = {_key(unlike.request) for unlike in one.found.unlike}
    for request in one.requests:
        before, after = (
            seen(exchange(socket, request.method, request.host_header, request.path, _more(request)), request)
            for socket in (old, new)
        )
        if (before != after) != (_key(request) in said):
            what = "alike" if before == after else f"{before} and {after}"
            proved = "a difference" if _key(request) in said else "no difference"
            yield f"{request.method} {request.url} {dict(request.headers)}: {what}; proof: {proved}"


def _more(request: Request) -> list[tuple[str, str]]:
    return [(name, value) for name, value in request.headers.items() if name.lower() != "host"]


def _key(request: Request) -> tuple[object, ...]:
    return request.method, request.url, tuple(sorted(request.headers.items()))


@needs_both
def test_nginx_and_envoy_differ_where_the_proof_says_and_nowhere_else(record_property):
    found = drawn(SETS)
    record_property("migrations", len(found))
    record_property("requests", sum(len(one.requests) for one in found))
    faults: list[str] = []
    for start in range(0, len(found), AT_ONCE):
        part = found[start : start + AT_ONCE]
        with tempfile.TemporaryDirectory(prefix="sim-") as home:
            old, new = Path(home) / "o", Path(home) / "n"
            old.mkdir()
            new.mkdir()
            texts = [list(yaml.safe_load_all(one.found.written.text())) for one in part]
            with (
                annotated.serving([one.ingresses for one in part], old),
                migrated.serving(texts, new, old / "echo"),
            ):
                for number, one in enumerate(part):
                    about = json.dumps(one.ingresses)
                    faults += [
                        f"{fault}\n  {about}" for fault in wrong(one, old / str(number), new / str(number))
                    ]
    assert not faults, f"{len(faults)} answers; the first:\n" + "\n".join(faults[:SHOWN])
    assert any(one.found.unlike for one in found)

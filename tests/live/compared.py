"""What a client and an application see of nginx and of Envoy, asked alike, beside what a proof says of both."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import yaml
from live import annotated_nginx, migrated
from live.annotated import DEFAULT, PREFIX, offered
from live.asking import CLOSED, Asked, Got, ask
from live.behind import Behind
from live.nginx import NOBODY
from live.predicted import differs
from live.tables import Manifest
from live.wire import Exchange

from sim.analysis.migrate import Migrated
from sim.routing import Request

USUAL = {"http": 80, "https": 443}
AT_ONCE = 50
OFTEN = 40
"""How often a request is asked that a canary's weight decides: one of two ways is missed once in 10^12."""


def values(objects: list[Manifest], name: str) -> list[str]:
    """Those of an annotation."""
    given = (o["metadata"].get("annotations") or {} for o in objects if o["kind"] == "Ingress")
    return [one[PREFIX + name] for one in given if PREFIX + name in one]


class Moved(NamedTuple):
    """A set, the proof, and what it asked."""

    objects: list[Manifest]
    found: Migrated
    requests: list[Request]

    @property
    def burst(self) -> int:
        """More requests than any limit lets through at once."""
        rates = [int(rate) for name in ("limit-rps", "limit-rpm") for rate in values(self.objects, name)]
        factors = [int(one) for one in values(self.objects, "limit-burst-multiplier")]
        return 3 + max(rates) * max([5, *factors]) if rates else 1

    @property
    def split(self) -> frozenset[str]:
        """The Services between which a weight leaves it to chance."""
        found = offered(self.objects, Behind(self.objects)).items()
        pairs = [
            (main, c.service)
            for main, (c, _) in found
            if c.said.get("canary-weight", "0") not in ("0", "100")
        ]
        return frozenset(service for pair in pairs for service in pair)


class Seen(NamedTuple):
    """What is seen of an answer.

    Args:
        there: protocol, Service, path and host, as the application got them.
        place: where a redirect leads.
        granted: what a browser may do with it from another origin.
        stay: how long browsers come by https alone.
    """

    status: int
    there: str = ""
    place: tuple[object, ...] = ()
    cookie: str = ""
    granted: tuple[object, ...] = ()
    stay: str = ""


def _seen(answer: Exchange, request: Request) -> Seen:
    echo = answer.headers.get("x-echo", "")
    served = answer.status == 200 and f" {NOBODY} " not in echo
    place = answer.headers.get("location", "")
    return Seen(
        answer.status if served or not echo else 404,
        echo if served else "",
        _meant(place, request) if place else (),
        answer.headers.get("set-cookie", "").partition("=")[0],
        _granted(answer, request) if answer.status in (200, 204) else (),
        answer.headers.get("strict-transport-security", "") if served else "",
    )


def _service(answer: Exchange) -> str:
    """Which one answers; empty: none."""
    return "".join(answer.headers.get("x-echo", "").split(" ")[1:2])


def _meant(place: str, request: Request) -> tuple[object, ...]:
    """Where a Location leads."""
    parts = urlsplit(place if "://" in place else f"{request.scheme}://{request.host}{place}")
    return parts.scheme, parts.hostname, parts.port or USUAL[parts.scheme], parts.path or "/", parts.query


def _granted(answer: Exchange, request: Request) -> tuple[object, ...]:
    """Whether a page of the origin may read it, with credentials too; for a preflight what it may send, how long."""
    given = {k.removeprefix("access-control-"): v for k, v in answer.headers.items()}
    origin = next((v for k, v in request.headers.items() if k.lower() == "origin"), None)
    if origin is None or given.get("allow-origin") not in ("*", origin):
        return ()
    credentials = given["allow-origin"] == origin and given.get("allow-credentials") == "true"
    if "Access-Control-Request-Method" not in request.headers:
        return credentials, given.get("expose-headers", "")
    lists = (
        frozenset(one.strip().lower() for one in given.get(f"allow-{name}", "").split(","))
        for name in ("methods", "headers")
    )
    return credentials, *lists, given.get("max-age")


class Sides(NamedTuple):
    """The sockets of both proxies, of one set."""

    old: Path
    new: Path

    def ask(self, asked: Asked, times: int) -> Iterator[list[Got]]:
        """nginx first."""
        for socket in self:
            where = socket if asked.sni is None else socket.with_name(f"{socket.name}-tls")
            yield [ask(asked, where) for _ in range(times)]


def _asked(request: Request) -> Asked:
    headers = tuple((name, value) for name, value in request.headers.items() if name.lower() != "host")
    return Asked(
        request.method, request.host_header, request.path, headers, request.client_ip, request.server_name
    )


def wrong(one: Moved, sides: Sides) -> Iterator[str]:
    """Requests of which the proof says another thing than the two proxies."""
    said, split = {_key(unlike.request): unlike for unlike in one.found.unlike}, one.split
    for request in one.requests:
        asked = _asked(request)
        got = list(sides.ask(asked, one.burst))
        is_split = any(
            _service(one.answer) in split or (split and one.answer.status == 503) for (one, *_) in got
        )
        got = list(sides.ask(asked, OFTEN)) if is_split else got
        unlike = said.get(_key(request))
        before, after = _both(got, request, is_split)
        about = f"{request.client_ip} {request.method} {request.url} {dict(request.headers)}"
        if before != after and unlike is None:
            yield f"{about}: {before} and {after}; proof: no difference"
        elif before == after and unlike is not None:
            yield f"{about}: {before} from both; proof: {[c.name for c in unlike.changes]}"
        elif unlike is not None:
            for trace, side in zip((unlike.old, unlike.new), got, strict=True):
                answers = (_seen(one.answer, request) for one in side)
                found = differs(
                    trace, ((a.status, a.there.split(" ")[1] if a.there else "") for a in answers)
                )
                yield from (f"{about}: {fault}" for fault in found)


def _both(got: list[list[Got]], request: Request, is_split: bool) -> tuple[object, object]:
    """All that both sides show; of what chance decides, which ways there are.

    Nobody's name: a 404 under a certificate that no client takes is as good as no handshake.
    """
    shown = [Counter(_seen(one.answer, request) for one in side) for side in got]
    before, after = (frozenset(side) if is_split else side for side in shown)
    old, new = (side[0] for side in got)
    unserved = old.certificate == DEFAULT and _service(old.answer) == NOBODY
    if new.answer.status == CLOSED and unserved:
        return (), ()
    if old.certificate and new.certificate and old.certificate != new.certificate:
        return old.certificate, new.certificate
    return before, after


def _key(request: Request) -> tuple[object, ...]:
    return request.method, request.url, request.client_ip, tuple(sorted(request.headers.items()))


@contextmanager
def serving(sets: list[Moved]) -> Iterator[list[Sides]]:
    """Both proxies with all of these sets."""
    with tempfile.TemporaryDirectory(prefix="sim-") as home:
        old, new = Path(home) / "o", Path(home) / "n"
        old.mkdir()
        new.mkdir()
        written = [_written(one) for one in sets]
        with (
            annotated_nginx.serving([one.objects for one in sets], old),
            migrated.serving(written, new, old),
        ):
            yield [Sides(old / str(number), new / str(number)) for number in range(len(sets))]


def faults(sets: list[Moved]) -> Iterator[str]:
    """What is wrong of all sets, each with its Ingresses."""
    for start in range(0, len(sets), AT_ONCE):
        part = sets[start : start + AT_ONCE]
        with serving(part) as served:
            for one, sides in zip(part, served, strict=True):
                ingresses = [o for o in one.objects if o["kind"] == "Ingress"]
                about = yaml.safe_dump(ingresses, default_flow_style=True, width=10**6)
                yield from (f"{fault}\n  {about}" for fault in wrong(one, sides))


def _written(one: Moved) -> migrated.Written:
    return migrated.Written(yaml.safe_load_all(one.found.written.text()), one.objects)

"""What annotations of F5's controller say about an upstream: method, limits, failures, a cookie of sessions.

A minion has them of its own, else of its master. Source: nginx/kubernetes-ingress at 0eb3072,
internal/configs/annotations.go (minionInheritanceList, parseAnnotations), parsing_helpers.go (ParseLBMethod,
ParseStickyServiceList), version1/nginx.ingress.tmpl.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sim.errors import InputError
from sim.routing.controllers.rows import Row
from sim.routing.controllers.settings import number
from sim.routing.proxies.balancing import Asks
from sim.routing.proxies.nginx import next_upstream
from sim.units import seconds

PREFIX = "nginx.org/"
OWN_COOKIES = ("nginx.org/sticky-cookie-services", "nginx.com/sticky-cookie-services")

METHODS: Mapping[str, str] = {
    "round_robin": "round-robin",
    "least_conn": "least-conn",
    "ip_hash": "ip-hash",
    "random": "random",
    "random two": "random-two",
    "random two least_conn": "random-two",
}
"""lb-method -> the algorithm; any other but a hash is refused without NGINX Plus, and the usual one holds."""


def method_of(text: str) -> tuple[str, str] | None:
    """The algorithm of an lb-method and the key that it hashes; None: it is refused.

    >>> method_of("hash $request_uri consistent")
    ('hash-consistent', '$request_uri')
    """
    text = text.strip()
    if text in METHODS:
        return METHODS[text], ""
    words = text.split(" ")
    if words[0] == "hash" and len(words) == 2:
        return "hash", words[1]
    if words[0] == "hash" and len(words) == 3 and words[2] == "consistent":
        return "hash-consistent", words[1]
    return None


def time_s(text: str) -> float | None:
    """A time of nginx; None: it is refused."""
    try:
        return seconds(text)
    except InputError:
        return None


def _next(text: str) -> Any:
    return next_upstream(text.split())


GOES_ON: Mapping[str, tuple[str, Callable[[str], Any]]] = {
    "fail-timeout": ("fail_timeout_s", time_s),
    "max-fails": ("max_fails", number),
    "proxy-connect-timeout": ("connect_timeout_s", time_s),
    "proxy-next-upstream": ("after", _next),
    "proxy-next-upstream-timeout": ("within_s", time_s),
    "proxy-next-upstream-tries": ("tries", number),
    "proxy-read-timeout": ("read_timeout_s", time_s),
}
"""Annotation -> the field of `Retries` that it sets, and how its text is read."""

OF_MINIONS_ALONE = frozenset(
    ("proxy-next-upstream", "proxy-next-upstream-timeout", "proxy-next-upstream-tries")
)
"""Those that a minion does not have of its master."""

MODELLED = frozenset(
    (*(PREFIX + name for name in ("lb-method", "max-conns", *GOES_ON)), *OWN_COOKIES)
)  # fmt: skip
HARMLESS = ("keepalive", "slow-start")
"""Idle connections change no choice; slow-start is for NGINX Plus, and is left out without it."""


def shares_a_state(name: str, value: str) -> bool:
    """Whether an annotation leaves an upstream its zone, by which the workers of a Pod share one state."""
    return name == f"{PREFIX}upstream-zone-size" and value.strip() != "0"


def asks(row: Row, master: Mapping[str, str]) -> Asks:
    """What the annotations of a row's Ingress ask for, those of its master where it has none.

    Args:
        master: the annotations of the master; none for a row of another.
    """
    own = row.ingress.metadata.annotations
    inherited = {k: v for k, v in master.items() if k.removeprefix(PREFIX) not in OF_MINIONS_ALONE}
    given = inherited | own
    said = given.get(f"{PREFIX}lb-method", "")
    method, key = method_of(said) or (None, "")
    return Asks(
        said=said.strip() if method else "",
        method=method,
        key=key,
        cookie=_cookie(own, row),
        most_open=number(given.get(f"{PREFIX}max-conns", "")) or 0,
        goes_on=tuple(_goes_on(given)),
    )


def _goes_on(given: Mapping[str, str]) -> Iterator[tuple[str, Any]]:
    for name, (field, read) in GOES_ON.items():
        value = read(given[PREFIX + name]) if PREFIX + name in given else None
        if value is not None:
            yield field, value
    if "non_idempotent" in given.get(f"{PREFIX}proxy-next-upstream", "").split():
        yield "repeats", True


def _cookie(own: Mapping[str, str], row: Row) -> str:
    """`serviceName=NAME COOKIE …;…`: the cookie of the row's Service."""
    said = next((own[name] for name in OWN_COOKIES if name in own), "")
    for part in said.split(";"):
        service, _, cookie = part.strip().partition(" ")
        if row.backend.service is not None and service.partition("=")[2] == row.backend.service.name:
            return cookie.split(" ")[0]
    return ""

"""One request as an access log has it, and the times that logs write."""

from datetime import UTC, datetime
from functools import lru_cache
from math import isfinite
from typing import NamedTuple

_LAST_S = datetime(9999, 1, 1, tzinfo=UTC).timestamp()


class Logged(NamedTuple):
    """A request; what a format does not have is empty or None.

    Args:
        at_s: since 1970, UTC.
        path: with its query; empty where the request line is none.
        bytes_out: of the answer.
        bytes_in: of the request.
        upstream: ingress-nginx's name of where it went, `NAMESPACE-SERVICE-PORT`; `-` for nowhere.
        service: `NAMESPACE/NAME`, where a log says so itself.
        address: of the Pod that answered.
        is_first: whether it opened its connection.
        more: fields that the format does not name.
    """

    at_s: float
    host: str
    path: str
    method: str
    bytes_out: int
    bytes_in: int | None = None
    upstream: str = ""
    service: str = ""
    address: str = ""
    is_first: bool | None = None
    more: str = ""


def asked(request: str) -> tuple[str, str, str]:
    """Method, host and path of a request line; the host is empty unless the line has a whole URL.

    >>> asked("GET /a?b=c HTTP/2.0"), asked("GET http://a.example/b HTTP/1.1"), asked("-")
    (('GET', '', '/a?b=c'), ('GET', 'a.example', '/b'), ('', '', ''))
    """
    method, _, rest = request.partition(" ")
    target, _, version = rest.rpartition(" ")
    if not version.startswith("HTTP/"):
        target = rest
    host, path = split_url(target)
    return (method, host, path) if path else ("", "", "")


def split_url(target: str) -> tuple[str, str]:
    """Host and path of what a client asks for; both empty where it is neither a path nor a URL."""
    if target.startswith("/"):
        return "", target
    scheme, mark, rest = target.partition("://")
    if mark and scheme.lower() in ("http", "https"):
        host, _, path = rest.partition("/")
        return host, f"/{path}"
    return "", ""


@lru_cache(maxsize=4096)
def common_time_s(text: str) -> float:
    """A time as in `25/Nov/2026:15:17:27 +0100`.

    Raises:
        ValueError: it is none.
    """
    return _checked(datetime.strptime(text, "%d/%b/%Y:%H:%M:%S %z").timestamp())


@lru_cache(maxsize=4096)
def stated_time_s(text: str) -> float:
    """A time in any of the ways that JSON logs write it: ISO 8601, nginx's own, seconds or milliseconds.

    Raises:
        ValueError: it is none.
    """
    if "/" in text:
        return common_time_s(text)
    try:
        number = float(text)
    except ValueError:
        found = datetime.fromisoformat(text)
        return _checked((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp())
    return _checked(number / 1000 if number > _LAST_S else number)


def _checked(at_s: float) -> float:
    if not isfinite(at_s) or not 0 <= at_s < _LAST_S:
        raise ValueError(at_s)
    return at_s

"""How the controller reads the value of an annotation: as Go does, after a check of its characters.

A value that fails its check is *invalid*; one that passes it and still means nothing is *empty*. What follows
from that differs by annotation and is decided in `annotations`. Source: internal/ingress/annotations/parser.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address, ip_network

PREFIX = "nginx.ingress.kubernetes.io/"

_ALPHANUMERIC = r"\-._~a-zA-Z0-9/:"
_REGEX_CHARACTERS = r"^$\[\](){}*+?|&=\\"
_GO_BOOL = {"1": True, "t": True, "T": True, "TRUE": True, "true": True, "True": True}
_GO_BOOL |= {"0": False, "f": False, "F": False, "FALSE": False, "false": False, "False": False}

Check = Callable[[str], bool]


@dataclass(frozen=True)
class Invalid:
    """A value that fails its check."""

    name: str
    value: str


class Reader:
    """The annotations of one Ingress, read one by one; names are without the prefix.

    An invalid value counts as none, and stands in `ignored` once it was asked for.
    """

    def __init__(self, annotations: Mapping[str, str]) -> None:
        self.given = {k[len(PREFIX) :]: v for k, v in annotations.items() if k.startswith(PREFIX)}
        self.ignored: list[Invalid] = []

    def raw(self, name: str, alias: str = "") -> tuple[str, str | None]:
        """The name that counts and its value; an alias counts where the name says nothing."""
        if not self.given.get(name) and self.given.get(alias):
            return alias, self.given[alias]
        return name, self.given.get(name)

    def checked(self, name: str, alias: str = "") -> str | Invalid:
        """Each line without blanks around it; "" if there is none or it is empty."""
        found, value = self.raw(name, alias)
        if value and not CHECKS.get(name, bool)(value):
            return Invalid(found, value)
        return "\n".join(line.strip() for line in (value or "").split("\n"))

    def text(self, name: str, alias: str = "") -> str:
        """The same, "" for an invalid value too."""
        value = self.checked(name, alias)
        if isinstance(value, str):
            return value
        self.ignored.append(value)
        return ""

    def flag(self, name: str, default: bool = False) -> bool:
        """A truth value; the default if there is none."""
        return _GO_BOOL.get(self.text(name), default)

    def number(self, name: str, default: int = 0) -> int:
        """A whole number; the default if there is none."""
        value = self.text(name)
        return int(value) if is_integer(value) else default


def networks(value: str) -> tuple[str, ...]:
    """Networks and single addresses, separated by commas."""
    return tuple(part.strip() for part in value.split(",") if part.strip())


def contains(ranges: tuple[str, ...], address: str) -> bool:
    """Whether an address lies in one of the networks."""
    try:
        client = ip_address(address)
    except ValueError:
        return False
    return any(client in ip_network(r, strict=False) for r in ranges)


def matches(characters: str, without_blanks: bool = True) -> Check:
    """A check by regular expression, on the whole value."""
    pattern = re.compile(characters, re.ASCII)
    return lambda v: pattern.fullmatch(v.replace(" ", "") if without_blanks else v) is not None


def one_of(*options: str, caseless: bool = False) -> Check:
    """A check for one word among several."""
    return lambda v: (v.strip().lower() if caseless else v.strip()) in options


def is_bool(value: str) -> bool:
    """Whether Go reads a truth value."""
    return value in _GO_BOOL


def is_integer(value: str) -> bool:
    """Whether Go reads a whole number, of 64 bits at most."""
    return re.fullmatch(r"[+-]?[0-9]{1,18}", value, re.ASCII) is not None


def _is_network(part: str) -> bool:
    try:
        if "/" in part and not part.rpartition("/")[2].isdigit():
            return False
        ip_network(part, strict=False)
    except ValueError:
        return False
    return True


def each(check: Check) -> Check:
    """A check for values that commas separate."""
    return lambda value: all(check(part.strip()) for part in value.split(","))


_is_list = each(_is_network)
_server_name = matches(rf"[{_ALPHANUMERIC}{_REGEX_CHARACTERS}]*", without_blanks=False)
_basic = matches(rf"[{_ALPHANUMERIC}]*")
_path = matches(rf"/?[{_ALPHANUMERIC}$]*", without_blanks=False)
_url = matches(rf"[{_ALPHANUMERIC},:?&=]*", without_blanks=False)
_variables = matches(r"[A-Za-z0-9\-_${}]*")
_auth_url = matches(rf"[{_ALPHANUMERIC}, ,:?&=$]*")

BOOLEANS = (
    "canary", "enable-cors", "force-ssl-redirect", "from-to-www-redirect", "http2-push-preload",
    "preserve-trailing-slash", "relative-redirects", "service-upstream", "ssl-passthrough",
    "ssl-redirect", "upstream-hash-by-subset", "use-port-in-redirects", "use-regex",
)  # fmt: skip
NUMBERS = (
    "canary-weight", "canary-weight-total", "limit-burst-multiplier", "limit-connections", "limit-rpm",
    "limit-rps", "permanent-redirect-code", "proxy-connect-timeout", "proxy-next-upstream-timeout",
    "proxy-next-upstream-tries", "proxy-read-timeout", "temporal-redirect-code",
    "upstream-hash-by-subset-size",
)  # fmt: skip

CHECKS: dict[str, Check] = {
    **dict.fromkeys(BOOLEANS, is_bool),
    **dict.fromkeys(NUMBERS, is_integer),
    **dict.fromkeys(("allowlist-source-range", "denylist-source-range", "limit-allowlist"), _is_list),
    **dict.fromkeys(
        ("canary-by-cookie", "canary-by-header", "canary-by-header-value", "session-cookie-name"), _basic
    ),
    **dict.fromkeys(("permanent-redirect", "temporal-redirect"), _url),
    **dict.fromkeys(("app-root", "rewrite-target"), _path),
    "affinity": one_of("cookie"),
    "affinity-canary-behavior": one_of("sticky", "legacy"),
    "affinity-mode": one_of("balanced", "persistent"),
    "auth-type": one_of("basic", "digest", caseless=True),
    "auth-url": _auth_url,
    "backend-protocol": one_of("auto_http", "http", "https", "grpc", "grpcs", "fcgi", caseless=True),
    "canary-by-header-pattern": _server_name,
    "client-body-buffer-size": matches(r"(?i:\d+[bkmg]?)"),
    "cors-allow-origin": matches(r"((((([a-z]+://)?(\*\.)?[A-Za-z0-9\-.]*(:\d+)?,?)|null)+)|\*)?"),
    "custom-http-errors": matches(r"(?:[4,5]\d{2},?)*"),
    "default-backend": matches(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?", without_blanks=False),
    "load-balance": one_of(
        "round_robin", "chash", "chashsubset", "sticky_balanced", "sticky_persistent", "ewma"
    ),
    "proxy-next-upstream": matches(
        r"((error|timeout|invalid_header|http_50[0234]|http_403|http_404|http_429|non_idempotent|off)\s?)+",
        without_blanks=False,
    ),
    "server-alias": each(_server_name),
    "upstream-hash-by": _variables,
    "upstream-vhost": lambda value: _server_name(value.strip()),
    "x-forwarded-prefix": matches(rf"/?[{_ALPHANUMERIC}$]*"),
}  # fmt: skip
"""Annotation -> whether its value passes; one that is not listed is not checked here."""

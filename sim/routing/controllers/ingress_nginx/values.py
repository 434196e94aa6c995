"""How the controller reads the value of an annotation: as Go does, after a check of its characters.

A value that fails its check is *invalid*; one that passes it and still means nothing is *empty*. What follows
from that differs by annotation and is decided in `annotations`. Source: internal/ingress/annotations/parser.
"""

from __future__ import annotations

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
    """The annotations of one Ingress, read one by one; names are without the prefix."""

    def __init__(self, annotations: Mapping[str, str]) -> None:
        self._given = {k[len(PREFIX) :]: v for k, v in annotations.items() if k.startswith(PREFIX)}

    def __contains__(self, name: str) -> bool:
        return name in self._given

    @property
    def names(self) -> tuple[str, ...]:
        """The names that are there, in order of writing."""
        return tuple(self._given)

    def raw(self, name: str, alias: str = "") -> tuple[str, str | None]:
        """The name that counts and its value; an alias counts where the name says nothing."""
        if not self._given.get(name) and self._given.get(alias):
            return alias, self._given[alias]
        return name, self._given.get(name)

    def text(self, name: str, alias: str = "") -> str | Invalid:
        """Each line without blanks around it; "" if there is none or it is empty."""
        found, value = self.raw(name, alias)
        if value is None:
            return ""
        if value and not CHECKS.get(name, _anything)(value):
            return Invalid(found, value)
        return "\n".join(line.strip() for line in value.split("\n"))

    def flag(self, name: str, default: bool = False) -> bool | Invalid:
        """A truth value; the default if there is none."""
        value = self.text(name)
        return value if isinstance(value, Invalid) else _GO_BOOL.get(value, default)

    def number(self, name: str, default: int = 0) -> int | Invalid:
        """A whole number; the default if there is none."""
        value = self.text(name)
        if isinstance(value, Invalid):
            return value
        return int(value) if _is_integer(value) else default


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


def _anything(value: str) -> bool:
    return True


def _is_bool(value: str) -> bool:
    return value in _GO_BOOL


def _is_integer(value: str) -> bool:
    return re.fullmatch(r"[+-]?[0-9]+", value, re.ASCII) is not None


def _is_networks(value: str) -> bool:
    return all(_is_network(part.strip()) for part in value.split(","))


def _is_network(part: str) -> bool:
    try:
        if "/" in part and not part.rpartition("/")[2].isdigit():
            return False
        ip_network(part, strict=False)
    except ValueError:
        return False
    return True


def _are_server_names(value: str) -> bool:
    return all(_server_name(part.strip()) for part in value.split(","))


_server_name = matches(rf"[{_ALPHANUMERIC}{_REGEX_CHARACTERS}]*", without_blanks=False)
_basic = matches(rf"[{_ALPHANUMERIC}]*")
_path = matches(rf"/?[{_ALPHANUMERIC}$]*", without_blanks=False)
_url = matches(rf"[{_ALPHANUMERIC},:?&=]*", without_blanks=False)
_variables = matches(r"[A-Za-z0-9\-_${}]*")
_auth_url = matches(rf"[{_ALPHANUMERIC}, ,:?&=$]*")

CHECKS: dict[str, Check] = {
    "affinity": one_of("cookie"),
    "affinity-canary-behavior": one_of("sticky", "legacy"),
    "affinity-mode": one_of("balanced", "persistent"),
    "allowlist-source-range": _is_networks,
    "app-root": _path,
    "auth-type": one_of("basic", "digest", caseless=True),
    "auth-url": _auth_url,
    "backend-protocol": one_of("auto_http", "http", "https", "grpc", "grpcs", "fcgi", caseless=True),
    "canary": _is_bool,
    "canary-by-cookie": _basic,
    "canary-by-header": _basic,
    "canary-by-header-pattern": _server_name,
    "canary-by-header-value": _basic,
    "canary-weight": _is_integer,
    "canary-weight-total": _is_integer,
    "client-body-buffer-size": matches(r"(?i:\d+[bkmg]?)"),
    "cors-allow-origin": matches(r"((((([a-z]+://)?(\*\.)?[A-Za-z0-9\-.]*(:\d+)?,?)|null)+)|\*)?"),
    "custom-http-errors": matches(r"(?:[4,5]\d{2},?)*"),
    "default-backend": matches(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?", without_blanks=False),
    "denylist-source-range": _is_networks,
    "enable-cors": _is_bool,
    "force-ssl-redirect": _is_bool,
    "from-to-www-redirect": _is_bool,
    "http2-push-preload": _is_bool,
    "limit-allowlist": _is_networks,
    "limit-burst-multiplier": _is_integer,
    "limit-connections": _is_integer,
    "limit-rpm": _is_integer,
    "limit-rps": _is_integer,
    "load-balance": one_of(
        "round_robin", "chash", "chashsubset", "sticky_balanced", "sticky_persistent", "ewma"
    ),
    "permanent-redirect": _url,
    "permanent-redirect-code": _is_integer,
    "preserve-trailing-slash": _is_bool,
    "relative-redirects": _is_bool,
    "rewrite-target": _path,
    "server-alias": _are_server_names,
    "service-upstream": _is_bool,
    "session-cookie-name": _basic,
    "ssl-passthrough": _is_bool,
    "ssl-redirect": _is_bool,
    "temporal-redirect": _url,
    "temporal-redirect-code": _is_integer,
    "upstream-hash-by": _variables,
    "upstream-hash-by-subset": _is_bool,
    "upstream-hash-by-subset-size": _is_integer,
    "upstream-vhost": lambda value: _server_name(value.strip()),
    "use-port-in-redirects": _is_bool,
    "use-regex": _is_bool,
    "x-forwarded-prefix": matches(rf"/?[{_ALPHANUMERIC}$]*"),
}  # fmt: skip
"""Annotation -> whether its value passes; one that is not listed is not checked here."""

"""The annotations of an Ingress, parsed: what they ask for, and what becomes of one that cannot be read.

Three things can happen to an invalid value: the annotation is ignored and its default holds; every location
of the Ingress answers 503 (source ranges); or the controller skips the whole Ingress.
An annotation that writes configuration of its own (a snippet) is too risky by default and also refuses it.
Source: internal/ingress/annotations/*/main.go, annotations.go (Extract), store.go (syncIngress).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from sim.manifests.objects import Ingress
from sim.routing.controllers.ingress_nginx.values import PREFIX, Invalid, Reader, networks

T = TypeVar("T")

DEFAULT_COOKIE = "INGRESSCOOKIE"

TOO_RISKY = (
    "auth-snippet", "configuration-snippet", "modsecurity-snippet", "server-snippet", "stream-snippet",
)  # fmt: skip
"""Above the default annotations-risk-level, High."""

REFUSES_THE_INGRESS = (
    "auth-type", "auth-url", "client-body-buffer-size", "custom-http-errors", "default-backend",
    "from-to-www-redirect", "http2-push-preload", "limit-allowlist", "limit-connections", "limit-rpm",
    "limit-rps", "load-balance", "permanent-redirect", "relative-redirects", "server-alias",
    "ssl-passthrough", "temporal-redirect", "upstream-hash-by", "upstream-hash-by-subset",
    "upstream-hash-by-subset-size", "upstream-vhost", "x-forwarded-prefix",
)  # fmt: skip
"""Where an invalid value makes the controller skip the Ingress."""

MODELLED = frozenset(
    {
        "affinity", "affinity-canary-behavior", "affinity-mode", "allowlist-source-range", "app-root",
        "backend-protocol", "canary", "canary-by-cookie", "canary-by-header",
        "canary-by-header-pattern", "canary-by-header-value", "canary-weight", "canary-weight-total",
        "cors-allow-credentials", "cors-allow-headers", "cors-allow-methods", "cors-allow-origin",
        "cors-expose-headers", "cors-max-age", "custom-http-errors", "default-backend",
        "denylist-source-range", "enable-cors", "force-ssl-redirect", "from-to-www-redirect",
        "limit-allowlist", "limit-burst-multiplier", "limit-connections", "limit-rpm", "limit-rps",
        "limit-whitelist", "load-balance", "permanent-redirect", "permanent-redirect-code",
        "preserve-trailing-slash", "relative-redirects", "rewrite-target", "server-alias",
        "service-upstream", "session-cookie-change-on-failure",
        "session-cookie-conditional-samesite-none", "session-cookie-domain", "session-cookie-expires",
        "session-cookie-max-age", "session-cookie-name", "session-cookie-path",
        "session-cookie-samesite", "session-cookie-secure", "ssl-passthrough", "ssl-redirect",
        "temporal-redirect", "temporal-redirect-code", "upstream-hash-by", "upstream-hash-by-subset",
        "upstream-hash-by-subset-size", "upstream-vhost", "use-port-in-redirects", "use-regex",
        "whitelist-source-range", "x-forwarded-prefix", *TOO_RISKY,
    }
)  # fmt: skip
"""Annotations whose effect on where a request goes, and on who answers it, is modelled."""


@dataclass(frozen=True)
class Canary:
    """When a request goes to the other backend: header, then cookie, then weight of a total."""

    weight: int = 0
    total: int = 100
    header: str = ""
    header_value: str = ""
    header_pattern: str = ""
    cookie: str = ""


@dataclass(frozen=True)
class Redirect:
    """What `return` sends instead of an answer of the application."""

    url: str
    code: int
    annotation: str


@dataclass(frozen=True)
class Affinity:
    """Session affinity by cookie."""

    cookie: str
    mode: str


@dataclass(frozen=True)
class Limits:
    """Requests of one client address: how many zones let through at once; None: no such limit."""

    rps: int = 0
    rpm: int = 0
    connections: int = 0
    multiplier: int = 5
    exempt: tuple[str, ...] = ()

    @property
    def at_once(self) -> int | None:
        """How many of the requests of one instant pass: one and the burst, by the tightest limit."""
        zones = [1 + rate * self.multiplier for rate in (self.rps, self.rpm) if rate > 0]
        return min([*zones, *([self.connections] if self.connections > 0 else [])], default=None)


@dataclass(frozen=True)
class Annotations:
    """What the annotations of one Ingress ask for; the fields' defaults are the controller's.

    Args:
        denied: why every location of the Ingress answers 503; empty: it does not.
        ignored: annotations whose value is invalid and which therefore do nothing.
    """

    canary: Canary | None = None
    canary_behaviour: str = ""
    rewrite_target: str = ""
    use_regex: bool = False
    app_root: str = ""
    ssl_redirect: bool = True
    force_ssl_redirect: bool = False
    ssl_passthrough: bool = False
    preserve_trailing_slash: bool = False
    port_in_redirects: bool = False
    relative_redirects: bool = False
    from_to_www: bool = False
    redirect: Redirect | None = None
    aliases: tuple[str, ...] = ()
    affinity: Affinity | None = None
    affinity_mode: str = ""
    service_upstream: bool = False
    backend_protocol: str = "http"
    allowed: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    limits: Limits = Limits()
    upstream_vhost: str = ""
    default_backend: str = ""
    error_codes: frozenset[int] = frozenset()
    cors_origins: tuple[str, ...] | None = None
    load_balance: str = ""
    hash_by: str = ""
    denied: str = ""
    ignored: tuple[Invalid, ...] = ()


def refusal(ingress: Ingress) -> tuple[str, str | None] | None:
    """Why the controller skips the whole Ingress for one annotation, and its line; None: it does not."""
    given = Reader(ingress.metadata.annotations)
    for name in given.names:
        if name in TOO_RISKY:
            because = f"annotation {name} is too risky (annotations-risk-level High)"
            return because, line_of(ingress, name)
    for name in (*REFUSES_THE_INGRESS, *_codes_read(given)):
        value = given.text(name, "limit-whitelist" if name == "limit-allowlist" else "")
        if isinstance(value, Invalid):
            because = f"annotation {value.name} has an invalid value {value.value!r}"
            return because, line_of(ingress, value.name)
    return None


def _codes_read(given: Reader) -> tuple[str, ...]:
    """A redirect's code is looked at only with its own kind of redirect."""
    return ("temporal-redirect-code",) if given.text("temporal-redirect") else ("permanent-redirect-code",)


def line_of(ingress: Ingress, name: str) -> str | None:
    """`FILE:LINE` of an annotation."""
    return ingress.line("metadata", "annotations", PREFIX + name)


def parsed(ingress: Ingress) -> Annotations:
    """Read all annotations of an Ingress that is not refused."""
    given = Reader(ingress.metadata.annotations)
    ignored: list[Invalid] = []

    def valid(value: T | Invalid, default: T) -> T:
        if isinstance(value, Invalid):
            ignored.append(value)
            return default
        return value

    allowed = given.text("allowlist-source-range", "whitelist-source-range")
    refused = given.text("denylist-source-range")
    mode = valid(given.text("affinity-mode"), "")
    temporal = _temporal(given)
    redirect = temporal or _permanent(given)
    return Annotations(
        canary=_canary(given, valid),
        canary_behaviour=valid(given.text("affinity-canary-behavior"), ""),
        rewrite_target=valid(given.text("rewrite-target"), ""),
        use_regex=valid(given.flag("use-regex"), False),
        app_root=_app_root(valid(given.text("app-root"), "")),
        ssl_redirect=valid(given.flag("ssl-redirect", True), True),
        force_ssl_redirect=valid(given.flag("force-ssl-redirect"), False),
        ssl_passthrough=given.flag("ssl-passthrough") is True,
        preserve_trailing_slash=valid(given.flag("preserve-trailing-slash"), False),
        port_in_redirects=valid(given.flag("use-port-in-redirects"), False),
        relative_redirects=_redirects_readable(given) and given.flag("relative-redirects") is True,
        from_to_www=_redirects_readable(given) and given.flag("from-to-www-redirect") is True,
        redirect=redirect if _redirects_readable(given) else None,
        aliases=_aliases(given),
        affinity=_affinity(given, mode, valid),
        affinity_mode=mode,
        service_upstream=valid(given.flag("service-upstream"), False),
        backend_protocol=valid(given.text("backend-protocol"), "").lower() or "http",
        allowed=() if isinstance(allowed, Invalid) else networks(allowed),
        refused=() if isinstance(refused, Invalid) else networks(refused),
        limits=_limits(given),
        upstream_vhost=_text(given, "upstream-vhost"),
        default_backend=_text(given, "default-backend"),
        error_codes=frozenset(int(c) for c in _text(given, "custom-http-errors").split(",") if c.strip()),
        cors_origins=_cors(given) if valid(given.flag("enable-cors"), False) else None,
        load_balance=_text(given, "load-balance"),
        hash_by=_text(given, "upstream-hash-by"),
        denied=_denied(given),
        ignored=tuple(ignored),
    )


def _text(given: Reader, name: str) -> str:
    """The value of an annotation that is known to be valid."""
    value = given.text(name)
    return "" if isinstance(value, Invalid) else value


def _number(given: Reader, name: str, default: int = 0) -> int:
    value = given.number(name, default)
    return default if isinstance(value, Invalid) else value


def _canary(given: Reader, valid: Callable[[Any, Any], Any]) -> Canary | None:
    if not valid(given.flag("canary"), False):
        return None
    return Canary(
        valid(given.number("canary-weight"), 0),
        valid(given.number("canary-weight-total", 100), 100),
        valid(given.text("canary-by-header"), ""),
        valid(given.text("canary-by-header-value"), ""),
        valid(given.text("canary-by-header-pattern"), ""),
        valid(given.text("canary-by-cookie"), ""),
    )


def _app_root(value: str) -> str:
    """Only an absolute path counts; anything else is dropped."""
    return value if value.startswith("/") else ""


def _redirects_readable(given: Reader) -> bool:
    """Whether the group of redirect annotations is read: an empty value among them drops them all."""
    temporal = _text(given, "temporal-redirect")
    names = ["from-to-www-redirect", "relative-redirects", "temporal-redirect"]
    names += ["temporal-redirect-code"] if temporal else ["permanent-redirect", "permanent-redirect-code"]
    empty = any(name in given and not given.text(name) for name in names)
    return not empty and (not temporal or re.match(r"(?i)http[a-z0-9+.-]*:", temporal) is not None)


def _temporal(given: Reader) -> Redirect | None:
    url, code = _text(given, "temporal-redirect"), _number(given, "temporal-redirect-code")
    return Redirect(url, code if 300 <= code <= 307 else 302, "temporal-redirect") if url else None


def _permanent(given: Reader) -> Redirect | None:
    url, code = _text(given, "permanent-redirect"), _number(given, "permanent-redirect-code")
    return Redirect(url, code if 300 <= code <= 308 else 301, "permanent-redirect") if url else None


def _aliases(given: Reader) -> tuple[str, ...]:
    names = (name.strip() for name in _text(given, "server-alias").split(","))
    return tuple(sorted({name for name in names if name}))


def _affinity(given: Reader, mode: str, valid: Callable[[Any, Any], Any]) -> Affinity | None:
    if valid(given.text("affinity"), "") != "cookie":
        return None
    return Affinity(valid(given.text("session-cookie-name"), "") or DEFAULT_COOKIE, mode)


def _limits(given: Reader) -> Limits:
    exempt = given.text("limit-allowlist", "limit-whitelist")
    return Limits(
        _number(given, "limit-rps"),
        _number(given, "limit-rpm"),
        _number(given, "limit-connections"),
        _number(given, "limit-burst-multiplier", 5),
        () if isinstance(exempt, Invalid) else networks(exempt),
    )


def _cors(given: Reader) -> tuple[str, ...]:
    """The origins that are answered; an unreadable list counts as any origin."""
    value = given.text("cors-allow-origin")
    if isinstance(value, Invalid) or not value:
        return ("*",)
    return ("*",) if "*" in (origins := tuple(_origins(value))) else origins


def _origins(value: str) -> Iterator[str]:
    for origin in value.split(","):
        if re.fullmatch(r"([a-z]+://(\*\.)?[A-Za-z0-9\-.]*(:\d+)?|\*|null)", origin.strip(), re.ASCII):
            yield origin.strip()


def _denied(given: Reader) -> str:
    for name, alias in (("allowlist-source-range", "whitelist-source-range"), ("denylist-source-range", "")):
        found, raw = given.raw(name, alias)
        value = given.text(name, alias)
        if isinstance(value, Invalid) or (raw is not None and not value):
            return f"annotation {found} holds no list of networks: {raw!r}"
    return ""

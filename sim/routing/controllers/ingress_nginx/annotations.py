"""The annotations of an Ingress, parsed: what they ask for, and what becomes of one that cannot be read.

Three things can happen to an invalid value: the annotation is ignored and its default holds; every location
of the Ingress answers 503 (source ranges); or the controller skips the whole Ingress.
One above the configured level of risk (by default a snippet) also refuses it. Where an annotation says
nothing, the controller's ConfigMap gives the default.
Source: internal/ingress/annotations/*/main.go, annotations.go (Extract), store.go (syncIngress).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sim.manifests.objects.networking import Ingress
from sim.routing.controllers.ingress_nginx.configuration import Configuration
from sim.routing.controllers.ingress_nginx.risks import SNIPPETS, too_risky
from sim.routing.controllers.ingress_nginx.timeouts import goes_on
from sim.routing.controllers.ingress_nginx.values import CHECKS, PREFIX, Invalid, Reader, networks

DEFAULT_COOKIE = "INGRESSCOOKIE"

REFUSES_THE_INGRESS = (
    "auth-type", "auth-url", "client-body-buffer-size", "custom-http-errors", "default-backend",
    "from-to-www-redirect", "http2-push-preload", "limit-allowlist", "limit-connections", "limit-rpm",
    "limit-rps", "load-balance", "permanent-redirect", "relative-redirects", "server-alias",
    "ssl-passthrough", "temporal-redirect", "upstream-hash-by", "upstream-hash-by-subset",
    "upstream-hash-by-subset-size", "upstream-vhost", "x-forwarded-prefix",
)  # fmt: skip
"""Where an invalid value makes the controller skip the Ingress."""

_WITHOUT_EFFECT_HERE = {"auth-type", "auth-url", "client-body-buffer-size", "http2-push-preload"}
MODELLED = frozenset(CHECKS).difference(_WITHOUT_EFFECT_HERE).union(
    SNIPPETS,
    (
        "cors-allow-credentials", "cors-allow-headers", "cors-allow-methods", "cors-expose-headers",
        "cors-max-age", "limit-whitelist", "session-cookie-change-on-failure",
        "session-cookie-conditional-samesite-none", "session-cookie-domain", "session-cookie-expires",
        "session-cookie-max-age", "session-cookie-path", "session-cookie-samesite",
        "session-cookie-secure", "whitelist-source-range",
    ),
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
        own_errors: whether its own annotation lists the error codes, and no ConfigMap does.
        affinity: name of the cookie that binds a session to a Pod; empty: none does.
        hash_subset: size of the subsets that a hash leads to; 0: it leads to a Pod.
        goes_on: fields of `Retries`, each with another value.
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
    affinity: str = ""
    affinity_mode: str = ""
    service_upstream: bool = False
    backend_protocol: str = "http"
    allowed: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    limits: Limits = Limits()
    upstream_vhost: str = ""
    default_backend: str = ""
    error_codes: frozenset[int] = frozenset()
    own_errors: bool = False
    cors_origins: tuple[str, ...] | None = None
    load_balance: str = ""
    hash_by: str = ""
    hash_subset: int = 0
    goes_on: tuple[tuple[str, Any], ...] = ()
    denied: str = ""
    ignored: tuple[Invalid, ...] = ()


def refusal(ingress: Ingress, told: Configuration) -> tuple[str, str | None] | None:
    """Why the controller skips the whole Ingress for one annotation, and its line; None: it does not."""
    given = Reader(ingress.metadata.annotations)
    for name in given.given:
        if any(word in given.given[name] for word in told.annotation_value_word_blocklist):
            because = f"annotation {name} has a word of annotation-value-word-blocklist"
            return because, line_of(ingress, name)
    for name in too_risky(given.given, told):
        because = f"annotation {name} is too risky ({told.named('annotations-risk-level')})"
        return because, line_of(ingress, name)
    # A redirect's code is looked at only with its own kind of redirect.
    kind = "temporal" if given.checked("temporal-redirect") else "permanent"
    for name in (*REFUSES_THE_INGRESS, f"{kind}-redirect-code"):
        value = given.checked(name, "limit-whitelist" if name == "limit-allowlist" else "")
        if isinstance(value, Invalid):
            because = f"annotation {value.name} has an invalid value {value.value!r}"
            return because, line_of(ingress, value.name)
    return None


def line_of(ingress: Ingress, name: str) -> str | None:
    """`FILE:LINE` of an annotation."""
    return ingress.line("metadata", "annotations", PREFIX + name)


def parsed(ingress: Ingress, told: Configuration) -> Annotations:
    """Read all annotations of an Ingress that is not refused."""
    given = Reader(ingress.metadata.annotations)
    unsaid = "service-upstream" not in given.given
    mode, redirects_read = given.text("affinity-mode"), _redirects_readable(given)
    return Annotations(
        canary=_canary(given) if given.flag("canary") else None,
        canary_behaviour=given.text("affinity-canary-behavior"),
        rewrite_target=given.text("rewrite-target"),
        use_regex=given.flag("use-regex"),
        app_root=root if (root := given.text("app-root")).startswith("/") else "",
        ssl_redirect=given.flag("ssl-redirect", told.ssl_redirect),
        force_ssl_redirect=given.flag("force-ssl-redirect", told.force_ssl_redirect),
        ssl_passthrough=given.flag("ssl-passthrough"),
        preserve_trailing_slash=given.flag("preserve-trailing-slash", told.preserve_trailing_slash),
        port_in_redirects=given.flag("use-port-in-redirects", told.use_port_in_redirects),
        relative_redirects=told.relative_redirects or (redirects_read and given.flag("relative-redirects")),
        from_to_www=redirects_read and given.flag("from-to-www-redirect"),
        redirect=_redirect(given) if redirects_read else None,
        aliases=tuple(sorted({name for n in given.text("server-alias").split(",") if (name := n.strip())})),
        affinity=_affinity(given),
        affinity_mode=mode,
        service_upstream=given.flag("service-upstream", told.service_upstream and unsaid),
        backend_protocol=given.text("backend-protocol").lower() or "http",
        allowed=networks(given.text("allowlist-source-range", "whitelist-source-range"))
        or told.whitelist_source_range,
        refused=networks(given.text("denylist-source-range")) or told.denylist_source_range,
        limits=_limits(given),
        upstream_vhost=given.text("upstream-vhost"),
        default_backend=given.text("default-backend"),
        error_codes=_error_codes(given) or told.custom_http_errors,
        own_errors=bool(_error_codes(given)),
        cors_origins=_cors(given) if given.flag("enable-cors") else None,
        load_balance=given.text("load-balance") or told.load_balance,
        hash_by=given.text("upstream-hash-by"),
        hash_subset=_subset(given),
        goes_on=tuple(goes_on(given, told)),
        denied=_denied(given),
        ignored=tuple(given.ignored),
    )


def _error_codes(given: Reader) -> frozenset[int]:
    return frozenset(int(code) for code in given.text("custom-http-errors").split(",") if code.strip())


def _canary(given: Reader) -> Canary:
    return Canary(
        given.number("canary-weight"),
        given.number("canary-weight-total", 100),
        given.text("canary-by-header"),
        given.text("canary-by-header-value"),
        given.text("canary-by-header-pattern"),
        given.text("canary-by-cookie"),
    )


def _redirects_readable(given: Reader) -> bool:
    """Whether the group of redirect annotations is read: an empty value among them drops them all."""
    temporal = given.text("temporal-redirect")
    names = ["from-to-www-redirect", "relative-redirects", "temporal-redirect"]
    names += ["temporal-redirect-code"] if temporal else ["permanent-redirect", "permanent-redirect-code"]
    empty = any(name in given.given and not given.text(name) for name in names)
    return not empty and (not temporal or re.match(r"(?i)http[a-z0-9+.-]*:", temporal) is not None)


def _redirect(given: Reader) -> Redirect | None:
    """The temporary one goes first; a code out of range is the usual one."""
    for name, usual, last in (("temporal-redirect", 302, 307), ("permanent-redirect", 301, 308)):
        if url := given.text(name):
            code = given.number(f"{name}-code")
            return Redirect(url, code if 300 <= code <= last else usual, name)
    return None


def _affinity(given: Reader) -> str:
    return (given.text("session-cookie-name") or DEFAULT_COOKIE) if given.text("affinity") else ""


def _subset(given: Reader) -> int:
    """Source: annotations/upstreamhashby/main.go (Parse)."""
    size = given.number("upstream-hash-by-subset-size") or 3
    return max(1, size) if given.flag("upstream-hash-by-subset") else 0


def _limits(given: Reader) -> Limits:
    return Limits(
        given.number("limit-rps"),
        given.number("limit-rpm"),
        given.number("limit-connections"),
        given.number("limit-burst-multiplier", 5),
        networks(given.text("limit-allowlist", "limit-whitelist")),
    )


def _cors(given: Reader) -> tuple[str, ...]:
    """The origins that are answered; an unreadable list counts as any origin."""
    value = given.checked("cors-allow-origin")
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
        value = given.checked(name, alias)
        if isinstance(value, Invalid) or (raw is not None and not value):
            return f"annotation {found} holds no list of networks: {raw!r}"
    return ""

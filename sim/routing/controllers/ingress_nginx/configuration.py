"""The controller's own configuration: its arguments, and the ConfigMap that --configmap names.

Every default is that of the version that runs, and of the newest where none is known. A key that cannot be
read keeps its default. Source: internal/ingress/controller/config/config.go (NewDefault),
template/configmap.go (ReadConfig), pkg/flags/flags.go, at the tags of the versions named.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from sim.cluster.cluster import Controller
from sim.routing.controllers.settings import (
    Parse,
    Told,
    flag,
    networks,
    number,
    told,
    told_by_arguments,
    words,
)

RISKS = ("low", "medium", "high", "critical")
"""Levels of annotations-risk-level, in order. Source: annotations/parser/main.go (StringRiskToRisk)."""


@dataclass(frozen=True)
class Configuration:
    """What the controller was told, or its default; a field is the key of the ConfigMap with underscores.

    Args:
        custom_http_errors: statuses that the default backend answers instead.
        proxy_next_upstream: what makes it try another Pod, as words of nginx.
        worker_processes: 0: one for each CPU.
        told: key of the ConfigMap or name of an argument -> what was said, and where.
    """

    allow_snippet_annotations: bool = False
    annotations_risk_level: str = "High"
    annotation_value_word_blocklist: tuple[str, ...] = ()
    strict_validate_path_type: bool = True
    use_forwarded_headers: bool = False
    use_proxy_protocol: bool = False
    enable_real_ip: bool = False
    forwarded_for_header: str = "X-Forwarded-For"
    proxy_real_ip_cidr: tuple[str, ...] = ("0.0.0.0/0",)
    ssl_redirect: bool = True
    force_ssl_redirect: bool = False
    http_redirect_code: int = 308
    no_tls_redirect_locations: tuple[str, ...] = ("/.well-known/acme-challenge",)
    preserve_trailing_slash: bool = False
    use_port_in_redirects: bool = False
    relative_redirects: bool = False
    ssl_reject_handshake: bool = False
    service_upstream: bool = False
    load_balance: str = ""
    custom_http_errors: frozenset[int] = frozenset()
    whitelist_source_range: tuple[str, ...] = ()
    denylist_source_range: tuple[str, ...] = ()
    block_cidrs: tuple[str, ...] = ()
    limit_req_status_code: int = 503
    limit_conn_status_code: int = 503
    proxy_connect_timeout: int = 5
    proxy_read_timeout: int = 60
    proxy_next_upstream: str = "error timeout"
    proxy_next_upstream_tries: int = 3
    proxy_next_upstream_timeout: int = 0
    retry_non_idempotent: bool = False
    worker_processes: int = 0
    keep_alive: int = 75
    keep_alive_requests: int = 1000
    hsts: bool = True
    proxy_body_size: str = "1m"
    http_port: int = 80
    https_port: int = 443
    disable_catch_all: bool = False
    disable_svc_external_name: bool = False
    default_ssl_certificate: str = ""
    told: Mapping[str, Told] = field(default_factory=dict, compare=False)

    @property
    def risk(self) -> int:
        """The place of annotations-risk-level in RISKS; a word that is none counts as the lowest."""
        level = self.annotations_risk_level.lower()
        return RISKS.index(level) if level in RISKS else 0

    def said(self, key: str) -> Told | None:
        """What was said about a key, None where its default holds."""
        found = self.told.get(key)
        return found if found is not None and found.value is not None else None

    def named(self, key: str) -> str:
        """A key for a reader: whose it is and where it stands, where it was said."""
        found = self.said(key)
        if found is None:
            return f"{key} {getattr(self, key.replace('-', '_'))}"
        return f"{found.what}: {found.value}" + (f", {found.source}" if found.source else "")

    def line(self, key: str) -> str | None:
        """`FILE:LINE` of a key, None where its default holds."""
        found = self.said(key)
        return found.source if found is not None else None


def _redirect_code(text: str) -> int | None:
    code = number(text)
    return code if code in (301, 302, 307, 308) else None


def _statuses(text: str) -> frozenset[int]:
    codes = (number(word) for word in words(text))
    return frozenset(code for code in codes if code is not None and 299 < code < 600)


def _switch(text: str) -> bool | None:
    return False if text == "" else flag(text)


def _switch_on(text: str) -> bool | None:
    """A flag without a value is on."""
    return True if text == "" else flag(text)


def _count(text: str) -> int | None:
    return 0 if text == "" else number(text)


READ: dict[str, Parse] = {
    **dict.fromkeys(
        (
            "allow-snippet-annotations", "enable-real-ip", "force-ssl-redirect", "hsts",
            "preserve-trailing-slash", "relative-redirects", "retry-non-idempotent", "service-upstream",
            "ssl-redirect", "ssl-reject-handshake", "strict-validate-path-type", "use-forwarded-headers",
            "use-port-in-redirects", "use-proxy-protocol",
        ),
        _switch,
    ),
    **dict.fromkeys(
        (
            "keep-alive", "keep-alive-requests", "limit-conn-status-code", "limit-req-status-code",
            "proxy-connect-timeout", "proxy-next-upstream-timeout", "proxy-next-upstream-tries",
            "proxy-read-timeout", "worker-processes",
        ),
        _count,
    ),
    **dict.fromkeys(
        (
            "block-cidrs", "denylist-source-range", "proxy-real-ip-cidr", "whitelist-source-range",
        ),
        networks,
    ),
    **dict.fromkeys(("annotation-value-word-blocklist", "no-tls-redirect-locations"), words),
    **dict.fromkeys(
        (
            "annotations-risk-level", "forwarded-for-header", "load-balance", "proxy-body-size",
            "proxy-next-upstream",
        ),
        str,
    ),
    "custom-http-errors": _statuses,
    "http-redirect-code": _redirect_code,
}  # fmt: skip
"""Key -> how its text is read. Source: template/configmap.go; mapstructure with weak types."""


def defaults(version: tuple[int, ...] | None) -> Configuration:
    """What holds where nothing is said.

    Source: config.go at controller-v1.9.0, v1.9.1, v1.11.8 and v1.12.0; before v1.9.1 snippets were allowed,
    before v1.12 no annotation was too risky and path types were not checked strictly.
    """
    if version is None or version >= (1, 12):
        return Configuration()
    lenient = Configuration(annotations_risk_level="Critical", strict_validate_path_type=False)
    return lenient if version >= (1, 9, 1) else replace(lenient, allow_snippet_annotations=True)


ARGUMENTS: dict[str, Parse] = {
    "default-ssl-certificate": str,
    "disable-catch-all": _switch_on,
    "disable-svc-external-name": _switch_on,
    "http-port": number,
    "https-port": number,
}
"""Argument -> how its value is read. Source: pkg/flags/flags.go."""


def configuration(controller: Controller) -> Configuration:
    """What a controller of this kind was told, or its default."""
    found = dict(told(controller, READ)) | dict(told_by_arguments(controller, ARGUMENTS))
    values = {key.replace("-", "_"): one.value for key, one in found.items() if one.value is not None}
    return replace(defaults(controller.version), **values, told=found)

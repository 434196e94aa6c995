"""How risky each annotation is: with one above annotations-risk-level the controller skips the whole Ingress.

Source: docs/user-guide/nginx-configuration/annotations-risk.md; annotations/*/main.go (Risk, Validate);
annotations/parser/validators.go (CheckAnnotationRisk), which looks at aliases too.
"""

from collections.abc import Iterable

from sim.routing.controllers.ingress_nginx.configuration import RISKS, Configuration

SNIPPETS = frozenset(
    ("auth-snippet", "configuration-snippet", "modsecurity-snippet", "server-snippet", "stream-snippet")
)
"""Annotations that write nginx configuration of their own: all of them critical."""

_HIGH = (
    "auth-signin", "auth-tls-error-page", "auth-tls-match-cn", "auth-url", "mirror-host", "mirror-target",
    "modsecurity-transaction-id", "proxy-ssl-name", "server-alias", "upstream-hash-by",
)  # fmt: skip
_MEDIUM = (
    "affinity-mode", "allowlist-source-range", "app-root", "auth-cache-duration", "auth-cache-key",
    "auth-proxy-set-headers", "auth-realm", "auth-request-redirect", "auth-response-headers",
    "auth-secret", "auth-signin-redirect-param", "auth-tls-secret", "auth-tls-verify-client",
    "canary-by-cookie", "canary-by-header", "canary-by-header-pattern", "canary-by-header-value",
    "cors-allow-headers", "cors-allow-methods", "cors-allow-origin", "cors-expose-headers",
    "custom-headers", "denylist-source-range", "fastcgi-index", "fastcgi-params-configmap",
    "force-ssl-redirect", "opentelemetry-operation-name", "permanent-redirect",
    "preserve-trailing-slash", "proxy-body-size", "proxy-cookie-domain", "proxy-cookie-path",
    "proxy-next-upstream", "proxy-redirect-from", "proxy-redirect-to", "proxy-ssl-ciphers",
    "proxy-ssl-secret", "rewrite-target", "session-cookie-domain", "session-cookie-expires",
    "session-cookie-max-age", "session-cookie-name", "session-cookie-path", "temporal-redirect",
    "whitelist-source-range", "x-forwarded-prefix",
)  # fmt: skip

RISK: dict[str, int] = {
    **dict.fromkeys(_MEDIUM, RISKS.index("medium")),
    **dict.fromkeys(_HIGH, RISKS.index("high")),
    **dict.fromkeys(SNIPPETS, RISKS.index("critical")),
}
"""Annotation without its prefix -> its place in RISKS; one that is not listed has the lowest."""


def too_risky(names: Iterable[str], told: Configuration) -> list[str]:
    """Those of the annotations (without prefix) that the configured level does not accept."""
    return [name for name in names if RISK.get(name, 0) > told.risk]

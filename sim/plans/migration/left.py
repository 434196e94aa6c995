"""The annotations of ingress-nginx that have no counterpart, or one that is not the same: what will change.

Whatever stands on an Ingress is carried over, known to be harmless, or named here; an annotation that is not
modelled is named as that. Source: envoyproxy/gateway at d32f282, api/v1alpha1; Gateway API v1.
"""

from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from typing import NamedTuple

from sim.manifests.objects.networking import Ingress
from sim.plans.migration.logins import said_of
from sim.plans.migration.objects import LeftOut
from sim.plans.migration.policies import BALANCERS, CARRIED, hashed, quantity
from sim.routing.controllers import INGRESS_NGINX
from sim.routing.controllers.ingress_nginx.annotations import line_of
from sim.routing.controllers.ingress_nginx.values import PREFIX, Reader

Holds = Callable[[str], bool]


def _always(value: str) -> bool:
    return True


def _on(value: str) -> bool:
    return value.strip().lower() in ("1", "t", "true")


def _not_http(value: str) -> bool:
    return value.strip().upper() in ("HTTPS", "GRPC", "GRPCS", "FCGI", "AUTO_HTTP")


class Without(NamedTuple):
    """What becomes of an annotation.

    Args:
        changes: what will be different.
        choices: what can be done.
        holds: whether a value asks for it.
    """

    changes: str
    choices: tuple[str, ...] = ()
    holds: Holds = _always


_LOGIN = "requests are no longer asked for a login: anyone gets in"
_ELSEWHERE = ("SecurityPolicy extAuth with a Service, or a Backend of Envoy Gateway for that URL",)
_SNIPPET = "the lines of nginx configuration are gone"

WITHOUT: dict[str, Without] = {
    "affinity-mode": Without(
        "sessions stay at a Pod as long as it is there",
        ("nothing, if persistent was asked for",),
        lambda value: value != "persistent",
    ),
    "auth-secret": Without(_LOGIN, ("SecurityPolicy basicAuth, with a Secret .htpasswd of SHA hashes",)),
    "auth-signin": Without("nobody is sent to the login page", ("SecurityPolicy oidc",)),
    "auth-tls-secret": Without(
        "client certificates are not asked for", ("ClientTrafficPolicy tls.clientValidation",)
    ),
    "auth-type": Without(_LOGIN, ("SecurityPolicy basicAuth, with a Secret .htpasswd of SHA hashes",)),
    "auth-url": Without(_LOGIN, _ELSEWHERE),
    "backend-protocol": Without(
        "Envoy speaks plain HTTP/1.1 to the Pods, which expect another protocol",
        (
            "for HTTPS: BackendTLSPolicy with the CA of the Pods",
            "or a Backend of Envoy Gateway with tls.insecureSkipVerify, if it is told to read those",
            "for GRPC: appProtocol kubernetes.io/h2c on the port of the Service, and a GRPCRoute",
        ),
        _not_http,
    ),
    "configuration-snippet": Without(_SNIPPET, ("a filter or a policy that does the same, one by one",)),
    "custom-http-errors": Without(
        "errors of the application reach the client as they are",
        ("BackendTrafficPolicy responseOverride",),
    ),
    "default-backend": Without(
        "where nothing is ready, Envoy answers 503 itself", ("BackendTrafficPolicy responseOverride",)
    ),
    "limit-allowlist": Without("the limits hold for these addresses too", ("a second rule of the limit",)),
    "limit-burst-multiplier": Without(
        "a burst is as large as the limit itself", ("a larger limit in a longer unit",)
    ),
    "limit-connections": Without(
        "the open connections of a client are not limited",
        ("BackendTrafficPolicy circuitBreaker, for all clients together",),
    ),
    "limit-rate": Without("answers are not slowed down", ("BackendTrafficPolicy bandwidthLimit",)),
    "limit-rpm": Without(
        "a client that asks too often gets 429 at once, not 503 after a burst; each proxy counts by itself",
        ("take the limit as it is", "rateLimit.global with a Redis, for one count of all proxies"),
    ),
    "limit-rps": Without(
        "a client that asks too often gets 429 at once, not 503 after a burst; each proxy counts by itself",
        ("take the limit as it is", "rateLimit.global with a Redis, for one count of all proxies"),
    ),
    "limit-whitelist": Without("the limits hold for these addresses too", ("a second rule of the limit",)),
    "load-balance": Without(
        "requests go to the Pod with the fewest open ones",
        ("another loadBalancer in the BackendTrafficPolicy",),
        lambda value: value not in BALANCERS,
    ),
    "mirror-target": Without("no copies are sent", ("the filter RequestMirror, with a Service",)),
    "proxy-body-size": Without(
        "the limit is written, and with it Envoy refuses WebSockets on these routes: it holds a body back "
        "until it is whole",
        ("take requestBuffer out where WebSockets are spoken, or bodies are streamed",),
        lambda value: quantity(value) != "",
    ),
    "proxy-next-upstream": Without(
        "another Pod is tried after a connection that fails, and after nothing else",
        ("BackendTrafficPolicy retry.retryOn",),
    ),
    "proxy-send-timeout": Without(
        "Envoy has no limit of its own for sending", ("BackendTrafficPolicy timeout.http.streamIdleTimeout",)
    ),
    "relative-redirects": Without("redirects name scheme and host", (), _on),
    "server-snippet": Without(_SNIPPET, ("a filter or a policy that does the same, one by one",)),
    "session-cookie-change-on-failure": Without("a session whose Pod fails moves to another one", (), _on),
    "session-cookie-domain": Without("the cookie is for the host that was asked",),
    "session-cookie-path": Without("the cookie is for the path of the rule",),
    "session-cookie-samesite": Without("the cookie has no SameSite",),
    "upstream-hash-by": Without(
        "clients are not bound to a Pod by this hash",
        ("loadBalancer ConsistentHash over a header, a cookie or a query parameter",),
        lambda value: not hashed(value),
    ),
    "upstream-hash-by-subset": Without("the hash is over single Pods", (), _on),
    "use-port-in-redirects": Without("redirects name no port that the scheme implies", (), _on),
    "x-forwarded-prefix": Without(
        "the application gets no X-Forwarded-Prefix", ("the filter RequestHeaderModifier",)
    ),
}  # fmt: skip
"""Annotation -> what will change; one that is neither here, modelled nor harmless is named as unknown."""


def left_annotations(ingress: Ingress) -> Iterator[LeftOut]:
    """The annotations of an Ingress that are not carried over as they are."""
    written = said_of(ingress)
    for name, value in Reader(ingress.metadata.annotations).given.items():
        known = WITHOUT.get(name)
        if name in written:
            if (said := written[name]).changes:
                yield LeftOut(name, ingress.key, said.changes, said.choices, line_of(ingress, name))
        elif known is not None:
            if known.holds(value):
                yield LeftOut(name, ingress.key, known.changes, known.choices, line_of(ingress, name))
        elif not _is_known(name, value):
            changes = "what it does to requests is not modelled, and nothing is written for it"
            yield LeftOut(name, ingress.key, changes, (), line_of(ingress, name))


def _is_known(name: str, value: str) -> bool:
    """Carried over, or without a part in any answer."""
    if name in CARRIED:
        return True
    harmless = any(fnmatchcase(name, pattern) for pattern in INGRESS_NGINX.harmless_annotations)
    return harmless or INGRESS_NGINX.models_annotation(f"{PREFIX}{name}", value)

"""Logins of ingress-nginx as a SecurityPolicy of Envoy Gateway has them: by password, or by a service beside.

What becomes of each annotation is said with it: neither is the same to the last. Source: ingress-nginx,
annotations/auth, annotations/authreq, nginx.tmpl; envoyproxy/gateway at d32f282, api/v1alpha1
(basic_auth_types.go, ext_auth_types.go), internal/xds/translator (basicauth.go, extauth.go).
"""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import SplitResult, urlsplit

from sim.manifests.objects.networking import Ingress
from sim.routing.controllers.ingress_nginx.annotations import line_of
from sim.routing.controllers.ingress_nginx.values import Reader

_SERVICE = re.compile(r"([a-z0-9-]+)\.([a-z0-9-]+)\.svc(\.cluster\.local)?")
_USUAL_PORT = 80
_HEADERS = ("cookie", "x-requested-with")
"""What the service gets beside Host, method, path and Authorization; Envoy sends nothing else by itself."""


class Said(NamedTuple):
    """What becomes of an annotation that is written; nothing that changes: all of it is carried over."""

    changes: str = ""
    choices: tuple[str, ...] = ()


def login(ingress: Ingress) -> Mapping[str, Any]:
    """The fields of a SecurityPolicy, with the lines that they come from; empty: none can be written."""
    made: dict[str, Any] = {}
    if (users := _users(ingress)) is not None:
        made["basicAuth"] = _lines(ingress, "auth-type", "auth-secret") | {"users": {"name": users}}
    if (url := _service(ingress)) is not None:
        lines = _lines(ingress, "auth-url", "auth-response-headers")
        made["extAuth"] = lines | {"headersToExtAuth": list(_HEADERS), "http": _http(ingress, url)}
    return made


def said_of(ingress: Ingress) -> Mapping[str, Said]:
    """Annotation -> what becomes of it, for those that are written."""
    made: dict[str, Said] = {}
    if (users := _users(ingress)) is not None:
        made |= dict.fromkeys(("auth-type", "auth-realm"), Said())
        made["auth-secret"] = Said(
            f"Envoy Gateway reads the users from the key .htpasswd of Secret {users}, with SHA hashes alone; "
            "until it is there every request gets 500",
            ("add the key .htpasswd to the Secret (htpasswd -s)",),
        )
    if _service(ingress) is not None:
        made["auth-response-headers"] = Said()
        made["auth-url"] = Said(
            "the login service is asked with the method of the request, sees Authorization and cookies but "
            "no X-Original-URL, and what it answers beside 200 goes to the client as it is",
            ("let the service judge by these", "name more headers in headersToExtAuth"),
        )
    return made


def _users(ingress: Ingress) -> str | None:
    """The Secret with the users, where one of the same namespace is named."""
    given = Reader(ingress.metadata.annotations)
    namespace, _, name = given.text("auth-secret").rpartition("/")
    fits = given.text("auth-type") == "basic" and name and namespace in ("", ingress.namespace)
    return name if fits else None


def _service(ingress: Ingress) -> SplitResult | None:
    """The URL of the login, where it is that of a Service, without variables of nginx."""
    text = Reader(ingress.metadata.annotations).text("auth-url")
    url = urlsplit(text)
    fits = url.scheme == "http" and "$" not in text and _SERVICE.fullmatch(url.hostname or "")
    return url if fits else None


def _http(ingress: Ingress, url: SplitResult) -> dict[str, Any]:
    found = _SERVICE.fullmatch(url.hostname or "")
    assert found is not None
    elsewhere = {"namespace": found[2]} if found[2] != ingress.namespace else {}
    passed = Reader(ingress.metadata.annotations).text("auth-response-headers").split(",")
    names = [name.strip() for name in passed if name.strip()]
    query = f"?{url.query}" if url.query else ""
    return {
        "backendRefs": [{"name": found[1], **elsewhere, "port": url.port or _USUAL_PORT}],
        "pathOverride": f"{url.path or '/'}{query}",
        **({"headersToBackend": names} if names else {}),
    }


def _lines(ingress: Ingress, *names: str) -> dict[str, Any]:
    """A comment with the lines of those annotations that are there."""
    given = Reader(ingress.metadata.annotations).given
    said = (": ".join(filter(None, (line_of(ingress, name), name))) for name in names if name in given)
    return {"#": tuple(said)}

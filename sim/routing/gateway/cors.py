"""Cross-origin requests: what a CORS filter answers to a browser's preflight, and adds to other answers.

A preflight is OPTIONS with Origin and Access-Control-Request-Method. The Gateway answers it itself, and the
browser goes on only if what it reads there allows the request that it means to send. Source: Gateway API v1,
HTTPCORSFilter; Fetch standard, "CORS-preflight fetch"; Envoy 1.40, filters/http/cors (tried).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sim.manifests.objects.http_traffic import HTTPCORSFilter
from sim.routing.final import Final
from sim.routing.trace import Request

STAR = "*"
SAFE_METHODS = frozenset({"GET", "HEAD", "POST"})
"""Methods that need no leave. Source: Fetch standard, "CORS-safelisted method"."""
SAFE_HEADERS = frozenset({"accept", "accept-language", "content-language", "content-type", "range"})
"""Headers that need no leave, for the values that forms can send."""

Headers = dict[str, str]


@dataclass(frozen=True)
class CrossOrigin:
    """What a browser asks for when a page of another origin means to send a request.

    Args:
        method, headers: that the page's request will have, as the preflight names them.
    """

    origin: str
    method: str = ""
    headers: str = ""
    preflight: bool = False

    @property
    def named(self) -> tuple[str, ...]:
        """The headers one by one, in small letters."""
        return tuple(name.strip().lower() for name in self.headers.split(",") if name.strip())


def crossing(request: Request) -> CrossOrigin | None:
    """What a request says about its origin; None: nothing, so that no filter for it does anything."""
    said = {name.lower(): value for name, value in request.headers.items()}
    origin, method = said.get("origin", ""), said.get("access-control-request-method", "")
    if not origin:
        return None
    preflight = request.method == "OPTIONS" and bool(method)
    return CrossOrigin(origin, method, said.get("access-control-request-headers", ""), preflight)


def origin_fits(pattern: str, origin: str) -> bool:
    """Whether an origin is one of those that an entry of allowOrigins stands for; a star is any text.

    >>> origin_fits("https://*.shop.example", "https://a.b.shop.example")
    True
    """
    if STAR not in pattern:
        return pattern == origin
    return re.fullmatch(".*".join(map(re.escape, pattern.split(STAR))), origin) is not None


def allowed_origin(cors: HTTPCORSFilter, origin: str) -> bool:
    """Whether the filter lets an origin in."""
    return any(origin_fits(pattern, origin) for pattern in cors.allow_origins)


def on_answer(cors: HTTPCORSFilter, asked: CrossOrigin) -> Headers:
    """The headers that any answer gets whose origin is let in; others get none."""
    if not allowed_origin(cors, asked.origin):
        return {}
    return dict(_of_origin(cors, asked))


def on_preflight(cors: HTTPCORSFilter, asked: CrossOrigin, stars: bool = False) -> Headers:
    """The headers of the Gateway's answer to a preflight.

    For an origin that is not let in it lacks Access-Control-Allow-Origin, which the browser looks for.

    Args:
        stars: whether a star stays one; else the answer is what was asked for.
    """
    return on_answer(cors, asked) | dict(_of_preflight(cors, asked, stars))


def _of_origin(cors: HTTPCORSFilter, asked: CrossOrigin) -> Iterator[tuple[str, str]]:
    yield "access-control-allow-origin", asked.origin
    if cors.allow_credentials:
        yield "access-control-allow-credentials", "true"
    if cors.expose_headers:
        yield "access-control-expose-headers", ", ".join(cors.expose_headers)


def _of_preflight(cors: HTTPCORSFilter, asked: CrossOrigin, stars: bool) -> Iterator[tuple[str, str]]:
    """A star is answered with what was asked for, as the API wants it where credentials are allowed."""
    if cors.allow_credentials:
        yield "access-control-allow-credentials", "true"
    if cors.allow_methods:
        yield (
            "access-control-allow-methods",
            asked.method if STAR in cors.allow_methods and not stars else ", ".join(cors.allow_methods),
        )
    if cors.allow_headers:
        yield (
            "access-control-allow-headers",
            asked.headers if STAR in cors.allow_headers and not stars else ", ".join(cors.allow_headers),
        )
    yield "access-control-max-age", str(cors.max_age)


def refusal(cors: HTTPCORSFilter, asked: CrossOrigin) -> tuple[str, str]:
    """Why a browser stops after its preflight, and the field that says so; empty: it goes on."""
    if not allowed_origin(cors, asked.origin):
        return f"origin {asked.origin} is none of allowOrigins", "allowOrigins"
    if asked.method not in SAFE_METHODS | set(cors.allow_methods) and STAR not in cors.allow_methods:
        return f"method {asked.method} is none of allowMethods", "allowMethods"
    allowed = {name.lower() for name in cors.allow_headers} | SAFE_HEADERS
    missing = [name for name in asked.named if name not in allowed and STAR not in cors.allow_headers]
    return (f"header {missing[0]} is none of allowHeaders", "allowHeaders") if missing else ("", "")


@dataclass(frozen=True)
class CorsRule:
    """A CORS filter where it stands, and the proxy that does it.

    Args:
        by: who answers.
        rule: as in the case format.
        source: the line of the filter.
        options: whether every OPTIONS is answered, and every answer gets the headers of a preflight.
        stars: whether stars are answered as such.
    """

    cors: HTTPCORSFilter
    by: str
    rule: str
    source: str | None
    options: bool = False
    stars: bool = False

    def answers(self, request: Request, served: bool) -> bool:
        """Whether the proxy answers a request itself.

        Args:
            served: whether some backend of the rule would.
        """
        asked = crossing(request)
        return (
            request.method == "OPTIONS" if self.options else asked is not None and asked.preflight and served
        )

    def headers(self, request: Request) -> Headers:
        """What it adds to the answer of a backend."""
        asked = crossing(request)
        if self.options:
            return on_preflight(self.cors, asked or CrossOrigin(""), self.stars)
        return on_answer(self.cors, asked) if asked is not None else {}

    def answer(self, request: Request) -> Final:
        """The proxy's own answer: to a preflight with what a browser does after it, or to another OPTIONS."""
        asked = crossing(request)
        if asked is None or not asked.preflight:
            says = f"{self.by} answers every OPTIONS of a rule with a CORS filter itself"
            return self._final(says, self.headers(request), "SIM2140", leave=True)
        return self._preflight(asked)

    def _preflight(self, asked: CrossOrigin) -> Final:
        stops, field = refusal(self.cors, asked)
        meant = f"{asked.method} from {asked.origin}"
        does = "does not send" if stops else "may send"
        says = f"{self.by} answers the preflight itself: a browser {does} {meant}"
        headers = on_preflight(self.cors, asked, self.stars)
        if not stops:
            return self._final(says, headers, "SIM2140", leave=True)
        fix = f"add it to {field} of the CORS filter, or ask from a page that it names"
        return self._final(f"{says}: {stops}", headers, "SIM2141", fix=fix, fix_source=self.source)

    def _final(self, says: str, headers: Headers, code: str, **more: Any) -> Final:
        return Final(
            "answered-by-proxy", says, 200, self.by, rule=self.rule, code=code, source=self.source,
            response=headers, **more,
        )  # fmt: skip

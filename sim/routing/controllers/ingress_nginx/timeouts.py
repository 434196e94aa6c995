"""How long a location waits for its Pods, and what it tries again: annotations over the ConfigMap.

An annotation that cannot be read does nothing. Source: internal/ingress/annotations/proxy/main.go; nginx.tmpl
(proxy_connect_timeout and beside it, proxy_next_upstream and beside it).
"""

from collections.abc import Iterator
from typing import Any

from sim.routing.controllers.ingress_nginx.configuration import Configuration
from sim.routing.controllers.ingress_nginx.values import Reader, is_integer
from sim.routing.proxies.nginx import next_upstream
from sim.routing.proxies.retries import Retries

NO_LIMIT = 100
"""Tries where proxy-next-upstream-tries is 0: its Lua asks for one more at each."""

WORDS, TRIES = "proxy-next-upstream", "proxy-next-upstream-tries"
TIMES = {
    "proxy-connect-timeout": "connect_timeout_s",
    "proxy-read-timeout": "read_timeout_s",
    "proxy-next-upstream-timeout": "within_s",
}
"""Annotation of whole seconds -> the field of `Retries` that it is."""

READ = (WORDS, TRIES, *TIMES)


def retries_of(told: Configuration) -> Retries:
    """As the ConfigMap says. Source: nginx's ngx_http_upstream.c."""
    after = set(told.proxy_next_upstream.split())
    return Retries(
        told.proxy_next_upstream_tries or NO_LIMIT,
        told.proxy_connect_timeout,
        told.proxy_read_timeout,
        told.proxy_next_upstream_timeout,
        next_upstream(after),
        repeats=told.retry_non_idempotent or "non_idempotent" in after,
        nobody=503,
        kept_closed="not-last",
    )


def goes_on(given: Reader, told: Configuration) -> Iterator[tuple[str, Any]]:
    """Fields of `Retries`, each with the value that an annotation gives it."""
    for name, field in TIMES.items():
        if is_integer(given.text(name)):
            yield field, float(given.number(name))
    if is_integer(given.text(TRIES)):
        yield "tries", given.number(TRIES) or NO_LIMIT
    if words := given.text(WORDS).split():
        yield "after", next_upstream(words)
        yield "repeats", told.retry_non_idempotent or "non_idempotent" in words

"""Where redirects lead: the request that a client sends next, and whether they ever end.

A redirect is sound if the redirects that follow it come to another end. It is one of a loop if a URL comes
back, whatever sent it there: a TLS redirect behind a load balancer that ended TLS, an annotation or a filter
that leads to its own rule, or two of them that lead to each other. Source: curl, --location and --max-redirs
(50); RFC 9110, 15.4 (a client should detect and intervene in cyclical redirections).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from urllib.parse import urljoin

from sim.errors import UsageError
from sim.routing.ends import looping
from sim.routing.final import Final, Redirected
from sim.routing.trace import Request

MOST_REDIRECTS = 50
"""After so many every client gives up, though no URL has come back: each was longer than the one before."""

LONGEST_URL = 8000
"""Octets of a URL that all should take; URLs that outgrow it never end. Source: RFC 9110, 4.1."""

Ask = Callable[[Request], Final]
"""How a request ends that a client sends after a redirect."""


@dataclass(frozen=True)
class _Sent:
    """A request that was redirected, and by what."""

    request: Request
    final: Redirected


def next_request(request: Request, final: Redirected) -> Request | None:
    """What a client sends after a redirect, as `curl -L` does; None where the location is no URL.

    A Host header that was written by hand goes along to the same host alone.
    """
    method = "GET" if final.status == 303 else request.method
    url = urljoin(request.url, final.location)
    try:
        there = Request.parse(url, method=method, headers=request.headers, client_ip=request.client_ip)
    except UsageError:
        return None
    if there.host.lower() == request.host.lower():
        return there
    kept = {name: value for name, value in request.headers.items() if name.lower() != "host"}
    return replace(there, headers=kept)


def key_of(request: Request) -> tuple[str, ...]:
    """What makes two requests the same to a client: method and URL; 443 is no other port for https."""
    path = request.path.partition("#")[0]
    port = str(request.target_port)
    return request.method, request.scheme, request.host.lower(), port, path, request.host_header.lower()


def judged(request: Request, final: Redirected, ask: Ask) -> Redirected:
    """The same redirect, told as a loop where the redirects that follow it never end.

    Args:
        request: that was redirected.
        ask: how the requests that follow end.
    """
    chain, seen = [_Sent(request, final)], {key_of(request)}
    for sent in _followed(chain[0], ask):
        endless = len(chain) >= MOST_REDIRECTS or len(sent.request.path) > LONGEST_URL
        if endless or key_of(sent.request) in seen:
            return _looping(final, chain, sent.request)
        seen.add(key_of(sent.request))
        chain.append(sent)
    return final


def _followed(sent: _Sent, ask: Ask) -> Iterator[_Sent]:
    """The requests that follow, as long as each is redirected."""
    while (request := next_request(sent.request, sent.final)) is not None:
        final = ask(request)
        if not isinstance(final, Redirected):
            return
        sent = _Sent(request, final)
        yield sent


def _looping(final: Redirected, chain: list[_Sent], again: Request) -> Redirected:
    """A loop, with the URLs of its circle and the way out of the redirect in it that can be taken away."""
    first = next((n for n, s in enumerate(chain) if key_of(s.request) == key_of(again)), None)
    circle = chain if first is None else chain[first:]
    removable = (s.final.way_out for s in circle if s.final.way_out)
    urls = () if first is None else tuple(s.request.url for s in circle)
    told = replace(final, unseen_tls=any(s.final.unseen_tls for s in circle))
    return looping(told, urls, chain[0].request.url, next(removable, ""))

"""What the controller was told that bears on one request, each key and argument with its line.

What changes an answer is a note beside it; time-outs, tries and sizes are steps.
"""

from collections.abc import Callable, Collection, Iterator
from typing import Any

from sim.routing.controllers.decision import Decision, RedirectTo, SendTo, Split
from sim.routing.controllers.ingress_nginx.configuration import Configuration
from sim.routing.controllers.settings import Told
from sim.routing.trace import Note, Request, Step

Bears = Callable[[Request, Decision], bool]


def _plain(request: Request, decision: Decision) -> bool:
    return request.scheme == "http"


def _redirects(request: Request, decision: Decision) -> bool:
    return isinstance(decision, RedirectTo)


def _sends(request: Request, decision: Decision) -> bool:
    return isinstance(decision, SendTo | Split)


def _forwarded(request: Request, decision: Decision) -> bool:
    return any(name.lower().startswith("x-forwarded-") for name in request.headers)


def _with_body(request: Request, decision: Decision) -> bool:
    return _sends(request, decision) and request.method in ("PATCH", "POST", "PUT")


def _secure(request: Request, decision: Decision) -> bool:
    return request.scheme == "https"


def _always(request: Request, decision: Decision) -> bool:
    return True


def _switched(yes: str, no: str) -> Callable[[Any], str]:
    return lambda value: yes if value else no


SAYS: dict[str, tuple[Bears, Callable[[Any], str]]] = {
    "ssl-redirect": (
        _plain,
        _switched("a certificate redirects plain http", "a certificate alone redirects nothing"),
    ),
    "force-ssl-redirect": (
        _plain,
        _switched("plain http is redirected, certificate or not", "nothing more is redirected"),
    ),
    "no-tls-redirect-locations": (_plain, lambda value: f"no redirect to https below {', '.join(value)}"),
    "http-redirect-code": (_redirects, lambda value: f"redirects to https and to another name have {value}"),
    "use-port-in-redirects": (_redirects, _switched("redirects name the port", "they do not name the port")),
    "preserve-trailing-slash": (_redirects, _switched("a final slash stays", "a final slash is taken off")),
    "relative-redirects": (_redirects, _switched("they name the path alone", "they name the host")),
    "use-forwarded-headers": (
        _forwarded,
        _switched("X-Forwarded-Proto, -Host and -For are believed", "X-Forwarded headers are not believed"),
    ),
    "enable-real-ip": (_forwarded, _switched("the address in the header counts", "it does not count")),
    "use-proxy-protocol": (
        _always,
        _switched("its ports take the PROXY protocol alone", "no PROXY line is taken"),
    ),
    "service-upstream": (
        _sends,
        _switched("to ClusterIPs, past the list of Pods", "to Pods"),
    ),
    "custom-http-errors": (
        _sends,
        lambda value: (
            f"{', '.join(map(str, sorted(value)))} of the application give way to the default backend"
        ),
    ),
    "load-balance": (_sends, lambda value: f"spreads requests by {value}"),
    "proxy-connect-timeout": (_sends, lambda value: f"waits {value} s for a connection to a Pod"),
    "proxy-read-timeout": (_sends, lambda value: f"waits {value} s for an answer, then 504"),
    "proxy-next-upstream": (_sends, lambda value: f"tries another Pod after: {value}"),
    "proxy-next-upstream-tries": (_sends, lambda value: f"tries {value or 'all'} Pods for one request"),
    "proxy-next-upstream-timeout": (_sends, lambda value: f"tries no other Pod after {value} s"),
    "proxy-body-size": (_with_body, lambda value: f"a body of more than {value} gets 413"),
    "hsts": (_secure, _switched("browsers then ask by https of themselves", "no HSTS header is sent")),
    "default-ssl-certificate": (_secure, lambda value: f"{value} is shown where no other certificate fits"),
}
"""Key or argument -> which requests it bears on, and what its value means."""


TUNING = frozenset(
    (
        "hsts", "load-balance", "proxy-body-size", "proxy-connect-timeout", "proxy-next-upstream",
        "proxy-next-upstream-timeout", "proxy-next-upstream-tries", "proxy-read-timeout",
    )
)  # fmt: skip
"""Those that change no answer of a request that is alone."""


def told_steps(request: Request, decision: Decision, told: Configuration) -> Iterator[Step]:
    """A step for every time-out, number of tries and size that was said and bears on this request."""
    for said, because in _bearing(request, decision, told, TUNING):
        held = said.value is not None
        yield Step(said.what, held, because, said.source, "" if held else "value")


def told_notes(request: Request, decision: Decision, told: Configuration) -> Iterator[Note]:
    """A note for everything else that was said and bears on this request."""
    for said, because in _bearing(request, decision, told, SAYS.keys() - TUNING):
        yield Note("SIM2093", f"{said.what}: {because}", said.source)


def _bearing(
    request: Request, decision: Decision, told: Configuration, keys: Collection[str]
) -> Iterator[tuple[Told, str]]:
    for key, said in told.told.items():
        if key in keys:
            bears, says = SAYS[key]
            unread = "its value cannot be read, so its default holds"
            if bears(request, decision):
                yield said, unread if said.value is None else says(said.value)

"""Host names of listeners and routes: which hosts they fit, and what two of them have in common.

A wildcard of the Gateway API is a suffix: `*.example.com` fits any number of labels, but not example.com.
(A wildcard of an Ingress is exactly one label.) Source: Gateway API v1, types Hostname and Listener.
"""

from collections.abc import Iterable

from sim.routing.controllers.patterns import depth_level

ANY = ""


def fits(pattern: str, host: str) -> bool:
    """Whether a host is one of those that a pattern stands for; both in lower case."""
    return depth_level(pattern, host) > 0


def overlap(one: str, other: str) -> bool:
    """Whether some host fits both patterns.

    >>> overlap("*.example.com", "*.eu.example.com"), overlap("*.example.com", "example.com")
    (True, False)
    """
    if ANY in (one, other) or one == other:
        return True
    longer, shorter = sorted((one, other), key=len, reverse=True)
    return any(p.startswith("*.") and fits(p, q) for p, q in ((shorter, longer), (longer, shorter)))


def common(listener: str, route: Iterable[str]) -> tuple[str, ...]:
    """The names of a route that a listener's name leaves over, as written; any host if the route names none.

    An empty result means that the two have nothing in common.
    """
    names = tuple(name.lower() for name in route)
    return tuple(n for n in names if overlap(listener, n)) if names else (ANY,)


def closeness(pattern: str) -> tuple[int, int]:
    """How closely a pattern names its hosts: characters of an exact name, then characters at all."""
    return 0 if pattern.startswith("*.") else len(pattern), len(pattern)


def listener_closeness(pattern: str) -> tuple[bool, int, bool]:
    """Exact names first, then wildcards by the dots to the right of the star, then any host."""
    is_wildcard = pattern.startswith("*.")
    return bool(pattern) and not is_wildcard, pattern.count(".") if is_wildcard else 0, is_wildcard

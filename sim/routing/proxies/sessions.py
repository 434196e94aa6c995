"""Sessions: a cookie that names the backend which a client came to first, and leads it back there.

The client keeps the cookie, not the proxy; so every proxy Pod follows it, and a backend that is gone costs a
new choice. Source: nginx, `sticky cookie`; HAProxy, configuration.txt, `cookie` and `option persist`; Envoy,
stateful sessions; Traefik, sticky sessions; ingress-nginx, lua/balancer/sticky.lua.
"""

from dataclasses import replace
from functools import lru_cache, partial
from typing import Any

from sim.routing.proxies.values import Algorithm, Choice, Draws, Method, View


@lru_cache(maxsize=64)
def bound(method: Method) -> Method:
    """A method that is asked only where a request brings no cookie of a backend that can take it."""
    return replace(method, choose=partial(_bound, method.choose), even=False)


@lru_cache(maxsize=64)
def of_new_clients(method: Method) -> Method:
    """A method that hashes the session of a client where every request is of a client that has none yet."""
    return replace(method, choose=partial(_of_new_client, method.choose))


def _of_new_client(choose: Algorithm, view: View, state: Any, draws: Draws) -> Choice:
    """The session that the proxy makes up is drawn as in a run."""
    return choose(replace(view, key=str(draws(0))), state, draws)


def _bound(choose: Algorithm, view: View, state: Any, draws: Draws) -> Choice:
    place = view.backends.places.get(view.bound) if view.bound else None
    if place is None or place in view.tried or not _is_up(view, place):
        return choose(view, state, draws)
    return Choice(place, state, lambda: "its cookie names it")


def _is_up(view: View, place: int) -> bool:
    return not view.backends.listed[place].down and (view.up is None or view.up[place])

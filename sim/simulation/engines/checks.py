"""A proxy's own checks of its backends, as HAProxy makes them."""

from collections.abc import Callable, Generator
from typing import Any

import simpy

from sim.routing.proxies.retries import Check


def checked(
    env: simpy.Environment, check: Check, up: list[bool], place: int, is_alive: Callable[[int], bool]
) -> Generator[simpy.Event, Any, None]:
    """Keep up to date whether a backend is up. The first checks are spread over the interval.

    Source: HAProxy, src/check.c (start_checks), configuration.txt, `inter`, `fall`, `rise`.
    """
    others = 0
    yield env.timeout(check.interval_s * place / len(up))
    while True:
        others = 0 if is_alive(place) == up[place] else others + 1
        if others >= (check.fall if up[place] else check.rise):
            up[place], others = not up[place], 0
        yield env.timeout(check.interval_s)

"""How proxies choose among their backends: one file per program, and what is common to them.

A name of an algorithm is meant as the program at hand has it; one that it does not have, as in textbooks.
`PROGRAM/NAME` says it whole.
"""

from collections.abc import Mapping

from sim.routing.proxies import envoy, haproxy, ingress_nginx, nginx, textbook, traefik
from sim.routing.proxies.values import Method

PROGRAMS: Mapping[str, Mapping[str, Method]] = {
    "nginx": nginx.METHODS,
    "ingress-nginx": ingress_nginx.METHODS,
    "haproxy": haproxy.METHODS,
    "envoy": envoy.METHODS,
    "traefik": traefik.METHODS,
    "textbook": textbook.METHODS,
}
"""Program -> name -> method."""

NAMES: frozenset[str] = frozenset(
    name
    for methods in PROGRAMS.values()
    for method in methods.values()
    for name in (method.name, method.full_name)
)
"""Every name that `method_of` knows for some program."""


def method_of(program: str, name: str) -> Method | None:
    """The method that a name means where a program runs; None: there is no such name.

    Args:
        program: a key of PROGRAMS.
        name: of its table, of the textbooks', of the only program that has it; or `PROGRAM/NAME`.
    """
    stated, _, own = name.rpartition("/")
    if stated:
        return PROGRAMS.get(stated, {}).get(own)
    found = PROGRAMS[program].get(name) or textbook.METHODS.get(name)
    return found or next((methods[name] for methods in PROGRAMS.values() if name in methods), None)

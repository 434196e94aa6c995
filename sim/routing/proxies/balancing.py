"""How a proxy spreads the requests of one upstream, and what a rule may ask of it about that."""

from dataclasses import dataclass
from typing import Any

from sim.routing.proxies.retries import ONCE, Retries
from sim.routing.proxies.values import Method


@dataclass(frozen=True, kw_only=True)
class Asks:
    """What a rule, by annotation or policy, asks of its proxy about choosing; empty: as that is configured.

    Args:
        said: the name of it as the program of the rule has it.
        method: name of the algorithm in `sim.routing.proxies`; None: the proxy's own.
        key: what a request is hashed by: a text in which `$NAME` stands for a variable of nginx.
        cookie: name of the cookie that binds a client to the Pod that it came to first.
        subset: size of the subsets that a hash leads to; 0: it leads to a Pod.
        most_open: requests that one Pod may hold at once, as far as one proxy Pod sends them.
        goes_on: fields of `Retries`, each with another value.
    """

    said: str = ""
    method: str | None = None
    key: str = ""
    cookie: str = ""
    subset: int = 0
    most_open: int = 0
    goes_on: tuple[tuple[str, Any], ...] = ()


NOTHING_ASKED = Asks()


@dataclass(frozen=True, kw_only=True)
class Balancing:
    """How the requests of one upstream are spread.

    Args:
        key: what a request is hashed by, as in Asks; empty: the method hashes nothing, or the address.
        cookie: of the session that binds a client to a Pod; empty: there is none.
        most_open: requests that one Pod may hold at once; 0: any number.
        workers: processes or threads of a proxy Pod; where `method.per_worker`, each keeps its own turn.
        retries: how it goes on where a Pod does not answer.
    """

    method: Method
    key: str = ""
    cookie: str = ""
    most_open: int = 0
    workers: int = 1
    retries: Retries = ONCE

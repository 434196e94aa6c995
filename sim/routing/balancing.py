"""Balancing algorithms: which of n backends takes the next request.

Each is one function of what a balancer can see, what it returned last time, and the uniforms it may use. It
draws nothing and changes nothing, so engines agree.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import exp


@dataclass(frozen=True)
class View:
    """What a balancer sees of its backends.

    Args:
        in_flight: open requests of each, in the order in which the backends are listed.
        scores: how slow each was of late, in seconds; empty for algorithms that do not ask (see SCORED).
    """

    in_flight: Sequence[int]
    scores: Sequence[float] = ()


@dataclass(frozen=True)
class Choice:
    """The chosen backend, what to remember, and why.

    Args:
        state: handed back at the next choice; one per proxy Pod and upstream.
    """

    index: int
    state: int
    because: str


Draws = Callable[[int], float]
"""`draws(k)` is the k-th uniform in [0, 1) of this request at this hop."""

Balancer = Callable[[View, int, Draws], Choice]


def round_robin(view: View, state: int, draws: Draws) -> Choice:
    """Take turns, each proxy Pod for itself."""
    index = state % len(view.in_flight)
    return Choice(index, index + 1, f"turn {index + 1} of {len(view.in_flight)}")


def random(view: View, state: int, draws: Draws) -> Choice:
    """Each as likely as the others."""
    count = len(view.in_flight)
    return Choice(min(int(draws(0) * count), count - 1), state, f"one of {count} at random")


def least_conn(view: View, state: int, draws: Draws) -> Choice:
    """Go where the fewest requests are open; the first of equals."""
    index = min(range(len(view.in_flight)), key=view.in_flight.__getitem__)
    return Choice(index, state, f"{view.in_flight[index]} open, the fewest")


def least_request(view: View, state: int, draws: Draws) -> Choice:
    """Look at two at random, the same one perhaps, and go where fewer requests are open; the first of equals.

    One uniform gives both. Source: Envoy, least request with choice_count 2 and equal weights.
    """
    count = len(view.in_flight)
    first, second = divmod(min(int(draws(0) * count * count), count * count - 1), count)
    index = second if view.in_flight[second] < view.in_flight[first] else first
    return Choice(index, state, f"{view.in_flight[index]} open, the fewer of two at random")


def ewma(view: View, state: int, draws: Draws) -> Choice:
    """Look at two different ones at random, and go where answers came sooner; the first of equals.

    One uniform gives both. Without scores nobody has answered yet. Source: kubernetes/ingress-nginx,
    rootfs/etc/nginx/lua/balancer/ewma.lua (pick_and_score).
    """
    count = len(view.in_flight)
    if count == 1:
        return Choice(0, state, "the only one")
    pairs = count * (count - 1)
    first, other = divmod(min(int(draws(0) * pairs), pairs - 1), count - 1)
    second = other + (other >= first)
    scores = view.scores or [0.0] * count
    index = second if scores[second] < scores[first] else first
    return Choice(index, state, f"{scores[index]:.3g} s of late, the sooner of two at random")


DECAY_S = 10.0
"""After so long a score has lost 63 % of its weight. Source: balancer/ewma.lua (DECAY_TIME)."""


def decayed(score_s: float, since_s: float, answer_s: float = 0.0) -> float:
    """A score some time after the last answer, with another answer where one came.

    Args:
        since_s: since the score was last changed.
        answer_s: how long the answer took, connecting included; 0: none came.
    """
    weight = exp(-max(since_s, 0.0) / DECAY_S)
    return score_s * weight + answer_s * (1 - weight)


ALGORITHMS: dict[str, Balancer] = {
    "round-robin": round_robin,
    "random": random,
    "least-conn": least_conn,
    "least-request": least_request,
    "ewma": ewma,
}

SCORED = frozenset({"ewma"})
"""Algorithms that ask how slow each backend was of late."""

EVEN = frozenset({"round-robin", "random"})
"""Algorithms that give every Pod the same share, whether it answers or not."""

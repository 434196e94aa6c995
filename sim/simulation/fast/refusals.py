"""What a walk cannot do yet, each with why; `replay` can."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from sim.simulation.design import Design
from sim.simulation.design.values import Upstream
from sim.simulation.engines.idle import are_stated
from sim.simulation.fast.columns import tries_of
from sim.simulation.fast.turns import METHODS
from sim.simulation.workload import Workload

GOING_ON = frozenset(
    ("textbook/round-robin", "textbook/random", "textbook/least-conn", "ingress-nginx/round-robin")
)
"""Methods that are walked where a try may fail, too."""
MOST_TRIED, MOST_TRIES = 62, 8


class NotWalked(NamedTuple):
    """Something that is not done, and whether it is asked for."""

    what: str
    is_asked: Callable[[Design, Workload], bool]


REFUSALS = (
    NotWalked("Pods that come and go", lambda d, w: d.before is not None),
    NotWalked("rules that change", lambda d, w: bool(d.later)),
    NotWalked("what proxies remember", lambda d, w: d.remember),
    NotWalked("idle time-outs", lambda d, w: are_stated(w.scenario)),
    NotWalked("time-outs of proxies", lambda d, w: w.scenario.controller_key.read_timeout is not None),
    NotWalked("load balancers that read HTTP", lambda d, w: any(f.per_request for f in d.flows)),
    NotWalked("session affinity", lambda d, w: any(f.affinity_s is not None for f in d.flows)),
    NotWalked("Pods that network policies keep from others", lambda d, w: any(f.silent for f in d.flows)),
)


def refusals(design: Design, workload: Workload) -> list[str]:
    """What of a scenario it cannot do; empty: nothing."""
    found = [one.what for one in REFUSALS if one.is_asked(design, workload)]
    behind = (why for upstream in design.upstreams for why in _of_upstream(design, upstream))
    return list(dict.fromkeys((*found, *behind)))


def _of_upstream(design: Design, upstream: Upstream) -> Iterator[str]:
    """What the proxies of one upstream do that a walk does not."""
    name, goes_on = upstream.method.full_name, upstream.retries
    if name not in METHODS:
        yield f"the algorithm {name}"
    if upstream.cookie:
        yield "sessions by cookie"
    if upstream.silent:
        yield "Pods that network policies keep from others"
    if goes_on.circuit is not None or goes_on.outlier is not None:
        yield "circuit breakers"
    if any(
        backend.down or backend.backup or backend.most_open or not backend.weight
        for backend in upstream.listed
    ):
        yield "backends that are marked down, limited or kept for later"
    if not design.outages and all(design.stations[station].queue is None for station in upstream.stations):
        return
    if name not in GOING_ON:
        yield f"how {name} goes on after a try that failed"
    if goes_on.same or goes_on.wait_s or goes_on.check or goes_on.most_retried or goes_on.queue_s is not None:
        yield "a proxy that waits, or tries the same Pod again"
    if goes_on.within_s or (goes_on.reselects and goes_on.after):
        yield "a proxy that stops trying after a time, or chooses again"
    if tries_of(upstream) > 1 and (len(upstream.stations) > MOST_TRIED or tries_of(upstream) > MOST_TRIES):
        yield "tries among so many Pods"

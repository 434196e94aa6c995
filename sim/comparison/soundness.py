"""Whether plans can be compared at all: what is said before any saving and in its place.

Known from the designs, without a run: a plan whose queues grow without end, requests that a plan cannot
serve or answers in another way than the plan beside it, Services that are not what clients come for.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sim.manifests.objects.collected import Manifests
from sim.plans import Exposed, entry_points, status_ports
from sim.scenario import Scenario, TrafficRow
from sim.simulation.design import Design, overloads
from sim.units import attributes

REDIRECTED = "redirected"


@dataclass(frozen=True)
class Obstacle:
    """One reason why no plan can be called better.

    Args:
        kind: overload, not-served, redirect, status-port or other-gateway.
        plan: the plan that it is about; empty for all of them.
        about: a traffic row's URL, or a Service.
        message: the sentence.
    """

    kind: str
    plan: str
    about: str
    message: str

    def to_json(self) -> dict[str, str]:
        """As `sim compare -o json` shows it."""
        return attributes(self, "kind plan about message")


def obstacles(
    designs: Sequence[Design], scenario: Scenario, exposed: Sequence[Exposed], manifests: Manifests
) -> tuple[Obstacle, ...]:
    """What stands in the way of comparing plans, the heaviest first.

    Args:
        designs: of the plans that are compared.
        exposed: the Services that clients reach.
    """
    return (
        *(one for design in designs for one in _overloaded(design, scenario)),
        *(one for design in designs for one in _unserved(design, scenario)),
        *_redirects(designs, scenario),
        *_not_for_clients(exposed, manifests),
    )


def _overloaded(design: Design, scenario: Scenario) -> Iterator[Obstacle]:
    for one in overloads(design, scenario):
        yield Obstacle("overload", design.name, one.service or "controller", one.message)


def _ends(design: Design, number: int) -> dict[str | None, float]:
    """How the requests of a traffic row end, each end with its share; None: a Pod serves them."""
    ends: dict[str | None, float] = {}
    for share, way in design.flows[number].parts:
        ends[way.end] = ends.get(way.end, 0.0) + share
    return ends


def _unserved(design: Design, scenario: Scenario) -> Iterator[Obstacle]:
    for number, row in enumerate(scenario.traffic):
        for end, share in _ends(design, number).items():
            if end not in (None, REDIRECTED) and share > 0:
                some = "" if share > 1 - 1e-9 else f"{100 * share:.4g} % of the requests to "
                yield Obstacle("not-served", design.name, _url(row), f"cannot serve {some}{_url(row)}: {end}")


def _redirects(designs: Sequence[Design], scenario: Scenario) -> Iterator[Obstacle]:
    """Rows that one plan redirects and another serves: two answers that cannot be compared."""
    for number, row in enumerate(scenario.traffic):
        redirecting = [d.name for d in designs if REDIRECTED in _ends(d, number)]
        if redirecting and len(redirecting) < len(designs):
            says = f"answers {_url(row)} with a redirect, where another plan serves it: two different answers"
            yield Obstacle("redirect", redirecting[0], _url(row), says)


def _not_for_clients(exposed: Sequence[Exposed], manifests: Manifests) -> Iterator[Obstacle]:
    fronts, ports = entry_points(manifests), status_ports(exposed, manifests)
    for service in dict.fromkeys(e.service for e in exposed):
        if service in ports:
            says = f"Service {service} is exposed at port {ports[service]}, which is for probes and metrics"
            yield Obstacle("status-port", "", service, says)
        if service in fronts:
            says = f"the load balancer of Service {service} belongs to {fronts[service]}"
            yield Obstacle("other-gateway", "", service, f"{says}, which no Ingress replaces")


def _url(row: TrafficRow) -> str:
    return f"{row.scheme or row.protocol.replace('http2', 'http')}://{row.host}{row.path}"

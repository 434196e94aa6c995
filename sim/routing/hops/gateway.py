"""The hop of a Gateway: listener, route, filters, backends; by the API's letter, or as Envoy Gateway does."""

from sim.cluster.cluster import Cluster
from sim.routing.controllers import PROFILES, profile_of_gateways
from sim.routing.final import Final
from sim.routing.gateway.answer import answer
from sim.routing.gateway.answers import Served
from sim.routing.hops.choosing import choosers
from sim.routing.legs import Fork, Sending, Taken, ToController, ToService
from sim.routing.running import balancing_of, carrier_of
from sim.routing.trace import Note

LETTER = "gateway-api"
"""Who answers where no proxy is known: the API by its letter."""


def gateway(cluster: Cluster, leg: ToController, key: str) -> Taken:
    """Ask the Gateway `NAMESPACE/NAME`; where weights decide, every way on with its probability."""
    trip = leg.trip
    asked = PROFILES.get(trip.profile or "")
    known = asked if asked is not None and asked.plane else profile_of_gateways(leg.controller.controller)
    plane = known.plane if known is not None else None
    found = answer(cluster, key, leg.port.number, trip.request, plane, trip.explain)
    notes = tuple(Note("SIM2072", what) for what in known.unknown) if known is not None else ()
    ways = tuple((share, _onward(cluster, leg, key, way)) for share, way in found.ways)
    following = ways[0][1] if len(ways) == 1 else Fork(ways, named=True, shown=found.shown)
    hop = trip.hop(
        f"Gateway {key}",
        "controller",
        found.says,
        steps=found.steps,
        after=found.after,
        branches=found.branches,
        choosers=choosers(cluster, following),
    )
    return trip.takes(
        following,
        hop,
        notes=(*notes, *found.notes),
        answered_by=known.name if known is not None else LETTER,
        proxy=leg.controller,
    )


def _onward(cluster: Cluster, leg: ToController, key: str, way: Final | Served) -> Final | ToService:
    if isinstance(way, Final):
        return way
    chosen = balancing_of(cluster, leg.controller, asked=way.sent.balancing)
    per = "request" if way.sent.headers is not None else "connection"
    sending = Sending(
        f"Gateway {key}",
        way.rule,
        way.sent,
        way.certificate,
        f"{chosen.method.name}, per {per}",
        passed=way.passes,
        code=way.code,
        fix=way.fix,
        fix_source=way.fix_source,
        retries=carrier_of(leg.controller).retries,
        balancing=chosen,
    )
    return ToService(leg.trip, way.upstream, sending, leg.pods, clients=leg.clients)

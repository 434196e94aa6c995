"""Which Pods a proxy may choose for a request: each alike, or those that its hash leads to."""

from collections.abc import Sequence

from sim.cluster.cluster import Endpoint
from sim.routing.controllers.variables import Part, filled, parts_of
from sim.routing.legs import ToService
from sim.routing.proxies.balancing import Balancing
from sim.routing.proxies.playing import first_shares, hashes
from sim.routing.proxies.sessions import of_new_clients
from sim.routing.proxies.values import Method
from sim.routing.running import listed_as


def asked_of(leg: ToService, how: Balancing) -> tuple[tuple[Part, ...], Method]:
    """What a choice is hashed by, and the method that a client without a session meets."""
    parts = parts_of(how.key, leg.trip.request, how.cookie)
    return parts, of_new_clients(how.method) if ("session", "") in parts else how.method


def shares(leg: ToService, endpoints: Sequence[Endpoint]) -> tuple[float, ...]:
    """How likely each of several endpoints is, whichever address the proxy takes for the client's."""
    even, how = (1 / len(endpoints),) * len(endpoints), leg.sending.balancing
    if how is None or leg.via != "pods" or len(endpoints) < 2 or not leg.clients:
        return even
    parts, method = asked_of(leg, how)
    listed = listed_as(endpoints, how)
    if not hashes(method, listed):
        return even
    found = [first_shares(method, listed, filled(parts, client), client) for client in leg.clients]
    return tuple(sum(column) / len(found) for column in zip(*found, strict=True))

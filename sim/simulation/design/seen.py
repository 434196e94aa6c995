"""Whose address a Pod sees as the source of a connection, where it is not the client's own."""

from collections.abc import Iterable, Sequence

from sim.cluster.cluster import LinkedPort, LinkedService
from sim.routing.hops.balanced import keeps_client
from sim.routing.hops.opened import Arrival, node_end
from sim.routing.hops.proxy_protocol import spoken
from sim.routing.kube_proxy import BALANCER_ADDRESS


def seen_from(
    service: LinkedService,
    port: LinkedPort,
    found: Sequence[Arrival],
    places: Iterable[tuple[int, tuple[int, ...]]],
) -> dict[tuple[int, int], str]:
    """The address that stands in the place of the client's; a PROXY line brings that all the same.

    Args:
        places: the number of each arrival's node, and its stations.
    """
    if spoken(service, port) is not None:
        return {}
    own = "" if keeps_client(service, port) else BALANCER_ADDRESS
    seen = {
        (node, station): node_end(a.node, a.packet.destination).address if a.verdict.masquerades(e) else own
        for a, (node, stations) in zip(found, places, strict=True)
        for e, station in zip(a.verdict.endpoints, stations, strict=True)
    }
    return {place: address for place, address in seen.items() if address}

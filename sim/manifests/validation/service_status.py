"""What the API server checks in the status of a Service, when a controller writes it.

Source: kubernetes `pkg/apis/core/validation/validation.go` (ValidateLoadBalancerStatus); KEP-1860 (ipMode).
"""

from collections.abc import Iterator

from sim.manifests.validation.faults import Fault, Place, forbidden, unsupported
from sim.manifests.validation.metadata import Object

_INGRESS = Place("status.loadBalancer.ingress", ("status", "loadBalancer", "ingress"))
_MODES = ("Proxy", "VIP")


def status_faults(service: Object) -> Iterator[Fault]:
    """What is wrong with the addresses of its load balancer."""
    listed = ((service.get("status") or {}).get("loadBalancer") or {}).get("ingress") or ()
    for index, entry in enumerate(listed):
        mode, place = entry.get("ipMode"), _INGRESS.index(index).child("ipMode")
        if mode is not None and not entry.get("ip"):
            yield forbidden(place, "may not be set where there is no ip")
        elif mode is not None:
            yield from unsupported(place, mode, _MODES)

"""The addresses that the controller lists for a backend: Pods, straight from the EndpointSlices.

Source: internal/ingress/controller/controller.go (serviceEndpoints) and endpointslices.go.
"""

from __future__ import annotations

from collections.abc import Iterable

from sim.cluster.cluster import Cluster, Endpoint, LinkedPort, LinkedService
from sim.cluster.services import slice_endpoints
from sim.manifests.objects import ServiceBackendPort


def endpoints(
    cluster: Cluster, service: LinkedService, port: ServiceBackendPort
) -> tuple[LinkedPort | None, list[Endpoint]]:
    """The Service port that a backend means, and the addresses nginx would list for it.

    It takes a port by number, by name, and (unlike the API) by targetPort; a slice whose port has another
    name is read at the Service's numeric targetPort.
    """
    wanted = str(port)
    found = next((p for p in service.ports if wanted in {str(p.number), str(p.target_port), p.name}), None)
    if found is None:
        return None, []
    slices = cluster.slices.get(service.key)
    if slices is None:
        return found, list(found.endpoints)
    listed = [
        e for s in slices for n in _numbers(s.ports, found) for e in slice_endpoints(s, n, cluster.pods)
    ]
    return found, list({e.target: e for e in listed}.values())


def _numbers(ports: Iterable[object], port: LinkedPort) -> list[int]:
    numbers = []
    for slice_port in ports:
        if getattr(slice_port, "protocol", "TCP") != "TCP":
            continue
        named = port.name in ("", getattr(slice_port, "name", None) or "")
        number = getattr(slice_port, "port", None) if named else port.target_port
        if isinstance(number, int) and number:
            numbers.append(number)
    if not numbers and isinstance(port.target_port, int) and not tuple(ports):
        numbers.append(port.target_port)
    return numbers

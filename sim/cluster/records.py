"""What the DNS of a cluster answers for the name of a Service: records A and AAAA.

A Service has a record for each ClusterIP, whether anybody is behind it or not; a headless one for each ready
endpoint; one of type ExternalName another name. Source: kubernetes/dns, docs/specification.md.
"""

from sim.cluster.cluster import LinkedService
from sim.cluster.families import FAMILIES, Family


def records(service: LinkedService) -> dict[Family, tuple[str, ...]]:
    """The addresses by family: those of IPv4 in records A, those of IPv6 in records AAAA."""
    return {family: tuple(dict.fromkeys(_addresses(service, family))) for family in FAMILIES}


def _addresses(service: LinkedService, family: Family) -> list[str]:
    own = service.cluster_ip_of(family)
    if own is not None:
        return [own]
    if service.cluster_ip is not None:
        return []
    return sorted(e.address for port in service.ports for e in port.over(family) if e.ready)

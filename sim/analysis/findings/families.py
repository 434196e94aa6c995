"""Services of two address families: one that has nobody behind it while the other has."""

from collections.abc import Iterator

from sim.analysis.findings.index import Index, finding
from sim.cluster.cluster import LinkedService
from sim.cluster.families import Family
from sim.manifests.objects.collected import Finding, Severity


def unserved(index: Index) -> Iterator[Finding]:
    """Families of a Service over which nobody is behind it, though somebody is there."""
    if index.families == ("IPv4",):
        return
    for linked in index.cluster.services.values():
        there = _served(linked)
        missing = [family for family in linked.families if family not in there]
        if linked.manifest.origin is None or not missing or not _has_pods(index, linked):
            continue
        names, whole = " and ".join(missing), not there
        message = f"nobody is behind it over {names}: its Pods show no {names} address"
        if not whole:
            ends = "no record" if linked.cluster_ip is None else "an address that refuses"
            message += f"; over {names} its DNS name has {ends}"
        fix = "give the Pods an address of that family, or ipFamilies those that they have"
        severity: Severity = "error" if whole else "warning"
        yield finding(linked.manifest, "SIM1410", severity, message, ("spec", "ipFamilies"), fix)


def _served(linked: LinkedService) -> tuple[Family, ...]:
    """The families over which it has an endpoint, ready or not."""
    return tuple(family for family in linked.families if any(port.over(family) for port in linked.ports))


def _has_pods(index: Index, linked: LinkedService) -> bool:
    """Whether somebody is there at all; if not, that is what is wrong."""
    return bool(index.selected(linked.manifest)) or any(port.endpoints for port in linked.ports)


CHECKS = (unserved,)

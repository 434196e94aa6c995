"""Ways out where a probe asks a port that its container does not have."""

from collections.abc import Iterator

from sim.analysis.findings.workloads import spec_path
from sim.analysis.fix.case import Candidate, Case, by_likeness, one
from sim.analysis.fix.edits import Put
from sim.cluster.readiness import LostProbe, lost_probes
from sim.manifests.objects.workloads import Container, PodSpec


def probe_port(case: Case) -> Iterator[Candidate]:
    """A name that is like the one asked for, else a port by its number."""
    service = case.service.manifest if case.service is not None else None
    for pods in case.index.selected(service) if service is not None else ():
        for lost in lost_probes(pods.spec):
            where = (*spec_path(pods), *lost.path)
            for port in _ports(lost, container_of(pods.spec, lost)):
                yield from one(f"let the {lost.probe} ask port {port}", Put(pods.manifest, where, port))


def container_of(spec: PodSpec, lost: LostProbe) -> Container:
    """The container that a lost probe belongs to."""
    containers = spec.containers if lost.path[0] == "containers" else spec.init_containers
    return containers[int(lost.path[1])]


def _ports(lost: LostProbe, container: Container) -> Iterator[str | int]:
    yield from by_likeness(lost.port, lost.there)
    yield from (port.container_port for port in container.ports)

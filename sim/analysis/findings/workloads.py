"""Workloads and Pods by themselves: probes that can never be answered."""

from collections.abc import Iterator

from sim.analysis.findings.index import Index, PodSource, finding
from sim.cluster.readiness import LostProbe, lost_probes
from sim.manifests.objects.collected import Finding, Severity
from sim.manifests.objects.meta import Path
from sim.manifests.objects.workloads import Pod


def lost_ports(index: Index) -> Iterator[Finding]:
    """Probes that name a port which their container does not have."""
    for pods in index.pod_sources:
        if pods.manifest.kind != "CronJob":
            yield from (_lost_port(pods, lost) for lost in lost_probes(pods.spec))


def _lost_port(pods: PodSource, lost: LostProbe) -> Finding:
    whose = "no Pod becomes ready" if lost.keeps_unready else "the kubelet never restarts it for this probe"
    message = f"{lost.says}: {whose}"
    fix = f"name a containerPort of this container {lost.port}, or write its number in the probe"
    severity: Severity = "error" if lost.keeps_unready else "warning"
    path = (*spec_path(pods), *lost.path)
    return finding(pods.manifest, "SIM1021", severity, message, path, fix)


def spec_path(pods: PodSource) -> Path:
    """Where the spec of the Pods stands in what makes them."""
    return ("spec",) if isinstance(pods.manifest, Pod) else ("spec", "template", "spec")


CHECKS = (lost_ports,)

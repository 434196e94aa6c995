"""Annotations that no packet meets, with who reads them; and those that nobody is known to read.

A name that is not here, and that no row of `other_readers` and no profile has, is listed as one without a
known reader: harmless as far as the simulator knows, and never left out in silence.
"""

from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import cache

from sim.cluster.cluster import CLASS_ANNOTATION
from sim.manifests.objects.networking import DEFAULT_CLASS
from sim.routing.annotations import Annotation, Meaning, meaning

MODELLED = frozenset({("Ingress", CLASS_ANNOTATION), ("IngressClass", DEFAULT_CLASS)})
"""(kind, annotation) of those that Kubernetes itself gave a meaning, which is modelled."""

READ_ELSEWHERE: Mapping[str, str] = {
    "kubectl.kubernetes.io/*": "kubectl's own record",
    "deployment.kubernetes.io/*": "the Deployment controller's own record",
    "kubernetes.io/change-cause": "kubectl's own record",
    "kubernetes.io/description": "for people",
    "endpoints.kubernetes.io/*": "the Endpoints controller's own record",
    "control-plane.alpha.kubernetes.io/leader": "a record of who leads",
    "batch.kubernetes.io/*": "the Job controller's own record",
    "node.alpha.kubernetes.io/*": "the node controller's own record",
    "volumes.kubernetes.io/*": "the volume controller's own record",
    "csi.volume.kubernetes.io/*": "the volume controller's own record",
    "scheduler.alpha.kubernetes.io/*": "read by the scheduler",
    "cluster-autoscaler.kubernetes.io/*": "read by the cluster autoscaler",
    "karpenter.sh/*": "read by Karpenter, which makes nodes",
    "pod-security.kubernetes.io/*": "read when Pods are made",
    "container.apparmor.security.beta.kubernetes.io/*": "read by the kubelet",
    "seccomp.security.alpha.kubernetes.io/*": "read by the kubelet",
    "checksum/*": "it makes new Pods when a file changes",
    "reloader.stakater.com/*": "it makes new Pods when a file changes",
    "meta.helm.sh/*": "Helm's own record",
    "helm.sh/*": "read by Helm, which applies manifests",
    "argocd.argoproj.io/*": "read by Argo CD, which applies manifests",
    "*.fluxcd.io/*": "read by Flux, which applies manifests",
    "kustomize.config.k8s.io/*": "read by kustomize",
    "config.kubernetes.io/*": "read by tools that make manifests",
    "internal.config.kubernetes.io/*": "read by tools that make manifests",
    "cert-manager.io/*": "read by cert-manager, which makes certificates",
    "acme.cert-manager.io/*": "read by cert-manager, which makes certificates",
    "prometheus.io/*": "read by Prometheus, which asks for measurements",
    "prometheus.io.*": "read by Prometheus, which asks for measurements",
    "sidecar.istio.io/rewriteAppHTTPProbers": "it leads the kubelet's probes through a mesh's proxy",
    "vault.hashicorp.com/*": "read by Vault, which gives Pods their secrets",
    "iam.amazonaws.com/*": "it gives Pods a role",
    "eks.amazonaws.com/role-arn": "it gives Pods a role",
    "iam.gke.io/*": "it gives Pods a role",
    "azure.workload.identity/*": "it gives Pods a role",
    "gateway.networking.k8s.io/bundle-version": "a record of the version of the Gateway API",
    "gateway.networking.k8s.io/channel": "a record of the version of the Gateway API",
    "description": "for people",
    "note": "for people",
}
"""Pattern of an annotation -> who reads it, or what it is for; no packet meets it."""


def without_packets(mark: Annotation) -> Meaning | None:
    """What an annotation means that nothing on a packet's way is known to read; None: it is modelled."""
    item = mark.item
    if (item.kind, mark.name) in MODELLED:
        return None
    why = _read_elsewhere(mark.name) or f"nobody is known to read it on objects of kind {item.kind}"
    return meaning(mark, False, why, (item.kind, item.key))


@cache
def _read_elsewhere(name: str) -> str | None:
    """Who reads an annotation of this name, or what it is for."""
    return next((who for pattern, who in READ_ELSEWHERE.items() if fnmatchcase(name, pattern)), None)

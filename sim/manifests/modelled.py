"""What is modelled, what is approximated, what is left out; and what that means for a request.

Nothing read is ignored in silence: a kind, a field or an annotation outside the model is either listed here
as harmless for where a request goes, or it *may change the answer* and is said so.
"""

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

from sim.manifests.objects.kinds import WORKLOAD_KINDS, group_kinds
from sim.manifests.objects.meta import Path

CORE_WORKLOADS = frozenset({"DaemonSet", "Deployment", "Pod", "StatefulSet"})
"""The kinds whose Pods usually serve traffic; those of a Job, say, may by accident."""

_HARMLESS: Mapping[str, Mapping[str, str]] = {
    "no packet meets it": {
        "": "Event LimitRange PersistentVolume PersistentVolumeClaim PodTemplate ResourceQuota",
        "apiextensions.k8s.io": "CustomResourceDefinition",
        "apiregistration.k8s.io": "APIService",
        "apps": "ControllerRevision",
        "coordination.k8s.io": "Lease",
        "events.k8s.io": "Event",
        "flowcontrol.apiserver.k8s.io": "FlowSchema PriorityLevelConfiguration",
        "keda.sh": "ClusterTriggerAuthentication TriggerAuthentication",
        "node.k8s.io": "RuntimeClass",
        "policy": "PodSecurityPolicy",
        "scheduling.k8s.io": "PriorityClass",
    },
    "it gives programs their settings; a controller says if it reads it": {"": "ConfigMap"},
    "it says who may ask the API server for what": {
        "": "ServiceAccount",
        "certificates.k8s.io": "CertificateSigningRequest",
        "rbac.authorization.k8s.io": "ClusterRole ClusterRoleBinding Role RoleBinding",
    },
    "it lets objects in or refuses them, and changes none": {
        "admissionregistration.k8s.io": "ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding "
                                        "ValidatingWebhookConfiguration",
    },
    "it changes how many Pods there are, not where a request goes": {
        "autoscaling.k8s.io": "VerticalPodAutoscaler VerticalPodAutoscalerCheckpoint",
    },
    "it makes Secrets, of which the names count": {
        "acme.cert-manager.io": "Challenge Order",
        "bitnami.com": "SealedSecret",
        "cert-manager.io": "Certificate CertificateRequest ClusterIssuer Issuer",
        "external-secrets.io": "ClusterExternalSecret ClusterSecretStore ExternalSecret SecretStore",
        "secrets-store.csi.x-k8s.io": "SecretProviderClass",
    },
    "it measures": {
        "monitoring.coreos.com": "AlertmanagerConfig PodMonitor Probe PrometheusRule ScrapeConfig "
                                 "ServiceMonitor",
    },
    "it is about disks": {
        "snapshot.storage.k8s.io": "VolumeSnapshot VolumeSnapshotClass VolumeSnapshotContent",
        "storage.k8s.io": "CSIDriver CSINode CSIStorageCapacity StorageClass VolumeAttachment",
    },
}  # fmt: skip
"""Why an unknown kind changes no answer -> such kinds by API group."""

HARMLESS_KINDS: Mapping[tuple[str, str], str] = {
    kind: why for why, groups in _HARMLESS.items() for kind in group_kinds(groups)
}
"""Kinds that no packet meets, with the reason. Every other unknown kind may change the answer."""

HARMLESS_FIELDS = (
    "metadata.*", "spec.template.metadata.*", "spec.template.spec.*", "spec.containers.*",
    "spec.strategy*", "spec.updateStrategy*", "spec.revisionHistoryLimit", "spec.progressDeadlineSeconds",
    "spec.minReadySeconds", "spec.serviceName", "spec.volumeClaimTemplates*",
    "spec.persistentVolumeClaimRetentionPolicy*",
    "spec.allocateLoadBalancerNodePorts", "spec.description", "spec.scaleTargetRef.apiVersion", "type",
    "immutable",
)  # fmt: skip
"""Patterns of field paths (list indices left out) that do not decide where a request goes."""

STATUS_NAMES: Mapping[str, frozenset[str]] = {
    kind: frozenset(names.split())
    for kind, names in {
        "Gateway": "addresses attachedListenerSets conditions listeners",
        "GatewayClass": "conditions supportedFeatures",
        "BackendTLSPolicy": "ancestors",
        "GRPCRoute": "parents",
        "HTTPRoute": "parents",
        "ListenerSet": "conditions listeners",
        "TCPRoute": "parents",
        "TLSRoute": "parents",
        "UDPRoute": "parents",
        "Ingress": "error loadBalancer port ports protocol",
        "Service": "conditions error loadBalancer port ports protocol",
    }.items()
}
"""What controllers write into the status of these kinds: the names that a cluster knows, at any depth."""

READ_STATUSES = frozenset({"Gateway", "Ingress", "Service"})
"""Kinds whose status shows an address, so that a misspelt name in it may change the answer."""

POD_FIELDS_THAT_MATTER = frozenset({"hostNetwork", "readinessGates", "schedulingGates"})


def why_harmless(group: str, kind: str) -> str:
    """Why an object of an unknown kind changes no answer; empty: it may."""
    return HARMLESS_KINDS.get((group, kind), "")


def could_make_pods(group: str, kind: str) -> bool:
    """Whether an unknown kind may be an operator's, whose Pods no file shows."""
    extension = "." in group and not group.endswith((".k8s.io", ".istio.io", ".cilium.io"))
    makes_none = group in {"cert-manager.io", "cilium.io", "traefik.io", "traefik.containo.us"}
    return extension and not makes_none and not why_harmless(group, kind)


def unknown_in_status(kind: str, path: Path, written: Any) -> tuple[Path, ...]:
    """The names below `status` that no controller writes there, as a misspelt one; the others are no input.

    Args:
        path: of a field outside the model; it begins with status.
        written: what stands there.
    """
    known = STATUS_NAMES.get(kind)
    if known is None:
        return ()
    if len(path) > 1:
        return () if path[-1] in known else (path,)
    names = written if isinstance(written, dict) else {}
    return tuple((*path, name) for name in names if name not in known)


def field_may_change_answer(kind: str, path: tuple[str | int, ...]) -> bool:
    """Whether a field outside the model could send a request elsewhere, or stop it."""
    names = [part for part in path if isinstance(part, str)]
    if names[0] == "status":
        return kind in READ_STATUSES
    if kind == "Pod" or kind in WORKLOAD_KINDS:
        return names[-1] in POD_FIELDS_THAT_MATTER or "matchExpressions" in names
    if kind in {"Node", "Secret", "Namespace", "Endpoints"}:
        return False
    dotted = ".".join(names)
    return not any(fnmatchcase(dotted, pattern) for pattern in HARMLESS_FIELDS)


MODEL: dict[str, tuple[tuple[str, str], ...]] = {
    "modelled": (
        ("manifests", "Ingress, IngressClass, Service, EndpointSlice, Pod, Deployment, StatefulSet, "
         "DaemonSet, ReplicaSet, Node, Secret (name and certificate), Namespace, NetworkPolicy, "
         "ClusterNetworkPolicy; with file, line and column"),
        ("controllers", "their arguments and the ConfigMap that these name, as far as `sim model NAME` says"),
        ("control plane", "Pods from workloads, endpoints from selectors or slices, ports by number and "
         "name, addresses, the default IngressClass"),
        ("address families", "ipFamilies, ipFamilyPolicy, clusterIPs, podIPs; a kube-proxy for each; a "
         "client of both takes IPv4"),
        ("load balancer", "as AWS (cloud provider and AWS Load Balancer Controller), Azure, Google Cloud and "
         "DigitalOcean make it for a Service: nodes or Pods as targets, scheme, client address, PROXY lines, "
         "TLS, zones, what is refused; elsewhere it passes TCP to a healthy node"),
        ("kube-proxy", "per connection, in each of its modes: every type of Service, TCP, "
         "UDP and SCTP, policies, affinity, source ranges, hints, terminating Pods, masquerade, conntrack"),
        ("kube-proxy's rules", "sim rules: what it writes on a node, in the mode that is asked for, for each "
         "address family"),
        ("Ingress", "class, host, path type, precedence, default backend, as each controller has it"),
        ("Gateway API", "GatewayClass, Gateway, ListenerSet, HTTPRoute, GRPCRoute, TLSRoute, TCPRoute, "
         "UDPRoute, ReferenceGrant, BackendTLSPolicy: attachment, listener, precedence, filters, weights, "
         "TLS passed on, ended and spoken to backends, 404, 421, 500 and 503, gRPC statuses"),
        ("policies", "NetworkPolicy at both ends of every connection, after DNAT; ClusterNetworkPolicy "
         "(v1alpha2) in its tiers; what the network plugin decides is said"),
        ("TLS", "certificate by SNI, redirect to https, handshake round trips, its CPU where it ends"),
        ("time", "arrivals, connections with keep-alive, delays per leg, queues at controllers and at Pods"),
        ("money", "load balancers, addresses, capacity units, rules, controllers, bytes between zones"),
    ),
    "approximated": (
        ("delays", "constant per leg, from dated sources (docs/model.md); no jitter, no loss"),
        ("HTTP", "HTTP/1.1 one request at a time on a connection; HTTP/2 one connection without end"),
        ("scheduling", "Pods spread evenly over nodes; no resources, taints or affinity"),
        ("certificates", "by the names in a Secret's tls.crt, the only data of it that is read; where the "
         "files lack that, a Secret covers the hosts beside it"),
        ("proxies", "they choose as their program does (sim model NAME); a controller's Pod has one worker "
         "for each CPU of its node, and one where no Node object says: controller.proxy_workers"),
        ("load balancer", "connections fall evenly on healthy targets, by zone without cross-zone balancing"),
        ("topology hints", "topology-mode: Auto by the CPU of zones, trafficDistribution to the own zone or "
         "node; a node that no object describes has as much CPU as the others"),
    ),
    "left out": (
        ("networks", "service meshes, CNI, a plugin's own policies, DNS inside the cluster"),
        ("kube-proxy", "affinity in a run, and any mode but the default one"),
        ("controllers", "what `sim model NAME` lists as open; annotations that a profile does not name"),
        ("load balancers", "other providers' annotations; security groups, checks by path, stickiness"),
        ("Gateway API", "external authentication, extension filters, policies of its own kinds: each is "
         "reported as one that may change the answer"),
        ("failures", "rolling updates, probes over time, bounded queues"),
    ),
}  # fmt: skip
"""What `sim model` prints; docs/model.md says it at length."""

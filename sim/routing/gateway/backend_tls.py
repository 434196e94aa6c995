"""BackendTLSPolicy: how a Gateway speaks TLS to the Pods of a Service, and whether it trusts them.

A policy for a port of a Service (`sectionName`) goes before one for the whole Service; of two for the same
target the older one holds, then the first by NAMESPACE/NAME, and the other is Conflicted. A policy that
cannot be used breaks the connection: the Gateway never falls back to plain text. The host name of the policy
is the server name that is sent, and the certificate must carry it; where subjectAltNames are listed, one of
those instead. What certificate a backend shows no manifest says: where it is not stated, it fits. By the
letter a certificate authority stands in a ConfigMap; a Secret there is up to the implementation. Source:
Gateway API v1, BackendTLSPolicy.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from sim.cluster.cluster import Cluster, LinkedPort, LinkedService
from sim.cluster.setup import BackendCertificate
from sim.manifests.objects.gateway_routes import BackendTLSPolicy, LocalObjectReference, PolicyTarget
from sim.manifests.objects.meta import Path
from sim.routing.controllers.certificates import matches
from sim.routing.upstream import Resolved

CERTIFICATE_KEY = "ca.crt"


@dataclass(frozen=True)
class BackendTls:
    """How a backend is spoken to.

    Args:
        code: of what keeps a handshake from succeeding; empty if it succeeds.
        status: of the Gateway's own answer then.
    """

    policy: BackendTLSPolicy
    sni: str
    because: str
    code: str = ""
    status: int = 503
    fix: str = ""
    source: str | None = None


@dataclass(frozen=True)
class PolicyFault:
    """What keeps a policy, or a reference of it, from being used; the reason is that of a condition."""

    reason: str
    message: str
    where: Path


def backend_tls(cluster: Cluster, found: Resolved) -> BackendTls | None:
    """The policy for a backend, and whether its handshake succeeds; None: it is spoken to in plain text."""
    if found.service is None or not cluster.backend_tls_policies:
        return None
    policy = policy_for(cluster, found.service, found.port)
    if policy is None:
        return None
    wanted = policy.spec.validation.hostname
    fault = unusable(cluster, policy)
    if fault is not None:
        because = f"BackendTLSPolicy {policy.key} cannot be used: {fault.reason}, {fault.message}"
        fix, line = "name a ConfigMap with a key ca.crt in caCertificateRefs", policy.line(*fault.where)
        return BackendTls(policy, wanted, because, "SIM2067", 500, fix, line)
    known = BackendTls(policy, wanted, f"TLS for {wanted}, by BackendTLSPolicy {policy.key}")
    shown = cluster.setup.backend_tls
    if shown is None:
        return known
    return _judged(cluster, known, shown.get(found.backend or ""))


def policy_for(cluster: Cluster, service: LinkedService, port: LinkedPort | None) -> BackendTLSPolicy | None:
    """The policy that holds for a port of a Service: the one for this port alone, else the one for all."""
    section = port.name if port is not None else ""
    namespace, _, name = service.key.partition("/")
    for wanted in filter(None, (section, "*")):
        for policy in cluster.backend_tls_policies:
            mine = policy.namespace == namespace
            if mine and any(_targets(t, name) and (t.section_name or "*") == wanted for t in _of(policy)):
                return policy
    return None


def _of(policy: BackendTLSPolicy) -> tuple[PolicyTarget, ...]:
    return policy.spec.target_refs


def _targets(target: PolicyTarget, name: str) -> bool:
    return (target.group, target.kind, target.name) == ("", "Service", name)


def conflict(cluster: Cluster, policy: BackendTLSPolicy) -> PolicyFault | None:
    """The target that an older policy has already; None: each is its own."""
    for older in cluster.backend_tls_policies:
        if older is policy:
            return None
        for number, target in enumerate(_of(policy)):
            if older.namespace == policy.namespace and target in _of(older):
                message = f"BackendTLSPolicy {older.key} is older and has {target.kind} {target.name} already"
                return PolicyFault("Conflicted", message, ("spec", "targetRefs", number))
    return None


def no_target(cluster: Cluster, policy: BackendTLSPolicy) -> PolicyFault | None:
    """The first target that is not there, or that is no Service."""
    for number, target in enumerate(_of(policy)):
        where: Path = ("spec", "targetRefs", number)
        if (target.group, target.kind) != ("", "Service"):
            message = f"{target.kind} {target.name} is no Service: it is up to the implementation"
            return PolicyFault("TargetNotFound", message, (*where, "kind"))
        service = cluster.services.get(f"{policy.namespace}/{target.name}")
        if service is None:
            message = f"there is no Service {target.name} in namespace {policy.namespace}"
            return PolicyFault("TargetNotFound", message, (*where, "name"))
        if target.section_name and all(p.name != target.section_name for p in service.ports):
            message = f"Service {service.key} has no port named {target.section_name}"
            return PolicyFault("TargetNotFound", message, (*where, "sectionName"))
    return None


def unusable(cluster: Cluster, policy: BackendTLSPolicy) -> PolicyFault | None:
    """What keeps a policy from being used at all: no authority that can be read, or one that is not known."""
    validation, where = policy.spec.validation, ("spec", "validation")
    if validation.ca_certificate_refs:
        faults = list(authority_faults(cluster, policy))
        if len(faults) < len(validation.ca_certificate_refs):
            return None
        return replace(faults[0], reason="NoValidCACertificate")
    if validation.well_known_ca_certificates == "System":
        return None
    named = validation.well_known_ca_certificates or "none"
    message = f"the well-known authorities are {named}; every implementation knows System alone"
    return PolicyFault("Invalid", message, (*where, "wellKnownCACertificates"))


def authority_faults(cluster: Cluster, policy: BackendTLSPolicy) -> Iterator[PolicyFault]:
    """The references to certificate authorities that cannot be read."""
    for number, reference in enumerate(policy.spec.validation.ca_certificate_refs):
        where: Path = ("spec", "validation", "caCertificateRefs", number)
        key = f"{policy.namespace}/{reference.name}"
        if (reference.group, reference.kind) != ("", "ConfigMap"):
            message = f"{reference.kind} {reference.name} is no ConfigMap"
            yield PolicyFault("InvalidKind", message, (*where, "kind"))
        elif key not in cluster.manifests.config_maps:
            yield PolicyFault("InvalidCACertificateRef", f"there is no ConfigMap {key}", (*where, "name"))
        elif CERTIFICATE_KEY not in cluster.manifests.config_maps[key].data:
            message = f"ConfigMap {key} has no key {CERTIFICATE_KEY}"
            yield PolicyFault("InvalidCACertificateRef", message, (*where, "name"))


def _judged(cluster: Cluster, known: BackendTls, shown: BackendCertificate | None) -> BackendTls:
    """The handshake with a backend whose certificate is stated."""
    why, fix, field = _distrust(cluster, known.policy, shown)
    if not why:
        return known
    because = f"the handshake with the backend fails: {why} (BackendTLSPolicy {known.policy.key})"
    line = known.policy.line("spec", "validation", field)
    return replace(known, because=because, code="SIM2067", status=503, fix=fix, source=line)


def _distrust(
    cluster: Cluster, policy: BackendTLSPolicy, shown: BackendCertificate | None
) -> tuple[str, str, str]:
    """Why a certificate is not taken, the way out, and the field that asks for it; empty if it is."""
    validation = policy.spec.validation
    if shown is None:
        return "it speaks no TLS", "take the policy away, or let the Pods speak TLS", "hostname"
    trusted = {cluster.setup.authorities.get(f"{policy.namespace}/{r.name}") for r in _refs(policy)}
    if validation.ca_certificate_refs and shown.authority not in trusted:
        why = f"its certificate is signed by {shown.authority}, whom the policy does not trust"
        return why, "name the authority that signed it in caCertificateRefs", "caCertificateRefs"
    names = ", ".join(shown.names) or "no name"
    if validation.subject_alt_names:
        wanted = [san.uri if san.type == "URI" else san.hostname for san in validation.subject_alt_names]
        if any(san and (san in shown.names or matches(shown.names, san)) for san in wanted):
            return "", "", ""
        why = f"its certificate is for {names}, none of subjectAltNames"
        return why, "list a name of the certificate under subjectAltNames", "subjectAltNames"
    if matches(shown.names, validation.hostname):
        return "", "", ""
    why = f"its certificate is for {names}, not for {validation.hostname}"
    return why, "write a name of the certificate as hostname", "hostname"


def _refs(policy: BackendTLSPolicy) -> Iterable[LocalObjectReference]:
    return policy.spec.validation.ca_certificate_refs

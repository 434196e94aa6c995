"""ListenerSets and BackendTLSPolicies that a Gateway does not use: the condition, as a finding."""

from collections.abc import Iterator

from sim.analysis.findings.index import Index, finding, listed
from sim.manifests.decoding import shown
from sim.manifests.objects.collected import Finding
from sim.manifests.objects.meta import Path
from sim.routing.gateway.backend_tls import PolicyFault, authority_faults, conflict, no_target, unusable
from sim.routing.gateway.listener_sets import admission, sets_of


def listener_sets(index: Index) -> Iterator[Finding]:
    """ListenerSets whose Gateway is not there, or takes none."""
    cluster = index.gateways_alone
    place: Path = ("spec", "parentRef")
    for one in cluster.listener_sets:
        gateways = [g for g in cluster.gateways.values() if one in tuple(sets_of(cluster, g))]
        parent = one.spec.parent_ref
        if not gateways:
            key = shown(f"{parent.namespace or one.namespace}/{parent.name}")
            there = f"; there are: {listed(cluster.gateways)}" if cluster.gateways else ""
            message = f"Gateway {key} is not in these files: nothing here takes the listeners{there}"
            yield finding(one, "SIM1509", "warning", message, place, "give the Gateway too, or name one")
        for gateway in gateways:
            allowed = admission(cluster, gateway, one)
            if not allowed.held:
                message = f"Gateway {gateway.key} does not take it (NotAllowed): {allowed.because}"
                fix = "allowedListeners: {namespaces: {from: All}} in the Gateway, or Same"
                yield finding(one, "SIM1509", "error", message, place, fix)


def policies(index: Index) -> Iterator[Finding]:
    """BackendTLSPolicies without a target, with another's, or with nobody to trust."""
    cluster = index.gateways_alone
    for policy in cluster.backend_tls_policies:
        target = no_target(cluster, policy)
        if target is not None:
            yield finding(
                policy, "SIM1510", "warning", *_said(target), "name a Service, or a port of it by name"
            )
        other = conflict(cluster, policy)
        if other is not None:
            yield finding(
                policy, "SIM1510", "error", *_said(other), "remove one of the two, or name another port"
            )
        broken = unusable(cluster, policy)
        partly = next(authority_faults(cluster, policy), None)
        if broken is not None:
            message, where = _said(broken)
            message += ": requests to its targets fail, they are never sent in plain text"
            fix = "name a ConfigMap of this namespace with a key ca.crt"
            yield finding(policy, "SIM1510", "error", message, where, fix)
        elif partly is not None:
            yield finding(policy, "SIM1510", "warning", *_said(partly), "remove the reference, or mend it")


def _said(fault: PolicyFault) -> tuple[str, Path]:
    return f"{fault.reason}: {fault.message}", fault.where


CHECKS = (listener_sets, policies)

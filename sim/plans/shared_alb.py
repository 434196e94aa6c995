"""The plan shared-alb: one AWS Application Load Balancer for all Ingresses of an IngressGroup.

The load balancer reads HTTP itself and asks a target per request; no controller Pod stands on the way (the
AWS Load Balancer Controller only configures). Its targets are Pods, or nodes and their NodePorts. Source: AWS
Load Balancer Controller, annotations group.name and target-type.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace

from sim.cluster.cluster import CLASS_ANNOTATION
from sim.cluster.setup import Setup
from sim.manifests.objects import (
    Ingress,
    IngressClass,
    IngressClassSpec,
    KubernetesObject,
    Manifests,
    ObjectMeta,
    StatusWithLoadBalancer,
)
from sim.plans.changes import shared_certificates, stays, tls_hosts, with_objects, with_types, without
from sim.plans.plan import Exposed, Plan
from sim.plans.single_ingress import with_rules
from sim.routing.building import build
from sim.routing.controllers import aws_alb
from sim.routing.hops.doors import load_balancers

CLASS, GROUP = "alb", "shared"


def shared_alb(manifests: Manifests, exposed: tuple[Exposed, ...], setup: Setup, lb_targets: str) -> Plan:
    """One load balancer that reads HTTP; the Services behind it keep their Pods and nothing else."""
    cluster = build(
        in_group(manifests, exposed, lb_targets),
        replace(setup, controllers=None, profile=aws_alb.AWS_ALB.name),
    )
    balancers = load_balancers(cluster)
    return Plan(
        "shared-alb",
        cluster,
        exposed,
        tuple(s.key for s in balancers),
        rules=sum(len(s.ports) for s in balancers),
        controller_pods=0,
        lb_targets=lb_targets,
        addresses=len(balancers),
        http_rules=sum(e.http for e in exposed),
        certificates=shared_certificates(manifests, exposed),
        dns_names=tuple(dict.fromkeys(e.host for e in exposed)),
        layer=7,
        cannot_move=stays(exposed),
    )


def in_group(manifests: Manifests, exposed: tuple[Exposed, ...], lb_targets: str) -> Manifests:
    """All Ingresses in one group of class alb; target type instance needs a NodePort on each Service."""
    ruled = with_rules(manifests, exposed)
    if lb_targets == "node":
        ruled = with_types(ruled, {e.service: "NodePort" for e in exposed if e.http})
    annotations = _annotations(lb_targets, bool(tls_hosts(manifests)))
    members = [_member(i, annotations) for i in ruled.of(Ingress)]
    kind = IngressClass(
        metadata=ObjectMeta(name=CLASS), spec=IngressClassSpec(controller=aws_alb.AWS_ALB.controller)
    )
    return with_objects(without(ruled, (Ingress, IngressClass)), _all(kind, members))


def _all(kind: IngressClass, members: Iterable[Ingress]) -> Iterable[KubernetesObject]:
    yield kind
    yield from members


def _annotations(lb_targets: str, tls: bool) -> dict[str, str]:
    ports = [{"HTTP": 80}, {"HTTPS": 443}] if tls else [{"HTTP": 80}]
    return {
        aws_alb.GROUP: GROUP,
        aws_alb.TARGET_TYPE: "ip" if lb_targets == "pod" else "instance",
        aws_alb.LISTEN_PORTS: json.dumps(ports),
    }


def _member(ingress: Ingress, annotations: dict[str, str]) -> Ingress:
    """A copy in the group; where its files say a target type or an order of their own, they are kept."""
    written = {k: v for k, v in ingress.metadata.annotations.items() if k != CLASS_ANNOTATION}
    metadata = ingress.metadata.model_copy(update={"annotations": annotations | written})
    spec = ingress.spec.model_copy(update={"ingress_class_name": CLASS})
    copy = ingress.model_copy(update={"metadata": metadata, "spec": spec, "status": StatusWithLoadBalancer()})
    if ingress.origin is not None:
        copy.read_from(ingress.origin)
    return copy

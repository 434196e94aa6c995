"""The plan shared-alb: one AWS Application Load Balancer for all Ingresses of an IngressGroup.

The load balancer reads HTTP itself and asks a target per request; no controller Pod stands on the way (the
AWS Load Balancer Controller only configures). Its targets are Pods, or nodes and their NodePorts. Source: AWS
Load Balancer Controller, annotations group.name and target-type.
"""

import json
from dataclasses import replace

from sim.cluster.cluster import CLASS_ANNOTATION
from sim.cluster.setup import Setup
from sim.manifests.objects.collected import Manifests
from sim.manifests.objects.meta import ObjectMeta
from sim.manifests.objects.networking import Ingress, IngressClass, IngressClassSpec, StatusWithLoadBalancer
from sim.plans.changes import shared_plan, tls_hosts, with_objects, with_types, without, without_gateways
from sim.plans.plan import Exposed, Plan
from sim.plans.single_ingress import with_rules
from sim.routing.building import build
from sim.routing.controllers import aws_alb

CLASS, GROUP = "alb", "shared"


def shared_alb(manifests: Manifests, exposed: tuple[Exposed, ...], setup: Setup, lb_targets: str) -> Plan:
    """One load balancer that reads HTTP; the Services behind it keep their Pods and nothing else."""
    grouped = _grouped(manifests, exposed, lb_targets)
    cluster = build(grouped, replace(setup, controllers=None, profile=aws_alb.AWS_ALB.name))
    return shared_plan("shared-alb", cluster, exposed, manifests, lb_targets, layer=7)


def _grouped(manifests: Manifests, exposed: tuple[Exposed, ...], lb_targets: str) -> Manifests:
    """All Ingresses in one group of class alb; target type instance needs a NodePort on each Service."""
    ruled = with_rules(without_gateways(manifests), exposed)
    if lb_targets == "node":
        ruled = with_types(ruled, {e.service: "NodePort" for e in exposed if e.http})
    annotations = _annotations(lb_targets, bool(tls_hosts(manifests)))
    members = [_member(i, annotations) for i in ruled.of(Ingress)]
    spec = IngressClassSpec(controller=aws_alb.AWS_ALB.controller)
    kind = IngressClass(metadata=ObjectMeta(name=CLASS), spec=spec)
    return with_objects(without(ruled, (Ingress, IngressClass)), [kind, *members])


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
    return ingress.model_copy(update={"metadata": metadata, "spec": spec, "status": StatusWithLoadBalancer()})

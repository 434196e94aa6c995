"""Nodes that fall silent, and nodes that load balancers should leave.

Source: kubernetes, pkg/controller/nodelifecycle; plugin/pkg/admission/defaulttolerationseconds;
pkg/proxy/healthcheck/proxy_health.go; k8s.io/cloud-provider, controllers/service (stableNodeSetPredicates);
KEP-3458, KEP-3836.
"""

from dataclasses import dataclass

from sim.cluster.life.figures import NODE_GRACE_S, TOLERATED_S


@dataclass(frozen=True)
class LostNode:
    """What follows when a node falls silent at 0; the controller may be up to 5 s later with each.

    Args:
        not_ready_s: its condition Ready turns Unknown, and its Pods' endpoints are not ready.
        deleted_s: its Pods are deleted; infinite: never.
    """

    not_ready_s: float
    deleted_s: float


def lost_node(grace_s: float = NODE_GRACE_S, tolerated_s: float = TOLERATED_S) -> LostNode:
    """When a silent node counts as lost, and when its Pods go.

    Args:
        grace_s: --node-monitor-grace-period.
        tolerated_s: tolerationSeconds of a Pod for the taint unreachable; infinite: it stays, as those of
            DaemonSets do.

    >>> lost_node(), lost_node(tolerated_s=float("inf"))
    (LostNode(not_ready_s=50.0, deleted_s=350.0), LostNode(not_ready_s=50.0, deleted_s=inf))
    """
    return LostNode(grace_s, grace_s + tolerated_s)


@dataclass(frozen=True)
class NodeMarks:
    """What says that a load balancer should leave a node. Whether it is ready is no such mark (KEP-3458).

    Args:
        deleting: its object has a deletion timestamp.
        excluded: the label node.kubernetes.io/exclude-from-external-load-balancers.
        autoscaler_taint: ToBeDeletedByClusterAutoscaler. It starts no sync of the target set by itself.
    """

    deleting: bool = False
    excluded: bool = False
    autoscaler_taint: bool = False

    @property
    def is_target(self) -> bool:
        """Whether the next sync of the service controller puts the node into target sets."""
        return not (self.deleting or self.excluded or self.autoscaler_taint)

    def proxy_is_well(self, up_to_date: bool = True) -> bool:
        """Whether kube-proxy answers 200 on /healthz (10256), else 503: it says when its node is going.

        Args:
            up_to_date: whether it is at work, and its rules are not late.
        """
        return up_to_date and not (self.deleting or self.autoscaler_taint)

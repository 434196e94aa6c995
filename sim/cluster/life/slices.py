"""What EndpointSlices say of a Pod: whether it is listed, and its conditions, also while it ends; sizes.

Source: kubernetes, staging/src/k8s.io/endpointslice (utils.go podToEndpoint, util/controller_utils.go
ShouldPodBeInEndpoints, reconciler.go).
"""

from typing import NamedTuple

from sim.cluster.life.figures import ENDPOINTS_PER_SLICE

_FINISHED = frozenset({"Succeeded", "Failed"})
BEFORE_S = -1.0
"""Stands for any moment before the Pod is told to go."""


class EndpointState(NamedTuple):
    """The conditions of an endpoint."""

    ready: bool
    serving: bool
    terminating: bool


class EndpointPoint(NamedTuple):
    """The conditions of an endpoint from a moment on; seconds from the request to delete the Pod."""

    at_s: float
    ready: bool
    serving: bool
    terminating: bool


def is_listed(phase: str, has_address: bool) -> bool:
    """Whether a Pod that a Service selects stands in its slices, as one that terminates still does."""
    return has_address and phase not in _FINISHED


def endpoint_state(pod_ready: bool, deleting: bool, publish_not_ready: bool = False) -> EndpointState:
    """The conditions of a Pod's endpoint.

    Args:
        deleting: whether it has a deletion timestamp.
        publish_not_ready: spec.publishNotReadyAddresses of the Service.
    """
    return EndpointState(publish_not_ready or (pod_ready and not deleting), pod_ready, deleting)


def states_to_the_end(
    exit_s: float, *, ready: bool = True, ready_until_s: float | None = None, publish_not_ready: bool = False
) -> tuple[EndpointPoint, ...]:
    """The conditions of a Pod that is deleted at 0, where they change; its endpoint goes with it at `exit_s`.

    Readiness probes go on while a Pod stops. Source: kubernetes, pkg/kubelet/prober/worker.go.

    Args:
        ready: whether it was ready.
        ready_until_s: from when on its readiness probe fails; None: never.
    """
    points: list[EndpointPoint] = []
    for at_s in sorted({BEFORE_S, 0.0, *(() if ready_until_s is None else (max(0.0, ready_until_s),))}):
        is_ready = ready and (at_s < 0 or ready_until_s is None or at_s < ready_until_s)
        state = endpoint_state(is_ready, at_s >= 0, publish_not_ready)
        if at_s < exit_s and (not points or points[-1][1:] != state):
            points.append(EndpointPoint(at_s, *state))
    return tuple(points)


def slice_sizes(endpoints: int, most: int = ENDPOINTS_PER_SLICE) -> tuple[int, ...]:
    """Endpoints per slice where all are made at once; a Service without endpoints has one empty slice.

    Args:
        most: --max-endpoints-per-slice.

    >>> slice_sizes(101)
    (100, 1)
    """
    full, rest = divmod(endpoints, most)
    return (most,) * full + ((rest,) if rest else ())

"""A cluster with the Ingress controllers that there are profiles of."""

from collections.abc import Iterator

from sim.cluster import build as control_plane
from sim.cluster import ingress_controllers
from sim.cluster.cluster import Cluster, Controller
from sim.cluster.known_controllers import Known
from sim.cluster.setup import Setup
from sim.manifests.objects.collected import Manifests
from sim.routing.controllers import PROFILES, USUAL

KNOWN: Known = (USUAL, *(p for p in PROFILES.values() if p is not USUAL))
"""The profiles; the usual one first, for it is assumed where nothing points to another."""


def build(manifests: Manifests, setup: Setup | None = None) -> Cluster:
    """Link manifests into a cluster.

    Args:
        manifests: what was read.
        setup: what is stated besides; None: nothing, and what is missing is assumed.

    Raises:
        Nothing: what the manifests lack is in `assumptions` of the result.
    """
    return control_plane.build(manifests, setup or Setup(), KNOWN)


def found_controllers(manifests: Manifests) -> Iterator[Controller]:
    """The Ingress controllers among the workloads, known by their image."""
    return ingress_controllers.found_controllers(manifests, KNOWN)

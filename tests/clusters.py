"""Clusters from manifests that a test writes down."""

from __future__ import annotations

from typing import Any

from sim.cluster.cluster import Cluster
from sim.cluster.setup import Setup
from sim.manifests.decoding import from_document, merge
from sim.manifests.reading.loading import documents
from sim.routing.building import build


def cluster(*texts: str, name: str = "a.yaml", **setup: Any) -> Cluster:
    """What these manifests build.

    Args:
        texts: YAML.
        name: the file that reasons and assumptions name.
        setup: as for `Setup`.
    """
    return build(merge(from_document(d) for t in texts for d in documents(t, name)), Setup(**setup))

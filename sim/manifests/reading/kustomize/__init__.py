"""Kustomize folders: what a kustomization.yaml comes to, and what it asks for that is not applied.

Followed as kustomize follows them: `resources`, `bases` and `components`; then patches, namespace, prefix and
suffix of names, labels, annotations, replicas and images, in the order in which kustomize applies them.
Generated ConfigMaps and Secrets are there by name. Remote resources are not fetched, no plugin is run, no
replacement is made: all of that is said. Every value keeps the place that it was written at, in a patch too.
Source: kubernetes-sigs/kustomize, api/internal/target; its reference of kustomization.yaml.
"""

from sim.manifests.reading.kustomize.folders import (
    KUSTOMIZATION_FILES,
    Kustomized,
    Texts,
    follow,
    kustomization_file,
)

__all__ = ["KUSTOMIZATION_FILES", "Kustomized", "Texts", "follow", "kustomization_file"]

"""HorizontalPodAutoscalers as the API server takes and refuses them."""

from __future__ import annotations

from typing import Any

import pytest

from sim.manifests.validation import validate

TARGET = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}


def faults(version: str = "autoscaling/v2", **spec: Any) -> list[str]:
    said = {"scaleTargetRef": TARGET, "minReplicas": 2, "maxReplicas": 5, **spec}
    kept = {name: value for name, value in said.items() if value is not None}
    metadata = {"name": "web", "namespace": "shop"}
    value = {"apiVersion": version, "kind": "HorizontalPodAutoscaler", "metadata": metadata, "spec": kept}
    return [f"{fault.field}: {fault.message}" for fault in validate(value)]


@pytest.mark.parametrize("version", ["autoscaling/v1", "autoscaling/v2"])
def test_what_is_sound_is_taken(version):
    assert faults(version) == []
    assert faults(version, minReplicas=None, maxReplicas=1) == []


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ({"minReplicas": 5, "maxReplicas": 2}, "must be greater than or equal to `minReplicas`"),
        ({"minReplicas": 0}, "must be greater than or equal to 1"),
        ({"minReplicas": None, "maxReplicas": 0}, "must be greater than 0"),
        ({"scaleTargetRef": {"kind": "Deployment"}}, "scaleTargetRef.name"),
        ({"maxReplica": 4}, "maxReplica"),
    ],
)
def test_what_is_not_is_refused_in_the_servers_words(spec, says):
    assert any(says in message for message in faults(**spec)), faults(**spec)

"""What the tree of `sim topology` says beside its ways."""

from __future__ import annotations

import pytest
from clusters import cluster

from sim.report.text.topology import text_tree

APP = """
apiVersion: v1
kind: Service
metadata: {name: web, annotations: {%s}}
spec: {type: LoadBalancer, %sselector: {app: web}, ports: [{port: 80}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: %d
  selector: {matchLabels: {app: web}}
  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: web}]}}
"""
AUTO = "service.kubernetes.io/topology-mode: Auto"
TO_PODS = (
    "service.beta.kubernetes.io/aws-load-balancer-type: external, "
    "service.beta.kubernetes.io/aws-load-balancer-nlb-target-type: ip"
)


@pytest.mark.parametrize(
    ("annotations", "field", "pods", "said"),
    [
        pytest.param(AUTO, "", 6, "topology-mode: Auto: hints, zone-a 2 of 6", id="made"),
        pytest.param(AUTO, "", 1, "topology-mode: Auto: no hints", id="not made"),
        pytest.param(
            "", "trafficDistribution: PreferClose, ", 3, "trafficDistribution: PreferClose", id="close"
        ),
        pytest.param("", "", 3, "", id="nothing asks"),
        pytest.param(f"{AUTO}, {TO_PODS}", "", 6, "", id="past kube-proxy"),
    ],
)
def test_a_service_says_what_came_of_its_hints(annotations, field, pods, said):
    text = " ".join(text_tree(cluster(APP % (annotations, field, pods))).split())
    assert said in text
    assert said or "topology-mode" not in text
    assert max(map(len, text_tree(cluster(APP % (annotations, field, pods))).splitlines())) <= 80

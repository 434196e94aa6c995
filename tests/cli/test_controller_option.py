"""`--controller` says the same in every command that assumes a controller: which profile is taken to run."""

from __future__ import annotations

import json

import pytest
from command import sim

pytestmark = pytest.mark.usefixtures("parts_broken_briefly")

APP = """
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web}
spec:
  rules:
  - host: shop.example.com
    http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
"""


@pytest.fixture
def manifests(tmp_path):
    (tmp_path / "a.yaml").write_text(APP)
    return str(tmp_path / "a.yaml")


@pytest.mark.parametrize("command", ["trace", "inspect", "compare", "cost"])
def test_the_assumption_names_the_profile_that_was_asked_for(command, manifests):
    more = ["http://shop.example.com/"] if command == "trace" else []
    done = sim(command, "-f", manifests, "--controller", "haproxy", "-o", "json", *more)
    assert done.status == 0
    said = [a["what"] for a in json.loads(done.out)["assumptions"]]
    assert any("profile haproxy" in what for what in said)


def test_none_assumes_no_controller(manifests):
    said = json.loads(sim("inspect", "-f", manifests, "--controller", "none", "-o", "json").out)[
        "assumptions"
    ]
    assert not any("controller" in a["what"] for a in said)


def test_init_writes_it_as_a_key(manifests, tmp_path):
    assert sim("init", "-f", manifests, "--controller", "traefik", str(tmp_path / "mine")).status == 0
    assert "\ncontroller: {profile: traefik," in (tmp_path / "mine" / "scenario.yaml").read_text()


@pytest.mark.parametrize("command", ["compare", "init", "cost"])
def test_a_profile_without_pods_is_refused_where_requests_queue(command, manifests, tmp_path):
    more = [str(tmp_path / "mine")] if command == "init" else []
    done = sim(command, "-f", manifests, "--controller", "gke", *more)
    assert done.status == 2
    assert "gke has no Pods" in done.err

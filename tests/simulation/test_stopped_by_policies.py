"""Runs in a cluster with policies: a connection that none allows is waited for, and a proxy tries another Pod."""

from __future__ import annotations

from pathlib import Path

import pytest
from ends_pairs import DIRECT, POLICY, SHOP
from findings_pairs import together

import sim

OLD = """\
apiVersion: v1
kind: Pod
metadata: {name: old, namespace: shop, labels: {app: web, release: old}}
spec: {containers: [{name: web, image: example/web:0, ports: [{name: http, containerPort: 8080}]}]}
"""
FRESH = "matchLabels: {app: web, release: new}"
RELEASES = together(
    SHOP.replace("matchLabels: {app: web}", FRESH).replace(
        "labels: {app: web}}", "labels: {app: web, release: new}}"
    ),
    OLD,
)


def run(folder: Path, text: str, traffic: str) -> dict[str, int]:
    (folder / "manifests").mkdir()
    (folder / "manifests" / "a.yaml").write_text(text)
    (folder / "scenario.yaml").write_text(f"manifests: [manifests/]\ntraffic:\n- {traffic}\n")
    result = sim.run(sim.load_experiment(folder))
    return {"answered": result.answered, **result.failed}


ROW = "{host: shop.example.com, path: /web, rps: 5, requests: 60, keep_alive: 1}"


@pytest.mark.parametrize(
    ("text", "row", "failed"),
    [
        pytest.param(SHOP, ROW, set(), id="no policy"),
        pytest.param(
            together(SHOP, POLICY), ROW, {"answered-by-proxy 504"}, id="nobody may come in: nginx gives up"
        ),
        pytest.param(
            together(RELEASES, POLICY.replace("app: web}", "release: old}")),
            ROW.replace("rps: 5", "users: 1"),
            set(),
            id="another Pod is tried",
        ),
    ],
)
def test_what_a_proxy_makes_of_pods_that_it_cannot_reach(
    tmp_path: Path, text: str, row: str, failed: set[str]
) -> None:
    found = run(tmp_path, text, row)
    assert set(found) - {"answered"} == failed
    assert (found["answered"] == 0) == bool(failed)


def test_a_client_behind_a_load_balancer_waits_until_it_gives_up(tmp_path: Path) -> None:
    plan = "{host: web.shop.example, path: /, rps: 5, requests: 20, keep_alive: 1, connect_timeout: 2s}\nplans: [lb-per-service]"
    found = run(tmp_path, together(DIRECT, POLICY + "  ingress: [{ports: [{port: 1}]}]\n"), plan)
    assert found["answered"] + found.get("connect-timeout", 0) == 20
    assert found["connect-timeout"] > 0

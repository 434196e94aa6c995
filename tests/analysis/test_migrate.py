"""The proof of a migration: which requests are answered otherwise, and why."""

from __future__ import annotations

import json

import pytest
from command import sim

from sim.analysis.migrate import Migrated, migrated
from sim.errors import UsageError
from sim.manifests.reading.loading import load_text

SHOP = """
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop, namespace: shop}
spec:
  ingressClassName: nginx
  tls: [{hosts: [shop.example], secretName: cert}]
  rules:
  - host: shop.example
    http:
      paths:
      - {path: /cart, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}
  - host: '*.wide.example'
    http:
      paths:
      - {path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web}, ports: [{port: 80}]}
"""


@pytest.fixture(scope="module")
def found() -> Migrated:
    return migrated(load_text(SHOP, "shop.yaml"))


def test_every_difference_has_its_cause_and_all_others_answer_alike(found):
    causes = {one.cause.name for one in found.unlike if one.cause}
    assert causes == {"final-slash-of-a-redirect", "depth-of-a-wildcard", "certificate-of-the-controller"}
    assert all(one.cause for one in found.unlike)
    assert 0 < found.alike == found.asked - len(found.unlike)


def test_a_slash_that_stays_is_seen(found):
    one = next(u for u in found.unlike if u.cause and u.cause.name == "final-slash-of-a-redirect")
    (change,) = one.changes
    assert change.new == f"{change.old}/"


def test_nothing_to_migrate_is_said():
    with pytest.raises(UsageError, match="no Ingress"):
        migrated(load_text("apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n"))


def test_the_command_writes_files_and_never_over_one(tmp_path):
    file, out = tmp_path / "shop.yaml", tmp_path / "out"
    file.write_text(SHOP)
    done = sim("migrate", "-f", str(file), "--out", str(out), "--report", str(tmp_path / "r.md"))
    assert done.status == 1
    assert sorted(str(p.relative_to(out)) for p in out.rglob("*.yaml")) == ["gateway.yaml", "shop/shop.yaml"]
    assert (tmp_path / "r.md").read_text().startswith("### sim migrate: ")
    again = sim("migrate", "-f", str(file), "--out", str(out))
    assert again.status == 2
    assert "is there already" in again.err
    inspected = sim("inspect", "-f", str(out), "-o", "json")
    assert [f for f in json.loads(inspected.out)["findings"] if f["code"].startswith("SIM10")] == []


def test_without_a_folder_the_objects_are_the_output(tmp_path):
    file = tmp_path / "shop.yaml"
    file.write_text(SHOP)
    done = sim("migrate", "-f", str(file))
    assert "kind: HTTPRoute" in done.out
    assert "requests answer alike" in done.err
    assert [f.message for f in load_text(done.out).faults] == []

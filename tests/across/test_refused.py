"""What the API server refuses is refused alike, in the same words, by every command and in a lesson."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest
from command import sim as run

import sim
from sim.errors import SimError

INGRESS = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop, namespace: default}
spec:
  ingressClassName: nginx
  rules:
  - host: shop.example.com
    http:
      paths:
      - {path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: default}
spec:
  selector: {app: web}
  ports: [{name: http, port: 80, targetPort: 8080}]
"""
WORKLOAD = """\
apiVersion: apps/v1
kind: KIND
metadata: {name: web, namespace: default}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: registry.example.com/web:1
        ports: [{name: http, containerPort: 8080}]
        readinessProbe: {httpGet: {port: http}}
"""
KINDS = ("Deployment", "StatefulSet", "DaemonSet", "Deployment")
REFUSED = {"SIM1012", "SIM1013", "SIM1014", "SIM1020"}
MISTAKES = (
    ("  replicas: 2\n", "  replicas: -2\n"),
    ("matchLabels: {app: web}", "matchLabels: {app: wbe}"),
    ("  selector: {matchLabels: {app: web}}\n", ""),
    ("- name: web", "- name: Web"),
    ("        image: registry.example.com/web:1\n", ""),
    ("name: http, containerPort", "name: a-name-that-is-too-long, containerPort"),
    ("containerPort: 8080}", "containerPort: 8080}, {name: http, containerPort: 9090}"),
    ("containerPort: 8080}", "containerPort: 80800}"),
    ("containerPort: 8080}", "containerPort: 8080, protocol: http}"),
    ("containerPort: 8080}", 'containerPort: "8080"}'),
    ("ports: [", "port: ["),
    ("{httpGet: {port: http}}", "{httpGet: {port: 0}}"),
    ("{httpGet: {port: http}}", "{}"),
    ("labels: {app: web}}", "labels: {app: web, tier: we b}}"),
    ("    spec:\n      containers", "    spec:\n      restartPolicy: Never\n      containers"),
)


@pytest.mark.parametrize(
    ("kind", "mistake"),
    list(zip(itertools.cycle(KINDS), MISTAKES, strict=False)),
    ids=[f"{new.strip()[:40] or 'no ' + old.strip()[:40]}" for old, new in MISTAKES],
)
def test_every_command_refuses_it_in_the_same_words(mistake, kind, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    old, new = mistake
    sound = WORKLOAD.replace("KIND", kind)
    if kind != "DaemonSet":
        sound = sound.replace("spec:\n", "spec:\n  replicas: 2\n", 1)
    assert old in sound
    _write(INGRESS + "---\n" + sound.replace(old, new, 1))
    found = json.loads(run("inspect", "-f", "a.yaml", "-o", "json").out)["findings"]
    said = [f["message"] for f in found if f["code"] in REFUSED]
    assert said
    commands = {
        "inspect": run("inspect", "-f", "a.yaml"),
        "trace": run("trace", "-f", "a.yaml", "http://shop.example.com/"),
        "check": run("check", "check.yaml"),
        "spread": run("spread", "-f", "a.yaml", "--service", "default/web"),
        "rules": run("rules", "-f", "a.yaml", "--node", "node-a1"),
        "run": run("run", "."),
    }
    for name, done in commands.items():
        assert done.status == 2, (name, done.out, done.err)
        text = _squeezed(done.out + done.err)
        assert all(_squeezed(message) in text for message in said), (name, text)
    with pytest.raises(SimError, match=r".") as refused:
        sim.lesson("07").cluster(Path("a.yaml").read_text(), given=())
    assert said[0] in str(refused.value)


def test_an_object_beside_the_way_is_only_a_warning(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    beside = (
        WORKLOAD.replace("KIND", "Deployment").replace("web", "other").replace("name: http", "name: HTTP")
    )
    _write(INGRESS + "---\n" + WORKLOAD.replace("KIND", "Deployment") + "---\n" + beside)
    asked = run("trace", "-f", "a.yaml", "http://shop.example.com/")
    assert (asked.status, "warning: a.yaml:" in asked.err) == (0, True)
    assert run("check", "check.yaml").status == 0
    assert run("inspect", "-f", "a.yaml").status == 2


def _squeezed(text: str) -> str:
    """Without white space: where a line ends is not the matter here."""
    return "".join(text.split())


def _write(text: str) -> None:
    Path("a.yaml").write_text(text)
    Path("check.yaml").write_text(
        "files: [a.yaml]\ncases:\n- id: a\n  request: {host: shop.example.com, path: /}\n  expect: {status: 200}\n"
    )
    Path("scenario.yaml").write_text(
        "manifests: [a.yaml]\ntraffic:\n- {host: shop.example.com, path: /, rps: 5, duration_s: 1}\n"
    )

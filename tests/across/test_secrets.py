"""No command prints the value of a Secret: random Secrets in every form, through all commands and outputs."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator
from contextlib import chdir
from random import Random

import pytest
import yaml
from command import sim

pytestmark = pytest.mark.usefixtures("parts_broken_briefly")

SEEDS = range(int(os.environ.get("SIM_SECRETS", "2")))
APP = """
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, namespace: shop}
spec:
  rules:
  - host: shop.example.com
    http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 81}}}}]}
  tls: [{hosts: [shop.example.com], secretName: s1}]
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {type: LoadBalancer, selector: {app: web}, ports: [{port: 80}]}
"""
CHECK = """
cases:
- id: a
  request: {host: shop.example.com, path: /}
  expect: {status: 200}
manifests: [a.yaml, b.json]
"""
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def secrets(seed: int) -> tuple[list[dict], list[str]]:
    """Secrets in the forms that people write, right and wrong, and the values that nobody may see."""
    random, found, values = Random(seed), [], []
    for number in range(6):
        value = (
            f"v{random.randrange(10**12):012}"
            if random.random() < 0.8
            else str(random.randrange(10**11, 10**12))
        )
        coded = base64.b64encode(value.encode()).decode()
        values += [value, coded]
        form = random.choice(("data", "stringData", "number", "list", "plain", "nested"))
        data = {
            "data": {"data": {"tls.crt": coded, "tls.key": coded}},
            "stringData": {"stringData": {"password": f"line one\n{value}\n"}},
            "number": {"stringData": {"pin": int(value) if value.isdigit() else value}},
            "list": {"data": [value, coded]},
            "plain": {"data": value},
            "nested": {
                "data": {"a": {"b": value}},
                "type": random.choice(("Opaque", "kubernetes.io/tls", 7)),
            },
        }[form]
        item = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": f"s{number}", "namespace": "shop"},
        } | data
        if random.random() < 0.5:
            item["metadata"]["annotations"] = {LAST_APPLIED: json.dumps(item)}
        found.append(item)
    return found, values


def written(items: list[dict], random: Random) -> tuple[str, str]:
    """Half of them around the application in a file of YAML, half in an export of JSON."""
    flow = random.choice((True, False, None))
    texts = [
        yaml.safe_dump(item, default_flow_style=flow, sort_keys=random.random() < 0.5) for item in items[:3]
    ]
    first, second = APP.strip().split("\n---\n")
    around = "\n---\n".join((texts[0], first, texts[1], second, texts[2]))
    broken = f"\n---\nkind: Secret\nstringData: {{password: {items[0]['metadata']['name']}: [\n"
    indent = random.choice((None, 1, 4))
    whole = {"apiVersion": "v1", "kind": "List", "items": items[3:]}
    return around + (broken if random.random() < 0.3 else ""), json.dumps(whole, indent=indent)


COMMANDS = [
    ("trace", "-f", ".", "https://shop.example.com/"),
    ("trace", "-f", ".", "-o", "json", "http://shop.example.com/"),
    ("trace", "-f", ".", "--patch", "http://shop.example.com/"),
    ("trace", "-f", ".", "-o", "json", "http://www.shop.example.com/"),
    ("inspect", "-f", "."),
    ("inspect", "-f", ".", "-o", "json"),
    ("inspect", "-f", ".", "-o", "yaml"),
    ("diff", ".", "a.yaml"),
    ("diff", ".", ".", "--controller", "traefik", "--controller", "haproxy", "-o", "json"),
    ("check", "check.yml"),
    ("check", "check.yml", "-o", "json"),
    ("topology", "-f", "."),
    ("rules", "-f", ".", "--node", "node-a", "--mode", "nftables"),
    ("spread", "-f", ".", "--service", "shop/web"),
    ("cost", "-f", ".", "-o", "json"),
    ("compare", "-f", ".", "--requests", "50", "--report", "out/report.html"),
    ("init", "-f", ".", "out/mine"),
    ("run", "out/mine", "--requests", "50"),
    ("replay", "out/mine", "--requests", "20", "--out", "out/page.html"),
]


SLOW = {"compare", "run", "replay"}


def outputs(folder, seed: int) -> Iterator[tuple[str, str]]:
    """What each command prints, and every file that one wrote; runs are for every fourth seed."""
    for words in (w for w in COMMANDS if seed % 4 == 0 or w[0] not in SLOW):
        done = sim(*words)
        yield " ".join(words), done.out + done.err
    for file in (p for p in (folder / "out").rglob("*") if p.is_file()):
        yield str(file), file.read_text(errors="replace")


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_no_output_of_any_command_holds_a_secret(seed, tmp_path):
    items, values = secrets(seed)
    texts = written(items, Random(seed))
    (tmp_path / "out").mkdir()
    for name, text in zip(("a.yaml", "b.json", "check.yml"), (*texts, CHECK), strict=True):
        (tmp_path / name).write_text(text)
    with chdir(tmp_path):
        found = list(outputs(tmp_path, seed))
    assert [(name, v) for name, text in found for v in values if v in text] == []
    assert any("web" in text for _, text in found)

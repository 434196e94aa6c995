"""`sim compare -f … --write-scenario DIR`: what was asked and assumed is kept, and gives the same again."""

from __future__ import annotations

import io
import json
import re
import shlex
import sys
from pathlib import Path

import pytest
from command import Done, sim
from corpus_sets import corpus_set

from sim.scenario.experiment import load_experiment

pytestmark = pytest.mark.usefixtures("parts_broken_briefly")

WEB = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: way, namespace: b}
spec:
  ingressClassName: nginx
  tls: [{hosts: [web.example], secretName: tls}]
  rules:
  - host: web.example
    http:
      paths:
      - {path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}
      - {path: '/é"x', pathType: Prefix, backend: {service: {name: api, port: {number: 80}}}}
---
apiVersion: v1
kind: Secret
metadata: {name: tls, namespace: b}
type: kubernetes.io/tls
data: {tls.key: aHVudGVyMg==, tls.crt: aHVudGVyMg==}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: b}
spec: {selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: api, namespace: b}
spec: {selector: {app: api}, ports: [{port: 80}]}
"""
DNS = """\
apiVersion: v1
kind: Service
metadata: {name: dns}
spec: {type: LoadBalancer, selector: {app: dns}, ports: [{port: 53, protocol: UDP}]}
"""
MAIL = DNS.replace("dns", "mail").replace("{port: 53, protocol: UDP}", "{port: 25}")
CLUSTER_IP = (
    DNS.replace("dns", "inner").replace("type: LoadBalancer, ", "").replace("53, protocol: UDP", "80")
)


def again(done: Done) -> list[str]:
    """The words of the command that is said to give the same."""
    found = re.search(r"^the same again: sim (.+)$", done.err.replace(" \\\n", ""), re.MULTILINE)
    assert found is not None, done.err
    return shlex.split(found[1])


def without_assumptions(done: Done) -> dict:
    assert done.status == 0, done.err
    shown = json.loads(done.out)
    for one in shown["unmodelled"]:
        one["source"] = (
            one["source"] and one["source"].rpartition("/")[2].partition(":")[2]
        )  # Files have moved.
    return {key: value for key, value in shown.items() if key != "assumptions"}


def same_again(folder: Path, *arguments: str) -> tuple[Done, dict, dict]:
    first = sim("compare", *arguments, "--write-scenario", str(folder), "-o", "json")
    return first, without_assumptions(first), without_assumptions(sim(*again(first), "-o", "json"))


def files(folder: Path) -> tuple[str, ...]:
    """Manifests that are not read in the order of their names."""
    for name, text in (
        ("z-web.yaml", WEB),
        ("a-dns.yaml", DNS),
        ("m-mail.yaml", MAIL),
        ("b-inner.yaml", CLUSTER_IP),
    ):
        (folder / name).write_text(text)
    return tuple(
        word
        for name in ("z-web", "a-dns", "m-mail", "b-inner")
        for word in ("-f", str(folder / f"{name}.yaml"))
    )


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param((), id="nothing stated"),
        pytest.param(("--rps", "3", "--rps", "b/web=20", "--gb-month", "b/web=77.7", "--connections", "b/web=3"), id="demands"),
        pytest.param(("--expose", "default/inner", "--seed", "7", "--replications", "2"), id="another Service, seed and replications"),
        pytest.param(("--provider", "gcp", "--plan", "lb-per-service", "--plan", "single-ingress", "--plan", "gateway"), id="provider and plans"),
        pytest.param(("--provider", "all"), id="every provider"),
        pytest.param(("--rps", "0.123456789", "--gb-month", "0.000001"), id="figures of many digits"),
    ],
)  # fmt: skip
def test_the_scenario_gives_the_same_bill_and_the_same_figures(
    arguments: tuple[str, ...], tmp_path: Path
) -> None:
    _, first, second = same_again(tmp_path / "kept", *files(tmp_path), "--requests", "300", *arguments)
    assert first == second


def test_traffic_of_a_file_is_kept_with_what_was_said_about_it(tmp_path: Path) -> None:
    line = '{"time": "2026-11-25T15:0%d:00Z", "host": "web.example", "path": "/%s", "bytes_sent": 7777}\n'
    (tmp_path / "a.log").write_text(
        "".join(line % (n % 10, "é" if n % 3 else 'é"x') for n in range(100)).replace('"x', '\\"x')
    )
    done, first, second = same_again(
        tmp_path / "kept", *files(tmp_path), "--traffic", str(tmp_path / "a.log")
    )
    assert first == second
    text = (tmp_path / "kept/scenario.yaml").read_text()
    for said in re.findall(
        r"^sim: (.*a\.log.*|note: .*(?:assumed|thin|nothing leads).*)$", done.said, re.MULTILINE
    ):
        assert f"# Traffic: {said}\n" in text
    rows = load_experiment(str(tmp_path / "kept")).scenario.traffic
    assert {row.path for row in rows} == {"/", '/é"x'}


def test_what_was_assumed_is_a_comment_and_what_was_stated_is_a_key(tmp_path: Path) -> None:
    same_again(tmp_path / "kept", *files(tmp_path), "--requests", "50", "--rps", "b/web=20", "--seed", "3")
    text = (tmp_path / "kept/scenario.yaml").read_text()
    keys = [
        line.partition(":")[0] for line in text.splitlines() if not line.startswith(("#", "-", " ")) and line
    ]
    assert keys == ["manifests", "seed", "duration_s", "traffic"]
    assert "# Traffic: assumed: 2 requests/s for b/api, default/dns, default/mail, a connection" in text
    assert "# controller: {profile: ingress-nginx" in text
    assert "aHVudGVyMg" not in "".join(p.read_text() for p in (tmp_path / "kept").rglob("*") if p.is_file())


def test_standard_input_is_kept_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        sys, "stdin", io.TextIOWrapper(io.BytesIO(DNS.replace("53, protocol: UDP", "80").encode()))
    )
    _, first, second = same_again(tmp_path / "kept", "-f", "-", "-n", "mine", "--requests", "50")
    assert first == second
    assert load_experiment(str(tmp_path / "kept")).scenario.namespace == "mine"


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("nine-teams-nine-lbs", ("--rps", "5", "--gb-month", "100")),
        (
            "sock-shop",
            ("--expose", "sock-shop/catalogue", "--expose", "sock-shop/orders", "--connections", "0.5"),
        ),
    ],
)
def test_real_sets_give_the_same_again(name: str, more: tuple[str, ...], tmp_path: Path) -> None:
    _, first, second = same_again(tmp_path / "kept", *corpus_set(name), *more, "--requests", "300")
    assert first == second


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        pytest.param(("-f", "a-dns.yaml", "--write-scenario", "."), "is there already; name a folder that is new or empty", id="a folder that holds something"),
        pytest.param(("-f", "a-dns.yaml", "--write-scenario", "a-dns.yaml"), "is there already", id="a file"),
        pytest.param(("-f", "a-dns.yaml", "--write-scenario", "a\0b"), "null", id="a name that cannot be"),
        pytest.param(("shop", "--write-scenario", "new"), "--write-scenario goes with manifests (-f)", id="beside a scenario"),
        pytest.param(("-k", "kustom", "--write-scenario", "new"), "build it first: kubectl kustomize kustom | sim compare -f - --write-scenario new", id="a kustomize folder"),
    ],
)  # fmt: skip
def test_what_cannot_be_written_is_refused_before_the_run(
    arguments: tuple[str, ...], told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files(tmp_path)
    (tmp_path / "kustom").mkdir()
    (tmp_path / "kustom/kustomization.yaml").write_text("resources: []\n")
    monkeypatch.chdir(tmp_path)
    before = sorted(p.name for p in tmp_path.iterdir())
    done = sim("compare", *arguments)
    assert (done.status, told in done.said) == (2, True), done.err
    assert sorted(p.name for p in tmp_path.iterdir()) == before

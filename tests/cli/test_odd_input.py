"""Odd words and odd files: a sentence each, at its line, with status 2; nothing is a bug, nothing is lost."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from command import sim

pytestmark = pytest.mark.usefixtures("parts_broken_briefly")

APP = """apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: eel}
spec:
  ingressClassName: nginx
  rules:
  - host: eel.example.com
    http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: eel, port: {number: 80}}}}]}
---
apiVersion: v1
kind: Service
metadata: {name: eel}
spec: {ports: [{port: 80}]}
"""
ROW = "traffic: [{host: eel.example.com, rps: 5, duration_s: 2}]\n"


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "app.yaml").write_text(APP)
    scenario(ROW)
    return tmp_path


def scenario(text: str) -> None:
    Path("scenario.yaml").write_text(f"manifests: [app.yaml]\n{text}")


@pytest.mark.parametrize(
    "text",
    [
        "seed: -5\n", "seed: 1.5\n", "seed: true\n", "seed: 99999999999999999999999\n", f"seed: 0x{'f' * 4000}\n",
        "nodes: []\n", "nodes: {}\n", "nodes: {a: 0}\n", "nodes: {a: 5000, b: 1}\n", "nodes: 3\n", "nodes: [a]\n",
        "rps: 0\n", "rps: -1\n", "rps: .inf\n", "duration_s: 0\n", "duration_s: .nan\n", "workers: {default: 0}\n",
        "workers: {default: 99999999999}\n", "latency: {client: -1ms}\n", "services: 0\n", "services: 1001\n",
        "traffic: {}\n", "traffic: 5\n", "traffic: [5]\n", "traffic: [{host: 5}]\n", "controller: []\n",
        "controller: 5\n", "controller: {replicas: 0}\n", "expect: []\n", "expect: {run: 5}\n",
        "expect: {run: ['p99 < ']}\n", "prices: 5\n", "plans: 5\n", "plans: [5]\n", "faults: 5\n", "faults: [5]\n",
        "namespace: 5\n", "tls: 5\n", "expose: 5\n", "service_time: 5\n", "service_time: {default: {normal: 1}}\n",
        "manifests: [nowhere]\n", "manifests: [app.yaml, ap.yaml]\n", "manifests: 5\n", "manifests: []\n",
        "include: 5\n", "include: nowhere.yaml\n",
    ],
    ids=lambda text: text.strip()[:40],
)  # fmt: skip
def test_a_key_of_another_kind_is_refused_at_its_line(text, folder):
    key = text.partition(":")[0]
    others = "".join(line for line in (ROW, "manifests: [app.yaml]\n") if not line.startswith(f"{key}:"))
    Path("scenario.yaml").write_text(f"# a line before\n{text}{others}")
    for words in (("run", "."), ("compare", ".")):
        done = sim(*words)
        assert (done.status, done.out) == (2, "")
        assert "scenario.yaml:2:" in done.err


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("controllers: [ingress-nginx]\n", 3),
        ("controllers: ingress-nginx\n", 3),
        ("controllers: [{flags: [a]}]\n", 3),
        ("controllers: [{controller: 5}]\n", 3),
        ("controllers: [{controller: a, flags: a}]\n", 3),
        ("controllers: [{controller: a, flags: [5]}]\n", 3),
        ("controllers: [{name: a}]\n", 3),
        ("certs: [a]\n", 3),
        ("certs: {a: b}\n", 3),
        ("certs: {a: [5]}\n", 3),
        ("implementation: [nginx]\n", 3),
        ("nothing: known\n", 3),
        ("manifests: {}\n", 3),
        ("manifests: [5]\n", 3),
        ("manifests: [text]\n", 3),
    ],
    ids=lambda one: str(one).strip(),
)
def test_a_case_file_of_another_shape_is_refused_at_its_line(text, line, folder):
    (folder / "routes.yaml").write_text(
        f"files: [app.yaml]\nname: a\n{text}cases: [{{request: {{host: a}}, expect: {{}}}}]\n"
    )
    refused("routes.yaml", line)


@pytest.mark.parametrize(
    "case",
    [
        "5", "a", "[]", "{}", "{request: {host: a}}", "{request: a, expect: {}}", "{request: {host: a}, expect: []}",
        "{request: {host: a}, expect: {}, then: 1}", "{request: {}, expect: {}}", "{request: {host: 5}, expect: {}}",
        "{request: {host: [a]}, expect: {}}", "{request: {host: a, path: 5}, expect: {}}",
        "{request: {host: a, port: a}, expect: {}}", "{request: {host: a, port: 0}, expect: {}}",
        "{request: {host: a, port: 99999}, expect: {}}", "{request: {host: a, headers: [b]}, expect: {}}",
        "{request: {host: a, headers: {b: 1}}, expect: {}}", "{request: {host: a, repeat: -1}, expect: {}}",
        "{request: {host: a, repeat: 1.5}, expect: {}}", "{request: {host: a, sni: [b]}, expect: {}}",
        "{request: {host: a, client_ip: 5}, expect: {}}", "{request: {host: a, gateway: 5}, expect: {}}",
        "{request: {host: a}, expect: {status: ok}}", "{request: {host: a}, expect: {endpoints: 5}}",
        "{request: {host: a}, expect: {distribution: [a]}}", "{request: {host: a}, expect: {outcomes: {a: b}}}",
        "{request: {host: a}, expect: {outcomes: {a: .inf}}}", "{request: {host: a}, expect: {backend: [a]}}",
        "{request: {host: a}, expect: {upstream_headers: a}}",
    ],
)  # fmt: skip
def test_a_case_of_another_shape_is_refused_at_its_line(case, folder):
    (folder / "routes.yaml").write_text(f"files: [app.yaml]\ncases:\n- {case}\n")
    refused("routes.yaml", 3)


def refused(file: str, line: int) -> None:
    done = sim("check", file)
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith(f"sim: {file}:{line}:") or f"{file}:{line}" in done.err


@pytest.mark.parametrize("words", [
    ("run", ".", "--seed", "-1"), ("compare", ".", "--seed", "-1"), ("replay", ".", "--seed", "-1"),
    ("sweep", ".", "rps=1,2", "--seed", "-1"), ("run", ".", "--seed", "9" * 30), ("run", ".", "--requests", "0"),
    ("trace", "-f", "app.yaml", "--seed", "-1", "http://eel.example.com/"),
    ("cost", "--services", "3", "--rps", "300", "--connections", "900"),
    ("cost", "--services", "3", "--connections", "2.5"),
    ("cost", "-f", "app.yaml", "--rps", "default/eel=3", "--connections", "default/eel=4"),
    ("compare", "-f", "app.yaml", "--rps", "3", "--connections", "4"),
    ("cost", "--services", "3", "--rps", "1e999"), ("cost", "--services", "0"),
])  # fmt: skip
def test_a_number_over_the_edge_is_bad_usage(words, folder):
    done = sim(*words)
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith("sim: ")


def test_as_many_connections_as_requests_are_billed(folder):
    assert sim("cost", "--services", "3", "--rps", "300", "--connections", "300").status == 0
    assert (
        sim("cost", "-f", "app.yaml", "--rps", "default/eel=9", "--connections", "default/eel=9").status == 0
    )


@pytest.mark.parametrize("seed", ["0", "18446744073709551615"])
def test_seeds_go_from_nought_to_the_greatest_number_of_64_bits(seed, folder):
    assert sim("run", ".", "--seed", seed).status == 0
    scenario(f"{ROW}seed: {seed}\n")
    assert sim("run", ".").status == 0


QUIET = "{host: eel.example.com, rps: 0.01, duration_s: 4}"


@pytest.mark.parametrize(
    "row",
    [QUIET, QUIET.replace("}", ", protocol: http2}"), QUIET.replace("}", ", scheme: https, keep_alive: 9}")],
)
def test_a_run_in_which_nobody_asks_is_a_run(row, folder):
    scenario(f"traffic: [{row}]\nexpect: {{run: ['errors < 1%']}}\n")
    for words in (("run", "."), ("run", ".", "-o", "json"), ("run", ".", "--replications", "3")):
        done = sim(*words)
        assert done.status in (0, 1), done.err
        assert "nan" not in done.out.lower()


@pytest.mark.parametrize("words", [
    ("compare", ".", "--report", "page.html"), ("compare", ".", "-o", "json", "--chart", "chart.svg"),
    ("replay", ".", "--out", "page.html"), ("sweep", ".", "controller.replicas=1,2"),
])  # fmt: skip
def test_a_comparison_in_which_nobody_asks_is_one(words, folder):
    scenario(f"traffic: [{QUIET}]\n")
    done = sim(*words)
    assert done.status in (0, 1), done.err
    assert "nan" not in done.out.lower()


@pytest.mark.parametrize("words", [
    ("replay", ".", "--out", "scenario.yaml"), ("replay", ".", "--out", "app.yaml"), ("replay", ".", "--out", "folder/../link"),
    ("compare", ".", "--requests", "9", "--report", "app.yaml"), ("compare", "-f", "app.yaml", "--requests", "9", "--report", "link"),
    ("sweep", ".", "rps=1,2", "--csv", "app.yaml"), ("check", "routes.yaml", "--junit", "routes.yaml"),
    ("check", "routes.yaml", "--junit", "app.yaml"), ("compare", "-f", "app.svg", "--requests", "9", "--chart", "app.svg"),
    ("cost", "-f", "app.svg", "--chart", "app.svg"), ("topology", "-f", "app.svg", "--out", "app.svg"),
])  # fmt: skip
def test_an_input_is_never_written_over(words, folder):
    (folder / "routes.yaml").write_text(
        "files: [app.yaml]\ncases: [{request: {host: eel.example.com}, expect: {}}]\n"
    )
    (folder / "app.svg").write_text(APP)
    (folder / "folder").mkdir()
    (folder / "link").symlink_to("app.yaml")
    before = {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}
    done = sim(*words)
    assert done.status == 2
    assert "is read by this command" in done.said
    assert {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()} == before


@pytest.mark.parametrize(
    "redirection", [">/dev/full", ">&-", "2>/dev/full", "2>&-", ">/dev/full 2>&1", ">&- 2>&-"]
)
@pytest.mark.parametrize(
    "words",
    [
        "inspect -f app.yaml",
        *(
            pytest.param(w, marks=pytest.mark.slow)
            for w in ("trace -f app.yaml -o json http://eel.example.com/", "inspect -f no")
        ),
    ],
)
def test_a_full_or_closed_output_is_no_bug(redirection, words, folder):
    shell = f"{sys.executable} -m sim {words} {redirection}"
    done = subprocess.run(["sh", "-c", shell], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode in (0, 1, 2)
    assert "bug in sim" not in done.stderr
    assert "Traceback" not in done.stderr
    if redirection == ">/dev/full" and "-f no" not in words:
        assert done.returncode == 2
        assert "No space left on device" in done.stderr


def test_a_folder_that_cannot_be_written_whole_is_taken_away(folder, monkeypatch):
    (folder / "empty").mkdir()
    writes = iter([None, OSError(28, "No space left on device")] * 2)
    real = os.replace

    def replace(*names: str) -> None:
        if (error := next(writes)) is not None:
            raise error
        real(*names)

    monkeypatch.setattr("os.replace", replace)
    for name, stays in (("new", False), ("empty", True)):
        done = sim("init", "-f", "app.yaml", name)
        assert (done.status, "No space left" in done.err) == (2, True)
        assert (folder / name).exists() == stays
    assert not list((folder / "empty").iterdir())

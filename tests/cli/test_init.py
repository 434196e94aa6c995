"""`sim init`: what it writes can be run, and its commented lines say what counts without them."""

from __future__ import annotations

import io
import json
import re
import sys
from pathlib import Path

import pytest
from command import sim

from sim.scenario.experiment import load_experiment, shipped_scenarios

pytestmark = pytest.mark.usefixtures("parts_broken_briefly")

SCENARIOS = shipped_scenarios()
APP = """\
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {type: LoadBalancer, selector: {app: web}, ports: [{port: 80}]}
"""
SECRET = """\
apiVersion: v1
kind: Secret
metadata:
  name: web-tls
  annotations: {kubectl.kubernetes.io/last-applied-configuration: '{"data":{"tls.key":"aHVudGVyMg=="}}'}
data: {tls.key: aHVudGVyMg==}
"""


def drafted(tmp_path: Path, text: str, *more: str) -> Path:
    (tmp_path / "app.yaml").write_text(text)
    done = sim("init", "-f", str(tmp_path / "app.yaml"), *more, str(tmp_path / "new"))
    assert done.status == 0, done.err
    return tmp_path / "new"


def uncommented(text: str) -> str:
    """Every commented key as a key."""
    return re.sub(r"^# (?=[a-z_]+: ?|- )", "", text, flags=re.MULTILINE)


@pytest.mark.parametrize("name", ["no-controller", "service-types", "tls-edge"])
def test_what_is_written_runs(name, tmp_path):
    done = sim("init", "-f", str(SCENARIOS[name].parent / "manifests"), str(tmp_path / "new"))
    assert done.status == 0, done.err
    assert sim("run", str(tmp_path / "new"), "--requests", "20").status == 0
    assert sim("compare", str(tmp_path / "new"), "--requests", "20").status == 0


@pytest.mark.parametrize("name", sorted(SCENARIOS))
def test_a_line_without_its_mark_says_what_counted_before(name, tmp_path):
    folder = tmp_path / "new"
    sim("init", "-f", str(SCENARIOS[name].parent / "manifests"), str(folder))
    before = load_experiment(str(folder)).scenario
    file = folder / "scenario.yaml"
    file.write_text(uncommented(file.read_text()))
    after = load_experiment(str(folder)).scenario
    kept = {"nodes", "traffic", "prices", "service_time", "workers"}
    assert before.model_dump(exclude=kept) == after.model_dump(exclude=kept)
    assert after.nodes is None or [n.zone for n in after.nodes] == ["zone-a", "zone-b", "zone-c"]
    assert before.service_time_of("any/one") == after.service_time_of("any/one")
    assert before.workers_of("any/one") == after.workers_of("any/one")
    assert after.prices.provider == "aws"
    assert [(r.host, r.path, r.keep_alive) for r in before.traffic] == [
        (r.host, r.path, r.keep_alive) for r in after.traffic
    ]
    assert [r.rps for r in before.traffic] == pytest.approx([r.rps for r in after.traffic], rel=1e-5)


def test_what_is_assumed_about_the_cluster_is_a_comment(tmp_path):
    text = (drafted(tmp_path, APP) / "scenario.yaml").read_text()
    assert "# Assumed: two ready Pods behind each of: default/web" in text
    assert "# nodes:" in text


def test_the_namespace_for_objects_that_name_none_is_kept(tmp_path):
    folder = drafted(tmp_path, APP, "-n", "shop")
    assert [s.key for s in load_experiment(str(folder)).manifests.objects] == ["shop/web"]


def test_the_data_of_secrets_is_not_copied(tmp_path):
    folder = drafted(tmp_path, f"{APP}---\n{SECRET}")
    written = "".join(p.read_text() for p in folder.rglob("*") if p.is_file())
    assert "aHVudGVyMg" not in written
    assert {o.kind for o in load_experiment(str(folder)).manifests.objects} == {"Service", "Secret"}


def test_standard_input_and_files_of_one_name_have_names_of_their_own(tmp_path, monkeypatch):
    for place in ("a", "b"):
        (tmp_path / place).mkdir()
        (tmp_path / place / "app.yaml").write_text(APP.replace("web", place))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(APP.encode())))
    paths = [word for place in ("a", "b") for word in ("-f", str(tmp_path / place / "app.yaml"))]
    assert sim("init", *paths, "-f", "-", str(tmp_path / "new")).status == 0
    names = sorted(p.name for p in (tmp_path / "new/manifests").iterdir())
    assert names == ["app-2.yaml", "app.yaml", "stdin.yaml"]


@pytest.mark.parametrize(
    ("text", "words", "said"),
    [
        pytest.param(APP, ["."], "is there already", id="a folder that holds something"),
        pytest.param(APP, ["a\0b"], "null", id="a name that cannot be"),
        pytest.param("", ["new"], "no objects", id="nothing to read"),
        pytest.param(APP.replace("type: LoadBalancer, ", ""), ["new"], "--expose", id="nothing is exposed"),
    ],
)
def test_what_cannot_be_written_is_said(text, words, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "app.yaml").write_text(text)
    done = sim("init", "-f", "app.yaml", *words)
    assert done.status == 2
    assert said in done.err
    assert sorted(p.name for p in tmp_path.iterdir()) == ["app.yaml"]


def test_names_with_anything_in_them_stay_names(tmp_path):
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web"},
        "spec": {"ports": [{"port": 80}]},
    }
    backend = {"service": {"name": "web", "port": {"number": 80}}}
    paths = [{"path": '/\u2028 # x: "y", {a', "pathType": "Prefix", "backend": backend}]
    ingress = {
        "apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": "web"},
        "spec": {"rules": [{"host": "no", "http": {"paths": paths}}]},
    }  # fmt: skip
    folder = drafted(tmp_path, json.dumps({"apiVersion": "v1", "kind": "List", "items": [service, ingress]}))
    file = folder / "scenario.yaml"
    file.write_text(uncommented(file.read_text()))
    assert [(r.host, r.path) for r in load_experiment(str(folder)).scenario.traffic] == [
        ("no", paths[0]["path"])
    ]

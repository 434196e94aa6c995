"""Input as people have it: encodings, line ends, what is no text, dumps of clusters, output of helm, folders."""

from __future__ import annotations

import codecs
import gzip
import json
from random import Random

import pytest
from command import sim

from sim.analysis.inspect import inspect
from sim.manifests.reading.loading import load

SERVICE = """\
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec:
  selector: {app: web}
  ports: [{port: 80, name: "é"}]
"""
PLAIN = SERVICE.replace('name: "é"', "name: http")


def read(raw: bytes, tmp_path, name: str = "a.yaml"):
    (tmp_path / name).write_bytes(raw)
    return load([str(tmp_path / name)])


@pytest.mark.parametrize(
    "encode",
    [
        pytest.param(lambda t: t.encode(), id="UTF-8"),
        pytest.param(lambda t: codecs.BOM_UTF8 + t.encode(), id="UTF-8 with a byte order mark"),
        pytest.param(lambda t: t.encode("utf-16"), id="UTF-16, as PowerShell redirects"),
        pytest.param(lambda t: codecs.BOM_UTF16_BE + t.encode("utf-16-be"), id="UTF-16, the other way round"),
        pytest.param(lambda t: t.encode("utf-32"), id="UTF-32"),
        pytest.param(lambda t: t.replace("\n", "\r\n").encode(), id="lines end with CR LF"),
        pytest.param(lambda t: t.replace("\n", "\r").encode(), id="lines end with CR"),
        pytest.param(lambda t: t.replace("shop}", "shop}\t").encode(), id="a tab at the end of a line"),
        pytest.param(
            lambda t: t.encode() + b"---\n\xef\xbb\xbf# glued\n", id="a mark in the middle, from gluing files"
        ),
        pytest.param(lambda t: t.encode() + b"...\n", id="the end of a document is marked"),
        pytest.param(lambda t: b"%YAML 1.1\n---\n" + t.encode(), id="a directive"),
    ],
)
def test_the_same_text_is_the_same_object(encode, tmp_path):
    found = read(encode(PLAIN), tmp_path)
    assert [(o.kind, o.key) for o in found.objects] == [("Service", "shop/web")]
    assert found.faults == ()
    assert found.objects[0].line("spec", "ports") in {f"{tmp_path}/a.yaml:{n}" for n in (6, 8)}


@pytest.mark.parametrize(
    ("raw", "line", "word"),
    [
        pytest.param(b"\x89PNG\r\n\x1a\n" + Random(1).randbytes(5000), 1, "UTF-8|binary", id="a picture"),
        pytest.param(gzip.compress(SERVICE.encode()), 1, "UTF-8|binary", id="a compressed file"),
        pytest.param(b"\0" * 10**6, 1, "binary", id="zeros"),
        pytest.param(SERVICE.encode("latin-1"), 6, "UTF-8", id="an old encoding"),
        pytest.param(SERVICE.encode("utf-16")[:-1], 6, "UTF-16", id="half a character at the end"),
        pytest.param(PLAIN.encode("utf-16-le"), 1, "binary", id="UTF-16 without its mark"),
    ],
)
def test_what_is_no_text_is_said_at_its_line(raw, line, word, tmp_path):
    done = sim("inspect", "-f", str(tmp_path / "a.yaml")) if (tmp_path / "a.yaml").write_bytes(raw) else None
    faults = read(raw, tmp_path).faults
    assert done.status == 2
    assert any(f.code == "SIM1002" and f.source.startswith(f"{tmp_path}/a.yaml:{line}:") for f in faults)
    assert any(w in f.message for f in faults for w in word.split("|"))
    assert all(f.fix for f in faults if f.code == "SIM1002")


def test_a_fault_names_the_template_that_helm_made_it_of(tmp_path):
    text = f"---\n# Source: shop/templates/service.yaml\n{PLAIN.replace('port: 80', 'port: 99999')}"
    (tmp_path / "out.yaml").write_text(text)
    done = sim("inspect", "-f", str(tmp_path / "out.yaml"))
    assert "(from shop/templates/service.yaml)" in " ".join(done.out.split())
    shown = json.loads(sim("inspect", "-f", str(tmp_path / "out.yaml"), "-o", "json").out)
    assert {f.get("template") for f in shown["findings"]} == {"shop/templates/service.yaml"}


@pytest.fixture
def kustomize(tmp_path):
    """base/ with an application, and over/ that changes its namespace and patches it."""
    for name in ("base", "over"):
        (tmp_path / name).mkdir()
    (tmp_path / "base/app.yaml").write_text(PLAIN)
    (tmp_path / "base/kustomization.yaml").write_text("resources: [app.yaml]\n")
    (tmp_path / "over/kustomization.yaml").write_text(
        "namespace: other\nresources: [../base]\nreplacements: [{path: r.yaml}]\ncrds: []\n"
    )
    return tmp_path


def test_a_kustomize_folder_gives_its_namespace_and_says_what_it_did_not_apply(kustomize):
    found = load([str(kustomize / "over")])
    assert [o.key for o in found.objects] == ["other/web"]
    assert [f.code for f in found.faults] == ["SIM1018"]
    assert {(u.what.rpartition(": ")[2], u.may_change_answer) for u in found.unmodelled} >= {
        ("replacements", True),
        ("crds", False),
    }
    assert "read as a kustomize folder" in found.notes[0]


@pytest.mark.parametrize(
    ("entry", "word"),
    [
        pytest.param("../secret.yaml", "outside", id="a file outside the folder"),
        pytest.param("../over", "leads back", id="a folder that leads back"),
        pytest.param("../empty", "kustomization", id="a folder without a kustomization"),
        pytest.param("https://example.com/x.yaml", "remote", id="something remote"),
        pytest.param("gone.yaml", "not there", id="a file that is not there"),
    ],
)
def test_a_kustomization_reads_nothing_it_should_not(entry, word, kustomize):
    (kustomize / "secret.yaml").write_text(PLAIN.replace("web", "secret"))
    (kustomize / "empty").mkdir()
    (kustomize / "over/kustomization.yaml").write_text(f"resources:\n- {entry}\n")
    found = load([str(kustomize / "over")])
    assert found.objects == ()
    assert [f.code for f in found.faults] == ["SIM1017"]
    assert word in found.faults[0].message
    assert found.faults[0].source.endswith("over/kustomization.yaml:2:3")


def test_a_link_out_of_a_folder_is_not_followed(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in/app.yaml").write_text(PLAIN)
    (tmp_path / "out.yaml").write_text(PLAIN.replace("web", "out"))
    (tmp_path / "in/link.yaml").symlink_to(tmp_path / "out.yaml")
    assert [o.key for o in load([str(tmp_path / "in")]).objects] == ["shop/web"]


@pytest.mark.parametrize(
    ("kind", "spec", "pods"),
    [
        ("Deployment", "apps/v1", 1),
        ("StatefulSet", "apps/v1", 1),
        ("DaemonSet", "apps/v1", None),
        ("ReplicaSet", "apps/v1", 1),
        ("ReplicationController", "v1", 1),
        ("Job", "batch/v1", 1),
        ("CronJob", "batch/v1", 0),
    ],
)
def test_every_kind_that_makes_pods_backs_a_service(kind, spec, pods, tmp_path):
    template = {
        "metadata": {"labels": {"app": "web"}},
        "spec": {"containers": [{"name": "web", "image": "web:1"}]},
    }
    selector = {"app": "web"} if kind == "ReplicationController" else {"matchLabels": {"app": "web"}}
    body = {"template": template, "selector": selector}
    if kind in {"Job", "CronJob"}:
        template["spec"]["restartPolicy"] = "Never"
        body = {"template": template}
    if kind == "CronJob":
        body = {"jobTemplate": {"spec": body}, "schedule": "@daily"}
    workload = {
        "apiVersion": spec,
        "kind": kind,
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": body,
    }
    found = read(f"{PLAIN}---\n{json.dumps(workload)}\n".encode(), tmp_path)
    assert [f.code for f in inspect(found).findings] == []
    shown = inspect(found).inventory
    assert shown["services_without_pods"] == []
    assert all(row[3] == pods for row in shown["workloads"])

"""Lines of texts that hold the data of Secrets, and patches around them that the program patch takes."""

from __future__ import annotations

import json
import subprocess

import pytest

from sim.analysis.fix.patch import unified
from sim.analysis.fix.private import private_lines

SERVICE = "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  ports:\n  - port: 80\n"
BLOCK = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\nstringData:\n  password: hunter2\n  more: |\n    one\n    two\ntype: Opaque\n"
FIRST = "data:\n  password: aHVudGVyMg==\nkind: Secret\napiVersion: v1\nmetadata: {name: db}\n"
APPLIED = (
    "apiVersion: v1\nkind: Secret\nmetadata:\n  annotations:\n"
    "    kubectl.kubernetes.io/last-applied-configuration: |\n      {\"data\":{\"password\":\"aHVudGVyMg==\"}}\n  name: db\n"
)  # fmt: skip
LIST = (
    "apiVersion: v1\nitems:\n- apiVersion: v1\n  kind: Secret\n  metadata: {name: db}\n  data:\n    password: aHVudGVyMg==\n"
    "- apiVersion: v1\n  kind: Service\n  metadata: {name: web}\nkind: List\n"
)  # fmt: skip
CASES = [
    pytest.param(SERVICE, "a.yaml", set(), id="no Secret"),
    pytest.param(BLOCK, "a.yaml", {5, 6, 7, 8, 9}, id="stringData, with a text of several lines"),
    pytest.param(FIRST, "a.yaml", {1, 2}, id="data first"),
    pytest.param(APPLIED, "a.yaml", {5, 6}, id="what kubectl apply noted"),
    pytest.param(LIST, "a.yaml", {6, 7}, id="an item of a List"),
    pytest.param(f"{SERVICE}---\n{BLOCK}", "a.yaml", {13, 14, 15, 16, 17}, id="the second document"),
    pytest.param("{apiVersion: v1, kind: Secret, stringData: {a: b}}\n---\n" + SERVICE, "a.yaml", {1}, id="one line in flow style"),
    pytest.param("kind: Secret\nstringData:\n  a: [b\n---\n" + SERVICE, "a.yaml", {1, 2, 3}, id="a document that is no YAML"),
    pytest.param(json.dumps({"kind": "Secret", "data": {"a": "b"}}, indent=1), "a.json", {3, 4, 5, 6}, id="JSON"),
    pytest.param("kind: Gateway\nspec: {tls: {certificateRefs: [{kind: Secret, name: a}]}}\ndata: 1\n", "a.yaml", set(), id="a reference to one"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "file", "lines"), CASES)
def test_the_lines_of_data_are_known(text, file, lines):
    assert private_lines(text, file) == lines


def test_a_patch_shows_no_line_of_data_and_the_program_patch_takes_it(tmp_path):
    around = f"kind: ConfigMap\nmetadata: {{name: a}}\n---\n{BLOCK}---\n"
    for text in (f"{around}{SERVICE}", f"{SERVICE}---\n{BLOCK}", f"{BLOCK}---\nkind: Service\n---\n{BLOCK}"):
        new = text.replace("port: 80", "port: 81").replace("kind: Service\n---", "kind: Servics\n---")
        patch = unified({"a.yaml": new}, {"a.yaml": text}, {}, {"a.yaml": private_lines(text, "a.yaml")})
        assert "hunter2" not in patch
        assert "two" not in patch
        (tmp_path / "a.yaml").write_text(text)
        subprocess.run(
            ["patch", "-p0"], input=patch, text=True, cwd=tmp_path, check=True, capture_output=True
        )
        assert (tmp_path / "a.yaml").read_text() == new


def test_a_line_of_data_that_would_change_makes_no_patch():
    text = "{kind: Secret, metadata: {namespace: a}, stringData: {password: hunter2}}\n"
    new = text.replace("namespace: a", "namespace: b")
    assert unified({"a.yaml": new}, {"a.yaml": text}, {}, {"a.yaml": private_lines(text, "a.yaml")}) == ""

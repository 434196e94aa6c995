"""JUnit, SARIF, Markdown and annotations of check, inspect and diff say what the command says, line for line."""

from __future__ import annotations

import json
import re
from xml.etree import ElementTree

import pytest
from command import sim

FIELD = "tests/conformance/cases/field"
BROKEN = f"{FIELD}/074-gateway-not-programmed/a.yaml"
OLD, NEW = f"{FIELD}/014-diff-rewrite/old", f"{FIELD}/014-diff-rewrite/new"
INGRESS = """
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: a, annotations: {nginx.ingress.kubernetes.io/auth-url: 'http://auth.example.com/'}}
spec:
  ingressClassName: nginx
  rules:
  - {host: a.example.com, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: a, port: {number: 80}}}}]}}
"""
ROUTES = """
files: [a.yaml]
cases:
- {id: "odd | name\\n<b>", request: {host: a.example.com, path: /}, expect: {status: 200}}
- {id: right, request: {host: a.example.com, path: /}, expect: {status: 503}}
"""


def words_of(command: str, folder) -> list[str]:
    (folder / "a.yaml").write_text(INGRESS)
    (folder / "routes.yaml").write_text(ROUTES)
    return {
        "check": ["check", str(folder / "routes.yaml")],
        "inspect": ["inspect", "-f", BROKEN],
        "diff": ["diff", OLD, NEW],
    }[command]


@pytest.fixture(params=["check", "inspect", "diff"])
def asked(request, tmp_path):
    words = words_of(request.param, tmp_path)
    files = {name: tmp_path / f"out.{name}" for name in ("junit", "sarif", "markdown")}
    done = sim(*words, "--github", *(w for name, file in files.items() for w in (f"--{name}", str(file))))
    assert done.status == sim(*words).status == 1
    return (
        request.param,
        done,
        {name: file.read_text() for name, file in files.items()},
        json.loads(sim(*words, "-o", "json").out),
    )


def remarks(command: str, found) -> int:
    """How many things are to be looked at, by the command's own JSON."""
    if command == "diff":
        doubts = sum(map(len, found["not_compared"].values()))
    else:
        doubts = sum(u["may_change_answer"] for u in found["unmodelled"])
    if command == "inspect":
        return doubts + len(found["findings"])
    if command == "check":
        return doubts + sum(not r["passed"] for r in found["results"]) + len(found["rules"]["unreachable"])
    answers = {
        (str(d["differs"]), d["old"]["answer"], d["new"]["answer"], d["new"]["why"])
        for d in found["differences"]
    }
    return doubts + len(answers)


def test_every_format_has_as_many_remarks_as_the_answer(asked):
    command, done, texts, found = asked
    count = remarks(command, found)
    assert count > 0
    annotations = [line for line in done.out.splitlines() if line.startswith("::")]
    rows = [
        line
        for line in texts["markdown"].splitlines()
        if line.startswith("| ") and not line.startswith("| |")
    ]
    results = json.loads(texts["sarif"])["runs"][0]["results"]
    assert len(annotations) == len(rows) == len(results) == count


def test_junit_fails_where_the_command_does(asked):
    _, _, texts, _ = asked
    suite = ElementTree.fromstring(texts["junit"])[0]
    failures = suite.findall("testcase/failure")
    assert failures
    assert int(suite.get("failures")) == len(failures)
    assert int(suite.get("tests")) == len(suite.findall("testcase"))


def test_sarif_names_rules_and_lines(asked):
    _, _, texts, _ = asked
    run = json.loads(texts["sarif"])["runs"][0]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    for result in run["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"]
        assert result["message"]["text"]
        for place in result.get("locations", ()):
            where = place["physicalLocation"]
            assert not re.search(r"[ \\]", where["artifactLocation"]["uri"])
            assert where["region"]["startLine"] >= 1


def test_markdown_lets_no_text_become_markup(tmp_path):
    file = tmp_path / "out.md"
    sim(*words_of("check", tmp_path), "--markdown", str(file))
    row = next(line for line in file.read_text().splitlines() if "odd" in line)
    assert re.search(r"odd \\\| name.*\\<b\\>", row)
    assert len(re.findall(r"(?<!\\)\|", row)) == 5


def test_annotations_go_beside_data(tmp_path):
    done = sim(*words_of("diff", tmp_path), "--github", "-o", "json")
    json.loads(done.out)
    assert "::error" in done.err


def test_what_is_well_has_one_passing_case_and_no_row(tmp_path):
    files = {name: tmp_path / name for name in ("junit", "sarif", "markdown")}
    written = (w for name, file in files.items() for w in (f"--{name}", str(file)))
    assert sim("inspect", "-f", "scenarios/shop/manifests", *written).status == 0
    suite = ElementTree.fromstring(files["junit"].read_text())[0]
    assert (suite.get("tests"), suite.get("failures")) == ("1", "0")
    assert json.loads(files["sarif"].read_text())["runs"][0]["results"] == []
    assert files["markdown"].read_text() == "### sim inspect: nothing is broken, 0 remarks\n"


def test_strict_makes_what_is_not_modelled_an_error(tmp_path):
    (tmp_path / "a.yaml").write_text(INGRESS)
    words = ["inspect", "-f", str(tmp_path / "a.yaml"), "--github"]
    plain, strict = sim(*words), sim(*words, "--strict")
    assert "::notice" in plain.out
    assert "::error" in strict.out

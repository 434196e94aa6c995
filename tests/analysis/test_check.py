"""`sim check` for machines: which rules are hit, JUnit XML, annotations, the share that is asked for."""

from __future__ import annotations

import json
from contextlib import chdir
from xml.etree import ElementTree

import pytest
from command import sim, width

SERVICE = """
---
apiVersion: v1
kind: Service
metadata: {name: NAME, namespace: shop}
spec: {selector: {app: NAME}, ports: [{port: 80}]}
"""
INGRESS = """
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: NAME, namespace: shop}
spec:
  ingressClassName: CLASS
  rules:
  - host: shop.example.com
    http:
      paths:
      - {path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}
      - {path: /cart, pathType: Prefix, backend: {service: {name: cart, port: {number: 80}}}}
"""
CLASS = """
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: nginx}
spec: {controller: k8s.io/ingress-nginx}
"""
CASES = """files: [app.yaml]
controllers: [{controller: k8s.io/ingress-nginx}]
cases:
- id: 'the <window>, "100%": all & more'
  request: {host: shop.example.com, path: /}
  expect: {backend: BACKEND}
"""


@pytest.fixture
def folder(tmp_path):
    manifests = CLASS + INGRESS.replace("NAME", "a").replace("CLASS", "nginx")
    manifests += INGRESS.replace("NAME", "b").replace("CLASS", "other")
    manifests += SERVICE.replace("NAME", "web") + SERVICE.replace("NAME", "cart")
    (tmp_path / "app.yaml").write_text(manifests)
    (tmp_path / "good.yaml").write_text(CASES.replace("BACKEND", "shop/web:80"))
    (tmp_path / "bad.yaml").write_text(CASES.replace("BACKEND", '"shop/nobody\\u0007:80"'))
    return tmp_path


def run(folder, *arguments):
    with chdir(folder):
        return sim("check", *arguments)


def test_rules_are_counted_and_those_that_nothing_reaches_say_why(folder):
    rules = json.loads(run(folder, "good.yaml", "-o", "json").out)["rules"]
    assert (rules["total"], rules["hit"]) == (4, 1)
    assert [r["rule"] for r in rules["not_hit"]] == ["shop/a rules[0].paths[1]"]
    assert [r["rule"] for r in rules["unreachable"]] == [
        "shop/b rules[0].paths[0]",
        "shop/b rules[0].paths[1]",
    ]
    assert all("no IngressClass other" in r["because"] for r in rules["unreachable"])


def test_a_rule_hit_by_any_document_is_hit(folder):
    more = (
        (folder / "good.yaml")
        .read_text()
        .replace("path: /}", "path: /cart}")
        .replace("shop/web", "shop/cart")
    )
    (folder / "more.yaml").write_text(more)
    assert json.loads(run(folder, "good.yaml", "more.yaml", "-o", "json").out)["rules"]["hit"] == 2


@pytest.mark.parametrize(("share", "status"), [(25, 0), (26, 1)])
def test_too_few_rules_hit_is_exit_status_1(folder, share, status):
    assert run(folder, "good.yaml", "--fail-under", str(share)).status == status


@pytest.mark.parametrize(("file", "failures"), [("good.yaml", 0), ("bad.yaml", 1)])
def test_junit_is_well_formed_whatever_names_hold(folder, file, failures):
    done = run(folder, file, "--junit", "out.xml")
    root = ElementTree.fromstring((folder / "out.xml").read_bytes())
    case = root.find("testsuite/testcase")
    assert done.status == failures
    assert root.get("failures") == str(failures)
    assert case.get("name") == 'the <window>, "100%": all & more'
    assert (case.get("file"), case.get("line")) == (file, "4")
    assert len(case.findall("failure")) == failures


def test_an_unwritable_junit_file_is_bad_usage(folder):
    done = run(folder, "good.yaml", "--junit", "no/such/folder/out.xml")
    assert (done.status, "Traceback" in done.err) == (2, False)


def test_annotations_name_the_line_and_escape_what_github_reads(folder):
    lines = [x for x in run(folder, "bad.yaml", "--github").out.splitlines() if x.startswith("::")]
    error, *warnings = lines
    assert error.startswith(
        '::error file=bad.yaml,line=4,col=3,title=the <window>%2C "100%25"%3A all & more::'
    )
    assert "%0A" in error
    assert all(w.startswith("::warning file=app.yaml,line=") for w in warnings)
    assert len(warnings) == 2


def test_annotations_leave_json_alone(folder):
    done = run(folder, "bad.yaml", "--github", "-o", "json")
    json.loads(done.out)
    assert "::error" in done.err


def test_the_text_fits_80_columns(folder):
    assert max(map(width, run(folder, "bad.yaml").out.splitlines())) <= 80

"""Small changes of texts, and the way out for one fault each: what is proposed serves, and reads as it was written."""

from __future__ import annotations

import json
import subprocess
from contextlib import chdir

import pytest
from command import sim

from sim.analysis.fix import WAYS
from sim.analysis.fix.edits import Append, NewObject, Put, Remove, applied, splices
from sim.analysis.fix.patch import changed_lines, unified
from sim.manifests.reading.loading import load

BLOCK = """# a comment
apiVersion: v1
kind: Service
metadata:
  name: web   # its name
  labels: {}
spec:
  selector: {app: web, tier: "front"}
  ports:
  # the only one
  - port: 80
    targetPort: 'http'
---
# another
apiVersion: v1
kind: Service
metadata: {name: other}
spec: {ports: [{port: 1}]}"""


def service(text: str):
    return load(["a.yaml"], read=lambda _: text.encode()).objects[0]


CHANGES = [
    pytest.param(lambda s: Put(s, ("metadata", "name"), "shop"), "  name: shop   # its name", id="a value, its comment stays"),
    pytest.param(lambda s: Put(s, ("spec", "ports", 0, "targetPort"), "web"), "    targetPort: 'web'", id="quotes stay"),
    pytest.param(lambda s: Put(s, ("spec", "selector", "app"), "yes"), '  selector: {app: "yes", tier: "front"}', id="text that YAML would read otherwise is quoted"),
    pytest.param(lambda s: Put(s, ("metadata", "labels", "a"), "b"), "  labels: {a: b}", id="into an empty mapping"),
    pytest.param(lambda s: Put(s, ("metadata", "annotations", "x/y"), "1"), '  annotations: {x/y: "1"}', id="what is missing above is written too"),
    pytest.param(lambda s: Append(s, ("spec", "ports"), {"port": 443}), "  - port: 443", id="an item in the style of its list"),
    pytest.param(lambda s: Put(s, ("spec", "type"), "NodePort"), "  type: NodePort", id="an entry"),
    pytest.param(lambda s: NewObject(s, {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "new"}}), "metadata: {name: new}", id="an object at the end"),
]  # fmt: skip


@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["LF", "CRLF"])
@pytest.mark.parametrize(("change", "line"), CHANGES)
def test_a_change_touches_its_own_lines_and_the_program_patch_agrees(change, line, newline, tmp_path):
    text = BLOCK.replace("\n", newline)
    made = splices([change(service(text))], {"a.yaml": text})
    new = applied(made, {"a.yaml": text})["a.yaml"]
    assert line in new.split(newline)
    (tmp_path / "a.yaml").write_bytes(text.encode())
    patch = unified({"a.yaml": new}, {"a.yaml": text}, {})
    subprocess.run(
        ["patch", "-p0", "--binary"], input=patch.encode(), cwd=tmp_path, check=True, capture_output=True
    )
    assert (tmp_path / "a.yaml").read_bytes() == new.encode()
    assert {f.code for f in load([str(tmp_path / "a.yaml")]).faults} <= {"SIM1014"}  # values, not shapes


def test_a_name_with_a_space_is_found(tmp_path):
    name = "my shop.yaml"
    made = splices([Remove(service(BLOCK), ("spec", "ports", 0, "targetPort"))], {"a.yaml": BLOCK})
    (tmp_path / name).write_text(BLOCK)
    patch = unified(applied(made, {"a.yaml": BLOCK}), {"a.yaml": BLOCK}, {"a.yaml": name})
    subprocess.run(["patch", "-p0"], input=patch, text=True, cwd=tmp_path, check=True, capture_output=True)
    assert "targetPort" not in (tmp_path / name).read_text()
    assert changed_lines(patch)[0][0].startswith(f"{name}:")


def test_git_applies_it_too(tmp_path):
    made = splices([Remove(service(BLOCK), ("spec", "ports", 0, "targetPort"))], {"a.yaml": BLOCK})
    (tmp_path / "a.yaml").write_text(BLOCK)
    patch = unified(applied(made, {"a.yaml": BLOCK}), {"a.yaml": BLOCK}, {})
    subprocess.run(
        ["git", "apply", "-p0"], input=patch, text=True, cwd=tmp_path, check=True, capture_output=True
    )
    assert "targetPort" not in (tmp_path / "a.yaml").read_text()


def test_what_cannot_be_written_without_more_is_not_written():
    text = "apiVersion: v1\nkind: Service\nmetadata: {name: &n web, labels: {a: *n}}\n"
    assert splices([Put(service(text), ("metadata", "labels", "a"), "b")], {"a.yaml": text}) == []


@pytest.mark.parametrize("odd", ["\r", "\x85", "\u2028", "\u2029"])
def test_lines_that_end_as_no_editor_ends_them_are_left_alone(odd):
    text = f'apiVersion: v1\nkind: Service\nmetadata: {{name: web, labels: {{a: "x{odd}y", b: c}}}}\n'
    assert splices([Put(service(text), ("metadata", "labels", "b"), "d")], {"a.yaml": text}) == []


APP = """
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: web
  namespace: shop
  annotations:
    example.com/owner: me
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
metadata: {name: web, namespace: shop}
spec:
  selector: {app: web}
  ports: [{name: http, port: 80, targetPort: 8080}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: web, ports: [{name: main, containerPort: 8080}]}]}
"""
ROUTE = """
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: public}
spec: {controllerName: example.com/gateway}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: edge, namespace: infra}
spec:
  gatewayClassName: public
  listeners:
  - name: http
    protocol: HTTP
    port: 80
    hostname: "*.example.com"
    allowedRoutes: {namespaces: {from: All}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs: [{name: edge, namespace: infra}]
  hostnames: [shop.example.com]
  rules:
  - matches: [{path: {type: PathPrefix, value: /}}]
    backendRefs: [{name: web, port: 80}]
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web}, ports: [{port: 80}]}
"""
URL = "http://shop.example.com/"
FAULTS = [
    pytest.param(APP, "service: {name: web", "service: {name: wbe", "SIM2007", id="a Service misspelt"),
    pytest.param(APP, "{number: 80}", "{number: 81}", "SIM2008", id="a port that the Service has not"),
    pytest.param(APP, "{number: 80}", "{name: htpp}", "SIM2008", id="a port name misspelt"),
    pytest.param(APP, "metadata: {name: web, namespace: shop}\nspec:\n  selector", "metadata: {name: web, namespace: apps}\nspec:\n  selector", "SIM2007", id="a Service in another namespace"),
    pytest.param(APP, "targetPort: 8080", "targetPort: mian", "SIM2014", id="a named target misspelt"),
    pytest.param(APP, "replicas: 2", "replicas: 0", "SIM2003", id="scaled to nothing"),
    pytest.param(APP.replace("matchLabels: {app: web}", "matchLabels: {app: web2}"), "labels: {app: web}}", "labels: {app: web2}}", "SIM2003", id="other labels in the template"),
    pytest.param(APP, "shop.example.com", "shop.exmaple.com", "SIM2004", id="a host misspelt"),
    pytest.param(APP, "path: /, pathType: Prefix", "path: /cart, pathType: Prefix", "SIM2005", id="a path without a rule"),
    pytest.param(APP, "example.com/owner: me", "nginx.ingress.kubernetes.io/configuration-snippet: x", "SIM2037", id="a snippet that the controller refuses"),
    pytest.param(ROUTE, "{name: edge, namespace: infra}]", "{name: egde, namespace: infra}]", "SIM2053", id="a parent misspelt"),
    pytest.param(ROUTE, "{name: edge, namespace: infra}]", "{name: edge, namespace: infra, sectionName: htpp}]", "SIM2053", id="a listener misspelt"),
    pytest.param(ROUTE, "from: All", "from: Same", "SIM2053", id="routes of the own namespace only"),
    pytest.param(ROUTE, "[shop.example.com]", "[shop2.example.com]", "SIM2052", id="a host that the route does not name"),
    pytest.param(ROUTE, "type: PathPrefix, value: /", "type: Exact, value: /cart", "SIM2052", id="a path that no match takes"),
    pytest.param(ROUTE, '"*.example.com"', "www.example.com", "SIM2051", id="a host that no listener takes"),
    pytest.param(ROUTE, "[{name: web, port: 80}]", "[{name: web, port: 80, weight: 0}]", "SIM2055", id="a weight of nothing"),
    pytest.param(ROUTE, "[{name: web, port: 80}]", "[{name: wbe, port: 80}]", "SIM2007", id="a backend misspelt"),
    pytest.param(ROUTE, "gatewayClassName: public", "gatewayClassName: pubilc", "SIM2057", id="a GatewayClass misspelt"),
    pytest.param(ROUTE.replace("{name: web, namespace: shop}\nspec: {sel", "{name: web, namespace: apps}\nspec: {sel"), "[{name: web, port: 80}]", "[{name: web, namespace: apps, port: 80}]", "SIM2054", id="no grant"),
]  # fmt: skip


@pytest.mark.parametrize(("manifests", "right", "wrong", "code"), FAULTS)
def test_the_way_out_serves_the_request(manifests, right, wrong, code, tmp_path):
    assert right in manifests
    (tmp_path / "a.yaml").write_text(manifests.replace(right, wrong, 1))
    with chdir(tmp_path):
        before = json.loads(sim("trace", "-f", "a.yaml", "-o", "json", URL).out)["final"]
        assert before["code"] == code
        assert before["patch"], before["patch_says"]
        subprocess.run(["patch", "-p0"], input=before["patch"], text=True, check=True, capture_output=True)
        done = sim("trace", "-f", "a.yaml", "-o", "json", URL)
    assert (done.status, json.loads(done.out)["final"]["state"]) == (0, "delivered")


def test_what_no_manifest_decides_is_said(tmp_path):
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: w, namespace: shop, labels: {app: web}}\nspec: {containers: [{name: web, image: web}]}\nstatus: {conditions: [{type: Ready, status: 'False'}]}\n"
    (tmp_path / "a.yaml").write_text(APP.partition("---\napiVersion: apps/v1")[0] + "---\n" + pod)
    with chdir(tmp_path):
        final = json.loads(sim("trace", "-f", "a.yaml", "-o", "json", URL).out)["final"]
        assert sim("trace", "-f", "a.yaml", URL, "--patch").out == ""
    assert final["patch"] is None
    assert "decided as it runs" in final["patch_says"]


def test_standard_input_is_named_by_its_template(tmp_path, monkeypatch):
    import io
    import sys

    text = "---\n# Source: shop/templates/ingress.yaml" + APP.replace("name: web, port", "name: wbe, port", 1)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    patch = sim("trace", "-f", "-", URL, "--patch").out
    assert patch.startswith("--- shop/templates/ingress.yaml\n+++ shop/templates/ingress.yaml\n")


def test_every_way_has_a_page():
    from sim.analysis.codes import CODES

    assert set(WAYS) <= set(CODES)

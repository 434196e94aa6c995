"""The proof of a migration: which requests are answered otherwise, and why."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from command import sim
from corpus_sets import corpus_set

from sim.analysis.migrate import Migrated
from sim.analysis.migrate import migrate as migrated
from sim.errors import UsageError
from sim.manifests.reading.loading import load_text

SHOP = """
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop, namespace: shop}
spec:
  ingressClassName: nginx
  tls: [{hosts: [shop.example], secretName: cert}]
  rules:
  - host: shop.example
    http:
      paths:
      - {path: /cart, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}
  - host: '*.wide.example'
    http:
      paths:
      - {path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web}, ports: [{port: 80}]}
"""


@pytest.fixture(scope="module")
def found() -> Migrated:
    return migrated(load_text(SHOP, "shop.yaml"))


def test_every_difference_has_its_cause_and_all_others_answer_alike(found):
    causes = {one.cause.name for one in found.unlike if one.cause}
    assert causes == {"final-slash-of-a-redirect", "depth-of-a-wildcard", "certificate-of-the-controller"}
    assert all(one.cause for one in found.unlike)
    assert 0 < found.alike == found.asked - len(found.unlike)


def test_a_slash_that_stays_is_seen(found):
    one = next(u for u in found.unlike if u.cause and u.cause.name == "final-slash-of-a-redirect")
    (change,) = one.changes
    assert change.new == f"{change.old}/"


def test_nothing_to_migrate_is_said():
    with pytest.raises(UsageError, match="no Ingress"):
        migrated(load_text("apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n"))


def test_the_command_writes_files_and_never_over_one(tmp_path):
    file, out = tmp_path / "shop.yaml", tmp_path / "out"
    file.write_text(SHOP)
    done = sim("migrate", "-f", str(file), "--out", str(out), "--report", str(tmp_path / "r.md"))
    assert done.status == 1
    assert sorted(str(p.relative_to(out)) for p in out.rglob("*.yaml")) == ["gateway.yaml", "shop/shop.yaml"]
    assert (tmp_path / "r.md").read_text().startswith("### sim migrate: ")
    again = sim("migrate", "-f", str(file), "--out", str(out))
    assert again.status == 2
    assert "is there already" in again.err
    inspected = sim("inspect", "-f", str(out), "-o", "json")
    assert [f for f in json.loads(inspected.out)["findings"] if f["code"].startswith("SIM10")] == []


def test_without_a_folder_the_objects_are_the_output(tmp_path):
    file = tmp_path / "shop.yaml"
    file.write_text(SHOP)
    done = sim("migrate", "-f", str(file))
    assert "kind: HTTPRoute" in done.out
    assert "requests answer alike" in done.err
    assert [f.message for f in load_text(done.out).faults] == []


ANNOTATIONS = Path(__file__).parents[1] / "conformance/cases/routing/nginx_annotations.yaml"
NOT_THE_SAME = {
    "app-root": {"query-of-a-redirect"},
    "permanent-redirect": {"query-of-a-redirect"},
    "redirect codes": {"query-of-a-redirect"},
    "backend-protocol": {"backend-protocol"},
    "limit-rps": {"limit-rps"},
}
"""Sets of annotations that are answered otherwise: the causes; those of redirects only where there is a query."""


def documents_of(file: Path) -> list[tuple[str, str]]:
    return [
        (one["name"], yaml.safe_dump_all(one["manifests"], sort_keys=False))
        for one in yaml.safe_load_all(file.read_text())
    ]


@pytest.mark.parametrize(("name", "text"), documents_of(ANNOTATIONS), ids=lambda value: value[:40])
def test_the_annotations_of_the_tables_are_carried_over_or_named(name, text):
    found = migrated(load_text(text, "set.yaml"))
    assert {one.cause.name if one.cause else None for one in found.unlike} == NOT_THE_SAME.get(name, set())
    assert [f.message for f in load_text(found.written.text()).faults] == []


def test_at_least_thirty_of_thirty_four_are_carried_over():
    names = [name for name, _ in documents_of(ANNOTATIONS)]
    wrong = [name for name in names if NOT_THE_SAME.get(name, set()) - {"query-of-a-redirect"}]
    assert (len(names), wrong) == (34, ["backend-protocol", "limit-rps"])


SETS = (
    "online-boutique-ingress",
    "aks-store-ingress",
    "game-2048",
    "echoservice",
    "multi-tls",
    "echo-auth-headers",
)


@pytest.mark.parametrize("name", SETS)
def test_sets_of_real_manifests_are_migrated_and_every_difference_has_a_cause(name):
    done = sim("migrate", *corpus_set(name), "-o", "json")
    found = json.loads(done.out)
    assert done.status == int(bool(found["differences"] or found["left_out"]))
    assert [one for one in found["differences"] if one["cause"] is None] == []
    assert [f.message for f in load_text(found["manifests"]).faults] == []


CORS = """
  annotations:
    nginx.ingress.kubernetes.io/enable-cors: "true"
    nginx.ingress.kubernetes.io/cors-allow-origin: "https://*.shop.example"
"""


def test_what_browsers_ask_first_is_asked_too():
    text = SHOP.replace(
        "namespace: shop}\nspec:\n  ingress", "namespace: shop\n" + CORS + "spec:\n  ingress", 1
    )
    found = migrated(
        load_text(text.replace("metadata: {name: shop,", "metadata:\n  name: shop\n ", 1), "shop.yaml")
    )
    asked = [u for u in found.unlike if u.request.method == "OPTIONS" and u.old.final.status == 204]
    assert asked
    assert {u.new.final.status for u in asked} <= {200, 308, None}


def test_a_login_that_is_lost_is_no_success():
    """No request differs, for who logs in is not modelled; and everybody would get in."""
    said = "namespace: shop, annotations: {nginx.ingress.kubernetes.io/auth-url: 'http://login.example/'}}"
    text = SHOP.replace("namespace: shop}", said, 1).replace("'*.wide.example'", "b.example").split("  tls:")
    found = migrated(load_text(text[0] + text[1].partition("\n")[2], "shop.yaml"))
    assert (found.unlike, found.status()) == ((), 1)
    assert found.left[0].changes == "requests are no longer asked for a login: anyone gets in"


UNDER_A_WILDCARD = """
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: wide, namespace: shop}
spec:
  ingressClassName: nginx
  tls: [{hosts: ['*.example'], secretName: cert}]
  rules:
  - host: '*.example'
    http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: own, namespace: shop}
spec:
  ingressClassName: nginx
  rules:
  - host: own.example
    http: {paths: [{path: /a, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web}, ports: [{port: 80}]}
"""


def test_a_host_under_the_certificate_of_a_wildcard_keeps_its_own_rules():
    found = migrated(load_text(UNDER_A_WILDCARD, "wide.yaml"))
    routes = [o for o in yaml.safe_load_all(found.written.text()) if o["kind"] == "HTTPRoute"]
    secure = {
        host
        for route in routes
        for host in route["spec"]["hostnames"]
        if any(parent["sectionName"] == "https" for parent in route["spec"]["parentRefs"])
    }
    assert secure == {"*.example", "own.example"}
    assert {one.cause.name if one.cause else None for one in found.unlike} == {
        "depth-of-a-wildcard", "final-slash-of-a-redirect",
    }  # fmt: skip


def annotated(text: str, path: str = "/cart", **annotations: str) -> Migrated:
    said = ", ".join(
        f"nginx.ingress.kubernetes.io/{k.replace('_', '-')}: '{v}'" for k, v in annotations.items()
    )
    plain = text.replace("  tls: [{hosts: [shop.example], secretName: cert}]\n", "").replace(
        "'*.wide", "'wide"
    )
    named = plain.replace("namespace: shop}", f"namespace: shop, annotations: {{{said}}}}}", 1)
    return migrated(load_text(named.replace("/cart", path), "shop.yaml"))


def test_a_session_that_no_expression_keeps_is_named_and_seen():
    found = annotated(SHOP, "/(cart|basket)", affinity="cookie", use_regex="true")
    assert [one.what for one in found.left] == ["affinity"]
    assert {one.cause.name for one in found.unlike if one.cause} == {"affinity"}
    assert {change.name for one in found.unlike for change in one.changes} == {"set_cookie"}
    assert annotated(SHOP, affinity="cookie").unlike == ()


def test_a_list_that_cannot_be_read_closes_a_path_before_it_redirects():
    found = annotated(SHOP, whitelist_source_range="nobody", permanent_redirect="https://other.example")
    assert {one.new.final.status for one in found.unlike} <= {503}
    assert "requestRedirect" not in found.written.text()


def test_a_closed_path_without_its_slash_has_its_cause():
    first, second, service = UNDER_A_WILDCARD.split("---")
    said = "annotations: {nginx.ingress.kubernetes.io/whitelist-source-range: nobody}"
    closed = second.replace("namespace: shop}", f"namespace: shop, {said}}}", 1).replace(
        "path: /a,", "path: /a/,"
    )
    text = "---".join((first.replace("'*.example'", "own.example"), closed, service))
    found = migrated(
        load_text(text.replace("  tls: [{hosts: [own.example], secretName: cert}]\n", ""), "a.yaml")
    )
    assert {one.cause.name for one in found.unlike if one.cause} == {"slash-of-a-closed-path"}

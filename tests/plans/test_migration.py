"""What takes the place of Ingresses: objects as YAML with their sources, which the API server would take."""

from __future__ import annotations

import pytest
import yaml
from clusters import cluster

from sim.manifests.reading.loading import load_text
from sim.plans.migration import Migration, migration
from sim.plans.migration.yaml_text import text_of

ANNOTATION = "nginx.ingress.kubernetes.io"
SHOP = """
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop, namespace: shop, annotations: {ANNOTATIONS}}
spec:
  ingressClassName: nginx
  tls: [TLS]
  rules:
  - host: shop.example
    http:
      paths:
      - {path: PATH, pathType: TYPE, backend: {service: {name: web, port: {name: http}}}}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web}, ports: [{name: http, port: 8080}]}
"""


def written(
    path: str = "/", kind: str = "Prefix", tls: str = "", other: str = "", **annotations: str
) -> Migration:
    said = ", ".join(f"{ANNOTATION}/{k.replace('_', '-')}: '{v}'" for k, v in annotations.items())
    rule = f"\n      - {{path: {other}, pathType: Exact, backend: {{service: {{name: web, port: {{name: http}}}}}}}}"
    text = SHOP.replace("\n---", rule + "\n---") if other else SHOP
    text = text.replace("ANNOTATIONS", said).replace("TLS", tls)
    return migration(cluster(text.replace("PATH", f"'{path}'").replace("TYPE", kind)))


def objects(found: Migration, kind: str) -> list[dict]:
    read = load_text(found.text())
    assert [f.message for f in read.faults] == []
    return [o for o in yaml.safe_load_all(found.text()) if o["kind"] == kind]


def rules(found: Migration) -> list[dict]:
    return [rule for route in objects(found, "HTTPRoute") for rule in route["spec"]["rules"]]


def test_a_rule_becomes_one_with_its_line_above_it_and_the_port_by_its_number():
    found = written("/cart")
    assert rules(found) == [
        {
            "matches": [{"path": {"type": "PathPrefix", "value": "/cart"}}],
            "backendRefs": [{"name": "web", "port": 8080}],
        }
    ]
    assert "# a.yaml:12: /cart Prefix" in found.text()


def test_a_path_with_a_final_slash_keeps_the_redirect_of_nginx():
    first, second = rules(written("/docs/", "Exact"))
    assert first["matches"] == [{"path": {"type": "Exact", "value": "/docs"}}]
    assert first["filters"][0]["requestRedirect"] == {
        "path": {"type": "ReplaceFullPath", "replaceFullPath": "/docs/"}, "statusCode": 301,
    }  # fmt: skip
    assert second["matches"] == [{"path": {"type": "Exact", "value": "/docs/"}}]


def test_an_expression_fits_as_a_whole_and_in_any_letter_case():
    found = written("/id/[0-9]+", "ImplementationSpecific", use_regex="true")
    assert rules(found)[0]["matches"] == [
        {"path": {"type": "RegularExpression", "value": "(?i)/id/[0-9]+.*"}}
    ]


def test_a_certificate_makes_a_listener_and_sends_plain_http_to_https():
    found = written(tls="{hosts: [shop.example], secretName: cert}")
    listeners = objects(found, "Gateway")[0]["spec"]["listeners"]
    assert [(x["protocol"], x.get("hostname")) for x in listeners] == [
        ("HTTP", None), ("HTTPS", "shop.example"),
    ]  # fmt: skip
    secure, plain = objects(found, "HTTPRoute")
    assert [p["sectionName"] for p in secure["spec"]["parentRefs"]] == ["https"]
    assert [p["sectionName"] for p in plain["spec"]["parentRefs"]] == ["http"]
    assert plain["spec"]["rules"][0]["filters"][0]["requestRedirect"] == {
        "scheme": "https", "statusCode": 308,
    }  # fmt: skip


def test_expressions_come_in_the_order_of_nginx():
    """Both sort by the length of the text, and what is added must not change who is longer."""
    both = written("/(.*)", "ImplementationSpecific", use_regex="true", other="/a/A")
    assert [r["matches"][0]["path"]["value"] for r in rules(both)] == ["(?i)(?:/(.*)).*", "(?i)(?:/a/A).*"]


def test_an_address_list_becomes_a_policy_with_the_line_of_the_annotation():
    found = written(whitelist_source_range="10.0.0.0/8, 192.0.2.7", denylist_source_range="10.9.0.0/16")
    (policy,) = objects(found, "SecurityPolicy")
    assert policy["spec"]["targetRefs"] == [
        {"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "name": "shop"}
    ]
    assert policy["spec"]["authorization"] == {
        "defaultAction": "Deny",
        "rules": [
            {"action": "Deny", "principal": {"clientCIDRs": ["10.9.0.0/16"]}},
            {"action": "Allow", "principal": {"clientCIDRs": ["10.0.0.0/8", "192.0.2.7/32"]}},
        ],
    }
    assert "# a.yaml:4: whitelist-source-range" in found.text()


def test_what_ingress_nginx_does_by_itself_is_a_policy_of_the_gateway():
    (policy,) = objects(written(), "BackendTrafficPolicy")
    assert policy["spec"]["timeout"] == {
        "tcp": {"connectTimeout": "5s"}, "http": {"requestTimeout": "0s", "streamIdleTimeout": "1m"},
    }  # fmt: skip
    assert policy["spec"]["retry"]["numRetries"] == 2


@pytest.mark.parametrize(
    ("annotations", "left"),
    [
        ({"affinity": "cookie", "session_cookie_name": "who"}, []),
        ({"limit_rps": "5"}, ["limit-rps"]),
        ({"auth_url": "http://login.example/"}, ["auth-url"]),
        ({"auth_url": "https://$host/oauth2/auth"}, ["auth-url"]),
        ({"auth_url": "http://login.auth.svc/", "auth_response_headers": "X-User"}, ["auth-url"]),
        ({"auth_type": "basic", "auth_secret": "users", "auth_realm": "shop"}, ["auth-secret"]),
        ({"auth_type": "digest", "auth_secret": "users"}, ["auth-type", "auth-secret"]),
        ({"auth_type": "basic", "auth_secret": "other/users"}, ["auth-type", "auth-secret"]),
        ({"proxy_body_size": "8m"}, ["proxy-body-size"]),
        ({"proxy_body_size": "0"}, []),
        ({"proxy_read_timeout": "5", "ssl_redirect": "false", "opentelemetry_trust": "true"}, []),
        ({"upstream_hash_by": "$http_x_user"}, []),
        ({"upstream_hash_by": "$host"}, ["upstream-hash-by"]),
        ({"some_new_thing": "yes"}, ["some-new-thing"]),
    ],
)
def test_what_is_not_carried_over_is_named(annotations, left):
    assert [one.what for one in written(**annotations).left] == left


def test_a_login_by_password_reads_the_same_secret():
    (policy,) = objects(written(auth_type="basic", auth_secret="users"), "SecurityPolicy")
    assert policy["spec"]["basicAuth"] == {"users": {"name": "users"}}


def test_a_login_service_of_another_namespace_is_asked_with_leave():
    found = written(
        auth_url="http://login.auth.svc.cluster.local:8080/check?a=1", auth_response_headers="X-User"
    )
    (policy,) = objects(found, "SecurityPolicy")
    assert policy["spec"]["extAuth"]["http"] == {
        "backendRefs": [{"name": "login", "namespace": "auth", "port": 8080}],
        "pathOverride": "/check?a=1",
        "headersToBackend": ["X-User"],
    }
    (grant,) = objects(found, "ReferenceGrant")
    assert grant["metadata"]["namespace"] == "auth"
    assert [one["kind"] for one in grant["spec"]["from"]] == ["SecurityPolicy"]


def test_a_limit_for_bodies_is_written_in_the_units_of_kubernetes():
    policies = objects(written(proxy_body_size="8m"), "BackendTrafficPolicy")
    assert [one["spec"]["requestBuffer"]["limit"] for one in policies if "requestBuffer" in one["spec"]] == [
        "8Mi"
    ]


def test_what_no_expression_of_envoy_can_say_is_named():
    found = written("/a(?=b)", "ImplementationSpecific", use_regex="true")
    assert [(one.what, one.ingress, one.source) for one in found.left] == [("path", "shop/shop", "a.yaml:12")]
    assert objects(found, "HTTPRoute") == []


@pytest.mark.parametrize(
    "text", ["y", "a: b", "# no", "it's", "1", "", "\u202e", "a\nb", "{x}", "*", "~", "0x1"]
)
def test_a_text_is_read_back_as_it_was_written(text):
    assert yaml.safe_load(text_of([text], {"a": text, "b": [text], "c": [{"d": text}]})) == {
        "a": text, "b": [text], "c": [{"d": text}],
    }  # fmt: skip


def client_policies(data: str, tls: str = "") -> dict[str, dict]:
    text = SHOP.replace("ANNOTATIONS", "").replace("TLS", tls).replace("PATH", "/").replace("TYPE", "Prefix")
    config = f"\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: told, namespace: ingress-nginx}}\ndata: {{{data}}}"
    argument = "--configmap=ingress-nginx/told"
    found = migration(cluster(text + CONTROLLER.replace("--enable-ssl-passthrough", argument) + config))
    return {one["metadata"]["name"]: one["spec"] for one in objects(found, "ClientTrafficPolicy")}


def test_what_ingress_nginx_does_with_clients_is_a_policy_of_the_gateway():
    assert client_policies("a: b")["ingress"] == {
        "targetRefs": [{"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "ingress"}],
        "headers": {"withUnderscoresAction": "DropHeader"},
        "timeout": {"http": {"idleTimeout": "1m15s"}},
    }


@pytest.mark.parametrize(
    ("data", "field", "value"),
    [
        ("use-proxy-protocol: 'true'", "proxyProtocol", {"optional": False}),
        ("use-forwarded-headers: 'true', proxy-real-ip-cidr: 10.0.0.0/8", "clientIPDetection",
         {"xForwardedFor": {"trustedCIDRs": ["10.0.0.0/8"]}}),
        ("enable-real-ip: 'true', forwarded-for-header: X-Client", "clientIPDetection",
         {"customHeader": {"name": "X-Client"}}),
        ("enable-underscores-in-headers: 'true'", "headers", {"withUnderscoresAction": "Allow"}),
        ("keep-alive: '5'", "timeout", {"http": {"idleTimeout": "5s"}}),
    ],
)  # fmt: skip
def test_what_the_configmap_says_of_clients_is_written(data, field, value):
    assert client_policies(data)["ingress"][field] == value


def test_browsers_are_told_to_stay_where_https_is():
    tls = "{hosts: [shop.example], secretName: cert}"
    assert "ingress-https" not in client_policies("hsts: 'false'", tls)
    found = client_policies("hsts-max-age: '60', hsts-preload: 'true'", tls)["ingress-https"]
    assert [target["sectionName"] for target in found["targetRefs"]] == ["https"]
    assert found["headers"]["lateResponseHeaders"]["set"] == [
        {"name": "Strict-Transport-Security", "value": "max-age=60; includeSubDomains; preload"}
    ]


CONTROLLER = """
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: ingress-nginx-controller, namespace: ingress-nginx}
spec:
  selector: {matchLabels: {app: c}}
  template:
    metadata: {labels: {app: c}}
    spec:
      containers:
      - {name: c, image: "registry.k8s.io/ingress-nginx/controller:v1.15.0", args: [--enable-ssl-passthrough]}
---
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: nginx}
spec: {controller: k8s.io/ingress-nginx}
"""


def test_tls_that_is_passed_on_has_a_route_of_its_own():
    said = f"{ANNOTATION}/ssl-passthrough: 'true'"
    text = SHOP.replace("ANNOTATIONS", said).replace("TLS", "").replace("PATH", "/").replace("TYPE", "Prefix")
    found = migration(cluster(text + CONTROLLER))
    (route,) = objects(found, "TLSRoute")
    assert route["spec"]["hostnames"] == ["shop.example"]
    assert route["spec"]["rules"] == [{"backendRefs": [{"name": "web", "port": 8080}]}]
    listeners = objects(found, "Gateway")[0]["spec"]["listeners"]
    assert [(x["protocol"], x.get("tls")) for x in listeners] == [
        ("HTTP", None),
        ("TLS", {"mode": "Passthrough"}),
    ]

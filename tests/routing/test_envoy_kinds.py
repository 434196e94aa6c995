"""Envoy Gateway's own kinds: filters that rewrite and answer, policies that refuse, limit and let origins in."""

from __future__ import annotations

import pytest
from clusters import cluster

from sim.manifests.objects.envoy_policies import ReplaceRegexMatch
from sim.manifests.reading.loading import load_text
from sim.routing import Request, Trace, route
from sim.routing.gateway.envoy import replaced

OWN = "apiVersion: gateway.envoyproxy.io/v1alpha1\n"
BASE = """
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: eg}
spec: {controllerName: CONTROLLER}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: door, namespace: shop}
spec: {gatewayClassName: eg, listeners: [{name: http, port: 80, protocol: HTTP}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs: [{name: door}]
  rules:
  - name: first
    FILTERS
    backendRefs: [{name: web, port: 80}]
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web}, ports: [{port: 80}]}
---
"""
ENVOY = "gateway.envoyproxy.io/gatewayclass-controller"
NAMED = "filters: [{type: ExtensionRef, extensionRef: {group: gateway.envoyproxy.io, kind: HTTPRouteFilter, name: own}}]"


def asked(text: str = "", filters: str = "", controller: str = ENVOY, **how) -> Trace:
    base = BASE.replace("FILTERS", filters).replace("CONTROLLER", controller)
    return route(cluster(base + text), Request("shop.example", **{"path": "/a/b?c=d", **how}))


def a_filter(spec: str) -> str:
    return f"{OWN}kind: HTTPRouteFilter\nmetadata: {{name: own, namespace: shop}}\nspec: {spec}\n"


def a_policy(kind: str, spec: str, target: str = "kind: HTTPRoute, name: web", name: str = "own") -> str:
    whom = f"targetRefs: [{{group: gateway.networking.k8s.io, {target}}}]"
    return f"---\n{OWN}kind: {kind}\nmetadata: {{name: {name}, namespace: shop}}\nspec: {{{whom}, {spec}}}\n"


REWRITE = r"{urlRewrite: {path: {type: ReplaceRegexMatch, replaceRegexMatch: {pattern: '^/a(/.*)$', substitution: '/x\1'}}}}"


def test_a_path_is_rewritten_by_an_expression_and_keeps_its_query():
    final = asked(a_filter(REWRITE), NAMED).final
    assert (final.state, final.sent.path) == ("delivered", "/x/b?c=d")


@pytest.mark.parametrize(
    ("pattern", "substitution", "becomes"),
    [
        ("one", "two", "/xxx/two/yyy/two/zzz"),
        (r"^(.*?)one(.*)$", r"\1two\2", "/xxx/two/yyy/one/zzz"),
        ("(?i)/XXX/", "/yyy/", "/yyy/one/yyy/one/zzz"),
    ],
)
def test_the_examples_of_its_documentation(pattern, substitution, becomes):
    change = ReplaceRegexMatch(pattern=pattern, substitution=substitution)
    assert replaced("/xxx/one/yyy/one/zzz", change) == becomes


def test_a_direct_response_answers_and_a_filter_that_is_not_there_is_500():
    direct = asked(a_filter("{directResponse: {statusCode: 418}}"), NAMED).final
    missing = asked("", NAMED).final
    assert [(f.state, f.status, f.code) for f in (direct, missing)] == [
        ("answered-by-proxy", 418, "SIM2160"), ("answered-by-proxy", 500, "SIM2160"),
    ]  # fmt: skip


def test_another_controller_does_not_read_them_and_it_is_said():
    found = asked(a_filter(REWRITE), NAMED, controller="example.com/other")
    assert found.final.sent.path == "/a/b?c=d"
    assert [u.part for u in found.unmodelled if u.may_change_answer] == ["filter ExtensionRef"]


ALLOW = (
    "authorization: {defaultAction: Deny, rules: [{action: Allow, principal: {clientCIDRs: [10.0.0.0/8]}}]}"
)


@pytest.mark.parametrize(("address", "status"), [("10.1.2.3", None), ("192.0.2.1", 403)])
def test_who_is_in_no_network_is_refused(address, status):
    assert asked(a_policy("SecurityPolicy", ALLOW), client_ip=address).final.status == status


def test_the_closest_policy_counts_alone():
    nobody = a_policy("SecurityPolicy", "authorization: {rules: []}", "kind: Gateway, name: door", "wide")
    everybody = a_policy("SecurityPolicy", "authorization: {defaultAction: Allow}")
    assert asked(nobody).final.status == 403
    assert asked(nobody + everybody).final.state == "delivered"
    rule = a_policy(
        "SecurityPolicy", "authorization: {}", "kind: HTTPRoute, name: web, sectionName: first", "narrow"
    )
    assert asked(nobody + everybody + rule).final.status == 403


def test_a_preflight_is_answered_with_the_origins_of_the_policy():
    cors = a_policy(
        "SecurityPolicy", 'cors: {allowOrigins: ["https://*.a.example"], allowMethods: [PUT], maxAge: 1m}'
    )
    headers = {"Origin": "https://x.a.example", "Access-Control-Request-Method": "PUT"}
    final = asked(cors, method="OPTIONS", headers=headers).final
    assert (final.status, final.response["access-control-max-age"]) == (200, "60")
    assert asked(cors, method="OPTIONS").final.state == "delivered"


LIMIT = (
    "rateLimit: {local: {rules: [{clientSelectors: [{sourceCIDR: {type: Distinct, value: 0.0.0.0/0}}],"
    " limit: {requests: 3, unit: Second}}]}}"
)


def test_a_limit_counts_each_client_and_may_come_from_the_gateway():
    own = asked(a_policy("BackendTrafficPolicy", LIMIT)).final
    wide = a_policy("BackendTrafficPolicy", LIMIT, "kind: Gateway, name: door", "wide")
    merged = asked(
        wide + a_policy("BackendTrafficPolicy", "mergeType: StrategicMerge, retry: {numRetries: 1}")
    ).final
    replacing = asked(wide + a_policy("BackendTrafficPolicy", "retry: {numRetries: 1}")).final
    assert [f.sent.at_once for f in (own, merged, replacing)] == [3, 3, None]
    assert own.sent.limit_status == 429


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        (a_filter("{urlRewrite: {path: {type: ReplaceRegexMatch}}}"), "replaceRegexMatch must be set"),
        (a_policy("SecurityPolicy", "authorization: {rules: [{action: Maybe}]}"), "Unsupported value"),
        (a_policy("BackendTrafficPolicy", "retry: {}", "kind: Service, name: web"), "a target must be one of"),
        (a_policy("SecurityPolicy", "authorization: {rules: [{action: Deny, principal: {clientCIDRs: [1.2.3.4]}}]}"), "is no network"),
        (f"{OWN}kind: SecurityPolicy\nmetadata: {{name: a}}\nspec: {{}}\n", "targetRefs"),
    ],
)  # fmt: skip
def test_what_its_definitions_refuse_is_refused(text, wrong):
    assert [f for f in load_text(text).faults if wrong in f.message]

"""Gateways by the letter of the Gateway API: attachment, listeners, precedence, filters, shares."""

from __future__ import annotations

import clusters
import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st

from sim.manifests.objects.gateway_api import (
    HTTPPathMatch,
    HTTPRoute,
    HTTPRouteMatch,
    HTTPRouteRule,
    HTTPRouteSpec,
    HTTPValueMatch,
)
from sim.manifests.objects.meta import ObjectMeta
from sim.routing import Request, route
from sim.routing.gateway.filters import modified_path
from sim.routing.gateway.hostnames import fits, overlap
from sim.routing.gateway.matching import RouteRow, decide, explain, rows_of, table
from sim.routing.path_rules import LETTER

GATEWAY = """
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: gw, namespace: infra}
spec:
  gatewayClassName: std
  listeners: LISTENERS
"""
ROUTE = """
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: NAME, namespace: shop}
spec:
  parentRefs: [PARENT]
  hostnames: HOSTS
  rules: RULES
"""
APP = """
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: far, namespace: data}
spec: {selector: {app: far}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Secret
metadata: {name: tls, namespace: infra}
type: kubernetes.io/tls
"""
ALL = "allowedRoutes: {namespaces: {from: All}}"
HTTP = f"[{{name: http, port: 80, protocol: HTTP, {ALL}}}]"
TO_WEB = "[{backendRefs: [{name: web, port: 80}]}]"


def gateway(listeners: str = HTTP) -> str:
    return GATEWAY.replace("LISTENERS", listeners)


def http_route(name="r", parent="{name: gw, namespace: infra}", hosts="[a.example]", rules=TO_WEB) -> str:
    text = ROUTE.replace("NAME", name).replace("PARENT", parent).replace("HOSTS", hosts)
    return text.replace("RULES", rules)


def cluster(*texts: str, **setup):
    return clusters.cluster(APP, *texts, name="gw.yaml", **setup)


def ask(*texts: str, host="a.example", to="gateway:infra/gw", **request):
    return route(cluster(*texts), Request(host, **request), to=to)


@pytest.mark.parametrize(
    ("listener", "parent", "hosts", "because"),
    [
        pytest.param("name: x, port: 80, protocol: HTTP", "", "[a.example]", "NotAllowedByListeners", id="from Same is the default"),
        pytest.param(f"name: x, port: 80, protocol: HTTP, {ALL}", ", sectionName: y", "[a.example]", "NoMatchingParent", id="no section of that name"),
        pytest.param(f"name: x, port: 80, protocol: HTTP, {ALL}", ", port: 81", "[a.example]", "NoMatchingParent", id="no listener of that port"),
        pytest.param(
            "name: x, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: All}, kinds: [{kind: GRPCRoute}]}", "", "[a.example]",
            "NotAllowedByListeners", id="another kind of route",
        ),
        pytest.param(
            "name: x, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: Selector, selector: {matchLabels: {team: a}}}}", "",
            "[a.example]", "NotAllowedByListeners", id="a namespace without the label",
        ),
    ],
)  # fmt: skip
def test_a_route_that_is_not_attached_is_the_reason_of_the_404(listener, parent, hosts, because):
    trace = ask(
        gateway(f"[{{{listener}}}]"),
        http_route(parent=f"{{name: gw, namespace: infra{parent}}}", hosts=hosts),
    )
    assert (trace.final.status, trace.final.code, trace.final.rule) == (404, "SIM2053", None)
    assert because in trace.final.message
    assert trace.final.source
    assert all(s.source for h in trace.hops if h.kind == "controller" for s in h.steps)


def test_a_selector_reads_the_label_that_every_namespace_has():
    selector = "{namespaces: {from: Selector, selector: {matchLabels: {kubernetes.io/metadata.name: shop}}}}"
    trace = ask(gateway(f"[{{name: x, port: 80, protocol: HTTP, allowedRoutes: {selector}}}]"), http_route())
    assert trace.final.state == "delivered"


def test_the_host_enters_through_its_gateway():
    trace = ask(gateway(), http_route(), to=None)
    assert (trace.final.state, trace.final.backend) == ("delivered", "shop/web:80")
    assert [h.kind for h in trace.hops] == ["client", "load-balancer", "node", "controller", "pod"]


def test_a_gateway_that_no_controller_takes_has_no_address():
    found = cluster(gateway(), http_route(), controllers=())
    final = route(found, Request("a.example")).final
    assert (final.state, final.code) == ("dns-no-record", "SIM2057")
    assert final.source == "gw.yaml:6"


LISTENERS = ", ".join(
    f"{{name: {name}, port: 80, protocol: HTTP{host}, {ALL}}}"
    for name, host in [("any", ""), ("wild", ", hostname: '*.example'"), ("closer", ", hostname: '*.a.example'"),
                       ("exact", ", hostname: b.a.example")]
)  # fmt: skip


@pytest.mark.parametrize(
    ("host", "listener"),
    [("b.a.example", "exact"), ("c.a.example", "closer"), ("d.c.a.example", "closer"), ("a.example", "wild"), ("other.test", "any")],
)  # fmt: skip
def test_a_request_belongs_to_the_closest_listener_alone(host, listener):
    routes = [
        http_route(f"r-{name}", f"{{name: gw, namespace: infra, sectionName: {name}}}", "[]",
                   f"[{{matches: [{{path: {{type: PathPrefix, value: /{name}}}}}], backendRefs: [{{name: web, port: 80}}]}}]")
        for name in ("any", "wild", "closer", "exact")
    ]  # fmt: skip
    for name in ("any", "wild", "closer", "exact"):
        final = ask(gateway(f"[{LISTENERS}]"), *routes, host=host, path=f"/{name}").final
        assert (final.state == "delivered") == (name == listener), (name, final.message)


TLS = "tls: {certificateRefs: [{name: tls}]}"
SECURE = f"""
  - {{name: any, port: 443, protocol: HTTPS, {TLS}, {ALL}}}
  - {{name: second, port: 443, protocol: HTTPS, hostname: second.example, {TLS}, {ALL}}}
  - {{name: wild, port: 443, protocol: HTTPS, hostname: '*.wild.example', {TLS}, {ALL}}}
"""


@pytest.mark.parametrize(
    ("sni", "host", "status"),
    [
        pytest.param("first.example", "first.example", None, id="server name and host agree"),
        pytest.param("first.example", "second.example", 421, id="the host is another listener's"),
        pytest.param("second.example", "first.example", 421, id="the host is the open listener's"),
        pytest.param("a.wild.example", "b.wild.example", None, id="both are the wildcard's"),
        pytest.param("other.example", "first.example", None, id="the open listener takes any"),
    ],
)
def test_a_misdirected_request_is_421(sni, host, status):
    trace = ask(gateway(SECURE), http_route(hosts="[]"), host=host, sni=sni, scheme="https")
    assert trace.final.status == status, trace.final.message


@pytest.mark.parametrize(
    ("listeners", "scheme", "state", "code"),
    [
        pytest.param("[{name: x, port: 443, protocol: HTTPS, tls: {certificateRefs: [{name: gone}]}}]", "https", "tls-failed", "SIM2058", id="no such Secret"),
        pytest.param(
            "[{name: x, port: 443, protocol: HTTPS, tls: {certificateRefs: [{name: tls, namespace: shop}]}}]", "https", "tls-failed", "SIM2058",
            id="a Secret of another namespace without a grant",
        ),
        pytest.param("[{name: x, port: 80, protocol: HTTP}, {name: y, port: 80, protocol: HTTP}]", "http", "no-listener", "SIM2058", id="in conflict"),
        pytest.param("[{name: x, port: 80, protocol: TCP}]", "http", "refused", "SIM2066", id="another protocol"),
        pytest.param("[{name: x, port: 80, protocol: HTTP, hostname: b.example}]", "http", "answered-by-proxy", "SIM2051", id="of another host"),
    ],
)  # fmt: skip
def test_listeners_that_do_not_work(listeners, scheme, state, code):
    final = ask(gateway(listeners), http_route(), scheme=scheme).final
    assert (final.state, final.code) == (state, code)
    assert final.fix


GRANT = """
apiVersion: gateway.networking.k8s.io/v1beta1
kind: ReferenceGrant
metadata: {name: g, namespace: data}
spec:
  from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: shop}]
  to: [{group: "", kind: Service}]
"""


def test_shares_of_broken_backends_fail_and_the_way_out_is_said():
    rules = "[{backendRefs: [{name: web, port: 80, weight: 3}, {name: far, namespace: data, port: 80, weight: 1}]}]"
    trace = ask(gateway(), http_route(rules=rules))
    assert [(o.state, o.status, o.probability) for o in trace.final.outcomes] == [("delivered", None, 0.75), ("answered-by-proxy", 500, 0.25)]  # fmt: skip
    assert trace.final.distribution == {"shop/web:80": 0.75, "500": 0.25}
    assert (trace.final.fine, trace.final.code) == (False, "SIM2054")
    allowed = ask(gateway(), http_route(rules=rules), GRANT).final
    assert allowed.fine
    assert allowed.distribution == {"shop/web:80": 0.75, "data/far:80": 0.25}


@pytest.mark.parametrize(
    ("path", "prefix", "replacement", "result"),
    [
        ("/foo/bar", "/foo", "/xyz", "/xyz/bar"), ("/foo/bar", "/foo", "/xyz/", "/xyz/bar"),
        ("/foo/bar", "/foo/", "/xyz", "/xyz/bar"), ("/foo/bar", "/foo/", "/xyz/", "/xyz/bar"),
        ("/foo", "/foo", "/xyz", "/xyz"), ("/foo/", "/foo", "/xyz", "/xyz/"), ("/foo/bar", "/foo", "", "/bar"),
        ("/foo/", "/foo", "", "/"), ("/foo", "/foo", "", "/"), ("/foo/", "/foo", "/", "/"), ("/foo", "/foo", "/", "/"),
        ("/foo/bar?q=1", "/foo", "/xyz", "/xyz/bar?q=1"),
    ],
)  # fmt: skip
def test_replacing_a_prefix(path, prefix, replacement, result):
    from sim.manifests.objects.gateway_api import HTTPPathModifier

    modifier = HTTPPathModifier(type="ReplacePrefixMatch", replace_prefix_match=replacement)
    row = RouteRow(HTTPRoute(), 0, 0, HTTPRouteMatch(path=HTTPPathMatch(value=prefix)), ("",))
    assert modified_path(path, modifier, row, LETTER) == result


@pytest.mark.parametrize(
    ("one", "other", "held"),
    [("*.a", "b.a", True), ("*.a", "c.b.a", True), ("*.a", "a", False), ("*.a", "*.b.a", True), ("*.b", "*.a", False), ("", "a", True)],
)  # fmt: skip
def test_what_two_host_names_have_in_common(one, other, held):
    assert overlap(one, other) == overlap(other, one) == held


HOSTS = ("a.example", "b.a.example", "*.example", "*.a.example", "")
PATHS = ("/", "/a", "/a/", "/a/b", "/ab", "/a/b/")
values = st.lists(st.sampled_from([("x", "1"), ("y", "1"), ("X", "2")]), max_size=2)
matches = st.builds(
    lambda kind, path, method, headers, query: HTTPRouteMatch(
        path=HTTPPathMatch(type=kind, value=path), method=method,
        headers=tuple(HTTPValueMatch(name=n, value=v) for n, v in headers),
        query_params=tuple(HTTPValueMatch(name=n, value=v) for n, v in query),
    ),
    st.sampled_from(["Exact", "PathPrefix", "PathPrefix", "RegularExpression"]), st.sampled_from(PATHS),
    st.sampled_from([None, None, "GET", "POST"]), values, values,
)  # fmt: skip
routes = st.lists(
    st.tuples(
        st.lists(st.lists(matches, max_size=2), min_size=1, max_size=3),
        st.lists(st.sampled_from(HOSTS), min_size=1, max_size=2),
        st.sampled_from([None, "2024-01-01T00:00:00Z", "2025-01-01T00:00:00Z"]),
    ),
    min_size=1, max_size=4,
)  # fmt: skip
requests = st.builds(
    lambda host, path, query, method, headers: Request(host, path + query, method, headers=headers),
    st.sampled_from(["a.example", "b.a.example", "c.b.a.example", "example", "other.test"]),
    st.sampled_from([*PATHS, "/a/b/c", "/A"]), st.sampled_from(["", "?x=1", "?x=1&y=1", "?X=2"]),
    st.sampled_from(["GET", "POST"]), st.dictionaries(st.sampled_from(["x", "Y"]), st.sampled_from(["1", "2"])),
)  # fmt: skip


def _table(described):
    rows = []
    for number, (rules, hosts, created) in enumerate(described):
        made = HTTPRoute(
            metadata=ObjectMeta(name=f"r{number}", namespace="shop", creation_timestamp=created),
            spec=HTTPRouteSpec(rules=tuple(HTTPRouteRule(matches=tuple(m)) for m in rules)),
        )
        rows += rows_of(made, tuple(hosts))
    return table(rows)


@given(routes, requests)
@examples(200)
def test_the_index_and_the_walk_choose_the_same_row(described, request_):
    rules = _table(described)
    chosen = decide(request_, rules)
    steps = list(explain(request_, rules))
    assert [s.rule for s in steps if s.wins] == ([chosen.rule] if chosen else [])
    assert len(steps) == len(rules.rows)
    assert all(s.because and s.held != bool(s.failed) for s in steps)


@given(
    st.sampled_from(HOSTS),
    st.sampled_from(HOSTS),
    st.sampled_from(["a.example", "b.a.example", "c.b.a.example", "x.example"]),
)
def test_a_host_that_fits_both_names_shows_that_they_overlap(one, other, host):
    assert overlap(one, other) or not (fits(one, host) and fits(other, host))

"""Every end and copy of the JSON stands in every text: its backend, its status and its share."""

from __future__ import annotations

import pytest
from clusters import cluster
from command import width
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.analysis.check import CheckResult
from sim.analysis.diff import ChangedAnswer, Differences
from sim.report.text.check import check_lines
from sim.report.text.diff import diff_lines
from sim.report.text.side_by_side import side_by_side
from sim.report.text.terminal import trace_lines, url_lines
from sim.report.words.ends import share_of_requests
from sim.routing import Request, Trace, route

SERVICE = """
kind: Service
apiVersion: v1
metadata: {{name: {name}, namespace: shop}}
spec: {{ports: [{{port: 80}}], selector: {{app: {name}}}}}
---
kind: EndpointSlice
apiVersion: discovery.k8s.io/v1
metadata: {{name: {name}-1, namespace: shop, labels: {{kubernetes.io/service-name: {name}}}}}
addressType: IPv4
ports: [{{port: 80}}]
endpoints: [{endpoints}]
"""
GATEWAY = """
kind: Gateway
apiVersion: gateway.networking.k8s.io/v1
metadata: {{name: edge, namespace: shop}}
spec: {{gatewayClassName: eg, listeners: [{{name: web, port: 80, protocol: HTTP}}]}}
---
kind: HTTPRoute
apiVersion: gateway.networking.k8s.io/v1
metadata: {{name: cart, namespace: shop}}
spec: {{parentRefs: [{{name: edge}}], hostnames: [a.example], rules: [{{filters: [{filters}], backendRefs: [{backends}]}}]}}
"""
INGRESS = """
kind: Ingress
apiVersion: networking.k8s.io/v1
metadata: {{name: {name}, namespace: shop, annotations: {{{annotations}}}}}
spec:
  ingressClassName: nginx
  rules: [{{host: a.example, http: {{paths: [{{path: /, pathType: Prefix, backend: {{service: {{name: {service},
    port: {{number: 80}}}}}}}}]}}}}]
"""
SERVICES = {"ready": "{addresses: [10.0.0.1]}", "empty": "", "spare": "{addresses: [10.0.0.2]}"}
"""Name -> its endpoints; `absent` is no Service at all."""
NAMES = st.sampled_from([*SERVICES, "absent"])


@st.composite
def mirrors(draw: st.DrawFn, most: int) -> list[str]:
    """Filters that send copies; of all requests, of some percent, of a fraction."""
    parts = st.sampled_from(
        ["", ", percent: 10", ", fraction: {numerator: 1, denominator: 8}", ", percent: 0"]
    )
    asked = draw(st.lists(st.tuples(NAMES, parts), max_size=most))
    ref = "{{type: RequestMirror, requestMirror: {{backendRef: {{name: {}, port: 80}}{}}}}}"
    return [ref.format(name, part) for name, part in asked]


@st.composite
def weighted(draw: st.DrawFn) -> str:
    """A route with weights, or an Ingress with a canary."""
    services = "---".join(SERVICE.format(name=n, endpoints=e) for n, e in SERVICES.items())
    if draw(st.booleans()):
        refs = draw(
            st.lists(st.tuples(NAMES, st.integers(0, 1000)), min_size=1, max_size=4, unique_by=lambda r: r[0])
        )
        ends = [
            f"{{name: {n}, port: 80, weight: {weight}, filters: [{', '.join(draw(mirrors(2)))}]}}"
            for n, weight in refs
        ]
        made = GATEWAY.format(backends=", ".join(ends), filters=", ".join(draw(mirrors(2))))
        return f"{services}---{made}"
    weight = draw(st.integers(0, 100))
    canary = (
        f"nginx.ingress.kubernetes.io/canary: 'true', nginx.ingress.kubernetes.io/canary-weight: '{weight}'"
    )
    main = INGRESS.format(name="main", annotations="", service=draw(NAMES))
    return f"{services}---{main}---{INGRESS.format(name='canary', annotations=canary, service=draw(NAMES))}"


NOWHERE = route(
    cluster("kind: Namespace\napiVersion: v1\nmetadata: {name: n}"), Request.parse("http://a.example/")
)


def texts(trace: Trace) -> list[str]:
    """What the terminal says of this answer, in each of its forms."""
    failed = CheckResult("case", {"status": 1}, {"status": None}, "", trace)
    forms = (
        trace_lines(trace, "0"),
        url_lines([trace]),
        side_by_side(["a", "b"], [trace] * 2, "0"),
        check_lines([failed]),
        diff_lines(Differences((ChangedAnswer(trace.request, trace, NOWHERE),), 1), 1),
        diff_lines(Differences((ChangedAnswer(trace.request, NOWHERE, trace),), 1), 1),
    )
    return ["\n".join(line.plain for line in form) for form in forms]


@settings(max_examples=40, deadline=None)
@given(weighted())
def test_every_end_and_copy_of_the_json_stands_in_the_text(text: str) -> None:
    trace = route(cluster(text), Request.parse("http://a.example/"))
    final = trace.to_json()["final"]
    outcomes, copies = final.get("outcomes", []), final.get("mirrors", [])
    for shown in texts(trace):
        assert max(map(width, shown.splitlines())) <= 80
        for one in outcomes if len(outcomes) > 1 else ():
            words = [one["state"], str(one["status"] or ""), one["backend"] or ""]
            share = share_of_requests(one["probability"])
            assert any(share in line and all(w in line for w in words) for line in shown.splitlines()), (
                one,
                shown,
            )
        said = " ".join(shown.split())
        for one in copies:
            assert one["backend"] in said
            assert one["lost"].split(":")[0] in said
            assert one["share"] >= 1 or share_of_requests(one["share"]) in said
    page = trace._repr_html_()
    assert all(one["backend"] in page for one in (*outcomes, *copies) if one["backend"])


@pytest.mark.parametrize(
    ("part", "share", "said"),
    [
        ("", 1.0, "a copy of each request goes to shop/spare:80"),
        (", percent: 10", 0.1, "a copy of 10 % of the requests goes to shop/spare:80"),
        (", fraction: {numerator: 1, denominator: 8}", 0.125, "a copy of 12.5 % of the requests"),
        (", fraction: {numerator: 5}", 0.05, "a copy of 5 % of the requests"),
    ],
)
def test_a_mirror_says_who_gets_how_many_copies(part: str, share: float, said: str) -> None:
    mirror = "{type: RequestMirror, requestMirror: {backendRef: {name: spare, port: 80}" + part + "}}"
    made = GATEWAY.format(backends="{name: ready, port: 80}", filters=mirror)
    found = cluster("---".join([*(SERVICE.format(name=n, endpoints=e) for n, e in SERVICES.items()), made]))
    trace = route(found, Request.parse("http://a.example/"))
    assert trace.to_json()["final"]["mirrors"] == [{"backend": "shop/spare:80", "share": share, "lost": ""}]
    assert said in " ".join(texts(trace)[0].split())


@pytest.mark.parametrize(
    ("probability", "shown"), [(0.5, "50 %"), (2 / 3, "66.7 %"), (0.0005, "0.05 %"), (1.0, "100 %")]
)
def test_a_share_has_three_digits(probability: float, shown: str) -> None:
    assert share_of_requests(probability) == shown

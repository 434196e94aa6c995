"""Every end of the JSON stands in the text: its backend, its status and its share."""

from __future__ import annotations

import pytest
from clusters import cluster
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.analysis.check import CheckResult
from sim.report.text.check import check_lines
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
spec: {{parentRefs: [{{name: edge}}], hostnames: [a.example], rules: [{{backendRefs: [{backends}]}}]}}
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
def weighted(draw: st.DrawFn) -> str:
    """A route with weights, or an Ingress with a canary."""
    services = "---".join(SERVICE.format(name=n, endpoints=e) for n, e in SERVICES.items())
    if draw(st.booleans()):
        refs = draw(
            st.lists(st.tuples(NAMES, st.integers(0, 1000)), min_size=1, max_size=4, unique_by=lambda r: r[0])
        )
        backends = ", ".join(f"{{name: {name}, port: 80, weight: {weight}}}" for name, weight in refs)
        return f"{services}---{GATEWAY.format(backends=backends)}"
    weight = draw(st.integers(0, 100))
    canary = (
        f"nginx.ingress.kubernetes.io/canary: 'true', nginx.ingress.kubernetes.io/canary-weight: '{weight}'"
    )
    main = INGRESS.format(name="main", annotations="", service=draw(NAMES))
    return f"{services}---{main}---{INGRESS.format(name='canary', annotations=canary, service=draw(NAMES))}"


def texts(trace: Trace) -> list[str]:
    """What the terminal says of this answer, in each of its forms."""
    failed = CheckResult("case", {"status": 1}, {"status": None}, "", trace)
    forms = (
        trace_lines(trace, "0"),
        url_lines([trace]),
        side_by_side(["a", "b"], [trace] * 2, "0"),
        check_lines([failed]),
    )
    return ["\n".join(line.plain for line in form) for form in forms]


@settings(max_examples=40, deadline=None)
@given(weighted())
def test_every_end_of_the_json_stands_in_the_text(text: str) -> None:
    trace = route(cluster(text), Request.parse("http://a.example/"))
    outcomes = trace.to_json()["final"].get("outcomes", [])
    for shown in texts(trace):
        assert max(len(line) for line in shown.splitlines()) <= 80
        for one in outcomes if len(outcomes) > 1 else ():
            words = [one["state"], str(one["status"] or ""), one["backend"] or ""]
            share = share_of_requests(one["probability"])
            assert any(share in line and all(w in line for w in words) for line in shown.splitlines()), (
                one,
                shown,
            )


@pytest.mark.parametrize(
    ("probability", "shown"), [(0.5, "50 %"), (2 / 3, "66.7 %"), (0.0005, "0.05 %"), (1.0, "100 %")]
)
def test_a_share_has_three_digits(probability: float, shown: str) -> None:
    assert share_of_requests(probability) == shown

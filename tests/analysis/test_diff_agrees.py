"""What `sim diff` prints is what it compares: no difference without two visibly different answers, none unsaid."""

from __future__ import annotations

import pytest
from benchmarks.large_cluster import rules
from command import width
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.analysis.diff import ChangedAnswer, Differences, Side, changes, differences, ends
from sim.analysis.probes import derived_requests
from sim.manifests.reading.loading import documents, from_document, merge
from sim.report.text.diff import diff_lines
from sim.routing import Request, route
from sim.routing.building import build
from sim.routing.final import Final, Forwarded, Outcome, Redirected
from sim.routing.trace import Trace

SERVICES = "".join(
    f"---\napiVersion: v1\nkind: Service\nmetadata: {{name: {name}}}\nspec: {{selector: {{app: {name}}}, ports: [{{port: 80}}]}}\n"
    for name in ("web", "new")
)
INGRESS = """
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: {name}
  annotations: {{{annotations}}}
spec:
  ingressClassName: nginx
  rules:
  - host: {host}
    http: {{paths: [{{path: {path}, pathType: Prefix, backend: {{service: {{name: {service}, port: {{number: 80}}}}}}}}]}}
"""
ROUTE = """
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {{name: edge}}
spec: {{gatewayClassName: any, listeners: [{{name: http, port: 80, protocol: HTTP}}]}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{name: web}}
spec:
  parentRefs: [{{name: edge}}]
  rules:
  - filters: [{filters}]
    backendRefs: [{{name: web, port: 80, weight: {one}}}, {{name: {other}, port: 80, weight: {two}}}]
"""
PREFIX = "nginx.ingress.kubernetes.io/"
ANNOTATIONS = ("", f"{PREFIX}rewrite-target: /new", f"{PREFIX}permanent-redirect: http://b.example",
               f"{PREFIX}affinity: cookie", f"{PREFIX}upstream-vhost: inside")  # fmt: skip
FILTERS = ("", "{type: RequestHeaderModifier, requestHeaderModifier: {set: [{name: x-a, value: b}]}}",
           "{type: URLRewrite, urlRewrite: {hostname: inside.example}}")  # fmt: skip

ingresses = st.builds(
    lambda service, annotation, weight: (
        INGRESS.format(name="web", annotations=annotation, host="a.example", path="/a", service=service)
        + "---"
        + INGRESS.format(
            name="canary", annotations=f'{PREFIX}canary: "true", {PREFIX}canary-weight: "{weight}"', host="a.example", path="/a", service="new",
        )
    ),
    st.sampled_from(["web", "new", "gone"]), st.sampled_from(ANNOTATIONS), st.sampled_from([0, 10, 11, 100]),
)  # fmt: skip
routes = st.builds(
    lambda filters, one, two, other: ROUTE.format(filters=filters, one=one, two=two, other=other),
    st.sampled_from(FILTERS), st.sampled_from([0, 1, 999]), st.sampled_from([0, 1, 2]), st.sampled_from(["new", "gone"]),
)  # fmt: skip


def side(text: str) -> Side:
    return Side(build(merge(from_document(d) for d in documents(text + SERVICES, "a.yaml"))))


def printed(difference: ChangedAnswer) -> tuple[list[str], list[str]]:
    """The lines of the old answer and of the new one, without what decided and its place."""
    lines = [line.plain.rstrip() for line in diff_lines(Differences((difference,), 1), 1)]
    old, new = (next(i for i, line in enumerate(lines) if line.startswith(f"  {n} ")) for n in ("old", "new"))
    answers = []
    for part in (lines[old:new], lines[new : lines.index("", new)]):
        why = next(i for i, line in enumerate(part) if line.strip().startswith("why "))
        answers.append(
            [part[0].removeprefix("  old ").removeprefix("  new ").split("a.yaml")[0].strip(), *part[1:why]]
        )
    return answers[0], answers[1]


@settings(max_examples=60)
@given(st.one_of(st.tuples(ingresses, ingresses), st.tuples(routes, routes)))
def test_no_difference_without_two_visibly_different_lines_and_no_change_unsaid(texts):
    old, new = map(side, texts)
    requests = derived_requests(old.cluster, new.cluster)
    found = differences(old, new, requests)
    for difference in found:
        before, after = printed(difference)
        assert before != after
        for change in difference.changes:
            assert change.old != change.new
            assert change.name in difference.to_json()["differs"]
    quiet = [r for r in requests if r not in [d.request for d in found]]
    assert not any(list(changes(old.trace(r), new.trace(r))) for r in quiet), (
        "the way without explanation agrees"
    )


def trace(**final) -> Trace:
    kind = Redirected if "location" in final else Final
    return Trace(
        Request("a.example"), "spec", (), kind(**{"state": "delivered", "message": "because", **final})
    )


def two(share: float) -> tuple[Outcome, Outcome]:
    return Outcome("delivered", None, "a/web:80", share), Outcome("delivered", None, "a/new:80", 1 - share)


LONG = "http://a.example/" + "x" * 60
COOKIES = [{"sent": Forwarded(set_cookie=name)} for name in ("a", "")]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param({"outcomes": two(0.5)}, {"outcomes": two(0.9)}, id="shares"),
        pytest.param({"outcomes": two(0.9)}, {"outcomes": two(0.9001)}, id="shares that are close"),
        pytest.param({"outcomes": two(0.5)}, {}, id="several ends and one"),
        pytest.param({"certificate": "a"}, {"certificate": "b"}, id="a detail"),
        pytest.param(*COOKIES, id="a detail and none"),
        pytest.param(
            {"location": f"{LONG}1{LONG}"},
            {"location": f"{LONG}2{LONG}"},
            id="texts that are shortened alike",
        ),
        pytest.param(
            {"backend": "a/web:80", "location": "/"},
            {"backend": "a/new:80", "location": "/"},
            id="a backend that a location hides",
        ),
    ],
)
def test_each_thing_that_is_compared_is_seen(old, new):
    difference = ChangedAnswer(Request("a.example"), trace(**old), trace(**new))
    assert difference.changes
    before, after = printed(difference)
    assert before != after
    assert max(map(width, (*before, *after))) <= 80


def test_equal_ends_count_together():
    twice = (
        Outcome("delivered", None, "a/web:80", 0.5, "one"),
        Outcome("delivered", None, "a/web:80", 0.5, "two"),
    )
    final = Final("delivered", "", backend="a/web:80", outcomes=twice)
    assert ends(final) == {("delivered", None, "a/web:80"): 1.0}


def test_ten_changes_among_many_rules_are_found_and_only_they_are_explained(monkeypatch):
    changed = frozenset(range(5, 300, 30))
    old, new = (
        Side(build(merge(from_document(d) for d in documents(rules(30, 10, other), "a.yaml"))))
        for other in (frozenset(), changed)
    )
    requests = derived_requests(old.cluster, new.cluster)
    explained = []

    def counted(cluster, request, explain=True, **options):
        explained.extend([request] if explain else [])
        return route(cluster, request, explain=explain, **options)

    monkeypatch.setattr("sim.analysis.diff.route", counted)
    found = differences(old, new, requests)
    assert {f"/p{n}" for n in changed} == {
        d.request.path for d in found if d.request.path.count("/") == 1 and d.request.path[-1] != "/"
    }
    assert {d.old.final.backend for d in found} == {"shop/web:80"}
    assert len(requests) > 1_500
    assert explained == [d.request for d in found for _ in d.sides]

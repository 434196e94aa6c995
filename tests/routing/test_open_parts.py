"""Of everything that a Gateway or a route may say, each part is decided, harmless, or may change the answer."""

import pytest

from sim.analysis.inspect import inspect
from sim.manifests.reading.loading import load_text
from sim.routing import Request, route
from sim.routing.building import build
from sim.routing.unmodelled import may_change

TEXT = """
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: eg}
spec: {controllerName: CONTROLLER}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: edge, annotations: {GATEWAY}}
spec:
  gatewayClassName: eg
  listeners: [{name: http, protocol: HTTP, port: 80}]
  SPEC
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: shop}
spec:
  parentRefs: [{name: edge}, PARENT]
  hostnames: [shop.example]
  rules:
  - matches: [{path: {value: /api}}]
    filters: [FILTER]
    backendRefs: [{name: api, port: 80}, BACKEND]
  - backendRefs: [{name: api, port: 80}]
---
apiVersion: v1
kind: Service
metadata: {name: api, labels: {LABEL}}
spec: {ports: [{port: 80}], selector: {app: api}}
"""
PARTS = ("GATEWAY", "SPEC", "PARENT", "FILTER", "BACKEND", "LABEL")
ENVOY, NGINX = "gateway.envoyproxy.io/gatewayclass-controller", "gateway.nginx.org/nginx-gateway-controller"
ISTIO, OTHER = "istio.io/gateway-controller", "example.com/other"
CHECK = "{type: ExternalAuth, externalAuth: {protocol: GRPC, grpc: {}, backendRef: {name: api, port: 80}}}"


def written(controller: str = OTHER, **parts: str) -> str:
    """The set with some parts written, and the others left out."""
    text = TEXT.replace("CONTROLLER", controller)
    for name in PARTS:
        text = text.replace(name, parts.get(name, ""))
    return text.replace(", ]", "]")


def open_for(path: str, controller: str = OTHER, **parts: str) -> list[str]:
    """What may change the answer for a path."""
    cluster = build(load_text(written(controller, **parts), "shop.yaml"))
    return [
        u.what.partition(": ")[2]
        for u in may_change(route(cluster, Request("shop.example", path)).unmodelled)
    ]


@pytest.mark.parametrize(
    ("parts", "at_api", "at_root"),
    [
        pytest.param({}, [], [], id="nothing of it"),
        pytest.param({"FILTER": CHECK}, ["filter ExternalAuth"], [], id="an external check"),
        pytest.param(
            {"BACKEND": "{group: net.example, kind: Pool, name: models}"},
            ["backend Pool.net.example models"],
            [],
            id="a backend that is no Service",
        ),
        pytest.param(
            {"PARENT": '{group: "", kind: Service, name: api}'},
            ["parent Service default/api"],
            ["parent Service default/api"],
            id="a mesh",
        ),
        pytest.param(
            {"LABEL": "istio.io/use-waypoint: gate"},
            ["label istio.io/use-waypoint"],
            ["label istio.io/use-waypoint"],
            id="a waypoint",
        ),
        pytest.param({"SPEC": "infrastructure: {labels: {a: b}}"}, ["spec.infrastructure"], ["spec.infrastructure"], id="infrastructure"),
        pytest.param(
            {"GATEWAY": "service.beta.kubernetes.io/aws-load-balancer-type: external"},
            ["annotation service.beta.kubernetes.io/aws-load-balancer-type"],
            ["annotation service.beta.kubernetes.io/aws-load-balancer-type"],
            id="a load balancer's annotation on a Gateway",
        ),
    ],
)  # fmt: skip
def test_what_only_some_gateways_do_may_change_the_answer_where_it_counts(parts, at_api, at_root):
    assert open_for("/api", **parts) == at_api
    assert open_for("/", **parts) == at_root
    found = inspect(load_text(written(**parts), "shop.yaml"))
    assert {u.what.partition(": ")[2] for u in may_change(found.unmodelled)} == set(at_api)
    assert found.status(strict=True) == int(bool(at_api) or found.status() == 1)


@pytest.mark.parametrize(
    ("controller", "annotation", "loud"),
    [
        (ENVOY, "gateway.envoyproxy.io/some", True),
        (NGINX, "gateway.envoyproxy.io/some", False),
        (NGINX, "gateway.nginx.org/some", True),
        (ISTIO, "networking.istio.io/service-type", True),
        (ENVOY, "nginx.ingress.kubernetes.io/rewrite-target", False),
    ],
)
def test_annotations_of_a_gateway_are_read_by_its_own_controller(controller, annotation, loud):
    assert open_for("/", controller, GATEWAY=f"{annotation}: a") == [f"annotation {annotation}"] * loud


@pytest.mark.parametrize(("controller", "code"), [(ENVOY, "SIM2145"), (ISTIO, None), (OTHER, None)])
def test_a_filter_that_a_gateway_is_known_to_refuse_is_decided(controller, code):
    cluster = build(load_text(written(controller, FILTER=CHECK), "shop.yaml"))
    trace = route(cluster, Request("shop.example", "/api"))
    assert (trace.final.code, bool(may_change(trace.unmodelled))) == (code, code is None)
    assert trace.final.status == (500 if code else None)


@pytest.mark.parametrize(("controller", "listed"), [(NGINX, True), (ENVOY, False), (OTHER, False)])
def test_a_field_that_the_gateway_ignores_is_listed_as_one_that_changes_nothing(controller, listed):
    text = written(controller).replace("filters: []", "timeouts: {request: 1s}")
    found = inspect(load_text(text, "shop.yaml")).unmodelled
    trace = route(build(load_text(text, "shop.yaml")), Request("shop.example", "/api"))
    for unmodelled in (found, trace.unmodelled):
        mine = [u for u in unmodelled if u.part == "spec.rules[0].timeouts"]
        assert [(u.may_change_answer, u.why) for u in mine] == [(False, "no gateway here does it")] * listed

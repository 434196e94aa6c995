"""TLS that ends elsewhere than at the controller: passed through by name, or ended at the load balancer."""

from __future__ import annotations

import json

import pytest
from edge import CERT, LB, NGINX, controller
from shop import SERVICES, ingress

from sim.analysis.codes import CODES
from sim.analysis.trace import Client
from sim.manifests.reading.loading import documents, from_document, merge
from sim.routing import Request
from sim.routing.building import build
from sim.routing.hops.load_balancer import behind
from sim.routing.legs import Ended
from sim.routing.route import follow

PASS = {f"{NGINX}/ssl-passthrough": "true"}
HA_PASS = {"haproxy.org/ssl-passthrough": "true"}
HEADLESS = """
apiVersion: v1
kind: Service
metadata: {name: headless, namespace: shop}
spec: {clusterIP: None, selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
"""


def traced(url, ingresses, objects=(), profile=None, **request):
    text = "\n---\n".join((SERVICES, HEADLESS, *ingresses, *map(json.dumps, objects)))
    manifests = merge(from_document(d) for d in documents(text, "shop.yaml"))
    return Client(build(manifests), profile).trace(Request.parse(url, **request))


def codes(trace):
    return {note.code for note in trace.notes}


FLAG = controller("--enable-ssl-passthrough")
ROOT = [("/", "Prefix", "web")]
PATHS = [("/api", "Prefix", "cart"), ("/", "Prefix", "web")]


def test_the_connection_goes_to_the_cluster_ip_of_the_root_whatever_the_path():
    passed = ingress("shop", ("a.example", PATHS), annotations=PASS, tls=["a.example"])
    trace = traced("https://a.example/api/x", [passed], FLAG)
    assert (trace.final.state, trace.final.backend) == ("delivered", "shop/web:80")
    assert trace.final.rule == "shop/shop rules[0].paths[1]"
    assert trace.final.certificate is None
    assert trace.final.endpoints[0].endswith(":80")
    assert "SIM2083" in codes(trace)
    rows = [s for hop in trace.hops for s in hop.steps if s.rule]
    assert [(s.rule[-8:], s.wins) for s in rows] == [("paths[1]", True), ("paths[0]", False)]


@pytest.mark.parametrize(
    ("url", "host", "flags", "expected"),
    [
        pytest.param("https://a.example/api", "a.example", FLAG, "shop/web:80", id="with the flag: by name"),
        pytest.param("https://A.example/api", "a.example", FLAG, "shop/web:80", id="a name has no case"),
        pytest.param(
            "https://a.example/api", "a.example", controller(), "shop/cart:80", id="no flag: by path"
        ),
        pytest.param(
            "https://b.a.example/api",
            "*.a.example",
            FLAG,
            "shop/cart:80",
            id="a wildcard is never a server name",
        ),
        pytest.param("http://a.example/api", "a.example", FLAG, "shop/cart:80", id="plain http: by path"),
    ],
)
def test_what_is_passed_through_by_ingress_nginx(url, host, flags, expected):
    trace = traced(url, [ingress("shop", (host, PATHS), annotations=PASS)], flags)
    assert trace.final.backend == expected
    missing_flag = url.startswith("https://a") and flags is not FLAG
    assert ("SIM2084" in codes(trace)) is missing_flag


def test_the_server_name_decides_and_not_the_host_header():
    passed = ingress("a", ("a.example", ROOT), annotations=PASS)
    other = ingress("b", ("b.example", [("/", "Prefix", "cart")]))
    by_name = traced("https://b.example/", [passed, other], FLAG, sni="a.example")
    assert by_name.final.backend == "shop/web:80"
    by_header = traced("https://b.example/", [passed, other], FLAG, headers={"Host": "a.example"})
    assert by_header.final.backend == "shop/web:80"
    assert by_header.final.certificate == "default"


def test_the_oldest_ingress_of_a_host_decides():
    old = ingress("old", ("a.example", PATHS), made="2023-01-01T00:00:00Z")
    new = ingress("new", ("a.example", [("/x", "Prefix", "bare")]), annotations=PASS)
    assert traced("https://a.example/api", [old, new], FLAG).final.backend == "shop/cart:80"


@pytest.mark.parametrize(
    ("paths", "state", "code"),
    [
        pytest.param(
            [("/", "Prefix", "empty")], "tls-failed", "SIM2087", id="no Pod: the handshake is cut off"
        ),
        pytest.param(
            [("/", "Prefix", "headless")], "tls-failed", "SIM2087", id="headless: no address to go to"
        ),
        pytest.param([("/", "Prefix", "web:81")], "tls-failed", "SIM2087", id="no such port of the Service"),
        pytest.param([("/api", "Prefix", "web")], "tls-failed", "SIM2087", id="no rule for /"),
        pytest.param(
            [("/", "Prefix", "gone")], "answered-by-proxy", "SIM2007", id="no Service: nginx answers"
        ),
    ],
)
def test_nobody_behind_a_connection_that_is_passed_through(paths, state, code):
    trace = traced("https://a.example/", [ingress("shop", ("a.example", paths), annotations=PASS)], FLAG)
    assert (trace.final.state, trace.final.code) == (state, code)
    assert (trace.final.status is None) is (state == "tls-failed")


@pytest.mark.parametrize(
    ("url", "host", "expected"),
    [
        pytest.param(
            "https://a.example/zzz", "a.example", "shop/cart:80", id="first backend by name, any path"
        ),
        pytest.param("https://b.a.example/", "*.a.example", "shop/cart:80", id="a wildcard of one label"),
        pytest.param("https://c.b.a.example/", "*.a.example", None, id="and of one label only"),
        pytest.param("http://a.example/", "a.example", "shop/web:80", id="plain http: by path"),
    ],
)
def test_what_haproxy_passes_through(url, host, expected):
    trace = traced(url, [ingress("shop", (host, PATHS), annotations=HA_PASS)], profile="haproxy")
    assert trace.final.backend == expected


def test_haproxy_cuts_off_where_nobody_is_ready():
    passed = ingress("shop", ("a.example", [("/", "Prefix", "empty")]), annotations=HA_PASS)
    final = traced("https://a.example/", [passed], profile="haproxy").final
    assert (final.state, final.status, final.code) == ("tls-failed", None, "SIM2087")


SHOP = ingress("shop", ("a.example", ROOT), tls=["a.example"])
OPEN = ingress("shop", ("a.example", ROOT))
ON_443 = CERT | {f"{LB}ssl-ports": "https"}


@pytest.mark.parametrize(
    ("said", "target", "url", "state", "code"),
    [
        pytest.param({}, "https", "https://a.example/x", "delivered", None, id="bytes passed on: TLS at nginx"),
        pytest.param(ON_443, "http", "https://a.example/x", "redirected", "SIM2086", id="plain http: it loops"),
        pytest.param(
            ON_443, "https", "https://a.example/x", "answered-by-proxy", "SIM2085", id="plain http on the TLS port"
        ),
        pytest.param(
            ON_443 | {f"{LB}backend-protocol": "ssl"}, "https", "https://a.example/x", "delivered", None,
            id="TLS opened again",
        ),
        pytest.param(
            ON_443 | {f"{LB}backend-protocol": "ssl"}, "http", "https://a.example/x", "tls-failed", "SIM2085",
            id="TLS opened to a plain port",
        ),
        pytest.param(
            CERT | {f"{LB}ssl-ports": "8443"}, "https", "https://a.example/x", "delivered", None,
            id="443 is not listed",
        ),
        pytest.param(CERT, "http", "http://a.example/x", "reset", "SIM2085", id="no port listed: 80 speaks TLS too"),
        pytest.param(ON_443, "http", "http://a.example/x", "redirected", "SIM2086", id="80 is plain: it leads into the loop"),
    ],
)  # fmt: skip
def test_tls_at_the_load_balancer(said, target, url, state, code):
    trace = traced(url, [SHOP], controller(annotations=said, https_target=target))
    assert (trace.final.state, trace.final.code) == (state, code)
    assert trace.request.url == url


def test_without_a_certificate_of_its_own_the_controller_does_not_redirect():
    trace = traced("https://a.example/x", [OPEN], controller(annotations=ON_443, https_target="http"))
    assert trace.final.state == "delivered"
    assert trace.final.certificate is None
    assert "SIM2085" in codes(trace)


def test_a_loop_is_followed_until_it_is_one():
    objects = controller(annotations=ON_443, https_target="http")
    text = "\n---\n".join((SERVICES, SHOP, *map(json.dumps, objects)))
    manifests = merge(from_document(d) for d in documents(text, "shop.yaml"))
    traces = follow(build(manifests), Request.parse("http://a.example/x"))
    assert [t.request.url for t in traces] == ["http://a.example/x", "https://a.example/x"]
    assert {(t.final.state, t.final.code, t.final.loop) for t in traces} == {("redirected", "SIM2086", True)}


def test_x_forwarded_proto_comes_from_a_balancer_that_speaks_http():
    request = Request.parse("https://a.example/")
    assert behind(request, Ended(False, True)).headers == {"X-Forwarded-Proto": "https"}
    assert behind(request, Ended(False, False)).headers == {}


@pytest.mark.parametrize("code", ["SIM2083", "SIM2084", "SIM2085", "SIM2086", "SIM2087"])
def test_every_code_has_its_page(code):
    assert CODES[code].mend

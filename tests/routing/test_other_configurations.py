"""What the controllers beside ingress-nginx are told: arguments and ConfigMaps of Traefik, HAProxy's and F5's."""

from __future__ import annotations

import json

import pytest
from other_edges import EDGE, HOST, HTTP, HTTPS, built
from shop import ingress

from sim.analysis.trace import Client
from sim.routing import Request
from sim.routing.controllers import PROFILES
from sim.routing.controllers.haproxy import READ as HAPROXY_READ
from sim.routing.controllers.haproxy import UNMODELLED as HAPROXY_OPEN
from sim.routing.controllers.nginx_inc_told import KEYS as F5_READ
from sim.routing.controllers.nginx_inc_told import UNMODELLED as F5_OPEN


def end(cluster, url, **request):
    final = Client(cluster, to="lb:edge/edge").trace(Request.parse(url, **request)).final
    status = "delivered" if final.state == "delivered" else str(final.status or final.state)
    return f"{status} {getattr(final, 'location', '')}".strip()


PLAIN = ingress("shop", (HOST, [("/x", "Prefix", "web")]))
WITH_TLS = ingress("shop", (HOST, [("/x", "Prefix", "web")]), tls=[HOST])
NOBODY = ingress("shop", (HOST, [("/x", "Prefix", "empty")]))
OUTSIDE = """
apiVersion: v1
kind: Service
metadata: {name: out, namespace: shop}
spec: {type: ExternalName, externalName: example.net, ports: [{port: 80}]}
"""
TO_OUTSIDE = ingress("shop", (HOST, [("/x", "Prefix", "out")]))
NO_CLASS = json.dumps(
    json.loads(PLAIN)
    | {"spec": {k: v for k, v in json.loads(PLAIN)["spec"].items() if k != "ingressClassName"}}
)
TO = "--entryPoints.web.http.redirections.entryPoint"


@pytest.mark.parametrize(
    ("arguments", "objects", "url", "expected"),
    [
        ([], [PLAIN], HTTP, "delivered"),
        ([f"{TO}.to=:443"], [PLAIN], HTTP, f"301 https://{HOST}/x"),
        ([f"{TO}.to=:443"], [PLAIN], "http://unknown.example/y", "301 https://unknown.example/y"),
        ([f"{TO}.to=:443"], [PLAIN], HTTPS, "delivered"),
        ([f"{TO}.to=:443", f"{TO}.permanent=false"], [PLAIN], HTTP, f"302 https://{HOST}/x"),
        (
            [f"{TO}.to=websecure", "--entryPoints.websecure.address=:8443/tcp"], [PLAIN], HTTP,
            f"301 https://{HOST}:8443/x",
        ),
        ([f"{TO}.to=websecure"], [PLAIN], HTTP, "delivered"),
        ([], [NOBODY], HTTP, "404"),
        (["--providers.kubernetesingress.allowEmptyServices=true"], [NOBODY], HTTP, "503"),
        ([], [TO_OUTSIDE, OUTSIDE], HTTP, "404"),
        (["--providers.kubernetesingress.allowexternalnameservices"], [TO_OUTSIDE, OUTSIDE], HTTP, "delivered"),
        (["--providers.kubernetesingress.namespaces=edge,other"], [PLAIN], HTTP, "404"),
        (["--providers.kubernetesingress.namespaces=edge,shop"], [PLAIN], HTTP, "delivered"),
        (["--providers.kubernetesingress.ingressclass=web"], [PLAIN], HTTP, "delivered"),
        (["--providers.kubernetesingress.ingressclass=other"], [PLAIN], HTTP, "404"),
        ([], [NO_CLASS], HTTP, "delivered"),
        (["--providers.kubernetesingress.ingressclass=web"], [NO_CLASS], HTTP, "404"),
    ],
)  # fmt: skip
def test_arguments_of_traefik(arguments, objects, url, expected):
    assert end(built("traefik", arguments=arguments, objects=objects), url) == expected


def test_traefik_without_its_provider_of_ingresses_reads_none():
    usual = EDGE["traefik"]
    only = {**EDGE, "traefik": (*usual[:2], ["--providers.kubernetescrd"])}
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(EDGE, "traefik", only["traefik"])
        assert end(built("traefik", objects=[PLAIN]), HTTP) == "404"


def test_a_post_that_traefik_redirects_stays_a_post():
    cluster = built("traefik", arguments=[f"{TO}.to=:443"], objects=[PLAIN])
    assert end(cluster, HTTP, method="POST").startswith("308 ")


@pytest.mark.parametrize(
    ("data", "objects", "url", "expected"),
    [
        ({}, [PLAIN], HTTP, "delivered"),
        ({"ssl-redirect": "true"}, [PLAIN], HTTP, f"302 https://{HOST}:8443/x"),
        (
            {"ssl-redirect": "true", "ssl-redirect-code": "301", "ssl-redirect-port": "443"}, [PLAIN], HTTP,
            f"301 https://{HOST}:443/x",
        ),
        ({}, [WITH_TLS], HTTP, f"302 https://{HOST}:8443/x"),
        ({"ssl-redirect": "false"}, [WITH_TLS], HTTP, "delivered"),
        ({"proxy-protocol": "0.0.0.0/0"}, [PLAIN], HTTP, "reset"),
        ({"proxy-protocol": "10.0.0.0/8"}, [PLAIN], HTTP, "delivered"),
    ],
)  # fmt: skip
def test_the_configmap_of_haproxy(data, objects, url, expected):
    assert end(built("haproxy", data, objects=objects), url) == expected


@pytest.mark.parametrize(
    ("data", "objects", "url", "headers", "expected"),
    [
        ({}, [WITH_TLS], HTTP, {}, f"301 https://{HOST}:443/x"),
        ({"ssl-redirect": "false"}, [WITH_TLS], HTTP, {}, "delivered"),
        ({"ssl-redirect": "nope"}, [WITH_TLS], HTTP, {}, f"301 https://{HOST}:443/x"),
        ({"http-redirect-code": "308"}, [WITH_TLS], HTTP, {}, f"308 https://{HOST}:443/x"),
        ({"http-redirect-code": "309"}, [WITH_TLS], HTTP, {}, f"301 https://{HOST}:443/x"),
        ({}, [PLAIN], HTTP, {"X-Forwarded-Proto": "http"}, "delivered"),
        ({"redirect-to-https": "true"}, [PLAIN], HTTP, {"X-Forwarded-Proto": "http"}, f"301 https://{HOST}/x"),
        ({"redirect-to-https": "true"}, [PLAIN], HTTP, {}, "delivered"),
        ({}, [PLAIN], "http://b.example/", {}, "404"),
        ({"default-server-return": "403"}, [PLAIN], "http://b.example/", {}, "403"),
        (
            {"default-server-return": "302 https://nginx.example"}, [PLAIN], "http://b.example/", {},
            "302 https://nginx.example",
        ),
        ({"proxy-protocol": "true"}, [PLAIN], HTTP, {}, "reset"),
    ],
)  # fmt: skip
def test_the_configmap_of_f5(data, objects, url, headers, expected):
    assert end(built("nginx-inc", data, objects=objects), url, headers=headers) == expected


def test_f5_takes_one_class_alone():
    other = ingress("shop", (HOST, [("/x", "Prefix", "web")])).replace('"web"', '"other"', 1)
    other = json.dumps(
        json.loads(PLAIN) | {"spec": json.loads(PLAIN)["spec"] | {"ingressClassName": "other"}}
    )
    kind = json.dumps(
        {
            "apiVersion": "networking.k8s.io/v1", "kind": "IngressClass", "metadata": {"name": "other"},
            "spec": {"controller": "nginx.org/ingress-controller"},
        }
    )  # fmt: skip
    assert end(built("nginx-inc", objects=[other, kind]), HTTP) == "404"
    assert end(built("nginx-inc", objects=[PLAIN, kind]), HTTP) == "delivered"


SENDS = {"service.beta.kubernetes.io/do-loadbalancer-enable-proxy-protocol": "true"}


@pytest.mark.parametrize(
    ("profile", "data", "arguments", "expected"),
    [
        ("haproxy", {}, [], "400"),
        ("haproxy", {"proxy-protocol": "10.0.0.0/8"}, [], "delivered"),
        ("haproxy", {"proxy-protocol": "0.0.0.0/0"}, [], "delivered"),
        ("nginx-inc", {}, [], "400"),
        ("nginx-inc", {"proxy-protocol": "true"}, [], "delivered"),
        ("traefik", {}, [], "delivered"),
        ("traefik", {}, ["--entrypoints.web.address=:8000"], "400"),
        ("traefik", {}, ["--entrypoints.web.proxyProtocol.insecure"], "delivered"),
    ],
)
def test_a_proxy_line_is_expected_or_not(profile, data, arguments, expected):
    cluster = built(profile, data, arguments, [PLAIN], SENDS)
    assert end(cluster, HTTP) == expected


def open_in(cluster):
    return [
        entry.what.rpartition(" ")[2]
        for c in cluster.controllers
        for entry in PROFILES[c.profile].left_out(cluster, c)
        if entry.may_change_answer and str(entry.source).startswith("set.yaml:")
    ]


@pytest.mark.parametrize(("profile", "keys"), [("haproxy", HAPROXY_OPEN), ("nginx-inc", F5_OPEN)])
def test_keys_that_are_not_modelled_are_named_and_their_values_are_not(profile, keys):
    cluster = built(profile, dict.fromkeys(keys, "TOP SECRET"), objects=[PLAIN])
    assert set(open_in(cluster)) == keys
    trace = Client(cluster, to="lb:edge/edge").trace(Request.parse(HTTP))
    assert {u.what.rpartition(" ")[2] for u in trace.unmodelled if u.may_change_answer} == keys
    assert "TOP SECRET" not in json.dumps(trace.to_json())


@pytest.mark.parametrize(
    ("profile", "data", "algorithm", "left"),
    [
        ("haproxy", {"load-balance": "leastconn"}, "least-conn", []),
        ("haproxy", {"load-balance": "source"}, "source", []),
        ("nginx-inc", {"lb-method": "least_conn"}, "least-conn", []),
        ("nginx-inc", {"lb-method": "round_robin"}, "round-robin", []),
        ("nginx-inc", {"lb-method": "ip_hash"}, "ip-hash", []),
    ],
)
def test_how_requests_are_spread(profile, data, algorithm, left):
    cluster = built(profile, data, objects=[PLAIN])
    (controller,) = cluster.controllers
    assert PROFILES[profile].run_as(controller).balancing == algorithm
    assert open_in(cluster) == left


def test_time_outs_are_those_of_the_configmap():
    (haproxy,) = built("haproxy", {"timeout-connect": "250ms", "timeout-server": "9000"}).controllers
    found = PROFILES["haproxy"].run_as(haproxy).retries
    assert (found.tries, found.connect_timeout_s, found.read_timeout_s) == (4, 0.25, 9.0)
    (f5,) = built("nginx-inc", {"proxy-connect-timeout": "3s", "proxy-read-timeout": "soon"}).controllers
    found = PROFILES["nginx-inc"].run_as(f5).retries
    assert (found.connect_timeout_s, found.read_timeout_s) == (3.0, 60.0)


def test_arguments_of_traefik_that_are_not_known_to_be_harmless_are_named():
    quiet = ["--log.level=INFO", "--entryPoints.web.address=:8000", "--api.dashboard=true", "--ping"]
    loud = ["--entrypoints.web.http.middlewares=a@file", "--configFile=/etc/traefik.yml"]
    assert open_in(built("traefik", arguments=quiet)) == []
    assert open_in(built("traefik", arguments=loud)) == ["entrypoints.web.http.middlewares", "configFile"]
    assert PROFILES["traefik"].run_as(built("traefik").controllers[0]).proxy_protocol == "unknown"


def test_no_key_is_both_modelled_and_left_out():
    assert not set(HAPROXY_READ) & HAPROXY_OPEN
    assert not set(F5_READ) & F5_OPEN

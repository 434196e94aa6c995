"""The controller's own configuration: every key and argument of ingress-nginx that changes an answer."""

from __future__ import annotations

import json

import pytest
from edge import CERT, LB, NGINX, controller
from shop import SERVICES, ingress

import sim
from sim.analysis.trace import Client
from sim.manifests.reading.loading import documents, from_document, load, merge
from sim.routing import Request
from sim.routing.building import build
from sim.routing.controllers import INGRESS_NGINX
from sim.routing.controllers.ingress_nginx.configuration import READ, configuration, defaults
from sim.routing.controllers.ingress_nginx.keys import HARMLESS, KNOWN, UNMODELLED

NAMED = "--configmap=ingress-nginx/settings"
HOST = "a.example"


def config_map(data, name="settings", namespace="ingress-nginx"):
    """A ConfigMap; `data`: key -> text."""
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": dict(data)}


def built(data, *flags, objects=(), annotations=None, https_target="https", named=NAMED, version="1.15.0"):
    """A shop behind ingress-nginx with these settings."""
    texts = [SERVICES, *(o for o in objects if isinstance(o, str))]
    flags = (*flags, *([named] if named else []))
    edge = controller(*flags, annotations=annotations, https_target=https_target, version=version)
    items = [*edge, *([config_map(data)] if data is not None else [])]
    items += [o for o in objects if not isinstance(o, str)]
    text = "\n---\n".join((*texts, *(json.dumps(item, indent=1) for item in items)))
    return build(merge(from_document(d) for d in documents(text, "set.yaml")))


def traced(cluster, url, profile=None, **request):
    return Client(cluster, profile).trace(Request.parse(url, **request))


def end(cluster, url, **request):
    """The end of a request, in a word or two: `200` for delivered, else its status or state."""
    final = traced(cluster, url, **request).final
    location = getattr(final, "location", "")
    status = "delivered" if final.state == "delivered" else str(final.status or final.state)
    return f"{status} {location}".strip()


PLAIN = ingress("shop", (HOST, [("/", "Prefix", "web")]))
WITH_TLS = ingress("shop", (HOST, [("/", "Prefix", "web")]), tls=[HOST])
FORCED = ingress(
    "shop", (HOST, [("/", "Prefix", "web")]), annotations={f"{NGINX}/force-ssl-redirect": "true"}
)
HTTP, HTTPS = f"http://{HOST}/", f"https://{HOST}/"
OFFICE, PROXY = "198.51.100.77", "203.0.113.9"
SNIPPET = ingress(
    "shop", (HOST, [("/", "Prefix", "web")]), annotations={f"{NGINX}/configuration-snippet": "more_set;"}
)
ALIASED = ingress(
    "shop", (HOST, [("/", "Prefix", "web")]), annotations={f"{NGINX}/server-alias": "b.example"}
)
NOBODY = ingress("shop", (HOST, [("/", "Prefix", "empty")]))
DOCS = ingress("shop", (HOST, [("/docs/", "Prefix", "web")]))
LIMITED = ingress("shop", (HOST, [("/", "Prefix", "web")]), annotations={f"{NGINX}/limit-rps": "1"})
CLIENTS = ingress("shop", (HOST, [("/", "Prefix", "web")]), annotations={f"{NGINX}/limit-connections": "1"})
WWW = ingress(
    "shop", ("www." + HOST, [("/", "Prefix", "web")]), annotations={f"{NGINX}/from-to-www-redirect": "true"}
)
TO_HTTPS = f"308 https://{HOST}"
FROM_HTTPS = {"X-Forwarded-Proto": "https"}
FOR_OFFICE = {"X-Forwarded-For": f"{OFFICE}, 10.1.1.1"}

KEYS = [
    # key, value, Ingress, URL, request, without it, with it
    ("ssl-redirect", "false", WITH_TLS, HTTP, {}, TO_HTTPS, "delivered"),
    ("ssl-redirect", "no", WITH_TLS, HTTP, {}, TO_HTTPS, TO_HTTPS),
    ("ssl-redirect", "", WITH_TLS, HTTP, {}, TO_HTTPS, "delivered"),
    ("force-ssl-redirect", "true", PLAIN, HTTP, {}, "delivered", TO_HTTPS),
    ("use-forwarded-headers", "true", FORCED, HTTP, {"headers": FROM_HTTPS}, TO_HTTPS, "delivered"),
    ("use-forwarded-headers", "true", FORCED, HTTP, {}, TO_HTTPS, TO_HTTPS),
    (
        "use-forwarded-headers", "true", FORCED, HTTPS, {"headers": {"x-forwarded-proto": "http"}},
        "delivered", TO_HTTPS,
    ),
    (
        "use-forwarded-headers", "true", FORCED, HTTP, {"headers": {"X-Forwarded-Host": "b.example, c"}},
        TO_HTTPS, "308 https://b.example",
    ),
    (
        "use-forwarded-headers", "true", WWW, HTTP,
        {"headers": {**FROM_HTTPS, "X-Forwarded-Port": "8443"}},
        f"308 http://www.{HOST}:80", f"308 https://www.{HOST}:8443",
    ),
    ("http-redirect-code", "301", FORCED, HTTP, {}, TO_HTTPS, f"301 https://{HOST}"),
    ("http-redirect-code", "303", FORCED, HTTP, {}, TO_HTTPS, TO_HTTPS),
    ("http-redirect-code", "302", WWW, HTTP, {}, f"308 http://www.{HOST}:80", f"302 http://www.{HOST}:80"),
    ("no-tls-redirect-locations", "/", FORCED, HTTP, {}, TO_HTTPS, "delivered"),
    ("preserve-trailing-slash", "true", FORCED, HTTP, {}, TO_HTTPS, f"{TO_HTTPS}/"),
    ("use-port-in-redirects", "true", FORCED, HTTP, {}, TO_HTTPS, f"308 https://{HOST}:443"),
    ("relative-redirects", "true", DOCS, f"{HTTP}docs", {}, f"301 http://{HOST}/docs/", "301 /docs/"),
    ("annotations-risk-level", "Critical", SNIPPET, HTTP, {}, "404", "delivered"),
    ("annotations-risk-level", "medium", ALIASED, HTTP, {}, "delivered", "404"),
    ("annotations-risk-level", "loud", FORCED, HTTP, {}, TO_HTTPS, "404"),
    ("annotation-value-word-blocklist", "load_module,b.ex", ALIASED, HTTP, {}, "delivered", "404"),
    ("whitelist-source-range", "10.0.0.0/8", PLAIN, HTTP, {}, "delivered", "403"),
    ("whitelist-source-range", "203.0.113.0/24", PLAIN, HTTP, {}, "delivered", "delivered"),
    ("denylist-source-range", "203.0.113.0/24", PLAIN, HTTP, {}, "delivered", "403"),
    ("block-cidrs", PROXY, PLAIN, HTTP, {}, "delivered", "403"),
    ("custom-http-errors", "503,404", NOBODY, HTTP, {}, "503", "404"),
    ("service-upstream", "true", PLAIN, HTTP, {}, "delivered", "delivered"),
    ("ssl-reject-handshake", "true", PLAIN, "https://b.example/", {}, "404", "tls-failed"),
    ("ssl-reject-handshake", "true", PLAIN, HTTPS, {}, "delivered", "delivered"),
    ("use-proxy-protocol", "true", PLAIN, HTTP, {}, "delivered", "reset"),
    ("use-proxy-protocol", "true", PLAIN, HTTPS, {}, "delivered", "reset"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("key", "value", "objects", "url", "request_", "without", "with_it"),
    KEYS,
    ids=[f"{row[0]} {row[1]} {number}" for number, row in enumerate(KEYS)],
)
def test_a_key_of_the_configmap_changes_the_answer(key, value, objects, url, request_, without, with_it):
    assert end(built({}, objects=[objects]), url, **request_) == without
    assert end(built({key: value}, objects=[objects]), url, **request_) == with_it
    other = config_map({key: value}, "other")
    assert end(built({}, objects=[objects, other]), url, **request_) == without, "no controller names it"


ELSEWHERE = {
    "allow-snippet-annotations", "enable-real-ip", "forwarded-for-header", "keep-alive", "hsts",
    "keep-alive-requests", "limit-conn-status-code", "limit-req-status-code", "load-balance",
    "proxy-body-size", "proxy-connect-timeout", "proxy-next-upstream", "proxy-next-upstream-timeout", "proxy-read-timeout",
    "proxy-next-upstream-tries", "proxy-real-ip-cidr", "retry-non-idempotent", "strict-validate-path-type",
    "worker-processes",
}  # fmt: skip
"""Keys whose effect is no other answer to one request alone; each has a test of its own, here or beside."""


def test_every_key_that_is_read_is_tried():
    assert {row[0] for row in KEYS} | ELSEWHERE == set(READ)
    assert not set(READ) & (HARMLESS | UNMODELLED)
    assert not HARMLESS & UNMODELLED


@pytest.mark.parametrize(
    ("data", "address", "expected"),
    [
        pytest.param({}, PROXY, "403", id="the header counts for nothing"),
        pytest.param({"use-forwarded-headers": "true"}, PROXY, "delivered", id="trusted from anybody"),
        pytest.param({"enable-real-ip": "true"}, PROXY, "delivered", id="by the other key"),
        pytest.param(
            {"use-forwarded-headers": "true", "proxy-real-ip-cidr": "10.0.0.0/8"}, PROXY, "403",
            id="the sender is no trusted proxy",
        ),
        pytest.param(
            {"use-forwarded-headers": "true", "proxy-real-ip-cidr": "10.0.0.0/8"}, "10.9.9.9", "delivered",
            id="the sender is one, and the last before it another",
        ),
        pytest.param(
            {"use-proxy-protocol": "true", "enable-real-ip": "true"}, PROXY, "403", id="the PROXY line counts"
        ),
        pytest.param(
            {"use-proxy-protocol": "true", "use-forwarded-headers": "true"}, PROXY, "delivered",
            id="the PROXY line names a proxy",
        ),
        pytest.param(
            {"use-forwarded-headers": "true", "forwarded-for-header": "CF-IP"}, PROXY, "403", id="other name"
        ),
    ],
)  # fmt: skip
def test_whose_address_is_compared_with_ranges(data, address, expected):
    only = ingress(
        "shop", (HOST, [("/", "Prefix", "web")]), annotations={f"{NGINX}/allowlist-source-range": OFFICE}
    )
    speaks = {f"{LB}proxy-protocol": "*"} if "use-proxy-protocol" in data else {}
    cluster = built(data, objects=[only], annotations=speaks)
    assert end(cluster, HTTP, headers=FOR_OFFICE, client_ip=address) == expected


@pytest.mark.parametrize(
    ("data", "asked", "status"),
    [
        ({}, LIMITED, 503),
        ({"limit-req-status-code": "429"}, LIMITED, 429),
        ({"limit-conn-status-code": "429"}, LIMITED, 503),
        ({"limit-conn-status-code": "429"}, CLIENTS, 429),
    ],
)
def test_which_status_those_get_that_a_limit_refuses(data, asked, status):
    assert traced(built(data, objects=[asked]), HTTP).final.to_json()["limit_status"] == status


@pytest.mark.parametrize(
    ("version", "snippets", "risk", "strict"),
    [
        (None, False, "High", True),
        ((1, 15, 1), False, "High", True),
        ((1, 12, 0), False, "High", True),
        ((1, 11, 8), False, "Critical", False),
        ((1, 9, 1), False, "Critical", False),
        ((1, 9, 0), True, "Critical", False),
        ((0, 30, 0), True, "Critical", False),
    ],
)
def test_defaults_are_those_of_the_version_that_runs(version, snippets, risk, strict):
    found = defaults(version)
    assert (found.allow_snippet_annotations, found.annotations_risk_level) == (snippets, risk)
    assert found.strict_validate_path_type is strict


@pytest.mark.parametrize(("version", "expected"), [("1.15.1", "404"), ("1.11.5", "delivered")])
def test_a_snippet_is_too_risky_only_since_a_version(version, expected):
    assert end(built(None, named="", version=version, objects=[SNIPPET]), HTTP) == expected


def left_out(cluster):
    return [one for c in cluster.controllers for one in INGRESS_NGINX.left_out(cluster, c)]


def changing(cluster):
    return {one.what: one.may_change_answer for one in left_out(cluster)}


def test_a_snippet_that_is_accepted_may_change_the_answer_and_one_that_is_dropped_cannot():
    what = f"Ingress shop/shop: annotation {NGINX}/configuration-snippet"
    risky = {"annotations-risk-level": "Critical"}
    assert changing(built({}, objects=[SNIPPET])) == {}
    assert changing(built(risky, objects=[SNIPPET])) == {what: False}
    assert changing(built(risky | {"allow-snippet-annotations": "true"}, objects=[SNIPPET])) == {what: True}


@pytest.mark.parametrize("key", sorted(UNMODELLED))
def test_a_key_that_is_not_modelled_is_named_and_its_value_is_not(key):
    cluster = built({key: "TOP SECRET"}, objects=[PLAIN])
    assert changing(cluster) == {f"ConfigMap ingress-nginx/settings: key {key}": True}
    trace = traced(cluster, HTTP)
    assert [u.what for u in trace.unmodelled if u.may_change_answer] == list(changing(cluster))
    assert "TOP SECRET" not in json.dumps(trace.to_json())


def test_harmless_and_unknown_keys_are_quiet():
    quiet = dict.fromkeys((*HARMLESS, "no-such-key"), "TOP SECRET")
    assert changing(built(quiet, objects=[PLAIN])) == {}
    assert "no-such-key" not in KNOWN


@pytest.mark.parametrize(
    "argument",
    ["--annotations-prefix=x.example", "--tcp-services-configmap=a/b", "--udp-services-configmap=a/b"],
)
def test_an_argument_that_is_not_modelled_is_named(argument):
    (found,) = left_out(built({}, argument, objects=[PLAIN]))
    assert found.may_change_answer
    assert argument.removeprefix("--").partition("=")[0] in found.what
    assert found.source.startswith("set.yaml:")


OFF = {"force-ssl-redirect": "true"}


@pytest.mark.parametrize(
    ("named", "place", "expected"),
    [
        pytest.param(NAMED, ("settings", "ingress-nginx"), TO_HTTPS, id="the one that is named"),
        pytest.param(
            "--configmap=$(POD_NAMESPACE)/settings", ("settings", "ingress-nginx"), TO_HTTPS,
            id="in the namespace that the controller runs in",
        ),
        pytest.param(
            "--configmap=$(WHATEVER)/settings", ("settings", "ingress-nginx"), TO_HTTPS, id="a variable"
        ),
        pytest.param(NAMED, ("settings", "shop"), "delivered", id="another namespace"),
        pytest.param("", ("ingress-nginx-controller", "ingress-nginx"), "delivered", id="none is named"),
    ],
)  # fmt: skip
def test_which_configmap_counts(named, place, expected):
    cluster = built(None, named=named, objects=[PLAIN, config_map(OFF, *place)])
    assert end(cluster, HTTP) == expected


def test_a_configmap_that_is_named_and_not_there_is_assumed_to_say_nothing():
    cluster = built(None, objects=[PLAIN])
    assert any("ConfigMap ingress-nginx/settings" in a.what for a in cluster.assumptions)
    assert not any("ConfigMap" in a.what for a in built({}, objects=[PLAIN]).assumptions)


def without_controller(*objects):
    text = "\n---\n".join((SERVICES, *(o if isinstance(o, str) else json.dumps(o) for o in objects)))
    return build(merge(from_document(d) for d in documents(text, "set.yaml")))


def test_without_the_controller_a_configmap_with_its_usual_name_counts_and_that_is_said():
    nginx = PLAIN.replace('"web"', '"nginx"', 1)
    nginx = json.dumps(
        json.loads(PLAIN) | {"spec": json.loads(PLAIN)["spec"] | {"ingressClassName": "nginx"}}
    )
    own = without_controller(nginx, config_map(OFF, "rel-ingress-nginx-controller", "edge"))
    assert end(own, HTTP) == TO_HTTPS
    assert any("rel-ingress-nginx-controller" in a.what for a in own.assumptions)
    other = without_controller(nginx, config_map(OFF, "web-settings", "shop"))
    assert end(other, HTTP) == "delivered"


SENDS = f"{LB}proxy-protocol"
BALANCERS = [
    ({SENDS: "*"}, True),
    ({f"{LB}target-group-attributes": "a=b, proxy_protocol_v2.enabled=true"}, True),
    ({f"{LB}target-group-attributes": "proxy_protocol_v2.enabled=false"}, False),
    ({f"{LB}proxy-protocol-per-target-group": "80, 443"}, True),
    ({f"{LB}proxy-protocol-per-target-group": "8080"}, False),
    ({"service.beta.kubernetes.io/do-loadbalancer-enable-proxy-protocol": "true"}, True),
    ({"service.beta.kubernetes.io/do-loadbalancer-enable-proxy-protocol": "false"}, False),
    ({"load-balancer.hetzner.cloud/uses-proxyprotocol": "true"}, True),
    ({"service.beta.kubernetes.io/scw-loadbalancer-proxy-protocol-v2": "true"}, True),
    ({"service.beta.kubernetes.io/linode-loadbalancer-default-proxy-protocol": "v2"}, True),
    ({"loadbalancer.openstack.org/proxy-protocol": "true"}, True),
    ({}, False),
]


@pytest.mark.parametrize("expects", [True, False])
@pytest.mark.parametrize(("annotations", "sends"), BALANCERS, ids=range(len(BALANCERS)))
def test_the_proxy_protocol_is_spoken_by_both_sides_or_by_none(annotations, sends, expects):
    data = {"use-proxy-protocol": str(expects).lower()}
    cluster = built(data, annotations=annotations, objects=[PLAIN])
    plain, tls = traced(cluster, HTTP).final, traced(cluster, HTTPS).final
    if sends is expects:
        assert (plain.state, tls.state) == ("delivered", "delivered")
    elif sends:
        assert (plain.state, plain.status, tls.state) == ("answered-by-proxy", 400, "tls-failed")
        assert str(plain.source).startswith("set.yaml:")
        assert (plain.code, tls.code) == ("SIM2090", "SIM2090")
    else:
        assert (plain.state, tls.state, plain.code) == ("reset", "reset", "SIM2091")
        assert str(plain.source).startswith("set.yaml:")


def test_a_client_that_comes_by_no_load_balancer_writes_no_proxy_line():
    cluster = built({"use-proxy-protocol": "true"}, annotations={SENDS: "*"}, objects=[PLAIN])
    edge = cluster.services["ingress-nginx/ingress-nginx-controller"]
    url = f"http://{cluster.nodes[0].address}:{edge.ports[0].node_port}/"
    assert end(cluster, url, headers={"Host": HOST}) == "reset"


def test_behind_a_balancer_that_ends_tls_the_port_in_the_proxy_line_says_https():
    sends = CERT | {SENDS: "*", f"{LB}backend-protocol": "tcp", f"{LB}ssl-ports": "443"}
    data = {"use-proxy-protocol": "true"}
    both = built(data, annotations=sends, https_target="http", objects=[FORCED])
    assert end(both, HTTPS) == "delivered"
    assert end(both, HTTP) == TO_HTTPS
    neither = built({}, annotations={k: v for k, v in sends.items() if k != SENDS}, https_target="http",
                    objects=[FORCED])  # fmt: skip
    assert traced(neither, HTTPS).final.code == "SIM2086"


NAMESPACE = (
    '{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "labels": {"team": "red"}}}'
)
OUTSIDE = """
apiVersion: v1
kind: Service
metadata: {name: out, namespace: shop}
spec: {type: ExternalName, externalName: example.net, ports: [{port: 80}]}
"""
TO_OUTSIDE = ingress("shop", (HOST, [("/", "Prefix", "out")]))
CATCHING = ingress("shop", (HOST, [("/", "Prefix", "web")]), default="web")
OTHER_CLASS = (
    '{"apiVersion": "networking.k8s.io/v1", "kind": "IngressClass", "metadata": {"name": "inner"},'
    ' "spec": {"controller": "other.example/c"}}'
)
NO_CLASS = json.dumps(
    json.loads(PLAIN)
    | {"spec": {k: v for k, v in json.loads(PLAIN)["spec"].items() if k != "ingressClassName"}}
)


def of_class(name):
    return json.dumps(json.loads(PLAIN) | {"spec": json.loads(PLAIN)["spec"] | {"ingressClassName": name}})


ARGUMENTS = [
    # arguments, objects, URL, without them, with them
    (["--watch-namespace=ingress-nginx"], [PLAIN], HTTP, "delivered", "404"),
    (["--watch-namespace", "shop"], [PLAIN], HTTP, "delivered", "delivered"),
    (["--watch-namespace=$(POD_NAMESPACE)"], [PLAIN], HTTP, "delivered", "404"),
    (["--watch-namespace-selector=team=red"], [PLAIN, NAMESPACE], HTTP, "delivered", "delivered"),
    (["--watch-namespace-selector=team=blue"], [PLAIN, NAMESPACE], HTTP, "delivered", "404"),
    (["--watch-namespace-selector=team in (blue, red),!old"], [PLAIN, NAMESPACE], HTTP, "delivered", "delivered"),
    (["--watch-namespace-selector=team notin (blue,red)"], [PLAIN, NAMESPACE], HTTP, "delivered", "404"),
    (["--watch-namespace-selector=team!=red"], [PLAIN, NAMESPACE], HTTP, "delivered", "404"),
    (["--watch-namespace-selector=old"], [PLAIN, NAMESPACE], HTTP, "delivered", "404"),
    (["--watch-namespace-selector=team=blue"], [PLAIN], HTTP, "delivered", "delivered"),
    (["--watch-ingress-without-class"], [NO_CLASS], HTTP, "404", "delivered"),
    (["--watch-ingress-without-class=false"], [NO_CLASS], HTTP, "404", "404"),
    (
        ["--ingress-class-by-name", "--ingress-class=inner"], [of_class("inner"), OTHER_CLASS], HTTP,
        "404", "delivered",
    ),
    (["--controller-class=other.example/c"], [of_class("inner"), OTHER_CLASS], HTTP, "404", "delivered"),
    (["--disable-svc-external-name"], [TO_OUTSIDE, OUTSIDE], HTTP, "delivered", "503"),
    (["--disable-catch-all"], [CATCHING], HTTP, "delivered", "404"),
    (["--default-backend-service=shop/web"], [PLAIN], "http://b.example/", "404", "delivered"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("given", "objects", "url", "without", "with_them"), ARGUMENTS, ids=range(len(ARGUMENTS))
)
def test_an_argument_of_the_controller_changes_the_answer(given, objects, url, without, with_them):
    before, after = (built({}, *flags, objects=objects) for flags in ([], given))

    def asked(cluster):
        final = (
            Client(cluster, to="lb:ingress-nginx/ingress-nginx-controller").trace(Request.parse(url)).final
        )
        return "delivered" if final.state == "delivered" else str(final.status)

    assert asked(before) == without
    assert asked(after) == with_them


def test_the_last_of_two_arguments_counts():
    cluster = built({}, "--configmap=ingress-nginx/other", objects=[PLAIN, config_map(OFF, "other")])
    assert end(cluster, HTTP) == "delivered"


def test_the_default_certificate_is_the_one_that_an_argument_names():
    secret = '{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "wild", "namespace": "edge"}}'
    named = built({}, "--default-ssl-certificate=edge/wild", objects=[PLAIN, secret])
    assert traced(named, HTTPS).final.certificate == "edge/wild"
    missing = built({}, "--default-ssl-certificate=edge/none", objects=[PLAIN, secret])
    assert traced(missing, HTTPS).final.certificate == "default"
    assert traced(built({}, objects=[PLAIN, secret]), HTTPS).final.certificate == "default"


def test_what_runs_says_what_it_was_told_and_where():
    cluster = built({"http-redirect-code": "301", "ssl-redirect": "maybe"}, objects=[PLAIN])
    found = configuration(cluster.controllers[0])
    assert found.said("ssl-redirect") is None
    assert found.told["ssl-redirect"].value is None
    assert found.said("http-redirect-code").value == 301
    assert found.line("http-redirect-code").startswith("set.yaml:")


ENDS = CERT | {f"{LB}backend-protocol": "http", f"{LB}ssl-ports": "443"}


@pytest.mark.parametrize(
    ("data", "annotations", "https_target", "url", "fix"),
    [
        ({"use-proxy-protocol": "false"}, {SENDS: "*", "b": "c"}, "https", HTTP, ""),
        ({"use-proxy-protocol": "true"}, {}, "https", HTTP, 'set use-proxy-protocol: "false"'),
        ({"use-forwarded-headers": "false"}, ENDS, "http", HTTPS, 'set use-forwarded-headers: "true"'),
        (None, {SENDS: "*"}, "https", HTTP, f"take the annotation {SENDS} off"),
    ],
)
def test_the_way_out_is_a_setting_that_was_tried(tmp_path, data, annotations, https_target, url, fix):
    texts = [SERVICES, FORCED if https_target == "http" else PLAIN]
    edge = controller(NAMED, annotations=annotations, https_target=https_target)
    texts += [json.dumps(o, indent=1) for o in (*edge, *([config_map(data)] if data is not None else []))]
    file = tmp_path / "set.yaml"
    file.write_text("\n---\n".join(texts))
    patch = sim.fix(load([str(file)]), Request.parse(url))
    assert patch is not None
    assert patch.says.startswith(
        fix or ('set use-proxy-protocol: "true"', f"take the annotation {SENDS} off")
    )


@pytest.mark.parametrize(
    ("flags", "plain", "tls"),
    [
        ([], "delivered", "delivered"),
        (["--http-port=80"], "delivered", "delivered"),
        (["--http-port=8080"], "refused", "delivered"),
        (["--http-port=443", "--https-port=80"], "400", "tls-failed"),
    ],
)
def test_a_service_must_lead_to_the_ports_that_arguments_name(flags, plain, tls):
    cluster = built({}, *flags, objects=[PLAIN])
    assert (end(cluster, HTTP), end(cluster, HTTPS)) == (plain, tls)


def test_a_redirect_that_names_the_port_names_that_of_the_argument():
    cluster = built({"use-port-in-redirects": "true"}, "--https-port=443", "--http-port=80", objects=[FORCED])
    assert end(cluster, HTTP) == f"308 https://{HOST}:443"

"""What each controller profile does with one set of rules; every row is a fact of that controller's sources."""

from __future__ import annotations

import json

import pytest
from command import sim, width
from shop import SERVICES, answer, gateway, ingress, path, to, traced

from sim.manifests.reading.loading import documents, from_document, merge
from sim.routing.controllers import PROFILES

HOST = "http://a.example"
PREFIX = ingress("shop", ("a.example", [("/foo", "Prefix", "web"), ("/", "Prefix", "cart")]))
SPECIFIC = ingress("shop", ("a.example", [("/foo", "ImplementationSpecific", "web")]))
GLOB = ingress("shop", ("a.example", [("/foo/*", "ImplementationSpecific", "web")]))
EMPTY = ingress("shop", ("a.example", [("/e", "Prefix", "empty")]))
GONE = ingress("shop", ("a.example", [("/gone", "Prefix", "gone"), ("/", "Prefix", "web")]))
PORT = ingress("shop", ("a.example", [("/p", "Prefix", "web:81")]))
WILD = ingress("shop", ("*.a.example", [("/", "Prefix", "web")]))
NO_HOST = ingress("shop", ("", [("/", "Prefix", "web")]))
BOTH = (
    ingress("zz", ("a.example", [("/x", "Prefix", "web")]), made="2023-01-01T00:00:00Z"),
    ingress("aa", ("a.example", [("/x", "Prefix", "cart"), ("/y", "Prefix", "cart")])),
)
TLS = ingress("shop", ("a.example", [("/", "Prefix", "web")]), tls=["a.example"])


@pytest.mark.parametrize(
    ("profile", "url", "ingresses", "expected"),
    [
        pytest.param("spec", f"{HOST}/foobar", [PREFIX], "cart", id="spec: a prefix is by element"),
        pytest.param("ingress-nginx", f"{HOST}/foobar", [PREFIX], "cart", id="ingress-nginx: by element"),
        pytest.param("nginx-inc", f"{HOST}/foobar", [PREFIX], "web", id="nginx-inc: a prefix is by letter"),
        pytest.param("traefik", f"{HOST}/foobar", [PREFIX], "web", id="traefik: a prefix is by letter"),
        pytest.param("haproxy", f"{HOST}/foobar", [PREFIX], "cart", id="haproxy: a prefix is by element"),
        pytest.param("aws-alb", f"{HOST}/foobar", [PREFIX], "cart", id="aws-alb: a prefix is by element"),
        pytest.param("gke", f"{HOST}/foobar", [PREFIX], "cart", id="gke: a prefix is by element"),
        pytest.param(
            "haproxy", f"{HOST}/foobar", [SPECIFIC], "web", id="haproxy: ImplementationSpecific is by letter"
        ),
        pytest.param("gke", f"{HOST}/foobar", [SPECIFIC], 404, id="gke: ImplementationSpecific is the text"),
        pytest.param("gke", f"{HOST}/foo/x", [SPECIFIC], 404, id="gke: and nothing below it"),
        pytest.param("gke", f"{HOST}/foo/x", [GLOB], "web", id="gke: a star at the end stands for the rest"),
        pytest.param("gke", f"{HOST}/foo", [GLOB], 404, id="gke: but not for the path without its slash"),
        pytest.param("aws-alb", f"{HOST}/foo/x", [GLOB], "web", id="aws-alb: a star is any text"),
        pytest.param(
            "aws-alb", f"{HOST}/foo", [SPECIFIC], "web", id="aws-alb: a pattern without star is equal"
        ),
        pytest.param("aws-alb", f"{HOST}/foo/x", [SPECIFIC], 404, id="aws-alb: and nothing below it"),
        pytest.param("haproxy", f"{HOST}//foo", [PREFIX], "cart", id="haproxy: paths are compared as sent"),
        pytest.param("traefik", f"{HOST}//foo", [PREFIX], "web", id="traefik: slashes are merged first"),
        pytest.param("nginx-inc", f"{HOST}//foo", [PREFIX], "web", id="nginx-inc: nginx normalises first"),
    ],
)
def test_paths(profile, url, ingresses, expected):
    assert answer(profile, url, *ingresses) == expected


@pytest.mark.parametrize(
    ("profile", "url", "ingresses", "expected"),
    [
        pytest.param("nginx-inc", f"{HOST}/e", [EMPTY], 502, id="nginx-inc: no endpoint is 502"),
        pytest.param("nginx-inc", f"{HOST}/gone", [GONE], 502, id="nginx-inc: no Service is 502"),
        pytest.param("nginx-inc", f"{HOST}/p", [PORT], 502, id="nginx-inc: no such port is 502"),
        pytest.param("haproxy", f"{HOST}/e", [EMPTY], 503, id="haproxy: no endpoint is 503"),
        pytest.param(
            "haproxy", f"{HOST}/gone", [GONE], "web", id="haproxy: without a Service a shorter rule serves"
        ),
        pytest.param("haproxy", f"{HOST}/p", [PORT], 404, id="haproxy: without a port there is no rule"),
        pytest.param(
            "traefik", f"{HOST}/e", [EMPTY], 404, id="traefik: without an endpoint there is no router"
        ),
        pytest.param(
            "traefik", f"{HOST}/gone", [GONE], "web", id="traefik: without a Service a shorter rule serves"
        ),
        pytest.param("aws-alb", f"{HOST}/gone", [GONE], 503, id="aws-alb: a missing Service is a fixed 503"),
        pytest.param(
            "aws-alb", f"{HOST}/e", [EMPTY], 502, id="aws-alb: instances that nobody answers on are 502"
        ),
        pytest.param(
            "aws-alb", f"{HOST}/p", [PORT], "lb-pending", id="aws-alb: a missing port stops everything"
        ),
        pytest.param(
            "gke", f"{HOST}/", [GONE], "lb-pending", id="gke: a missing Service stops the whole Ingress"
        ),
        pytest.param("gke", f"{HOST}/e", [EMPTY], 502, id="gke: nothing healthy is 502"),
        pytest.param(
            "envoy-gateway", f"{HOST}/", [PREFIX], "dns-no-record", id="envoy-gateway: reads no Ingress"
        ),
        pytest.param("none", f"{HOST}/", [PREFIX], "dns-no-record", id="none: no controller, no address"),
    ],
)
def test_what_is_answered_where_nobody_serves(profile, url, ingresses, expected):
    assert answer(profile, url, *ingresses) == expected


@pytest.mark.parametrize(
    ("profile", "url", "ingresses", "expected"),
    [
        pytest.param(
            "nginx-inc", f"{HOST}/y", BOTH, 404, id="nginx-inc: the oldest owns the host, the other loses all"
        ),
        pytest.param("nginx-inc", f"{HOST}/x", BOTH, "web", id="nginx-inc: the owner serves"),
        pytest.param("haproxy", f"{HOST}/x", BOTH, "cart", id="haproxy: the backend's name decides, not age"),
        pytest.param("haproxy", f"{HOST}/y", BOTH, "cart", id="haproxy: Ingresses share a host"),
        pytest.param(
            "aws-alb",
            f"{HOST}/x",
            [
                ingress(
                    "zz",
                    ("a.example", [("/x", "Prefix", "web")]),
                    annotations={
                        "alb.ingress.kubernetes.io/group.name": "g",
                        "alb.ingress.kubernetes.io/group.order": "-1",
                    },
                ),
                ingress(
                    "aa",
                    ("a.example", [("/x", "Prefix", "cart")]),
                    annotations={"alb.ingress.kubernetes.io/group.name": "g"},
                ),
            ],
            "web",
            id="aws-alb: group.order goes before the name",
        ),
        pytest.param(
            "aws-alb",
            f"{HOST}/x/y",
            [
                ingress(
                    "aa",
                    ("", [("/*", "ImplementationSpecific", "cart")]),
                    annotations={"alb.ingress.kubernetes.io/group.name": "g"},
                ),
                ingress(
                    "zz",
                    ("a.example", [("/x", "Prefix", "web")]),
                    annotations={"alb.ingress.kubernetes.io/group.name": "g"},
                ),
            ],
            "cart",
            id="aws-alb: an earlier rule without a host takes what a later host names",
        ),
        pytest.param(
            "traefik",
            "http://a.example/0123456789012345678901234567890123456789",
            [
                ingress("aa", ("", [("/0123456789012345678901234567890123456789", "Prefix", "cart")])),
                ingress("zz", ("a.example", [("/", "Prefix", "web")])),
            ],
            "cart",
            id="traefik: the longer rule wins, also one without a host",
        ),
        pytest.param(
            "traefik",
            f"{HOST}/x",
            [
                ingress(
                    "aa",
                    ("a.example", [("/", "Prefix", "cart")]),
                    annotations={"traefik.ingress.kubernetes.io/router.priority": "1000"},
                ),
                ingress("zz", ("a.example", [("/x", "Prefix", "web")])),
            ],
            "cart",
            id="traefik: a priority goes before the length",
        ),
        pytest.param(
            "gke",
            f"{HOST}/x",
            [
                ingress(
                    "shop",
                    ("a.example", [("/x", "Prefix", "web")]),
                    ("a.example", [("/y", "Prefix", "cart")]),
                ),
            ],
            404,
            id="gke: a later rule for a host replaces the earlier one",
        ),
        pytest.param(
            "nginx-inc",
            f"{HOST}/x",
            [
                ingress("m", ("a.example", []), annotations={"nginx.org/mergeable-ingress-type": "master"}),
                ingress(
                    "one",
                    ("a.example", [("/x", "Prefix", "web")]),
                    annotations={"nginx.org/mergeable-ingress-type": "minion"},
                ),
            ],
            "web",
            id="nginx-inc: a minion's path is served under its master's host",
        ),
        pytest.param(
            "nginx-inc",
            f"{HOST}/x",
            [
                ingress(
                    "one",
                    ("a.example", [("/x", "Prefix", "web")]),
                    annotations={"nginx.org/mergeable-ingress-type": "minion"},
                ),
            ],
            404,
            id="nginx-inc: a minion without a master is not written",
        ),
    ],
)
def test_merging_and_order(profile, url, ingresses, expected):
    assert answer(profile, url, *ingresses) == expected


@pytest.mark.parametrize(
    ("profile", "url", "ingresses", "expected"),
    [
        pytest.param(
            "nginx-inc", "http://x.y.a.example/", [WILD], "web", id="nginx-inc: a wildcard has any depth"
        ),
        pytest.param("traefik", "http://x.y.a.example/", [WILD], 404, id="traefik: a wildcard is one label"),
        pytest.param("haproxy", "http://x.y.a.example/", [WILD], 404, id="haproxy: a wildcard is one label"),
        pytest.param(
            "aws-alb", "http://x.y.a.example/", [WILD], "web", id="aws-alb: a wildcard has any depth"
        ),
        pytest.param("gke", "http://x.y.a.example/", [WILD], "web", id="gke: a wildcard has any depth"),
        pytest.param(
            "nginx-inc", "http://b.example/", [NO_HOST], 404, id="nginx-inc: refuses a rule without a host"
        ),
        pytest.param(
            "haproxy", "http://b.example/", [NO_HOST], "web", id="haproxy: takes a rule without a host"
        ),
        pytest.param(
            "traefik",
            f"{HOST}/z",
            [
                ingress("aa", ("a.example", [("/x", "Prefix", "web")])),
                ingress("bb", ("", [("/", "Prefix", "cart")])),
            ],
            "cart",
            id="traefik: a known host falls back to rules without a host",
        ),
        pytest.param(
            "haproxy",
            f"{HOST}/z",
            [
                ingress("aa", ("a.example", [("/x", "Prefix", "web")])),
                ingress("bb", ("", [("/", "Prefix", "cart")])),
            ],
            404,
            id="haproxy: a known host does not",
        ),
        pytest.param(
            "nginx-inc",
            f"{HOST}/z",
            [
                ingress("aa", ("a.example", [("/x", "Prefix", "web")]), default="cart"),
            ],
            "cart",
            id="nginx-inc: a default backend is for the hosts of its Ingress",
        ),
        pytest.param(
            "traefik",
            f"{HOST}/z",
            [
                ingress("aa", ("a.example", [("/x", "Prefix", "web")]), default="cart"),
            ],
            404,
            id="traefik: a default backend beside rules is not read",
        ),
        pytest.param(
            "gke",
            f"{HOST}/z",
            [
                ingress("aa", ("a.example", [("/x", "Prefix", "web")]), default="cart"),
            ],
            "cart",
            id="gke: a default backend takes the rest",
        ),
    ],
)
def test_hosts_and_default_backends(profile, url, ingresses, expected):
    assert answer(profile, url, *ingresses) == expected


@pytest.mark.parametrize(
    ("profile", "status", "location"),
    [
        pytest.param("ingress-nginx", 308, "https://a.example/x", id="ingress-nginx: 308"),
        pytest.param("nginx-inc", 301, "https://a.example:443/x", id="nginx-inc: 301 with the port"),
        pytest.param("haproxy", 302, "https://a.example:8443/x", id="haproxy: 302 to port 8443"),
    ],
)
def test_redirect_to_https(profile, status, location):
    final = traced(profile, f"{HOST}/x", TLS).final
    assert (final.state, final.status, final.location) == ("redirected", status, location)


@pytest.mark.parametrize("profile", ["spec", "traefik", "gke"])
def test_a_tls_section_alone_does_not_redirect(profile):
    assert answer(profile, f"{HOST}/x", TLS) == "web"


ARN = "arn:aws:acm:eu-west-1:1:certificate/shop"
LISTENERS = {
    "alb.ingress.kubernetes.io/certificate-arn": ARN,
    "alb.ingress.kubernetes.io/listen-ports": '[{"HTTP": 80}, {"HTTPS": 443}]',
    "alb.ingress.kubernetes.io/ssl-redirect": "443",
}


@pytest.mark.parametrize(
    ("url", "annotations", "expected"),
    [
        pytest.param("https://a.example/", {}, "no-listener", id="a tls section opens no port 443"),
        pytest.param(
            "https://a.example/",
            {"alb.ingress.kubernetes.io/certificate-arn": ARN},
            "web",
            id="a certificate does",
        ),
        pytest.param(
            "http://a.example/",
            {"alb.ingress.kubernetes.io/certificate-arn": ARN},
            "no-listener",
            id="and closes port 80",
        ),
        pytest.param("http://a.example/", LISTENERS, 301, id="both ports and ssl-redirect: 301"),
    ],
)
def test_listeners_of_an_alb(url, annotations, expected):
    made = ingress(
        "shop", ("a.example", [("/", "Prefix", "web")]), annotations=annotations, tls=["a.example"]
    )
    assert answer("aws-alb", url, made) == expected


def test_target_type_decides_whether_a_cluster_ip_can_be_used():
    rules = ("a.example", [("/", "Prefix", "bare")])
    by_ip = {"alb.ingress.kubernetes.io/target-type": "ip"}
    assert answer("aws-alb", f"{HOST}/", ingress("shop", rules)) == "lb-pending"
    found = traced("aws-alb", f"{HOST}/", ingress("shop", rules, annotations=by_ip))
    assert found.final.state == "delivered"
    assert [hop.kind for hop in found.hops] == ["client", "load-balancer", "controller", "pod"]


def test_instances_are_reached_through_node_ports():
    hops = traced("aws-alb", f"{HOST}/", PREFIX).hops
    assert [hop.kind for hop in hops] == ["client", "load-balancer", "controller", "node", "pod"]


def test_a_group_shares_one_load_balancer_and_others_do_not():
    group = {"alb.ingress.kubernetes.io/group.name": "g"}
    hosts = {"a": group, "b": group, "c": {}}
    made = [ingress(n, (f"{n}.example", [("/", "Prefix", "web")]), annotations=a) for n, a in hosts.items()]
    seen = [traced("aws-alb", f"http://{n}.example/", *made).hops[0].before["destination"] for n in hosts]
    assert seen[0] == seen[1] != seen[2]
    apart = [traced("gke", f"http://{n}.example/", *made).hops[0].before["destination"] for n in hosts]
    assert len(set(apart)) == 3


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        pytest.param(
            '{"type":"fixed-response","fixedResponseConfig":{"statusCode":"410"}}', 410, id="a fixed response"
        ),
        pytest.param(
            '{"type":"redirect","redirectConfig":{"host":"b.example","statusCode":"HTTP_302"}}',
            302,
            id="a redirect",
        ),
        pytest.param("", 503, id="no such annotation"),
    ],
)
def test_actions_of_an_alb(action, expected):
    annotations = {"alb.ingress.kubernetes.io/actions.away": action} if action else {}
    made = ingress("shop", ("a.example", [("/", "Prefix", "away:use-annotation")]), annotations=annotations)
    assert answer("aws-alb", f"{HOST}/", made) == expected


def test_a_secret_that_is_missing_refuses_the_handshake():
    secret = (
        "apiVersion: v1\nkind: Secret\nmetadata: {name: other, namespace: shop}\ntype: kubernetes.io/tls\n"
    )
    final = traced("nginx-inc", "https://a.example/", TLS, secret).final
    assert (final.state, final.code) == ("tls-failed", "SIM2073")


def test_a_host_with_a_longer_location_is_sent_to_the_slash():
    made = ingress("shop", ("a.example", [("/foo/", "Prefix", "web")]))
    final = traced("nginx-inc", f"{HOST}/foo?a=1", made).final
    assert (final.status, final.location) == (301, "http://a.example/foo/?a=1")


def test_the_cluster_ip_is_used_where_an_annotation_asks_for_it():
    made = ingress(
        "shop", ("a.example", [("/", "Prefix", "web")]), annotations={"nginx.org/use-cluster-ip": "true"}
    )
    kinds = [hop.kind for hop in traced("nginx-inc", f"{HOST}/", made).hops]
    assert kinds.count("node") == 2


@pytest.mark.parametrize(
    ("profile", "annotations", "class_name", "read"),
    [
        pytest.param("traefik", {}, None, True, id="traefik reads what names no class"),
        pytest.param("gke", {}, None, True, id="gke reads what names no class"),
        pytest.param("haproxy", {}, "other", False, id="haproxy leaves another class alone"),
        pytest.param("aws-alb", {"kubernetes.io/ingress.class": "nginx"}, "web", False, id="aws-alb: the annotation goes before the field"),
        pytest.param("gke", {}, "other", False, id="gke leaves what names a class alone"),
        pytest.param("gke", {"kubernetes.io/ingress.class": "gce"}, None, True, id="gke reads its annotation"),
    ],
)  # fmt: skip
def test_claims(profile, annotations, class_name, read):
    from sim.cluster.setup import ControllerSetup, Setup
    from sim.routing.building import build

    classes = "\n---\n".join(
        f"apiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: {{name: {name}}}\nspec: {{controller: {who}}}"
        for name, who in (("web", PROFILES[profile].controller), ("other", "example.com/other"))
    )
    made = ingress(
        "shop", ("a.example", [("/", "Prefix", "web")]), annotations=annotations, ingressClassName=class_name
    )
    manifests = merge(
        from_document(d) for d in documents("\n---\n".join((classes, SERVICES, made)), "shop.yaml")
    )
    cluster = build(manifests, Setup(controllers=(ControllerSetup(PROFILES[profile].controller, profile),)))
    claims = PROFILES[profile].claims
    assert (
        any(claims(cluster.ingress_classes, c, cluster.ingresses[0])[0] for c in cluster.controllers) == read
    )


@pytest.mark.parametrize(
    ("labels", "profile"),
    [
        pytest.param(("alb", {}), "aws-alb", id="class alb"),
        pytest.param(("gce", {}), "gke", id="class gce"),
        pytest.param(("traefik", {}), "traefik", id="class traefik"),
        pytest.param(("nginx", {"nginx.org/rewrites": "x"}), "nginx-inc", id="class nginx with annotations of F5's"),
        pytest.param(("nginx", {}), "ingress-nginx", id="class nginx"),
        pytest.param((None, {"haproxy.org/check": "true"}), "haproxy", id="no class, annotations of HAProxy's"),
    ],
)  # fmt: skip
def test_the_profile_that_is_assumed(labels, profile):
    from sim.routing.building import build

    name, annotations = labels
    made = ingress(
        "shop", ("a.example", [("/", "Prefix", "web")]), annotations=annotations, ingressClassName=name
    )
    manifests = merge(from_document(d) for d in documents("\n---\n".join((SERVICES, made)), "shop.yaml"))
    assert {c.profile for c in build(manifests).controllers} == {profile}


def test_every_profile_has_its_controller_name_and_sourced_facts():
    assert len({profile.controller for profile in PROFILES.values()}) == len(PROFILES)
    for profile in PROFILES.values():
        assert profile.facts
        assert all(fact.says and fact.source for fact in profile.facts)


@pytest.fixture
def shop(tmp_path):
    """A file with one Ingress whose path is a border between the controllers."""
    annotated = ingress(
        "shop",
        ("a.example", [("/foo", "Prefix", "web"), ("/", "Prefix", "cart")]),
        annotations={"traefik.ingress.kubernetes.io/router.middlewares": "shop-auth@kubernetescrd"},
    )
    file = tmp_path / "shop.yaml"
    file.write_text(f"{SERVICES}\n---\n{annotated}")
    return file


def test_controllers_stand_side_by_side_with_the_reason(shop):
    done = sim("trace", "-f", shop, "--controller", "spec", "--controller", "nginx-inc", f"{HOST}/foobar")
    assert done.status == 0
    assert max(map(width, done.out.splitlines())) <= 80
    assert "shop/cart:80" in done.out
    assert "shop/web:80" in done.out
    assert "why they differ from spec" in done.out
    assert "/ Prefix, the rule at spec: fits too, but shorter" in " ".join(done.out.split())


def test_side_by_side_is_an_array_in_json(shop):
    names = ["traefik", "gke", "none"]
    options = [word for name in names for word in ("--controller", name)]
    done = sim("trace", "-f", shop, "-o", "json", *options, f"{HOST}/foobar")
    found = json.loads(done.out)
    assert [trace["controller"] for trace in found] == ["traefik", "gke", None]
    assert any(note["code"] == "SIM2072" for note in found[0]["notes"])


def test_an_unknown_profile_has_a_suggestion(shop):
    done = sim("trace", "-f", shop, "--controller", "traefic", HOST)
    assert done.status == 2
    assert "did you mean traefik?" in done.err


@pytest.mark.parametrize(
    ("controller", "status"),
    [
        pytest.param("traefik", 1, id="an annotation that it reads and that is not modelled"),
        pytest.param("haproxy", 0, id="an annotation of another controller"),
    ],
)
def test_strict_makes_what_may_change_the_answer_a_bad_end(shop, controller, status):
    plain = sim("trace", "-f", shop, "--controller", controller, f"{HOST}/")
    strict = sim("trace", "-f", shop, "--controller", controller, "--strict", f"{HOST}/")
    assert (plain.status, strict.status) == (0, status)
    assert ("router.middlewares may change" in " ".join(strict.out.split())) == bool(status)


@pytest.mark.parametrize(
    ("profile", "url", "expected"),
    [
        pytest.param("envoy-gateway", f"{HOST}//foo", "cart", id="Envoy Gateway merges slashes"),
        pytest.param("envoy-gateway", f"{HOST}/x/../foo", "cart", id="Envoy Gateway resolves dots"),
        pytest.param(
            "envoy-gateway", f"{HOST}/foo%2Fbar", 307, id="Envoy Gateway redirects an escaped slash"
        ),
        pytest.param(None, f"{HOST}//foo", "web", id="the letter of the API compares what was sent"),
    ],
)
def test_paths_at_a_gateway(profile, url, expected):
    routes = gateway(("r", "a.example", [to("cart", path("/foo")), to("web", path("/"))]))
    assert answer(profile, url, routes) == expected

"""What surprises people most about the way in: one test each, and a line in docs/surprises.md each."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from command import sim
from shop import SERVICES, answer, gateway, ingress, path, to, traced

DOC = Path(__file__).parents[2] / "docs" / "surprises.md"
NGINX = "ingress-nginx"
A, TLS_A = "http://a.example", "https://a.example"
PREFIX = "nginx.ingress.kubernetes.io/"
OLD, NEW = "2023-01-01T00:00:00Z", "2024-06-01T00:00:00Z"


def at_a(*paths, name="shop", **more):
    """An Ingress for a.example."""
    return ingress(name, ("a.example", list(paths)), **more)


def annotated(**values):
    """Annotations of ingress-nginx."""
    return {"annotations": {PREFIX + name.replace("_", "-"): value for name, value in values.items()}}


WEB = at_a(("/", "Prefix", "web"))
SECRET = "apiVersion: v1\nkind: Secret\nmetadata: {name: NAME, namespace: SPACE}\ntype: kubernetes.io/tls\n"


def secret(name="cert", namespace="shop"):
    """A Secret by its name alone."""
    return SECRET.replace("NAME", name).replace("SPACE", namespace)


def test_01_an_ingress_alone_does_nothing():
    assert answer("none", f"{A}/", WEB) == "dns-no-record"
    assert answer(NGINX, f"{A}/", at_a(("/x", "Prefix", "web"))) == 404


def test_02_404_is_no_rule_and_503_is_nobody_behind_it():
    rules = at_a(("/gone", "Prefix", "gone"), ("/empty", "Prefix", "empty"))
    assert [answer(NGINX, f"{A}{p}", rules) for p in ("/x", "/gone", "/empty")] == [404, 503, 503]
    routes = gateway(("r", "a.example", [to("gone", path("/gone")), to("empty", path("/empty"))]))
    assert [answer(None, f"{A}{p}", routes) for p in ("/x", "/gone", "/empty")] == [404, 500, 503]


def test_03_ingress_nginx_sends_to_pods_and_not_through_the_service():
    headless = (
        SERVICES.rpartition("---")[2]
        .replace("name: empty", "name: less")
        .replace("type: NodePort, selector: {app: nobody}", "clusterIP: None, selector: {app: web}")
    )
    straight = traced(NGINX, f"{A}/", WEB)
    assert all(address.startswith("10.244.") for address in straight.final.endpoints)
    assert answer(NGINX, f"{A}/", at_a(("/", "Prefix", "less")), headless) == "less"
    through = traced(NGINX, f"{A}/", at_a(("/", "Prefix", "web"), **annotated(service_upstream="true")))
    assert [address.startswith("10.96.") for address in through.final.endpoints] == [True]


def test_04_a_prefix_is_by_element_and_exact_is_to_the_letter():
    rules = at_a(("/foo", "Prefix", "web"), ("/only", "Exact", "web"))
    asked = ["/foo", "/foo/", "/foo/bar", "/foobar", "/only", "/only/"]
    assert [answer("spec", f"{A}{p}", rules) for p in asked] == ["web", "web", "web", 404, "web", 404]


def test_05_the_order_in_the_yaml_is_irrelevant():
    paths = [("/", "Prefix", "web"), ("/foo", "Prefix", "cart"), ("/foo", "Exact", "bare")]
    for order in (paths, paths[::-1]):
        assert [answer(NGINX, f"{A}{p}", at_a(*order)) for p in ("/foo", "/foo/x", "/")] == [
            "bare",
            "cart",
            "web",
        ]
    rules = [
        to("web", path("/foo")),
        to("cart", path("/foo", method="GET")),
        to("bare", path("/foo", "Exact")),
    ]
    for order in (rules, rules[::-1]):
        routes = gateway(("r", "a.example", order))
        assert [answer(None, f"{A}{p}", routes) for p in ("/foo", "/foo/x")] == ["bare", "cart"]
        assert answer(None, f"{A}/foo/x", routes, method="POST") == "web"


def test_06_a_wildcard_is_one_label_in_an_ingress_and_a_suffix_in_a_route():
    rules = ingress("shop", ("*.a.example", [("/", "Prefix", "web")]))
    routes = gateway(("r", "*.a.example", [to("web")]))
    asked = ["http://x.a.example/", "http://x.y.a.example/", f"{A}/"]
    assert [answer("spec", url, rules) for url in asked] == ["web", 404, 404]
    assert answer(None, asked[0], routes) == answer(None, asked[1], routes) == "web"
    assert answer(None, asked[2], routes) == 404


def test_07_a_host_with_rules_of_its_own_never_falls_back():
    rules = (
        ingress("own", ("x.a.example", [("/only", "Prefix", "web")])),
        ingress("wild", ("*.a.example", [("/", "Prefix", "cart")])),
        ingress("any", ("", [("/", "Prefix", "cart")])),
    )
    assert answer(NGINX, "http://x.a.example/other", *rules) == 404
    assert answer(NGINX, "http://y.a.example/other", *rules) == "cart"


def test_08_a_default_backend_beside_rules_is_for_their_hosts_alone():
    rules = at_a(("/x", "Prefix", "web"), default="cart")
    bare = ingress("shop", ("", [("/x", "Prefix", "web")]), default="cart")
    lone = ingress("other", ("b.example", [("/x", "Prefix", "web")]))
    assert answer("spec", "http://b.example/y", rules, lone) == "cart"
    assert answer(NGINX, "http://b.example/y", rules, lone) == 404
    assert answer(NGINX, f"{A}/y", rules, lone) == "cart"
    assert (answer("spec", f"{A}/y", bare), answer(NGINX, f"{A}/y", bare)) == ("cart", 404)


def test_09_a_rewrite_in_one_ingress_makes_all_paths_of_its_host_expressions():
    plain = at_a(("/cart", "Exact", "cart"))
    rewriting = at_a(("/api", "ImplementationSpecific", "web"), name="api", **annotated(rewrite_target="/"))
    asked = ["/cart", "/cartoon", "/CART"]
    assert [answer(NGINX, f"{A}{p}", plain) for p in asked] == ["cart", 404, 404]
    assert [answer(NGINX, f"{A}{p}", plain, rewriting) for p in asked] == ["cart", "cart", "cart"]


def test_10_a_rewrite_to_the_root_without_a_capture_sends_every_path_there():
    plain = at_a(("/app", "Prefix", "web"), **annotated(rewrite_target="/"))
    assert traced(NGINX, f"{A}/app/style.css", plain).final.sent.path == "/"
    kept = at_a(("/app(/|$)(.*)", "ImplementationSpecific", "web"), **annotated(rewrite_target="/$2"))
    assert traced(NGINX, f"{A}/app/style.css", kept).final.sent.path == "/style.css"


def test_11_expressions_go_by_length_of_text_and_have_no_end():
    rules = at_a(
        ("/id/[0-9]+", "ImplementationSpecific", "web"),
        ("/id/.*", "ImplementationSpecific", "cart"),
        **annotated(use_regex="true"),
    )
    assert [answer(NGINX, f"{A}{p}", rules) for p in ("/id/123a", "/id/x")] == ["web", "cart"]


def test_12_without_the_secret_a_self_signed_certificate_is_shown_and_308_still_answers():
    rules = at_a(("/", "Prefix", "web"), tls=["a.example"])
    plain = ingress("other", ("b.example", [("/", "Prefix", "web")]))
    secure = traced(NGINX, f"{TLS_A}/", rules, secret("unrelated"))
    assert (secure.final.state, secure.final.certificate) == ("delivered", "default")
    assert answer(NGINX, f"{A}/", rules, secret("unrelated")) == 308
    other = traced(NGINX, "https://b.example/", rules, plain)
    assert (other.final.state, other.final.certificate) == ("delivered", "default")


def test_13_the_redirect_to_https_is_for_the_whole_host():
    secured = at_a(("/safe", "Prefix", "web"), tls=["a.example"])
    other = at_a(("/open", "Prefix", "cart"), name="open")
    assert answer(NGINX, f"{A}/open", other) == "cart"
    assert answer(NGINX, f"{A}/open", secured, other) == 308
    wild = ingress("wild", ("*.a.example", [("/", "Prefix", "web")]), tls=["*.a.example"])
    sibling = ingress("sibling", ("b.a.example", [("/", "Prefix", "cart")]))
    assert answer(NGINX, "http://b.a.example/", wild, sibling) == 308


def test_14_the_certificate_follows_the_server_name_and_the_rule_the_host():
    rules = (
        at_a(("/", "Prefix", "web"), tls=["a.example"]),
        ingress("b", ("b.example", [("/", "Prefix", "cart")])),
    )
    crossed = traced(NGINX, "https://b.example/", *rules, sni="a.example").final
    assert (crossed.backend, crossed.certificate) == ("shop/cart:80", "shop/cert")
    elsewhere = traced(NGINX, f"{TLS_A}/", rules[0], secret(namespace="other")).final
    assert elsewhere.certificate == "default"


def test_15_308_and_not_301_without_the_last_slash_and_301_for_a_missing_one():
    secured = at_a(("/", "Prefix", "web"), tls=["a.example"])
    final = traced(NGINX, f"{A}/cart/", secured).final
    assert (final.status, final.location) == (308, "https://a.example/cart")
    for kind in ("Prefix", "Exact"):
        docs = traced(NGINX, f"{A}/docs", at_a(("/docs/", kind, "web"))).final
        assert (docs.status, docs.location) == (301, "http://a.example/docs/")


def test_16_of_two_equal_rules_the_oldest_wins_and_of_one_second_the_last_name():
    def twice(made):
        return (
            at_a(("/", "Prefix", "web"), name="aa", made=made[0]),
            at_a(("/", "Prefix", "cart"), name="zz", made=made[1]),
        )

    assert answer(NGINX, f"{A}/", *twice((OLD, NEW))) == "web"
    assert answer(NGINX, f"{A}/", *twice((NEW, OLD))) == "cart"
    assert answer(NGINX, f"{A}/", *twice((OLD, OLD))) == "cart"
    routes = gateway(("aa", "a.example", [to("web")], OLD), ("zz", "a.example", [to("cart")], OLD))
    assert answer(None, f"{A}/", routes) == "web"


def test_17_a_canary_goes_by_header_then_cookie_then_weight_and_saves_nobody():
    def served(primary, canary, headers=None, **how):
        given = annotated(canary="true", canary_by_header="x-canary", canary_by_cookie="tryit", **how)
        second = at_a(("/", "Prefix", canary), name="second", **given)
        return answer(NGINX, f"{A}/", at_a(("/", "Prefix", primary)), second, headers=headers or {})

    always, never = {"x-canary": "always"}, {"x-canary": "never", "Cookie": "tryit=always"}
    assert served("web", "cart", always, canary_weight="0") == "cart"
    assert served("web", "cart", never, canary_weight="100") == "web"
    assert served("web", "cart", {"Cookie": "tryit=never"}, canary_weight="100") == "web"
    assert served("web", "cart", canary_weight="100") == "cart"
    assert served("web", "empty", canary_weight="100") == "web"
    assert served("empty", "cart", canary_weight="100") == 503


def test_18_a_wrong_class_is_ignored_in_silence_and_looks_like_404():
    classes = """
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: fast}
spec: {controller: k8s.io/ingress-nginx}
---
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: nginx}
spec: {controller: example.com/other}
"""
    mine = ingress("mine", ("b.example", [("/", "Prefix", "web")]), ingressClassName="fast")
    assert answer(NGINX, "http://b.example/", classes, mine) == "web"
    wrong = at_a(("/", "Prefix", "web"), ingressClassName="fats")
    final = traced(NGINX, f"{A}/", classes, mine, wrong).final
    assert (final.status, final.code) == (404, "SIM2006")
    assert "no IngressClass fats" in final.message


def test_19_the_port_is_the_services_and_only_ingress_nginx_takes_the_pods():
    by_target = at_a(("/", "Prefix", "web:8080"))
    assert answer(NGINX, f"{A}/", by_target) == "web"
    assert [answer(p, f"{A}/", by_target) for p in ("spec", "nginx-inc", "traefik")] == [503, 502, 404]
    routes = gateway(("r", "a.example", [{"backendRefs": [{"name": "web", "port": 8080}]}]))
    assert answer(None, f"{A}/", routes) == 500


def test_20_a_gateway_does_not_redirect_by_itself_and_a_grant_stands_with_the_target():
    redirect = {"filters": [{"type": "RequestRedirect", "requestRedirect": {"scheme": "https"}}]}
    assert answer(None, f"{A}/", gateway(("r", "a.example", [to("web")]))) == "web"
    assert answer(None, f"{A}/", gateway(("r", "a.example", [redirect]))) == 302
    far = SERVICES.replace("namespace: shop", "namespace: data")
    routes = gateway(
        ("r", "a.example", [{"backendRefs": [{"name": "web", "namespace": "data", "port": 80}]}])
    )

    def grant(namespace):
        return f"""
apiVersion: gateway.networking.k8s.io/v1beta1
kind: ReferenceGrant
metadata: {{name: g, namespace: {namespace}}}
spec:
  from: [{{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: shop}}]
  to: [{{group: "", kind: Service}}]
"""

    assert answer(None, f"{A}/", far, routes) == 500
    assert answer(None, f"{A}/", far, routes, grant("shop")) == 500
    assert answer(None, f"{A}/", far, routes, grant("data")) == "web"


REFUSED = """
apiVersion: networking.k8s.io/VERSION
kind: Ingress
metadata: {name: shop, namespace: shop, annotations: {NOTES}}
spec:
  rules:
  - host: a.example
    http: {paths: [PATH]}
"""
SOUND = "{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}"


@pytest.mark.parametrize(
    ("version", "notes", "path_", "status"),
    [
        pytest.param("v1", "x/y: 'true'", SOUND, 0, id="a string"),
        pytest.param("v1", "x/y: true", SOUND, 2, id="a boolean"),
        pytest.param("v1", "", SOUND.replace("pathType: Prefix, ", ""), 2, id="no pathType"),
        pytest.param("v1", "", "{path: /, pathType: Prefix, backend: {serviceName: web, servicePort: 80}}", 2, id="serviceName"),
        pytest.param("v1beta1", "", SOUND, 2, id="v1beta1"),
    ],
)  # fmt: skip
def test_21_annotations_are_strings_and_old_fields_are_refused(tmp_path, version, notes, path_, status):
    text = REFUSED.replace("VERSION", version).replace("NOTES", notes).replace("PATH", path_)
    (tmp_path / "shop.yaml").write_text(f"{SERVICES}\n---\n{text}")
    assert sim("trace", "-f", tmp_path, f"{A}/").status == status


def test_22_valid_is_not_working(tmp_path):
    rows = [("/[0-9]+", "Prefix", "web"), ("/x", "Prefix", "gone"), ("/y", "Prefix", "web")]
    accepted = at_a(*rows, tls=["b.example"]), at_a(("/y", "Prefix", "cart"), name="twin")
    (tmp_path / "shop.yaml").write_text("\n---\n".join((SERVICES, *accepted)))
    assert sim("trace", "-f", tmp_path, f"{TLS_A}/x").status == 1
    found = sim("inspect", "-f", tmp_path)
    assert found.status == 1
    assert "gone" in found.out


def _tests() -> dict[str, str]:
    """Number -> the words of a test's name."""
    names = (name for name in globals() if re.match(r"test_\d\d_", name))
    return {name[5:7]: name[8:].replace("_", " ") for name in names}


def test_every_surprise_has_a_test_and_a_line():
    headings = dict(re.findall(r"^## (\d+)\. (.+)$", DOC.read_text(), re.MULTILINE))
    said = {
        f"{int(number):02}": re.sub(r"[^a-z0-9 ]", "", text.lower().replace("-", " "))
        for number, text in headings.items()
    }
    assert said == _tests()
    assert sorted(map(int, headings)) == list(range(1, 23))


def test_every_surprise_has_a_command():
    sections = re.split(r"^## (?=\d)", DOC.read_text(), flags=re.MULTILINE)[1:]
    assert all("$ sim " in section for section in sections)

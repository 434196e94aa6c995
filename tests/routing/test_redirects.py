"""Redirects: those that lead back are told as loops, whatever made them, and only those."""

from __future__ import annotations

import json

import pytest
from clusters import cluster
from hypothesis import given, settings
from hypothesis import strategies as st
from shop import SERVICES, ingress

from sim.analysis.check import check_document
from sim.analysis.trace import Client
from sim.manifests.reading.loading import documents
from sim.routing import Request, redirects
from sim.routing.final import Redirected
from sim.routing.route import follow, route
from sim.simulation.design.compiler import _reason

NGINX = "nginx.ingress.kubernetes.io"
ROOT = [("/", "Prefix", "web")]


def host(number: int) -> str:
    return f"h{number}.example"


def by_ingresses(leads: list[int | None]) -> str:
    """Host n is redirected to another, or served."""
    return "\n---\n".join(
        ingress(
            f"i{n}",
            (host(n), ROOT),
            annotations={} if to is None else {f"{NGINX}/permanent-redirect": f"http://{host(to)}/"},
        )
        for n, to in enumerate(leads)
    )


def by_routes(leads: list[int | None]) -> str:
    """The same with a Gateway and HTTPRoutes."""
    gateway = {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "Gateway",
        "metadata": {"name": "door", "namespace": "shop"},
        "spec": {"gatewayClassName": "std", "listeners": [{"name": "web", "port": 80, "protocol": "HTTP"}]},
    }
    kind = {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "GatewayClass",
        "metadata": {"name": "std"},
        "spec": {"controllerName": "example.com/std"},
    }
    return "\n---\n".join(map(json.dumps, [kind, gateway, *(_route(n, to) for n, to in enumerate(leads))]))


def _route(number: int, to: int | None) -> dict[str, object]:
    redirect = {"type": "RequestRedirect", "requestRedirect": {"hostname": host(to or 0), "statusCode": 301}}
    rule = {"backendRefs": [{"name": "web", "port": 80}]} if to is None else {"filters": [redirect]}
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": {"name": f"r{number}", "namespace": "shop"},
        "spec": {"parentRefs": [{"name": "door"}], "hostnames": [host(number)], "rules": [rule]},
    }


def never_ends(leads: list[int | None], start: int) -> bool:
    """By the graph alone: whoever walks as many steps as there are hosts has come back somewhere."""
    at: int | None = start
    for _ in leads:
        at = None if at is None else leads[at]
    return at is not None


GRAPHS = st.integers(1, 9).flatmap(
    lambda n: st.lists(st.one_of(st.none(), st.integers(0, n - 1)), min_size=n, max_size=n)
)


@pytest.mark.parametrize("written", [by_ingresses, by_routes])
@settings(max_examples=10, deadline=None)
@given(leads=GRAPHS)
def test_loops_are_found_in_any_graph_of_redirects_and_only_those(written, leads):
    found = cluster(SERVICES, written(leads))
    for start in range(len(leads)):
        request, endless = Request(host(start)), never_ends(leads, start)
        trace, followed = route(found, request), follow(found, request)
        assert (trace.final.state == "redirected") == (leads[start] is not None)
        assert trace.final.loop == endless
        assert trace.final.fine != endless
        assert followed[-1].final.loop == endless
        assert (followed[-1].final.state == "delivered") != endless
        urls = [t.request.url for t in followed]
        assert len(set(urls)) == len(urls), "the first repetition ends it"
        assert _reason(trace) == ("redirect-loop" if endless else _reason(trace))
        assert route(found, request, explain=False).final.loop == endless


LOOPS = {
    "app-root": ("http://a.example/", {f"{NGINX}/app-root": "/"}),
    "permanent-redirect": ("http://a.example/x", {f"{NGINX}/permanent-redirect": "http://a.example/y"}),
    "temporal-redirect": ("http://a.example/x", {f"{NGINX}/temporal-redirect": "http://a.example/z"}),
    "rewrite-target": ("http://a.example/x", {f"{NGINX}/rewrite-target": "http://a.example/x"}),
    "another spelling": ("http://a.example/x", {f"{NGINX}/permanent-redirect": "http://A.example:80/x"}),
}


@pytest.mark.parametrize("name", LOOPS)
def test_an_annotation_that_leads_to_its_own_rule(name):
    url, said = LOOPS[name]
    found = cluster(SERVICES, ingress("shop", ("a.example", ROOT), annotations=said))
    trace = Client(found).trace(Request.parse(url))
    assert (trace.final.state, trace.final.code, trace.final.loop) == ("redirected", "SIM2095", True)
    assert trace.status() == 1
    assert trace.to_json()["final"]["loop"] is True
    assert "loop" in trace.final.message
    last = Client(found).follow(Request.parse(url))[-1]
    assert (last.final.state, last.final.loop, last.status()) == ("redirected", True, 1)


def test_redirects_to_ever_longer_urls_have_no_end_either():
    modifier = {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/deeper"}
    route_of_all = _route(0, 0)
    route_of_all["spec"]["rules"][0]["filters"][0]["requestRedirect"] = {"path": modifier}
    found = cluster(SERVICES, by_routes([]), json.dumps(route_of_all))
    traces = follow(found, Request(host(0), "/x"))
    assert len(traces) == 11
    assert {(t.final.code, t.final.loop) for t in traces} == {("SIM2095", True)}


def test_redirects_whose_urls_double_are_followed_no_further_than_anybody_would():
    asked: list[int] = []

    def ask(request: Request) -> Redirected:
        asked.append(len(request.path))
        return Redirected("redirected", "again", status=302, location=request.path * 2)

    first = Request("a.example", "/x")
    told = redirects.judged(first, ask(first), ask)
    assert told.loop
    assert max(asked) <= 2 * redirects.LONGEST_URL


SOUND = {
    "to https that is served": ("http://a.example/x", {}),
    "app-root": ("https://a.example/", {f"{NGINX}/app-root": "/start"}),
    "elsewhere": ("https://a.example/x", {f"{NGINX}/permanent-redirect": "https://www.example.org/"}),
    "no URL": ("https://a.example/x", {f"{NGINX}/permanent-redirect": "https://:0/"}),
}


@pytest.mark.parametrize("name", SOUND)
def test_a_sound_redirect_is_none(name):
    url, said = SOUND[name]
    found = cluster(SERVICES, ingress("shop", ("a.example", ROOT), annotations=said, tls=["a.example"]))
    trace = Client(found).trace(Request.parse(url))
    assert (trace.final.state, trace.final.loop, trace.status()) == ("redirected", False, 0)


def test_the_name_with_www_and_the_one_without_lead_to_each_other():
    both = ingress("shop", ("a.example", ROOT), annotations={f"{NGINX}/from-to-www-redirect": "true"})
    back = ingress("shop", ("a.example", ROOT), annotations={
        f"{NGINX}/from-to-www-redirect": "true", f"{NGINX}/permanent-redirect": "http://www.a.example",
    })  # fmt: skip
    assert not route(cluster(SERVICES, both), Request("www.a.example"), controller="ingress-nginx").final.loop
    final = route(cluster(SERVICES, back), Request("a.example")).final
    assert final.loop
    assert "take permanent-redirect off Ingress shop/shop" in (final.fix or "")


def test_a_host_header_goes_along_to_its_own_host_alone():
    said = {f"{NGINX}/permanent-redirect": "http://b.example/"}
    served = ingress("other", ("b.example", ROOT))
    found = cluster(SERVICES, ingress("shop", ("a.example", ROOT), annotations=said), served)
    balancer = found.services["ingress/ingress-nginx"].load_balancer[0]
    traces = follow(found, Request(balancer, headers={"Host": "a.example"}))
    assert [t.final.state for t in traces] == ["redirected", "delivered"]


def test_a_stated_way_in_is_that_of_the_host_alone():
    route_of_all = _route(0, 0)
    route_of_all["spec"]["hostnames"] = []
    route_of_all["spec"]["rules"][0]["filters"][0]["requestRedirect"] = {"hostname": "www.example.org"}
    found = cluster(SERVICES, by_routes([]), json.dumps(route_of_all))
    assert not route(found, Request("a.example"), to="gateway:shop/door").final.loop
    assert route(found, Request("www.example.org"), to="gateway:shop/door").final.loop


def test_a_check_can_expect_a_loop_or_none():
    said = {f"{NGINX}/permanent-redirect": "http://a.example/"}
    manifests = [json.loads(ingress("shop", ("a.example", ROOT), annotations=said))]
    cases = [{"id": str(e), "request": {"host": "a.example"}, "expect": {"loop": e}} for e in (True, False)]
    (document,) = documents(json.dumps({"manifests": manifests, "cases": cases}), "routes.yaml")
    assert [r.passed for r in check_document(document).results] == [True, False]

"""What annotations and ConfigMaps ask about choosing a Pod: one fact, which a trace and a run both read."""

from __future__ import annotations

import pytest
from configured import told
from edge import NGINX
from other_edges import HOST, HTTP, built
from shop import ingress

from sim.analysis.trace import Client
from sim.routing import Request
from sim.routing.controllers.haproxy_backends import asked as settings
from sim.routing.proxies import PROGRAMS
from sim.routing.proxies.ingress_nginx import of_size
from sim.routing.proxies.retries import Check
from sim.routing.proxies.values import Backend, Backends, View
from sim.routing.running import balancing_of
from sim.simulation.design import compile_design

F5, HAPROXY = "nginx.org", "haproxy.org"


def asked(profile, annotations=None, data=None, service=None, **more):
    """The cluster, its trace, and how its controller spreads the requests of one rule."""
    rule = ingress("shop", (HOST, [("/x", "Prefix", "web")]), annotations=annotations or {}, **more)
    cluster = built(profile, data, objects=[rule], of_service=service)
    trace = Client(cluster, to="lb:edge/edge").trace(Request.parse(HTTP))
    (controller,) = cluster.controllers
    assert trace.final.sent is not None
    found = balancing_of(cluster, controller, asked=trace.final.sent.balancing)
    assert f"({found.method.name}, per request)" in trace.hops[-1].says
    return trace, found


def may_change(trace):
    return {entry.what.rpartition(" ")[2] for entry in trace.unmodelled if entry.may_change_answer}


@pytest.mark.parametrize(
    ("said", "method", "key"),
    [
        ("round_robin", "round-robin", ""),
        ("least_conn", "least-conn", ""),
        ("ip_hash", "ip-hash", ""),
        ("random", "random", ""),
        ("random two", "random-two", ""),
        ("random two least_conn", "random-two", ""),
        ("hash $request_uri", "hash", "$request_uri"),
        ("hash $http_x_user consistent", "hash-consistent", "$http_x_user"),
        ("least_time header", "random-two", ""),
        ("hash", "random-two", ""),
    ],
)
@pytest.mark.parametrize("place", ["annotation", "ConfigMap"])
def test_the_methods_of_f5s_controller(place, said, method, key):
    annotations, data = {f"{F5}/lb-method": said}, {"lb-method": said}
    _, found = asked("nginx-inc", *((annotations, None) if place == "annotation" else (None, data)))
    assert (found.method.full_name, found.key) == (f"nginx/{method}", key or "$request_uri")


def test_an_annotation_of_f5s_controller_goes_before_its_configmap():
    _, found = asked(
        "nginx-inc", {f"{F5}/lb-method": "hash $host"}, {"lb-method": "least_conn", "max-fails": "3"}
    )
    assert (found.method.name, found.key, found.retries.max_fails) == ("hash", "$host", 3)


def test_limits_and_failures_of_f5s_controller():
    said = {
        "max-conns": "7",
        "max-fails": "0",
        "fail-timeout": "1m",
        "proxy-connect-timeout": "2s",
        "proxy-read-timeout": "1m30s",
        "proxy-next-upstream": "error http_502 non_idempotent",
        "proxy-next-upstream-tries": "2",
        "proxy-next-upstream-timeout": "9s",
        "sticky-cookie-services": "serviceName=web route expires=1h;serviceName=other x",
    }
    trace, found = asked("nginx-inc", {f"{F5}/{name}": text for name, text in said.items()})
    goes_on = found.retries
    assert (found.most_open, goes_on.max_fails, goes_on.fail_timeout_s) == (7, 0, 60.0)
    assert (goes_on.connect_timeout_s, goes_on.read_timeout_s, goes_on.within_s) == (2.0, 90.0, 9.0)
    assert (goes_on.after, goes_on.tries, goes_on.repeats) == ({"refused", "closed", 502}, 2, True)
    assert (found.cookie, found.method.even) == ("route", False)
    assert not may_change(trace)


def test_a_minion_asks_as_its_master_where_it_says_nothing():
    kind = f"{F5}/mergeable-ingress-type"
    said = {f"{F5}/lb-method": "ip_hash", f"{F5}/max-fails": "5", f"{F5}/proxy-next-upstream-tries": "2"}
    master = ingress("master", (HOST, []), annotations={kind: "master"} | said)
    minion = ingress(
        "minion", (HOST, [("/x", "Prefix", "web")]), annotations={kind: "minion", f"{F5}/max-fails": "2"}
    )
    cluster = built("nginx-inc", objects=[master, minion])
    sent = Client(cluster, to="lb:edge/edge").trace(Request.parse(HTTP)).final.sent
    found = balancing_of(cluster, cluster.controllers[0], asked=sent.balancing)
    assert (found.method.name, found.retries.max_fails, found.retries.tries) == ("ip-hash", 2, 0)


@pytest.mark.parametrize(
    ("said", "method", "key"),
    [
        ("roundrobin", "round-robin", ""),
        ("static-rr", "static-rr", ""),
        ("leastconn", "least-conn", ""),
        ("first", "first", ""),
        ("source", "source", ""),
        ("uri", "uri", ""),
        ("random", "random", ""),
        ("random(2)", "random", ""),
        ("hdr(X-User)", "hdr", "$http_x_user"),
        ("url_param id", "hdr", "$arg_id"),
    ],
)
@pytest.mark.parametrize("place", ["Ingress", "Service", "ConfigMap"])
def test_the_algorithms_of_haproxy(place, said, method, key):
    own = {f"{HAPROXY}/load-balance": said}
    places = {"Ingress": (own,), "ConfigMap": (None, {"load-balance": said}), "Service": (None, None, own)}
    trace, found = asked("haproxy", *places[place])
    assert (found.method.full_name, found.key) == (f"haproxy/{method}", key or "$request_uri")
    assert not may_change(trace)


@pytest.mark.parametrize(
    "said", ["random(3)", "uri whole", "uri depth 2", "rdp-cookie", "hdr(Host) use_domain_only"]
)
def test_a_balance_that_is_not_modelled_is_named(said):
    trace, found = asked("haproxy", {f"{HAPROXY}/load-balance": said})
    assert found.method.name == "round-robin"
    assert may_change(trace) == {f"{HAPROXY}/load-balance"}


def test_a_service_of_haproxy_goes_before_the_ingress_and_that_before_the_configmap():
    _, found = asked(
        "haproxy",
        {f"{HAPROXY}/load-balance": "leastconn", f"{HAPROXY}/pod-maxconn": "20"},
        {"load-balance": "first", "timeout-queue": "1s", "check-interval": "500"},
        {"haproxy.com/load-balance": "source"},
    )
    assert (found.method.name, found.most_open) == ("source", 20)
    assert (found.retries.queue_s, found.retries.check) == (1.0, Check(interval_s=0.5))


def test_checks_of_haproxy_may_be_off_and_a_cookie_is_of_service_or_configmap():
    own = {f"{HAPROXY}/check": "false", f"{HAPROXY}/cookie-persistence": "here"}
    _, found = asked("haproxy", own)
    assert (found.retries.check, found.cookie) == (None, "")
    _, found = asked("haproxy", service=own)
    assert (found.retries.check, found.cookie) == (None, "here")
    _, found = asked("haproxy", data={"cookie-persistence": "there", "check": "no"})
    assert (found.retries.check, found.cookie) == (None, "there"), "what is no truth value is no"
    _, found = asked("haproxy", data={"check": "on"})
    assert found.retries.check == Check()


def test_what_a_pod_may_hold_is_shared_out_among_the_pods_of_haproxys_controller():
    assert [settings({"pod-maxconn": "20"}, pods).most_open for pods in (0, 1, 3)] == [20, 20, 6]


def chosen(name, keys, draw=0.5, pods=7, size=3):
    listed = Backends(tuple(Backend(str(n), f"10.0.0.{n}:80") for n in range(pods)))
    choose = of_size(PROGRAMS["ingress-nginx"][name], size).choose
    return [choose(View(listed, [0] * pods, key=key), None, lambda _: draw).index for key in keys]


@pytest.mark.parametrize(("pods", "size"), [(7, 3), (6, 3), (2, 5), (1, 1)])
def test_a_subset_is_what_a_key_leads_to_and_chance_decides_in_it(pods, size):
    keys = [f"/{n}" for n in range(200)]
    by_key = [set(found) for found in zip(
        *(chosen("hash-subset", keys, n / size + 0.01, pods, size) for n in range(size)), strict=True
    )]  # fmt: skip
    sets = {
        frozenset(n % pods if n >= pods else n for n in range(first, first + size))
        for first in range(0, pods, size)
    }
    assert {frozenset(found) for found in by_key} == sets


def test_an_annotation_asks_for_subsets():
    found = told({}, {f"{NGINX}/upstream-hash-by": "$request_uri", f"{NGINX}/upstream-hash-by-subset": "true",
                      f"{NGINX}/upstream-hash-by-subset-size": "2"}, pods=4)  # fmt: skip
    (upstream,) = compile_design(found.plans(["single-ingress"])[0], found.scenario, found.rules).upstreams
    assert upstream.method == of_size(PROGRAMS["ingress-nginx"]["hash-subset"], 2)

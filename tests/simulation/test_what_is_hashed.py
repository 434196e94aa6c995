"""In a run a hash goes by what is named: the request, the client's address as it arrives, its session."""

from __future__ import annotations

import json
from collections import defaultdict

import pytest
from configured import HOST, RULE, told
from edge import NGINX, controller
from small import NO_DELAY, app, experiment

from sim.routing import Request
from sim.routing.controllers.variables import filled, parts_of, value_of
from sim.simulation.design import compile_design
from sim.simulation.engines import run

PODS = 6
ROW = {"host": HOST, "rps": 100, "duration_s": 4, "clients": 40}


def designed(found):
    return compile_design(found.plans(["single-ingress"])[0], found.scenario, found.rules)


def pods_of(found):
    """Which Pods the requests of each row came to."""
    result = run(designed(found), found.scenario, 1)
    by_row = defaultdict(set)
    for row, pod in zip(result.row.tolist(), result.pod.tolist(), strict=True):
        by_row[row] |= {pod} - {-1}
    return result, by_row


def hashed(by, *rows, **keys):
    rule = RULE | {"metadata": RULE["metadata"] | {"annotations": {f"{NGINX}/upstream-hash-by": by}}}
    text = "\n---\n".join((app(pods=PODS), *map(json.dumps, [*controller(), rule])))
    return experiment(text, traffic=[ROW | row for row in rows], latency=NO_DELAY, **keys)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$request_uri", "/a%20b?x=1&user=Ann"),
        ("$uri", "/a b"),
        ("$host$uri", "shop.example/a b"),
        ("${host}-${arg_user}", "shop.example-Ann"),
        ("$http_x_user", "ann"),
        ("$http_host", "Shop.example:8080"),
        ("$cookie_id;$args", "7;x=1&user=Ann"),
        ("$remote_addr", "203.0.113.9"),
        ("$http_absent", ""),
        ("plain", "plain"),
    ],
)
def test_a_text_is_filled_in_by_the_request(text, expected):
    headers = {"X-User": "ann", "Cookie": "a=b; id=7"}
    request = Request("Shop.example", "/a%20b?x=1&user=Ann", port=8080, headers=headers)
    assert value_of(text, request) == expected


def test_an_address_in_its_bytes():
    parts = parts_of("$binary_remote_addr", Request("a"))
    assert filled(parts, "203.0.113.9").encode("utf-8", "surrogateescape") == bytes((203, 0, 113, 9))


def test_a_session_is_the_clients_own_unless_the_request_brings_one():
    with_cookie = Request("a", headers={"Cookie": "route=abc|7e57"})
    assert filled(parts_of("$session", with_cookie, "route"), "", "own") == "abc"
    assert filled(parts_of("$session", Request("a"), "route"), "", "own") == "own"


def test_by_the_path_each_row_has_one_pod():
    _, by_row = pods_of(hashed("$request_uri", *({"path": f"/{n}"} for n in range(12))))
    assert {len(pods) for pods in by_row.values()} == {1}
    assert len(set.union(*by_row.values())) > 2


@pytest.mark.parametrize(
    ("by", "row"), [("$host", {}), ("$http_x_tenant", {"headers": {"X-Tenant": "acme"}})]
)
def test_what_all_requests_share_gives_one_pod_everything(by, row):
    _, by_row = pods_of(hashed(by, row))
    assert len(by_row[0]) == 1


def test_behind_a_node_that_masquerades_the_address_is_the_nodes():
    found = hashed("$remote_addr", {})
    nodes = {address for flow in designed(found).flows for address in flow.seen.values()}
    assert nodes == {node.address for node in found.plans(["single-ingress"])[0].cluster.nodes}
    _, by_row = pods_of(found)
    assert len(by_row[0]) <= len(nodes)


def test_a_load_balancer_that_keeps_the_address_lets_clients_spread():
    found = hashed("$remote_addr", {}, lb_targets="pod")
    assert all(not flow.seen for flow in designed(found).flows)
    _, by_row = pods_of(found)
    assert len(by_row[0]) == PODS


@pytest.mark.parametrize("mode", ["balanced", "persistent"])
def test_a_session_keeps_every_client_at_one_pod(mode):
    annotations = {f"{NGINX}/affinity": "cookie", f"{NGINX}/affinity-mode": mode}
    rows = {"users": 30, "requests": 600, "think": "1ms", "keep_alive": 1000}
    found = told({}, annotations, pods=PODS, row=rows)
    design = designed(found)
    assert design.upstreams[0].cookie == "INGRESSCOOKIE"
    result = run(design, found.scenario, 1)
    by_connection = defaultdict(set)
    for connection, pod in zip(result.connection.tolist(), result.pod.tolist(), strict=True):
        by_connection[connection].add(pod)
    assert {len(pods) for pods in by_connection.values()} == {1}
    assert len(set(result.pod.tolist())) > 2


def test_a_study_may_say_what_is_hashed():
    key = {"balancing": "nginx/hash-consistent", "hash_by": "$http_x_user"}
    found = told({}, pods=PODS, controller=key, row=ROW | {"headers": {"X-User": "ann"}})
    assert designed(found).flows[0].key == (("text", "ann"),)
    _, by_row = pods_of(found)
    assert len(by_row[0]) == 1


@pytest.mark.parametrize(("said", "cpus", "workers"), [({}, 1, 1), ({"proxy_workers": 4}, 1, 4)])
def test_workers_are_those_that_are_stated(said, cpus, workers):
    assert designed(told({}, controller=said)).flows[0].proxy_workers == workers

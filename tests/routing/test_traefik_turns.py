"""Traefik's own turns: by deadline, shuffled once, over a heap as Go keeps it."""

from __future__ import annotations

import heapq
from collections import Counter

import pytest
from other_edges import HOST, HTTP, built
from shop import ingress

from sim.analysis.trace import Client
from sim.routing import Request
from sim.routing.proxies.traefik import round_robin, shuffled
from sim.routing.proxies.values import Backend, Backends, View
from sim.routing.running import balancing_of, running_of

NAME = "traefik.ingress.kubernetes.io/service.sticky.cookie"


def turns(weights, count, draw=0.0, up=None):
    listed = Backends(tuple(Backend(str(n), weight=w) for n, w in enumerate(weights)))
    state, chosen = None, []
    for _ in range(count):
        choice = round_robin(View(listed, [0] * len(weights), up=up), state, lambda _: draw)
        state = choice.state
        chosen.append(choice.index)
    return chosen


def test_every_order_is_as_likely_as_the_others():
    orders = Counter(tuple(shuffled(3, (n + 0.5) / 600)) for n in range(600))
    assert (len(orders), set(orders.values())) == (6, {100})


@pytest.mark.parametrize("pods", [1, 2, 3, 5, 8])
def test_equal_pods_have_one_turn_in_every_round(pods):
    chosen = turns([1] * pods, 6 * pods, 0.37)
    assert all(len(set(chosen[n : n + pods])) == pods for n in range(0, 6 * pods, pods))


@pytest.mark.parametrize("weights", [(5, 1, 1), (3, 2, 1), (2, 2, 5)])
def test_weights_share_out_turns(weights):
    assert Counter(turns(weights, 10 * sum(weights))) == {n: 10 * w for n, w in enumerate(weights)}


def test_deadlines_decide_as_in_a_heap_without_ties():
    weights, queue = (7, 5, 3), [(1 / 7, 0), (1 / 5, 1), (1 / 3, 2)]
    expected = []
    for _ in range(12):
        deadline, place = heapq.heappop(queue)
        expected.append(place)
        heapq.heappush(queue, (deadline + 1 / weights[place], place))
    assert turns(weights, 12) == expected


def test_who_is_down_has_its_turn_and_is_passed_over():
    assert set(turns([1, 1, 1], 12, up=[True, False, True])) == {0, 2}
    assert turns([1, 1], 2, up=[False, False]) == [None, None]


def asked(of_service=None, *arguments):
    rule = ingress("shop", (HOST, [("/x", "Prefix", "web")]))
    cluster = built("traefik", arguments=arguments, objects=[rule], of_service=of_service)
    trace = Client(cluster, to="lb:edge/edge").trace(Request.parse(HTTP))
    return trace, balancing_of(cluster, cluster.controllers[0], asked=trace.final.sent.balancing), cluster


@pytest.mark.parametrize(
    ("annotations", "cookie"),
    [
        ({}, ""),
        ({NAME: "true"}, "session"),
        ({NAME: "true", f"{NAME}.name": "door"}, "door"),
        ({NAME: "false"}, ""),
    ],
)
def test_a_cookie_of_the_service_binds(annotations, cookie):
    trace, found, _ = asked(annotations)
    assert (found.method.full_name, found.cookie) == ("traefik/round-robin", cookie)
    assert not any(NAME in entry.what for entry in trace.unmodelled if entry.may_change_answer)


def test_time_outs_are_those_of_the_arguments():
    _, usual, _ = asked()
    assert (usual.retries.connect_timeout_s, usual.retries.nobody, usual.retries.tries) == (30.0, 503, 1)
    name = "--serversTransport.forwardingTimeouts"
    _, _, cluster = asked(None, f"{name}.dialTimeout=2s", f"{name}.responseHeaderTimeout=9s")
    found = running_of(cluster.controllers[0]).retries
    assert (found.connect_timeout_s, found.read_timeout_s) == (2.0, 9.0)

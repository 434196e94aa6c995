"""The share of requests that fails with one part, against the closed form where there is one."""

from __future__ import annotations

import numpy as np
import pytest
from small import HOST, app, experiment

from sim.comparison.blast_radius import ONE_FOR_ALL, Radius, blast_radius, interval, parts
from sim.plans import PLANS

EVEN_NODES = [{"name": f"node-{n}", "zone": f"zone-{n}"} for n in range(5)]


def measured(
    plan: str, manifests: str, rows, seed: int = 1, requests: int = 1500, **keys
) -> dict[str, Radius]:
    found = experiment(manifests, traffic=rows, **keys)
    return blast_radius(found, found.plans([plan])[0], seed, requests)


def services(count: int, pods: int = 2) -> str:
    return "---".join(app(f"s{n}", pods) for n in range(count))


@pytest.mark.parametrize("count", [2, 4, 10])
def test_one_of_n_load_balancers_equally_loaded_takes_one_nth(count):
    rows = [{"host": f"s{n}.shop.example", "rps": 10} for n in range(count)]
    alone = measured("lb-per-service", services(count), rows)["load_balancer"]
    assert alone.expected == pytest.approx(1 / count)
    assert alone.low <= alone.expected <= alone.high
    shared = measured("single-ingress", services(count), rows)["load_balancer"]
    assert (shared.expected, shared.share) == (1.0, 1.0)


@pytest.mark.parametrize("replicas", [2, 5])
@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("plan", ["single-ingress", "gateway"])
def test_one_of_r_controller_pods_takes_one_rth(plan, replicas, seed):
    rows = [{"host": HOST, "rps": 50}]
    found = measured(plan, app(pods=4), rows, seed, controller={"replicas": replicas})["controller_pod"]
    assert found.expected == pytest.approx(1 / replicas)
    assert found.low <= found.expected <= found.high


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("local", [False, True])
def test_one_of_m_nodes_takes_its_own_connections_and_those_to_its_pods(local, seed):
    """A Pod on each of five nodes: 1/5 enter by the dead one, and 1/5 of the rest are sent to its Pod."""
    manifests = app(pods=5)
    if local:
        manifests = manifests.replace(
            "type: LoadBalancer,", "type: LoadBalancer, externalTrafficPolicy: Local,"
        )
    rows = [{"host": HOST, "rps": 50}]
    found = measured("lb-per-service", manifests, rows, seed, nodes=EVEN_NODES)
    for kind in ("node", "zone"):
        assert found[kind].expected == pytest.approx(1 / 5 if local else 9 / 25)
        assert found[kind].low <= found[kind].expected <= found[kind].high


@pytest.mark.parametrize("targets", ["node", "pod"])
def test_targets_that_are_pods_halve_what_a_node_can_take(targets):
    rows = [{"host": HOST, "rps": 50}]
    found = measured("lb-per-service", app(pods=5), rows, nodes=EVEN_NODES, lb_targets=targets)["node"]
    assert found.expected == pytest.approx(9 / 25 if targets == "node" else 1 / 5)
    assert found.low <= found.expected <= found.high


def test_a_bad_rule_takes_what_shares_its_hosts():
    rows = [{"host": f"s{n}.shop.example", "rps": 10} for n in range(4)]
    shares = {plan: measured(plan, services(4), rows, requests=400)["bad_rule"] for plan in PLANS}
    assert [shares[p].share for p in PLANS] == [0.0, 1.0, 1.0, 1.0, 0.0]
    assert all(s.expected == s.share for s in shares.values())


def test_where_connections_last_there_is_no_closed_form_and_a_wider_interval():
    rows = [{"host": HOST, "rps": 50, "keep_alive": 40}]
    lasting = measured("single-ingress", app(pods=4), rows)["controller_pod"]
    single = measured("single-ingress", app(pods=4), [{"host": HOST, "rps": 50}])["controller_pod"]
    assert lasting.expected is None
    assert lasting.share < single.share
    assert (lasting.high - lasting.low) / lasting.share > (single.high - single.low) / single.share


def test_what_fails_anyway_does_not_count():
    rows = [{"host": HOST, "rps": 25}, {"host": "nobody.example", "rps": 75}]
    found = measured("single-ingress", app(pods=4), rows)
    assert found["load_balancer"].n < 500
    assert found["load_balancer"].share == 1.0


@pytest.mark.parametrize("plan", PLANS)
def test_only_parts_that_a_plan_has_are_broken(plan):
    found = experiment(app(pods=2), traffic=[{"host": HOST, "rps": 5}])
    kinds = {kind for kind, names in parts(found, found.plans([plan])[0]).items() if names} - {ONE_FOR_ALL}
    controller = {"controller_pod"} if plan in ("single-ingress", "gateway") else set()
    assert kinds == {"load_balancer", "node", "zone", "bad_rule"} | controller


def test_the_interval_covers_as_often_as_it_says():
    """400 samples of 50 connections with 8 requests each, lost together: at most 3 % may miss 0.3."""
    draws = np.random.default_rng(1)
    connection = np.repeat(np.arange(50), 8)
    missed = 0
    for _ in range(400):
        _, low, high = interval(np.repeat(draws.random(50) < 0.3, 8), connection)
        missed += not low <= 0.3 <= high
    assert missed <= 12

"""NetworkPolicies in a walk: where a packet is judged, who answers then, and with which shares."""

from __future__ import annotations

import pytest
from clusters import cluster
from ends_pairs import DIRECT, POLICY, SHOP, URL
from findings_pairs import together

from sim.routing import Request, route
from sim.routing.controllers import PROFILES
from sim.routing.inside import connect

NOBODY = POLICY
HEADLESS = SHOP.replace("  selector:\n    app: web\n", "  clusterIP: None\n  selector:\n    app: web\n", 1)


@pytest.mark.parametrize(
    ("profile", "status"), [("ingress-nginx", 504), ("traefik", 504), ("haproxy", 503), ("spec", 504)]
)
def test_a_proxy_answers_by_its_own_habit(profile: str, status: int) -> None:
    final = route(cluster(together(SHOP, NOBODY)), Request.parse(URL), controller=profile).final
    assert (final.state, final.status, final.code) == ("answered-by-proxy", status, "SIM2120")
    assert PROFILES[profile].retries.when_unreachable == status


def test_a_load_balancer_brings_each_client_to_a_pod_by_its_node() -> None:
    """Under policy Cluster the node's address is seen, and a Pod's own node always comes through."""
    final = route(cluster(together(DIRECT, NOBODY)), Request.parse("http://web.shop/")).final
    shares = {outcome.state: outcome.probability for outcome in final.outcomes}
    assert shares == {"timeout": pytest.approx(2 / 3), "delivered": pytest.approx(1 / 3)}


@pytest.mark.parametrize(
    "text", [pytest.param(SHOP, id="a ClusterIP"), pytest.param(HEADLESS, id="headless")]
)
def test_a_connection_between_pods_is_judged_at_the_port_of_the_pod(text: str) -> None:
    there = cluster(together(text, POLICY + "  ingress: [{ports: [{port: 8080}]}]\n", _client()))
    port = 8080 if "clusterIP: None" in text else 80
    trace = connect(there, Request.parse(f"tcp://web.shop:{port}"), "pod:desk/client")
    assert trace.final.state == "delivered"
    assert any(hop.name == "network policies" for hop in trace.hops)
    shut = cluster(together(text, NOBODY, _client()))
    final = connect(shut, Request.parse(f"tcp://web.shop:{port}"), "pod:desk/client").final
    assert (final.state, final.code) == ("timeout", "SIM2120")


def test_without_a_policy_no_hop_is_added() -> None:
    trace = route(cluster(SHOP), Request.parse(URL))
    assert [hop.name for hop in trace.hops if hop.name == "network policies"] == []


def _client() -> str:
    return "apiVersion: v1\nkind: Pod\nmetadata: {name: client, namespace: desk}\nspec: {containers: [{name: main, image: app}]}\n"

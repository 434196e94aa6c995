"""What kube-proxy promises whatever the Services and endpoints: checked on clusters drawn at random."""

from __future__ import annotations

import math

import pytest
import yaml
from examples import examples
from hypothesis import given
from hypothesis import strategies as st

from sim.cluster.setup import Setup
from sim.manifests.decoding import from_document, merge
from sim.manifests.reading.loading import documents
from sim.routing.building import build
from sim.routing.kube_proxy import MODES, Options, Packet, proxy_of
from sim.routing.kube_proxy.affinity import RECENT_LIMIT
from sim.routing.kube_proxy.connections import ConnectionTable
from sim.routing.kube_proxy.schedulers import SCHEDULERS, RealServer
from sim.routing.kube_proxy.virtual_servers import shuffled

NODES = ("node1", "node2", "node3")
SOURCES = ("10.244.1.9", "192.168.0.2", "203.0.113.9", "10.244.9.1")
TABLE = Options()
conditions = st.sampled_from([
    {"ready": True, "serving": True}, {"ready": False, "serving": False},
    {"ready": False, "serving": True, "terminating": True}, {"ready": False, "serving": False, "terminating": True},
])  # fmt: skip
endpoint = st.tuples(conditions, st.sampled_from(NODES), st.sampled_from([None, "zone-1", "zone-2"]))
policies = st.sampled_from(["Cluster", "Local"])
service = st.tuples(st.sampled_from(["ClusterIP", "NodePort", "LoadBalancer"]), policies, policies, st.sampled_from(["None", "ClientIP"]), st.booleans(), st.lists(endpoint, max_size=6))  # fmt: skip


def manifests(drawn, number=1):
    kind, outside, inside, affinity, ranges, endpoints = drawn
    spec = {
        "type": kind,
        "clusterIP": f"10.96.0.{number}",
        "ports": [{"name": "http", "port": 80, "targetPort": 8080}],
    }
    spec |= {
        "internalTrafficPolicy": inside,
        "sessionAffinity": affinity,
        "externalIPs": [f"198.51.100.{100 + number}"],
    }
    if kind != "ClusterIP":
        spec["externalTrafficPolicy"] = outside
        spec["ports"][0]["nodePort"] = 30000 + number
    made = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": f"s{number}", "namespace": "shop"},
        "spec": spec,
    }
    if kind == "LoadBalancer":
        spec["loadBalancerSourceRanges"] = ["203.0.113.0/24"] if ranges else []
        made["status"] = {"loadBalancer": {"ingress": [{"ip": f"198.51.100.{number}"}]}}
    listed = [
        {
            "addresses": [f"10.244.{number + 8}.{i + 1}"],
            "conditions": c,
            "nodeName": n,
            **({"hints": {"forZones": [{"name": z}]}} if z else {}),
        }
        for i, (c, n, z) in enumerate(endpoints)
    ]
    labels = {"kubernetes.io/service-name": f"s{number}"}
    piece = {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "addressType": "IPv4",
        "endpoints": listed,
        "ports": [{"name": "http", "port": 8080}],
    }
    return [made, piece | {"metadata": {"name": f"s{number}-1", "namespace": "shop", "labels": labels}}]


def proxy(*objects):
    read = merge(from_document(d) for d in documents(yaml.safe_dump_all(objects), "a.yaml"))
    nodes = tuple((n, f"zone-{i + 1}") for i, n in enumerate(NODES))
    cluster = build(read, Setup(nodes=nodes, controllers=(), assume_endpoints=False, provider=False))
    return proxy_of(cluster, cluster.nodes[0], TABLE)


def packets(number=1):
    ends = [
        (f"10.96.0.{number}", 80),
        (f"198.51.100.{100 + number}", 80),
        (f"198.51.100.{number}", 80),
        ("192.168.0.2", 30000 + number),
    ]
    return [Packet(source, address, port) for source in SOURCES for address, port in ends]


@examples(30)
@given(service)
def test_the_branches_sum_to_one_and_only_serving_endpoints_are_chosen(drawn):
    node = proxy(*manifests(drawn))
    for mode in MODES.values():
        for packet in packets():
            got = mode.decide(node, packet)
            assert (got.verdict == "dnat") == bool(got.endpoints)
            assert not got.endpoints or math.isclose(sum(got.probability for _ in got.endpoints), 1)
            assert all(e.serving for e in got.endpoints)
            assert got.because


@examples(20)
@given(service, service)
def test_an_unrelated_service_changes_nothing(drawn, other):
    alone, both = proxy(*manifests(drawn)), proxy(*manifests(drawn), *manifests(other, 2))
    for mode in MODES.values():
        for packet in packets():
            before, after = mode.decide(alone, packet), mode.decide(both, packet)
            said = [
                (v.verdict, v.chains, v.masquerade, [e.target for e in v.endpoints]) for v in (before, after)
            ]
            assert said[0] == said[1]


@examples(20)
@given(
    service, service, st.sampled_from(sorted(MODES)), st.lists(st.floats(0, 0.999), min_size=8, max_size=8)
)
def test_a_connection_never_changes_its_pod_while_its_entry_lives(drawn, later, mode, draws):
    through = ConnectionTable(proxy(*manifests(drawn)), mode)
    opened = {p: through.send(p._replace(source_port=9), 0.0, draws[0]) for p in packets()}
    through.apply(proxy(*manifests(later)), 5.0)
    for packet, first in opened.items():
        again = through.send(packet._replace(source_port=9), 6.0, draws[1])
        if first.verdict in {"dnat", "accept"}:
            assert (again.verdict, again.target) == ("established", first.target)


READY = ({"ready": True, "serving": True}, "node1", None)


def sticky(count=3):
    return ("ClusterIP", "Cluster", "Cluster", "ClientIP", False, [READY] * count)


def kept(mode, clients, draw):
    through = ConnectionTable(proxy(*manifests(sticky())), mode)
    first = [
        through.send(Packet(f"10.1.{i // 250}.{i % 250}", "10.96.0.1", 80, source_port=1), i, draw(i))
        for i in range(clients)
    ]
    again = [
        through.send(
            Packet(f"10.1.{i // 250}.{i % 250}", "10.96.0.1", 80, source_port=2), clients + i, draw(i + 1)
        )
        for i in range(clients)
    ]
    return sum(a.target == b.target for a, b in zip(first, again, strict=True))


@pytest.mark.parametrize(
    ("mode", "clients", "expected"),
    [
        pytest.param(
            "iptables", 3 * RECENT_LIMIT, 3 * RECENT_LIMIT, id="iptables-remembers-100-clients-per-endpoint"
        ),
        pytest.param("nftables", 900, 900, id="nftables-remembers-every-client"),
        pytest.param("ipvs", 900, 900, id="ipvs-remembers-every-client"),
    ],
)
def test_affinity_keeps_clients_up_to_the_limit_of_the_mode(mode, clients, expected):
    assert kept(mode, clients, lambda i: (i % 3) / 3) == expected


def test_iptables_forgets_clients_beyond_its_limit():
    assert kept("iptables", 900, lambda i: (i % 3) / 3) == 0


@pytest.mark.parametrize(
    ("name", "servers", "expected"),
    [
        pytest.param("lc", (RealServer("a", 1, 2), RealServer("b", 1, 1)), "b", id="lc-takes-the-least-load"),
        pytest.param(
            "wlc", (RealServer("a", 1, 0, 3), RealServer("b", 1, 0, 2)), "b", id="closed-ones-count-a-little"
        ),
        pytest.param(
            "sed", (RealServer("a", 1, 0, 9), RealServer("b", 1, 0, 0)), "a", id="sed-ignores-closed-ones"
        ),
        pytest.param("nq", (RealServer("a", 1, 1), RealServer("b", 1, 0)), "b", id="nq-takes-the-idle-one"),
        pytest.param("rr", (RealServer("a", 0), RealServer("b", 1)), "b", id="weight-0-takes-nothing"),
    ],
)
def test_a_scheduler_takes_the_server_that_its_rule_names(name, servers, expected):
    assert SCHEDULERS[name](servers, (), "10.1.1.1", "10.96.0.1")[0] == expected


@pytest.mark.parametrize("name", sorted(SCHEDULERS))
def test_every_scheduler_leaves_out_servers_that_are_leaving(name):
    servers = (RealServer("a", 0), RealServer("b", 0))
    assert SCHEDULERS[name](servers, (), "10.1.1.1", "10.96.0.1")[0] is None


def test_one_number_picks_any_order_of_the_servers():
    orders = {tuple(shuffled(["a", "b", "c"], i / 600)) for i in range(600)}
    assert len(orders) == 6

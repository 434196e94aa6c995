"""What kube-proxy writes: places and orders that the tables do not reach, and the command that shows it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import clusters
import pytest
from command import sim

from sim.cluster.cluster import Cluster
from sim.manifests.decoding import from_document, merge
from sim.manifests.reading.loading import documents
from sim.routing.building import build
from sim.routing.kube_proxy import Options, proxy_of
from sim.routing.kube_proxy.names import iptables_chain, nftables_chain
from sim.routing.kube_proxy.rules import WRITERS as MODES
from sim.routing.kube_proxy.rules import NodeRules, node_rules
from sim.routing.kube_proxy.rules.difference import changes, without_pod

SERVICE = """
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: SPEC
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
addressType: IPv4
metadata: {name: web-1, namespace: shop, labels: {kubernetes.io/service-name: web}}
ports: [{port: 8080}]
endpoints: ENDPOINTS
"""
DEFAULT = Options()
HERE, THERE = "node-a", "node-b"


def endpoint(address: str, node: str = HERE) -> dict[str, Any]:
    return {"addresses": [address], "nodeName": node}


def cluster(endpoints: list[dict[str, Any]], **spec: Any):
    whole = {"clusterIP": "10.96.0.9", "ports": [{"port": 80}], **spec}
    text = SERVICE.replace("SPEC", json.dumps(whole)).replace("ENDPOINTS", json.dumps(endpoints))
    return clusters.cluster(text, name="web.yaml")


def written(made: Cluster, mode: str, options: Options = DEFAULT) -> NodeRules:
    return node_rules(proxy_of(made, made.nodes[0], options), mode)


def facts(endpoints: list[dict[str, Any]], mode: str = "iptables", **spec: Any) -> dict[str, Any]:
    made = cluster(endpoints, **spec)
    return written(made, mode).facts


def chain(kind: str, endpoint: str = "") -> str:
    return iptables_chain(kind, "shop/web", "tcp", endpoint)


@pytest.mark.parametrize("count", [1, 2, 3, 7, 9])
def test_the_branches_of_a_chain_are_equally_likely(count):
    rules = facts([endpoint(f"10.244.1.{i + 1}") for i in range(count)])["nat"][chain("SVC")][1:]
    left, shares = 1.0, []
    for rule in rules:
        taken = float(rule.get("probability", 1))
        shares.append(left * taken)
        left *= 1 - taken
    assert shares == pytest.approx([1 / count] * count, abs=1e-9)
    assert left == 0
    assert all(len(r["probability"]) == 12 for r in rules[:-1])


def test_endpoints_stand_in_the_order_of_their_texts():
    rules = facts([endpoint("10.244.1.9"), endpoint("10.244.1.10")])["nat"][chain("SVC")]
    assert [r["comment"].split()[-1] for r in rules[1:]] == ["10.244.1.10:8080", "10.244.1.9:8080"]


def test_a_large_cluster_leaves_the_comments_of_endpoints_out():
    many = [endpoint(f"10.244.{i // 250}.{i % 250 + 1}") for i in range(1001)]
    nat = facts(many)["nat"]
    assert all("comment" not in r for name, rules in nat.items() if "SEP" in name for r in rules)
    assert "comment" in nat[chain("SVC")][0]
    assert "comment" in facts(many[:1000])["nat"][chain("SEP", "10.244.0.1:8080")][0]


def test_internal_policy_local_serves_only_this_node_and_drops_without_one():
    two = [endpoint("10.244.1.1"), endpoint("10.244.2.1", THERE)]
    nat = facts(two, internalTrafficPolicy="Local")["nat"]
    assert nat["KUBE-SERVICES"][0]["jump"] == chain("SVL")
    assert [r["jump"] for r in nat[chain("SVL")]] == ["KUBE-MARK-MASQ", chain("SEP", "10.244.1.1:8080")]
    assert chain("SVC") not in nat
    none_here = facts(two[1:], internalTrafficPolicy="Local")
    assert none_here["filter"]["KUBE-SERVICES"][0]["jump"] == "DROP"
    assert none_here["nat"]["KUBE-SERVICES"][0]["jump"] == "KUBE-NODEPORTS"


def test_external_policy_local_keeps_both_chains_and_the_short_cuts():
    two = [endpoint("10.244.1.1"), endpoint("10.244.2.1", THERE)]
    nat = facts(two, type="NodePort", externalTrafficPolicy="Local")["nat"]
    targets = [r["jump"] for r in nat[chain("EXT")]]
    assert targets == [chain("SVC"), "KUBE-MARK-MASQ", chain("SVC"), chain("SVL")]
    assert len(nat[chain("SVC")]) == 3
    assert len(nat[chain("SVL")]) == 1
    assert sum("KUBE-SEP" in name for name in nat) == 2


def test_an_address_whose_packets_come_to_a_node_port_has_no_rule():
    spec = {"type": "LoadBalancer", "ports": [{"port": 80, "nodePort": 30001}]}
    assert len(facts([endpoint("10.244.1.1")], **spec)["nat"]["KUBE-SERVICES"]) == 3
    text = SERVICE.replace("SPEC", json.dumps({"clusterIP": "10.96.0.9", **spec})).replace(
        "ENDPOINTS", json.dumps([endpoint("10.244.1.1")])
    )
    proxied = text.replace(
        "\n---\n", "\nstatus: {loadBalancer: {ingress: [{ip: 203.0.113.7, ipMode: Proxy}]}}\n---\n", 1
    )
    made = build(merge(from_document(d) for d in documents(proxied, "web.yaml")))
    captured = written(made, "iptables").facts["nat"]["KUBE-SERVICES"]
    assert [r["comment"] for r in captured[:-1]] == ["shop/web cluster IP"]


def test_the_node_may_use_a_load_balancer_whose_ranges_name_it():
    spec = {"type": "LoadBalancer", "loadBalancerSourceRanges": ["192.168.0.0/24", "1.2.3.4/8 "]}
    sources = [r["src"] for r in facts([endpoint("10.244.1.1")], **spec)["nat"][chain("FW")] if "src" in r]
    assert sources == ["192.168.0.0/24", "1.0.0.0/8", "198.51.100.1"]


def test_affinity_is_asked_before_chance_and_renewed_by_the_endpoint():
    spec = {
        "sessionAffinity": "ClientIP",
        "sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 60}},
        "internalTrafficPolicy": "Cluster",
    }
    two = [endpoint("10.244.1.1"), endpoint("10.244.1.2")]
    rules = facts(two, **spec)["nat"][chain("SVC")]
    assert [r.get("seconds") for r in rules] == [None, "60", "60", None, None]
    nft = facts(two, "nftables", **spec)["chains"][nftables_chain("service", "shop/web", "tcp")]
    assert [r.split()[1] for r in nft] == ["daddr", "saddr", "saddr", "random"]


@pytest.mark.parametrize("mode", MODES)
def test_a_service_without_a_cluster_ip_has_no_rule(mode):
    def shown(made):
        return written(made, mode).sections

    assert shown(cluster([endpoint("10.244.1.1")], clusterIP="None")) == shown(build(merge([])))


@pytest.mark.parametrize("mode", MODES)
def test_an_unrelated_service_leaves_every_chain_of_a_service_alone(mode):
    one = cluster([endpoint("10.244.1.1"), endpoint("10.244.1.2")], type="NodePort")
    service = one.services["shop/web"]
    renamed = service.manifest.model_copy(
        update={"metadata": service.manifest.metadata.model_copy(update={"name": "other"})}
    )
    ports = tuple(replace(port, node_port=30999) for port in service.ports)
    other = replace(service, manifest=renamed, cluster_ip="10.96.0.10", ports=ports)
    two = replace(one, services={"shop/other": other, **one.services})
    found = changes(*(written(c, mode).sections for c in (one, two)))
    assert all(line[0] in " +" for change in found for line in change.lines)


def test_without_masquerade_by_source_nothing_depends_on_the_pods_addresses():
    made = cluster([endpoint("10.244.1.1")], type="NodePort", externalTrafficPolicy="Local")
    nat = written(made, "iptables", Options(local_detector=False)).facts["nat"]
    assert [r["jump"] for r in nat[chain("SVC")]] == [chain("SEP", "10.244.1.1:8080")]
    assert not any("10.244.0.0/16" in r.values() for rules in nat.values() for r in rules)


def test_a_pod_that_is_gone_takes_its_chain_and_its_share():
    made = cluster([endpoint("10.244.1.1"), endpoint("10.244.1.2")])
    later = without_pod(made, "10.244.1.1")
    found = {c.title: c.lines for c in changes(*(written(c, "iptables").sections for c in (made, later)))}
    assert set(found) == {f"nat {chain('SVC')}", f"nat {chain('SEP', '10.244.1.1:8080')}"}
    assert [line[0] for line in found[f"nat {chain('SVC')}"]] == [" ", "-", " "]


IPVS_LOCAL = [
    pytest.param(
        {"externalTrafficPolicy": "Local"}, "192.168.0.2:30001", 2, id="outside falls back to every node"
    ),
    pytest.param(
        {"internalTrafficPolicy": "Local", "type": "ClusterIP"}, "10.96.0.9:80", 0, id="inside has no server"
    ),
]


@pytest.mark.parametrize(("spec", "address", "servers"), IPVS_LOCAL)
def test_ipvs_under_policy_local_without_an_endpoint_here(spec, address, servers):
    away = [endpoint("10.244.2.1", THERE), endpoint("10.244.2.2", THERE)]
    ports = [{"port": 80} | ({} if spec.get("type") else {"nodePort": 30001})]
    found = facts(away, "ipvs", **{"type": "NodePort", "ports": ports, **spec})["virtual_servers"]
    assert {s["virtual_server"]: len(s["real_servers"]) for s in found}[f"{address}/tcp"] == servers


COMMANDS = [
    pytest.param(["--node", "node-b"], 0, "", id="a node is named"),
    pytest.param([], 0, "the rules of node node-a", id="the first node is said"),
    pytest.param(["--node", "nowhere"], 2, "there are: node-a", id="an unknown node lists the known"),
    pytest.param(["--without-pod", "types/inside-1"], 1, "", id="a difference is status 1"),
    pytest.param(["--without-pod", "types/nobody"], 2, "types/inside-1", id="an unknown Pod lists the known"),
    pytest.param(["--diff", "scenarios/service-types/manifests"], 0, "", id="no difference is status 0"),
    pytest.param(["--cluster-cidr", "all"], 2, "--cluster-cidr", id="a range is a range"),
    pytest.param(["--diff", "x", "--without-pod", "y"], 2, "not both", id="one later moment"),
]


def test_what_the_api_server_refuses_stops_the_command(tmp_path):
    (tmp_path / "web.yaml").write_text(
        "apiVersion: v1\nkind: Service\nmetadata: {name: web}\n"
        "spec: {type: LoadBalancer, ports: [{port: 80}], loadBalancerSourceRanges: [nonsense]}\n"
    )
    done = sim("rules", "-f", str(tmp_path))
    assert (done.status, done.out) == (2, "")
    assert "web.yaml:4" in done.err


@pytest.mark.parametrize(("more", "status", "said"), COMMANDS)
def test_the_command_says_whose_rules_and_what_differs(more, status, said):
    done = sim("rules", "-f", "scenarios/service-types/manifests", *more)
    assert done.status == status
    assert said in done.err


@pytest.mark.parametrize("mode", MODES)
def test_explanations_are_comments_beside_every_chain_of_a_service(mode):
    plain = sim("rules", "-f", "scenarios/service-types/manifests", "--mode", mode).out.splitlines()
    explained = sim(
        "rules", "-f", "scenarios/service-types/manifests", "--mode", mode, "--explain"
    ).out.splitlines()
    assert [line for line in explained if line not in plain and not line.startswith("# ")] == []
    assert [line for line in explained if line in plain] == plain
    assert sum("types/inside:http" in line for line in explained if line not in plain) >= 1

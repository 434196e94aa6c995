"""The names of kube-proxy's chains; the tables of tests/conformance check them against published dumps."""

from __future__ import annotations

from sim.routing.kube_proxy.names import (
    endpoint_name,
    iptables_chain,
    nftables_chain,
    service_port_name,
)


def test_a_port_without_a_name_leaves_no_colon():
    assert service_port_name("shop", "web") == "shop/web"
    assert service_port_name("shop", "web", "http") == "shop/web:http"


def test_an_ipv6_endpoint_stands_in_brackets():
    assert endpoint_name("fd00::1", 80) == "[fd00::1]:80"
    assert endpoint_name("10.0.0.1", 80) == "10.0.0.1:80"


def test_iptables_names_fit_28_characters_and_differ_by_protocol():
    tcp, udp = (iptables_chain("SVC", "kube-system/kube-dns:dns", p) for p in ("TCP", "UDP"))
    assert tcp != udp
    assert len(tcp) == len(udp) <= 28


def test_a_long_nft_name_is_cut_behind_its_hash():
    name = nftables_chain("service", "n" * 100 + "/" + "s" * 150 + ":p", "TCP")
    other = nftables_chain("service", "n" * 100 + "/" + "s" * 150 + ":q", "TCP")
    assert len(name.removeprefix("service-")) == 240
    assert name.endswith("...")
    assert name != other

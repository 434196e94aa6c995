"""The names that kube-proxy gives its chains and sets: a hash of the Service port, and of the endpoint.

Two ports of one name with different protocols have different chains. iptables allows 28 characters, so there
the hash is the name; nftables allows 256, so there the hash only stands before it.
Source: pkg/proxy/iptables/proxier.go and pkg/proxy/nftables/proxier.go of Kubernetes 1.35.
"""

from __future__ import annotations

import base64
import hashlib

SERVICE_CHAINS = ("SVC", "SVL", "EXT", "FW")
"""iptables chains of a Service port: all endpoints, endpoints of this node, from outside, source ranges."""

NFT_SERVICE_CHAINS = ("service", "local", "external", "firewall")
"""The same in nftables, in the same order."""

LONGEST_NFT_NAME = 240


def service_port_name(namespace: str, service: str, port: str = "") -> str:
    """`NAMESPACE/SERVICE:PORT`, as rules and logs show it; without the colon if the port has no name."""
    return f"{namespace}/{service}:{port}" if port else f"{namespace}/{service}"


def endpoint_name(address: str, port: int) -> str:
    """`ADDRESS:PORT`; an IPv6 address stands in brackets."""
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def iptables_chain(kind: str, name: str, protocol: str, endpoint: str = "") -> str:
    """One chain of the table nat.

    Args:
        kind: one of SERVICE_CHAINS, or `SEP` with an endpoint.
        name: as `service_port_name` gives it.
        protocol: TCP, UDP or SCTP, in any case.
        endpoint: as `endpoint_name` gives it; only for `SEP`.
    """
    return f"KUBE-{kind}-{_hash(name + protocol.lower() + endpoint, 16)}"


def iptables_chains(name: str, protocol: str, endpoint: str = "") -> dict[str, str]:
    """All chains of a Service port by kind; with an endpoint also its `SEP`."""
    chains = {kind: iptables_chain(kind, name, protocol) for kind in SERVICE_CHAINS}
    return chains | ({"SEP": iptables_chain("SEP", name, protocol, endpoint)} if endpoint else {})


def nftables_chain(kind: str, name: str, protocol: str, endpoint: str = "") -> str:
    """One chain (or set) of the table kube-proxy.

    Args:
        kind: one of NFT_SERVICE_CHAINS, or `endpoint` or `affinity` with an endpoint.
        name: as `service_port_name` gives it.
        protocol: TCP, UDP or SCTP, in any case.
        endpoint: as `endpoint_name` gives it; only for `endpoint` and `affinity`.
    """
    service, _, port = name.partition(":")
    text = f"{service}/{protocol.lower()}/{port}" + (f"__{_nft_endpoint(endpoint)}" if endpoint else "")
    whole = f"{_hash(text, 8)}-{text}"
    return f"{kind}-{whole if len(whole) <= LONGEST_NFT_NAME else whole[: LONGEST_NFT_NAME - 3] + '...'}"


def nftables_chains(name: str, protocol: str, endpoint: str = "") -> dict[str, str]:
    """All chains of a Service port by kind; with an endpoint also its `endpoint` and its set `affinity`."""
    chains = {kind: nftables_chain(kind, name, protocol) for kind in NFT_SERVICE_CHAINS}
    more = ("endpoint", "affinity") if endpoint else ()
    return chains | {kind: nftables_chain(kind, name, protocol, endpoint) for kind in more}


def _nft_endpoint(endpoint: str) -> str:
    """`ADDRESS/PORT`: a name may hold no colon and no bracket."""
    address, _, port = endpoint.rpartition(":")
    return f"{address.strip('[]').replace(':', '.')}/{port}"


def _hash(text: str, length: int) -> str:
    return base64.b32encode(hashlib.sha256(text.encode()).digest()).decode()[:length]

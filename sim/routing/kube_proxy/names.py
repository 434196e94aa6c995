"""The names that kube-proxy gives its chains and sets: a hash of the Service port, and of the endpoint.

Two ports of one name with different protocols have different chains. iptables allows 28 characters, so there
the hash is the name; nftables allows 256, so there the hash only stands before it.
Source: pkg/proxy/iptables/proxier.go and pkg/proxy/nftables/proxier.go of Kubernetes 1.35.
"""

import base64
import hashlib

NFT_KINDS = {"SVC": "service", "SVL": "local", "EXT": "external", "FW": "firewall"}
"""Chains of a port in iptables -> nftables: all endpoints, this node's, from outside, source ranges."""

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
        kind: a key of NFT_KINDS, or `SEP` with an endpoint.
        name: as `service_port_name` gives it.
        protocol: TCP, UDP or SCTP, in any case.
        endpoint: as `endpoint_name` gives it; only for `SEP`.
    """
    return f"KUBE-{kind}-{_hash(name + protocol.lower() + endpoint, 16)}"


def nftables_chain(kind: str, name: str, protocol: str, endpoint: str = "") -> str:
    """One chain (or set) of the table kube-proxy.

    Args:
        kind: a value of NFT_KINDS, or `endpoint` or `affinity` with an endpoint.
        name: as `service_port_name` gives it.
        protocol: TCP, UDP or SCTP, in any case.
        endpoint: as `endpoint_name` gives it; only for `endpoint` and `affinity`.
    """
    service, _, port = name.partition(":")
    text = f"{service}/{protocol.lower()}/{port}" + (f"__{_nft_endpoint(endpoint)}" if endpoint else "")
    whole = f"{_hash(text, 8)}-{text}"
    return f"{kind}-{whole if len(whole) <= LONGEST_NFT_NAME else whole[: LONGEST_NFT_NAME - 3] + '...'}"


def _nft_endpoint(endpoint: str) -> str:
    """`ADDRESS/PORT`: a name may hold no colon and no bracket."""
    address, _, port = endpoint.rpartition(":")
    return f"{address.strip('[]').replace(':', '.')}/{port}"


def _hash(text: str, length: int) -> str:
    return base64.b32encode(hashlib.sha256(text.encode()).digest()).decode()[:length]

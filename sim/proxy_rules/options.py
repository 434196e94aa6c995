"""How a kube-proxy is set up: what its flags say, as far as they change the rules."""

from __future__ import annotations

from dataclasses import dataclass

MARK = "0x00004000"
"""Bit 14, `iptables.masqueradeBit`: packets that bear it leave with the node's address. Go pads it so."""


@dataclass(frozen=True)
class ProxyOptions:
    """The flags of kube-proxy that its rules show.

    Args:
        cluster_cidr: the Pods' addresses, by which a packet of a Pod is known; None: it cannot be known.
        service_cidr: the ClusterIPs; None: not known, so nothing is said of unallocated ones (nftables).
        masquerade_all: every packet to a ClusterIP leaves with the node's address.
        scheduler: how IPVS chooses a server.
    """

    cluster_cidr: str | None = "10.244.0.0/16"
    service_cidr: str | None = "10.96.0.0/12"
    masquerade_all: bool = False
    scheduler: str = "rr"

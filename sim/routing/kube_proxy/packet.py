"""What kube-proxy is asked, and what it was told when it started.

Addresses and ports only: rules see no names and no URLs.
"""

from dataclasses import dataclass
from typing import NamedTuple


class Packet(NamedTuple):
    """The first packet of a connection, as it reaches a node.

    Args:
        protocol: TCP, UDP or SCTP.
        source_port: tells connections of one client apart; 0 where only one is asked about.
    """

    source: str
    destination: str
    port: int
    protocol: str = "TCP"
    source_port: int = 0


@dataclass(frozen=True)
class Options:
    """Flags of kube-proxy, as far as they decide.

    Args:
        pod_cidrs: ranges of Pod addresses, for the local detector (`--cluster-cidr`).
        service_cidrs: ranges of ClusterIPs; nftables drops what is unallocated in them.
        local_detector: whether Pods are told from other sources (`detectLocalMode`).
        masquerade_all: whether every connection to a ClusterIP gets the node's address as its source.
        localhost_node_ports: whether NodePorts answer on 127.0.0.1; iptables alone can.
        node_port_addresses: ranges of node addresses that NodePorts answer on, or `primary`; empty: the
            default of the mode, which is every local address, and in nftables the primary one.
        scheduler: of IPVS.
    """

    pod_cidrs: tuple[str, ...] = ("10.244.0.0/16", "fd00:10:244::/48")
    service_cidrs: tuple[str, ...] = ("10.96.0.0/12", "fd00:10:96::/108")
    local_detector: bool = True
    masquerade_all: bool = False
    localhost_node_ports: bool = True
    node_port_addresses: tuple[str, ...] = ()
    scheduler: str = "rr"

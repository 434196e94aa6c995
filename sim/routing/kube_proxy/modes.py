"""The modes of kube-proxy: three answers to one question."""

from collections.abc import Callable
from dataclasses import dataclass

from sim.routing.kube_proxy.iptables import iptables
from sim.routing.kube_proxy.ipvs import ipvs
from sim.routing.kube_proxy.nftables import nftables
from sim.routing.kube_proxy.packet import Packet
from sim.routing.kube_proxy.proxy import Proxy
from sim.routing.kube_proxy.verdict import Verdict


@dataclass(frozen=True)
class Mode:
    """A mode of kube-proxy.

    Args:
        decide: what a new connection meets on one node.
        in_turn: whether the endpoints of a node take turns, instead of each connection being drawn.
        by_rule: whether the rules of all Services are passed to find one, instead of one look-up.
    """

    decide: Callable[[Proxy, Packet], Verdict]
    in_turn: bool = False
    by_rule: bool = False


DEFAULT_MODE = "iptables"

MODES: dict[str, Mode] = {
    "iptables": Mode(iptables, by_rule=True),
    "nftables": Mode(nftables),
    "ipvs": Mode(ipvs, in_turn=True),
}

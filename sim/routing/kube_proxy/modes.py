"""The modes of kube-proxy: three answers to one question."""

from __future__ import annotations

from collections.abc import Callable

from sim.routing.kube_proxy.iptables import iptables
from sim.routing.kube_proxy.ipvs import ipvs
from sim.routing.kube_proxy.nftables import nftables
from sim.routing.kube_proxy.packet import Packet
from sim.routing.kube_proxy.proxy import Proxy
from sim.routing.kube_proxy.verdict import Verdict

Mode = Callable[[Proxy, Packet], Verdict]

DEFAULT_MODE = "iptables"

MODES: dict[str, Mode] = {"iptables": iptables, "nftables": nftables, "ipvs": ipvs}

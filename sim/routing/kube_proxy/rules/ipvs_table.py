"""What mode ipvs leaves in the kernel, as values: virtual servers, sets of addresses, and a few rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sim.routing.kube_proxy.rules.iptables_rule import IptablesTable


@dataclass(frozen=True)
class VirtualService:
    """One address and port that IPVS spreads over servers.

    Args:
        address: `ADDRESS:PORT`.
        protocol: tcp, udp or sctp.
        persistent_s: how long a client keeps its server; None: each connection is on its own.
        real_servers: `ADDRESS:PORT`, in order of their texts.
        service: the name of the Service port.
    """

    address: str
    protocol: str
    scheduler: str
    persistent_s: int | None
    real_servers: tuple[str, ...]
    service: str

    @property
    def weights(self) -> dict[str, int]:
        """Server -> weight: kube-proxy gives every server the weight 1."""
        return dict.fromkeys(self.real_servers, 1)

    def facts(self) -> dict[str, Any]:
        """As plain values."""
        return {
            "virtual_server": f"{self.address}/{self.protocol}",
            "scheduler": self.scheduler,
            "persistent_seconds": self.persistent_s,
            "real_servers": self.weights,
        }


@dataclass(frozen=True)
class IPSet:
    """A set of addresses and ports that a rule of iptables asks.

    Args:
        type: as ipset has it, such as hash:ip,port.
        comment: what the rule that asks it says.
    """

    name: str
    type: str
    comment: str
    entries: tuple[str, ...]

    @property
    def direction(self) -> str:
        """Which addresses and ports of a packet are looked up, one word per part of the type."""
        parts = self.type.partition(":")[2].split(",")
        return ",".join(["dst", "dst", "src"][: len(parts)])


@dataclass(frozen=True)
class IPVSState:
    """Everything of kube-proxy on one node in mode ipvs.

    Args:
        bound: addresses on the device kube-ipvs0, so that the kernel takes their packets for its own.
    """

    virtual_servers: tuple[VirtualService, ...]
    bound: tuple[str, ...]
    sets: tuple[IPSet, ...]
    tables: tuple[IptablesTable, IptablesTable]

"""Connections through one node over time: conntrack, affinity and the turns of IPVS.

The rules are asked for the first packet of a connection alone; conntrack answers for the others until its
entry ends. After a change kube-proxy clears entries of UDP that point to an endpoint that no longer serves,
and leaves TCP and SCTP alone. Time and draws are handed in, so the same calls give the same answers.
Source: net/netfilter of Linux 6.12; pkg/proxy/conntrack of Kubernetes 1.35.
"""

from dataclasses import dataclass, replace

from sim.cluster.families import at_port
from sim.cluster.life.figures import FIGURES
from sim.routing.kube_proxy.affinity import RECENT_LIMIT, Clients
from sim.routing.kube_proxy.ipvs import ipvs
from sim.routing.kube_proxy.modes import MODES
from sim.routing.kube_proxy.packet import Packet
from sim.routing.kube_proxy.proxy import Proxy
from sim.routing.kube_proxy.verdict import Verdict
from sim.routing.kube_proxy.virtual_servers import VirtualServers

ENTRY_S = {
    "TCP": FIGURES["idle-conntrack"].value,
    "UDP": FIGURES["idle-conntrack-udp"].value,
    "SCTP": FIGURES["idle-conntrack-sctp"].value,
}
UDP_STREAM_S = FIGURES["idle-conntrack-udp-stream"].value
UDP_STREAM_AFTER_S = FIGURES["conntrack-udp-stream-after"].value
IPVS_ENTRY_S = {
    "TCP": FIGURES["idle-ipvs-tcp"].value,
    "UDP": FIGURES["idle-ipvs-udp"].value,
    "SCTP": FIGURES["idle-ipvs-tcp"].value,
}
IPVS_CLOSED_S = FIGURES["ipvs-closed"].value


@dataclass(frozen=True)
class TrackedConnection:
    """A connection that conntrack knows.

    Args:
        target: `ADDRESS:PORT` it was sent to; None if no rule touched it.
        server: the virtual server, in mode ipvs.
        is_open: whether the client keeps it open; IPVS alone counts this.
    """

    target: str | None
    opened_s: float
    expires_s: float
    server: str = ""
    is_open: bool = False


@dataclass(frozen=True)
class PacketOutcome:
    """What happened to one packet.

    Args:
        verdict: as of Verdict, or `established`: conntrack knew the connection.
        target: `ADDRESS:PORT` that it was sent to; None if the rules changed no address.
        asked: what the rules said; None if they were not asked.
    """

    verdict: str
    target: str | None
    asked: Verdict | None = None


class ConnectionTable:
    """The connections through one node.

    Args:
        proxy: what its kube-proxy knows now.
        mode: a key of MODES.
        order: uniform in [0, 1), see VirtualServers.
    """

    def __init__(self, proxy: Proxy, mode: str, order: float = 0.0) -> None:
        self._proxy, self._mode = proxy, mode
        self._entries: dict[Packet, TrackedConnection] = {}
        self._clients = Clients(RECENT_LIMIT if mode == "iptables" else None)
        self._servers = VirtualServers(order, self._counts, self._lives)
        self._asked: dict[str, Packet] = {}
        self._now_s = 0.0

    def send(self, packet: Packet, at_s: float, draw: float, keep_open: bool = False) -> PacketOutcome:
        """A packet of a client reaches the node.

        Args:
            at_s: now, in seconds; never earlier than before.
            draw: uniform in [0, 1), for the rules that choose at random.
            keep_open: whether the client keeps the connection open.
        """
        self._now_s = at_s
        known = self._entries.get(packet)
        if known is not None and at_s < known.expires_s:
            self._keep(packet, known)
            return PacketOutcome("established", known.target)
        self._entries.pop(packet, None)
        asked = MODES[self._mode].decide(self._proxy, packet)
        target = self._choose(asked, packet, draw) if asked.verdict == "dnat" else None
        if asked.verdict == "dnat" and target is None:
            return PacketOutcome("reject", None, asked)
        if asked.verdict in {"dnat", "accept"}:
            server = asked.virtual_server.name if asked.virtual_server else ""
            self._keep(packet, TrackedConnection(target, at_s, at_s, server, keep_open))
        return PacketOutcome(asked.verdict, target, asked)

    def close(self, packet: Packet) -> None:
        """The client closes a connection."""
        if packet in self._entries:
            self._entries[packet] = replace(self._entries[packet], is_open=False)

    def apply(self, proxy: Proxy, at_s: float) -> None:
        """kube-proxy has written new rules."""
        self._proxy, self._now_s = proxy, at_s
        self._entries = {p: e for p, e in self._entries.items() if not self._is_stale(p, e)}
        for packet in self._asked.values():
            self._sync(ipvs(proxy, packet), packet)
        self._clients.keep(self._lists())

    def _keep(self, packet: Packet, entry: TrackedConnection) -> None:
        """An entry lasts, from now on, as long as its kind does."""
        streams = packet.protocol == "UDP" and self._now_s - entry.opened_s > UDP_STREAM_AFTER_S
        lasts_s = UDP_STREAM_S if streams else ENTRY_S[packet.protocol]
        lasts_s = IPVS_ENTRY_S[packet.protocol] if entry.server else lasts_s
        self._entries[packet] = replace(entry, expires_s=self._now_s + lasts_s)

    def _choose(self, asked: Verdict, packet: Packet, draw: float) -> str | None:
        """The endpoint that affinity remembers, else a new choice."""
        port, server = asked.service_port, asked.virtual_server
        assert port is not None
        self._sync(asked, packet)
        targets = [e.target for e in asked.endpoints]
        owner = server.name if server else f"{port.name}/{port.protocol}"
        chosen = self._remembered(owner, targets, packet.source, port.affinity_s)
        if chosen is None:
            drawn = int(draw * len(targets))
            chosen = self._servers.next(server, packet) if server else targets[drawn]
        if chosen is not None and port.affinity_s is not None:
            self._clients.saw(f"{owner}/{chosen}", packet.source, self._now_s)
        return chosen

    def _remembered(self, owner: str, targets: list[str], client: str, affinity_s: int | None) -> str | None:
        if affinity_s is None:
            return None
        fresh = (t for t in targets if self._clients.fresh(f"{owner}/{t}", client, self._now_s, affinity_s))
        return next(fresh, None)

    def _sync(self, asked: Verdict, packet: Packet) -> None:
        """Bring a virtual server up to date; connections to servers that went at once are forgotten."""
        server = asked.virtual_server
        if server is None:
            return
        self._asked[server.name] = packet
        gone = self._servers.sync(server, packet.protocol)
        own = (p for p, e in self._entries.items() if e.server == server.name and e.target in gone)
        for known in tuple(own):
            del self._entries[known]

    def _alive(self, server: str, target: str) -> list[tuple[Packet, TrackedConnection]]:
        own = ((p, e) for p, e in self._entries.items() if e.server == server and e.target == target)
        return [(p, e) for p, e in own if self._now_s < e.expires_s]

    def _lives(self, server: str, target: str) -> bool:
        return bool(self._alive(server, target))

    def _counts(self, server: str, target: str) -> tuple[int, int]:
        """Open connections of a real server, and those closed not long ago; a flow of UDP is open."""
        alive = self._alive(server, target)
        closed = [e for p, e in alive if not e.is_open and p.protocol != "UDP"]
        return len(alive) - len(closed), sum(self._now_s - e.opened_s <= IPVS_CLOSED_S for e in closed)

    def _is_stale(self, packet: Packet, entry: TrackedConnection) -> bool:
        """Whether an entry is of UDP and leads to a Service, and not to one of its serving endpoints."""
        hit = self._proxy.hit(packet, node_ports=True) if packet.protocol == "UDP" else None
        led_to = entry.target or at_port(packet.destination, packet.port)
        return hit is not None and led_to not in {e.target for e in hit[1].endpoints if e.serving}

    def _lists(self) -> list[str]:
        """The lists of clients that the new rules still have."""
        ports = [p for p in self._proxy.index.ports if p.affinity_s is not None]
        own = [
            f"{p.name}/{p.protocol}/{e.target}" for p in ports for e in self._proxy.categories(p).reachable
        ]
        verdicts = (ipvs(self._proxy, packet) for packet in self._asked.values())
        servers = [v.virtual_server for v in verdicts if v.virtual_server is not None]
        return own + [f"{s.name}/{t}" for s in servers for t in s.real_servers]

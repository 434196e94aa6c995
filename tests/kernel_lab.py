"""A node in a real kernel: network namespaces for it, its Pods, a client and the rest of the world.

    client --veth-- node --veth-- world      the world answers for what leaves the node untouched
                    (rules)
                      +--veth-- Pod ...      each answers on every port of PORTS

Needs root, iproute2, iptables and nftables. Everything is made here and removed again at the end.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from ipaddress import IPv6Address
from pathlib import Path
from typing import Any, NamedTuple

AGENT = Path(__file__).with_name("kernel_agent.py")
PROGRAMS = ("ip", "iptables-restore", "nft")
LOAD = {
    "iptables": ("iptables-restore",),
    "ip6tables": ("ip6tables-restore",),
    "nftables": ("nft", "-f", "-"),
}
CHECK = {
    "iptables": ("iptables-restore", "--test"),
    "ip6tables": ("ip6tables-restore", "--test"),
    "nftables": ("nft", "-c", "-f", "-"),
}
EMPTY = "*filter\nCOMMIT\n*nat\nCOMMIT\n"
CLEAR = {"iptables": EMPTY, "ip6tables": EMPTY, "nftables": "flush ruleset\n"}
PREFIX = "simlab"

CLIENTS = "198.18.0.0/15"
"""Every address of it is the client's, so that one client can be thousands."""
WORLD = ("10.96.0.0/12", "198.51.100.0/24")
"""Addresses of Services: where no rule takes a packet for them, it leaves the node and the world answers."""
TOWARDS_PODS = "10.255.255.1"
"""The node's address on the links to Pods: what a masqueraded packet bears."""
PORTS = (("tcp", 8080), ("tcp", 8443), ("udp", 5300), ("sctp", 0))
"""What every Pod listens on; of SCTP it hears every port."""

NEEDED = {
    "iptables": (
        "-m recent --name a --rcheck --seconds 9 --reap",
        "-m statistic --mode random --probability 0.5000000000",
        "-m addrtype --dst-type LOCAL",
        "-m conntrack --ctstate NEW",
        "-m mark --mark 0x4000/0x4000",
        "-p sctp -m sctp --dport 80",
    ),
    "nftables": (
        "numgen random mod 2 vmap { 0 : accept , 1 : drop }",
        "fib saddr type local drop",
        "ct state new drop",
        "reject",
    ),
}
"""What the rules of a mode ask of the kernel, one rule for each."""


def six(address: str) -> str:
    """The IPv6 address that stands beside an IPv4 one, here: with its numbers."""
    if address == "127.0.0.1":
        return "::1"
    a, b, c, d = address.split(".")
    return str(IPv6Address(f"fd00:{a}:{b}:{c}::{d}"))


CLIENTS_SIX, WORLD_SIX = "fd00:198:18::/47", ("fd00:10:96::/48", "fd00:198:51:100::/64")


class Question(NamedTuple):
    """Connections to try: one for each source."""

    namespace: str
    protocol: str
    sources: tuple[str, ...]
    address: str
    port: int


class Told(NamedTuple):
    """How one connection ended.

    Args:
        label: who answered: `ADDRESS:PORT` of a Pod, `node`, `world`; or `refused`, `silence`, another error.
        seen: the source address that was seen there; empty if nobody answered.
    """

    label: str
    seen: str = ""


def run(*command: str, text: str | None = None) -> str:
    """Output of a program; its complaint if it fails."""
    done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=60)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout


def missing(mode: str) -> str | None:
    """Why this machine cannot show what the rules of a mode do; None if it can."""
    if sys.platform != "linux" or os.geteuid():
        return "needs root on Linux, for network namespaces"
    absent = [p for p in PROGRAMS if shutil.which(p) is None]
    if absent:
        return f"needs the programs {', '.join(absent)}: packages iproute2, iptables, nftables"
    name = f"{PREFIX}{os.getpid()}-try"
    try:
        run("ip", "netns", "add", name)
        for asked in NEEDED[mode]:
            run("ip", "netns", "exec", name, *LOAD[mode], text=_trial(mode, asked))
    except (RuntimeError, OSError) as error:
        return f"the kernel refuses: {error}"
    finally:
        subprocess.run(("ip", "netns", "del", name), capture_output=True)
    return None


def _trial(mode: str, asked: str) -> str:
    if mode == "iptables":
        return (
            f"*filter\n-A INPUT {asked}\nCOMMIT\n*nat\n-A POSTROUTING -j MASQUERADE --random-fully\nCOMMIT\n"
        )
    return f"add table ip t\nadd chain ip t c\nadd rule ip t c {asked}\n"


@dataclass
class Lab:
    """One node with its Pods.

    Args:
        pods: their addresses.
        own_ports: (protocol, port) that the node's own processes listen on.
        far_ports: (protocol, port) on which the world answers.
        both: whether everybody has an IPv6 address too, as `six` gives it.
    """

    mode: str
    pods: tuple[str, ...]
    own_ports: tuple[tuple[str, int], ...]
    far_ports: tuple[tuple[str, int], ...]
    both: bool = False
    asking: Any = None
    serving: Any = None
    tried: int = field(default=0, init=False)
    _address: str = field(default="", init=False)

    @property
    def node(self) -> str:
        """The namespace whose rules are tried."""
        return self.name("node")

    def name(self, what: str) -> str:
        """A namespace: `node`, `client`, `world`, or that of a Pod's address."""
        sixes = [six(address) for address in self.pods]
        number = f"pod{self.pods.index(what)}" if what in self.pods else what
        number = f"pod{sixes.index(what)}" if what in sixes else number
        return f"{PREFIX}{os.getpid()}-{number}"

    @property
    def names(self) -> list[str]:
        """Every namespace."""
        return [self.name(what) for what in ("node", "client", "world", *self.pods)]

    def load(self, rules: str, tool: str = "") -> None:
        """Check rules, as kube-proxy's own tools would, then put them into the kernel in place of the last ones.

        Args:
            tool: a key of LOAD; empty: that of the mode.
        """
        inside = ("ip", "netns", "exec", self.node)
        run(*inside, *CHECK[tool or self.mode], text=rules)
        run(*inside, *LOAD[tool or self.mode], text=rules)

    def clear(self) -> None:
        """No rules, and no connection that anybody remembers."""
        for tool in ("iptables", "ip6tables") if self.both and self.mode == "iptables" else (self.mode,):
            run("ip", "netns", "exec", self.node, *LOAD[tool], text=CLEAR[tool])
        self.forget()

    def forget(self, *address: str) -> None:
        """Delete every entry of conntrack; with an address, as kube-proxy does, those of UDP that lead there."""
        run(sys.executable, str(AGENT), "forget", self.node, *address)

    def hang_up(self, label: str) -> None:
        """A Pod closes its open connections."""
        print(label, file=self.serving.stdin, flush=True)
        assert self.serving.stdout.readline() == "closed\n"

    def become(self, address: str) -> None:
        """Give the node its address."""
        lines = [f"addr del {self._address}/32 dev lo"] if self._address else []
        lines += [
            f"addr add {address}/32 dev lo scope global",
            f"route replace default via 169.254.2.2 src {address}",
        ]
        _batch(self.node, lines)
        if self.both:
            lines = [f"addr del {six(self._address)}/128 dev lo"] if self._address else []
            lines += [
                f"addr add {six(address)}/128 dev lo nodad",
                f"route replace default via {six('169.254.2.2')} src {six(address)}",
            ]
            _batch(self.node, lines, "-6")
        self._address = address

    def ask(
        self, questions: Iterable[Question], expected: int, keep: bool = False, patience_s: float = 10.0
    ) -> list[list[Told]]:
        """Try every connection of every question.

        Args:
            expected: how many of them an answer is awaited for; the others may stay silent.
            keep: whether the sockets stay open, for `again`.
            patience_s: the longest to wait for them, in seconds.
        """
        order = {"questions": list(questions), "expected": expected, "keep": keep, "patience_s": patience_s}
        return self._order(order)

    def again(self, expected: int) -> list[list[Told]]:
        """Ask once more on the sockets that were kept, those that got an answer alone."""
        return self._order({"again": True, "expected": expected, "keep": True, "patience_s": 10.0})

    def _order(self, order: dict[str, Any]) -> list[list[Told]]:
        print(json.dumps(order | {"quiet_s": 0.3}), file=self.asking.stdin, flush=True)
        answers = [[Told(*t) for t in told] for told in json.loads(self.asking.stdout.readline())]
        self.tried += sum(map(len, answers))
        return answers


@contextmanager
def lab(made: Lab) -> Iterator[Lab]:
    """The namespaces, with everybody in them answering; all gone afterwards."""
    with ExitStack() as stack:
        for name in made.names:
            stack.callback(subprocess.run, ("ip", "netns", "del", name), capture_output=True)
            run("ip", "netns", "add", name)
        for name, lines in _links(made):
            _batch(name, lines)
        for name in made.names:
            run("ip", "netns", "exec", name, "sh", "-c", _SETTINGS[name == made.node])
        for name, lines in _links_six(made) if made.both else ():
            run("ip", "netns", "exec", name, "sh", "-c", _SETTINGS_SIX)
            _batch(name, lines, "-6")
        made.serving = serving = stack.enter_context(_agent("serve"))
        print(json.dumps(list(_listening(made))), file=serving.stdin, flush=True)
        assert serving.stdout.readline() == "ready\n"
        made.asking = stack.enter_context(_agent("ask"))
        yield made


@contextmanager
def _agent(role: str) -> Iterator[subprocess.Popen[str]]:
    started = subprocess.Popen(
        (sys.executable, str(AGENT), role), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        yield started
    finally:
        started.kill()
        started.wait()
        started.stdin.close()
        started.stdout.close()


def _batch(namespace: str, lines: Iterable[str], *family: str) -> None:
    run("ip", *family, "-n", namespace, "-batch", "-", text="\n".join(lines) + "\n")


_QUIET = "for f in /proc/sys/net/ipv4/conf/*/rp_filter; do echo 0 > $f; done"
_FORWARDS = """
echo 1 > /proc/sys/net/ipv4/ip_forward
echo 1 > /proc/sys/net/ipv4/conf/all/route_localnet
for f in /proc/sys/net/ipv4/conf/*/send_redirects; do echo 0 > $f; done
echo 0 > /proc/sys/net/ipv4/icmp_ratelimit
for f in icmp_msgs_per_sec icmp_msgs_burst; do
  [ ! -w /proc/sys/net/ipv4/$f ] || echo 1000000 > /proc/sys/net/ipv4/$f
done
"""
_SETTINGS = {False: _QUIET, True: _QUIET + _FORWARDS}
"""The node forwards, and says REJECT as often as it is asked: with the usual limit many look like DROP."""


def _links(made: Lab) -> Iterator[tuple[str, list[str]]]:
    """(namespace, commands of ip)."""
    node = ["link set lo up"]
    for number, (what, device) in enumerate((("client", "c0"), ("world", "w0")), 1):
        node += _to(device, made.name(what), f"169.254.{number}.1/30")
    node += [f"route add {CLIENTS} via 169.254.1.2"]
    for number, address in enumerate(made.pods):
        node += _to(f"p{number}", made.name(address), f"{TOWARDS_PODS}/32")
        node += [f"route add {address}/32 dev p{number}"]
    yield made.node, node
    yield made.name("client"), [*_up("169.254.1.2/30"), "route add default via 169.254.1.1", f"route add local {CLIENTS} dev lo"]  # fmt: skip
    back = [f"route add {n} via 169.254.2.1" for n in (CLIENTS, "10.244.0.0/16", "192.168.0.0/24")]
    everything = [f"route add local {n} dev lo" for n in WORLD]
    yield made.name("world"), [*_up("169.254.2.2/30"), *back, f"route add {TOWARDS_PODS}/32 via 169.254.2.1", *everything]  # fmt: skip
    for address in made.pods:
        gateway = [f"route add {TOWARDS_PODS} dev eth0 scope link", f"route add default via {TOWARDS_PODS}"]
        yield made.name(address), [*_up(f"{address}/32"), *gateway]


_SETTINGS_SIX = """
echo 1 > /proc/sys/net/ipv6/conf/all/forwarding
echo 1 > /proc/sys/net/ipv6/ip_nonlocal_bind
echo 0 > /proc/sys/net/ipv6/icmp/ratelimit
"""


def _links_six(made: Lab) -> Iterator[tuple[str, list[str]]]:
    """(namespace, commands of ip -6): on the same links."""
    towards = six(TOWARDS_PODS)
    node = [
        f"addr add {six('169.254.1.1')}/64 dev c0 nodad",
        f"addr add {six('169.254.2.1')}/64 dev w0 nodad",
    ]
    node += [f"route add {CLIENTS_SIX} via {six('169.254.1.2')}"]
    for number, address in enumerate(made.pods):
        node += [f"addr add {towards}/128 dev p{number} nodad", f"route add {six(address)}/128 dev p{number}"]
    yield made.node, node
    own = [f"addr add {six('169.254.1.2')}/64 dev eth0 nodad", f"route add default via {six('169.254.1.1')}"]
    yield made.name("client"), [*own, f"route add local {CLIENTS_SIX} dev lo"]
    way = six("169.254.2.1")
    back = [f"route add {n} via {way}" for n in (CLIENTS_SIX, "fd00:10:244::/48", "fd00:192:168::/64")]
    own = [f"addr add {six('169.254.2.2')}/64 dev eth0 nodad", *back, f"route add {towards}/128 via {way}"]
    yield made.name("world"), [*own, *(f"route add local {n} dev lo" for n in WORLD_SIX)]
    for address in made.pods:
        gateway = [f"route add {towards}/128 dev eth0", f"route add default via {towards} dev eth0"]
        yield made.name(address), [f"addr add {six(address)}/128 dev eth0 nodad", *gateway]


def _to(device: str, namespace: str, address: str) -> list[str]:
    return [
        f"link add {device} type veth peer name eth0 netns {namespace}",
        f"addr add {address} dev {device}",
        f"link set {device} up",
    ]


def _up(address: str) -> list[str]:
    return ["link set lo up", f"addr add {address} dev eth0", "link set eth0 up"]


def _listening(made: Lab) -> Iterator[tuple[str, str, str, int]]:
    """(namespace, label, protocol, port)."""
    for address in made.pods:
        yield from ((made.name(address), f"{address}:{port}", protocol, port) for protocol, port in PORTS)
    yield from ((made.node, "node", *port) for port in made.own_ports)
    yield from ((made.name("world"), "world", *port) for port in made.far_ports)
    if made.both:
        yield from _listening_six(made)


def _listening_six(made: Lab) -> Iterator[tuple[str, str, str, int]]:
    for address in made.pods:
        label = f"[{six(address)}]"
        yield from ((made.name(address), f"{label}:{n}", f"{p}6", n) for p, n in PORTS if p != "sctp")
    yield from ((made.node, "node", f"{p}6", n) for p, n in made.own_ports if p != "sctp")
    yield from ((made.name("world"), "world", f"{p}6", n) for p, n in made.far_ports if p != "sctp")

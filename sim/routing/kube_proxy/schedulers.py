"""IPVS schedulers: which real server of a virtual server takes the next connection.

Each is one function of what the kernel sees and of what it remembers; it returns the server and what to
remember next. kube-proxy gives every server weight 1, and 0 to one that is to leave, so weights only tell
who takes part. The list of servers stands in the kernel's order, which is that of history: the latest first.
Source: net/netfilter/ipvs/ip_vs_*.c of Linux 6.12.
"""

import hashlib
from collections.abc import Callable
from functools import lru_cache
from ipaddress import ip_address
from typing import NamedTuple

GOLDEN_RATIO_32 = 0x61C88647
BUCKETS = 256
MAGLEV_TABLE = 4093


class RealServer(NamedTuple):
    """A real server as a scheduler sees it.

    Args:
        active: connections that are open.
        inactive: connections that are closed, and not yet forgotten.
    """

    target: str
    weight: int = 1
    active: int = 0
    inactive: int = 0

    @property
    def load(self) -> int:
        """What lc and wlc compare: an open connection weighs as much as 256 closed ones."""
        return 256 * self.active + self.inactive


Servers = tuple[RealServer, ...]
Memory = tuple[str, ...]
Chosen = tuple[str | None, Memory]
Scheduler = Callable[[Servers, Memory, str, str], Chosen]


def round_robin(servers: Servers, memory: Memory, source: str, destination: str) -> Chosen:
    """The next in the list after the last one; wrr is the same where all weights are 1."""
    names = [s.target for s in servers]
    start = names.index(memory[0]) + 1 if memory and memory[0] in names else 0
    turn = (*servers[start:], *servers[:start])
    chosen = next((s.target for s in turn if s.weight), None)
    return chosen, memory if chosen is None else (chosen,)


def least_connection(servers: Servers, memory: Memory, source: str, destination: str) -> Chosen:
    """The least load; the first of equals. wlc is the same where all weights are 1."""
    return _least(servers), memory


def shortest_expected_delay(servers: Servers, memory: Memory, source: str, destination: str) -> Chosen:
    """The fewest open connections, this one counted; closed ones do not matter."""
    return _least(servers, lambda server: server.active), memory


def never_queue(servers: Servers, memory: Memory, source: str, destination: str) -> Chosen:
    """The first that has no open connection, else as sed."""
    idle = next((s.target for s in servers if s.weight and not s.active), None)
    return (idle, memory) if idle else shortest_expected_delay(servers, memory, source, destination)


def source_hash(servers: Servers, memory: Memory, source: str, destination: str) -> Chosen:
    """By the client's address; a bucket whose server is leaving refuses."""
    return _bucket(servers, source), memory


def destination_hash(servers: Servers, memory: Memory, source: str, destination: str) -> Chosen:
    """By the address of the virtual server, so one server takes everything that comes to it."""
    return _bucket(servers, destination), memory


def maglev(servers: Servers, memory: Memory, source: str, destination: str) -> Chosen:
    """By the client's address, and few clients move when a server comes or goes.

    The shares and what moves are the kernel's; which client meets which server is not, for the kernel
    uses another hash function.
    """
    table = _maglev_table(tuple(sorted(s.target for s in servers if s.weight)))
    return (table[_hash(source, "lookup") % MAGLEV_TABLE] if table else None), memory


def locality(servers: Servers, memory: Memory, source: str, destination: str) -> Chosen:
    """The server remembered for this address, until it is overloaded while another is idle (lblc)."""
    chosen, known = locality_with_replication(servers, memory, source, destination)
    return chosen, known[-1:] if chosen else ()


def locality_with_replication(servers: Servers, memory: Memory, source: str, destination: str) -> Chosen:
    """As lblc, with a set of servers that grows when its least loaded one is overloaded (lblcr)."""
    known = tuple(s for s in servers if s.target in memory and s.weight)
    least = min(known, key=lambda s: s.load, default=None)
    if least is not None and not _overloaded(least, servers):
        return least.target, memory
    chosen = _least(servers)
    return chosen, memory if chosen is None else tuple(dict.fromkeys((*memory, chosen)))


def _least(servers: Servers, load: Callable[[RealServer], int] = lambda server: server.load) -> str | None:
    taking = [s for s in servers if s.weight]
    return min(taking, key=load).target if taking else None


def _overloaded(server: RealServer, servers: Servers) -> bool:
    """More open connections than its weight, while another has less than half of its own."""
    return server.active > server.weight and any(2 * s.active < s.weight for s in servers)


def _bucket(servers: Servers, address: str) -> str | None:
    """Buckets are dealt out in turn; the kernel's hash_32 picks one."""
    folded = int(ip_address(address)) & 0xFFFFFFFF
    bucket = (folded * GOLDEN_RATIO_32 & 0xFFFFFFFF) >> 24
    server = servers[bucket % BUCKETS % len(servers)] if servers else None
    return server.target if server is not None and server.weight else None


@lru_cache(maxsize=64)
def _maglev_table(targets: tuple[str, ...]) -> tuple[str, ...]:
    """Every server fills its next free place in turn (Maglev, Eisenbud et al. 2016)."""
    if not targets:
        return ()
    places = [iter(_preferences(t)) for t in targets]
    table: list[str | None] = [None] * MAGLEV_TABLE
    for turn in range(MAGLEV_TABLE):
        server = turn % len(targets)
        place = next(p for p in places[server] if table[p] is None)
        table[place] = targets[server]
    return tuple(t for t in table if t is not None)


def _preferences(target: str) -> list[int]:
    offset, skip = _hash(target, "offset") % MAGLEV_TABLE, _hash(target, "skip") % (MAGLEV_TABLE - 1) + 1
    return [(offset + i * skip) % MAGLEV_TABLE for i in range(MAGLEV_TABLE)]


def _hash(text: str, what: str) -> int:
    return int.from_bytes(hashlib.sha256(f"{what} {text}".encode()).digest()[:8], "big")


SCHEDULERS: dict[str, Scheduler] = {
    "rr": round_robin,
    "wrr": round_robin,
    "lc": least_connection,
    "wlc": least_connection,
    "sed": shortest_expected_delay,
    "nq": never_queue,
    "sh": source_hash,
    "dh": destination_hash,
    "mh": maglev,
    "lblc": locality,
    "lblcr": locality_with_replication,
}

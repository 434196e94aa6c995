"""A process inside the network namespaces of a KernelLab: it answers as every backend, or asks as every client.

`serve`: listens where its standard input says, answers `LABEL SOURCE` to whoever comes, closes the connections of
a label that it reads there, ends with its parent.
`ask`: reads a list of questions per line, tries them all at once, writes what each was told.
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import random
import select
import socket
import struct
import sys
import time
from collections.abc import Iterator
from typing import Any

import kernel_sctp as sctp

CLONE_NEWNET = 0x40000000
IP_PKTINFO, IP_RECVERR, IP_BIND_ADDRESS_NO_PORT = 8, 11, 24
KINDS = {"tcp": socket.SOCK_STREAM, "udp": socket.SOCK_DGRAM, "sctp": socket.SOCK_RAW}
SIX = "6"
"""After the name of a protocol: over IPv6."""
IPV6_ABOUT = (socket.IPPROTO_IPV6, socket.IPV6_PKTINFO)
AT_ONCE = 200
STARTED = {0, errno.EINPROGRESS}
REFUSED = {errno.ECONNREFUSED, errno.EHOSTUNREACH}
LIBC = ctypes.CDLL(None, use_errno=True)


def enter(namespace: str) -> None:
    """Sockets made from now on belong to this namespace for good."""
    with open(f"/run/netns/{namespace}") as there:
        if LIBC.setns(there.fileno(), CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), f"setns {namespace}")


def serve() -> None:
    """Answer until the parent is gone; its end closes standard input."""
    poll, sockets = select.epoll(), {}
    for namespace, label, protocol, port in json.loads(sys.stdin.readline()):
        enter(namespace)
        listening = _listening(protocol, port)
        sockets[listening.fileno()] = (protocol.removesuffix(SIX), listening, label)
        poll.register(listening, select.EPOLLIN)
    poll.register(sys.stdin, select.EPOLLIN | select.EPOLLHUP)
    print("ready", flush=True)
    while True:
        for number, _ in poll.poll():
            if number != sys.stdin.fileno():
                _answer(number, poll, sockets)
            elif label := sys.stdin.readline().strip():
                _hang_up(label, sockets)
            else:
                return


def _hang_up(label: str, sockets: dict[int, Any]) -> None:
    """A Pod closes what is open; the kernel takes a closed socket out of the poll by itself."""
    ours = f"{label} ".encode()
    for number in [n for n, (kind, _, said) in sockets.items() if kind == "open" and said.startswith(ours)]:
        sockets.pop(number)[1].close()
    print("closed", flush=True)


def _listening(protocol: str, port: int) -> socket.socket:
    six = protocol.endswith(SIX)
    made = _socket(protocol.removesuffix(SIX), six)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if six:
        made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    made.bind(("::" if six else "0.0.0.0", port))
    if protocol.startswith("tcp"):
        made.listen(4096)
    elif six:
        made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
    else:
        made.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)
    made.setblocking(False)
    return made


def _socket(protocol: str, six: bool) -> socket.socket:
    family = socket.AF_INET6 if six else socket.AF_INET
    return socket.socket(family, KINDS[protocol], sctp.PROTOCOL if protocol == "sctp" else 0)


def _answer(number: int, poll: select.epoll, sockets: dict[int, Any]) -> None:
    kind, one, said = sockets[number]
    try:
        if kind == "udp":
            _datagram(one, said)
        elif kind == "sctp":
            _init_ack(one, said)
        elif kind == "tcp":
            _accept(one, said, poll, sockets)
        elif one.recv(64):
            one.send(said)
        else:
            raise ConnectionError
    except BlockingIOError:
        pass
    except OSError:
        if kind == "open":
            del sockets[number]
            one.close()


def _datagram(one: socket.socket, label: str) -> None:
    """The answer leaves from the address that was asked, which may be anybody's."""
    _, about, _, peer = one.recvmsg(64, 64)
    one.sendmsg([f"{label} {peer[0]}".encode()], _from_asked(about), 0, peer)


def _from_asked(about: list[Any]) -> list[Any]:
    six = next((d[:16] for level, kind, d in about if (level, kind) == IPV6_ABOUT), None)
    if six is not None:
        return [(*IPV6_ABOUT, six + bytes(4))]
    asked = next(data[8:12] for _, kind, data in about if kind == IP_PKTINFO)
    return [(socket.IPPROTO_IP, IP_PKTINFO, struct.pack("=I4s4s", 0, asked, asked))]


def _init_ack(one: socket.socket, label: str) -> None:
    """A raw socket hears every port, and tells which one in its label if it is a Pod's."""
    data, about, _, peer = one.recvmsg(256, 64)
    kind, source, port, _, tag, _ = sctp.read(sctp.without_ip(data))
    if kind == sctp.INIT:
        name = f"{label.partition(':')[0]}:{port}" if ":" in label else label
        said = sctp.packet(sctp.INIT_ACK, port, source, tag, 1, f"{name} {peer[0]}".encode())
        one.sendmsg([said], _from_asked(about), 0, (peer[0], 0))


def _accept(one: socket.socket, label: str, poll: select.epoll, sockets: dict[int, Any]) -> None:
    made, peer = one.accept()
    made.setblocking(False)
    said = f"{label} {peer[0]}".encode()
    sockets[made.fileno()] = ("open", made, said)
    poll.register(made, select.EPOLLIN)
    made.send(said)


def ask() -> None:
    """One line of questions, one line of answers; `keep` leaves sockets open for a later `again`."""
    kept: list[tuple[int, int, socket.socket]] = []
    for line in sys.stdin:
        order = json.loads(line)
        if order.get("again"):
            told = _again(kept, order)
        else:
            fresh, told = _ask_all(order)
            kept = fresh if order.get("keep") else kept
        print(json.dumps(told), flush=True)


def _ask_all(order: dict[str, Any]) -> tuple[list[tuple[int, int, socket.socket]], list[list[list[Any]]]]:
    """Args: order: questions (namespace, protocol, sources, address, port), answers expected, patience_s."""
    questions = _spread(order["questions"])
    asked = _Asked(len(order["questions"]), order)
    for index, question, source in questions:
        while len(asked.waiting) >= AT_ONCE and asked.listen(1.0):
            pass
        asked.start(index, question, source)
    asked.finish()
    return asked.kept, asked.told


def _again(kept: list[tuple[int, int, socket.socket]], order: dict[str, Any]) -> list[list[list[Any]]]:
    """The same sockets once more: the kernel takes their packets for the same connections."""
    asked = _Asked(1 + max((i for i, _, _ in kept), default=0), order)
    for index, _, one in sorted(kept, key=lambda k: k[:2]):
        asked.wait_for(index, one)
        _send(one)  # What the other end has closed tells so when it is read.
    asked.finish()
    return asked.told


def _spread(questions: list[list[Any]]) -> Iterator[tuple[int, list[Any], str]]:
    """Every source of every question, those of one namespace together, for entering it takes its time."""
    for index, question in sorted(enumerate(questions), key=lambda q: q[1][0]):
        yield from ((index, question, source) for source in question[2])


def _send(one: socket.socket, data: bytes = b"?") -> int:
    """EPERM says only that a rule took the packet on the sender's own way out; REJECT follows, DROP does not."""
    try:
        one.send(data)
    except PermissionError:
        return 0
    except OSError as error:
        return error.errno or 0
    return 0


def _error(number: int) -> str:
    return "refused" if number in REFUSED else os.strerror(number)


class _Asked:
    """Questions on their way and what they were told: per question, in order, [label, source] or [error]."""

    def __init__(self, count: int, order: dict[str, Any]) -> None:
        self.told: list[list[list[Any]]] = [[] for _ in range(count)]
        self.kept: list[tuple[int, int, socket.socket]] = []
        self.waiting: dict[int, tuple[int, socket.socket, int]] = {}
        self._keep, self._expected = order.get("keep", False), order["expected"]
        self._patience_s, self._quiet_s = order["patience_s"], order["quiet_s"]
        self._poll, self._answered, self._inside = select.epoll(), 0, ""
        self._ports: dict[int, int] = {}
        self._port = random.randrange(10_000, 50_000)

    def start(self, index: int, question: list[Any], source: str) -> None:
        """One socket, one question."""
        namespace, protocol, _, address, port = question
        if namespace != self._inside:
            enter(namespace)
            self._inside = namespace
        one = _socket(protocol, ":" in address)
        one.setblocking(False)
        one.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
        one.bind((source, 0))
        failed = one.connect_ex((address, port))
        self.wait_for(index, one)
        # An ICMP error that comes back before connect() does is a soft one: only SO_ERROR tells of it.
        failed = one.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) if failed in STARTED else failed
        failed = failed or self._send_first(one, protocol, port)
        if failed:
            self._end(one, [_error(failed)])

    def _send_first(self, one: socket.socket, protocol: str, port: int) -> int:
        """What opens the connection, where connect() sends nothing; an error number, or 0."""
        if protocol == "sctp":
            one.setsockopt(socket.IPPROTO_IP, IP_RECVERR, 1)
            self._ports[one.fileno()] = self._port = self._port + 1
            return _send(one, sctp.packet(sctp.INIT, self._port, port, 0, self._port))
        return _send(one) if protocol == "udp" else 0

    def wait_for(self, index: int, one: socket.socket) -> None:
        """Wait for an answer on a socket."""
        self.waiting[one.fileno()] = (index, one, len(self.told[index]))
        self.told[index].append(["silence"])
        self._poll.register(one, select.EPOLLIN)

    def listen(self, most_s: float) -> bool:
        """Take what has come; whether anything did."""
        events = self._poll.poll(most_s)
        for number, _ in events:
            _, one, _ = self.waiting[number]
            try:
                told = self._heard(one)
                if told:
                    self._end(one, told)
            except BlockingIOError:
                continue
            except OSError as error:
                self._end(one, [_error(error.errno)])
        return bool(events)

    def _heard(self, one: socket.socket) -> list[Any]:
        """An answer; empty if it is meant for another socket, as with raw ones."""
        own = self._ports.get(one.fileno())
        if own is None:
            return one.recv(64).decode().split() or ["closed"]
        try:
            data = one.recvmsg(256, 256, socket.MSG_ERRQUEUE)[0]
            return ["refused"] if struct.unpack_from("!H", data)[0] == own else []
        except BlockingIOError:
            kind, _, port, _, _, text = sctp.read(sctp.without_ip(one.recv(256)))
            return text.decode().split() if kind == sctp.INIT_ACK and port == own else []

    def finish(self) -> None:
        """Wait for the expected number of answers, then a little for one more that nobody expects."""
        end_s = time.monotonic() + self._patience_s
        while self.waiting and self._answered < self._expected and time.monotonic() < end_s:
            self.listen(0.05)
        while self.waiting and self.listen(self._quiet_s):
            pass
        for _, one, _ in list(self.waiting.values()):
            one.close()

    def _end(self, one: socket.socket, told: list[Any]) -> None:
        index, _, place = self.waiting.pop(one.fileno())
        self._ports.pop(one.fileno(), None)
        self._answered += 1
        self.told[index][place] = told
        self._poll.unregister(one)
        if self._keep and len(told) == 2:
            self.kept.append((index, place, one))
            return
        if one.type == socket.SOCK_STREAM:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        one.close()


CTNETLINK, DELETE, REQUEST_AND_ACK = 12, 0x0102, 0x0005
NESTED = 0x8000


def forget() -> None:
    """Delete every entry of conntrack in a namespace; with an address, those of UDP that it answers."""
    enter(sys.argv[2])
    if len(sys.argv) == 3:
        _delete(b"")
    for entry in _entries() if len(sys.argv) > 3 else ():
        if entry[0]["proto"] == "udp" and entry[1]["src"] == sys.argv[3]:
            _delete(_tuple(entry[0]))


def _entries() -> Iterator[tuple[dict[str, str], dict[str, str]]]:
    """Each entry as it was sent and as it is answered. Source: nf_conntrack_standalone.c (ct_seq_show)."""
    with open("/proc/self/net/nf_conntrack") as table:
        for line in table:
            said, ways = line.split(), [dict[str, str](), dict[str, str]()]
            for word in said:
                name, equals, value = word.partition("=")
                if equals and name in ("src", "dst", "sport", "dport"):
                    ways[name in ways[0]][name] = value
            ways[0]["proto"] = said[2]
            yield ways[0], ways[1]


def _tuple(sent: dict[str, str]) -> bytes:
    """The attribute CTA_TUPLE_ORIG of a flow of UDP over IPv4."""
    source, destination = (_attribute(n, socket.inet_aton(sent[k])) for n, k in ((1, "src"), (2, "dst")))
    ports = (struct.pack("!H", int(sent[k])) for k in ("sport", "dport"))
    protocol = _attribute(1, bytes([socket.IPPROTO_UDP])) + b"".join(map(_attribute, (2, 3), ports))
    return _attribute(
        1 | NESTED, _attribute(1 | NESTED, source + destination) + _attribute(2 | NESTED, protocol)
    )


def _attribute(kind: int, value: bytes) -> bytes:
    return struct.pack("=HH", 4 + len(value), kind) + value + bytes(-len(value) % 4)


def _delete(attributes: bytes) -> None:
    """nfnetlink: IPCTNL_MSG_CT_DELETE; without a tuple it means all."""
    family = socket.AF_INET if attributes else socket.AF_UNSPEC
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, CTNETLINK) as kernel:
        head = struct.pack("=IHHIIBBH", 20 + len(attributes), DELETE, REQUEST_AND_ACK, 1, 0, family, 0, 0)
        kernel.send(head + attributes)
        failed = struct.unpack_from("=i", kernel.recv(4096), 16)[0]
        if failed:
            raise OSError(-failed, os.strerror(-failed))


if __name__ == "__main__":
    {"serve": serve, "ask": ask, "forget": forget}[sys.argv[1]]()

"""The first two packets of SCTP by hand, for kernels that forward it and do not speak it (RFC 9260).

INIT asks; INIT ACK answers, with the answer's text as its cookie.
"""

from __future__ import annotations

import struct

PROTOCOL = 132
INIT, INIT_ACK, COOKIE = 1, 2, 7


def _table() -> list[int]:
    rows = []
    for row in range(256):
        for _ in range(8):
            row = row >> 1 ^ (0x82F63B78 if row & 1 else 0)
        rows.append(row)
    return rows


TABLE = _table()


def crc32c(data: bytes) -> int:
    """The checksum of SCTP (Castagnoli); conntrack lets no other pass."""
    value = 0xFFFFFFFF
    for byte in data:
        value = value >> 8 ^ TABLE[(value ^ byte) & 0xFF]
    return value ^ 0xFFFFFFFF


def packet(kind: int, source: int, destination: int, tag: int, own_tag: int, text: bytes = b"") -> bytes:
    """An INIT or INIT ACK.

    Args:
        tag: verification tag: 0 in INIT, else the tag that the other side chose.
        own_tag: the tag that this side chooses.
    """
    cookie = struct.pack("!HH", COOKIE, 4 + len(text)) + text + bytes(-len(text) % 4) if text else b""
    chunk = struct.pack("!BBHIIHHI", kind, 0, 20 + len(cookie), own_tag, 65536, 1, 1, 1) + cookie
    head = struct.pack("!HHI", source, destination, tag)
    return head + struct.pack("<I", crc32c(head + bytes(4) + chunk)) + chunk


def without_ip(data: bytes) -> bytes:
    """What follows the IP header."""
    return data[(data[0] & 15) * 4 :]


def read(data: bytes) -> tuple[int, int, int, int, int, bytes]:
    """(kind, source port, destination port, tag, own tag, text) of an INIT or INIT ACK."""
    source, destination, tag = struct.unpack_from("!HHI", data)
    kind, _, length, own_tag = struct.unpack_from("!BBHI", data, 12)
    text = data[36 : 36 + struct.unpack_from("!H", data, 34)[0] - 4] if length > 20 else b""
    return kind, source, destination, tag, own_tag, text

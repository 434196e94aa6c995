"""The hash functions that proxies choose by.

Sources: nginx, src/core/ngx_crc32; HAProxy, src/hash.c and include/haproxy/tools.h; Envoy, xxHash, Yann
Collet's specification of XXH64.
"""

from zlib import crc32 as _crc32

WORD, LONG = 0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF
_P1, _P2, _P3 = 0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9
_P4, _P5 = 0x85EBCA77C2B2AE63, 0x27D4EB2F165667C5


def in_bytes(key: str) -> bytes:
    """A key as it is hashed; bytes that are no UTF-8 are kept as Python keeps them in a text."""
    return key.encode("utf-8", "surrogateescape")


def crc32(data: bytes) -> int:
    """CRC-32 as zip and nginx have it."""
    return _crc32(data)


def sdbm(data: bytes) -> int:
    """HAProxy's default function for strings: `hash * 65599 + byte`."""
    found = 0
    for byte in data:
        found = (byte + (found << 6) + (found << 16) - found) & WORD
    return found


def full_hash(number: int) -> int:
    """HAProxy's avalanche: Bob Jenkins' integer hash, spread over 32 bits."""
    n = number & WORD
    n = (n + 0x7ED55D16 + (n << 12)) & WORD
    n = ((n ^ 0xC761C23C) ^ (n >> 19)) & WORD
    n = (n + 0x165667B1 + (n << 5)) & WORD
    n = ((n + 0xD3A2646C) ^ (n << 9)) & WORD
    n = (n + 0xFD7046C5 + (n << 3)) & WORD
    n = ((n ^ 0xB55A4F09) ^ (n >> 16)) & WORD
    return (n * 3221225473) & WORD


def _rotated(number: int, bits: int) -> int:
    return ((number << bits) | (number >> (64 - bits))) & LONG


def _round(lane: int, value: int) -> int:
    return (_rotated((lane + value * _P2) & LONG, 31) * _P1) & LONG


def _merged(found: int, lane: int) -> int:
    return ((found ^ _round(0, lane)) * _P1 + _P4) & LONG


def _stripes(data: bytes, seed: int) -> tuple[int, int]:
    """The hash after all whole stripes of 32 bytes, and where the rest begins."""
    lanes = [(seed + _P1 + _P2) & LONG, (seed + _P2) & LONG, seed & LONG, (seed - _P1) & LONG]
    at = 0
    while at <= len(data) - 32:
        for n in range(4):
            lanes[n] = _round(lanes[n], int.from_bytes(data[at + 8 * n : at + 8 * n + 8], "little"))
        at += 32
    found = sum(_rotated(lane, bits) for lane, bits in zip(lanes, (1, 7, 12, 18), strict=True)) & LONG
    for lane in lanes:
        found = _merged(found, lane)
    return found, at


def xxh64(data: bytes, seed: int = 0) -> int:
    """XXH64."""
    found, at = _stripes(data, seed) if len(data) >= 32 else ((seed + _P5) & LONG, 0)
    found = (found + len(data)) & LONG
    while at + 8 <= len(data):
        found ^= _round(0, int.from_bytes(data[at : at + 8], "little"))
        found = (_rotated(found, 27) * _P1 + _P4) & LONG
        at += 8
    if at + 4 <= len(data):
        found ^= (int.from_bytes(data[at : at + 4], "little") * _P1) & LONG
        found = (_rotated(found, 23) * _P2 + _P3) & LONG
        at += 4
    for byte in data[at:]:
        found = (_rotated(found ^ (byte * _P5) & LONG, 11) * _P1) & LONG
    found = ((found ^ (found >> 33)) * _P2) & LONG
    found = ((found ^ (found >> 29)) * _P3) & LONG
    return found ^ (found >> 32)

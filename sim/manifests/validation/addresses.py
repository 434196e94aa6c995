"""IP addresses and CIDR ranges as Kubernetes 1.35 reads them in fields older than its strict rules.

Leading zeros are decimal, not octal; an IPv4 address written as IPv6 counts as IPv4; a zone is refused.
Source: k8s.io/utils `net/parse.go`; kubernetes `core/validation` ValidateEndpointIP. The strict rules of
KEP-4858 are on by default from Kubernetes 1.36.
"""

import ipaddress
import re

from sim.manifests.validation.formats import Messages

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_IPV4 = re.compile(r"[0-9]+(?:\.[0-9]+){3}")
_PREFIX = re.compile(r"[0-9]+")

NOT_AN_ADDRESS = "must be a valid IP address (such as 10.9.8.7 or 2001:db8::ffff)"
NOT_A_RANGE = "must be a valid CIDR value (such as 10.9.8.0/24 or 2001:db8::/64)"


def address_of(text: str) -> Address | None:
    """The address that a text means, None if it means none.

    >>> address_of("010.0.0.1"), address_of("::ffff:10.0.0.1"), address_of("fe80::1%eth0")
    (IPv4Address('10.0.0.1'), IPv4Address('10.0.0.1'), None)
    """
    address = _parsed(text)
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def _parsed(text: str) -> Address | None:
    if "%" in text:
        return None
    plain = ".".join(n.lstrip("0") or "0" for n in text.split(".")) if _IPV4.fullmatch(text) else text
    try:
        return ipaddress.ip_address(plain)
    except ValueError:
        return None


def ip_address(text: str) -> Messages:
    """What keeps a text from being an address."""
    return () if address_of(text) else (NOT_AN_ADDRESS,)


def is_ipv6(text: str) -> bool:
    """Whether a text is an IPv6 address that is not an IPv4 one in disguise."""
    return isinstance(address_of(text), ipaddress.IPv6Address)


def cidr_range(text: str) -> Messages:
    """What keeps a text from being a range; bits beyond the prefix are allowed."""
    address, _, prefix = text.partition("/")
    parsed = _parsed(address)
    # No prefix needs more than a few digits; int() of thousands of them would raise.
    held = parsed and _PREFIX.fullmatch(prefix) and len(prefix) < 100 and int(prefix) <= parsed.max_prefixlen
    return () if held else (NOT_A_RANGE,)


def endpoint_address(text: str) -> Messages:
    """What keeps an address from being an endpoint or an external one: it must mean a machine elsewhere."""
    address = address_of(text)
    if address is None:
        return (NOT_AN_ADDRESS,)
    return tuple(message for ranges, message in SPECIAL.items() if any(address in r for r in ranges))


def _ranges(*texts: str) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    return tuple(map(ipaddress.ip_network, texts))


SPECIAL = {
    _ranges("0.0.0.0/32", "::/128"): "may not be unspecified",
    _ranges("127.0.0.0/8", "::1/128"): "may not be in the loopback range (127.0.0.0/8, ::1/128)",
    _ranges("169.254.0.0/16", "fe80::/10"): "may not be in the link-local range (169.254.0.0/16, fe80::/10)",
    _ranges("224.0.0.0/24", *(f"ff{n:x}2::/16" for n in range(16))): (
        "may not be in the link-local multicast range (224.0.0.0/24, ff02::/16)"
    ),
}


def network_of(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    """The range that a text means, None if it means none; bits beyond the prefix do not count.

    >>> network_of("10.0.0.7/8"), network_of("10.0.0.0/33")
    (IPv4Network('10.0.0.0/8'), None)
    """
    if cidr_range(text):
        return None
    address, _, prefix = text.partition("/")
    return ipaddress.ip_network(f"{_parsed(address)}/{int(prefix)}", strict=False)

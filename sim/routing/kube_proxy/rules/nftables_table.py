"""The table kube-proxy of nftables as values, and as the commands that `nft -f` reads; one a family."""

from collections.abc import Iterator
from dataclasses import dataclass

from sim.cluster.families import Family
from sim.routing.kube_proxy.rules.section import RuleSection

BY_PORT = "inet_proto . inet_service : verdict"


def header(family: Family) -> str:
    """What rules call the header that holds the addresses of a family."""
    return "ip6" if family == "IPv6" else "ip"


def address_type(family: Family) -> str:
    """The type of an address in sets and maps."""
    return "ipv6_addr" if family == "IPv6" else "ipv4_addr"


def noted(statement: str, comment: str) -> str:
    """A rule with what `nft list` shows beside it."""
    return f'{statement} comment "{comment}"'


@dataclass(frozen=True)
class NftChain:
    """Rules in the order in which they are asked.

    Args:
        does: a plain sentence for a reader.
        rules: one statement after the other, up to a verdict.
        hook: where the kernel enters it, as `type … hook … priority …`; empty: only other chains do.
        comment: what `nft list` shows beside it.
    """

    name: str
    does: str
    rules: tuple[str, ...]
    hook: str = ""
    comment: str = ""

    def made(self, table: str) -> str:
        """The command that makes it, empty, in a table."""
        inside = [f"{self.hook} ;"] if self.hook else []
        inside += [f'comment "{self.comment}" ;'] if self.comment else []
        return f"add chain {table} {self.name}" + (f" {{ {' '.join(inside)} }}" if inside else "")


@dataclass(frozen=True)
class NftSet:
    """A set, or a map where the type ends in `: verdict`; asked by key, so its size costs nothing.

    Args:
        timeout_s: elements are added by packets and forgotten after so many seconds; None: fixed elements.
    """

    name: str
    does: str
    type: str
    elements: tuple[str, ...] = ()
    comment: str = ""
    timeout_s: int | None = None

    @property
    def kind(self) -> str:
        """`map` if a key has a verdict, else `set`."""
        return "map" if self.type.endswith(": verdict") else "set"

    def made(self, table: str) -> str:
        """The command that makes it, empty, in a table."""
        says = f'comment "{self.comment}" ; ' if self.comment else ""
        forgets = "" if self.timeout_s is None else f"flags dynamic,timeout ; timeout {self.timeout_s}s ; "
        return f"add {self.kind} {table} {self.name} {{ type {self.type} ; {forgets}{says}}}"


@dataclass(frozen=True)
class NftTable:
    """Everything of kube-proxy on one node, for one family; it owns the table, so nothing else is in it."""

    family: Family
    sets: tuple[NftSet, ...]
    chains: tuple[NftChain, ...]

    def facts(self) -> dict[str, object]:
        """Chains, elements, names of sets and maps, as texts."""
        return {
            "chains": {c.name: list(c.rules) for c in self.chains},
            "elements": {s.name: list(s.elements) for s in self.sets if s.elements},
            "sets": [s.name for s in self.sets if s.kind == "set"],
            "maps": [s.name for s in self.sets if s.kind == "map"],
        }

    def sections(self) -> Iterator[RuleSection]:
        """Sets and chains are made first, then filled, since rules and elements name each other."""
        table, says = f"{header(self.family)} kube-proxy", '{ comment "rules for kube-proxy" ; }'
        made = (f"add table {table}", f"delete table {table}", f"add table {table} {says}")
        yield RuleSection("", "", made)
        for each in self.sets:
            yield RuleSection(f"making of {each.kind} {each.name}", "", (each.made(table),))
        yield RuleSection("", "", tuple(chain.made(table) for chain in self.chains))
        for chain in self.chains:
            lines = tuple(f"add rule {table} {chain.name} {rule}" for rule in chain.rules)
            yield RuleSection(f"chain {chain.name}", chain.does, lines)
        for each in self.sets:
            elements = tuple(f"add element {table} {each.name} {{ {e} }}" for e in each.elements)
            yield RuleSection(f"{each.kind} {each.name}", each.does, elements)

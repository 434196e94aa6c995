"""The table of nftables as commands, in the form that `nft -f` reads and kube-proxy sends."""

from __future__ import annotations

from collections.abc import Iterator

from sim.routing.kube_proxy.rules.nftables_table import NftChain, NftSet, NftTable
from sim.routing.kube_proxy.rules.section import RuleSection

_TABLE = "ip kube-proxy"


def sections(table: NftTable) -> Iterator[RuleSection]:
    """Sets and chains are made first, then filled, since rules and elements name each other."""
    says = '{ comment "rules for kube-proxy" ; }'
    made = (f"add table {_TABLE}", f"delete table {_TABLE}", f"add table {_TABLE} {says}")
    yield RuleSection("", "", made)
    for each in table.sets:
        yield RuleSection(f"making of {_kind(each)} {each.name}", "", (_set_line(each),))
    yield RuleSection("", "", tuple(map(_chain_line, table.chains)))
    for chain in table.chains:
        lines = tuple(f"add rule {_TABLE} {chain.name} {rule}" for rule in chain.rules)
        yield RuleSection(f"chain {chain.name}", chain.does, lines)
    for each in table.sets:
        elements = tuple(f"add element {_TABLE} {each.name} {{ {e} }}" for e in each.elements)
        yield RuleSection(f"{_kind(each)} {each.name}", each.does, elements)


def _kind(each: NftSet) -> str:
    return "map" if each.is_map else "set"


def _set_line(each: NftSet) -> str:
    says = f'comment "{each.comment}" ; ' if each.comment else ""
    forgets = f"flags dynamic,timeout ; timeout {each.timeout_s}s ; " if each.timeout_s is not None else ""
    return f"add {_kind(each)} {_TABLE} {each.name} {{ type {each.type} ; {forgets}{says}}}"


def _chain_line(chain: NftChain) -> str:
    inside = [f"{chain.hook} ;"] if chain.hook else []
    inside += [f'comment "{chain.comment}" ;'] if chain.comment else []
    return f"add chain {_TABLE} {chain.name}" + (f" {{ {' '.join(inside)} }}" if inside else "")

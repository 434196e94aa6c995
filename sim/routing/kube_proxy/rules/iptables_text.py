"""Rules of iptables as text, in the form that `iptables-restore` reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sim.routing.kube_proxy.rules.iptables_rule import IptablesTable, Option, Rule
from sim.routing.kube_proxy.rules.section import RuleSection

_SHORT = {"protocol": "-p", "src": "-s", "dst": "-d", "jump": "-j", "match": "-m"}
_MATCH = {
    "comment": "comment",
    "ctstate": "conntrack",
    "dst-type": "addrtype",
    "mark": "mark",
    "match-set": "set",
    "mode": "statistic",
    "name": "recent",
    "physdev-is-in": "physdev",
    "src-type": "addrtype",
    "vaddr": "ipvs",
}
"""The match that an option opens."""


def rule_text(chain: str, rule: Rule) -> str:
    """One rule: `-A CHAIN …`."""
    return " ".join(["-A", chain, *(word for option in rule.options for word in _words(option))])


def _words(option: Option) -> Iterator[str]:
    if option.name in _MATCH:
        yield from ("-m", _MATCH[option.name])
    if option.negated:
        yield "!"
    yield _SHORT.get(option.name, f"--{option.name}")
    if option.value is not None:
        yield f'"{option.value}"' if option.name == "comment" and " " in option.value else option.value


def sections(tables: Iterable[IptablesTable]) -> Iterator[RuleSection]:
    """Per table: its chains are made, then filled, then entered from the kernel's own."""
    for table in tables:
        made = [f":{source} ACCEPT [0:0]" for source in dict.fromkeys(s for s, _ in table.jumps)]
        made += [f":{chain.name} - [0:0]" for chain in table.chains]
        yield RuleSection("", "", (f"*{table.name}", *made))
        entered = tuple(rule_text(source, rule) for source, rule in table.jumps)
        yield RuleSection(
            f"{table.name}: entrances", "from the kernel's own chains into those of kube-proxy", entered
        )
        for chain in table.chains:
            lines = tuple(rule_text(chain.name, rule) for rule in chain.rules)
            yield RuleSection(f"{table.name} {chain.name}", chain.does, lines)
        yield RuleSection("", "", ("COMMIT",))

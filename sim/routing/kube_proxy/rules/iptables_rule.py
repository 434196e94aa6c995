"""Rules of iptables as values: an option is a name and a value, a rule is options in order.

Options carry their long names (`dst` for -d), so that a rule can be asked and compared by them; only the text
that `iptables-restore` reads has the short ones.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sim.routing.kube_proxy.rules.section import RuleSection

MARK = "0x00004000"
"""Bit 14, `iptables.masqueradeBit`: packets that bear it leave with the node's address. Go pads it so."""

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


@dataclass(frozen=True)
class Option:
    """One option of a rule.

    Args:
        name: the long name without its dashes.
        value: None: a flag.
        negated: `!` stands before it.
    """

    name: str
    value: str | None = None
    negated: bool = False

    def words(self) -> Iterator[str]:
        """As on a command line, with the match that it needs before it."""
        if self.name in _MATCH:
            yield from ("-m", _MATCH[self.name])
        if self.negated:
            yield "!"
        yield _SHORT.get(self.name, f"--{self.name}")
        if self.value is not None:
            yield f'"{self.value}"' if self.name == "comment" and " " in self.value else self.value


@dataclass(frozen=True)
class Rule:
    """One rule: every match must hold, then `jump` says what happens; without it the rule only comments."""

    options: tuple[Option, ...]

    def facts(self) -> dict[str, str | bool]:
        """The options by name (`-` as `_`, `!` as `not_`, a flag is true)."""
        return {
            ("not_" if o.negated else "") + o.name.replace("-", "_"): True if o.value is None else o.value
            for o in self.options
            if o.name != "match"
        }

    def text(self, chain: str) -> str:
        """`-A CHAIN …`."""
        return " ".join(["-A", chain, *(word for option in self.options for word in option.words())])


@dataclass(frozen=True)
class Chain:
    """Rules in the order in which they are asked.

    Args:
        does: a plain sentence for a reader.
    """

    name: str
    does: str
    rules: tuple[Rule, ...]


@dataclass(frozen=True)
class IptablesTable:
    """A table with the chains that kube-proxy owns.

    Args:
        jumps: what leads from the kernel's own chains into these: (INPUT, rule), in the order asked.
    """

    name: str
    chains: tuple[Chain, ...]
    jumps: tuple[tuple[str, Rule], ...]

    def facts(self) -> dict[str, list[dict[str, str | bool]]]:
        """Chain -> rules by option name."""
        return {c.name: [r.facts() for r in c.rules] for c in self.chains}

    def sections(self) -> Iterator[RuleSection]:
        """Its chains are made, then filled, then entered from the kernel's own."""
        made = [f":{source} ACCEPT [0:0]" for source in dict.fromkeys(s for s, _ in self.jumps)]
        made += [f":{chain.name} - [0:0]" for chain in self.chains]
        yield RuleSection("", "", (f"*{self.name}", *made))
        entered = tuple(rule.text(source) for source, rule in self.jumps)
        does = "from the kernel's own chains into those of kube-proxy"
        yield RuleSection(f"{self.name}: entrances", does, entered)
        for chain in self.chains:
            lines = tuple(rule.text(chain.name) for rule in chain.rules)
            yield RuleSection(f"{self.name} {chain.name}", chain.does, lines)
        yield RuleSection("", "", ("COMMIT",))


def rule(*options: Option | Iterable[Option]) -> Rule:
    """A rule of options, or groups of options."""
    return Rule(tuple(o for part in options for o in ([part] if isinstance(part, Option) else part)))


def comment(text: str) -> Option:
    """What `iptables-save` shows beside the rule."""
    return Option("comment", text)


def jump(target: str) -> Option:
    """What happens to a packet that fits."""
    return Option("jump", target)


def protocol(name: str) -> tuple[Option, ...]:
    """The protocol, with the match of the same name, which knows its ports."""
    return Option("match", name), Option("protocol", name)


def destination(proto: str, port: int, *address: str) -> tuple[Option, ...]:
    """One port, of one address or of any."""
    return (*protocol(proto), *(Option("dst", a) for a in address), Option("dport", str(port)))


def mark(value: str, negated: bool = False) -> Option:
    """The packet bears this mark."""
    return Option("mark", f"{value}/{value}", negated)

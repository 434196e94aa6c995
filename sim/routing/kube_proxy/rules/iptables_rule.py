"""Rules of iptables as values: an option is a name and a value, a rule is options in order.

Options carry their long names (`dst` for -d), so that a rule can be asked and compared by them; how a rule is
written stands in `sim.routing.kube_proxy.rules.iptables_text`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

MARK = "0x00004000"
"""Bit 14, `iptables.masqueradeBit`: packets that bear it leave with the node's address. Go pads it so."""


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


def destination(proto: str, address: str, port: int) -> tuple[Option, ...]:
    """One address and port."""
    return (*protocol(proto), Option("dst", address), Option("dport", str(port)))


def mark(value: str, negated: bool = False) -> Option:
    """The packet bears this mark."""
    return Option("mark", f"{value}/{value}", negated)

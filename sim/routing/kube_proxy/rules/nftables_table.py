"""The table `ip kube-proxy` of nftables as values: chains, sets, maps and their elements."""

from __future__ import annotations

from dataclasses import dataclass

VERDICT_OF_ADDRESS = "ipv4_addr . inet_proto . inet_service : verdict"
VERDICT_OF_PORT = "inet_proto . inet_service : verdict"
ADDRESS = "ipv4_addr"


@dataclass(frozen=True)
class NftRule:
    """One statement after the other, up to a verdict.

    Args:
        comment: what `nft list` shows beside it; empty: nothing.
    """

    statement: str
    comment: str = ""

    def __str__(self) -> str:
        return f'{self.statement} comment "{self.comment}"' if self.comment else self.statement


@dataclass(frozen=True)
class NftChain:
    """Rules in the order in which they are asked.

    Args:
        does: a plain sentence for a reader.
        hook: where the kernel enters it, as `type … hook … priority …`; empty: only other chains do.
        comment: what `nft list` shows beside it.
    """

    name: str
    does: str
    rules: tuple[NftRule, ...]
    hook: str = ""
    comment: str = ""


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
    def is_map(self) -> bool:
        """Whether a key has a verdict."""
        return self.type.endswith(": verdict")


@dataclass(frozen=True)
class NftTable:
    """Everything of kube-proxy on one node; it owns the table, so nothing else is in it."""

    sets: tuple[NftSet, ...]
    chains: tuple[NftChain, ...]

    def facts(self) -> dict[str, object]:
        """Chains, elements, names of sets and maps, as texts."""
        return {
            "chains": {c.name: [str(r) for r in c.rules] for c in self.chains},
            "elements": {s.name: list(s.elements) for s in self.sets if s.elements},
            "sets": [s.name for s in self.sets if not s.is_map],
            "maps": [s.name for s in self.sets if s.is_map],
        }

"""Annotations of a Service as a controller reads them, by suffix; and what it refuses."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

BETA = "service.beta.kubernetes.io/"
TRUE = frozenset({"1", "t", "T", "TRUE", "true", "True"})
FALSE = frozenset({"0", "f", "F", "FALSE", "false", "False"})
"""What Go reads as a boolean; everything else is an error."""


class Refusal(NamedTuple):
    """Why a controller makes no load balancer.

    Args:
        name: the annotation, or the field of spec, at fault.
    """

    name: str
    message: str


@dataclass(frozen=True)
class SaidOfBalancer:
    """The annotations of one Service.

    Args:
        prefixes: that a controller reads; the first that is there counts.
    """

    annotations: Mapping[str, str]
    prefixes: tuple[str, ...] = (BETA,)

    def name(self, suffix: str) -> str:
        """The annotation that is written; empty: none is."""
        return next((p + suffix for p in self.prefixes if p + suffix in self.annotations), "")

    def text(self, suffix: str) -> str:
        """Its value; empty: it is not written."""
        return self.annotations.get(self.name(suffix), "")

    def words(self, suffix: str) -> tuple[str, ...]:
        """A list with commas between."""
        return tuple(word for part in self.text(suffix).split(",") if (word := part.strip()))

    def flag(self, suffix: str) -> bool | None:
        """A boolean as Go reads it; None: it is not written, or neither true nor false."""
        text = self.text(suffix)
        return True if text in TRUE else False if text in FALSE else None

    def pairs(self, suffix: str) -> dict[str, str]:
        """A list of KEY=VALUE."""
        parts = (word.partition("=") for word in self.words(suffix))
        return {key.strip(): value.strip() for key, _, value in parts}

    def number(self, suffix: str, usual: int) -> int:
        """A whole number; the usual one where it is not written, or none."""
        text = self.text(suffix).strip()
        return int(text) if text.isdigit() else usual

    def no_flags(self, *suffixes: str) -> Iterator[Refusal]:
        """Those that are written and neither true nor false."""
        for name in filter(None, map(self.name, suffixes)):
            if self.annotations[name] not in TRUE | FALSE:
                yield Refusal(name, f"{name}: {self.annotations[name]!r} is neither true nor false")

    def no_pairs(self, *suffixes: str) -> Iterator[Refusal]:
        """Those that are written and hold something else than KEY=VALUE."""
        for suffix in suffixes:
            if any("=" not in word for word in self.words(suffix)):
                yield Refusal(self.name(suffix), f"{self.name(suffix)} is no list of KEY=VALUE")

    def not_among(self, suffix: str, known: Iterable[str], any_case: bool = False) -> Iterator[Refusal]:
        """One that is written and has a value that nobody knows."""
        name, among, text = self.name(suffix), tuple(known), self.text(suffix)
        if name and (text.upper() if any_case else text) not in among:
            yield Refusal(name, f"{name}: {text!r} is none of {', '.join(among)}")

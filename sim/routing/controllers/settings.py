"""What a ConfigMap says, key by key: the values that a program reads, each with its place.

A profile names the keys that it models, and those that may change an answer and are not modelled. No other
value of a ConfigMap is ever looked at, or shown.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any

from sim.cluster.arguments import Argument
from sim.cluster.cluster import Controller
from sim.manifests.decoding.text import printable
from sim.manifests.objects.collected import Unmodelled

Parse = Callable[[str], Any]
"""The value of a text; None: the program cannot read it, and its default holds."""

_GO_BOOL = {"1": True, "t": True, "T": True, "TRUE": True, "true": True, "True": True}
_GO_BOOL |= {"0": False, "f": False, "F": False, "FALSE": False, "false": False, "False": False}


@dataclass(frozen=True)
class Told:
    """One thing that a controller was told.

    Args:
        what: the key or the argument, and whose it is, for a reader.
        source: `FILE:LINE`.
    """

    what: str
    value: Any
    source: str | None = None


def flag(text: str) -> bool | None:
    """A truth value as Go reads it."""
    return _GO_BOOL.get(text)


def number(text: str) -> int | None:
    """A whole number."""
    return int(text) if re.fullmatch(r"[+-]?[0-9]{1,9}", text, re.ASCII) else None


def words(text: str) -> tuple[str, ...]:
    """What commas separate, without blanks around it."""
    return tuple(word for part in text.split(",") if (word := part.strip()))


def networks(text: str) -> tuple[str, ...]:
    """Networks and single addresses; what is neither is left out."""
    return tuple(word for word in words(text) if _is_network(word))


def _is_network(word: str) -> bool:
    try:
        ip_network(word, strict=False)
    except ValueError:
        return False
    return True


def names(text: str) -> frozenset[str]:
    """Names that blanks separate."""
    return frozenset(text.split())


def told(controller: Controller, keys: Mapping[str, Parse]) -> Iterator[tuple[str, Told]]:
    """The keys of a controller's ConfigMap that it reads; a value that cannot be read is None."""
    settings = controller.config_map
    for key, text in settings.data.items() if settings is not None else ():
        if key in keys and settings is not None:
            what = f"{key} of ConfigMap {settings.key}"
            yield key, Told(what, keys[key](text), settings.line("data", key))


def told_by_arguments(controller: Controller, names: Mapping[str, Parse]) -> Iterator[tuple[str, Told]]:
    """The arguments of a controller that are read; a value that cannot be read is None."""
    for name, parse in names.items():
        given = controller.argument(name)
        if given is not None:
            yield name, Told(f"--{name} of {controller.name}", parse(given.value), given.source)


def left_out(controller: Controller, unmodelled: Collection[str]) -> Iterator[Unmodelled]:
    """The keys of a controller's ConfigMap that may change an answer, and are not modelled."""
    settings = controller.config_map
    for key, text in settings.data.items() if settings is not None else ():
        if key in unmodelled and settings is not None:
            source = settings.origin.at("data", key) if settings.origin else None
            what, part = printable(f"ConfigMap {settings.key}: key {key}"), f"key {key}"
            yield Unmodelled(what, True, source, "", settings.kind, settings.key, part, text)


def arguments_left_out(controller: Controller, unmodelled: Collection[str]) -> Iterator[Unmodelled]:
    """The arguments of a controller that may change an answer, and are not modelled."""
    for argument in controller.arguments:
        if argument.name in unmodelled:
            yield argument_left_out(controller, argument)


def argument_left_out(controller: Controller, argument: Argument) -> Unmodelled:
    """An argument of a controller that may change an answer, and is not modelled."""
    part = f"argument {argument.name}"
    kind, _, key = controller.name.partition(" ")
    what = printable(f"{controller.name}: {part}")
    return Unmodelled(what, True, argument.source, "", kind, key, part, argument.value)

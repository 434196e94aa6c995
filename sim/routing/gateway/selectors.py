"""Which namespaces are let in: those of routes at a listener, those of ListenerSets at a Gateway."""

from collections.abc import Mapping
from typing import NamedTuple

from sim.cluster.labels import selector_fits
from sim.manifests.objects.gateway_api import RouteNamespaces

Labels = Mapping[str, Mapping[str, str]]
"""Namespace -> its labels."""


class Words(NamedTuple):
    """What a reason calls who lets in, what is let in, and the object that stands in a namespace."""

    taker: str = "the listener"
    taken: str = "route"
    holder: str = "Gateway"


def namespace_allowed(
    wanted: RouteNamespaces, own: str, theirs: str, labels: Labels, words: Words
) -> tuple[bool, str]:
    """Whether objects of a namespace are let in, and why.

    Args:
        wanted: the namespaces that are.
        own: namespace of who lets in.
        theirs: namespace of who wants to come in.
    """
    taker, taken, holder = words
    if wanted.from_ == "All":
        return True, f"{taker} takes {taken}s of all namespaces (from: All)"
    if wanted.from_ == "Selector":
        mine = {"kubernetes.io/metadata.name": theirs, **labels.get(theirs, {})}
        held = selector_fits(wanted.selector, mine)
        because = f"namespace {theirs} {'has' if held else 'has not'} the labels that {taker} asks for"
        return held, f"{because} (from: Selector)"
    if wanted.from_ == "None":
        return False, f"{taker} takes no {taken} (from: None)"
    held = wanted.from_ == "Same" and own == theirs
    because = f"{taken} and {holder} are both" if held else f"the {taken} is in {theirs}, the {holder}"
    return held, f"{because} in {own} (from: {wanted.from_})"

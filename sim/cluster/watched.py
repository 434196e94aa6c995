"""Which namespaces a controller watches: all, one that an argument names, or those with certain labels.

A namespace that no file shows has an unknown set of labels: it is taken for one that is selected. Source:
kubernetes/ingress-nginx, pkg/flags/flags.go, internal/ingress/controller/store/store.go (watchedNamespace);
k8s.io/apimachinery, labels.Parse.
"""

import re
from collections.abc import Iterable, Mapping

_SET = re.compile(r"(?P<key>\S+)\s+(?P<how>in|notin)\s*\((?P<values>[^)]*)\)")
_EQUAL = re.compile(r"(?P<key>[^=!\s]+)\s*(?P<how>==|=|!=)\s*(?P<value>\S*)")
_NAME_LABEL = "kubernetes.io/metadata.name"


def watched(
    namespaces: Iterable[str], named: Iterable[str], selector: str, labels: Mapping[str, Mapping[str, str]]
) -> tuple[str, ...]:
    """Those of some namespaces that a controller watches.

    Args:
        namespaces: to be judged.
        named: the only ones that it watches; none: all.
        selector: what their labels must fulfil; empty: nothing.
        labels: of each namespace that a file shows.
    """
    only = set(named)
    left = [name for name in namespaces if not only or name in only]
    if not selector:
        return tuple(left)
    return tuple(n for n in left if n not in labels or selects(selector, {**labels[n], _NAME_LABEL: n}))


def selects(selector: str, labels: Mapping[str, str]) -> bool:
    """Whether labels fulfil a selector as kubectl writes it: all of its parts."""
    return all(_holds(part.strip(), labels) for part in _parts(selector))


def _parts(selector: str) -> list[str]:
    """What commas separate, but for those in brackets."""
    return [part for part in re.split(r",(?![^(]*\))", selector) if part.strip()]


def _holds(part: str, labels: Mapping[str, str]) -> bool:
    if (found := _SET.fullmatch(part)) is not None:
        listed = {value.strip() for value in found["values"].split(",")}
        inside = labels.get(found["key"]) in listed
        return inside if found["how"] == "in" else not inside
    if (found := _EQUAL.fullmatch(part)) is not None:
        equal = labels.get(found["key"]) == found["value"]
        return not equal if found["how"] == "!=" else equal
    return part[1:].strip() not in labels if part.startswith("!") else part in labels

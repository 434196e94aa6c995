"""Labels and selectors: what a selector fits, found through an index."""

from collections.abc import Iterable, Mapping
from typing import Generic, TypeVar

from sim.manifests.objects.gateway_api import NamespaceSelector

Item = TypeVar("Item")


def selects(selector: Mapping[str, str], labels: Mapping[str, str]) -> bool:
    """Whether a selector fits labels; an empty selector fits nothing, as in a Service."""
    return bool(selector) and all(labels.get(k) == v for k, v in selector.items())


def selector_fits(selector: NamespaceSelector, labels: Mapping[str, str]) -> bool:
    """Whether labels fulfil a selector; an empty one is fulfilled by all. Source: API type LabelSelector."""
    if not all(labels.get(k) == v for k, v in selector.match_labels.items()):
        return False
    return all(
        {
            "In": labels.get(e.key) in e.values,
            "NotIn": labels.get(e.key) not in e.values,
            "Exists": e.key in labels,
            "DoesNotExist": e.key not in labels,
        }.get(e.operator, False)
        for e in selector.match_expressions
    )


class ByLabels(Generic[Item]):
    """Things with labels, so that those that a selector fits are found without a look at the others.

    Args:
        labelled: namespace, labels and the thing itself; answers keep this order.
    """

    def __init__(self, labelled: Iterable[tuple[str, Mapping[str, str], Item]]) -> None:
        self._found: dict[tuple[str, str, str], list[tuple[Mapping[str, str], Item]]] = {}
        for namespace, labels, item in labelled:
            for name, value in labels.items():
                self._found.setdefault((namespace, name, value), []).append((labels, item))

    def fitting(self, namespace: str, selector: Mapping[str, str]) -> list[Item]:
        """What a selector fits in a namespace; an empty one fits nothing."""
        candidates = [self._found.get((namespace, k, v), []) for k, v in selector.items()]
        rarest = min(candidates, key=len, default=[])
        return [item for labels, item in rarest if len(selector) == 1 or selects(selector, labels)]

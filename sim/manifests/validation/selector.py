"""Label selectors: which forms the API server takes, and whether one fits labels.

Source: apimachinery `meta/v1/validation/validation.go` (ValidateLabelSelector), `labels/selector.go`.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from sim.manifests.validation.faults import Fault, Place, forbidden, invalid, required
from sim.manifests.validation.formats import label_value, qualified_name
from sim.manifests.validation.metadata import Object, label_faults


def selector_faults(selector: Object, place: Place) -> Iterator[Fault]:
    """What is wrong with the two halves of a selector; that it is empty is each kind's own business."""
    yield from label_faults(selector.get("matchLabels", {}), place.child("matchLabels"))
    for index, expression in enumerate(selector.get("matchExpressions", [])):
        yield from _expression(expression, place.child("matchExpressions").index(index))


def _expression(expression: Object, place: Place) -> Iterator[Fault]:
    operator, values = expression.get("operator", ""), expression.get("values", [])
    if operator not in OPERATORS:
        yield from invalid(place.child("operator"), operator, "not a valid selector operator")
    elif operator in _WITH_VALUES and not values:
        yield required(place.child("values"), "must be specified when `operator` is 'In' or 'NotIn'")
    elif operator not in _WITH_VALUES and values:
        message = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
        yield forbidden(place.child("values"), message)
    key = expression.get("key", "")
    yield from invalid(place.child("key"), key, *qualified_name(key))
    for index, value in enumerate(values):
        yield from invalid(place.child("values").index(index), value, *label_value(value))


def fits(selector: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    """Whether labels have all that a selector without a fault asks for.

    >>> fits({"matchExpressions": [{"key": "track", "operator": "NotIn", "values": ["canary"]}]}, {})
    True
    """
    return all(labels.get(k) == v for k, v in selector.get("matchLabels", {}).items()) and all(
        _holds(expression, labels) for expression in selector.get("matchExpressions", [])
    )


def _holds(expression: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    """One expression; a label that is not there is none of any values."""
    key, values = expression["key"], expression.get("values", [])
    match expression["operator"]:
        case "In":
            return labels.get(key) in values
        case "NotIn":
            return labels.get(key) not in values
        case "Exists":
            return key in labels
    return key not in labels


_WITH_VALUES = ("In", "NotIn")
OPERATORS = (*_WITH_VALUES, "Exists", "DoesNotExist")

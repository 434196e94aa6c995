"""What the shapes of all built-in kinds are made of: objects by the names of their fields, and the metadata.

Source: the Kubernetes API reference v1.35; `meta/v1`.
"""

from sim.manifests.validation.shapes import Anything, Fields, ListOf, MapOf, Shape, Text, Time, Truth, Whole


def an_object(texts: str = "", /, **others: Shape) -> Fields:
    """An object: the names of its fields that are strings, and its other fields."""
    return Fields({**dict.fromkeys(texts.split(), Text()), **others})


INT32, INT64 = Whole(), Whole(-(2**63), 2**63 - 1)
TEXTS, LABELS = ListOf(Text()), MapOf(Text())

OBJECT_META = an_object(
    "name generateName namespace selfLink uid resourceVersion",
    generation=INT64,
    creationTimestamp=Time(),
    deletionTimestamp=Time(),
    deletionGracePeriodSeconds=INT64,
    labels=LABELS,
    annotations=LABELS,
    ownerReferences=ListOf(
        an_object("apiVersion kind name uid", controller=Truth(), blockOwnerDeletion=Truth())
    ),
    finalizers=TEXTS,
    managedFields=ListOf(
        an_object(
            "manager operation apiVersion fieldsType subresource",
            time=Time(),
            fieldsV1=Anything(),
        )
    ),
)
ANY_KIND = an_object("apiVersion kind", metadata=OBJECT_META)


def a_kind(texts: str = "", /, **others: Shape) -> Fields:
    """An object of a kind: the fields of all kinds, and its own."""
    return Fields({**ANY_KIND.fields, **an_object(texts, **others).fields})

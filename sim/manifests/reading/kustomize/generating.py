"""ConfigMaps and Secrets that a kustomization generates: there by name, of a ConfigMap with its literals.

Names get no hash at their end: references in the set follow a hashed name, so that without one they fit too.
What stands in files is not read, and no value of a Secret.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from sim.manifests.documents import Document
from sim.manifests.reading.kustomize.placed import PlacedValue, document_of, placed
from sim.manifests.reading.kustomize.resources import Resource

GENERATORS = {"configMapGenerator": "ConfigMap", "secretGenerator": "Secret"}


def generated(document: Document, key: str, entries: PlacedValue) -> Iterator[Resource]:
    """The objects that one generator of a kustomization makes.

    Args:
        document: the kustomization.
        key: of `GENERATORS`.
    """
    for entry in entries.value if entries.is_list else ():
        if entry.text("name") and entry.text("behavior") in {"", "create"}:
            value = placed(_object(GENERATORS[key], entry), entry.place)
            yield Resource(document_of(value, replace(document, repeated=())))


def _object(kind: str, entry: PlacedValue) -> dict[str, Any]:
    namespace = {"namespace": entry.text("namespace")} if entry.text("namespace") else {}
    found: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": kind,
        "metadata": {"name": entry.text("name"), **namespace},
    }
    if kind == "Secret":
        return found | {"type": entry.text("type") or "Opaque"}
    literals = entry.at("literals")
    lines = (
        [i.value for i in literals.value if isinstance(i.value, str)] if literals and literals.is_list else []
    )
    return found | {
        "data": {name: value.strip("\"'") for name, _, value in (x.partition("=") for x in lines)}
    }


def has_files(entries: PlacedValue) -> bool:
    """Whether values of a ConfigMap come from files, or change another one: then they are not known here."""
    items = entries.value if entries.is_list else []
    return any(e.at(name) is not None for e in items for name in ("files", "envs", "env", "behavior"))

"""Patches of a kustomization: read from files or the kustomization itself, applied to what they target."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sim.manifests.decoding import shown
from sim.manifests.documents import Document
from sim.manifests.objects.collected import Finding
from sim.manifests.reading.kustomize.json_patch import PatchError, patched
from sim.manifests.reading.kustomize.merging import merge_keys, merged
from sim.manifests.reading.kustomize.placed import Place, PlacedValue, tree
from sim.manifests.reading.kustomize.resources import Identity, Resource, Selector

_SELECTOR = {
    "group": "group", "version": "version", "kind": "kind", "name": "name", "namespace": "namespace",
    "labels": "labelSelector", "annotations": "annotationSelector",
}  # fmt: skip


@dataclass(frozen=True)
class Patch:
    """One patch: a strategic merge patch, or the operations of a JSON patch.

    Args:
        place: of the entry in the kustomization.
        target: what it is for; None: the resource that the patch itself names.
        keeps_name: whether the resource keeps its name, whatever the patch says.
    """

    value: PlacedValue
    place: Place
    target: Selector | None = None
    keeps_name: bool = True
    keeps_kind: bool = True

    @property
    def is_json(self) -> bool:
        """Whether it is a list of operations."""
        return self.value.is_list

    @property
    def title(self) -> str:
        """What it is for, for people."""
        if self.target is not None:
            return ", ".join(f"{k} {v}" for k, v in vars(self.target).items() if v) or "everything"
        return f"{self.value.text('kind')} {self.value.text('metadata', 'name')}"


class BuildRefusedError(Exception):
    """Why kustomize refuses to build, and where."""

    def __init__(self, message: str, place: Place) -> None:
        super().__init__(message)
        self.place = place


ReadPatch = Callable[[str], Iterable[Document | Finding]]
ReadText = Callable[[str, str], Iterable[Document | Finding]]


@dataclass(frozen=True)
class PatchTexts:
    """How patches are opened: a file below the folder by its name, and a text within the kustomization."""

    file: ReadPatch
    text: ReadText


def patches_of(key: str, entries: PlacedValue, source: PatchTexts) -> Iterator[Patch | Finding]:
    """The patches under one key of a kustomization.

    Raises:
        BuildRefusedError: an entry is no patch.
    """
    for entry in entries.value if entries.is_list else ():
        if key == "patchesStrategicMerge":
            yield from _written(entry, entry, source, None, {})
        else:
            yield from _of_entry(entry, source)


def _of_entry(entry: PlacedValue, source: PatchTexts) -> Iterator[Patch | Finding]:
    target, options = entry.at("target"), entry.at("options")
    selector = None
    if target is not None:
        selector = Selector(**{name: target.text(key) for name, key in _SELECTOR.items()})
    text = entry.at("patch") or entry.at("path")
    if text is None:
        raise BuildRefusedError("a patch needs one of patch and path", entry.place)
    yield from _written(text, entry, source, selector, options.plain if options is not None else {})


def _written(
    text: PlacedValue,
    entry: PlacedValue,
    source: PatchTexts,
    target: Selector | None,
    options: dict[str, Any],
) -> Iterator[Patch | Finding]:
    """The patches in a file by its name, or in a text, which spans lines or holds a colon and a blank."""
    said = text.value if isinstance(text.value, str) else ""
    is_text = text is entry.at("patch") or "\n" in said or ": " in said
    file, line, column = text.place
    below = (line, column + 1) if "\n" in said else (line - 1, 0)
    for piece in source.text(said, file) if is_text else source.file(said):
        if isinstance(piece, Finding):
            yield piece
            continue
        value = tree(piece, *below) if is_text else tree(piece)
        keeps = (not options.get("allowNameChange"), not options.get("allowKindChange"))
        yield Patch(value, entry.place, target, *keeps)


def applied(resources: list[Resource], patch: Patch) -> list[Resource]:
    """The resources as a patch leaves them.

    Raises:
        BuildRefusedError: it fits nothing that it must fit, or cannot be applied.
    """
    try:
        meant = _meant(resources, patch)
        return [found for r in resources for found in (_one(r, patch) if r in meant else [r])]
    except PatchError as error:
        raise BuildRefusedError(f"the patch for {shown(patch.title, 120)}: {error}", patch.place) from None
    except re.error as error:
        raise BuildRefusedError(
            f"the target {shown(patch.title, 120)} cannot be read: {error}", patch.place
        ) from None


def _meant(resources: list[Resource], patch: Patch) -> list[Resource]:
    if patch.target is not None:
        return [r for r in resources if patch.target.selects(r)]
    if patch.is_json:
        raise BuildRefusedError("a JSON patch needs a target", patch.place)
    wanted = Resource(Document(patch.place[0], patch.value.plain, {})).identity
    found = [r for r in resources if wanted in r.identities]
    if len(found) != 1:
        how = "no resource matches" if not found else f"{len(found)} resources match"
        raise BuildRefusedError(f"{how} the patch for {_name(wanted)}", patch.place)
    return found


def _name(wanted: Identity) -> str:
    return shown(f"{wanted.version} {wanted.kind} {wanted.namespace}/{wanted.name}", 200)


def _one(resource: Resource, patch: Patch) -> list[Resource]:
    """A resource as a patch leaves it; nothing if the patch takes it away."""
    before = resource.tree
    if patch.is_json:
        return [resource.renamed(patched(before, patch.value.value))]
    now = resource.identity
    value = merged(before, patch.value, merge_keys(now.group, now.kind))
    if value is None:
        return []
    for path, keeps in ((("metadata", "name"), patch.keeps_name), (("kind",), patch.keeps_kind)):
        own = before.at(*path)
        value = value.put(path, own) if keeps and own is not None else value
    own = before.at("metadata", "namespace")
    if own is not None:
        value = value.put(("metadata", "namespace"), own)
    return [resource.changed(value) if patch.keeps_name and patch.keeps_kind else resource.renamed(value)]

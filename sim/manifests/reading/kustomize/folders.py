"""From folder to folder: what each kustomization names, and what it does to all that was named before it."""

import difflib
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path as FilePath
from typing import Any

from sim.manifests.decoding import fault_at, shown
from sim.manifests.documents import Document
from sim.manifests.objects.collected import Finding, NotApplied, Unmodelled
from sim.manifests.reading.kustomize.generating import GENERATORS, generated, has_files
from sim.manifests.reading.kustomize.patching import BuildRefusedError, PatchTexts, applied, patches_of
from sim.manifests.reading.kustomize.placed import PlacedValue, tree
from sim.manifests.reading.kustomize.resources import Resource, single
from sim.manifests.reading.kustomize.transforming import AFTER_JSON_PATCHES, TRANSFORMERS, with_references

KUSTOMIZATION_FILES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_PATCHES = ("patchesStrategicMerge", "patches")
_JSON_PATCHES = "patchesJson6902"
_APPLIED = {*_PATCHES, _JSON_PATCHES, *TRANSFORMERS, *AFTER_JSON_PATCHES, *GENERATORS}
_FOLLOWED = {"apiVersion", "kind", "metadata", "resources", "bases", "components"} | _APPLIED
_HARMLESS = {
    "buildMetadata", "configurations", "crds", "generatorOptions", "inventory", "openapi", "sortOptions",
    "validators",
}  # fmt: skip
_MAY_CHANGE = {
    "generators", "helmChartInflationGenerator", "helmCharts", "helmGlobals", "replacements", "transformers",
    "vars",
}  # fmt: skip
_KNOWN = _FOLLOWED | _HARMLESS | _MAY_CHANGE
_REMOTE_SIGNS = ("://", "git@", "git::", "github.com/", "?ref=")

Pieces = Iterable[Document | Finding]


@dataclass(frozen=True)
class Texts:
    """How what a kustomization names is opened.

    Args:
        file: the documents of a file by its name, and what cannot be read in it.
        text: the same of a text; its name is for messages.
    """

    file: Callable[[str], Pieces]
    text: Callable[[str, str], Pieces]


@dataclass(frozen=True)
class Kustomized:
    """What a kustomize folder comes to.

    Args:
        resources: in order, as the cluster gets them; each with the namespace that it is given.
    """

    resources: tuple[Resource, ...] = ()
    faults: tuple[Finding, ...] = ()
    unmodelled: tuple[Unmodelled, ...] = ()
    left_out: tuple[NotApplied, ...] = ()

    def then(self, other: "Kustomized") -> "Kustomized":
        """What was collected so far, with the resources of what comes after it."""
        return Kustomized(
            other.resources,
            self.faults + other.faults,
            self.unmodelled + other.unmodelled,
            self.left_out + other.left_out,
        )

    def beside(self, other: "Kustomized") -> "Kustomized":
        """Both, one after the other."""
        return replace(self.then(other), resources=self.resources + other.resources)


@dataclass(frozen=True)
class _Folder:
    """A kustomization that is being followed.

    Args:
        above: the kustomizations that led here, resolved, to see a circle.
    """

    path: FilePath
    document: Document
    texts: Texts
    above: frozenset[FilePath] = field(default=frozenset())

    @property
    def tree(self) -> PlacedValue:
        """The kustomization with places."""
        return tree(self.document)

    def fault(self, message: str, *path: str | int) -> Kustomized:
        """A reason why kustomize would not build this."""
        return Kustomized(faults=(fault_at(self.document, "SIM1017", f"kustomization: {message}", path),))


def kustomization_file(folder: str) -> str | None:
    """The kustomization file of a folder, None if it has none."""
    found = (FilePath(folder) / name for name in KUSTOMIZATION_FILES)
    return next((str(p) for p in found if os.path.isfile(p)), None)


def follow(folder: str, texts: Texts) -> Kustomized:
    """The resources that a kustomize folder comes to.

    Args:
        folder: a folder with a kustomization file.
        texts: opens files.
    """
    found = _follow(FilePath(folder), texts, frozenset(), (), is_component=False)
    return replace(found, resources=tuple(with_references(list(found.resources))))


def _follow(
    folder: FilePath,
    texts: Texts,
    above: frozenset[FilePath],
    before: tuple[Resource, ...],
    is_component: bool,
) -> Kustomized:
    """What was there before, with what a folder adds to it and, of a component, does to it."""
    file = kustomization_file(str(folder))
    found = Kustomized(before)
    for piece in texts.file(file) if file is not None else ():
        if isinstance(piece, Finding):
            found = replace(found, faults=(*found.faults, piece))
        elif not isinstance(piece.value, dict):
            wrong = fault_at(piece, "SIM1017", "a kustomization is a mapping with resources")
            found = replace(found, faults=(*found.faults, wrong))
        else:
            here = _Folder(folder, piece, texts, above | {folder.resolve()})
            found = found.then(_one(here, found.resources, is_component))
    return found


def _one(folder: _Folder, before: tuple[Resource, ...], is_component: bool) -> Kustomized:
    """Accumulate, then transform, in the order of kustomize."""
    kind = folder.document.value.get("kind", "Component" if is_component else "Kustomization")
    if (kind == "Component") is not is_component:
        wanted = "Component" if is_component else "Kustomization"
        return Kustomized(before).then(
            replace(folder.fault(f"its kind must be {wanted}", "kind"), resources=before)
        )
    found = Kustomized(
        before, tuple(_key_faults(folder)), tuple(_not_applied(folder)), tuple(_left_out(folder))
    )
    for name in ("resources", "bases"):
        for index, entry in enumerate(_entries(folder, name)):
            found = found.beside(_resource(folder, entry, (name, index)))
    found = found.beside(Kustomized(tuple(_generated(folder))))
    for index, entry in enumerate(_entries(folder, "components")):
        found = found.then(_component(folder, entry, ("components", index), found.resources))
    return found.then(_transformed(folder, list(found.resources)))


def _entries(folder: _Folder, name: str) -> list[Any]:
    entries = folder.document.value.get(name)
    return entries if isinstance(entries, list) else []


def _generated(folder: _Folder) -> Iterator[Resource]:
    for key in GENERATORS:
        entries = folder.tree.at(key)
        if entries is not None:
            yield from generated(folder.document, key, entries)


def _transformed(folder: _Folder, resources: list[Resource]) -> Kustomized:
    """All resources after the patches and transformers of a kustomization."""
    faults: list[Finding] = []
    for key in (*_PATCHES, *TRANSFORMERS, _JSON_PATCHES, *AFTER_JSON_PATCHES):
        entries = folder.tree.at(key)
        if entries is None:
            continue
        if key in _PATCHES or key == _JSON_PATCHES:
            resources = _patched(folder, key, entries, resources, faults)
        else:
            resources = (TRANSFORMERS | AFTER_JSON_PATCHES)[key](resources, entries)
    return Kustomized(tuple(resources), tuple(faults))


def _patched(
    folder: _Folder, key: str, entries: PlacedValue, resources: list[Resource], faults: list[Finding]
) -> list[Resource]:
    """The resources after the patches of a key; what kustomize would refuse is added to the faults."""
    source = PatchTexts(lambda name: _patch_file(folder, name, key), folder.texts.text)
    try:
        for patch in patches_of(key, entries, source):
            if isinstance(patch, Finding):
                faults.append(patch)
            else:
                resources = _with_patch(folder, key, resources, patch, faults)
    except BuildRefusedError as refused:
        faults.append(_refusal(folder, key, refused))
    return resources


def _with_patch(
    folder: _Folder, key: str, resources: list[Resource], patch: Any, faults: list[Finding]
) -> list[Resource]:
    try:
        return applied(resources, patch)
    except BuildRefusedError as refused:
        faults.append(_refusal(folder, key, refused))
        return resources


def _refusal(folder: _Folder, key: str, refused: BuildRefusedError) -> Finding:
    """At the entry, with the key that it stands under and its line: an entry may be in another file."""
    file, line, column = refused.place
    under = folder.document.origin.at(key).split(":")[-2]
    message = f"kustomization: {key} in line {under}: {refused}"
    return Finding("SIM1017", "error", message, f"{file}:{line}:{column}")


def _patch_file(folder: _Folder, name: str, key: str) -> Pieces:
    wrong = _cannot_follow(folder, name, is_file=True)
    if wrong is not None:
        return folder.fault(wrong, key).faults
    return folder.texts.file(str(folder.path / name))


def _key_faults(folder: _Folder) -> Iterator[Finding]:
    """Keys that kustomize does not know, and known ones that are not applied here."""
    document = folder.document
    for key, value in document.value.items():
        if key not in _KNOWN:
            near = difflib.get_close_matches(key, sorted(_KNOWN), 1)
            message = f"kustomization: unknown field {shown(key)}"
            message += f"; did you mean {near[0]}?" if near else ""
            yield fault_at(document, "SIM1017", message, (key,), f"write {near[0]}" if near else "remove it")
        elif key in _MAY_CHANGE:
            message = f"kustomization: {key} is not applied, and may change the answer"
            fix = "kustomize build FOLDER | sim … -f -"
            yield fault_at(document, "SIM1018", message, (key,), fix, "warning")
        elif key in {"resources", "bases", "components"} and not isinstance(value, list):
            yield fault_at(document, "SIM1017", f"kustomization: {key} must be a list", (key,))


def _not_applied(folder: _Folder) -> Iterator[Unmodelled]:
    origin = folder.document.origin
    for key in folder.document.value:
        if key in _HARMLESS | _MAY_CHANGE:
            yield Unmodelled(f"kustomization {folder.path}: {key}", key in _MAY_CHANGE, origin.at(key))
    maps = folder.tree.at("configMapGenerator")
    if maps is not None and has_files(maps):
        what = f"kustomization {folder.path}: the files of configMapGenerator"
        yield Unmodelled(what, False, origin.at("configMapGenerator"))


def _left_out(folder: _Folder) -> Iterator[NotApplied]:
    """What is not applied and may add objects or change them; remote resources are not fetched."""
    origin = folder.document.origin
    yield from (NotApplied(key, origin.at(key)) for key in folder.document.value if key in _MAY_CHANGE)
    for name in ("resources", "bases", "components"):
        for index, entry in enumerate(_entries(folder, name)):
            if isinstance(entry, str) and any(sign in entry for sign in _REMOTE_SIGNS):
                yield NotApplied("a remote resource", origin.at(name, index))


def _resource(folder: _Folder, entry: Any, path: tuple[str | int, ...]) -> Kustomized:
    """One entry of `resources`: a file, or a folder with a kustomization of its own."""
    wrong = _cannot_follow(folder, entry)
    if wrong is not None:
        return folder.fault(wrong, *path)
    target = folder.path / entry
    if target.is_dir():
        return _follow(target, folder.texts, folder.above, (), is_component=False)
    pieces = list(folder.texts.file(str(target)))
    documents = (piece for piece in pieces if isinstance(piece, Document))
    return Kustomized(tuple(single(documents)), tuple(p for p in pieces if isinstance(p, Finding)))


def _component(
    folder: _Folder, entry: Any, path: tuple[str | int, ...], before: tuple[Resource, ...]
) -> Kustomized:
    """One entry of `components`: a folder that adds to what is there, and changes all of it."""
    wrong = _cannot_follow(folder, entry)
    if wrong is None and not (folder.path / entry).is_dir():
        wrong = f"{shown(entry, 200)} is no folder with a component"
    if wrong is not None:
        return replace(folder.fault(wrong, *path), resources=before)
    return _follow(folder.path / entry, folder.texts, folder.above, before, is_component=True)


def _cannot_follow(folder: _Folder, entry: Any, is_file: bool = False) -> str | None:
    """Why an entry cannot be followed, None if it can."""
    if not isinstance(entry, str) or not entry:
        return "a resource is the name of a file or folder"
    if any(sign in entry for sign in _REMOTE_SIGNS):
        return f"{shown(entry, 200)} is a remote resource; nothing is fetched over the network"
    target = folder.path / entry
    if not os.path.exists(target):
        return f"{shown(entry, 200)} is not there"
    resolved, home = target.resolve(), folder.path.resolve()
    if target.is_dir() and not is_file:
        if resolved in folder.above:
            return f"{shown(entry, 200)} leads back to a kustomization that leads here"
        return None if kustomization_file(str(target)) else f"{shown(entry, 200)} has no kustomization.yaml"
    if not resolved.is_relative_to(home):
        return f"{shown(entry, 200)} lies outside the folder of the kustomization; kustomize refuses that too"
    return None if target.is_file() else f"{shown(entry, 200)} is no file"

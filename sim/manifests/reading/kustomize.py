"""Kustomize folders: which files a kustomization.yaml names, and what it asks for that is not applied.

`resources`, `bases` and `namespace` are followed as kustomize follows them: files lie in or below the folder
of their kustomization, folders may lie elsewhere. Remote resources are not fetched. Everything else is said.
"""

import difflib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path as FilePath
from typing import Any

from sim.manifests.decoding import fault_at, shown
from sim.manifests.documents import Document
from sim.manifests.objects.collected import Finding, Unmodelled

KUSTOMIZATION_FILES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_FOLLOWED = {"apiVersion", "kind", "metadata", "resources", "bases", "namespace"}
_HARMLESS = {
    "buildMetadata", "commonLabels", "configMapGenerator", "configurations", "crds", "generatorOptions",
    "imageTags", "images", "inventory", "labels", "openapi", "sortOptions", "validators",
}  # fmt: skip
_MAY_CHANGE = {
    "commonAnnotations", "components", "generators", "helmChartInflationGenerator", "helmCharts",
    "helmGlobals", "namePrefix", "nameSuffix", "patches", "patchesJson6902", "patchesStrategicMerge",
    "replacements", "replicas", "secretGenerator", "transformers", "vars",
}  # fmt: skip
_KNOWN = _FOLLOWED | _HARMLESS | _MAY_CHANGE
_REMOTE_SIGNS = ("://", "git@", "git::", "github.com/", "?ref=")

Reader = Callable[[str], Iterator[Document | Finding]]


@dataclass(frozen=True)
class Kustomized:
    """What a kustomize folder comes to.

    Args:
        files: the manifest files in order, each with the namespace that its kustomizations give to every
            object, None if they give none.
    """

    files: tuple[tuple[str, str | None], ...] = ()
    faults: tuple[Finding, ...] = ()
    unmodelled: tuple[Unmodelled, ...] = ()


@dataclass(frozen=True)
class _Folder:
    """A kustomization that is being followed.

    Args:
        above: the kustomizations that led here, resolved, to see a circle.
    """

    path: FilePath
    document: Document
    above: frozenset[FilePath] = field(default=frozenset())


def kustomization_file(folder: str) -> str | None:
    """The kustomization file of a folder, None if it has none."""
    found = (FilePath(folder) / name for name in KUSTOMIZATION_FILES)
    return next((str(p) for p in found if os.path.isfile(p)), None)


def follow(folder: str, read: Reader) -> Kustomized:
    """The files that a kustomize folder names.

    Args:
        folder: a folder with a kustomization file.
        read: opens a file and gives its documents.
    """
    parts = list(_follow(FilePath(folder), read, frozenset()))
    return Kustomized(
        tuple(file for part in parts for file in part.files),
        tuple(fault for part in parts for fault in part.faults),
        tuple(left for part in parts for left in part.unmodelled),
    )


def _follow(folder: FilePath, read: Reader, above: frozenset[FilePath]) -> Iterator[Kustomized]:
    file = kustomization_file(str(folder))
    for piece in read(file) if file is not None else ():
        if isinstance(piece, Finding):
            yield Kustomized(faults=(piece,))
        elif not isinstance(piece.value, dict):
            wrong = fault_at(piece, "SIM1017", "a kustomization is a mapping with resources")
            yield Kustomized(faults=(wrong,))
        else:
            yield from _one(_Folder(folder, piece, above | {folder.resolve()}), read)


def _one(folder: _Folder, read: Reader) -> Iterator[Kustomized]:
    yield Kustomized(faults=tuple(_key_faults(folder)), unmodelled=tuple(_not_applied(folder)))
    namespace = folder.document.value.get("namespace")
    for name in ("resources", "bases"):
        entries = folder.document.value.get(name)
        for index, entry in enumerate(entries if isinstance(entries, list) else ()):
            for found in _resource(folder, entry, (name, index), read):
                forced = tuple((file, namespace) for file, _ in found.files)
                yield replace(found, files=forced) if isinstance(namespace, str) else found


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
        elif key in {"resources", "bases"} and not isinstance(value, list):
            yield fault_at(document, "SIM1017", f"kustomization: {key} must be a list", (key,))


def _not_applied(folder: _Folder) -> Iterator[Unmodelled]:
    origin = folder.document.origin
    for key in folder.document.value:
        if key in _HARMLESS | _MAY_CHANGE:
            yield Unmodelled(f"kustomization {folder.path}: {key}", key in _MAY_CHANGE, origin.at(key))


def _resource(folder: _Folder, entry: Any, path: tuple[str | int, ...], read: Reader) -> Iterator[Kustomized]:
    """One entry of `resources`: a file, or a folder with a kustomization of its own."""
    wrong = _cannot_follow(folder, entry)
    if wrong is not None:
        yield Kustomized(faults=(fault_at(folder.document, "SIM1017", f"kustomization: {wrong}", path),))
    elif (target := folder.path / entry).is_dir():
        yield from _follow(target, read, folder.above)
    else:
        yield Kustomized(((str(target), None),))


def _cannot_follow(folder: _Folder, entry: Any) -> str | None:
    """Why an entry cannot be followed, None if it can."""
    if not isinstance(entry, str) or not entry:
        return "a resource is the name of a file or folder"
    if any(sign in entry for sign in _REMOTE_SIGNS):
        return f"{shown(entry, 200)} is a remote resource; nothing is fetched over the network"
    target = folder.path / entry
    if not os.path.exists(target):
        return f"{shown(entry, 200)} is not there"
    resolved, home = target.resolve(), folder.path.resolve()
    if target.is_dir():
        if resolved in folder.above:
            return f"{shown(entry, 200)} leads back to a kustomization that leads here"
        return None if kustomization_file(str(target)) else f"{shown(entry, 200)} has no kustomization.yaml"
    if not resolved.is_relative_to(home):
        return f"{shown(entry, 200)} lies outside the folder of the kustomization; kustomize refuses that too"
    return None if target.is_file() else f"{shown(entry, 200)} is no file"

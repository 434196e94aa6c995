"""Files, folders and standard input -> Manifests. The only module that opens input files.

Every value keeps its line and column. Nothing is executed and no tag makes an object; aliases may not grow
past a bound; a key that stands twice is an error, as for `kubectl apply`. What no model knows is reported.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any

import yaml
from pydantic import ValidationError

from sim.errors import InputError, ManifestError, ParseError, UsageError
from sim.manifests import (
    CLUSTER_SCOPED,
    KINDS,
    KubernetesObject,
    Manifests,
    Origin,
    Path,
    Position,
    Secret,
    Unmodelled,
    extra_fields,
)
from sim.modelled import field_may_change_answer, kind_may_change_answer

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_SUFFIXES = {".yaml", ".yml", ".json"}
_MOST_REPEATED = 100_000
"""Values that aliases may repeat in one document; real files repeat a few dozen."""
_SEXAGESIMAL = re.compile(r"[-+]?\d+(:\d+)+(\.\d*)?")


@dataclass(frozen=True)
class Document:
    """One YAML document: plain values, and where each of them stands."""

    file: str
    value: Any
    positions: dict[Path, Position]

    @property
    def origin(self) -> Origin:
        """The document's file and positions."""
        return Origin(self.file, self.positions)

    def below(self, *path: str | int) -> Document:
        """The part of this document below `path`, with its positions."""
        value = self.value
        for part in path:
            value = value[part]
        depth = len(path)
        positions = {p[depth:]: at for p, at in self.positions.items() if p[:depth] == path}
        return Document(self.file, value, positions)


class _Reader:
    """Turns the nodes of one document into values, noting positions and counting what aliases repeat."""

    def __init__(self, file: str) -> None:
        self._file, self._repeated = file, 0
        self._open: set[int] = set()
        self._seen: set[int] = set()
        self.positions: dict[Path, Position] = {}

    def value(self, node: yaml.Node, path: Path) -> Any:
        """The plain value of a node: dict, list, str, int, float, bool or None."""
        self.positions.setdefault(path, _position(node))
        if not isinstance(node, yaml.CollectionNode):
            return _scalar(node)
        if id(node) in self._open:
            raise self._error(node, "this value contains itself", "remove the alias that closes the circle")
        self._count(node)
        self._open.add(id(node))
        try:
            return (
                self._mapping(node, path) if isinstance(node, yaml.MappingNode) else self._items(node, path)
            )
        finally:
            self._open.remove(id(node))

    def _count(self, node: yaml.CollectionNode) -> None:
        """A collection that comes again was named by an alias."""
        if id(node) in self._seen:
            self._repeated += len(node.value) + 1
        if self._repeated > _MOST_REPEATED:
            raise self._error(
                node, "aliases make this document grow past every bound", "write the values out"
            )
        self._seen.add(id(node))

    def _items(self, node: yaml.Node, path: Path) -> list[Any]:
        return [self.value(item, (*path, index)) for index, item in enumerate(node.value)]

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if key_node.tag == "tag:yaml.org,2002:merge":
                found = self._merged(value_node, path) | found
                continue
            key = self._key(key_node)
            if key in found and (*path, key) in self.positions:
                raise self._error(
                    key_node, f"the key {key!r} stands twice in one mapping", "remove one of them"
                )
            self.positions[(*path, key)] = _position(key_node)
            found[key] = self.value(value_node, (*path, key))
        return found

    def _merged(self, node: yaml.Node, path: Path) -> dict[str, Any]:
        sources = node.value if isinstance(node, yaml.SequenceNode) else [node]
        merged: dict[str, Any] = {}
        for source in sources:
            value = _Reader(self._file).value(source, ())
            merged = (value if isinstance(value, dict) else {}) | merged
        return merged

    def _key(self, node: yaml.Node) -> str:
        if not isinstance(node, yaml.ScalarNode):
            raise self._error(
                node, "a key that is no plain word", "is this an unrendered template ({{ … }})?"
            )
        value = _scalar(node)
        return value if isinstance(value, str) else str(node.value)

    def _error(self, node: yaml.Node, message: str, fix: str) -> ParseError:
        line, column = _position(node)
        return ParseError(message, f"{self._file}:{line}:{column}", fix)


def _position(node: yaml.Node) -> Position:
    return node.start_mark.line + 1, node.start_mark.column + 1


def _scalar(node: yaml.Node) -> Any:
    """A scalar as kubectl reads it: dates and base-60 numbers stay text."""
    kind, text = node.tag.rpartition(":")[2], str(node.value)
    if kind == "null":
        return None
    if kind == "bool":
        return text.lower() in {"yes", "true", "on"}
    if kind in {"int", "float"} and not _SEXAGESIMAL.fullmatch(text):
        return _number(kind, text)
    return text


def _number(kind: str, text: str) -> int | float | str:
    plain = text.replace("_", "").lower()
    try:
        if kind == "float":
            return float(plain.replace(".inf", "inf").replace(".nan", "nan"))
        if (
            plain.lstrip("+-").startswith("0")
            and plain.lstrip("+-").isdigit()
            and len(plain.lstrip("+-")) > 1
        ):
            return int(plain, 8)
        return int(plain, 0)
    except ValueError:
        return text


def documents(text: str | bytes, file: str) -> Iterator[Document]:
    """Read the YAML (or JSON) documents of a text, one at a time; empty ones are left out.

    Raises:
        ParseError: at the first place where the text is no YAML.
    """
    try:
        for node in yaml.compose_all(text, Loader=_LOADER):
            reader = _Reader(file)
            value = reader.value(node, ())
            if value is not None:
                yield Document(file, value, reader.positions)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"{file}:{mark.line + 1}:{mark.column + 1}" if mark else file
        raise ParseError(f"not valid YAML: {error.problem or error.context}", place) from None
    except yaml.YAMLError as error:
        raise ParseError(f"not valid YAML: {' '.join(str(error).split())}", file) from None
    except RecursionError:
        raise ParseError("nested too deeply to be a manifest", file) from None


def read_text(path: str) -> bytes:
    """The bytes of a file, or of standard input for `-`.

    Raises:
        UsageError: there is no such file, or it cannot be read.
    """
    if path == "-":
        return sys.stdin.buffer.read()
    try:
        return FilePath(path).read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror or error}") from None


def shipped(folder: str, name: str) -> Document:
    """A document that comes with the package: `shipped("prices", "aws.yaml")`.

    Raises:
        UsageError: none of that name is shipped.
    """
    from importlib import resources

    file = resources.files(f"sim.{folder}").joinpath(name)
    if ".." in FilePath(name).parts or not file.is_file():
        raise UsageError(f"no {name} is shipped in sim/{folder}")
    return next(documents(file.read_bytes(), f"sim/{folder}/{name}"))


def price_sheet_names() -> tuple[str, ...]:
    """The providers whose price sheets are shipped, in alphabetical order."""
    from importlib import resources

    names = {FilePath(file.name) for file in resources.files("sim.prices").iterdir()}
    return tuple(sorted(p.stem for p in names if p.suffix == ".yaml" and p.stem != "controller"))


def files_below(path: str) -> Iterator[str]:
    """The manifest files that a -f argument names: itself, or what a folder holds, sorted."""
    folder = FilePath(path)
    if path == "-" or not folder.is_dir():
        yield path
        return
    found = sorted(p for p in folder.rglob("*") if p.suffix in _SUFFIXES and p.is_file())
    if not found:
        raise UsageError(f"{path}: no .yaml, .yml or .json file in this folder")
    yield from (str(p) for p in found)


def load(paths: Iterable[str], namespace: str = "default") -> Manifests:
    """Read manifests from files, folders and standard input (`-`).

    Args:
        paths: as for `kubectl apply -f`.
        namespace: for objects that name none.

    Raises:
        InputError: the first file that cannot be parsed, or object of the wrong shape.
    """
    read = [
        from_document(d, namespace) for p in paths for f in files_below(p) for d in documents(read_text(f), f)
    ]
    return merge(read)


def merge(parts: Iterable[Manifests]) -> Manifests:
    """Put manifests together; of an object that stands twice the last one counts, as after kubectl apply."""
    objects: dict[tuple[type, str, str], KubernetesObject] = {}
    unmodelled: list[Unmodelled] = []
    notes: list[str] = []
    for part in parts:
        for item in part.objects:
            identity = (type(item), item.kind, item.key)
            if identity in objects:
                notes.append(f"{item.line()}: {item.kind} {item.key} stands twice; the last one counts")
                del objects[identity]
            objects[identity] = item
        unmodelled += part.unmodelled
        notes += part.notes
    return Manifests(tuple(objects.values()), tuple(unmodelled), tuple(notes))


def from_document(document: Document, namespace: str = "default") -> Manifests:
    """The objects of one document, those of a List one by one."""
    value = document.value
    if not isinstance(value, dict):
        raise ManifestError("not a Kubernetes object: no mapping at the top", document.origin.at())
    kind, version = value.get("kind"), value.get("apiVersion")
    if not isinstance(kind, str) or not isinstance(version, str):
        missing = "kind" if not isinstance(kind, str) else "apiVersion"
        raise ManifestError(f"not a Kubernetes object: no {missing}", document.origin.at(missing))
    if kind.endswith("List") and isinstance(value.get("items"), list):
        parts = [from_document(document.below("items", i), namespace) for i in range(len(value["items"]))]
        return merge(parts)
    group = version.rpartition("/")[0]
    model = KINDS.get((group, kind))
    return (
        _unknown(document, group, kind)
        if model is None
        else _known(document, model, (group, kind), namespace)
    )


def _unknown(document: Document, group: str, kind: str) -> Manifests:
    metadata = document.value.get("metadata")
    name = metadata.get("name", "") if isinstance(metadata, dict) else ""
    what = f"{kind}{'.' + group if group else ''} {name}".rstrip()
    return Manifests(
        unmodelled=(Unmodelled(what, kind_may_change_answer(group, kind), document.origin.at()),)
    )


def _known(
    document: Document, model: type[KubernetesObject], group_kind: tuple[str, str], namespace: str
) -> Manifests:
    value = _without_nulls(document.value)
    if model is Secret:
        value = {k: v for k, v in value.items() if k not in {"data", "stringData"}}
    if group_kind not in CLUSTER_SCOPED and isinstance(value.get("metadata"), dict):
        value["metadata"] = {"namespace": namespace} | value["metadata"]
    try:
        item = model.model_validate(value).read_from(document.origin)
    except ValidationError as error:
        raise _shape_error(error, document, group_kind[1]) from None
    return Manifests((item,), tuple(_unmodelled_fields(item)))


def _unmodelled_fields(item: KubernetesObject) -> Iterator[Unmodelled]:
    assert item.origin is not None
    for path in extra_fields(item):
        dotted = ".".join(str(p) for p in path)
        yield Unmodelled(
            f"{item.kind} {item.key}: {dotted}",
            field_may_change_answer(item.kind, path),
            item.origin.at(*path),
        )


def _without_nulls(value: Any) -> Any:
    """Null means absent in the Kubernetes API (but not inside a list)."""
    if isinstance(value, dict):
        return {k: _without_nulls(v) for k, v in value.items() if v is not None}
    return [_without_nulls(v) for v in value] if isinstance(value, list) else value


def _shape_error(error: ValidationError, document: Document, kind: str) -> ManifestError:
    """The first fault of a shape, with its place; a union's tags are no part of the path."""
    fault = error.errors()[0]
    path: Path = ()
    for part in fault["loc"]:
        if (*path, part) in document.positions or isinstance(part, int):
            path = (*path, part)
    metadata = document.value.get("metadata")
    name = metadata.get("name", "") if isinstance(metadata, dict) else ""
    dotted = ".".join(str(p) for p in path) or "the object"
    must = _MUST_BE.get(fault["type"], fault["msg"].lower())
    return ManifestError(
        f'{kind} "{name}": {dotted}: {must}, not {_shown(fault["input"])}', document.origin.at(*path)
    )


_MUST_BE = {
    "tuple_type": "must be a list",
    "dict_type": "must be a mapping",
    "model_type": "must be a mapping",
    "string_type": "must be a string",
    "int_type": "must be an integer",
    "bool_type": "must be true or false",
}


def _shown(value: Any) -> str:
    names = {dict: "a mapping", list: "a list", str: "the text", bool: "the boolean", type(None): "nothing"}
    kind = names.get(type(value), "the number")
    return kind if isinstance(value, dict | list) or value is None else f"{kind} {str(value)[:60]!r}"


__all__ = [
    "Document",
    "InputError",
    "documents",
    "files_below",
    "from_document",
    "load",
    "merge",
    "price_sheet_names",
    "read_text",
    "shipped",
]

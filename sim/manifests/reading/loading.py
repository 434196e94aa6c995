"""Files, folders and standard input -> Manifests. The only module that opens input files.

Every value keeps its line and column. Nothing is executed, nothing outside the named paths is read, and what
cannot be read is named with its place and its way out while the rest is read all the same.
"""

import codecs
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from fnmatch import fnmatch
from functools import partial
from pathlib import Path as FilePath
from pathlib import PurePath

from sim.errors import ParseError, UsageError, nearest
from sim.manifests.decoding import from_document, merge, printable, with_slices
from sim.manifests.documents import Document
from sim.manifests.memory import collector_at_rest
from sim.manifests.objects.collected import Finding, Manifests, Written
from sim.manifests.reading.json_reader import json_documents
from sim.manifests.reading.kustomize import KUSTOMIZATION_FILES, Texts, follow, kustomization_file
from sim.manifests.reading.opened import note_read
from sim.manifests.reading.yaml_reader import yaml_documents

ReadFile = Callable[[str], bytes]

_SUFFIXES = {".yaml", ".yml", ".json"}
_MOST_BYTES = 256 * 2**20
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def documents(text: str | bytes, file: str) -> Iterator[Document]:
    """Read the documents of a text in one of this project's own formats, one at a time, without empty ones.

    Args:
        text: YAML or JSON, as for `pieces`; a plain `y` or `n` is the letter.
        file: the name for messages.

    Raises:
        ParseError: at the first place where the text is no YAML, or where a key stands twice.
    """
    for piece in pieces(text, file, letters=True):
        if isinstance(piece, ParseError):
            raise piece
        for key, (line, column) in piece.repeated:
            message = f"the key {printable(key)!r} stands twice in one mapping"
            raise ParseError(message, f"{file}:{line}:{column}", "remove one of them", "SIM1003")
        yield piece


def pieces(text: str | bytes, file: str, letters: bool = False) -> Iterator[Document | ParseError]:
    """The documents of a text; in place of one that cannot be read, what is wrong with it.

    Args:
        text: YAML or JSON; bytes are UTF-8, or whatever their byte order mark says.
        file: the name for messages; `.json` is read strictly as JSON.
        letters: whether a plain `y` or `n` is the letter, not the boolean that kubectl reads.
    """
    plain, wrong = (text, None) if isinstance(text, str) else _decoded(text, file)
    if wrong is not None:
        yield wrong
    plain = plain.replace("\r\n", "\n").replace("\r", "\n").replace("\n\ufeff", "\n").removeprefix("\ufeff")
    if FilePath(file).suffix.lower() == ".json":
        yield from json_documents(plain, file)
    else:
        yield from _as_json(plain, file) or yaml_documents(plain, file, letters)


def _as_json(text: str, file: str) -> list[Document | ParseError]:
    """The documents of a text that begins like JSON and is JSON; else none, and YAML has the word."""
    if text[:100].lstrip()[:1] != "{":
        return []
    found = list(json_documents(text, file))
    return [] if any(isinstance(piece, ParseError) for piece in found) else found


def _decoded(raw: bytes, file: str) -> tuple[str, ParseError | None]:
    """The text, with U+FFFD for what is none; and the first place where it is none."""
    mark, encoding = next(((m, e) for m, e in _BYTE_ORDER_MARKS if raw.startswith(m)), (b"", "utf-8"))
    body = raw.removeprefix(mark)
    try:
        return body.decode(encoding), None
    except UnicodeDecodeError as error:
        before = body[: error.start].decode(encoding, "replace")
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        fix = f"save it as UTF-8, for example: iconv -f ISO-8859-1 -t UTF-8 {file}"
        wrong = ParseError(f"not {encoding.upper()} text", f"{file}:{line}:{column}", fix, "SIM1002")
        return body.decode(encoding, "replace"), wrong


def read_text(path: str) -> bytes:
    """The bytes of a file, or of standard input for `-`.

    Raises:
        UsageError: there is no such file, it cannot be read, or it is larger than any manifest.
    """
    try:
        if path == "-":
            note_read(sys.stdin.buffer)
            raw = sys.stdin.buffer.read(_MOST_BYTES + 1)
        else:
            with FilePath(path).open("rb") as file:
                note_read(file)
                raw = file.read(_MOST_BYTES + 1)
    except IsADirectoryError:
        raise UsageError(f"{printable(path)}: Is a directory; name the files in it") from None
    except (OSError, ValueError) as error:
        raise UsageError(
            f"{printable(path)}: {getattr(error, 'strerror', None) or error}{_meant(path)}"
        ) from None
    if len(raw) > _MOST_BYTES:
        raise UsageError(f"{printable(path)}: more than {_MOST_BYTES >> 20} MiB; no manifest is so large")
    return raw


def _meant(path: str) -> str:
    """The file or folder beside a missing one that may be meant: the end of a sentence."""
    wanted = FilePath(path)
    try:
        beside = [] if wanted.exists() else [file.name for file in wanted.parent.iterdir()]
    except (OSError, ValueError):
        return ""
    near = nearest(wanted.name, beside)
    return f"; did you mean {printable(str(wanted.parent / near))}?" if near else ""


def shipped(folder: str, name: str) -> Document:
    """A document that comes with the package: `shipped("costs/prices", "aws.yaml")`.

    Raises:
        UsageError: none of that name is shipped.
    """
    from importlib import resources

    file = resources.files("sim").joinpath(folder, name)
    if ".." in FilePath(name).parts or not file.is_file():
        raise UsageError(f"no {name} is shipped in sim/{folder}")
    return next(documents(file.read_bytes(), f"sim/{folder}/{name}"))


def price_sheet_names() -> tuple[str, ...]:
    """The providers whose price sheets are shipped, in alphabetical order."""
    from importlib import resources

    names = {FilePath(file.name) for file in resources.files("sim.costs.prices").iterdir()}
    return tuple(sorted(p.stem for p in names if p.suffix == ".yaml" and p.stem != "controller"))


def files_below(path: str, exclude: Iterable[str] = ()) -> Iterator[str]:
    """The manifest files that a -f argument names: itself, or what a folder holds, sorted.

    Links that lead out of the folder and kustomization files are left out.

    Args:
        exclude: patterns as of a shell; a file or folder below a folder that fits one is left out.

    Raises:
        UsageError: a folder without any manifest file.
    """
    folder = FilePath(path)
    if path == "-" or not os.path.isdir(path):
        yield path
        return
    home = folder.resolve()
    found = sorted(p for p in folder.rglob("*") if p.suffix.lower() in _SUFFIXES and p.is_file())
    inside = [p for p in found if p.resolve().is_relative_to(home)]
    own = (p for p in inside if p.name not in KUSTOMIZATION_FILES)
    kept = [p for p in own if not _fits(p.relative_to(folder), exclude)]
    if not kept:
        without = f" besides {', '.join(exclude)}" if exclude else ""
        links = "; links that lead out of it are not followed" if len(inside) < len(found) else ""
        raise UsageError(f"{printable(path)}: no .yaml, .yml or .json file in this folder{without}{links}")
    yield from (str(p) for p in kept)


def _fits(file: PurePath, patterns: Iterable[str]) -> bool:
    """Whether a pattern fits a file, a folder that it is in, or the way to either."""
    names = [name for way in (file, *file.parents[:-1]) for name in (way.name, way.as_posix())]
    return any(fnmatch(name, pattern.rstrip("/")) for pattern in patterns for name in names)


def kustomize_folder(path: str) -> str:
    """The folder itself, as for -k.

    Raises:
        UsageError: it has no kustomization file.
    """
    if kustomization_file(path) is None:
        raise UsageError(f"{printable(path)}: no kustomization.yaml in this folder")
    return path


def load(
    paths: Iterable[str], namespace: str = "default", read: ReadFile = read_text, exclude: Iterable[str] = ()
) -> Manifests:
    """Read manifests from files, folders and standard input (`-`).

    What cannot be read, and what the API server would refuse, is in `faults` of the result; everything else
    is read all the same.

    Args:
        paths: as for `kubectl apply -f`; a folder with a kustomization.yaml is read as with -k.
        namespace: for objects without one.
        read: the bytes of a file by its name; for texts that are changed but not written.
        exclude: as for `files_below`.

    Raises:
        UsageError: there is no such file or folder.
    """
    paths, exclude, texts = tuple(paths), tuple(exclude), dict[str, bytes]()

    def recorded(path: str) -> bytes:
        texts[path] = read(path)
        return texts[path]

    def again(changes: Mapping[str, bytes]) -> Manifests:
        return load(paths, namespace, {**texts, **changes}.__getitem__, exclude)

    with collector_at_rest():
        found = _joined(_parts(paths, namespace, recorded, exclude))
    return replace(found, written=Written(texts, again))


def load_text(text: str, name: str = "-", namespace: str = "default") -> Manifests:
    """Read manifests from a text.

    Args:
        text: YAML or JSON, any number of documents.
        name: what places call it, such as `-:3:1`; a name for people, no file is opened.
        namespace: for objects without one.

    Raises:
        Nothing for a bad text: `faults` of the result name what is wrong.
    """

    def read(changes: Mapping[str, bytes]) -> Manifests:
        return _joined(_read(name, namespace, lambda _: changes.get(name, text.encode())))

    return replace(read({}), written=Written({name: text.encode()}, read))


def _parts(
    paths: Iterable[str], namespace: str, read: ReadFile, exclude: Iterable[str]
) -> Iterator[Manifests]:
    for path in paths:
        if path != "-" and kustomization_file(path) is not None:
            yield from _kustomized(path, namespace, read)
            continue
        for file in files_below(path, exclude):
            yield from _read(file, namespace, read, named=file == path)


def _kustomized(path: str, namespace: str, read: ReadFile) -> Iterator[Manifests]:
    """The parts of a kustomize folder: what it says of itself, then each resource as it comes out."""
    found = follow(path, Texts(partial(_pieces_of_file, read=read), _pieces_of_text))
    note = printable(f"{path}: read as a kustomize folder, for it has a kustomization.yaml")
    yield Manifests(notes=(note,), faults=found.faults, unmodelled=found.unmodelled, left_out=found.left_out)
    for resource in found.resources:
        yield from_document(resource.document, namespace, resource.forced)


def _read(file: str, namespace: str, read: ReadFile, named: bool = True) -> Iterator[Manifests]:
    """The parts of a file.

    Args:
        named: whether the user named it; of the files in a folder those that hold no manifest are skipped.
    """
    found = list(_pieces_of_file(file, read))
    if not named and all(isinstance(piece, Document) and _is_other(piece.value) for piece in found):
        says = "skipped: no manifest, it has neither apiVersion nor kind"
        yield Manifests(faults=(Finding("SIM1010", "note", says, f"{file}:1:1"),))
        return
    for piece in found:
        if isinstance(piece, Finding):
            yield Manifests(faults=(piece,))
        else:
            yield from_document(piece, namespace)


def _is_other(value: object) -> bool:
    """Whether a document is for another program: values of a chart, a workflow, a lock file."""
    return not isinstance(value, dict) or not {"apiVersion", "kind"} & set(value)


def _pieces_of_file(file: str, read: ReadFile) -> Iterator[Document | Finding]:
    is_empty = True
    for piece in _pieces_of_text(read(file), file):
        is_empty = False
        yield piece
    if is_empty:
        yield Finding("SIM1009", "note", "empty: no objects in this file", f"{file}:1:1")


def _pieces_of_text(text: str | bytes, name: str) -> Iterator[Document | Finding]:
    for piece in pieces(text, name):
        if isinstance(piece, ParseError):
            yield Finding(piece.code or "SIM1001", "error", printable(piece.message), piece.source, piece.fix)
        else:
            yield piece


def _joined(parts: Iterable[Manifests]) -> Manifests:
    """All of them; a set without any object is a mistake, although each empty file in it may be none."""
    manifests = with_slices(merge(parts))
    if manifests.objects or manifests.unknown or any(f.severity == "error" for f in manifests.faults):
        return manifests
    fix = "look at what wrote it; -f takes manifests, for example: kubectl get -A -o yaml all,ingress"
    raised = (
        replace(f, severity="error", fix=fix) if f.code in ("SIM1009", "SIM1010") else f
        for f in manifests.faults
    )
    return replace(manifests, faults=tuple(raised))


__all__ = [
    "Document", "documents", "files_below", "from_document", "load", "load_text", "merge", "pieces",
    "price_sheet_names", "read_text", "shipped",
]  # fmt: skip

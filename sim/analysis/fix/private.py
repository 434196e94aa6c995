"""Lines of texts that hold the data of Secrets: no patch shows them.

Data are `data`, `stringData`, and the copy of both that `kubectl apply` keeps in an annotation. The text is
read for the places alone. A document that cannot be read and speaks of a Secret is out of sight as a whole.
"""

import re
from collections.abc import Iterator
from typing import Any

from sim.errors import ParseError
from sim.manifests.documents import Document
from sim.manifests.objects.meta import Path
from sim.manifests.reading.loading import pieces

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_SECRET = re.compile(r"\bSecret\b")
_DATA = re.compile(r"\b(?:stringData|data)\b|last-applied-configuration")


def private_lines(text: str, file: str) -> frozenset[int]:
    """The numbers of the lines, from 1, that hold the data of a Secret.

    Args:
        text: of a file with manifests.
        file: its name, which says whether it is JSON.
    """
    if not (_SECRET.search(text) and _DATA.search(text)):
        return frozenset()
    found = list(pieces(text, file))
    spans = list(_documents(text))
    lines = {n for d in found if isinstance(d, Document) for n in _of_document(d, spans)}
    if any(isinstance(piece, ParseError) for piece in found):
        unclear = [(s, e) for s, e, part in spans if _SECRET.search(part) and _DATA.search(part)]
        lines |= {n for start, end in unclear for n in range(start, end)}
    return frozenset(lines)


def _documents(text: str) -> Iterator[tuple[int, int, str]]:
    """First line, the line after the last one, and the text of each document."""
    lines = text.split("\n")
    starts = [0, *(n for n, line in enumerate(lines) if line.startswith("---"))]
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        yield start + 1, end + 1, "\n".join(lines[start:end])


def _of_document(document: Document, spans: list[tuple[int, int, str]]) -> Iterator[int]:
    """From each line with a piece of data to the next line with something that is none."""
    roots = list(_data(document.value, ()))
    if not roots:
        return
    places = [(path, document.positions[path][0]) for path in document.positions]
    others = {line for path, line in places if not any(path[: len(root)] == root for root in roots)}
    for root in roots:
        start = document.positions[root][0]
        end = next(end for first, end, _ in spans if first <= start < end)
        yield from range(start, max(start + 1, min((n for n in others if n > start), default=end)))


def _data(value: Any, path: Path) -> Iterator[Path]:
    """Where data of Secrets stand in a value; in a list of objects too."""
    if isinstance(value, dict):
        if value.get("kind") == "Secret":
            yield from ((*path, name) for name in ("data", "stringData") if name in value)
            metadata = value.get("metadata")
            annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
            if isinstance(annotations, dict) and LAST_APPLIED in annotations:
                yield (*path, "metadata", "annotations", LAST_APPLIED)
        for key, child in value.items():
            yield from _data(child, (*path, key))
    elif isinstance(value, list):
        for number, child in enumerate(value):
            yield from _data(child, (*path, number))

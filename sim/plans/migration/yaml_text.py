"""Objects as YAML text, each with comments that say where its parts come from.

A mapping's key `#` is no field: its lines stand as comments above the mapping.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

NOTE = "#"
_PLAIN = re.compile(r"[A-Za-z/](?:[A-Za-z0-9._/\-]|:(?=[A-Za-z0-9]))*")
_WORDS = frozenset(("y", "n", "yes", "no", "on", "off", "true", "false", "null"))
_WIDTH = 100


def text_of(comments: Iterable[str], value: Mapping[str, Any]) -> str:
    """One document, without a line of dashes.

    Args:
        comments: what stands above it.
        value: mappings, lists, texts, numbers and truths.
    """
    return "\n".join((*_comments(comments, ""), *_mapping(value, ""))) + "\n"


def _comments(lines: Iterable[str], margin: str) -> Iterator[str]:
    """Each on lines of its own, whatever it holds: no text of a manifest ends a comment."""
    for line in lines:
        for part in line.splitlines() or [""]:
            shown = "".join(c if c.isprintable() else "\ufffd" for c in part)
            yield f"{margin}# {shown}".rstrip()


def _mapping(value: Mapping[str, Any], margin: str) -> Iterator[str]:
    yield from _comments(value.get(NOTE, ()), margin)
    for key, item in value.items():
        if key != NOTE:
            yield from _entry(f"{margin}{_scalar(key)}:", item, margin)


def _entry(head: str, item: Any, margin: str) -> Iterator[str]:
    if isinstance(item, Mapping) and item:
        yield head
        yield from _mapping(item, f"{margin}  ")
    elif isinstance(item, list | tuple) and item:
        flow = _flow(item)
        if flow is not None and len(head) + len(flow) < _WIDTH:
            yield f"{head} {flow}"
            return
        yield head
        yield from _items(item, margin)
    else:
        yield f"{head} {_scalar(item)}"


def _flow(items: Sequence[Any]) -> str | None:
    """Plain words on one line."""
    shown = [_scalar(item) for item in items if not isinstance(item, Mapping | list | tuple)]
    plain = len(shown) == len(items) and all(_PLAIN.fullmatch(word) for word in shown)
    return f"[{', '.join(shown)}]" if plain else None


def _items(items: Sequence[Any], margin: str) -> Iterator[str]:
    for item in items:
        if not isinstance(item, Mapping):
            yield f"{margin}- {_scalar(item)}"
            continue
        yield from _comments(item.get(NOTE, ()), margin)
        first, *rest = _mapping({k: v for k, v in item.items() if k != NOTE}, f"{margin}  ")
        yield f"{margin}- {first.strip()}"
        yield from rest


def _scalar(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Mapping | list | tuple):
        return "{}" if isinstance(value, Mapping) else "[]"
    text = str(value)
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    return f"'{text.replace(chr(39), chr(39) * 2)}'" if text.isprintable() else _escaped(text)


def _escaped(text: str) -> str:
    r"""In double quotes, with `\u0007` for what cannot be printed."""
    return '"' + "".join(map(_character, text)) + '"'


def _character(char: str) -> str:
    if char in '"\\':
        return f"\\{char}"
    return char if char.isprintable() else f"\\U{ord(char):08x}"

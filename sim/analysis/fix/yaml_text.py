"""Values as YAML text, as people write manifests: block style outside, short values in flow style."""

import json
import re
from collections.abc import Mapping
from typing import Any

_PLAIN = re.compile(r"[A-Za-z/](?:[\w./-]|:(?=\w))*", re.ASCII)
_NOT_TEXT = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
_WIDTH = 76


def scalar(value: Any) -> str:
    """A value that is no mapping and no list; text in quotes where YAML would read something else.

    >>> scalar("web"), scalar("*.a.test"), scalar("yes"), scalar(80)
    ('web', '"*.a.test"', '"yes"', '80')
    """
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _NOT_TEXT:
        return value
    return json_text(value)


def json_text(value: Any) -> str:
    """A value as JSON, which is YAML too."""
    return json.dumps(value, ensure_ascii=False)


def flow(value: Any) -> str:
    """A value on one line.

    >>> flow({"service": {"name": "web", "port": {"number": 80}}})
    '{service: {name: web, port: {number: 80}}}'
    """
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{scalar(k)}: {flow(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(flow(v) for v in value) + "]"
    return scalar(value)


def block(value: Any, indent: int) -> list[str]:
    """A value on lines of its own; an entry that fits on one line in flow style stands there.

    Args:
        indent: spaces before each line.
    """
    if isinstance(value, Mapping):
        return [line for key, v in value.items() for line in _entry(scalar(key), v, indent)]
    if isinstance(value, list | tuple):
        return [line for item in value for line in _item(item, indent)]
    return [" " * indent + scalar(value)]


def _entry(key: str, value: Any, indent: int) -> list[str]:
    short = f"{' ' * indent}{key}: {flow(value)}"
    if not isinstance(value, Mapping | list | tuple) or len(short) <= _WIDTH:
        return [short]
    deeper = indent if isinstance(value, list | tuple) else indent + 2
    return [f"{' ' * indent}{key}:", *block(value, deeper)]


def _item(value: Any, indent: int) -> list[str]:
    first, *more = block(value, indent + 2)
    return [f"{' ' * indent}- {first.lstrip()}", *more]

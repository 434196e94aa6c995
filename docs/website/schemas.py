"""The JSON Schemas of docs/schemas as pages: every key with type, meaning, and whether it is always there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

Schema = dict[str, Any]

INTRO = """\
# Outputs as JSON

Every JSON output names its schema, such as `sim.trace/1`. The schemas are JSON Schema 2020-12, and closed:
they name every key there is. The pages below are made from them.
"""


def type_of(schema: Schema) -> str:
    """A type in words, as Markdown: `string or null`, `array of hop`, with links to the parts of the page."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "const" in schema:
        return f"`{json.dumps(schema['const'], ensure_ascii=False)}`"
    if "enum" in schema:
        return ", ".join(f"`{json.dumps(one, ensure_ascii=False)}`" for one in schema["enum"])
    for key in ("anyOf", "oneOf"):
        if key in schema:
            return " or ".join(map(type_of, schema[key]))
    kinds = schema.get("type", "anything")
    return " or ".join(_kind(kind, schema) for kind in ([kinds] if isinstance(kinds, str) else kinds))


def _kind(kind: str, schema: Schema) -> str:
    if kind == "array" and "prefixItems" in schema:
        return f"array of {', '.join(map(type_of, schema['prefixItems']))}"
    if kind == "array" and schema.get("items"):
        return f"array of {type_of(schema['items'])}"
    if kind == "object" and isinstance(schema.get("additionalProperties"), dict):
        return f"object of {type_of(schema['additionalProperties'])}"
    return kind


def _limits(schema: Schema) -> str:
    words = {
        "minimum": "at least {}",
        "maximum": "at most {}",
        "minItems": "at least {} of them",
        "maxItems": "at most {} of them",
        "pattern": "as `{}`",
    }
    return "; ".join(
        said.format(schema[key]).replace("|", "\\|") for key, said in words.items() if key in schema
    )


def rows(schema: Schema, path: str = "") -> Iterator[tuple[str, str, bool, str]]:
    """(key, type, always there, meaning) of an object, and of the objects written inside it."""
    for name, inner in schema.get("properties", {}).items():
        meaning = "; ".join(filter(None, (inner.get("description", "").rstrip("."), _limits(inner))))
        yield path + name, type_of(inner), name in schema.get("required", ()), meaning
        yield from _inside(inner, path + name)


def _inside(schema: Schema, path: str) -> Iterator[tuple[str, str, bool, str]]:
    yield from rows(schema, f"{path}.")
    if isinstance(schema.get("items"), dict):
        yield from _inside(schema["items"], f"{path}[]")
    if isinstance(schema.get("additionalProperties"), dict):
        yield from _inside(schema["additionalProperties"], f"{path}.*")
    for key in ("anyOf", "oneOf"):
        for one in schema.get(key, ()):
            yield from _inside(one, path)


def _table(schema: Schema) -> str:
    found = list(rows(schema))
    if not found:
        return f"{type_of(schema)}{'; ' * bool(_limits(schema))}{_limits(schema)}\n"
    head = "| key | type | always | meaning |\n|---|---|---|---|\n"
    return head + "".join(
        f"| `{key}` | {kind} | {'yes' if always else 'no'} | {meaning} |\n"
        for key, kind, always, meaning in found
    )


def _part(schema: Schema) -> str:
    said = schema.get("description", "")
    return (
        f"{said}\n\n{_table({k: v for k, v in schema.items() if k != 'description'})}"
        if said
        else _table(schema)
    )


def page(schema: Schema, file: str) -> str:
    """The page of one schema.

    Args:
        file: the schema itself, from the folder of the page.
    """
    parts = (f"## {name}\n\n{_part(inner)}" for name, inner in schema.get("$defs", {}).items())
    return "\n".join(
        (
            f"# {schema['title']}\n",
            _part(schema),
            f"The schema itself: {{download}}`{file} <{file}>`\n",
            *parts,
        )
    )

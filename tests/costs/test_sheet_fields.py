"""Every field of every shipped sheet, missing, malformed or beside one too many: refused at its line, or optional."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import yaml

from sim.costs.price_sheet import read_controller_defaults, read_price_sheet
from sim.errors import InputError
from sim.manifests.reading.loading import Document, documents, price_sheet_names, shipped

FILES = (*price_sheet_names(), "controller")
Path = tuple[str | int, ...]

OPTIONAL = {
    "note", "addresses", "rules", "shared", "routes_http", "rule_evaluations", "tls", "public_address_hour",
    "cross_zone_gb", "quotas", "load_balancer_node_requests_per_s", "load_balancer_node_connections",
    "load_balancer_node_mbit_in_per_s",
}  # fmt: skip
"""Fields that say more, or what does not apply to every provider; their defaults are in docs/prices.md."""

MALFORMED = {
    "value": "cheap", "as_of": "last week", "confidence": "sure", "currency": "dollars", "shape": "yearly",
    "limit": "many", "adjustable": "perhaps", "counts": "sheep", "vcpu": "two", "memory_gib": "much",
    "addresses": "some", "rules": "some", "bundle_for": "me", "hours_per_month": "all", "date": "some day",
    "default_product": "nobody", "default_node": "nobody", "shared": "perhaps", "routes_http": "perhaps",
}  # fmt: skip
"""A value that is wrong for a field; any other field is a text, for which a number is wrong."""


def document_of(name: str) -> Document:
    """A shipped file in block style, so that each field has a line of its own."""
    text = yaml.safe_dump(shipped("costs/prices", f"{name}.yaml").value, sort_keys=False, width=10_000)
    document = next(documents(text, f"{name}.yaml"))
    return replace(document, positions=dict(document.positions))  # type: ignore[arg-type]


DOCUMENTS = {name: document_of(name) for name in FILES}


def fields(value: Any, path: Path = ()) -> Iterator[Path]:
    """Every key of every mapping."""
    if isinstance(value, dict):
        for key, part in value.items():
            yield (*path, key)
            yield from fields(part, (*path, key))


def below(value: Any, path: Path) -> Any:
    for part in path:
        value = value[part]
    return value


def changed(document: Document, path: Path, item: Any) -> Document:
    """The document with another value at a path."""
    value = copy.deepcopy(document.value)
    below(value, path[:-1])[path[-1]] = item
    return replace(document, value=value)


def without(document: Document, path: Path) -> Document:
    """The document without a field, and without the places of what stood below it."""
    value = copy.deepcopy(document.value)
    del below(value, path[:-1])[path[-1]]
    kept = {p: at for p, at in document.positions.items() if p[: len(path)] != path}
    return replace(document, value=value, positions=kept)


def refusal(name: str, document: Document) -> InputError | None:
    read = read_controller_defaults if name == "controller" else read_price_sheet
    try:
        read(document)  # type: ignore[operator]
    except InputError as error:
        return error
    return None


def line_of(document: Document, path: Path) -> str:
    return f"{document.origin.line(*path)}:"


@pytest.mark.parametrize("name", FILES)
def test_a_missing_field_is_refused_at_the_line_of_what_lacks_it(name: str) -> None:
    document = DOCUMENTS[name]
    for path in fields(document.value):
        found = refusal(name, without(document, path))
        namers = [("quotas", key, "products") for key, quota in quotas_of(document) if path[-1] in quota]
        if path[0] == "products" and len(path) == 2 and namers and is_spare(document, path):
            assert any(str(found).startswith(line_of(document, namer)) for namer in namers), (
                path,
                str(found),
            )
        elif path[-1] in OPTIONAL or is_spare(document, path):
            assert found is None, path
        elif len(path) > 1 and path[-2] == "sources":
            assert found is not None, path
            assert f"no source {path[-1]!r}" in found.message
            users = {
                line_of(document, p)
                for p in fields(document.value)
                if p[-1] == "sources" and path[-1] in below(document.value, p)
            }
            assert any(str(found).startswith(user) for user in users), (path, str(found))
        else:
            assert found is not None, path
            place = DEFAULTS.get(str(path[0]), path[:-1]) if len(path) == 2 else path[:-1]
            assert str(found).startswith(line_of(document, place)), (path, str(found))
            assert str(path[-1]) in found.message


DEFAULTS: dict[str, Path] = {"products": ("default_product",), "nodes": ("default_node",)}
"""Where it is said that a product or node should be there."""


def quotas_of(document: Document) -> list[tuple[str, list[str]]]:
    return [(key, quota.get("products", [])) for key, quota in document.value.get("quotas", {}).items()]


def is_spare(document: Document, path: Path) -> bool:
    """A product or node that is not the default one, a quota, and which products a quota concerns."""
    value = document.value
    defaults = {value.get("default_product"), value.get("default_node")}
    whole = len(path) == 2 and path[0] in {"products", "nodes", "quotas"} and path[1] not in defaults
    return whole or (path[0] == "quotas" and path[-1] == "products")


@pytest.mark.parametrize("name", FILES)
def test_a_malformed_field_is_refused_at_its_line(name: str) -> None:
    document = DOCUMENTS[name]
    for path in fields(document.value):
        given = below(document.value, path)
        wrongs: list[Any] = ["nonsense"] if isinstance(given, dict) else [{"surprise": 1}]
        if isinstance(given, list):
            wrongs += ["nobody", ["nobody"], [3], *([[]] if path[-1] == "sources" else [])]
        elif not isinstance(given, dict):
            wrongs.append(MALFORMED.get(str(path[-1]), 5))
        for wrong in wrongs:
            found = refusal(name, changed(document, path, wrong))
            assert found is not None, (path, wrong)
            place = (*path, 0) if wrong == [3] else path
            assert str(found).startswith(line_of(document, place)), (path, wrong, str(found))
            assert str(path[-1]) in found.message or wrong == ["nobody"], (path, wrong, found.message)


@pytest.mark.parametrize("name", FILES)
def test_a_field_too_many_is_refused_at_the_line_where_it_stands(name: str) -> None:
    document = DOCUMENTS[name]
    open_maps = {("products",), ("nodes",), ("quotas",), ("sources",)}
    mappings = [(), *(p for p in fields(document.value) if isinstance(below(document.value, p), dict))]
    for path in mappings:
        found = refusal(name, changed(document, (*path, "surprise"), 1))
        assert found is not None, path
        assert str(found).startswith(line_of(document, path)), (path, str(found))
        assert "surprise" in found.message or path in open_maps

"""Shapes: the short way through a value that is as it must be, and the long way that names what is not, agree."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.manifests.validation.schema import SCHEMAS
from sim.manifests.validation.shapes import (
    Anything,
    Fields,
    ListOf,
    MapOf,
    Shape,
    Text,
    Time,
    Truth,
    Whole,
    WholeOrText,
    decode,
    structural_faults,
)

TIME = "2026-01-31T12:00:00Z"
SCALARS = st.sampled_from(["", "web", "80", TIME, True, False, 0, 80, -1, 2**31, 2**63, 1.5, 80.0, None])
ANY = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2), max_leaves=4)  # fmt: skip
NAMES = {Text: "web", Whole: 80, WholeOrText: "http", Truth: True, Time: TIME, Anything: 1}


def values(shape: Shape) -> st.SearchStrategy[object]:
    """Values of a shape, now and then with a part that is none."""
    match shape:
        case ListOf(items=items):
            good = st.lists(st.deferred(lambda: values(items)), max_size=2)
        case MapOf(values=inner):
            good = st.dictionaries(st.sampled_from("ab"), st.deferred(lambda: values(inner)), max_size=2)
        case Fields(fields=fields):
            good = st.fixed_dictionaries({}, optional={name: st.deferred(lambda s=s: values(s)) for name, s in fields.items()})  # fmt: skip
        case _:
            good = st.just(NAMES[type(shape)])
    return st.integers(0, 19).flatmap(lambda n: ANY if n == 0 else good)


def is_plain(value: object) -> bool:
    """Without what is decoded to something else: null, a whole float."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return value is not None and not isinstance(value, float) and all(map(is_plain, inner))


@settings(max_examples=30, deadline=None)
@given(st.data())
@pytest.mark.parametrize("kind", SCHEMAS)
def test_a_value_is_read_as_it_is_or_something_is_said(kind, data):
    value = data.draw(values(SCHEMAS[kind]))
    found = decode(value, SCHEMAS[kind])
    if is_plain(value):
        assert (found.value == value) == (not found.faults)
    again = decode(found.value, SCHEMAS[kind])
    assert again.faults == ()
    assert again.value == found.value


@pytest.mark.parametrize(
    ("value", "shape", "says"),
    [
        (80.0, Whole(), []),
        (2**31, Whole(), ["cannot decode number 2147483648 as an int32"]),
        (2**31, Whole(-(2**63), 2**63 - 1), []),
        ("80", Whole(), ['cannot decode string "80" as an int32; leave out the quotes']),
        (80, Text(), ["cannot decode number 80 as a string; put it in quotes"]),
        ({"a": 1}, ListOf(Text()), ["cannot decode object as a list; is a '-' missing?"]),
        ({"a": True}, MapOf(Text()), ['cannot decode bool true of key "a" as a string; put it in quotes']),
        (1e30, WholeOrText(), ["cannot decode number 1e+30 as an int32 or a string"]),
        ("noon", Time(), ['cannot decode string "noon" as a time (such as 2026-01-31T12:00:00Z)']),
        ({"prot": 1}, Fields({"port": Whole()}), ['unknown field "prot"; did you mean port?']),
    ],
    ids=str,
)
def test_what_is_built_in_is_decoded_as_go_does(value, shape, says):
    assert [fault.message for fault in decode(value, shape).faults] == says


@pytest.mark.parametrize(
    ("value", "shape", "says"),
    [
        ([1, None], ListOf(Whole()), ["Invalid value: null: must be of type integer"]),
        (["a", "a"], ListOf(Text(), is_set=True), ['Duplicate value: "a"']),
        ({}, Fields({"name": Text()}, ("name",)), ["Required value"]),
        ({}, Fields({"name": Text(default="web")}, ("name",)), []),
        ("abc", Text(most=2), ["Too long: may not be more than 2 bytes"]),
        (7, Whole(words=(8, 9)), ["Unsupported value: \"7\": supported values: \"8\", \"9\""]),
        ({"a": 1}, ListOf(Text()), ["Invalid value: \"object\": must be of type array; is a '-' missing?"]),
        (7, Whole(rules=(lambda n: iter([f"{n} is odd"] if n % 2 else []),)), ["Invalid value: 7: 7 is odd"]),
    ],
    ids=["null in a list", "twice in a set", "required", "a default", "too long", "not one of", "no list", "a rule"],
)  # fmt: skip
def test_a_custom_resource_is_held_against_its_schema(value, shape, says):
    assert [fault.message for fault in structural_faults(value, shape)] == says

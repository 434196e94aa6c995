"""The house stands as its plan says: few rooms, imports that lead down, small things, one meaning per name."""

from __future__ import annotations

from statistics import median

import pytest
from house import House, circles, measured


@pytest.fixture(scope="module")
def house() -> House:
    return measured()


def test_a_stranger_sees_all_rooms_at_once(house: House) -> None:
    assert len(house.entries) <= 20
    assert len(house.arrows) <= 90


def test_imports_lead_down_and_never_in_a_circle(house: House) -> None:
    assert house.upwards == []
    assert circles(house.arrows) == []


def test_things_are_small(house: House) -> None:
    assert {name: size for name, size in house.functions.items() if size > 50} == {}
    assert {name: size for name, size in house.classes.items() if size > 200} == {}
    assert {name: size for name, size in house.files.items() if size > 400} == {}
    assert median(house.functions.values()) <= 6


def test_a_class_name_has_one_meaning(house: House) -> None:
    assert house.twice == {}


def test_a_circle_would_be_found() -> None:
    assert circles({("a", "b"), ("b", "c"), ("c", "a"), ("a", "d")}) == [
        ("a", "b", "c", "a"), ("b", "c", "a", "b"), ("c", "a", "b", "c"),
    ]  # fmt: skip
    assert circles({("a", "b"), ("b", "c"), ("a", "c")}) == []


def test_what_counts_as_a_line_of_code(tmp_path) -> None:
    (tmp_path / "sim" / "room").mkdir(parents=True)
    (tmp_path / "sim" / "errors.py").write_text('"""Errors."""\n\n# a comment\nX = 1\n"""Of it."""\n')
    (tmp_path / "sim" / "room" / "page.py").write_text(
        'from sim.errors import X\n\n\nclass Page:\n    """One."""\n\n    def show(self):\n'
        '        """Show it."""\n        return """a\n\n        b"""\n'
    )
    found = measured(tmp_path)
    assert found.code == 1 + 1 + 1 + 1 + 3
    assert found.arrows == {("room", "errors")}
    assert list(found.functions.values()) == [5 - 1]

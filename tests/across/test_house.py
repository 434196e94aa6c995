"""The house stands as its plan says: few rooms, imports that lead down, small things, one meaning per name."""

from __future__ import annotations

import re
from statistics import median

import pytest
from house import FLOORS, ROOT, House, circles, measured


@pytest.fixture(scope="module")
def house() -> House:
    return measured()


def test_a_stranger_sees_all_rooms_at_once(house: House) -> None:
    assert len(house.entries) <= 20
    assert len(house.arrows) <= 90


def test_imports_lead_down_and_never_in_a_circle(house: House) -> None:
    assert house.upwards == []
    assert circles(house.arrows) == []


def test_the_page_of_the_design_shows_every_room_on_its_floor() -> None:
    page = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) \| ((?:`\w+`,? ?)+) \|", page, re.MULTILINE)
    shown = [(int(floor), re.findall(r"`(\w+)`", rooms)) for floor, rooms in rows]
    in_order = [room for rooms in FLOORS for room in rooms if room != "__main__"]
    assert [room for _, rooms in shown for room in rooms] == in_order
    assert [floor for floor, _ in shown] == sorted((floor for floor, _ in shown), reverse=True)


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

"""Contrast, greyscale, and a look for every state and plan."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import asdict

import pytest
from colours import contrast, lightness

from sim.plans import PLANS as PLANS_THERE_ARE
from sim.report import theme
from sim.report.theme import FAMILIES, PLANS, SIZES, THEMES, state_mark
from sim.routing.final import STATES

TABLE = [
    ("light", "ink", 15.8, 14.8),
    ("light", "ink2", 6.1, 5.7),
    ("light", "line", 3.5, 3.2),
    ("light", "lb_per_service", 3.5, 3.3),
    ("light", "single_ingress", 7.4, 6.9),
    ("light", "delivered", 3.4, 3.2),
    ("light", "redirected", 3.6, 3.4),
    ("light", "failed", 3.9, 3.6),
    ("light", "timed_out", 4.1, 3.9),
    ("dark", "ink", 16.0, 14.6),
    ("dark", "ink2", 7.8, 7.1),
    ("dark", "line", 4.1, 3.8),
    ("dark", "lb_per_service", 8.4, 7.7),
    ("dark", "single_ingress", 4.5, 4.1),
    ("dark", "delivered", 5.5, 5.1),
    ("dark", "redirected", 8.2, 7.5),
    ("dark", "failed", 4.9, 4.5),
    ("dark", "timed_out", 6.2, 5.7),
]


@pytest.mark.parametrize(("name", "colour", "on_page", "on_panel"), TABLE)
def test_contrast_is_what_the_table_says(name: str, colour: str, on_page: float, on_panel: float) -> None:
    colours = asdict(THEMES[name])
    assert contrast(colours[colour], colours["page"]) == pytest.approx(on_page, abs=0.06)
    assert contrast(colours[colour], colours["panel"]) == pytest.approx(on_panel, abs=0.06)


@pytest.mark.parametrize("name", THEMES)
@pytest.mark.parametrize("ground", ["page", "panel"])
def test_text_and_marks_can_be_told_from_the_ground(name: str, ground: str) -> None:
    colours = asdict(THEMES[name])
    below = colours.pop(ground)
    for text in ("ink", "ink2"):
        assert contrast(colours[text], below) >= theme.TEXT_CONTRAST
    for mark in colours.keys() - {"page", "panel", "hair"}:
        assert contrast(colours[mark], below) >= theme.MARK_CONTRAST, mark


@pytest.mark.parametrize("name", THEMES)
def test_the_two_plans_part_in_greyscale(name: str) -> None:
    colours = THEMES[name]
    assert abs(lightness(colours.lb_per_service) - lightness(colours.single_ingress)) >= 19


def test_contrast_runs_from_1_to_21_and_ignores_the_order() -> None:
    assert contrast("#FFFFFF", "#000000") == contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#818B98", "#818B98") == 1


def test_lightness_of_black_grey_and_white() -> None:
    assert lightness("#000000") == 0
    assert lightness("#010101") == pytest.approx(0.274, abs=0.001)
    assert lightness("#777777") == pytest.approx(50, abs=0.5)
    assert lightness("#FFFFFF") == pytest.approx(100)


def test_the_thirteen_states_fall_into_four_families() -> None:
    assert set(FAMILIES) == set(STATES)
    by_word = {word: [s for s in STATES if FAMILIES[s].word == word] for word in ("delivered", "redirected")}
    assert by_word == {"delivered": ["delivered"], "redirected": ["redirected"]}
    assert [s for s in STATES if FAMILIES[s].word == "timed out"] == ["timeout"]
    assert sum(FAMILIES[s].word == "failed" for s in STATES) == 10


@pytest.mark.parametrize("part", ["word", "mark", "ascii", "style", "colour"])
def test_no_two_families_look_alike(part: str) -> None:
    families = set(FAMILIES.values())
    assert len({getattr(f, part) for f in families}) == len(families) == 4


@pytest.mark.parametrize(
    ("state", "ascii_only", "mark"),
    [
        pytest.param("delivered", False, ("●", "green"), id="a delivered request is a disc"),
        pytest.param("answered-by-proxy", False, ("✕", "red"), id="a proxy's own answer is a failure"),
        pytest.param("timeout", False, ("○", "magenta"), id="a timeout is a ring"),
        pytest.param("redirected", True, (">", "cyan"), id="without UTF-8 the shape is an ASCII character"),
    ],
)
def test_state_mark(state: str, ascii_only: bool, mark: tuple[str, str]) -> None:
    assert state_mark(state, ascii_only) == mark


def test_ascii_marks_are_ascii() -> None:
    assert all(f.ascii.isascii() for f in FAMILIES.values())


def test_every_plan_has_a_look_of_its_own() -> None:
    assert set(PLANS_THERE_ARE) <= set(PLANS)
    for part in ("colour", "marker", "mark", "hatch", "subject"):
        assert len({getattr(p, part) for p in PLANS.values()}) == len(PLANS)
    assert all(p.colour in asdict(THEMES["light"]) for p in PLANS.values())


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_type_is_readable_in_the_last_row(size: theme.Size) -> None:
    for points in (theme.TITLE, theme.SUBTITLE, theme.LABEL, theme.TICK):
        assert size.points(points) >= size.height_in * 72 / 40
    assert size.points(theme.NOTE) >= theme.SMALLEST_TYPE


def test_items_without_a_name_show_their_key_in_words() -> None:
    assert theme.item_name("public_addresses") == "Public addresses"
    assert theme.item_name("night_watch") == "Night watch"
    assert (theme.currency_name("EUR"), theme.currency_name("CHF")) == ("euros", "CHF")


def test_the_terminal_gets_its_marks_without_matplotlib() -> None:
    code = "import sim.report.theme, sys; sys.exit('matplotlib' in sys.modules or 'numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

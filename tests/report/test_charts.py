"""The comparison chart: what it says in every case, and that nothing touches or leaves the page."""

from __future__ import annotations

import struct
import subprocess
import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import matplotlib as mpl
import pytest
from comparisons import (
    example,
    huge,
    one_run,
    with_failures,
    with_mean,
    with_money,
    without_answers,
)
from crowded import crowded
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from sim.comparison.comparison import Comparison
from sim.errors import UsageError
from sim.report.charts.charts import CHARTS, COMPARISON_CHARTS, comparison_chart
from sim.report.charts.compare import compare
from sim.report.charts.picture import frame, save, sheet
from sim.report.theme import LONGEST_TITLE, PLANS, SIZES, THEMES
from sim.report.words.chart_kinds import COMPARISON_KINDS
from sim.report.words.finding import finding
from sim.report.words.numbers import duration, money_of_axis, percent
from sim.report.words.panels import difference_text, latency_panel, money_panel


def texts(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.texts]


CASES = {
    "usual": example(),
    "one run": one_run(example()),
    "Ingress dearer, dollars": example("gcp", 3),
    "euros": example("hetzner", 2),
    "linode": example("linode"),
    "azure": example("azure", 40),
    "failures": with_failures(example(), 0, 412),
    "nothing answered": without_answers(example()),
    "free of charge": with_money(example(), 0, 0),
    "one thousandth": with_money(example(times=0.001), Fraction(1, 1000), Fraction(1, 1000)),
    "huge": huge(example(times=100.0)),
    "huge, with failures": huge(example("gcp", times=100.0), 987_654_321),
    "astronomic": with_money(huge(example(times=30_000.0)), 10**6, 10**7),
}


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("comparison", CASES.values(), ids=CASES)
def test_nothing_touches_or_leaves_the_page(comparison: Comparison, size: str, theme: str) -> None:
    assert crowded(compare(comparison, size, theme).figure) == []


@pytest.mark.parametrize(
    ("comparison", "title"),
    [
        pytest.param(
            CASES["usual"], "One Ingress cuts the bill by 86 % and adds 2 ms to the mean", id="usual"
        ),
        pytest.param(
            CASES["one run"], "One Ingress cuts the bill by 86 % and adds 2 ms to the mean", id="one-run"
        ),
        pytest.param(
            CASES["Ingress dearer, dollars"],
            "One Ingress costs 27 % more and adds 2 ms to the mean",
            id="the-ingress-is-dearer",
        ),
        pytest.param(
            with_mean(example(), -0.0123, 0.001), "One Ingress: bill −86 %, mean −12 ms", id="faster"
        ),
        pytest.param(
            with_mean(example(), 0.002, 0.003),
            "One Ingress cuts the bill by 86 %; latency: cannot tell",
            id="the-interval-covers-zero",
        ),
        pytest.param(
            with_mean(with_money(example(), 0, 0), 0.002, 0.003),
            "No difference in the bill; in the mean we cannot tell",
            id="no-difference-at-all",
        ),
        pytest.param(
            with_money(example(), 0, 1),
            "One Ingress costs $38 more a month and adds 2 ms to the mean",
            id="the-first-is-free",
        ),
        pytest.param(
            with_mean(example(), 0.0, None),
            "One Ingress: bill −86 %, same mean",
            id="the-same-mean-in-one-run",
        ),
        pytest.param(
            CASES["failures"], "One Ingress cuts the bill by 86 % but fails 2 % of requests", id="it-fails"
        ),
        pytest.param(
            with_failures(example(), 2400, 0),
            "One Ingress: bill −86 %, fails no request, not 10 %",
            id="the-other-one-fails",
        ),
        pytest.param(
            with_failures(example(), 3, 4),
            "One Ingress cuts the bill by 86 % and adds 2 ms to the mean",
            id="a-handful-of-failures-is-not-the-finding",
        ),
        pytest.param(
            CASES["nothing answered"],
            "One Ingress cuts the bill by 86 %; latency: cannot tell",
            id="no-answers",
        ),
        pytest.param(
            with_money(example(), 1, 900),
            "One Ingress costs 12,191 % more and adds 2 ms to the mean",
            id="a-hundredfold-bill",
        ),
    ],
)
def test_the_title_is_the_finding(comparison: Comparison, title: str) -> None:
    assert compare(comparison).title == title


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("comparison", CASES.values(), ids=CASES)
def test_titles_are_short_enough(comparison: Comparison, size: str) -> None:
    with sheet(size, "light") as page:
        title, _, _ = frame(page, finding(comparison), "", "")
    assert len(title) <= LONGEST_TITLE
    assert "…" not in title


def test_the_fullest_title_that_fits_is_taken() -> None:
    fullest, shorter, shortest = finding(with_mean(example(), -0.0123, 0.001))
    assert fullest == "One Ingress cuts the bill by 86 % and takes 12 ms off the mean"
    assert len(fullest) > LONGEST_TITLE
    assert (shorter, shortest) == ("One Ingress: bill −86 %, mean −12 ms", "Bill −86 %, mean −12 ms")


def test_the_other_plan_can_be_the_second_one() -> None:
    usual = example()
    swapped = replace(usual, outcomes=usual.outcomes[::-1])
    assert compare(with_mean(swapped, -0.002, 0.0001)).title == (
        "A load balancer per Service: bill +632 %, mean −2 ms"
    )


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        ("274.35", "274"),
        ("10", "10"),
        ("9.96", "10.0"),
        ("7.008", "7.0"),
        ("0.6", "0.60"),
        ("0.005", "0.01"),
        ("0.0049", "<0.01"),
        ("0", "0"),
        ("99999.5", "100,000"),
    ],
)
def test_money_keeps_two_digits_that_count(amount: str, shown: str) -> None:
    assert money_of_axis(Fraction(amount)) == shown


def test_a_share_is_never_rounded_to_nothing_or_all() -> None:
    assert [percent(Fraction(n, 1000)) for n in (1, 4, 5, 869, 994, 995, 999, 1000, 12_000)] == [
        "less than 1 %", "less than 1 %", "1 %", "87 %", "99 %", "more than 99 %", "more than 99 %", "100 %",
        "1,200 %",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("value_s", "shown"),
    [
        (0.00204, "2 ms"),
        (0.0996, "100 ms"),
        (0.00011, "0.11 ms"),
        (1e-6, "1 µs"),
        (3.14, "3.1 s"),
        (4321, "4,300 s"),
    ],
)
def test_a_duration_has_two_digits(value_s: float, shown: str) -> None:
    assert duration(value_s) == shown


@pytest.mark.parametrize(
    ("mean_ms", "half_width_ms", "shown"),
    [
        pytest.param(2.04, 0.1, "+2.0 ± 0.1", id="as fine as the values"),
        pytest.param(2.04, 0.04, "+2.04 ± 0.04", id="one digit more where the interval is finer"),
        pytest.param(-2.04, 0.9, "−2.0 ± 0.9", id="a minus sign, not a hyphen"),
        pytest.param(2.0, 2.1, "cannot tell", id="the interval covers zero"),
        pytest.param(2.04, None, "+2.0", id="one run has no interval"),
        pytest.param(0.0, None, "no difference", id="no difference is said"),
    ],
)
def test_differences_are_shown_with_their_interval(
    mean_ms: float, half_width_ms: float | None, shown: str
) -> None:
    width = None if half_width_ms is None else half_width_ms / 1000
    assert difference_text(with_mean(example(), mean_ms / 1000, width), "mean", 1e-3, 1) == shown


def test_every_item_of_either_bill_has_a_row_under_its_human_name() -> None:
    panel = money_panel(example())
    assert [row.label for row in panel.rows] == [
        "Total", "Load balancers", "Capacity units", "Public addresses", "Bytes across zones", "Controller compute",
    ]  # fmt: skip
    assert panel.rows[0].shown == ("276", "38")
    assert panel.rows[5].shown == ("0", "7.0")
    assert panel.unit == "US dollars per month"


@pytest.mark.parametrize(
    ("comparison", "unit", "total"),
    [
        (CASES["euros"], "euros per month", "11"),
        (with_money(example(), 1000, 1000), "thousand US dollars per month", "276"),
        (with_money(example(), 10**6, 10**6), "million US dollars per month", "276"),
    ],
)
def test_the_unit_of_money_is_in_words(comparison: Comparison, unit: str, total: str) -> None:
    panel = money_panel(comparison)
    assert (panel.unit, panel.rows[0].shown[0]) == (unit, total)


@pytest.mark.parametrize(
    ("times", "unit", "mean"),
    [
        (1.0, "milliseconds", "27.0"),
        (0.001, "microseconds", "27.0"),
        (1000.0, "seconds", "27.0"),
        (20.0, "milliseconds", "540"),
    ],
)
def test_the_unit_of_time_fits_the_largest_latency(times: float, unit: str, mean: str) -> None:
    panel = latency_panel(example(times=times))
    assert (panel.unit, panel.rows[0].shown[0]) == (unit, mean)


def test_values_stand_beside_the_plots_and_each_plot_starts_at_zero() -> None:
    figure = compare(example()).figure
    assert {"276", "38", "→", "29.0", "+2.0 ± 0.1", "cannot tell", "difference"} <= set(texts(figure))
    assert len(figure.axes) == 2
    assert all(axes.get_xlim()[0] == 0 for axes in figure.axes)


def test_one_run_shows_no_interval_and_says_so() -> None:
    picture = compare(CASES["one run"])
    assert not any("±" in text or "cannot tell" in text for text in texts(picture.figure))
    assert sum("one run" in text.lower() for text in texts(picture.figure)) == 2


@pytest.mark.parametrize("theme", THEMES)
def test_plans_differ_in_mark_as_well_as_colour(theme: str) -> None:
    axes = compare(example(), theme=theme).figure.axes[0]
    looks = {(m.get_marker(), to_hex(m.get_color())) for m in axes.lines if m.get_marker() != "None"}
    colours = THEMES[theme]
    assert looks == {("s", colours.lb_per_service.lower()), ("o", colours.single_ingress.lower())}


@pytest.mark.parametrize("theme", THEMES)
def test_text_wears_ink_and_no_plan_colour(theme: str) -> None:
    figure = compare(example(), theme=theme).figure
    colours = THEMES[theme]
    ticks = [label for axes in figure.axes for label in axes.get_xticklabels()]
    worn = {to_hex(text.get_color()) for text in (*figure.texts, *ticks)}
    assert worn == {colours.ink.lower(), colours.ink2.lower()}


def test_failures_are_written_beside_both_names() -> None:
    shown = texts(compare(CASES["failures"]).figure)
    assert "lb-per-service: 0 of 24,000 requests failed" in shown
    assert "single-ingress: 412 of 24,000 requests failed" in shown


def test_the_alt_text_says_what_the_chart_says() -> None:
    picture = compare(example())
    assert picture.alt.startswith(picture.title)
    drawn = texts(picture.figure)
    for part in (
        "Total 276, 38",
        "p95 52.0, 54.0, difference +2.0 ± 0.9",
        "p99 88.0, 90.0, difference cannot tell",
    ):
        assert part in picture.alt
    assert all(row in picture.alt for row in ("Public addresses", "Controller compute"))
    assert drawn[0] == picture.title


def test_the_caption_says_where_the_numbers_come_from() -> None:
    assert texts(compare(example()).figure)[2] == (
        "seed 1 · sim 0.1.0 · aws nlb, prices of 2026-09-20 · 20 paired runs, 24,000 requests per plan"
    )


@pytest.mark.parametrize(
    ("size", "theme", "word"), [("poster", "light", "slide"), ("slide", "sepia", "dark")]
)
def test_unknown_sizes_and_themes_are_refused_with_a_list(size: str, theme: str, word: str) -> None:
    with pytest.raises(UsageError, match=word):
        compare(example(), size, theme)


def test_of_three_plans_the_first_two_are_drawn_and_that_is_said() -> None:
    usual = example()
    picture = compare(replace(usual, outcomes=(*usual.outcomes, usual.outcomes[0])))
    assert picture.title == compare(usual).title
    assert "the first two of 3 plans" in texts(picture.figure)[2]


def test_one_plan_is_no_comparison() -> None:
    with pytest.raises(UsageError, match="two plans or more"):
        compare(replace(example(), outcomes=example().outcomes[:1]))


def test_a_png_has_the_size_it_says_and_carries_its_words(tmp_path: Path) -> None:
    path = tmp_path / "chart.png"
    picture = compare(example(), "docs")
    save(picture, str(path))
    data = path.read_bytes()
    assert struct.unpack(">II", data[16:24]) == (1920, 1080)
    assert picture.title.encode() in data
    assert (tmp_path / "chart.png.alt.txt").read_text(encoding="utf-8") == picture.alt + "\n"


def test_an_svg_keeps_text_as_text_with_title_and_description(tmp_path: Path) -> None:
    path = tmp_path / "chart.svg"
    picture = compare(example())
    save(picture, str(path))
    root = ElementTree.parse(path).getroot()
    space = "{http://www.w3.org/2000/svg}"
    assert root.get("role") == "img"
    assert root.findtext(f"{space}title") == picture.title
    assert root.findtext(f"{space}desc") == picture.alt
    assert "US dollars per month" in {"".join(node.itertext()) for node in root.iter(f"{space}text")}
    assert "'DejaVu Sans', Verdana, sans-serif" in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("suffix", ["png", "svg"])
def test_the_same_comparison_gives_the_same_file(suffix: str) -> None:
    one, other = compare(example()), compare(example())
    assert getattr(one, suffix)() == getattr(other, suffix)()


@pytest.mark.parametrize(
    ("name", "word"), [("chart.pdf", "PNG or SVG"), ("no/such/folder/chart.png", "No such file")]
)
def test_what_cannot_be_written_is_an_error_in_words(tmp_path: Path, name: str, word: str) -> None:
    with pytest.raises(UsageError, match=word):
        save(compare(example()), str(tmp_path / name))


def test_a_notebook_shows_the_picture_with_its_alt_text() -> None:
    shown = compare(example(), "notebook")._repr_html_()
    assert shown.startswith('<img alt="One Ingress cuts the bill by 86 %')
    assert 'width="768"' in shown


def test_the_settings_of_a_notebook_neither_change_the_picture_nor_are_changed() -> None:
    usual = compare(example()).png()
    theirs: dict[str, Any] = {
        "font.size": 33.0,
        "axes.grid": True,
        "savefig.bbox": "tight",
        "lines.linewidth": 9.0,
    }
    with mpl.rc_context(theirs):
        before = dict(mpl.rcParams)
        assert compare(example()).png() == usual
        assert dict(mpl.rcParams) == before


def test_charts_are_made_without_pyplot() -> None:
    code = "import sim.report.charts.charts, sim.report.topology.picture, sys; sys.exit('matplotlib.pyplot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_checker_finds_what_it_is_for() -> None:
    with sheet("slide", "light") as page:
        page.text(100, 100, "one")
        page.text(110, 103, "another")
        page.text(850, 200, "beyond the edge")
        found = crowded(page.figure)
        assert found == ["leaves the page: beyond the edge", "touch: one | another"]


def test_the_checker_finds_text_across_an_outline_and_lets_text_inside_be() -> None:
    with sheet("slide", "light") as page:
        page.add(mpl.patches.Rectangle((100, 100), 100, 40, label="a box"))
        page.text(110, 120, "inside")
        page.text(180, 130, "half outside")
        assert crowded(page.figure) == ["crosses an outline: half outside | a box"]


def test_the_checker_sees_marks_too() -> None:
    with sheet("slide", "light") as page:
        page.text(100, 100, "a name")
        page.mark(102, 100, PLANS["single-ingress"])
        assert crowded(page.figure) == ["touch: a name | a mark"]


def test_a_dollar_sign_is_text() -> None:
    with sheet("slide", "light") as page:
        page.text(100, 100, "from $5 to $6")
        assert crowded(page.figure) == []
        assert page.width_of("from $5 to $6") > page.width_of("from 5 to 6")


def test_the_registry_names_the_charts() -> None:
    assert COMPARISON_CHARTS["money-and-latency"] is compare
    assert COMPARISON_CHARTS.items() <= CHARTS.items()


def test_every_chart_of_a_comparison_says_what_it_shows() -> None:
    assert list(COMPARISON_KINDS) == list(COMPARISON_CHARTS)
    assert all(kind.about.endswith(".") for kind in COMPARISON_KINDS.values())


def test_a_kind_that_is_not_there_is_refused_with_the_one_that_was_meant() -> None:
    with pytest.raises(UsageError, match="no chart mony-and-latency; did you mean money-and-latency"):
        comparison_chart(example(), "mony-and-latency")


def test_interval_bars_are_as_wide_as_the_interval() -> None:
    axes = compare(example()).figure.axes[1]
    bars = [
        line.get_xdata() for line in axes.lines if isinstance(line, Line2D) and line.get_linewidth() == 3.5
    ]
    assert [round(end - start, 6) for start, end in bars[:2]] == [0.2, 0.2]

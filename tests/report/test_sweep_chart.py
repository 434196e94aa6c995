"""The chart of a sweep: what it says, that numbers stand to scale, and that nothing touches or leaves the page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from command import sim
from comparisons import example, huge, one_run, with_failures, with_money, without_answers
from crowded import crowded
from matplotlib.lines import Line2D

from sim.comparison.comparison import Comparison, Difference
from sim.comparison.series import Point, Series
from sim.report.charts.charts import CHARTS
from sim.report.charts.sweep import apart, sweep_chart
from sim.report.theme import LONGEST_TITLE, SIZES
from sim.report.words.sweep import changes, titles

WHOLE = Fraction(1)


def series(found: Iterable[Comparison], key: str = "services", names: Iterable[str] = ()) -> Series:
    """The points 1, 2, 3 … of a sweep, or those of names."""
    named = list(names)
    points = [
        Point(named[n] if named else str(n + 1), one, None if named else n + 1.0)
        for n, one in enumerate(found)
    ]
    return Series("shop", key, tuple(points))


def growing(*times: Fraction | int) -> list[Comparison]:
    """Comparisons whose first bill is so many times the second one."""
    pair = example()
    first, second = (outcome.bill.amount for outcome in pair.outcomes)
    return [with_money(pair, factor * second / first, WHOLE) for factor in times]


def judged(found: Comparison, mean_ms: float, half_ms: float | None) -> Comparison:
    half_s = None if half_ms is None else half_ms / 1e3
    return replace(found, differences={**found.differences, "p95": Difference(mean_ms / 1e3, half_s)})


def of_plans(found: Comparison, *plans: str) -> Comparison:
    """The same with these plans; those that are not there look like the second one."""
    outcomes = [replace(found.outcomes[min(n, 1)], name=plan) for n, plan in enumerate(plans)]
    return replace(found, outcomes=tuple(outcomes), further=dict.fromkeys(plans[2:], found.differences))


UNCLEAR = [judged(found, 1.0, 2.0) for found in growing(2, 2, 2)]
CASES = {
    "crossing": series(growing(Fraction(1, 2), Fraction(4, 5), 2, 3)),
    "cannot tell in the middle": series([growing(2)[0], *UNCLEAR, growing(3)[0]]),
    "never": series(growing(Fraction(1, 2), Fraction(1, 3))),
    "one value": series(growing(2)),
    "one run": series([one_run(one) for one in growing(Fraction(1, 2), 2, 4)]),
    "names": series(growing(2, 3, 4), "controller.balancing", ["round-robin", "least-conn", "random"]),
    "long names": series(
        growing(*range(2, 10)), "service_time.default", [f"{{lognormal: {{mean: {n}ms, cv: 1}}}}" for n in range(8)]
    ),
    "forty values": series(growing(*(Fraction(n, 20) for n in range(1, 41)))),
    "failures": series([with_failures(one, 0, 412) for one in growing(1, 2, 3)]),
    "nothing answered": series([without_answers(example())] * 3),
    "some answered": series([without_answers(example()), example(), example()]),
    "free": series([with_money(example(), 0, 0)] * 2),
    "huge": series([huge(example(times=100.0), 987_654_321)] * 3),
    "tiny": series([with_money(example(times=0.0001), Fraction(1, 1000), Fraction(1, 1000))] * 3),
    "one plan": series([of_plans(one, "lb-per-service") for one in growing(1, 2, 3)]),
    "four plans": series(
        [of_plans(one, "lb-per-service", "single-ingress", "shared-alb", "gateway") for one in growing(1, 2, 9)]
    ),
}  # fmt: skip


@pytest.mark.parametrize(("size", "theme"), [*((size, "light") for size in SIZES), ("slide", "dark")])
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_nothing_touches_or_leaves_the_page(case: Series, size: str, theme: str) -> None:
    assert crowded(sweep_chart(case, size, theme).figure) == []


@pytest.mark.parametrize(
    ("case", "title"),
    [
        ("crossing", "One Ingress is cheaper from 3 Services on; p95 +2 ms"),
        ("cannot tell in the middle", "One Ingress cuts the bill by 50 to 67 %"),
        ("never", "One Ingress saves nothing at any value; p95 +2 ms"),
        ("one value", "One Ingress cuts the bill by 50 %; p95 +2 ms"),
        ("names", "One Ingress cuts the bill by 50 to 75 %; p95 +2 ms"),
        ("nothing answered", "One Ingress cuts the bill by 86 %; p95: cannot tell"),
        ("free", "One Ingress saves nothing at any value; p95 +2 ms"),
        ("one plan", "p95 stays at 52 ms; bill from 38 to 113"),
    ],
)
def test_the_title_says_the_finding(case: str, title: str) -> None:
    assert sweep_chart(CASES[case]).title == title


def test_a_saving_that_ends_and_one_that_comes_and_goes_are_said() -> None:
    ends = series(growing(2, Fraction(1, 2)), "rps")
    assert titles(ends)[1] == "One Ingress is cheaper up to 1 requests/s"
    assert [(c.after, c.by, c.cheaper) for c in ends.crossings] == [("1", "2", False)]
    comes = series(growing(2, Fraction(1, 2), 2, Fraction(1, 2)), "rps")
    assert titles(comes)[1] == "One Ingress is cheaper at 2 of 4 values"
    assert len(comes.crossings) == 3


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_titles_are_short_and_the_alt_text_has_every_value(case: Series) -> None:
    picture = sweep_chart(case, "notebook")
    assert len(picture.title) <= LONGEST_TITLE
    assert picture.alt.startswith(picture.title)
    for point, change in zip(case.in_order, changes(case) or [""] * len(case.points), strict=True):
        assert point.value in picture.alt
        assert change in picture.alt
        for outcome in point.found.outcomes:
            assert f"{outcome.name} {outcome.bill.total:,}" in picture.alt


def test_values_stand_to_scale_and_in_order_whatever_their_order() -> None:
    points = [Point(text, one, number) for text, number, one in zip(("9", "1", "3"), (9.0, 1.0, 3.0), growing(4, 1, 2), strict=True)]  # fmt: skip
    found = Series("shop", "rps", tuple(points))
    for axes in sweep_chart(found).figure.axes:
        (line, *_) = [line for line in axes.lines if isinstance(line, Line2D) and len(line.get_xdata()) == 3]  # type: ignore[arg-type]
        assert list(line.get_xdata()) == [1.0, 3.0, 9.0]  # type: ignore[arg-type]
    assert len({tuple(axes.get_xlim()) for axes in sweep_chart(found).figure.axes}) == 1


def test_where_lines_lie_together_the_one_below_is_wider() -> None:
    money, latency, _ = sweep_chart(series(growing(2, 3, 4))).figure.axes
    widths = [
        [line.get_linewidth() for line in axes.lines if line.get_marker() in "so"]
        for axes in (money, latency)
    ]
    assert widths[0][0] == widths[0][1]
    assert widths[1][0] > widths[1][1]


def test_ticks_are_round_numbers_however_few_there_are() -> None:
    (_, latency, _) = sweep_chart(series(growing(2, 3, 4))).figure.axes
    assert len(latency.get_yticks()) >= 2
    texts = {text.get_text() for text in sweep_chart(series([example(times=2.4)] * 3)).figure.texts}
    assert "75" not in texts


def test_between_names_there_is_no_line() -> None:
    axes = sweep_chart(CASES["names"]).figure.axes[0]
    assert {line.get_linestyle() for line in axes.lines if len(line.get_xdata()) == 3} == {"None"}  # type: ignore[arg-type]


def test_grey_lies_where_nothing_is_saved_and_where_nobody_can_tell() -> None:
    def greys(case: str) -> list[list[tuple[float, float]]]:
        figure = sweep_chart(CASES[case]).figure
        return [[(p.get_x(), p.get_x() + p.get_width()) for p in axes.patches] for axes in figure.axes]  # type: ignore[attr-defined]

    assert greys("crossing") == [[(0.5, 2.5)], [], []]
    assert greys("cannot tell in the middle") == [[], [], [(1.5, 4.5)]]


def test_one_plan_has_two_panels_and_two_plans_have_a_strip_of_their_difference() -> None:
    assert len(sweep_chart(CASES["one plan"]).figure.axes) == 2
    assert len(sweep_chart(CASES["crossing"]).figure.axes) == 3


def test_money_and_latency_start_at_zero_and_never_share_an_axis() -> None:
    figure = sweep_chart(CASES["crossing"]).figure
    assert [axes.get_ylim() for axes in figure.axes] == [(0.0, 1.0)] * 3
    assert len({axes.get_position().y0 for axes in figure.axes}) == 3
    words = [text.get_text() for text in figure.texts]
    assert {"US dollars a month", "p95 latency, milliseconds", "change of p95, milliseconds"} <= set(words)


@pytest.mark.parametrize(
    ("heights", "moved"),
    [
        ([10.0, 50.0], [10.0, 50.0]),
        ([50.0, 50.0], [45.0, 55.0]),
        ([50.0, 52.0, 54.0], [42.0, 52.0, 62.0]),
        ([54.0, 50.0], [57.0, 47.0]),
        ([], []),
    ],
)
def test_labels_move_apart_as_little_as_they_must(heights: list[float], moved: list[float]) -> None:
    assert apart(heights, 10.0) == moved


def test_the_command_writes_the_chart_with_its_words(tmp_path: Path) -> None:
    file = tmp_path / "sweep.svg"
    done = sim("sweep", "fanout", "services=1..3", "--requests", "60", "--chart", str(file))
    assert (done.status, done.said.strip().endswith(f"wrote {file}")) == (0, True)
    assert 'role="img"' in file.read_text()
    assert "At 3 Services" in (tmp_path / "sweep.svg.alt.txt").read_text()
    assert CHARTS["sweep"] is sweep_chart
    bad = sim("sweep", "fanout", "services=1", "--requests", "60", "--chart", str(tmp_path / "x.pdf"))
    assert (bad.status, "PNG or SVG" in bad.err) == (2, True)

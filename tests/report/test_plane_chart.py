"""The chart of money against latency: what it says, where labels stand, and that nothing touches."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import cache
from itertools import cycle
from typing import Any

import pytest
from crowded import crowded
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure
from outcomes import comparison, outcome
from priced import changed, in_yen, long_named, priced, times

from sim.comparison.comparison import QUANTILES, Calculation, Comparison, Difference
from sim.costs.offers import BOTH
from sim.errors import UsageError
from sim.report.charts.picture import Picture
from sim.report.charts.plane import plane_chart, staggered
from sim.report.theme import LONGEST_TITLE, SIZES, THEMES
from sim.report.words.plane import changes, points_of, providers_of, titles

FOUR = ("lb-per-service", "single-ingress", "gateway", "shared-alb")


def ran(found: Calculation, p95_ms: tuple[float, ...], half_ms: float | None = 2.0) -> Comparison:
    """A run of plans whose bills are those of a calculation."""
    ci = None if half_ms is None else dict.fromkeys((*QUANTILES, "max"), half_ms / 1e3)
    outcomes = [
        outcome(
            plan.name, bill=plan.bill, latency_s=dict.fromkeys((*QUANTILES, "max"), ms / 1e3), latency_ci=ci
        )
        for plan, ms in zip(found.offers[0].plans, p95_ms, strict=True)
    ]
    made = comparison(*outcomes, offers=found.offers, replications=1 if half_ms is None else 20)
    half_s = None if half_ms is None else 0.00015 * half_ms
    second, *others = (Difference((ms - p95_ms[0]) / 1e3, half_s) for ms in p95_ms[1:])
    names = [plan.name for plan in found.offers[0].plans[2:]]
    further = {name: {"p95": paired} for name, paired in zip(names, others, strict=True)}
    return replace(made, differences={"p95": second}, further=further)


def alike(found: Calculation) -> Calculation:
    """Every provider charges the same for both plans."""
    return changed(found, lambda o: replace(o, plans=(o.plans[0], replace(o.plans[1], bill=o.plans[0].bill))))


def swapped(found: Calculation) -> Calculation:
    """The second plan is the dearer one."""
    return changed(
        found,
        lambda o: replace(
            o,
            plans=(
                replace(o.plans[0], bill=o.plans[1].bill),
                replace(o.plans[1], bill=o.plans[0].bill),
            ),
        ),
    )


def with_plans(found: Calculation) -> Calculation:
    """Four plans at every provider, those that are not sold at the price of the Ingress."""
    plans = {plan.name: plan for plan in found.offers[0].plans}
    return changed(
        found,
        lambda o: (
            replace(o, plans=tuple(replace(o.plans[min(i, 1)], name=n) for i, n in enumerate(FOUR)))
            if len(o.plans) < len(plans) or len(plans) < 4
            else o
        ),
    )


EVERY, AWS = priced("all"), priced("aws")
CASES = {
    "one provider": ran(AWS, (115.9, 117.0)),
    "six providers": ran(EVERY, (115.9, 117.0)),
    "one run": ran(AWS, (115.9, 117.0), None),
    "cannot tell": replace(ran(AWS, (115.9, 116.0)), differences={"p95": Difference(1e-4, 1e-3)}),
    "four plans": ran(priced("aws", 12, FOUR), (115.9, 117.0, 117.1, 116.0)),
    "four plans at six providers": ran(with_plans(EVERY), (115.9, 117.0, 117.1, 116.0)),
    "four plans at six, one of them fast": ran(with_plans(EVERY), (115.9, 3.0, 117.1, 116.0)),
    "much slower": ran(AWS, (5.0, 1170.0)),
    "much faster": ran(AWS, (1170.0, 5.0)),
    "much faster at six": ran(EVERY, (1170.0, 5.0)),
    "wide intervals": ran(AWS, (115.9, 117.0), 100.0),
    "the same bill": ran(alike(AWS), (115.9, 117.0)),
    "the same everything": ran(alike(AWS), (117.0, 117.0)),
    "the same bill at six": ran(alike(EVERY), (115.9, 117.0)),
    "dearer": ran(swapped(AWS), (115.9, 117.0)),
    "dearer at six": ran(swapped(EVERY), (115.9, 117.0)),
    "cheaper at some": ran(priced("all", 3), (115.9, 117.0)),
    "one Service": ran(priced("all", 1), (115.9, 117.0)),
    "a thousand Services": ran(priced("all", 1000), (115.9, 117.0)),
    "trillions of yen": ran(changed(AWS, in_yen), (115.9, 117.0)),
    "trillions of yen at one of six": ran(changed(EVERY, in_yen, "gcp"), (115.9, 117.0)),
    "microseconds": ran(AWS, (0.0159, 0.0170), 0.002),
    "hours": ran(AWS, (12_345_678.0, 23_456_789.0), 1_234_567.0),
    "free": ran(changed(AWS, times(0)), (115.9, 117.0)),
    "free at one of six": ran(changed(EVERY, times(0), "linode"), (115.9, 117.0)),
    "sold at one of six": ran(priced("all", 12, FOUR), (115.9, 117.0, 117.1, 116.0)),
    "long names": ran(changed(EVERY, long_named), (115.9, 117.0)),
}


@cache
def drawn(case: str, size: str = "slide", theme: str = "light") -> Picture:
    """The chart of a case, drawn once for all tests."""
    return plane_chart(CASES[case], size, theme)


def words(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.texts]


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize(("size", "theme"), list(zip(SIZES, cycle(THEMES), strict=False)))
def test_nothing_touches_or_leaves_the_page(case: str, size: str, theme: str) -> None:
    picture = drawn(case, size, theme)
    assert crowded(picture.figure) == []
    assert len(picture.title) <= LONGEST_TITLE
    assert "…" not in picture.title


@pytest.mark.parametrize(
    ("case", "title"),
    [
        ("one provider", "One Ingress: $293 a month less, p95 +1.1 ± 0.3 ms"),
        ("six providers", "One Ingress: 64 to 91 % cheaper, p95 +1.1 ± 0.3 ms"),
        ("one run", "One Ingress: $293 a month less, p95 +1.1 ms"),
        ("cannot tell", "One Ingress: $293 a month less, p95: cannot tell"),
        ("dearer", "One Ingress: $293 a month more, p95 +1.1 ± 0.3 ms"),
        ("dearer at six", "One Ingress: 177 to 1,032 % dearer, p95 +1.1 ± 0.3 ms"),
        ("four plans", "One shared ALB: $298 a month less, p95: cannot tell"),
        ("the same bill at six", "One Ingress: the same bills, p95 +1.1 ± 0.3 ms"),
        ("the same bill", "One Ingress: the same bill, p95 +1.1 ± 0.3 ms"),
    ],
)
def test_the_title_says_what_changes(case: str, title: str) -> None:
    assert drawn(case).title == title


@pytest.mark.parametrize("case", CASES)
def test_what_changes_nothing_is_within_both_axes(case: str) -> None:
    (axes,) = drawn(case).figure.axes
    spans = [axes.get_xlim(), *([axes.get_ylim()] if len(CASES[case].offers) < 2 else [])]
    assert all(low < 0 < high for low, high in spans)


def test_the_first_plan_is_where_nothing_changes_and_the_others_where_their_changes_are() -> None:
    first, second, third, fourth = points_of(CASES["four plans"])
    assert (first.money, first.latency_s, first.half_s) == (0, 0, 0)
    assert [point.latency_s for point in (second, third, fourth)] == pytest.approx([1.1e-3, 1.2e-3, 1e-4])
    bills = [outcome.bill.amount for outcome in CASES["four plans"].outcomes]
    assert [p.money for p in (second, third, fourth)] == [float(bill - bills[0]) for bill in bills[1:]]


@pytest.mark.parametrize("case", [name for name, found in CASES.items() if len(found.offers) < 2])
def test_the_changes_use_a_third_of_the_plane_and_more(case: str) -> None:
    points = points_of(CASES[case])
    (axes,) = drawn(case).figure.axes
    for limits, ends in (
        (axes.get_xlim(), [point.money for point in points]),
        (axes.get_ylim(), [p.latency_s + side * p.half_s for p in points for side in (-1, 1)]),
    ):
        used = max(ends) - min(ends)
        assert not used or used / (limits[1] - limits[0]) > 0.33


def test_the_picture_says_each_change_once() -> None:
    picture = drawn("one provider")
    lines = words(picture.figure)
    assert sum("$293" in line for line in lines) == sum("+1.1 ± 0.3" in line for line in lines) == 1
    assert {"single-ingress: $38, 117 ms", "lb-per-service: $331, 116 ms"} <= set(lines)


def test_plans_with_the_same_bill_stand_side_by_side() -> None:
    four = replace(
        CASES["four plans"],
        outcomes=tuple(
            replace(one, bill=CASES["four plans"].outcomes[1].bill) for one in CASES["four plans"].outcomes
        ),
    )
    (axes,) = plane_chart(four).figure.axes
    marks = [line.get_xdata()[0] for line in axes.lines if line.get_marker() in "o^v"]
    assert len(set(marks)) == len(marks) == 3


@pytest.mark.parametrize(
    ("case", "corners"),
    [
        ("one provider", {"cheaper, but slower", "cheaper and faster"}),
        ("dearer", {"dearer and slower", "dearer, but faster"}),
        (
            "the same everything",
            {"cheaper, but slower", "cheaper and faster", "dearer and slower", "dearer, but faster"},
        ),
    ],
)
def test_corners_say_what_kind_of_choice_it_is(case: str, corners: set[str]) -> None:
    lines = set(words(drawn(case).figure))
    assert {line for line in lines if line.startswith(("cheaper", "dearer"))} == corners


def test_bills_of_several_providers_are_changes_in_shares_of_the_first_plan_s() -> None:
    for offer in EVERY.offers:
        first, second = (plan.bill.amount for plan in offer.plans)
        assert changes(EVERY.offers, *BOTH)[offer.provider] == second / first - 1
    shares = [provider.shares[0] for provider in providers_of(CASES["six providers"])]
    assert shares == sorted(changes(EVERY.offers, *BOTH).values())


def test_several_providers_fill_the_sheet_with_rows() -> None:
    picture = drawn("six providers")
    (axes,) = picture.figure.axes
    assert axes.get_position().height > 0.45
    assert "single-ingress: p95 +1.1 ± 0.3 ms" in words(picture.figure)
    assert {"Hetzner", "−91 %", "Google Cloud", "−64 %"} <= set(words(picture.figure))


def test_a_plan_that_is_not_sold_somewhere_has_a_dash_there() -> None:
    assert "–" in words(drawn("sold at one of six").figure)


def test_the_alt_text_has_the_amounts_and_the_latencies() -> None:
    alt = drawn("one provider").alt
    assert alt.startswith("One Ingress: $293 a month less")
    change = "$293 a month less, p95 +1.1 ± 0.3 ms"
    assert f"lb-per-service: $331, 116 ms; single-ingress: $38, 117 ms ({change})." in alt
    everywhere = drawn("six providers").alt
    assert "Google Cloud: single-ingress −64 %" in everywhere
    assert "single-ingress: p95 +1.1 ± 0.3 ms." in everywhere


def test_a_plan_that_answered_nothing_is_left_out() -> None:
    usual = ran(priced("aws", 12, FOUR), (115.9, 117.0, float("nan"), 116.0))
    assert "gateway" not in plane_chart(usual).alt


@pytest.mark.parametrize(
    ("nothing", "said"),
    [
        pytest.param({"p95_ms": (float("nan"), 117.0)}, "too little was answered", id="by the first plan"),
        pytest.param({"p95_ms": (117.0, float("nan"))}, "too little was answered", id="by the second"),
        pytest.param(
            {"found": changed(EVERY, times(0))}, "no provider asks anything", id="a free first plan"
        ),
    ],
)
def test_where_there_is_nothing_to_show_it_says_so(nothing: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        plane_chart(ran(**{"found": AWS, "p95_ms": (115.9, 117.0)} | nothing))


def test_one_plan_is_no_comparison() -> None:
    usual = CASES["one provider"]
    with pytest.raises(UsageError, match="two plans or more"):
        plane_chart(replace(usual, outcomes=usual.outcomes[:1]))


def test_free_plans_are_called_free() -> None:
    assert "single-ingress: free, 117 ms" in words(drawn("free").figure)
    shares = changes(changed(EVERY, times(Fraction(0)), "linode").offers, *BOTH)
    assert "linode" not in shares


def test_titles_say_the_latency_where_nothing_else_fits() -> None:
    assert titles(CASES["one provider"])[-1] == "p95 +1.1 ± 0.3 ms"


@given(
    st.lists(st.tuples(st.floats(0, 100), st.floats(1, 60)), min_size=1, max_size=9),
)
def test_labels_never_touch_and_stay_left_of_the_edge(points: list[tuple[float, float]]) -> None:
    at, widths = zip(*points, strict=True)
    places = staggered(at, widths, 100.0)
    for i, one in enumerate(places):
        assert one.right <= 100.0 or one.left == 0.0
        assert not any(one.touches(other) for j, other in enumerate(places) if i != j)


@given(st.lists(st.floats(0, 60), min_size=1, max_size=7, unique=True))
def test_no_leader_runs_over_a_label_where_all_begin_at_their_points(at: list[float]) -> None:
    places = staggered(at, [30.0] * len(at), 100.0)
    assert not any(one.crosses(other) for one in places for other in places)

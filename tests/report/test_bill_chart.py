"""The chart of the bill: three parts, every amount, and that nothing touches or leaves the page."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import cycle

import pytest
from command import sim
from crowded import crowded
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from priced import changed, in_yen, long_named, priced, times

from sim.comparison.comparison import Calculation
from sim.plans import PLANS
from sim.report.charts.bill import bill_chart
from sim.report.theme import ITEMS, LONGEST_TITLE, SIZES, THEMES
from sim.report.words.bill import PARTS, bill_rows
from sim.report.words.numbers import money_text

EVERY = priced("all")
CASES = {
    "six providers": EVERY,
    "one provider": priced("aws"),
    "one Service": priced("gcp", 1),
    "a thousand Services": priced("all", 1000),
    "four plans": priced("aws", 12, tuple(PLANS)),
    "four plans, one currency": priced("azure", 12, tuple(p for p in PLANS if p != "shared-alb")),
    "one plan": priced("all", 12, ("single-ingress",)),
    "one in trillions of yen": changed(EVERY, in_yen, "hetzner"),
    "all in trillions of yen": changed(EVERY, in_yen),
    "one in trillions of yen, alone": changed(priced("aws"), in_yen),
    "hundreds of thousands": changed(EVERY, times(1234)),
    "fractions of a cent": changed(priced("aws"), times(Fraction(1, 100_000))),
    "free": changed(EVERY, times(0)),
    "free, alone": changed(priced("aws"), times(0)),
    "free at one": changed(EVERY, times(0), "aws"),
    "long names": changed(EVERY, long_named),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize(("size", "theme"), list(zip(SIZES, cycle(THEMES), strict=False)))
def test_nothing_touches_or_leaves_the_page(case: str, size: str, theme: str) -> None:
    picture = bill_chart(CASES[case], size, theme)
    assert crowded(picture.figure) == []
    assert len(picture.title) <= LONGEST_TITLE
    assert "…" not in picture.title


@pytest.mark.parametrize(
    ("case", "title"),
    [
        ("six providers", "One Ingress makes load balancers 74 to 92 % cheaper"),
        ("one provider", "One Ingress saves $301 on load balancers, adds $8.61"),
        ("one Service", "One Ingress adds $4.96 a month and saves nothing"),
        ("one plan", "Load balancers: 71 to 94 % of the bill"),
        ("one in trillions of yen, alone", "One Ingress saves 301 trillion yen, adds 8,608 billion yen"),
        ("free", "Nothing to pay: every plan is free of charge"),
    ],
)
def test_the_title_says_what_is_saved_on_what(case: str, title: str) -> None:
    assert bill_chart(CASES[case]).title == title


def test_every_item_of_a_bill_belongs_to_one_part() -> None:
    assert sorted(item for items in PARTS.values() for item in items) == sorted(ITEMS)
    assert len(PARTS) <= 3


@pytest.mark.parametrize("case", CASES)
def test_the_parts_are_the_whole_bill_to_the_last_fraction(case: str) -> None:
    found = CASES[case]
    for rows in bill_rows(found):
        for row, plan in zip(rows, rows[0].offer.plans, strict=True):
            assert row.total == plan.bill.amount


def widths(found: Calculation) -> list[float]:
    """The widths of the bars, without the swatches."""
    figure = bill_chart(found).figure
    return [a.get_width() for a in figure.artists if isinstance(a, Rectangle)][len(PARTS) :]


def test_bars_are_as_long_as_their_share_of_the_dearest_plan() -> None:
    found = priced("aws")
    first, second = (row for rows in bill_rows(found) for row in rows)
    full = sum(widths(found)[:2])
    assert sum(widths(found)[2:]) / full == pytest.approx(float(second.total / first.total))


def reach(figure: Figure) -> float:
    """How far down the sheet bars and their notes go, from 0 at the upper edge; the caption is left out."""
    figure.draw_without_rendering()
    texts = [text.get_window_extent().y0 for text in figure.texts if "sim 0.1.0" not in text.get_text()]
    height = figure.bbox.height
    return 1 - min(y for y in texts if y > 0.1 * height) / height


@pytest.mark.parametrize("case", ["one provider", "one Service", "one plan", "four plans", "six providers"])
def test_rows_fill_the_sheet_however_many_there_are(case: str) -> None:
    assert reach(bill_chart(CASES[case]).figure) > 0.8


def test_each_bar_of_two_says_what_its_parts_consist_of() -> None:
    shown = [text.get_text() for text in bill_chart(priced("aws")).figure.texts]
    assert [line for line in shown if line.startswith(("Load balancers:", "Traffic:"))] == [
        "Load balancers: hours 197.10, public addresses 131.40",
        "Traffic: capacity units 0.72, bytes across zones 1.60",
        "Load balancers: hours 16.43, public addresses 10.95",
        "Traffic: capacity units 0.72, bytes across zones 3.20",
    ]


def test_what_costs_nothing_is_not_listed_below_a_bar() -> None:
    shown = [text.get_text() for text in bill_chart(CASES["one Service"]).figure.texts]
    assert "Load balancers: forwarding rules 18.25" in shown


def test_a_part_is_told_by_its_fill_and_not_by_colour() -> None:
    figure = bill_chart(priced("aws")).figure
    swatches = [a for a in figure.artists if isinstance(a, Rectangle)][: len(PARTS)]
    assert len({(patch.get_fill(), patch.get_hatch()) for patch in swatches}) == len(PARTS)


def test_the_alt_text_has_every_amount_to_the_cent() -> None:
    picture = bill_chart(EVERY)
    for offer in EVERY.offers:
        for plan in offer.plans:
            sign = "$" if offer.currency == "USD" else ""
            assert f"total {sign}{plan.bill.total:,}" in picture.alt


def test_the_amounts_stand_in_columns() -> None:
    shown = {text.get_text() for text in bill_chart(priced("aws")).figure.texts}
    assert {"328.50", "2.32", "–", "330.82", "27.38", "3.92", "7.01", "38.30"} <= shown
    assert money_text(Fraction(0)) == "–"


def test_a_bill_of_one_plan_names_its_currency_too() -> None:
    shown = {text.get_text() for text in bill_chart(CASES["one plan"]).figure.texts}
    assert {"Hetzner, euros", "AWS, US dollars"} <= shown


def test_what_there_is_no_room_for_is_named() -> None:
    four_plans = changed(EVERY, lambda offer: replace(offer, plans=(*offer.plans, *offer.plans)))
    picture = bill_chart(four_plans)
    assert any("without Google Cloud, Hetzner, Linode" in text.get_text() for text in picture.figure.texts)
    assert crowded(picture.figure) == []


def test_the_calculator_draws_it(tmp_path: object) -> None:
    chart = f"{tmp_path}/bill.png"
    done = sim("cost", "--services", "12", "--chart", chart, "--chart-kind", "bill")
    assert (done.status, "wrote" in done.err) == (0, True)

"""The chart of the break-even: the finding, the curves, and that nothing touches or leaves the page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from itertools import cycle
from pathlib import Path

import pytest
from command import sim
from crowded import crowded
from priced import changed, in_yen, long_named, priced, times

from sim.costs.bill import half_up
from sim.costs.offers import BOTH, Offer
from sim.report.charts.break_even import break_even_chart
from sim.report.charts.money_scale import by_factors, proportional
from sim.report.theme import LONGEST_TITLE, SIZES, THEMES
from sim.report.words.break_even import curves_of, last_shown, titles


def growing(offer: Offer, cost: Callable[[str, int, Fraction], Fraction | int]) -> Offer:
    """The same provider, other amounts, and the break-even that they give."""
    growth = {p: {n: Fraction(cost(p, n, a)) for n, a in of.items()} for p, of in offer.growth.items()}
    pays = next((n for n in growth[BOTH[1]] if growth[BOTH[1]][n] < growth[BOTH[0]][n]), None)
    return replace(offer, growth=growth, break_even_services=pays, break_evens={BOTH[1]: pays})


def never(offer: Offer) -> Offer:
    return growing(offer, lambda plan, count, _: count if plan == BOTH[0] else count + 100)


def late(offer: Offer) -> Offer:
    return growing(offer, lambda plan, count, _: count if plan == BOTH[0] else 128)


def at_times(offer: Offer) -> Offer:
    return growing(offer, lambda plan, count, _: 10 if plan == BOTH[0] else 5 if count % 5 == 3 else 15)


def at_once(offer: Offer) -> Offer:
    return growing(offer, lambda plan, count, _: 2 * count if plan == BOTH[0] else count)


free = times(0)
EVERY = priced("all")
CASES = {
    "six providers": EVERY,
    "one provider": priced("aws"),
    "a shared load balancer": priced("azure"),
    "a plan that is not the Ingress": priced("aws", 12, ("lb-per-service", "shared-alb")),
    "one in trillions of yen": changed(EVERY, in_yen, "hetzner"),
    "one in trillions of yen, alone": changed(priced("aws"), in_yen),
    "never": changed(EVERY, never),
    "never at one": changed(EVERY, never, "gcp"),
    "never, alone": changed(priced("gcp"), never),
    "from 130 on": changed(EVERY, late),
    "from 130 on, alone": changed(priced("linode"), late),
    "at times": changed(EVERY, at_times),
    "at times, alone": changed(priced("aws"), at_times),
    "from the first on": changed(EVERY, at_once),
    "free": changed(EVERY, free),
    "free, alone": changed(priced("aws"), free),
    "free at one": changed(EVERY, free, "linode"),
    "long names": changed(EVERY, long_named),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize(("size", "theme"), list(zip(SIZES, cycle(THEMES), strict=False)))
def test_nothing_touches_or_leaves_the_page(case: str, size: str, theme: str) -> None:
    picture = break_even_chart(CASES[case], size, theme)
    assert crowded(picture.figure) == []
    assert len(picture.title) <= LONGEST_TITLE
    assert "…" not in picture.title


@pytest.mark.parametrize(
    ("case", "title"),
    [
        ("six providers", "One Ingress pays from 2 Services on AWS, 6 on Google Cloud"),
        ("one provider", "One Ingress pays from 2 Services on AWS"),
        ("a shared load balancer", "One Ingress pays from 3 Services on Azure"),
        ("a plan that is not the Ingress", "One shared ALB pays from 2 Services on AWS"),
        ("never", "One Ingress never pays, up to 200 Services"),
        ("never at one", "One Ingress pays at 5 of 6 providers"),
        ("from 130 on", "One Ingress pays from 130 Services at all 6 providers"),
        ("from the first on", "One Ingress pays from 1 Service at all 6 providers"),
        ("at times, alone", "One Ingress first pays at 3 Services on AWS"),
        ("free, alone", "One Ingress never pays on AWS, up to 200 Services"),
    ],
)
def test_the_title_says_from_how_many_services_on(case: str, title: str) -> None:
    assert break_even_chart(CASES[case]).title == title


def test_the_values_are_those_of_the_bills_to_the_last_fraction() -> None:
    found = priced("all", 7)
    for curves, offer in zip(curves_of(found), found.offers, strict=True):
        at = curves.counts.index(7)
        assert [amounts[at] for amounts in curves.amounts] == [p.bill.amount for p in offer.plans]
        assert curves.counts == tuple(range(1, 13))


def test_the_alt_text_has_the_amounts_and_the_break_even_of_every_provider() -> None:
    picture = break_even_chart(EVERY)
    for curves in curves_of(EVERY):
        for plan, amounts in zip(BOTH, curves.amounts, strict=True):
            sign = "$" if curves.offer.currency == "USD" else ""
            assert f"{plan} {sign}{half_up(amounts[0], 2):,}" in picture.alt
        assert f"single-ingress pays from {curves.offer.break_even_services}." in picture.alt
    assert picture.alt.startswith(f"{picture.title}. ")


def test_a_saving_that_comes_and_goes_is_not_said_to_last() -> None:
    shown = {text.get_text() for text in break_even_chart(CASES["at times"]).figure.texts}
    assert "first pays at 3" in shown
    assert not any("pays from" in words for words in shown if words.endswith("3"))


def test_a_scale_of_factors_says_so_and_one_in_proportion_starts_at_zero() -> None:
    words = {text.get_text() for text in break_even_chart(EVERY).figure.texts}
    assert any("costs twice" in line for line in words)
    alone = break_even_chart(priced("aws"))
    assert "gridline" not in alone.alt
    assert "0" in {text.get_text() for text in alone.figure.texts}


@pytest.mark.parametrize(
    ("amounts", "ticks"),
    [
        pytest.param((5.4, 329.2), (5, 10, 20, 40, 80, 160, 320), id="twice"),
        pytest.param((3.0, 4e5), (1, 10, 100, 1000, 10_000, 100_000), id="ten times"),
        pytest.param((0.0, 9.0), (0, 2, 4, 6, 8), id="nothing has no place on a scale of factors"),
    ],
)
def test_gridlines_are_round_and_few(amounts: tuple[float, float], ticks: tuple[float, ...]) -> None:
    assert by_factors(amounts).ticks == ticks


def test_amounts_lie_within_their_scale() -> None:
    for amounts in ((5.4, 329.2), (1.0, 1.0), (3.0, 4e13)):
        for scale in (by_factors(amounts), proportional(amounts)):
            assert all(0 <= scale.at(amount) <= 1 for amount in (*amounts, *scale.ticks))


@pytest.mark.parametrize(("largest", "last"), [(0, 12), (10, 12), (11, 20), (130, 200), (200, 200)])
def test_the_curves_go_beyond_the_last_break_even(largest: int, last: int) -> None:
    assert last_shown(largest) == last


def test_titles_get_shorter() -> None:
    for found in CASES.values():
        lengths = [len(title) for title in titles(curves_of(found))]
        assert lengths == sorted(lengths, reverse=True)


def test_the_calculator_draws_it(tmp_path: Path) -> None:
    chart = tmp_path / "grow.svg"
    done = sim("cost", "--services", "12", "--provider", "all", "--chart", str(chart))
    assert done.status == 0
    assert "<desc>One Ingress pays from 2 Services" in chart.read_text(encoding="utf-8")
    assert (tmp_path / "grow.svg.alt.txt").read_text(encoding="utf-8").startswith("One Ingress pays from 2")


def test_a_kind_without_a_file_is_no_wish_that_can_be_met() -> None:
    done = sim("cost", "--services", "12", "--chart-kind", "bill")
    assert (done.status, "--chart-kind bill draws nothing without --chart FILE" in done.err) == (2, True)


def test_many_services_are_counted_in_round_numbers() -> None:
    shown = [text.get_text() for text in break_even_chart(CASES["from 130 on, alone"]).figure.texts]
    assert {"1", "15", "30", "130", "200"} <= set(shown)
    assert "7" not in shown


def test_a_kind_that_needs_a_run_is_not_for_the_calculator() -> None:
    done = sim("cost", "--services", "12", "--chart", "x.png", "--chart-kind", "breakeven")
    assert done.status == 2
    assert "no chart breakeven; did you mean break-even?" in done.err

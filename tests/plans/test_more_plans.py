"""Three plans or four: each is compared with the first, in words, in JSON and in a notebook."""

from __future__ import annotations

import json

import pytest
from command import sim

from sim.comparison.compare import compare
from sim.scenario.experiment import load_experiment

pytestmark = pytest.mark.usefixtures("parts_broken_briefly")

FOUR = ("lb-per-service", "single-ingress", "shared-alb", "gateway")
RUN = ("compare", "shop", "--requests", "200")
SHORT = ("compare", "shop", "--requests", "60")


def chosen(*plans: str) -> tuple[str, ...]:
    return tuple(word for plan in plans for word in ("--plan", plan))


@pytest.fixture(scope="module")
def four() -> dict:
    return json.loads(sim(*RUN, *chosen(*FOUR), "--replications", "3", "-o", "json").out)


@pytest.fixture(scope="module")
def text() -> str:
    return sim(*RUN, *chosen(*FOUR), "--replications", "3").out


def test_every_further_plan_has_paired_differences_from_the_first(four):
    assert [plan["name"] for plan in four["plans"]] == list(FOUR)
    assert list(four["differences_s_by_plan"]) == list(FOUR[1:])
    for quantiles in four["differences_s_by_plan"].values():
        assert quantiles["mean"]["half_width"] > 0
        assert quantiles["p95"]["half_width"] is not None


@pytest.mark.parametrize("other", FOUR[1:])
def test_a_plan_differs_from_the_first_as_if_the_two_were_compared_alone(four, other):
    alone = json.loads(sim(*RUN, *chosen(FOUR[0], other), "--replications", "3", "-o", "json").out)
    assert alone["differences_s"] == four["differences_s_by_plan"][other]
    assert alone["differences_s_by_plan"] == {other: alone["differences_s"]}
    assert alone["break_even_services_by_plan"][other] == four["break_even_services_by_plan"][other]


def test_the_difference_of_two_plans_is_not_that_of_four(four):
    assert four["differences_s"] == {}


def test_four_plans_are_columns_of_eighty(text):
    lines = text.splitlines()
    assert all(len(line) <= 80 for line in lines)
    head = next(line for line in lines if all(plan in line.split() for plan in FOUR))
    ends = [head.index(plan) + len(plan) for plan in FOUR]
    total = next(line for line in lines if line.split()[:1] == ["Total"])
    assert [
        end
        for end in range(1, 81)
        if total[end - 1 :].rstrip() and total[end : end + 1] in ("", " ") and total[end - 1].isdigit()
    ] == ends


def test_each_plan_has_a_verdict_and_a_break_even(text):
    lines = text.splitlines()
    assert "against lb-per-service:" in lines
    for plan in FOUR[1:]:
        assert any(line.startswith(f"{plan}: p95 ") and "a month cheaper" in line for line in lines)
    assert sum(line.startswith("break-even: ") for line in lines) == 3
    assert lines[0].startswith("One shared ALB is the cheapest of 4 plans")


def test_where_a_provider_does_not_sell_a_plan_its_place_is_empty():
    command = (*SHORT, *chosen("lb-per-service", "single-ingress", "shared-alb"), "--provider", "all")
    lines = sim(*command).out.splitlines()
    assert all(len(line) <= 80 for line in lines)
    linode = next(line for line in lines if line.startswith("linode, USD"))
    assert linode.split()[-1] == "–"
    shown = json.loads(sim(*command, "-o", "json").out)
    sold = {offer["provider"]: len(offer["plans"]) for offer in shown["providers"]}
    assert sold["aws"] == 3
    assert sold["linode"] == 2
    assert "5 sell nothing for it" in " ".join(" ".join(lines).split())


def test_two_plans_of_which_most_providers_sell_one():
    lines = sim(*SHORT, *chosen("lb-per-service", "shared-alb"), "--provider", "all").out.splitlines()
    assert all(len(line) <= 80 for line in lines)
    assert next(line for line in lines if line.startswith("linode")).split()[-2:] == ["–", "–"]


@pytest.mark.parametrize(
    ("plans", "words"),
    [
        pytest.param(("gateway",), "takes two plans, and here is one, gateway", id="one plan"),
        pytest.param(
            ("gateway", "gateway"), "takes two plans, and here is one, gateway", id="the same plan twice"
        ),
        pytest.param(
            ("gateway", "nodeport"), "no plan nodeport; there are: lb-per-service", id="an unknown plan"
        ),
    ],
)
def test_what_cannot_be_compared_is_refused(plans, words):
    done = sim(*RUN, *chosen(*plans))
    assert done.status == 2
    assert words in done.err


def test_a_notebook_has_a_column_per_plan_and_the_differences():
    found = compare(load_experiment("shop").with_plans(FOUR), "0", replications=2, requests=100)
    table = found._repr_html_()
    assert table.count("<tr>") >= 8
    for plan in FOUR:
        assert f"<td>{plan}</td>" in table
    assert "±" in table

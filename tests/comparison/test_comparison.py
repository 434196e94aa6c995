"""Two plans side by side: what differs, by how much, and what cannot be told."""

from __future__ import annotations

import json
import math
from fractions import Fraction

import pytest

import sim
from sim.cluster.cluster import Assumption
from sim.comparison.comparison import QUANTILES, Comparison, Difference, PlanOutcome
from sim.costs.bill import Bill, Line, QuotaUse
from sim.costs.price_sheet import Figure
from sim.errors import UsageError


def line(item: str, amount: str) -> Line:
    figure = Figure(value=amount, unit="USD/month", as_of="2026-09-20", confidence="low", sources=("test",))
    return Line(item, Fraction(1), "months", figure, "test")


def outcome(name: str, amounts: dict[str, str], ms: float, currency: str = "USD") -> PlanOutcome:
    bill = Bill("aws", "nlb", currency, tuple(line(item, amount) for item, amount in amounts.items()))
    latency_s = dict.fromkeys((*QUANTILES, "max"), ms / 1000)
    bought = (name, bill, 1, 3, 0, (QuotaUse("balancers", 1, 50, True),))
    return PlanOutcome(*bought, latency_s=latency_s, latency_ci=None, sent=100, failed=3)


def comparison(*outcomes: PlanOutcome) -> Comparison:
    differences = {"mean": Difference(0.002, None)}
    assumed = (Assumption("three nodes", "give nodes"),)
    return Comparison(outcomes, differences, 2, 10, 20.0, 1, 7, "0.1.0", "2026-09-20", assumed)


FIRST = outcome("lb-per-service", {"load_balancer_hours": "80.00", "public_addresses": "0.004"}, 27)
SECOND = outcome("single-ingress", {"load_balancer_hours": "8", "controller_compute": "2.0005"}, 29)


@pytest.mark.parametrize(
    ("mean", "half_width", "cannot_tell"),
    [
        pytest.param(2.0, 0.1, False, id="an interval away from zero tells"),
        pytest.param(-2.0, 0.1, False, id="below zero it tells as well"),
        pytest.param(2.0, 2.5, True, id="an interval over zero does not tell"),
        pytest.param(2.0, 2.0, True, id="an interval that ends at zero does not tell"),
        pytest.param(2.0, None, False, id="one run has no interval, so nothing is said against it"),
        pytest.param(math.nan, 1.0, True, id="what is not known cannot be told"),
    ],
)
def test_a_difference_tells_if_its_interval_leaves_zero_out(
    mean: float, half_width: float | None, cannot_tell: bool
) -> None:
    assert Difference(mean, half_width).cannot_tell is cannot_tell


def test_items_are_those_of_either_bill_in_order() -> None:
    assert comparison(FIRST, SECOND).items == (
        "load_balancer_hours",
        "public_addresses",
        "controller_compute",
    )


def test_an_item_that_a_plan_lacks_costs_it_nothing() -> None:
    assert FIRST.bill.amount_of("controller_compute") == 0
    assert SECOND.bill.amount_of("controller_compute") == Fraction("2.0005")


def test_the_change_of_the_bill_is_exact() -> None:
    assert comparison(FIRST, SECOND).bill_change == (Fraction("10.0005") - Fraction("80.004")) / Fraction(
        "80.004"
    )


def test_against_a_free_plan_there_is_no_share() -> None:
    assert comparison(outcome("lb-per-service", {}, 27), SECOND).bill_change is None


@pytest.mark.parametrize(
    ("outcomes", "words"),
    [
        pytest.param((), "there are: none", id="no plan"),
        pytest.param((FIRST,), "there are: lb-per-service", id="one plan"),
        pytest.param((FIRST, outcome("single-ingress", {}, 29, "EUR")), "USD and EUR", id="two currencies"),
    ],
)
def test_two_plans_in_one_currency_make_a_pair(outcomes: tuple[PlanOutcome, ...], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        _ = comparison(*outcomes).pair


def test_the_json_has_the_published_shape() -> None:
    shown = json.loads(json.dumps(comparison(FIRST, SECOND).to_json(), allow_nan=False))
    assert shown["schema"] == "sim.compare/1"
    assert (shown["seed"], shown["version"], shown["break_even_services"]) == (7, "0.1.0", 2)
    assert shown["assumptions"] == [{"what": "three nodes", "otherwise": "give nodes"}]
    plan = shown["plans"][1]
    assert {
        "name",
        "provider",
        "monthly",
        "latency_s",
        "failed",
        "load_balancers",
        "public_addresses",
    } <= set(plan)
    assert plan["quotas"] == [{"name": "balancers", "used": 1, "limit": 50, "adjustable": True}]
    assert plan["monthly"]["total"] == "10.00"
    assert [entry["amount"] for entry in plan["monthly"]["lines"]] == ["8", "2.0005"]
    assert plan["latency_s"]["p99"] == 0.029
    assert plan["latency_s"]["ci"] is None
    assert shown["differences_s"]["mean"] == {"mean": 0.002, "half_width": None}


def test_what_is_not_a_number_is_null_in_json() -> None:
    nothing = outcome("single-ingress", {}, math.nan)
    shown = json.loads(json.dumps(comparison(FIRST, nothing).to_json(), allow_nan=False))
    assert shown["plans"][1]["latency_s"]["mean"] is None


def test_a_notebook_shows_a_table_and_no_markup_of_others() -> None:
    table = comparison(outcome("<b>", {"x": "1234.5"}, 27), outcome("y", {}, math.nan))._repr_html_()
    assert "&lt;b&gt;" in table
    assert "<b>" not in table
    assert "1,234.50 USD" in table
    assert "27 ms" in table
    assert "none answered" in table
    assert "3 of 100" in table


def test_what_fails_with_one_part_stands_in_the_comparison() -> None:
    found = sim.compare("fanout", requests=400).to_json()
    by_plan = {plan["name"]: plan["blast_radius"] for plan in found["plans"]}
    assert by_plan["single-ingress"]["load_balancer"]["share"] == 1.0
    assert by_plan["lb-per-service"]["load_balancer"]["share"] < 1.0
    assert "controller_pod" not in by_plan["lb-per-service"]

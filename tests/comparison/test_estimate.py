"""`sim cost`: bills from quantities alone, from manifests, at one provider and at all."""

from __future__ import annotations

import json
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from command import sim

from sim.errors import UsageError
from sim.scenario.demand import Demand, stated

QUIET = ("--rps", "2", "--gb-month", "10")


def cost(*arguments: str) -> dict[str, Any]:
    done = sim("cost", *arguments, "-o", "json")
    assert done.status == 0, done.err
    found: dict[str, Any] = json.loads(done.out)
    return found


@pytest.mark.parametrize(
    ("provider", "product", "smallest"),
    [
        ("aws", "nlb", 2),
        ("digitalocean", "regional_http_lb", 2),
        ("azure", "standard_lb", 3),
        ("gcp", "forwarding_rule", 6),
    ],
)
def test_quiet_services_break_even(provider: str, product: str, smallest: int) -> None:
    found = cost("--services", "12", *QUIET, "--provider", provider, "--product", product)
    assert found["break_even_services"] == smallest


def test_all_providers_stand_in_one_answer_and_one_table() -> None:
    found = cost("--services", "12", *QUIET, "--provider", "all")
    assert [p["provider"] for p in found["providers"]] == [
        "aws",
        "azure",
        "digitalocean",
        "gcp",
        "hetzner",
        "linode",
    ]
    assert [p["name"] for p in found["plans"]] == ["lb-per-service", "single-ingress"] * 6
    shown = sim("cost", "--services", "12", *QUIET, "--provider", "all").out.splitlines()
    assert max(map(len, shown)) <= 80
    assert (
        sum(line.startswith(("aws", "azure", "digitalocean", "gcp", "hetzner", "linode")) for line in shown)
        == 6
    )


def test_lines_add_up_to_the_total_that_the_text_shows() -> None:
    found = cost("--services", "12", *QUIET)
    for plan in found["plans"]:
        lines = plan["monthly"]["lines"]
        assert abs(
            sum(Decimal(line["amount"]) for line in lines) - Decimal(plan["monthly"]["total"])
        ) <= Decimal("0.005")
    text = sim("cost", "--services", "12", *QUIET).out
    assert all(plan["monthly"]["total"] in text for plan in found["plans"])


def test_what_does_not_fit_is_said_before_the_bill() -> None:
    text = sim("cost", "--services", "101", *QUIET, "--plan", "lb-per-service", "--plan", "shared-alb").out
    assert "does not fit: aws shared-alb takes 101 of 100 target groups per alb (a hard" in text
    assert "does not fit: aws lb-per-service takes 101 of 50 network load balancers per" in text
    assert text.index("does not fit") < text.index("Total")


def test_each_service_of_manifests_has_its_own_demand() -> None:
    shop = ("-f", "scenarios/shop/manifests")
    found = cost(
        *shop, "--rps", "5", "--rps", "shop/cart=50", "--gb-month", "10", "--gb-month", "shop/cart=730"
    )
    assert (found["services"], found["requests_per_s"], found["gb_month"]) == (9, 90.0, 810.0)
    assert [p["load_balancers"] for p in found["plans"]] == [9, 1]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        pytest.param((), "give --services N, or manifests with -f", id="nothing"),
        pytest.param(("--services", "2", "--rps", "few"), "--rps few: must be a number", id="no-number"),
        pytest.param(("--services", "2", "--rps", "0"), "--rps 0: must be above zero", id="no-rate"),
        pytest.param(("--services", "2", "--gb-month", "cart=1"), "--gb-month cart=1: write NAMESPACE/NAME=VALUE", id="name"),
        pytest.param(("--services", "2", "--rps", "a/b=1"), "a/b: Services have names with -f only", id="no-names-here"),
        pytest.param(("-f", "scenarios/shop/manifests", "--rps", "shop/crat=1"), "traffic for shop/crat", id="nobody"),
        pytest.param(("--services", "2", "--provider", "mars"), "mars", id="provider"),
        pytest.param(("--services", "2", "--product", "elb"), "has no product", id="product"),
        pytest.param(("--services", "2", "--plan", "mesh"), "no plan mesh; there are: lb-per-service", id="plan"),
        pytest.param(("--services", "2", "--provider", "hetzner", "--plan", "shared-alb"), "no load balancer that routes HTTP", id="no-alb"),
    ],
)  # fmt: skip
def test_what_cannot_be_priced_is_refused_with_a_way_out(arguments: tuple[str, ...], told: str) -> None:
    done = sim("cost", *arguments)
    assert (done.status, told in done.err) == (2, True), done.err


def test_a_demand_becomes_a_traffic_row_of_the_same_month() -> None:
    row = Demand(Fraction(2), Fraction(10), Fraction("0.5")).rows(1)[0]
    assert (row["rps"], row["keep_alive"]) == (2.0, 4)
    month = (row["request_bytes"] + row["response_bytes"]) * 2 * 730 * 3600
    assert month == pytest.approx(10e9, rel=1e-3)


def test_a_named_service_keeps_what_the_default_says_of_the_rest() -> None:
    found = stated({"rps": ["3", "a/b=5"], "gb_month": ["7"], "connections": ["a/b=1"]})
    assert found["c/d"] == Demand(Fraction(3), Fraction(7))
    assert (found["a/b"].rps, found["a/b"].connections) == (5, 1)
    with pytest.raises(UsageError, match="--connections 0: must be above zero"):
        stated({"connections": ["0"]})

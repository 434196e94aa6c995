"""The same bill by every way to ask for it: without a run, with one, in a sweep; and by hand."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

import pytest
from command import sim
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small import app, experiment

from sim.comparison.blast_radius import ONE_FOR_ALL, blast_radius
from sim.comparison.compare import compare, stated_prices
from sim.comparison.estimate import estimate
from sim.costs.offers import BOTH
from sim.costs.price_sheet import PriceSheet
from sim.costs.sheets import StatedPrices, sheets
from sim.errors import UsageError
from sim.plans import PLANS
from sim.scenario.experiment import Experiment, load_experiment, shipped_scenarios

pytestmark = pytest.mark.usefixtures("parts_broken_briefly")

ALL = sheets("all", StatedPrices())
NODE_HOUR, CORES = Fraction("0.096"), 2
"""An m5.large, of which a controller of two Pods with a tenth of a core each takes a tenth."""


def asked(*arguments: str) -> dict[str, Any]:
    done = sim(*arguments, "-o", "json")
    assert done.status == 0, done.err
    found: dict[str, Any] = json.loads(done.out)
    return found


def totals(found: dict[str, Any]) -> list[str]:
    return [plan["monthly"]["total"] for plan in found["plans"]]


def agree(found: Experiment, used: tuple[PriceSheet, ...], requests: int = 20) -> None:
    """Every line of every bill is the same with a run and without one."""
    run = compare(found, "0", provider=used[0].provider, requests=requests, faults=False)
    calm = estimate(found, used, "0")
    for one, other in zip(run.offers, calm.offers, strict=True):
        assert [p.to_json() for p in one.plans] == [p.to_json() for p in other.plans]
        assert (one.growth, one.break_evens) == (other.growth, other.break_evens)


@pytest.mark.parametrize("name", shipped_scenarios())
def test_cost_and_compare_agree_on_every_shipped_scenario(name: str) -> None:
    found = load_experiment(name)
    used = sheets(None, stated_prices(found))
    if any(row.users for row in found.scenario.traffic):
        with pytest.raises(UsageError, match="only a run can say"):
            estimate(found, used, "0")
        return
    agree(found, used)


@st.composite
def small_scenarios(draw: st.DrawFn) -> Experiment:
    """A few Services, policies, zones, rates and plans."""
    names = [f"s{n}" for n in range(draw(st.integers(1, 4)))]
    policies = st.sampled_from(["", ", externalTrafficPolicy: Local"])
    manifests = "---".join(
        app(name, draw(st.integers(1, 5))).replace(
            "type: LoadBalancer", f"type: LoadBalancer{draw(policies)}"
        )
        for name in names
    )
    traffic = [
        {
            "host": f"{name}.shop.example",
            "rps": draw(st.sampled_from([0.3, 2, 7, 100 / 3])),
            "keep_alive": draw(st.sampled_from([1, 3, 20])),
            "response_bytes": draw(st.sampled_from([1, 5000, 123_456.7])),
        }
        for name in names
    ]
    zones = {f"zone-{n}": draw(st.integers(1, 3)) for n in range(draw(st.integers(1, 4)))}
    plans = draw(st.permutations(list(PLANS)))[: draw(st.integers(1, 4))]
    return experiment(manifests, traffic=traffic, nodes=zones, plans=plans, seed=draw(st.integers(0, 99)))


@pytest.mark.slow
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(small_scenarios(), st.sampled_from(["aws", "gcp", "azure"]))
def test_cost_and_compare_agree_on_random_scenarios(found: Experiment, provider: str) -> None:
    one = tuple(sheet for sheet in ALL if sheet.provider == provider)
    if "shared-alb" in found.scenario.plans and not one[0].routes_http:
        found = found.with_plans(BOTH)
    agree(found, one)


@pytest.mark.parametrize("requests", [300, 3000])
def test_the_bill_of_the_shop_is_what_a_hand_works_out(requests: int) -> None:
    """100 requests/s of 5,500 bytes; nine Services in three zones; $ of AWS, us-east-1."""
    hours, month_s = 730, 730 * 3600
    gb = Fraction(100 * 5500 * month_s, 10**9)
    units = gb / hours  # GB an hour: far more than connections, of which five requests share one
    assert units > 100 / 5 / 800
    crossing = gb * Fraction(2, 3) * Fraction("0.02")
    addresses, load_balancers = hours * Fraction("0.005"), hours * Fraction("0.0225")
    capacity, controller = units * hours * Fraction("0.006"), hours * NODE_HOUR * Fraction(1, 10)
    apart = 9 * load_balancers + 9 * 3 * addresses + capacity + crossing
    shared = load_balancers + 3 * addresses + capacity + 2 * crossing + controller
    assert [round(float(amount), 2) for amount in (apart, shared)] == [274.32, 81.60]
    found = compare(load_experiment("shop"), "0", requests=requests, faults=False)
    assert [outcome.bill.amount for outcome in found.outcomes] == [apart, shared]


def test_requests_and_seed_move_no_bill() -> None:
    few = asked("compare", "fanout", "--requests", "40")
    more = asked("compare", "fanout", "--requests", "900", "--seed", "7", "--replications", "2")
    assert [p["monthly"] for p in few["plans"]] == [p["monthly"] for p in more["plans"]]
    swept = asked("sweep", "fanout", "services=2,4", "--requests", "40")
    assert [p["monthly"] for p in swept["points"][0]["plans"]] == [p["monthly"] for p in few["plans"]]


STATED = ("--rps", "3", "--rps", "shop/cart=41.5", "--gb-month", "100", "--connections", "shop/cart=2")


@pytest.mark.parametrize("stated", [(), STATED], ids=["with-the-defaults", "stated"])
@pytest.mark.parametrize("provider", ["aws", "gcp"])
def test_the_same_words_give_the_same_bill(stated: tuple[str, ...], provider: str) -> None:
    words = ("-f", "scenarios/shop/manifests", *stated, "--provider", provider)
    calm, run = asked("cost", *words), asked("compare", *words, "--requests", "60")
    assert [p["monthly"] for p in calm["plans"]] == [p["monthly"] for p in run["plans"]]
    assert calm["break_even_services"] == run["break_even_services"]
    assert calm["assumptions"] == run["assumptions"]


@pytest.mark.parametrize(
    ("provider", "smallest"), [("aws", 2), ("digitalocean", 2), ("azure", 3), ("gcp", 6)]
)
def test_quiet_services_break_even_by_every_command(provider: str, smallest: int) -> None:
    words = ("--rps", "2", "--gb-month", "10", "--provider", provider)
    shop = ("-f", "scenarios/shop/manifests")
    for found in (
        asked("cost", "--services", "12", *words),
        asked("cost", *shop, *words),
        asked("compare", *shop, *words, "--requests", "40"),
    ):
        assert found["break_even_services"] == smallest


@pytest.mark.parametrize(
    ("provider", "smallest"), [("aws", 2), ("digitalocean", 2), ("azure", 3), ("gcp", 6)]
)
def test_a_sweep_breaks_even_there_too(provider: str, smallest: int, tmp_path: Any) -> None:
    size = 10e9 / (2 * 730 * 3600)
    row = f"{{host: web.shop.example, rps: 2, request_bytes: {size / 11!r}, response_bytes: {size * 10 / 11!r}}}"
    (tmp_path / "app.yaml").write_text(app(pods=2))
    (tmp_path / "scenario.yaml").write_text(
        f"manifests: [app.yaml]\nprices: {{provider: {provider}}}\ntraffic:\n- {row}\n"
    )
    around = f"services={smallest - 1},{smallest}"
    found = asked("sweep", str(tmp_path), around, "--requests", "20", "--provider", provider)
    cheaper = [
        float(apart["monthly"]["total"]) > float(shared["monthly"]["total"])
        for apart, shared in (point["plans"] for point in found["points"])
    ]
    assert cheaper == [False, True]
    assert {point["break_even_services"] for point in found["points"]} == {smallest}


def test_what_carries_all_fails_as_one_where_one_is_bought() -> None:
    """AKS has one load balancer for all Services: what is bought, billed and broken is one."""
    rows = [{"host": f"s{n}.shop.example", "rps": 10} for n in range(3)]
    manifests = "---".join(app(f"s{n}") for n in range(3))
    found = compare(experiment(manifests, traffic=rows, plans=list(BOTH)), "0", provider="all", requests=60)
    shown = {p["provider"]: p["plans"][0] for p in found.to_json()["providers"]}
    for one in shown.values():
        share = one["blast_radius"]["load_balancer"]["share"]
        assert (one["load_balancers"] == 1) == (share == 1.0)
    assert (shown["azure"]["load_balancers"], shown["aws"]["load_balancers"]) == (1, 3)
    alone = compare(experiment(manifests, traffic=rows), "0", provider="azure", requests=60).outcomes[0]
    assert (alone.load_balancers, alone.blast_radius["load_balancer"]["share"]) == (1, 1.0)
    assert ONE_FOR_ALL not in blast_radius(experiment(app(), traffic=rows[:1]), found_plan(), requests=50)


def found_plan() -> Any:
    return experiment(app()).plans(["lb-per-service"])[0]

"""Bills: exact, sourced, and never surprising. The published cases are run by tests/conformance."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import get_args

import pytest
from bills import DEFAULTS, LITTLE, SHEET, SHEETS, SOLD, amounts, bill, sheet_of, usage, usage_from
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from sim.costs.bill import SHAPES, Bill, Line, break_even, decimal_text, half_up, price, quotas
from sim.costs.price_sheet import (
    Figure,
    PriceSheet,
    exact,
    figures,
    read_price_sheet,
    stale,
    with_overrides,
)
from sim.costs.price_sheet.figure import last_day
from sim.costs.price_sheet.products import Product
from sim.costs.usage import CrossZone, Traffic, Usage, default_controller, together
from sim.errors import InputError, UsageError
from sim.manifests.reading.loading import documents, price_sheet_names, shipped

# Totals for N quiet Services, worked out by hand from the sheets' figures. AWS is spread over three zones, and
# two thirds of the bytes cross a border at each hop; the other columns suppose that no byte is billed for
# crossing a zone: GCP in one zone, Azure asks nothing for it.
TABLE = {
    ("aws", "nlb", 3): [
        (1, "27.57", "34.71"), (3, "82.71", "35.36"), (5, "137.84", "36.02"),
        (10, "275.68", "37.65"), (30, "827.05", "44.18"), (100, "2756.83", "67.05"),
    ],
    ("gcp", "forwarding_rule", 1): [
        (1, "18.33", "23.22"), (3, "18.49", "23.38"), (5, "18.65", "23.54"),
        (10, "55.55", "23.94"), (30, "203.15", "25.54"), (100, "719.75", "31.14"),
    ],
    ("azure", "standard_lb", 3): [
        (1, "21.95", "28.96"), (3, "29.35", "29.06"), (5, "36.75", "29.16"),
        (10, "91.75", "29.41"), (30, "311.75", "30.41"), (100, "1081.75", "33.91"),
    ],
    ("digitalocean", "regional_http_lb", 3): [
        (1, "12.00", "14.40"), (3, "36.00", "14.40"), (5, "60.00", "14.40"),
        (10, "120.00", "14.40"), (30, "360.00", "14.40"), (100, "1200.00", "14.40"),
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("provider", "product", "zones", "services", "apart", "shared"),
    [(*where, *row) for where, rows in TABLE.items() for row in rows],
)
def test_totals_for_n_quiet_services(
    provider: str, product: str, zones: int, services: int, apart: str, shared: str
) -> None:
    sheet = sheet_of(provider, product)
    assert str(bill("lb-per-service", services, sheet, zones=zones).total) == apart
    assert str(bill("single-ingress", services, sheet, zones=zones).total) == shared


@pytest.mark.parametrize(
    ("provider", "product", "zones", "smallest"),
    [
        pytest.param("aws", "nlb", 3, 2, id="aws-in-three-zones"),
        pytest.param("digitalocean", "regional_http_lb", 3, 2, id="digitalocean-http"),
        pytest.param("azure", None, 3, 3, id="azure-only-rules-and-addresses-fall"),
        pytest.param("gcp", None, 1, 6, id="gcp-sells-the-first-five-rules-together"),
        pytest.param("gcp", None, 3, 6, id="gcp-in-three-zones-too"),
        pytest.param("linode", None, 3, 2, id="linode"),
        pytest.param("hetzner", None, 3, 2, id="hetzner"),
    ],
)
def test_break_even(provider: str, product: str | None, zones: int, smallest: int) -> None:
    sheet = sheet_of(provider, product)
    assert break_even(lambda n, plan: bill(plan, n, sheet, zones=zones)) == smallest


def test_no_break_even_up_to_a_bound() -> None:
    sheet = sheet_of("gcp")
    assert break_even(lambda n, plan: bill(plan, n, sheet, zones=1), most=5) is None


def test_a_load_balancer_that_ends_tls_is_billed_in_units_of_tls() -> None:
    sheet, each = (
        sheet_of("aws"),
        Traffic(Fraction(100), Fraction(100), Fraction(600), Fraction(0), Fraction(0)),
    )
    usage = Usage(provider="aws", product="nlb", per_load_balancer=((1, each),))
    passes, ends = (price(replace(usage, ends_tls=tls), sheet) for tls in ((), (True,)))
    assert passes.amount_of("capacity_units") == Fraction(100, 800) * 730 * Fraction("0.006")
    assert ends.amount_of("capacity_units") == Fraction(100, 50) * 730 * Fraction("0.006")


def test_rule_evaluations_count_above_the_free_ones() -> None:
    many = {"provider": "aws", "product": "alb", "load_balancers": 1, "rules_processed": "15.5",
            "per_load_balancer": {**vars(LITTLE), "requests_per_s": 6000}}  # fmt: skip
    assert amounts(price(usage_from(many), SHEETS["aws"]))["capacity_units"] == "192.72"


@pytest.mark.parametrize(
    ("peak_factor", "traffic", "nodes"),
    [
        pytest.param(1, Traffic(0, 0, 0, 0, 0), 1, id="one-node-even-when-idle"),
        pytest.param(1, Traffic(10_000, 0, 10_000, 0, 0), 1, id="full-to-the-brim"),
        pytest.param("1.0001", Traffic(10_000, 0, 0, 0, 0), 2, id="the-peak-counts"),
        pytest.param(2, Traffic(0, 0, 30_000, 0, 0), 6, id="connections-too"),
    ],
)
def test_nodes_of_a_load_balancer(peak_factor: object, traffic: Traffic, nodes: int) -> None:
    usage = Usage("digitalocean", "regional_http_lb", ((1, traffic),), peak_factor=exact(peak_factor))
    assert price(usage, SHEETS["digitalocean"]).amount == 12 * nodes


def test_a_controller_pays_for_cpu_or_memory_whichever_is_more() -> None:
    sheet = SHEETS["linode"]
    small = default_controller(DEFAULTS, sheet)
    usage = Usage(
        "linode", "nodebalancer", ((1, LITTLE),), controller=replace(small, memory_request_mib=1024)
    )
    assert amounts(price(usage, sheet))["controller_compute"] == "12"
    busy = replace(usage, controller=replace(small, requests_per_s=5000))
    assert amounts(price(busy, sheet))["controller_compute"] == "24"


def test_unequal_services_are_counted_each_by_its_own_largest_dimension() -> None:
    talkative, heavy = Traffic(0, 80, 0, 0, 0), Traffic(0, 0, 0, 730, 0)
    apart = Usage("aws", "nlb", ((1, talkative), (1, heavy)))
    shared = Usage("aws", "nlb", ((1, together(apart.per_load_balancer)),))
    units = [price(u, SHEETS["aws"]).lines[1].quantity / 730 for u in (apart, shared)]
    assert units == [Fraction(11, 10), 1]


def test_a_second_load_balancer_on_azure_has_a_bundle_of_its_own() -> None:
    usage = Usage("azure", "standard_lb", ((2, LITTLE),), rules=12)
    assert amounts(price(usage, SHEETS["azure"]))["rule_hours"] == decimal_text(exact("0.07") * 730)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        pytest.param("27.435", "27.44", id="a-float-would-say-27.43"),
        pytest.param("28.105", "28.11", id="not-to-the-even-cent"),
        pytest.param("27.4349999999999", "27.43", id="below-the-half"),
        pytest.param("0", "0.00", id="nothing"),
        pytest.param("12345678901234567.005", "12345678901234567.01", id="more-digits-than-a-double"),
    ],
)
def test_totals_are_rounded_half_up(value: str, shown: str) -> None:
    assert str(half_up(exact(value), 2)) == shown


def test_a_total_is_rounded_once() -> None:
    figure = Figure(value="0.004", unit="USD", as_of=None, confidence="low", sources=("x",))
    line = Line("load_balancer_hours", Fraction(1), "h", figure, "x")
    assert Bill("p", "q", "USD", (line,) * 5).total == Decimal("0.02")


def every_bill() -> list[tuple[PriceSheet, Bill]]:
    sheets = [sheet_of(*sold) for sold in SOLD]
    return [
        (s, bill(plan, n, s)) for s in sheets for plan in ("lb-per-service", "single-ingress") for n in (1, 7)
    ]


@pytest.mark.parametrize("name", price_sheet_names())
def test_every_shipped_figure_has_a_source_with_an_address_and_keeps_its_digits(name: str) -> None:
    document = shipped("costs/prices", f"{name}.yaml")
    for path, figure in figures(SHEETS[name]):
        written = document.below(*path).value
        assert isinstance(written["value"], str), "quoted, so that no float comes between"
        assert figure.key == ".".join(map(str, path))
        assert figure.as_of is not None
        for source in (SHEETS[name].sources[s] for s in figure.sources):
            assert source.title
            assert source.date
            assert source.address.startswith("https://")


def test_every_source_of_a_sheet_is_used() -> None:
    for sheet in SHEETS.values():
        used = {s for _, figure in figures(sheet) for s in figure.sources}
        used |= {s for quota in sheet.quotas.values() for s in quota.sources}
        assert used == set(sheet.sources)


def test_every_shape_can_be_priced() -> None:
    shapes = {get_args(model.model_fields["shape"].annotation)[0] for model in get_args(Product)}
    assert set(SHAPES) == shapes


def test_bills_name_the_items_and_nothing_else() -> None:
    items = {line.item for _, made in every_bill() for line in made.lines}
    assert items == {
        "load_balancer_hours", "load_balancer_nodes", "capacity_units", "rule_hours", "data_processed",
        "public_addresses", "controller_compute", "cross_zone_bytes",
    }  # fmt: skip


def test_json_is_strings_of_digits_that_add_up() -> None:
    made = bill("single-ingress", 30, SHEETS["gcp"])
    shown = json.loads(json.dumps(made.to_json()))
    assert list(shown) == ["total", "currency", "lines"]
    assert {tuple(line) for line in shown["lines"]} == {
        ("item", "quantity", "unit", "unit_price", "amount", "key", "as_of", "confidence", "source")
    }
    added = sum(Decimal(line["amount"]) for line in shown["lines"])
    assert abs(added - Decimal(shown["total"])) <= Decimal("0.005")


def test_bundled_rules_are_two_lines_each_at_a_price_of_the_sheet() -> None:
    first, second = (
        line
        for line in bill("lb-per-service", 30, SHEETS["gcp"]).to_json()["lines"]
        if line["item"] == "rule_hours"
    )
    assert [first[k] for k in ("quantity", "unit_price", "amount")] == ["730", "0.025", "18.25"]
    assert [second[k] for k in ("quantity", "unit_price", "amount")] == ["18250", "0.01", "182.5"]
    assert first["key"] == "products.forwarding_rule.rule_bundle_hour"
    assert second["key"] == "products.forwarding_rule.further_rule_hour"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("16.425", "16.425"),
        ("1/3", "0.333333333333"),
        ("2/3", "0.666666666667"),
        ("0", "0"),
        ("1000", "1000"),
    ],
)
def test_amounts_are_shown_with_up_to_twelve_decimals(value: str, text: str) -> None:
    assert decimal_text(exact(value)) == text


amount = st.fractions(min_value=0, max_value=10**6, max_denominator=10**4)
traffic = st.builds(Traffic, amount, amount, amount, amount, amount)
plans = st.sampled_from(["lb-per-service", "single-ingress"])


@given(st.sampled_from(SOLD), plans, st.integers(1, 40), traffic, traffic, st.integers(1, 4))
def test_bills_grow_with_traffic_and_are_never_negative(
    sold: tuple[str, str], plan: str, services: int, less: Traffic, more: Traffic, zones: int
) -> None:
    sheet = sheet_of(*sold)
    small, large = (bill(plan, services, sheet, t, zones=zones) for t in (less, less + more))
    assert 0 <= small.amount <= large.amount
    assert all(line.amount >= 0 for line in small.lines)


@given(st.sampled_from(SOLD), plans, st.integers(1, 40), traffic)
def test_alike_load_balancers_may_be_written_together_or_apart(
    sold: tuple[str, str], plan: str, services: int, each: Traffic
) -> None:
    sheet = sheet_of(*sold)
    used = usage(plan, services, sheet, each)
    each_alone = tuple((1, t) for n, t in used.per_load_balancer for _ in range(n))
    apart = replace(used, per_load_balancer=each_alone)
    assert price(apart, sheet).amount == bill(plan, services, sheet, each).amount


@given(st.integers(1, 600), st.integers(1, 3))
def test_azure_never_buys_a_load_balancer_per_service(services: int, ports: int) -> None:
    sheet = SHEETS["azure"]
    used = usage("lb-per-service", services, sheet, ports=ports)
    assert (used.load_balancers, used.public_addresses, used.rules) == (1, services, services * ports)
    per_hour = exact("0.025") + max(0, services * ports - 5) * exact("0.01")
    assert amounts(price(used, sheet))["rule_hours"] == decimal_text(per_hour * 730)


@given(st.integers(1, 400), st.integers(1, 4))
def test_aws_pays_for_an_address_per_load_balancer_and_zone(services: int, zones: int) -> None:
    sheet = SHEETS["aws"]
    used = usage("lb-per-service", services, sheet, zones=zones)
    assert (used.load_balancers, used.public_addresses, used.rules) == (services, services * zones, None)


def test_in_one_zone_nothing_crosses_a_border() -> None:
    assert amounts(bill("single-ingress", 4, SHEETS["aws"], zones=1))["cross_zone_bytes"] == "0"
    assert "cross_zone_bytes" not in amounts(bill("single-ingress", 4, SHEETS["digitalocean"]))


def used(plan: str, services: int, sheet: PriceSheet) -> list[dict[str, object]]:
    return [q.to_json() for q in quotas(usage(plan, services, sheet), sheet)]


def test_quotas_that_a_plan_breaks_are_told_first() -> None:
    assert used("lb-per-service", 60, SHEETS["aws"]) == [
        {"name": "network_load_balancers_per_region", "used": 60, "limit": 50, "adjustable": True},
        {"name": "network_interfaces_of_nlbs_per_vpc", "used": 180, "limit": 1200, "adjustable": True},
        {"name": "listeners_per_nlb", "used": 1, "limit": 50, "adjustable": False},
    ]


def test_a_shared_alb_ends_at_a_hundred_services() -> None:
    found = used("shared-alb", 101, SHEETS["aws"])
    assert {q["name"]: (q["used"], q["limit"], q["adjustable"]) for q in found[:2]} == {
        "target_groups_per_alb": (101, 100, False),
        "rules_per_alb": (101, 100, True),
    }


def test_azure_ends_at_300_ports_and_hetzner_at_20_load_balancers() -> None:
    assert used("lb-per-service", 301, SHEETS["azure"])[0] == {
        "name": "rules_per_network_interface", "used": 301, "limit": 300, "adjustable": False,
    }  # fmt: skip
    assert used("lb-per-service", 21, SHEETS["hetzner"])[0] == {
        "name": "load_balancers_of_all_projects", "used": 21, "limit": 20, "adjustable": True,
    }  # fmt: skip


def test_nodes_and_connections_of_the_busiest_load_balancer_are_counted() -> None:
    busy = Traffic(10, 10, 10_001, 1, 9)
    digitalocean = Usage("digitalocean", "regional_http_lb", ((1, busy), (3, LITTLE)), peak_factor=exact(300))
    assert [(q.used, q.limit) for q in quotas(digitalocean, SHEETS["digitalocean"])] == [(301, 200)]
    hetzner = quotas(Usage("hetzner", "lb11", ((1, busy), (3, LITTLE))), SHEETS["hetzner"])
    assert hetzner[0].in_words == "10,001 of 10,000 connections per lb11 (a hard limit)"


def test_a_shared_alb_costs_as_much_as_its_busiest_dimension() -> None:
    """Thirty Services at 200 requests/s: rule evaluations make most of it, and it is cheaper all the same."""
    sheet = sheet_of("aws", "alb")
    each = Traffic(200, 0, 0, 0, 0)
    shared, apart = (bill(plan, 30, sheet, each) for plan in ("shared-alb", "lb-per-service"))
    assert amounts(shared)["capacity_units"] == "192.72"
    assert amounts(apart)["capacity_units"] == "0"
    assert shared.amount < apart.amount


def test_where_no_load_balancer_reads_requests_none_is_shared() -> None:
    with pytest.raises(UsageError, match="hetzner sells no load balancer that routes HTTP"):
        bill("shared-alb", 2, SHEETS["hetzner"])


USAGE = {"provider": "aws", "product": "nlb", "load_balancers": 1, "per_load_balancer": vars(LITTLE)}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        pytest.param({"zone": 3}, "usage: zone is no key that is known here", id="unknown-key"),
        pytest.param({"load_balancers": "many"}, "usage: load_balancers should be a valid integer", id="count"),
        pytest.param({"load_balancers": True}, "usage: load_balancers should be a valid integer", id="no-count"),
        pytest.param({"rules": -1}, "usage: rules should be greater than or equal to 0", id="negative-count"),
        pytest.param(
            {"per_load_balancer": {**vars(LITTLE), "gb_in": -1}},
            "usage: per_load_balancer.gb_in must be a number that is not negative", id="negative-traffic",
        ),
        pytest.param(
            {"per_load_balancer": {"requests_per_s": 1}},
            "usage: per_load_balancer.new_connections_per_s is missing", id="missing-traffic",
        ),
        pytest.param(
            {"per_load_balancer": {**vars(LITTLE), "gb": 1}},
            "usage: per_load_balancer.gb is no key that is known here", id="unknown-traffic",
        ),
        pytest.param({"cross_zone": {"gb": 1, "fraction": "1/0"}}, "usage: cross_zone.fraction must be", id="1/0"),
        pytest.param({"cross_zone": {"gb": float("nan"), "fraction": 0}}, "usage: cross_zone.gb must be", id="nan"),
        pytest.param({"peak_factor": "1e999999999"}, "usage: peak_factor must be", id="a-number-too-long-to-hold"),
    ],
)  # fmt: skip
def test_usage_is_read_strictly(change: dict[str, object], told: str) -> None:
    with pytest.raises(InputError) as refusal:
        usage_from(USAGE | change)
    assert told in str(refusal.value)


@pytest.mark.parametrize("key", list(USAGE))
def test_usage_without_a_needed_key_is_refused(key: str) -> None:
    with pytest.raises(InputError, match=f"usage: {key} is missing"):
        usage_from({k: v for k, v in USAGE.items() if k != key})


def test_a_fault_in_usage_has_its_line() -> None:
    text = "provider: aws\nproduct: nlb\nload_balancers: 1\nper_load_balancer:\n  requests_per_s: few\n"
    document = next(documents(text, "usage.yaml"))
    with pytest.raises(
        InputError, match=r"usage\.yaml:5:3: usage: per_load_balancer\.requests_per_s must be"
    ):
        usage_from(document.value, document.origin)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        pytest.param({"provider": "gcp"}, "usage of gcp cannot be priced with the sheet of aws", id="provider"),
        pytest.param({"product": "nlbs"}, "did you mean nlb?", id="product"),
        pytest.param(
            {"controller": {"replicas": 1, "cpu_request": 1, "memory_request_mib": 1, "cpu_per_1000_rps": 1,
                            "target_utilisation": 1, "requests_per_s": 1, "node": "node_m5"}},
            "aws has no price for a node 'node_m5'", id="node",
        ),
    ],
)  # fmt: skip
def test_what_a_sheet_cannot_price_is_refused(change: dict[str, object], told: str) -> None:
    with pytest.raises(InputError) as refusal:
        price(usage_from(USAGE | change), SHEETS["aws"])
    assert told in str(refusal.value)


def test_rules_are_needed_where_rules_are_billed() -> None:
    with pytest.raises(InputError, match="billed by rules"):
        price(Usage("gcp", "forwarding_rule", ((1, LITTLE),)), SHEETS["gcp"])


def test_a_figure_can_be_replaced() -> None:
    document = next(
        documents("provider: aws\nproduct: alb\nload_balancer_hour: 0.03\nnode_hour: 0\n", "mine.yaml")
    )
    sheet = with_overrides(SHEETS["aws"], document.value, document.origin)
    made = bill("single-ingress", 1, sheet)
    assert made.product == "alb"
    assert amounts(made)["load_balancer_hours"] == "21.9"
    assert amounts(made)["controller_compute"] == "0"
    assert made.lines[0].source == "aws products.alb.load_balancer_hour, given by the user mine.yaml:3:1"
    assert SHEETS["aws"].default_product == "nlb"
    assert sheet.products["nlb"] == SHEETS["aws"].products["nlb"]


@pytest.mark.parametrize(
    ("prices", "told"),
    [
        pytest.param("load_balancer_hour: -1", "load_balancer_hour must be a number that is not negative, such as"
                     " 0.0225 or 2/3, got '-1'", id="negative"),
        pytest.param("load_balancer_hour: cheap", "load_balancer_hour must be a number", id="no-number"),
        pytest.param("load_balancer_hour: true", "load_balancer_hour must be a number", id="boolean"),
        pytest.param("load_balancer_hour: .nan", "load_balancer_hour must be a number", id="nan"),
        pytest.param("load_balancer_hour: [1]", "load_balancer_hour must be a number", id="list"),
        pytest.param("unit_gb_per_hour: 0", "unit_gb_per_hour must be above zero", id="a-capacity-of-nothing"),
        pytest.param("load_balancer_hours: 1", "did you mean load_balancer_hour?", id="unknown-figure"),
        pytest.param("node_month: 1", "aws nlb has no figure 'node_month'", id="figure-of-another-shape"),
        pytest.param("product: elb", "the sheet of aws has no product 'elb'", id="unknown-product"),
        pytest.param("provider: gcp", "the sheet of aws has no provider 'gcp'", id="another-provider"),
    ],
)  # fmt: skip
def test_a_price_that_is_none_is_refused_with_its_line(prices: str, told: str) -> None:
    document = next(documents(f"# mine\n{prices}\n", "mine.yaml"))
    with pytest.raises(InputError) as refusal:
        with_overrides(SHEETS["aws"], document.value, document.origin)
    assert str(refusal.value).startswith("mine.yaml:2:1: prices: ")
    assert told in str(refusal.value)


def test_a_sheet_of_ones_own() -> None:
    sheet = read_price_sheet(next(documents(SHEET, "mine.yaml")))
    assert str(bill("single-ingress", 3, sheet).total) == "12.00"


@pytest.mark.parametrize(
    ("old", "new", "line", "told"),
    [
        pytest.param("hours_per_month: 730\n", "", 1, "hours_per_month is missing", id="missing-key"),
        pytest.param("region: all", "regions: all", 9, "products.lb.regions is no key", id="misspelt-key"),
        pytest.param("region: all", "region: all\n    colour: red", 10, "products.lb.colour is no key",
                     id="unknown-key"),
        pytest.param('{value: "10"', '{value: "-10"', 10, "products.lb.load_balancer_month.value must be a number",
                     id="negative-price"),
        pytest.param('as_of: "2026", confidence: high, sources: [page]', "sources: [page]", 10,
                     "products.lb.load_balancer_month.as_of is missing", id="undated-figure"),
        pytest.param('as_of: "2026-02"', 'as_of: "2026-13"', 15, "nodes.small.node_month.as_of bad month number 13",
                     id="no-such-month"),
        pytest.param('as_of: "2026-02"', 'as_of: "last week"', 15, "nodes.small.node_month.as_of must be a date such as",
                     id="no-date"),
        pytest.param("sources: [page]}\nnodes", "sources: []}\nnodes", 10,
                     "products.lb.load_balancer_month.sources", id="figure-without-source"),
        pytest.param("sources: [page]}\nnodes", "sources: [web]}\nnodes", 10,
                     "products.lb.load_balancer_month: no source 'web'", id="source-that-is-not-listed"),
        pytest.param("confidence: high, sources: [page]}\nsources", "confidence: high, sources: [web]}\nsources",
                     17, "quotas.lbs: no source 'web'", id="quota-with-a-source-that-is-not-listed"),
        pytest.param("confidence: high, sources: [page]}\nnodes", "confidence: sure, sources: [page]}\nnodes",
                     10, "products.lb.load_balancer_month.confidence should be 'high'", id="confidence"),
        pytest.param("shape: monthly", "shape: yearly", 8, "products.lb.shape tag 'yearly'", id="unknown-shape"),
        pytest.param("default_product: lb", "default_product: nlb", 4, "default_product: there is no 'nlb'",
                     id="default-that-is-not-sold"),
        pytest.param("vcpu: 2", "vcpu: 0", 13, "nodes.small.vcpu must be above zero", id="node-without-cpu"),
        pytest.param("node_month", "node_year", 15, "nodes.small.node_year is no key", id="node-without-price"),
        pytest.param("node_month: {", "memory: {", 15, "nodes.small.memory is no key", id="node-with-something-else"),
        pytest.param("currency: USD", "currency: dollars", 2, "currency", id="currency"),
    ],
)  # fmt: skip
def test_a_malformed_sheet_is_refused_with_its_line(old: str, new: str, line: int, told: str) -> None:
    assert SHEET.count(old) == 1
    with pytest.raises(InputError) as refusal:
        read_price_sheet(next(documents(SHEET.replace(old, new), "mine.yaml")))
    assert str(refusal.value).startswith(f"mine.yaml:{line}:")
    assert f"price sheet: {told}" in str(refusal.value)


SCHEMA = json.loads((Path(__file__).parents[2] / "docs/schemas/files/price-sheet.json").read_text())
FITS = Draft202012Validator(SCHEMA)


@pytest.mark.parametrize("name", price_sheet_names())
def test_shipped_sheets_fit_the_published_schema(name: str) -> None:
    assert [e.message for e in FITS.iter_errors(shipped("costs/prices", f"{name}.yaml").value)] == []


@pytest.mark.parametrize("name", price_sheet_names())
def test_a_figure_or_key_less_or_more_is_refused_by_the_sheet_and_by_its_schema(name: str) -> None:
    whole = shipped("costs/prices", f"{name}.yaml").value
    product = whole["products"][whole["default_product"]]
    needed = [
        ("products", whole["default_product"], key) for key, part in product.items() if isinstance(part, dict)
    ]
    needed += [("provider",), ("currency",), ("products",), ("nodes",), ("sources",)]
    needed += [
        (*path, "as_of") for path in needed if len(path) == 3 and path[2] not in {"rule_evaluations", "tls"}
    ]
    for path in [p for p in needed if p[-1] not in OPTIONAL]:
        for change in (without, with_more):
            wrong = change(whole, path)
            assert not FITS.is_valid(wrong), path
            with pytest.raises(InputError):
                read_price_sheet(next(documents(json.dumps(wrong), "mine.json")))


OPTIONAL = {
    "rule_evaluations",
    "tls",
    *(f"load_balancer_node_{n}" for n in ("requests_per_s", "connections", "mbit_in_per_s")),
}


def without(whole: dict[str, object], path: tuple[str, ...]) -> dict[str, object]:
    copy = json.loads(json.dumps(whole))
    del below(copy, path[:-1])[path[-1]]
    return copy


def with_more(whole: dict[str, object], path: tuple[str, ...]) -> dict[str, object]:
    copy = json.loads(json.dumps(whole))
    there = below(copy, path)
    (there if isinstance(there, dict) and "value" in there else copy)["surprise"] = 1
    return copy


def below(whole: object, path: tuple[str, ...]) -> object:
    for key in path:
        whole = whole[key]  # type: ignore[index]
    return whole


@pytest.mark.parametrize("text", ["[]", "aws", "3"])
def test_a_sheet_that_is_no_mapping_is_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"mine\.yaml:1:1: price sheet: should be"):
        read_price_sheet(next(documents(text, "mine.yaml")))


@pytest.mark.parametrize("name", ["nosuch.yaml", "../errors.py", ""])
def test_only_what_is_shipped_is_read(name: str) -> None:
    with pytest.raises(UsageError, match="is shipped in sim/costs/prices"):
        shipped("costs/prices", name)


def test_the_shipped_sheets() -> None:
    assert price_sheet_names() == ("aws", "azure", "digitalocean", "gcp", "hetzner", "linode")
    assert [name for name, sheet in SHEETS.items() if sheet.provider != name] == []
    assert {sheet.currency for sheet in SHEETS.values()} == {"USD", "EUR"}


@pytest.mark.parametrize(
    ("today", "warning"),
    [
        pytest.param(date(2026, 8, 27), None, id="180-days-are-not-old"),
        pytest.param(
            date(2026, 8, 28),
            "mine prices: a figure is over 180 days old (node month: of 2026-02); replace with --prices FILE",
            id="181-days-are",
        ),
        pytest.param(
            date(2027, 12, 31),
            "mine prices: 2 figures are over 180 days old (load balancer month: of 2026); replace with --prices FILE",
            id="a-year-counts-from-its-end",
        ),
    ],
)
def test_old_figures_are_warned_of_in_one_line(today: date, warning: str | None) -> None:
    assert stale([read_price_sheet(next(documents(SHEET, "mine.yaml")))], today) == warning


def test_several_sheets_share_one_warning() -> None:
    warning = stale(list(SHEETS.values()), date(2026, 11, 25))
    assert warning is not None
    assert warning.startswith("aws, azure, digitalocean, gcp, hetzner, linode prices: ")
    assert "public address hour: of 2024-02-01" not in warning
    assert "node month: of 2022-07" in warning
    assert "\n" not in warning


def test_undated_figures_are_warned_of_and_given_ones_are_not() -> None:
    undated = read_price_sheet(next(documents(SHEET.replace('as_of: "2026",', "as_of: null,"), "mine.yaml")))
    today = date(2026, 3, 1)
    assert "(load balancer month: of no known date)" in str(stale([undated], today))
    assert stale([with_overrides(undated, {"load_balancer_month": 9})], today) is None


@given(st.dates(min_value=date(1000, 1, 1)))
def test_last_day_of_a_full_date_is_that_day(day: date) -> None:
    assert last_day(day.isoformat()) == day


@given(st.floats(min_value=1e-9, max_value=1e9))
def test_a_float_counts_as_the_digits_it_is_written_with(value: float) -> None:
    assert float(exact(value)) == value
    assert exact(value) == Fraction(Decimal(repr(value)))


def test_crossing_bytes_of_a_run_replace_the_assumed_ones() -> None:
    sheet = SHEETS["aws"]
    measured = replace(usage("single-ingress", 2, sheet), cross_zone=CrossZone(12, "1/4"))
    assert amounts(price(measured, sheet))["cross_zone_bytes"] == "0.06"

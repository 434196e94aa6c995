"""Every line of every bill is one dated and sourced figure of the sheet: shipped, replaced, or one's own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from bills import LITTLE, SHEET, SHEETS, SOLD, bill, sheet_of
from command import sim

from sim.costs.bill import Bill
from sim.costs.price_sheet import Figure, PriceSheet, exact, figures, read_price_sheet, with_overrides
from sim.costs.price_sheet.sheet import in_use
from sim.costs.usage import Traffic
from sim.manifests.reading.loading import documents
from sim.plans import PLANS

pytestmark = pytest.mark.usefixtures("parts_broken_briefly")

BUSY = Traffic(9000, 3000, 150_000, 4000, 60_000)
"""Traffic that needs capacity units, further nodes and rule evaluations."""


def bills(sheet: PriceSheet) -> Iterator[Bill]:
    """Of every plan that the provider sells something for, few Services and many, quiet and busy."""
    for plan in (name for name in PLANS if name != "shared-alb" or sheet.routes_http):
        for count in (1, 7, 40):
            yield bill(plan, count, sheet, LITTLE)
            yield bill(plan, count, sheet, BUSY)


def check(line: dict[str, Any], known: dict[str, Figure], sheet: PriceSheet) -> Figure:
    """One line of a bill in JSON against the sheet."""
    figure = known[line["key"]]
    assert exact(line["unit_price"]) == figure.value
    assert (line["as_of"], line["confidence"]) == (figure.as_of, figure.confidence)
    best = sheet.sources[figure.sources[0]]
    assert figure.key in line["source"]
    assert best.title in line["source"]
    if figure.confidence == "given":
        assert best.address in line["source"]
    else:
        assert f"as of {figure.as_of}, confidence {figure.confidence}" in line["source"]
        assert line["source"].endswith(str(best.date))
        assert best.address.startswith("https://")
    return figure


@pytest.mark.parametrize("sold", SOLD, ids="-".join)
def test_every_line_is_a_dated_and_sourced_figure_of_the_sheet(sold: tuple[str, str]) -> None:
    sheet = sheet_of(*sold)
    known = {figure.key: figure for _, figure in figures(sheet)}
    made = list(bills(sheet))
    assert len(made) >= 18
    for one in made:
        for line, shown in zip(one.lines, one.to_json()["lines"], strict=True):
            figure = check(shown, known, sheet)
            assert figure.confidence != "given"
            assert line.amount == line.quantity * figure.value
            assert line.figure.key.partition(".")[0] in {
                "products",
                "nodes",
                "public_address_hour",
                "cross_zone_gb",
            }


def test_every_price_of_every_sheet_stands_in_some_line() -> None:
    """What no bill uses is a figure that nobody needs; those that count or scale are in the quantities."""
    for name, product in SOLD:
        sheet = sheet_of(name, product)
        billed = {line.figure.key for made in bills(sheet) for line in made.lines}
        needed = {
            f.key for _, f in figures(sheet) if f.unit.startswith(sheet.currency) and may_be_billed(f, sheet)
        }
        assert needed - billed <= free_of_charge(sheet), (name, product)


def may_be_billed(figure: Figure, sheet: PriceSheet) -> bool:
    kind, _, rest = figure.key.partition(".")
    chosen = {"products": sheet.default_product, "nodes": sheet.default_node}
    return kind not in chosen or rest.partition(".")[0] in {chosen[kind], *with_http(kind, sheet)}


def with_http(kind: str, sheet: PriceSheet) -> list[str]:
    routing = [name for name, product in sheet.products.items() if product.routes_http]
    return routing[:1] if kind == "products" and not sheet.products[sheet.default_product].routes_http else []


def free_of_charge(sheet: PriceSheet) -> set[str]:
    return {f.key for _, f in figures(sheet) if f.value == 0}


@pytest.mark.parametrize("sold", SOLD, ids="-".join)
def test_a_replaced_figure_is_the_users_and_the_others_stay(sold: tuple[str, str]) -> None:
    provider, product = sold
    text = f"provider: {provider}\nproduct: {product}\n"
    for name in dict.fromkeys(str(path[-1]) for path, _ in in_use(sheet_of(*sold))):
        document = next(documents(f"{text}{name}: 0.875\n", "mine.yaml"))
        sheet = with_overrides(SHEETS[provider], document.value, document.origin)
        known = {figure.key: figure for _, figure in figures(sheet)}
        usual = {figure.key: figure for _, figure in figures(SHEETS[provider])}
        given = {key for key, figure in known.items() if figure.confidence == "given"}
        assert {key.rpartition(".")[2] for key in given} == {name}
        for made in bills(sheet):
            for shown in made.to_json()["lines"]:
                figure = check(shown, known, sheet)
                if shown["key"] in given:
                    assert (shown["unit_price"], shown["as_of"]) == ("0.875", None)
                    assert shown["source"].endswith("given by the user mine.yaml:3:1")
                else:
                    assert figure == usual[shown["key"]]


def test_a_sheet_of_ones_own_is_cited_as_a_shipped_one() -> None:
    sheet = read_price_sheet(next(documents(SHEET, "mine.yaml")))
    known = {figure.key: figure for _, figure in figures(sheet)}
    made = bill("lb-per-service", 3, sheet).to_json()["lines"]
    assert made
    for line in made:
        assert line["key"] in known
        assert known[line["key"]].sources[0] in sheet.sources
    replaced = with_overrides(sheet, {"load_balancer_month": 3})
    assert [line["unit_price"] for line in bill("lb-per-service", 3, replaced).to_json()["lines"]] == ["3"]


@pytest.mark.parametrize("command", ["compare", "cost", "sweep"])
def test_the_lines_of_a_command_are_those_of_the_sheet(command: str, tmp_path: Path) -> None:
    own = tmp_path / "mine.yaml"
    own.write_text("provider: aws\ncross_zone_gb: 0.05\n")
    arguments = {
        "compare": ("compare", "fanout", "--requests", "60", "--provider", "all"),
        "cost": ("cost", "--services", "9", "--provider", "all"),
        "sweep": ("sweep", "fanout", "services=1,9", "--requests", "60", "--provider", "aws"),
    }
    found = json.loads(sim(*arguments[command], "--prices", str(own), "-o", "json").out)
    plans = list(plans_of(found))
    assert len(plans) >= 4
    for plan in plans:
        stated = {"cross_zone_gb": 0.05} if plan["provider"] == "aws" else {}
        origin = next(documents(own.read_bytes(), str(own))).origin
        sheet = with_overrides(SHEETS[plan["provider"]], {**stated, "product": plan["product"]}, origin)
        known = {figure.key: figure for _, figure in figures(sheet)}
        for line in plan["monthly"]["lines"]:
            check(line, known, sheet)


def plans_of(value: Any) -> Iterator[dict[str, Any]]:
    """Everything with a bill, wherever it stands."""
    if isinstance(value, dict):
        if "monthly" in value and isinstance(value["monthly"], dict):
            yield value
        for part in value.values():
            yield from plans_of(part)
    elif isinstance(value, list):
        for part in value:
            yield from plans_of(part)

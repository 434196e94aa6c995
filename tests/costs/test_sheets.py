"""Whose prices hold: the user's file before the scenario's, the scenario's before the shipped ones."""

from __future__ import annotations

from pathlib import Path

import pytest
from bills import SHEET

from sim.costs.price_sheet import PriceSheet
from sim.costs.sheets import StatedPrices, own_prices, sheets
from sim.errors import InputError, UsageError

NOTHING = StatedPrices()


def hour(sheet: PriceSheet) -> str:
    return str(float(sheet.product(sheet.default_product).load_balancer_hour.value))  # type: ignore[union-attr]


def written(folder: Path, text: str) -> StatedPrices:
    (folder / "mine.yaml").write_text(text)
    return own_prices(str(folder / "mine.yaml"))


def test_a_users_figure_stands_before_the_scenarios(tmp_path: Path) -> None:
    scenario = StatedPrices("aws", {"load_balancer_hour": 0.04, "cross_zone_gb": 0})
    (sheet,) = sheets(None, scenario, written(tmp_path, "load_balancer_hour: 0.03\n"))
    assert hour(sheet) == "0.03"
    assert sheet.cross_zone_gb is not None
    assert sheet.cross_zone_gb.value == 0


def test_a_product_that_only_the_scenario_names_stays() -> None:
    (sheet,) = sheets(
        None, StatedPrices("aws", {"product": "alb"}), StatedPrices("aws", {"load_balancer_hour": 1})
    )
    assert (sheet.default_product, hour(sheet)) == ("alb", "1.0")


def test_figures_of_one_provider_say_nothing_about_another() -> None:
    (sheet,) = sheets("gcp", StatedPrices("aws", {"load_balancer_hour": 0.04}))
    assert sheet.provider == "gcp"
    (sheet,) = sheets("aws", StatedPrices("aws", {"load_balancer_hour": 0.04}))
    assert hour(sheet) == "0.04"


def test_all_are_the_shipped_ones_the_scenarios_first() -> None:
    found = sheets("all", StatedPrices("gcp", {"further_rule_hour": 0}))
    assert [sheet.provider for sheet in found] == ["gcp", "aws", "azure", "digitalocean", "hetzner", "linode"]
    assert found[0].product("forwarding_rule").further_rule_hour.value == 0  # type: ignore[union-attr]


def test_a_whole_sheet_of_ones_own(tmp_path: Path) -> None:
    own = written(tmp_path, SHEET)
    (sheet,) = sheets(None, NOTHING, own)
    assert (sheet.provider, sheet.default_product) == ("mine", "lb")
    assert sheets("all", NOTHING, own)[0].provider == "mine"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("", "mine.yaml:1:1: prices: should be a mapping", id="empty"),
        pytest.param("- 1\n", "mine.yaml:1:1: prices: should be a mapping", id="a-list"),
        pytest.param("provider: mars\n", "mine.yaml:1:1: prices: no provider 'mars'", id="unknown-provider"),
        pytest.param("\nload_balancer_hour: -1\n", "mine.yaml:2:1: prices: load_balancer_hour must be", id="negative"),
        pytest.param("colour: red\n", "mine.yaml:1:1: prices: aws nlb has no figure 'colour'", id="unknown-figure"),
        pytest.param(SHEET.replace('value: "10"', "value: cheap"), "mine.yaml:10:", id="a-sheet-with-a-fault"),
    ],
)  # fmt: skip
def test_a_file_of_prices_that_is_wrong_is_refused_with_its_line(
    tmp_path: Path, text: str, told: str
) -> None:
    with pytest.raises(InputError) as refusal:
        sheets(None, NOTHING, written(tmp_path, text))
    assert told in str(refusal.value)


def test_a_missing_file_and_an_unknown_provider_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file"):
        own_prices(str(tmp_path / "none.yaml"))
    with pytest.raises(UsageError, match="mars"):
        sheets("mars", NOTHING)

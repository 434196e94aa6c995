"""Comparisons that others have published, in our formula: each difference has a reason, and the docs say both."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from bills import LITTLE, amounts, bill, sheet_of

from sim.costs.bill import Bill, half_up, price
from sim.costs.price_sheet import PriceSheet, with_overrides
from sim.costs.usage import Traffic, Usage

DOC = Path(__file__).parents[2] / "docs/prices.md"
IDLE = Traffic(*(Fraction(0),) * 5)
ALB, NLB = sheet_of("aws", "alb"), sheet_of("aws", "nlb")
MUMBAI = with_overrides(ALB, {"load_balancer_hour": 0.0239})


def bought(sheet: PriceSheet, count: int, each: Traffic = IDLE, **more: int) -> Bill:
    """So many load balancers, without addresses, controller and bytes across zones."""
    fleet = ((count, each),) if count else ()
    return price(Usage(sheet.provider, sheet.default_product, fleet, **more), sheet)


def per_unit(sheet: PriceSheet, units: Fraction | int) -> Traffic:
    """Traffic of so many capacity units: by its new connections."""
    per_s = sheet.product(sheet.default_product).unit_new_connections_per_s.value  # type: ignore[union-attr]
    return Traffic(Fraction(0), units * per_s, *(Fraction(0),) * 3)


def worth(sheet: PriceSheet, usd: int, of: int) -> Traffic:
    """Traffic of one of `of` load balancers whose capacity units cost so much a month together."""
    unit = sheet.product(sheet.default_product).capacity_unit_hour.value  # type: ignore[union-attr]
    return per_unit(sheet, Fraction(usd) / (unit * sheet.hours_per_month * of))


def rules_of(provider: str, count: int, gb: int = 0) -> Bill:
    sheet = sheet_of(provider)
    traffic = Traffic(*(Fraction(0),) * 3, Fraction(gb), Fraction(0))
    return bought(sheet, 1, traffic, rules=count)


@dataclass(frozen=True)
class Published:
    """A figure somebody has published, and how we come to ours.

    Args:
        why: a sentence for the difference, as in the docs.
    """

    what: str
    theirs: str
    ours: Callable[[], Fraction]
    why: str


PUBLISHED = [
    Published("ten ALBs, a month", "164", lambda: bought(ALB, 10).amount, "rounding: 16.40 instead of 16.425 each"),
    Published("two ALBs, a month", "32.80", lambda: bought(ALB, 2).amount, "rounding: 16.40 instead of 16.425 each"),
    Published(
        "ten ALBs with traffic, a year", "2568", lambda: 12 * bought(ALB, 10, worth(ALB, 50, 10)).amount,
        "rounding: theirs is (164 + 50) × 12",
    ),
    Published(
        "the same traffic on two, a year", "813", lambda: 12 * bought(ALB, 2, worth(ALB, 50, 2)).amount,
        "theirs has $35 of capacity units after and $50 before; the same traffic takes the same units",
    ),
    Published(
        "250 ALBs in Mumbai, a month", "5000", lambda: bought(MUMBAI, 250).amount,
        "theirs is 250 × $20, capacity units included, and called fixed",
    ),
    Published(
        "four ALBs of a small cluster", "41", lambda: bought(ALB, 4).amount,
        "theirs is a share, 8 % of $510; no four ALBs cost less than their hours",
    ),
    Published("eight NodeBalancers", "80", lambda: bought(sheet_of("linode"), 8).amount, "none"),
    Published("one NodeBalancer instead", "10", lambda: bought(sheet_of("linode"), 1).amount, "none"),
    Published("Azure, ten rules and 1 TB", "59.75", lambda: rules_of("azure", 10, 1000).amount, "none"),
    Published("an ALB with two units", "28.11", lambda: bought(ALB, 1, per_unit(ALB, 2)).amount, "none: 28.105"),
    Published("an NLB with two units", "25.19", lambda: bought(NLB, 1, per_unit(NLB, 2)).amount, "none: 25.185"),
    Published(
        "OpenCost, an idle NLB", "18.25", lambda: bought(NLB, 1).amount,
        "theirs takes Google's $0.025 for AWS too, whose hour is $0.0225",
    ),
    Published(
        "OpenCost, ten rules at Google", "182.50", lambda: rules_of("gcp", 10).amount,
        "theirs charges each rule as the first five together",
    ),
    Published(
        "OpenCost, ten Services at Azure", "36.50", lambda: rules_of("azure", 10).amount + 10 * address_month("azure"),
        "theirs has the addresses only, not the rules",
    ),
    Published(
        "Infracost, one rule at Google", "7.30", lambda: rules_of("gcp", 1).amount,
        "theirs charges a first rule as a further one",
    ),
]  # fmt: skip


def address_month(provider: str) -> Fraction:
    sheet = sheet_of(provider)
    assert sheet.public_address_hour is not None
    return sheet.public_address_hour.value * sheet.hours_per_month


def row_of(what: str) -> list[str]:
    """The cells of a row of the table in the docs: who, what, theirs, ours, difference, why."""
    lines = [line for line in DOC.read_text(encoding="utf-8").splitlines() if f"| {what} |" in line]
    assert len(lines) == 1, f"{what} stands in {len(lines)} rows of docs/prices.md"
    return [cell.strip() for cell in lines[0].strip("|").split("|")]


def shown(amount: Decimal) -> str:
    text = f"{amount:,.2f}".removesuffix(".00")
    return text.replace("-", "−")


@pytest.mark.parametrize("row", PUBLISHED, ids=lambda row: f"{row.what}: {row.why}")
def test_a_published_figure_ours_and_the_reason_for_the_difference(row: Published) -> None:
    ours = half_up(row.ours(), 2)
    difference = ours - Decimal(row.theirs)
    said = f"+{shown(difference)}" if difference > 0 else shown(difference)
    _, _, theirs, in_docs, apart, why = row_of(row.what)
    assert (theirs, in_docs) == (shown(Decimal(row.theirs)), shown(ours))
    assert apart == (said if difference else "0")
    assert why == row.why
    assert (row.why.startswith("none")) == (difference == 0)


def test_the_docs_have_these_rows_and_no_other() -> None:
    part = DOC.read_text(encoding="utf-8").partition("## Published comparisons")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (?!---)([^|]+) \| ([^|]+) \|", part, re.MULTILINE)
    assert [what for _, what in rows[1:]] == [row.what for row in PUBLISHED]


@pytest.mark.parametrize(
    ("count", "addresses"),
    [pytest.param(10, "109.5", id="ten ALBs in three zones"), pytest.param(2, "21.9", id="two of them")],
)
def test_what_the_articles_leave_out_is_two_thirds_as_much_again(count: int, addresses: str) -> None:
    ours = amounts(bill("lb-per-service", count, ALB, IDLE))
    assert ours["public_addresses"] == addresses
    assert Fraction(ours["public_addresses"]) / Fraction(ours["load_balancer_hours"]) == Fraction(2, 3)


def test_an_ingress_adds_what_none_of_them_counts() -> None:
    added = amounts(bill("single-ingress", 10, NLB, LITTLE))
    assert {"controller_compute", "cross_zone_bytes", "public_addresses"} <= added.keys()
    assert added["controller_compute"] == "7.008"


def test_the_range_per_alb_is_within_one_capacity_unit() -> None:
    """Their $18 to $22 for one ALB in Mumbai is its hours, and 0.09 to 0.78 capacity units."""
    one, unit = bought(MUMBAI, 1).amount, bought(MUMBAI, 1, per_unit(MUMBAI, 1)).amount
    least, most = ((Fraction(usd) - one) / (unit - one) for usd in (18, 22))
    assert half_up(one, 3) == Decimal("17.447")
    assert (half_up(least, 2), half_up(most, 2)) == (Decimal("0.09"), Decimal("0.78"))

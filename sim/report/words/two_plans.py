"""What two recorded plans cost and how long they take, in words; nothing where they cannot be compared."""

from fractions import Fraction
from math import isfinite
from typing import Any

from sim.comparison.comparison import Comparison, PlanOutcome
from sim.report.theme import currency_name
from sim.report.words.compare import difference_text
from sim.report.words.numbers import money_change, money_text


def outcome_of(comparison: Comparison | None, plan: str) -> PlanOutcome | None:
    """What is known of a plan; None where two plans cannot be compared, or there is one."""
    if comparison is None or comparison.obstacles:
        return None
    return next((one for one in comparison.outcomes if one.name == plan), None)


def money_of(comparison: Comparison | None, plan: str) -> dict[str, Any] | None:
    """A month's bill, with its share of the larger one; None where it says nothing."""
    outcome = outcome_of(comparison, plan)
    if comparison is None or outcome is None:
        return None
    amount = outcome.bill.amount
    largest = max(one.bill.amount for one in comparison.outcomes)
    share = amount / largest if largest else Fraction(0)
    currency = currency_name(outcome.bill.currency)
    return {
        "dollars": float(amount),
        "words": money_text(amount),
        "currency": currency,
        "share": float(share),
    }


def mean_ms_of(comparison: Comparison | None, plan: str) -> float | None:
    """The mean latency in ms; None where nothing was answered, or it says nothing."""
    outcome = outcome_of(comparison, plan)
    mean_s = outcome.latency_s["mean"] if outcome is not None else float("nan")
    return mean_s * 1e3 if isfinite(mean_s) else None


def difference_of(comparison: Comparison | None) -> str | None:
    """The second plan minus the first, in money and time; None where the two cannot be compared.

    A plan that is as dear, or as fast, is said to be the same.
    """
    if comparison is None or comparison.obstacles:
        return None
    first, second = comparison.pair
    money = money_change(second.bill.amount - first.bill.amount)
    currency = currency_name(first.bill.currency)
    time = difference_text(comparison.differences.get("mean"))
    parts = ["the same bill" if money == "=" else f"{money} {currency}", time]
    return ", ".join(filter(None, parts))

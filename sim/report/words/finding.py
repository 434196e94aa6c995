"""What a comparison finds, as a sentence for a title: the number is in it, and so is what cannot be told."""

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from math import isfinite

from sim.comparison.comparison import Comparison, PlanOutcome
from sim.costs.offers import Offer
from sim.report.theme import PLANS
from sim.report.words.numbers import duration, percent, rounded_amount, signed_duration, signed_percent
from sim.report.words.obstacles import obstacle_title
from sim.report.words.verdict import saves

WORTH_A_TITLE = Fraction(1, 1000)
"""A share of requests: if so many more fail, that matters more than the latency of the others."""


def finding(comparison: Comparison) -> list[str]:
    """Titles, the fullest first, each saying the same in fewer words."""
    if comparison.obstacles:
        return [obstacle_title(comparison.obstacles), "No verdict"]
    subject = PLANS[comparison.pair[1].name].subject
    long_bill, short_bill = bill_finding(comparison)
    long_rest, short_rest = rest_finding(comparison)
    if long_bill == SAME_BILL and long_rest == CANNOT_TELL:
        return ["No difference in the bill; in the mean we cannot tell"]
    return [
        f"{subject} {long_bill}{long_rest}",
        f"{subject}: {short_bill}, {short_rest}",
        f"Bill {short_bill.removeprefix('bill ')}, {short_rest}",
    ]


def headline(comparison: Comparison) -> str:
    """The finding as a title: of two plans the second's; of more, which is the cheapest."""
    if comparison.obstacles or len(comparison.outcomes) == 2:
        return finding(comparison)[0]
    if len(comparison.offers) > 1:
        return _cheapest_by_provider(comparison.offers)
    amounts = [o.bill.amount for o in comparison.outcomes]
    best = amounts.index(min(amounts))
    says = f"is the cheapest of {len(amounts)} plans"
    subject = PLANS[comparison.outcomes[best].name].subject
    return f"{subject} {says}{rest_finding(comparison.pairs[best - 1])[0] if best else ''}"


def _cheapest_by_provider(offers: Sequence[Offer]) -> str:
    """The plan that is cheapest at most providers; the first of equals."""
    names = [min(offer.plans, key=lambda plan: plan.bill.amount).name for offer in offers]
    name, count = Counter(names).most_common(1)[0]
    return f"{PLANS[name].subject} is cheapest at {count} of {len(offers)} providers"


SAME_BILL = "costs the same"
CANNOT_TELL = "; latency: cannot tell"


def bill_finding(comparison: Comparison) -> tuple[str, str]:
    """What happens to the bill, in a clause and in a few words."""
    if len(comparison.offers) > 1:
        where = f"at {sum(map(saves, comparison.offers))} of {len(comparison.offers)} providers"
        return f"is cheaper {where}", f"lower {where}"
    change = comparison.bill_change
    if change is None:
        return _from_nothing(comparison)
    if not change:
        return SAME_BILL, "same bill"
    says = f"costs {percent(change)} more" if change > 0 else f"cuts the bill by {percent(-change)}"
    return says, f"bill {signed_percent(change)}"


def _from_nothing(comparison: Comparison) -> tuple[str, str]:
    """The first plan is free of charge, so a share says nothing."""
    bill = comparison.pair[1].bill
    if not bill.amount:
        return SAME_BILL, "same bill"
    amount = rounded_amount(bill.amount, bill.currency)
    return f"costs {amount} more a month", f"bill +{amount}"


def rest_finding(comparison: Comparison) -> tuple[str, str]:
    """What happens to the requests: failures if their shares differ, else the mean latency."""
    before, after = (failed_share(outcome) for outcome in comparison.pair)
    if abs(after - before) < WORTH_A_TITLE:
        return _mean_finding(comparison)
    fails = f"fails {percent(after)} of requests" if after else "fails no request"
    fails += f", not {percent(before)}" if before else ""
    return f"{' but' if after > before else ' and'} {fails}", fails


def failed_share(outcome: PlanOutcome) -> Fraction:
    """Failed requests among those sent."""
    return Fraction(outcome.failed, outcome.sent) if outcome.sent else Fraction(0)


def _mean_finding(comparison: Comparison) -> tuple[str, str]:
    difference = comparison.differences.get("mean")
    if difference is None or difference.cannot_tell or not isfinite(difference.mean):
        return CANNOT_TELL, "latency: cannot tell"
    if not difference.mean:
        return " and leaves the mean latency as it is", "same mean"
    amount, short = duration(difference.mean), f"mean {signed_duration(difference.mean)}"
    return f" and {f'takes {amount} off' if difference.mean < 0 else f'adds {amount} to'} the mean", short

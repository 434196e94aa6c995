"""Comparisons to draw: of figures that are easy to see, and of extreme ones."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from bills import SHEETS, bill

from sim.comparison.comparison import QUANTILES, Comparison, Difference, PlanOutcome
from sim.costs.bill import Bill
from sim.costs.usage import Traffic

PLANS = ("lb-per-service", "single-ingress")
FIRST_MS = (27.0, 24.1, 41.0, 52.0, 88.0, 200.0)
SECOND_MS = (29.0, 26.0, 43.2, 54.0, 90.0, 210.0)
HALF_WIDTHS_MS = (0.1, 0.2, 0.4, 0.9, 3.0, 30.0)
NAMES = (*QUANTILES, "max")


def bills(provider: str, services: int) -> list[Bill]:
    each = Traffic(*(Fraction(n) for n in (2, 2, 10, 1, 9)))
    return [bill(plan, services, SHEETS[provider], each) for plan in PLANS]


def seconds(ms: tuple[float, ...], times: float = 1.0) -> dict[str, float]:
    return {name: value * times / 1000 for name, value in zip(NAMES, ms, strict=True)}


def example(provider: str = "aws", services: int = 10, times: float = 1.0) -> Comparison:
    """Twenty paired runs of two plans, all their durations multiplied by `times`."""
    one, two = bills(provider, services)
    ci = seconds(HALF_WIDTHS_MS, times)
    outcomes = tuple(
        PlanOutcome(*bought, latency_s=seconds(ms, times), latency_ci=ci, sent=24_000, failed=0)
        for *bought, ms in (
            (PLANS[0], one, services, 3 * services, 0, FIRST_MS),
            (PLANS[1], two, 1, 3, 2, SECOND_MS),
        )
    )
    differences = {
        q: Difference(outcomes[1].latency_s[q] - outcomes[0].latency_s[q], ci[q]) for q in QUANTILES
    }
    return Comparison(outcomes, differences, 2, services, 2.0 * services, 20, 1, "0.1.0", "2026-09-20")


def with_failures(comparison: Comparison, *failed: int) -> Comparison:
    pairs = zip(comparison.outcomes, failed, strict=True)
    return replace(comparison, outcomes=tuple(replace(o, failed=count) for o, count in pairs))


def with_mean(comparison: Comparison, mean_s: float, half_width_s: float | None) -> Comparison:
    return replace(comparison, differences={"mean": Difference(mean_s, half_width_s)})


def with_money(comparison: Comparison, *times: Fraction | int) -> Comparison:
    """The bills of the two plans, multiplied."""
    outcomes = []
    for outcome, factor in zip(comparison.outcomes, times, strict=True):
        lines = tuple(replace(line, quantity=line.quantity * factor) for line in outcome.bill.lines)
        outcomes.append(replace(outcome, bill=replace(outcome.bill, lines=lines)))
    return replace(comparison, outcomes=tuple(outcomes))


def one_run(comparison: Comparison) -> Comparison:
    differences = {q: Difference(d.mean, None) for q, d in comparison.differences.items()}
    outcomes = tuple(replace(o, latency_ci=None) for o in comparison.outcomes)
    return replace(comparison, outcomes=outcomes, differences=differences, replications=1)


def without_answers(comparison: Comparison) -> Comparison:
    nan = dict.fromkeys(NAMES, float("nan"))
    outcomes = tuple(replace(o, latency_s=nan, latency_ci=None, failed=o.sent) for o in comparison.outcomes)
    return replace(comparison, outcomes=outcomes, differences={}, replications=1)


def huge(comparison: Comparison, failed: int = 0) -> Comparison:
    outcomes = tuple(
        replace(o, sent=1_234_567_890, failed=failed, load_balancers=o.load_balancers * 12_345)
        for o in comparison.outcomes
    )
    large = {"services": 12_345_678, "requests_per_s": 1_234_567.5, "replications": 10_000, "seed": 2**63}
    return with_money(replace(comparison, outcomes=outcomes, **large), 360, 360)

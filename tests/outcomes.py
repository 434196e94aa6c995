"""Comparisons as values, without a run: plans with latencies, Pods and blast radius of every size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

from sim.comparison.comparison import QUANTILES, Comparison, Difference, PlanOutcome
from sim.comparison.latency_curve import RARITIES, CurvePoint
from sim.costs.bill import Bill
from sim.simulation.spreading import PodShare, Spreading

PLANS = ("lb-per-service", "single-ingress", "gateway", "shared-alb")
KINDS = ("load_balancer", "controller_pod", "node", "zone", "bad_rule")
LONGEST = "a" * 63 + "/" + "z" * 63
"""The longest name of a Service with its namespace."""


def comparison(*outcomes: PlanOutcome, replications: int = 20, **more: Any) -> Comparison:
    """Outcomes side by side."""
    difference = {name: Difference(0.002, 0.001) for name in QUANTILES}
    values: dict[str, Any] = {"services": 10, "requests_per_s": 20.0, "seed": 1} | more
    return Comparison(
        outcomes=tuple(outcomes),
        differences=difference,
        break_even_services=2,
        replications=replications,
        version="0.1.0",
        prices_as_of="2026-09-20",
        **values,
    )


def outcome(name: str, **values: Any) -> PlanOutcome:
    """A plan with an empty bill."""
    latency_s = dict.fromkeys((*QUANTILES, "max"), 0.05)
    found = PlanOutcome(
        name, Bill("aws", "nlb", "USD", ()), 1, 3, 0,
        latency_s=latency_s, latency_ci=None, sent=24_000, failed=0,
    )  # fmt: skip
    return replace(found, **values)


def curve(
    first_s: float, rarest: float = 1e-3, width: float | None = 0.05, grows: float = 1.0
) -> tuple[CurvePoint, ...]:
    """A distribution that grows by so much of its median with every tenfold step of rarity.

    Args:
        width: half width of the interval, of the value.
    """
    found = []
    for rarity in (float(r) for r in RARITIES if float(r) >= rarest):
        value = first_s * (1 + grows * max(0.0, _steps(rarity)))
        found.append(CurvePoint(rarity, value, None if width is None else width * value / rarity**0.2))
    return tuple(found)


def change(
    value_s: float, half_s: float | None, rarest: float = 1e-3, lost_from: float = 0.0
) -> tuple[CurvePoint, ...]:
    """The same difference at every rarity; its interval covers zero from `lost_from` on."""
    return tuple(
        CurvePoint(
            float(r), value_s, half_s if float(r) > lost_from or half_s is None else 2 * abs(value_s) + 1e-4
        )
        for r in RARITIES
        if float(r) >= rarest
    )


def _steps(rarity: float) -> float:
    """Tenfold steps from the median."""
    return float(len([r for r in RARITIES if rarity < float(r) <= 0.5])) / 8


def pods(
    counts: Sequence[int],
    per: str = "connection",
    service: str = "shop/web",
    choices: int | None = None,
    band: float | None = 0.1,
    name: str = "",
) -> Spreading:
    """So many requests to each Pod, expected alike, with a band of this half width."""
    even = float(Fraction(1, len(counts)))
    edges = (None, None) if band is None else (max(0.0, even - band), min(1.0, even + band))
    found = (PodShare(f"{name or service}-{n}", got, even, *edges) for n, got in enumerate(counts, 1))
    return Spreading(service, per, sum(counts) if choices is None else choices, tuple(found))


def radius(*shares: float | None, n: int = 2000, width: float = 0.03) -> dict[str, Any]:
    """What fails with each kind of part; None: not in this plan."""
    return {
        kind: {
            "name": "shop/web",
            "share": share,
            "low": max(0.0, share - width),
            "high": min(1.0, share + width),
            "n": n,
            "expected": None,
        }
        for kind, share in zip(KINDS, shares, strict=True)
        if share is not None
    }

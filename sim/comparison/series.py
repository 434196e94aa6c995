"""A series: the comparisons of a sweep, one for each value of a key of a scenario.

Values only. Every point has the same seed, so neighbours differ by the key and not by their draws.
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from math import isfinite
from typing import Any

from sim.comparison.comparison import QUANTILES, Comparison, PlanOutcome
from sim.manifests.objects.collected import Unmodelled
from sim.units import attributes, html_table, published

SERVICES = "services"
OF_ONE_POINT = {"blast_radius", "quantile_curve", "quantile_changes", "spreading"}
"""Keys of a plan in sim.compare/1 that a sweep leaves out."""


@dataclass(frozen=True)
class Point:
    """One value, and what the comparison gave for it.

    Args:
        value: as it was written.
        number: the same on an axis, durations in seconds; None where values are names.
    """

    value: str
    found: Comparison
    number: float | None = None

    def outcome(self, plan: str) -> PlanOutcome:
        """What one plan gave."""
        return next(o for o in self.found.outcomes if o.name == plan)


@dataclass(frozen=True)
class Crossing:
    """Between two neighbouring values another plan becomes the cheaper one.

    Args:
        plan: the one that is compared with the first plan of the scenario.
        after: the last value at which it was as before.
        by: the first one at which it has changed.
        cheaper: whether `plan` is the cheaper one from then on.
    """

    plan: str
    after: str
    by: str
    cheaper: bool


@dataclass(frozen=True)
class Series:
    """The points of a sweep, at least one, in the order in which the values were given.

    Args:
        name: of the scenario.
        key: as in a scenario file.
        unit: of the numbers: `s` for durations, else nothing.
    """

    name: str
    key: str
    points: tuple[Point, ...]
    unit: str = ""

    @property
    def first(self) -> Comparison:
        """The comparison at the first value; seed, version and prices are those of all."""
        return self.points[0].found

    @property
    def plans(self) -> tuple[str, ...]:
        """The plans that are compared, the same at every point."""
        return tuple(o.name for o in self.first.outcomes)

    @property
    def is_numeric(self) -> bool:
        """Whether the values can stand on an axis to scale."""
        return all(point.number is not None for point in self.points)

    @property
    def in_order(self) -> tuple[Point, ...]:
        """The points from small to large; values that are names stay as they are."""
        return tuple(sorted(self.points, key=lambda point: point.number or 0.0))

    @property
    def crossings(self) -> tuple[Crossing, ...]:
        """Where the cheaper one of the first and another plan changes; none for values that are names."""
        others = self.plans[1:] if self.is_numeric else ()
        return tuple(c for plan in others for c in self._crossings(plan))

    def _crossings(self, plan: str) -> Iterator[Crossing]:
        for one, other in pairwise(self.in_order):
            if self.is_cheaper(one, plan) != self.is_cheaper(other, plan):
                yield Crossing(plan, one.value, other.value, self.is_cheaper(other, plan))

    def is_cheaper(self, point: Point, plan: str) -> bool:
        """Whether a plan costs less than the first one at a point."""
        return point.outcome(plan).bill.amount < point.found.outcomes[0].bill.amount

    @property
    def break_even_services(self) -> int | None:
        """From how many Services on the single Ingress is cheaper; None where points differ, or never."""
        found = {point.found.break_even_services for point in self.points}
        return found.pop() if len(found) == 1 else None

    @property
    def unmodelled(self) -> tuple[Unmodelled, ...]:
        """What the manifests of any point hold and the simulator does not model, each once."""
        return tuple(dict.fromkeys(u for point in self.points for u in point.found.unmodelled))

    def _repr_html_(self) -> str:
        """A row per value: the month's bill of each plan."""
        rows = [
            (p.value, *(f"{o.bill.total:,} {o.bill.currency}" for o in p.found.outcomes)) for p in self.points
        ]
        plans = ", ".join(o.name for o in self.first.outcomes)
        return html_table(f"{self.name}: a month over {self.key}, {plans}", rows)

    def to_json(self) -> dict[str, Any]:
        """The sweep in the published form, schema sim.sweep/1."""
        return {
            "schema": "sim.sweep/1",
            "scenario": self.name,
            **attributes(self, "key unit"),
            "points": [_point(point) for point in self.points],
            "crossings": published(list(self.crossings)),
            **attributes(self, "unmodelled"),
            **attributes(self.first, "replications prices_as_of seed version"),
        }

    def to_csv(self) -> str:
        """A row per value and plan: money to the cent, times in seconds, empty where nothing was answered."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        times = [f"{name}_s" for name in QUANTILES]
        head = ("plan", "provider", "currency", "monthly", "sent", "failed")
        writer.writerow([self.key, *head, *times, *(f"{t}_ci" for t in times)])
        for point in self.points:
            for one in point.found.outcomes:
                money = (one.bill.provider, one.bill.currency, one.bill.total)
                latency = [_cell(one.latency_s[name]) for name in QUANTILES]
                half = [_cell(one.latency_ci[name]) if one.latency_ci else "" for name in QUANTILES]
                writer.writerow([point.value, one.name, *money, one.sent, one.failed, *latency, *half])
        return out.getvalue()


def _point(point: Point) -> dict[str, Any]:
    found = point.found
    return {
        **attributes(point, "value number"),
        **attributes(found, "services requests_per_s break_even_services obstacles"),
        **({"warm_up": published(found.warm_up)} if found.warm_up else {}),
        **({"until": published(found.until), "replications": found.replications} if found.until else {}),
        "plans": [_plan(outcome) for outcome in found.outcomes],
        "differences_s_by_plan": found.differences_by_plan,
    }


def _plan(outcome: PlanOutcome) -> dict[str, Any]:
    """A plan as in sim.compare/1, without what is the matter of one point."""
    return {key: value for key, value in outcome.to_json().items() if key not in OF_ONE_POINT}


def _cell(value: float) -> str:
    return f"{value:.9g}" if isfinite(value) else ""

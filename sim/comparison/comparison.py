"""A comparison: plans for one application side by side, what each costs in a month and how fast it answers.

Values only: whoever ran the plans and priced them puts the figures in, whoever shows them takes them out.
Every plan is compared with the first. Differences are of paired runs, a plan minus the first; where their
interval covers zero, nothing can be said about who is faster.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from html import escape
from math import isfinite
from typing import Any

from sim.cluster.cluster import Assumption
from sim.comparison.failures import FailureCount
from sim.comparison.latency_curve import CurvePoint, is_nothing
from sim.comparison.soundness import Obstacle
from sim.costs.offers import Offer, Priced
from sim.costs.usage import Traffic
from sim.errors import UsageError
from sim.manifests.objects.collected import Unmodelled
from sim.plans import CannotMove
from sim.simulation.intervals import Interval
from sim.simulation.pooled import Shortfall
from sim.simulation.spreading import Spreading
from sim.simulation.summary import Until
from sim.simulation.warm_up import WarmUp
from sim.units import attributes, html_table, published, show_seconds

QUANTILES = ("mean", "p50", "p90", "p95", "p99")
"""What is compared of the latencies, in order of rarity."""


@dataclass(frozen=True, kw_only=True)
class PlanOutcome(Priced):
    """What one plan costs, and what a run of it gave.

    Args:
        latency_s: mean, p50, p90, p95, p99, max of answered requests; NaN where none was answered.
        latency_ci: how far the farther end of the 95 % interval of each is from it; None with one run, NaN
            where the runs are too short.
        latency_intervals: the intervals themselves; None with one run.
        too_short: figures that the runs are too short for.
        sent, failed: requests of all runs.
        blast_radius: part of the plan -> what fails with it.
        one_load_balancer: what fails with one of several, and with one that carries all; the same if it is
            the only one.
        quantile_curve: the latency distribution, as far as the runs support it.
        quantile_changes: its paired differences from the first plan; none for the first plan itself.
        spreading: how requests fell on the Pods of each Service, in the first run.
        failures: what failed in all runs, the most frequent first; counted where something happens in them.
        hidden: requests of all runs that were answered only because another Pod was tried.
    """

    latency_s: Mapping[str, float]
    latency_ci: Mapping[str, float] | None
    sent: int
    failed: int
    blast_radius: Mapping[str, Any] = field(default_factory=dict)
    one_load_balancer: tuple[Any, ...] = ()
    quantile_curve: tuple[CurvePoint, ...] = ()
    quantile_changes: tuple[CurvePoint, ...] = ()
    spreading: tuple[Spreading, ...] = ()
    failures: tuple[FailureCount, ...] | None = None
    hidden: int = 0
    latency_intervals: Mapping[str, Interval | None] | None = None
    too_short: tuple[Shortfall, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The plan as `sim compare -o json` shows it."""
        return {
            "name": self.name,
            **attributes(self.bill, "provider product"),
            "monthly": self.bill.to_json(),
            "latency_s": published(
                {
                    **self.latency_s,
                    "ci": self.latency_ci,
                    **({"intervals": self.latency_intervals} if self.latency_intervals else {}),
                }
            ),
            **({"too_short": published(self.too_short)} if self.too_short else {}),
            **attributes(self, "sent failed load_balancers public_addresses controller_pods quotas"),
            **attributes(self, "blast_radius quantile_curve quantile_changes spreading"),
            **({} if self.failures is None else _failed(self.failures, self.hidden)),
        }


def _failed(failures: Sequence[FailureCount], hidden: int) -> dict[str, Any]:
    return {"failures": published(failures), "hidden": hidden}


@dataclass(frozen=True)
class Happening:
    """Something that happens while the runs go on.

    Args:
        kind: event, or fault.
        what: its kind and its target.
    """

    at_s: float
    kind: str
    what: str


@dataclass(frozen=True)
class Difference:
    """A plan minus the first, in seconds.

    Args:
        mean: over the pairs of runs.
        half_width: of its 95 % interval; None with one run.
    """

    mean: float
    half_width: float | None

    @property
    def cannot_tell(self) -> bool:
        """Whether the interval covers zero, so that either plan may be the faster one."""
        if self.half_width is None or self.is_nothing:
            return False
        return not abs(self.mean) > self.half_width

    @property
    def is_nothing(self) -> bool:
        """Whether the plans differ in no run."""
        return is_nothing(self.mean, self.half_width)


@dataclass(frozen=True)
class Comparison:
    """Plans side by side, over the same requests and the same price sheet.

    Args:
        outcomes: in the order in which they are compared.
        differences: of each quantile, the second plan minus the first.
        break_even_services: from how many Services on the single Ingress is cheaper; None: never.
        requests_per_s: of all Services together.
        replications: paired runs.
        prices_as_of: date of the price sheet.
        cannot_move: exposed Services that keep a load balancer of their own in every plan, and why.
        offers: the same runs priced by each provider, the one of `outcomes` first.
        further: the differences of the third plan and those after it, by their names.
        warm_up: what was found to leave out at the beginning of each run; None: what the scenario says.
        until: how well the means were asked to be known, and are; None: a number of runs was asked.
        happens: events and faults of the runs, in order of time; every plan has them alike.
        obstacles: why no plan can be called better; none where all are sound.
        unmodelled: what the manifests hold and the simulator does not model.
    """

    outcomes: tuple[PlanOutcome, ...]
    differences: Mapping[str, Difference]
    break_even_services: int | None
    services: int
    requests_per_s: float
    replications: int
    seed: int
    version: str
    prices_as_of: str
    assumptions: tuple[Assumption, ...] = ()
    cannot_move: tuple[CannotMove, ...] = ()
    offers: tuple[Offer, ...] = ()
    further: Mapping[str, Mapping[str, Difference]] = field(default_factory=dict)
    unmodelled: tuple[Unmodelled, ...] = ()
    obstacles: tuple[Obstacle, ...] = ()
    happens: tuple[Happening, ...] = ()
    warm_up: WarmUp | None = None
    until: Until | None = None

    @property
    def status(self) -> int:
        """Exit status: 1 if some plan cannot be compared at all."""
        return int(bool(self.obstacles))

    @property
    def pair(self) -> tuple[PlanOutcome, PlanOutcome]:
        """The first two plans.

        Raises:
            UsageError: there are fewer, or their bills differ in currency.
        """
        if len(self.outcomes) < 2:
            names = ", ".join(o.name for o in self.outcomes) or "none"
            raise UsageError(f"a comparison takes two plans or more; there are: {names}")
        first, second = self.outcomes[:2]
        if first.bill.currency != second.bill.currency:
            raise UsageError(f"{first.bill.currency} and {second.bill.currency} cannot be compared")
        return first, second

    @property
    def pairs(self) -> tuple[Comparison, ...]:
        """Every other plan against the first, as comparisons of two plans each."""
        return tuple(map(self._against_first, self.outcomes[1:]))

    def _against_first(self, other: PlanOutcome) -> Comparison:
        names = (self.outcomes[0].name, other.name)
        return replace(
            self,
            outcomes=(self.outcomes[0], other),
            differences=self.differences_of(other.name),
            break_even_services=self.break_evens.get(other.name, self.break_even_services),
            offers=tuple(one.of_plans(names) for one in self.offers),
            further={},
        )

    @property
    def differences_by_plan(self) -> dict[str, Any]:
        """The published form of every other plan's differences from the first."""
        return {o.name: published(self.differences_of(o.name)) for o in self.outcomes[1:]}

    def differences_of(self, plan: str) -> Mapping[str, Difference]:
        """What is known of a plan's differences from the first, by quantile."""
        second = [o.name for o in self.outcomes[1:2]]
        return self.differences if plan in second else self.further.get(plan, {})

    @property
    def break_evens(self) -> Mapping[str, int | None]:
        """Plan -> from how many Services on it is cheaper than a load balancer per Service."""
        return self.offers[0].break_evens if self.offers else {}

    @property
    def items(self) -> tuple[str, ...]:
        """The items of all bills, in order of their lines."""
        return tuple(dict.fromkeys(line.item for o in self.outcomes for line in o.bill.lines))

    @property
    def bill_change(self) -> Fraction | None:
        """The second bill against the first: -7/8 is seven eighths less; None if the first is nothing."""
        first, second = (outcome.bill.amount for outcome in self.pair)
        return (second - first) / first if first else None

    def to_json(self) -> dict[str, Any]:
        """The comparison in the published form, schema sim.compare/1."""
        return {
            "schema": "sim.compare/1",
            "obstacles": published(self.obstacles),
            "plans": published(self.outcomes),
            "providers": [self._provider(offer) for offer in self.offers],
            "differences_s": published(self.differences) if len(self.outcomes) == 2 else {},
            "differences_s_by_plan": self.differences_by_plan,
            "break_even_services": self.break_even_services,
            "break_even_services_by_plan": dict(self.break_evens),
            **attributes(self, "services cannot_move requests_per_s replications prices_as_of assumptions"),
            **attributes(self, "unmodelled"),
            **({"warm_up": published(self.warm_up)} if self.warm_up else {}),
            **({"until": published(self.until)} if self.until else {}),
            **({"happens": published(self.happens)} if self.happens else {}),
            **attributes(self, "seed version"),
        }

    def _provider(self, offer: Offer) -> dict[str, Any]:
        """A provider's bills, and what depends on what it sells; what a run gave is said once, in `plans`."""
        radii = {o.name: o.one_load_balancer for o in self.outcomes}
        plans = (p.to_json() | {"blast_radius": one_of_those(p, radii[p.name])} for p in offer.plans)
        return offer.to_json() | {"plans": list(plans)}

    @property
    def one_load_balancer_elsewhere(self) -> tuple[str, tuple[Any, ...]] | None:
        """The providers whose one load balancer carries more, or less, and what fails with it per plan."""
        others = [o for o in self.offers if o.shared != self.offers[0].shared]
        if not others:
            return None
        sold = {plan.name: plan for plan in others[0].plans}
        radii = (
            one_of_those(sold[o.name], o.one_load_balancer).get("load_balancer") if o.name in sold else None
            for o in self.outcomes
        )
        return ", ".join(o.provider for o in others), tuple(radii)

    def _repr_html_(self) -> str:
        rows = [[""] + [o.name for o in self.outcomes], *self._bill_rows(), *self._latency_rows()]
        return f"<table>{''.join(_html_row(row) for row in rows)}</table>"

    def _bill_rows(self) -> Iterator[list[str]]:
        totals = [f"{o.bill.total:,} {o.bill.currency}" for o in self.outcomes]
        yield ["a month", *totals]
        yield ["load balancers", *(f"{o.load_balancers:,}" for o in self.outcomes)]

    def _latency_rows(self) -> Iterator[list[str]]:
        for name in QUANTILES:
            yield [name, *(self._latency_cell(o, name) for o in self.outcomes)]
        yield ["failed", *(f"{o.failed:,} of {o.sent:,}" for o in self.outcomes)]

    def _latency_cell(self, outcome: PlanOutcome, name: str) -> str:
        """The latency, and how far it is from that of the first plan."""
        difference = self.differences_of(outcome.name).get(name)
        latency_s = outcome.latency_s[name]
        shown = show_seconds(latency_s) if isfinite(latency_s) else "none answered"
        if difference is None or not isfinite(difference.mean):
            return shown
        if difference.is_nothing:
            return f"{shown} (no difference)"
        half = "" if difference.half_width is None else f" ± {show_seconds(difference.half_width)}"
        sign = "−" if difference.mean < 0 else "+"
        change = f"{sign}{show_seconds(abs(difference.mean))}{half}"
        return f"{shown} ({'cannot tell' if difference.cannot_tell else change})"


@dataclass(frozen=True)
class Calculation:
    """What plans cost at one provider or more.

    Args:
        traffic: of all Services together.
        unmodelled: what the manifests hold and the simulator does not model.
    """

    offers: tuple[Offer, ...]
    services: int
    traffic: Traffic
    assumptions: tuple[Assumption, ...]
    version: str
    unmodelled: tuple[Unmodelled, ...] = ()

    def _repr_html_(self) -> str:
        """A row per provider: the month's bill of each plan."""
        rows = [
            (
                offer.plans[0].bill.provider,
                *(f"{p.name}: {p.bill.total:,} {p.bill.currency}" for p in offer.plans),
            )
            for offer in self.offers
        ]
        return html_table(f"a month, {self.services} Services", rows)

    def to_json(self) -> dict[str, Any]:
        """The bills in the published form, schema sim.cost/1."""
        return {
            "schema": "sim.cost/1",
            "plans": [plan.to_json() for offer in self.offers for plan in offer.plans],
            "providers": [offer.to_json() for offer in self.offers],
            "break_even_services": self.offers[0].break_even_services,
            "services": self.services,
            "requests_per_s": float(self.traffic.requests_per_s),
            "gb_month": float(self.traffic.gb),
            **attributes(self, "assumptions unmodelled version"),
        }


def one_of_those(bought: Priced, radii: Sequence[Any]) -> dict[str, Any]:
    """What fails with one of the load balancers that a provider sells for a plan.

    Args:
        radii: as `PlanOutcome.one_load_balancer`.
    """
    return {"load_balancer": radii[-1 if bought.load_balancers == 1 else 0]} if radii else {}


def _html_row(cells: list[str]) -> str:
    head, *rest = (escape(cell) for cell in cells)
    return f'<tr><th scope="row">{head}</th>{"".join(f"<td>{cell}</td>" for cell in rest)}</tr>'

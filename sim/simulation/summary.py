"""A Summary: the replications of one plan together, what was left out of them, and their published form."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from sim.cluster.cluster import Assumption
from sim.manifests.objects.collected import Unmodelled
from sim.scenario import Threshold
from sim.simulation.intervals import Interval
from sim.simulation.pooled import FIGURES, Load, Sample
from sim.simulation.result import Result
from sim.simulation.warm_up import WarmUp
from sim.units import attributes, published


@dataclass(frozen=True)
class Until:
    """How well a mean was asked to be known, and is.

    Args:
        share: of the mean, that half its interval was to come below.
        known_to: half its interval, as a share of it; None where there is none.
        reached: whether it did; else the most runs were made.
    """

    share: float
    known_to: float | None
    reached: bool


@dataclass(frozen=True)
class Summary:
    """Replications of one plan, summed up.

    Args:
        results: one per replication.
        sample: the latencies that count.
        warm_up: what was left out for that, where it was found; None: what the scenario says.
        until: share of the mean that half its interval was to come below; None: a number of runs was asked.
    """

    results: tuple[Result, ...]
    sample: Sample
    warm_up: WarmUp | None = None
    until: float | None = None

    @property
    def first(self) -> Result:
        """The replication of the given seed itself."""
        return self.results[0]

    @cached_property
    def figures(self) -> Mapping[str, float | None]:
        """Each latency figure, of all replications together."""
        return self.sample.figures

    @cached_property
    def intervals(self) -> Mapping[str, Interval | None] | None:
        """Of 95 %; None with one replication."""
        return self.sample.intervals if len(self.results) > 1 else None

    @property
    def half_widths(self) -> Mapping[str, float | None] | None:
        """How far the farther end of each interval is from its figure; None with one replication."""
        return None if self.intervals is None else {name: self._farther(name) for name in FIGURES}

    @property
    def known_to(self) -> float | None:
        """Half the interval of the mean, as a share of it; None where there is none."""
        half, mean = (self.half_widths or {}).get("mean"), self.figures["mean"]
        return None if half is None or not mean else half / mean

    @property
    def is_precise(self) -> bool:
        """Whether the mean is known as well as was asked."""
        return self.until is None or (self.known_to is not None and self.known_to <= self.until)

    @property
    def asked(self) -> Until | None:
        """What was asked of the mean, and whether it was reached."""
        return None if self.until is None else Until(self.until, self.known_to, self.is_precise)

    def with_assumptions(self, assumptions: tuple[Assumption, ...]) -> "Summary":
        """The same, with what the cluster of the plan takes for granted in every result."""
        return replace(self, results=tuple(replace(r, assumptions=assumptions) for r in self.results))

    def _farther(self, name: str) -> float | None:
        interval, figure = (self.intervals or {}).get(name), self.figures[name]
        return None if interval is None or figure is None else interval.farther(figure)


def summarise(
    results: Sequence[Result],
    warm_up: WarmUp | None = None,
    until: float | None = None,
) -> Summary:
    """Put the latencies of replications together.

    Args:
        warm_up: to leave out, instead of the scenario's own.
        until: how well the mean was asked to be known.
    """
    kept = [replace(r, warm_up_s=warm_up.until_s) for r in results] if warm_up else results
    offered = [r.offered for r in results if r.offered is not None]
    loads = tuple(_loads(kept, offered[0])) if len(offered) == len(results) else ()
    latencies = tuple(r.latency_s for r in kept)
    left_out = sum(r.answered for r in kept) - sum(map(len, latencies))
    longer = warm_up.longer if warm_up else 0.0
    return Summary(tuple(kept), Sample(latencies, loads, left_out, longer), warm_up, until)


def _loads(results: Sequence[Result], offered: Mapping[int, float]) -> Iterator[Load]:
    """Of every Pod that served: what is asked of it or what it had, whichever is more."""
    counted = sum(len(r.latency_s) for r in results) / max(1, sum(r.answered for r in results))
    for number, record in enumerate(results[0].stations):
        same = [r.stations[number] for r in results if number < len(r.stations)]
        served = sum(one.served for one in same) / len(results)
        if served:
            busy = sum(one.utilisation for one in same) / len(same)
            yield Load(record.spec.name, max(busy, offered.get(number, 0.0)), served * counted)


def check_thresholds(thresholds: Iterable[Threshold], summary: Summary) -> list[dict[str, Any]]:
    """Each threshold with the value it met and whether that passed."""
    values = ((threshold, _value(threshold.figure, summary)) for threshold in thresholds)
    return [{"expression": t.expression, "value": value, "passed": t.passed(value)} for t, value in values]


def _value(figure: str, summary: Summary) -> float | None:
    if figure != "errors":
        return summary.figures[figure]
    ended = sum(r.answered + r.failures for r in summary.results)
    return sum(r.failures for r in summary.results) / ended if ended else None


def to_json(
    summary: Summary, thresholds: Iterable[Threshold], version: str, unmodelled: Iterable[Unmodelled] = ()
) -> dict[str, Any]:
    """A run in the published form, schema sim.run/1. Counts and Pods are of the first replication.

    Args:
        unmodelled: what the manifests hold and the simulator does not model.
    """
    first = summary.first
    return {
        "schema": "sim.run/1",
        "plan": first.plan,
        "requests": attributes(first, "sent answered failed in_flight"),
        "latency_s": published(
            {
                **summary.figures,
                "ci": summary.half_widths,
                **({"intervals": summary.intervals} if summary.intervals else {}),
            }
        ),
        **({"warm_up": published(summary.warm_up)} if summary.warm_up else {}),
        **({"until": published(summary.asked)} if summary.asked else {}),
        **({"too_short": published(summary.sample.shortfalls)} if summary.sample.shortfalls else {}),
        "retried": first.retried,
        **({"failures": first.failed_how.to_json()} if first.lives or first.rule_events else {}),
        **({"scaled": published(first.scaled)} if first.scaled else {}),
        **({"held": published(first.held)} if first.held else {}),
        "pods": [_pod(first, index) for index in range(len(first.stations))],
        "overloads": published(first.overloads),
        "nodes": [_node(first, index) for index in range(len(first.nodes))],
        "thresholds": check_thresholds(thresholds, summary),
        "replications": len(summary.results),
        "assumptions": published(first.assumptions),
        "unmodelled": published(list(unmodelled)),
        **attributes(first, "engine seed"),
        **({"engine_because": first.engine_because} if first.engine_because else {}),
        "version": version,
    }


def _pod(result: Result, index: int) -> dict[str, Any]:
    record = result.stations[index]
    return {
        "pod": record.spec.name,
        "node": record.spec.node,
        "zone": record.spec.zone,
        "controller": record.spec.is_controller,
        "connections": result.connections_of(index),
        "requests": record.served,
        "utilisation": record.utilisation,
    }


def _node(result: Result, index: int) -> dict[str, Any]:
    """A node as the way in, and as the place of Pods that served."""
    connections, requests = result.at_node(index)
    name = result.nodes[index]
    served = sum(s.served for s in result.stations if s.spec.node == name and not s.spec.is_controller)
    return {
        "node": name,
        "zone": result.node_zones[index],
        "connections": connections,
        "requests": requests,
        "served": served,
    }

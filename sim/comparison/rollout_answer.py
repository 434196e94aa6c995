"""What a roll-out costs in requests: who failed, which delay rules, the hook that saves them all. Values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sim import __version__
from sim.cluster.cluster import Assumption
from sim.cluster.life.figures import CitedFigure
from sim.comparison.hooked import PodHook
from sim.manifests.objects.collected import Unmodelled
from sim.simulation.failed import FailureTable
from sim.simulation.result import Result
from sim.units import attributes, html_table, published

RPS = 100.0
"""Requests a second over the routes of the workload, where nothing is said."""

SEEDS = tuple(range(1, 21))
"""Every one is a run of its own."""


@dataclass(frozen=True)
class RolloutRuns:
    """All seeds with one preStop hook.

    Args:
        sent: requests.
        hidden: those that were answered only because a proxy tried another Pod.
        nobody: those that failed because there was no Pod to send to.
        worst_seed: the one with most failures; the first of equals.
    """

    sent: int
    failed: FailureTable
    hidden: int
    nobody: int = 0
    worst_seed: int = SEEDS[0]

    def to_json(self) -> dict[str, Any]:
        """The counts."""
        return {
            "sent": self.sent,
            "failed": len(self.failed),
            "found_no_pod": self.nobody,
            "hidden_by_retries": self.hidden,
        }


@dataclass(frozen=True)
class Ruling:
    """The part that goes on longest with sending to a Pod that is being deleted.

    Args:
        part: kube_proxy, controller, load_balancer or endpointslice.
        delay_s: from the request to delete it, the most over all seeds.
        figure: where its delay comes from; None: nothing is assumed of it.
    """

    part: str
    delay_s: float
    figure: CitedFigure | None

    def to_json(self) -> dict[str, Any]:
        """The part, its delay, and the figure with its source."""
        cited = self.figure and attributes(self.figure, "id typical least most unit confidence source seen")
        return {"part": self.part, "delay_s": self.delay_s, "figure": cited}


@dataclass(frozen=True)
class FoundHook:
    """The smallest preStop hook, in whole seconds, with which no seed lost a request.

    Args:
        least: with the shortest grace period that it was tried with.
        written: as the patch has it.
        tried: requests around the ends of Pods, on all seeds.
        below: why one second less does not do: `failed`, or `delay`: it is less than the delay that rules.
        patch: for `patch -p0`; empty where the files cannot be changed in place.
        grace_stays: whether the grace period that the Pod has now is long enough.
    """

    least: PodHook
    written: PodHook
    tried: RolloutRuns
    below: str
    patch: str
    grace_stays: bool

    def to_json(self) -> dict[str, Any]:
        """Seconds, what was tried, and the patch."""
        return {
            "prestop_s": self.least.prestop_s,
            "least_grace_s": self.least.grace_s,
            "grace_s": self.written.grace_s,
            "tried": self.tried.to_json(),
            "one_second_less": self.below,
            "patch": self.patch,
        }


@dataclass(frozen=True)
class RetriesFound:
    """What tries after the first one hide, and what they do not.

    Args:
        hidden: requests that a proxy's own retries saved in these runs.
        never_sent: failures of requests that no Pod has had: any method may be sent again.
        perhaps_done: failures of requests that a Pod may have had: a POST may be done twice.
        post_sent, post_failed: the same runs with POST; None: no proxy tries again, so nothing differs.
    """

    hidden: int
    never_sent: int
    perhaps_done: int
    post_sent: int | None = None
    post_failed: int | None = None


@dataclass(frozen=True)
class Rollout:
    """The answer for one workload.

    Args:
        workload: its kind and `NAMESPACE/NAME`.
        ruling: None: nobody sent anything to a Pod that went.
        hook: None: none is needed, or none helps.
        broken: routes that fail without any roll-out, and how.
    """

    kind: str
    workload: str
    plan: str
    rps: float
    as_is: RolloutRuns
    ruling: Ruling | None
    hook: FoundHook | None
    retries: RetriesFound
    broken: tuple[tuple[str, str], ...]
    assumptions: tuple[Assumption, ...]

    @property
    def fails(self) -> bool:
        """Whether any request of any run does."""
        return bool(len(self.as_is.failed))

    def to_json(self) -> dict[str, Any]:
        """Its part of the published form."""
        return {
            "kind": self.kind,
            "workload": self.workload,
            "plan": self.plan,
            "fails": self.fails,
            "requests": self.as_is.to_json(),
            "failures": self.as_is.failed.to_json(),
            "ruling": published(self.ruling),
            "hook": published(self.hook),
            "retries": published(self.retries),
            "broken_routes": [{"route": route, "end": end} for route, end in self.broken],
            "assumptions": published(self.assumptions),
        }


@dataclass(frozen=True)
class Rollouts:
    """The answers for the workloads of a set, one after the other.

    Args:
        provider: whose load balancers are assumed; empty: those that the manifests show.
        left_out: workloads that are reached and not rolled out here, each with the reason.
        unmodelled: what the manifests hold and the simulator does not model.
    """

    rollouts: tuple[Rollout, ...]
    left_out: tuple[tuple[str, str], ...]
    rps: float
    provider: str = ""
    unmodelled: tuple[Unmodelled, ...] = ()

    @property
    def status(self) -> int:
        """Exit status: 1 if any request fails, 2 if no roll-out could be tried."""
        if not self.rollouts:
            return 2
        return 1 if any(one.fails for one in self.rollouts) else 0

    def to_json(self) -> dict[str, Any]:
        """The published form, schema sim.rollout/1."""
        return {
            "schema": "sim.rollout/1",
            "fails": any(one.fails for one in self.rollouts),
            "rps": self.rps,
            "seeds": list(SEEDS),
            "provider": self.provider or None,
            "rollouts": published(self.rollouts),
            "left_out": [{"workload": key, "because": because} for key, because in self.left_out],
            "unmodelled": published(self.unmodelled),
            "version": __version__,
        }

    def _repr_html_(self) -> str:
        rows = [("roll-out of", "requests", "fail", "preStop")]
        return html_table("Roll-outs", [*rows, *(map(_row, self.rollouts))])


@dataclass(frozen=True)
class ShownRollout:
    """One roll-out on one seed, before and after a change.

    Args:
        rps: requests a second over the routes of the workload.
        as_is: the run of the seed that fails most.
        hook, hooked: what was found, and the run of the same seed with it; None: none is needed, or helps.
    """

    workload: str
    rps: float
    as_is: Result
    hook: PodHook | None
    hooked: Result | None


def _row(one: Rollout) -> tuple[str, str, str, str]:
    hook = f"{one.hook.least.prestop_s} s" if one.hook else "–"
    return one.workload, f"{one.as_is.sent:,}", f"{len(one.as_is.failed):,}", hook

"""The roll-out of one workload under load, ready to run on any seed, with its own preStop hook or another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from math import inf

from sim.cluster.life.pods import PodLife
from sim.cluster.load_balancers.values import Cloud
from sim.comparison.hooked import PodHook, hooked_objects
from sim.comparison.refused import refuse_what_the_server_refuses
from sim.manifests.objects.autoscaling import HorizontalPodAutoscaler
from sim.manifests.objects.collected import Manifests
from sim.manifests.objects.workloads import PodSpec, WorkloadResource
from sim.plans import AS_IS, Exposed, Plan
from sim.plans.exposure import own_host
from sim.routing import Request, route
from sim.scenario import Scenario
from sim.scenario.experiment import Experiment, from_manifests
from sim.simulation.design import Design, Flow, compile_design
from sim.simulation.design.lives import played
from sim.simulation.engines import run, run_within
from sim.simulation.propagation import drawn_app
from sim.simulation.result import Result

AT_S = 10.0
"""When the Pod template changes."""

AFTER_S = 5.0
"""How long a run goes on after everything has settled."""

BESIDE_S = 2.0
"""How long after the last connection to a Pod that goes requests are still of interest."""


@dataclass(frozen=True)
class RolloutTrial:
    """A roll-out, ready to run.

    Args:
        workload: `NAMESPACE/NAME`.
        scenario: with the rows that reach it; they end when everything has settled.
        broken: routes that fail without any roll-out, each with how it ends; they get no requests.
    """

    workload: str
    plan: Plan
    design: Design
    scenario: Scenario
    broken: tuple[tuple[str, str], ...] = ()

    def runs(self, seeds: Sequence[int]) -> Iterator[Result]:
        """A run for each seed."""
        return (run(self.design, self.scenario, seed) for seed in seeds)

    def runs_around(self, seeds: Sequence[int], told_s: float, longest_s: float) -> Iterator[Result]:
        """The same with those requests alone that can meet a Pod that does not listen any more.

        Args:
            told_s: after so long nobody sends anything new to a Pod that is being deleted.
            longest_s: how long a request takes at most.
        """
        for seed in seeds:
            yield run_within(self.design, self.scenario, seed, self._windows(seed, told_s, longest_s))

    def _windows(self, seed: int, told_s: float, longest_s: float) -> list[tuple[float, float]]:
        assert self.design.before is not None
        lives = played(self.design.before, self.scenario, partial(drawn_app, self.scenario, seed)).lives
        going = (life for life in lives.values() if life.deleted_s < inf)
        return [(life.closes_s - longest_s, _over_s(life, told_s) + BESIDE_S) for life in going]

    @property
    def pod(self) -> PodSpec:
        """The Pods of the workload, as its template has them."""
        assert self.design.before is not None
        objects = self.design.before.manifests.objects
        found = (o for o in objects if isinstance(o, WorkloadResource) and o.key == self.workload)
        return next(found).spec.template.spec

    def with_hook(self, hook: PodHook) -> RolloutTrial:
        """The same with another preStop hook and grace period."""
        before = self.design.before
        assert before is not None
        manifests = hooked_objects(before.manifests, self.workload, hook)
        design = replace(self.design, before=replace(before, manifests=manifests))
        return replace(self, design=design).lasting()

    def asking(self, method: str) -> RolloutTrial:
        """The same with requests of another method."""
        rows = (row.model_copy(update={"method": method}) for row in self.scenario.traffic)
        return replace(self, scenario=self.scenario.model_copy(update={"traffic": tuple(rows)}))

    def lasting(self) -> RolloutTrial:
        """The same, so long that everything has settled at the end."""
        assert self.design.before is not None
        lives = played(self.design.before, self.scenario).lives.values()
        moments = (moment for life in lives for moment in (life.ready_s, life.deleted_s) if moment < inf)
        last_s = max(moments, default=AT_S) + self._slowest_s
        closes_s = max((life.closes_s for life in lives if life.closes_s < inf), default=AT_S)
        lasts = {"duration_s": max(last_s, closes_s) + AFTER_S}
        rows = tuple(row.model_copy(update=lasts) for row in self.scenario.traffic)
        return replace(self, scenario=self.scenario.model_copy(update={"traffic": rows}))

    @property
    def starts_s(self) -> tuple[float, ...]:
        """How long new Pods take from their creation until they are ready: each time that occurs."""
        assert self.design.before is not None
        lives = played(self.design.before, self.scenario).lives.values()
        return tuple(sorted({round(v.ready_s - v.created_s, 3) for v in lives if v.created_s > -inf}))

    @property
    def _slowest_s(self) -> float:
        """How long it takes at most until whoever sends requests knows of a change."""
        told, key = self.scenario.propagation, self.scenario.load_balancer
        lags = [(lag.registration_s, lag.still_new_s) for lag in self.design.lags]
        own = (told.kube_proxy.mean_s, told.controller.mean_s, *(s for lag in lags for s in lag))
        stated = key.registration.mean_s if key.registration else 0.0
        return told.endpointslice.mean_s + max(*own, stated, key.deregistration.still_new or 0.0)


def _over_s(life: PodLife, told_s: float) -> float:
    """From when on a Pod that goes is nobody's business any more."""
    return max(life.closes_s, life.ends_s, life.deleted_s + told_s)


def trial_of(
    manifests: Manifests, workload: str, exposed: Sequence[Exposed], rps: float, cloud: Cloud | None
) -> RolloutTrial:
    """The roll-out of a workload, its routes under load.

    Args:
        exposed: its routes; each gets the same share of `rps`.
        cloud: what makes load balancers; None: what the manifests show.

    Raises:
        ManifestError: the API server refuses an object on the way of a route.
    """
    experiment = _experiment(_still(manifests), workload, exposed, rps, cloud)
    refuse_what_the_server_refuses(experiment)
    plan = experiment.plan_to_run()
    rows = zip(experiment.scenario.traffic, exposed, strict=True)
    asked = tuple(row.model_copy(update={"host": _host(plan, entry)}) for row, entry in rows)
    scenario = experiment.scenario.model_copy(update={"traffic": asked})
    design = compile_design(plan, scenario, experiment.rules)
    ends = [_end_of(flow) for flow in design.flows]
    good = [n for n, end in enumerate(ends) if end is None]
    kept = [scenario.traffic[n].model_copy(update={"rps": rps / len(good)}) for n in good]
    broken = tuple((f"{e.host}{e.path}", end) for e, end in zip(exposed, ends, strict=True) if end)
    scenario = scenario.model_copy(update={"traffic": tuple(kept)})
    found = RolloutTrial(workload, plan, _of_rows(design, good), scenario, broken)
    return found.lasting() if good else found


def _still(manifests: Manifests) -> Manifests:
    """The set without what changes numbers of replicas meanwhile."""
    kept = (o for o in manifests.objects if not isinstance(o, HorizontalPodAutoscaler))
    return replace(manifests, objects=tuple(kept))


def _host(plan: Plan, entry: Exposed) -> str:
    """What clients ask for; where no rule names a host, the address through which the path leads there."""
    if plan.name != AS_IS or entry.host != own_host(entry.service):
        return entry.asked_host
    addresses = (a for key in plan.load_balancers for a in plan.cluster.services[key].load_balancer)
    return next((a for a in addresses if _leads(plan, a, entry)), entry.asked_host)


def _leads(plan: Plan, address: str, entry: Exposed) -> bool:
    found = route(plan.cluster, Request(address, entry.path), explain=False).final
    return found.state == "delivered" and (found.backend or "").startswith(f"{entry.service}:")


def _of_rows(design: Design, rows: Sequence[int]) -> Design:
    """A design with some of its rows alone."""
    flows, services = tuple(design.flows[n] for n in rows), tuple(design.services[n] for n in rows)
    return replace(design, flows=flows, services=services)


def _end_of(flow: Flow) -> str | None:
    """How the requests of a row end before any Pod; None: they reach Pods."""
    return next((way.end for _, way in flow.parts if way.end is not None), None)


def _experiment(
    manifests: Manifests, workload: str, exposed: Sequence[Exposed], rps: float, cloud: Cloud | None
) -> Experiment:
    share = {"rps": rps / len(exposed), "duration_s": AT_S}
    rows = [{"host": e.asked_host, "path": e.path, "protocol": _protocol(e), **share} for e in exposed]
    keys = {"events": [{"at": AT_S, "rollout": workload}], "traffic": rows}
    return replace(from_manifests(manifests, "rollout", (), keys), cloud=cloud)


def _protocol(entry: Exposed) -> str:
    return "http" if entry.http else entry.protocol.lower()

"""Whether a roll-out loses requests, why, and the smallest preStop hook with which it loses none.

The Pod template of a workload changes while its routes are under load; every seed is a run of its own. A hook
is named only after it was tried on all of them. Hooks are tried with the requests around the ends of Pods
alone: no other request can meet a Pod that does not listen.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import get_args

from sim.cluster.life.figures import FIGURES
from sim.cluster.life.pods import grace_s, strategy_of
from sim.cluster.load_balancers.found import cloud_of
from sim.cluster.load_balancers.values import Cloud, Provider
from sim.cluster.setup import Setup
from sim.comparison.failures import found_nobody, hidden_of
from sim.comparison.hooked import least_hook, patch_of, usual_hook
from sim.comparison.rollout_answer import (
    RPS,
    SEEDS,
    FoundHook,
    RetriesFound,
    Rollout,
    RolloutRuns,
    Rollouts,
    Ruling,
)
from sim.comparison.rollout_assumptions import assumptions_of
from sim.comparison.rollout_trial import RolloutTrial, trial_of
from sim.errors import UsageError, there_are
from sim.manifests.objects.collected import Manifests
from sim.manifests.objects.networking import Service
from sim.manifests.objects.workloads import WorkloadResource
from sim.plans import Exposed, expose
from sim.routing.unmodelled import of_manifests
from sim.simulation.failed import FailureTable, together
from sim.simulation.result import Result

Progress = Callable[[str, int, int], None]

ROLLED = ("Deployment", "StatefulSet")
"""Kinds whose roll-out is modelled."""

NEVER_ROLLED = ("ReplicaSet", "ReplicationController", "Job", "CronJob")
"""Kinds that have no roll-out."""

LEAST_RPS, MOST_RPS = 0.1, 10_000
MOST_PRESTOP_S = 900
SLACK_S = 1.0
"""Added to the longest request that was seen, where windows are cut."""

NEVER_SENT = ("refused", "connect-timeout", "dropped", "lb-no-healthy-target")
"""Ends of requests that no Pod has had."""


def rollout(
    manifests: Manifests,
    workload: str | None = None,
    rps: float = RPS,
    provider: str | None = None,
    progress: Progress | None = None,
) -> Rollouts:
    """What rolling updates do to the requests of users, and the smallest preStop with which none fails.

    Args:
        manifests: what `load` or `load_text` read; patches are of these texts.
        workload: `NAMESPACE/NAME`; None: each that a route or a load balancer reaches.
        rps: requests a second over the routes of a workload.
        provider: whose load balancers are in front, such as aws; None: those that the manifests show.
        progress: called with the workload, runs done, and of how many.

    Raises:
        UsageError: there is no such workload, nothing reaches it, or the rate is none.
        ManifestError: the API server refuses an object on the way.
    """
    if not LEAST_RPS <= rps <= MOST_RPS:
        raise UsageError(f"--rps {rps:g}: must be a number from {LEAST_RPS:g} to {MOST_RPS:,}")
    reached = reached_by_routes(manifests)
    cloud = None if provider is None else cloud_at(provider, manifests)
    wanted = _wanted(manifests, reached, workload)
    left_out = {key: because for key in wanted if (because := _why_not(manifests, key))}
    found: list[Rollout] = []
    for key in (key for key in wanted if key not in left_out):
        trial = trial_of(manifests, key, reached[key], rps, cloud)
        if len(trial.broken) == len(reached[key]):
            left_out[key] = f"none of its routes reaches a Pod: {trial.broken[0][1]}"
        elif stuck := no_room(trial):
            left_out[key] = stuck
        else:
            report = None if progress is None else _reporting(progress, key)
            found.append(_of_one(manifests, trial, rps, report))
    unmodelled = of_manifests(manifests, Setup(cloud=cloud))
    return Rollouts(tuple(found), tuple(left_out.items()), rps, provider or "", unmodelled)


def _reporting(progress: Progress, key: str) -> Callable[[int], None]:
    return lambda done: progress(key, done, len(SEEDS))


def cloud_at(provider: str, manifests: Manifests) -> Cloud:
    """What makes load balancers at a provider: as the manifests show it, if they show that one."""
    shown, _ = cloud_of(manifests)
    known: Provider = next((p for p in get_args(Provider) if p == provider), "other")
    return shown if shown.provider == known else Cloud(known)


def workloads_in(manifests: Manifests) -> dict[str, WorkloadResource]:
    """What makes Pods, by `NAMESPACE/NAME`; the first of a name counts."""
    found: dict[str, WorkloadResource] = {}
    for workload in manifests.of(WorkloadResource):
        found.setdefault(workload.key, workload)
    return found


def reached_by_routes(manifests: Manifests) -> dict[str, list[Exposed]]:
    """Workload -> what is exposed of it."""
    services = {s.key: s for s in manifests.of(Service)}
    found: dict[str, list[Exposed]] = {}
    for entry in expose(manifests, ()):
        service = services.get(entry.service)
        for key, workload in workloads_in(manifests).items():
            if service is not None and _selects(service, workload):
                found.setdefault(key, []).append(entry)
    return found


def _selects(service: Service, workload: WorkloadResource) -> bool:
    labels, wanted = workload.spec.template.metadata.labels, service.spec.selector
    same = workload.namespace == service.namespace
    return same and bool(wanted) and all(labels.get(k) == v for k, v in wanted.items())


def _wanted(
    manifests: Manifests, reached: Mapping[str, Sequence[Exposed]], workload: str | None
) -> Iterable[str]:
    if workload is None and not reached:
        raise UsageError("no workload of these manifests is reached by a route or a load balancer")
    if workload is not None and workload not in reached:
        missing = "there is none" if workload not in workloads_in(manifests) else "nothing reaches it"
        raise UsageError(f"--workload {workload}: {missing}; {there_are(workload, reached)}")
    return reached if workload is None else (workload,)


def _why_not(manifests: Manifests, key: str) -> str:
    """Why a workload is not rolled out here; empty: it is."""
    workload = workloads_in(manifests)[key]
    if workload.kind in NEVER_ROLLED:
        return f"a {workload.kind} replaces no Pod when its template changes"
    if workload.kind not in ROLLED:
        return f"the roll-out of a {workload.kind} is not modelled"
    if workload.kind == "StatefulSet" and workload.spec.update_strategy.get("type") == "OnDelete":
        return "updateStrategy OnDelete: no Pod is replaced until it is deleted"
    if workload.spec.paused:
        return "it is paused: no Pod is replaced until it is resumed"
    return "it has no Pods: replicas: 0" if workload.spec.replicas == 0 else ""


def no_room(trial: RolloutTrial) -> str:
    """Why no new Pod finds a node whose port it needs; empty: one does, or an old one goes before."""
    workload, nodes = workloads_in(trial.plan.cluster.manifests)[trial.workload], trial.plan.cluster.nodes
    ports, replicas = trial.pod.host_ports, 1 if workload.spec.replicas is None else workload.spec.replicas
    strategy = strategy_of(workload.spec, replicas)
    goes_first = workload.kind == "StatefulSet" or strategy.recreate or strategy.limits.unavailable > 0
    if not ports or goes_first or replicas < len(nodes):
        return ""
    taken = f"port{'s' if len(ports) > 1 else ''} {', '.join(map(str, ports))} of its node"
    return (
        f"a new Pod stays Pending: each needs {taken}, which old ones have on all {len(nodes)} nodes, "
        "and none of them may go before (maxUnavailable 0)"
    )


def _of_one(
    manifests: Manifests, trial: RolloutTrial, rps: float, report: Callable[[int], None] | None
) -> Rollout:
    """The roll-out of one workload."""
    seen = _Seen()
    for number, result in enumerate(trial.runs(SEEDS), 1):
        seen.take(result)
        if report is not None:
            report(number)
    workload, as_is = workloads_in(manifests)[trial.workload], seen.runs
    ruling = _ruling(trial, seen)
    hook = _hook(manifests, trial, seen) if len(as_is.failed) else None
    return Rollout(
        workload.kind,
        trial.workload,
        trial.plan.name,
        rps,
        as_is,
        ruling,
        hook,
        _retries(trial, seen),
        trial.broken,
        assumptions_of(trial, rps),
    )


class _Seen:
    """What the runs of a trial have shown so far."""

    def __init__(self) -> None:
        self.sent, self.hidden, self.nobody, self.longest_s = 0, 0, 0, 0.0
        self.tables: list[FailureTable] = []
        self.last: tuple[float, str] = (0.0, "")
        self.worst = (-1, 0)

    def take(self, result: Result) -> None:
        """Count one more run."""
        self.sent, self.hidden = self.sent + result.sent, self.hidden + hidden_of(result)
        self.tables.append(result.failed_how)
        self.nobody += found_nobody(result)
        self.longest_s = max(self.longest_s, result.summary()["max"] or 0.0)
        told = ((delay_s, part) for part, delay_s in result.told_last.values())
        self.last = max(self.last, *told)
        self.worst = max(self.worst, (len(result.failed_how), -result.seed))

    @property
    def runs(self) -> RolloutRuns:
        """All of them together."""
        return RolloutRuns(self.sent, together(self.tables), self.hidden, self.nobody, -self.worst[1])


def _ruling(trial: RolloutTrial, seen: _Seen) -> Ruling | None:
    delay_s, part = seen.last
    if not part:
        return None
    balancers = (lag.figures[1] for lag in trial.design.lags if lag.figures)
    figures = {
        "kube_proxy": "kube-proxy-min-sync",
        "controller": "endpoints-known",
        "load_balancer": next(balancers, ""),
    }
    return Ruling(part, delay_s, FIGURES.get(figures.get(part, "")))


@dataclass
class _HookSearch:
    """Hooks that are tried, each on all seeds until one fails."""

    trial: RolloutTrial
    seen: _Seen
    whole: bool
    known: dict[int, RolloutRuns] = field(default_factory=dict)

    def fails(self, sleep_s: int) -> bool:
        """Whether any seed loses a request with a hook that sleeps so long."""
        return bool(len(self.tried(sleep_s).failed))

    def tried(self, sleep_s: int) -> RolloutRuns:
        """The runs with it, up to the first that loses a request."""
        if sleep_s not in self.known:
            self.known[sleep_s] = self._try(sleep_s)
        return self.known[sleep_s]

    def _try(self, sleep_s: int) -> RolloutRuns:
        found = _Seen()
        for result in self._runs(self.trial.with_hook(least_hook(sleep_s))):
            found.take(result)
            if len(found.tables[-1]):
                break
        return found.runs

    def _runs(self, trial: RolloutTrial) -> Iterator[Result]:
        if self.whole:
            return trial.runs(SEEDS)
        return trial.runs_around(SEEDS, self.seen.last[0], self.seen.longest_s + SLACK_S)


def _hook(manifests: Manifests, trial: RolloutTrial, seen: _Seen) -> FoundHook | None:
    """The smallest that helps, tried on all seeds; None where none does."""
    workload = workloads_in(manifests)[trial.workload]
    search, first = _HookSearch(trial, seen, whole=seen.nobody > 0), max(1, ceil(seen.last[0]))
    if search.tried(first).nobody:
        return None
    sleep_s = smallest(search.fails, first, MOST_PRESTOP_S)
    if sleep_s is None:
        return None
    pod = workload.spec.template.spec
    written = usual_hook(pod, sleep_s)
    return FoundHook(
        least=least_hook(sleep_s),
        written=written,
        tried=search.tried(sleep_s),
        below="delay" if sleep_s == first else "failed",
        patch=patch_of(manifests, workload, written),
        grace_stays=written.grace_s == grace_s(pod),
    )


def smallest(fails: Callable[[int], bool], first: int, most: int) -> int | None:
    """The smallest number from `first` on that does not fail, where nothing fails above one that does not.

    >>> smallest(lambda n: n < 13, 5, 100), smallest(lambda n: True, 5, 100)
    (13, None)
    """
    if not fails(first):
        return first
    low, step = first, 1
    while fails(low + step):
        low, step = low + step, 2 * step
        if low + step > most:
            return None
    high = low + step
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fails(middle) else (low, middle)
    return high


def _retries(trial: RolloutTrial, seen: _Seen) -> RetriesFound:
    """What retries hide: those of a proxy in these runs, and those that a client could make."""
    rows = seen.runs.failed.rows
    unsent = sum(row.count for row in rows if row.reason in NEVER_SENT or row.reason.endswith(" 503"))
    rest = sum(row.count for row in rows) - unsent
    if not seen.hidden:
        return RetriesFound(0, unsent, rest)
    posts = _Seen()
    for result in trial.asking("POST").runs_around(SEEDS, seen.last[0], seen.longest_s + SLACK_S):
        posts.take(result)
    return RetriesFound(seen.hidden, unsent, rest, posts.sent, len(posts.runs.failed))

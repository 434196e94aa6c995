"""What a roll-out from plain manifests takes for granted, each with a way to say otherwise."""

from collections.abc import Iterator

from sim.cluster.cluster import Assumption
from sim.cluster.life.figures import FIGURES
from sim.cluster.life.pods import hook_of_unknown_length
from sim.cluster.life.targets import TargetLags
from sim.cluster.life.workloads import usual_end
from sim.cluster.load_balancers.found import TITLES
from sim.comparison.rollout_trial import RolloutTrial
from sim.routing.unmodelled import of_manifests
from sim.scenario.distributions import Distribution
from sim.units import show_seconds

INJECTED = "elbv2.k8s.aws/pod-readiness-gate-inject"
"""Label of a namespace whose Pods wait for their load balancer. Source: AWS Load Balancer Controller."""

SCENARIO = "in a scenario (sim init), for sim run"


def assumptions_of(trial: RolloutTrial, rps: float) -> tuple[Assumption, ...]:
    """Load, Pods, propagation, load balancers; then what the cluster takes for granted."""
    own = (*_load(trial, rps), *_pods(trial), *_gates(trial))
    return (*own, *_parts(trial), *_balancers(trial), *_cluster(trial))


def _load(trial: RolloutTrial, rps: float) -> Iterator[Assumption]:
    routes = len(trial.scenario.traffic)
    over = "its route" if routes == 1 else f"its {routes} routes"
    rate = "1 request" if rps == 1 else f"{rps:g} requests"
    yield Assumption(
        f"{rate} a second over {over}, GET, at random times, each on a connection of its own",
        f"--rps; traffic {SCENARIO}",
    )


def _pods(trial: RolloutTrial) -> Iterator[Assumption]:
    app, scenario = trial.scenario.app_of(trial.workload), trial.scenario
    service = scenario.service_time_of(trial.design.services[0])
    ready = " to ".join(dict.fromkeys(show_seconds(s) for s in (trial.starts_s[0], trial.starts_s[-1])))
    pod = trial.pod
    says = any(c.readiness_probe for c in pod.containers)
    because = "as its readiness probe says" if says else "for it has no readiness probe"
    yield Assumption(
        f"a new Pod serves {_time(app.start)} after it is created, and is ready after {ready}, {because}; "
        "its HorizontalPodAutoscaler, if there is one, changes nothing meanwhile",
        f"apps.start {SCENARIO}",
    )
    if pod.host_ports:
        yield Assumption(
            f"a new Pod finds port {pod.host_ports[0]} of its node free; in a cluster it waits for a node on "
            "which no other Pod has it",
            "a node more than Pods",
        )
    if any(hook_of_unknown_length(c.lifecycle or {}) for c in pod.serving):
        yield Assumption(
            "its preStop hook takes no time: how long it takes does not stand in the manifest",
            "a sleep in its command",
        )
    does = {
        "exit": "at SIGTERM the program ends at once, with what is in it",
        "drain": "at SIGTERM the program takes nothing new and ends when it is empty",
        "ignore": "SIGTERM is ignored; SIGKILL ends the program",
    }
    yield Assumption(
        does[app.on_sigterm or usual_end(trial.plan.cluster, trial.workload)], f"apps.on_sigterm {SCENARIO}"
    )
    yield Assumption(f"a Pod works {_time(service)} on a request", f"service_time {SCENARIO}")


def _gates(trial: RolloutTrial) -> Iterator[Assumption]:
    """Readiness gates hold a roll-out back in a cluster, and not here."""
    assert trial.design.before is not None
    written = any(
        one.key == trial.workload and one.part.endswith("readinessGates")
        for one in of_manifests(trial.design.before.manifests)
    )
    labels = trial.plan.cluster.namespace_labels.get(trial.workload.partition("/")[0], {})
    to_pods = any(trial.design.lags[flow.destination].figures for flow in trial.design.flows)
    if written or (labels.get(INJECTED) == "enabled" and to_pods):
        what = "readiness gates in its Pod template" if written else f"{INJECTED} on its namespace"
        yield Assumption(
            f"{what}: not modelled. In a cluster a new Pod counts as ready only once its gate is open, when "
            "the load balancer finds it healthy for example, and the next old Pod goes later than here",
            f"apps.start {SCENARIO}: a longer one plays the wait",
        )


def _parts(trial: RolloutTrial) -> Iterator[Assumption]:
    told = trial.scenario.propagation
    yield Assumption(
        f"an EndpointSlice says a change after {_time(told.endpointslice)}; from there a node's kube-proxy "
        f"takes {_time(told.kube_proxy)}, a controller Pod {_time(told.controller)}",
        f"propagation {SCENARIO}",
    )


def _balancers(trial: RolloutTrial) -> Iterator[Assumption]:
    cloud = trial.plan.cluster.setup.cloud
    if cloud is not None and cloud.provider is not None:
        yield Assumption(f"load balancers are as {TITLES[cloud.provider]} makes them", "--provider")
    used = dict.fromkeys(flow.destination for flow in trial.design.flows)
    for number in used:
        name, lags = trial.design.destinations[number], trial.design.lags[number]
        if lags.figures:
            yield Assumption(_lags(name, lags), f"load_balancer {SCENARIO}")
        else:
            what = f"load balancer of {name}: it adds no delay of its own when Pods come and go"
            yield Assumption(what, f"load_balancer {SCENARIO}; --provider")


def _lags(name: str, lags: TargetLags) -> str:
    source = FIGURES[lags.figures[1]].source
    return (
        f"load balancer of {name}: a new Pod gets connections {show_seconds(lags.registration_s)} after the "
        f"EndpointSlice has it, one that goes still gets new ones for {show_seconds(lags.still_new_s)} "
        f"({source})"
    )


def _cluster(trial: RolloutTrial) -> tuple[Assumption, ...]:
    return tuple(trial.plan.cluster.assumptions)


def _time(distribution: Distribution) -> str:
    """A time, or the mean of a distribution."""
    mean = show_seconds(distribution.mean_s)
    return mean if distribution.kind == "constant" else f"{mean} ({distribution.kind})"

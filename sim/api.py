"""What a notebook asks for in one line: a scenario by name, run or compared, as a value that shows itself.

`sim.run("fanout")` is one run, `sim.compare("shop", replications=5)` both plans with bill and latency,
`sim.replay` a run to step through, `sim.chart` the picture of a comparison, `sim.draw` the topology with the
path of a request in it.
"""

from __future__ import annotations

from collections.abc import Sequence

from sim import __version__
from sim.analysis.trace import Client
from sim.cluster.cluster import Cluster
from sim.comparison import compare as comparing
from sim.comparison.compare import Progress
from sim.comparison.comparison import Comparison
from sim.comparison.replay import record
from sim.errors import UnsupportedError, UsageError
from sim.report.charts import charts
from sim.report.charts.card import Card
from sim.report.charts.match_grid import MatchGrid, match_grid
from sim.report.charts.picture import Picture
from sim.report.page.replay import Replay
from sim.report.text.terminal import rules_lines
from sim.report.topology.picture import topology_picture
from sim.report.words.chart_kinds import MONEY_AND_LATENCY
from sim.routing import Request, Trace, spreading
from sim.routing.kube_proxy import DEFAULT_MODE, proxy_of
from sim.routing.kube_proxy.rules import node_rules
from sim.scenario.experiment import Experiment, load_experiment
from sim.simulation.result import Result


def route(
    cluster: Cluster,
    request: Request,
    *,
    controller: str | None = None,
    gateway: str | None = None,
    to: str | None = None,
    from_: str = "client",
    mode: str = DEFAULT_MODE,
    at_s: float | None = None,
    seed: int | None = None,
) -> Trace:
    """What happens to a request, hop by hop, and why: the answer of `sim trace`.

    Args:
        controller: profile that answers instead of the one that runs; `none` for no controller at all.
        gateway: `NAMESPACE/NAME` of the Gateway to enter through, whatever the host says.
        to: `lb:NAMESPACE/NAME`, the load balancer to use; for tcp, udp and sctp also `node:NAME`.
        from_: where a tcp, udp or sctp connection starts: `client`, `node:NAME` or `pod:NAMESPACE/NAME`.
        mode: of kube-proxy: iptables, nftables or ipvs.
        at_s: seconds since the cluster stands as its manifests say; None or 0, for nothing changes later.
        seed: picks one Pod among equals; None: every branch is listed, and the Pod is open.

    Raises:
        UsageError: there is no such profile, Gateway, load balancer, node or Pod.
        UnsupportedError: `at_s` is a later time.
    """
    client = _client(cluster, controller, gateway, to, from_, mode, at_s, seed)
    return client.patched(client.trace(request))


def follow(
    cluster: Cluster,
    request: Request,
    *,
    controller: str | None = None,
    gateway: str | None = None,
    to: str | None = None,
    from_: str = "client",
    mode: str = DEFAULT_MODE,
    at_s: float | None = None,
    seed: int | None = None,
) -> tuple[Trace, ...]:
    """The same as `route`, redirects followed: a trace for each request that is sent, at most eleven.

    Args:
        controller, gateway, to, from_, mode, at_s, seed: as for `route`.

    Raises:
        UsageError, UnsupportedError: as for `route`.
    """
    client = _client(cluster, controller, gateway, to, from_, mode, at_s, seed)
    return tuple(map(client.patched, client.follow(request)))


def _client(
    cluster: Cluster, controller: str | None, gateway: str | None, to: str | None, origin: str, mode: str,
    at_s: float | None, seed: int | None,
) -> Client:  # fmt: skip
    if at_s:
        raise UnsupportedError(f"at_s={at_s:g}: a cluster is asked as its manifests show it; leave at_s out")
    return Client(cluster, controller, f"gateway:{gateway}" if gateway else to, origin, mode, seed)


def run(
    scenario: str | Experiment, plan: str | None = None, seed: int | None = None, requests: int | None = None
) -> Result:
    """One run of a scenario.

    Args:
        scenario: a folder, a file, the name of a shipped scenario, or one that is loaded.
        plan: `lb-per-service` or `single-ingress`; None: what the manifests come closest to.
        seed: the scenario's own by default.
        requests: about how many to send, instead of the scenario's duration.

    Raises:
        ScenarioError, UsageError: there is no such scenario or plan, or it has a fault.
    """
    experiment = _loaded(scenario)
    return comparing.run_plan(experiment, experiment.plan_to_run(plan), seed, requests=requests).summary.first


def compare(
    scenario: str | Experiment,
    seed: int | None = None,
    replications: int = 1,
    provider: str | None = None,
    requests: int | None = None,
) -> Comparison:
    """One load balancer per Service against a single Ingress, under the same clients and draws.

    Args:
        scenario: as for `run`.
        replications: paired runs; from two on, differences have a 95 % interval.
        provider: a shipped price sheet, instead of the scenario's.

    Raises:
        ScenarioError, UsageError: there is no such scenario or provider, or it has a fault.
    """
    return comparing.compare(_loaded(scenario), __version__, seed, replications, provider, requests)


def replay(
    scenario: str | Experiment,
    plans: Sequence[str] = (),
    seed: int | None = None,
    requests: int | None = None,
    progress: Progress | None = None,
) -> Replay:
    """A run to step through, in the cell; `replay(…).html()` is the same as a page.

    Args:
        scenario, seed, requests: as for `run`.
        plans: one, or two on one clock; empty: what the manifests come closest to.

    Raises:
        ScenarioError, UsageError: there is no such scenario or plan, or it is too large for a page.
    """
    return Replay(record(_loaded(scenario), plans, seed, requests, progress))


def chart(
    comparison: Comparison, theme: str = "light", kind: str = MONEY_AND_LATENCY, size: str = "slide"
) -> Picture:
    """A chart of a comparison.

    Args:
        theme: light or dark.
        kind: money beside latency, or another key of `sim.report.words.chart_kinds.COMPARISON_KINDS`.
        size: slide, docs or notebook.

    Raises:
        UsageError: there is no such kind, size or theme, or nothing to show in it.
    """
    return charts.comparison_chart(comparison, kind, size, theme)


def draw(cluster: Cluster, url: str | None = None) -> Picture:
    """The topology in fixed columns, client to Pods; with a URL, the path of that request in it."""
    return topology_picture(cluster, route(cluster, Request.parse(url)) if url else None)


def spread(cluster: Cluster, service: str, mode: str = "iptables") -> Card:
    """Which share of new connections each Pod of a Service gets behind its load balancer.

    Args:
        service: `NAMESPACE/NAME`; its first port counts.
        mode: of kube-proxy.

    Raises:
        UsageError: there is no such Service of type LoadBalancer.
    """
    linked = cluster.services.get(service)
    if linked is None or not linked.wants_load_balancer or not linked.ports:
        raise UsageError(f"no Service {service} of type LoadBalancer with a port")
    found = spreading.spread(cluster, linked, linked.ports[0], mode)
    lines = [f"{pod}: {share * 100:.1f} %" for pod, share in sorted(found.per_pod.items())] or [
        "no Pod at all"
    ]
    sees = "the client's own address" if found.source_kept else "a node's address"
    policy = linked.manifest.spec.external_traffic_policy or "Cluster"
    return Card(f"{service}: share of new connections, policy {policy}", [*lines, f"a Pod sees {sees}"])


def rules(cluster: Cluster, node: str, service: str = "", mode: str = "iptables") -> Card:
    """What kube-proxy writes on a node, with a sentence beside each chain.

    Args:
        service: only what names this Service, `NAMESPACE/NAME`; empty: everything.

    Raises:
        UsageError: there is no such node.
    """
    if node not in cluster.node_by_name:
        raise UsageError(f"no node {node}; there are: {', '.join(cluster.node_by_name)}")
    found = node_rules(proxy_of(cluster, cluster.node_by_name[node]), mode)
    chosen = [s for s in found.sections if not service or any(service in line for line in s.lines)]
    return Card(f"{mode} rules on {node}", [], "\n".join(rules_lines(chosen, explain=True)))


def grid(cluster: Cluster, paths: Sequence[str], host: str) -> MatchGrid:
    """Rules against paths of a host: who wins, who fits and loses, who does not fit."""
    return match_grid(cluster, [f"http://{host}{path}" for path in paths])


def _loaded(scenario: str | Experiment) -> Experiment:
    return load_experiment(scenario) if isinstance(scenario, str) else scenario

"""The verbs that `import sim` hands out, one per command: values in, and a value out that shows itself.

What comes out has `to_json()`, equal to the JSON of the command of that name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from sim import __version__
from sim.analysis.check import Checked, check_files
from sim.analysis.diff import Differences, Side, compared
from sim.analysis.trace import Client
from sim.cluster.cluster import Cluster
from sim.errors import UnsupportedError, UsageError, one_of, there_are
from sim.manifests.objects.collected import Manifests
from sim.report.words.chart_kinds import MONEY_AND_LATENCY, RUN_KINDS
from sim.routing import Request, Trace, spreading
from sim.routing.building import build
from sim.routing.kube_proxy import DEFAULT_MODE, MODES
from sim.routing.kube_proxy.rules import NodeRules, rules_of_node
from sim.routing.patch import TriedPatch
from sim.scenario.axis import axis
from sim.scenario.experiment import Experiment, load_experiment

if TYPE_CHECKING:
    from sim.analysis.topology import Graph
    from sim.comparison.compare import Progress
    from sim.comparison.comparison import Calculation, Comparison
    from sim.comparison.series import Series
    from sim.report.charts.match_grid import MatchGrid
    from sim.report.charts.picture import Picture
    from sim.report.page.replay import Replay
    from sim.simulation.result import Result
    from sim.simulation.spread_shares import ServiceSpread


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
        cluster: what `build` made, or the cluster of a scenario's plan.
        request: what the client sends.
        controller: profile that answers instead of the one that runs; `none` for no controller at all.
        gateway: `NAMESPACE/NAME` of the Gateway to enter through, whatever the host says.
        to: `lb:NAMESPACE/NAME`, the load balancer to use; for tcp, udp and sctp also `node:NAME`.
        from_: where a tcp, udp or sctp connection starts: `client`, `node:NAME` or `pod:NAMESPACE/NAME`.
        mode: of kube-proxy: iptables, nftables or ipvs.
        at_s: None or 0; of a later moment `cluster_at` gives the cluster.
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
        cluster, request, controller, gateway, to, from_, mode, at_s, seed: as for `route`.

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
        raise UnsupportedError(
            f"at_s={at_s:g}: a cluster is asked as it stands; leave at_s out, and ask for the cluster of a "
            "scenario at that moment: sim.cluster_at(scenario, at_s)"
        )
    return Client(cluster, controller, f"gateway:{gateway}" if gateway else to, origin, mode, seed)


def check(files: str | Sequence[str]) -> Checked:
    """Unit tests for routes: every request of case files against its expectation.

    Args:
        files: one file or several, in the format of `sim check`.

    Raises:
        InputError: a document holds no cases, or an unknown key.
        UsageError: there is no such file.
    """
    return check_files([files] if isinstance(files, str) else files)


def diff(old: Manifests, new: Manifests, requests: Sequence[Request] | None = None) -> Differences:
    """Which answers two sets of manifests give differently, and why.

    Args:
        old, new: what `load` read.
        requests: what is asked of both; None: what borders on the rules of either.

    Raises:
        UsageError: there is nothing to ask.
    """
    return compared(Side(build(old)), Side(build(new)), requests)


def fix(
    manifests: Manifests, request: Request, controller: str | None = None, to: str | None = None
) -> TriedPatch | None:
    """The smallest change of manifests that would serve a request, tried before it is shown.

    Args:
        manifests: what `load` or `load_text` read; the patch is of these texts.
        request: what the client sends.
        controller, to: as for `route`.

    Returns:
        A patch, or why there is none; None: the request needs none, or no text shows these manifests.

    Raises:
        UsageError: there is no such profile or load balancer.
    """
    client = Client(build(manifests), controller, to)
    return client.patched(client.trace(request), quick=False).patch


def run(
    scenario: str | Experiment,
    plan: str | None = None,
    seed: int | None = None,
    requests: int | None = None,
    engine: str = "auto",
) -> Result:
    """One run of a scenario: load over time. Columns of the result have shape (n,), times are seconds.

    Args:
        scenario: a folder, a file, the name of a shipped scenario, or one that is loaded.
        plan: `lb-per-service`, `single-ingress` or another plan; None: what the manifests come closest to.
        seed: the scenario's own by default.
        requests: about how many to send, instead of the scenario's duration.
        engine: a key of `sim.simulation.engines.ENGINES`, or auto.

    Raises:
        ScenarioError, UsageError: there is no such scenario, plan or engine, or it has a fault.
        UnsupportedError: the engine cannot run this scenario.
    """
    from sim.comparison import compare as comparing

    experiment = _loaded(scenario)
    ran = comparing.run_plan(experiment, experiment.plan_to_run(plan), seed, requests=requests, engine=engine)
    thresholds = experiment.scenario.expect.run
    return replace(ran.summary.first, thresholds=thresholds, unmodelled=experiment.unmodelled)


def compare(
    scenario: str | Experiment,
    seed: int | None = None,
    replications: int = 1,
    provider: str | None = None,
    requests: int | None = None,
) -> Comparison:
    """One load balancer per Service against a single Ingress, under the same clients and draws.

    Args:
        scenario, seed, requests: as for `run`.
        replications: paired runs; from two on, differences have a 95 % interval.
        provider: a shipped price sheet, instead of the scenario's; `all`: every one.

    Raises:
        ScenarioError, UsageError: there is no such scenario or provider, or it has a fault.
    """
    from sim.comparison import compare as comparing

    return comparing.compare(_loaded(scenario), __version__, seed, replications, provider, requests)


def sweep(
    scenario: str,
    over: str,
    seed: int | None = None,
    replications: int = 1,
    provider: str | None = None,
    requests: int | None = None,
    jobs: int = 1,
    dask: str | None = None,
    keep: str | None = None,
) -> Series:
    """The comparison for each value of one key of a scenario.

    Args:
        scenario: a folder, a file, or the name of a shipped one.
        over: the key and its values, such as `services=2..12:2` or `rps=50,100`.
        seed, replications, provider, requests: as for `compare`.
        jobs, dask, keep: who makes the runs and where their results are kept, as for `runs_on`.

    Raises:
        ScenarioError, UsageError: there is no such scenario or key, or it takes no such value.
    """
    from sim.comparison import sweep as sweeping
    from sim.comparison.workers import runs_on

    return sweeping.sweep(
        scenario, axis(over), __version__, runs=runs_on(jobs, dask, keep), provider=provider, seed=seed,
        replications=replications, requests=requests,
    )  # fmt: skip


def cost(scenario: str | Experiment, provider: str | None = None) -> Calculation:
    """The bill of a month for the traffic that a scenario states, without a run.

    Args:
        scenario: as for `run`.
        provider: a shipped price sheet, instead of the scenario's; `all`: every one.

    Raises:
        ScenarioError, UsageError: there is no such scenario or provider, or a rate that only a run can say.
    """
    from sim.comparison.compare import stated_prices
    from sim.comparison.estimate import estimate
    from sim.costs.sheets import sheets

    experiment = _loaded(scenario)
    return estimate(experiment, sheets(provider, stated_prices(experiment)), __version__)


def replay(
    scenario: str | Experiment,
    plans: Sequence[str] = (),
    seed: int | None = None,
    requests: int | None = None,
    progress: Progress | None = None,
    remember: bool = False,
) -> Replay:
    """A run to step through, in the cell; `replay(…).html()` is the same as a page.

    Args:
        scenario, seed, requests: as for `run`.
        plans: one, or two on one clock; empty: what the manifests come closest to.
        progress: called with the plan's name, requests sent, and of how many.
        remember: show beside the picture what the proxies remember, at every moment.

    Raises:
        ScenarioError, UsageError: there is no such scenario or plan, or it is too large for a page.
    """
    from sim.comparison.replay import record
    from sim.report.page.replay import Replay

    return Replay(record(_loaded(scenario), plans, seed, requests, progress, remember))


def chart(
    comparison: Comparison | Result, theme: str = "light", kind: str | None = None, size: str = "slide"
) -> Picture:
    """A chart of a comparison, or of a run.

    Args:
        comparison: what `compare` or `run` gave.
        theme: light or dark.
        kind: a key of `sim.report.words.chart_kinds.COMPARISON_KINDS`, of a run one of `RUN_KINDS` there;
            None: money beside latency, the lanes of a run.
        size: slide, docs or notebook.

    Raises:
        UsageError: there is no such kind, size or theme, or nothing to show in it.
    """
    from sim.comparison.comparison import Comparison
    from sim.report.charts.charts import comparison_chart, run_chart

    if isinstance(comparison, Comparison):
        return comparison_chart(comparison, kind or MONEY_AND_LATENCY, size, theme)
    return run_chart(comparison, kind or next(iter(RUN_KINDS)), size, theme)


def draw(cluster: Cluster, url: str | None = None, kind: str = "topology") -> Picture:
    """The topology in fixed columns, client to Pods; with a URL, the path of that request in it.

    Args:
        cluster: what `build` made.
        url: as for `Request.parse`; None: no path.
        kind: `topology`; or a picture to begin with: `computers` (what runs where), `switchboard` (a request
            beside a telephone call), `layers` (what a Service and an Ingress see of it).

    Raises:
        UsageError: the URL has no host, there is no such kind, or it shows a request and there is no URL.
    """
    from sim.report.topology.drawings import drawing

    return drawing(kind, cluster, Client(cluster).trace(Request.parse(url)) if url else None)


def topology(cluster: Cluster) -> Graph:
    """The cluster as a graph: client, load balancers, nodes, controllers, Services, Pods.

    Args:
        cluster: what `build` made.

    Returns:
        A graph of networkx; its nodes are strings such as `pod shop/cart-1`, with kind, name, address, zone.

    Raises:
        Nothing: a cluster without a way in has a graph too.
    """
    from sim.analysis.topology import graph

    return graph(cluster)


def spread(
    cluster: Cluster, service: str, mode: str = DEFAULT_MODE, connections: int = 3000, seed: int = 1
) -> ServiceSpread:
    """Which share of new connections each Pod of a Service gets, and how many of some that are opened.

    Args:
        cluster: what `build` made.
        service: `NAMESPACE/NAME`; its first port counts.
        mode: of kube-proxy: iptables, nftables, ipvs, or all of them.
        connections: how many are opened, each by a client of its own.
        seed: of every draw.

    Raises:
        UsageError: kube-proxy serves no such Service, or it has no endpoint.
    """
    from sim.simulation.spread import open_connections, served_services
    from sim.simulation.spread_shares import ServiceSpread

    served = served_services(cluster)
    if service not in served:
        raise UsageError(f"no Service {service} that kube-proxy serves; {there_are(service, served)}")
    linked = served[service]
    modes = tuple(MODES) if mode == "all" else (mode,)
    kept = spreading.spread(cluster, linked, linked.ports[0], modes[0]).source_kept
    sees = "the client's own address" if kept else "a node's address"
    return ServiceSpread(
        service, tuple(open_connections(cluster, linked, m, connections, seed) for m in modes), sees=sees
    )


def rules(cluster: Cluster, node: str, mode: str = DEFAULT_MODE, service: str = "") -> NodeRules:
    """What kube-proxy writes on a node, with a sentence beside each chain.

    Args:
        cluster: what `build` made.
        node: its name.
        mode: of kube-proxy: iptables, nftables or ipvs.
        service: only the text that names this Service, `NAMESPACE/NAME`; empty: everything.

    Raises:
        UsageError: there is no such node.
    """
    one_of(node, cluster.node_by_name, "node")
    found = rules_of_node(cluster, cluster.node_by_name[node], mode)
    return found.about(service) if service else found


def grid(cluster: Cluster, paths: Sequence[str], host: str) -> MatchGrid:
    """Rules against paths of a host: who wins, who fits and loses, who does not fit.

    Args:
        cluster: what `build` made.
        paths: each with its leading slash.
        host: that all requests name.

    Raises:
        UsageError: the host is none.
    """
    from sim.report.charts.match_grid import match_grid

    return match_grid(cluster, [f"http://{host}{path}" for path in paths])


def _loaded(scenario: str | Experiment) -> Experiment:
    return load_experiment(scenario) if isinstance(scenario, str) else scenario

"""One fact, one answer: what two commands state about the same thing agrees.

Each pair of PAIRS is tried on every shipped scenario and on clusters drawn at random. Add a pair by writing a
function of a `Case` and naming it there. What is random is held against its probabilities by chi-square, with
one budget for all of the module: a right product fails it once in a million runs.
"""

from __future__ import annotations

import json
import math
import os
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from ipaddress import ip_address, ip_network
from pathlib import Path
from random import Random
from typing import Any

import page_facts
import pytest
import yaml
from command import sim as command
from drawn_manifests import draw
from hypothesis import given, settings
from hypothesis import strategies as st

import sim
from sim.analysis.check import check_document
from sim.analysis.diff import Differences, Side, differences
from sim.analysis.faults_on_the_way import faults_on_the_way
from sim.analysis.inspect import inspect
from sim.analysis.probes import derived_requests
from sim.analysis.trace import Client
from sim.cluster.cluster import Cluster, LinkedPort, LinkedService
from sim.comparison.compare import compare, stated_prices
from sim.comparison.estimate import estimate
from sim.comparison.recorded import Recorded, RecordedRun
from sim.comparison.refused import refuse_what_the_server_refuses
from sim.comparison.replay import record
from sim.costs.sheets import sheets
from sim.errors import InputError, ManifestError, UsageError
from sim.manifests.objects.collected import Manifests
from sim.manifests.reading.loading import documents, load_text
from sim.plans import PLANS
from sim.report.page.replay import Replay
from sim.report.text.diff import diff_lines
from sim.report.text.side_by_side import side_by_side
from sim.report.text.terminal import trace_lines, url_lines
from sim.routing import Request, Trace
from sim.routing.building import build
from sim.routing.final import Outcome
from sim.routing.kube_proxy import proxy_of
from sim.routing.kube_proxy.rules import node_rules
from sim.scenario.experiment import Experiment, from_manifests, load_experiment, shipped_scenarios
from sim.simulation.spread import open_connections

Rules = Mapping[str, Mapping[str, list[dict[str, str]]]]
"""Table -> chain -> rules by option name."""
EXAMPLES = int(os.environ.get("SIM_AGREEMENT", "60"))
"""Random clusters; `make soak` draws 500."""
MOST_TESTS = 16 * (EXAMPLES + 50)
UNLIKELY = 1e-6 / MOST_TESTS
"""The level of each of at most MOST_TESTS tests, so that all of them together fail once in 10^6 runs."""
MOST_REQUESTS, PER_ROW = 10, 60


@dataclass(frozen=True)
class Case:
    """Manifests, and what is asked of them.

    Args:
        name: of the scenario, or the seed.
        manifests: as they are.
        experiment: with traffic; None where nothing can be exposed.
    """

    name: str
    manifests: Manifests
    experiment: Experiment | None

    @cached_property
    def cluster(self) -> Cluster:
        """The cluster of the scenario's plan, else of the manifests alone."""
        return self.experiment.plan_to_run().cluster if self.experiment else build(self.manifests)

    @cached_property
    def requests(self) -> tuple[Request, ...]:
        """Some of the requests that border on the rules."""
        found = derived_requests(self.cluster)
        return tuple(Random(self.name).sample(found, min(len(found), MOST_REQUESTS)))

    @cached_property
    def traces(self) -> tuple[Trace, ...]:
        """What happens to them."""
        return tuple(map(Client(self.cluster).trace, self.requests))

    @cached_property
    def recorded(self) -> Recorded | None:
        """A run of the scenario with a connection for every request, and what its page shows."""
        if self.experiment is None:
            return None
        unwritten = replace(self.experiment, manifests=replace(self.experiment.manifests, written=None))
        return record(_single_connections(unwritten), requests=PER_ROW * len(unwritten.scenario.traffic))


def _single_connections(experiment: Experiment) -> Experiment:
    calm = {"keep_alive": 1, "timeout": None}
    rows = tuple(row.model_copy(update=calm) for row in experiment.scenario.traffic)
    scenario = experiment.scenario.model_copy(
        update={"traffic": rows, "faults": (), "events": (), "warm_up_s": 0.0}
    )
    return replace(experiment, scenario=scenario)


def shipped(name: str) -> Case:
    """A shipped scenario."""
    experiment = load_experiment(name)
    return Case(name, experiment.manifests, experiment)


def drawn(seed: int) -> Case:
    """A cluster drawn at random, with traffic for what it exposes."""
    manifests = load_text(draw(seed), "drawn.yaml")
    try:
        experiment = from_manifests(manifests, "drawn")
        experiment.plan_to_run()
        refuse_what_the_server_refuses(experiment)  # Of what is refused no command runs: test_refused.py.
    except (UsageError, ManifestError):
        experiment = None
    return Case(str(seed), manifests, experiment)


def chi_square_p(counts: Sequence[int], probabilities: Sequence[float]) -> float:
    """The probability of counts at least as far from these probabilities (Abramowitz & Stegun 26.4)."""
    total, freedom = sum(counts), len(counts) - 1
    half = sum((c - total * p) ** 2 / (total * p) for c, p in zip(counts, probabilities, strict=True)) / 2
    if not half:
        return 1.0
    start = math.erfc(math.sqrt(half)) if freedom % 2 else 0.0
    terms = (i + (0.5 if freedom % 2 else 0.0) for i in range(freedom // 2))
    return start + sum(math.exp(-half + i * math.log(half) - math.lgamma(i + 1)) for i in terms)


def shares(trace: Trace) -> dict[str, float]:
    """Pod (or address) -> probability that the request ends there, where it is delivered to one."""
    last = trace.hops[-1] if trace.hops and trace.hops[-1].kind == "pod" else None
    return {b.to: b.probability for b in last.branches} if last else {}


def trace_and_run(case: Case) -> None:
    """Which Pods serve a row, how often, chosen how; and whether its requests are answered.

    Where weights split the requests, every end takes its share of them.
    """
    for run in case.recorded.runs if case.recorded else ():
        for row, trace in enumerate(run.traces):
            stated = case.recorded.scenario.traffic[row]
            if trace.final.ways:
                _same_ends(run, row, trace)
            else:
                _same_pods(run, row, shares(trace), is_random=stated.client_ip is None)
                _same_end(run, row, trace)
            upstream = run.design.flows[row].upstream
            if upstream is not None and len(shares(trace)) > 1:
                assert run.design.upstreams[upstream].method.name in trace.hops[-1].says


def _same_pods(run: RecordedRun, row: int, promised: Mapping[str, float], is_random: bool) -> None:
    """Args: is_random: whether connections are drawn each for itself; those of one address may stay together."""
    result = run.result
    names = [s.spec.name for s in result.stations]
    counts = Counter(names[s] for s in result.pod[result.row == row].tolist() if s >= 0)
    if not counts:
        return
    assert set(counts) <= set(promised), (counts, promised)
    if len(promised) > 1 and is_random:
        ranked = sorted(promised)
        probability = chi_square_p([counts[n] for n in ranked], [promised[n] for n in ranked])
        assert probability > UNLIKELY, (counts, promised)


def _same_ends(run: RecordedRun, row: int, trace: Trace) -> None:
    """Every end that the trace lists, and every Pod behind it, gets its share of the requests."""
    result = run.result
    over = (result.row == row) & (result.end >= 0)
    counts = Counter(
        result.stations[pod].spec.name if result.ends[end] == "delivered" else result.ends[end]
        for end, pod in zip(result.end[over].tolist(), result.pod[over].tolist(), strict=True)
    )
    promised: defaultdict[str, float] = defaultdict(float)
    for outcome in trace.final.outcomes:
        for name in (there := _reached(run.plan.cluster, outcome)):
            promised[name] += outcome.probability / len(there)
    assert set(counts) <= set(promised), (counts, promised)
    if counts:
        ranked = sorted(promised)
        probability = chi_square_p([counts[n] for n in ranked], [promised[n] for n in ranked])
        assert probability > UNLIKELY, (counts, promised)


def _reached(cluster: Cluster, outcome: Outcome) -> list[str]:
    """The ready Pods of an end, or the one name that a run counts it by."""
    if outcome.state != "delivered":
        return ["redirected" if outcome.state == "redirected" else f"{outcome.state} {outcome.status}"]
    key, _, number = (outcome.backend or "").rpartition(":")
    (port,) = (p for p in cluster.services[key].ports if str(p.number) == number)
    return [e.pod or e.target for e in port.ready]


def _same_end(run: RecordedRun, row: int, trace: Trace) -> None:
    """All are answered or none, unless ends have probabilities; what ends with the run does not count."""
    result = run.result
    ends = Counter(result.ends[e] for e in result.end[result.row == row].tolist() if e >= 0)
    answered = ends["delivered"] + ends["redirected"]
    if ends and not trace.final.outcomes:
        assert answered == (sum(ends.values()) if trace.final.fine else 0), (ends, trace.final)


def trace_and_spread(case: Case) -> None:
    """The probability of each Pod behind a load balancer."""
    for service in case.cluster.services.values():
        if not service.wants_load_balancer or not service.load_balancer or service.assumed:
            continue
        request = Request("any", scheme="tcp", port=service.ports[0].number)
        promised = shares(Client(case.cluster, to=f"lb:{service.key}").trace(request))
        try:
            found = {
                s.pod: s.probability for s in open_connections(case.cluster, service, "iptables", 1, 1).pods
            }
        except UsageError:
            found = {}
        if service.ports[0].protocol == "TCP":
            assert promised == pytest.approx(found), service.key


def trace_and_rules(case: Case) -> None:
    """What a packet meets on a node, opened there or come from outside: endpoints with their probabilities."""
    for node in case.cluster.nodes[:3]:
        written = node_rules(proxy_of(case.cluster, node), "iptables").facts
        inside = Client(case.cluster, origin=f"node:{node.name}")
        outside = Client(case.cluster, to=f"node:{node.name}")
        for service, port in _served(case.cluster):
            _same_targets(written, inside, Request(service.cluster_ip or "", scheme="tcp", port=port.number))
            for address in filter(_is_address, service.load_balancer):
                _same_targets(written, outside, Request(address, scheme="tcp", port=port.number))
            if port.node_port is not None:
                _same_targets(written, outside, Request(node.address, scheme="tcp", port=port.node_port))


def _is_address(name: str) -> bool:
    """Whether rules can have it: they know no host names."""
    return ":" in name or name.replace(".", "").isdigit()


def _served(cluster: Cluster) -> Iterator[tuple[LinkedService, LinkedPort]]:
    for service in cluster.services.values():
        for port in service.ports if service.cluster_ip else ():
            if port.protocol == "TCP":
                yield service, port


def _same_targets(written: Rules, client: Client, request: Request) -> None:
    trace = client.trace(request)
    source = request.client_ip
    if client.origin != "client":
        source = client.cluster.node_by_name[client.origin.removeprefix("node:")].address
    local = {node.address for node in client.cluster.nodes}
    targets = _dnat(written, source, request, is_local=request.host in local, from_here=source in local)
    assert set(targets) == set(trace.to_json()["final"].get("endpoints", ())), (request.url, targets)
    assert sorted(targets.values()) == pytest.approx(sorted(shares(trace).values()), abs=1e-6)


ENDS = {"REJECT", "DROP"}


def _dnat(written: Rules, source: str, request: Request, is_local: bool, from_here: bool) -> dict[str, float]:
    """Endpoint -> probability, by walking the rules of the tables as the kernel would.

    Args:
        is_local: whether the destination is an address of a node.
        from_here: whether the source is.
    """

    def within(network: str) -> bool:
        return ip_address(source) in ip_network(network)

    def holds(rule: Mapping[str, str]) -> bool:
        return (
            rule.get("dst", request.host).removesuffix("/32") == request.host
            and rule.get("dport", str(request.port)) == str(request.port)
            and ("src" not in rule or within(rule["src"]))
            and ("not_src" not in rule or not within(rule["not_src"]))
            and (rule.get("dst_type") != "LOCAL" or is_local)
            and (rule.get("src_type") != "LOCAL" or from_here)
            and "rcheck" not in rule
        )

    def walk(table: str, chain: str, weight: float) -> Iterator[tuple[str, float]]:
        for rule in written[table].get(chain, ()):
            if weight < 1e-12 or not holds(rule) or rule["jump"] == "KUBE-MARK-MASQ":
                continue
            share = weight * float(rule.get("probability", 1))
            if "to_destination" in rule or rule["jump"] in ENDS:
                yield rule.get("to_destination", rule["jump"]), share
                weight -= share
            elif rule["jump"] in written[table]:
                passed = list(walk(table, rule["jump"], share))
                yield from passed
                weight -= sum(taken for _, taken in passed)

    chains = ("KUBE-EXTERNAL-SERVICES", "KUBE-SERVICES", "KUBE-PROXY-FIREWALL")
    if any(target in ENDS for chain in chains for target, _ in walk("filter", chain, 1.0)):
        return {}
    found: defaultdict[str, float] = defaultdict(float)
    for target, share in walk("nat", "KUBE-SERVICES", 1.0):
        found[target] += share
    return {target: share for target, share in found.items() if target not in ENDS}


def trace_and_page(case: Case) -> None:
    """Every row of the page: its hops, its end, its node port; every request's node and Pod are possible.

    And what it says: reasons with counts, rows' reasons, ports, who answers and serves (`tests/page_facts.py`).
    """
    if case.recorded is None:
        return
    page_facts.agrees(Replay(case.recorded))
    for plan, run in zip(Replay(case.recorded).data["plans"], case.recorded.runs, strict=True):
        assert all(n < len(plan["stations"]) for service in plan["services"] for n in service["stations"])
        for row, trace in zip(plan["rows"], run.traces, strict=True):
            assert [h["name"] for h in row["hops"]] == [h.name for h in trace.hops]
            assert row["final"] == {k: getattr(trace.final, k) for k in row["final"]}
            _same_port(plan, row, run)
            names = [s["name"] for s in plan["stations"]]
            behind = (
                row["upstream"] if row["upstream"] is not None else {s for pods in row["pods"] for s in pods}
            )
            promised = {name.partition("/")[2] or name for name in shares(trace)}
            if trace.final.state == "delivered" and not trace.final.outcomes:
                assert {names[s] for s in behind} == promised, row["request"]


def _same_port(plan: Mapping[str, object], row: Mapping[str, object], run: RecordedRun) -> None:
    """The node port is that of the port asked, as the rules have it; a target Pod is reached past every node.

    Behind a load balancer that reads HTTP the port is one of the Service that it chose.
    """
    trace = run.traces[plan["rows"].index(row)]
    key, asked = run.design.destinations[row["destination"]], trace.request.target_port
    if row["per_request"]:
        key, _, number = (trace.final.backend or "").rpartition(":")
        asked = int(number or 0)
        assert trace.final.state != "delivered" or row["to_pods"] == all(h.kind != "node" for h in trace.hops)
    service = run.plan.cluster.services.get(key)
    ports = {p.number: p.node_port for p in service.ports} if service else {}
    assert row["port"] == ports.get(asked)


def trace_and_check(case: Case) -> None:
    """What trace answers, check accepts."""
    cluster = build(case.manifests)
    requests = [r for r in case.requests if r.is_http]
    cases = []
    for request in requests:
        final = Client(cluster).trace(request).final
        stated = {
            "host": request.host,
            "path": request.path,
            "method": request.method,
            "scheme": request.scheme,
        }
        got = {"backend": final.backend, "status": final.status, "state": final.state, "code": final.code}
        only = {"state": got["state"], "code": got["code"]} if final.outcomes else got
        cases.append({"request": {**stated, "headers": dict(request.headers)}, "expect": only})
    if cases:
        text = json.dumps({"manifests": list(_as_written(case.manifests)), "cases": cases})
        (document,) = documents(text, "cases.yaml")
        assert [d for r in check_document(document).results for d in r.differences()] == []


def _as_written(manifests: Manifests) -> Iterator[object]:
    for text in manifests.written.texts.values() if manifests.written else ():
        yield from filter(None, yaml.safe_load_all(text))


def text_and_json(case: Case) -> None:
    """Every outcome's state, status, backend and share stands in every text: one trace, `--urls`, side by side."""
    for trace in case.traces:
        shown = trace.to_json()["final"]
        texts = [list(trace_lines(trace, sim.__version__))]
        if "outcomes" in shown:
            texts += [list(url_lines([trace])), list(side_by_side(["one", "other"], [trace, trace], ""))]
        for lines in texts:
            text = " ".join(" ".join(line.plain for line in lines).split())
            for outcome in shown.get("outcomes", [shown | {"probability": None}]):
                _stands_in(text, outcome)


def _stands_in(text: str, outcome: Mapping[str, Any]) -> None:
    assert outcome["state"] in text
    assert str(outcome["status"] or "") in text
    if outcome["probability"] is not None:
        assert str(outcome["backend"] or "") in text
        assert f"{outcome['probability'] * 100:.4g} %" in text


def inspect_and_trace(case: Case) -> None:
    """What makes a traced request fail is a finding about the same Service, if it stands in the manifests."""
    found = inspect(case.manifests).findings
    client = Client(build(case.manifests))
    for request in case.requests:
        final = client.trace(request).final
        wanted = FINDINGS_OF_END.get(final.code or "", set())
        if not wanted or final.fine:
            continue
        service = (final.backend or "").rpartition(":")[0].rpartition("/")[2]
        assert any(f.code in wanted and service in f.message for f in found), (request.url, final, found)


NOBODY_READS = {"SIM1201", "SIM1202", "SIM1203"}
NO_ENDPOINT = {"SIM1104", "SIM1105", "SIM1106", "SIM1107"}
FINDINGS_OF_END = {
    "SIM2002": NOBODY_READS,
    "SIM2003": NO_ENDPOINT,
    "SIM2006": NOBODY_READS,
    "SIM2007": {"SIM1101", "SIM1102"},
    "SIM2008": {"SIM1103"},
    "SIM2009": {"SIM1401"},
    "SIM2010": NO_ENDPOINT,
    "SIM2012": NO_ENDPOINT,
    "SIM2014": {"SIM1105"},
    "SIM2017": {"SIM1109", "SIM1110"},
    "SIM2053": {"SIM1503", "SIM1504"},
    "SIM2054": {"SIM1501"},
    "SIM2055": {"SIM1502"},
    "SIM2057": {"SIM1505"},
}
"""Code of an end -> the findings that say the same of the manifests; the others are the request's own matter."""


def python_and_commands(case: Case) -> None:
    """`sim trace --scenario` and `sim.route` give the same bytes."""
    if case.name not in shipped_scenarios():
        return
    for request in case.requests[:3]:
        options = ["-X", request.method, *(f"-H{k}: {v}" for k, v in request.headers.items())]
        done = command("trace", "--scenario", case.name, "-o", "json", *options, request.url)
        asked = sim.Request.parse(request.url, method=request.method, headers=dict(request.headers))
        assert json.loads(done.out) == json.loads(json.dumps(sim.route(case.cluster, asked).to_json()))


def diff_and_its_text(case: Case) -> None:
    """No difference without two visibly different answers, and none between a set and itself."""
    objects = case.manifests.objects
    fewer = replace(case.manifests, objects=tuple(o for o in objects if o is not objects[-1]))
    sides = Side(build(case.manifests)), Side(build(fewer))
    assert differences(sides[0], Side(build(case.manifests)), case.requests) == []
    for found in differences(*sides, case.requests):
        old, new = _answers([line.plain for line in diff_lines(Differences((found,), 1), 1)])
        assert old != new


def _answers(lines: Sequence[str]) -> tuple[str, str]:
    """What stands below `old` and below `new`."""
    first = next(i for i, line in enumerate(lines) if line.startswith("  old "))
    second = next(i for i, line in enumerate(lines) if line.startswith("  new "))
    return "\n".join(lines[first:second])[6:], "\n".join(lines[second:-2])[6:]


def lesson_and_inspect(case: Case) -> None:
    """A lesson refuses what the API server refuses, and nothing else."""
    if case.manifests.written is None or case.name in shipped_scenarios():
        return
    text = case.manifests.written.texts["drawn.yaml"].decode()
    try:
        sim.lesson("07").cluster(text, given=())
        refused = False
    except InputError:
        refused = True
    assert refused == (inspect(load_text(text)).status() == 2)


def cost_and_compare(case: Case) -> None:
    """The same bills with a run and without one, to every line; one drawn cluster in four, for test_agreement_money tries more."""
    if case.experiment is None or (case.name.isdigit() and int(case.name) % 4):
        return
    try:
        calm = estimate(case.experiment, sheets(None, stated_prices(case.experiment)), "")
    except UsageError:
        return
    run = compare(case.experiment, "", requests=10, faults=False)
    for one, other in zip(run.offers, calm.offers, strict=True):
        assert [p.to_json() for p in one.plans] == [p.to_json() for p in other.plans]


def faults_and_trace(case: Case) -> None:
    """A trace carries the faults that are on its way."""
    for trace in case.traces:
        assert trace.faults == faults_on_the_way(case.cluster.manifests, trace)
        assert (trace.status() == 2) == bool(trace.faults)


PAIRS: tuple[Callable[[Case], None], ...] = (
    trace_and_run,
    trace_and_spread,
    trace_and_rules,
    trace_and_page,
    trace_and_check,
    text_and_json,
    inspect_and_trace,
    python_and_commands,
    diff_and_its_text,
    lesson_and_inspect,
    cost_and_compare,
    faults_and_trace,
)


@pytest.mark.parametrize("name", shipped_scenarios())
def test_a_shipped_scenario_is_told_the_same_everywhere(name: str) -> None:
    case = shipped(name)
    for pair in PAIRS:
        pair(case)


@pytest.mark.slow
@pytest.mark.parametrize("plan", PLANS)
def test_the_page_of_every_plan_says_what_its_run_shows(plan: str) -> None:
    for name in shipped_scenarios():
        page_facts.agrees(sim.replay(name, [plan], requests=40))


@pytest.mark.parametrize("half", [0, pytest.param(1, marks=pytest.mark.slow)])
@settings(max_examples=EXAMPLES // 2, print_blob=True)
@given(seed=st.integers(0, 2**31 - 1))
def test_a_drawn_cluster_is_told_the_same_everywhere(half: int, seed: int) -> None:
    """The other half comes with what is slow."""
    case = drawn(seed + half * 2**31)
    for pair in PAIRS:
        pair(case)


@pytest.mark.parametrize(
    ("counts", "probability"), [((60, 40), 0.0455), ((10, 20, 30), 0.00674), ((50, 50), 1.0)]
)
def test_the_chi_square_is_that_of_the_tables(counts: tuple[int, ...], probability: float) -> None:
    even = [1 / len(counts)] * len(counts)
    assert chi_square_p(counts, even) == pytest.approx(probability, rel=0.01)


def test_the_scenarios_are_where_the_commands_find_them() -> None:
    assert all(Path(file).is_file() for file in shipped_scenarios().values())

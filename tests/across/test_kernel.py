"""The rules that `sim rules` prints, loaded into this machine's kernel, against what `sim trace` says.

Clusters are drawn at random, from seeds. For each, one node's rules are loaded, and connections are made from
outside, from the node and from Pods: who answers, who refuses, who stays silent, and which source is seen.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random

import pytest
from command import sim
from kernel_clusters import (
    GUESTS,
    HEALTH_PORTS,
    NODE_ADDRESS,
    NODE_PORTS,
    PODS,
    WRONG_PORT,
    Drawn,
    draw,
)
from kernel_clusters import PORTS as SERVICE_PORTS
from kernel_lab import Lab, Question, Told, lab, missing
from kernel_promises import differences, enough, promises, question, written
from kernel_small import clients, small_cluster, small_rules

from sim.manifests.reading.loading import load
from sim.routing.building import build
from sim.routing.kube_proxy import Packet, proxy_of
from sim.routing.kube_proxy.connections import ConnectionTable

pytestmark = pytest.mark.slow

SEEDS = range(1, 33)
MODES = ("iptables", "nftables")
SAMPLE = 3_000
UNLIKELY = 1e-4 / (len(SEEDS) * len(MODES))
"""All draws together are refused by chance once in ten thousand runs of the tests; the kernel's dice are real."""


@pytest.fixture(scope="module", params=MODES)
def standing(request: pytest.FixtureRequest) -> Iterator[Lab]:
    """A node of one mode, with Pods and a world around it."""
    reason = missing(request.param)
    if reason:
        pytest.skip(reason)
    own = [(p, n) for p in ("tcp", "udp") for n in (*NODE_PORTS, *HEALTH_PORTS)] + [("sctp", 0)]
    far = [(p.lower(), n) for _, p, n, _ in SERVICE_PORTS] + [("tcp", WRONG_PORT), ("sctp", 0)]
    with lab(Lab(request.param, (*PODS, *GUESTS), tuple(own), tuple(far))) as made:
        yield made


@pytest.fixture
def node(standing: Lab, record_property: Callable[[str, object], None]) -> Iterator[Lab]:
    """The node, for one test; how many connections it tried is put on record."""
    before = standing.tried
    yield standing
    record_property("connections", standing.tried - before)


def chi_square_p(counts: Sequence[int]) -> float:
    """The probability of counts at least as uneven, if all are equally likely.

    The upper incomplete gamma function in closed form for whole and half numbers (Abramowitz & Stegun 26.4).
    """
    mean, freedom = sum(counts) / len(counts), len(counts) - 1
    half = sum((c - mean) ** 2 for c in counts) / mean / 2
    start = math.erfc(math.sqrt(half)) if freedom % 2 else 0.0
    terms = (i + (0.5 if freedom % 2 else 0.0) for i in range(freedom // 2))
    return start + math.exp(-half) * sum(half**i / math.gamma(i + 1) for i in terms)


def complaints(node: Lab, drawn: Drawn, folder: Path, sctp: bool = False) -> tuple[list[str], Counter[str]]:
    """Load the rules, try what is to be tried; what differs, and how the widest choice was spread.

    Args:
        sctp: whether SCTP is tried, or all else.
    """
    path = written(drawn, folder)
    node.become(NODE_ADDRESS[drawn.node])
    node.clear()
    node.load(sim("rules", "-f", str(path), "--node", drawn.node, "--mode", node.mode).out)
    both = zip(drawn.tries, promises(drawn, path, node.mode), strict=True)
    tried = [(a, p) for a, p in both if (a.protocol == "SCTP") == sctp]
    widest = max(range(len(tried)), key=lambda i: (not tried[i][0].sticky, tried[i][1].spread), default=0)
    counts = [SAMPLE if i == widest and not sctp else enough(p.spread) for i, (_, p) in enumerate(tried)]
    questions = [question(node, a, n) for (a, _), n in zip(tried, counts, strict=True)]
    awaited = sum(len(q.sources) for q, (_, p) in zip(questions, tried, strict=True) if p.answers)
    answers = node.ask(questions, awaited)
    wrong = [
        f"{node.mode} on {drawn.node}: {a.origin} {a.source} to {a.url} ({', '.join(sorted(a.labels))}): {d}"
        for (a, p), q, told in zip(tried, questions, answers, strict=True)
        for d in differences(a, p, told, q.sources)
    ]
    return wrong, Counter(t.label for t in answers[widest]) if tried else Counter()


@pytest.mark.kernel
@pytest.mark.parametrize("seed", SEEDS)
def test_a_kernel_with_the_printed_rules_does_what_the_trace_says(
    node: Lab, seed: int, tmp_path: Path
) -> None:
    wrong, spread = complaints(node, draw(seed), tmp_path)
    assert not wrong, "\n".join(wrong)
    assert len(spread) > 1
    assert chi_square_p(list(spread.values())) > UNLIKELY, spread


SCTP_TO_A_POD = {
    "iptables": "*nat\n-A PREROUTING -p sctp -d 10.96.0.1 -j DNAT --to-destination {}:3868\nCOMMIT\n",
    "nftables": "add table ip t\nadd chain ip t c {{ type nat hook prerouting priority -100 ; }}\n"
    "add rule ip t c ip daddr 10.96.0.1 meta l4proto sctp dnat to {}:3868\n",
}
"""One rule by hand: a kernel that cannot do this cannot forward SCTP at all."""


@pytest.mark.kernel
def test_sctp_goes_where_the_trace_says(node: Lab, tmp_path: Path) -> None:
    pod = next(iter(PODS))
    node.become(NODE_ADDRESS["node1"])
    node.clear()
    node.load(SCTP_TO_A_POD[node.mode].format(pod))
    client = Question(node.name("client"), "sctp", ("198.18.0.9",), "10.96.0.1", 3868)
    if node.ask([client], 1, patience_s=2.0) != [[Told(f"{pod}:3868", "198.18.0.9")]]:
        pytest.skip("this kernel does not follow connections of SCTP")
    drawn = [draw(seed) for seed in SEEDS]
    with_sctp = [d for d in drawn if any(a.protocol == "SCTP" for a in d.tries)]
    assert len(with_sctp) >= 3
    assert [w for d in with_sctp for w in complaints(node, d, tmp_path, sctp=True)[0]] == []


@pytest.mark.parametrize(
    ("counts", "probability"),
    [
        pytest.param((40, 60), 0.0455, id="two: twice the tail of two standard deviations"),
        pytest.param((10, 20, 30), 0.00674, id="three: exp(-5)"),
        pytest.param((8, 10, 12, 10), 0.849, id="four: from a table"),
    ],
)
def test_the_chi_square_is_that_of_the_tables(counts: tuple[int, ...], probability: float) -> None:
    assert chi_square_p(counts) == pytest.approx(probability, rel=0.01)


@pytest.mark.kernel
@pytest.mark.parametrize("count", [240, 900])
def test_affinity_remembers_as_many_clients_as_the_model_says(node: Lab, count: int, tmp_path: Path) -> None:
    path = small_cluster(tmp_path)
    node.become("192.168.0.2")
    node.clear()
    node.load(small_rules(path, node.mode))
    sticky = Question(node.name("client"), "tcp", clients(count), "10.96.0.2", 80)
    first, second = (node.ask([sticky], count)[0] for _ in range(2))
    kept = sum(a.label == b.label for a, b in zip(first, second, strict=True))
    predicted = kept_in_model(path, node.mode, count)
    # A client that was forgotten meets its endpoint again by chance, in one of three draws.
    assert kept == count if predicted == count else abs(kept - predicted) < 6 * math.sqrt(count * 2 / 9)


def kept_in_model(path: Path, mode: str, count: int) -> int:
    """The same two rounds through the model, with draws of a seed."""
    cluster = build(load([str(path)]))
    through, draws = ConnectionTable(proxy_of(cluster, cluster.nodes[0]), mode), Random(1)
    rounds = [
        [
            through.send(Packet(c, "10.96.0.2", 80, source_port=r), r, draws.random()).target
            for c in clients(count)
        ]
        for r in (1, 2)
    ]
    return sum(a == b for a, b in zip(*rounds, strict=True))


def tried_labels(seed: int, mode: str, folder: Path) -> Iterator[frozenset[str]]:
    """What each try of a cluster is about, also by what the trace says of it."""
    drawn = draw(seed)
    yield from ({f"drawn {kind}"} for kind in drawn.labels)
    unready = {
        f"{m['metadata']['name'].partition('-')[0]} {e['addresses'][0]}"
        for m in drawn.manifests
        for e in m.get("endpoints", ())
        if not e["conditions"]["ready"]
    }
    for asked, promised in zip(drawn.tries, promises(drawn, written(drawn, folder), mode), strict=True):
        more = {"refused": {"no endpoint"}, "silence": {"dropped"}}.get(promised.labels[0], set())
        own = {t.rpartition(":")[0] for t in promised.labels}
        more |= {"hairpin"} if asked.source in own and promised.hidden else set()
        more |= {"terminating"} if {f"{asked.service} {a}" for a in own} <= unready else set()
        more |= {"hidden source"} if promised.hidden else {"kept source"}
        more |= {"none on this node"} if "has no Pod" in promised.why else set()
        yield frozenset(asked.labels | more)


WANTED = (
    "drawn ClusterIP", "drawn NodePort", "drawn LoadBalancer", "drawn headless", "drawn ExternalName",
    "ClusterIP", "NodePort", "LoadBalancer", "headless", "externalIPs", "TCP", "UDP", "SCTP",
    "internal Cluster", "internal Local", "external Cluster", "external Local", "affinity", "no affinity",
    "allowed source", "blocked source", "hairpin", "no endpoint", "none on this node", "terminating",
    "cluster IP", "external IP", "load balancer IP", "ipMode Proxy", "node port", "localhost", "health check",
    "wrong port", "unallocated address", "client", "node", "Pod", "hidden source", "kept source",
)  # fmt: skip


@pytest.mark.parametrize("mode", MODES)
def test_every_type_policy_and_exception_is_tried_at_least_three_times(mode: str, tmp_path: Path) -> None:
    counted = Counter(
        label for seed in SEEDS for labels in tried_labels(seed, mode, tmp_path) for label in labels
    )
    assert {label: counted[label] for label in WANTED if counted[label] < 3} == {}

"""The rules of both address families, loaded into this machine's kernel side by side, against what `sim trace` says.

The clusters are those of the tests with IPv4 alone, each with an IPv6 twin of every address.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from command import sim
from kernel_clusters import GUESTS, HEALTH_PORTS, NODE_ADDRESS, NODE_PORTS, PODS, WRONG_PORT
from kernel_clusters import PORTS as SERVICE_PORTS
from kernel_lab import Lab, lab, missing
from kernel_promises import differences, enough, promises, question, written
from kernel_twins import draw_twins

from sim.cluster.families import FAMILIES, Family

MODES = ("iptables", "nftables")
TOOLS: dict[Family, str] = {"IPv4": "iptables", "IPv6": "ip6tables"}
MORE = range(2, int(os.environ.get("SIM_FAMILIES", "5")))
"""Seeds of the slow tests; one cluster is tried with the others."""


@pytest.fixture(scope="module", params=MODES)
def node(request: pytest.FixtureRequest) -> Iterator[Lab]:
    """A node of one mode, with Pods and a world around it; everybody has both families."""
    reason = missing(request.param)
    if reason:
        pytest.skip(reason)
    own = [(p, n) for p in ("tcp", "udp") for n in (*NODE_PORTS, *HEALTH_PORTS)]
    far = [(p.lower(), n) for _, p, n, _ in SERVICE_PORTS] + [("tcp", WRONG_PORT)]
    with lab(Lab(request.param, (*PODS, *GUESTS), tuple(own), tuple(far), both=True)) as made:
        yield made


def load(node: Lab, path: Path, name: str) -> None:
    """The rules as `sim rules` prints them: for nft in one text, for iptables in one for each tool."""
    node.become(NODE_ADDRESS[name])
    node.clear()
    asked = ("rules", "-f", str(path), "--node", name, "--mode", node.mode)
    if node.mode == "nftables":
        node.load(sim(*asked).out)
        return
    for family in FAMILIES:
        node.load(sim(*asked, "--family", family).out, TOOLS[family])


def complaints(node: Lab, seed: int, folder: Path) -> tuple[list[str], Counter[str]]:
    """What the kernel does otherwise than the trace says, and how many tries ended how, by family."""
    drawn = draw_twins(seed)
    path = written(drawn, folder)
    load(node, path, drawn.node)
    promised = promises(drawn, path, node.mode)
    questions = [question(node, a, enough(p.spread)) for a, p in zip(drawn.tries, promised, strict=True)]
    awaited = sum(len(q.sources) for q, p in zip(questions, promised, strict=True) if p.answers)
    answers = node.ask(questions, awaited)
    wrong = [
        f"{node.mode} on {drawn.node}: {a.origin} {a.source} to {a.url} ({', '.join(sorted(a.labels))}): {d}"
        for a, p, q, told in zip(drawn.tries, promised, questions, answers, strict=True)
        for d in differences(a, p, told, q.sources)
    ]
    ends = Counter(
        f"{'IPv6' if 'IPv6' in a.labels else 'IPv4'} {'served' if p.labels[0][-1].isdigit() else p.labels[0]}"
        for a, p in zip(drawn.tries, promised, strict=True)
    )
    return wrong, ends


@pytest.mark.kernel
def test_each_family_goes_where_the_trace_says(node: Lab, tmp_path: Path) -> None:
    wrong, ends = complaints(node, 1, tmp_path)
    assert not wrong, "\n".join(wrong)
    assert ends["IPv4 served"]
    assert ends["IPv6 served"]


@pytest.mark.slow
@pytest.mark.kernel
def test_many_clusters_of_both_families_do_what_the_trace_says(node: Lab, tmp_path: Path) -> None:
    total = Counter[str]()
    for seed in MORE:
        wrong, ends = complaints(node, seed, tmp_path)
        assert not wrong, f"seed {seed}:\n" + "\n".join(wrong)
        total += ends
    assert {"IPv4 served", "IPv6 served", "IPv6 refused"} <= set(total)

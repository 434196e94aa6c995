"""The rules that `sim rules` prints, loaded into this machine's kernel, against what `sim trace` says.

Clusters are drawn at random, from seeds. For each, one node's rules are loaded, and connections are made from
outside, from the node and from Pods: who answers, who refuses, who stays silent, and which source is seen.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from command import sim
from kernel_clusters import (
    GUESTS,
    HEALTH_PORTS,
    NODE_ADDRESS,
    NODE_PORTS,
    PODS,
    WRONG_PORT,
    Drawn,
    Try,
    draw,
)
from kernel_clusters import PORTS as SERVICE_PORTS
from kernel_lab import Lab, Question, Told, lab, missing

from sim.loading import load
from sim.routing import Request, Trace
from sim.tracing import trace_all

SEEDS = range(1, 33)
MODES = ("iptables", "nftables")
SAMPLE = 3_000
UNLIKELY = 1e-4
MISSED_BY_LUCK = 1e-8


@pytest.fixture(scope="module", params=MODES)
def node(request: pytest.FixtureRequest) -> Iterator[Lab]:
    """A node of one mode, with Pods and a world around it."""
    reason = missing(request.param)
    if reason:
        pytest.skip(reason)
    own = [(p, n) for p in ("tcp", "udp") for n in (*NODE_PORTS, *HEALTH_PORTS)]
    far = [(p.lower(), n) for _, p, n, _ in SERVICE_PORTS] + [("tcp", WRONG_PORT)]
    with lab(Lab(request.param, (*PODS, *GUESTS), tuple(own), tuple(far))) as made:
        yield made


@dataclass(frozen=True)
class Expected:
    """What a trace promises.

    Args:
        labels: who may answer, or `refused`, or `silence`.
        hidden: those of them that see another source than the client's.
        shares: whether they are as likely as each other.
    """

    labels: tuple[str, ...]
    hidden: frozenset[str]
    why: str

    @property
    def answers(self) -> bool:
        """Whether anybody says anything."""
        return self.labels != ("silence",)

    @property
    def spread(self) -> int:
        """Over how many endpoints chance decides."""
        return len(self.labels)


def expected(trace: Trace, asked: Try) -> Expected:
    """Read a trace: endpoints, verdict and masquerade."""
    after = next(h for h in reversed(trace.hops) if h.kind == "node").after
    targets = tuple(after.get("destination", ()))
    hidden = targets if "source" in after else tuple(after.get("source_if_endpoint", ()))
    end = trace.final
    if end.state in {"refused", "dropped"}:
        targets = ("refused" if end.state == "refused" else "silence",)
    elif not targets and end.state == "delivered":
        targets = tuple(end.details["endpoints"])
    elif not targets:
        local = asked.address.startswith(("127.", "192.168."))
        targets = ("node" if local else "world",)
    return Expected(targets, frozenset(hidden), end.message)


def written(drawn: Drawn, folder: Path) -> Path:
    """The manifests as a file."""
    path = folder / "cluster.yaml"
    path.write_text(yaml.safe_dump_all(drawn.manifests))
    return path


def promises(drawn: Drawn, path: Path, mode: str) -> list[Expected]:
    """What `sim trace` says of every try."""
    found = []
    manifests = load([str(path)])
    for asked in drawn.tries:
        request = Request.parse(asked.url, client_ip=asked.source)
        to = f"node:{drawn.node}" if asked.origin == "client" else None
        found += trace_all(manifests, [request], to=to, origin=asked.origin, mode=mode)
    return [expected(t, a) for t, a in zip(found, drawn.tries, strict=True)]


def enough(count: int) -> int:
    """Connections until no endpoint is missed, but by luck of less than MISSED_BY_LUCK."""
    return 3 if count == 1 else math.ceil(math.log(MISSED_BY_LUCK / count) / math.log(1 - 1 / count))


def sources(asked: Try, count: int) -> tuple[str, ...]:
    """Who asks: as many clients as connections, each of them twice if affinity is to be seen."""
    if asked.origin != "client":
        return (asked.source,) * count
    first, second = asked.source.split(".")[:2]
    clients = tuple(f"{first}.{second}.{i // 250}.{i % 250 + 1}" for i in range(count))
    return clients * 2 if asked.sticky else clients


def question(made: Lab, asked: Try, count: int) -> Question:
    """The connections of one try."""
    where = {"client": made.name("client"), "node": made.node}.get(asked.origin.partition(":")[0])
    return Question(
        where or made.name(asked.source),
        asked.protocol.lower(),
        sources(asked, count),
        asked.address,
        asked.port,
    )


def differences(asked: Try, promised: Expected, told: Sequence[Told], froms: Sequence[str]) -> Iterator[str]:
    """What the kernel did and the trace did not say."""
    seen = {t.label for t in told}
    if not seen <= set(promised.labels):
        yield f"{sorted(seen - set(promised.labels))} answered, not one of {promised.labels}: {promised.why}"
        return
    if not asked.sticky and seen != set(promised.labels):
        yield f"never {sorted(set(promised.labels) - seen)} in {len(told)} connections"
    wrong = [
        (t, f)
        for t, f in zip(told, froms, strict=True)
        if t.seen and (t.seen != f) != (t.label in promised.hidden)
    ]
    if wrong:
        yield f"{len(wrong)} of {len(told)} times the wrong source, such as {wrong[0]}; hidden from {sorted(promised.hidden)}"
    if asked.sticky:
        kept: dict[str, set[str]] = {}
        for t, f in zip(told, froms, strict=True):
            kept.setdefault(f, set()).add(t.label)
        moved = [f for f, labels in kept.items() if len(labels) > 1]
        if moved:
            yield f"affinity does not hold for {moved[:3]}"


def chi_square_p(counts: Sequence[int]) -> float:
    """The probability of counts at least as uneven, if all are equally likely.

    The upper incomplete gamma function in closed form for whole and half numbers (Abramowitz & Stegun 26.4).
    """
    mean, freedom = sum(counts) / len(counts), len(counts) - 1
    half = sum((c - mean) ** 2 for c in counts) / mean / 2
    start = math.erfc(math.sqrt(half)) if freedom % 2 else 0.0
    terms = (i + (0.5 if freedom % 2 else 0.0) for i in range(freedom // 2))
    return start + math.exp(-half) * sum(half**i / math.gamma(i + 1) for i in terms)


@pytest.mark.kernel
@pytest.mark.parametrize("seed", SEEDS)
def test_a_kernel_with_the_printed_rules_does_what_the_trace_says(
    node: Lab, seed: int, tmp_path: Path
) -> None:
    drawn = draw(seed)
    path = written(drawn, tmp_path)
    node.become(NODE_ADDRESS[drawn.node])
    node.clear()
    node.load(sim("rules", "-f", str(path), "--node", drawn.node, "--mode", node.mode).out)
    promised = promises(drawn, path, node.mode)
    tried = [(a, p) for a, p in zip(drawn.tries, promised, strict=True) if a.protocol != "SCTP"]
    widest = max(range(len(tried)), key=lambda i: (not tried[i][0].sticky, tried[i][1].spread))
    counts = [SAMPLE if i == widest else enough(p.spread) for i, (_, p) in enumerate(tried)]
    questions = [question(node, a, n) for (a, _), n in zip(tried, counts, strict=True)]
    awaited = sum(len(q.sources) for q, (_, p) in zip(questions, tried, strict=True) if p.answers)
    answers = node.ask(questions, awaited)
    wrong = [
        f"{node.mode} on {drawn.node}: {a.origin} {a.source} to {a.url} ({', '.join(sorted(a.labels))}): {d}"
        for (a, p), q, told in zip(tried, questions, answers, strict=True)
        for d in differences(a, p, told, q.sources)
    ]
    assert not wrong, "\n".join(wrong)
    spread = Counter(t.label for t in answers[widest])
    assert len(spread) > 1
    assert chi_square_p(list(spread.values())) > UNLIKELY, spread

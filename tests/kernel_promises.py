"""What a trace promises of a connection, and what a kernel did instead: shared by the tests in a real kernel."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml
from kernel_clusters import Drawn, Try
from kernel_lab import Lab, Question, Told, six

from sim.analysis.trace import Client
from sim.manifests.reading.loading import load
from sim.routing import Request, Trace
from sim.routing.building import build

MISSED_BY_LUCK = 1e-8


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
    """Read a trace: endpoints, verdict and masquerade; what goes by a load balancer has left the node."""
    if any(h.kind == "load-balancer" for h in trace.hops):
        return Expected(("world",), frozenset(), trace.final.message)
    after = next(h for h in reversed(trace.hops) if h.kind == "node").after
    targets = tuple(after.get("destination", ()))
    hidden = targets if "source" in after else tuple(after.get("source_if_endpoint", ()))
    end = trace.final
    if end.state in {"refused", "dropped"}:
        targets = ("refused" if end.state == "refused" else "silence",)
    elif not targets and end.state == "delivered":
        targets = tuple(end.endpoints)
    elif not targets:
        local = asked.address.startswith(("127.", "192.168.", "::1", six("192.168.0.0")))
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
    cluster = build(load([str(path)]))
    for asked in drawn.tries:
        request = Request.parse(asked.url, client_ip=asked.source)
        to = f"node:{drawn.node}" if asked.origin == "client" else None
        found.append(Client(cluster, to=to, origin=asked.origin, mode=mode).trace(request))
    return [expected(t, a) for t, a in zip(found, drawn.tries, strict=True)]


def enough(count: int) -> int:
    """Connections until no endpoint is missed, but by luck of less than MISSED_BY_LUCK."""
    return 3 if count == 1 else math.ceil(math.log(MISSED_BY_LUCK / count) / math.log(1 - 1 / count))


def sources(asked: Try, count: int) -> tuple[str, ...]:
    """Who asks: as many clients as connections, each of them twice if affinity is to be seen."""
    if asked.origin != "client":
        return (asked.source,) * count
    over_six = ":" in asked.source
    first, second = asked.source.split(":")[1:3] if over_six else asked.source.split(".")[:2]
    clients = tuple(f"{first}.{second}.{i // 250}.{i % 250 + 1}" for i in range(count))
    clients = tuple(map(six, clients)) if over_six else clients
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

"""What `sim run` prints: what became of the requests, how long they took, who served them."""

from collections.abc import Iterator, Mapping
from textwrap import wrap
from typing import Any

from rich.text import Text

from sim.cluster.life.held import held_in_words
from sim.report.text.terminal import shortened
from sim.report.width import WIDTH
from sim.report.words.failed import failure_lines
from sim.report.words.numbers import latency_text
from sim.report.words.replicas import replica_lines
from sim.report.words.sampling import sample_sentences
from sim.units import counted, show_seconds

MOST_ROWS = 24
FIGURES = ("mean", "p50", "p90", "p95", "p99", "max")


def run_lines(name: str, shown: Mapping[str, Any]) -> Iterator[Text]:
    """A run, from its published form."""
    yield Text.assemble((name, "bold"), f"  plan {shown['plan']}")
    for one in shown["overloads"]:
        yield from map(Text, wrap(one["message"], WIDTH, subsequent_indent="  "))
    yield Text()
    yield from _requests(shown["requests"], shown["retried"])
    yield Text()
    if "failures" in shown:
        yield from map(Text, failure_lines(shown["failures"], 1))
        yield Text()
    yield from _latency(shown["latency_s"])
    yield from _sample(shown)
    yield Text()
    yield from _pods(shown["pods"])
    yield Text()
    if "scaled" in shown:
        yield from map(Text, replica_lines(shown["scaled"]))
        yield Text()
    if "held" in shown:
        yield from _held(shown["held"])
        yield Text()
    yield from _nodes(shown["nodes"])
    yield from _thresholds(shown["thresholds"])
    runs = shown["replications"]
    times = "one run" if runs == 1 else f"{runs} runs; Pods of the first"
    why = f" ({shown['engine_because']})" if "engine_because" in shown else ""
    line = f"seed {shown['seed']} · engine {shown['engine']}{why} · sim {shown['version']} · {times}"
    yield from (Text(part, "dim") for part in wrap(line, WIDTH, break_on_hyphens=False))


def _held(held: list[Mapping[str, Any]]) -> Iterator[Text]:
    """What does not happen, or not at once: since when, why, and what helps."""
    for one in held:
        says = held_in_words(*(one[key] for key in ("what", "since_s", "until_s", "because")))
        lines = wrap(f"held       {says}", WIDTH, subsequent_indent=" " * 11, break_on_hyphens=False)
        yield from map(Text, lines)
        if one["until_s"] is None:
            yield from map(Text, wrap(f"fix        {one['fix']}", WIDTH, subsequent_indent=" " * 11))


def _requests(counts: Mapping[str, Any], retried: int) -> Iterator[Text]:
    failed = sum(counts["failed"].values())
    yield Text(
        f"requests   {counts['sent']:,} sent = {counts['answered']:,} answered + {failed:,} failed"
        f" + {counts['in_flight']:,} in flight"
    )
    for reason, count in sorted(counts["failed"].items(), key=lambda item: -item[1]):
        yield Text.assemble("           ", ("✕ ", "red bold"), f"{count:,}  {reason}")
    if retried:
        yield Text(
            f"           {counted(retried, 'attempt')} after the first {'one' if retried == 1 else 'ones'}"
        )


def _latency(figures: Mapping[str, Any]) -> Iterator[Text]:
    """The quantiles in one row under their names, and the intervals below where there are any."""
    yield Text(f"latency    {''.join(f'{name:>11}' for name in FIGURES)}", "dim")
    yield Text(f"           {''.join(f'{latency_text(figures[name]):>11}' for name in FIGURES)}")
    if any(figures.get("intervals", {}).values()):
        found = [figures["intervals"][name] for name in FIGURES]
        for head, end in (("95 % from", 0), ("       to", 1)):
            ends = ("" if one is None else show_seconds(one[end]) for one in found)
            yield Text(f"{head:<11}{''.join(f'{each:>11}' for each in ends)}".rstrip())


def _sample(shown: Mapping[str, Any]) -> Iterator[Text]:
    """What was left out, how well the mean was to be known, and what the runs are too short for."""
    runs, warm_up, until = shown["replications"], shown.get("warm_up"), shown.get("until")
    for sentence in sample_sentences(warm_up, until, shown.get("too_short", ()), runs):
        yield from map(Text, wrap(sentence, WIDTH, subsequent_indent="  "))


def _pods(pods: list[Mapping[str, Any]]) -> Iterator[Text]:
    """One row per Pod: connections, requests, share of its kind, utilisation as number and bar."""
    bars = ("▪" * min(10, round(pod["utilisation"] * 10)) for pod in pods)
    busy = [f"{pod['utilisation']:>7.1%} {bar}" for pod, bar in zip(pods, bars, strict=True)]
    yield from _rows("Pod", pods, "busy", busy)


def _nodes(nodes: list[Mapping[str, Any]]) -> Iterator[Text]:
    """One row per node: what load balancers brought to it, and what Pods on it served."""
    if any(node["connections"] for node in nodes):
        yield from _rows("node", nodes, "served", [f"{node['served']:>7,}" for node in nodes])


def _rows(kind: str, rows: list[Mapping[str, Any]], head: str, last: list[str]) -> Iterator[Text]:
    """Name, zone, connections and requests of each, then its last cell."""
    yield Text(f"{kind:<32}{'zone':<12}{'conns':>7}{'requests':>10}{head:>7}", "dim")
    for row, cell in list(zip(rows, last, strict=True))[:MOST_ROWS]:
        name, zone = shortened(row[kind.lower()], 31), shortened(row["zone"] or "", 11)
        yield Text(f"{name:<32}{zone:<12}{row['connections']:>7,}{row['requests']:>10,}{cell}".rstrip())
    if len(rows) > MOST_ROWS:
        yield Text(f"and {len(rows) - MOST_ROWS} more {kind}s (all of them with -o json)", "dim")


def _thresholds(thresholds: list[Mapping[str, Any]]) -> Iterator[Text]:
    if thresholds:
        yield Text()
    for one in thresholds:
        mark, style = ("●", "green bold") if one["passed"] else ("✕", "red bold")
        word = "kept" if one["passed"] else "broken"
        yield Text.assemble((f"{mark} {word}", style), f"  {one['expression']}   was {_met(one)}")


def _met(threshold: Mapping[str, Any]) -> str:
    value = threshold["value"]
    if value is None:
        return "nothing"
    return f"{value:.2%}" if threshold["expression"].startswith("errors") else show_seconds(value)

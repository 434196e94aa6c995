"""What `sim run` prints: what became of the requests, how long they took, who served them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.text import Text

from sim.report.text.terminal import shortened
from sim.report.words.numbers import latency_text
from sim.units import show_seconds

MOST_PODS = 24
FIGURES = ("mean", "p50", "p90", "p95", "p99", "max")


def run_lines(name: str, shown: Mapping[str, Any]) -> Iterator[Text]:
    """A run, from its published form."""
    yield Text.assemble((name, "bold"), f"  plan {shown['plan']}")
    yield Text()
    yield from _requests(shown["requests"], shown["retried"])
    yield Text()
    yield from _latency(shown["latency_s"])
    yield Text()
    yield from _pods(shown["pods"])
    yield Text()
    yield from _nodes(shown["nodes"])
    yield from _thresholds(shown["thresholds"])
    runs = shown["replications"]
    times = "one run" if runs == 1 else f"{runs} runs, ±: 95 %; Pods of the first"
    yield Text(f"seed {shown['seed']} · engine {shown['engine']} · sim {shown['version']} · {times}", "dim")


def _requests(counts: Mapping[str, Any], retried: int) -> Iterator[Text]:
    failed = sum(counts["failed"].values())
    yield Text(
        f"requests   {counts['sent']:,} sent = {counts['answered']:,} answered + {failed:,} failed"
        f" + {counts['in_flight']:,} in flight"
    )
    for reason, count in sorted(counts["failed"].items(), key=lambda item: -item[1]):
        yield Text.assemble("           ", ("✕ ", "red bold"), f"{count:,}  {reason}")
    if retried:
        yield Text(f"           {retried:,} attempts after the first ones")


def _latency(figures: Mapping[str, Any]) -> Iterator[Text]:
    """The quantiles in one row under their names, and the intervals below where there are any."""
    yield Text(f"latency    {''.join(f'{name:>11}' for name in FIGURES)}", "dim")
    yield Text(f"           {''.join(f'{latency_text(figures[name]):>11}' for name in FIGURES)}")
    if figures["ci"] is not None:
        widths = ("" if (w := figures["ci"][name]) is None else f"± {show_seconds(w)}" for name in FIGURES)
        yield Text(f"           {''.join(f'{width:>11}' for width in widths)}")


def _pods(pods: list[Mapping[str, Any]]) -> Iterator[Text]:
    """One row per Pod: connections, requests, share of its kind, utilisation as number and bar."""
    yield Text(f"{'Pod':<32}{'zone':<12}{'conns':>7}{'requests':>10}{'busy':>7}", "dim")
    for pod in pods[:MOST_PODS]:
        name, zone = shortened(pod["pod"], 31), shortened(pod["zone"] or "", 11)
        busy = pod["utilisation"]
        bar = "▪" * min(10, round(busy * 10))
        line = f"{name:<32}{zone:<12}{pod['connections']:>7,}{pod['requests']:>10,}{busy:>7.1%} {bar}"
        yield Text(line.rstrip())
    if len(pods) > MOST_PODS:
        yield Text(f"and {len(pods) - MOST_PODS} more Pods (all of them with -o json)", "dim")


def _nodes(nodes: list[Mapping[str, Any]]) -> Iterator[Text]:
    """One row per node: what load balancers brought to it, and what Pods on it served."""
    if not any(node["connections"] for node in nodes):
        return
    yield Text(f"{'node':<32}{'zone':<12}{'conns':>7}{'requests':>10}{'served':>7}", "dim")
    for node in nodes[:MOST_PODS]:
        name, zone = shortened(node["node"], 31), shortened(node["zone"] or "", 11)
        counts = f"{node['connections']:>7,}{node['requests']:>10,}{node['served']:>7,}"
        yield Text(f"{name:<32}{zone:<12}{counts}")
    if len(nodes) > MOST_PODS:
        yield Text(f"and {len(nodes) - MOST_PODS} more nodes (all of them with -o json)", "dim")


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

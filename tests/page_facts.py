"""What the page of a replay says of a run, held against trace, rules and run, which say it in their own way."""

from __future__ import annotations

import base64
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sim.comparison.recorded import RecordedRun
from sim.report.page.columns import NUMBERS
from sim.report.page.replay import Replay
from sim.routing.controllers.api import host_level, host_of
from sim.routing.kube_proxy import proxy_of
from sim.routing.kube_proxy.rules import node_rules
from sim.routing.trace import Step, Trace
from sim.simulation.result import Result

Shown = Mapping[str, Any]
FINE = ("delivered", "redirected")
COUNT = re.compile(r"(?:: |, )([\d,]+) × ")
LONGEST = 150


def unpacked(text: str) -> list[int]:
    """The other way round than `sim.report.page.columns`."""
    numbers, number, shift = [], 0, 0
    for byte in base64.b64decode(text):
        number |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            numbers.append(number)
            number = shift = 0
    return numbers


def told(question: Shown) -> dict[str, Any]:
    """What is right, and why the others are not."""
    found = json.loads(base64.b64decode(question["told"]))
    assert isinstance(found, dict)
    return found


def agrees(replay: Replay) -> None:
    """Every plan of a page against its run."""
    data = replay.data
    for plan, run in zip(data["plans"], replay.recorded.runs, strict=True):
        told_again = data["finding"] if len(data["plans"]) == 1 else None
        _ends(plan, run, told_again)
        _served(plan, run.result)
        for row, trace in zip(plan["rows"], run.traces, strict=True):
            assert row["host"] == trace.request.host
            assert row["scheme"] == trace.request.scheme
            _answer(row, trace)
            _book(row, trace)
            _tls(row, trace)
            _questions(row, trace)
            assert all(len(said) <= LONGEST and said[-1:] in ("", ".") for said in row["says"].values())
        _node_ports(plan, run)
    choices = [
        q["choices"] for p in data["plans"] for r in p["rows"] for q in r["questions"] if q["id"] == "end"
    ]
    assert all(each == choices[0] for each in choices)


def _ends(plan: Shown, run: RecordedRun, finding: str | None) -> None:
    """Ends and reasons with their counts, the most frequent first."""
    result = run.result
    over = Counter(result.ends[end] for end in result.end.tolist() if end >= 0)
    failed = sorted((n for reason, n in over.items() if reason not in FINE), reverse=True)
    assert [end["reason"] for end in plan["ends"]] == list(result.ends)
    for end in plan["ends"]:
        status = end["reason"].rpartition(" ")[2]
        assert not status.isdigit() or str(end["status"]) == status in end["words"].split(",")[0]
        assert "answered-by-proxy" not in end["words"]
        assert (end["by"] == "pod") == (end["reason"] == "delivered")
    if finding is None:
        return
    assert bool(failed) == ("fail" in finding)
    if failed:
        assert finding.startswith(f"{sum(failed):,} of {result.sent:,} requests fail")
    if len(failed) > 1:
        assert [int(n.replace(",", "")) for n in COUNT.findall(finding)] == failed


def _served(plan: Shown, result: Result) -> None:
    """The page counts what each Pod served from its columns: these are the run's, and so are the counts."""
    numbers = unpacked(plan["columns"]["numbers"])
    place = NUMBERS.index("pod") * len(result)
    assert np.nanmax([0.0, *result.ended_s.round(6)]) <= plan["end_s"]
    pods = np.array(numbers[place : place + len(result)], dtype=np.int64) - 1
    assert pods.tolist() == result.pod.tolist()
    if result.retried:
        return
    left = pods[np.isfinite(result.departure_s)]
    served = [int((left == n).sum()) for n in range(len(result.stations))]
    for count, station, record in zip(served, plan["stations"], result.stations, strict=True):
        assert station["controller"] == record.spec.is_controller
        assert record.spec.is_controller or count == record.served, station["name"]


def _answer(row: Shown, trace: Trace) -> None:
    """Who answers, and with which code."""
    final, by = trace.final, row["answered"]["by"]
    assert row["answered"]["status"] == final.status
    if final.state == "delivered":
        assert by == "pod"
    elif final.status is not None:
        assert by in ("controller", "load-balancer")
        assert str(final.status) in row["says"]["end"]
    if final.state in ("dns-no-record", "lb-pending", "dropped", "lb-no-healthy-target"):
        assert by is None


def _book(row: Shown, trace: Trace) -> None:
    """Each row of the rulebook is a step of the trace, with its reason; one wins, if one does."""
    if row["book"] is None:
        return
    steps = [step for hop in trace.hops if hop.kind == "controller" for step in hop.steps if step.rule]
    rules = {(s.row, s.because, s.wins): s for s in steps}
    for shown in row["book"]["rows"]:
        step = _step_of(shown, steps)
        assert step is not None, shown
        assert shown["because"] in (step.because, f"loses: {step.because}")
        assert (shown["host_fits"], shown["path_fits"]) == (step.host_fits, step.path_fits)
        level = host_level(shown["host"] if shown["host"] != "any host" else "", host_of(trace.request))
        assert shown["because"] != "not asked: another host" or level == 0 or trace.proxy.gateway is not None
    winners = [shown for shown in row["book"]["rows"] if shown["wins"]]
    assert len(winners) == len([s for s in rules.values() if s.wins]) <= 1
    assert not winners or winners[0]["because"] in row["says"]["controller"]


def _step_of(shown: Shown, steps: Sequence[Step]) -> Step | None:
    mine = (shown["host"], shown["path"], shown["type"], shown["service"], shown["wins"])
    for s in steps:
        parts = s.parts
        same = parts and (parts.host or "any host", parts.path, parts.type, parts.service, s.wins) == mine
        if same and shown["because"].removeprefix("loses: ") == s.because:
            return s
    return None


def _tls(row: Shown, trace: Trace) -> None:
    """The controller ends TLS where it shows a certificate, and nothing is encrypted in plain http."""
    tls, encrypted = row["tls"], trace.request.scheme == "https"
    assert (tls["ends_at"] is not None) == encrypted
    assert tls["legs"]["client"] == ("encrypted" if encrypted else "plain")
    if trace.final.certificate is not None and not trace.proxy.listeners:
        assert tls["ends_at"] == "controller"
    if not encrypted:
        assert set(tls["legs"].values()) <= {"plain", "encrypted" if trace.final.sent else "plain"}


def _questions(row: Shown, trace: Trace) -> None:
    """One choice is right, as the trace has it; each other one has its sentence."""
    for question in row["questions"]:
        answer, ids = told(question), [choice["id"] for choice in question["choices"]]
        assert 2 <= len(ids) <= 5
        assert set(ids) == {answer["right"], *answer["why"]}
        assert answer["right"] not in answer["why"]
        assert all(said.endswith(".") for said in (answer["says"], *answer["why"].values()))
        if question["id"] == "rule":
            winner = next((n for n, one in enumerate(row["book"]["rows"]) if one["wins"]), None)
            assert answer["right"] == ("no-rule" if winner is None else f"row-{winner}")
        elif trace.final.status is not None:
            assert str(trace.final.status) in answer["right"].split("-")
        else:
            assert (answer["right"] == "app") == (trace.final.state == "delivered")


def _node_ports(plan: Shown, run: RecordedRun) -> None:
    """The ports of a node are those that kube-proxy's rules have; the asked one is that of the asked port."""
    shown = [row for row in plan["rows"] if row["port_rows"] is not None]
    if not shown:
        return
    cluster = run.plan.cluster
    written = node_rules(proxy_of(cluster, cluster.nodes[0]), "iptables").facts["nat"]["KUBE-NODEPORTS"]
    numbers = {f"nodePort {rule['dport']}": rule["comment"].partition(":") for rule in written}
    for row in shown:
        rows = row["port_rows"]["rows"]
        assert {one["port"] for one in rows if one["wins"]} == {f"nodePort {row['port']}"}
        assert numbers.keys() <= {one["port"] for one in rows} or row["port_rows"]["more"]
        for one in (one for one in rows if one["port"] in numbers):
            key, _, name = numbers[one["port"]]
            assert one["service"].split()[0] == key
            assert not name or one["service"].split()[1] == name

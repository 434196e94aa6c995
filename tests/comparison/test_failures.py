"""What fails under each plan while a roll-out, a drain and the loss of a zone go on: values, words, picture."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from comparisons import example, huge, with_failures
from crowded import crowded
from jsonschema import validate

import sim
from sim.comparison.blast_radius import blast_radius
from sim.comparison.compare import compare
from sim.comparison.comparison import Happening
from sim.comparison.failures import FailureCount, failures_of
from sim.errors import UsageError
from sim.report.charts.compare import failures_chart
from sim.report.print.plans import plans_table
from sim.report.text.compare import compare_lines
from sim.report.theme import LONGEST_TITLE, SIZES
from sim.report.width import WIDTH
from sim.report.words.compare import failure_rows, what_happens
from sim.report.words.failed import failure_lines
from sim.scenario.experiment import load_experiment

ROOT = Path(__file__).parents[2]
HAPPENS = (Happening(5.0, "event", "rollout shop/web"), Happening(60.0, "fault", "load_balancer shop/web"))


@pytest.fixture(scope="module")
def compared() -> sim.Comparison:
    return compare(load_experiment("bad-day"), sim.__version__, faults=False)


def test_what_is_counted_is_what_the_runs_lost(compared: sim.Comparison) -> None:
    assert [(h.at_s, h.kind, h.what) for h in compared.happens] == [
        (5.0, "event", "rollout shop/cart"), (22.0, "event", "drain node-b"), (35.0, "fault", "zone zone-c"),
    ]  # fmt: skip
    for outcome in compared.outcomes:
        lost = failures_of(sim.run("bad-day", plan=outcome.name))
        counts = Counter((f.reason, f.author, f.event) for f in lost)
        assert {(f.reason, f.author, f.event): f.count for f in outcome.failures or ()} == counts
        assert sum(counts.values()) == outcome.failed > 0
    first, second = compared.pair
    assert {f.event for f in first.failures or ()} == {"rollout shop/cart", "drain node-b", "zone zone-c"}
    assert first.hidden == 0 < second.hidden, "a controller tries another Pod"


def test_a_part_that_breaks_is_tried_on_a_cluster_at_rest() -> None:
    found = load_experiment("bad-day")
    quiet = replace(found, scenario=found.scenario.model_copy(update={"events": ()}))
    eventful, at_rest = (
        blast_radius(one, one.plans(["single-ingress"])[0], requests=60) for one in (found, quiet)
    )
    assert eventful == at_rest


def with_counts(failed: int = 412, reasons: int = 2) -> sim.Comparison:
    """Two plans: the first loses much in so many ways, the second little in one."""
    found = replace(with_failures(example(), failed, 3), happens=HAPPENS)
    each = [
        FailureCount(f"answered-by-proxy {500 + n}", "controller", None, 3 * n + 1) for n in range(reasons)
    ]
    counts = ((FailureCount("connect-timeout", "load balancer", None, failed), *each), tuple(each[:1]))
    outcomes = (replace(o, failures=c, hidden=7) for o, c in zip(found.outcomes, counts, strict=True))
    return replace(found, outcomes=tuple(outcomes))


def test_text_and_report_have_the_same_rows() -> None:
    found = with_counts()
    rows = [row.label for row in failure_rows(found)]
    assert rows == [
        "timed out while connecting (load balancer)", "501 (controller)", "500 (controller)", "Saved by another try",
    ]  # fmt: skip
    lines = [line.plain for line in compare_lines(found, "shop")]
    assert all(len(line) <= WIDTH for line in lines)
    assert next(line for line in lines if line.startswith("  501")).split()[-3:] == ["4", "0", "−4"]
    assert what_happens(found) == "at 5 s rollout shop/web; at 60 s load balancer shop/web fails"
    assert set(rows) <= {row.label.text for row in plans_table(found).lines}


def test_where_nothing_happens_nothing_is_said() -> None:
    plain = example()
    assert not list(failure_rows(plain))
    assert "happens" not in plain.to_json()
    assert not {"failures", "hidden"} & set(plain.to_json()["plans"][0])
    with pytest.raises(UsageError, match="events or faults"):
        failures_chart(plain)


CASES = {
    "usual": with_counts(),
    "many reasons": with_counts(reasons=20),
    "none": with_counts(0, 0),
    "huge": replace(huge(with_counts(987_654_321)), happens=HAPPENS * 9),
}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", CASES)
def test_nothing_in_the_chart_touches_or_leaves_the_page(name: str, size: str) -> None:
    picture = failures_chart(CASES[name], size, "dark" if size == "docs" else "light")
    assert crowded(picture.figure) == []
    assert len(picture.title) <= LONGEST_TITLE
    assert picture.alt.startswith(picture.title)


def test_the_published_form_holds(compared: sim.Comparison) -> None:
    schema = json.loads((ROOT / "docs" / "schemas" / "compare.json").read_text("utf-8"))
    validate(compared.to_json(), schema)


def test_the_last_try_at_a_pod_stands_behind_what_a_proxy_answered():
    """The same requests, counted by the table that commands print, as one by one."""
    result = sim.run("rolling-update", plan="single-ingress")
    each = Counter((f.reason, f.last_try) for f in failures_of(result) if f.last_try is not None)
    shown = result.failed_how.to_json()
    assert {(one["reason"], one["last_try"]): one["count"] for one in shown["by_last_try"]} == each != {}
    text = "\n".join(failure_lines(shown, 1))
    assert all(f"{reason}, last try at a Pod: {each[reason, end]} {end}" in text for reason, end in each)

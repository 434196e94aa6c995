"""The page of a replay as text: what it holds, what cannot get out of it, how large it is."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections import Counter
from itertools import accumulate

import pytest
from command import sim
from page_facts import unpacked
from small import HOST, app, experiment

from sim.api import replay, run
from sim.comparison.failures import lost_requests
from sim.errors import UsageError
from sim.report.page import MODULES, data_text, module, page_html
from sim.report.page.columns import NUMBERS, TIMES, end_of, packed
from sim.scenario.experiment import load_experiment

HOSTILE = "</script><script>alert(1)</script><!--\u2028&lt;"


@pytest.fixture(scope="module")
def fanout():
    return replay(load_experiment("fanout"), requests=300)


def test_the_columns_are_those_of_the_run(fanout):
    plan = fanout.data["plans"][0]
    sent = plan["sent"]
    assert len(unpacked(plan["columns"]["numbers"])) == sent * len(NUMBERS)
    assert len(unpacked(plan["columns"]["times"])) == sent * len(TIMES)
    assert len(plan["rows"]) == 2


def test_times_come_back_to_the_microsecond():
    import numpy as np

    result = run("fanout", requests=200)
    steps, before = iter(unpacked(packed(result)["times"])), 0
    for i in range(len(result)):
        at = before
        for place, name in enumerate(TIMES):
            step = next(steps)
            value = getattr(result, name)[i]
            assert (step == 0) == (not np.isfinite(value))
            if step:
                at += (step - 1) // 2 if step % 2 else -(step // 2)
                assert at == round(value * 1e6)
                before = at if place == 0 else before


def test_what_ends_with_the_run_has_ended_on_its_page():
    result = run("09", requests=300)
    last = max(round(at * 1e6) for at in result.ended_s if at == at)
    assert last / 1e6 > result.end_s, "the case that is meant: the last end is rounded up"
    assert end_of(result) >= last / 1e6


def test_the_page_runs_its_own_program_alone_and_fetches_nothing(fanout):
    page = fanout.html()
    program = re.search(r'<script type="module">(.*)</script>', page, re.DOTALL).group(1)
    digest = base64.b64encode(hashlib.sha256(program.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in page
    assert "default-src 'none'" in page
    assert set(re.findall(r"https?://[\w.]+", program)) <= {"http://www.w3.org"}


def test_the_program_makes_no_markup_of_text():
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacent|document\.write|\beval\b|new Function", module()
    )


def test_the_files_of_the_program_share_no_name():
    """They are put together into one module, where a name stands once."""
    names = re.findall(r"^(?:const|let|function) (\w+)", module(), re.MULTILINE)
    assert [name for name, times in Counter(names).items() if times > 1] == []
    assert len(names) > 100
    assert len(MODULES) == len(set(MODULES))


def test_nothing_in_the_data_ends_its_element():
    text = data_text({"name": HOSTILE})
    assert not set("<>&\u2028") & set(text)
    assert json.loads(text) == {"name": HOSTILE}


def test_hostile_words_stay_words_in_the_page(fanout):
    data = {**fanout.data, "question": HOSTILE, "finding": HOSTILE}
    plan = {**data["plans"][0]}
    plan["rows"] = [{**row, "transcript": HOSTILE, "host": HOSTILE} for row in plan["rows"]]
    page = page_html({**data, "plans": [plan]})
    assert "<script>alert" not in page
    assert page.count("<script") == 2


@pytest.mark.parametrize(("plans", "rows"), [((), 1), (("lb-per-service", "single-ingress"), 2)])
def test_a_plan_or_two(plans, rows):
    found = replay(load_experiment("fanout"), plans, requests=50)
    assert len(found.data["plans"]) == rows


def test_three_plans_are_too_many():
    with pytest.raises(UsageError, match="at most twice"):
        replay(load_experiment("fanout"), ["lb-per-service"] * 3)


def test_more_requests_than_a_page_holds_are_refused_before_they_are_run():
    found = experiment(app(), traffic=[{"host": HOST, "rps": 1000, "duration_s": 3600}])
    with pytest.raises(UsageError, match="--requests"):
        replay(found)


def test_a_page_of_ten_thousand_requests_is_under_5_mb():
    page = replay(load_experiment("fanout"), requests=10_000).html()
    assert len(page.encode()) < 5e6


@pytest.mark.parametrize("name", ["fanout", "no-controller", "tls-edge"])
def test_the_transcript_is_what_the_command_prints(name, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    for plan in replay(load_experiment(name), requests=20).data["plans"]:
        for row in plan["rows"]:
            done = sim(*row["command"].split()[1:])
            assert done.out.rstrip("\n") == row["transcript"]


def test_the_command_writes_a_page(tmp_path):
    out = tmp_path / "page.html"
    done = sim("replay", "fanout", "--requests", "20", "--out", str(out))
    assert done.status == 0
    assert out.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_a_page_that_cannot_be_written_is_said(tmp_path):
    done = sim("replay", "fanout", "--requests", "20", "--out", str(tmp_path / "none" / "page.html"))
    assert done.status == 2
    assert "No such file" in done.err


def test_a_notebook_gets_a_widget_and_a_picture_for_where_none_runs(fanout):
    pytest.importorskip("anywidget", reason="the extra notebook is not installed")
    bundle = fanout._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert re.match(r'<img alt="[^"]{40,}', bundle["text/html"])


def test_without_the_extra_a_notebook_gets_the_picture(fanout, monkeypatch):
    monkeypatch.setattr("sim.report.page.replay.find_spec", lambda _: None)
    assert list(fanout._repr_mimebundle_()) == ["text/html"]


def busy_s(station: dict, until_s: float) -> float:
    """How long workers were busy, from what the page gets: as `workedUntil` of run.js."""
    ages = []
    for name in ("starts", "stops"):
        times_s = [tick / 1e6 for tick in accumulate(unpacked(station[name]))]
        ages.append(sum(until_s - t for t in times_s if t <= until_s))
    return ages[0] - ages[1]


def test_pods_are_as_busy_as_the_run_counts_them():
    """Those too whose client has given up, and those that serve when the run ends."""
    row = {"host": HOST, "rps": 20, "duration_s": 5, "timeout": "100ms", "retries": 2}
    found = replay(experiment(app(), traffic=[row], service_time={"default": {"exponential": "150ms"}}))
    plan, run = found.data["plans"][0], found.recorded.runs[0].result
    assert run.retried
    for station, record in zip(plan["stations"], run.stations, strict=True):
        share = busy_s(station, run.end_s) / run.end_s / record.spec.workers
        assert share == pytest.approx(record.utilisation, abs=1e-5)


def test_the_page_names_the_node_port_of_the_port_that_is_asked():
    found = replay(load_experiment("tls-edge"), requests=20)
    (row, *_), plan = found.data["plans"][0]["rows"], found.recorded.runs[0].plan
    key = found.data["plans"][0]["balancers"][row["destination"]]["service"]
    asked = {port.number: port.node_port for port in plan.cluster.services[key].ports}
    assert row["request"].startswith("GET https://")
    assert row["port"] == asked[443] != asked[80]


def test_the_finding_counts_each_reason():
    from sim.report.page.replay import _reasons

    failed = {"answered-by-proxy 502": 16, "reset": 3, "timeout": 30}
    told = ": 30 × timed out, 16 × 502, 3 × cut off"
    assert _reasons(failed, ()) == told
    assert _reasons({"answered-by-proxy 502": 16}, ()) == " with 502: it knocked and was refused"
    assert _reasons({"dns-no-record": 9}, ()) == ": the name has no address"


def test_a_page_knows_the_lives_of_pods_and_who_ended_what_they_failed():
    found = replay("bad-day", ["lb-per-service"])
    result, life = found.recorded.runs[0].result, found.data["plans"][0]["life"]
    assert set(life["pods"]) == {str(number) for number in result.lives}
    for number, (created, ready, deleted, closes, gone, breaks) in life["pods"].items():
        moments = result.lives[int(number)]
        wanted = (moments.created_s, moments.ready_s, moments.deleted_s, moments.closes_s)
        assert [created, ready, deleted, closes] == [round(m, 6) if abs(m) < 1e9 else None for m in wanted]
        assert (gone is None) == (deleted is None)
        assert breaks == []
    lost = dict(lost_requests(result))
    blamed = {n for n, failure in lost.items() if failure.pod}
    assert {int(n) for n in life["lost"]} == blamed
    for n, one in life["lost"].items():
        assert one["by"] == {"Pod": "pod", "node": "node", "controller": "controller"}[lost[int(n)].author]
        assert result.lives[one["station"]].key == lost[int(n)].pod
        assert one["why"].startswith(lost[int(n)].pod.partition("/")[2])
    failed = [at for pod in life["stopped"] for sender in pod["senders"] for at in sender["failed"]]
    assert sorted(failed) == sorted(round(lost[n].at_s, 6) for n in blamed)


def test_a_page_without_events_has_none_of_that(fanout):
    assert "life" not in fanout.data["plans"][0]

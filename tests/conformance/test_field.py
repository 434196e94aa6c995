"""How a case of the field is read: what holds, what does not, and what nobody understands."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conformance.field import Done, _failures, differences, shares

ANSWER = {
    "final": {
        "state": "redirected",
        "fix": None,
        "outcomes": [{"status": 500, "p": 0.1}, {"status": None, "p": "0.9"}],
    }
}
DONE = [
    Done(1, json.dumps(ANSWER), "sim: a word\n  on two lines", Path()),
    Done(0, json.dumps(ANSWER | {"final": {"state": "delivered"}}), "", Path()),
    Done("time limit", "", "", Path()),
]

HOLDS = [
    {"exit": 1},
    {"exit": [0, 1]},
    {"exit_not": 2},
    {"run": 1, "exit": 0},
    {"in": "stderr", "has": "word on two"},
    {"in": "both", "has": "redirected"},
    {"lacks": "word"},
    {"in": "stderr", "re": "word on t"},
    {"not_re": "500 , "},
    {"json": "final.state", "is": "redirected"},
    {"json": "final.state", "is_not": "delivered"},
    {"json": "final.outcomes.*.status", "is": 500},
    {"json": "final.outcomes.status=500.p", "near": 0.1},
    {"json": "final.outcomes.1.p", "near": 0.91, "within": 0.02},
    {"json": "final.outcomes.-1.p", "near": {"run": 0, "json": "final.outcomes.1.p"}},
    {"json": "final.outcomes", "min_len": 2},
    {"json": "final.outcomes", "max_len": 2},
    {"json": "final.fix", "absent": True},
    {"json": "final.nothing", "absent": True},
    {"json": "final.state", "present": True},
    {"json": "final.state", "one_of": ["redirected"]},
    {"json": "final", "has": '"status": 500'},
    {"json": "final.state", "re": "^redir"},
    {"json": "final.state", "not_re": "time"},
    {"any": [{"exit": 3}, {"run": 1, "exit": 0}]},
    {"run": 1, "all": [{"exit": 0}, {"json": "final.state", "is": "delivered"}]},
]
FAILS = [
    {"exit": 0},
    {"exit_not": [1, 2]},
    {"has": "word"},
    {"in": "stderr", "lacks": "aword"},
    {"json": "final.state", "same_as": 1},
    {"json": "final.nothing", "is_not": "delivered"},
    {"json": "final.fix", "present": True},
    {"json": "final.outcomes.*.status", "lacks": "500"},
    {"json": "final.outcomes.*.p", "near": 0.5},
    {"json": "final.outcomes", "min_len": 3},
    {"run": 2, "lacks": "anything"},
    {"run": 2, "json": "final", "absent": True},
    {"any": [{"exit": 3}, {"exit": 0}]},
    {"all": [{"exit": 1}, {"exit": 0}]},
    {"surprise": 1},
    {"exit": 1, "surprise": 1},
    {"json": "final.state", "is": "redirected", "surprise": 1},
    {"json": "final.state"},
]


@pytest.mark.parametrize("check", HOLDS, ids=str)
def test_what_holds_is_silent(check):
    assert list(_failures([check], DONE)) == []


@pytest.mark.parametrize("check", FAILS, ids=str)
def test_what_does_not_hold_is_one_reason(check):
    assert len(list(_failures([check], DONE))) == 1


@pytest.mark.parametrize(
    "text", ["10 %", "10%", "10.0 percent", "a share of 0.1", "1/10", "1 of 10", "2 of 20", "10 of 100"]
)
def test_a_share_stands_in_any_usual_form(text):
    assert shares(text, 0.1)


@pytest.mark.parametrize("text", ["110 %", "10", "0.15", "1/100", "11/10", "0.1.2", "1 of 3"])
def test_another_number_is_no_share(text):
    assert not shares(text, 0.1)


CASE = (
    "run: [[inspect, -f, a.yaml], ['@python', -c, 'print(12)']]\nexpect: [{exit: %s}, {run: 1, has: '12'}]\n"
)


@pytest.mark.parametrize(
    ("asked", "word"), [(CASE % 0, None), (CASE % 2, "exit is 0"), (CASE % 0 + "surprise: 1\n", "surprise")]
)
def test_a_folder_is_run_in_a_copy(tmp_path, asked, word):
    (tmp_path / "a.yaml").write_text("apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n")
    (tmp_path / "case.yaml").write_text(asked)
    reason = differences(tmp_path)
    assert (reason is None) if word is None else (word in reason)

"""The runner of the life tables takes no word that it does not know, and no figure that is not ours."""

from __future__ import annotations

import pytest
from conformance.adapters import LIFE
from conformance.life_tables import difference

KILL = {"id": "k", "rule": "kill", "in": {"exit_after": 3}, "out": {"exit_at": 3}}
FACT = {
    "id": "kube-proxy-sync",
    "rule": "fact",
    "in": {"what": "x"},
    "out": {"typical": 30, "range": [30, 30], "unit": "s"},
}


def said(case, table="termination"):
    return difference(case, LIFE[table])


def test_a_case_that_holds_says_nothing():
    assert said(KILL) is None
    assert said(FACT, "propagation") is None


@pytest.mark.parametrize(
    ("case", "words"),
    [
        (KILL | {"rule": "kil"}, "unknown rule 'kil'"),
        (KILL | {"in": {"exit_after": 3, "surprise": 1}}, "unknown key 'surprise'"),
        (KILL | {"surprise": 1}, "unknown key 'surprise'"),
        (KILL | {"out": {"exit_at": 4}}, "exit_at: expected 4, got 3"),
        (KILL | {"out": {"surprise": 3}}, "surprise: expected 3, got nothing"),
        (FACT | {"out": FACT["out"] | {"typical": 31, "range": [31, 31]}}, "typical: expected 31, got 30"),
        (FACT | {"out": FACT["out"] | {"unit": "ms"}}, "unit: expected ms, got s"),
        (FACT | {"id": "unheard-of"}, "typical: expected 30, got nothing"),
    ],
)
def test_a_case_that_does_not_hold_says_why(case, words):
    assert words in said(case)

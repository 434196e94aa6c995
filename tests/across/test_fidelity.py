"""The page of fidelity is its record, the record comes from runs, and no check is counted twice."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from copy import deepcopy
from pathlib import Path

import pytest
import records
from benchmarks.choosing_cost import METHODS, SIZES, figure
from benchmarks.performance_page import FIGURES
from conformance.adapters import all_cases
from fidelity.areas import AREAS, GROUPS, areas_of
from fidelity.page import page
from fidelity.programs import PROGRAMS

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", records.PAGES)
def test_a_page_is_what_its_record_says(name):
    written = records.page(name).read_text(encoding="utf-8")
    assert written == records.PAGES[name](records.record(name)), "python tests/records.py writes it anew"


def test_every_figure_on_record_is_on_the_page_and_no_other():
    known, found = (
        {key for figures in FIGURES.values() for key in figures},
        records.record("performance")["figures"],
    )
    of_choices = {figure(name, key) for name in METHODS for key in (*map(str, SIZES), "scans")}
    assert set(found) - of_choices == known
    assert any(key in of_choices for key in found)


def test_every_area_is_on_record_and_no_other():
    assert list(records.record("fidelity")["areas"]) == list(AREAS)
    assert {area.group for area in AREAS.values()} == set(GROUPS)
    assert {program for area in AREAS.values() for program in area.programs} <= set(PROGRAMS)


def test_every_case_of_the_tables_belongs_to_one_area():
    cases = [
        f"tests/conformance/test_cases.py::test_case[{file}::{case.id}]"
        for file, case in all_cases(ROOT / "tests/conformance/cases")
    ]
    assert Counter(len(areas_of(case)) for case in cases) == {1: len(cases)}


@pytest.mark.parametrize(
    ("test", "area"),
    [
        ("tests/across/test_kernel.py::test_a_kernel_with_the_printed_rules_does_what_the_trace_says[iptables-7]", "kernel-iptables"),
        ("tests/across/test_kernel.py::test_sctp_goes_where_the_trace_says[nftables]", "kernel-nftables"),
        ("tests/across/test_kernel.py::test_every_type_policy_and_exception_is_tried_at_least_three_times[iptables]", None),
        ("tests/across/test_live_proxies.py::test_envoy_configured_as_by_envoy_gateway_answers_as_predicted", "envoy-gateway"),
        ("tests/across/test_validation_live.py::test_what_the_schemas_refuse_we_refuse[real files]", None),
        ("tests/cli/test_cli.py::test_exit_status[delivered]", None),
    ],
)  # fmt: skip
def test_a_test_belongs_where_its_truth_comes_from(test, area):
    assert areas_of(test) == ([area] if area else [])


def test_a_run_is_put_on_record(tmp_path):
    file = tmp_path / "record.json"
    subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--fidelity", str(file),
         "tests/simulation/test_engines.py", "tests/conformance", "-k", "t_quantiles or (balancing and not field)"],
        cwd=ROOT, capture_output=True, timeout=300, check=True,
    )  # fmt: skip
    areas = json.loads(file.read_text())["areas"]
    assert areas["quantiles"] == {"passed": 5}
    assert areas["recorded-nginx"]["passed"] > 20
    assert sum(sum(v for v in ended.values() if isinstance(v, int)) for ended in areas.values()) == 5 + 84


def test_whatever_did_not_hold_is_said():
    worse = deepcopy(records.record("fidelity"))
    worse["areas"]["bills"] |= {"failed": 2, "skipped": 1, "skipped_because": {"no scales here": 1}}
    worse["doubted"] = ["tls-9 the certificate is another one"]
    shown = page(worse)
    assert "- Monthly bills, line by line: 2\n" in shown
    assert "- Monthly bills, line by line: 1, for no scales here\n" in shown
    assert "- `tls-9`: the certificate is another one\n" in shown


def test_no_record_names_a_machine_or_a_folder():
    for name in records.PAGES:
        assert "/" not in json.dumps(records.record(name)).replace("sim.", "").replace("/1", "")

"""The conformance runner is tested itself: what must fail does, what must pass does."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

HERE = Path(__file__).parents[1]
CASES = HERE / "conformance" / "cases"


def run(folder: Path) -> tuple[int, str]:
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:xdist",
        "conformance/test_cases.py",
        "--cases",
        str(folder),
    ]
    done = subprocess.run(command, cwd=HERE, capture_output=True, text=True, timeout=300, check=False)
    return done.returncode, done.stdout


@pytest.fixture
def tables(tmp_path):
    (tmp_path / "routing").mkdir()
    (tmp_path / "cost").mkdir()
    shutil.copy(CASES / "routing" / "hosts.yaml", tmp_path / "routing")
    shutil.copy(CASES / "routing" / "FORMAT.md", tmp_path / "routing")
    shutil.copy(CASES / "cost" / "bills.yaml", tmp_path / "cost")
    return tmp_path


def replace(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))


def test_an_untouched_copy_passes(tables):
    status, shown = run(tables)
    assert status == 0, shown
    assert " passed" in shown


def test_one_changed_expectation_fails_and_is_said_in_one_line(tables):
    replace(tables / "routing" / "hosts.yaml", "backend: 'shop/exact:80'", "backend: 'shop/wild:80'")
    status, shown = run(tables)
    assert status == 1
    assert "host-prec-1: backend: expected 'shop/wild:80', got 'shop/exact:80'" in shown
    assert "1 failed" in shown


def test_one_changed_amount_fails(tables):
    replace(tables / "cost" / "bills.yaml", "total: '27.44'", "total: '27.43'")
    status, shown = run(tables)
    assert status == 1
    assert "aws-nlb-1-low-lb-per-service" in shown


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        pytest.param("- id: host-prec-1", "- surprise: 1\n  id: host-prec-1", "surprise", id="in a case"),
        pytest.param(
            "implementation: nginx", "implementation: nginx\nsurprise: 1", "surprise", id="in a document"
        ),
        pytest.param(
            "rule: 'shop/hosts rules[0]",
            "surprise: 1, rule: 'shop/hosts rules[0]",
            "surprise",
            id="in an expectation",
        ),
    ],
)
def test_one_unknown_key_fails(tables, old, new, word):
    replace(tables / "routing" / "hosts.yaml", old, new)
    status, shown = run(tables)
    assert status == 1
    assert word in shown


@pytest.mark.parametrize("name", ["routing/notes.txt", "elsewhere/hosts.yaml", "notes.yaml"])
def test_an_unknown_file_fails(tables, name):
    file = tables / name
    file.parent.mkdir(exist_ok=True)
    file.write_text("cases: []\n")
    assert run(tables)[0] == 1


def test_a_file_without_cases_fails(tables):
    (tables / "routing" / "hosts.yaml").write_text("")
    assert run(tables)[0] == 1


def test_an_empty_folder_fails(tmp_path):
    status, shown = run(tmp_path)
    assert status == 1
    assert "no case at all" in shown


def test_nothing_is_pending_or_doubted_where_a_folder_is_given(tmp_path):
    (tmp_path / "balancing").mkdir()
    shutil.copy(CASES / "balancing" / "envoy-outlier.yaml", tmp_path / "balancing")
    assert run(tmp_path)[0] == 1

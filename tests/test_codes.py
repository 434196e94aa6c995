"""Every code that is said has a page, and every page is whole."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from sim.analysis.codes import CODES
from sim.report.text.pages import code_page

SIM = Path(__file__).parents[1] / "sim"


def test_every_code_that_is_said_has_a_page():
    said = {code for file in SIM.rglob("*.py") for code in re.findall(r"SIM\d{4}", file.read_text())}
    assert said - {"SIM1234"} <= set(CODES)


def test_no_code_has_two_pages():
    pages = [
        c
        for file in (SIM / "codes").glob("*.py")
        for c in re.findall(r'^\s+"(SIM\d{4})",$', file.read_text(), re.M)
    ]
    assert [code for code, count in Counter(pages).items() if count > 1] == []
    assert set(pages) == set(CODES)


@pytest.mark.parametrize("code", sorted(CODES))
def test_a_page_has_all_its_parts_and_fits(code):
    page = CODES[code]
    assert page.code == code
    assert all((page.title, page.what, page.why, page.see, page.mend))
    prose = [
        line.plain
        for line in code_page(page)
        if not line.plain.strip().startswith(("kubectl", "curl", "helm", "sudo", "dig", "openssl"))
    ]
    assert max(len(line) for line in prose) <= 80

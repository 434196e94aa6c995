"""Every code that is said has a page, and every page is whole."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sim.analysis.codes import CODES, parsed
from sim.report.text.pages import code_page

SIM = Path(__file__).parents[2] / "sim"


def test_every_code_that_is_said_has_a_page():
    said = {code for file in SIM.rglob("*.py") for code in re.findall(r"SIM\d{4}", file.read_text())}
    assert said - {"SIM1234"} <= set(CODES)


def test_a_page_that_lacks_a_part_or_has_one_under_another_name_is_refused():
    whole = (SIM / "analysis" / "codes" / "pages" / "SIM2003.txt").read_text()
    assert parsed(whole) == CODES["SIM2003"]
    with pytest.raises(ValueError, match="parts of 'SIM2003"):
        parsed(whole.replace("\nwhy\n", "\nreason\n"))
    with pytest.raises(ValueError, match="parts of 'SIM2003"):
        parsed(whole[: whole.index("\n\nmend")])
    with pytest.raises(ValueError, match="shorter"):
        parsed(whole.replace("\n\nsee\n", "\n\nsee\n\n"))


def test_a_name_that_leaves_the_folder_is_no_code():
    assert "../__init__" not in CODES
    with pytest.raises(KeyError):
        CODES["SIM9999"]


def test_one_page_is_read_without_the_others(monkeypatch):
    read = []
    original = Path.read_text
    monkeypatch.setattr(
        Path, "read_text", lambda self, *a, **k: read.append(self.name) or original(self, *a, **k)
    )
    assert CODES["SIM2003"].title
    assert read == ["SIM2003.txt"]


def test_what_is_printed_is_the_file():
    for code, page in CODES.items():
        printed = "".join(f"{line.plain}\n" for line in code_page(page))
        assert printed == (SIM / "analysis" / "codes" / "pages" / f"{code}.txt").read_text(), code


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

"""Each end and note of a request's way has manifests and a request that make it, and near twins that do not."""

from __future__ import annotations

import json
import re
import shlex
from contextlib import chdir
from pathlib import Path

import pytest
from command import sim
from ends_pairs import ENDS, End

SIM = Path(__file__).parents[2] / "sim"


def test_every_code_that_is_said_of_a_request_has_a_pair():
    rooms = [file for file in SIM.rglob("*.py") if "codes" not in file.parts]
    said = {code for file in rooms for code in re.findall(r"SIM2\d{3}", file.read_text("utf-8"))}
    assert {end.code for end in ENDS} == said


def codes(files: dict[str, str], command: str) -> set[str]:
    """All codes that the trace of a command says, of its ends and its notes."""
    for name, text in files.items():
        Path(name).write_text(text, encoding="utf-8")
    done = sim(*shlex.split(command)[1:], "-o", "json")
    assert done.status in (0, 1), done.err
    found = json.loads(done.out)
    traces = found if isinstance(found, list) else [found]
    return {code for t in traces for code in (t["final"]["code"], *(note["code"] for note in t["notes"]))}


@pytest.mark.parametrize("end", [pytest.param(end, id=end.id) for end in ENDS])
def test_the_fault_is_said_and_its_twin_has_none(end: End, tmp_path):
    with chdir(tmp_path):
        assert end.code in codes(*end.wrong)
        assert end.code not in codes(*end.right)

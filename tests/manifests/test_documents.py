"""The written documents hold: links lead somewhere, commands run and print what stands there, names exist."""

from __future__ import annotations

import importlib
import re
import subprocess
from pathlib import Path

import pytest
from command import width
from pages import ANY, BLOCK, DOCS, ROOT, commands, run
from website import scenario_keys

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *DOCS]
WITH_COMMANDS = [page for page in DOCS if commands(page.read_text())]
LINK = re.compile(r"\]\(([^)\s]+)\)")
PICTURE = re.compile(r'\bsrc(?:set)?="([^"]+)"')
MODULE = re.compile(r"`(sim(?:\.\w+)+)(?![\w/])")
FILE = re.compile(r"`((?:sim|docs|tests|scenarios)/[\w./-]+)`")
EXAMPLES = ("scenarios/NAME", "sim/costs/prices/NAME.yaml", "docs/schemas/NAME.json")
"""Names that stand for any name."""


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def later(page: Path) -> object:
    """A page whose commands take most of a minute comes with what is slow."""
    return pytest.param(page, marks=pytest.mark.slow) if page.name == "compare.md" else page


def fits(wanted: tuple[str, ...], got: list[str]) -> bool:
    """Whether lines are as shown; a line with the mark of omission stands for any number of them."""
    if not wanted:
        return not got
    if wanted[0] == ANY:
        return any(fits(wanted[1:], got[n:]) for n in range(len(got) + 1))
    return bool(got) and wanted[0] == got[0] and fits(wanted[1:], got[1:])


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_relative_link_resolves(page):
    text = BLOCK.sub("", page.read_text())
    links = [link for link in (*LINK.findall(text), *PICTURE.findall(text)) if "://" not in link]
    dead = [link for link in links if not (page.parent / link.partition("#")[0]).exists()]
    assert dead == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_anchor_is_a_heading(page):
    for link in LINK.findall(BLOCK.sub("", page.read_text())):
        path, hash_mark, anchor = link.partition("#")
        if hash_mark and "://" not in link:
            there = page.parent / path if path else page
            headings = re.findall(r"^#+ (.+)$", there.read_text(), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w -]", "", h.lower()).replace(" ", "-") for h in headings}


@pytest.mark.parametrize("page", [later(page) for page in WITH_COMMANDS], ids=name_of)
def test_every_command_runs_and_prints_what_stands_there(page, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    for shown in run(page):
        assert shown.done.status in (0, 1), f"{shown.command}\n{shown.done.err}"
        assert shown.done.out.startswith("{") or max(map(width, shown.got), default=0) <= 80, shown.command
        same = fits(shown.lines, shown.got) if shown.lines else True
        assert same, (
            f"{name_of(page)}: {shown.command} prints otherwise now (python tests/pages.py):\n{shown.done.out}"
        )


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_name_of_a_module_or_of_something_in_one_exists(page):
    unknown = [name for name in MODULE.findall(page.read_text()) if not exists(name)]
    assert unknown == []


def exists(name: str) -> bool:
    """Whether a dotted name is a module, or an attribute of one, or of a class in one."""
    parts = name.split(".")
    for cut in range(len(parts), 0, -1):
        try:
            found: object = importlib.import_module(".".join(parts[:cut]))
        except ModuleNotFoundError:
            continue
        for part in parts[cut:]:
            fields = getattr(found, "__dataclass_fields__", None) or getattr(found, "model_fields", {})
            if not hasattr(found, part) and part not in fields:
                return False
            found = getattr(found, part, None)
        return True
    return False


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_file_that_is_named_exists(page):
    named = FILE.findall(BLOCK.sub("", page.read_text()))
    assert [name for name in named if not_there(name)] == []


def not_there(name: str) -> bool:
    """Whether a file is missing; what is built from others need not be there."""
    return not (name in EXAMPLES or name.startswith("docs/_build/") or (ROOT / name).exists())


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("sim.routing.proxies.NAMES", True),
        ("sim.simulation.design.Flow.nodes", True),
        ("sim.scenario.TrafficRow.think", True),
        ("sim.routing.proxies.NOTHING", False),
        ("sim.nothing", False),
    ],
)
def test_names_are_looked_up(name, known):
    assert exists(name) is known


@pytest.mark.parametrize(
    ("wanted", "got", "held"),
    [
        (("a", ANY, "d"), ["a", "b", "c", "d"], True),
        (("a", ANY), ["a"], True),
        (("a",), ["a", "b"], False),
        ((ANY, "c"), ["a", "b"], False),
    ],
)
def test_output_is_compared_line_by_line(wanted, got, held):
    assert fits(wanted, got) is held


def test_the_documents_are_there():
    assert {"index", "design", "model", "glossary", "adding", "prices"} <= {page.stem for page in DOCS}
    assert {name_of(page) for page in WITH_COMMANDS} >= {
        f"docs/how-to/{n}.md" for n in ("ci", "price", "compare", "sweep")
    }


def test_the_page_of_the_scenario_file_names_every_key_and_no_other():
    text = (ROOT / "docs" / "scenario.md").read_text(encoding="utf-8")
    for head, model in scenario_keys.MODELS.items():
        part = text.split(f"\n## {head}\n")[1].split("\n## ")[0]
        assert set(re.findall(r"^\| `(\w+)` \|", part, re.MULTILINE)) == set(model.model_fields), head


def test_ci_runs_the_test_command_that_a_user_copies() -> None:
    chosen = next(line for line in (ROOT / ".ci/run").read_text().splitlines() if line.startswith("block="))
    done = subprocess.run(
        ["bash", "-c", f'{chosen}\nprintf %s "$block"'], cwd=ROOT, capture_output=True, text=True, check=True
    )
    copied = [
        line
        for line in (ROOT / "README.md").read_text().splitlines()
        if "pytest" in line and "pip install" in line
    ]
    assert [done.stdout] == copied

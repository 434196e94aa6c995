"""The shipped scenarios as a page: what each shows, in the words of its file, and all its files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sim.scenario.experiment import lesson_names, load_experiment, shipped_scenarios
from website import live
from website.examples import ROOT, fenced, plain

INTRO = """\
# Shipped scenarios

Each can be named wherever a scenario is asked for: `sim run NAME`, `sim compare NAME`, `sim replay NAME`.
What each key means: [the scenario file](../scenario.md).
"""


def page() -> str:
    """The page of all scenarios."""
    found = shipped_scenarios()
    return "\n".join((INTRO, *(piece for name in sorted(found) for piece in _section(name, found[name]))))


def _section(name: str, file: Path) -> Iterator[str]:
    question = plain(load_experiment(name).scenario.question or "")
    yield f"## {name}\n\n**{question}** {_said(name, file)}\n\nLive page: {live.links(name, 'reference')}\n"
    folder = ROOT / "scenarios" / name
    yield f"<details><summary>The files of {name}</summary>\n"
    for one in [file, *sorted(folder.rglob("manifests/**/*.yaml"))]:
        yield f"`{one.relative_to(folder.parent) if folder in one.parents else one.name}`\n"
        yield fenced("yaml", one.read_text("utf-8"))
    yield "</details>\n"


def _said(name: str, file: Path) -> str:
    """What the head of the file says; of a lesson nothing, for it answers the question."""
    if name in lesson_names():
        return "A lesson: predict first."
    lines = [
        line.removeprefix("# ") for line in file.read_text("utf-8").splitlines() if line.startswith("# ")
    ]
    return plain(" ".join(lines[:2]))

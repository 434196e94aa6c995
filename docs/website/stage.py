"""The folder that Sphinx reads: pages that are written and pages that are generated, each at its address."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from website import (
    codes,
    commands,
    links,
    notebooks,
    pictures,
    python_api,
    scenario_keys,
    scenarios,
    schemas,
    structure,
)
from website.examples import ROOT, workplace

DOCS = ROOT / "docs"
COPIED = (".png", ".svg", ".json")


def written() -> dict[str, str]:
    """The written pages, by their paths in the staged folder."""
    sources = [page for page in DOCS.rglob("*.md") if "_build" not in page.parts]
    sources += [ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"]
    names = {source: source.relative_to(ROOT).as_posix() for source in sorted(sources)}
    return {
        links.place(name): links.for_site(pictures.for_site(source.read_text("utf-8")), name)
        for source, name in names.items()
    }


def copied() -> dict[str, bytes]:
    """Pictures and schemas."""
    files = [f for f in DOCS.rglob("*") if f.suffix in COPIED and "_build" not in f.parts]
    return {file.relative_to(DOCS).as_posix(): file.read_bytes() for file in sorted(files)}


def generated() -> Iterator[tuple[str, str]]:
    """(path, text) of the pages that the code says itself."""
    yield from notebooks.pages()
    with workplace(commands.FILES):
        yield "reference/commands.md", commands.page()
    yield from codes.pages()
    yield "reference/python.md", python_api.page()
    yield "reference/scenarios.md", scenarios.page()
    yield from _schema_pages()


def _schema_pages() -> Iterator[tuple[str, str]]:
    files = [file.relative_to(DOCS) for file in sorted((DOCS / "schemas").rglob("*.json"))]
    for file in files:
        text = schemas.page(json.loads((DOCS / file).read_text("utf-8")), f"../../{file.as_posix()}")
        yield f"reference/schemas/{file.stem}.md", text
    listed = structure.tree([f"schemas/{file.stem}" for file in files], visible=True)
    yield "reference/schemas.md", f"{schemas.INTRO}\n{listed}"


def pages() -> dict[str, bytes]:
    """Everything that is staged, by path."""
    found = written() | dict(generated())
    names = [path.rpartition(".")[0] for path in found]
    trees = (structure.tree(shown, title) for title, shown in structure.parts(names).items() if shown)
    found["index.md"] = "\n".join((found["index.md"], *trees))
    found["scenario.md"] = scenario_keys.with_types(found["scenario.md"])
    return {path: text.encode() for path, text in found.items()} | copied()


def stage(folder: Path) -> None:
    """Write the folder anew; what has not changed keeps its time, so that Sphinx does not read it again."""
    new = pages()
    for old in [file for file in folder.rglob("*") if file.is_file()]:
        if old.relative_to(folder).as_posix() not in new:
            old.unlink()
    for path, body in new.items():
        file = folder / path
        if not file.is_file() or file.read_bytes() != body:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(body)

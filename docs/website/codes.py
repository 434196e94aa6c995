"""A page per message code: what `sim explain` says, and manifests with the fault and without it.

The manifests are the pairs that the tests hold to be so: tests/findings_pairs.py and tests/ends_pairs.py.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ends_pairs import ENDS
from findings_pairs import PAIRS

from sim.analysis.codes import CODES, Code
from website import structure
from website.examples import fenced, plain, run, workplace

INTRO = """\
# Message codes

What `sim inspect` finds and where a request ends has a code, and each code has a page: what it means, how to
see it on a cluster, how to mend it, and an example. `sim explain SIM2003` shows the first three without a
browser.
"""
GROUPS = {
    "SIM10": "Reading files",
    "SIM1": "Objects that do not fit together",
    "SIM2": "Ends and notes of a request's way",
}
_END = ("● ", "✕ ", "◆ ", "○ ")
"""How the line begins that says where a request ends."""


@dataclass(frozen=True)
class Example:
    """Files and the command that says the code on them; the same without the fault."""

    name: str
    broken: Mapping[str, str]
    asked: str
    sound: Mapping[str, str]
    asked_then: str


def examples() -> dict[str, Example]:
    """The first example of each code that has one."""
    found: dict[str, Example] = {}
    for pair in PAIRS:
        asked = f"sim inspect {'-k .' if 'kustomization.yaml' in pair.broken else '-f a.yaml'}"
        found.setdefault(pair.code, Example(pair.name, pair.broken, asked, pair.sound, asked))
    for end in ENDS:
        (broken, asked), (sound, then) = end.wrong, end.right
        found.setdefault(end.code, Example(end.name, broken, asked, sound, then))
    return found


def pages() -> Iterator[tuple[str, str]]:
    """(path, text) of every code's page, and of the one that lists them."""
    found = examples()
    for code in CODES.values():
        yield f"codes/{code.code}.md", page(code, found.get(code.code))
    yield "codes/index.md", INTRO + "\n" + "\n".join(_groups())


def _groups() -> Iterator[str]:
    for prefix, title in GROUPS.items():
        names = [code for code in sorted(CODES) if _group(code) == prefix]
        yield f"## {title}\n\n{structure.tree(names, visible=True)}"


def _group(code: str) -> str:
    return next(prefix for prefix in GROUPS if code.startswith(prefix))


def page(code: Code, example: Example | None) -> str:
    """The page of one code."""
    parts = (
        f"# {code.code}: {plain(code.title)}\n",
        f"{plain(code.what)}\n",
        f"## Why it happens\n\n{plain(code.why)}\n",
        f"## See it on a cluster\n\n{fenced('sh', code.see)}",
        f"## Mend it\n\n{plain(code.mend)}\n",
    )
    return "\n".join((*parts, *(_example(code.code, example) if example else ())))


def _example(code: str, example: Example) -> Iterator[str]:
    yield f"## For example: {example.name}\n"
    with workplace(example.broken):
        out = run(example.asked).out
    yield fenced("console", f"$ {example.asked}\n{_findings(out, code)}")
    if example.broken == example.sound:
        yield "The manifests are sound; another request is served:\n"
    else:
        yield "The change that mends it, and what comes out then:\n"
        yield fenced("diff", difference(example.broken, example.sound))
    with workplace(example.sound):
        then = run(example.asked_then).out
    yield fenced("console", f"$ {example.asked_then}\n{_end(then)}")
    for name, text in example.broken.items():
        language = "text" if code.startswith("SIM10") else "yaml"  # no YAML at all, often
        yield f"<details><summary>The whole of {name}, with the fault</summary>\n"
        yield fenced(language, _visible(text))
        yield "</details>\n"


def _findings(out: str, code: str) -> str:
    """What `sim inspect` says of a code; what `sim trace` says is shown whole."""
    lines = out.rstrip().splitlines()
    first = next((n for n, line in enumerate(lines) if code in line and line[0] != " "), None)
    if first is None:
        return "\n".join(lines)
    last = next((n for n, line in enumerate(lines) if n > first and not line.startswith("  ")), len(lines))
    return "\n".join(("…", *lines[first:last], "…"))


def _end(out: str) -> str:
    """The line that says how a request ends, or that the findings are none or others."""
    said = [line for line in out.splitlines() if line.startswith((*_END, "Findings"))]
    return "\n".join(("…", *said[:1], "…")) if said else f"…\n{out.rstrip().splitlines()[-1]}"


def difference(old: Mapping[str, str], new: Mapping[str, str]) -> str:
    """The change of a set of files, in the form of `diff -u`."""
    lines: list[str] = []
    for name in sorted({*old, *new}):
        before, after = (_visible(files.get(name, "")).splitlines() for files in (old, new))
        lines += difflib.unified_diff(before, after, name, name, lineterm="")
    return "\n".join(lines)


def _visible(text: str) -> str:
    """The text with control characters spelt out: a page cannot hold them."""
    return "".join(
        letter if letter.isprintable() or letter in "\n\t" else f"\\x{ord(letter):02x}" for letter in text
    )

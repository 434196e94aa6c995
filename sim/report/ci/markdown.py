"""Markdown, for a comment on a merge request or the summary of a job."""

import re
from collections.abc import Iterator

from sim.report.ci.remarks import Remark, Report

MOST_ROWS = 100
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~!@])")


def markdown(report: Report) -> str:
    """The outcome, and a table of what to look at, the worst first."""
    return "\n".join([f"### {report.command}: {_escaped(report.summary)}", *_table(report)]) + "\n"


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
    title = f"**{_escaped(remark.title)}**: " if remark.title != remark.rule else ""
    cells = (remark.level, f"{title}{_escaped(remark.message)}", _code(remark.source), _escaped(remark.fix))
    return f"| {' | '.join(cells)} |"


def _escaped(text: str) -> str:
    """Text that stays text: no markup, no new row, no mention of anybody."""
    return _SPECIAL.sub(r"\\\1", text).replace("\n", "<br>")


def _code(text: str | None) -> str:
    return f"`{text.replace('`', chr(39)).replace('|', chr(92) + '|').splitlines()[0]}`" if text else ""

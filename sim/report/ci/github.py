"""Annotations for GitHub's workflows: `::error file=…,line=…,col=…,title=…::message`.

Source: GitHub, "Workflow commands for GitHub Actions"; percent and line ends are escaped, in properties also
colon and comma.
"""

from collections.abc import Iterator

from sim.manifests.decoding import printable, printable_lines
from sim.report.ci.remarks import Remark, Report, place

_KINDS = {"error": "error", "warning": "warning", "note": "notice"}
_TEXT = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_PROPERTY = _TEXT | str.maketrans({":": "%3A", ",": "%2C"})


def github_lines(report: Report) -> Iterator[str]:
    """A workflow command for each remark, at its line."""
    return map(_command, report.remarks)


def _command(remark: Remark) -> str:
    file, line, column = place(remark.source)
    given = {"file": file, "line": line, "col": column, "title": remark.title}
    properties = {name: printable(str(value)).translate(_PROPERTY) for name, value in given.items() if value}
    shown = ",".join(f"{name}={value}" for name, value in properties.items())
    return f"::{_KINDS[remark.level]} {shown}::{printable_lines(remark.text).translate(_TEXT)}"

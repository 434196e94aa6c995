"""SARIF 2.1.0 (OASIS, Static Analysis Results Interchange Format), which code hosts show beside the lines."""

import json
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from sim import __version__
from sim.analysis.codes import CODES
from sim.report.ci.remarks import Remark, Report, place

_TITLES = {
    "expectation": "A request is not answered as expected",
    "unreachable-rule": "No request reaches a rule",
    "difference": "Two sides answer a request differently",
    "not-modelled": "What is not modelled may change an answer",
}


def sarif(report: Report) -> str:
    """One run of one tool; a rule for each kind of remark."""
    kinds = list(dict.fromkeys(remark.rule for remark in report.remarks))
    driver = {"name": report.command, "version": __version__, "rules": [_rule(kind) for kind in kinds]}
    results = [_result(remark, kinds.index(remark.rule)) for remark in report.remarks]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    whole = {"version": "2.1.0", "runs": [run]}
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def _rule(kind: str) -> dict[str, Any]:
    page = CODES.get(kind)
    title = page.title if page else _TITLES[kind]
    more = {"help": {"text": f"sim explain {kind}"}} if page else {}
    return {"id": kind, "shortDescription": {"text": title}, **more}


def _result(remark: Remark, rule: int) -> dict[str, Any]:
    file, line, column = place(remark.source)
    shown = {
        "ruleId": remark.rule,
        "ruleIndex": rule,
        "level": remark.level,
        "message": {"text": remark.text},
    }
    if not file or file == "-":
        return shown
    region = {"startLine": line} | ({"startColumn": column} if column else {})
    where = {"artifactLocation": {"uri": quote(PurePath(file).as_posix())}, "region": region}
    return {**shown, "locations": [{"physicalLocation": where}]}

"""JUnit XML, as Jenkins and GitLab read it: testsuites, testsuite, testcase, failure, system-out."""

import re
from xml.etree import ElementTree

from sim.report.ci.remarks import Report, Tried, place

_HARMLESS = (
    "\t\n\r\u0020-\u007e\u00a0-\u200d\u2010-\u2027\u202f-\u2065\u206a-\ud7ff"
    "\ue000-\ufffd\U00010000-\U0010ffff"
)
_HARMFUL = re.compile(f"[^{_HARMLESS}]")
"""What no XML document may hold, and what turns the writing around."""


def junit(report: Report) -> str:
    """The cases as a test suite: an error fails its case, a lesser remark is the case's output."""
    failed = sum(case.remark is not None and case.remark.level == "error" for case in report.cases)
    counts = {"tests": str(len(report.cases)), "failures": str(failed), "errors": "0"}
    root = ElementTree.Element("testsuites", counts)
    suite = ElementTree.SubElement(root, "testsuite", {"name": report.command, "skipped": "0", **counts})
    properties = ElementTree.SubElement(suite, "properties")
    for name, value in report.facts:
        ElementTree.SubElement(properties, "property", {"name": name, "value": _clean(str(value))})
    for case in report.cases:
        _case(suite, case, report.command)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _case(suite: ElementTree.Element, case: Tried, command: str) -> None:
    file, line, _ = place(case.source)
    given = {"name": _clean(case.name), "classname": _clean(file or command)}
    given |= {"file": _clean(file), "line": str(line)} if file else {}
    element = ElementTree.SubElement(suite, "testcase", given)
    remark = case.remark
    if remark is None:
        return
    if remark.level == "error":
        about = {"message": _clean(remark.message.partition("\n")[0]), "type": remark.rule}
        ElementTree.SubElement(element, "failure", about).text = _clean(remark.text)
    else:
        ElementTree.SubElement(element, "system-out").text = _clean(f"{remark.level}: {remark.text}")


def _clean(text: str) -> str:
    return _HARMFUL.sub("\ufffd", text)

"""Results of `sim check` for continuous integration: JUnit XML, and annotations for GitHub's workflows.

Sources: the JUnit XML that Jenkins and GitLab read (testsuites, testsuite, testcase, failure); GitHub,
"Workflow commands": `::error file=…,line=…,col=…,title=…::message`, percent and line ends escaped.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from xml.etree import ElementTree

from sim.analysis.check import CheckResult
from sim.analysis.rule_use import RuleUse
from sim.report.words.ends import outcomes_in_words

_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(results: Sequence[CheckResult], rules: Sequence[RuleUse]) -> str:
    """The cases as a test suite, the use of rules as its properties."""
    failed = sum(not r.passed for r in results)
    counts = {"tests": str(len(results)), "failures": str(failed), "errors": "0"}
    root = ElementTree.Element("testsuites", counts)
    suite = ElementTree.SubElement(root, "testsuite", {"name": "sim check", "skipped": "0", **counts})
    properties = ElementTree.SubElement(suite, "properties")
    for name, value in (("rules", len(rules)), ("rules hit", sum(r.hit for r in rules))):
        ElementTree.SubElement(properties, "property", {"name": name, "value": str(value)})
    for result in results:
        _case(suite, result)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _case(suite: ElementTree.Element, result: CheckResult) -> None:
    file, line, _ = _place(result.source)
    given = {"name": _clean(result.id), "classname": _clean(file or "sim check")}
    given |= {"file": _clean(file), "line": line} if file else {}
    case = ElementTree.SubElement(suite, "testcase", given)
    if not result.passed:
        lines = list(result.differences())
        about = {"message": _clean(lines[0]), "type": "expectation"}
        failure = ElementTree.SubElement(case, "failure", about)
        failure.text = _clean("\n".join([*lines, *_reasons(result)]))


def _reasons(result: CheckResult) -> Iterator[str]:
    """What the trace says, and the author of the case."""
    final = result.trace.final
    yield f"{final.state}: {final.message}" + (f" ({final.source})" if final.source else "")
    yield from outcomes_in_words(final)
    if result.why:
        yield f"expected because: {result.why}"


def _clean(text: str) -> str:
    """Without what no XML document may hold."""
    return _NO_XML.sub("\ufffd", text)


def _place(source: str | None) -> tuple[str, str, str]:
    """File, line and column of `FILE:LINE` or `FILE:LINE:COLUMN`; empty where there is none."""
    found = re.fullmatch(r"(.+?):(\d+)(?::(\d+))?", source or "", re.DOTALL)
    return (found[1], found[2], found[3] or "") if found else ("", "", "")


def github_lines(results: Iterable[CheckResult], rules: Iterable[RuleUse]) -> Iterator[str]:
    """An error for each failed case at its line, a warning for each rule that nothing reaches."""
    for result in results:
        if not result.passed:
            message = "\n".join([*result.differences(), *_reasons(result)])
            yield _command("error", result.source, result.id, message)
    for rule in rules:
        if rule.unreachable:
            yield _command("warning", rule.source, "unreachable rule", f"{rule.row}: {rule.unreachable}")


def _command(kind: str, source: str | None, title: str, message: str) -> str:
    file, line, column = _place(source)
    given = {"file": file, "line": line, "col": column, "title": title}
    shown = ",".join(f"{name}={value.translate(_PROPERTY)}" for name, value in given.items() if value)
    return f"::{kind} {shown}::{message.translate(_TEXT)}"


_TEXT = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_PROPERTY = _TEXT | str.maketrans({":": "%3A", ",": "%2C"})

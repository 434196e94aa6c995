"""What a command has to say to a pipeline: cases that were tried, and a remark for each that is not well."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from sim.analysis.check import Checked, CheckResult
from sim.analysis.diff import ChangedAnswer, Differences, answer_in_words, grouped, source, why
from sim.analysis.inspect import Inspection
from sim.analysis.rule_use import RuleUse
from sim.manifests.decoding import printable, printable_lines
from sim.manifests.objects.collected import Finding, Unmodelled
from sim.report.words.changes import change_in_words
from sim.report.words.ends import outcomes_in_words
from sim.routing.unmodelled import may_change
from sim.units import counted

Level = Literal["error", "warning", "note"]


def place(source: str | None) -> tuple[str, int, int]:
    """File, line and column of `FILE:LINE` or `FILE:LINE:COLUMN`; empty and 0 where there is none.

    >>> place("a.yaml:3"), place(None)
    (('a.yaml', 3, 0), ('', 0, 0))
    """
    found = re.fullmatch(r"(.+?):(\d+)(?::(\d+))?", source or "", re.DOTALL)
    return (found[1], int(found[2]), int(found[3] or 0)) if found else ("", 0, 0)


@dataclass(frozen=True)
class Remark:
    """One thing to look at.

    Args:
        rule: a message code, or one of `expectation`, `unreachable-rule`, `difference`, `not-modelled`.
        title: in a few words.
        message: lines of text.
        source: `FILE:LINE` or `FILE:LINE:COLUMN`; None where no file shows it.
        fix: what to do; empty where that is not known.
    """

    level: Level
    rule: str
    title: str
    message: str
    source: str | None = None
    fix: str = ""

    @property
    def text(self) -> str:
        """Message and fix."""
        return f"{self.message}\nfix: {self.fix}" if self.fix else self.message


@dataclass(frozen=True)
class Tried:
    """One thing that was tried.

    Args:
        remark: what is wrong with it; None: nothing.
    """

    name: str
    source: str | None = None
    remark: Remark | None = None


@dataclass(frozen=True)
class Report:
    """All of it.

    Args:
        command: `sim check`, `sim inspect` or `sim diff`.
        summary: the outcome in a phrase.
        facts: further figures by name.
        more: remarks that belong to no case.
    """

    command: str
    summary: str
    cases: tuple[Tried, ...]
    more: tuple[Remark, ...] = ()
    facts: tuple[tuple[str, int], ...] = ()

    @property
    def remarks(self) -> tuple[Remark, ...]:
        """Those of the cases, then the others."""
        return (*(case.remark for case in self.cases if case.remark is not None), *self.more)


def of_check(checked: Checked, strict: bool = False) -> Report:
    """The cases as they went; rules that nothing reaches are warnings.

    Args:
        strict: whether what is not modelled and may change an answer is an error.
    """
    results, rules = checked.results, checked.rules
    failed = sum(not r.passed for r in results)
    hit = sum(r.hit for r in rules)
    return Report(
        "sim check",
        f"{failed} of {counted(len(results), 'case')} failed, {hit} of {counted(len(rules), 'rule')} hit",
        tuple(map(_case_of, results)),
        (
            *(_unreachable(rule) for rule in rules if rule.unreachable),
            *(_not_modelled(u, strict) for u in may_change(checked.unmodelled)),
        ),
        (("rules", len(rules)), ("rules hit", hit)),
    )


def _case_of(result: CheckResult) -> Tried:
    message = "\n".join([*result.differences(), *_reasons(result)])
    fix = result.trace.final.fix or ""
    wrong = None if result.passed else Remark("error", "expectation", result.id, message, result.source, fix)
    return Tried(result.id, result.source, wrong)


def _reasons(result: CheckResult) -> Iterator[str]:
    """What the trace says, and the author of the case."""
    final = result.trace.final
    yield f"{final.state}: {final.message}" + (f" ({final.source})" if final.source else "")
    yield from outcomes_in_words(final)
    if result.why:
        yield f"expected because: {result.why}"


def _unreachable(rule: RuleUse) -> Remark:
    message = f"{rule.row}: {rule.unreachable}"
    return Remark("warning", "unreachable-rule", "unreachable rule", message, rule.source)


def of_inspection(found: Inspection, strict: bool) -> Report:
    """Every finding; with `strict` what may change the answer is an error, else a note."""
    remarks = [
        *map(_of_finding, found.findings),
        *(_not_modelled(u, strict) for u in may_change(found.unmodelled)),
    ]
    errors = sum(remark.level == "error" for remark in remarks)
    broken = f"{counted(errors, 'thing')} broken" if errors else "nothing is broken"
    named = tuple(Tried(f"{r.rule} {r.source or r.title}", r.source, r) for r in remarks)
    return Report(
        "sim inspect", f"{broken}, {counted(len(remarks), 'remark')}", named or (Tried("nothing is broken"),)
    )


def _of_finding(finding: Finding) -> Remark:
    title = f"{finding.kind} {finding.key}" if finding.kind and finding.key else finding.code
    message = printable(finding.message)
    return Remark(finding.severity, finding.code, title, message, finding.source, finding.fix or "")


def _not_modelled(one: Unmodelled, strict: bool) -> Remark:
    message = f"{one.what} is not modelled and may change the answer"
    return Remark("error" if strict else "note", "not-modelled", one.what, message, one.source)


def of_differences(found: Differences, strict: bool = False) -> Report:
    """Each kind of difference once, at the line of the new answer; and what cannot be compared.

    Args:
        strict: whether that is an error.
    """
    alike = found.asked - len(found.found)
    as_far = " as far as the model reaches" if any(found.not_compared) else ""
    same = (Tried(f"{counted(alike, 'request')} answered alike{as_far}"),) if alike else ()
    return Report(
        "sim diff",
        f"{len(found.found)} of {counted(found.asked, 'request')} answered differently",
        (*(_changed(one, count) for one, count in grouped(found.found)), *same),
        tuple(_not_modelled(u, strict) for of_side in found.not_compared for u in of_side),
        facts=(("requests", found.asked), ("differing", len(found.found))),
    )


def _changed(one: ChangedAnswer, count: int) -> Tried:
    """A difference, and how many requests change alike."""
    name, line = f"{one.request.method} {one.request.url}", source(one.new) or source(one.old)
    lines = [
        f"{when}: {answer_in_words(t)}, {why(t)}" for when, t in zip(("old", "new"), one.sides, strict=True)
    ]
    changed = ((change.name.replace("_", " "), *change_in_words(change)) for change in one.changes)
    lines += [f"{what}: {old} becomes {new}" for what, old, new in changed]
    lines += [f"and {counted(count - 1, 'more request')} that change alike"] if count > 1 else []
    return Tried(name, line, Remark("error", "difference", name, printable_lines("\n".join(lines)), line))

"""`sim check` in the terminal: what differs from its expectation, and which rules nobody asked for."""

import textwrap
from collections.abc import Iterable, Iterator, Sequence

from rich.text import Text

from sim.analysis.check import CheckResult
from sim.analysis.rule_use import RuleUse
from sim.report.text.terminal import shortened_path
from sim.report.width import WIDTH
from sim.report.words.ends import outcomes_in_words

_PLACE, _MOST = 24, 10


def check_lines(results: Iterable[CheckResult], rules: Sequence[RuleUse] = ()) -> Iterator[Text]:
    """One block per failed expectation, the rules that are not hit, the counts."""
    passed = failed = 0
    for result in results:
        passed, failed = passed + result.passed, failed + (not result.passed)
        if not result.passed:
            yield from _failed(result)
    yield from _rules("unreachable", [r for r in rules if r.unreachable])
    yield from _rules("not hit", [r for r in rules if not r.hit and not r.unreachable])
    if rules:
        yield Text(f"{sum(r.hit for r in rules)} of {len(rules)} rules hit")
    yield Text(f"{passed} passed, {failed} failed")


def _failed(result: CheckResult) -> Iterator[Text]:
    yield Text.assemble(("✕ ", "red bold"), (result.id, "bold"))
    for line in (*result.differences(), *outcomes_in_words(result.trace.final)):
        yield from (Text(f"    {part}") for part in textwrap.wrap(line, WIDTH - 4))


def _rules(title: str, rules: Sequence[RuleUse]) -> Iterator[Text]:
    for rule in rules[:_MOST]:
        row = f"{rule.row} ({rule.rule})" + (f": {rule.unreachable}" if rule.unreachable else "")
        first, *more = textwrap.wrap(row, WIDTH - 13 - _PLACE)
        place = shortened_path(rule.source, _PLACE - 1)
        yield Text(f"{title:<13}{first:<{WIDTH - 13 - _PLACE}} {place}".rstrip())
        yield from (Text(f"{' ' * 13}{line}") for line in more)
    if len(rules) > _MOST:
        yield Text(f"{' ' * 13}and {len(rules) - _MOST} more: -o json lists them", "dim")

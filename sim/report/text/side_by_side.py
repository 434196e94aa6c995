"""Several controllers on one request, side by side: how it ends at each, by which rule, and why they differ.

At most 80 columns, complete without colour. The first controller is what the others are compared with.
"""

import textwrap
from collections.abc import Iterator, Sequence

from rich.text import Text

from sim.analysis.diff import same, source, why
from sim.report.text.terminal import outcome_lines, shortened, shortened_path
from sim.report.theme import state_mark
from sim.report.width import WIDTH
from sim.report.words.ends import likeliest_in_words
from sim.report.words.unmodelled import MOST_NOTES
from sim.routing.final import Redirected
from sim.routing.trace import Step, Trace
from sim.routing.unmodelled import may_change

_NAME, _END, _RULE = 15, 40, 60


def side_by_side(
    names: Sequence[str],
    traces: Sequence[Trace],
    version: str,
    ascii_only: bool = False,
    strict: bool = False,
) -> Iterator[Text]:
    """A row per controller, then why those that differ from the first one do.

    Args:
        names: the controllers, as asked for.
        traces: of the same request, one per controller.
    """
    request = traces[0].request
    yield Text(shortened(f"{request.method} {request.url}", WIDTH), "bold")
    yield Text(_columns("controller", "end", "by rule", "source"), "dim")
    for name, trace in zip(names, traces, strict=True):
        yield from _row(name, trace, ascii_only)
    yield Text()
    yield from _reasons(names, traces)
    yield from _doubts(names, traces)
    status = max(trace.status(strict) for trace in traces)
    yield Text(f"sim {version} · exit {status}", "dim")


def _columns(name: str, end: str, rule: str, place: str) -> str:
    return f"{name:<{_NAME}}{end:<{_END - _NAME}}{rule:<{_RULE - _END}}{place}".rstrip()


def _row(name: str, trace: Trace, ascii_only: bool) -> Iterator[Text]:
    """The end with its mark, the rule, and where a request goes instead of its end's own line."""
    mark, style = state_mark(trace.final.state, ascii_only)
    won = _winner(trace)
    end = shortened(f"{mark} {likeliest_in_words(trace.final)}", _END - _NAME - 1)
    rule = shortened(won.row if won else trace.final.rule or "none", _RULE - _END - 1)
    place = shortened_path(source(trace), WIDTH - _RULE)
    line = Text(_columns(shortened(name, _NAME - 1), end, rule, place))
    line.stylize(f"{style} bold", _NAME, _NAME + len(mark))
    yield line
    final = trace.final
    where = final.location if isinstance(final, Redirected) else final.backend
    if where:
        yield Text(f"{' ' * (_NAME + 2)}{shortened(str(where), WIDTH - _NAME - 2)}")
    yield from outcome_lines(trace.final, _NAME)


def _winner(trace: Trace) -> Step | None:
    """The row that decided, where the answer is its."""
    steps = (step for hop in trace.hops for step in hop.steps if step.wins)
    return next(steps, None) if trace.final.rule else None


def _reasons(names: Sequence[str], traces: Sequence[Trace]) -> Iterator[Text]:
    """Why each that ends otherwise does; one line if all end alike."""
    first, *others = traces
    differing = [(n, t) for n, t in zip(names[1:], others, strict=True) if not same(first, t)]
    if not differing:
        yield Text(f"{'both' if len(traces) == 2 else f'all {len(traces)}'} end alike")
        return
    yield Text(f"why they differ from {names[0]}", "bold")
    for name, trace in differing:
        yield from _wrapped(name, _reason(names[0], first, trace))


def _doubts(names: Sequence[str], traces: Sequence[Trace]) -> Iterator[Text]:
    """How much is open: not known about a controller, or not modelled of what it reads."""
    for name, trace in zip(names, traces, strict=True):
        unknown = sum(1 for note in trace.notes if note.code == "SIM2072")
        changing = may_change(trace.unmodelled)
        open_points = [f"{unknown} not known (sim model {name})"] if unknown else []
        open_points += [f"{len(changing)} not modelled that may change the answer"] if changing else []
        if open_points:
            yield Text(shortened(f"{name}: {', '.join(open_points)}", WIDTH), "dim")
        for one in changing[:MOST_NOTES]:
            yield Text(f"  {shortened(one.what, WIDTH - 2)}", "dim")


def _reason(name: str, first: Trace, trace: Trace) -> str:
    """What became of the first one's rule here, and what decides instead."""
    steps = (step for hop in trace.hops for step in hop.steps if step.rule and not step.wins)
    lost = next((step for step in steps if step.rule == first.final.rule), None)
    decided = trace.final.message if trace.final.state != "delivered" else f"{why(trace)} serves"
    return f"{lost.row}, the rule at {name}: {lost.because}; {decided}" if lost else decided


def _wrapped(name: str, text: str) -> Iterator[Text]:
    for number, line in enumerate(textwrap.wrap(text, WIDTH - _NAME - 2) or [""]):
        yield Text(f"  {'' if number else name:<{_NAME}}{line}")

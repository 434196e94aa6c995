"""What a command prints: at most 80 columns, complete without colour, in a pipe and in ASCII.

Colour sits on the state word alone; `dim` on what repeats. Each function takes a value and returns lines of
rich Text, so that a test can read them and a notebook can show them.
"""

import os
import sys
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePath
from typing import Any

from rich.console import Console
from rich.text import Text

from sim.manifests.decoding import without_command
from sim.report.theme import state_mark
from sim.report.width import WIDTH
from sim.report.words.choices import choice_rows
from sim.report.words.ends import (
    answer_headers_in_words,
    grpc_in_words,
    likeliest_in_words,
    outcomes_in_words,
    tls_in_words,
)
from sim.report.words.news import asked_when, cause_rows, news_rows
from sim.report.words.unmodelled import said
from sim.routing.final import Delivered, Final, Redirected
from sim.routing.grpc_status import grpc_shares
from sim.routing.hops.node import COST
from sim.routing.kube_proxy.rules.section import RuleSection
from sim.routing.patch import TriedPatch
from sim.routing.trace import Hop, Step, Trace
from sim.routing.unmodelled import may_change
from sim.units import counted

_SAYS, _SOURCE = 28, 61
_MOST_LINES, _MOST_OTHERS = 10, 3


class _Console(Console):
    """A console that leaves it to the command what happens when its reader goes away."""

    def on_broken_pipe(self) -> None:
        """Raise again what is being handled."""
        raise


def console(stderr: bool = False) -> Console:
    """A console that adds nothing: no wrapping, no highlighting, no markup; honours NO_COLOR and pipes.

    With NO_COLOR there is no bold either: nothing but the text.
    """
    return _Console(
        width=WIDTH,
        stderr=stderr,
        color_system=None if os.environ.get("NO_COLOR") else "auto",
        highlight=False,
        markup=False,
        soft_wrap=True,
        emoji=False,
    )


def show(lines: Iterable[Text], out: Console | None = None) -> None:
    """Print lines."""
    out = out or console()
    plain = is_ascii(out)
    for line in lines:
        line.rstrip()
        if not line.plain.isprintable():
            line.plain = "".join(c if c.isprintable() else "\ufffd" for c in line.plain)
        if (safe := without_command(line.plain)) != line.plain:
            line = Text(safe)
        out.print(_in_ascii(line) if plain else line)


def show_text(lines: Iterable[str]) -> None:
    """Print lines that have no style."""
    show(map(Text, lines))


_ASCII = str.maketrans(dict(zip("…·→−–±×µ●◆✕○■▲▼▸", "~|>--~xu*>xo#^v>", strict=True)))
"""One character for one, so that columns stay where they are."""


def _in_ascii(line: Text) -> Text:
    plain = line.plain.translate(_ASCII).encode("ascii", "replace").decode()
    return Text(plain, style=line.style, spans=list(line.spans))


def trace_lines(
    trace: Trace,
    version: str,
    all_rules: bool = False,
    ascii_only: bool = False,
    strict: bool = False,
) -> Iterator[Text]:
    """The hops, a blank line, and the one end with its why, fix, patch, more and notes.

    Args:
        strict: whether what may change the answer counts as a bad end; then each of it is listed.
    """
    yield Text(" #    ms  hop               what it decides, and why", "dim")
    for number, hop in enumerate(trace.hops, 1):
        yield from _hop(number, hop, all_rules, ascii_only, bare=not trace.request.is_http)
        for row in news_rows(hop, trace.moment.at_s, all_rules) if trace.moment is not None else ():
            yield from _step(Step(row[0], True, row[1]), ascii_only)
    yield Text()
    yield from _final(trace, ascii_only, strict)
    how = f"typical delays, no queues{asked_when(trace)}"
    yield Text(f"sim {version} · {how} · exit {trace.status(strict)}", "dim")


def is_ascii(out: Console) -> bool:
    """Whether the terminal can show nothing but ASCII."""
    return "utf" not in (out.encoding or "").lower()


def url_lines(traces: Iterable[Trace]) -> Iterator[Text]:
    """One line per request: how it ended, and where; below it each end where there are several."""
    for trace in traces:
        final = trace.final
        where = final.backend or (final.location if isinstance(final, Redirected) else final.message)
        end = shortened(likeliest_in_words(final), 24)
        yield Text(f"{shortened(trace.request.url, 34):<35}{end:<25}{shortened(where, 20)}".rstrip())
        yield from outcome_lines(final, 4)


def _hop(number: int, hop: Hop, all_rules: bool, ascii_only: bool, bare: bool) -> Iterator[Text]:
    first, *more = textwrap.wrap(hop.says, WIDTH - _SAYS) or [""]
    name = shortened(hop.name, 17)
    yield Text.assemble(f"{number:>2} {hop.at_s * 1e3:>5.1f}  ", (f"{name:<17}", "bold"), f" {first}")
    yield from (Text(" " * _SAYS + line) for line in more)
    rules, others = _shown_steps(hop, all_rules, bare)
    for step in rules:
        yield from _step(step, ascii_only)
    if others:
        yield Text(f"{' ' * 10}and {others} more that do not hold (--all-rules shows them)", "dim")
    for row in choice_rows(hop.choosers, all_rules):
        yield from _step(Step(row[0], True, row[1]), ascii_only)


def _shown_steps(hop: Hop, all_rules: bool, bare: bool) -> tuple[list[Step], int]:
    """The winner and the two nearest losers, or all; kube-proxy's and the client's rows only on request.

    Args:
        bare: whether the request is a bare connection; then kube-proxy's rows are the answer.
    """
    if hop.kind == "node" and (bare or all_rules):
        return list(connection_rows(hop, all_rules)), 0
    if all_rules:
        return list(hop.steps), 0
    if hop.kind == "service":
        return list(hop.steps[:4]), max(0, len(hop.steps) - 4)
    if hop.kind != "controller":
        return [], 0
    rules = [s for s in hop.steps if s.rule]
    return rules[:3], max(0, len(rules) - 3)


def _step(step: Step, ascii_only: bool) -> Iterator[Text]:
    mark = ("->" if ascii_only else " ▸") if step.wins else "  "
    style = "bold" if step.wins else ""
    row = shortened(step.title, 17)
    because = _wrapped(step.because, (_SOURCE if step.source else WIDTH + 1) - _SAYS - 1)
    line = Text.assemble(f"{' ' * 7}{mark} ", (f"{row:<17} {because[0]:<33}", style))
    source = shortened_path(step.source, WIDTH - _SOURCE)
    yield Text.assemble(line, source)
    yield from (Text(" " * _SAYS + rest, style) for rest in because[1:])


def _wrapped(text: str, width: int) -> list[str]:
    """Lines of a text; a name with hyphens stays whole, and a longer one loses its middle."""
    words = (shortened(word, width) for word in text.split())
    return textwrap.wrap(" ".join(words), width, break_on_hyphens=False) or [""]


def _final(trace: Trace, ascii_only: bool, strict: bool) -> Iterator[Text]:
    final = trace.final
    mark, style = state_mark("delivered" if final.leave else final.state, ascii_only)
    yield Text.assemble((f"{mark} {likeliest_in_words(final)}", f"{style} bold"), f"  {_who(trace)}")
    yield from outcome_lines(final, 4)
    rows = [("why", final.message, final.source)] if final.state != "delivered" else []
    rows += [("why", words, None) for words in cause_rows(trace)]
    if final.state == "delivered" and final.rule:
        won = next((s for h in trace.hops for s in h.steps if s.wins), None)
        rule = f"{won.row} ({final.rule})" if won and final.rule != "default-backend" else final.rule
        rows.append(("rule", rule, won.source if won else None))
    if isinstance(final, Redirected):
        rows.append(("to", final.location, None))
    rows += [("header", words, None) for words in answer_headers_in_words(final)]
    rows += [("gRPC", words, None) for words in _of_grpc(trace)]
    rows += [("TLS", words, None) for words in tls_in_words(final)]
    if final.fix:
        rows.append(("fix", final.fix, final.fix_source))
    if final.code:
        rows.append(("more", f"sim explain {final.code}", None))
    rows += [("note", n.message, n.source) for n in trace.notes if n.code != "SIM2072"]
    rows += _unknown(trace)
    for row in rows:
        yield from _row(*row)
    yield from patch_lines(trace.patch, beside=bool(final.fix)) if trace.patch is not None else ()
    for row in [*_unmodelled(trace, strict), *(("assumed", a.what, None) for a in trace.assumptions)]:
        yield from _row(*row)


def patch_lines(patch: TriedPatch, beside: bool) -> Iterator[Text]:
    """The change that would serve the request: where, the lines, and what the try showed.

    Where no change is known and another way out stands above, there is nothing to say of patches.

    Args:
        beside: whether what it does stands in a row above already.
    """
    if not patch.patch:
        if patch.why_none or not beside:
            yield from _row("patch", f"none: {patch.none_because}", None)
        return
    yield from _row("patch", "these lines:" if beside else patch.says, patch.lines[0][0])
    shown = [line for _, line in patch.lines][:_MOST_LINES]
    margin = min((len(line[1:]) - len(line[1:].lstrip()) for line in shown if line[1:].strip()), default=0)
    for line in shown:
        yield Text(f"{' ' * 15}{line[0]} {shortened(line[1 + margin :], WIDTH - 17)}")
    if len(patch.lines) > len(shown):
        yield Text(f"{' ' * 15}and {counted(len(patch.lines) - len(shown), 'more line')}", "dim")
    yield from _row("", _tried(patch), None)
    for other in patch.others[:_MOST_OTHERS]:
        yield from _row("", f"{other.url}: {other.old} becomes {other.new}", None)
    yield from _row("", "to apply it: the same command with --patch, into patch -p0", None)


def _tried(patch: TriedPatch) -> str:
    """What trying showed, in a sentence."""
    also = f"; mends {counted(patch.alike, 'more request')} that fail{'s' if patch.alike == 1 else ''} alike"
    text = f"tried: {patch.answer}{also if patch.alike else ''}"
    if not patch.others:
        return f"{text}; no other answer changes ({patch.compared} asked)"
    most = f", the first {_MOST_OTHERS}:" if len(patch.others) > _MOST_OTHERS else ":"
    others = f"{counted(len(patch.others), 'more request')} of {patch.compared}"
    return f"{text}; {others} change{'s' if len(patch.others) == 1 else ''} too{most}"


def _of_grpc(trace: Trace) -> Iterator[str]:
    """What a gRPC client sees; of another request nothing."""
    return grpc_in_words(grpc_shares(trace.final) if trace.request.is_grpc else {})


def outcome_lines(final: Final, indent: int) -> Iterator[Text]:
    """Each end of a request with its share, where there is more than one."""
    left = " " * indent
    for words in outcomes_in_words(final):
        lines = textwrap.wrap(words, WIDTH - indent, break_on_hyphens=False, subsequent_indent=" " * 8)
        yield from (Text(left + line) for line in lines)


def _row(name: str, text: str, source: str | None) -> Iterator[Text]:
    width = (_SOURCE - 16) if source else WIDTH - 15
    first, *more = textwrap.wrap(text, width) or [""]
    yield Text(f"  {name:<13}{first:<{_SOURCE - 15}}{shortened_path(source, WIDTH - _SOURCE)}".rstrip())
    yield from (Text(f"{' ' * 15}{line}") for line in more)


def _who(trace: Trace) -> str:
    final = trace.final
    if isinstance(final, Delivered):
        return final.message if final.outside else f"{final.message}, after {trace.done_s * 1e3:.1f} ms"
    return f"answered by {final.answered_by}, not by your app" if final.answered_by else "nobody answers"


def _unmodelled(trace: Trace, each: bool) -> list[tuple[str, str, str | None]]:
    """What may change the answer: each of it, or the first and how many more; the JSON has all."""
    return [("strict" if each else "note", *one) for one in said(may_change(trace.unmodelled), each)]


def _unknown(trace: Trace) -> list[tuple[str, str, str | None]]:
    """What is not known about the controller, counted; the list is in the JSON and in `sim model`."""
    count = sum(1 for note in trace.notes if note.code == "SIM2072")
    many = "1 thing is" if count == 1 else f"{count} things are"
    text = f"{many} not known about {trace.controller}: sim model {trace.controller}"
    return [("unknown", text, None)] if count else []


def shortened(text: str, width: int) -> str:
    """Text that fits: its middle gives way."""
    if len(text) <= width:
        return text
    head = (width - 1) // 2
    return f"{text[:head]}…{text[-(width - 1 - head) :]}"


def shortened_path(source: str | None, width: int) -> str:
    """`FILE:LINE` that fits: folders go first, then the middle of the name; the line stays.

    Where nobody looks, as in a pipe, it is whole: a program or a search cannot ask for the rest.
    """
    if source is None or len(source) <= width:
        return source or ""
    if not sys.stdout.isatty():
        return source.removeprefix(os.path.join(os.getcwd(), ""))
    path, _, line = source.rpartition(":")
    name = PurePath(path).name
    return f"{shortened(name, width - len(line) - 1)}:{line}"


MOST = 9
"""Endpoints that are listed without --all-rules."""


def connection_rows(hop: Hop, all_rules: bool) -> Iterator[Step]:
    """Before; the chains in the order entered; each endpoint with its probability; after."""
    if hop.before:
        yield Step("before", True, f"{hop.before['source']} to {hop.before['destination']}")
    first = [s for s in hop.steps if s.row == COST or s.row.startswith("chain ")]
    yield from first
    endpoints = hop.steps[len(first) :]
    yield from endpoints if all_rules else endpoints[:MOST]
    if len(endpoints) > MOST and not all_rules:
        yield Step("", True, f"and {len(endpoints) - MOST} more (--all-rules shows them)")
    if hop.before and "destination" in hop.after:
        yield from (Step("after", True, says) for says in _after(hop.before, hop.after))


def _after(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    count = len(after["destination"])
    to = after["destination"][0] if count == 1 else f"one of these {count}"
    sees = "masqueraded, the Pod sees the node" if "source" in after else "the Pod sees the client"
    yield f"{after.get('source', before['source'])} to {to}: {sees}"
    for target, source in after.get("source_if_endpoint", {}).items():
        yield f"{source} to {target}, which is the client itself"


def rules_lines(sections: Iterable[RuleSection], explain: bool) -> Iterator[str]:
    """Every line; explanations are comments, so that the text can still be loaded."""
    for section in sections:
        if explain and section.does and section.lines:
            yield f"# {section.title}: {section.does}"
        yield from section.lines


def change_lines(found: Iterable[RuleSection], before: str, after: str) -> Iterator[str]:
    """What differs, as `diff -u` shows it, chain by chain; nothing if nothing does."""
    for number, change in enumerate(found):
        yield from () if number else (f"--- {before}", f"+++ {after}")
        yield f"@@ {change.title} @@" + (f" {change.does}" if change.does else "")
        yield from change.lines

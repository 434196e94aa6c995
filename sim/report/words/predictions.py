"""Questions about a request before it is answered: choices in one order, and why each wrong one is wrong.

The choices tell nothing; the answer and its reasons come from the rows and the end of the request's trace.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sim.report.words.answers import BY_PROXY, Answer, answer_to
from sim.report.words.names import short_name
from sim.report.words.on_the_way import rules_of
from sim.routing.controllers.rows import EXACT, SHORTER
from sim.routing.trace import RuleParts, Step, Trace

MOST_CHOICES = 5
NOBODY, REFUSED, SERVED = "none", "refused", "app"
NO_RULE = "no-rule"
NAME = 36


@dataclass(frozen=True)
class PossibleAnswer:
    """One of the answers that can be given.

    Args:
        id: the same for all requests of a page.
        row: number of the row of the rulebook that it stands for; None: no row.
    """

    id: str
    words: str
    row: int | None = None


@dataclass(frozen=True)
class Prediction:
    """What is asked about one request.

    Args:
        id: rule, or end.
        right: id of the right choice.
        says: what it is.
        why: id of each other choice -> why it is not that one.
    """

    id: str
    text: str
    choices: tuple[PossibleAnswer, ...]
    right: str
    says: str
    why: Mapping[str, str]


def about_rule(trace: Trace, shown: Sequence[Step]) -> Prediction | None:
    """Which rule takes the request; None where there is nothing to decide.

    Args:
        shown: the rows of the rulebook that are open, in its order.
    """
    winner = next((step for step in shown if step.wins), None)
    if not shown or (winner is not None and len(shown) < 2):
        return None
    near = [step for step in rules_of(trace) if step in shown][: MOST_CHOICES - 1]
    asked = [(number, step) for number, step in enumerate(shown) if step in near]
    one_host = _of_one_host(step for _, step in asked)
    choices = [PossibleAnswer(f"row-{n}", _row_in_words(step, one_host), n) for n, step in asked]
    right = next((f"row-{n}" for n, step in asked if step.wins), NO_RULE)
    why = {f"row-{n}": _why_not(trace, step, winner) for n, step in asked if not step.wins}
    if winner is not None and winner.parts is not None:
        why[NO_RULE] = f"A rule does fit: {winner.parts.path} of {winner.parts.host or 'any host'}."
    path = short_name(trace.request.path, NAME)
    where = path if _of_one_host(shown) else f"{short_name(trace.request.host, NAME)}{path}"
    says = _right_rule(winner)
    all_choices = (*choices, PossibleAnswer(NO_RULE, "none of them"))
    return Prediction("rule", f"Which rule takes {where}?", all_choices, right, says, why)


def _of_one_host(steps: Iterable[Step]) -> bool:
    return len({step.parts.host for step in steps if step.parts is not None}) == 1


def _right_rule(winner: Step | None) -> str:
    if winner is None or winner.parts is None:
        return "No rule fits, and the controller answers itself."
    return f"The rule {winner.parts.path} {winner.because}."


def _service(parts: RuleParts) -> str:
    return parts.service.partition(":")[0] or "no Service"


def _row_in_words(step: Step, one_host: bool) -> str:
    """A row as a choice: its Service, and what it asks for."""
    parts = step.parts
    assert parts is not None
    verb = "is exactly" if parts.type == EXACT else "begins with"
    if one_host:
        return f"{_service(parts)}: it {verb} {short_name(parts.path, NAME)}"
    host = short_name(parts.host or "any host", NAME)
    return f"{_service(parts)}: {host}, {verb} {short_name(parts.path, NAME)}"


def _why_not(trace: Trace, step: Step, winner: Step | None) -> str:
    """Why a row does not take the request, from its own reason."""
    parts, path = step.parts, short_name(trace.request.path, NAME)
    assert parts is not None
    if not step.host_fits:
        whose = parts.host or "any host"
        return f"Another host: this rule is for {whose}, and the Host is {trace.request.host}."
    if step.path_fits is None:
        return f"It is not used: {step.because}."
    if step.path_fits is False:
        return _other_path(step, parts, path)
    if not step.held or winner is None or winner.parts is None:
        return f"Its path fits, but {step.because}."
    if step.because == SHORTER:
        return f"{parts.path} fits too, but is shorter than {winner.parts.path}."
    return f"It fits too, but not best: {step.because}."


def _other_path(step: Step, parts: RuleParts, path: str) -> str:
    if parts.type == EXACT:
        return f"Exact wants the whole path: {path} is not {parts.path}."
    if parts.type in ("Prefix", "PathPrefix") and path.startswith(parts.path.rstrip("/")):
        return f"Prefix compares whole segments: {path} is neither {parts.path} nor below it."
    return f"Its path does not fit: {step.because}."


MEANINGS = {
    SERVED: "The application answers only what a ready Pod gets.",
    "302": "302 sends the client to another URL.",
    "308": "308 sends the client to another URL.",
    "403": "403: a rule fits, but does not let this client in.",
    "404": "404: somebody reads rules, and none fits.",
    "502": "502: the controller knocked at a Pod and was refused.",
    "503": "503: a rule fits, and nobody is ready behind it.",
    "504": "504: a Pod was asked and did not answer in time.",
    REFUSED: "Refused: somebody on the way turned it away.",
    NOBODY: "No code: nobody was there to write one.",
}
"""What a choice would mean."""

USUAL = {True: (SERVED, "404", "503", NOBODY), False: (SERVED, REFUSED, NOBODY)}
"""What is asked about besides what happens: with a controller's rules, and without."""

NO_CODES = {
    SERVED: "the application answers",
    REFUSED: "refused or cut off, no code",
    NOBODY: "no answer, no code",
}


def end_of(trace: Trace) -> str:
    """How a traced request ends, as one of the choices."""
    final = trace.final
    if final.state == "delivered":
        return SERVED
    if final.status is not None and final.state in BY_PROXY:
        return str(final.status)
    return REFUSED if final.state in ("refused", "reset", "tls-failed") else NOBODY


def ends_asked(traces: Sequence[Trace], has_rules: bool) -> tuple[PossibleAnswer, ...]:
    """How the requests of a page may end: the same choices for all of them, statuses ascending.

    Args:
        has_rules: whether somebody reads rules, or should.
    """
    found = {*map(end_of, traces)}
    for usual in USUAL[has_rules]:
        found |= {usual} if len(found) < MOST_CHOICES else set()
    groups: list[tuple[str, ...]] = [(one,) for one in sorted(found, key=_rank)]
    for family in FAMILIES:
        if len(groups) > MOST_CHOICES:
            groups = _together(groups, family)
    writer = next((a.by for a in map(answer_to, traces) if a.status is not None), "controller")
    return tuple(PossibleAnswer("-".join(group), _end_in_words(group, writer)) for group in groups)


FAMILIES = ("4", "5", "3", "")
"""First digits of statuses that are put together where there are too many; without digit: no code."""


def _family(end: str) -> str:
    return end[0] if end.isdigit() else end if end == SERVED else ""


def _rank(end: str) -> tuple[int, str]:
    return (0 if end == SERVED else 1 if end.isdigit() else 2, end)


def _together(groups: Iterable[tuple[str, ...]], family: str) -> list[tuple[str, ...]]:
    """The ends of one family as one choice, where the first of them stood."""
    kept: list[tuple[str, ...]] = []
    for group in groups:
        if kept and _family(group[0]) == _family(kept[-1][0]) == family:
            kept[-1] = (*kept[-1], *group)
        else:
            kept.append(group)
    return kept


def _end_in_words(group: tuple[str, ...], writer: str | None) -> str:
    who = "the load balancer" if writer == "load-balancer" else "the controller"
    if len(group) > 1 and not group[0].isdigit():
        return "no code at all"
    return NO_CODES.get(group[0]) or f"{' or '.join(group)}, written by {who}"


def about_end(trace: Trace, choices: Sequence[PossibleAnswer]) -> Prediction | None:
    """How the request ends; None where chance decides.

    Args:
        choices: of all requests of the page.
    """
    if len(trace.final.outcomes) > 1:
        return None
    end, truth = end_of(trace), _truth(answer_to(trace))
    right = next(choice.id for choice in choices if end in choice.id.split("-"))
    why = {choice.id: _meaning(choice) for choice in choices if choice.id != right}
    says = f"Here {truth}."
    return Prediction("end", "How does it end?", tuple(choices), right, says, why)


def _meaning(choice: PossibleAnswer) -> str:
    ends = choice.id.split("-")
    return " ".join(MEANINGS.get(end, f"{end} is an answer of the controller's own.") for end in ends)


def _truth(answer: Answer) -> str:
    if answer.by == "pod":
        return "a ready Pod gets it, and the application answers"
    return answer.whole if answer.status is None else f"it is {answer.whole}"

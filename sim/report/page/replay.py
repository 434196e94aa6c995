"""Recorded runs as one page to step through, or as a widget in a notebook."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from typing import Any

from sim import __version__
from sim.comparison.recorded import Recorded, RecordedRun
from sim.report.page import data_text, page_html
from sim.report.page.absent import UNREAD
from sim.report.page.recording import recording
from sim.report.words.answers import answer_of, kind_of
from sim.report.words.predictions import PossibleAnswer, ends_asked
from sim.report.words.two_plans import difference_of, mean_ms_of, money_of
from sim.routing import Trace

QUESTION = "Where does the request go?"
"""What stands over the page of a scenario that asks nothing itself."""


@dataclass(frozen=True)
class Replay:
    """The runs of a scenario's plans, ready to be played back."""

    recorded: Recorded

    @cached_property
    def data(self) -> dict[str, Any]:
        """Plain values, as the page reads them."""
        name, runs = self.recorded.name, self.recorded.runs
        traces = [trace for run in runs for trace in run.traces]
        asked = ends_asked(traces, any(map(_has_rules, traces)))
        plans = [_plan(self.recorded, run, asked) for run in runs]
        question = self.recorded.scenario.question or QUESTION
        difference = difference_of(self.recorded.comparison)
        shown = {"name": name, "question": question, "finding": finding(runs), "version": __version__}
        return shown | {"plans": plans, "difference": difference}

    def html(self) -> str:
        """One self-contained page."""
        return page_html(self.data)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        """The page as a widget, and a picture for where widgets do not run."""
        from sim.report.topology.picture import topology_picture

        first = self.recorded.runs[0]
        picture = topology_picture(first.plan.cluster, next(iter(first.traces), None), size="notebook")
        return {"text/html": picture._repr_html_(), **_widget(data_text(self.data))}


def _widget(data: str) -> dict[str, Any]:
    if find_spec("anywidget") is None:
        return {}
    from sim.report.page.widget import ReplayWidget

    shown = ReplayWidget(data=data)._repr_mimebundle_()
    bundle: dict[str, Any] = shown[0] if isinstance(shown, tuple) else shown or {}
    return bundle


def _has_rules(trace: Trace) -> bool:
    """Whether somebody reads rules, or should."""
    return trace.proxy is not None or trace.final.code == UNREAD


def _plan(recorded: Recorded, run: RecordedRun, asked: Sequence[PossibleAnswer]) -> dict[str, Any]:
    command = f"sim trace --scenario {recorded.name} --plan {run.plan.name}"
    shown = recording(run, recorded.scenario, asked, command, __version__)
    comparison, name = recorded.comparison, run.plan.name
    return shown | {"money": money_of(comparison, name), "mean_ms": mean_ms_of(comparison, name)}


def finding(ran: Sequence[RecordedRun]) -> str:
    """What the runs show, in a sentence: of failures every reason with its count, the most frequent first."""
    ends = [_end(one) for one in ran]
    if len(ran) == 1:
        return f"{ends[0][0].upper()}{ends[0][1:]}"
    if ends[0] == ends[1]:
        return f"In both plans {ends[0]}"
    return "; ".join(f"{one.plan.name}: {end}" for one, end in zip(ran, ends, strict=True))


def _end(ran: RecordedRun) -> str:
    result = ran.result
    if not result.sent:
        return "no request is sent"
    if not result.failures:
        return "every request is answered"
    return f"{result.failures:,} of {result.sent:,} requests fail{_reasons(result.failed, ran.traces)}"


def _reasons(failed: Mapping[str, int], traces: Sequence[Trace]) -> str:
    """Why requests fail, the most frequent first, each with its count where there are several."""
    ranked = sorted(failed, key=lambda reason: -failed[reason])
    if len(ranked) > 1:
        return f": {', '.join(f'{failed[reason]:,} × {kind_of(reason)}' for reason in ranked)}"
    one = answer_of(ranked[0], traces)
    return f" with {one.short}" if one.status is not None else f": {one.short}"

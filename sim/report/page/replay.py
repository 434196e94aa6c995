"""Recorded runs as one page to step through, or as a widget in a notebook."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from typing import Any

from sim import __version__
from sim.comparison.recorded import Recorded, RecordedRun
from sim.report.page import data_text, page_html
from sim.report.page.recording import recording


@dataclass(frozen=True)
class Replay:
    """The runs of a scenario's plans, ready to be played back."""

    recorded: Recorded

    @cached_property
    def data(self) -> dict[str, Any]:
        """Plain values, as the page reads them."""
        name, runs = self.recorded.name, self.recorded.runs
        plans = [_plan(self.recorded, run) for run in runs]
        return {"name": name, "title": title(name, runs), "version": __version__, "plans": plans}

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


def _plan(recorded: Recorded, run: RecordedRun) -> dict[str, Any]:
    command = f"sim trace --scenario {recorded.name} --plan {run.plan.name}"
    return recording(run, recorded.scenario, command, __version__)


def title(name: str, ran: Sequence[RecordedRun]) -> str:
    """What the runs show, in a sentence."""
    ends = [_end(one) for one in ran]
    if len(ran) == 1:
        return f"{name}, {ran[0].plan.name}: {ends[0]}"
    if ends[0] == ends[1]:
        return f"{name}: {ends[0]} in both plans"
    return f"{name}: {'; '.join(f'{one.plan.name}: {end}' for one, end in zip(ran, ends, strict=True))}"


def _end(ran: RecordedRun) -> str:
    result = ran.result
    if not result.sent:
        return "no request is sent"
    if not result.failures:
        return "every request is answered"
    return f"{result.failures:,} of {result.sent:,} requests fail: {_reasons(result.failed)}"


def _reasons(failed: Mapping[str, int]) -> str:
    """Why requests fail, the most frequent first, each with its count where there are several."""
    ranked = sorted(failed, key=lambda reason: -failed[reason])
    return ", ".join(f"{failed[r]:,} {r}" for r in ranked) if len(ranked) > 1 else ranked[0]

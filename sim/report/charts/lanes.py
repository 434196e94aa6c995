"""Lanes of Pods over time: who starts, is ready, goes; when the last part heard of it; what failed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf

from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from sim import __version__
from sim.cluster.life.pods import PodLife
from sim.comparison.failures import Failure, failures_of
from sim.report.charts.picture import MARGIN, Picture, Sheet, frame, sheet
from sim.report.theme import LABEL, TICK
from sim.report.words.names import short_name
from sim.simulation.result import Result
from sim.units import counted

MOST_LANES = 14
Place = Callable[[float], float]
"""Seconds -> pixels from the left."""

_BAR, _TICKS = 0.30, 0.26
"""Shares of a lane's height."""


@dataclass(frozen=True)
class Lane:
    """One Pod.

    Args:
        told_s: when the last of those that send to it had heard that it goes; None: it does not go.
    """

    life: PodLife
    told_s: float | None
    failed: tuple[Failure, ...]

    @property
    def name(self) -> str:
        """Of the Pod, without its namespace."""
        return short_name(self.life.key)


def lanes_of(result: Result) -> list[Lane]:
    """The Pods that come or go, those that go first; of each kind in order of time."""
    failures = failures_of(result)
    told = {key: delay_s for key, (_, delay_s) in result.told_last.items()}
    lives = sorted(result.lives.values(), key=lambda life: (life.created_s, life.deleted_s, life.key))
    return [
        Lane(life, _told_s(life, told.get(life.key)), tuple(f for f in failures if f.pod == life.key))
        for life in lives
    ][:MOST_LANES]


def _told_s(life: PodLife, delay_s: float | None) -> float | None:
    return None if life.deleted_s == inf or delay_s is None else life.deleted_s + delay_s


def lanes_chart(result: Result, size: str = "slide", theme: str = "light") -> Picture:
    """The Pods of a run with events, one lane each."""
    lanes = lanes_of(result)
    with sheet(size, theme) as page:
        titles, subtitle = lanes_titles(result), lanes_subtitle(result, lanes)
        title, top, bottom = frame(page, titles, subtitle, _caption(result))
        _draw(page, lanes, result.end_s, top + page.to_scale(30), bottom - page.to_scale(34))
    return Picture(page.figure, title, f"{title}. {subtitle} {' '.join(map(_in_words, lanes))}")


def lanes_titles(result: Result) -> list[str]:
    """The finding, the fullest first."""
    lost = [f for f in failures_of(result) if f.pod is not None]
    if not lost:
        return ["No request failed while Pods came and went"]
    what = f"{counted(len(lost), 'request')} failed"
    return [f"{what}: Pods closed before senders knew", what]


def lanes_subtitle(result: Result, lanes: Sequence[Lane]) -> str:
    """What is shown."""
    events = ", ".join(dict.fromkeys(lane.life.because for lane in lanes))
    return f"{events[:1].upper()}{events[1:]}; one lane per Pod, time in seconds, to scale."


def _caption(result: Result) -> str:
    return f"seed {result.seed} · sim {__version__} · {result.answered:,} of {result.sent:,} answered"


def _in_words(lane: Lane) -> str:
    life = lane.life
    parts = [f"{lane.name}:"]
    parts += (
        [f"starts at {life.created_s:.1f} s, ready at {life.ready_s:.1f} s;"] if life.created_s > -inf else []
    )
    parts += (
        [f"told to go at {life.deleted_s:.1f} s, closes at {life.closes_s:.1f} s;"]
        if life.deleted_s < inf
        else []
    )
    parts += [f"{len(lane.failed)} failed."] if lane.failed else ["none failed."]
    return " ".join(parts)


def _draw(page: Sheet, lanes: Sequence[Lane], end_s: float, top: float, bottom: float) -> None:
    left = MARGIN + page.widest([lane.name for lane in lanes], TICK) + page.to_scale(10)
    right, height = page.width - MARGIN - page.to_scale(12), (bottom - top) / max(1, len(lanes))
    scale = (right - left) / end_s

    def x(at_s: float) -> float:
        return left + scale * min(max(at_s, 0.0), end_s)

    for number, lane in enumerate(lanes):
        _lane(page, lane, x, top + number * height, height, left)
    _axis(page, x, end_s, bottom)


def _lane(page: Sheet, lane: Lane, x: Place, y: float, height: float, left: float) -> None:
    life, bar = lane.life, height * _BAR
    page.text(left - page.to_scale(8), y + bar / 2, lane.name, TICK, align="right")
    if life.created_s > 0:
        _box(page, x(life.created_s), x(life.ready_s), y, bar, "line", hatch="////")
    _box(page, x(life.ready_s), x(life.deleted_s), y, bar, "delivered")
    if life.deleted_s < inf:
        _box(page, x(life.deleted_s), x(life.closes_s), y, bar, "line")
    if lane.told_s is not None:
        at = x(lane.told_s)
        page.add(
            Line2D([at, at], [y - bar * 0.35, y + bar], color=page.colours.ink, linewidth=page.to_scale(2))
        )
    _failed(page, lane, x, y + bar * 1.2, height * _TICKS)


def _failed(page: Sheet, lane: Lane, x: Place, y: float, height: float) -> None:
    for one in lane.failed:
        at = x(one.at_s)
        page.add(Line2D([at, at], [y, y + height], color=page.colours.failed, linewidth=page.to_scale(1)))
    if lane.failed:
        last = max(x(one.at_s) for one in lane.failed)
        page.text(last + page.to_scale(8), y + height / 2, f"✕ {len(lane.failed)} failed", TICK)


def _box(
    page: Sheet, start: float, end: float, y: float, height: float, colour: str, hatch: str = ""
) -> None:
    filled = colour == "delivered"
    drawn = getattr(page.colours, colour)
    page.add(
        Rectangle(
            (start, y),
            max(0.0, end - start),
            height,
            facecolor=drawn if filled else "none",
            edgecolor=drawn,
            hatch=hatch,
            linewidth=page.to_scale(1),
        )
    )


def _axis(page: Sheet, x: Place, end_s: float, y: float) -> None:
    page.add(Line2D([x(0), x(end_s)], [y, y], color=page.colours.line, linewidth=page.to_scale(1)))
    step = next(s for s in (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1e9) if end_s / s <= 8)
    for n in range(int(end_s // step) + 1):
        page.text(x(n * step), y + page.to_scale(14), f"{n * step:g}", TICK, align="center")
    page.text(x(end_s), y + page.to_scale(30), "seconds", LABEL, "ink2", align="right")

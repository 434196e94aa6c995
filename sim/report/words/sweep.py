"""What the chart of a sweep shows, as plain values, and the words around it.

Worked out before anything is drawn, so that the chart and its text alternative say the same.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import isfinite

from sim.comparison.comparison import PlanOutcome
from sim.comparison.series import SERVICES, Point, Series
from sim.costs.bill import half_up
from sim.report.theme import PLANS, currency_name
from sim.report.words.compare import difference_text
from sim.report.words.finding import failed_share
from sim.report.words.numbers import (
    CANNOT_TELL,
    UNIT_NAMES,
    decimal,
    money_of_axis,
    money_unit,
    percent,
    places_of,
    sign,
    time_unit,
)
from sim.report.words.origin import interval_note, prices, runs
from sim.report.words.verdict import JUDGED, half_width_s
from sim.units import show_seconds

KEYS = {
    SERVICES: ("number of Services", "{} Services"),
    "rps": ("requests per second", "{} requests/s"),
    "controller.replicas": ("Pods of the controller", "{} controller Pods"),
    "controller.workers": ("workers of a controller Pod", "{} workers"),
    "latency.client": ("round trip to the client", "a round trip of {}"),
    "traffic.*.keep_alive": ("requests per connection", "{} requests per connection"),
}
"""Key -> what its axis is called, and one of its values in a sentence."""
NO_SAVING = "no saving"
MOST_WITH_BANDS = 2
"""Plans whose bands can be told apart where they lie on each other."""


@dataclass(frozen=True)
class Track:
    """What one panel shows: a line for each plan over the values of the key.

    Args:
        head: what and in which unit, in words.
        lines: plan -> a value at each point; NaN is not drawn.
        half_widths: plan -> of their intervals; zero where there is none.
        shown: plan -> the last value as text.
        grey: at which points there is nothing to choose; `why` says it, in two words.
    """

    head: str
    lines: dict[str, tuple[float, ...]]
    half_widths: dict[str, tuple[float, ...]]
    shown: dict[str, str]
    grey: tuple[bool, ...]
    why: str = ""


def money_track(series: Series) -> Track:
    """What a month costs; grey where the second plan saves nothing."""
    points = series.in_order
    every = [point.outcome(plan).bill.amount for plan in series.plans for point in points]
    unit, word = money_unit(max(every))
    currency = currency_name(series.first.outcomes[0].bill.currency)
    return Track(
        f"{word}{currency} a month",
        _lines(series, lambda outcome: float(outcome.bill.amount / unit)),
        _lines(series, lambda _: 0.0),
        {plan: money_of_axis(points[-1].outcome(plan).bill.amount / unit) for plan in series.plans},
        tuple(not saves(series, point) for point in points),
        NO_SAVING,
    )


def _lines(series: Series, value: Callable[[PlanOutcome], float]) -> dict[str, tuple[float, ...]]:
    """Plan -> a value at each point."""
    points = series.in_order
    return {plan: tuple(value(point.outcome(plan)) for point in points) for plan in series.plans}


def saves(series: Series, point: Point) -> bool:
    """Whether the second plan is the cheaper one; with one plan there is nothing to save."""
    return len(series.plans) < 2 or series.is_cheaper(point, series.plans[1])


def latency_track(series: Series) -> Track:
    """The latency that is judged."""
    points = series.in_order
    every = [point.outcome(plan).latency_s[JUDGED] for plan in series.plans for point in points]
    largest = max(filter(isfinite, every), default=1.0)
    unit_s, name = time_unit(largest)
    places = places_of(largest / unit_s)
    lines = _lines(series, lambda outcome: outcome.latency_s[JUDGED] / unit_s)
    banded = series.plans if len(series.plans) <= MOST_WITH_BANDS else ()
    widths = _lines(series, lambda outcome: half_width_s(outcome) / unit_s if outcome.name in banded else 0.0)
    shown = {plan: decimal(line[-1], places) for plan, line in lines.items()}
    return Track(f"{JUDGED} latency, {UNIT_NAMES[name]}", lines, widths, shown, (False,) * len(points))


def change_track(series: Series) -> Track | None:
    """The paired difference of the second plan from the first; grey where it may be of either sign.

    None where there is one plan, or nobody was answered.
    """
    texts = changes(series)
    if not any(texts):
        return None
    plan = series.plans[1]
    found = [point.found.differences.get(JUDGED) for point in series.in_order]
    of = f" with {plan}" if len(series.plans) > MOST_WITH_BANDS else ""
    return Track(
        f"change of {JUDGED}{of}, milliseconds",
        {plan: tuple(d.mean * 1e3 if d else float("nan") for d in found)},
        {plan: tuple((d.half_width or 0.0) * 1e3 if d else 0.0 for d in found)},
        {plan: texts[-1]},
        tuple(text == CANNOT_TELL for text in texts),
        CANNOT_TELL,
    )


def changes(series: Series) -> tuple[str, ...]:
    """The paired difference of the second plan at each point, as text; empty where there is one plan."""
    differences = (point.found.differences.get(JUDGED) for point in series.in_order)
    return tuple(map(difference_text, differences)) if len(series.plans) > 1 else ()


def axis_name(series: Series) -> str:
    """What stands under the axis."""
    return KEYS.get(series.key, (series.key, ""))[0]


def at_value(series: Series, value: str) -> str:
    """A value in a sentence."""
    return KEYS[series.key][1].format(value) if series.key in KEYS else f"{series.key} {value}"


def titles(series: Series) -> list[str]:
    """The finding, the fullest first."""
    if len(series.plans) < 2:
        return _of_one(series)
    found = _money_finding(series)
    subject = PLANS[series.plans[1]].subject
    latency = _latency_finding(series)
    return [f"{subject} {found}; {latency}", f"{subject} {found}", found[:1].upper() + found[1:]]


def _money_finding(series: Series) -> str:
    """Where the second plan is the cheaper one, as a predicate."""
    points, plan = series.in_order, series.plans[1]
    cheaper = [point for point in points if series.is_cheaper(point, plan)]
    crossings = [c for c in series.crossings if c.plan == plan]
    if not cheaper:
        return "saves nothing at any value"
    if len(cheaper) == len(points):
        return f"cuts the bill by {_range([_saving(point) for point in points])}"
    if len(crossings) != 1:
        return f"is cheaper at {len(cheaper)} of {len(points)} values"
    if crossings[0].cheaper:
        return f"is cheaper from {at_value(series, crossings[0].by)} on"
    return f"is cheaper up to {at_value(series, crossings[0].after)}"


def _saving(point: Point) -> Fraction:
    one, other = (outcome.bill.amount for outcome in point.found.outcomes[:2])
    return (one - other) / one


def _range(shares: Sequence[Fraction]) -> str:
    """From the least to the most."""
    least, most = percent(min(shares)), percent(max(shares))
    if least == most:
        return least
    return f"{least.removesuffix(' %')} to {most}" if least[0].isdigit() else f"up to {most}"


def _latency_finding(series: Series) -> str:
    """The least and the largest difference, or at how many values nobody can tell."""
    unknown = sum(text in ("", CANNOT_TELL) for text in changes(series))
    if unknown:
        every = "" if unknown == len(series.points) else f" at {unknown} of {len(series.points)}"
        return f"{JUDGED}: {CANNOT_TELL}{every}"
    found = sorted(point.found.differences[JUDGED].mean * 1e3 for point in series.points)
    least, most = (f"{sign(value)}{abs(value):.2g}" for value in (found[0], found[-1]))
    return f"{JUDGED} {least} ms" if least == most else f"{JUDGED} {least} to {most} ms"


def _of_one(series: Series) -> list[str]:
    """One plan: what becomes of its latency and its bill from the first value to the last."""
    outcomes = [point.outcome(series.plans[0]) for point in series.in_order]
    latencies = [outcome.latency_s[JUDGED] for outcome in outcomes if isfinite(outcome.latency_s[JUDGED])]
    if not latencies:
        return ["No request was answered at any value"]
    first, last = (show_seconds(value) for value in (latencies[0], latencies[-1]))
    moved = f"{JUDGED} stays at {first}" if first == last else f"{JUDGED} from {first} to {last}"
    amounts = [f"{half_up(outcome.bill.amount, 0):,}" for outcome in (outcomes[0], outcomes[-1])]
    bill = f"the same bill of {amounts[0]}" if len(set(amounts)) == 1 else f"bill from {' to '.join(amounts)}"
    return [f"{moved}; {bill}", moved]


def subtitle(series: Series) -> str:
    """What is shown, of what, and what bands and grey mean."""
    what = "Bands" if series.is_numeric and len(series.points) > 1 else "Bars"
    note = interval_note(series.first.replications, what, "One run each")
    parts = [f"{series.name}, by {axis_name(series)}.", note]
    change = change_track(series)
    tracks = [money_track(series), *([change] if change else [])]
    greys = [track.why for track in tracks if any(track.grey)]
    parts += [f"Grey: {' (above), '.join(greys)}{' (below)' if len(greys) > 1 else ''}."] if greys else []
    worst = max(failed_share(o) for point in series.points for o in point.found.outcomes)
    if worst:
        parts.append(f"Up to {percent(worst).removeprefix('less than ')} of the requests failed.")
    return " ".join(parts)


def caption(series: Series) -> str:
    """Where the numbers come from."""
    first = series.first
    each = f"{runs(first.replications)} at each value"
    return f"seed {first.seed} · sim {first.version} · {prices(first)} · {each}"


def alt_text(title: str, series: Series) -> str:
    """The chart in words: every value of every plan."""
    texts = changes(series)
    parts = [f"{title}. {subtitle(series)}"]
    for place, point in enumerate(series.in_order):
        shown = "; ".join(_in_words(point, plan) for plan in series.plans)
        change = f"; {JUDGED} change {texts[place]}" if texts and texts[place] else ""
        parts.append(f"At {at_value(series, point.value)}: {shown}{change}.")
    parts.append(f"Money in {money_track(series).head}.")
    return " ".join(parts)


def _in_words(point: Point, plan: str) -> str:
    outcome = point.outcome(plan)
    latency_s = outcome.latency_s[JUDGED]
    shown = f"{latency_s * 1e3:,.4g} ms" if isfinite(latency_s) else "nothing answered"
    return f"{plan} {half_up(outcome.bill.amount, 2):,}, {shown}"

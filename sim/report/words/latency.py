"""What the chart of latency distributions says: the finding, what is shown, the alt text, and its figures."""

from collections.abc import Callable, Sequence
from math import isfinite

from sim.comparison.comparison import Comparison, PlanOutcome
from sim.comparison.latency_curve import CurvePoint
from sim.errors import UsageError
from sim.report.theme import PLANS
from sim.report.words.numbers import (
    CANNOT_TELL,
    NO_BREAK,
    duration,
    signed_duration,
    three_digits,
    time_unit,
    with_interval,
)

MOST_PLANS = 4
STEPS = (0.5, 0.1, 0.01, 0.001, 1e-4, 1e-5, 0.05)
"""Rarities that have a name below the axis, the most important first."""
NO_DIFFERENCE = "Latency: no difference that these runs can tell"
HARDLY_ANY = "Latency: hardly a difference that these runs can tell"


def curves_of(comparison: Comparison) -> tuple[PlanOutcome, ...]:
    """The plans, each with a distribution that reaches one request in ten.

    Raises:
        UsageError: there are more than MOST_PLANS, or one answered too few requests.
    """
    plans = comparison.outcomes
    if len(plans) > MOST_PLANS:
        raise UsageError(
            f"{len(plans)} distributions in one picture cannot be read: compare {MOST_PLANS} at most"
        )
    for outcome in plans:
        if not isfinite(outcome.latency_s["mean"]):
            raise UsageError(f"no latency distribution: {outcome.name} answered no request")
        if not any(point.rarity <= 0.1 for point in outcome.quantile_curve):
            raise UsageError(
                f"no latency distribution: {outcome.name} answered too few requests; it takes 100 in all runs"
                " together, see --requests"
            )
    return plans


def named(points: Sequence[CurvePoint]) -> dict[float, CurvePoint]:
    """The points whose rarity has a name, the most frequent first."""
    return {point.rarity: point for point in points if point.rarity in STEPS}


def rarity_name(rarity: float) -> str:
    """A share of the requests in words.

    >>> rarity_name(0.5), rarity_name(0.05), rarity_name(0.001)
    ('half', '1 in 20', '1 in 1,000')
    """
    return "half" if rarity == 0.5 else f"1 in {round(1 / rarity):,}"


def percentile_name(rarity: float) -> str:
    """The percentile that a share of slower requests leaves.

    >>> percentile_name(0.5), percentile_name(0.001), percentile_name(1e-5)
    ('p50', 'p99.9', 'p99.999')
    """
    return f"p{100 - 100 * rarity:.10g}"


def titles(comparison: Comparison) -> list[str]:
    """The finding, the fullest first."""
    others = comparison.outcomes[1:]
    if not others:
        return _of_one(comparison.outcomes[0])
    if len(others) == 1:
        return _of_change(PLANS[others[0].name].subject, others[0].quantile_changes)
    medians = (named(outcome.quantile_changes).get(0.5) for outcome in others)
    return _of_several(comparison.outcomes[0].name, [p.value_s for p in medians if p and not p.cannot_tell])


def _of_several(first: str, changes_s: Sequence[float]) -> list[str]:
    """What the others do to the median of the first plan, as far as it can be known."""
    if not any(changes_s):
        return [NO_DIFFERENCE]
    low, high = min(changes_s), max(changes_s)
    if low * high > 0:
        ends = dict.fromkeys(duration(end) for end in sorted((low, high), key=abs))
        return [f"{' to '.join(ends)} {'more' if low > 0 else 'less'} at the median than {first}"]
    return [f"Median against {first}: {' to '.join(map(signed_duration, (low, high)))}"]


def _of_one(outcome: PlanOutcome) -> list[str]:
    points = named(outcome.quantile_curve)
    rarest = min(points)
    rare = three_digits(points[rarest].value_s)
    half, share = three_digits(points[0.5].value_s), rarity_name(rarest)
    rarely = f"1 request{share.removeprefix('1')} takes over {rare}"
    return [f"Half of the requests take over {half}, {share} {rare}", rarely]


def _of_change(subject: str, change: Sequence[CurvePoint]) -> list[str]:
    points = {point.rarity: point for point in change if point.rarity <= 0.5}
    known = {rarity: p for rarity, p in points.items() if not p.cannot_tell and p.value_s}
    if not known:
        return [NO_DIFFERENCE]
    rarest = min(rarity for rarity in known if rarity in STEPS) if set(known) & set(STEPS) else min(known)
    if 0.5 not in known and 2 * len(named(tuple(known.values()))) < len(named(tuple(points.values()))):
        return [HARDLY_ANY]
    if 0.5 not in known:
        return [f"{subject} {_adds(known[rarest].value_s)} {_of(rarest)}; median: cannot tell"]
    half = _adds(known[0.5].value_s)
    amount, beyond = half.removesuffix(" to"), _lost(points)
    if beyond is not None:
        slowest = f"in the slowest {100 * beyond:.3g}{NO_BREAK}%"
        return [
            f"{subject} {amount}; {slowest} we cannot tell",
            f"Median {signed_duration(known[0.5].value_s)}; {slowest} we cannot tell",
        ]
    if len({_adds(point.value_s) for rarity, point in known.items() if rarity in STEPS}) == 1:
        return [f"{subject} {amount}, from the median to {_of(rarest)}"]
    median, rare = (signed_duration(known[rarity].value_s) for rarity in (0.5, rarest))
    return [
        f"{subject} {half} the median, {_and(known[0.5], known[rarest])} {_of(rarest)}",
        f"Median {median}, {rarity_name(rarest)} {rare}",
    ]


def _of(rarity: float) -> str:
    return "the median" if rarity == 0.5 else rarity_name(rarity)


def _adds(change_s: float) -> str:
    """What happens to a figure, before its name.

    >>> _adds(0.002), _adds(-0.002)
    ('adds 2 ms to', 'takes 2 ms off')
    """
    amount = duration(change_s)
    return f"adds {amount} to" if change_s > 0 else f"takes {amount} off"


def _and(first: CurvePoint, then: CurvePoint) -> str:
    """A second change in the same sentence; shorter where it goes the same way."""
    verb, _, rest = _adds(then.value_s).partition(" ")
    return rest if (first.value_s > 0) == (then.value_s > 0) else f"{verb} {rest}"


def _lost(points: dict[float, CurvePoint]) -> float | None:
    """From which rarity on no point with a name can be told; None if the rarest one can."""
    lost, seen_name = None, False
    for rarity in sorted(points):
        if not points[rarity].cannot_tell and (rarity in STEPS or seen_name):
            break
        if points[rarity].cannot_tell:
            lost, seen_name = rarity, seen_name or rarity in STEPS
    return lost if seen_name else None


def subtitle(comparison: Comparison) -> str:
    """What is shown, of what, and what the bands mean."""
    what = (
        "Latency of answered requests by how many are slower: to the right, ten times fewer per large step."
    )
    if comparison.replications < 2:
        return f"{what} One run, so no interval."
    band = f"Grey: 95{NO_BREAK}% interval of {comparison.replications:,} paired runs"
    return f"{what} {band}{'' if len(comparison.outcomes) < 3 else '; hollow: cannot tell'}."


def strip_head(comparison: Comparison) -> str:
    """What the lower strip shows."""
    first, *others = comparison.outcomes
    if len(others) == 1:
        return f"difference: {others[0].name} minus {first.name}"
    return f"difference from {first.name}"


def alt_text(title: str, comparison: Comparison) -> str:
    """The chart in words."""
    parts = [
        _in_words(outcome.name, outcome.quantile_curve, lambda point: three_digits(point.value_s))
        for outcome in comparison.outcomes
    ]
    parts += [
        _in_words(f"Difference of {outcome.name}", outcome.quantile_changes, change_text)
        for outcome in comparison.outcomes[1:]
    ]
    return " ".join([f"{title}.", subtitle(comparison), *parts])


def _in_words(name: str, points: Sequence[CurvePoint], text: Callable[[CurvePoint], str]) -> str:
    rows = (f"{rarity_name(rarity)} {text(point)}" for rarity, point in named(points).items())
    return f"{name}: {'; '.join(rows)}."


def change_text(point: CurvePoint) -> str:
    """A difference with its interval.

    >>> change_text(CurvePoint(0.5, 0.00204, 0.0001)), change_text(CurvePoint(0.5, 0.001, 0.002))
    ('+2.04 ± 0.10 ms', 'cannot tell')
    >>> change_text(CurvePoint(0.5, -0.00204, None)), change_text(CurvePoint(0.5, 0.0, None))
    ('−2 ms', 'no difference')
    """
    if point.cannot_tell:
        return CANNOT_TELL
    if not point.value_s:
        return "no difference"
    if not point.half_width_s:
        return signed_duration(point.value_s)
    unit_s, unit = time_unit(abs(point.value_s))
    return f"{with_interval(point.value_s / unit_s, point.half_width_s / unit_s)} {unit}"

"""The verdict of a comparison, in a sentence: latency with its paired interval, money, what cannot move."""

from collections.abc import Sequence
from math import isfinite

from sim.comparison.comparison import Comparison, Difference, PlanOutcome
from sim.costs.bill import half_up
from sim.costs.offers import Offer
from sim.plans import CannotMove
from sim.report.words.numbers import decimal, places_for, signed, whole_amount
from sim.report.words.obstacles import obstacle_sentences
from sim.units import counted

JUDGED = "p95"


def half_width_s(outcome: PlanOutcome, figure: str = JUDGED) -> float:
    """Of the interval of a latency; zero where none is known."""
    half = (outcome.latency_ci or {}).get(figure, 0.0)
    return half if isfinite(half) else 0.0


def verdicts(comparison: Comparison) -> list[str]:
    """What changes from the first plan, for whoever signs it: a sentence, or one for each further plan.

    Where plans cannot be compared, why not, and nothing else.
    """
    if comparison.obstacles:
        return obstacle_sentences(comparison.obstacles)
    moves = moving(comparison.services, comparison.cannot_move)
    pairs = comparison.pairs
    if len(pairs) == 1:
        return [f"{plan_verdict(pairs[0])}, {moves}"]
    first = comparison.outcomes[0].name
    each = (f"{pair.outcomes[1].name}: {plan_verdict(pair)}" for pair in pairs)
    return [f"against {first}:", *each, moves]


def plan_verdict(pair: Comparison) -> str:
    """Latency and money of a second plan against the first."""
    return f"{latency_verdict(pair.differences.get(JUDGED))}, {money_verdict(pair)}"


def latency_verdict(difference: Difference | None) -> str:
    """The paired difference and its 95 % interval.

    >>> latency_verdict(Difference(0.0013, 0.0002))
    'p95 +1.30 ms [1.10, 1.50]'
    >>> latency_verdict(Difference(0.0001, 0.0004))
    'p95 not distinguishable [−0.30, 0.50] ms'
    >>> latency_verdict(Difference(-0.0013, None))
    'p95 −1.300 ms (one run: no interval)'
    """
    if difference is None or not isfinite(difference.mean):
        return f"{JUDGED} not known"
    if difference.is_nothing:
        return f"{JUDGED} the same"
    mean, half = difference.mean * 1e3, difference.half_width
    places = places_for(None if half is None else half * 1e3)
    if half is None:
        return f"{JUDGED} {signed(mean, places)} ms (one run: no interval)"
    low, high = (decimal(mean + side * half * 1e3, places) for side in (-1, 1))
    if difference.cannot_tell:
        return f"{JUDGED} not distinguishable [{low}, {high}] ms"
    return f"{JUDGED} {signed(mean, places)} ms [{low}, {high}]"


def money_verdict(comparison: Comparison) -> str:
    """The bill of the second plan against that of the first; of several providers, how many are cheaper."""
    if len(comparison.offers) > 1:
        cheaper = sum(saves(offer) for offer in comparison.offers)
        lacking = sum(len(offer.plans) < 2 for offer in comparison.offers)
        unsold = f" ({lacking} sell nothing for it)" if lacking else ""
        return f"cheaper at {cheaper} of {len(comparison.offers)} providers{unsold}"
    first, second = (outcome.bill for outcome in comparison.pair)
    change = second.amount - first.amount
    if not half_up(abs(change), 2):
        return "the same bill"
    return f"{whole_amount(abs(change), first.currency)} a month {'cheaper' if change < 0 else 'dearer'}"


def saves(offer: Offer) -> bool:
    """Whether the second plan is the cheaper one there; no, where it is not sold."""
    amounts = [plan.bill.amount for plan in offer.plans[:2]]
    return len(amounts) == 2 and amounts[1] < amounts[0]


def moving(services: int, cannot_move: Sequence[CannotMove]) -> str:
    """How many Services an Ingress can serve, and why not the others.

    >>> moving(12, [CannotMove("shop/dns", "port 53 speaks UDP")]), moving(2, [])
    ('1 of 12 Services cannot move because port 53 speaks UDP', 'both Services can move')
    """
    if not cannot_move:
        every = {1: "the Service", 2: "both Services"}.get(services, f"all {services} Services")
        return f"{every} can move"
    reasons = "; ".join(dict.fromkeys(one.why for one in cannot_move))
    return f"{len(cannot_move):,} of {counted(services, 'Service')} cannot move because {reasons}"

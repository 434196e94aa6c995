"""What the chart of spreading shows, as values and words: which Services, which Pods, and the finding."""

from collections.abc import Sequence
from dataclasses import dataclass

from sim.comparison.comparison import Comparison
from sim.errors import UsageError
from sim.report.words.names import short_name
from sim.report.words.numbers import NO_BREAK, tenths, times
from sim.report.words.spread import band_note
from sim.simulation.spreading import PodShare, Spreading
from sim.units import counted

MOST_ROWS, MOST_SERVICES = 12, 3
_LONGEST = 18
"""Letters of a name that a title has room for."""
EVEN = 1.05
"""Pods below this ratio are called even."""


@dataclass(frozen=True)
class ServiceShares:
    """One Service under every plan; None where nothing reached its Pods.

    Args:
        shown: names of the Pods that have a row.
    """

    service: str
    plans: tuple[Spreading | None, ...]
    shown: tuple[str, ...]

    @property
    def apart(self) -> int:
        """The most requests that two Pods of it are apart, in any plan."""
        return max(one.apart for one in self.plans if one)


def groups_of(comparison: Comparison) -> list[ServiceShares]:
    """The most uneven Services, as many as have room with all their Pods; of the first one some of them.

    Raises:
        UsageError: no Service has several Pods.
    """
    every = sorted(_every(comparison), key=lambda group: -group.apart)
    if not every:
        raise UsageError("no spreading: no Service of this comparison has several Pods that requests reached")
    groups, rows = every[:1], 1 + len(every[0].shown)
    for group in every[1:MOST_SERVICES]:
        rows += 1 + len(group.shown)
        if rows > MOST_ROWS:
            break
        groups.append(group)
    return groups


def _every(comparison: Comparison) -> list[ServiceShares]:
    found = [{one.service: one for one in outcome.spreading} for outcome in comparison.outcomes]
    services = dict.fromkeys(service for plan in found for service in plan)
    groups = (_group(service, tuple(plan.get(service) for plan in found)) for service in services)
    return [group for group in groups if len(group.shown) > 1]


def _group(service: str, plans: tuple[Spreading | None, ...]) -> ServiceShares:
    """As many Pods as there is room for: those that got the most and the least in the first plan."""
    first = next(one for one in plans if one)
    names = [pod.pod for pod in first.pods]
    if len(names) > MOST_ROWS:
        ordered = [pod.pod for pod in sorted(first.pods, key=lambda pod: -pod.requests)]
        names = [*ordered[: MOST_ROWS // 2], *ordered[-MOST_ROWS // 2 :]]
    return ServiceShares(service, plans, tuple(names))


def titles(groups: Sequence[ServiceShares]) -> list[str]:
    """The finding about the most uneven Service, the fullest first; says which where others are shown too."""
    found = _of_the_most_uneven(groups[0])
    name = groups[0].service if len(groups[0].service) <= _LONGEST else "First Service"
    return found if len(groups) == 1 else [f"{name}: {text[0].lower()}{text[1:]}" for text in found]


def _of_the_most_uneven(group: ServiceShares) -> list[str]:
    there = [one for one in group.plans if one]
    first, second = there[0], there[-1]
    if first.per == second.per:
        return _of_one(max(there, key=_ratio))
    ratio, other = _ratio(first), _ratio(second)
    if max(ratio, other) < EVEN:
        return [f"Per {first.per} or per {second.per}: every Pod got its share"]
    if not min(pod.requests for pod in first.pods):
        return [*_of_one(first)]
    got = f"Per {first.per}, one Pod got {times(ratio)} another's work"
    fuller = [f"{got}; per {second.per}, {times(other)}"] if other > EVEN else []
    return [*fuller, got, f"One Pod got {times(ratio)} another's work"]


def _ratio(one: Spreading) -> float:
    counts = [pod.requests for pod in one.pods]
    return max(counts) / max(1, min(counts))


def _of_one(one: Spreading) -> list[str]:
    idle = sum(not pod.requests for pod in one.pods)
    if idle:
        return [f"Chosen per {one.per}, {idle:,} of {len(one.pods):,} Pods got no request"]
    if _ratio(one) < EVEN:
        return [f"Chosen per {one.per}, every Pod got its share"]
    got = f"got {times(_ratio(one))} another's work"
    return [f"Chosen per {one.per}, one Pod {got}", f"One Pod {got}"][one.per == "either" :]


def subtitle(groups: Sequence[ServiceShares]) -> str:
    """What is shown, of what, and what the band means."""
    what = short_name(groups[0].service) if len(groups) == 1 else f"{len(groups)} Services"
    shown = {name for group in groups for name in group.shown}
    alike = {pod.expected for group in groups for one in group.plans if one for pod in one.pods}
    each = f", {100 * min(alike):.3g}{NO_BREAK}% each" if max(alike) - min(alike) < 1e-9 else ""
    pods = [(pod, one.requests) for group in groups for one in group.plans if one for pod in one.pods]
    outside = any(pod.is_outside(requests) for pod, requests in pods if pod.pod in shown)
    grey = f" {band_note(outside)}" if any(pod.low is not None for pod, _ in pods) else ""
    order = "" if len(groups) == 1 else ", the most requests between two Pods first"
    return f"Share of the requests to {what} that each Pod got{order}. Line: what chance gives{each}.{grey}"


def chosen_for(groups: Sequence[ServiceShares], plan: int) -> list[str]:
    """The unit, and what the plan chooses a Pod for, the fullest first."""
    there = [one for group in groups if (one := group.plans[plan])]
    if not there:
        return ["no request reached a Pod", "no request", ""]
    if len({one.per for one in there}) != 1 or there[0].per == "either":
        return ["per cent"]
    per = there[0].per
    often = f"{there[0].choices:,} {per}s" if len(groups) == 1 else f"a Pod per {per}"
    return [f"per cent; {often}", f"%, per {per}", "%"]


def caption(comparison: Comparison, groups: Sequence[ServiceShares]) -> str:
    """Where the numbers come from, and what is left out."""
    first = groups[0].plans[0]
    pods = len(first.pods) - len(groups[0].shown) if first else 0
    services = len(_every(comparison)) - len(groups)
    more = [f"{counted(pods, 'more Pod')} between these"] if pods > 0 else []
    more += [f"{counted(services, 'more Service')}, less uneven"] if services > 0 else []
    run = "one run" if comparison.replications < 2 else f"the first of {comparison.replications:,} runs"
    return " · ".join([f"seed {comparison.seed}", f"sim {comparison.version}", run, *more])


def alt_text(title: str, comparison: Comparison, groups: Sequence[ServiceShares]) -> str:
    """The chart in words."""
    names = [outcome.name for outcome in comparison.outcomes]
    parts = [_in_words(group, names) for group in groups]
    return " ".join([f"{title}.", subtitle(groups), *parts])


def _in_words(group: ServiceShares, names: Sequence[str]) -> str:
    plans = (_plan_in_words(group, name, one) for name, one in zip(names, group.plans, strict=True))
    return f"{group.service}: {' '.join(plans)}"


def _plan_in_words(group: ServiceShares, name: str, one: Spreading | None) -> str:
    if one is None:
        return f"{name}, no request reached a Pod."
    shown = [pod for pod in one.pods if pod.pod in group.shown]
    chance = {_chance(pod) for pod in shown}
    rows = (_pod_in_words(pod, one, len(chance) > 1) for pod in shown)
    each = f" Chance gives each {chance.pop()}." if len(chance) == 1 else ""
    choices = f"{one.requests:,} requests, a Pod chosen {one.choices:,} times"
    return f"{name}, {choices}: {'; '.join(rows)}.{each}"


def _pod_in_words(pod: PodShare, one: Spreading, with_chance: bool) -> str:
    name, share = pod.pod.rpartition("/")[2], pod.requests / one.requests
    chance = f", by chance {_chance(pod)}" if with_chance else ""
    outside = ", outside" if pod.is_outside(one.requests) else ""
    return f"{name} {tenths(share)}{outside}{chance}"


def _chance(pod: PodShare) -> str:
    band = f", mostly {tenths(pod.low)} to {tenths(pod.high)}" if pod.low is not None and pod.high else ""
    return f"{tenths(pod.expected)}{band}"

"""Words that would do harm if a page took them for markup."""

from __future__ import annotations

from dataclasses import replace

from sim.cluster.cluster import Assumption
from sim.comparison.comparison import Comparison
from sim.costs.price_sheet import Source
from sim.plans import CannotMove
from sim.report.print import Circumstances

HOW = Circumstances("shop", "sim compare shop --report out.html")
FOUR = ("lb-per-service", "single-ingress", "shared-alb", "gateway")
HOSTILE = "</style></title><script>alert(1)</script><img src=x onerror=alert(2)>\"'\u202egnp.exe\u2066&amp;"
SHOWN = HOSTILE.replace("\u202e", "\\u202e").replace("\u2066", "\\u2066")


def hostile(comparison: Comparison) -> Comparison:
    """Every word that a file can bring, as markup that would do harm."""
    outcomes = []
    for outcome in comparison.outcomes:
        radius = {kind: {**found, "name": HOSTILE} for kind, found in outcome.blast_radius.items()}
        outcomes.append(replace(outcome, blast_radius=radius))
    source = Source(title=HOSTILE, address="javascript:alert(3)", date="2026")
    offers = []
    for offer in comparison.offers:
        plans = []
        for plan in offer.plans:
            lines = tuple(replace(line, sources=(source,)) for line in plan.bill.lines)
            quotas = tuple(replace(quota, name=HOSTILE, sources=(source,)) for quota in plan.quotas)
            plans.append(replace(plan, bill=replace(plan.bill, lines=lines), quotas=quotas))
        offers.append(replace(offer, provider=HOSTILE, plans=tuple(plans)))
    return replace(
        comparison,
        outcomes=tuple(outcomes),
        offers=tuple(offers),
        cannot_move=(CannotMove(HOSTILE, HOSTILE),),
        assumptions=(Assumption(HOSTILE, HOSTILE),),
        version=HOSTILE,
    )

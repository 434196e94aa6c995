"""Lesson 11: the same move on two clouds on one scale, and what does not depend on the cloud."""

from __future__ import annotations

from collections.abc import Sequence

import sim
from sim import Comparison
from sim.costs.offers import Offer
from sim.lessons import Lesson
from sim.report.charts.picture import MARGIN, Picture
from sim.report.charts.shapes import Canvas
from sim.report.theme import LABEL, PLANS, SUBTITLE, TICK, item_name, provider_name
from slides.kit import RIGHT, slide_sheet

CLOUDS = ("aws", "azure")
PRODUCTS = {"nlb": "Network Load Balancer", "standard_lb": "Standard"}
_PANEL, _TOP, _STEP = 430.0, 162.0, 34.0
_PLOT, _WIDE, _FOOT = 146.0, 168.0, 402.0
"""From a panel's left edge to its scale, the scale's width, and where the common facts begin."""


def doors(lesson: Lesson, theme: str = "light") -> Picture:
    """Money on two clouds, then latency and what breaks."""
    found = sim.compare(lesson.experiment, replications=1, provider="all")
    offers = [next(offer for offer in found.offers if offer.provider == cloud) for cloud in CLOUDS]
    saved = [f"${_saving(offer)} a month on {provider_name(offer.provider)}" for offer in offers]
    title = f"The same move saves {saved[0]}, {saved[1].replace(' a month', '')}"
    moved = found.services - len(found.cannot_move)
    subtitle = (
        f"{found.services} Services, {found.requests_per_s:g} requests a second. One Ingress takes the {moved} that speak HTTP."
        " Both scales are the same."
    )
    priced = "; ".join(f"{provider_name(o.provider)} {PRODUCTS[o.product]}, prices of {o.prices_as_of}" for o in offers)
    caption = f"seed {found.seed} · sim {sim.__version__} · lesson 11 · one run each · {priced}"
    said = []
    most = max(float(plan.bill.amount) for offer in offers for plan in offer.plans)
    with slide_sheet(title, subtitle, caption, theme) as canvas:
        _names(canvas, [plan.name for plan in offers[0].plans])
        for number, offer in enumerate(offers):
            said.append(_panel(canvas, MARGIN + _PANEL * number, offer, most))
        canvas.stroke([(MARGIN, _FOOT), (RIGHT, _FOOT)], "hair", 1.2)
        same = _the_same(canvas, found)
    return Picture(canvas.page.figure, title, f"{title}. {subtitle} {'. '.join(said)}. The same in both clouds: {same}. {caption}.")


def _saving(offer: Offer) -> str:
    first, second = offer.plans
    return f"{float(first.bill.amount - second.bill.amount):.0f}"


def _names(canvas: Canvas, plans: Sequence[str]) -> None:
    x = MARGIN
    for plan in plans:
        canvas.page.mark(x + 6, 103, PLANS[plan])
        canvas.text(x + 20, 103, plan, LABEL)
        x += 50 + canvas.width_of(plan, LABEL)


def _panel(canvas: Canvas, left: float, offer: Offer, most: float) -> str:
    """A cloud: total and items, each with both plans; returns it in words."""
    first, second = offer.plans
    name = provider_name(offer.provider)
    counts = f"{first.load_balancers} → {second.load_balancers} load balancer{'s' * (first.load_balancers > 1)}"
    canvas.text(left, 134, name, 20, bold=True)
    canvas.text(left + canvas.width_of(name, 20, True) + 12, 135, counts, LABEL, "ink2")
    items = sorted(
        dict.fromkeys(line.item for plan in offer.plans for line in plan.bill.lines),
        key=lambda item: -float(first.bill.amount_of(item)),
    )
    rows = [("Total a month", float(first.bill.amount), float(second.bill.amount))]
    rows += [(item_name(item), float(first.bill.amount_of(item)), float(second.bill.amount_of(item))) for item in items]
    x, bottom = left + _PLOT, _TOP + _STEP * len(rows) + 2
    for tick in range(0, int(most) + 1, 100):
        at = x + _WIDE * tick / most
        canvas.stroke([(at, _TOP - 4), (at, bottom)], "line" if tick == 0 else "hair", 1.2 if tick == 0 else 0.8, zorder=1.0)
        canvas.text(at, bottom + 13, str(tick), TICK, "ink2", align="center")
    canvas.text(x + _WIDE + 12, bottom + 13, "dollars", TICK, "ink2")
    for number, (what, one, other) in enumerate(rows):
        _row(canvas, x, _TOP + _STEP * (number + 0.5), what, (one, other), most, bold=number == 0)
    told = ", ".join(f"{what} {one:.0f} → {other:.0f}" for what, one, other in rows)
    return f"{name}, {counts}, dollars a month: {told}"


def _row(canvas: Canvas, x: float, y: float, what: str, amounts: tuple[float, float], most: float, bold: bool) -> None:
    canvas.text(x - 12, y, what, TICK, bold=bold, align="right")
    for plan, amount, shift in zip(PLANS, amounts, (-5.5, 5.5), strict=False):
        look, end = PLANS[plan], x + _WIDE * amount / most
        canvas.stroke([(x, y + shift), (end, y + shift)], look.colour, 2.5, zorder=2.5)
        canvas.page.mark(end, y + shift, look)
    canvas.text(x + _WIDE + 12, y, f"{amounts[0]:.0f} → {amounts[1]:.0f}", LABEL, bold=bold)


def _the_same(canvas: Canvas, found: Comparison) -> str:
    """What no price changes: latency, and how far a fault reaches; returns it in words."""
    first, second = found.pair
    mean = [f"{plan.latency_s['mean'] * 1000:.1f}" for plan in (first, second)]
    facts = [("mean latency", f"{mean[0]} → {mean[1]} ms")]
    parts = (("load_balancer", "one load balancer"), ("node", "one node"), ("bad_rule", "one bad rule"))
    for part, name in parts:
        shares = [f"{plan.blast_radius[part]['share'] * 100:.0f}" for plan in (first, second)]
        facts.append((f"fail with {name}", f"{shares[0]} → {shares[1]} %"))
    canvas.text(MARGIN, _FOOT + 19, "The same in both clouds", SUBTITLE, bold=True)
    for number, (what, value) in enumerate(facts):
        left, y = MARGIN + _PANEL * (number % 2), _FOOT + 42 + 22 * (number // 2)
        canvas.text(left, y, what, LABEL)
        canvas.text(left + 212, y, value, LABEL, bold=True)
    return ", ".join(f"{what} {value}" for what, value in facts)

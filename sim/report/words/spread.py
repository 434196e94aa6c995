"""Words of both charts of spreading, and which placements are shown where there is no room for all."""

from collections.abc import Sequence

from sim.report.words.numbers import NO_BREAK
from sim.simulation.spread_shares import Placement


def band_note(outside: bool) -> str:
    """What the grey band means, and a hollow mark if there is one.

    Args:
        outside: whether some mark lies outside.
    """
    return f"Grey: where 95{NO_BREAK}% of random runs end.{' Hollow: outside.' if outside else ''}"


def shown_placements(found: Sequence[Placement], now: Placement, most: int) -> list[Placement]:
    """As many placements as there is room for, evenly through the list; the present one is among them."""
    if len(found) <= most:
        return list(found)
    steps = {round(i * (len(found) - 1) / (most - 1)) for i in range(most)}
    at = found.index(now) if now in found else 0
    nearest = min(steps - {0, len(found) - 1}, key=lambda step: abs(step - at), default=at)
    return [found[i] for i in sorted(steps - ({nearest} if at not in steps else set()) | {at})]

"""Which placements of Pods are shown, where there is no room for all."""

from collections.abc import Sequence

from sim.simulation.spread_shares import Placement


def shown_placements(found: Sequence[Placement], now: Placement, most: int) -> list[Placement]:
    """As many placements as there is room for, evenly through the list; the present one is among them."""
    if len(found) <= most:
        return list(found)
    steps = {round(i * (len(found) - 1) / (most - 1)) for i in range(most)}
    at = found.index(now) if now in found else 0
    nearest = min(steps - {0, len(found) - 1}, key=lambda step: abs(step - at), default=at)
    return [found[i] for i in sorted(steps - ({nearest} if at not in steps else set()) | {at})]

"""Words that charts of a run share: how many runs, of how many requests, and what their numbers come from."""

from __future__ import annotations

from sim.comparison.comparison import Comparison


def runs_caption(comparison: Comparison, *more: str) -> str:
    """Seed, version, runs and requests of every plan; then what else is to be said."""
    sent = {outcome.sent for outcome in comparison.outcomes}
    each = f"{max(sent):,} requests per plan" if sent else "no plan"
    runs = "one run" if comparison.replications < 2 else f"{comparison.replications:,} paired runs"
    return " · ".join([f"seed {comparison.seed}", f"sim {comparison.version}", f"{runs}, {each}", *more])

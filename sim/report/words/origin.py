"""Where the numbers of a chart or a table come from: how many runs, of how many requests, at whose prices."""

from sim.comparison.comparison import Comparison
from sim.report.words.numbers import NO_BREAK


def runs(replications: int) -> str:
    """How often each plan was run."""
    return "one run" if replications < 2 else f"{replications:,} paired runs"


def interval_note(replications: int, bars: str, single: str = "One run") -> str:
    """What bars through the marks mean, or why there are none."""
    if replications < 2:
        return f"{single}, so no interval."
    return f"{bars}: 95{NO_BREAK}% interval of {runs(replications)}."


def prices(comparison: Comparison) -> str:
    """The sheet of the first provider, and its date."""
    bill = comparison.outcomes[0].bill
    return f"{bill.provider} {bill.product}, prices of {comparison.prices_as_of}"


def runs_caption(comparison: Comparison) -> str:
    """Seed, version, runs and requests of every plan."""
    sent = {outcome.sent for outcome in comparison.outcomes}
    each = f"{max(sent):,} requests per plan" if sent else "no plan"
    return f"seed {comparison.seed} · sim {comparison.version} · {runs(comparison.replications)}, {each}"

"""What fails under each plan while events and faults happen, beside money and latency: rows for a chart."""

from sim.comparison.comparison import Comparison
from sim.errors import UsageError
from sim.report.theme import PLANS
from sim.report.words.answers import kind_of
from sim.report.words.compare import count_row, failures_alike, what_happens
from sim.report.words.names import short_name
from sim.report.words.numbers import latency_text, whole_amount
from sim.report.words.panels import Panel, PanelRow
from sim.units import counted

MOST_REASONS = 6


def failure_panel(comparison: Comparison) -> Panel:
    """Failed requests by how they ended and who wrote that.

    Raises:
        UsageError: nothing happens in the runs, or there are fewer than two plans.
    """
    if not comparison.happens:
        raise UsageError("nothing happens in these runs: this chart is for a scenario with events or faults")
    alike = failures_alike(comparison.pair)
    rows = [_row("All", [o.failed for o in comparison.pair], bold=True)]
    rows += [_row(f"{kind_of(reason)} ({author})", n) for (reason, author), n in alike[:MOST_REASONS]]
    rest = [sum(n[plan] for _, n in alike[MOST_REASONS:]) for plan in (0, 1)]
    return Panel("failed requests", tuple(rows + ([_row("others", rest)] if any(rest) else [])))


def failures_facts(comparison: Comparison) -> list[str]:
    """What stands beside the name of each plan: its bill, and how fast it answers."""
    return [
        f"{o.name}: {whole_amount(o.bill.amount, o.bill.currency)} a month,"
        f" mean {latency_text(o.latency_s['mean'])}, p99 {latency_text(o.latency_s['p99'])}"
        for o in comparison.pair
    ]


def _row(label: str, counts: list[int], bold: bool = False) -> PanelRow:
    one, other = counts
    shown = count_row(label, counts)
    return PanelRow(label, (one, other), (0.0, 0.0), (shown.cells[0], shown.cells[1]), bold=bold)


def failures_titles(comparison: Comparison) -> list[str]:
    """The finding, the fullest first."""
    first, second = comparison.pair
    if first.failed == second.failed:
        what = counted(first.failed, "request") if first.failed else "no request"
        return [f"Under either plan {what} failed", f"{first.failed:,} failed requests in each"]
    fails = f"{counted(second.failed, 'request')} failed, not {first.failed:,}"
    return [
        f"{PLANS[second.name].subject}: {fails}",
        fails,
        f"{second.failed:,} failed, not {first.failed:,}",
    ]


def failures_subtitle(comparison: Comparison) -> str:
    """What happened, and what is shown."""
    said = what_happens(comparison)
    return f"{short_name(said[:1].upper() + said[1:], 120)}. Who ended a request stands in brackets."


def failures_alt(title: str, comparison: Comparison) -> str:
    """The chart in words."""
    first, second = comparison.pair
    rows = "; ".join(row.in_words for row in failure_panel(comparison).rows)
    facts = "; ".join(failures_facts(comparison))
    says = f"Failed requests, {first.name} then {second.name}: {rows}. {facts}."
    return f"{title}. {failures_subtitle(comparison)} {says}"

"""A comparison as one page to sign and send on: tables, charts, assumptions, sources; it asks for nothing.

Values become tables in `plans` and `bills`, charts elements in `figures`; the markup is a template that
escapes all that is put into it. The page holds no program, and its own policy lets none run.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from typing import Any

from jinja2 import DictLoader, Environment, StrictUndefined
from markupsafe import Markup

from sim.comparison.comparison import Comparison
from sim.manifests.modelled import MODEL
from sim.manifests.objects.collected import Unmodelled
from sim.report.print import bills, plans
from sim.report.print.figures import figures
from sim.report.print.tables import Head, PageTable, TableRow, legible, line, safe_link, tight
from sim.report.text.cost import break_even_lines
from sim.report.theme import css_declarations
from sim.report.words.finding import headline
from sim.report.words.verdict import verdicts
from sim.scenario import Scenario, TrafficRow
from sim.units import counted, show_seconds

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
"""Nothing is fetched and nothing runs; charts carry their styles in attributes."""
MOST_UNMODELLED = 40
"""Objects and fields outside the model that the page lists; the rest is counted."""


@dataclass(frozen=True)
class Circumstances:
    """How a comparison came about.

    Args:
        name: of the scenario or the manifests.
        command: what makes the page again.
        unmodelled: what was read and may change the answer, but is not modelled.
        scenario: the scenario of the runs, with its traffic.
    """

    name: str
    command: str
    unmodelled: tuple[Unmodelled, ...] = ()
    scenario: Scenario | None = None


def report_html(comparison: Comparison, how: Circumstances) -> str:
    """The page.

    Raises:
        UsageError: there are fewer than two plans.
    """
    environment = Environment(
        loader=DictLoader({"report.html": _file("report.html")}),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    environment.filters |= {"safe_link": safe_link, "tight": tight}
    return environment.get_template("report.html").render(_values(comparison, how))


def _values(comparison: Comparison, how: Circumstances) -> dict[str, Any]:
    first, *sentences = verdicts(comparison)
    return {
        "policy": POLICY,
        "style": Markup(style()),
        "title": headline(comparison),
        "subtitle": subtitle(comparison, how.name),
        "stops": plans.stops(comparison),
        "verdict": first,
        "verdicts": sentences[:-1],
        "moves": sentences[-1] if sentences else "",
        "plans": plans.plans_table(comparison),
        "quotas": plans.quota_tables(comparison),
        "moving": plans.moving_table(comparison),
        "risk": plans.risk_table(comparison),
        "bills": bills.bill_tables(comparison),
        "providers": plans.providers_table(comparison),
        "break_even": plans.break_even_table(comparison),
        "break_even_lines": ()
        if comparison.obstacles
        else break_even_lines(comparison.break_evens, comparison.break_even_services),
        "figures": figures(comparison),
        "assumptions": comparison.assumptions,
        "left_out": unmodelled_here(comparison),
        "unmodelled": how.unmodelled[:MOST_UNMODELLED],
        "more_unmodelled": max(0, len(how.unmodelled) - MOST_UNMODELLED),
        "facts": facts(comparison, how),
        "traffic": traffic_table(how.scenario) if how.scenario else None,
        "sources": bills.sources(comparison),
    }


def subtitle(comparison: Comparison, name: str) -> str:
    """What was compared."""
    services = counted(comparison.services, "Service")
    return f"{name}: {services}, {comparison.requests_per_s:,.6g} requests per second in all"


def unmodelled_here(comparison: Comparison) -> list[tuple[str, str, str]]:
    """What the model simplifies or leaves out, without what no plan here has: status, part, words."""
    has_gateway = any(o.name == "gateway" for o in comparison.outcomes)
    return [
        (status, part, words)
        for status in ("approximated", "left out")
        for part, words in MODEL[status]
        if has_gateway or part != "Gateway API"
    ]


def facts(comparison: Comparison, how: Circumstances) -> list[tuple[str, str]]:
    """How the comparison was run."""
    runs = comparison.replications
    sheets = (f"{o.provider} {o.product}, {o.prices_as_of}" for o in comparison.offers)
    return [
        ("Plans", ", ".join(o.name for o in comparison.outcomes)),
        ("Runs of each plan", "one" if runs == 1 else f"{runs:,}, paired with those of the first"),
        ("Requests of each plan", f"{comparison.outcomes[0].sent:,} in all"),
        ("Seed", str(comparison.seed)),
        ("Version", f"sim {comparison.version}"),
        ("Price sheets", "; ".join(sheets)),
        ("Oldest price used", oldest_price(comparison) or "none has a date"),
        *(setup(how.scenario) if how.scenario else ()),
        ("Command", how.command),
    ]


MOST_ROWS = 60
"""Rows of traffic that the page lists; the rest is counted."""


def traffic_table(scenario: Scenario) -> PageTable:
    """Who asked what, how often."""
    figures = (Head(f"Requests per {what}", figures=True) for what in ("second", "connection"))
    more = len(scenario.traffic) - MOST_ROWS
    note = f"And {more:,} more rows." if more > 0 else ""
    rows = tuple(map(_traffic_line, scenario.traffic[:MOST_ROWS]))
    return PageTable("Traffic of the runs", (Head("Host and path"), Head("Protocol"), *figures), rows, note)


def _traffic_line(row: TrafficRow) -> TableRow:
    rate = f"{row.rps:,.6g}" if row.rps is not None else f"{row.users or 0:,} users, who think in between"
    uses = "no end" if row.uses == float("inf") else f"{row.uses:,.6g}"
    return line(f"{row.host}{row.path}", row.protocol, rate, uses)


def setup(scenario: Scenario) -> Iterator[tuple[str, str]]:
    """What decides latencies and can be set in a scenario: name, value."""
    keys, controller = scenario.latency, scenario.controller_key
    trips = (("to the client", keys.client), ("within a zone", keys.zone), ("across zones", keys.cross_zone))
    yield "Round trips", ", ".join(f"{where} {show_seconds(value_s)}" for where, value_s in trips)
    yield (
        "Ingress controller",
        f"profile {controller.profile}; Pods: {controller.replicas}, workers of each: {controller.workers}",
    )
    if scenario.faults:
        yield "Faults during the runs", f"{len(scenario.faults)}, in every plan alike"


def oldest_price(comparison: Comparison) -> str | None:
    """The figure of a bill that was read first, and when; None if none has a date."""
    lines = [line for offer in comparison.offers for plan in offer.plans for line in plan.bill.lines]
    dated = [(line.figure.as_of, line.figure.key) for line in lines if line.figure.as_of]
    return ", ".join(min(dated)) if dated else None


def style() -> str:
    """The style sheet: the colours of `sim.report.theme`, light on paper, and the rules."""
    dark = f"@media screen and (prefers-color-scheme: dark) {{ :root {{ {css_declarations('dark')} }} }}"
    return f":root {{ {css_declarations('light')} }}\n{dark}\n{_file('report.css')}"


def _shown(value: object) -> object:
    """Words without characters that control: no text can turn another around."""
    return legible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _file(name: str) -> str:
    return resources.files(__name__).joinpath(name).read_text(encoding="utf-8")

"""The match grid: rows are rules, columns are URLs; who wins, who fits and loses, who does not fit.

● wins, ○ fits and loses, · does not fit: shown by shape, never by colour alone. As text, and as a table in a
notebook.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from sim.cluster.cluster import Cluster
from sim.routing import Request, route
from sim.routing.trace import Step

WINS, LOSES, NO_FIT = "●", "○", "·"
WORDS = {WINS: "wins", LOSES: "fits and loses", NO_FIT: "does not fit"}


@dataclass(frozen=True)
class GridRow:
    """A rule: its name in the case format, what it says, and a sign per URL."""

    rule: str
    label: str
    signs: tuple[str, ...]


@dataclass(frozen=True, repr=False)
class MatchGrid:
    """Rules against URLs.

    Args:
        answers: per URL, the Service that serves it, or the state and status of what answers instead.
    """

    urls: tuple[str, ...]
    rows: tuple[GridRow, ...]
    answers: tuple[str, ...]

    def __repr__(self) -> str:
        width = max((len(r.label) for r in self.rows), default=0)
        numbers = "  ".join(f"{n}" for n in range(1, len(self.urls) + 1))
        rows = [f"{r.label:{width}}  {'  '.join(r.signs)}" for r in self.rows]
        ends = zip(self.urls, self.answers, strict=True)
        answers = [f"{number} {url}  →  {answer}" for number, (url, answer) in enumerate(ends, 1)]
        signs = "  ".join(f"{sign} {word}" for sign, word in WORDS.items())
        return "\n".join([f"{'':{width}}  {numbers}", *rows, "", *answers, "", signs])

    def _repr_html_(self) -> str:
        heads = "".join(f'<th scope="col">{escape(url)}</th>' for url in self.urls)
        rows = "".join(_html_row(row) for row in self.rows)
        ends = "".join(f"<td>{escape(answer)}</td>" for answer in self.answers)
        note = ", ".join(f"{sign} {word}" for sign, word in WORDS.items())
        return (
            f"<table><caption>{note}</caption><thead><tr><th>rule</th>{heads}</tr></thead>"
            f'<tbody>{rows}<tr><th scope="row">who answers</th>{ends}</tr></tbody></table>'
        )


def _html_row(row: GridRow) -> str:
    cells = "".join(f'<td title="{WORDS[sign]}" style="text-align:center">{sign}</td>' for sign in row.signs)
    return f'<tr><th scope="row">{escape(row.label)}</th>{cells}</tr>'


def match_grid(cluster: Cluster, urls: Sequence[str]) -> MatchGrid:
    """Route each URL and note what became of each rule of the Ingresses."""
    traces = [route(cluster, Request.parse(url)) for url in urls]
    steps = [{s.rule: s for hop in t.hops for s in hop.steps if s.rule} for t in traces]
    rules = _rules(cluster)
    rows = tuple(GridRow(rule, label, tuple(_sign(s.get(rule)) for s in steps)) for rule, label in rules)
    ends = [trace.final for trace in traces]
    answers = ((e.backend if e.fine else "") or f"{e.state} {e.status or ''}".strip() for e in ends)
    return MatchGrid(tuple(urls), rows, tuple(answers))


def _sign(step: Step | None) -> str:
    if step is None or not step.held:
        return NO_FIT
    return WINS if step.wins else LOSES


def _rules(cluster: Cluster) -> list[tuple[str, str]]:
    """Each rule's name in the case format, and its host, path and type."""
    return [
        (
            f"{ingress.key} rules[{i}].paths[{j}]",
            f"{rule.host or 'any host'}{path.path or ''} {path.path_type}",
        )
        for ingress in cluster.ingresses
        for i, rule in enumerate(ingress.spec.rules)
        for j, path in enumerate(rule.http.paths if rule.http else ())
    ]

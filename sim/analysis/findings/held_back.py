"""Findings that wait: something that was not applied or not read may make them right, so they are not said.

What adds objects (charts, generators, what is fetched, templates that are not rendered) may hold what is
missing here; what changes objects (replacements, vars, transformers) may change any reference. One note says
how many findings wait for it, of which codes, and how to see them.
"""

from collections import Counter
from collections.abc import Sequence

from sim.manifests.objects.collected import Finding, Manifests, NotApplied

MISSING = frozenset(
    {
        "SIM1101", "SIM1102", "SIM1103", "SIM1104", "SIM1105", "SIM1106", "SIM1107", "SIM1108", "SIM1109",
        "SIM1110", "SIM1112", "SIM1201", "SIM1202", "SIM1203", "SIM1207", "SIM1208", "SIM1209", "SIM1305",
        "SIM1307", "SIM1405", "SIM1406", "SIM1501", "SIM1503", "SIM1505", "SIM1506", "SIM1507", "SIM1508",
    }
)  # fmt: skip
"""Findings about something that is not there, or that does not work without it."""

CHANGING = frozenset({"replacements", "vars", "transformers"})
"""Parts of a kustomization that change any value; the other parts that are left out add objects."""

_TEMPLATE = "SIM1005"


def said(manifests: Manifests, found: Sequence[Finding]) -> list[Finding]:
    """The findings that can be said, and a note about those that wait."""
    causes = [
        *manifests.left_out,
        *(NotApplied("a template", f.source) for f in found if f.code == _TEMPLATE),
    ]
    if not causes:
        return list(found)
    changing = any(c.what in CHANGING for c in causes)
    waiting = [f for f in found if f.code in MISSING or (changing and "SIM11" <= f.code < "SIM2")]
    kept = [f for f in found if f not in waiting]
    return [*kept, _note(causes, waiting)] if waiting else kept


def _note(causes: Sequence[NotApplied], waiting: Sequence[Finding]) -> Finding:
    counts = ", ".join(f"{n} × {code}" for code, n in sorted(Counter(f.code for f in waiting).items()))
    names = ", ".join(dict.fromkeys(c.what for c in causes))
    message = f"held back: {counts}; {names} may make right what they are about, and is not applied here"
    fix = "render it first: kustomize build FOLDER, or helm template CHART, and | sim inspect -f -"
    return Finding("SIM1113", "note", message, causes[0].source, fix)

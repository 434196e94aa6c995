"""What is wrong across objects: one function per question, from an Index to findings; one table.

A finding never stops the reading. It is an error where the set itself shows that something is broken, a
warning where something outside the set may make it right.
"""

from collections.abc import Callable, Iterator

from sim.analysis.findings import (
    admission,
    classes,
    families,
    gateways,
    policies,
    policies_of_gateways,
    references,
    rules,
    services,
    settings,
    statuses,
    workloads,
)
from sim.analysis.findings.failing import failing
from sim.analysis.findings.held_back import said
from sim.analysis.findings.index import Index
from sim.manifests.objects.collected import Finding, Manifests

CHECKS: tuple[Callable[[Index], Iterator[Finding]], ...] = (
    *references.CHECKS,
    *classes.CHECKS,
    *rules.CHECKS,
    *services.CHECKS,
    *families.CHECKS,
    *gateways.CHECKS,
    *statuses.CHECKS,
    *policies_of_gateways.CHECKS,
    *workloads.CHECKS,
    *policies.CHECKS,
    *settings.CHECKS,
    *admission.CHECKS,
)


def find(manifests: Manifests) -> tuple[Finding, ...]:
    """Everything that is wrong: the faults of the reading, then what does not fit together.

    In order of places: by file, then by line.
    """
    index = Index(manifests)
    found = [*manifests.faults, *(f for check in CHECKS for f in check(index))]
    found += failing(index, found)
    return tuple(sorted(said(manifests, found), key=lambda f: _place(f.source)))


def _place(source: str | None) -> tuple[str, int, int]:
    """File, line and column of `FILE:LINE:COLUMN`."""
    file, line, column = (source or "::").rsplit(":", 2)
    return file, int(line or 0), int(column or 0)

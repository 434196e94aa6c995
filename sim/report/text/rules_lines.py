"""Rules of kube-proxy as text: what the kernel's tools read, with a sentence beside each piece if asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sim.routing.kube_proxy.rules.difference import Change
from sim.routing.kube_proxy.rules.section import Section


def rules_lines(sections: Iterable[Section], explain: bool) -> Iterator[str]:
    """Every line; explanations are comments, so that the text can still be loaded."""
    for section in sections:
        if explain and section.does and section.lines:
            yield f"# {section.title}: {section.does}"
        yield from section.lines


def change_lines(found: Iterable[Change], before: str, after: str) -> Iterator[str]:
    """What differs, as `diff -u` shows it, chain by chain; nothing if nothing does."""
    changes = tuple(found)
    if changes:
        yield from (f"--- {before}", f"+++ {after}")
    for change in changes:
        yield f"@@ {change.title} @@" + (f" {change.does}" if change.does else "")
        yield from change.lines

"""Pages of text: what a code means, what is modelled."""

import textwrap
from collections.abc import Iterator

from rich.text import Text

from sim.analysis.codes import CODES, Code
from sim.manifests.modelled import MODEL
from sim.report.width import WIDTH
from sim.routing.controllers import PROFILES, Profile

NAMES = 11
"""Columns of what an entry is called; a longer name has a line of its own."""


def code_list() -> Iterator[Text]:
    """All message codes with their titles, and how to read the page of one."""
    yield from (Text(f"{page.code}  {page.title}") for page in CODES.values())
    yield Text()
    yield Text("the page of one: sim explain SIM2003", "dim")


def code_page(code: Code) -> Iterator[Text]:
    """The page of a message code: what, why, how to see it, how to mend it."""
    yield Text.assemble((code.code, "bold"), f"  {code.title}")
    for name, body in (("what", code.what), ("why", code.why), ("see", code.see), ("mend", code.mend)):
        yield Text()
        yield Text(name, "bold")
        yield from (Text(f"  {line}") for line in body.splitlines())


def model_lines() -> Iterator[Text]:
    """What is modelled, approximated and left out, as `sim model` prints it."""
    for title, entries in MODEL.items():
        yield Text(title, "bold")
        for name, text in entries:
            label = f"  {name:<19} "
            yield from map(Text, textwrap.wrap(text, WIDTH, initial_indent=label, subsequent_indent=" " * 22))
        yield Text()
    yield Text("profiles", "bold")
    for profile in PROFILES.values():
        known, open_ = len(profile.facts), len(profile.unknown)
        yield Text(f"  {profile.name:<19} {known} facts, {open_} open: sim model {profile.name}")


def profile_lines(profile: Profile) -> Iterator[Text]:
    """What is known about a controller, each with its source; which annotations are modelled; the rest."""
    yield Text.assemble((profile.name, "bold"), "  what is known, and where it is written")
    for fact in profile.facts:
        yield Text()
        yield from _entry(fact.topic, fact.says)
        yield from (Text(f"{' ' * 14}{line}", "dim") for line in textwrap.wrap(fact.source, WIDTH - 14))
    yield Text()
    yield from _entry("annotations", ", ".join(sorted(profile.modelled_annotations)) or "none modelled")
    if profile.unknown:
        yield from (Text(), Text("not known, or not modelled", "bold"))
    for what in profile.unknown:
        yield from _entry("", what)


def _entry(name: str, text: str) -> Iterator[Text]:
    lines = textwrap.wrap(text, WIDTH - 14, break_on_hyphens=False) or [""]
    if len(name) > NAMES:
        yield Text(f"  {name}")
    else:
        yield Text(f"  {name:<{NAMES}} {lines.pop(0)}")
    yield from (Text(f"{' ' * 14}{line}") for line in lines)

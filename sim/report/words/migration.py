"""A migration in words, for the terminal and for a pull request."""

from sim.analysis.migrate import Migrated, Unlike
from sim.plans.migration import LeftOut
from sim.units import counted


def headline(found: Migrated) -> str:
    """The answer, in one line."""
    if found.faults:
        return "The API server refuses some of these manifests; mend them first"
    left = f"; not carried over: {counted(len(found.left), 'thing')}" if found.left else ""
    if not found.unlike:
        return f"All {found.asked:,} requests answer alike at {found.target}{left}"
    causes = counted(len(found.grouped), "cause")
    return f"{found.alike:,} of {found.asked:,} requests answer alike; the others: {causes}{left}"


def asked_in_words(one: Unlike) -> str:
    """The request."""
    headers = ", ".join(f"{k}: {v}" for k, v in one.request.headers.items())
    return f"{one.request.method} {one.request.url}" + (f" with {headers}" if headers else "")


def left_in_words(one: LeftOut) -> str:
    """What is not carried over, and what that changes."""
    place = f" ({one.source})" if one.source else ""
    return f"{one.ingress}: {one.what}{place}: {one.changes}"

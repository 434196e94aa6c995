"""What is not modelled and may change the answer, in words; the same in every command."""

from collections.abc import Iterator, Sequence

from sim.manifests.objects.collected import Unmodelled

MOST_NOTES = 3
"""As many are said one by one where nobody asked for all."""


def said(found: Sequence[Unmodelled], each: bool = False) -> Iterator[tuple[str, str | None]]:
    """What may change the answer, as (sentence, `FILE:LINE`): the first of it, and how many more; or each.

    Args:
        found: what may change the answer.
        each: whether all of it is a fault.
    """
    if each:
        yield from ((f"{u.what} may change the answer", line_of(u.source)) for u in found)
        return
    left = len(found) - MOST_NOTES
    for number, one in enumerate(found[:MOST_NOTES], 1):
        more = f" (and {left} more: sim inspect)" if left > 0 and number == MOST_NOTES else ""
        yield f"{one.what} is not modelled and may change the answer{more}", line_of(one.source)


def line_of(source: str | None) -> str | None:
    """`FILE:LINE` of a place that may have a column too."""
    return source.rpartition(":")[0] if source and source.count(":") > 1 else source

"""A figure: one number that a bill uses, with unit, date, confidence and sources; and where figures stand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StrictStr

from sim.costs.price_sheet.numbers import AboveZero, Dated, Exact
from sim.manifests.objects import Path

GIVEN = "given"
"""The confidence of a figure that the user has set, and the first word of its source's name."""


class Page(BaseModel):
    """A piece of a sheet: frozen; an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Source(Page):
    """Where a figure was read. `date`: of publication, or else of reading; None if the user gave it."""

    title: StrictStr
    address: StrictStr
    date: Dated | None


class Claim(Page):
    """What is said of a provider, and why it may be believed.

    Args:
        as_of: the day, month or year at which it was known to hold; None if no date is known.
        confidence: high: the provider's own page, or an unmodified copy; medium: a third party quotes it;
            low: assumed or contradicted; given: set by the user.
        sources: names in the sheet's `sources`, the best one first.
    """

    as_of: Dated | None
    confidence: Literal["high", "medium", "low", "given"]
    sources: tuple[StrictStr, ...] = Field(min_length=1)
    note: StrictStr = ""


class Figure(Claim):
    """One number that a bill uses. `key`, its place in the sheet, is filled in when the sheet is read."""

    value: Exact
    unit: StrictStr
    key: str = ""


class Capacity(Figure):
    """A figure that something is divided by, so never zero."""

    value: AboveZero


_Value = TypeVar("_Value")


def figures(page: object) -> Iterator[tuple[Path, Figure]]:
    """Every figure below a piece of a sheet, with its path, in the order of the model's fields."""
    return ((path, claim) for path, claim in claims(page) if isinstance(claim, Figure))


def claims(page: object, path: Path = ()) -> Iterator[tuple[Path, Claim]]:
    """Everything that has a source below a piece of a sheet: figures and quotas."""
    if isinstance(page, Claim):
        yield path, page
    elif isinstance(page, BaseModel | Mapping):
        for name, part in dict(page).items():
            yield from claims(part, (*path, name))


def rebuilt(page: _Value, change: Callable[[Path, Figure], Figure], path: Path = ()) -> _Value:
    """A copy in which every figure has been changed."""
    changed: Any = page
    if isinstance(page, Figure):
        changed = change(path, page)
    elif isinstance(page, BaseModel):
        changed = page.model_copy(update={k: rebuilt(v, change, (*path, k)) for k, v in page})
    elif isinstance(page, Mapping):
        changed = {k: rebuilt(v, change, (*path, k)) for k, v in page.items()}
    return changed  # type: ignore[no-any-return]

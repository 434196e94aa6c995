"""A figure: one exact number of a bill, with unit, date, confidence and sources; and where figures stand."""

import re
from calendar import monthrange
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from numbers import Real
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StrictStr

from sim.manifests.objects.meta import Path

_NUMBER = re.compile(r"\d{1,18}/0*[1-9]\d{0,17}|(\d{1,18}(\.\d{0,40})?|\.\d{1,40})(e[+-]?\d{1,2})?")
_DATE = re.compile(r"\d{4}(-\d{2}){0,2}")


def exact(value: object) -> Fraction:
    """Read a number without losing a digit; a float counts as the digits that it is written with.

    >>> exact("0.0225"), exact("2/3"), exact(0.1)
    (Fraction(9, 400), Fraction(2, 3), Fraction(1, 10))

    Raises:
        ValueError: no number, or a negative one.
    """
    if isinstance(value, Fraction) and value >= 0:
        return value
    text = str(value).strip().lower()
    known = isinstance(value, Real | Decimal | str) and not isinstance(value, bool)
    if not known or not _NUMBER.fullmatch(text):
        raise ValueError("must be a number that is not negative, such as 0.0225 or 2/3")
    return Fraction(text)


def last_day(text: str) -> date:
    """The last day of a date, a month or a year.

    >>> last_day("2025"), last_day("2026-02"), last_day("2026-09-20")
    (datetime.date(2025, 12, 31), datetime.date(2026, 2, 28), datetime.date(2026, 9, 20))
    """
    year, *rest = (int(part) for part in text.split("-"))
    month = rest[0] if rest else 12
    return date(year, month, rest[1] if len(rest) > 1 else monthrange(year, month)[1])


def _dated(text: str) -> str:
    if not _DATE.fullmatch(text):
        raise ValueError("must be a date such as 2026-09-20, 2026-09 or 2026")
    last_day(text)
    return text


def _above_zero(value: Fraction) -> Fraction:
    if value == 0:
        raise ValueError("must be above zero")
    return value


Exact = Annotated[Fraction, BeforeValidator(exact)]
AboveZero = Annotated[Exact, AfterValidator(_above_zero)]
Dated = Annotated[StrictStr, AfterValidator(_dated)]


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

    def is_older(self, today: date, days: int) -> bool:
        """Whether its date is longer ago, or not known."""
        return self.as_of is None or (today - last_day(self.as_of)).days > days


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

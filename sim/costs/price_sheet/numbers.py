"""Numbers and dates as a sheet holds them: exact, and dated as closely as anybody knows."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date
from decimal import Decimal
from fractions import Fraction
from numbers import Real
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, StrictStr

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

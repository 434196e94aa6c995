"""What a key of a scenario file may hold: durations, distributions, numbers; each says what it wanted."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict

from sim.errors import InputError
from sim.scenario.distributions import Distribution, distribution
from sim.units import seconds

MOST_REQUESTS = 20_000_000
MOST_SERVICES = 1_000


def checked(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A reader whose own errors become faults of the file."""

    def validate(value: Any) -> Any:
        try:
            return read(value)
        except InputError as error:
            raise ValueError(f"{error.message}{f'; {error.fix}' if error.fix else ''}") from None

    return validate


def _positive(value: Any) -> float:
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or not math.isfinite(value)
        or value <= 0
    ):
        raise ValueError(f"must be a number above 0, not {value!r}")
    return float(value)


def not_negative(value: Any) -> float:
    """Read a number that may be zero."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
        raise ValueError(f"must be a number that is not negative, not {value!r}")
    return float(value)


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError(f"must be a whole number above 0, not {value!r}")
    if value > MOST_REQUESTS:
        raise ValueError(f"{value:,} is over the limit of {MOST_REQUESTS:,}")
    return value


def _few(value: Any) -> int:
    count = _whole(value)
    if count > MOST_SERVICES:
        raise ValueError(f"{count:,} is over the limit of {MOST_SERVICES:,}")
    return count


def _above_zero(value: Any) -> float:
    duration_s = seconds(value)
    if duration_s <= 0:
        raise InputError(f"{value!r} is no time to wait", fix="write for example 10s")
    return duration_s


Times = Annotated[Distribution, BeforeValidator(checked(distribution))]
Duration = Annotated[float, BeforeValidator(checked(seconds))]
AboveZero = Annotated[float, BeforeValidator(checked(_above_zero))]
Positive = Annotated[float, BeforeValidator(_positive)]
NotNegative = Annotated[float, BeforeValidator(not_negative)]
Count = Annotated[int, BeforeValidator(_whole)]
FewServices = Annotated[int, BeforeValidator(_few)]


class Section(BaseModel):
    """A part of a scenario file; keys that are not known are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")

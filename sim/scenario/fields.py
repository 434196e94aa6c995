"""What a key of a scenario file may hold: durations, distributions, numbers; each says what it wanted."""

import math
from collections.abc import Callable
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict

from sim.errors import InputError
from sim.scenario.distributions import Distribution, distribution
from sim.units import MOST_SEED, cores, seconds

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


def is_whole(value: Any, least: float = -math.inf, most: float = math.inf) -> bool:
    """Whether a value is a whole number within these bounds; yes and no are none."""
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def is_number(value: Any) -> bool:
    """Whether a value is a number that can be reckoned with."""
    return is_whole(value) or (isinstance(value, float) and math.isfinite(value))


def wanted(what: str, fits: Callable[[Any], bool]) -> BeforeValidator:
    """A check before anything else: where a value does not fit, the fault says what was wanted."""

    def validate(value: Any) -> Any:
        if not fits(value):
            raise ValueError(f"{what}, not {value!r}")
        return value

    return BeforeValidator(validate)


def _at_most(most: int) -> AfterValidator:
    def validate(value: int) -> int:
        if value > most:
            raise ValueError(f"{value:,} is over the limit of {most:,}")
        return value

    return AfterValidator(validate)


def _above_zero(value: Any) -> float:
    duration_s = seconds(value)
    if duration_s <= 0:
        raise InputError(f"{value!r} is no time to wait", fix="write for example 10s")
    return duration_s


Times = Annotated[Distribution, BeforeValidator(checked(distribution))]
Duration = Annotated[float, BeforeValidator(checked(seconds))]
AboveZero = Annotated[float, BeforeValidator(checked(_above_zero))]
Cores = Annotated[float, BeforeValidator(checked(cores))]
Positive = Annotated[float, wanted("must be a number above 0", lambda value: is_number(value) and value > 0)]
NotNegative = Annotated[
    float, wanted("must be a number that is not negative", lambda value: is_number(value) and value >= 0)
]
Share = Annotated[
    float, wanted("must be a share from 0 to 1", lambda value: is_number(value) and 0 <= value <= 1)
]
Factor = Annotated[float, wanted("must be a number from 1", lambda value: is_number(value) and value >= 1)]
Places = Annotated[int, wanted("must be a whole number from 0", lambda value: is_whole(value, 0))]
Whole = Annotated[int, wanted("must be a whole number above 0", lambda value: is_whole(value, 1))]
Seed = Annotated[
    int,
    wanted(f"must be a whole number from 0 to {MOST_SEED}", lambda value: is_whole(value, 0, MOST_SEED)),
]
Count = Annotated[Whole, _at_most(MOST_REQUESTS)]
FewServices = Annotated[Whole, _at_most(MOST_SERVICES)]


class Section(BaseModel):
    """A part of a scenario file; keys that are not known are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")

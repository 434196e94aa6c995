"""Distributions of times, as scenarios state them: `5ms`, `{exponential: 5ms}`, `{lognormal: {mean: 20ms}}`.

A distribution is a value: its kind and its parameters, in seconds. The workload draws from it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sim.errors import InputError
from sim.units import seconds


@dataclass(frozen=True)
class Distribution:
    """A distribution of seconds.

    Args:
        kind: constant, exponential, lognormal, gamma, pareto or empirical.
        mean_s: its mean.
        cv: coefficient of variation, of lognormal and gamma.
        shape: of pareto; the mean is finite above 1, the variance above 2.
        values: of empirical, each as likely as the others, in seconds.
    """

    kind: str
    mean_s: float
    cv: float = 1.0
    shape: float = 2.5
    values: tuple[float, ...] = ()


def constant(value: object) -> Distribution:
    """Always the same."""
    return Distribution("constant", _seconds(value))


def _exponential(value: object) -> Distribution:
    return Distribution("exponential", _seconds(value))


def _shaped(kind: str, name: str, above: float) -> Callable[[object], Distribution]:
    """A distribution with a parameter besides its mean, which lies above a bound."""

    def read(value: object) -> Distribution:
        mean_s, parameter = _mean_and(value, name, getattr(Distribution, name))
        if not above < parameter < 1e6:
            raise InputError(f"{name} {parameter:g} must be above {above:g}")
        shape: dict[str, Any] = {name: parameter}
        return Distribution(kind, mean_s, **shape)

    return read


def _empirical(value: object) -> Distribution:
    values = value.get("values") if isinstance(value, dict) else value
    if not isinstance(values, list) or not values:
        raise InputError(
            "empirical needs a list of times", fix="write for example {empirical: [4ms, 5ms, 30ms]}"
        )
    times = tuple(_seconds(v) for v in values)
    return Distribution("empirical", sum(times) / len(times), values=times)


KINDS: dict[str, Callable[[object], Distribution]] = {
    "constant": constant,
    "exponential": _exponential,
    "lognormal": _shaped("lognormal", "cv", 0),
    "gamma": _shaped("gamma", "cv", 0),
    "pareto": _shaped("pareto", "shape", 1),
    "empirical": _empirical,
}


def distribution(value: object) -> Distribution:
    """Read a distribution.

    Raises:
        InputError: it is none of the kinds, or a parameter does not fit.

    >>> distribution("5ms").mean_s, distribution({"exponential": "2ms"}).kind
    (0.005, 'exponential')
    """
    if isinstance(value, Distribution):
        return value
    if not isinstance(value, dict):
        return constant(value)
    if len(value) != 1 or next(iter(value)) not in KINDS:
        raise InputError(
            f"{value!r} is no distribution",
            fix=f"write one of {', '.join(KINDS)}, such as {{exponential: 5ms}}",
        )
    kind, parameters = next(iter(value.items()))
    return KINDS[kind](parameters)


def _mean_and(value: object, name: str, default: float) -> tuple[float, float]:
    """`{mean: 20ms, cv: 1.5}`, or the mean alone."""
    if not isinstance(value, dict):
        return _seconds(value), default
    unknown = set(value) - {"mean", name}
    if unknown or "mean" not in value:
        raise InputError(
            f"{value!r} needs a mean and perhaps a {name}", fix=f"write {{mean: 20ms, {name}: {default}}}"
        )
    parameter = value.get(name, default)
    if isinstance(parameter, bool) or not isinstance(parameter, int | float):
        raise InputError(f"{name} {parameter!r} is not a number")
    return _seconds(value["mean"]), float(parameter)


def _seconds(value: Any) -> float:
    if not isinstance(value, str | int | float):
        raise InputError(f"{value!r} is not a duration", fix="write for example 50ms, 1.5s or 2m")
    return seconds(value)

"""Numbers that may be a share of a whole: 3, or "30%".

Source: Kubernetes, apimachinery, pkg/util/intstr (GetScaledValueFromIntOrPercent).
"""

import re

from sim.errors import InputError

_PERCENT = re.compile(r"[+-]?\d+%")


def scaled(value: int | str, whole: int, *, up: bool) -> int:
    """A number as it is, or so many percent of the whole.

    Args:
        up: whether a fraction is rounded up, else down.

    Raises:
        InputError: a text that is not a whole number and a percent sign.

    >>> scaled("39%", 10, up=True), scaled("39%", 10, up=False), scaled(3, 10, up=True)
    (4, 3, 3)
    """
    if isinstance(value, int):
        return value
    if not _PERCENT.fullmatch(value):
        raise InputError(
            f"{value!r} is neither a number nor a percentage", fix='write for example 1 or "25%"'
        )
    hundredths = int(value[:-1]) * whole
    return -(-hundredths // 100) if up else hundredths // 100

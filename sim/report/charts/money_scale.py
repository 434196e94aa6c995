"""A scale for amounts of money: from zero, or in equal steps of a factor where amounts are far apart.

A scale of factors says so in words, and no amount on it may be zero.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, log, log10

from matplotlib.ticker import MaxNLocator

MOST_LINES = 7
FACTORS = {
    2: "twice",
    10: "ten times",
    100: "a hundred times",
    1000: "a thousand times",
    10**6: "a million times",
}
"""What each gridline costs, against the one below it."""


@dataclass(frozen=True)
class Scale:
    """Where amounts lie between the lower edge (0) and the upper edge (1).

    Args:
        ticks: amounts with a gridline.
        factor: between gridlines; None: in proportion, from zero.
    """

    low: float
    high: float
    ticks: tuple[float, ...]
    factor: int | None = None

    def at(self, amount: float) -> float:
        """The height of an amount."""
        if self.factor is None:
            return (amount - self.low) / (self.high - self.low)
        return log(amount / self.low) / log(self.high / self.low)

    @property
    def in_words(self) -> str:
        """What a reader has to know; empty for a scale in proportion."""
        if self.factor is None:
            return ""
        return f"Each gridline costs {FACTORS[self.factor]} the one below it."


def compact(amount: float) -> str:
    """An amount as a tick shows it.

    >>> compact(0.5), compact(320), compact(40_000), compact(2e13)
    ('0.5', '320', '40k', '20tn')
    """
    units = ((1e12, "tn"), (1e9, "bn"), (1e6, "m"), (1e4, "k"))
    size, word = next(((size, word) for size, word in units if amount >= size), (1.0, ""))
    size = 1e3 if word == "k" else size
    return f"{amount / size:,.10g}{word}"


def proportional(amounts: Sequence[float]) -> Scale:
    """A scale from zero."""
    high = max(amounts, default=0.0) or 1.0
    ticks = (float(t) for t in MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]).tick_values(0, high))
    return Scale(0.0, 1.06 * high, tuple(t for t in ticks if 0 <= t <= 1.04 * high))


def by_factors(amounts: Sequence[float]) -> Scale:
    """A scale of equal factors, or from zero where an amount is zero."""
    low, high = min(amounts), max(amounts)
    if low <= 0:
        return proportional(amounts)
    factor = next((f for f in FACTORS if high < _base(low, f) * f**MOST_LINES), max(FACTORS))
    base = _base(low, factor)
    lines = floor(log(high / base) / log(factor) + 1e-9) + 1
    return Scale(
        base / factor**0.3, high * factor**0.15, tuple(base * factor**n for n in range(lines)), factor
    )


def _base(low: float, factor: int) -> float:
    """The lowest gridline: a round number not above the least amount."""
    power = 10.0 ** floor(log10(low))
    return max((d * power for d in (1, 2, 5) if d * power <= low), default=power) if factor == 2 else power

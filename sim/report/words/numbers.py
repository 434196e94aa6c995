"""Numbers in words: money, shares, durations and changes, the same in text, charts and pages.

Thousands have their comma, a minus is a minus sign, money is rounded half-up; what is little is not called
nothing, and what rounds to nothing has no sign. Counts of things are `sim.units.counted`.
"""

from collections.abc import Sequence
from fractions import Fraction
from math import floor, isfinite, log10

from sim.costs.bill import decimal_text, half_up
from sim.report.theme import currency_name
from sim.units import show_seconds

NOTHING, CANNOT_TELL, NO_BREAK = "–", "cannot tell", "\N{NO-BREAK SPACE}"
NO_DIFFERENCE = "no difference"
MONEY_UNITS = ((1, ""), (10**3, "thousand "), (10**6, "million "), (10**9, "billion "), (10**12, "trillion "))
"""Of money, so that an amount has at most five digits before the point."""
TIME_UNITS = ((1.0, "s", 10.0), (1e-3, "ms", 1e-3), (1e-6, "µs", 0.0))
"""Seconds of a unit, its name, and the least time that is shown in it."""
UNIT_NAMES = {"µs": "microseconds", "ms": "milliseconds", "s": "seconds"}
WHOLE_UNITS = 10
"""From this amount of money on, a sentence leaves out the cents; a table has them."""


def decimal(value: float, places: int) -> str:
    """A number with so many digits after the point; `none` where nothing was answered.

    >>> decimal(1234.5, 1), decimal(-0.01, 1), decimal(-2, 0)
    ('1,234.5', '0.0', '−2')
    """
    return f"{value:z,.{places}f}".replace("-", "−") if isfinite(value) else "none"


def signed(value: float, places: int) -> str:
    """A change; what rounds to nothing has no sign.

    >>> signed(2.04, 1), signed(-2.04, 1), signed(-0.02, 1)
    ('+2.0', '−2.0', '0.0')
    """
    return f"{'+' if round(value, places) > 0 else ''}{decimal(value, places)}"


def sign(value: float | Fraction) -> str:
    """The sign of a change whose size is said in other words."""
    return "−" if value < 0 else "+"


def with_interval(mean: float, half_width: float, places: int | None = None) -> str:
    """A change and the half width of its interval, to two digits of it where no places are given.

    >>> with_interval(-1.164, 0.14), with_interval(-1.164, 0.0001)
    ('−1.16 ± 0.14', '−1.164 ± <0.001')
    """
    places = places_for(half_width) if places is None else places
    half = decimal(half_width, places) if round(half_width, places) else f"<{10**-places:.{places}f}"
    return f"{signed(mean, places)} ± {half}"


def places_for(half_width: float | None) -> int:
    """Decimals for an interval of this half width: two digits of it, at most three; three for none."""
    return min(3, max(0, 1 - floor(log10(half_width)))) if half_width else 3


def places_of(number: float) -> int:
    """Decimals that give a number three digits, at most three."""
    return min(3, max(0, 2 - floor(log10(number)))) if number > 0 else 0


def times(ratio: float) -> str:
    """How many times, in two digits.

    >>> times(1.74), times(3.0), times(5263.2)
    ('1.7 times', '3 times', '5,300 times')
    """
    return f"{float(f'{ratio:.2g}'):,.10g} times"


def money_text(amount: Fraction) -> str:
    """An amount as a column shows it, to the hundredth; a dash for nothing.

    >>> money_text(Fraction("1234.5")), money_text(Fraction("0.001")), money_text(Fraction(0))
    ('1,234.50', '<0.01', '–')
    """
    if 0 < amount < Fraction(1, 200):
        return "<0.01"
    return f"{half_up(amount, 2):,}" if amount else NOTHING


def money_of_axis(amount: Fraction) -> str:
    """An amount beside an axis: two digits that count, or all before the point.

    >>> money_of_axis(Fraction("274.35")), money_of_axis(Fraction("7.008")), money_of_axis(Fraction("0.6"))
    ('274', '7.0', '0.60')
    """
    if 0 < amount < Fraction("0.005"):
        return "<0.01"
    return f"{half_up(amount, 0 if amount >= 10 or not amount else 1 if amount >= 1 else 2):,}"


def money_change(amount: Fraction) -> str:
    """A difference of two amounts.

    >>> money_change(Fraction("-131.4")), money_change(Fraction("0.001"))
    ('−131.40', '=')
    """
    shown = half_up(abs(amount), 2)
    return f"{sign(amount)}{shown:,}" if shown else "="


def money_unit(largest: Fraction) -> tuple[int, str]:
    """A unit of money for amounts up to the largest, and its word.

    >>> money_unit(Fraction(99_999)), money_unit(Fraction(271_700))
    ((1, ''), (1000, 'thousand '))
    """
    return next((unit for unit in MONEY_UNITS if largest < 10**5 * unit[0]), MONEY_UNITS[-1])


def amount_in_words(amount: Fraction, currency: str, places: int = 2, unit: str = "") -> str:
    """An amount for a sentence, to the cent unless fewer places are asked for.

    >>> amount_in_words(Fraction("1234.5"), "USD"), amount_in_words(Fraction(7), "EUR")
    ('$1,234.50', '7.00 euros')
    """
    shown = f"{half_up(amount, places):,}{f' {unit.strip()}' if unit else ''}"
    return f"${shown}" if currency == "USD" else f"{shown} {currency_name(currency)}"


def whole_amount(amount: Fraction, currency: str) -> str:
    """An amount for a sentence, without cents if it is not small."""
    return amount_in_words(amount, currency, 0 if amount >= WHOLE_UNITS else 2)


def rounded_amount(amount: Fraction, currency: str) -> str:
    """An amount for a title: whole, if it is not small, in a unit that keeps it short.

    >>> rounded_amount(Fraction("301.12"), "USD"), rounded_amount(Fraction("7.01"), "EUR")
    ('$301', '7.01 euros')
    >>> rounded_amount(Fraction(328_500_000), "JPY")
    '329 million yen'
    """
    size, word = money_unit(amount)
    return amount_in_words(amount / size, currency, 0 if amount >= WHOLE_UNITS else 2, word)


def exact(value: Fraction) -> str:
    """A quantity or a price, six places at most; the JSON has all.

    >>> exact(Fraction("1234.50")), exact(Fraction(1, 3))
    ('1,234.5', '0.333333')
    """
    text = decimal_text(value)
    if len(text.partition(".")[2]) > 6:
        text = f"{half_up(value, 6):f}".rstrip("0").rstrip(".")
    whole, point, places = text.partition(".")
    return f"{int(whole):,}{point}{places}"


def percent(share: Fraction) -> str:
    """A share in whole per cent; what is little is not called nothing, nor what is nearly all, all.

    >>> percent(Fraction(7, 8)), percent(Fraction(1, 300)), percent(Fraction(999, 1000))
    ('88 %', 'less than 1 %', 'more than 99 %')
    """
    if share < Fraction(1, 200):
        return "less than 1 %"
    if Fraction(199, 200) <= share < 1:
        return "more than 99 %"
    return f"{half_up(share * 100, 0):,} %"


def share_text(share: float | Fraction) -> str:
    """A share in whole per cent, nothing as such.

    >>> share_text(0.0), share_text(0.001), share_text(0.254)
    ('0 %', 'less than 1 %', '25 %')
    """
    return percent(Fraction(share)) if share else "0 %"


def tenths(share: float, tie: str = " ") -> str:
    """A share in tenths of a per cent.

    >>> tenths(0.1234)
    '12.3 %'
    """
    return f"{100 * share:.1f}{tie}%"


def percents(shares: Sequence[Fraction]) -> str:
    """Shares in per cent, from the least to the greatest where they differ.

    >>> percents([Fraction(1, 2), Fraction(3, 4)]), percents([Fraction(1, 2)])
    ('50 to 75 %', '50 %')
    """
    low, high = percent(min(shares)), percent(max(shares))
    return low if low == high else f"{low.removesuffix(' %')} to {high}"


def signed_percent(share: Fraction) -> str:
    """A change as a share behind its sign, where it is a figure.

    >>> signed_percent(Fraction(1, 2)), signed_percent(Fraction(-1, 300))
    ('+50 %', 'down by less than 1 %')
    """
    shown = percent(abs(share))
    return f"{sign(share)}{shown}" if shown[0].isdigit() else f"{'down' if share < 0 else 'up'} by {shown}"


def share_change(first: Fraction, other: Fraction) -> str:
    """A difference as a share of the first; empty if that is nothing.

    >>> share_change(Fraction(200), Fraction(58)), share_change(Fraction(0), Fraction(1))
    ('−71 %', '')
    """
    if not first:
        return ""
    share = (other - first) / first * 100
    shown = half_up(abs(share), 0)
    return f"{sign(share)}{shown:,} %" if shown else "="


def latency_text(value_s: float | None) -> str:
    """A latency; a dash where nothing was answered."""
    return NOTHING if value_s is None or value_s != value_s else show_seconds(value_s)


def time_unit(largest_s: float) -> tuple[float, str]:
    """A unit in which the largest duration is neither tiny nor long.

    >>> time_unit(0.2), time_unit(0.0002), time_unit(75.0)
    ((0.001, 'ms'), (1e-06, 'µs'), (1.0, 's'))
    """
    return next(((unit_s, name) for unit_s, name, least in TIME_UNITS if largest_s >= least), (1e-6, "µs"))


def in_unit(value_s: float, unit_s: float) -> str:
    """A duration in a unit, to three digits or all before the point."""
    value = value_s / unit_s
    return f"{value:,.{min(2, places_of(abs(value)))}f}"


def three_digits(value_s: float) -> str:
    """A duration with its unit, to three digits.

    >>> three_digits(0.0123456), three_digits(0.0)
    ('12.3 ms', '0 µs')
    """
    unit_s, unit = time_unit(value_s)
    return f"{in_unit(value_s, unit_s)} {unit}"


def duration(value_s: float) -> str:
    """A duration in two digits, whatever its sign.

    >>> duration(0.00204), duration(-0.1234), duration(0.00000051), duration(75.2)
    ('2 ms', '120 ms', '0.51 µs', '75 s')
    """
    value_s = abs(value_s)
    units = ((1.0, "s", 1.0), (1e-3, "ms", 1e-4))
    unit_s, name = next(((unit, name) for unit, name, least in units if value_s >= least), (1e-6, "µs"))
    value = value_s / unit_s
    return f"{round(value, 1 - floor(log10(value))):,.10g} {name}"


def signed_duration(change_s: float) -> str:
    """A change in two digits, behind its sign.

    >>> signed_duration(-0.00204), signed_duration(0.0)
    ('−2 ms', '0')
    """
    return f"{sign(change_s)}{duration(change_s)}" if change_s else "0"

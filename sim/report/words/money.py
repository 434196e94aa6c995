"""Words that charts of money share: whose prices, of what, in which currency, and how large.

They take a comparison, which a run is behind, or a calculation, which none is.
"""

from __future__ import annotations

from fractions import Fraction

from sim.comparison.comparison import Comparison
from sim.costs.bill import half_up
from sim.costs.offers import Calculation, Offer
from sim.errors import UsageError
from sim.report.theme import currency_name, provider_name
from sim.report.words.panels import counted
from sim.report.words.verdict import WHOLE_UNITS

Found = Comparison | Calculation

UNITS = ((1, ""), (10**3, "thousand "), (10**6, "million "), (10**9, "billion "), (10**12, "trillion "))
"""Of money, so that an amount has at most five digits before the point."""


def offers_of(found: Found) -> tuple[Offer, ...]:
    """What the providers ask.

    Raises:
        UsageError: nothing was priced.
    """
    if not found.offers:
        raise UsageError("nothing was priced, so there is no chart of money")
    return found.offers


def unit_of(largest: Fraction) -> tuple[int, str]:
    """A unit of money for amounts up to the largest, and its word.

    >>> unit_of(Fraction(99_999)), unit_of(Fraction(271_700))
    ((1, ''), (1000, 'thousand '))
    """
    return next((unit for unit in UNITS if largest < 10**5 * unit[0]), UNITS[-1])


def amount_in_words(amount: Fraction, currency: str) -> str:
    """An amount to the cent, for a sentence.

    >>> amount_in_words(Fraction("1234.5"), "USD"), amount_in_words(Fraction(7), "EUR")
    ('$1,234.50', '7.00 euros')
    """
    shown = f"{half_up(amount, 2):,}"
    return f"${shown}" if currency == "USD" else f"{shown} {currency_name(currency)}"


def rounded_amount(amount: Fraction, currency: str) -> str:
    """An amount for a title: whole, if it is not small, in a unit that keeps it short.

    >>> rounded_amount(Fraction("301.12"), "USD"), rounded_amount(Fraction("7.01"), "EUR")
    ('$301', '7.01 euros')
    >>> rounded_amount(Fraction(328_500_000), "JPY")
    '329 million yen'
    """
    size, word = unit_of(amount)
    word = f" {word.strip()}" if word else ""
    shown = f"{half_up(amount / size, 0 if amount >= WHOLE_UNITS else 2):,}{word}"
    return f"${shown}" if currency == "USD" else f"{shown} {currency_name(currency)}"


def demand_of_each(found: Found) -> str:
    """What clients ask of one Service."""
    if isinstance(found, Comparison):
        rate = found.requests_per_s / max(1, found.services)
        return f"with {rate:,.3g} requests/s each" if rate else "like the mean one of this run"
    each = found.traffic.shared_by(max(1, found.services))
    return f"with {float(each.requests_per_s):,.3g} requests/s and {float(each.gb):,.3g} GB a month each"


def origin(found: Found) -> str:
    """Where the numbers come from: seed, version, runs, and the date of every price sheet."""
    runs = f"seed {found.seed}, {counted(found.replications, 'run')}" if isinstance(found, Comparison) else ""
    sheets = ", ".join(f"{o.provider} {o.product} {o.prices_as_of}" for o in found.offers)
    return f"{runs or 'no random numbers'} · sim {found.version} · prices: {sheets}"


def named(offer: Offer) -> str:
    """The provider and what it sells."""
    return f"{provider_name(offer.provider)} {offer.product}"

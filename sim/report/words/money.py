"""Words that charts of money share: whose prices, of what, in which currency, and how large.

They take a comparison, which a run is behind, or a calculation, which none is.
"""

from sim.comparison.comparison import Calculation, Comparison
from sim.costs.offers import Offer
from sim.errors import UsageError
from sim.report.theme import provider_name
from sim.units import counted

Found = Comparison | Calculation


def offers_of(found: Found) -> tuple[Offer, ...]:
    """What the providers ask.

    Raises:
        UsageError: nothing was priced.
    """
    if not found.offers:
        raise UsageError("nothing was priced, so there is no chart of money")
    return found.offers


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

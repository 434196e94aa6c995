"""Which price sheet holds: a shipped one, single figures of it replaced, or a sheet of one's own.

The order of say: a file of the user (`--prices`), then the `prices` of a scenario, then what is shipped.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sim.costs.price_sheet import PriceSheet, read_controller_defaults, read_price_sheet, with_overrides
from sim.costs.usage import ControllerPods, default_controller
from sim.errors import InputError, one_of, there_are
from sim.manifests.objects.meta import Origin
from sim.manifests.reading.loading import Document, documents, price_sheet_names, read_text, shipped

DEFAULT_PROVIDER = "aws"
ALL = "all"


@dataclass(frozen=True)
class StatedPrices:
    """What somebody says about prices: a provider, a product, single figures, or a whole sheet.

    Args:
        figures: figures by name, and `product`.
        origin: where they were read.
    """

    provider: str | None = None
    figures: Mapping[str, object] | None = None
    origin: Origin | None = None
    sheet: PriceSheet | None = None


def own_prices(path: str) -> StatedPrices:
    """Read a file of prices: a whole sheet if it lists `products`, else as `prices` of a scenario.

    Raises:
        InputError: it is empty, no mapping, or the sheet has a fault; with its line.
    """
    document = next(documents(read_text(path), path), None)
    if document is None or not isinstance(document.value, dict):
        fix = "write for example: load_balancer_hour: 0.03"
        raise InputError("prices: should be a mapping of names to figures", f"{path}:1:1", fix)
    if "products" in document.value:
        sheet = read_price_sheet(document)
        return StatedPrices(sheet.provider, sheet=sheet)
    return _figures(document)


def _figures(document: Document) -> StatedPrices:
    value = dict(document.value)
    provider = value.pop("provider", None)
    known = price_sheet_names()
    if provider is not None and provider not in known:
        place = document.origin.at("provider")
        raise InputError(f"prices: no provider {provider!r}", place, there_are(str(provider), known))
    return StatedPrices(provider, value, document.origin)


def sheets(
    asked: str | None, scenario: StatedPrices, own: StatedPrices | None = None
) -> tuple[PriceSheet, ...]:
    """The sheets to price with: one, or for `all` every shipped one, the scenario's first.

    What is stated about one provider holds for that one alone.

    Args:
        asked: a provider or `all`; None: that of `own`, else the scenario's, else aws.
        scenario: the `prices` of a scenario.
        own: the user's file.
    """
    first = (own.provider if own else None) or scenario.provider or DEFAULT_PROVIDER
    if asked != ALL:
        return (_sheet(asked or first, scenario, own, asked is None or asked == first),)
    others = [name for name in price_sheet_names() if name != first]
    return tuple(_sheet(name, scenario, own, name == first) for name in (first, *others))


def _sheet(provider: str, scenario: StatedPrices, own: StatedPrices | None, is_meant: bool) -> PriceSheet:
    """One sheet; `is_meant`: figures that name no provider are meant for it."""
    if own and own.sheet and own.provider == provider:
        return own.sheet
    sheet = read_price_sheet(
        shipped("costs/prices", f"{one_of(provider, price_sheet_names(), 'price sheet')}.yaml")
    )
    for stated in (scenario, own):
        if stated and stated.figures and (stated.provider == provider or (not stated.provider and is_meant)):
            sheet = with_overrides(sheet, {"product": sheet.default_product, **stated.figures}, stated.origin)
    return sheet


def controller_on(sheet: PriceSheet) -> ControllerPods:
    """The assumed Ingress controller on a sheet's default node."""
    return default_controller(read_controller_defaults(shipped("costs/prices", "controller.yaml")), sheet)

"""Single figures of a sheet replaced by the user, and which figures a bill may use."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from pydantic import ValidationError

from sim.costs.price_sheet.figure import GIVEN, Figure, Source, figures, rebuilt
from sim.costs.price_sheet.reading import at, complaint
from sim.costs.price_sheet.sheet import PriceSheet, unknown
from sim.errors import InputError
from sim.manifests.objects import Origin, Path


def with_overrides(
    sheet: PriceSheet, prices: Mapping[str, object], origin: Origin | None = None
) -> PriceSheet:
    """The sheet with a product chosen and single figures replaced.

    Args:
        prices: as in a scenario: `provider`, `product`, and names of figures of that product, of the sheet,
            or of its default node, such as `load_balancer_hour`, `cross_zone_gb`, `node_hour`.
        origin: where `prices` was read, for errors and as the figures' source.

    Raises:
        InputError: another provider, an unknown product or figure, a value that is no price.
    """
    _choice(sheet, prices, "provider", sheet.provider, [sheet.provider], origin)
    chosen = _choice(sheet, prices, "product", sheet.default_product, sheet.products, origin)
    sheet = sheet.model_copy(update={"default_product": chosen})
    names = {str(path[-1]): figure for path, figure in in_use(sheet)}
    new: dict[str, Figure] = {}
    sources = dict(sheet.sources)
    for name in (key for key in prices if key not in {"provider", "product"}):
        if name not in names:
            raise unknown(f"prices: {sheet.provider} {chosen} has no figure", name, names, at(origin, name))
        place = at(origin, name)
        new[names[name].key] = _given(names[name], prices[name], place)
        sources[f"{GIVEN} {name}"] = Source(title="given by the user", address=place or "", date=None)
    changed = rebuilt(sheet, lambda path, figure: new.get(figure.key, figure))
    return changed.model_copy(update={"sources": sources})


def _choice(
    sheet: PriceSheet,
    prices: Mapping[str, object],
    key: str,
    default: str,
    known: Collection[str],
    origin: Origin | None,
) -> str:
    name = str(prices.get(key, default))
    if name not in known:
        raise unknown(f"prices: the sheet of {sheet.provider} has no {key}", name, known, at(origin, key))
    return name


def _given(figure: Figure, value: object, place: str | None) -> Figure:
    """The figure with another value, set by the user."""
    name = figure.key.rpartition(".")[2]
    claim = {"as_of": None, "confidence": GIVEN, "sources": (f"{GIVEN} {name}",), "note": ""}
    try:
        return type(figure).model_validate(dict(figure) | claim | {"value": value})
    except ValidationError as error:
        raise InputError(f"prices: {name} {complaint(error.errors()[0]['msg'], value)}", place) from None


def in_use(sheet: PriceSheet) -> Iterator[tuple[Path, Figure]]:
    """The figures of the default product and node, and those that all products share."""
    outside = {"products": sheet.default_product, "nodes": sheet.default_node}
    for path, figure in figures(sheet):
        if outside.get(str(path[0])) in {None, path[1] if len(path) > 1 else None}:
            yield path, figure

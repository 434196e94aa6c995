"""From a document to a sheet: a fault with its line, every source looked up, every figure with its key.

Single figures can be replaced by the user.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import TypeVar

from pydantic import ValidationError

from sim.costs.price_sheet.figure import GIVEN, Figure, Source, claims, rebuilt
from sim.costs.price_sheet.products import SHAPE_NAMES
from sim.costs.price_sheet.sheet import ControllerDefaults, PriceSheet, Sourced, in_use, require
from sim.errors import InputError
from sim.manifests.objects.meta import Origin, Path
from sim.manifests.reading.loading import Document

_SourcedType = TypeVar("_SourcedType", bound=Sourced)


def read_price_sheet(document: Document) -> PriceSheet:
    """Read a provider's sheet.

    Raises:
        InputError: a figure is missing, malformed or without a source; with its line.
    """
    sheet = _read(PriceSheet, document)
    for path, name, there in _names(sheet):
        require(name, there, f"{sheet.what}: {dotted(path)}: there is no", document.origin.at(*path))
    return sheet


def _names(sheet: PriceSheet) -> Iterator[tuple[Path, str, Collection[str]]]:
    """Where a sheet names a product or node of its own, the name, and those there are."""
    yield ("default_product",), sheet.default_product, sheet.products
    yield ("default_node",), sheet.default_node, sheet.nodes
    for key, quota in sheet.quotas.items():
        yield from ((("quotas", key, "products"), name, sheet.products) for name in quota.products)


def read_controller_defaults(document: Document) -> ControllerDefaults:
    """Read what a controller is assumed to ask for.

    Raises:
        InputError: as for a price sheet.
    """
    return _read(ControllerDefaults, document)


def _read(model: type[_SourcedType], document: Document) -> _SourcedType:
    try:
        sheet = model.model_validate(document.value)
    except ValidationError as error:
        raise refused(error, model.what, document.origin) from None
    for path, claim in claims(sheet):
        for name in claim.sources:
            if name not in sheet.sources:
                place = document.origin.at(*path, "sources")
                raise InputError(f"{model.what}: {dotted(path)}: no source {name!r}", place)
    return rebuilt(sheet, lambda path, figure: figure.model_copy(update={"key": dotted(path)}))


def dotted(path: Path) -> str:
    """A path as a user reads it."""
    return ".".join(str(part) for part in path)


_UNKNOWN = {"extra_forbidden", "unexpected_keyword_argument"}
_SAYS = {"missing": "is missing", **dict.fromkeys(_UNKNOWN, "is no key that is known here")}


def refused(error: ValidationError, what: str, origin: Origin | None) -> InputError:
    """One fault of a value, in one sentence, with its place if it was read from a file.

    An unknown key comes first: it is often the one that seems to be missing.
    """
    fault = min(error.errors(), key=lambda fault: fault["type"] not in _UNKNOWN)
    path = tuple(part for index, part in enumerate(fault["loc"]) if index != 2 or part not in SHAPE_NAMES)
    path = (*path, "shape") if fault["type"] == "union_tag_invalid" else path
    says = _SAYS.get(fault["type"]) or complaint(fault["msg"], fault["input"])
    return InputError(f"{what}: {dotted(path)} {says}" if path else f"{what}: {says}", at(origin, *path))


def at(origin: Origin | None, *path: str | int) -> str | None:
    """`FILE:LINE:COLUMN` of a path, if it was read from a file."""
    return origin.at(*path) if origin else None


def complaint(message: str, value: object) -> str:
    """What is wrong with a value, and the value if it is short."""
    got = "" if isinstance(value, Mapping | list) else f", got {str(value)[:60]!r}"
    return message.removeprefix("Value error, ").removeprefix("Input ") + got


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
        place = at(origin, name)
        require(name, names, f"prices: {sheet.provider} {chosen} has no figure", place)
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
    require(name, known, f"prices: the sheet of {sheet.provider} has no {key}", at(origin, key))
    return name


def _given(figure: Figure, value: object, place: str | None) -> Figure:
    """The figure with another value, set by the user."""
    name = figure.key.rpartition(".")[2]
    claim = {"as_of": None, "confidence": GIVEN, "sources": (f"{GIVEN} {name}",), "note": ""}
    try:
        return type(figure).model_validate(dict(figure) | claim | {"value": value})
    except ValidationError as error:
        raise InputError(f"prices: {name} {complaint(error.errors()[0]['msg'], value)}", place) from None

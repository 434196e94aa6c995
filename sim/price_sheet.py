"""Price sheets: what a provider asks, as dated and sourced figures. A parsed document in, a value out.

A sheet lists the load balancers that a provider sells (`products`, each of one pricing shape), what is billed
beside them (addresses, bytes between zones, nodes), its quotas, and its sources. Every number that a bill
uses is a Figure: it carries a unit, a date, a confidence and its sources, and a user can replace it.
Left out: taxes, discounts, free tiers, internet egress. The shipped sheets are `sim/prices/*.yaml`.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from difflib import get_close_matches
from fractions import Fraction
from numbers import Real
from typing import Annotated, Any, ClassVar, Literal, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    StrictStr,
    ValidationError,
    model_validator,
)

from sim.errors import InputError, UsageError
from sim.loading import Document
from sim.manifests import Origin, Path

_NUMBER = re.compile(r"\d{1,18}/0*[1-9]\d{0,17}|(\d{1,18}(\.\d{0,40})?|\.\d{1,40})(e[+-]?\d{1,2})?")
_DATE = re.compile(r"\d{4}(-\d{2}){0,2}")


def exact(value: object) -> Fraction:
    """Read a number without losing a digit; a float counts as the digits that it is written with.

    >>> exact("0.0225"), exact("2/3"), exact(0.1)
    (Fraction(9, 400), Fraction(2, 3), Fraction(1, 10))

    Raises:
        ValueError: no number, or a negative one.
    """
    if isinstance(value, Fraction) and value >= 0:
        return value
    text = str(value).strip().lower()
    known = isinstance(value, Real | Decimal | str) and not isinstance(value, bool)
    if not known or not _NUMBER.fullmatch(text):
        raise ValueError("must be a number that is not negative, such as 0.0225 or 2/3")
    return Fraction(text)


def last_day(text: str) -> date:
    """The last day of a date, a month or a year.

    >>> last_day("2025"), last_day("2026-02"), last_day("2026-09-20")
    (datetime.date(2025, 12, 31), datetime.date(2026, 2, 28), datetime.date(2026, 9, 20))
    """
    year, *rest = (int(part) for part in text.split("-"))
    month = rest[0] if rest else 12
    return date(year, month, rest[1] if len(rest) > 1 else monthrange(year, month)[1])


def _dated(text: str) -> str:
    if not _DATE.fullmatch(text):
        raise ValueError("must be a date such as 2026-09-20, 2026-09 or 2026")
    last_day(text)
    return text


def _above_zero(value: Fraction) -> Fraction:
    if value == 0:
        raise ValueError("must be above zero")
    return value


Exact = Annotated[Fraction, BeforeValidator(exact)]
AboveZero = Annotated[Exact, AfterValidator(_above_zero)]
Dated = Annotated[StrictStr, AfterValidator(_dated)]
GIVEN = "given"
"""The confidence of a figure that the user has set, and the first word of its source's name."""


class _Page(BaseModel):
    """A piece of a sheet: frozen; an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Source(_Page):
    """Where a figure was read. `date`: of publication, or else of reading; None if the user gave it."""

    title: StrictStr
    address: StrictStr
    date: Dated | None


class _Claim(_Page):
    """What is said of a provider, and why it may be believed.

    Args:
        as_of: the day, month or year at which it was known to hold; None if no date is known.
        confidence: high: the provider's own page, or an unmodified copy; medium: a third party quotes it;
            low: assumed or contradicted; given: set by the user.
        sources: names in the sheet's `sources`, the best one first.
    """

    as_of: Dated | None
    confidence: Literal["high", "medium", "low", "given"]
    sources: tuple[StrictStr, ...] = Field(min_length=1)
    note: StrictStr = ""


class Figure(_Claim):
    """One number that a bill uses. `key`, its place in the sheet, is filled in when the sheet is read."""

    value: Exact
    unit: StrictStr
    key: str = ""


class Capacity(Figure):
    """A figure that something is divided by, so never zero."""

    value: AboveZero


class _Product(_Page):
    """What all load balancers share. An *entry* is what one Service of type LoadBalancer asks for.

    Args:
        addresses: public addresses that an entry has, if they are billed: one, or one per zone.
        rules: rules that an entry has, if they are billed: one, or one per port.
        shared: one load balancer carries all entries, instead of one each.
        routes_http: it reads requests and sends each to the Service that its rules name.
    """

    region: StrictStr
    addresses: Literal["one", "per-zone"] | None = None
    rules: Literal["one", "per-port"] | None = None
    shared: StrictBool = False
    routes_http: StrictBool = False
    note: StrictStr = ""


class RuleEvaluations(_Page):
    """The dimension of a capacity unit that counts rules looked at."""

    free_rules: Figure
    unit_rule_evaluations_per_s: Capacity


class CapacityUnits(_Product):
    """An hourly price, and capacity units: the largest of several dimensions, in fractions."""

    shape: Literal["capacity-units"]
    load_balancer_hour: Figure
    capacity_unit_hour: Figure
    unit_new_connections_per_s: Capacity
    unit_active_connections: Capacity
    unit_gb_per_hour: Capacity
    rule_evaluations: RuleEvaluations | None = None


class ProcessedData(_Product):
    """An hourly price, and every gigabyte that passes in either direction."""

    shape: Literal["processed-data"]
    load_balancer_hour: Figure
    gb_processed: Figure


class BundledRules(_Product):
    """The first rules cost one price together, each further one its own; and gigabytes that pass.

    Args:
        bundle_for: whose first rules are bundled.
        gb_out_billed: the share of the outbound gigabytes that is billed, from 0 to 1.
    """

    shape: Literal["bundled-rules"]
    bundle_for: Literal["project", "load-balancer"]
    rule_bundle_hour: Figure
    rules_in_bundle: Figure
    further_rule_hour: Figure
    gb_processed: Figure
    gb_out_billed: Figure


class ScaledNodes(_Product):
    """A flat monthly price for each of the nodes that a load balancer needs at its peak."""

    shape: Literal["nodes"]
    load_balancer_node_month: Figure
    load_balancer_node_requests_per_s: Capacity | None = None
    load_balancer_node_connections: Capacity | None = None
    load_balancer_node_mbit_in_per_s: Capacity | None = None


class FlatMonth(_Product):
    """A flat monthly price."""

    shape: Literal["monthly"]
    load_balancer_month: Figure


Product = CapacityUnits | ProcessedData | BundledRules | ScaledNodes | FlatMonth
_SHAPES = {"capacity-units", "processed-data", "bundled-rules", "nodes", "monthly"}


class Node(_Page):
    """A machine of the cluster that controllers run on, priced by the hour or by the month."""

    vcpu: AboveZero
    memory_gib: AboveZero
    node_hour: Figure | None = None
    node_month: Figure | None = None

    @model_validator(mode="after")
    def _one_price(self) -> Node:
        if (self.node_hour is None) == (self.node_month is None):
            raise ValueError("needs either node_hour or node_month")
        return self


class Quota(_Claim):
    """A limit of the provider.

    Args:
        counts: the quantity of a bill's usage that it limits.
        products: whom it concerns; empty: all.
    """

    limit: StrictInt
    adjustable: StrictBool
    counts: Literal[
        "load_balancers",
        "public_addresses",
        "rules",
        "listeners",
        "targets",
        "http_rules",
        "target_groups",
        "certificates",
        "connections",
        "nodes",
        "zones",
    ]
    products: tuple[StrictStr, ...] = ()


class _Sourced(_Page):
    """A file of figures, and the sources that they name."""

    what: ClassVar[str]
    sources: Mapping[StrictStr, Source]


class PriceSheet(_Sourced):
    """What one provider asks, in one currency.

    Args:
        hours_per_month: hours billed for a thing that exists all month.
        default_product: what is bought; `with_overrides` chooses another.
        default_node: what a controller runs on.
        public_address_hour: per public address; None: they are not billed apart.
        cross_zone_gb: per gigabyte that crosses a zone's border, both sides together; None: not billed.
    """

    what: ClassVar[str] = "price sheet"
    provider: StrictStr
    currency: Annotated[StrictStr, Field(pattern=r"^[A-Z]{3}$")]
    hours_per_month: AboveZero
    default_product: StrictStr
    default_node: StrictStr
    products: Mapping[StrictStr, Annotated[Product, Field(discriminator="shape")]]
    public_address_hour: Figure | None = None
    cross_zone_gb: Figure | None = None
    nodes: Mapping[StrictStr, Node]
    quotas: Mapping[StrictStr, Quota] = {}

    @model_validator(mode="after")
    def _defaults_exist(self) -> PriceSheet:
        for name, there in ((self.default_product, self.products), (self.default_node, self.nodes)):
            if name not in there:
                raise ValueError(f"the default {name!r} is not among {', '.join(there)}")
        return self

    def product(self, name: str) -> Product:
        """What is sold under this name.

        Raises:
            InputError: nothing is.
        """
        if name not in self.products:
            raise _unknown(f"{self.provider} sells no load balancer", name, self.products)
        return self.products[name]

    @property
    def routes_http(self) -> bool:
        """Whether any of its load balancers reads requests."""
        return any(product.routes_http for product in self.products.values())

    @property
    def http_product(self) -> str:
        """The default product if it routes HTTP, else the first that does.

        Raises:
            UsageError: none does.
        """
        routing = [name for name, product in self.products.items() if product.routes_http]
        if not routing:
            raise UsageError(
                f"{self.provider} sells no load balancer that routes HTTP, in its price sheet here"
            )
        return self.default_product if self.default_product in routing else routing[0]

    def node(self, name: str) -> Node:
        """The machine of this name.

        Raises:
            InputError: the sheet has no price for it.
        """
        if name not in self.nodes:
            raise _unknown(f"{self.provider} has no price for a node", name, self.nodes)
        return self.nodes[name]


class ControllerDefaults(_Sourced):
    """What an Ingress controller is assumed to ask for."""

    what: ClassVar[str] = "controller defaults"
    replicas: Figure
    cpu_request: Figure
    memory_request_mib: Figure
    cpu_per_1000_rps: Figure
    target_utilisation: Capacity


_Value = TypeVar("_Value")
_SourcedType = TypeVar("_SourcedType", bound=_Sourced)


def _unknown(fault: str, name: str, known: Collection[str], place: str | None = None) -> InputError:
    """An error for a name that is not among the known ones, with the nearest."""
    close = get_close_matches(name, known, 1)
    fix = (f"did you mean {close[0]}? " if close else "") + f"there are: {', '.join(known)}"
    return InputError(f"{fault} {name!r}", place, fix)


def _at(origin: Origin | None, *path: str | int) -> str | None:
    return origin.at(*path) if origin else None


def figures(page: object) -> Iterator[tuple[Path, Figure]]:
    """Every figure below a piece of a sheet, with its path, in the order of the model's fields."""
    return ((path, claim) for path, claim in _claims(page) if isinstance(claim, Figure))


def _claims(page: object, path: Path = ()) -> Iterator[tuple[Path, _Claim]]:
    if isinstance(page, _Claim):
        yield path, page
    elif isinstance(page, BaseModel | Mapping):
        for name, part in dict(page).items():
            yield from _claims(part, (*path, name))


def _rebuilt(page: _Value, change: Callable[[Path, Figure], Figure], path: Path = ()) -> _Value:
    """A copy in which every figure has been changed."""
    changed: Any = page
    if isinstance(page, Figure):
        changed = change(path, page)
    elif isinstance(page, BaseModel):
        changed = page.model_copy(update={k: _rebuilt(v, change, (*path, k)) for k, v in page})
    elif isinstance(page, Mapping):
        changed = {k: _rebuilt(v, change, (*path, k)) for k, v in page.items()}
    return changed  # type: ignore[no-any-return]


def read_price_sheet(document: Document) -> PriceSheet:
    """Read a provider's sheet.

    Raises:
        InputError: a figure is missing, malformed or without a source; with its line.
    """
    return _read(PriceSheet, document)


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
    for path, claim in _claims(sheet):
        for name in claim.sources:
            if name not in sheet.sources:
                place = document.origin.at(*path, "sources")
                raise InputError(f"{model.what}: {_dotted(path)}: no source {name!r}", place)
    return _rebuilt(sheet, lambda path, figure: figure.model_copy(update={"key": _dotted(path)}))


def _dotted(path: Path) -> str:
    return ".".join(str(part) for part in path)


_UNKNOWN = {"extra_forbidden", "unexpected_keyword_argument"}
_SAYS = {"missing": "is missing", **dict.fromkeys(_UNKNOWN, "is no key that is known here")}


def refused(error: ValidationError, what: str, origin: Origin | None) -> InputError:
    """One fault of a value, in one sentence, with its place if it was read from a file.

    An unknown key comes first: it is often the one that seems to be missing.
    """
    fault = min(error.errors(), key=lambda fault: fault["type"] not in _UNKNOWN)
    path = tuple(part for index, part in enumerate(fault["loc"]) if index != 2 or part not in _SHAPES)
    says = _SAYS.get(fault["type"]) or _complaint(fault["msg"], fault["input"])
    return InputError(f"{what}: {_dotted(path)} {says}" if path else f"{what}: {says}", _at(origin, *path))


def _complaint(message: str, value: object) -> str:
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
    names = {str(path[-1]): figure for path, figure in _in_use(sheet)}
    new: dict[str, Figure] = {}
    sources = dict(sheet.sources)
    for name in (key for key in prices if key not in {"provider", "product"}):
        if name not in names:
            raise _unknown(f"prices: {sheet.provider} {chosen} has no figure", name, names, _at(origin, name))
        place = _at(origin, name)
        new[names[name].key] = _given(names[name], prices[name], place)
        sources[f"{GIVEN} {name}"] = Source(title="given by the user", address=place or "", date=None)
    changed = _rebuilt(sheet, lambda path, figure: new.get(figure.key, figure))
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
        raise _unknown(f"prices: the sheet of {sheet.provider} has no {key}", name, known, _at(origin, key))
    return name


def _given(figure: Figure, value: object, place: str | None) -> Figure:
    """The figure with another value, set by the user."""
    name = figure.key.rpartition(".")[2]
    claim = {"as_of": None, "confidence": GIVEN, "sources": (f"{GIVEN} {name}",), "note": ""}
    try:
        return type(figure).model_validate(dict(figure) | claim | {"value": value})
    except ValidationError as error:
        raise InputError(f"prices: {name} {_complaint(error.errors()[0]['msg'], value)}", place) from None


def _in_use(sheet: PriceSheet) -> Iterator[tuple[Path, Figure]]:
    """The figures of the default product and node, and those that all products share."""
    outside = {"products": sheet.default_product, "nodes": sheet.default_node}
    for path, figure in figures(sheet):
        if outside.get(str(path[0])) in {None, path[1] if len(path) > 1 else None}:
            yield path, figure


def cite(figure: Figure, sheet: PriceSheet) -> str:
    """Where a figure stands, of when it is, and who says so, in one line."""
    best = sheet.sources[figure.sources[0]]
    if figure.confidence == GIVEN:
        return f"{sheet.provider} {figure.key}, {best.title} {best.address}".rstrip()
    of = f"as of {figure.as_of}" if figure.as_of else "no date known"
    return f"{sheet.provider} {figure.key}, {of}, confidence {figure.confidence}: {best.title}, {best.date}"


def old_figures(sheet: PriceSheet, today: date, days: int = 180) -> tuple[Figure, ...]:
    """Figures that a bill of the default product may use and that are older than `days`, the oldest first.

    A figure that is known by year or month is taken at its last day; what the user has set is never old.
    """
    dated = [f for _, f in _in_use(sheet) if f.confidence != GIVEN]
    old = [f for f in dated if f.as_of is None or (today - last_day(f.as_of)).days > days]
    return tuple(sorted(old, key=lambda figure: (figure.as_of or "", figure.key)))


def stale(sheets: Sequence[PriceSheet], today: date) -> str | None:
    """One line about figures that are too old to be trusted; None if there are none."""
    old = {sheet.provider: found for sheet in sheets if (found := old_figures(sheet, today))}
    if not old:
        return None
    count = sum(map(len, old.values()))
    many = f"{count} figures are" if count > 1 else "a figure is"
    oldest = min((f for found in old.values() for f in found), key=lambda f: (f.as_of or "", f.key))
    name = oldest.key.rpartition(".")[2].replace("_", " ")
    age = f"of {oldest.as_of}" if oldest.as_of else "of no known date"
    return f"{', '.join(old)} prices: {many} over 180 days old ({name}: {age}); replace with --prices FILE"

"""The sheet of one provider, its nodes and quotas, its age; and what a controller is assumed to ask for."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from typing import Annotated, ClassVar, Literal

from pydantic import Field, StrictBool, StrictInt, StrictStr, model_validator

from sim.costs.price_sheet.figure import GIVEN, AboveZero, Capacity, Claim, Figure, Page, Source, figures
from sim.costs.price_sheet.products import Product
from sim.errors import InputError, UsageError, there_are
from sim.manifests.objects.meta import Path


class NodePrice(Page):
    """A machine of the cluster that controllers run on, priced by the hour or by the month."""

    vcpu: AboveZero
    memory_gib: AboveZero
    node_hour: Figure | None = None
    node_month: Figure | None = None

    @model_validator(mode="after")
    def _one_price(self) -> NodePrice:
        if (self.node_hour is None) == (self.node_month is None):
            raise ValueError("needs either node_hour or node_month")
        return self


class Quota(Claim):
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


class Sourced(Page):
    """A file of figures, and the sources that they name."""

    what: ClassVar[str]
    sources: Mapping[StrictStr, Source]


class PriceSheet(Sourced):
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
    nodes: Mapping[StrictStr, NodePrice]
    quotas: Mapping[StrictStr, Quota] = {}

    def product(self, name: str) -> Product:
        """What is sold under this name.

        Raises:
            InputError: nothing is.
        """
        require(name, self.products, f"{self.provider} sells no load balancer")
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

    def node(self, name: str) -> NodePrice:
        """The machine of this name.

        Raises:
            InputError: the sheet has no price for it.
        """
        require(name, self.nodes, f"{self.provider} has no price for a node")
        return self.nodes[name]


class ControllerDefaults(Sourced):
    """What an Ingress controller is assumed to ask for."""

    what: ClassVar[str] = "controller defaults"
    replicas: Figure
    cpu_request: Figure
    memory_request_mib: Figure
    cpu_per_1000_rps: Figure
    target_utilisation: Capacity


def require(name: str, known: Collection[str], fault: str, place: str | None = None) -> None:
    """Refuse a name that is not among the known ones.

    Raises:
        InputError: with the nearest name, and those there are.
    """
    if name not in known:
        raise InputError(f"{fault} {name!r}", place, there_are(name, known))


def in_use(sheet: PriceSheet) -> Iterator[tuple[Path, Figure]]:
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
    dated = [f for _, f in in_use(sheet) if f.confidence != GIVEN]
    old = [f for f in dated if f.is_older(today, days)]
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

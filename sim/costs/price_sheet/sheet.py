"""The sheet of one provider, its nodes and quotas; and what an Ingress controller is assumed to ask for."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from difflib import get_close_matches
from typing import Annotated, ClassVar, Literal

from pydantic import Field, StrictBool, StrictInt, StrictStr, model_validator

from sim.costs.price_sheet.figure import Capacity, Claim, Figure, Page, Source
from sim.costs.price_sheet.numbers import AboveZero
from sim.costs.price_sheet.products import Product
from sim.errors import InputError, UsageError


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
        if name not in self.products:
            raise unknown(f"{self.provider} sells no load balancer", name, self.products)
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
        if name not in self.nodes:
            raise unknown(f"{self.provider} has no price for a node", name, self.nodes)
        return self.nodes[name]


class ControllerDefaults(Sourced):
    """What an Ingress controller is assumed to ask for."""

    what: ClassVar[str] = "controller defaults"
    replicas: Figure
    cpu_request: Figure
    memory_request_mib: Figure
    cpu_per_1000_rps: Figure
    target_utilisation: Capacity


def unknown(fault: str, name: str, known: Collection[str], place: str | None = None) -> InputError:
    """An error for a name that is not among the known ones, with the nearest."""
    close = get_close_matches(name, known, 1)
    fix = (f"did you mean {close[0]}? " if close else "") + f"there are: {', '.join(known)}"
    return InputError(f"{fault} {name!r}", place, fix)

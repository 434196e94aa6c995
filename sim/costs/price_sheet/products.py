"""What a provider sells: load balancers, each of one shape of prices."""

from typing import Literal

from pydantic import StrictBool, StrictStr

from sim.costs.price_sheet.figure import Capacity, Figure, Page


class _Product(Page):
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


class RuleEvaluations(Page):
    """The dimension of a capacity unit that counts rules looked at."""

    free_rules: Figure
    unit_rule_evaluations_per_s: Capacity


class UnitsOfTLS(Page):
    """What a capacity unit holds where TLS ends at the load balancer."""

    unit_new_connections_per_s: Capacity
    unit_active_connections: Capacity


class CapacityUnits(_Product):
    """An hourly price, and capacity units: the largest of several dimensions, in fractions.

    Args:
        tls: where a load balancer ends TLS; None: it makes no difference.
    """

    shape: Literal["capacity-units"]
    load_balancer_hour: Figure
    capacity_unit_hour: Figure
    unit_new_connections_per_s: Capacity
    unit_active_connections: Capacity
    unit_gb_per_hour: Capacity
    rule_evaluations: RuleEvaluations | None = None
    tls: UnitsOfTLS | None = None


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
SHAPE_NAMES = {"capacity-units", "processed-data", "bundled-rules", "nodes", "monthly"}

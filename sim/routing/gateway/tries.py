"""How often a rule lets a backend be tried, and for how long: HTTPRouteRule.retry and .timeouts.

A zero means no limit. Source: Gateway API v1, HTTPRouteRetry and HTTPRouteTimeouts; GEP-1742. Where no count
is given, Envoy Gateway and Istio try twice more.
"""

from sim.errors import InputError
from sim.routing.gateway.matching import RouteRow
from sim.routing.gateway.rule_row import RuleRow
from sim.routing.path_rules import DataPlane
from sim.units import seconds

TWICE_MORE = 2


def tries_of(row: RuleRow, plane: DataPlane) -> int | None:
    """Tries for one request, the first among them; None: as the gateway does it by itself."""
    retry = row.spec.retry if isinstance(row, RouteRow) else None
    if retry is None or "retry" in plane.ignores:
        return None
    return 1 + (TWICE_MORE if retry.attempts is None else retry.attempts)


def timeout_of(row: RuleRow, plane: DataPlane) -> float | None:
    """How long a try, else the whole request, may take in seconds; None: as the gateway does it by itself."""
    timeouts = row.spec.timeouts if isinstance(row, RouteRow) else None
    if timeouts is None or "timeouts" in plane.ignores:
        return None
    try:
        return seconds(timeouts.backend_request or timeouts.request or "0s") or None
    except InputError:
        return None

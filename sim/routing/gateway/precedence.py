"""Which of the matches that fit a request wins: by the API's letter, and as proxies do it.

The API says: Exact, longest prefix, a method, most headers, most query parameters; it leaves open where a
regular expression stands: here between the two, the longer text first, as in Envoy Gateway. Sources: Gateway
API v1, HTTPRouteRule.matches; envoyproxy/gateway, internal/gatewayapi/sort.go; istio/istio,
pilot/pkg/config/kube/gateway/conversion.go (sortHTTPRoutes); cilium/cilium,
operator/pkg/model/translation/envoy_virtual_host.go (SortableRoute); traefik/traefik,
pkg/provider/kubernetes/gateway/httproute.go (buildMatchRule).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from sim.manifests.objects.gateway_api import HTTPRouteMatch, HTTPValueMatch
from sim.routing.controllers.rows import SHORTER

Rank = tuple[int, ...]
"""What a match is worth, the more the better."""

_KIND, _METHOD, _HEADERS, _QUERY = (
    "another kind of path goes first", "the other match names a method", "fewer headers",
    "fewer query parameters",
)  # fmt: skip


@dataclass(frozen=True)
class Order:
    """An order of matches.

    Args:
        rank: of a match; a second number counts the length of the longest host name of its route, and the
            rules of the route from its own on.
        rungs: why a match is behind, for each place of the rank.
        one_list: whether the matches of all host names compete together.
        by_kind: whether the kinds of paths go Exact, RegularExpression, PathPrefix, the longest first.
    """

    rank: Callable[[HTTPRouteMatch, int], Rank]
    rungs: tuple[str, ...]
    one_list: bool = False
    by_kind: bool = True

    def behind(self, loser: Rank, winner: Rank) -> str | None:
        """The first rung on which one match is behind another; None: they are worth the same."""
        return next((w for w, a, b in zip(self.rungs, loser, winner, strict=True) if a != b), None)


def _counted(match: HTTPRouteMatch) -> tuple[int, int]:
    """How many headers and query parameters are compared; the first of a name counts."""
    headers = {part.name.lower() for part in match.headers}
    return len(headers), len({part.name for part in match.query_params})


def _by_kind(exact: int, prefix: int, expression: int) -> Callable[[HTTPRouteMatch], int]:
    ranks = {"Exact": exact, "PathPrefix": prefix, "RegularExpression": expression}
    return lambda match: ranks.get(match.path.type, 0)


_USUAL, _ISTIO, _CILIUM = _by_kind(2, 0, 1), _by_kind(3, 2, 1), _by_kind(1, 0, 0)


def _api(match: HTTPRouteMatch, beside: int) -> Rank:
    length = 0 if match.path.type == "Exact" else len(match.path.value)
    return _USUAL(match), length, match.method is not None, *_counted(match)


def _exact_ones(parts: Iterable[HTTPValueMatch]) -> int:
    return sum(part.type != "RegularExpression" for part in parts)


def _envoy_gateway(match: HTTPRouteMatch, beside: int) -> Rank:
    """A method is one of the headers."""
    method, (headers, query) = int(match.method is not None), _counted(match)
    exact = _exact_ones(match.headers) + method
    return (
        _USUAL(match), len(match.path.value), headers + method, exact, query,
        _exact_ones(match.query_params),
    )  # fmt: skip


def _istio(match: HTTPRouteMatch, beside: int) -> Rank:
    return _ISTIO(match), len(match.path.value), match.method is not None, *_counted(match)


def _cilium(match: HTTPRouteMatch, beside: int) -> Rank:
    """A prefix is an expression with `(/.*)?$` at its end, and the longer expression wins."""
    value, added = match.path.value, len("(/.*)?$")
    length = len(value.removesuffix("/")) + added if match.path.type == "PathPrefix" else len(value)
    headers, query = _counted(match)
    return _CILIUM(match), length, headers + (match.method is not None), query


def _traefik(match: HTTPRouteMatch, beside: int) -> Rank:
    """The sum of all that is asked for."""
    headers, query = _counted(match)
    path = 10_000 + 100 * len(match.path.value)
    if match.path.type == "Exact":
        path = 100_000
    elif match.path.type == "PathPrefix" and match.path.value == "/":
        path = 1
    return (path + 1_000 * (match.method is not None) + 100 * headers + 10 * query + beside,)


ORDERS: Mapping[str, Order] = {
    "api": Order(_api, (_KIND, SHORTER, _METHOD, _HEADERS, _QUERY)),
    "method-as-header": Order(
        _envoy_gateway,
        (
            _KIND, SHORTER, "fewer headers (a method is one)", "fewer headers to the letter", _QUERY,
            "fewer query parameters to the letter",
        ),
    ),
    "prefix-first": Order(_istio, (_KIND, SHORTER, _METHOD, _HEADERS, _QUERY), by_kind=False),
    "longest-text": Order(
        _cilium, (_KIND, SHORTER, "fewer headers (a method is one)", _QUERY), by_kind=False
    ),
    "priority": Order(_traefik, ("a lower priority",), one_list=True, by_kind=False),
}  # fmt: skip
"""Name -> the order that `DataPlane.order` means."""

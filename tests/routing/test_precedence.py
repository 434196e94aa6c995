"""Which match wins at each gateway: rows whose truth is in its source, and the index against the explanation."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.manifests.objects.gateway_api import HTTPRoute
from sim.routing import Request
from sim.routing.controllers import CONTROLLERS, PROFILES
from sim.routing.gateway.matching import decide, explain, rows_of, table
from sim.routing.gateway.precedence import ORDERS
from sim.routing.path_rules import LETTER

PLANES = {"letter": LETTER} | {p.name: p.plane for p in CONTROLLERS if p.plane is not None}
ALL = sorted(PLANES)
ENVOYS = ["cilium", "envoy-gateway", "istio", "kgateway"]


def route(*matches: dict, hosts: tuple[str, ...] = (), name: str = "r", **rule: object) -> HTTPRoute:
    """A route with one rule for each match."""
    spec = {"hostnames": list(hosts), "rules": [{"matches": [m], **rule} for m in matches]}
    return HTTPRoute.model_validate({"metadata": {"name": name, "namespace": "n"}, "spec": spec})


def path(value: str, kind: str = "PathPrefix", **more: object) -> dict:
    """A match for a path."""
    return {"path": {"type": kind, "value": value}, **more}


def headers(*names: str) -> list[dict]:
    """Headers with the value 1."""
    return [{"name": name, "value": "1"} for name in names]


def wins(plane: str, request: Request, *routes: HTTPRoute) -> str:
    """The route and the number of the rule that takes a request; both ways agree."""
    chosen = PLANES[plane]
    request = Request(
        request.host, chosen.received(request.path).path, request.method, headers=request.headers
    )
    rows = (row for one in routes for row in rows_of(one, one.spec.hostnames or ("",), chosen.preflights))
    rules = table(rows, chosen)
    row = decide(request, rules)
    steps = list(explain(request, rules))
    said = [step.rule for step in steps if step.wins]
    assert said == ([row.rule] if row is not None else [])
    return f"{row.route.name}{row.rule_index}" if row is not None else ""


GET_OR_HEADERS = route(path("/", method="GET"), path("/", headers=headers("a", "b")))


@pytest.mark.parametrize("plane", ALL)
def test_a_method_goes_before_headers_except_where_it_counts_as_one(plane):
    asked = Request("h", "/", headers={"a": "1", "b": "1"})
    wanted = "r0" if plane not in ("cilium", "envoy-gateway") else "r1"
    assert wins(plane, asked, GET_OR_HEADERS) == wanted


@pytest.mark.parametrize(
    ("plane", "wanted"),
    [("letter", "r1"), ("envoy-gateway", "r1"), ("kgateway", "r1"), ("nginx-gateway-fabric", "r1"),
     ("istio", "r0"), ("cilium", "r0"), ("traefik", "r0")],
)  # fmt: skip
def test_a_regular_expression_beside_a_longer_prefix(plane, wanted):
    assert (
        wins(plane, Request("h", "/shop/web"), route(path("/shop/web"), path("/s.*", "RegularExpression")))
        == wanted
    )


@pytest.mark.parametrize("plane", ALL)
def test_where_the_longest_path_has_no_match_a_shorter_one_serves_but_at_nginx(plane):
    rules = route(path("/shop", headers=headers("a")), path("/"))
    assert wins(plane, Request("h", "/shop"), rules) == ("" if plane == "nginx-gateway-fabric" else "r1")


@pytest.mark.parametrize("plane", ALL)
def test_where_the_closest_host_has_no_match_a_wider_one_serves_or_nobody(plane):
    routes = route(path("/a"), hosts=("x.h",)), route(path("/"), hosts=("*.h",), name="w")
    assert wins(plane, Request("x.h", "/b"), *routes) == ("" if PLANES[plane].one_host else "w0")


@pytest.mark.parametrize("plane", ALL)
def test_hosts_go_first_except_in_one_list(plane):
    routes = route(path("/"), hosts=("x.h",)), route(path("/a/b/c"), hosts=("*.h",), name="w")
    assert wins(plane, Request("x.h", "/a/b/c"), *routes) == ("w0" if plane == "traefik" else "r0")


@pytest.mark.parametrize(
    ("plane", "wanted"),
    [("letter", ""), ("envoy-gateway", ""), ("traefik", "r0"), ("nginx-gateway-fabric", "r0")],
)
def test_how_much_of_a_path_an_expression_must_fit(plane, wanted):
    assert wins(plane, Request("h", "/shop/web"), route(path("/sh", "RegularExpression"))) == wanted
    inside = wins(plane, Request("h", "/shop/web"), route(path("/web", "RegularExpression")))
    assert inside == ("r0" if plane == "traefik" else "")


@pytest.mark.parametrize(
    ("plane", "wanted"),
    [("letter", ""), ("cilium", ""), ("istio", ""), ("kgateway", "r0"), ("envoy-gateway", "r0"),
     ("nginx-gateway-fabric", "r0"), ("traefik", "r0")],
)  # fmt: skip
def test_slashes_in_the_path_of_a_request(plane, wanted):
    assert wins(plane, Request("h", "/a//b"), route(path("/a/b"))) == wanted


@pytest.mark.parametrize("plane", ALL)
def test_only_envoy_gateway_lets_a_preflight_in_where_the_match_names_a_method(plane):
    crossing = {"origin": "https://a", "access-control-request-method": "PUT"}
    cors = [{"type": "CORS", "cors": {"allowOrigins": ["*"]}}]
    found = wins(
        plane, Request("h", "/", "OPTIONS", headers=crossing), route(path("/", method="PUT"), filters=cors)
    )
    assert found == ("r0" if plane == "envoy-gateway" else "")


def drawn(random: Random) -> HTTPRoute:
    """A route with some matches, all of which are near each other."""
    kinds = ("Exact", "PathPrefix", "PathPrefix", "RegularExpression")
    matches = [
        path(
            random.choice(("/", "/a", "/a/", "/a/b", "/ab")),
            random.choice(kinds),
            **({"method": random.choice(("GET", "PUT"))} if random.random() < 0.3 else {}),
            headers=headers(*random.sample("ab", random.randint(0, 2))),
            queryParams=headers(*random.sample("ab", random.randint(0, 1))),
        )
        for _ in range(random.randint(1, 4))
    ]
    hosts = tuple(random.sample(("x.h", "*.h", "y.x.h", "*.x.h"), random.randint(0, 2)))
    return route(*matches, hosts=hosts, name=random.choice("pqr"))


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32), plane=st.sampled_from(ALL))
def test_the_index_and_the_explanation_agree(seed, plane):
    random = Random(seed)
    routes = [drawn(random) for _ in range(random.randint(1, 3))]
    for _ in range(6):
        given_headers = dict.fromkeys(random.sample("ab", random.randint(0, 2)), "1")
        target = random.choice(("/", "/a", "/a/", "/a/b", "/a//b", "/ab", "/b", "/a?a=1", "/a/b?b=1&a=1"))
        host = random.choice(("h", "x.h", "y.x.h", "z.h"))
        wins(plane, Request(host, target, random.choice(("GET", "PUT")), headers=given_headers), *routes)


def test_every_plane_has_an_order_that_is_there():
    assert {plane.order for plane in PLANES.values()} == set(ORDERS)
    assert set(ENVOYS) <= set(PROFILES)

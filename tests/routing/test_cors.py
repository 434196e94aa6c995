"""Cross-origin requests at a Gateway: what the preflight gets, what other answers get, what the browser does."""

import pytest
from clusters import API, behind_gateway, cluster

from sim.routing import Request, route
from sim.routing.gateway.cors import origin_fits

MODIFIER = (
    "{type: ResponseHeaderModifier, responseHeaderModifier: {set: [{name: X-Set, value: a}], "
    "add: [{name: X-Add, value: b}], remove: [Server]}}"
)
PAGE = "https://www.shop.example"


def asked(method: str = "OPTIONS", fields: str = "allowMethods: [PUT]", **headers: str):
    """The end of a request with headers; `origin` is from a page that may ask unless it is given."""
    given = {name.replace("_", "-"): value for name, value in ({"origin": PAGE} | headers).items() if value}
    cors = f'{{type: CORS, cors: {{allowOrigins: ["https://*.shop.example"], {fields}}}}}'
    rule = f"filters: [{cors}, {MODIFIER}], backendRefs: [{{name: api, port: 80}}]"
    there = cluster(behind_gateway(rule, "eg"), API)
    return route(there, Request("shop.example", "/", method, headers=given)).final


def test_a_preflight_is_answered_by_the_gateway_and_the_browser_goes_on():
    final = asked(access_control_request_method="PUT")
    assert (final.state, final.status, final.code, final.fine) == ("answered-by-proxy", 200, "SIM2140", True)
    assert final.response_headers == {
        "access-control-allow-origin": PAGE,
        "access-control-allow-methods": "PUT",
        "access-control-max-age": "5",
    }


@pytest.mark.parametrize(
    ("headers", "stops"),
    [
        pytest.param({"origin": "https://shop.example"}, "allowOrigins", id="the star needs its dot"),
        pytest.param({"access_control_request_method": "DELETE"}, "allowMethods", id="a method"),
        pytest.param({"access_control_request_headers": "Accept, X-A"}, "header x-a", id="a header"),
    ],
)
def test_a_browser_stops_where_the_filter_does_not_allow_it(headers, stops):
    final = asked(**({"access_control_request_method": "PUT"} | headers))
    assert (final.status, final.code, final.fine) == (200, "SIM2141", False)
    assert stops in final.message


def test_methods_of_forms_need_no_leave():
    assert asked(access_control_request_method="GET").fine


def test_a_star_is_answered_with_what_was_asked_for():
    fields = "allowMethods: ['*'], allowHeaders: ['*'], allowCredentials: true, maxAge: 60"
    final = asked(fields=fields, access_control_request_method="PATCH", access_control_request_headers="x-q")
    assert final.response_headers["access-control-allow-methods"] == "PATCH"
    assert final.response_headers["access-control-allow-headers"] == "x-q"
    assert final.response_headers["access-control-allow-credentials"] == "true"
    assert final.response_headers["access-control-max-age"] == "60"


@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
def test_what_is_no_preflight_goes_to_the_backend_with_headers_for_the_page(method):
    final = asked(method, "exposeHeaders: [x-e]")
    assert final.state == "delivered"
    assert final.response_headers == {
        "x-set": "a",
        "x-add": "b",
        "server": None,
        "access-control-allow-origin": PAGE,
        "access-control-expose-headers": "x-e",
    }


@pytest.mark.parametrize("origin", ["", "https://elsewhere.test"])
def test_an_answer_to_nobody_that_may_ask_gets_no_header_for_pages(origin):
    assert set(asked("GET", origin=origin).response_headers) == {"x-set", "x-add", "server"}


@pytest.mark.parametrize(
    ("pattern", "origin", "fits"),
    [
        ("*", "https://any.test:8443", True),
        ("https://*", "http://any.test", False),
        ("https://*.a.test", "https://x.y.a.test", True),
        ("https://*.a.test", "https://xa.test", False),
        ("https://a.test", "https://a.test:8443", False),
    ],
)
def test_origins(pattern, origin, fits):
    assert origin_fits(pattern, origin) is fits

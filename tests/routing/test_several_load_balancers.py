"""A host on several load balancers: each of their ends is listed, whatever the order of the files."""

from __future__ import annotations

import json
from itertools import permutations

import pytest
from clusters import cluster
from hypothesis import given, settings
from hypothesis import strategies as st
from shop import SERVICES, ingress

from sim.report.words.ends import outcomes_in_words
from sim.routing import Request, Trace
from sim.routing.route import route

CLASS = {"gke": "gce", "aws-alb": "alb"}
IP = {"alb.ingress.kubernetes.io/target-type": "ip"}


def of(profile: str, name: str, *paths: tuple[str, str], **annotations: str) -> str:
    """An Ingress for the host a.example, of the class that the controller reads."""
    said = {
        "kubernetes.io/ingress.class": CLASS[profile],
        **(IP if profile == "aws-alb" else {}),
        **annotations,
    }
    made = json.loads(ingress(name, ("a.example", [(p, "Prefix", s) for p, s in paths]), annotations=said))
    del made["spec"]["ingressClassName"]
    return json.dumps(made)


def asked(*texts: str, path: str = "/", **more: str) -> Trace:
    return route(cluster(SERVICES, *texts), Request("a.example", path), **more)


def ends(trace: Trace) -> dict[tuple[str, int | None, str | None], float]:
    return {(o.state, o.status, o.backend): o.probability for o in trace.final.shares()}


@pytest.mark.parametrize("profile", CLASS)
def test_the_order_of_documents_decides_nothing(profile):
    texts = [
        of(profile, "one", ("/", "web")),
        of(profile, "two", ("/", "cart")),
        of(profile, "three", ("/", "web")),
    ]
    traces = [asked(*order) for order in permutations(texts)]
    assert len({t.final.backend for t in traces}) == 1
    wanted = {("delivered", None, "shop/web:80"): 2 / 3, ("delivered", None, "shop/cart:80"): 1 / 3}
    for trace in traces:
        assert ends(trace) == pytest.approx(wanted)
        assert {"SIM2097"} <= {n.code for n in trace.notes}
        assert trace.status() == 0


@pytest.mark.parametrize("profile", CLASS)
def test_a_path_that_one_of_them_lacks_fails_there(profile):
    trace = asked(of(profile, "one", ("/a", "web")), of(profile, "two", ("/b", "cart")), path="/b")
    assert ends(trace) == {("delivered", None, "shop/cart:80"): 0.5, ("answered-by-proxy", 404, None): 0.5}
    assert trace.status() == 1
    alone = f"lb:ingress/{'gke' if profile == 'gke' else 'alb'}-shop-two"
    stated = asked(of(profile, "one", ("/a", "web")), of(profile, "two", ("/b", "cart")), path="/b", to=alone)
    assert (stated.final.backend, stated.final.outcomes) == ("shop/cart:80", ())


def test_an_ingress_group_shares_one():
    group = {"alb.ingress.kubernetes.io/group.name": "shared"}
    found = asked(
        of("aws-alb", "one", ("/a", "web"), **group), of("aws-alb", "two", ("/b", "cart"), **group), path="/b"
    )
    assert (found.final.backend, found.final.outcomes) == ("shop/cart:80", ())


@settings(max_examples=10, deadline=None)
@given(st.lists(st.sampled_from(["web", "cart", "empty", "bare"]), min_size=2, max_size=5))
def test_every_end_stands_in_the_text_with_its_share(services):
    trace = asked(*(of("gke", f"i{n}", ("/", service)) for n, service in enumerate(services)))
    shares = {s: services.count(s) / len(services) for s in services}
    assert sum(o.probability for o in trace.final.shares()) == pytest.approx(1)
    for service, share in shares.items():
        if len(shares) > 1:
            lines = [line for line in outcomes_in_words(trace.final) if f"shop/{service}:80" in line]
            assert [f"{100 * share:.3g} %" in line for line in lines] == [True]

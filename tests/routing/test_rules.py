"""`decide` looks up an index, `explain` walks rows: they share no search and must agree."""

from __future__ import annotations

from dataclasses import replace

import pytest
import rules
from answers import CLASS, NAMESPACE, Said, behind, of_ingresses
from examples import examples
from hypothesis import example, given
from hypothesis import strategies as st

from sim.routing import Request
from sim.routing.controllers import PROFILES
from sim.routing.controllers.api import path_of

profiles = st.sampled_from(sorted(PROFILES))
readers = st.sampled_from(sorted(name for name, profile in PROFILES.items() if profile.reads_ingresses))
LEAVES_OUT = {"nginx-inc", "haproxy", "traefik", "gke", "aws-alb"}
"""Profiles that leave rules out for other reasons than class, host and path."""


def _compiled(described, profile, class_name=None):
    cluster = rules.cluster(described, profile, class_name)
    return PROFILES[profile], PROFILES[profile].table(cluster, rules.controller(profile))


@example([([("a.example", "/b/", "Exact")], "mine", None, False)], Request("a.example", "/b"), "nginx-inc")
@given(rules.tables, rules.requests, profiles)
@examples(150)
def test_the_index_and_the_walk_choose_the_same_row(described, request_, name):
    profile, table = _compiled(described, name)
    decision = profile.decide(request_, table)
    winners = [s for s in profile.explain(request_, table) if s.wins and s.rule]
    assert len(winners) <= 1
    assert (decision.row is None) == (not winners)
    if winners:
        assert winners[0].held
        assert decision.row.rule == winners[0].rule


@given(rules.tables, rules.requests, profiles)
@examples(80)
def test_every_row_is_explained_once(described, request_, name):
    profile, table = _compiled(described, name)
    steps = list(profile.explain(request_, table))
    assert len(steps) == sum(len(d[0]) for d in described)
    assert all(s.because for s in steps)
    assert all(s.held != bool(s.failed) for s in steps)


def _host_for(host: str, taken: set[str]) -> str:
    """A host that this row's pattern fits and no closer pattern takes."""
    if host == "":
        return "nobody-has-this.test"
    if not host.startswith("*."):
        return host
    return next(h for h in (f"q{n}{host[1:]}" for n in range(99)) if h not in taken)


@given(rules.tables, rules.requests, readers)
@examples(150)
def test_changing_only_what_failed_makes_the_row_hold(described, request_, name):
    """Each loser names class, host, path; with just those changed the same row holds."""
    profile, table = _compiled(described, name)
    every = [*table.rows, *(found[0] for found in table.ignored)]
    for row in every:
        step = _step_of(profile, table, request_, row)
        # What hangs on other objects (who owns a host, which path comes later) no change of the request mends.
        if step.held or {"default", "duplicate", "refused", "taken", "port"} & set(step.failed.split("+")):
            continue
        parts = set(step.failed.split("+"))
        assert parts <= {"class", "host", "path"}
        if "class" in parts:
            _, table_of_class = _compiled(described, name, "mine")
            refused = {rest[0].rule for rest in table_of_class.ignored if "class" not in rest[1:2]}
            assert row.rule in {r.rule for r in table_of_class.rows} | (
                refused if name in LEAVES_OUT else set()
            )
            continue
        taken = {r.host for r in table.rows}
        changed = replace(
            request_,
            host=_host_for(row.host, taken) if "host" in parts else request_.host,
            path=row.path if "path" in parts else path_of(request_),
        )
        assert _step_of(profile, table, changed, row).held


def _step_of(profile, table, request_, row):
    return next(s for s in profile.explain(request_, table) if s.rule == row.rule)


@pytest.mark.parametrize(
    ("path", "normalised"),
    [
        pytest.param("//a///b", "/a/b", id="slashes are merged"),
        pytest.param("/a/../b", "/b", id="dot dot goes up"),
        pytest.param("/a/./b/", "/a/b/", id="a dot is removed and the final slash stays"),
        pytest.param("/a/b/..", "/a/", id="a final dot dot leaves the folder"),
        pytest.param("/%61", "/a", id="percent is decoded"),
        pytest.param("/..", None, id="above the root is a bad request"),
    ],
)
def test_nginx_normalises_before_it_matches(path, normalised):
    from sim.routing.controllers.ingress_nginx import uri

    assert uri.normalised(path) == normalised


def test_the_health_check_of_the_default_server_comes_before_a_redirect_to_a_final_slash():
    """As a real nginx has it: a location equal to the path ends the search for one that is a slash longer."""
    backend = {"service": {"name": "web", "port": {"number": 80}}}
    path = {"path": "/healthz/", "pathType": "Prefix", "backend": backend}
    spec = {"ingressClassName": CLASS, "rules": [{"http": {"paths": [path]}}]}
    metadata = {"name": "any-host", "namespace": NAMESPACE}
    ingress = {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": metadata, "spec": spec}
    ask = of_ingresses([ingress, *behind(["web"])], "ingress-nginx")
    assert ask("any.example", "/healthz") == Said(200)
    assert ask("any.example", "/healthz/") == Said(200, "web")
    assert ask("any.example", "/healthzx") == Said(200)

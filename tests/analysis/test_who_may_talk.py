"""Who may talk to whom: a list per workload, of policies and of callers that come through."""

from __future__ import annotations

import pytest
from clusters import cluster
from command import sim
from ends_pairs import POLICY
from findings_pairs import SERVED, together

from sim.analysis.who_may_talk import OUTSIDE, Caller, who_may_talk

WEB, CONTROLLER = "Deployment shop/web", "Deployment ingress/controller"
NAMED = "namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: ingress}}"


@pytest.mark.parametrize(
    ("rules", "callers"),
    [
        pytest.param("", [], id="a policy without rules"),
        pytest.param("  ingress: [{}]\n", [CONTROLLER, WEB, OUTSIDE], id="everybody"),
        pytest.param(f"  ingress: [{{from: [{{{NAMED}}}]}}]\n", [CONTROLLER], id="one namespace"),
        pytest.param(
            "  ingress: [{from: [{podSelector: {}}]}]\n", [WEB], id="its own namespace: another Pod of it"
        ),
        pytest.param("  ingress: [{ports: [{port: 1}]}]\n", [], id="a port that it does not have"),
    ],
)
def test_the_callers_of_a_workload(rules: str, callers: list[str]) -> None:
    found = {one.title: one for one in who_may_talk(cluster(together(SERVED, POLICY + rules)))}
    web = found[WEB]
    assert web.ingress == ("NetworkPolicy shop/web",)
    assert web.egress == ()
    assert sorted(web.callers, key=str) == sorted((Caller(c, ((8080, "TCP"),)) for c in callers), key=str)
    assert found[CONTROLLER].ingress == ()


def test_the_command_lists_them(tmp_path) -> None:
    (tmp_path / "a.yaml").write_text(together(SERVED, POLICY))
    said = sim("topology", "--policies", "-f", str(tmp_path / "a.yaml")).out
    assert "policies: NetworkPolicy shop/web" in said
    assert "from nobody but its own node" in said
    assert max(map(len, said.splitlines())) <= 80
    assert sim("topology", "--policies", "--chart", "x.svg", "-f", str(tmp_path / "a.yaml")).status == 2

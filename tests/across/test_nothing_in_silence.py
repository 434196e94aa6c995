"""What may change an answer is the same list in every command, --strict follows it, and no diff is equal over it.

Clusters are drawn at random and given annotations of every reader, kinds that are left out, and statuses.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from random import Random

import pytest
import yaml
from command import sim as command
from drawn_gateways import draw as draw_gateways
from drawn_manifests import draw
from hypothesis import given, settings
from hypothesis import strategies as st
from silence import Manifest, diff_agrees, inspection_agrees, loaded, loud, requests_of, traces_agree

from sim.analysis.check import check_document
from sim.analysis.inspect import inspect
from sim.analysis.trace import Client
from sim.comparison.compare import stated_prices
from sim.comparison.estimate import estimate
from sim.costs.sheets import sheets
from sim.errors import UsageError
from sim.manifests.objects.collected import Manifests
from sim.manifests.reading.loading import documents
from sim.routing.building import build
from sim.routing.unmodelled import may_change
from sim.scenario.experiment import from_manifests

pytestmark = pytest.mark.usefixtures("parts_broken_briefly")

EXAMPLES = int(os.environ.get("SIM_SILENCE", "6"))
"""Random clusters; `make soak` draws 2,000."""

AWS, DNS = "service.beta.kubernetes.io/aws-load-balancer-", "external-dns.alpha.kubernetes.io/"
ANNOTATIONS = {
    "nginx.ingress.kubernetes.io/auth-url": ("http://a.test/", "http://b.test/"),
    "nginx.ingress.kubernetes.io/proxy-body-size": ("1m", "8m"),
    "nginx.ingress.kubernetes.io/rewrite-target": ("/", "/x"),
    "nginx.org/rewrites": ("serviceName=web rewrite=/a", "serviceName=web rewrite=/b"),
    "alb.ingress.kubernetes.io/scheme": ("internal", "internet-facing"),
    "traefik.ingress.kubernetes.io/router.middlewares": ("a@kubernetescrd", "b@kubernetescrd"),
    "konghq.com/strip-path": ("true", "false"),
    f"{AWS}nlb-target-type": ("ip", "instance"),
    f"{AWS}proxy-protocol": ("*", ""),
    f"{AWS}scheme": ("internal", "internet-facing"),
    "service.beta.kubernetes.io/azure-load-balancer-internal": ("true", "false"),
    "metallb.io/allow-shared-ip": ("a", "b"),
    "service.kubernetes.io/topology-mode": ("Auto", "Disabled"),
    f"{DNS}hostname": ("x.example", "shop.example"),
    f"{DNS}ttl": ("60", "300"),
    "sidecar.istio.io/inject": ("true", "false"),
    "gateway.envoyproxy.io/some": ("a", "b"),
    "gateway.nginx.org/some": ("a", "b"),
    "networking.istio.io/service-type": ("ClusterIP", "NodePort"),
    "prometheus.io/scrape": ("true", "false"),
    "example.com/team": ("a", "b"),
}
KINDS = (
    ("cilium.io/v2", "CiliumNetworkPolicy"),
    ("gateway.networking.k8s.io/v1", "GRPCRoute"),
    ("networking.istio.io/v1", "VirtualService"),
    ("traefik.io/v1alpha1", "IngressRoute"),
    ("projectcontour.io/v1", "HTTPProxy"),
    ("gateway.envoyproxy.io/v1alpha1", "EnvoyPatchPolicy"),
    ("gateway.nginx.org/v1alpha1", "ClientSettingsPolicy"),
    ("kgateway.dev/v1alpha1", "TrafficPolicy"),
    ("gateway.networking.x-k8s.io/v1alpha1", "XBackendTrafficPolicy"),
    ("cilium.io/v2", "CiliumEnvoyConfig"),
    ("v1", "ConfigMap"),
    ("monitoring.coreos.com/v1", "ServiceMonitor"),
)
STATUSES = ({}, {"loadBalancer": {}}, {"conditions": []})


def spiced(seed: int) -> list[Manifest]:
    """Random objects with random annotations and statuses, and kinds that are left out."""
    random = Random(seed)
    objects = list(yaml.safe_load_all((draw, draw, draw_gateways)[seed % 3](seed)))
    for item in objects:
        names = random.sample(list(ANNOTATIONS), random.choice((0, 1, 1, 2)))
        if item["kind"] in ("Gateway", "HTTPRoute", "Ingress", "Pod", "Service"):
            given = {name: random.choice(ANNOTATIONS[name]) for name in names}
            item["metadata"].setdefault("annotations", {}).update(given)
        if item["kind"] in ("Ingress", "Service") and "status" not in item and random.random() < 0.3:
            item["status"] = random.choice(STATUSES)
    return [*objects, *(_left_out(random, number) for number in range(random.choice((0, 0, 1, 2))))]


def _left_out(random: Random, number: int) -> Manifest:
    version, kind = random.choice(KINDS)
    metadata = {"name": f"x{number}", "namespace": "shop"}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": {"n": random.randint(1, 9)}}


@settings(max_examples=EXAMPLES, print_blob=True)
@given(seed=st.integers(0, 2**32))
def test_what_may_change_an_answer_is_one_list(seed: int) -> None:
    manifests, random = loaded(spiced(seed)), Random(seed)
    of_set = inspection_agrees(manifests)
    found = inspect(manifests).unmodelled
    everywhere = {(u.what, u.source) for u in found if u.kind in _KINDS_WITHOUT_A_PLACE}
    assert all(everywhere & of_set <= of_answer for of_answer in traces_agree(manifests, random))
    _checked(manifests, random)
    _calculated(manifests, of_set)


_KINDS_WITHOUT_A_PLACE = {kind for _, kind in KINDS if kind != "CiliumNetworkPolicy"}


def _checked(manifests: Manifests, random: Random) -> None:
    """A check lists what its requests' traces list."""
    asked = [r for r in requests_of(manifests, random) if r.is_http and not r.headers][:4]
    written = (
        [v for t in manifests.written.texts.values() for v in yaml.safe_load_all(t)]
        if manifests.written
        else []
    )
    cases = [
        {"request": {"host": r.host, "path": r.path, "method": r.method, "scheme": r.scheme}, "expect": {}}
        for r in asked
    ]
    (document,) = documents(json.dumps({"manifests": written, "cases": cases}), "cases.yaml")
    results = check_document(document).results
    wanted = {u.what for r in asked for u in may_change(Client(build(manifests)).trace(r).unmodelled)}
    assert {u.what for r in results for u in may_change(r.trace.unmodelled)} == wanted


def _calculated(manifests: Manifests, of_set: set[tuple[str, str | None]]) -> None:
    """A bill, and with it every run and comparison, has the list of the set."""
    try:
        experiment = from_manifests(manifests, "drawn")
        found = estimate(experiment, sheets(None, stated_prices(experiment)), "")
    except UsageError:
        return
    assert loud(found.to_json()) == loud(experiment.unmodelled) == of_set


@settings(max_examples=EXAMPLES, print_blob=True)
@given(seed=st.integers(0, 2**32))
def test_no_diff_is_equal_over_what_is_not_modelled(seed: int) -> None:
    objects, random = spiced(seed), Random(seed)
    old = loaded(objects)
    new = loaded(_changed(objects, random))
    diff_agrees(old, new, same=False)
    diff_agrees(old, old, same=True)


def _changed(objects: list[Manifest], random: Random) -> list[Manifest]:
    """The same with one annotation more, another value of one, or a kind more or fewer."""
    text = yaml.safe_dump_all(objects)
    new = list(yaml.safe_load_all(text))
    marked = [o for o in new if o["kind"] in ("Ingress", "Service")]
    if not marked or random.random() < 0.3:
        return [*new, _left_out(random, 9)]
    annotations = random.choice(marked)["metadata"].setdefault("annotations", {})
    name = random.choice(list(annotations) or list(ANNOTATIONS))
    if name in annotations and random.random() < 0.5:
        del annotations[name]
    else:
        annotations[name] = random.choice(ANNOTATIONS.get(name, ("x", "y")))
    return new


TEXT = """
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: desk, annotations: {nginx.ingress.kubernetes.io/auth-url: "http://login.test/"}}
spec:
  ingressClassName: nginx
  rules: [{host: desk.example, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: desk, port: {number: 80}}}}]}}]
---
apiVersion: v1
kind: Service
metadata: {name: desk}
spec: {selector: {app: desk}, ports: [{port: 80}]}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: desk}
"""  # fmt: skip
CASES = "files: [desk.yaml]\ncases: [{request: {host: desk.example, path: /}, expect: {backend: 'default/desk:80'}}]\n"
NAMES = ("auth-url", "VirtualService")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file, a bare twin of it, case files for both, and a scenario."""
    made = tmp_path_factory.mktemp("silence")
    (made / "desk.yaml").write_text(TEXT)
    (made / "bare.yaml").write_text(
        TEXT.partition("---\napiVersion: networking.istio")[0].replace("auth-url", "auth-x")
    )
    (made / "cases.yaml").write_text(CASES)
    done = command("init", "-f", str(made / "desk.yaml"), str(made / "mine"))
    assert all(name in done.said for name in NAMES)
    assert all(name in (made / "mine/scenario.yaml").read_text() for name in NAMES)
    return made


COMMANDS = (
    "trace -f {}/desk.yaml http://desk.example/",
    "inspect -f {}/desk.yaml",
    "check {}/cases.yaml",
    "run {}/mine --requests 20",
    "compare {}/mine --requests 20",
    "cost -f {}/desk.yaml",
    "sweep {}/mine rps=1,2 --requests 20",
)


@pytest.mark.parametrize("words", COMMANDS, ids=[words.partition(" ")[0] for words in COMMANDS])
def test_every_command_says_it_and_strict_counts_it(words: str, folder: Path) -> None:
    arguments = words.format(folder).split()
    done = command(*arguments, "-o", "json")
    found = {what.rpartition("/")[2] for what, _ in loud(json.loads(done.out))}
    assert found == {"auth-url", "VirtualService.networking.istio.io desk"}
    strict = command(*arguments, "--strict")
    text = "".join((strict.out + strict.said).split())
    assert all(name in text or name[:8] in text for name in NAMES)
    assert (done.status, strict.status) == (0, 1)


def test_a_page_is_made_with_a_word_about_it(folder: Path) -> None:
    done = command("replay", f"{folder}/mine", "--requests", "20", "--out", f"{folder}/page.html")
    assert all(name in done.said for name in NAMES)


def test_a_diff_names_both_sides(folder: Path) -> None:
    arguments = ("diff", f"{folder}/desk.yaml", f"{folder}/bare.yaml")
    done = command(*arguments)
    assert (done.status, command(*arguments, "--strict").status) == (0, 1)
    assert all(name in done.out for name in (*NAMES, "auth-x"))
    assert "no difference" not in done.out

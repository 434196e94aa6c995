"""Versions and kinds that no cluster serves, in kubectl's words; extensions are left alone."""

from __future__ import annotations

import pytest
from command import sim as run

from sim.manifests.objects.kinds import KINDS
from sim.manifests.reading.loading import load_text
from sim.manifests.validation import no_match, removed_api, validate
from sim.manifests.validation.removed import REMOVED
from sim.manifests.validation.schema import SCHEMAS

UNSERVED = (
    # apiVersion, kind, what is to be changed, what is meant
    ("extensions/v1beta2", "Ingress", "apiVersion", "networking.k8s.io/v1"),
    ("networking.k8s.io/v1beta2", "Ingress", "apiVersion", "networking.k8s.io/v1"),
    ("networking.k8s.io/v2", "IngressClass", "apiVersion", "networking.k8s.io/v1"),
    ("networking/v1", "Ingress", "apiVersion", "networking.k8s.io/v1"),
    ("network.k8s.io/v1", "Ingress", "apiVersion", "networking.k8s.io/v1"),
    ("networking.k8s.io", "Ingress", "apiVersion", "networking.k8s.io/v1"),
    ("v1", "Ingress", "apiVersion", "networking.k8s.io/v1"),
    ("networking.k8s.io/v1", "Ingresss", "kind", "Ingress"),
    ("networking.k8s.io/v1", "ingress", "kind", "Ingress"),
    ("app/v1", "Deployment", "apiVersion", "apps/v1"),
    ("apps/v2", "Deployment", "apiVersion", "apps/v1"),
    ("apps", "Deployment", "apiVersion", "apps/v1"),
    ("v1", "Deployment", "apiVersion", "apps/v1"),
    ("apps/v1", "Deploymnet", "kind", "Deployment"),
    ("apps/v1", "Pod", "apiVersion", "v1"),
    ("v2", "Service", "apiVersion", "v1"),
    ("core/v1", "Service", "apiVersion", "v1"),
    ("discovery.k8s.io/v1beta2", "EndpointSlice", "apiVersion", "discovery.k8s.io/v1"),
    ("autoscaling/v3", "HorizontalPodAutoscaler", "apiVersion", "autoscaling/v2"),
    ("gateway.networking.k8s.io/v2", "HTTPRoute", "apiVersion", "gateway.networking.k8s.io/v1"),
    ("gateway.network.k8s.io/v1", "Gateway", "apiVersion", "gateway.networking.k8s.io/v1"),
    ("networking.k8s.io/v1", "HTTPRoute", "apiVersion", "gateway.networking.k8s.io/v1"),
)
OF_OTHERS = (
    ("networking.internal.knative.dev/v1alpha1", "Ingress"),
    ("config.openshift.io/v1", "Ingress"),
    ("networking.x-k8s.io/v1alpha1", "Gateway"),
    ("networking.istio.io/v1", "Gateway"),
    ("serving.knative.dev/v1", "Service"),
    ("batch.volcano.sh/v1alpha1", "Job"),
    ("traefik.io/v1alpha1", "IngressRoute"),
    ("metrics.k8s.io/v1beta1", "PodMetrics"),
    ("kustomize.config.k8s.io/v1beta1", "Kustomization"),
    ("gateway.networking.x-k8s.io/v1alpha1", "XMesh"),
    ("skaffold/v4beta1", "Config"),
    ("v1", "Config"),
    ("v1", "Template"),
)


@pytest.mark.parametrize(("version", "kind", "field", "meant"), UNSERVED)
def test_what_is_not_served_is_said_as_kubectl_says_it(version, kind, field, meant, tmp_path):
    text = f"apiVersion: {version}\nkind: {kind}\nmetadata: {{name: web, namespace: shop}}\n"
    (tmp_path / "a.yaml").write_text(text)
    (fault,) = load_text(text).faults
    assert (fault.code, fault.severity, fault.fix) == ("SIM1011", "error", f"{field}: {meant}")
    assert fault.source == f"-:{1 if field == 'apiVersion' else 2}:1"
    words = f'no matches for kind "{kind}" in version "{version}"'
    assert words in fault.message
    assert words in validate({"apiVersion": version, "kind": kind})[0].message
    shown = run("inspect", "-f", str(tmp_path / "a.yaml"))
    assert shown.status == 2
    assert "".join(words.split()) in "".join(shown.out.split())


@pytest.mark.parametrize(("version", "kind"), OF_OTHERS)
def test_what_an_extension_may_serve_is_only_unknown(version, kind):
    found = load_text(f"apiVersion: {version}\nkind: {kind}\nmetadata: {{name: web}}\n")
    assert found.faults == ()
    assert [(u.api_version, u.kind) for u in found.unknown] == [(version, kind)]


def test_every_kind_that_is_read_or_decoded_is_served():
    decoded = [pair for pair in SCHEMAS if no_match(*pair) is not None]
    read = [(f"{group}/v1" if group else "v1", kind) for group, kind in KINDS if group != "extensions"]
    assert decoded + [pair for pair in read if no_match(*pair) is not None] == []


@pytest.mark.parametrize(
    ("version", "kind"), [("extensions/v1beta1", "Ingress"), ("batch/v1beta1", "CronJob")]
)
def test_what_was_removed_is_said_in_the_same_words_and_since_when(version, kind):
    (fault,) = load_text(f"apiVersion: {version}\nkind: {kind}\nmetadata: {{name: web}}\n").faults
    assert fault.code == "SIM1015"
    assert f'no matches for kind "{kind}" in version "{version}"' in fault.message
    assert REMOVED[version, kind].version in fault.message
    assert no_match(version, kind) is None
    assert removed_api(version, kind) is not None


def test_a_request_that_would_meet_it_is_not_answered(tmp_path):
    (tmp_path / "a.yaml").write_text(
        "apiVersion: extensions/v1beta2\nkind: Ingress\nmetadata: {name: web}\nspec:\n  rules:\n"
        "  - {host: shop.example.com, http: {paths: [{path: /, backend: {serviceName: web, servicePort: 80}}]}}\n"
        "---\napiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {ports: [{port: 80}]}\n"
    )
    done = run("trace", "-f", str(tmp_path / "a.yaml"), "http://shop.example.com/")
    assert done.status == 2
    assert 'no matches for kind "Ingress" in version "extensions/v1beta2"' in done.said

"""What the API server gives a Service of two address families, and which addresses the others have."""

from pathlib import Path

import pytest
import yaml

from sim.cluster.cluster import Cluster
from sim.cluster.families import (
    FamiliesOfService,
    Family,
    RefusedFamily,
    address_of,
    allocated,
    at_port,
    canonical,
    family_of,
)
from sim.cluster.records import records
from sim.cluster.setup import Setup
from sim.manifests.objects.networking import ServiceSpec
from sim.manifests.reading.loading import load
from sim.routing.building import build

FOUR: tuple[Family, ...] = ("IPv4",)
SIX: tuple[Family, ...] = ("IPv6",)
BOTH: tuple[Family, ...] = ("IPv4", "IPv6")
SIX_FIRST: tuple[Family, ...] = ("IPv6", "IPv4")


def spec(**fields: object) -> ServiceSpec:
    return ServiceSpec.model_validate({"selector": {"app": "web"}, "ports": [{"port": 80}]} | fields)


NO_SELECTOR: dict[str, object] = {"clusterIP": "None", "selector": {}}


# From initIPFamilyFields in pkg/registry/core/service/storage/alloc.go, Kubernetes 1.35.
@pytest.mark.parametrize(
    ("fields", "cluster", "families", "policy"),
    [
        pytest.param({}, BOTH, FOUR, "SingleStack", id="nothing written: one, the primary"),
        pytest.param({}, SIX_FIRST, SIX, "SingleStack", id="the primary may be IPv6"),
        pytest.param({"ipFamilies": ["IPv6"]}, BOTH, SIX, "SingleStack", id="the other one, by wish"),
        pytest.param({"ipFamilyPolicy": "PreferDualStack"}, BOTH, BOTH, "PreferDualStack", id="liked and there"),
        pytest.param({"ipFamilyPolicy": "PreferDualStack"}, FOUR, FOUR, "PreferDualStack", id="liked, not there"),
        pytest.param(
            {"ipFamilyPolicy": "PreferDualStack", "ipFamilies": ["IPv6"]}, BOTH, SIX_FIRST, "PreferDualStack",
            id="the one written first, the other after it",
        ),
        pytest.param({"ipFamilyPolicy": "RequireDualStack"}, SIX_FIRST, SIX_FIRST, "RequireDualStack", id="needed"),
        pytest.param(
            {"ipFamilyPolicy": "PreferDualStack", "clusterIP": "fd00::1"}, BOTH, SIX_FIRST, "PreferDualStack",
            id="an address says its family",
        ),
        pytest.param({"clusterIP": "None"}, BOTH, FOUR, "SingleStack", id="headless with selector: as any other"),
        pytest.param(NO_SELECTOR, FOUR, BOTH, "RequireDualStack", id="headless without selector: always both"),
        pytest.param(
            NO_SELECTOR | {"ipFamilyPolicy": "SingleStack"}, BOTH, FOUR, "SingleStack", id="unless it says one",
        ),
        pytest.param(
            NO_SELECTOR | {"ipFamilies": ["IPv6"]}, FOUR, SIX_FIRST, "RequireDualStack",
            id="headless without selector may name what the cluster lacks",
        ),
        pytest.param({"type": "ExternalName", "externalName": "a.example"}, BOTH, (), None, id="a name alone"),
    ],
)  # fmt: skip
def test_what_a_service_is_given(
    fields: dict[str, object], cluster: tuple[Family, ...], families: tuple[Family, ...], policy: str | None
) -> None:
    assert allocated(spec(**fields), cluster) == FamiliesOfService(families, policy)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("fields", "cluster", "field"),
    [
        pytest.param({"ipFamilies": ["IPv6"]}, FOUR, "spec.ipFamilies[0]", id="a family that is not there"),
        pytest.param({"ipFamilies": ["IPv6", "IPv4"]}, BOTH, "spec.ipFamilyPolicy", id="two, and no policy"),
        pytest.param(
            {"clusterIPs": ["10.96.0.1", "fd00::1"]}, BOTH, "spec.ipFamilyPolicy", id="two addresses, no policy"
        ),
        pytest.param({"ipFamilyPolicy": "RequireDualStack"}, FOUR, "spec.ipFamilyPolicy", id="needs two of one"),
        pytest.param({"clusterIP": "fd00::1"}, FOUR, "spec.clusterIPs[0]", id="an address of no family here"),
        pytest.param({"ipFamilies": ["IPv4", "IPv4"]}, BOTH, "spec.ipFamilies[1]", id="a family twice"),
        pytest.param(
            {"clusterIP": "10.96.0.1", "ipFamilies": ["IPv6"]}, BOTH, "spec.clusterIPs[0]", id="another family"
        ),
        pytest.param({"clusterIPs": ["10.96.0.1", "10.96.0.2"]}, BOTH, "spec.clusterIPs", id="two of one family"),
        pytest.param(
            {"ipFamilyPolicy": "PreferDualStack", "ipFamilies": ["IPv4", "IPv6"]}, FOUR, "spec.ipFamilies[1]",
            id="to like both does not help who names both",
        ),
    ],
)  # fmt: skip
def test_what_the_server_refuses(fields: dict[str, object], cluster: tuple[Family, ...], field: str) -> None:
    refused = allocated(spec(**fields), cluster)
    assert isinstance(refused, RefusedFamily)
    assert refused.field == field


def test_addresses_are_told_apart_and_written_as_kube_proxy_does() -> None:
    assert [family_of(a) for a in ("10.0.0.1", "fd00::1", "db.example.com", "")] == [
        "IPv4",
        "IPv6",
        None,
        None,
    ]
    assert canonical("FD00:0:0::01") == "fd00::1"
    assert at_port(canonical("fd00::1"), 80) == "[fd00::1]:80"
    assert address_of("[fd00::1]:80") == "fd00::1"
    assert address_of(at_port("10.0.0.1", 80)) == "10.0.0.1"


def made(tmp_path: Path, *objects: dict[str, object], setup: Setup = Setup()) -> Cluster:  # noqa: B008
    path = tmp_path / "set.yaml"
    path.write_text(yaml.safe_dump_all(objects))
    return build(load([str(path)]), setup)


def service(name: str = "web", **fields: object) -> dict[str, object]:
    whole = {"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": 8080}]} | fields
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": whole}


def pod(name: str, *addresses: str) -> dict[str, object]:
    status = {"podIP": addresses[0], "podIPs": [{"ip": a} for a in addresses]} if addresses else {}
    return {
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": {"app": "web"}},
        "spec": {"containers": [{"name": "c", "image": "web"}]}, "status": status,
    }  # fmt: skip


def piece(name: str, kind: str, *addresses: str, target: str = "") -> dict[str, object]:
    reference = {"targetRef": {"kind": "Pod", "name": target}} if target else {}
    return {
        "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": kind,
        "metadata": {"name": name, "labels": {"kubernetes.io/service-name": "web"}},
        "endpoints": [{"addresses": [a], "conditions": {"ready": True}} | reference for a in addresses],
        "ports": [{"port": 8080}],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("objects", "families"),
    [
        pytest.param([service()], FOUR, id="nothing says IPv6"),
        pytest.param([service(ipFamilyPolicy="PreferDualStack")], FOUR, id="a wish is no proof"),
        pytest.param([service(ipFamilyPolicy="RequireDualStack")], BOTH, id="a need is one"),
        pytest.param([service(clusterIP="fd00::1")], SIX, id="IPv6 alone"),
        pytest.param([service(ipFamilies=["IPv6"])], BOTH, id="IPv6 by wish: not the primary"),
        pytest.param([service(), pod("a", "fd00::1", "10.0.0.1")], SIX_FIRST, id="a Pod's first address"),
        pytest.param([service(), piece("a", "IPv4", "10.0.0.1"), piece("b", "IPv6", "fd00::1")], BOTH, id="slices"),
        pytest.param([service(clusterIP="None", selector={})], FOUR, id="headless without selector: no proof"),
    ],
)  # fmt: skip
def test_the_families_of_a_cluster_are_those_that_its_objects_show(
    objects: list[dict[str, object]], families: tuple[Family, ...], tmp_path: Path
) -> None:
    assert made(tmp_path, *objects).families == families


def test_what_shows_no_address_gets_one_of_each_family_and_what_shows_some_keeps_them(tmp_path: Path) -> None:
    found = made(
        tmp_path,
        service(ipFamilyPolicy="RequireDualStack", type="LoadBalancer"),
        pod("a"),
        pod("b", "10.1.1.1"),
    )
    web = found.services["default/web"]
    assert web.cluster_ips == ("10.96.0.1", "fd00:10:96::1")
    assert web.load_balancer == ("198.51.100.1", "2001:db8:1::1")
    assert {n.addresses for n in found.nodes} == {(f"192.168.0.{i}", f"fd00:192:168::{i}") for i in (2, 3, 4)}
    assert [p.addresses for p in found.pods.values()] == [("10.244.1.1", "fd00:10:244:1::1"), ("10.1.1.1",)]
    assert [e.address for e in web.ports[0].over("IPv6")] == ["fd00:10:244:1::1"]
    assert len(web.ports[0].endpoints) == 2


def test_a_pod_in_slices_of_both_families_is_one_endpoint(tmp_path: Path) -> None:
    found = made(
        tmp_path,
        service(
            clusterIPs=["10.96.0.9", "fd00:96::9"], clusterIP="10.96.0.9", ipFamilyPolicy="PreferDualStack"
        ),
        pod("a", "10.1.1.1", "fd00:1::1"),
        piece("four", "IPv4", "10.1.1.1", target="a"),
        piece("six", "IPv6", "FD00:1:0::1", target="a"),
    )
    port = found.services["default/web"].ports[0]
    assert [(e.address, e.second) for e in port.endpoints] == [("10.1.1.1", "fd00:1::1")]
    assert [e.target for e in port.over("IPv6")] == ["[fd00:1::1]:8080"]


def test_dns_has_a_record_for_each_cluster_ip_and_for_each_ready_endpoint_of_a_headless_service(
    tmp_path: Path,
) -> None:
    own = service(
        clusterIPs=["10.96.0.9", "fd00:96::9"], clusterIP="10.96.0.9", ipFamilyPolicy="PreferDualStack"
    )
    headless = service("bare", clusterIP="None", ipFamilyPolicy="RequireDualStack")
    away = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "away"}}
    away |= {"spec": {"type": "ExternalName", "externalName": "a.example"}}
    found = made(tmp_path, own, headless, away, pod("a", "10.1.1.1", "fd00:1::1"), pod("b", "10.1.1.2"))
    assert records(found.services["default/web"]) == {"IPv4": ("10.96.0.9",), "IPv6": ("fd00:96::9",)}
    assert records(found.services["default/bare"]) == {
        "IPv4": ("10.1.1.1", "10.1.1.2"),
        "IPv6": ("fd00:1::1",),
    }
    assert records(found.services["default/away"]) == {"IPv4": (), "IPv6": ()}


def test_a_service_of_one_family_has_no_endpoint_at_a_pod_of_the_other(tmp_path: Path) -> None:
    found = made(tmp_path, service(ipFamilies=["IPv6"]), pod("a", "10.1.1.1"))
    assert found.services["default/web"].ports[0].endpoints == ()
    stated = made(tmp_path, service(), pod("a"), setup=Setup(families=SIX_FIRST))
    assert stated.services["default/web"].families == SIX
    assert stated.services["default/web"].ports[0].ready[0].address == "fd00:10:244:1::1"

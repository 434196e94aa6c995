"""Requests over both address families: which address a client takes, which proxy it meets, who answers."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from sim.cluster.cluster import Cluster
from sim.cluster.setup import Setup
from sim.manifests.decoding import from_document, merge
from sim.manifests.reading.loading import documents, load
from sim.routing import Request, Trace, route
from sim.routing.building import build
from sim.routing.inside import connect
from sim.routing.kube_proxy import MODES, Packet, decide, proxy_for
from sim.routing.kube_proxy.rules import rules_of_node

FOUR, SIX = "203.0.113.90", "2001:db8::90"


def service(**fields: Any) -> dict[str, Any]:
    status = {"loadBalancer": {"ingress": [{"ip": FOUR}, {"ip": SIX}]}}
    spec = {
        "type": "LoadBalancer", "ipFamilyPolicy": "RequireDualStack", "ipFamilies": ["IPv6", "IPv4"],
        "clusterIP": "fd00:96::9", "clusterIPs": ["fd00:96::9", "10.96.0.9"], "selector": {"app": "web"},
        "ports": [{"port": 80, "targetPort": 8080, "nodePort": 30080}],
    }  # fmt: skip
    kind = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}}
    return kind | {"spec": spec | fields.pop("spec", {}), "status": status} | fields


def pod(name: str, *addresses: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": {"app": "web"}},
        "spec": {"nodeName": "node-a", "containers": [{"name": "c", "image": "web"}]},
        "status": {"podIP": addresses[0], "podIPs": [{"ip": a} for a in addresses]},
    }  # fmt: skip


BOTH = pod("both", "10.244.1.1", "fd00:244::1")
ONLY_FOUR = pod("four", "10.244.1.2")


def made(*objects: dict[str, Any]) -> Cluster:
    return build(merge(from_document(d) for d in documents(yaml.safe_dump_all(objects), "set.yaml")), Setup())


def asked(cluster: Cluster, url: str, client: str | None = None, **how: Any) -> Trace:
    stated = {} if client is None else {"client_ip": client}
    return route(cluster, Request.parse(url, **stated), **how)


def ends(trace: Trace) -> tuple[str, ...]:
    """State, what the client sends to, what the Pod's address is."""
    last = next((h.after.get("destination", ()) for h in trace.hops if h.kind == "node"), ())
    return (trace.final.state, str(trace.hops[0].before.get("destination", "")), *last)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("url", "client", "sent_to", "pod_at"),
    [
        pytest.param("http://web.default/", None, f"{FOUR}:80", "10.244.1.1:8080", id="both: IPv4"),
        pytest.param("http://web.default/", "2001:db8::7", f"[{SIX}]:80", "[fd00:244::1]:8080", id="IPv6 alone"),
        pytest.param(f"http://[{SIX}]/", None, f"[{SIX}]:80", "[fd00:244::1]:8080", id="an IPv6 address"),
        pytest.param("tcp://[2001:DB8:0::90]:80", None, f"[{SIX}]:80", "[fd00:244::1]:8080", id="another spelling"),
        pytest.param("tcp://192.168.0.2:30080", None, "192.168.0.2:30080", "10.244.1.1:8080", id="node port, IPv4"),
        pytest.param(
            "tcp://[fd00:192:168::2]:30080", None, "[fd00:192:168::2]:30080", "[fd00:244::1]:8080", id="and IPv6"
        ),
    ],
)  # fmt: skip
def test_each_family_is_served_at_its_own_addresses(
    url: str, client: str | None, sent_to: str, pod_at: str, mode: str
) -> None:
    assert ends(asked(made(service(), BOTH), url, client, mode=mode)) == ("delivered", sent_to, pod_at)


def test_an_ipv6_host_is_written_in_brackets_and_compared_without() -> None:
    request = Request.parse(f"http://[{SIX}]:8080/a")
    assert (request.host, request.host_header, request.url) == (
        SIX,
        f"[{SIX}]:8080",
        f"http://[{SIX}]:8080/a",
    )
    assert Request.parse(request.url) == request


@pytest.mark.parametrize(
    ("url", "client", "state", "code"),
    [
        pytest.param("http://web.default/", "2001:db8::7", "dns-no-record", "SIM2130", id="no AAAA"),
        pytest.param(f"tcp://{FOUR}:80", "2001:db8::7", "refused", "SIM2131", id="no IPv4 to go there"),
        pytest.param("http://web.default/", "203.0.113.7", "delivered", None, id="its own family"),
    ],
)
def test_a_client_of_one_family_reaches_nothing_of_the_other(
    url: str, client: str, state: str, code: str | None
) -> None:
    alone = service(
        spec={
            "ipFamilies": ["IPv4"],
            "ipFamilyPolicy": "SingleStack",
            "clusterIP": "10.96.0.9",
            "clusterIPs": None,
        },
        status={"loadBalancer": {"ingress": [{"ip": FOUR}]}},
    )
    final = asked(made(alone, ONLY_FOUR), url, client).final
    assert (final.state, final.code) == (state, code)


@pytest.mark.parametrize("mode", MODES)
def test_a_service_of_both_whose_pods_have_one_is_refused_over_the_other_and_that_is_said(mode: str) -> None:
    cluster = made(service(), ONLY_FOUR)
    over_four = asked(cluster, "http://web.default/", mode=mode)
    assert over_four.final.state == "delivered"
    assert [n.code for n in over_four.notes] == ["SIM2132"]
    assert "refused" in over_four.notes[0].message
    assert asked(cluster, f"http://[{SIX}]/", mode=mode).final.state == "refused"
    assert asked(made(service(), BOTH), "http://web.default/", mode=mode).notes == ()


@pytest.mark.parametrize(
    ("origin", "url", "state", "sent_to"),
    [
        pytest.param(
            "pod:default/both", "tcp://web.default:80", "delivered", "10.96.0.9:80", id="a Pod of both"
        ),
        pytest.param("pod:default/four", "tcp://web.default:80", "delivered", "10.96.0.9:80", id="of IPv4"),
        pytest.param("pod:default/six", "tcp://web.default:80", "delivered", "[fd00:96::9]:80", id="of IPv6"),
        pytest.param(
            "pod:default/four", "tcp://[fd00:96::9]:80", "refused", "", id="no way from IPv4 to IPv6"
        ),
        pytest.param(
            "pod:default/six", "tcp://old.default:80", "dns-no-record", "", id="no AAAA of an IPv4 Service"
        ),
        pytest.param(
            "pod:default/six", "tcp://bare.default:8080", "delivered", "bare.default:8080", id="headless"
        ),
        pytest.param(
            "node:node-a", "tcp://[fd00:96::9]:80", "delivered", "[fd00:96::9]:80", id="a node has both"
        ),
    ],
)
def test_inside_the_cluster_both_ends_need_the_family(
    origin: str, url: str, state: str, sent_to: str
) -> None:
    old = service(metadata={"name": "old"}, spec=_alone("IPv4", "10.96.0.8"))
    bare = service(
        metadata={"name": "bare"}, spec={"type": "ClusterIP", "clusterIP": "None", "clusterIPs": None}
    )
    del bare["spec"]["ports"][0]["nodePort"], old["spec"]["ports"][0]["nodePort"]
    cluster = made(service(), old, bare, BOTH, ONLY_FOUR, pod("six", "fd00:244::3"))
    found = connect(cluster, Request.parse(url), origin)
    assert (found.final.state, found.hops[0].before.get("destination", "")) == (state, sent_to)


def _alone(family: str, address: str) -> dict[str, Any]:
    own = {
        "ipFamilies": [family],
        "ipFamilyPolicy": "SingleStack",
        "clusterIP": address,
        "clusterIPs": [address],
    }
    return own | {"ports": [{"port": 80, "targetPort": 8080, "nodePort": 30081}]}


INGRESS = {
    "apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": "shop"},
    "spec": {"ingressClassName": "nginx", "rules": [{"host": "shop.example.com", "http": {"paths": [
        {"path": "/", "pathType": "Prefix", "backend": {"service": {"name": "web", "port": {"number": 80}}}},
    ]}}]},
}  # fmt: skip
NGINX = {
    "name": "c",
    "image": "registry.k8s.io/ingress-nginx/controller:v1.12.1",
    "ports": [{"containerPort": 80}],
}
CONTROLLER = {
    "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "c"},
    "spec": {
        "selector": {"matchLabels": {"app": "c"}},
        "template": {"metadata": {"labels": {"app": "c"}}, "spec": {"containers": [NGINX]}},
    },
}  # fmt: skip
CLASS = {
    "apiVersion": "networking.k8s.io/v1", "kind": "IngressClass", "metadata": {"name": "nginx"},
    "spec": {"controller": "k8s.io/ingress-nginx"},
}  # fmt: skip
FRONT = {"selector": {"app": "c"}, "ports": [{"port": 80}], "type": "LoadBalancer"}


@pytest.mark.parametrize(
    ("family", "controller", "pods", "status", "reached"),
    [
        pytest.param("IPv6", "fd00:244::9", "fd00:244::1", None, ["[fd00:244::1]:8080"], id="both have IPv6"),
        pytest.param("IPv4", "10.244.1.9", "10.244.1.1", None, ["10.244.1.1:8080"], id="both have IPv4"),
        pytest.param("IPv6", "10.244.1.9", "fd00:244::1", 502, [], id="no way from IPv4 to IPv6"),
    ],
)
def test_a_controller_reaches_pods_over_the_families_that_it_has(
    family: str, controller: str, pods: str, status: int | None, reached: list[str]
) -> None:
    web = service(
        spec={"type": "ClusterIP"} | _alone(family, {"IPv6": "fd00:96::9", "IPv4": "10.96.0.9"}[family])
    )
    del web["spec"]["ports"][0]["nodePort"], web["status"]
    running = pod("c-1", controller)
    running["metadata"]["labels"] = {"app": "c"}
    front = service(
        metadata={"name": "c"},
        spec=FRONT | {"ipFamilyPolicy": "PreferDualStack", "clusterIPs": None, "clusterIP": None},
    )
    cluster = made(INGRESS, CLASS, web, pod("web-1", pods), CONTROLLER, running, front)
    url = "http://shop.example.com/"
    client = "2001:db8::7" if ":" in controller else "203.0.113.7"
    final = asked(cluster, url, client).final
    assert (final.status, list(getattr(final, "endpoints", ()))) == (status, reached)


def test_source_ranges_hold_in_their_own_family() -> None:
    guarded = service(spec={"loadBalancerSourceRanges": ["203.0.113.0/24"]})
    cluster = made(guarded, BOTH)
    assert asked(cluster, "http://web.default/", "198.51.100.7").final.state == "dropped"
    # As kube-proxy has it: without a range of its family there is no filter.
    assert asked(cluster, "http://web.default/", "2001:db8::7").final.state == "delivered"


def test_rules_of_both_families_stand_apart_and_those_of_one_as_before() -> None:
    cluster = made(service(), BOTH)
    node = cluster.nodes[0]
    for mode in MODES:
        both = rules_of_node(cluster, node, mode)
        four, six = (rules_of_node(cluster, node, mode, families=(f,)) for f in ("IPv4", "IPv6"))
        assert (both.facts, both.ipv6) == (four.facts, six.ipv6)
        lines = [line for s in both.sections for line in s.lines if not line.startswith("# IPv")]
        assert lines == [line for part in (four, six) for s in part.sections for line in s.lines]
        assert not any("fd00:" in line for s in four.sections for line in s.lines)
        assert "ipv6" not in rules_of_node(made(ONLY_FOUR), node, mode).to_json()


SCENARIOS = sorted((Path(__file__).parents[2] / "scenarios").glob("*/manifests"))


@pytest.mark.parametrize("folder", [pytest.param(p, id=p.parent.name) for p in SCENARIOS])
def test_a_second_family_changes_no_answer_over_the_first(folder: Path) -> None:
    manifests = load([str(folder)])
    one, two = (build(manifests, Setup(families=f)) for f in (("IPv4",), ("IPv4", "IPv6")))
    assert build(manifests).families == ("IPv4",)
    for url in _urls(one):
        request = Request.parse(url)
        alone, beside = (route(c, request).to_json() for c in (one, two))
        assert {k: alone[k] for k in ("hops", "final", "notes")} == {
            k: beside[k] for k in ("hops", "final", "notes")
        }


def _urls(cluster: Cluster) -> Iterator[str]:
    hosts = {r.host for i in cluster.ingresses for r in i.spec.rules if r.host and "*" not in r.host}
    yield from (f"http://{host}/" for host in sorted(hosts)[:3])
    for linked in list(cluster.services.values())[:3]:
        yield f"tcp://{linked.manifest.name}.{linked.manifest.namespace}:80"
    yield f"tcp://{cluster.nodes[0].address}:30080"


ADDRESSES = {"10.96.0.9": "fd00:96::9", "192.168.0.2": "fd00:192:168::2", FOUR: SIX}


@given(
    to=st.sampled_from(sorted(ADDRESSES)),
    port=st.sampled_from([80, 81, 30080]),
    policy=st.sampled_from(["Cluster", "Local"]),
    pods=st.lists(st.sampled_from([BOTH, pod("b2", "10.244.1.3", "fd00:244::3")]), unique_by=id),
    mode=st.sampled_from(sorted(MODES)),
)
def test_the_proxies_of_both_families_do_alike_where_all_have_both(
    to: str, port: int, policy: str, pods: list[dict[str, Any]], mode: str
) -> None:
    cluster = made(service(spec={"externalTrafficPolicy": policy}), *pods)
    node = cluster.nodes[0]
    found = [
        decide(proxy_for(cluster, node, address), Packet(source, address, port), mode)
        for source, address in (("203.0.113.9", to), ("2001:db8:c::9", ADDRESSES[to]))
    ]
    four, six = found
    assert (four.verdict, four.masquerade) == (six.verdict, six.masquerade)
    assert [e.pod for e in four.endpoints] == [e.pod for e in six.endpoints]

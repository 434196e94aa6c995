"""What is held against what: each area names its oracle and the tests that ask it. The only table of them.

An oracle is something that this project did not write: a program, a published text, a formula. A test belongs to
one area at most, so nothing is counted twice; tests that hold the project against itself belong to none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

RUNNING, RECORDED, PUBLISHED, ARITHMETIC = (
    "Against programs, while they run",
    "Against what programs were seen to do",
    "Against published rules",
    "Against arithmetic",
)
GROUPS = (RUNNING, RECORDED, PUBLISHED, ARITHMETIC)


@dataclass(frozen=True)
class Area:
    """One subject, and what it is held against.

    Args:
        tests: patterns, each of which fits the beginning of a test's id.
        programs: keys of `programs.PROGRAMS` whose versions belong to the answer.
    """

    group: str
    subject: str
    oracle: str
    tests: tuple[str, ...]
    programs: tuple[str, ...] = ()


def _case(pattern: str) -> tuple[str, ...]:
    """Tables of the conformance runner."""
    return (rf"tests/conformance/test_cases\.py::test_case\[{pattern}",)


_KERNEL = r"tests/across/test_kernel(?:_families)?\.py::test_(?!every_type|the_chi)\w+\[(\d+-)?{}\b"
_LIVE = r"tests/across/test_live_proxies\.py::test_"

AREAS: dict[str, Area] = {
    "kernel-iptables": Area(
        RUNNING,
        "Rules of `sim rules --mode iptables`, and what `sim trace` says of each connection",
        "a node in network namespaces with these rules loaded",
        (_KERNEL.format("iptables"),),
        ("linux", "iptables"),
    ),
    "kernel-nftables": Area(
        RUNNING,
        "Rules of `sim rules --mode nftables`, and what `sim trace` says of each connection",
        "a node in network namespaces with these rules loaded",
        (_KERNEL.format("nftables"),),
        ("linux", "nftables"),
    ),
    "nginx": Area(
        RUNNING,
        "Ingress under the profile `ingress-nginx`: random rule tables",
        "nginx, configured as that controller configures it",
        (_LIVE + "nginx",),
        ("nginx",),
    ),
    "nginx-told": Area(
        RUNNING,
        "The ConfigMap of ingress-nginx: what each key changes",
        "nginx, told the same as that controller tells it",
        (r"tests/across/test_live_configuration\.py::test_nginx_that_is_told_the_same",),
        ("nginx",),
    ),
    "envoy-ingress": Area(
        RUNNING,
        "Ingress under the profile `spec`: random rule tables",
        "Envoy, configured by the letter of the API",
        (_LIVE + "envoy_configured_by_the_letter",),
        ("envoy",),
    ),
    "envoy-gateway": Area(
        RUNNING,
        "HTTPRoute: random rule tables",
        "Envoy, configured as Envoy Gateway configures it",
        (_LIVE + "envoy_configured_as_by_envoy_gateway", _LIVE + "envoy_does_what_filters_of_routes_say"),
        ("envoy",),
    ),
    "kernel-policies": Area(
        RUNNING,
        "NetworkPolicies: who may connect to whom, and what `sim trace` says of each connection",
        "nodes and Pods in network namespaces, with the policies written as rules of nftables by the test",
        (r"tests/across/test_kernel_policies\.py::test_a_kernel_with_the_policies",),
        ("linux", "nftables"),
    ),
    "envoy-routes": Area(
        RUNNING,
        "GRPCRoute, TLSRoute and TCPRoute: random rule tables",
        "Envoy, configured by the letter of the API",
        (r"tests/across/test_live_routes\.py::test_envoy_(answers|passes)",),
        ("envoy",),
    ),
    "migrations": Area(
        RUNNING,
        "`sim migrate`: where Ingresses and the HTTPRoutes written for them answer differently, and where they do not",
        "nginx as ingress-nginx configures it, and Envoy as Envoy Gateway configures it, asked the same requests",
        (r"tests/across/test_live_migration\.py::test_nginx_and_envoy_differ",),
        ("nginx", "envoy"),
    ),
    "proxies-choose": Area(
        RUNNING,
        "How proxies choose: random weights, limits, backups, failures; who takes each request, pick for pick",
        "nginx, HAProxy and Envoy with the same backends, asked the same requests",
        (r"tests/across/test_live_picks\.py::test_(nginx|haproxy|envoy|what_a_program_draws)",),
        ("nginx", "haproxy", "envoy"),
    ),
    "stopping-pods": Area(
        RUNNING,
        "A Pod that stops, at once or when it is empty, while a proxy still lists it: who answers each request, how it "
        "ends, who was asked before",
        "nginx, HAProxy and Envoy in front of such Pods, each with the list, retries and time-outs that its "
        "controller gives it",
        (r"tests/across/test_live_stops\.py::test_every_request",),
        ("nginx", "haproxy", "envoy"),
    ),
    "kernel-life": Area(
        RUNNING,
        "An endpoint that goes: what an open connection, a flow of UDP and a new connection do when the rules change",
        "a node in network namespaces with the rules of `sim rules` before and after",
        (r"tests/across/test_kernel_life\.py::test_",),
        ("linux", "iptables", "nftables"),
    ),
    "schemas": Area(
        RUNNING,
        "Which Ingresses, IngressClasses, Services and EndpointSlices are refused",
        "the schemas of Kubernetes 1.35 in the library kubernetes-validate",
        (
            r"tests/across/test_validation_live\.py::test_and_by_the_schemas_too",
            r"tests/across/test_validation_live\.py::test_what_the_schemas_refuse_we_refuse\[malformed",
        ),
        ("kubernetes-validate",),
    ),
    "recorded-routes": Area(
        RECORDED,
        "Which rule of a table takes a request",
        "nginx 1.22.1 and Envoy 1.40.0, recorded",
        _case("balancing/route-"),
    ),
    "recorded-nginx": Area(
        RECORDED,
        "Which backend takes which request",
        "nginx 1.22.1, recorded request by request",
        _case("balancing/nginx-"),
    ),
    "recorded-haproxy": Area(
        RECORDED,
        "Which backend takes which request",
        "HAProxy 2.6.12, recorded request by request",
        _case("balancing/haproxy-"),
    ),
    "recorded-envoy": Area(
        RECORDED,
        "Which backend takes which request",
        "Envoy 1.40.0, recorded request by request",
        _case("balancing/envoy-"),
    ),
    "recorded-ingress-nginx": Area(
        RECORDED,
        "Which endpoint takes which request",
        "the Lua of ingress-nginx (commit dbb11b9), recorded",
        _case("balancing/ingress-nginx-"),
    ),
    "ingress": Area(
        PUBLISHED,
        "Ingress: path types, hosts, classes, default backends",
        "the Kubernetes documentation, the Ingress conformance suite, the source of ingress-nginx 1.15",
        _case("routing/(path_types|hosts|default_backend_and_class)"),
    ),
    "tls": Area(
        PUBLISHED,
        "TLS: certificates and redirects",
        "documentation and source of ingress-nginx 1.15",
        _case("routing/tls"),
    ),
    "annotations": Area(
        PUBLISHED,
        "Annotations of ingress-nginx",
        "its documentation, its end-to-end tests and its source, 1.15",
        _case("routing/nginx_annotations"),
    ),
    "httproute": Area(
        PUBLISHED,
        "HTTPRoute: matching, filters, references, listeners",
        "the conformance tests and the reference of the Gateway API v1",
        _case("routing/httproute"),
    ),
    "other-routes": Area(
        PUBLISHED,
        "GRPCRoute, TLSRoute, TCPRoute, UDPRoute, ListenerSet, BackendTLSPolicy: who takes a request, and statuses",
        "the conformance tests and the reference of the Gateway API v1",
        _case("around/routes-l4"),
    ),
    "policies": Area(
        PUBLISHED,
        "NetworkPolicy and ClusterNetworkPolicy: what is allowed, by which rule, and which rule is the nearest",
        "the reference and end-to-end tests of Kubernetes, and those of the network policy API",
        _case("around/networkpolicy"),
    ),
    "load-balancers": Area(
        PUBLISHED,
        "Load balancers of Services: who makes them, targets, addresses, health checks, shares; address families",
        "documentation and source of the providers' controllers, and of Kubernetes",
        _case("around/service-lb"),
    ),
    "life": Area(
        PUBLISHED,
        "A cluster over time: roll-outs, endings, probes, autoscaling, drains, endpoints, idle connections, and figures",
        "source, unit tests and documentation of Kubernetes, documentation of proxies, providers and servers",
        _case("life/"),
    ),
    "gateway-status": Area(
        PUBLISHED,
        "Conditions of Gateways, listeners and HTTPRoutes",
        "the conformance tests and the reference of the Gateway API v1",
        (r"tests/routing/test_gateway_status\.py::",),
    ),
    "gateway-validation": Area(
        PUBLISHED,
        "Which Gateways, HTTPRoutes and ReferenceGrants are refused",
        "the schemas and rules of the Gateway API v1",
        (r"tests/manifests/test_gateway_validation\.py::",),
    ),
    "validation": Area(
        PUBLISHED,
        "Which objects are refused, field by field",
        "the API server's own validation of networking, core and discovery",
        _case("routing/validation"),
    ),
    "kube-proxy": Area(
        PUBLISHED,
        "Packets through kube-proxy: verdict, endpoints, masquerade, chains, affinity, conntrack",
        "source and unit tests of kube-proxy 1.35, in its three modes",
        _case("kube-proxy/(?!hash_names|rules_facts)"),
    ),
    "kube-proxy-rules": Area(
        PUBLISHED,
        "Rules as kube-proxy writes them, and the names of its chains",
        "the expected rules in the unit tests of kube-proxy 1.35",
        _case("kube-proxy/(hash_names|rules_facts)"),
    ),
    "bad-input": Area(
        PUBLISHED,
        "Malformed input: refused or read, with file and line",
        "an expectation for each file, by the rules of YAML and of the API server",
        _case("bad-input/"),
    ),
    "field": Area(
        PUBLISHED,
        "Questions that people asked in public: the cause, the fix, and what is said of what is not modelled",
        "an expectation for each question, by source and documentation of Kubernetes, controllers and providers",
        _case("field/"),
    ),
    "bills": Area(
        ARITHMETIC,
        "Monthly bills, line by line",
        "sums made apart from this code, in exact fractions, of the providers' published prices",
        _case("cost/"),
    ),
    "queues": Area(
        ARITHMETIC,
        "Mean time in system, and Little's law",
        "closed forms: M/M/1, M/M/c (Erlang C); the 99 % interval must hold them, and be within 2 % of them",
        (
            r"tests/simulation/test_engines\.py::test_the_mean_sojourn_time_is_that_of_theory",
            r"tests/simulation/test_engines\.py::test_littles_law",
        ),
    ),
    "delays": Area(
        ARITHMETIC,
        "Latency at one per cent of the load",
        "the sum of the delays on the path",
        (r"tests/simulation/test_engines\.py::test_at_one_per_cent_load",),
    ),
    "distributions": Area(
        ARITHMETIC,
        "Mean and variation of each distribution of service times",
        "their textbook moments",
        (r"tests/simulation/test_workload\.py::test_distributions_have_their_mean",),
    ),
    "quantiles": Area(
        ARITHMETIC,
        "Quantiles of t, behind every confidence interval",
        "published tables",
        (r"tests/simulation/test_engines\.py::test_t_quantiles",),
    ),
}


def areas_of(test: str) -> list[str]:
    """The areas that a test belongs to: one, or none; more would be a fault of the table."""
    return [name for name, area in AREAS.items() if any(re.match(p, test) for p in area.tests)]

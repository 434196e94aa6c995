"""The fields of the kinds that are decoded, and their types: what the API server knows, and nothing else.

Source: the Kubernetes API reference v1.35; `k8s.io/api` core/v1, networking/v1, discovery/v1; `meta/v1`.
"""

from sim.manifests.validation.autoscaler import AUTOSCALERS
from sim.manifests.validation.meta_schema import (
    ANY_KIND,
    INT32,
    INT64,
    LABELS,
    TEXTS,
    a_kind,
    an_object,
)
from sim.manifests.validation.shapes import Fields, ListOf, Time, Truth, WholeOrText
from sim.manifests.validation.workload_schema import SELECTOR, WORKLOADS


def _load_balancer(texts: str) -> Fields:
    ports = ListOf(an_object("protocol error", port=INT32))
    return an_object(ingress=ListOf(an_object(texts, ports=ports)))


_BACKEND = an_object(
    service=an_object("name", port=an_object("name", number=INT32)), resource=an_object("apiGroup kind name")
)
_INGRESS = a_kind(
    spec=an_object(
        "ingressClassName",
        defaultBackend=_BACKEND,
        tls=ListOf(an_object("secretName", hosts=TEXTS)),
        rules=ListOf(
            an_object("host", http=an_object(paths=ListOf(an_object("path pathType", backend=_BACKEND))))
        ),
    ),
    status=an_object(loadBalancer=_load_balancer("ip hostname")),
)
_INGRESS_CLASS = a_kind(
    spec=an_object("controller", parameters=an_object("apiGroup kind name scope namespace"))
)
_SERVICE = a_kind(
    spec=an_object(
        "clusterIP type sessionAffinity loadBalancerIP externalName externalTrafficPolicy ipFamilyPolicy"
        " loadBalancerClass internalTrafficPolicy trafficDistribution",
        ports=ListOf(
            an_object("name protocol appProtocol", port=INT32, targetPort=WholeOrText(), nodePort=INT32)
        ),
        selector=LABELS,
        clusterIPs=TEXTS,
        externalIPs=TEXTS,
        loadBalancerSourceRanges=TEXTS,
        healthCheckNodePort=INT32,
        publishNotReadyAddresses=Truth(),
        sessionAffinityConfig=an_object(clientIP=an_object(timeoutSeconds=INT32)),
        ipFamilies=TEXTS,
        allocateLoadBalancerNodePorts=Truth(),
    ),
    status=an_object(
        loadBalancer=_load_balancer("ip hostname ipMode"),
        conditions=ListOf(
            an_object("type status reason message", observedGeneration=INT64, lastTransitionTime=Time())
        ),
    ),
)
_PEERS = ListOf(
    an_object(
        podSelector=SELECTOR, namespaceSelector=SELECTOR, ipBlock=an_object("cidr", **{"except": TEXTS})
    )
)
_POLICY_PORTS = ListOf(an_object("protocol", port=WholeOrText(), endPort=INT32))
_NETWORK_POLICY = a_kind(
    spec=an_object(
        podSelector=SELECTOR,
        policyTypes=TEXTS,
        ingress=ListOf(an_object(ports=_POLICY_PORTS, **{"from": _PEERS})),
        egress=ListOf(an_object(ports=_POLICY_PORTS, to=_PEERS)),
    )
)
_NAMES = ListOf(an_object("name"))
_ENDPOINT_SLICE = a_kind(
    "addressType",
    endpoints=ListOf(
        an_object(
            "hostname nodeName zone",
            addresses=TEXTS,
            conditions=an_object(ready=Truth(), serving=Truth(), terminating=Truth()),
            targetRef=an_object("kind namespace name uid apiVersion resourceVersion fieldPath"),
            deprecatedTopology=LABELS,
            hints=an_object(forZones=_NAMES, forNodes=_NAMES),
        )
    ),
    ports=ListOf(an_object("name protocol appProtocol", port=INT32)),
)

SCHEMAS: dict[tuple[str, str], Fields] = {
    **WORKLOADS,
    **AUTOSCALERS,
    ("v1", "Service"): _SERVICE,
    ("discovery.k8s.io/v1", "EndpointSlice"): _ENDPOINT_SLICE,
    ("networking.k8s.io/v1", "Ingress"): _INGRESS,
    ("networking.k8s.io/v1", "IngressClass"): _INGRESS_CLASS,
    ("networking.k8s.io/v1", "NetworkPolicy"): _NETWORK_POLICY,
}
"""(apiVersion, kind) -> fields. Of other kinds only ANY_KIND is decoded."""

__all__ = ["ANY_KIND", "SCHEMAS"]

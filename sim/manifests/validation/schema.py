"""The fields of the kinds that are decoded, and their types: what the API server knows, and nothing else.

Source: the Kubernetes API reference v1.35; `k8s.io/api` core/v1, networking/v1, discovery/v1; `meta/v1`.
"""

from sim.manifests.validation.shapes import (
    Anything,
    Fields,
    ListOf,
    MapOf,
    Shape,
    Text,
    Time,
    Truth,
    Whole,
    WholeOrText,
)


def _object(texts: str = "", **others: Shape) -> Fields:
    """An object: the names of its fields that are strings, and its other fields."""
    return Fields({**dict.fromkeys(texts.split(), Text()), **others})


_INT32, _INT64 = Whole(), Whole(-(2**63), 2**63 - 1)
_TEXTS, _LABELS = ListOf(Text()), MapOf(Text())

OBJECT_META = _object(
    "name generateName namespace selfLink uid resourceVersion",
    generation=_INT64,
    creationTimestamp=Time(),
    deletionTimestamp=Time(),
    deletionGracePeriodSeconds=_INT64,
    labels=_LABELS,
    annotations=_LABELS,
    ownerReferences=ListOf(
        _object("apiVersion kind name uid", controller=Truth(), blockOwnerDeletion=Truth())
    ),
    finalizers=_TEXTS,
    managedFields=ListOf(
        _object(
            "manager operation apiVersion fieldsType subresource",
            time=Time(),
            fieldsV1=Anything(),
        )
    ),
)
ANY_KIND = _object("apiVersion kind", metadata=OBJECT_META)


def _kind(texts: str = "", **others: Shape) -> Fields:
    return Fields({**ANY_KIND.fields, **_object(texts, **others).fields})


def _load_balancer(texts: str) -> Fields:
    ports = ListOf(_object("protocol error", port=_INT32))
    return _object(ingress=ListOf(_object(texts, ports=ports)))


_BACKEND = _object(
    service=_object("name", port=_object("name", number=_INT32)), resource=_object("apiGroup kind name")
)
_INGRESS = _kind(
    spec=_object(
        "ingressClassName",
        defaultBackend=_BACKEND,
        tls=ListOf(_object("secretName", hosts=_TEXTS)),
        rules=ListOf(_object("host", http=_object(paths=ListOf(_object("path pathType", backend=_BACKEND))))),
    ),
    status=_object(loadBalancer=_load_balancer("ip hostname")),
)
_INGRESS_CLASS = _kind(spec=_object("controller", parameters=_object("apiGroup kind name scope namespace")))
_SERVICE = _kind(
    spec=_object(
        "clusterIP type sessionAffinity loadBalancerIP externalName externalTrafficPolicy ipFamilyPolicy"
        " loadBalancerClass internalTrafficPolicy trafficDistribution",
        ports=ListOf(
            _object("name protocol appProtocol", port=_INT32, targetPort=WholeOrText(), nodePort=_INT32)
        ),
        selector=_LABELS,
        clusterIPs=_TEXTS,
        externalIPs=_TEXTS,
        loadBalancerSourceRanges=_TEXTS,
        healthCheckNodePort=_INT32,
        publishNotReadyAddresses=Truth(),
        sessionAffinityConfig=_object(clientIP=_object(timeoutSeconds=_INT32)),
        ipFamilies=_TEXTS,
        allocateLoadBalancerNodePorts=Truth(),
    ),
    status=_object(
        loadBalancer=_load_balancer("ip hostname ipMode"),
        conditions=ListOf(
            _object("type status reason message", observedGeneration=_INT64, lastTransitionTime=Time())
        ),
    ),
)
_NAMES = ListOf(_object("name"))
_ENDPOINT_SLICE = _kind(
    "addressType",
    endpoints=ListOf(
        _object(
            "hostname nodeName zone",
            addresses=_TEXTS,
            conditions=_object(ready=Truth(), serving=Truth(), terminating=Truth()),
            targetRef=_object("kind namespace name uid apiVersion resourceVersion fieldPath"),
            deprecatedTopology=_LABELS,
            hints=_object(forZones=_NAMES, forNodes=_NAMES),
        )
    ),
    ports=ListOf(_object("name protocol appProtocol", port=_INT32)),
)

SCHEMAS: dict[tuple[str, str], Fields] = {
    ("v1", "Service"): _SERVICE,
    ("discovery.k8s.io/v1", "EndpointSlice"): _ENDPOINT_SLICE,
    ("networking.k8s.io/v1", "Ingress"): _INGRESS,
    ("networking.k8s.io/v1", "IngressClass"): _INGRESS_CLASS,
}
"""(apiVersion, kind) -> fields. Of other kinds only ANY_KIND is decoded."""

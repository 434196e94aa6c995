"""The fields of the kinds that are decoded, and their types: what the API server knows, and nothing else.

A mapping lists the fields of an object, a list holds the type of its items, MapOf the type of its values.
Source: the Kubernetes API reference v1.35; `k8s.io/api` core/v1, networking/v1, discovery/v1; `meta/v1`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Scalar = Literal["string", "int32", "int64", "bool", "int or string", "time", "anything"]
Shape: TypeAlias = "Scalar | MapOf | list[Shape] | dict[str, Shape]"


@dataclass(frozen=True)
class MapOf:
    """A map with free keys."""

    values: Scalar


STRING: Scalar = "string"
INT32: Scalar = "int32"
INT64: Scalar = "int64"
BOOL: Scalar = "bool"
INT_OR_STRING: Scalar = "int or string"
TIME: Scalar = "time"
ANYTHING: Scalar = "anything"
STRINGS = MapOf(STRING)

OBJECT_META: Shape = {
    "name": STRING,
    "generateName": STRING,
    "namespace": STRING,
    "selfLink": STRING,
    "uid": STRING,
    "resourceVersion": STRING,
    "generation": INT64,
    "creationTimestamp": TIME,
    "deletionTimestamp": TIME,
    "deletionGracePeriodSeconds": INT64,
    "labels": STRINGS,
    "annotations": STRINGS,
    "ownerReferences": [
        {
            "apiVersion": STRING,
            "kind": STRING,
            "name": STRING,
            "uid": STRING,
            "controller": BOOL,
            "blockOwnerDeletion": BOOL,
        }
    ],
    "finalizers": [STRING],
    "managedFields": [
        {
            "manager": STRING,
            "operation": STRING,
            "apiVersion": STRING,
            "time": TIME,
            "fieldsType": STRING,
            "fieldsV1": ANYTHING,
            "subresource": STRING,
        }
    ],
}
ANY_KIND: dict[str, Shape] = {"apiVersion": STRING, "kind": STRING, "metadata": OBJECT_META}

_PORT_STATUSES: Shape = [{"port": INT32, "protocol": STRING, "error": STRING}]
_CONDITIONS: Shape = [
    {
        "type": STRING,
        "status": STRING,
        "observedGeneration": INT64,
        "lastTransitionTime": TIME,
        "reason": STRING,
        "message": STRING,
    }
]
_INGRESS_BACKEND: Shape = {
    "service": {"name": STRING, "port": {"name": STRING, "number": INT32}},
    "resource": {"apiGroup": STRING, "kind": STRING, "name": STRING},
}
_INGRESS: dict[str, Shape] = {
    **ANY_KIND,
    "spec": {
        "ingressClassName": STRING,
        "defaultBackend": _INGRESS_BACKEND,
        "tls": [{"hosts": [STRING], "secretName": STRING}],
        "rules": [
            {
                "host": STRING,
                "http": {"paths": [{"path": STRING, "pathType": STRING, "backend": _INGRESS_BACKEND}]},
            }
        ],
    },
    "status": {"loadBalancer": {"ingress": [{"ip": STRING, "hostname": STRING, "ports": _PORT_STATUSES}]}},
}
_INGRESS_CLASS: dict[str, Shape] = {
    **ANY_KIND,
    "spec": {
        "controller": STRING,
        "parameters": {
            "apiGroup": STRING,
            "kind": STRING,
            "name": STRING,
            "scope": STRING,
            "namespace": STRING,
        },
    },
}
_SERVICE: dict[str, Shape] = {
    **ANY_KIND,
    "spec": {
        "ports": [
            {
                "name": STRING,
                "protocol": STRING,
                "appProtocol": STRING,
                "port": INT32,
                "targetPort": INT_OR_STRING,
                "nodePort": INT32,
            }
        ],
        "selector": STRINGS,
        "clusterIP": STRING,
        "clusterIPs": [STRING],
        "type": STRING,
        "externalIPs": [STRING],
        "sessionAffinity": STRING,
        "loadBalancerIP": STRING,
        "loadBalancerSourceRanges": [STRING],
        "externalName": STRING,
        "externalTrafficPolicy": STRING,
        "healthCheckNodePort": INT32,
        "publishNotReadyAddresses": BOOL,
        "sessionAffinityConfig": {"clientIP": {"timeoutSeconds": INT32}},
        "ipFamilies": [STRING],
        "ipFamilyPolicy": STRING,
        "allocateLoadBalancerNodePorts": BOOL,
        "loadBalancerClass": STRING,
        "internalTrafficPolicy": STRING,
        "trafficDistribution": STRING,
    },
    "status": {
        "loadBalancer": {
            "ingress": [{"ip": STRING, "hostname": STRING, "ipMode": STRING, "ports": _PORT_STATUSES}]
        },
        "conditions": _CONDITIONS,
    },
}
_ENDPOINT_SLICE: dict[str, Shape] = {
    **ANY_KIND,
    "addressType": STRING,
    "endpoints": [
        {
            "addresses": [STRING],
            "conditions": {"ready": BOOL, "serving": BOOL, "terminating": BOOL},
            "hostname": STRING,
            "targetRef": {
                "kind": STRING,
                "namespace": STRING,
                "name": STRING,
                "uid": STRING,
                "apiVersion": STRING,
                "resourceVersion": STRING,
                "fieldPath": STRING,
            },
            "deprecatedTopology": STRINGS,
            "nodeName": STRING,
            "zone": STRING,
            "hints": {"forZones": [{"name": STRING}], "forNodes": [{"name": STRING}]},
        }
    ],
    "ports": [{"name": STRING, "protocol": STRING, "port": INT32, "appProtocol": STRING}],
}

SCHEMAS: dict[tuple[str, str], dict[str, Shape]] = {
    ("v1", "Service"): _SERVICE,
    ("discovery.k8s.io/v1", "EndpointSlice"): _ENDPOINT_SLICE,
    ("networking.k8s.io/v1", "Ingress"): _INGRESS,
    ("networking.k8s.io/v1", "IngressClass"): _INGRESS_CLASS,
}
"""(apiVersion, kind) -> fields. Of other kinds only ANY_KIND is decoded."""

RENAMED = {
    "backend": "defaultBackend",
    "serviceName": "service.name",
    "servicePort": "service.port.number or service.port.name",
    "topology": "nodeName and zone",
}
"""Fields of the beta versions -> their successors (Kubernetes API migration guide)."""

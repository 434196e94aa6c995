"""Objects that are valid by construction: what the API reference allows, at its borders, and nothing else."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

LETTERS = "abcxyz"
ALNUM = LETTERS + "0189"


def _label(first: str, most: int) -> st.SearchStrategy[str]:
    """A DNS label; RFC 1035 begins with a letter, RFC 1123 may begin with a digit."""
    middle = st.text(ALNUM + "-", max_size=most - 2)
    long = st.builds(lambda a, m, z: a + m + z, st.sampled_from(first), middle, st.sampled_from(ALNUM))
    return st.one_of(st.sampled_from(first), long)


labels_1035, labels_1123 = _label(LETTERS, 63), _label(ALNUM, 63)
hosts = (
    st.lists(labels_1123, min_size=1, max_size=4).map(".".join)
    .filter(lambda host: len(host) <= 240 and not host.replace(".", "").isdigit())
)  # fmt: skip
wildcards = hosts.filter(lambda host: "." in host).map("*.{}".format)
port_numbers = st.one_of(st.sampled_from([1, 80, 443, 65535]), st.integers(1, 65535))
port_names = st.lists(
    st.text(LETTERS + "19", min_size=1, max_size=4), min_size=1, max_size=3
).map("-".join).filter(lambda name: len(name) <= 15 and any(c in LETTERS for c in name))  # fmt: skip
words = st.text("abcXYZ019", min_size=1, max_size=20)
label_keys = st.one_of(words, st.builds("{}/{}".format, hosts, words))
label_values = st.one_of(st.just(""), words, st.builds("{}{}{}".format, words, st.sampled_from("._-"), words))
texts = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF, exclude_characters="\x7f"), max_size=40)


def _some(fields: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=fields)


def metadata(names: st.SearchStrategy[str], namespaced: bool = True) -> st.SearchStrategy[dict[str, Any]]:
    """Name, and what else an object may say of itself."""
    optional: dict[str, st.SearchStrategy[Any]] = {
        "labels": st.dictionaries(label_keys, label_values, max_size=3),
        "annotations": st.dictionaries(label_keys, texts, max_size=3),
        "finalizers": st.just(["example.com/wait"]),
        "creationTimestamp": st.sampled_from([None, "2026-01-01T00:00:00Z"]),
    }
    if namespaced:
        optional["namespace"] = labels_1123
    return st.fixed_dictionaries({"name": names}, optional=optional)


def _object(api_version: str, kind: str, meta: Any, body: Any) -> st.SearchStrategy[dict[str, Any]]:
    return st.builds(lambda m, b: {"apiVersion": api_version, "kind": kind, "metadata": m, **b}, meta, body)


backend_ports = st.one_of(
    st.builds(lambda n: {"number": n}, port_numbers), st.builds(lambda n: {"name": n}, port_names)
)
service_backends = st.builds(
    lambda name, port: {"service": {"name": name, "port": port}}, labels_1035, backend_ports
)
resource_backends = st.just({"resource": {"apiGroup": "example.com", "kind": "Bucket", "name": "static"}})
backends = st.one_of(service_backends, service_backends, resource_backends)
segments = st.one_of(words, st.sampled_from(["...", "a.b", "~", "%20", "é", "$1", "*"]))
absolute = st.lists(segments, max_size=4).map(lambda parts: "/" + "/".join(parts))
paths = st.one_of(
    st.builds(lambda p, t, b: {"path": p, "pathType": t, "backend": b}, absolute, st.sampled_from(["Exact", "Prefix"]), backends),
    st.builds(lambda p, b: {"path": p, "pathType": "ImplementationSpecific", "backend": b}, st.one_of(absolute, st.just("/*")), backends),
    st.builds(lambda b: {"pathType": "ImplementationSpecific", "backend": b}, backends),
)  # fmt: skip
rules = st.fixed_dictionaries(
    {"http": st.builds(lambda p: {"paths": p}, st.lists(paths, min_size=1, max_size=3))},
    optional={"host": st.one_of(hosts, wildcards, st.just(""))},
)
tls = _some({"hosts": st.lists(st.one_of(hosts, wildcards), max_size=3), "secretName": labels_1123})
_further = {"ingressClassName": labels_1123, "tls": st.lists(tls, max_size=2)}
ingresses = _object(
    "networking.k8s.io/v1", "Ingress", metadata(hosts),
    st.one_of(
        st.fixed_dictionaries({"rules": st.lists(rules, min_size=1, max_size=3)}, optional={**_further, "defaultBackend": backends}),
        st.fixed_dictionaries({"defaultBackend": backends}, optional=_further),
    ).map(lambda spec: {"spec": spec}),
)  # fmt: skip

_parameters = st.one_of(
    st.just({"apiGroup": "example.com", "kind": "Params", "name": "external", "scope": "Cluster"}),
    st.just({"apiGroup": "example.com", "kind": "Params", "name": "external", "scope": "Namespace", "namespace": "ns"}),
)  # fmt: skip
ingress_classes = _object(
    "networking.k8s.io/v1", "IngressClass", metadata(hosts, namespaced=False),
    st.fixed_dictionaries(
        {"controller": st.builds("{}/{}".format, hosts, words)}, optional={"parameters": _parameters}
    ).map(lambda spec: {"spec": spec}),
)  # fmt: skip


@st.composite
def service_ports(draw: st.DrawFn, node_ports: bool) -> list[dict[str, Any]]:
    """Ports with names and numbers of their own; one alone may go without a name."""
    count = draw(st.integers(1, 3))
    names = draw(
        st.lists(labels_1123.filter(lambda n: len(n) <= 15), min_size=count, max_size=count, unique=True)
    )
    numbers = draw(st.lists(port_numbers, min_size=count, max_size=count, unique=True))
    ports = [{"name": n, "port": p} for n, p in zip(names, numbers, strict=True)]
    if count == 1 and draw(st.booleans()):
        del ports[0]["name"]
    free = draw(st.lists(st.integers(30000, 32767), min_size=count, max_size=count, unique=True))
    for port, node_port in zip(ports, free, strict=True):
        port |= draw(
            _some(
                {
                    "targetPort": st.one_of(port_numbers, port_names),
                    "protocol": st.sampled_from(["TCP", "UDP", "SCTP"]),
                }
            )
        )
        if node_ports and draw(st.booleans()):
            port["nodePort"] = node_port
    return ports


@st.composite
def service_specs(draw: st.DrawFn) -> dict[str, Any]:
    kind = draw(st.sampled_from(["ClusterIP", "NodePort", "LoadBalancer", "ExternalName", "headless"]))
    if kind == "ExternalName":
        return {"type": kind, "externalName": draw(hosts)} | draw(
            _some({"selector": st.dictionaries(label_keys, label_values, max_size=2)})
        )
    common = {
        "selector": st.dictionaries(label_keys, label_values, max_size=2),
        "publishNotReadyAddresses": st.booleans(),
        "internalTrafficPolicy": st.sampled_from(["Cluster", "Local"]),
        "ipFamilyPolicy": st.sampled_from(["SingleStack", "PreferDualStack"]),
        "externalIPs": st.just(["203.0.113.9"]),
    }
    spec = draw(_some(common))
    if kind == "headless":
        spec |= {"clusterIP": "None"} | ({"ports": draw(service_ports(False))} if draw(st.booleans()) else {})
        return spec
    spec |= {"ports": draw(service_ports(kind != "ClusterIP"))}
    if kind != "ClusterIP" or draw(st.booleans()):
        spec["type"] = kind
    if kind != "ClusterIP":
        spec |= draw(_some({"externalTrafficPolicy": st.sampled_from(["Cluster", "Local"])}))
    if kind == "LoadBalancer":
        spec |= draw(_some({
            "loadBalancerSourceRanges": st.just(["10.0.0.0/8", "203.0.113.7/32"]),
            "loadBalancerClass": st.just("example.com/internal"),
            "allocateLoadBalancerNodePorts": st.booleans(),
        }))  # fmt: skip
    affinity = draw(st.sampled_from([None, "None", "ClientIP"]))
    if affinity:
        spec["sessionAffinity"] = affinity
    if affinity == "ClientIP" and draw(st.booleans()):
        spec["sessionAffinityConfig"] = {"clientIP": {"timeoutSeconds": draw(st.integers(1, 86400))}}
    return spec


services = _object("v1", "Service", metadata(labels_1035), service_specs().map(lambda spec: {"spec": spec}))


@st.composite
def slice_bodies(draw: st.DrawFn) -> dict[str, Any]:
    kind = draw(st.sampled_from(["IPv4", "IPv6", "FQDN"]))
    addresses = {
        "IPv4": st.sampled_from(["10.0.0.1", "203.0.113.255"]),
        "IPv6": st.sampled_from(["2001:db8::1", "fd00::2"]),
        "FQDN": hosts.filter(lambda h: "." in h),
    }
    endpoint = st.fixed_dictionaries(
        {"addresses": st.lists(addresses[kind], min_size=1, max_size=2, unique=True)},
        optional={
            "conditions": _some({"ready": st.booleans(), "serving": st.booleans(), "terminating": st.booleans()}),
            "hostname": labels_1123, "nodeName": hosts, "zone": st.sampled_from(["zone-a", "eu-1b"]),
            "targetRef": st.just({"kind": "Pod", "name": "web-1", "namespace": "shop"}),
            "hints": st.just({"forZones": [{"name": "zone-a"}]}),
        },
    )  # fmt: skip
    names = draw(st.lists(port_names, max_size=3, unique=True))
    ports = [
        {"name": n} | draw(_some({"port": port_numbers, "protocol": st.sampled_from(["TCP", "UDP", "SCTP"])}))
        for n in names
    ]
    return {"addressType": kind, "endpoints": draw(st.lists(endpoint, max_size=3)), "ports": ports}


slices = _object("discovery.k8s.io/v1", "EndpointSlice", metadata(hosts), slice_bodies())

container_ports = st.lists(
    st.builds(
        lambda name, port, more: {"name": name, "containerPort": port, **more},
        port_names, port_numbers, _some({"protocol": st.sampled_from(["TCP", "UDP", "SCTP"])}),
    ),
    max_size=3, unique_by=lambda p: p["name"],
)  # fmt: skip
asked_ports = st.one_of(port_numbers, port_names)
handlers = st.one_of(
    st.builds(lambda p, more: {"httpGet": {"port": p, **more}}, asked_ports, _some({"path": st.just("/ready"), "scheme": st.sampled_from(["HTTP", "HTTPS"])})),
    st.builds(lambda p: {"tcpSocket": {"port": p}}, asked_ports),
    st.builds(lambda p: {"grpc": {"port": p}}, port_numbers),
    st.just({"exec": {"command": ["true"]}}),
)  # fmt: skip
probes = st.builds(
    lambda handler, more: handler | more,
    handlers,
    _some({"periodSeconds": st.integers(0, 60), "failureThreshold": st.integers(0, 9), "initialDelaySeconds": st.integers(0, 9)}),
)  # fmt: skip
variables = st.one_of(
    st.just({"name": "A.b-c", "value": "1"}),
    st.just({"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}),
)


@st.composite
def pod_specs(draw: st.DrawFn, restart: str = "Always") -> dict[str, Any]:
    """Containers with names of their own, which mount volumes that there are."""
    count = draw(st.integers(1, 3))
    names = draw(st.lists(labels_1123, min_size=count, max_size=count, unique=True))
    volumes = [{"name": n} | draw(_some({"emptyDir": st.just({})})) for n in draw(st.lists(labels_1123, max_size=2, unique=True))]  # fmt: skip
    body = _some({
        "ports": container_ports,
        "env": st.lists(variables, max_size=2),
        "command": st.just(["serve", "--fast"]),
        "imagePullPolicy": st.sampled_from(["Always", "IfNotPresent", "Never"]),
        "resources": st.just({"limits": {"cpu": 1, "memory": "1Gi"}}),
        "readinessProbe": probes,
        "livenessProbe": probes,
        "startupProbe": probes,
        "lifecycle": st.sampled_from([{"preStop": {"sleep": {"seconds": 5}}}, {"postStart": {"exec": {"command": ["a"]}}}]),
    })  # fmt: skip
    containers = [{"name": name, "image": "registry.example.com/web:1"} | draw(body) for name in names]
    for volume in volumes:
        mounts = containers[draw(st.integers(0, count - 1))].setdefault("volumeMounts", [])
        mounts.append({"name": volume["name"], "mountPath": f"/{volume['name']}"})
    spec = {"containers": containers, "volumes": volumes}
    if restart != "Always" or draw(st.booleans()):
        spec["restartPolicy"] = restart
    if draw(st.booleans()):
        first = {
            "name": "first-of-all",
            "image": "busybox",
            "restartPolicy": "Always",
            "readinessProbe": draw(probes),
        }
        spec["initContainers"] = [first]
    return spec | draw(_some({
        "dnsPolicy": st.sampled_from(["ClusterFirst", "Default", "ClusterFirstWithHostNet"]),
        "nodeSelector": st.dictionaries(label_keys, label_values, max_size=2),
        "terminationGracePeriodSeconds": st.integers(5, 600),
        "serviceAccountName": labels_1123,
        "tolerations": st.just([{"operator": "Exists"}]),
    }))  # fmt: skip


@st.composite
def selectors(draw: st.DrawFn, labels: dict[str, str]) -> dict[str, Any]:
    """A selector that fits labels, by each of its operators."""
    expressions = [
        expression
        for key, value in labels.items()
        for expression in (
            {"key": key, "operator": "In", "values": [value, "other"]},
            {"key": key, "operator": "Exists"},
            {"key": key, "operator": "NotIn", "values": ["not-this"]} if value != "not-this" else None,
        )
        if expression
    ] + [
        {"key": "not-there", "operator": "DoesNotExist"},
        {"key": "nor-this", "operator": "NotIn", "values": [""]},
    ]
    some = draw(st.lists(st.sampled_from(expressions), min_size=1, max_size=3))
    fields = st.sampled_from([{"matchLabels": labels}, {"matchExpressions": some}, {"matchLabels": labels, "matchExpressions": some}])  # fmt: skip
    return draw(fields)


counts = {"replicas": st.integers(0, 5), "minReadySeconds": st.integers(0, 500)}
shares = st.one_of(st.integers(1, 5), st.sampled_from(["1%", "25%", "100%"]))
roll_outs = st.one_of(
    st.just({"type": "Recreate"}),
    st.builds(lambda more: {"rollingUpdate": more}, _some({"maxSurge": st.one_of(shares, st.just("150%"), st.just(0))})),
    st.builds(lambda n: {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0, "maxUnavailable": n}}, shares),
)  # fmt: skip
FURTHER: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "Deployment": {**counts, "strategy": roll_outs, "paused": st.booleans()},
    "ReplicaSet": counts,
    "DaemonSet": {"updateStrategy": st.sampled_from([{"type": "OnDelete"}, {"rollingUpdate": {"maxUnavailable": "10%"}}, {"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}])},
    "StatefulSet": {**counts, "serviceName": labels_1123, "podManagementPolicy": st.sampled_from(["OrderedReady", "Parallel"]), "updateStrategy": st.sampled_from([{"type": "OnDelete"}, {"rollingUpdate": {"partition": 2}}])},
}  # fmt: skip


@st.composite
def workload_specs(draw: st.DrawFn, kind: str) -> dict[str, Any]:
    """A template and a selector that fits it."""
    labels = {"app": "web"} | draw(st.dictionaries(label_keys, label_values, max_size=2))
    template = {"metadata": {"labels": labels}, "spec": draw(pod_specs())}
    return {"selector": draw(selectors(labels)), "template": template} | draw(_some(FURTHER[kind]))


job_specs = st.builds(
    lambda spec, more: {"template": {"spec": spec}, **more},
    st.sampled_from(["Never", "OnFailure"]).flatmap(pod_specs),
    _some(
        {
            "parallelism": st.integers(0, 3),
            "completions": st.integers(1, 3),
            "backoffLimit": st.integers(0, 6),
        }
    ),
)
controllers = st.builds(
    lambda spec, selector: {"template": {"metadata": {"labels": {"app": "web"}}, "spec": spec}, **selector},
    pod_specs(), st.sampled_from([{}, {"selector": {"app": "web"}}]),
)  # fmt: skip


def _with_spec(
    api_version: str, kind: str, specs: Any, names: Any = hosts
) -> st.SearchStrategy[dict[str, Any]]:
    return _object(api_version, kind, metadata(names), specs.map(lambda spec: {"spec": spec}))


WORKLOADS = {
    "Pod": _with_spec("v1", "Pod", pod_specs()),
    "ReplicationController": _with_spec("v1", "ReplicationController", controllers),
    **{kind: _with_spec("apps/v1", kind, workload_specs(kind), labels_1123) for kind in FURTHER},
    "Job": _with_spec("batch/v1", "Job", job_specs),
    "CronJob": _with_spec("batch/v1", "CronJob", job_specs.map(lambda spec: {"schedule": "@daily", "jobTemplate": {"spec": spec}}), st.just("nightly")),
}  # fmt: skip
VALID = {
    "Ingress": ingresses,
    "IngressClass": ingress_classes,
    "Service": services,
    "EndpointSlice": slices,
    **WORKLOADS,
}

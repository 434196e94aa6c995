"""Workloads as the API server takes and refuses them: one mistake at a time, in every kind that has the place."""

from __future__ import annotations

import copy
from enum import Enum
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from valid_objects import WORKLOADS, label_keys, label_values

from sim.manifests.validation import validate
from sim.manifests.validation.selector import fits

TEMPLATES = {
    "Pod": "",
    "ReplicationController": "spec.template",
    "Deployment": "spec.template",
    "ReplicaSet": "spec.template",
    "DaemonSet": "spec.template",
    "StatefulSet": "spec.template",
    "Job": "spec.template",
    "CronJob": "spec.jobTemplate.spec.template",
}
VERSIONS = {"Pod": "v1", "ReplicationController": "v1", "Job": "batch/v1", "CronJob": "batch/v1"}
WITH_SELECTOR = ("Deployment", "ReplicaSet", "DaemonSet", "StatefulSet")
DROP = Enum("Absent", "DROP").DROP


def sound(kind: str) -> dict[str, Any]:
    """A workload without a fault."""
    container = {
        "name": "web",
        "image": "registry.example.com/web:1",
        "ports": [{"name": "http", "containerPort": 8080}, {"name": "metrics", "containerPort": 9090}],
        "volumeMounts": [{"name": "data", "mountPath": "/data"}],
        "readinessProbe": {"httpGet": {"path": "/ready", "port": "http"}},
    }
    pod = {"containers": [container], "volumes": [{"name": "data", "emptyDir": {}}]}
    if kind in {"Job", "CronJob"}:
        pod["restartPolicy"] = "Never"
    template = {"metadata": {"labels": {"app": "web"}}, "spec": pod}
    spec: dict[str, Any] = {"template": template}
    if kind in WITH_SELECTOR:
        spec["selector"] = {"matchLabels": {"app": "web"}}
    if kind == "CronJob":
        spec = {"schedule": "@daily", "jobTemplate": {"spec": spec}}
    if kind == "Pod":
        spec = pod
    version = VERSIONS.get(kind, "apps/v1")
    return {"apiVersion": version, "kind": kind, "metadata": {"name": "web"}, "spec": spec}


def placed(path: str) -> list[str | int]:
    """`a.b[0].c` as keys and indices."""
    return [int(p) if p.isdigit() else p for p in path.replace("[", ".").replace("]", "").split(".") if p]


def changed(value: dict[str, Any], path: str, new: Any) -> dict[str, Any]:
    """The object with another value at a place, or without the place."""
    made = copy.deepcopy(value)
    *way, last = placed(path)
    here: Any = made
    for part in way:
        here = here[part] if isinstance(part, int) else here.setdefault(part, {})
    if new is DROP:
        del here[last]
    elif isinstance(last, int) and last == len(here):
        here.append(new)
    else:
        here[last] = new
    return made


C = "spec.containers[0]"
SECOND = {"name": "side", "image": "side"}
IN_A_POD = (
    # place, new value, place of the fault (the same if empty), its words
    ("spec.containers", [], "", "Required value"),
    ("spec.containers", DROP, "", "Required value"),
    (f"{C}.name", DROP, "", "Required value"),
    (f"{C}.name", "Web", "", "must be a lowercase RFC 1123 label"),
    (f"{C}.name", "a" * 64, "", "must be no more than 63 bytes"),
    ("spec.containers[1]", {**SECOND, "name": "web"}, "spec.containers[1].name", 'Duplicate value: "web"'),
    (f"{C}.image", DROP, "", "Required value"),
    (f"{C}.image", "", "", "Required value"),
    (f"{C}.imagePullPolicy", "Sometimes", "", 'Unsupported value: "Sometimes": supported values: "Always", "IfNotPresent", "Never"'),
    (f"{C}.ports[0].name", "web-frontend-port", "", "must be no more than 15 bytes"),
    (f"{C}.ports[0].name", "HTTP", "", "must contain only lower case letters, digits and '-'"),
    (f"{C}.ports[0].name", "8080", "", "must contain at least one letter (a-z)"),
    (f"{C}.ports[0].name", "a--b", "", "must not contain two '-' in a row"),
    (f"{C}.ports[0].name", "-a", "", "must not begin or end with '-'"),
    (f"{C}.ports[1].name", "http", "", 'Duplicate value: "http"'),
    (f"{C}.ports[0].containerPort", DROP, "", "Required value"),
    (f"{C}.ports[0].containerPort", 0, "", "Required value"),
    (f"{C}.ports[0].containerPort", -1, "", "must be between 1 and 65535, inclusive"),
    (f"{C}.ports[0].containerPort", 65536, "", "must be between 1 and 65535, inclusive"),
    (f"{C}.ports[0].hostPort", 70000, "", "must be between 1 and 65535, inclusive"),
    (f"{C}.ports[0].protocol", "HTTP", "", 'supported values: "SCTP", "TCP", "UDP"'),
    (f"{C}.ports[0].protocol", "tcp", "", 'Unsupported value: "tcp"'),
    (f"{C}.ports", [{"containerPort": 1, "hostPort": 80}, {"containerPort": 2, "hostPort": 80}], f"{C}.ports[1].hostPort", 'Duplicate value: "TCP//80"'),
    ("spec.containers[1]", {**SECOND, "ports": [{"containerPort": 1, "hostPort": 80}, {"containerPort": 1, "hostPort": 80}]}, "spec.containers[1].ports[1].hostPort", "Duplicate value"),
    (f"{C}.env", [{"value": "1"}], f"{C}.env[0].name", "Required value"),
    (f"{C}.env", [{"name": "A=B"}], f"{C}.env[0].name", "printable ASCII characters other than '='"),
    (f"{C}.env", [{"name": "A", "value": "1", "valueFrom": {}}], f"{C}.env[0].valueFrom", "may not be specified when `value` is not empty"),
    (f"{C}.volumeMounts[0].name", "date", "", 'Not found: "date"'),
    (f"{C}.volumeMounts[0].mountPath", DROP, "", "Required value"),
    (f"{C}.volumeMounts[1]", {"name": "data", "mountPath": "/data"}, f"{C}.volumeMounts[1].mountPath", "must be unique"),
    ("spec.volumes[0].hostPath", {}, "", "may not specify more than 1 volume type"),
    ("spec.volumes[1]", {"name": "data"}, "spec.volumes[1].name", 'Duplicate value: "data"'),
    (f"{C}.readinessProbe", {}, "", "must specify a handler type"),
    (f"{C}.readinessProbe.tcpSocket", {"port": 1}, "", "may not specify more than 1 handler type"),
    (f"{C}.readinessProbe.httpGet.port", DROP, "", "must be between 1 and 65535, inclusive"),
    (f"{C}.readinessProbe.httpGet.port", 0, "", "must be between 1 and 65535, inclusive"),
    (f"{C}.readinessProbe.httpGet.port", "8080", "", "must contain at least one letter (a-z)"),
    (f"{C}.readinessProbe.httpGet.port", "a-name-of-17-bytes", "", "must be no more than 15 bytes"),
    (f"{C}.readinessProbe.httpGet.scheme", "http", "", 'supported values: "HTTP", "HTTPS"'),
    (f"{C}.readinessProbe.periodSeconds", -1, "", "must be greater than or equal to 0"),
    (f"{C}.readinessProbe.terminationGracePeriodSeconds", 5, "", "must not be set for readinessProbes"),
    (f"{C}.livenessProbe", {"exec": {}}, f"{C}.livenessProbe.exec.command", "Required value"),
    (f"{C}.livenessProbe", {"exec": {"command": ["a"]}, "successThreshold": 2}, f"{C}.livenessProbe.successThreshold", "must be 1"),
    (f"{C}.startupProbe", {"grpc": {"port": 0}}, f"{C}.startupProbe.grpc.port", "must be between 1 and 65535"),
    (f"{C}.lifecycle.preStop", {"sleep": {"seconds": 31}}, f"{C}.lifecycle.preStop.sleep", "terminationGracePeriodSeconds (30)"),
    ("spec.initContainers", [{"name": "web", "image": "a"}], "spec.initContainers[0].name", 'Duplicate value: "web"'),
    ("spec.initContainers", [{**SECOND, "readinessProbe": {"exec": {"command": ["a"]}}}], "spec.initContainers[0].readinessProbe", "may not be set for init containers without restartPolicy=Always"),
    ("spec.dnsPolicy", "clusterfirst", "", "Unsupported value"),
    ("spec.nodeSelector", {"a b": "c"}, "", "name part must be letters, digits"),
    ("spec.hostname", "a.b", "", "must be a lowercase RFC 1123 label"),
    ("spec.hostNetwork", True, "", ""),
)  # fmt: skip


def said(value: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(f.field, f.message, f.layer) for f in validate(value)]


@pytest.mark.parametrize("kind", TEMPLATES)
@pytest.mark.parametrize("row", IN_A_POD, ids=lambda r: f"{r[0]}={r[1]!r}"[:60])
def test_a_mistake_in_a_pod_is_named_wherever_the_pod_comes_from(row, kind):
    path, new, field, words = row
    where = TEMPLATES[kind] + "." if TEMPLATES[kind] else ""
    found = said(changed(sound(kind), where + path, new))
    if not words:
        assert found == []
        return
    place = where + (field or path)
    layer = "pods" if kind == "StatefulSet" else "validation"
    assert [(f, x) for f, message, x in found if words in message] == [(place, layer)]
    assert {f for f, _, _ in found} == {place}


UNDECODABLE = (
    (f"{C}.ports[0].containerPort", "8080", "leave out the quotes"),
    (f"{C}.env", [{"name": "A", "value": 1}], "put it in quotes"),
    (f"{C}.port", 80, 'unknown field "{}"; did you mean ports?'),
    (f"{C}.ports[0].port", 80, "unknown field"),
    (f"{C}.ports", {"containerPort": 80}, "is a '-' missing?"),
    (f"{C}.readinessProbe.httpget", {}, "did you mean httpGet?"),
    ("spec.container", [], "did you mean containers?"),
    ("spec.replicas", 2, "unknown field"),
)


@pytest.mark.parametrize("kind", TEMPLATES)
@pytest.mark.parametrize("row", UNDECODABLE, ids=lambda r: r[0])
def test_what_cannot_be_decoded_is_named_wherever_the_pod_comes_from(row, kind):
    path, new, words = row
    where = TEMPLATES[kind] + "." if TEMPLATES[kind] else ""
    (found,) = said(changed(sound(kind), where + path, new))
    assert words.format(where + path) in found[1]
    assert found[2] == "decoding"


MISFIT = "`selector` does not match template `labels`"
OF_SELECTORS = (
    ("selector", {"matchLabels": {"app": "other"}}, "template.metadata.labels", MISFIT),
    ("selector", {"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["web"]}]}, "template.metadata.labels", MISFIT),
    ("selector", {"matchExpressions": [{"key": "app", "operator": "DoesNotExist"}]}, "template.metadata.labels", MISFIT),
    ("selector", {"matchExpressions": [{"key": "tier", "operator": "Exists"}]}, "template.metadata.labels", MISFIT),
    ("selector", {"matchExpressions": [{"key": "app", "operator": "In", "values": ["a", "b"]}]}, "template.metadata.labels", MISFIT),
    ("selector", {"matchLabels": {}}, "selector", "empty selector is invalid for"),
    ("selector", {"matchExpressions": [{"key": "app", "operator": "Is"}]}, "selector.matchExpressions[0].operator", "not a valid selector operator"),
    ("selector", {"matchExpressions": [{"key": "app", "operator": "In"}]}, "selector.matchExpressions[0].values", "must be specified when `operator` is 'In' or 'NotIn'"),
    ("selector", {"matchExpressions": [{"key": "app", "operator": "Exists", "values": ["web"]}]}, "selector.matchExpressions[0].values", "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"),
    ("selector", {"matchExpressions": [{"key": "a b", "operator": "Exists"}]}, "selector.matchExpressions[0].key", "name part must be letters"),
    ("selector", {"matchLabels": {"app": "we b"}}, "selector.matchLabels", "must be letters, digits"),
    ("template.metadata.labels", DROP, "template.metadata.labels", MISFIT),
    ("template.metadata.labels", {"app": "web", "a b": ""}, "template.labels", "name part must be letters"),
    ("template.spec.restartPolicy", "Never", "template.spec.restartPolicy", 'Unsupported value: "Never": supported values: "Always"'),
    ("template.spec.activeDeadlineSeconds", 5, "template.spec.activeDeadlineSeconds", "is not Supported"),
    ("minReadySeconds", -1, "minReadySeconds", "must be greater than or equal to 0"),
)  # fmt: skip


@pytest.mark.parametrize("kind", WITH_SELECTOR)
@pytest.mark.parametrize("row", OF_SELECTORS, ids=lambda r: f"{r[0]}={r[1]!r}"[:60])
def test_a_selector_must_fit_the_template(row, kind):
    path, new, field, words = row
    found = said(changed(sound(kind), f"spec.{path}", new))
    assert [f for f, message, _ in found if words in message] == [f"spec.{field}"]
    assert {f for f, _, _ in found} == {f"spec.{field}"}


OF_ONE_KIND = (
    ("Deployment", "selector", DROP, ["selector", "template.metadata.labels"]),
    ("DaemonSet", "selector", DROP, ["template.metadata.labels"]),
    ("Deployment", "replicas", -1, ["replicas"]),
    ("ReplicationController", "replicas", -1, ["replicas"]),
    ("ReplicationController", "selector", {"app": "other"}, ["template.metadata.labels"]),
    ("ReplicationController", "template", DROP, ["template"]),
    ("Deployment", "strategy", {"type": "Rolling"}, ["strategy"]),
    ("Deployment", "strategy", {"type": "Recreate", "rollingUpdate": {}}, ["strategy.rollingUpdate"]),
    ("Deployment", "strategy", {"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 0}}, ["strategy.rollingUpdate.maxUnavailable"]),
    ("Deployment", "strategy", {"rollingUpdate": {"maxSurge": "0%", "maxUnavailable": "0%"}}, ["strategy.rollingUpdate.maxUnavailable"]),
    ("Deployment", "strategy", {"rollingUpdate": {"maxSurge": "25"}}, ["strategy.rollingUpdate.maxSurge"]),
    ("Deployment", "strategy", {"rollingUpdate": {"maxUnavailable": "101%"}}, ["strategy.rollingUpdate.maxUnavailable"]),
    ("Deployment", "minReadySeconds", 600, ["progressDeadlineSeconds"]),
    ("DaemonSet", "updateStrategy", {"rollingUpdate": {"maxSurge": 1}}, ["updateStrategy.rollingUpdate.maxSurge"]),
    ("DaemonSet", "updateStrategy", {"rollingUpdate": {"maxUnavailable": 0}}, ["updateStrategy.rollingUpdate.maxUnavailable"]),
    ("StatefulSet", "updateStrategy", {"type": "OnDelete", "rollingUpdate": {}}, ["updateStrategy.rollingUpdate"]),
    ("StatefulSet", "updateStrategy", {"rollingUpdate": {"partition": -1}}, ["updateStrategy.rollingUpdate.partition"]),
    ("StatefulSet", "podManagementPolicy", "Random", ["podManagementPolicy"]),
    ("Job", "template.spec.restartPolicy", DROP, ["template.spec.restartPolicy"]),
    ("Job", "template.spec.restartPolicy", "Always", ["template.spec.restartPolicy"]),
    ("Job", "parallelism", -1, ["parallelism"]),
    ("CronJob", "schedule", DROP, ["schedule"]),
    ("CronJob", "concurrencyPolicy", "Maybe", ["concurrencyPolicy"]),
)  # fmt: skip


@pytest.mark.parametrize("row", OF_ONE_KIND, ids=lambda r: f"{r[0]} {r[1]}={r[2]!r}"[:60])
def test_what_one_kind_asks_for(row):
    kind, path, new, fields = row
    found = said(changed(sound(kind), f"spec.{path}", new))
    assert [f for f, _, layer in found if layer == "validation"] == [f"spec.{f}" for f in fields]


def test_a_port_of_the_nodes_network_is_taken_once_when_the_pod_is_made():
    twice = changed(sound("Deployment"), "spec.template.spec.hostNetwork", True)
    both = changed(twice, "spec.template.spec.containers[1]", {**SECOND, "ports": [{"containerPort": 8080}]})
    place = "spec.template.spec.containers[1].ports[0].hostPort"
    assert said(both) == [(place, 'Duplicate value: "TCP//8080"', "pods")]


def test_a_claim_of_a_stateful_set_is_a_volume_of_its_pods():
    made = changed(
        sound("StatefulSet"), "spec.volumeClaimTemplates", [{"metadata": {"name": "disk"}, "spec": {}}]
    )
    mounts = [{"name": "disk", "mountPath": "/disk"}]
    assert said(changed(made, "spec.template.spec.containers[0].volumeMounts", mounts)) == []


@pytest.mark.parametrize("kind", sorted(WORKLOADS))
@given(data=st.data())
@settings(max_examples=8, deadline=None)
def test_what_is_valid_by_construction_is_accepted(kind, data):
    assert validate(data.draw(WORKLOADS[kind])) == ()


@given(
    st.dictionaries(label_keys, label_values, max_size=3),
    st.sampled_from(["In", "NotIn", "Exists", "DoesNotExist"]),
    st.lists(label_values, min_size=1, max_size=2),
    st.data(),
)
@settings(max_examples=40, deadline=None)
def test_one_of_two_opposite_expressions_fits(labels, operator, values, data):
    opposite = {"In": "NotIn", "NotIn": "In", "Exists": "DoesNotExist", "DoesNotExist": "Exists"}[operator]
    key = data.draw(st.sampled_from([*labels, "app"]))
    rest = {"values": values} if "In" in operator else {}
    one, other = ({"matchExpressions": [{"key": key, "operator": o, **rest}]} for o in (operator, opposite))
    assert fits(one, labels) != fits(other, labels)

"""Why a Pod is not ready: the word that its status has for it stands in what trace, inspect and spread say."""

from __future__ import annotations

import pytest
import yaml
from clusters import cluster

from sim.analysis.inspect import inspect
from sim.cluster.readiness import readiness
from sim.errors import UsageError
from sim.manifests.objects.workloads import Pod
from sim.routing import Request, route
from sim.simulation.spread import open_connections

NOT_READY = [
    {"type": "Ready", "status": "False", "reason": "ContainersNotReady", "message": "containers: [c]"}
]


def waiting(reason, **more):
    return {"name": "c", "ready": False, "state": {"waiting": {"reason": reason, **more}}}


STATUSES = [
    pytest.param({}, True, (), id="no status"),
    pytest.param({"conditions": [{"type": "Ready", "status": "True"}]}, True, (), id="ready"),
    pytest.param({"phase": "Running"}, True, (), id="running, and no condition"),
    pytest.param({"conditions": NOT_READY}, False, ("ContainersNotReady", "containers: [c]"), id="condition"),
    *[
        pytest.param({"conditions": NOT_READY, "containerStatuses": [waiting(reason)]}, False, (reason,), id=reason)
        for reason in ("CrashLoopBackOff", "ImagePullBackOff", "ErrImagePull", "InvalidImageName",
                       "CreateContainerConfigError", "ContainerCreating", "RunContainerError")
    ],
    pytest.param(
        {"phase": "Running", "containerStatuses": [waiting("CrashLoopBackOff")]}, False, ("CrashLoopBackOff",),
        id="containers without conditions",
    ),
    pytest.param(
        {"conditions": NOT_READY, "containerStatuses": [waiting("ErrImagePull", message="no such tag")]},
        False, ("ErrImagePull (no such tag)",), id="with its message",
    ),
    pytest.param(
        {"conditions": NOT_READY, "containerStatuses": [
            {**waiting("CrashLoopBackOff"), "restartCount": 41,
             "lastState": {"terminated": {"reason": "OOMKilled", "exitCode": 137}}}]},
        False, ("CrashLoopBackOff", "41 restarts", "OOMKilled", "137"), id="how it ended the last time",
    ),
    pytest.param(
        {"conditions": NOT_READY,
         "containerStatuses": [{"name": "c", "state": {"terminated": {"reason": "Error", "exitCode": 3}}}]},
        False, ("has ended: Error, exit code 3",), id="ended",
    ),
    pytest.param(
        {"phase": "Pending", "containerStatuses": [waiting("PodInitializing")],
         "initContainerStatuses": [{**waiting("CrashLoopBackOff"), "name": "migrate"}]},
        False, ("in phase Pending", "init container migrate waits: CrashLoopBackOff"), id="an init container comes first",
    ),
    pytest.param(
        {"phase": "Running", "conditions": NOT_READY,
         "initContainerStatuses": [{"name": "i", "state": {"terminated": {"reason": "Completed", "exitCode": 0}}}]},
        False, ("ContainersNotReady",), id="an init container that has done its work is no reason",
    ),
    pytest.param(
        {"phase": "Pending", "conditions": [
            {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/3 nodes are\navailable"}]},
        False, ("Unschedulable", "0/3 nodes are available"), id="no node for it, in one line",
    ),
    pytest.param(
        {"phase": "Failed", "reason": "Evicted", "message": "low on memory"}, False, ("Evicted (low on memory)",),
        id="evicted",
    ),
    pytest.param(
        {"conditions": [{"type": "Ready", "status": "False", "reason": "ReadinessGatesNotReady"},
                        {"type": "example.com/lb", "status": "False", "reason": "NotRegistered"}]},
        False, ("example.com/lb is False: NotRegistered",), id="a readiness gate",
    ),
    pytest.param({"phase": "Succeeded"}, False, ("phase Succeeded",), id="a phase alone"),
    pytest.param({"conditions": [{"type": "Ready", "status": "False"}]}, False, ("no reason given",), id="no reason"),
]  # fmt: skip


def pod(status):
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "labels": {"app": "p"}},
            "spec": {"containers": [{"name": "c"}]}, "status": status}  # fmt: skip


@pytest.mark.parametrize(("status", "ready", "words"), STATUSES)
def test_a_status_is_read_as_kubectl_shows_it(status, ready, words):
    found, why = readiness(Pod.model_validate(pod(status)))
    assert found is ready
    assert all(word in why for word in words)
    assert bool(why) is not ready
    assert "\n" not in why


SERVICE = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"},
           "spec": {"selector": {"app": "p"}, "ports": [{"port": 80, "targetPort": 8080}]}}  # fmt: skip
INGRESS = {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": "i"},
           "spec": {"ingressClassName": "nginx", "defaultBackend": {"service": {"name": "s", "port": {"number": 80}}}}}  # fmt: skip
SLICE = {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
         "metadata": {"name": "s-1", "labels": {"kubernetes.io/service-name": "s"}},
         "ports": [{"port": 8080}],
         "endpoints": [{"addresses": ["10.1.1.1"], "conditions": {"ready": False},
                        "targetRef": {"kind": "Pod", "name": "p"}}]}  # fmt: skip


@pytest.mark.parametrize("beside", [[], [SLICE]], ids=["by selector", "by EndpointSlice"])
@pytest.mark.parametrize(("status", "ready", "words"), [s for s in STATUSES if not s.values[1]])
def test_trace_inspect_and_spread_say_why(status, ready, words, beside):
    found = cluster(yaml.safe_dump_all([INGRESS, SERVICE, pod(status), *beside]))
    trace = route(found, Request.parse("http://any.example/"), to="lb:ingress/ingress-nginx")
    assert trace.final.status == 503
    assert all(word in trace.final.message for word in words)
    if not beside:
        said = " ".join(f.message for f in inspect(found.manifests).findings)
        assert all(word in said for word in words)
    with pytest.raises(UsageError) as refused:
        open_connections(found, found.services["default/s"], "iptables", 10, 1)
    assert all(word in str(refused.value) for word in words)


BALANCER = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "lb"},
            "spec": {"type": "LoadBalancer", "selector": {"app": "p"}, "ports": [{"port": 80, "targetPort": 8080}]}}  # fmt: skip
LOCAL = {**BALANCER, "spec": {**BALANCER["spec"], "externalTrafficPolicy": "Local"}}
NAMED = {**BALANCER, "spec": {**BALANCER["spec"], "ports": [{"port": 80, "targetPort": "web"}]}}
ALONE = {**BALANCER, "spec": {**BALANCER["spec"], "selector": {"app": "other"}}}


@pytest.mark.parametrize(
    ("service", "state", "words", "fix"),
    [
        pytest.param(BALANCER, "refused", ("default/p", "CrashLoopBackOff"), "make a Pod of it ready", id="refused"),
        pytest.param(LOCAL, "lb-no-healthy-target", ("default/p", "CrashLoopBackOff"), "make a Pod of it ready", id="policy Local"),
        pytest.param(NAMED, "refused", ("no container has a port named 'web'",), "let targetPort web name a TCP port", id="no such port"),
        pytest.param(ALONE, "refused", ("has no endpoint",), "start a Pod with the labels", id="nobody is selected"),
    ],
)  # fmt: skip
def test_a_load_balancer_says_why_too(service, state, words, fix):
    broken = pod({"conditions": NOT_READY, "containerStatuses": [waiting("CrashLoopBackOff")]})
    final = route(cluster(yaml.safe_dump_all([service, broken])), Request.parse("tcp://lb.default:80")).final
    assert final.state == state
    assert all(word in final.message for word in words)
    assert fix in final.fix

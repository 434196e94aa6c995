"""What a lesson refuses before it judges: everything that the API server would not take, with its place in the answer."""

from __future__ import annotations

import pytest
from course import NAMES, written

import sim

TASKS = [
    (name, task, solution)
    for name in NAMES
    for task, solution in written(name)["tasks"].items()
    if isinstance(solution, str)
]
INGRESS = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: extra, namespace: extra}
spec:
  rules:
  - host: extra.example
    http:
      paths:
      - {path: /, pathType: Prefix, backend: {service: {name: extra, port: {number: 80}}}}
"""
SERVICE = """\
apiVersion: v1
kind: Service
metadata: {name: extra, namespace: extra, labels: {tier: extra}}
spec:
  type: ClusterIP
  selector: {app: extra}
  ports:
  - {name: http, port: 80, targetPort: 8080}
"""
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: extra, namespace: extra}
spec:
  selector: {matchLabels: {app: extra}}
  template:
    metadata: {labels: {app: extra}}
    spec:
      containers:
      - {name: extra, image: extra, ports: [{containerPort: 8080}]}
"""
REFUSED = [
    pytest.param(INGRESS, "pathType: Prefix, ", "", 9, "pathType must be specified", id="a path without its type"),
    pytest.param(INGRESS, "pathType: Prefix", "pathType: prefix", 9, "Unsupported value", id="a type of path there is not"),
    pytest.param(INGRESS, "path: /,", "path: cart,", 9, "must be an absolute path", id="a path without a slash"),
    pytest.param(INGRESS, "host: extra.example", "host: http://extra.example", 6, "RFC 1123", id="a URL for a host"),
    pytest.param(SERVICE, "port: 80,", "port: 80800,", 8, "between 1 and 65535", id="a port out of range"),
    pytest.param(SERVICE, "type: ClusterIP", "type: Loadbalancer", 5, "Unsupported value", id="a type misspelt"),
    pytest.param(SERVICE, "tier: extra", "tier: we b", 3, "letters, digits", id="a label with a blank"),
    pytest.param(SERVICE, "ports:", "port:", 7, "port", id="a key that is not one"),
    pytest.param(DEPLOYMENT, "matchLabels: {app: extra}", "matchLabels: {app: other}", 7, "does not match", id="a selector of other Pods"),
    pytest.param(DEPLOYMENT, "containerPort: 8080", 'containerPort: "8080"', 10, "containerPort", id="a number in quotes"),
    pytest.param(DEPLOYMENT, "name: extra, image", "name: Extra, image", 10, "RFC 1123", id="a name with a capital"),
]  # fmt: skip


EVERYWHERE = [REFUSED[0], REFUSED[4], REFUSED[8]]
"""One of each kind, for every task."""


def refusal(name: str, task: str, solution: str, sample: str, line: int) -> str:
    """What a lesson says to a solution with a sample below, without the place of the fault, which it checks."""
    above = f"{solution.rstrip()}\n---\n"
    complaint = sim.lesson(name).judge(task, above + sample)
    assert complaint, task
    place, _, said = complaint.message.partition(": ")
    assert place.startswith(f"your answer:{above.count(chr(10)) + line}:"), complaint.message
    return said


@pytest.mark.parametrize(("sample", "old", "new", "line", "said"), EVERYWHERE)
def test_what_the_api_server_refuses_solves_no_task(sample, old, new, line, said):
    assert len(TASKS) >= 16
    for name, task, solution in TASKS:
        assert said in refusal(name, task, solution, sample.replace(old, new), line)


@pytest.mark.parametrize(("sample", "old", "new", "line", "said"), REFUSED)
def test_it_is_refused_in_the_words_of_the_api_server(sample, old, new, line, said):
    assert old in sample
    assert said in refusal(*TASKS[0], sample.replace(old, new), line)


@pytest.mark.parametrize(("name", "task", "solution"), TASKS)
def test_objects_without_a_fault_spoil_no_solution(name, task, solution):
    assert sim.lesson(name).judge(task, f"{solution.rstrip()}\n---\n{SERVICE}---\n{DEPLOYMENT}") is None

"""A rule that fits and is left out: the change that is proposed makes its controller use it, and is tried."""

from __future__ import annotations

import pytest

import sim

APP = """\
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  type: NodePort
  selector: {app: web}
  ports: [{port: 80, targetPort: 8080}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: registry.example.com/web:1, ports: [{containerPort: 8080}]}]}
"""


def ingress(
    name: str, class_name: str, path: str, *annotations: str, day: int = 1, host: str = "b.example"
) -> str:
    said = "".join(f"    {line}\n" for line in annotations)
    return f"""\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: {name}
  creationTimestamp: "2026-01-0{day}T00:00:00Z"
  annotations:
{said}    example.com/owner: me
spec:
  ingressClassName: {class_name}
  rules:
  - host: {host}
    http:
      paths:
      - path: {path}
        pathType: Prefix
        backend:
          service:
            name: web
            port:
              number: 80
"""


ALB = "alb.ingress.kubernetes.io"
NGINX = "nginx.ingress.kubernetes.io"
GROUP = (f"{ALB}/group.name: g", f"{ALB}/target-type: ip")
BOTH = f'{ALB}/listen-ports: \'[{{"HTTP": 80}}, {{"HTTPS": 443}}]\''
CANARY = (f'{NGINX}/canary: "true"', f'{NGINX}/canary-weight: "10"')

WAYS = {
    "gke reads the annotation alone": ("gke", "http", [ingress("b", "gce", "/x")], "spec.ingressClassName off"),
    "alb, no listener in the group": ("aws-alb", "https", [ingress("b", "alb", "/x", *GROUP), ingress("c", "alb", "/y", *GROUP, BOTH)], "listen-ports"),
    "alb, no listener at all": ("aws-alb", "https", [ingress("b", "alb", "/x", *GROUP)], "listen-ports"),
    "a canary of nothing": ("ingress-nginx", "http", [ingress("b", "nginx", "/x", *CANARY)], "canary"),
    "a Service that a canary has first": ("ingress-nginx", "http", [ingress("a", "nginx", "/x", *CANARY, host="a.example"), ingress("b", "nginx", "/x", day=2)], "a Service of its own"),
    "a minion alone": ("nginx-inc", "http", [ingress("b", "nginx", "/x", "nginx.org/mergeable-ingress-type: minion")], "mergeable-ingress-type"),
    "a host that is taken": ("nginx-inc", "http", [ingress("a", "nginx", "/y"), ingress("b", "nginx", "/x", day=2)], "of Ingress default/a"),
}  # fmt: skip


@pytest.mark.parametrize("name", WAYS)
def test_a_change_that_was_tried_makes_the_controller_use_it(name):
    profile, scheme, ingresses, says = WAYS[name]
    manifests = sim.load_text("---\n".join((APP, *ingresses)))
    request = sim.Request.parse(f"{scheme}://b.example/x")
    assert not sim.route(sim.build(manifests), request, controller=profile).final.fine
    found = sim.fix(manifests, request, controller=profile)
    assert found is not None
    assert says in found.says
    assert found.answer.startswith("delivered")
    assert found.patch

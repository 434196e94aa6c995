"""The edge of a cluster: ingress-nginx as it is installed, behind its load balancer."""

from __future__ import annotations

NGINX = "nginx.ingress.kubernetes.io"
LB = "service.beta.kubernetes.io/aws-load-balancer-"
CERT = {f"{LB}ssl-cert": "arn:aws:acm:eu-west-1:1:certificate/1"}


def controller(*flags, annotations=None, https_target="https", version="1.15.0"):
    """ingress-nginx with its Service and class; `https_target`: the target port of port 443."""
    metadata = {"name": "ingress-nginx-controller", "namespace": "ingress-nginx"}
    labels = {"app": "ingress-nginx"}
    container = {
        "name": "controller",
        "image": f"registry.k8s.io/ingress-nginx/controller:v{version}",
        "args": ["/nginx-ingress-controller", *flags],
        "ports": [{"name": "http", "containerPort": 80}, {"name": "https", "containerPort": 443}],
    }
    pods = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    ports = [
        {"name": "http", "port": 80, "targetPort": "http"},
        {"name": "https", "port": 443, "targetPort": https_target},
    ]
    return [
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "IngressClass",
            "metadata": {"name": "web"},
            "spec": {"controller": "k8s.io/ingress-nginx"},
        },
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": metadata,
            "spec": {"selector": {"matchLabels": labels}, "template": pods},
        },
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": metadata | {"annotations": annotations or {}},
            "spec": {"type": "LoadBalancer", "selector": labels, "ports": ports},
            "status": {"loadBalancer": {"ingress": [{"ip": "198.51.100.7"}]}},
        },
    ]

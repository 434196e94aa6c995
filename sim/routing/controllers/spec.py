"""The profile `spec`: the letter of the networking.k8s.io/v1 API."""

from __future__ import annotations

from sim.routing.controllers import api as ingress
from sim.routing.controllers.profile import Fact, Profile

_API = "kubernetes.io: Concepts, Ingress; API reference, Ingress v1"

SPEC = Profile(
    name="spec",
    controller="example.com/spec",
    claims=ingress.claims,
    table=ingress.table,
    decide=ingress.decide,
    explain=ingress.explain,
    facts=(
        Fact("classes", "spec.ingressClassName, else the default IngressClass", _API),
        Fact("paths", "Exact to the letter, Prefix by element, the longest wins, then Exact", _API),
        Fact("hosts", "a wildcard is exactly one label; the closest host answers alone", _API),
        Fact("default", "defaultBackend takes what no rule takes", _API),
        Fact("left open", "status codes, and who wins between equal rules; here 404, 503, the older", _API),
    ),
)

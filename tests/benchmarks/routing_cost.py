"""What a routing decision costs with 200 rules and with 10,000: `python tests/benchmarks/routing_cost.py`.

Rules are spread over hosts, ten on each, or all on one host, without regular expressions; every second one is
Exact. Half of the requests hit a rule, half miss by a letter. CPU time, the best of many rounds.
"""

from __future__ import annotations

import gc
import random
import time
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any

from sim.cluster.setup import ControllerSetup, Setup
from sim.manifests.objects.collected import Manifests
from sim.manifests.objects.kinds import KINDS
from sim.routing import Request, route
from sim.routing.building import build
from sim.routing.controllers import PROFILES
from sim.routing.gateway.compiled import compiled
from sim.routing.gateway.layer_seven import decide as decide_route

SIZES = (200, 10_000)
QUESTIONS, ROUNDS = 1_000, 60
PER_OBJECT = 10
GATEWAY_API = "gateway.networking.k8s.io/v1"

Rule = tuple[str, str, bool]
"""Host, path, whether it is Exact."""


def spread(size: int) -> Iterator[Rule]:
    """Ten rules on each host."""
    yield from (
        (f"h{n // 10}.example", f"/team{n % 10}/app{n % 3}/v{n % 7}", n % 2 == 0) for n in range(size)
    )


def on_one(size: int) -> Iterator[Rule]:
    """All rules on one host, below a hundred first elements."""
    yield from (("shop.example", f"/team{n % 100}/app{n // 100}/v{n % 7}", n % 2 == 0) for n in range(size))


def requests(rules: list[Rule]) -> list[Request]:
    """The same number of different ones for any size, so that caches help alike: to a rule, or a letter beside."""
    chosen = random.Random(1).sample(rules, min(SIZES)) * (QUESTIONS // min(SIZES))
    return [Request(host, path if n % 2 else f"{path}x") for n, (host, path, _) in enumerate(chosen)]


def ingresses(rules: list[Rule]) -> Iterator[dict[str, Any]]:
    yield _object("networking.k8s.io/v1", "IngressClass", "lab", {"controller": "example.com/lab"})
    for start in range(0, len(rules), PER_OBJECT):
        written = [_ingress_rule(*rule) for rule in rules[start : start + PER_OBJECT]]
        spec = {"ingressClassName": "lab", "rules": written}
        yield _object("networking.k8s.io/v1", "Ingress", f"i{start}", spec)


def _ingress_rule(host: str, path: str, exact: bool) -> dict[str, Any]:
    backend = {"service": {"name": "web", "port": {"number": 80}}}
    kind = "Exact" if exact else "Prefix"
    return {"host": host, "http": {"paths": [{"path": path, "pathType": kind, "backend": backend}]}}


def routes(rules: list[Rule]) -> Iterator[dict[str, Any]]:
    listener = {"name": "http", "protocol": "HTTP", "port": 80}
    yield _object(GATEWAY_API, "GatewayClass", "lab", {"controllerName": "example.com/lab"})
    yield _object(GATEWAY_API, "Gateway", "edge", {"gatewayClassName": "lab", "listeners": [listener]})
    for start in range(0, len(rules), PER_OBJECT):
        part = rules[start : start + PER_OBJECT]
        written = [_route_rule(path, exact) for _, path, exact in part]
        spec = {"parentRefs": [{"name": "edge"}], "hostnames": [part[0][0]], "rules": written}
        yield _object(GATEWAY_API, "HTTPRoute", f"r{start}", spec)


def _route_rule(path: str, exact: bool) -> dict[str, Any]:
    match = {"path": {"type": "Exact" if exact else "PathPrefix", "value": path}}
    return {"matches": [match], "backendRefs": [{"name": "web", "port": 80}]}


def _object(api: str, kind: str, name: str, spec: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": api, "kind": kind, "metadata": {"name": name, "namespace": "shop"}, "spec": spec}


def decider_of_profile(profile: str) -> Callable[[list[Rule]], Callable[[Request], object]]:
    """From rules to the decision of a profile."""

    def make(rules: list[Rule]) -> Callable[[Request], object]:
        cluster = _built(ingresses(rules), ControllerSetup("example.com/lab", profile))
        table = PROFILES[profile].table(cluster, cluster.controllers[0])
        return lambda request: PROFILES[profile].decide(request, table)

    return make


def decider_of_gateway(rules: list[Rule]) -> Callable[[Request], object]:
    """From rules to the row of an HTTPRoute."""
    table = compiled(_built(routes(rules), ControllerSetup("example.com/lab", "spec")), "shop/edge").tables[0]
    return lambda request: decide_route(request, table)


def whole_call(profile: str) -> Callable[[list[Rule]], Callable[[Request], object]]:
    """From rules to the end of the request, all hops included, without an explanation."""

    def make(rules: list[Rule]) -> Callable[[Request], object]:
        objects = routes(rules) if profile == "gateway" else ingresses(rules)
        known = "spec" if profile == "gateway" else profile
        cluster = _built(chain([SERVICE], objects), ControllerSetup("example.com/lab", known))
        to = "gateway:shop/edge" if profile == "gateway" else None
        return lambda request: route(cluster, request, to=to, explain=False)

    return make


def _built(objects: Iterator[dict[str, Any]], controller: ControllerSetup) -> Any:
    read = (KINDS[o["apiVersion"].rpartition("/")[0], o["kind"]].model_validate(o) for o in objects)
    return build(Manifests(tuple(read)), Setup(controllers=(controller,)))


SERVICE = _object("v1", "Service", "web", {"selector": {"app": "web"}, "ports": [{"port": 80}]})
DECIDERS = {
    "spec": decider_of_profile("spec"),
    "ingress-nginx": decider_of_profile("ingress-nginx"),
    "HTTPRoute": decider_of_gateway,
}
WHOLE_CALLS = {f"{name}, all hops": whole_call(name) for name in ("spec", "ingress-nginx", "gateway")}
SHAPES = {"spread over hosts": spread, "on one host": on_one}


def once_s(decide: Callable[[Request], object], asked: list[Request]) -> float:
    start = time.process_time()
    for request in asked:
        decide(request)
    return time.process_time() - start


def main() -> None:
    print(f"{'decision':<24} {'rules':<18} {'us at 200':>10} {'us at 10,000':>13} {'ratio':>6}")
    for name, make in (DECIDERS | WHOLE_CALLS).items():
        for shape, rules_of in SHAPES.items():
            pairs = [(make(list(rules_of(size))), requests(list(rules_of(size)))) for size in SIZES]
            gc.collect()
            gc.disable()
            rounds = [[once_s(*pair) for pair in pairs] for _ in range(ROUNDS)]
            gc.enable()
            small, large = (min(column) / QUESTIONS * 1e6 for column in zip(*rounds, strict=True))
            print(f"{name:<24} {shape:<18} {small:>10.2f} {large:>13.2f} {large / small:>6.2f}")


if __name__ == "__main__":
    main()

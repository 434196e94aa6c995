"""As many Services as are asked for: the first of an application, or all of them and then copies.

The copy number 2 of Service `cart` is `cart-2`, with Pods, rules and hosts of its own, so that it shares with
the first one what two Services of one application share and no more. Names and the values of labels get the
number; so does the first label of a host: `shop.example.com`, `shop-2.example.com`.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from sim.cluster.labels import selects
from sim.errors import InputError
from sim.manifests.objects.collected import Manifests
from sim.manifests.objects.meta import KubernetesObject
from sim.manifests.objects.networking import (
    EndpointSlice,
    HTTPIngressPath,
    HTTPIngressRuleValue,
    Ingress,
    IngressBackend,
    IngressRule,
    Service,
    StatusWithLoadBalancer,
)
from sim.manifests.objects.workloads import Pod, PodStatus, WorkloadResource
from sim.plans.exposure import own_host

_SERVICE_NAME = "kubernetes.io/service-name"


def times_each(services: Sequence[str], count: int) -> dict[str, int]:
    """How often each Service is there, so that there are `count` in all; the first ones come first.

    >>> times_each(["shop/cart", "shop/search"], 3), times_each(["shop/cart", "shop/search"], 1)
    ({'shop/cart': 2, 'shop/search': 1}, {'shop/cart': 1, 'shop/search': 0})
    """
    whole, more = divmod(count, max(1, len(services)))
    return {key: whole + (place < more) for place, key in enumerate(services)}


def numbered(name: str, number: int) -> str:
    """The name of a copy; number 1 is the original.

    >>> numbered("shop/cart", 1), numbered("shop/cart", 2)
    ('shop/cart', 'shop/cart-2')
    """
    return name if number == 1 else f"{name}-{number}"


def host_of_copy(host: str, hosts: Iterable[str], key: str, number: int) -> str:
    """Where clients of a Service reach its copy.

    Args:
        host: where they reach the Service.
        hosts: those that rules give it; `*.` covers one label.
        key: the Service.

    >>> host_of_copy("a.shop.example", ["*.shop.example"], "shop/cart", 2)
    'a.shop-2.example'
    """
    known = {name.lower() for name in hosts}
    if host.lower() in known:
        return _numbered_host(host, number, 0)
    if f"*.{host.lower().partition('.')[2]}" in known:
        return _numbered_host(host, number, 1)
    return host if number == 1 else own_host(numbered(key, number))


def _numbered_host(host: str, number: int, place: int) -> str:
    labels = host.split(".")
    labels[place] = numbered(labels[place], number)
    return ".".join(labels)


def with_copies(manifests: Manifests, times: Mapping[str, int]) -> Manifests:
    """The same application with each of these Services so many times; 0: without its Pods and rules too.

    Raises:
        InputError: a copy would have the name of a Service that is there.
    """
    _refuse_taken_names(manifests, times)
    objects = list(_first(manifests, {key for key, n in times.items() if not n}))
    for number in range(2, max(times.values(), default=1) + 1):
        objects += _copies(manifests, {key for key, n in times.items() if n >= number}, number)
    written = manifests.written and manifests.written.then(lambda again: with_copies(again, times))
    return replace(manifests, objects=tuple(objects), written=written)


def _refuse_taken_names(manifests: Manifests, times: Mapping[str, int]) -> None:
    there = {s.key: s for s in manifests.of(Service)}
    for key, most in times.items():
        for number in range(2, most + 1):
            if (taken := numbered(key, number)) in there:
                message = f"services: a copy of Service {key} would be named {taken}, and that is there"
                raise InputError(message, there[taken].line(), "rename it, or ask for fewer services")


def _first(manifests: Manifests, left_out: set[str]) -> Iterator[KubernetesObject]:
    """The objects without these Services, their Pods and the paths that lead to them."""
    services = list(manifests.of(Service))
    kept = [s for s in services if s.key not in left_out]
    gone = [s for s in services if s.key in left_out]
    for item in manifests.objects:
        if isinstance(item, Ingress) and left_out:
            yield from _without_paths(item, left_out)
        elif not (isinstance(item, Service) and item.key in left_out) and (
            _selected(item, kept) or not _selected(item, gone)
        ):
            yield item


def _without_paths(ingress: Ingress, left_out: set[str]) -> Iterator[Ingress]:
    """An Ingress without the paths to these Services; nothing if none is left."""

    def keeps(backend: IngressBackend) -> bool:
        return _service_of(ingress, backend) not in left_out

    rules = [rule for rule in ingress.spec.rules if rule.http is None or any(_paths(rule, keeps))]
    default = ingress.spec.default_backend
    default = default if default is not None and keeps(default) else None
    if rules or default is not None:
        http = [HTTPIngressRuleValue(paths=_paths(r, keeps)) if r.http else None for r in rules]
        shown = tuple(r.model_copy(update={"http": h}) for r, h in zip(rules, http, strict=True))
        spec = ingress.spec.model_copy(update={"rules": shown, "default_backend": default})
        yield ingress.model_copy(update={"spec": spec})


def _copies(manifests: Manifests, services: Collection[str], number: int) -> Iterator[KubernetesObject]:
    """Copies of these Services, of what they select, and of the rules that lead to them."""
    chosen = [s for s in manifests.of(Service) if s.key in services]
    selected = [o for o in manifests.objects if _selected(o, chosen)]
    yield from (_copy_of_service(s, number) for s in chosen)
    yield from (_copy_of_workload(o, number) for o in selected if isinstance(o, WorkloadResource))
    yield from (_copy_of_pod(o, number) for o in selected if isinstance(o, Pod))
    listed = {s.key for s in chosen if not any(_selected(o, [s]) for o in selected)}
    yield from (_copy_of_slice(p, number) for p in manifests.of(EndpointSlice) if p.service_key in listed)
    for ingress in manifests.of(Ingress):
        yield from _copy_of_ingress(ingress, services, number)


def _selected(item: KubernetesObject, services: Iterable[Service]) -> bool:
    """Whether one of these Services selects a Pod, or the Pods that a workload makes."""
    if not isinstance(item, WorkloadResource | Pod):
        return False
    labels = item.metadata.labels if isinstance(item, Pod) else item.spec.template.metadata.labels
    return any(s.namespace == item.namespace and selects(s.spec.selector, labels) for s in services)


def _renamed(item: KubernetesObject, number: int, labels: Mapping[str, str] | None = None) -> object:
    """The metadata of a copy."""
    changed = {"name": numbered(item.name, number), "labels": labels or item.metadata.labels}
    return item.metadata.model_copy(update=changed)


def _relabelled(labels: Mapping[str, str], number: int) -> dict[str, str]:
    return {name: f"{value}-{number}" for name, value in labels.items()}


def _copy_of_service(service: Service, number: int) -> Service:
    """With another selector, and without the addresses and node ports of the original."""
    ports = tuple(p.model_copy(update={"node_port": None}) for p in service.spec.ports)
    own = {
        "selector": _relabelled(service.spec.selector, number),
        "ports": ports,
        "cluster_ip": "None" if service.is_headless else None,
        "cluster_ips": (),
        "external_ips": (),
        "load_balancer_ip": None,
        "health_check_node_port": None,
    }
    spec = service.spec.model_copy(update=own)
    return service.model_copy(
        update={"metadata": _renamed(service, number), "spec": spec, "status": StatusWithLoadBalancer()}
    )


def _copy_of_workload(workload: WorkloadResource, number: int) -> WorkloadResource:
    spec, template = workload.spec, workload.spec.template
    labels = {"labels": _relabelled(template.metadata.labels, number)}
    matched = {"match_labels": _relabelled(spec.selector.match_labels, number)}
    made = template.model_copy(update={"metadata": template.metadata.model_copy(update=labels)})
    selector = spec.selector.model_copy(update=matched)
    changed = spec.model_copy(update={"selector": selector, "template": made})
    return workload.model_copy(update={"metadata": _renamed(workload, number), "spec": changed})


def _copy_of_pod(pod: Pod, number: int) -> Pod:
    labels = _relabelled(pod.metadata.labels, number)
    status = PodStatus(phase=pod.status.phase, conditions=pod.status.conditions)
    return pod.model_copy(update={"metadata": _renamed(pod, number, labels), "status": status})


def _copy_of_slice(piece: EndpointSlice, number: int) -> EndpointSlice:
    """The same endpoints for another Service: nothing that it selects is in the set."""
    owner = piece.metadata.labels[_SERVICE_NAME]
    labels = {**piece.metadata.labels, _SERVICE_NAME: numbered(owner, number)}
    return piece.model_copy(update={"metadata": _renamed(piece, number, labels)})


def _copy_of_ingress(ingress: Ingress, services: Collection[str], number: int) -> Iterator[Ingress]:
    """The rules that lead to these Services, under hosts of their own."""
    rules = [r for rule in ingress.spec.rules for r in _copied_rules(ingress, rule, services, number)]
    default = ingress.spec.default_backend
    if default is not None and _service_of(ingress, default) in services:
        rules.append(_copied_rule(ingress, HTTPIngressPath(path="/", backend=default), number))
    if rules:
        tls = tuple(
            t.model_copy(update={"hosts": tuple(_host_of_rule(h, number) for h in t.hosts)})
            for t in ingress.spec.tls
        )
        spec = ingress.spec.model_copy(update={"rules": tuple(rules), "default_backend": None, "tls": tls})
        yield ingress.model_copy(
            update={"metadata": _renamed(ingress, number), "spec": spec, "status": StatusWithLoadBalancer()}
        )


def _copied_rules(
    ingress: Ingress, rule: IngressRule, services: Collection[str], number: int
) -> Iterator[IngressRule]:
    """A rule for a host stays one rule; of one for any host, each path goes to a host of its own."""
    paths = _paths(rule, lambda backend: _service_of(ingress, backend) in services)
    if rule.host is None:
        yield from (_copied_rule(ingress, path, number) for path in paths)
    elif copied := tuple(_to_copy(path, number) for path in paths):
        yield IngressRule(host=_host_of_rule(rule.host, number), http=HTTPIngressRuleValue(paths=copied))


def _copied_rule(ingress: Ingress, path: HTTPIngressPath, number: int) -> IngressRule:
    host = own_host(numbered(_service_of(ingress, path.backend) or "", number))
    path_type = path.path_type or "Prefix"
    copied = _to_copy(path.model_copy(update={"path_type": path_type}), number)
    return IngressRule(host=host, http=HTTPIngressRuleValue(paths=(copied,)))


def _to_copy(path: HTTPIngressPath, number: int) -> HTTPIngressPath:
    service = path.backend.service
    assert service is not None
    renamed = service.model_copy(update={"name": numbered(service.name, number)})
    return path.model_copy(update={"backend": IngressBackend(service=renamed)})


def _host_of_rule(host: str, number: int) -> str:
    return _numbered_host(host, number, 1 if host.startswith("*.") else 0)


def _paths(rule: IngressRule, keeps: Callable[[IngressBackend], bool]) -> tuple[HTTPIngressPath, ...]:
    return tuple(path for path in (rule.http.paths if rule.http else ()) if keeps(path.backend))


def _service_of(ingress: Ingress, backend: IngressBackend) -> str | None:
    return f"{ingress.namespace}/{backend.service.name}" if backend.service is not None else None

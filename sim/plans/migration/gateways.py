"""The objects in the place of the Ingresses of a cluster: class, Gateway, routes, and what they refer to.

A Gateway for each controller that reads Ingresses, with a listener for plain http and one for each
certificate; it stands where the Ingresses do, and in a namespace of its own where they stand in several.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sim.cluster.cluster import Cluster, Controller
from sim.manifests.objects.networking import Ingress
from sim.manifests.objects.workloads import Namespace
from sim.plans.migration import letter, nginx
from sim.plans.migration.client_policy import client_policies
from sim.plans.migration.left import left_annotations
from sim.plans.migration.nginx import HostRules
from sim.plans.migration.objects import POLICIES, ROUTES, LeftOut, MigratedObject
from sim.plans.migration.policies import defaults
from sim.plans.migration.routes import ListenerSection, routes_of
from sim.routing.controllers import ENVOY_GATEWAY, INGRESS_NGINX, PROFILES, reads
from sim.routing.controllers.api import claimed_ingresses, wildcard_of
from sim.routing.controllers.certificates import certificates_by_host
from sim.routing.controllers.ingress_nginx.annotations import Annotations, parsed, refusal
from sim.routing.controllers.ingress_nginx.configuration import Configuration, configuration
from sim.routing.controllers.ingress_nginx.names import DEFAULT_CERTIFICATE

VERSION = f"{ROUTES}/v1"
GRANTS = f"{ROUTES}/v1beta1"
CLASS = ENVOY_GATEWAY.name
SHARED = "gateway"
FILE = "gateway.yaml"
_MOST_LISTENERS = 64


@dataclass(frozen=True)
class Moved:
    """A controller, and the Gateway that takes its place.

    Args:
        gateway: `NAMESPACE/NAME`.
        ingresses: keys of those that it reads.
    """

    controller: Controller
    gateway: str
    ingresses: tuple[str, ...]


@dataclass(frozen=True)
class Migration:
    """What is written for a cluster.

    Args:
        unread: keys of Ingresses that no controller reads; they are not migrated.
    """

    objects: tuple[MigratedObject, ...]
    left: tuple[LeftOut, ...]
    moved: tuple[Moved, ...]
    unread: tuple[str, ...]

    def text(self, file: str | None = None) -> str:
        """What is written, as YAML.

        Args:
            file: only what stands in this one.
        """
        return "---\n".join(o.text for o in self.objects if file is None or o.file == file)

    @property
    def files(self) -> tuple[str, ...]:
        """The names of the files, in order."""
        return tuple(dict.fromkeys(o.file for o in self.objects))


def migration(cluster: Cluster) -> Migration:
    """Write the objects for all Ingresses of a cluster that a controller reads."""
    objects: list[MigratedObject] = []
    left: list[LeftOut] = []
    moved: list[Moved] = []
    for controller in cluster.controllers:
        claimed = [i for i in cluster.ingresses if reads(cluster, controller, i)[0]]
        if claimed:
            made = _Entrance(cluster, controller, tuple(claimed), _name(cluster, claimed, len(moved)))
            objects += made.objects()
            left += made.left
            moved.append(Moved(controller, made.key, tuple(i.key for i in claimed)))
    named = {key for one in moved for key in one.ingresses}
    unread = tuple(i.key for i in cluster.ingresses if i.key not in named)
    head = [_class()] if moved else []
    return Migration((*head, *objects), tuple(dict.fromkeys(left)), tuple(moved), unread)


def _class() -> MigratedObject:
    body = {"spec": {"controllerName": ENVOY_GATEWAY.controller}}
    return MigratedObject(VERSION, "GatewayClass", CLASS, None, body, FILE)


def _name(cluster: Cluster, claimed: list[Ingress], number: int) -> str:
    """`NAMESPACE/NAME` of a Gateway that is not there yet."""
    spaces = {i.namespace for i in claimed}
    namespace = spaces.pop() if len(spaces) == 1 else SHARED
    names = ("ingress", *(f"ingress-{n}" for n in range(2, 100)))
    free = [n for n in names if f"{namespace}/{n}" not in cluster.gateways]
    return f"{namespace}/{free[number]}"


class _Entrance:
    """The objects of one Gateway."""

    def __init__(
        self, cluster: Cluster, controller: Controller, claimed: tuple[Ingress, ...], key: str
    ) -> None:
        self.cluster, self.controller, self.key, self.claimed = cluster, controller, key, claimed
        self.namespace, _, self.name = key.partition("/")
        self.told: Configuration | None = None
        self.asked: dict[str, Annotations] = {}
        if controller.profile == INGRESS_NGINX.name:
            self.told = configuration(controller)
            self.asked = {i.key: parsed(i, self.told) for i in claimed if refusal(i, self.told) is None}
        self.hosts, self.certificates, self.fallback = _rules_of(cluster, controller)
        self.left = [one for host in self.hosts for one in host.left]
        self.left += [one for i in claimed if i.key in self.asked for one in left_annotations(i)]
        self.sections = self._listeners()

    def objects(self) -> list[MigratedObject]:
        """All of them, the Gateway first."""
        by_ingress = routes_of(self.hosts, self.key, self.sections, self.claimed, self.asked)
        used = {o.namespace for o in by_ingress if o.kind.endswith("Route")}
        made = [*self._own_namespace(), self._gateway(used - {self.namespace} != set())]
        if self.told is not None:
            secure = tuple(section.name for section in self.sections if section.secrets)
            made.append(defaults(self.name, self.namespace, self.told, FILE))
            made += client_policies(self.key, self.controller, self.told, secure, FILE)
        return [*made, *self._certificate_grants(), *_grants(by_ingress), *by_ingress]

    def _own_namespace(self) -> Iterator[MigratedObject]:
        there = {n.name for n in self.cluster.manifests.of(Namespace)}
        homes = {i.namespace for i in self.claimed}
        if self.namespace not in there | homes:
            yield MigratedObject("v1", "Namespace", self.namespace, None, {}, FILE)

    def _listeners(self) -> tuple[ListenerSection, ...]:
        """Plain http, and https for each name with a certificate; one for all where they are too many."""
        found: dict[str, str] = {}
        for host in self.hosts:
            for name in host.names if host.secure else ():
                if host.passes is not None and name == host.host:
                    continue
                if (secret := self._secret(name)) != DEFAULT_CERTIFICATE:
                    found.setdefault(name if name in self.certificates else wildcard_of(name), secret)
        if self.fallback != DEFAULT_CERTIFICATE:
            found.setdefault("", self.fallback)
        secure = [
            ListenerSection(f"https-{n}" if n else "https", host, (secret,))
            for n, (host, secret) in enumerate(found.items())
        ]
        if len(secure) >= _MOST_LISTENERS:
            secure = [ListenerSection("https", "", tuple(dict.fromkeys(found.values())))]
        passing = [host.host for host in self.hosts if host.passes is not None]
        passed = [ListenerSection(f"tls-{n}" if n else "tls", h, (), True) for n, h in enumerate(passing)]
        return (ListenerSection("http", "", ()), *secure, *passed)

    def _secret(self, name: str) -> str:
        return self.certificates.get(name) or self.certificates.get(wildcard_of(name)) or DEFAULT_CERTIFICATE

    def _gateway(self, from_elsewhere: bool) -> MigratedObject:
        namespaces = {"allowedRoutes": {"namespaces": {"from": "All"}}} if from_elsewhere else {}
        listeners = [self._listener(section) | namespaces for section in self.sections]
        body = {"spec": {"gatewayClassName": CLASS, "listeners": listeners}}
        ingresses = ", ".join(i.key for i in self.claimed)
        comments = (f"In the place of Ingress {ingresses}",)
        return MigratedObject(VERSION, "Gateway", self.name, self.namespace, body, FILE, comments)

    def _listener(self, section: ListenerSection) -> dict[str, Any]:
        protocol, port = ("HTTPS", 443) if section.secrets else ("HTTP", 80)
        protocol, port = ("TLS", 443) if section.passes else (protocol, port)
        made: dict[str, Any] = {"name": section.name, "protocol": protocol, "port": port}
        made |= {"hostname": section.host} if section.host else {}
        if section.passes:
            made["tls"] = {"mode": "Passthrough"}
        if section.secrets:
            made["tls"] = {
                "mode": "Terminate",
                "certificateRefs": [self._secret_ref(s) for s in section.secrets],
            }
        return made

    def _secret_ref(self, key: str) -> dict[str, str]:
        namespace, _, name = key.partition("/")
        return {"name": name} | ({"namespace": namespace} if namespace != self.namespace else {})

    def _certificate_grants(self) -> Iterator[MigratedObject]:
        """Leave for the Gateway to read Secrets of other namespaces."""
        keys = dict.fromkeys(secret for section in self.sections for secret in section.secrets)
        by_space: dict[str, list[str]] = {}
        for namespace, _, name in (key.partition("/") for key in keys):
            if namespace != self.namespace:
                by_space.setdefault(namespace, []).append(name)
        for namespace, names in by_space.items():
            yield _grant(
                f"{self.name}-reads-certificates", namespace,
                {"group": ROUTES, "kind": "Gateway", "namespace": self.namespace},
                [{"group": "", "kind": "Secret", "name": name} for name in names],
            )  # fmt: skip


def _rules_of(
    cluster: Cluster, controller: Controller
) -> tuple[tuple[HostRules, ...], Mapping[str, str], str]:
    """What a controller does for each host, the certificates by name, and the one for all other names."""
    profile = PROFILES[controller.profile]
    if profile is INGRESS_NGINX:
        table = profile.table(cluster, controller)
        return tuple(nginx.host_rules(cluster, table)), table.certificates, table.default_certificate
    claimed = claimed_ingresses(cluster, controller, profile.claims)[0]
    return (
        tuple(letter.host_rules(cluster, controller)),
        certificates_by_host(cluster, claimed),
        DEFAULT_CERTIFICATE,
    )


def _grant(
    name: str, namespace: str, who: Mapping[str, str], what: list[Mapping[str, str]]
) -> MigratedObject:
    body = {"spec": {"from": [who], "to": what}}
    return MigratedObject(GRANTS, "ReferenceGrant", name, namespace, body, FILE)


def _grants(objects: Iterable[MigratedObject]) -> Iterator[MigratedObject]:
    """Leave for routes to send to Services of other namespaces, and for policies to ask them for a login."""
    wanted: dict[tuple[str, str, str], dict[str, None]] = {}
    for item in objects:
        for backend in _backends(item):
            if "namespace" in backend:
                place = item.kind, str(item.namespace), backend["namespace"]
                wanted.setdefault(place, {})[backend["name"]] = None
    for (kind, home, there), names in wanted.items():
        name, group = ("routes", ROUTES) if kind == "HTTPRoute" else ("policies", POLICIES)
        yield _grant(
            f"{name}-of-{home}", there, {"group": group, "kind": kind, "namespace": home},
            [{"group": "", "kind": "Service", "name": one} for one in names],
        )  # fmt: skip


def _backends(item: MigratedObject) -> Iterator[Mapping[str, Any]]:
    """The Services that a route or a policy names."""
    if item.kind == "HTTPRoute":
        yield from (ref for rule in item.body["spec"].get("rules", ()) for ref in rule.get("backendRefs", ()))
    elif item.kind == "SecurityPolicy":
        yield from item.body["spec"].get("extAuth", {}).get("http", {}).get("backendRefs", ())

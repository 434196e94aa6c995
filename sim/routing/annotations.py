"""Who reads an annotation, and whether that may change an answer.

Ingress controllers read those below their own prefixes, on the objects that they claim. Others are read by
what makes load balancers, DNS records, hints for kube-proxy, or proxies beside containers: one row of `ROWS`
each, with the names and values that change nothing. What nobody here is known to read is not listed.

Sources: the annotation pages of aws-load-balancer-controller, cloud-provider-azure, GKE (Service parameters),
MetalLB, kube-vip, Cilium (LB IPAM), external-dns, Linkerd and Istio (injection); Kubernetes, "Well-Known
Labels, Annotations and Taints", "Topology Aware Routing".
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property

from sim.cluster.assumed_controllers import profile_of_controller, profile_of_ingress, wanted_class
from sim.cluster.cluster import Cluster
from sim.cluster.labels import selects
from sim.manifests.objects.gateway_api import Gateway, HTTPRoute
from sim.manifests.objects.meta import KubernetesObject, ObjectMeta, Path
from sim.manifests.objects.networking import EndpointSlice, Ingress, Service
from sim.manifests.objects.workloads import WorkloadResource
from sim.routing.building import KNOWN
from sim.routing.controllers import PROFILES, Profile, reads
from sim.routing.hops import proxy_protocol

Place = tuple[str, str]
"""Where something counts: (kind, key) of an object, (role, name) of what a request meets on its way."""


@dataclass(frozen=True)
class Annotation:
    """An annotation, or a label, of an object.

    Args:
        path: where it stands below the object.
    """

    item: KubernetesObject
    name: str
    value: str
    path: Path

    @property
    def part(self) -> str:
        """What it is called in a sentence."""
        return f"{self.path[-2].rstrip('s') if isinstance(self.path[-2], str) else ''} {self.name}"


@dataclass(frozen=True)
class Meaning:
    """What an annotation means: who reads it, whether it may change an answer, and where.

    Args:
        why: who reads it, or why it changes nothing.
        places: none: it counts on every way.
    """

    part: str
    path: Path
    may_change: bool
    why: str
    places: tuple[Place, ...] = ()
    value: str = field(default="", repr=False)


def _meaning(mark: Annotation, may_change: bool, why: str, *places: Place) -> Meaning:
    return Meaning(mark.part, mark.path, may_change, why, places, mark.value if may_change else "")


class Readers:
    """Which controllers read the annotations of which objects of a cluster.

    Args:
        asked: name of the profile that is asked instead of the controllers that run; None: those.
    """

    def __init__(self, cluster: Cluster, asked: str | None = None) -> None:
        self._cluster, self._asked = cluster, asked

    @cached_property
    def with_slices(self) -> frozenset[str]:
        """Keys of the Services whose EndpointSlices stand in the set, with the hints that were made."""
        pieces = self._cluster.manifests.of(EndpointSlice)
        return frozenset(p.service_key for p in pieces if p.service_key is not None)

    def knows_what_is_expected(self, service: Service) -> bool:
        """Whether a Service leads to a controller of which is known if it expects the PROXY protocol."""
        return any(
            service.namespace == namespace and selects(service.spec.selector, labels)
            for namespace, labels in self._expecting
        )

    @cached_property
    def _expecting(self) -> tuple[tuple[str, Mapping[str, str]], ...]:
        """Namespace and labels of the Pods of such controllers."""
        there = {f"{w.kind} {w.key}": w for w in self._cluster.manifests.of(WorkloadResource)}
        found = [(c, there.get(c.name)) for c in self._cluster.controllers if c.profile in PROFILES]
        return tuple(
            (w.namespace, w.spec.template.metadata.labels)
            for c, w in found
            if w is not None and PROFILES[c.profile].run_as(c).proxy_protocol != "unknown"
        )

    @property
    def guessed(self) -> bool:
        """Whether the controllers are assumed, and nobody said which."""
        setup = self._cluster.setup
        stated = self._asked or setup.profile or setup.controllers is not None
        return not stated and all(c.assumed for c in self._cluster.controllers)

    @cached_property
    def running(self) -> tuple[Profile, ...]:
        """The profiles of the controllers that are there."""
        if self._asked is not None:
            return (PROFILES[self._asked],)
        classes = {p.controller for p in self._cluster.gateway_proxies}
        gateways = [p for p in PROFILES.values() if p.controller in classes]
        named = [PROFILES[c.profile] for c in self._cluster.controllers if c.profile in PROFILES]
        return tuple({p.name: p for p in (*named, *gateways)}.values())

    def of(self, ingress: Ingress) -> tuple[Profile, ...]:
        """The profiles that read an Ingress; where no controller does, the one that its class points to."""
        if self._asked is not None:
            return self.running
        mine = [c for c in self._cluster.controllers if reads(self._cluster, c, ingress)[0]]
        if mine or self._cluster.setup.controllers == ():
            return tuple({c.profile: PROFILES[c.profile] for c in mine}.values())
        kind = self._cluster.ingress_classes.get(wanted_class(ingress) or "")
        name = profile_of_controller(kind.spec.controller, KNOWN) if kind is not None else None
        return (PROFILES[name or profile_of_ingress(ingress, KNOWN).name],)


def meanings_of(item: KubernetesObject, readers: Readers) -> Iterator[Meaning]:
    """What the annotations and labels of an object mean, of those that somebody is known to read."""
    for mark in _marks(item):
        found = read(mark, readers)
        if found is not None:
            yield found


def _marks(item: KubernetesObject) -> Iterator[Annotation]:
    metas: list[tuple[ObjectMeta, Path]] = [(item.metadata, ("metadata",))]
    if isinstance(item, WorkloadResource):
        metas.append((item.spec.template.metadata, ("spec", "template", "metadata")))
    for meta, path in metas:
        yield from (Annotation(item, n, v, (*path, "annotations", n)) for n, v in meta.annotations.items())
        yield from (
            Annotation(item, n, v, (*path, "labels", n)) for n, v in meta.labels.items() if n in LABELS
        )


def read(mark: Annotation, readers: Readers) -> Meaning | None:
    """What a mark means; None: nobody is known to read it, or it is modelled."""
    row = next((r for r in ROWS if r.covers(mark)), None)
    if row is not None:
        return row.read(mark, readers)
    if mark.path[-2] != "annotations":
        return None
    owner = next((p for p in PROFILES.values() if mark.name.startswith(p.prefixes)), None)
    if owner is not None:
        return _of_controller(mark, owner, readers)
    other = next((who for prefix, who in OTHER_CONTROLLERS.items() if prefix in mark.name), None)
    return _of_other(mark, other, readers) if other is not None else None


def _of_controller(mark: Annotation, owner: Profile, readers: Readers) -> Meaning | None:
    """An annotation of a controller that there is a profile of."""
    item = mark.item
    asked = readers.of(item) if isinstance(item, Ingress) else readers.running
    mine = [p for p in asked if mark.name.startswith(p.prefixes) and item.kind in p.annotated]
    if not mine:
        return _ignored(mark, asked, owner.name)
    if all(mark.name in p.modelled_annotations for p in mine):
        return None
    short = mark.name.partition("/")[2]
    if all(any(fnmatchcase(short, pattern) for pattern in p.harmless_annotations) for p in mine):
        return _meaning(mark, False, "it does not decide where a request goes", (item.kind, item.key))
    place = "body" if short in NEEDS_BODY else item.kind
    return _meaning(mark, True, f"read by {owner.name}", (place, item.key))


NEEDS_BODY = frozenset({"proxy-body-size", "client-max-body-size"})
"""Annotations that matter to a request with a body alone."""


def _ignored(mark: Annotation, asked: Iterable[Profile], owner: str) -> Meaning:
    """An annotation that the controllers here do not read."""
    names = ", ".join(p.name for p in asked)
    if names == owner:
        why = f"{owner} does not read it on a {mark.item.kind}"
    else:
        why = f"{names} does not read it" if names else "no controller here reads it"
    return _meaning(mark, False, why, (mark.item.kind, mark.item.key))


def _of_other(mark: Annotation, other: str, readers: Readers) -> Meaning:
    """An annotation of a controller that there is no profile of: it counts where that one may be meant."""
    if not readers.guessed:
        asked = readers.of(mark.item) if isinstance(mark.item, Ingress) else readers.running
        return _ignored(mark, asked, other)
    return _meaning(mark, True, f"read by {other}", (mark.item.kind, mark.item.key))


OTHER_CONTROLLERS: Mapping[str, str] = {
    "appgw.ingress.kubernetes.io/": "Azure Application Gateway",
    "mse.ingress.kubernetes.io/": "Higress",
    "higress.io/": "Higress",
    "konghq.com/": "Kong",
    "projectcontour.io/": "Contour",
    "apisix.apache.org/": "APISIX",
    "getambassador.io/": "Emissary",
    "haproxy.router.openshift.io/": "OpenShift's router",
    "route.openshift.io/": "OpenShift's router",
    "zalando.org/": "Skipper",
    "ingress.citrix.com/": "NetScaler",
    "ingress.cilium.io/": "Cilium",
    "k8s.ngrok.com/": "ngrok",
    "tailscale.com/": "Tailscale",
    "oci-native-ingress.oraclecloud.com/": "Oracle's controller",
    "networking.istio.io/": "Istio",
    "voyager.appscode.com/": "Voyager",
    "ingress.kubernetes.io/": "another controller",
}
"""Part of the name of an annotation -> the controller without a profile that reads it."""


OFF = frozenset({"", "disabled", "false", "off"})
"""Values that ask for nothing."""


@dataclass(frozen=True)
class AnnotationReader:
    """Annotations, or labels, that something beside the Ingress controllers reads.

    Args:
        who: reads them.
        names: patterns of them.
        kinds: of the objects on which they are read.
        where: the places where they count.
        as_modelled: pattern of a name -> values that ask for what is modelled anyway.
        harmless: patterns of the names that do not decide where a packet goes.
        modelled: names that are modelled.
        idle: why a mark means nothing on this object; empty: it means something.
        off: values that ask for nothing.
    """

    who: str
    names: tuple[str, ...]
    kinds: frozenset[str]
    where: Callable[[Annotation], tuple[Place, ...]]
    as_modelled: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    harmless: tuple[str, ...] = ()
    modelled: tuple[str, ...] = ()
    idle: Callable[[Annotation, Readers], str] = lambda mark, readers: ""
    off: frozenset[str] = OFF

    def covers(self, mark: Annotation) -> bool:
        """Whether the mark is one of these."""
        return mark.item.kind in self.kinds and _fits(mark.name, self.names)

    def read(self, mark: Annotation, readers: Readers) -> Meaning | None:
        """What a mark of these means."""
        value, here = mark.value.strip().lower(), (mark.item.kind, mark.item.key)
        if _fits(mark.name, self.modelled):
            return None
        if value in self.off or any(
            fnmatchcase(mark.name, n) and value in v for n, v in self.as_modelled.items()
        ):
            return None
        if _fits(mark.name, self.harmless):
            return _meaning(mark, False, "it does not decide where a packet goes", here)
        idle = self.idle(mark, readers)
        return (
            _meaning(mark, False, idle, here)
            if idle
            else _meaning(mark, True, f"read by {self.who}", *self.where(mark))
        )


def _fits(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def _balancer(mark: Annotation) -> tuple[Place, ...]:
    return (("balancer", mark.item.key),)


def _itself(mark: Annotation) -> tuple[Place, ...]:
    return ((mark.item.kind, mark.item.key),)


def _namespace(mark: Annotation) -> tuple[Place, ...]:
    item = mark.item
    return (("namespace", item.name if item.kind == "Namespace" else item.namespace),)


def _names(mark: Annotation) -> tuple[Place, ...]:
    return tuple(("name", name.strip().lower()) for name in mark.value.split(",") if name.strip())


def _of_balancer(mark: Annotation, readers: Readers) -> str:
    """Why an annotation about a load balancer means nothing: there is none, or its address is known."""
    item = mark.item
    if not isinstance(item, Service):
        return ""
    if item.spec.type != "LoadBalancer":
        return f"a Service of type {item.spec.type} has no load balancer"
    known = item.status.load_balancer.addresses and _fits(mark.name, ADDRESSES)
    return "the status shows the address" if known else ""


def _expected(mark: Annotation, readers: Readers) -> str:
    """Why a PROXY line leaves nothing open: the configuration of who gets it says whether it is expected."""
    item = mark.item
    if isinstance(item, Service) and readers.knows_what_is_expected(item):
        return "the controller's own configuration says whether it expects the PROXY protocol"
    return _of_balancer(mark, readers)


def _no_hints(mark: Annotation, readers: Readers) -> str:
    """Why hints need not be made: they stand in the EndpointSlices of the set."""
    return "the EndpointSlices here show the hints" if mark.item.key in readers.with_slices else ""


def _known_name(mark: Annotation, readers: Readers) -> str:
    """Why a DNS name says nothing new: the object has a rule for it."""
    item, hosts = mark.item, set[str]()
    if isinstance(item, Ingress):
        hosts = {(rule.host or "").lower() for rule in item.spec.rules}
    elif isinstance(item, HTTPRoute):
        hosts = {name.lower() for name in item.spec.hostnames}
    elif isinstance(item, Gateway):
        hosts = {(listener.hostname or "").lower() for listener in item.spec.listeners}
    asked = {name for _, name in _names(mark)}
    return "its own rules have the name" if asked and asked <= hosts else ""


ADDRESSES = ("*/address-pool", "*IPs", "*/ips", "*-ips", "*load-balancer-ip", "*load-balancer-ipv?")
"""Patterns of annotations that say which address a load balancer gets."""

AWS = "service.beta.kubernetes.io/aws-load-balancer-"
DNS = "external-dns.alpha.kubernetes.io/"
_SERVICES, _PODS = (
    frozenset({"Service"}),
    frozenset({"Namespace", "Pod", "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"}),
)
_NAMED = frozenset({"Gateway", "HTTPRoute", "Ingress", "Node", "Pod", "Service"})
_HARMLESS_WORDS = (
    "*-tags", "*-tag", "*access-log*", "*resource-group", "*idle-timeout", "*bandwidth*", "*charge-type*",
    "*-status", "*-description",
)  # fmt: skip

ROWS: tuple[AnnotationReader, ...] = (
    AnnotationReader(
        "what makes load balancers, whose PROXY protocol the Pods must expect",
        (*proxy_protocol.ANNOTATIONS, proxy_protocol.BY_PORT), _SERVICES, _balancer, idle=_expected,
    ),
    AnnotationReader(
        "AWS's controllers of load balancers", (f"{AWS}*",), _SERVICES, _balancer,
        {
            f"{AWS}type": ("nlb", "external"),
            f"{AWS}nlb-target-type": ("instance",),
            f"{AWS}scheme": ("internet-facing",),
            f"{AWS}ip-address-type": ("ipv4",),
            proxy_protocol.ATTRIBUTES: (proxy_protocol.SWITCHED_ON,),
        },
        (
            *_HARMLESS_WORDS, f"{AWS}name", f"{AWS}connection-draining-*", f"{AWS}connection-idle-timeout",
            f"{AWS}cross-zone-*", f"{AWS}ssl-negotiation-policy", f"{AWS}alpn-policy", f"{AWS}subnets",
            f"{AWS}eip-allocations", f"{AWS}private-ipv4-addresses",
        ),
        (f"{AWS}ssl-cert", f"{AWS}ssl-ports", f"{AWS}backend-protocol"),
        _of_balancer,
    ),
    AnnotationReader(
        "GKE's controller of load balancers",
        ("networking.gke.io/*load-balancer*", "cloud.google.com/*load-balancer*", "cloud.google.com/l4-rbs"),
        _SERVICES, _balancer, {"*load-balancer-type": ("external",)}, _HARMLESS_WORDS, idle=_of_balancer,
    ),
    AnnotationReader(
        "the EndpointSlice controller, which makes hints for kube-proxy",
        ("service.kubernetes.io/topology-mode", "service.kubernetes.io/topology-aware-hints"),
        _SERVICES, _itself, idle=_no_hints,
    ),
    AnnotationReader(
        "Cilium in the place of kube-proxy", ("service.cilium.io/*", "io.cilium/*service*"), _SERVICES,
        _itself,
    ),
    AnnotationReader(
        "what makes load balancers",
        (
            "service.beta.kubernetes.io/*", "service.kubernetes.io/*", "*loadbalancer*", "*load-balancer*",
            "metallb.universe.tf/*", "metallb.io/*", "lbipam.cilium.io/*", "io.cilium/lb-ipam-*",
            "kube-vip.io/*", "purelb.io/*", "kubernetes.io/elb.*", "service.cloud.tencent.com/*",
            "oci.oraclecloud.com/*",
        ),
        _SERVICES, _balancer, {}, (*_HARMLESS_WORDS, "*/ip-allocated-from-pool"), idle=_of_balancer,
    ),
    AnnotationReader(
        "external-dns, which makes DNS records", (f"{DNS}hostname", f"{DNS}internal-hostname"),
        _NAMED, _names, idle=_known_name,
    ),
    AnnotationReader(
        "external-dns, which makes DNS records", (f"{DNS}*",), _NAMED, _itself, {},
        (f"{DNS}ttl", f"{DNS}controller", f"{DNS}alias"),
    ),
    AnnotationReader(
        "a mesh, whose proxy takes the traffic of the Pods",
        ("linkerd.io/inject", "sidecar.istio.io/inject", "istio-injection", "istio.io/dataplane-mode",
         "kuma.io/sidecar-injection", "consul.hashicorp.com/connect-inject"),
        _PODS, _namespace, {"istio.io/dataplane-mode": ("none",)},
    ),
    AnnotationReader(
        "what makes load balancers", ("node.kubernetes.io/exclude-from-external-load-balancers",),
        frozenset({"Node"}), lambda mark: (("balancer", ""),), off=frozenset(),
    ),
    AnnotationReader(
        "GKE's controller of Gateways", ("networking.gke.io/*",), frozenset({"Gateway"}), _itself, {},
        _HARMLESS_WORDS,
    ),
)  # fmt: skip
"""The first row that covers a mark says what it means."""

LABELS = frozenset({
    "istio-injection", "istio.io/dataplane-mode", "kuma.io/sidecar-injection", "linkerd.io/inject",
    "node.kubernetes.io/exclude-from-external-load-balancers", "sidecar.istio.io/inject",
})  # fmt: skip
"""Labels that something reads as it reads annotations."""

"""Who reads annotations beside the Ingress controllers, with the names and values that change nothing.

What makes load balancers, DNS records, hints for kube-proxy, or proxies beside containers: a row of `ROWS`
each. Sources: the annotation pages of aws-load-balancer-controller, cloud-provider-azure, GKE (Service
parameters), MetalLB, kube-vip, Cilium (LB IPAM), external-dns, Linkerd and Istio (injection); Kubernetes,
"Well-Known Labels, Annotations and Taints", "Topology Aware Routing".
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from sim.cluster.load_balancers.annotations import ATTRIBUTES, AWS, READ, open_attributes
from sim.cluster.load_balancers.found import TITLES
from sim.cluster.load_balancers.other import PROXY_LINES
from sim.cluster.load_balancers.values import Provider
from sim.cluster.topology_hints import MODE, OLD_MODE
from sim.manifests.objects.gateway_api import Gateway, HTTPRoute
from sim.manifests.objects.gateway_routes import GRPCRoute, TLSRoute
from sim.manifests.objects.networking import Ingress, Service
from sim.routing.annotations import Annotation, Meaning, Place, Readers, meaning
from sim.routing.controllers import gke

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
        provider: on whose machines it runs; None: anywhere. Where the cluster runs on another's, nothing of
            it is read; where nobody knows on whose, nothing of it is modelled.
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
    provider: Provider | None = None

    def covers(self, mark: Annotation) -> bool:
        """Whether the mark is one of these."""
        return mark.item.kind in self.kinds and _fits(mark.name, self.names)

    def read(self, mark: Annotation, readers: Readers) -> Meaning | None:
        """What a mark of these means."""
        value, here = mark.value.strip().lower(), (mark.item.kind, mark.item.key)
        here_on = readers.provider
        if self.provider is not None and here_on not in (None, self.provider):
            return meaning(mark, False, f"the cluster does not run on {TITLES[self.provider]}", here)
        if _fits(mark.name, self.modelled) and (self.provider is None or here_on is not None):
            return None
        if value in self.off or any(
            fnmatchcase(mark.name, n) and value in v for n, v in self.as_modelled.items()
        ):
            return None
        if _fits(mark.name, self.harmless):
            return meaning(mark, False, "it does not decide where a packet goes", here)
        idle = self.idle(mark, readers)
        return (
            meaning(mark, False, idle, here)
            if idle
            else meaning(mark, True, f"read by {self.who}", *self.where(mark))
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


def _attributes(mark: Annotation, readers: Readers) -> str:
    """Why a list of attributes leaves nothing open: each is modelled, or decides no way."""
    if readers.provider is not None and not open_attributes(mark.value):
        return "its attributes are modelled, or do not decide where a packet goes"
    return _of_balancer(mark, readers)


def _known_name(mark: Annotation, readers: Readers) -> str:
    """Why a DNS name says nothing new: the object has a rule for it."""
    item, hosts = mark.item, set[str]()
    if isinstance(item, Ingress):
        hosts = {(rule.host or "").lower() for rule in item.spec.rules}
    elif isinstance(item, HTTPRoute | GRPCRoute | TLSRoute):
        hosts = {name.lower() for name in item.spec.hostnames}
    elif isinstance(item, Gateway):
        hosts = {(listener.hostname or "").lower() for listener in item.spec.listeners}
    asked = {name for _, name in _names(mark)}
    return "its own rules have the name" if asked and asked <= hosts else ""


ADDRESSES = ("*/address-pool", "*IPs", "*/ips", "*-ips", "*load-balancer-ip", "*load-balancer-ipv?")
"""Patterns of annotations that say which address a load balancer gets."""

DNS = "external-dns.alpha.kubernetes.io/"
_SERVICES, _PODS = (
    frozenset({"Service"}),
    frozenset({"Namespace", "Pod", "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"}),
)
_NAMED = frozenset({"Gateway", "GRPCRoute", "TLSRoute", "HTTPRoute", "Ingress", "Node", "Pod", "Service"})
_HARMLESS_WORDS = (
    "*-tags", "*-tag", "*access-log*", "*resource-group", "*idle-timeout", "*bandwidth*", "*charge-type*",
    "*-status", "*-description",
)  # fmt: skip

PROXY_ANNOTATIONS = (*PROXY_LINES, f"{AWS}proxy-protocol-per-target-group")
"""Those that make a load balancer write a PROXY line."""


def _of_provider(who: str, provider: Provider) -> AnnotationReader:
    read = READ[provider]
    return AnnotationReader(
        who, read.names, _SERVICES, _balancer, read.as_modelled, read.harmless, read.modelled, _of_balancer,
        provider=provider,
    )  # fmt: skip


ROWS: tuple[AnnotationReader, ...] = (
    AnnotationReader(
        "what makes load balancers, whose PROXY protocol the Pods must expect", PROXY_ANNOTATIONS, _SERVICES,
        _balancer, idle=_expected,
    ),
    AnnotationReader(
        "AWS's controllers of load balancers", ATTRIBUTES, _SERVICES, _balancer, idle=_attributes,
        provider="aws",
    ),
    _of_provider("AWS's controllers of load balancers", "aws"),
    _of_provider("Azure's controller of load balancers", "azure"),
    _of_provider("GKE's controller of load balancers", "gcp"),
    _of_provider("DigitalOcean's controller of load balancers", "digitalocean"),
    AnnotationReader(
        "the EndpointSlice controller, which makes hints for kube-proxy",
        (MODE, OLD_MODE), _SERVICES, _itself, modelled=(MODE, OLD_MODE),
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
        (
            "istio.io/use-waypoint", "linkerd.io/inject", "sidecar.istio.io/inject", "istio-injection",
            "istio.io/dataplane-mode", "kuma.io/sidecar-injection", "consul.hashicorp.com/connect-inject",
        ),
        _PODS, _namespace, {"istio.io/dataplane-mode": ("none",)},
    ),
    AnnotationReader(
        "a mesh, whose waypoint takes the traffic to the Service", ("istio.io/use-waypoint",), _SERVICES,
        _itself, {"istio.io/use-waypoint": ("none",)},
    ),
    AnnotationReader(
        "GKE's controller of Gateways", gke.OF_GATEWAYS, frozenset({"Gateway"}), _itself, {},
        _HARMLESS_WORDS,
    ),
    AnnotationReader(
        "what makes load balancers, if the Gateway's controller hands it on to its Service",
        (
            "service.beta.kubernetes.io/*", "service.kubernetes.io/*", "*loadbalancer*", "*load-balancer*",
            "metallb.universe.tf/*", "metallb.io/*", "lbipam.cilium.io/*", "io.cilium/lb-ipam-*",
        ),
        frozenset({"Gateway"}), _itself, {}, _HARMLESS_WORDS,
    ),
)  # fmt: skip
"""The first row that covers a mark says what it means."""

LABELS = frozenset({
    "istio-injection", "istio.io/dataplane-mode", "istio.io/use-waypoint", "kuma.io/sidecar-injection",
    "linkerd.io/inject", "sidecar.istio.io/inject",
})  # fmt: skip
"""Labels that something reads as it reads annotations."""

"""What tells a cluster which Ingress controllers there are, and how to know them again.

A cluster knows none by itself: whoever builds one says which, as `sim.routing.building` does from the
profiles. The first of them is assumed where nothing points to another.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sim.cluster.cluster import Controller
from sim.manifests.objects.networking import Ingress, IngressClass

Classes = Mapping[str, IngressClass]
ClaimRule = Callable[[Classes, Controller, Ingress], tuple[bool, str]]
"""Whether a controller reads an Ingress, and why."""


@dataclass(frozen=True)
class CloudFront:
    """How a cloud controller shares out Ingresses over load balancers that apply the rules themselves.

    Args:
        short: stands before the name of such a load balancer.
        group: the name that Ingresses on one load balancer share; empty: it has one of its own.
        ports: port -> HTTP or HTTPS of the listeners that an Ingress asks for.
        lag: the figure of how late it goes by Pods that come and go, where they are its targets.
    """

    short: str
    group: Callable[[Ingress], str]
    ports: Callable[[Ingress], dict[int, str]]
    lag: str = ""


@dataclass(frozen=True, kw_only=True)
class KnownController:
    """A kind of Ingress controller, as far as a cluster must know it.

    Args:
        name: of the profile.
        controller: the spec.controller of its IngressClass, or the controllerName of its GatewayClass.
        of_gateways: that of its GatewayClass, where it reads Ingresses too; empty: the same.
        class_words: each points to it wherever it stands in the name of a class.
        prefixes: of the annotations that it reads, which point to it too.
        image: a regular expression for the image of its Pods; None: they are not known again.
        class_flag: the option with the last part of the controller of its classes; empty: there is none.
        config_flag: the option that names its ConfigMap as NAMESPACE/NAME; empty: it reads none.
        config_names: a regular expression for the usual names of that ConfigMap, for a controller that no
            file shows.
        namespaces_flag: the option that names the only namespaces that it watches, with commas between.
        selector_flag: the option with what the labels of those namespaces fulfil.
        front: how its load balancers are made, where they apply the rules themselves; None: it runs as Pods.
        reads_ingresses: whether it reads any; one that does not has nothing in front of it for them.
        shuns_field: whether it leaves every Ingress alone that names a class in its spec.
    """

    name: str
    controller: str
    claims: ClaimRule
    class_words: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()
    image: str | None = None
    class_flag: str = ""
    config_flag: str = ""
    config_names: str = ""
    namespaces_flag: str = ""
    selector_flag: str = ""
    front: CloudFront | None = None
    reads_ingresses: bool = True
    of_gateways: str = ""
    shuns_field: bool = False

    @property
    def of_classes(self) -> frozenset[str]:
        """The controllers by which classes of either kind name it."""
        return frozenset({self.controller, self.of_gateways} - {""})

    @property
    def runs_as_pods(self) -> bool:
        """Whether Pods of the cluster serve the Ingresses that it reads."""
        return self.front is None and self.reads_ingresses


Known = tuple[KnownController, ...]

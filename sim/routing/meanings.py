"""What the annotations of an object mean: who reads each, and whether that may change an answer.

Ingress controllers read those below their own prefixes, on the objects that they claim; `other_readers` has
what others read on a packet's way, `harmless_annotations` the rest: nothing is left out in silence.
"""

from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from functools import cache
from itertools import chain

from sim.manifests.objects.meta import KubernetesObject, ObjectMeta, Path
from sim.manifests.objects.networking import Ingress
from sim.manifests.objects.workloads import WorkloadResource
from sim.routing.annotations import Annotation, Meaning, Readers, meaning
from sim.routing.controllers import PROFILES, Profile
from sim.routing.harmless_annotations import MODELLED, without_packets
from sim.routing.other_readers import LABELS, ROWS


def meanings_of(item: KubernetesObject, readers: Readers) -> Iterator[Meaning]:
    """What the annotations of an object mean that are not modelled, and the labels that are read as those."""
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
    """What a mark means; None: it is modelled."""
    row = next((r for r in ROWS if r.covers(mark)), None)
    if row is not None:
        return row.read(mark, readers)
    owner = _owner(mark.name)
    if owner is None or mark.path[-2] != "annotations" or (mark.item.kind, mark.name) in MODELLED:
        return without_packets(mark)
    asked = readers.of(mark.item) if isinstance(mark.item, Ingress) else readers.running
    if not asked and readers.guessed and owner in PROFILES:
        asked = (PROFILES[owner],)  # No controller stands in the set: whoever is meant may run.
    mine = [p for p in asked if p.reads_annotation(mark.name) and mark.item.kind in p.annotated]
    if mine:
        return _of_controllers(mark, mine)
    if owner in PROFILES or not readers.guessed:
        return _ignored(mark, asked, owner)
    return meaning(mark, True, f"read by {owner}", (mark.item.kind, mark.item.key))


@cache
def _owner(name: str) -> str | None:
    """The controller that an annotation is meant for, by its name: a profile, else another one."""
    own = (p.name for p in PROFILES.values() if p.reads_annotation(name))
    others = (who for part, who in OTHER_CONTROLLERS.items() if part in name)
    return next(chain(own, others), None)


def _of_controllers(mark: Annotation, mine: Iterable[Profile]) -> Meaning | None:
    """An annotation that controllers here read; None: all of them as it is modelled."""
    item, short = mark.item, mark.name.partition("/")[2]
    open_at = [p for p in mine if not p.models_annotation(mark.name, mark.value)]
    if not open_at:
        return None
    if all(any(fnmatchcase(short, pattern) for pattern in p.harmless_annotations) for p in open_at):
        return meaning(mark, False, "it does not decide where a request goes", (item.kind, item.key))
    place = "body" if short in NEEDS_BODY else item.kind
    return meaning(mark, True, f"read by {', '.join(p.name for p in open_at)}", (place, item.key))


NEEDS_BODY = frozenset({"proxy-body-size", "client-max-body-size"})
"""Annotations that matter to a request with a body alone."""


def _ignored(mark: Annotation, asked: Iterable[Profile], owner: str) -> Meaning:
    """An annotation that the controllers here do not read."""
    names = ", ".join(p.name for p in asked)
    if names == owner:
        why = f"{owner} does not read it on a {mark.item.kind}"
    else:
        why = f"{names} does not read it" if names else "no controller here reads it"
    return meaning(mark, False, why, (mark.item.kind, mark.item.key))


OTHER_CONTROLLERS: Mapping[str, str] = {
    "appgw.ingress.kubernetes.io/": "Azure Application Gateway",
    "alb.networking.azure.io/": "Azure Application Gateway for Containers",
    "ingress.pomerium.io/": "Pomerium",
    "ako.vmware.com/": "Avi's controller",
    "virtual-server.f5.com/": "F5's controller",
    "cis.f5.com/": "F5's controller",
    "kubernetes.io/elb.": "Huawei Cloud's controller",
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

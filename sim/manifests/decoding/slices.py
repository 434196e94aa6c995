"""The legacy Endpoints as EndpointSlices, as the mirroring controller writes them."""

from dataclasses import replace

from sim.manifests.objects.collected import Manifests
from sim.manifests.objects.meta import ObjectMeta
from sim.manifests.objects.networking import (
    EndpointConditions,
    EndpointManifest,
    Endpoints,
    EndpointSlice,
    EndpointSubset,
)


def with_slices(manifests: Manifests) -> Manifests:
    """Add an EndpointSlice for each subset of legacy Endpoints whose Service has no slice of its own."""
    with_slice = {s.service_key for s in manifests.of(EndpointSlice)}
    made = [
        _slice(item, subset, index)
        for item in manifests.of(Endpoints)
        if item.key not in with_slice
        for index, subset in enumerate(item.subsets)
    ]
    return replace(manifests, objects=(*manifests.objects, *made)) if made else manifests


def _slice(item: Endpoints, subset: EndpointSubset, index: int) -> EndpointSlice:
    """As the mirroring controller makes it; its kind says what was read."""
    ready = [(a, True) for a in subset.addresses] + [(a, False) for a in subset.not_ready_addresses]
    made = EndpointSlice(
        api_version=item.api_version,
        kind=item.kind,
        metadata=ObjectMeta(
            name=f"{item.name}-{index + 1}" if index else item.name,
            namespace=item.namespace,
            labels={"kubernetes.io/service-name": item.name},
        ),
        endpoints=tuple(
            EndpointManifest(
                addresses=(a.ip,),
                conditions=EndpointConditions(ready=is_ready),
                node_name=a.node_name,
                target_ref=a.target_ref,
            )
            for a, is_ready in ready
        ),
        ports=subset.ports,
    )
    if item.origin is not None:
        made.read_from(item.origin)
    return made


def is_derived(piece: EndpointSlice) -> bool:
    """Whether a slice was made from Endpoints rather than read."""
    return piece.kind == "Endpoints"

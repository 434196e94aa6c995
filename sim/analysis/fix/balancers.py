"""Ways out of what a load balancer is told: annotations that its maker refuses, or that hand it to nobody."""

from collections.abc import Iterator

from sim.analysis.fix.case import Candidate, Case, one
from sim.analysis.fix.edits import Put, Remove
from sim.cluster.load_balancers.aws_listeners import AWS, GROUP_ATTRIBUTES, KEEPS_CLIENT
from sim.cluster.load_balancers.said import BETA
from sim.manifests.objects.networking import Service


def own_address(case: Case) -> Iterator[Candidate]:
    """The load balancer shows its own address, so that a target can answer itself."""
    service = case.written_service
    if service is None:
        return
    name = f"{BETA}{GROUP_ATTRIBUTES}"
    written = service.metadata.annotations.get(name, "").split(",")
    kept = [word for word in written if word.strip() and not word.strip().startswith(KEEPS_CLIENT)]
    value = ",".join([*kept, f"{KEEPS_CLIENT}=false"])
    yield from one(f"set {name}: {value}", Put(service, ("metadata", "annotations", name), value))


def accepted(case: Case) -> Iterator[Candidate]:
    """What its maker refuses is taken away."""
    service, balancer = case.written_service, case.service.balancer if case.service else None
    if service is None or balancer is None:
        return
    if balancer.cause in service.metadata.annotations:
        path = ("metadata", "annotations", balancer.cause)
        yield from one(
            f"take the annotation {balancer.cause} off Service {service.key}", Remove(service, path)
        )
    yield from _to_pods(service)


def claimed(case: Case) -> Iterator[Candidate]:
    """Somebody who is there makes it: without its class, or with the annotation that is missing."""
    service = case.written_service
    if service is None:
        return
    if service.spec.load_balancer_class is not None:
        says = f"leave loadBalancerClass out of Service {service.key}"
        yield from one(says, Remove(service, ("spec", "loadBalancerClass")))
    elif f"{BETA}{AWS}type" in service.metadata.annotations:
        yield from _to_pods(service)


def _to_pods(service: Service) -> Iterator[Candidate]:
    name = f"{BETA}{AWS}nlb-target-type"
    if any(key.startswith(f"{BETA}{AWS}") for key in service.metadata.annotations):
        yield from one(f"set {name}: ip", Put(service, ("metadata", "annotations", name), "ip"))

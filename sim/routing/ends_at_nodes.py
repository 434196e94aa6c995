"""How a connection ends at or before a node: nobody is there, it is dropped, kube-proxy itself answers."""

from sim.cluster.cluster import LinkedPort, LinkedService, Node
from sim.cluster.families import Family, family_of, other
from sim.cluster.load_balancers.values import LoadBalancer
from sim.routing.final import Final
from sim.routing.kube_proxy import Verdict
from sim.routing.kube_proxy.health import HealthAnswer
from sim.routing.trace import Request
from sim.units import counted


def one_endpoint(port: LinkedPort) -> str:
    """How a Service port that has no ready endpoint comes to one."""
    if not port.endpoints:
        return "start a Pod with the labels of its selector"
    if not any(e.port for e in port.endpoints):
        return f"let targetPort {port.target_port} name a {port.protocol} port of a container"
    return "make a Pod of it ready"


def no_healthy_target(service: LinkedService, port: LinkedPort) -> Final:
    """Policy Local, and no node has a ready Pod; or no Pod is ready where Pods are the targets."""
    if service.balancer is not None and service.balancer.target_type == "ip":
        line = service.line("spec", "selector")
        has = f"no ready one ({port.unready})" if port.unready else "none"
        message = f"the load balancer sends to Pods, and Service {service.key} has {has}"
        fix = one_endpoint(port)
        return Final("lb-no-healthy-target", message, code="SIM2010", fix=fix, source=line, fix_source=line)
    line = service.line("spec", "externalTrafficPolicy")
    why = f"; {port.unready}" if port.unready else ""
    message = f"no node has a ready Pod of Service {service.key} (policy Local){why}"
    fix = "use externalTrafficPolicy: Cluster" if port.ready else one_endpoint(port)
    return Final("lb-no-healthy-target", message, code="SIM2010", fix=fix, source=line, fix_source=line)


def returned(service: LinkedService, port: LinkedPort, node: Node) -> Final:
    """A load balancer that keeps the client's address gives a connection back to the machine it came from."""
    message = (
        f"the load balancer keeps the client's address and picked a target on {node.name}, where the"
        " connection comes from: no answer passes the load balancer, and the client waits until it gives up"
    )
    fix = (
        f"call {service.manifest.name}.{service.manifest.namespace}, or set preserve_client_ip.enabled=false"
    )
    backend, line = f"{service.key}:{port.number}", service.line("metadata", "annotations")
    return Final("timeout", message, backend=backend, code="SIM2151", fix=fix, source=line)


def refused(service: LinkedService, port: LinkedPort, destination: str) -> Final:
    """kube-proxy's REJECT: the client sees "connection refused".

    Args:
        destination: the address that was asked; endpoints of the other family do not count.
    """
    family = family_of(destination) or "IPv4"
    if port.endpoints and not port.over(family):
        return _of_one_family(service, port, family)
    line = service.line("spec", "selector")
    has = f"no ready endpoint ({port.unready})" if port.unready else "no endpoint"
    message = f"Service {service.key} has {has}, so the node refuses: the client hears it at once"
    fix = one_endpoint(port)
    backend = f"{service.key}:{port.number}"
    return Final("refused", message, backend=backend, code="SIM2012", fix=fix, source=line, fix_source=line)


def _of_one_family(service: LinkedService, port: LinkedPort, family: Family) -> Final:
    """Somebody is behind the Service, and nobody at an address of this family."""
    alone, line = other(family), service.line("spec", "ipFamilies")
    has = f"no endpoint over {family}, so the node refuses"
    message = f"Service {service.key} has {has}: its Pods have {alone} alone"
    fix = f"ask over {alone}, or give its Pods an {family} address"
    backend = f"{service.key}:{port.number}"
    return Final("refused", message, backend=backend, code="SIM2133", fix=fix, source=line, fix_source=line)


def dropped(service: LinkedService, port: LinkedPort, node: Node, verdict: Verdict) -> Final:
    """kube-proxy's DROP: the client waits until it gives up."""
    if verdict.filtered:
        field, message = "loadBalancerSourceRanges", verdict.because
        fix = "add the client's range to loadBalancerSourceRanges, or use --client-ip"
    else:
        what = f"{node.name} has no Pod of Service {service.key} and drops the packet (policy Local)"
        field, message = "externalTrafficPolicy", f"{what}: the client waits until it gives up"
        fix = "use externalTrafficPolicy: Cluster, or a Pod on every node"
    line, backend = service.line("spec", field), f"{service.key}:{port.number}"
    return Final("dropped", message, backend=backend, code="SIM2013", fix=fix, source=line, fix_source=line)


def kept_out(service: LinkedService, port: LinkedPort, balancer: LoadBalancer, client: str) -> Final:
    """A client that the firewall of a load balancer does not let in: it waits until it gives up."""
    by, ranges = balancer.allows_by, ", ".join(balancer.allows)
    who = f"the load balancer of Service {service.key} lets in {ranges} alone"
    message = f"{who} ({by}), and {client} is not among them: the client waits until it gives up"
    fix = f"add the client's range to {by}, or use --client-ip"
    where = ("metadata", "annotations", by) if "/" in by else ("spec", by)
    line, backend = service.line(*where), f"{service.key}:{port.number}"
    return Final("dropped", message, backend=backend, code="SIM2013", fix=fix, source=line, fix_source=line)


def unanswered(verdict: Verdict, node: Node, asked: Request) -> Final:
    """A node port is asked on an address of the node where kube-proxy serves none."""
    url = f"{asked.scheme}://{node.address}:{asked.target_port}"
    fix = f"ask the node's own address, {url}; nodePortAddresses of kube-proxy says which serve"
    service = verdict.service_port.service if verdict.service_port is not None else None
    line = service.line("spec", "ports") if service is not None else None
    return Final("no-listener", verdict.because, code="SIM2106", fix=fix, source=line)


def health(answer: HealthAnswer | None, node: Node, port: int) -> Final:
    """kube-proxy itself answers a load balancer that asks whether Pods are here."""
    if answer is None:
        return Final("no-listener", f"nothing listens on port {port} of {node.name}", code="SIM2011")
    count = answer.local_endpoints
    so = f"so {'a' if count else 'no'} load balancer sends here"
    message = f"health check: {counted(count, 'ready Pod')} on {node.name}, {so}"
    return Final("answered-by-proxy", message, answer.status, "kube-proxy")

"""A load balancer of which nobody knows who makes it: it passes connections to nodes, and writes PROXY lines.

The annotations below are those of many providers' controllers; what else they ask for is not known here.
Source: the cloud controllers' documentation of each annotation.
"""

from sim.cluster.cluster import LinkedPort, LinkedService
from sim.cluster.load_balancers.said import BETA
from sim.cluster.load_balancers.values import BalancerPort, Cloud, LoadBalancer

_OFF = ("", "false", "off", "none", "0")

PROXY_LINES = (
    f"{BETA}aws-load-balancer-proxy-protocol",
    f"{BETA}alibaba-cloud-loadbalancer-proxy-protocol",
    f"{BETA}do-loadbalancer-enable-proxy-protocol",
    f"{BETA}linode-loadbalancer-default-proxy-protocol",
    f"{BETA}linode-loadbalancer-proxy-protocol",
    f"{BETA}oci-load-balancer-connection-proxy-protocol-version",
    f"{BETA}ovh-loadbalancer-proxy-protocol",
    f"{BETA}scw-loadbalancer-proxy-protocol-v1",
    f"{BETA}scw-loadbalancer-proxy-protocol-v2",
    f"{BETA}vultr-loadbalancer-proxy-protocol",
    "load-balancer.hetzner.cloud/uses-proxyprotocol",
    "loadbalancer.openstack.org/proxy-protocol",
)
"""Annotations that make a load balancer write PROXY lines, unless the value says no."""


def make(service: LinkedService, cloud: Cloud) -> LoadBalancer:
    """What is known of a load balancer without knowing who makes it."""
    first = next(iter(service.manifest.status.load_balancer.ingress), None)
    named = first is not None and not first.ip
    proxies = first is not None and first.ip_mode == "Proxy"
    made_by = next(iter(cloud.controllers or ()), None)
    return LoadBalancer(
        made_by,
        because="who makes it is not known",
        ports=tuple(_port(service, port) for port in service.ports),
        status_field="hostname" if named else "ip",
        destination="node-port" if named or proxies else "balancer-address",
    )


def _port(service: LinkedService, port: LinkedPort) -> BalancerPort:
    said = service.manifest.metadata.annotations
    wanted = (name for name in PROXY_LINES if said.get(name, "").strip().lower() not in _OFF)
    return BalancerPort(
        port.number, port.protocol, proxy_line=next(wanted, "") if port.protocol == "TCP" else ""
    )

"""Which annotations of a Service the providers' controllers read: what is modelled, and what decides nothing.

What stands in neither list may change an answer. Source: the modules beside this one, and the annotation
pages that they name.
"""

from collections.abc import Mapping
from typing import NamedTuple

from sim.cluster.load_balancers.aws_listeners import CROSS_ZONE, KEEPS_CLIENT, PROXY_V2
from sim.cluster.load_balancers.said import BETA
from sim.cluster.load_balancers.source_ranges import ANNOTATION
from sim.cluster.load_balancers.values import Provider

AWS, AZURE, DO = f"{BETA}aws-load-balancer-", f"{BETA}azure-", f"{BETA}do-loadbalancer-"


class BalancerAnnotations(NamedTuple):
    """The annotations of one provider, as patterns of their names.

    Args:
        names: all that it reads.
        modelled: what the model does as they ask.
        harmless: what does not decide where a packet goes.
        as_modelled: pattern -> values that ask for what is modelled anyway.
    """

    names: tuple[str, ...]
    modelled: tuple[str, ...]
    harmless: tuple[str, ...]
    as_modelled: Mapping[str, tuple[str, ...]]


_WORDS = ("*-tags", "*-tag", "*access-log*", "*resource-group", "*idle-timeout*", "*-status", "*-description")
_TIMES = ("*healthcheck-*interval*", "*healthcheck-*timeout*", "*healthcheck-*threshold*", "*-probe-interval",
          "*num-of-probe")  # fmt: skip

READ: Mapping[Provider, BalancerAnnotations] = {
    "aws": BalancerAnnotations(
        (f"{AWS}*", f"{BETA}{ANNOTATION}"),
        (
            f"{BETA}{ANNOTATION}", f"{AWS}type", f"{AWS}nlb-target-type", f"{AWS}ssl-cert", f"{AWS}ssl-ports",
            f"{AWS}backend-protocol",
            f"{AWS}proxy-protocol", f"{AWS}proxy-protocol-per-target-group", f"{AWS}cross-zone-*",
        ),
        (
            *_WORDS, *_TIMES, f"{AWS}name", f"{AWS}connection-draining-*", f"{AWS}ssl-negotiation-policy",
            f"{AWS}alpn-policy", f"{AWS}subnets", f"{AWS}eip-allocations", f"{AWS}private-ipv4-addresses",
            f"{AWS}minimum-load-balancer-capacity", f"{AWS}enable-icmp-*", f"{AWS}ipv6-addresses",
        ),
        {
            f"{AWS}scheme": ("internet-facing",), f"{AWS}internal": ("false",),
            f"{AWS}ip-address-type": ("ipv4",),
        },
    ),
    "azure": BalancerAnnotations(
        (f"{AZURE}*", f"{BETA}port_*"),
        (f"{AZURE}disable-load-balancer-floating-ip", f"{BETA}port_*_no_lb_rule"),
        (
            *_WORDS, *_TIMES, f"{AZURE}dns-label-name", f"{AZURE}pip-*", f"{AZURE}load-balancer-mode",
            f"{AZURE}load-balancer-configurations", f"{AZURE}load-balancer-disable-tcp-reset",
            f"{BETA}port_*_interval", f"{BETA}port_*_no_probe_rule",
        ),
        {f"{AZURE}load-balancer-internal": ("false",)},
    ),
    "gcp": BalancerAnnotations(
        ("networking.gke.io/*load-balanc*", "cloud.google.com/*load-balancer*", "cloud.google.com/l4-rbs"),
        ("cloud.google.com/l4-rbs", "networking.gke.io/weighted-load-balancing"),
        (*_WORDS, "*allow-global-access", "*load-balancer-subnet*", "*load-balancer-backend-share"),
        {"*load-balancer-type": ("external",)},
    ),
    "digitalocean": BalancerAnnotations(
        (f"{DO}*", "kubernetes.digitalocean.com/*", "service.kubernetes.io/do-loadbalancer-disown"),
        (
            f"{DO}type", f"{DO}enable-proxy-protocol", f"{DO}hostname", f"{DO}certificate-*",
            f"{DO}tls-ports",
            "service.kubernetes.io/do-loadbalancer-disown",
        ),
        (
            *_WORDS, *_TIMES, f"{DO}name", f"{DO}size-*", f"{DO}algorithm", f"{DO}disable-lets-encrypt-*",
            f"{DO}enable-backend-keepalive", f"{DO}ip", f"{DO}subnet-uuid", f"{DO}network-stack",
            "kubernetes.digitalocean.com/load-balancer-id",
        ),
        {f"{DO}network": ("external",), f"{DO}protocol": ("tcp",)},
    ),
}  # fmt: skip
"""By provider; none of it is read where the cluster runs on another."""

ATTRIBUTES = (f"{AWS}attributes", f"{AWS}target-group-attributes", f"{AWS}target-group-attributes.*")
"""Patterns of the annotations with KEY=VALUE for what AWS makes."""

KNOWN_ATTRIBUTES = frozenset({KEEPS_CLIENT, PROXY_V2, CROSS_ZONE})
_TIME_OR_LOG = ("deregistration_delay.", "deletion_protection.", "access_logs.", "zonal_shift.")


def open_attributes(value: str) -> tuple[str, ...]:
    """The attributes of such a value that are neither modelled nor a matter of time, logs or protection."""
    keys = (word.partition("=")[0].strip() for word in value.split(",") if word.strip())
    return tuple(k for k in keys if k not in KNOWN_ATTRIBUTES and not k.startswith(_TIME_OR_LOG))

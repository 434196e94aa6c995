"""Which certificate is shown for a name, and whether one is configured for it at all.

Source: internal/ingress/controller/controller.go (createServers, extractTLSSecretName), nginx.go
(configureCertificates), lua/certificate.lua (get_pem_cert_uid).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sim.cluster.cluster import Cluster
from sim.manifests.objects import Ingress
from sim.routing.controllers.api import covers, wildcard_of
from sim.routing.controllers.ingress_nginx.servers import DEFAULT_SERVER, hosts_of
from sim.routing.controllers.ingress_nginx.upstreams import Read

DEFAULT_CERTIFICATE = "default"


def configured(
    cluster: Cluster,
    ingresses: Iterable[Read],
    aliases: Mapping[str, tuple[str, ...]],
    www: Mapping[str, str],
) -> dict[str, str]:
    """Server name -> certificate, for the names that have one; also for those that only redirect."""
    found: dict[str, str] = {}
    for ingress, asked in ingresses:
        if asked.canary is None and ingress.spec.tls:
            for host in hosts_of(ingress):
                if host != DEFAULT_SERVER and host not in found:
                    found[host] = _secret_for(host, ingress, cluster) or DEFAULT_CERTIFICATE
    others = [(name, host) for host, names in aliases.items() for name in names]
    for name, host in (*others, *www.items()):
        secret = found.get(host, DEFAULT_CERTIFICATE)
        if (
            secret != DEFAULT_CERTIFICATE
            and cluster.certificates is not None
            and covers(cluster, secret, name)
        ):
            found.setdefault(name, secret)
    return found


def for_name(certificates: Mapping[str, str], name: str) -> str | None:
    """The certificate of a name, else of its wildcard; None if neither has one."""
    wanted = name.lower().removesuffix(".")
    return certificates.get(wanted) or certificates.get(wildcard_of(wanted))


def _secret_for(host: str, ingress: Ingress, cluster: Cluster) -> str | None:
    named = next((t for t in ingress.spec.tls if host in (h.lower() for h in t.hosts)), None)
    tried = [named] if named is not None else ingress.spec.tls
    keys = [f"{ingress.namespace}/{t.secret_name}" for t in tried if t.secret_name]
    if named is None and cluster.certificates is None:
        return None
    return next((key for key in keys if covers(cluster, key, host)), None)

"""Certificates: which names each covers, and which one a controller shows for a server name.

What a Secret's certificate says counts. Where it is not in the files, the Secret is taken to cover the hosts
beside it: those of its entry under `tls`, or those of the rules where the entry has none.
"""

from collections.abc import Iterable, Iterator

from sim.cluster.certificates import certificate_in
from sim.cluster.cluster import Cluster
from sim.manifests.objects.networking import Ingress, IngressTLS
from sim.routing.controllers.api import wildcard_of
from sim.routing.trace import Note

DEFAULT = "default"
"""Stands for a certificate that no Secret of the files holds, as a proxy shows it."""


def names_of(cluster: Cluster, secret: str, and_common: bool = False) -> tuple[str, ...] | None:
    """The names that a certificate covers, none if it cannot be read; None: nothing says them.

    Args:
        secret: `NAMESPACE/NAME`.
        and_common: whether the common name counts beside alternative names; else only in their place.
    """
    if cluster.certificates is not None:
        return cluster.certificates.get(secret, ())
    pem = cluster.chains.get(secret)
    if pem is None:
        return None
    found = certificate_in(pem)
    if found is None:
        return ()
    common = (found.common_name,) if found.common_name and (and_common or not found.names) else ()
    return (*found.names, *common)


def is_there(cluster: Cluster, secret: str) -> bool:
    """Whether a Secret holds a certificate; a missing one counts so only where the set shows Secrets."""
    names = names_of(cluster, secret)
    return bool(names) if names is not None else secret in cluster.secrets or not cluster.secrets


def matches(names: Iterable[str], host: str) -> bool:
    """Whether one of the names is the host, or its wildcard of one label."""
    wanted, given = host.lower().removesuffix("."), set(names)
    return wanted in given or (not wanted.startswith("*.") and wildcard_of(wanted) in given)


def covers(cluster: Cluster, secret: str, host: str, beside: Iterable[str]) -> bool:
    """Whether the certificate of a Secret covers a host.

    Args:
        beside: the hosts that stand beside the Secret, covered where nothing says the names.
    """
    names = names_of(cluster, secret)
    return is_there(cluster, secret) and matches(beside if names is None else names, host)


def hosts_beside(ingress: Ingress, tls: IngressTLS) -> tuple[str, ...]:
    """The hosts of an entry under `tls`; of the rules where it has none."""
    found = tls.hosts or (rule.host for rule in ingress.spec.rules if rule.host)
    return tuple(dict.fromkeys(host.lower() for host in found))


def taken_for_granted(cluster: Cluster, secret: str, name: str) -> Iterator[Note]:
    """A note where only the hosts beside a Secret, none of them the name itself, say that it covers it."""
    entries = [(ingress, tls) for ingress in cluster.ingresses for tls in ingress.spec.tls]
    mine = [(i, tls) for i, tls in entries if f"{i.namespace}/{tls.secret_name}" == secret]
    if any(name.lower() in map(str.lower, tls.hosts) for _, tls in mine):
        return
    for ingress, tls in mine:
        hosts = ", ".join(hosts_beside(ingress, tls)[:4])
        message = f"Secret {secret} is taken to cover {name}, by the hosts beside it ({hosts})"
        message += ": its certificate (tls.crt) is not in these files"
        yield Note(None, message, ingress.line("spec", "tls", ingress.spec.tls.index(tls)))
        return


def _entries(ingresses: Iterable[Ingress]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each Secret that is named, with the hosts beside it."""
    for ingress in ingresses:
        for tls in ingress.spec.tls:
            if tls.secret_name:
                yield f"{ingress.namespace}/{tls.secret_name}", hosts_beside(ingress, tls)


def certificates_by_host(cluster: Cluster, ingresses: Iterable[Ingress]) -> dict[str, str]:
    """TLS host -> Secret, for those Secrets that are there and cover the host; the first Ingress wins."""
    found: dict[str, str] = {}
    for secret, beside in _entries(ingresses):
        for host in beside:
            if covers(cluster, secret, host, beside):
                found.setdefault(host, secret)
    return found


def certificates_by_name(cluster: Cluster, ingresses: Iterable[Ingress]) -> dict[str, str]:
    """Name in a certificate -> Secret, whatever hosts stand beside it; the first Ingress wins.

    So choose proxies that load every certificate and look through their names: HAProxy, Traefik, the load
    balancers of Google Cloud.
    """
    found: dict[str, str] = {}
    for secret, beside in _entries(ingresses):
        names = names_of(cluster, secret, and_common=True)
        for name in (beside if names is None else names) if is_there(cluster, secret) else ():
            found.setdefault(name, secret)
    return found

"""Which server block answers for a host name, and which certificate is shown for it.

nginx looks for the name itself, then for the longest wildcard in front, then for one at the end, then tries
regular expressions in the order of the file. A wildcard host of an Ingress is written as a regular expression
for one label; only an alias can be a wildcard of nginx's own. Source: nginx, "Server names";
internal/ingress/controller/template/template.go (buildServerName), controller.go (createServers,
extractTLSSecretName), nginx.go (configureCertificates), lua/certificate.lua (get_pem_cert_uid).
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from sim.cluster.cluster import Cluster
from sim.manifests.objects.networking import Ingress
from sim.routing.controllers.api import wildcard_of
from sim.routing.controllers.certificates import covers, hosts_beside, is_there, matches, names_of
from sim.routing.controllers.ingress_nginx.configuration import Configuration
from sim.routing.controllers.ingress_nginx.servers import DEFAULT_SERVER, hosts_of
from sim.routing.controllers.ingress_nginx.upstreams import Read
from sim.routing.expressions import PCRE, Expression, GaveUp, UnreadableExpressionError, as_bytes, expression

DEFAULT_CERTIFICATE = "default"


@dataclass(frozen=True)
class Names:
    """Server names.

    Args:
        exact: name or alias -> host of the server.
        head, tail: what follows `*` of an alias, what stands before it -> host of the server.
        hosts: hosts of rules, wildcards among them.
        patterns: (regular expression, host) of aliases that start with `~`.
        www: name that only redirects -> host it redirects to.
    """

    exact: Mapping[str, str]
    hosts: frozenset[str]
    head: Mapping[str, str] = field(default_factory=dict)
    tail: Mapping[str, str] = field(default_factory=dict)
    patterns: tuple[tuple[Expression, str], ...] = ()
    www: Mapping[str, str] = field(default_factory=dict)

    def server_of(self, host: str) -> str:
        """The host whose server answers; empty: the default server."""
        if host in self.exact:
            return self.exact[host]
        return self._nginx_wildcard(host) or self._pattern(host)

    def gave_up(self, host: str) -> tuple[str, GaveUp] | None:
        """The alias that is a pattern, and the bound that was reached before this host was found."""
        if self.exact.get(host) or self._nginx_wildcard(host):
            return None
        searched = ((pattern.pattern, pattern.search(host)) for pattern, _ in self.patterns)
        return next(((text, found) for text, found in searched if isinstance(found, GaveUp)), None)

    def _nginx_wildcard(self, host: str) -> str | None:
        labels = host.split(".")
        for count in range(1, len(labels)):
            if (found := self.head.get("." + ".".join(labels[count:]))) is not None:
                return found
        for count in range(len(labels) - 1, 0, -1):
            if (found := self.tail.get(".".join(labels[:count]) + ".")) is not None:
                return found
        return None

    def _pattern(self, host: str) -> str:
        own = wildcard_of(host)
        fits = own in self.hosts and re.fullmatch(r"[\w-]+", host.partition(".")[0], re.ASCII) is not None
        found = [own] if fits else []
        found += [server for pattern, server in self.patterns if pattern.search(host)]
        return min(found, default="")


def name_table(
    servers: Iterable[str], aliases: Mapping[str, tuple[str, ...]], www: Mapping[str, str]
) -> Names:
    """Collect the names; of two servers with one alias, the first in the file has it."""
    hosts = frozenset(servers)
    exact = {host: host for host in hosts if host and not host.startswith("*.")}
    head: dict[str, str] = {}
    tail: dict[str, str] = {}
    for alias, host in _in_order(aliases):
        if alias.startswith(("*.", ".")):
            head.setdefault(alias.removeprefix("*"), host)
        if alias.endswith(".*"):
            tail.setdefault(alias.removesuffix("*"), host)
        if not alias.startswith(("*", "~")) and not alias.endswith(".*"):
            exact.setdefault(alias.removeprefix("."), host)
    return Names(exact, hosts, head, tail, tuple(_patterns(aliases)), www)


def _in_order(aliases: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[str, str]]:
    for host in sorted(aliases, key=lambda name: name or "_"):
        yield from ((alias, host) for alias in sorted(set(aliases[host])))


def _patterns(aliases: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[Expression, str]]:
    for alias, host in _in_order(aliases):
        if alias.startswith("~"):
            try:
                yield expression(as_bytes(alias[1:]), PCRE), host
            except UnreadableExpressionError:
                continue


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
            and (covered := names_of(cluster, secret)) is not None
            and matches(covered, name)
        ):
            found.setdefault(name, secret)
    return found


def default_certificate(cluster: Cluster, told: Configuration) -> str:
    """What is shown for a name without a certificate: the Secret of the argument if it is there."""
    key = told.default_ssl_certificate
    return key if key and is_there(cluster, key) else DEFAULT_CERTIFICATE


def for_name(certificates: Mapping[str, str], name: str) -> str | None:
    """The certificate of a name, else of its wildcard; None if neither has one."""
    wanted = name.lower().removesuffix(".")
    return certificates.get(wanted) or certificates.get(wildcard_of(wanted))


def _secret_for(host: str, ingress: Ingress, cluster: Cluster) -> str | None:
    """The Secret beside the host itself; without one the first whose certificate covers it, as by a wildcard.

    An entry that names the host decides, whatever others would cover.
    """
    named = next((t for t in ingress.spec.tls if host in (h.lower() for h in t.hosts)), None)
    for tls in [named] if named is not None else ingress.spec.tls:
        key = f"{ingress.namespace}/{tls.secret_name}"
        if tls.secret_name and covers(cluster, key, host, hosts_beside(ingress, tls)):
            return key
    return None

"""HTTPRoutes from what becomes of each host: one per Ingress and host, two where http and https differ."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from sim.manifests.objects.networking import Ingress
from sim.plans.migration.actions import Action, own_reference, to_https
from sim.plans.migration.nginx import HostRules, RouteRule
from sim.plans.migration.objects import POLICIES, ROUTES, MigratedObject
from sim.plans.migration.policies import policies_of
from sim.routing.controllers.ingress_nginx.annotations import Annotations
from sim.routing.controllers.rows import Row
from sim.routing.gateway.hostnames import fits, overlap

MOST_RULES = 16


class ListenerSection(NamedTuple):
    """A listener: its name, the host it is for (empty: any), its certificates; none of both: plain http.

    `passes`: TLS goes on as it comes.
    """

    name: str
    host: str
    secrets: tuple[str, ...]
    passes: bool = False


def routes_of(
    hosts: Iterable[HostRules],
    gateway: str,
    sections: tuple[ListenerSection, ...],
    claimed: Iterable[Ingress],
    asked: Mapping[str, Annotations],
) -> list[MigratedObject]:
    """The routes, their filters and policies, Ingress by Ingress.

    Args:
        gateway: `NAMESPACE/NAME`.
        sections: its listeners.
        asked: key of an Ingress -> what its annotations ask for.
    """
    drawer = _Drawer(gateway, sections, tuple(hosts))
    for host in drawer.hosts:
        drawer.add(host)
    order = {i.key: n for n, i in enumerate(claimed)}
    for ingress in claimed:
        if ingress.key in asked:
            names = drawer.serving.get(ingress.key, [])
            drawer.made += policies_of(ingress, asked[ingress.key], names, file_of(ingress))
    return sorted(drawer.made, key=lambda o: order.get(o.file.removesuffix(".yaml"), -1))


def file_of(ingress: Ingress) -> str:
    """The file of what takes the place of an Ingress."""
    return f"{ingress.key}.yaml"


@dataclass(frozen=True)
class _Part:
    """The rules of one Ingress for one host, on some listeners."""

    ingress: Ingress | None
    host: HostRules
    suffix: str
    rules: tuple[tuple[RouteRule, Action], ...]
    sections: tuple[str, ...]


class _Drawer:
    """Routes as they come, with names that nobody has yet."""

    def __init__(
        self, gateway: str, sections: tuple[ListenerSection, ...], hosts: tuple[HostRules, ...]
    ) -> None:
        self.namespace, _, self.gateway = gateway.partition("/")
        self.sections, self.hosts = sections, hosts
        self.made: list[MigratedObject] = []
        self.serving: dict[str, list[str]] = {}
        self._taken: set[tuple[str, str, str]] = set()
        self._own: dict[tuple[str, str], str] = {}
        keys = ((i.key if (i := r.ingress) else "", h.host) for h in hosts for r in h.rules)
        self._several = {key for key, count in _counted(dict.fromkeys(keys)).items() if count > 1}

    def add(self, host: HostRules) -> None:
        """The routes of one host."""
        if host.passes is not None:
            self._pass_on(host.host, *host.passes)
        secure = self._https(host)
        ingresses = dict.fromkeys(id(r.ingress) for r in host.rules)
        for number, mine in enumerate(ingresses):
            rules = [r for r in host.rules if id(r.ingress) == mine]
            for part in self._parts(host, rules, secure, first=number == 0):
                self._write(part)

    def _parts(
        self, host: HostRules, rules: list[RouteRule], secure: tuple[str, ...], first: bool
    ) -> Iterator[_Part]:
        """For both, or one for https and one for plain http."""
        plain = tuple((r, r.plain) for r in rules if r.plain is not None)
        served = tuple((r, r.secure) for r in rules if r.secure is not None)
        ingress, own = rules[0].ingress, ("http",)
        if plain == served:
            yield _Part(ingress, host, "", plain, (*own, *secure))
            return
        if secure:
            yield _Part(ingress, host, "", served, secure)
        if host.sends_to_https is None:
            yield _Part(ingress, host, "-http", plain, own)
        elif first:
            away = to_https(host.sends_to_https)
            comments = (f"plain http is redirected: {rules[0].comments[0]}",)
            everything = RouteRule(
                ({"path": {"type": "PathPrefix", "value": "/"}},), away, None, ingress, comments
            )
            yield _Part(ingress, host, "-http", ((everything, away),), own)

    def _pass_on(self, host: str, row: Row, backend: Mapping[str, Any]) -> None:
        """A TLSRoute for a host whose TLS ends at the Pods."""
        ingress, section = row.ingress, next(s.name for s in self.sections if s.passes and s.host == host)
        rule = {"backendRefs": [backend]}
        parents = [self._parent(section, ingress.namespace)]
        body = {"spec": {"parentRefs": parents, "hostnames": [host], "rules": [rule]}}
        comments = (": ".join(filter(None, (row.source, f"ssl-passthrough of Ingress {ingress.key}"))),)
        name = self._free("TLSRoute", ingress.namespace, ingress.name)
        self.made.append(
            MigratedObject(
                f"{ROUTES}/v1", "TLSRoute", name, ingress.namespace, body, file_of(ingress), comments
            )
        )

    def _https(self, host: HostRules) -> tuple[str, ...]:
        """The listeners for https that its requests come to: those that cover one of its names.

        A listener for a name of another host is not for a wildcard around it.
        """
        others = {name for other in self.hosts for name in other.names} - set(host.names)
        return tuple(
            section.name
            for section in self.sections
            if section.secrets and _meet(host.names, section.host)
            if section.host not in others or any(fits(section.host, name) for name in host.names)
        )

    def _write(self, part: _Part) -> None:
        namespace = part.ingress.namespace if part.ingress is not None else self.namespace
        base = part.ingress.name if part.ingress is not None else self.gateway
        if part.ingress is None or part.ingress.key in self._several:
            base += f"-{_word(part.host.host)}"
        for start in range(0, len(part.rules), MOST_RULES):
            chunk = part.rules[start : start + MOST_RULES]
            name = self._free("HTTPRoute", namespace, f"{base}{part.suffix}")
            file = file_of(part.ingress) if part.ingress is not None else "gateway.yaml"
            rules = [self._rule(rule, action, namespace, file) for rule, action in chunk]
            names = {"hostnames": list(part.host.names)} if part.host.names else {}
            parents = [self._parent(section, namespace) for section in part.sections]
            body = {"spec": {"parentRefs": parents, **names, "rules": rules}}
            comments = _whence(part)
            if part.ingress is not None and any(action.serves for _, action in chunk):
                self.serving.setdefault(part.ingress.key, []).append(name)
            self.made.append(
                MigratedObject(f"{ROUTES}/v1", "HTTPRoute", name, namespace, body, file, comments)
            )

    def _parent(self, section: str, namespace: str) -> Mapping[str, str]:
        elsewhere = {"namespace": self.namespace} if namespace != self.namespace else {}
        return {"name": self.gateway, **elsewhere, "sectionName": section}

    def _rule(self, rule: RouteRule, action: Action, namespace: str, file: str) -> dict[str, Any]:
        filters = [*action.filters]
        if action.own is not None:
            filters.append(own_reference(self._filter(action.own, rule, namespace, file)))
        made: dict[str, Any] = {"#": rule.comments} if any(rule.comments) else {}
        made |= {"matches": list(rule.matches)} if rule.matches else {}
        made |= {"filters": filters} if filters else {}
        made |= {"backendRefs": list(action.backends)} if action.backends else {}
        return made | ({"sessionPersistence": action.session} if action.session else {})

    def _filter(self, own: Mapping[str, Any], rule: RouteRule, namespace: str, file: str) -> str:
        """The name of a filter of Envoy Gateway; equal ones are written once."""
        known = self._own.get((namespace, repr(own)))
        if known is not None:
            return known
        base = rule.ingress.name if rule.ingress is not None else self.gateway
        kind = "rewrite" if "urlRewrite" in own else "answer"
        name = self._free("HTTPRouteFilter", namespace, f"{base}-{kind}")
        self._own[namespace, repr(own)] = name
        self.made.append(
            MigratedObject(f"{POLICIES}/v1alpha1", "HTTPRouteFilter", name, namespace, {"spec": own}, file)
        )
        return name

    def _free(self, kind: str, namespace: str, base: str) -> str:
        number = 1
        while (kind, namespace, name := base if number == 1 else f"{base}-{number}") in self._taken:
            number += 1
        self._taken.add((kind, namespace, name))
        return name


def _whence(part: _Part) -> tuple[str, ...]:
    where = f"host {part.host.host}" if part.host.host else "any host"
    if part.ingress is None:
        return (f"{where}: what the controller itself does",)
    line = part.ingress.line("metadata", "name")
    return (f"{f'{line}: ' if line else ''}Ingress {part.ingress.key}, {where}",)


def _meet(names: tuple[str, ...], listener: str) -> bool:
    """Whether requests for one of these names come to a listener; no names: any."""
    if not listener:
        return True
    return any(overlap(listener, name) for name in names)


def _counted(pairs: Iterable[tuple[str, str]]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for key, _ in pairs:
        counts[key] = counts.get(key, 0) + 1
    return counts


def _word(host: str) -> str:
    """A host as a part of a name."""
    return host.replace("*", "any").strip(".") or "any-host"

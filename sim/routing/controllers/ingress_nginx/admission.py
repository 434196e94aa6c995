"""What the admission webhook of ingress-nginx refuses, which the controller itself would read.

The API server asks the webhook before it takes an Ingress of the controller's class. What the controller
skips anyway (annotations that are too risky, or invalid) is said where that is decided.
Source: internal/ingress/controller/controller.go (CheckIngress, checkOverlap), internal/ingress/inspector.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sim.cluster.cluster import Cluster, Controller
from sim.manifests.objects.collected import Manifests
from sim.manifests.objects.networking import Ingress
from sim.routing.controllers.api import claimed_ingresses
from sim.routing.controllers.ingress_nginx.configuration import Configuration, configuration
from sim.routing.controllers.ingress_nginx.risks import too_risky
from sim.routing.controllers.ingress_nginx.table import claims
from sim.routing.controllers.ingress_nginx.values import PREFIX

_PLAIN = re.compile(r"/[A-Za-z0-9._\-/]*")
_ATTACKS = tuple(
    re.compile(pattern, re.DOTALL)
    for pattern in (
        r"alias[^;]*;",
        r"root[^;]*;",
        r"/etc/(passwd|shadow|group|nginx|ingress-controller)",
        r"/var/run/secrets",
        r"_by_lua",
    )
)
"""Words of nginx and places of secrets that no host, path or Secret may hold. Source: inspector/rules.go."""

_DISABLED = "Snippet directives are disabled by the Ingress administrator"
SPECIFIC = "ImplementationSpecific"


@dataclass(frozen=True)
class Refused:
    """One reason why the webhook refuses an Ingress.

    Args:
        says: in the webhook's words.
        path: of the field, below the Ingress.
        fix: the way out.
        is_twin: whether another Ingress has the very same host, path and type, which one of them wins.
    """

    ingress: Ingress
    says: str
    path: tuple[str | int, ...]
    fix: str
    is_twin: bool = False


@dataclass(frozen=True)
class PathClaim:
    """A path of an Ingress; two of one host and path are one too many."""

    ingress: Ingress
    host: str
    text: str
    kind: str
    place: tuple[str | int, ...]


def asked(controller: Controller, manifests: Manifests) -> bool | None:
    """Whether the webhook is asked. None: no file shows it, and the usual way to install has one."""
    registered = any(
        u.kind == "ValidatingWebhookConfiguration" and "nginx" in u.key for u in manifests.unknown
    )
    if controller.argument("validating-webhook") is not None or registered:
        return True
    return None if controller.assumed else False


def refused(cluster: Cluster, controller: Controller) -> Iterator[Refused]:
    """All that the webhook says to the Ingresses of its class."""
    claimed = {i.key for i in claimed_ingresses(cluster, controller, claims)[0]}
    mine = [i for i in cluster.ingresses if i.key in claimed]
    for ingress in mine:
        yield from refused_alone(ingress, controller)
    yield from _overlaps(mine)


def refused_alone(ingress: Ingress, controller: Controller) -> Iterator[Refused]:
    """What the webhook says to an Ingress of its class, whatever other Ingresses there are."""
    told, inspects = configuration(controller), controller.argument("deep-inspect")
    if inspects is None or inspects.value != "false":
        yield from _attacks(ingress)
    yield from _paths(ingress, told)
    yield from _snippets(ingress, told)


def claims_of(ingress: Ingress) -> Iterator[PathClaim]:
    """The paths of an Ingress that lead to a Service."""
    for i, rule in enumerate(ingress.spec.rules):
        for j, path in enumerate(rule.http.paths if rule.http else ()):
            if path.backend.service is not None:
                place = ("spec", "rules", i, "http", "paths", j, "path")
                yield PathClaim(ingress, rule.host or "_", path.path or "/", path.path_type or "", place)


def _paths(ingress: Ingress, told: Configuration) -> Iterator[Refused]:
    """Exact and Prefix paths that are more than letters, digits and a few marks."""
    for i, rule in enumerate(ingress.spec.rules if told.strict_validate_path_type else ()):
        for j, path in enumerate(rule.http.paths if rule.http else ()):
            if path.path and path.path_type != SPECIFIC and not _PLAIN.fullmatch(path.path):
                says = "ingress contains invalid paths: "
                says += f"path {path.path} cannot be used with pathType {path.path_type or '<nil>'}"
                place = ("spec", "rules", i, "http", "paths", j, "path")
                yield Refused(ingress, says, place, _other_type(path.path_type))


def _other_type(path_type: str | None) -> str:
    if path_type == "Exact":
        return "use only letters, digits, '.', '_', '-' and '/', or strict-validate-path-type: \"false\""
    return f"pathType: {SPECIFIC}, which ingress-nginx reads as Prefix"


def _snippets(ingress: Ingress, told: Configuration) -> Iterator[Refused]:
    """Annotations that end in -snippet, whoever reads them."""
    for name in ingress.metadata.annotations if not told.allow_snippet_annotations else ():
        own = name.removeprefix(PREFIX)
        if name.endswith("-snippet") and not (own != name and too_risky([own], told)):
            says = f"{name} annotation cannot be used. {_DISABLED}"
            yield Refused(ingress, says, ("metadata", "annotations", name), "remove the annotation")


def _attacks(ingress: Ingress) -> Iterator[Refused]:
    """What may be an attempt to write configuration through a name."""
    for place, value in _texts(ingress):
        if any(pattern.search(value) for pattern in _ATTACKS):
            yield Refused(
                ingress, f"invalid object: invalid value found: {value}", place, "write another value"
            )


def _texts(ingress: Ingress) -> Iterator[tuple[tuple[str | int, ...], str]]:
    for i, rule in enumerate(ingress.spec.rules):
        yield ("spec", "rules", i, "host"), rule.host or ""
        for j, path in enumerate(rule.http.paths if rule.http else ()):
            yield ("spec", "rules", i, "http", "paths", j, "path"), path.path or ""
    for i, tls in enumerate(ingress.spec.tls):
        yield ("spec", "tls", i, "secretName"), tls.secret_name or ""
        for j, host in enumerate(tls.hosts):
            yield ("spec", "tls", i, "hosts", j), host


def _overlaps(claimed: Iterable[Ingress]) -> Iterator[Refused]:
    """A host and path of an older Ingress, whatever the types; a canary may have those of its primary."""
    first: dict[tuple[str | None, str, str], PathClaim] = {}
    for ingress in sorted(claimed, key=lambda i: i.metadata.creation_timestamp or ""):
        canary = ingress.metadata.annotations.get(PREFIX + "canary")
        for claim in claims_of(ingress) if canary in (None, "true") else ():
            other = first.setdefault((canary, claim.host, claim.text), claim)
            if other.ingress is not ingress:
                says = f'host "{claim.host}" and path "{claim.text}" is already defined in ingress '
                is_twin = other.kind == claim.kind
                yield Refused(ingress, says + other.ingress.key, claim.place, "keep one of them", is_twin)

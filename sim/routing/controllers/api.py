"""The letter of the networking.k8s.io/v1 API, piece by piece: class, host, path, precedence, default backend.

Profiles are made of these pieces, and differ where their controller leaves the letter.
"""

from functools import partial

from sim.cluster.cluster import CLASS_ANNOTATION, Cluster, Controller, class_after_admission
from sim.cluster.known_controllers import ClaimRule, Classes
from sim.manifests.objects.networking import Ingress, IngressBackend
from sim.routing.controllers.classes import NO_CLASS, WayIn, by_class, way_in
from sim.routing.controllers.decision import OwnAnswer, SendTo
from sim.routing.controllers.rows import EXACT, SHORTER, DroppedRow, Row, left_out
from sim.routing.trace import Request


def sent_to_default(ingress: Ingress, backend: IngressBackend, certificate: str | None) -> SendTo:
    """The default backend of an Ingress serves."""
    return SendTo(
        namespace=ingress.namespace,
        backend=backend,
        rule="default-backend",
        code="SIM2018",
        because=f"no rule matches; the default backend of Ingress {ingress.key} takes the rest",
        source=ingress.line("spec", "defaultBackend"),
        certificate=certificate,
    )


def no_rule(request: Request, host: str, host_known: bool, certificate: str | None) -> OwnAnswer:
    """The controller's own 404, and whether it was the host or the path that no rule had."""
    if host_known:
        because = f"no path of {host or 'any host'} matches {path_of(request)}"
        return OwnAnswer(status=404, code="SIM2005", because=because, certificate=certificate)
    return OwnAnswer(status=404, code="SIM2004", because=f"no rule for host {host}", certificate=certificate)


def claims(classes: Classes, controller: Controller, ingress: Ingress) -> tuple[bool, str]:
    """Whether this Ingress belongs to a class of this controller, and why."""
    name = class_after_admission(ingress, classes) or ingress.metadata.annotations.get(CLASS_ANNOTATION)
    return NO_CLASS if name is None else by_class(classes, controller, name)


def claimed_ingresses(
    cluster: Cluster, controller: Controller, claims: ClaimRule, way_in: WayIn = way_in
) -> tuple[list[Ingress], list[DroppedRow]]:
    """The Ingresses of a controller, oldest first (then by name), and the rows of the others with why.

    Args:
        way_in: how an Ingress that it does not read asks it to.
    """
    claimed: list[Ingress] = []
    ignored: list[tuple[Ingress, str]] = []
    beyond: list[tuple[Ingress, str]] = []
    for ingress in sorted(cluster.ingresses, key=lambda i: (i.metadata.creation_timestamp or "", i.key)):
        held, because = claimed_by(cluster.ingress_classes, controller, ingress, claims)
        if held:
            claimed.append(ingress)
        else:
            (ignored if controller.watches(ingress.namespace) else beyond).append((ingress, because))
    asks = partial(way_in, cluster.ingress_classes, controller)
    return claimed, [*left_out(ignored, "class", asks), *left_out(beyond, "namespace", lambda _: WATCH)]


WATCH = "let the controller watch this namespace too (its --watch-namespace or selector)"


def claimed_by(
    classes: Classes, controller: Controller, ingress: Ingress, claims: ClaimRule
) -> tuple[bool, str]:
    """Whether a controller reads an Ingress: of a namespace that it watches, and by its own rule."""
    if not controller.watches(ingress.namespace):
        there = ", ".join(controller.watched or ()) or "none of those with an Ingress here"
        return False, f"namespace {ingress.namespace} is not watched; the controller watches {there}"
    return claims(classes, controller, ingress)


def host_of(request: Request) -> str:
    """The Host header as it is compared: lower case, without port and final dot."""
    header = request.host_header.lower()
    name, colon, port = header.rpartition(":")
    ported = colon and port.isdigit() and (":" not in name or name.endswith("]"))
    bare = name if ported else header
    return bare.strip("[]").removesuffix(".")


def path_of(request: Request) -> str:
    """The path without query string and fragment."""
    return request.path.partition("#")[0].partition("?")[0] or "/"


def wildcard_of(host: str) -> str:
    """`*.` and what follows the first label: a wildcard covers exactly one label."""
    return f"*.{host.partition('.')[2]}"


def path_elements(path: str) -> tuple[str, ...]:
    """A path's elements; a final slash is ignored, `/` has none."""
    inner = path.removeprefix("/").removesuffix("/")
    return tuple(inner.split("/")) if inner else ()


def host_level(pattern: str, host: str) -> int:
    """How closely a rule's host fits: 3 its own name, 2 a wildcard of one label, 1 any host, 0 not at all."""
    if pattern == "":
        return 1
    if pattern.startswith("*."):
        label, dot, rest = host.partition(".")
        return 2 if dot and label and rest == pattern[2:] else 0
    return 3 if pattern == host else 0


def path_holds(row: Row, path: str) -> bool:
    """Whether a path fits a row: Exact to the letter, everything else by element."""
    if row.path_type == EXACT:
        return row.path == path
    wanted = row.path.removeprefix("/").removesuffix("/")
    return wanted == "" or f"{path.removeprefix('/')}/".startswith(f"{wanted}/")


def loses_to(row: Row, winner: Row) -> str:
    """Why a row that matches does not win."""
    if len(path_elements(row.path)) < len(path_elements(winner.path)):
        return SHORTER
    if row.path_type != winner.path_type:
        return "Exact beats Prefix"
    return f"same host and path as in {winner.ingress.key}, which is older"

"""Rules beside rules: what is claimed twice and who wins it; paths that do not mean what they seem to."""

from collections.abc import Iterator
from dataclasses import dataclass

from sim.analysis.findings.classes import controller_family
from sim.analysis.findings.index import Index, finding, grouped, listed
from sim.cluster.assumed_controllers import wanted_class
from sim.manifests.decoding import shown
from sim.manifests.objects.collected import Finding, Manifests
from sim.manifests.objects.meta import Path
from sim.manifests.objects.networking import Ingress
from sim.routing import Request
from sim.routing.building import build
from sim.routing.controllers import INGRESS_NGINX, PROFILES
from sim.routing.controllers.ingress_nginx.values import PREFIX as NGINX_PREFIX


@dataclass(frozen=True)
class ClaimedPath:
    """One path of one Ingress.

    Args:
        place: the path of the field `path` below the Ingress.
        title: as in a trace, `NS/INGRESS rules[i].paths[j]`.
    """

    ingress: Ingress
    place: Path
    title: str
    host: str
    path: str
    path_type: str

    @property
    def line(self) -> str:
        """`FILE:LINE` of the path."""
        return self.ingress.line(*self.place) or self.ingress.key


def claims(index: Index) -> Iterator[ClaimedPath]:
    """All paths of all Ingresses, but for canaries, which share theirs on purpose."""
    for ingress in index.ingresses:
        if ingress.metadata.annotations.get(f"{NGINX_PREFIX}canary") == "true":
            continue
        for i, rule in enumerate(ingress.spec.rules):
            for j, path in enumerate(rule.http.paths if rule.http else ()):
                place = ("spec", "rules", i, "http", "paths", j, "path")
                title, host = f"{ingress.key} rules[{i}].paths[{j}]", (rule.host or "").lower()
                yield ClaimedPath(ingress, place, title, host, path.path or "/", path.path_type or "")


def claimed_twice(index: Index) -> Iterator[Finding]:
    """The same host and path more than once, and which one is served."""
    same = grouped(((wanted_class(c.ingress), c.host, c.path, c.path_type), c) for c in claims(index))
    for (_, host, path, _), rivals in same.items():
        if len(rivals) > 1:
            yield _competitors(index, host, path, rivals)


def _competitors(index: Index, host: str, path: str, rivals: tuple[ClaimedPath, ...]) -> Finding:
    winner = _winner(index, host, path, rivals)
    loser = next(c for c in reversed(rivals) if winner is None or c.title != winner.title)
    where = listed(c.line for c in rivals if c is not loser)
    message = f"host {shown(host or '*')} path {shown(path)} is claimed {len(rivals)} times, also at {where}"
    message += f"; {winner.title} wins" if winner else "; which one wins is up to the controller"
    return finding(loser.ingress, "SIM1301", "warning", message, loser.place, "keep one of them")


def _winner(index: Index, host: str, path: str, rivals: tuple[ClaimedPath, ...]) -> ClaimedPath | None:
    """The claim that serves a request for exactly this host and path, None if no controller here says."""
    mine = {c.ingress.key: c.ingress for c in rivals}
    cluster = build(Manifests(objects=(*mine.values(), *index.controllers_alone)))
    request = Request(host.replace("*", "any", 1) or "any.example", path)
    for controller in cluster.controllers:
        profile = PROFILES[controller.profile]
        rule = profile.decide(request, profile.table(cluster, controller)).rule
        found = next((c for c in rivals if c.title == rule), None)
        if found is not None:
            return found
    return None


def slash_twins(index: Index) -> Iterator[Finding]:
    """Prefix /a beside Prefix /a/: prefixes are compared by element, so both match the same requests."""
    prefixes = [c for c in claims(index) if c.path_type == "Prefix" and c.path != "/"]
    same = grouped(((wanted_class(c.ingress), c.host, c.path.rstrip("/")), c) for c in prefixes)
    for twins in same.values():
        other = next((c for c in twins[1:] if c.path != twins[0].path), None)
        if other is not None:
            message = f"Prefix {shown(other.path)} beside Prefix {shown(twins[0].path)} at {twins[0].line}"
            message += ": both match the same requests"
            fix = "keep one; for the path without the slash alone write Exact"
            yield finding(other.ingress, "SIM1302", "warning", message, other.place, fix)


def literal_stars(index: Index) -> Iterator[Finding]:
    """A star in a path that is compared letter by letter."""
    for claim in claims(index):
        reader = PROFILES.get(controller_family(index, claim.ingress) or "")
        is_pattern = claim.path_type not in {"Exact", "Prefix"} and reader is not None and reader.stars
        if claim.path.endswith("*") and not is_pattern:
            message = f"path {shown(claim.path)} of type {claim.path_type}: the star is a plain character"
            fix = f"path: {claim.path.rstrip('*') or '/'} with pathType: Prefix"
            yield finding(claim.ingress, "SIM1303", "warning", message, claim.place, fix)


def shared_regex_hosts(index: Index) -> Iterator[Finding]:
    """Ingresses whose paths become regular expressions because of another Ingress of the same host.

    Source: ingress-nginx user guide, "Ingress path matching": the setting counts for the whole host.
    """
    with_regex = {
        c.host: c.ingress for c in claims(index) if _uses_regex(c.ingress) and _is_nginx(index, c.ingress)
    }
    told = set()
    for claim in claims(index):
        cause = with_regex.get(claim.host)
        is_told = (claim.ingress.key, claim.host) in told
        if cause is None or is_told or _uses_regex(claim.ingress) or not _is_nginx(index, claim.ingress):
            continue
        told.add((claim.ingress.key, claim.host))
        message = f"its paths of host {shown(claim.host or '*')} are read as regular expressions"
        message += f" in any letter case: Ingress {cause.key} of that host uses use-regex or rewrite-target"
        fix = "give the paths with regular expressions a host of their own"
        yield finding(claim.ingress, "SIM1304", "warning", message, claim.place, fix)


def _uses_regex(ingress: Ingress) -> bool:
    annotations = ingress.metadata.annotations
    by_flag = annotations.get(f"{NGINX_PREFIX}use-regex") == "true"
    return by_flag or f"{NGINX_PREFIX}rewrite-target" in annotations


def _is_nginx(index: Index, ingress: Ingress) -> bool:
    return controller_family(index, ingress) in {INGRESS_NGINX.name, None}


CHECKS = (claimed_twice, slash_twins, literal_stars, shared_regex_hosts)

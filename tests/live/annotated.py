"""Servers and locations of the controller of kubernetes/ingress-nginx, from Ingresses with annotations.

Who wins a host and a path, what a location is asked, and whose canary takes a part of it; nothing of `sim` is
used. Source: kubernetes/ingress-nginx at dbb11b92d, internal/ingress/controller (controller.go, store.go).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from live.behind import READY, Behind, key_of, namespace_of
from live.nginx import ANY_HOST, NOBODY
from live.tables import Manifest

DEFAULT = "default"
PREFIX = "nginx.ingress.kubernetes.io/"


class Place(NamedTuple):
    """A path of a host.

    Args:
        service: `NAMESPACE/NAME:PORT`, or NOBODY.
        state: what is there.
        ingress: `NAMESPACE/NAME`; empty: the controller's own.
        said: the annotations of its Ingress.
        free: whether a rule for `/` may still take it over.
    """

    path: str
    kind: str
    service: str = NOBODY
    state: str = READY
    ingress: str = ""
    said: Mapping[str, str] = {}
    free: bool = False

    @property
    def by_regex(self) -> bool:
        """Whether its path is an expression, and so every path of its host."""
        target = self.said.get("rewrite-target", "")
        return self.said.get("use-regex") == "true" or target not in ("", self.path)


class Row(NamedTuple):
    """A path of a rule, and its backend."""

    host: str
    path: str
    kind: str
    backend: Mapping[str, Any]


class Canary(NamedTuple):
    """The Service that takes a part, and the annotations of its Ingress."""

    service: str
    said: Mapping[str, str]


def said(ingress: Manifest) -> dict[str, str]:
    """The annotations without their prefix."""
    given = ingress["metadata"].get("annotations") or {}
    return {name.removeprefix(PREFIX): value for name, value in given.items()}


def ingresses_of(objects: Iterable[Manifest]) -> list[Manifest]:
    """Oldest first; within a second, the last name of the alphabet first."""
    listed = [o for o in objects if o["kind"] == "Ingress"]
    by_name = sorted(listed, key=key_of, reverse=True)
    return sorted(by_name, key=lambda i: str(i["metadata"].get("creationTimestamp", "")))


def _is_canary(ingress: Manifest) -> bool:
    return said(ingress).get("canary") == "true"


def rows(ingress: Manifest) -> Iterator[Row]:
    """The paths of an Ingress, in order."""
    for rule in ingress["spec"].get("rules") or ():
        for row in rule.get("http", {}).get("paths", ()):
            kind = "Exact" if row["pathType"] == "Exact" else "Prefix"
            yield Row(rule.get("host") or ANY_HOST, row.get("path") or "/", kind, row["backend"]["service"])


def found(behind: Behind, ingress: Manifest, backend: Mapping[str, Any]) -> tuple[str, str]:
    """The Service port that a backend means, and what is there."""
    port = backend.get("port") or {}
    key = f"{namespace_of(ingress)}/{backend['name']}"
    return behind.find(key, port.get("number") or port.get("name"))


def servers(objects: Iterable[Manifest], behind: Behind) -> dict[str, list[Place]]:
    """Host -> its locations; `/` is always among them, and a rule takes it over."""
    read = [i for i in ingresses_of(objects) if not _is_canary(i)]
    catch_all = [i for i in read if not i["spec"].get("rules") and "defaultBackend" in i["spec"]]
    made = {ANY_HOST: [_rest(catch_all[0], behind) if catch_all else Place("/", "Prefix", free=True)]}
    for ingress in read:
        for rule in ingress["spec"].get("rules") or ():
            made.setdefault(rule.get("host") or ANY_HOST, [_rest(ingress, behind)])
    for ingress in read:
        for row in rows(ingress):
            service, state = found(behind, ingress, row.backend)
            place = Place(row.path, row.kind, service, state, key_of(ingress), said(ingress))
            _add(made[row.host], place)
    return made


def _rest(ingress: Manifest, behind: Behind) -> Place:
    """The location `/` of a host until a rule takes it."""
    place = Place("/", "Prefix", ingress=key_of(ingress), said=said(ingress), free=True)
    default = ingress["spec"].get("defaultBackend")
    if default is None:
        return place
    service, state = found(behind, ingress, default["service"])
    return place._replace(service=service, state=state)


def _add(places: list[Place], new: Place) -> None:
    at = next((n for n, old in enumerate(places) if old.path == new.path), None)
    if at is None or places[at].kind != new.kind:
        places.append(new)
    elif places[at].free:
        places[at] = new


def canaries_of(objects: Iterable[Manifest], behind: Behind) -> dict[str, Canary]:
    """Those of `offered` where something is ready."""
    return {main: canary for main, (canary, state) in offered(objects, behind).items() if state == READY}


def offered(objects: Iterable[Manifest], behind: Behind) -> dict[str, tuple[Canary, str]]:
    """Service of the main Ingress -> that of the canary of the same host and path, and what is there."""
    read = ingresses_of(objects)
    main = {
        (row.host, row.path, row.kind): found(behind, i, row.backend)[0]
        for i in read
        if not _is_canary(i)
        for row in rows(i)
    }
    made: dict[str, tuple[Canary, str]] = {}
    for ingress in (i for i in read if _is_canary(i)):
        for row in rows(ingress):
            place = (row.host, row.path, row.kind)
            service, state = found(behind, ingress, row.backend)
            if place in main:
                made.setdefault(main[place], (Canary(service, said(ingress)), state))
    return made


def secrets(objects: Iterable[Manifest]) -> dict[str, str]:
    """Host -> `NAMESPACE/SECRET` of its certificate, DEFAULT where none is for it; the first Ingress wins.

    Only hosts of Ingresses that speak of TLS have one. A certificate covers the hosts that stand beside it.
    """
    made: dict[str, str] = {}
    for ingress in (i for i in ingresses_of(objects) if not _is_canary(i)):
        entries = ingress["spec"].get("tls") or ()
        for host in (rule.get("host") for rule in ingress["spec"].get("rules") or ()):
            if host and entries:
                made.setdefault(host, _secret(host, ingress, entries))
    return made


def _secret(host: str, ingress: Manifest, entries: Iterable[Mapping[str, Any]]) -> str:
    """By the entry that names the host, else by one whose certificate covers it."""
    wildcard = f"*.{host.partition('.')[2]}"
    by_name = next((e for e in entries if host in (e.get("hosts") or ())), None)
    covering = (e for e in entries if e.get("secretName") and wildcard in (e.get("hosts") or [wildcard]))
    entry = by_name if by_name is not None else next(covering, {})
    return f"{namespace_of(ingress)}/{entry['secretName']}" if entry.get("secretName") else DEFAULT


def ordered(places: Iterable[Place]) -> list[Place]:
    """The longest text first."""
    by_text = sorted(places, key=lambda place: place.path, reverse=True)
    return sorted(by_text, key=lambda place: len(place.path), reverse=True)


def names(places: list[Place]) -> Iterator[tuple[str, Place]]:
    """The locations of a server as nginx names them; where one is a regular expression, all are."""
    by_regex = any(place.by_regex for place in places)
    exact = {place.path for place in places if place.kind == "Exact"}
    for place in ordered(places):
        if by_regex:
            yield f'~* "^{place.path}"', place
        elif place.kind == "Exact":
            yield f'= "{place.path}"', place
        elif place.path == "/":
            yield '"/"', place
        else:
            yield f'"{place.path.rstrip("/")}/"', place
            if place.path not in exact:
                yield f'= "{place.path}"', place


def refused(objects: list[Manifest]) -> bool:
    """Whether two locations would be one: nginx takes no such configuration."""
    for places in servers(objects, Behind(objects)).values():
        listed = [name for name, _ in names(places)]
        if len(set(listed)) < len(listed):
            return True
    return False

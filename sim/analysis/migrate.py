"""The way to the Gateway API, proved: the same requests asked of what there is and of what would be written.

The objects are written as text and read back before anything is asked, so that what is proved is what stands
in the files. Answers are compared in what client and application see of them: state, status, backend, where
a redirect leads, and what is sent upstream. A place that is written otherwise and means the same is alike.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from sim import __version__
from sim.analysis.diff import Change, Side, answer_in_words, changes, source, why
from sim.analysis.findings.index import grouped as by_key
from sim.analysis.migrate_causes import Cause, cause_of
from sim.analysis.migrate_requests import besides
from sim.analysis.probes import derived_requests
from sim.analysis.trace import setup_with
from sim.cluster.cluster import Cluster
from sim.cluster.setup import ControllerSetup, Setup
from sim.errors import UsageError, one_of
from sim.manifests.objects.collected import Finding, Manifests, Unmodelled
from sim.manifests.objects.gateway_api import GatewayClass
from sim.manifests.objects.networking import Ingress, IngressClass
from sim.manifests.reading.loading import load_text
from sim.plans.changes import with_objects, without
from sim.plans.migration import LeftOut, Migration, migration
from sim.plans.migration.gateways import Moved
from sim.routing import Request, Trace
from sim.routing.building import build
from sim.routing.controllers import ENVOY_GATEWAY, profile_of_gateways
from sim.routing.controllers.ingress_nginx.names import DEFAULT_CERTIFICATE
from sim.routing.trace import DEFAULT_PORTS
from sim.routing.unmodelled import left_out, may_change
from sim.units import attributes, counted, html_table

TARGETS = (ENVOY_GATEWAY.name,)
"""Where to: profiles that a migration can be written for."""

DEFAULT_TARGET = ENVOY_GATEWAY.name

UNANSWERED = frozenset({"no-listener", "not-http", "tls-failed"})
"""How a connection ends that no listener takes."""


@dataclass(frozen=True)
class Unlike:
    """A request with two answers.

    Args:
        changes: what differs, at least one thing.
        cause: what makes the difference; None: it is not known, and both reasons are given.
    """

    request: Request
    old: Trace
    new: Trace
    changes: tuple[Change, ...]
    cause: Cause | None = None

    @property
    def kind(self) -> tuple[Any, ...]:
        """What differences of one cause have in common."""
        if self.cause is not None:
            return (self.cause.name, self.cause.ingress)
        names = tuple(c.name for c in self.changes)
        answers = ((f.state, f.status, f.backend, f.rule, f.code) for f in (self.old.final, self.new.final))
        return (*answers, names)

    def to_json(self) -> dict[str, Any]:
        """As `sim migrate -o json` shows it."""
        old, new = (
            {
                "answer": answer_in_words(t), "state": t.final.state, "status": t.final.status,
                "backend": t.final.backend, "rule": t.final.rule, "why": why(t), "source": source(t),
            }
            for t in (self.old, self.new)
        )  # fmt: skip
        return {
            "request": attributes(self.request, "method url headers"),
            "differs": [{"what": c.name, "old": c.old, "new": c.new} for c in self.changes],
            "old": old,
            "new": new,
            "cause": None if self.cause is None else self.cause.to_json(),
        }


@dataclass(frozen=True)
class Migrated:
    """What was written, and how it answers.

    Args:
        written: the objects, and what is not in them.
        asked: how many requests.
        unlike: those that are answered otherwise, in the order of asking.
        faults: what the API server refuses of the objects as they were; what is written passes.
        unmodelled: of the old side, what may change an answer and is not modelled.
    """

    written: Migration
    asked: int
    unlike: tuple[Unlike, ...]
    faults: tuple[Finding, ...] = ()
    unmodelled: tuple[Unmodelled, ...] = ()
    target: str = ENVOY_GATEWAY.name

    @property
    def alike(self) -> int:
        """How many requests have the same answer."""
        return self.asked - len(self.unlike)

    @property
    def grouped(self) -> list[tuple[Unlike, int]]:
        """The first difference of each cause, and how many there are of it."""
        groups = by_key((one.kind, one) for one in self.unlike).values()
        return [(group[0], len(group)) for group in groups]

    @property
    def left(self) -> tuple[LeftOut, ...]:
        """What is not carried over."""
        return self.written.left

    def status(self, strict: bool = False) -> int:
        """The exit status: 2 refused, 1 a difference or something that is not carried over, 0 all alike.

        Args:
            strict: whether what may change an answer and is not modelled counts as a difference.
        """
        if self.faults:
            return 2
        return int(bool(self.unlike or self.left) or (strict and bool(self.unmodelled)))

    def to_json(self) -> dict[str, Any]:
        """The published form, schema sim.migrate/1."""
        return {
            "schema": "sim.migrate/1",
            "to": self.target,
            "objects": [attributes(o, "kind namespace name file") for o in self.written.objects],
            "manifests": self.written.text(),
            "requests": self.asked,
            "alike": self.alike,
            "differences": [one.to_json() for one in self.unlike],
            "left_out": [attributes(one, "what ingress changes choices source") for one in self.left],
            "not_read": list(self.written.unread),
            "unmodelled": [u.to_json() for u in self.unmodelled],
            "version": __version__,
        }

    def _repr_html_(self) -> str:
        rows = [(u.request.url, answer_in_words(u.old), answer_in_words(u.new)) for u in self.unlike]
        return html_table(f"{self.alike} of {self.asked} requests answer alike; the others: old, new", rows)


def migrate(
    manifests: Manifests,
    to: str = ENVOY_GATEWAY.name,
    controller: str | None = None,
    requests: Sequence[Request] | None = None,
) -> Migrated:
    """Objects of the Gateway API in the place of Ingresses, and whether they answer alike.

    Args:
        manifests: what was read.
        to: the profile that shall answer.
        controller: the profile that answers now, instead of the one that runs.
        requests: what is asked of both; None: what borders on the rules of either.

    Raises:
        UsageError: there is no such profile, or no Ingress that a controller reads.
    """
    one_of(to, TARGETS, "target")
    refused = tuple(f for f in manifests.faults if f.severity == "error")
    taken = _taken(manifests, refused)
    old = build(taken, setup_with(controller, Setup()))
    written = migration(old)
    if not written.moved:
        raise UsageError(_nothing(manifests, refused))
    new = _built(old, taken, written)
    asked = [*filter(_is_http, derived_requests(old, new)), *besides(old)] if requests is None else requests
    found = tuple(u for moved in written.moved for u in _unlike(old, new, moved, asked, written.left))
    doubts = tuple(may_change(left_out(old, controller).entries))
    return Migrated(written, len(asked) * len(written.moved), found, refused, doubts, to)


def _is_http(request: Request) -> bool:
    return request.is_http


def _taken(manifests: Manifests, refused: Iterable[Finding]) -> Manifests:
    """The manifests without the Ingresses that the API server refuses: none of them is ever read."""
    keys = {fault.key for fault in refused if fault.kind == "Ingress"}
    kept = tuple(o for o in manifests.objects if not (isinstance(o, Ingress) and o.key in keys))
    return replace(manifests, objects=kept)


def _nothing(manifests: Manifests, refused: Iterable[Finding]) -> str:
    count = sum(1 for _ in manifests.of(Ingress))
    if not count:
        return "no Ingress in these manifests: nothing to migrate"
    if any(fault.kind == "Ingress" for fault in refused):
        return "the API server refuses these Ingresses, or no controller reads them: nothing to migrate"
    return f"no controller reads any of {counted(count, 'Ingress')}: nothing to migrate"


def _built(old: Cluster, manifests: Manifests, written: Migration) -> Cluster:
    """The cluster with what is written, read back from its text.

    Raises:
        AssertionError: the API server would refuse some of it.
    """
    parts = [load_text(written.text(file), file) for file in written.files]
    wrong = [f"{f.source}: {f.message}" for read in parts for f in read.faults if f.severity == "error"]
    assert not wrong, wrong
    objects = (o for read in parts for o in read.objects)
    twin = with_objects(without(manifests, (Ingress, IngressClass)), objects)
    classes = (c.spec.controller_name for c in twin.of(GatewayClass))
    running = tuple(_running(name) for name in dict.fromkeys(classes))
    return build(replace(twin, unmodelled=()), replace(old.setup, controllers=running, profile=None))


def _running(controller: str) -> ControllerSetup:
    known = profile_of_gateways(controller)
    return ControllerSetup(controller, (known or ENVOY_GATEWAY).name)


def _unlike(
    old: Cluster, new: Cluster, moved: Moved, asked: Iterable[Request], left: tuple[LeftOut, ...]
) -> Iterator[Unlike]:
    """The requests whose answers differ at one entrance; only those are explained."""
    front = next((k for k in moved.controller.services if old.services[k].wants_load_balancer), None)
    sides = Side(old, to=f"lb:{front}" if front else None), Side(new, to=f"gateway:{moved.gateway}")
    for request in asked:
        quick = [side.trace(request, explain=False) for side in sides]
        if any(unlike(*quick)):
            before, after = (side.trace(request) for side in sides)
            found = tuple(unlike(before, after)) or tuple(unlike(*quick))
            yield Unlike(request, before, after, found, cause_of(request, before, after, found, left))


def unlike(old: Trace, new: Trace) -> Iterator[Change]:
    """What differs between two answers, to client and application; not where redirects end at last.

    TLS that is passed on is https to one proxy and bytes to the other. Where nobody was served, a 404 under a
    certificate that no client takes is a handshake that fails.
    """
    if unserved(old, new):
        return
    for change in changes(old, new):
        same_place = change.name == "location" and _meant(old, change.old) == _meant(new, change.new)
        passed = change.name == "upstream_scheme" and change.sides == ("https", "tcp")
        if not same_place and not passed and change.name not in ("loop", "set_cookie"):
            yield change
    for name in ("at_once", "set_cookie"):
        before, after = ((getattr(t.final.sent, name) or None) if t.final.sent else None for t in (old, new))
        if before != after:
            yield Change(name, before, after)


def unserved(old: Trace, new: Trace) -> bool:
    """Whether neither side serves a name, for it has no rule and no certificate of its own."""
    before, after = old.final, new.final
    no_rule = before.status == 404 and before.rule is None and before.certificate == DEFAULT_CERTIFICATE
    return no_rule and after.state in UNANSWERED


def _meant(trace: Trace, location: str) -> tuple[Any, ...]:
    """Where a Location leads: an empty path is `/`, a port that the scheme implies is none."""
    parts = urlsplit(location)
    scheme = parts.scheme or trace.request.scheme
    port = parts.port or DEFAULT_PORTS.get(scheme)
    host = parts.hostname or trace.request.host.lower()
    return scheme, host, port, parts.path or "/", parts.query

"""What a controller does with a request: send it to a Service, redirect, answer, refuse, split by chance."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

from sim.manifests.objects.networking import IngressBackend
from sim.routing.controllers.rows import Row
from sim.routing.final import Forwarded
from sim.routing.proxies.balancing import NOTHING_ASKED, Asks
from sim.routing.trace import Note, Step

Via = Literal["pods", "service", "nodes"]
"""Straight to Pod addresses; to the ClusterIP and its kube-proxy; to the NodePort of a node, from outside."""


AS_SENT = Forwarded()


@dataclass(frozen=True, kw_only=True)
class Decided:
    """What every decision says, whatever it is.

    Args:
        rule: as in the case format.
        row: the row behind it, None for what no path decides.
        certificate: `NAMESPACE/SECRET` or `default`; None without TLS.
        steps: what was looked at after the row was found.
        notes: what a person should know beside the answer.
    """

    rule: str | None = None
    row: Row | None = None
    code: str | None = None
    because: str = ""
    source: str | None = None
    certificate: str | None = None
    steps: tuple[Step, ...] = ()
    notes: tuple[Note, ...] = ()

    def redirect(
        self,
        status: int,
        location: str,
        code: str,
        because: str,
        source: str | None = None,
        way_out: str = "",
    ) -> RedirectTo:
        """The same row, answered with a redirect instead; `source` is that of the row unless it is given."""
        about = self._about(code, because, source)
        return RedirectTo(status=status, location=location, way_out=way_out, **about)

    def answer(self, status: int, code: str, because: str, source: str | None = None) -> OwnAnswer:
        """The same row, answered by the controller itself instead."""
        return OwnAnswer(status=status, **self._about(code, because, source))

    def served_by(self, service: str, code: str, because: str) -> SendTo:
        """The Service `NAMESPACE/NAME` takes the request instead, at its first port."""
        namespace, _, name = service.partition("/")
        backend = IngressBackend.model_validate({"service": {"name": name}})
        return SendTo(namespace=namespace, backend=backend, **self._about(code, because, None))

    def _about(self, code: str, because: str, source: str | None) -> dict[str, Any]:
        where = {"row": self.row, "rule": self.rule, "source": source or self.source}
        return {**where, "code": code, "because": because, "certificate": self.certificate}


@dataclass(frozen=True, kw_only=True)
class SendTo(Decided):
    """The request, or with `passes_tls` the bytes of the connection, go to a Service.

    Args:
        namespace, backend: the backend as written, and where it is looked up.
        fallback: `NAMESPACE/NAME` of the Service that takes over when the backend has no endpoint.
        passes_tls: TLS is not ended here: bytes go on by SNI alone; the certificate is the backend's.
    """

    namespace: str
    backend: IngressBackend
    via: Via = "pods"
    forwarded: Forwarded = AS_SENT
    fallback: str | None = None
    passes_tls: bool = False


@dataclass(frozen=True, kw_only=True)
class RedirectTo(Decided):
    """The client is sent elsewhere.

    Args:
        way_out: how to take this redirect away, should it be one of a loop.
    """

    status: int
    location: str
    way_out: str = ""


@dataclass(frozen=True, kw_only=True)
class OwnAnswer(Decided):
    """The controller answers itself."""

    status: int


@dataclass(frozen=True, kw_only=True)
class RefuseHandshake(Decided):
    """Nothing is answered at all; `passing`: TLS was to be passed through, and there is nowhere to go."""

    passing: bool = False


@dataclass(frozen=True)
class WeightedDecision:
    """One of several ways on, and how likely it is for a request."""

    probability: float
    decision: SendTo


@dataclass(frozen=True, kw_only=True)
class Split(Decided):
    """Chance decides: every way on with its probability; they sum to one."""

    shares: tuple[WeightedDecision, ...]

    @property
    def likeliest(self) -> WeightedDecision:
        """The share with the greatest probability, the first of equals."""
        return max(self.shares, key=lambda share: share.probability)


Decision = SendTo | RedirectTo | OwnAnswer | RefuseHandshake | Split


def sent_by(decision: Decision, via: Via) -> Decision:
    """The same decision; what is sent to a Service goes this way."""
    return replace(decision, via=via) if isinstance(decision, SendTo) else decision


def asking(decision: Decision, asks: Asks) -> Decision:
    """The same decision; what is sent to a Service asks this about choosing a Pod."""
    if not isinstance(decision, SendTo) or asks == NOTHING_ASKED:
        return decision
    return replace(decision, forwarded=replace(decision.forwarded, balancing=asks))


def sent_to_row(row: Row, certificate: str | None = None) -> SendTo:
    """The row serves."""
    return SendTo(
        namespace=row.namespace,
        backend=row.backend,
        rule=row.rule,
        row=row,
        source=row.source,
        certificate=certificate,
    )

"""The values of a decision: Request, Step, Hop and Trace. Frozen, and able to show themselves.

A Trace is ordered hops; a hop is ordered steps; a step is a row that held or not, and why. There is exactly
one final state. The shape is that of a trace of a network analyser (disposition, hops, steps).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any, Literal, get_args
from urllib.parse import SplitResult, urlsplit

from sim import __version__
from sim.cluster.cluster import Assumption, Controller
from sim.cluster.families import Family, at_port, canonical, family_of
from sim.errors import UsageError
from sim.manifests.objects.collected import Finding, Unmodelled
from sim.routing.final import Final
from sim.routing.grpc_status import grpc_status, seen_by_grpc
from sim.routing.patch import TriedPatch
from sim.routing.proxies.playing import Chooser
from sim.units import attributes, published

HopKind = Literal["client", "load-balancer", "node", "controller", "service", "pod"]

HOP_KINDS: tuple[HopKind, ...] = get_args(HopKind)

CLIENTS: Mapping[Family, str] = {"IPv4": "203.0.113.9", "IPv6": "2001:db8:c::9"}
"""A client whose address nobody states: it has one of each family."""

if TYPE_CHECKING:
    from sim.cluster.life.moment import ClusterMoment
    from sim.cluster.life.news import PodNews

DEFAULT_PORTS = {"http": 80, "https": 443}
GRPC = {"grpc": "http", "grpcs": "https"}
"""Scheme of a gRPC call, as clients write it -> scheme of the request that it is."""

SCHEMES = (*DEFAULT_PORTS, "tcp", "udp", "sctp", "tls", *GRPC)
INSIDE_HTTP = {"ws": "http", "wss": "https"}
"""Scheme of a protocol that is spoken inside HTTP -> scheme of its request."""

GRPC_CONTENT = "application/grpc"


@dataclass(frozen=True)
class Request:
    """One request, as a client sends it.

    Args:
        path: path and query string, as typed.
        port: None if the client typed none; then it is no part of the Host header.
        sni: server name of the TLS handshake; None: the host; empty: the client sends none.
        proxied_port: the port that a load balancer names in the PROXY protocol; None: it does not speak it.
        over: the family that a client of both takes; None: IPv4, where the name has such an address.
    """

    host: str
    path: str = "/"
    method: str = "GET"
    scheme: str = "http"
    port: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    sni: str | None = None
    client_ip: str = "203.0.113.9"
    proxied_port: int | None = None
    over: Family | None = None

    @property
    def family(self) -> Family | None:
        """The family that the client must take; None: it has an address of both."""
        return self.over if self.client_ip in CLIENTS.values() else family_of(self.client_ip)

    @property
    def target_port(self) -> int:
        """The port that the connection is opened to."""
        return self.port or DEFAULT_PORTS.get(self.scheme, 443 if self.scheme == "tls" else 0)

    @property
    def is_http(self) -> bool:
        """Whether it speaks HTTP; otherwise it is a bare connection, or TLS around anything."""
        return self.scheme in DEFAULT_PORTS

    @property
    def is_grpc(self) -> bool:
        """Whether it is a gRPC call: a request whose content is gRPC's."""
        given = (value for name, value in self.headers.items() if name.lower() == "content-type")
        return self.is_http and next(given, "").startswith(GRPC_CONTENT)

    @property
    def opens_tls(self) -> bool:
        """Whether it begins with a TLS handshake."""
        return self.scheme in {"https", "tls"}

    @property
    def protocol(self) -> str:
        """What carries it: TCP, UDP or SCTP."""
        return self.scheme.upper() if self.scheme in {"udp", "sctp"} else "TCP"

    @property
    def host_header(self) -> str:
        """What stands in the Host header: a header of that name wins over the URL."""
        given = next((v for k, v in self.headers.items() if k.lower() == "host"), None)
        return given or (self.host_in_url if self.port is None else at_port(self.host, self.port))

    @property
    def server_name(self) -> str | None:
        """The SNI of the handshake, None without TLS."""
        if not self.opens_tls:
            return None
        none_sent = self.sni == "" and self.scheme == "tls"
        return None if none_sent else self.sni or self.host

    @property
    def host_in_url(self) -> str:
        """The host; an IPv6 address stands in brackets."""
        return f"[{self.host}]" if ":" in self.host else self.host

    @property
    def url(self) -> str:
        """The URL, as a client would type it."""
        port = "" if self.port is None else f":{self.port}"
        return f"{self.scheme}://{self.host_in_url}{port}{self.path if self.is_http else ''}"

    @classmethod
    def parse(
        cls, url: str, *, method: str = "GET", headers: Mapping[str, str] | None = None,
        client_ip: str = "203.0.113.9", sni: str | None = None,
    ) -> Request:  # fmt: skip
        """Read a URL; without a scheme it is http.

        Args:
            url: of http, https, tcp, udp, sctp or tls; grpc://HOST/PACKAGE.SERVICE/METHOD (grpcs over TLS).
            method, headers: of the request; header names in any letter case.
            client_ip: source address of the client.
            sni: server name of the TLS handshake; None: the host.

        Raises:
            UsageError: it has no host, or a port that is no number.
        """
        parts, port = _parts_and_port(url)
        if not parts.hostname:
            raise UsageError(f"{url}: no host; write for example http://shop.example.com/cart")
        if parts.scheme not in SCHEMES:
            raise UsageError(f"{url}: scheme {parts.scheme} is none of {', '.join(SCHEMES)}{_written(parts)}")
        if parts.scheme in GRPC:
            method, headers = "POST", {"content-type": GRPC_CONTENT, **(headers or {})}
            parts = parts._replace(scheme=GRPC[parts.scheme])
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        host = parts.netloc.rpartition("@")[2]
        host = host.rpartition(":")[0] if port is not None else host.rstrip(":")
        bare = canonical(host.strip("[]"))
        return cls(bare, path, method, parts.scheme, port, headers or {}, sni, client_ip)


def _written(parts: SplitResult) -> str:
    """How to ask about a protocol that is spoken inside HTTP: the end of a sentence."""
    scheme = INSIDE_HTTP.get(parts.scheme)
    if scheme is None:
        return ""
    more = "a WebSocket begins as a request: add -H 'Upgrade: websocket' -H 'Connection: Upgrade'"
    return f"\n  fix: write {parts._replace(scheme=scheme).geturl()}; {more}"


def _parts_and_port(url: str) -> tuple[SplitResult, int | None]:
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
    except ValueError as error:
        raise UsageError(f"{url}: no URL: {error}") from None
    if any(c.isspace() or not c.isprintable() for c in parts.netloc):
        raise UsageError(f"{url}: a space or control character in the host; quote what the shell would split")
    try:
        return parts, parts.port
    except ValueError:
        raise UsageError(f"{url}: the port is no number from 0 to 65535") from None


@dataclass(frozen=True)
class RuleParts:
    """What a rule compares with a request, and where it sends what fits.

    Args:
        host: empty: any host; of several the route's names, joined by `, `.
        type: of the path: Exact, Prefix and so on.
        service: `NAME:PORT`, of several joined by `, `; empty where it names no Service.
        order: in which the controller reads its rules.
    """

    host: str
    path: str
    type: str
    service: str
    order: int = 0


COMPARED_AFTER_HOST = {"path", "method", "header", "query"}
"""The parts of a row that are compared once its host fits."""


@dataclass(frozen=True)
class Step:
    """One row that was looked at: a rule, a check, a fact.

    Args:
        failed: the part that did not hold: class, host, path, …; empty if the row held.
        wins: the row that decided.
        rule: which rule the row is, as in the case format; empty for what is no rule.
        reason: of the condition that did not hold, where the API names one.
        way_out: what would make a controller use a row that it leaves out; empty: nothing is known to.
        source: `FILE:LINE`, None for what is assumed or built in.
        parts: of a rule, as values; None for what is no rule.
    """

    row: str
    held: bool
    because: str
    source: str | None = None
    failed: str = ""
    wins: bool = False
    rule: str = ""
    reason: str = ""
    way_out: str = ""
    parts: RuleParts | None = None

    @property
    def title(self) -> str:
        """The row in a phrase; of another host what sets it apart, which is that host."""
        return self.row if self.parts is None or self.host_fits else f"{self.parts.host}{self.parts.path}"

    @property
    def host_fits(self) -> bool:
        """Whether the row's host is not what keeps it from holding."""
        return "host" not in self.failed.split("+")

    @property
    def path_fits(self) -> bool | None:
        """Whether the row's path fits; None: it was not compared, for the host differs or nobody reads it."""
        failed = set(filter(None, self.failed.split("+")))
        return None if failed - COMPARED_AFTER_HOST else "path" not in failed

    def to_json(self) -> dict[str, Any]:
        """The step as `sim trace -o json` shows it."""
        more = {name: value for name, value in (("failed", self.failed), ("wins", self.wins)) if value}
        parts = attributes(self.parts, "host path type service") if self.parts else {}
        return attributes(self, "row held because source") | more | parts


@dataclass(frozen=True)
class Branch:
    """One way on from a hop, and how likely it is for a new connection or request."""

    to: str
    probability: float


@dataclass(frozen=True)
class Hop:
    """One place on the way.

    Args:
        at_s: typical time since the client decided to send, without queues.
        before, after: source, destination, protocol, host, path, headers; `after` only what changed.
        says: the decision in one line, for the terminal.
        choosers: how a proxy chooses among several Pods; one for each Service that it may send this to.
        news: of a cluster at a moment, what whoever chooses here hears of Pods that come and go.
    """

    name: str
    kind: HopKind
    at_s: float
    says: str
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)
    steps: tuple[Step, ...] = ()
    branches: tuple[Branch, ...] = ()
    choosers: tuple[Chooser, ...] = ()
    news: tuple[PodNews, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The hop as `sim trace -o json` shows it."""
        shown = attributes(self, "name kind at_s says before after steps branches")
        choices = {"choices": published(self.choosers)} if self.choosers else {}
        news = {"news": published(self.news)} if self.news else {}
        return shown | {"at_s": round(self.at_s, 9)} | choices | news


@dataclass(frozen=True)
class Note:
    """Something beside the answer that a person should know."""

    code: str | None
    message: str
    source: str | None = None


@dataclass(frozen=True)
class Trace:
    """What happens to one request, hop by hop, and why. Ends in exactly one final state.

    Args:
        controller: name of the profile whose rules decided; None if none did.
        done_s: when the last byte is back, without queues.
        seed: of the draw of one Pod among equals; None: nothing was drawn.
        faults: of objects on its way that the API server would refuse: no answer can be trusted then.
        patch: the change of the manifests that would serve it; None: it needs none, or none was looked for.
        proxy: the controller, or the proxies of a Gateway, whose rules decided.
        moment: of the cluster's life, at which it is sent; None: nothing changes.
    """

    request: Request
    controller: str | None
    hops: tuple[Hop, ...]
    final: Final
    done_s: float = 0.0
    notes: tuple[Note, ...] = ()
    assumptions: tuple[Assumption, ...] = ()
    unmodelled: tuple[Unmodelled, ...] = ()
    seed: int | None = None
    faults: tuple[Finding, ...] = ()
    patch: TriedPatch | None = None
    proxy: Controller | None = None
    moment: ClusterMoment | None = None

    def __len__(self) -> int:
        return len(self.hops)

    def __getitem__(self, index: int) -> Hop:
        return self.hops[index]

    def status(self, strict: bool = False) -> int:
        """The exit status: 0 if every branch ends well, 2 if an object on the way is refused.

        Args:
            strict: whether what is not modelled and may change the answer counts as a bad end.
        """
        if self.faults:
            return 2
        doubtful = strict and any(u.may_change_answer for u in self.unmodelled)
        return 0 if self.final.fine and not doubtful else 1

    def _repr_html_(self) -> str:
        """A table of hops with the rows that were looked at, and the one end."""
        head = "<tr><th>#<th>ms<th>hop<th>what it decides, and why"
        rows = "".join(_hop_html(number, hop) for number, hop in enumerate(self.hops, 1))
        status = f" {self.final.status}" if self.final.status is not None else ""
        end = f"<p><b>{escape(self.final.state)}{status}</b> {escape(self.final.message)}"
        return f"<table>{head}{rows}</table>{end}{''.join(_ends_html(self.final))}"

    @property
    def grpc_status(self) -> str | None:
        """What a gRPC client sees; None: the application answers, or it is no gRPC call."""
        return grpc_status(self.final) if self.request.is_grpc else None

    def _final_json(self) -> dict[str, Any]:
        shown = self.final.to_json() | (self.patch.to_json() if self.patch else {})
        if not self.request.is_grpc:
            return shown
        for one, row in zip(self.final.outcomes, shown.get("outcomes", ()), strict=True):
            row |= seen_by_grpc(one)
        return shown | seen_by_grpc(self.final)

    def to_json(self, version: str = __version__) -> dict[str, Any]:
        """The trace in the published form, schema sim.trace/1."""
        request = self.request
        return {
            "schema": "sim.trace/1",
            "request": {
                **attributes(request, "method url scheme host path port headers"),
                "sni": request.server_name,
                "client_ip": request.client_ip,
            },
            **attributes(self, "controller assumptions hops"),
            "final": self._final_json(),
            **attributes(self, "unmodelled notes seed"),
            **({"moment_s": self.moment.at_s} if self.moment is not None else {}),
            "version": version,
        }


def _ends_html(final: Final) -> Iterator[str]:
    """Each end with its share where there are several, and each backend that gets a copy."""
    for one in final.outcomes:
        end = " ".join(str(part) for part in (one.state, one.status, one.backend) if part)
        yield f"<br>{100 * one.probability:.3g} % {escape(end)}"
    for copy in final.mirrors:
        yield f"<br>a copy of {100 * copy.share:.3g} % goes to {escape(copy.backend)} {escape(copy.lost)}"


def _hop_html(number: int, hop: Hop) -> str:
    steps = [s for s in hop.steps if s.rule or hop.kind == "service"] if hop.kind != "node" else []
    cell = f"<tr><th>{number}<td>{hop.at_s * 1e3:.1f}<td>{escape(hop.name)}<td>{escape(hop.says)}"
    return cell + "".join(f"<br>{_step_html(step)}" for step in steps)


def _step_html(step: Step) -> str:
    source = f" <code>{escape(step.source)}</code>" if step.source else ""
    text = f"{escape(step.title)}: {escape(step.because)}{source}"
    return f"<b>▸ {text}</b>" if step.wins else text

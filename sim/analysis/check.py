"""Unit tests for routes: a request, what it should get, and what it gets.

A case document holds manifests (or names files beside it), the controllers that run, and cases; the format
stands in tests/conformance/cases/routing. Only the keys that an expectation gives are compared; `status: 200`
means that an application served. Why a request ends as it does is looked for where a case fails, or where the
end has a code.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sim import __version__
from sim.analysis.check_shapes import EXPECT, check_case_shape, check_document_shape
from sim.analysis.rule_use import RuleUse, all_uses, rule_use
from sim.cluster.assumed_controllers import profile_of_controller
from sim.cluster.cluster import Cluster
from sim.cluster.setup import BackendCertificate, ControllerSetup, Setup
from sim.errors import InputError
from sim.manifests.decoding import from_document, merge
from sim.manifests.documents import Document
from sim.manifests.objects.collected import Manifests, Unmodelled
from sim.manifests.objects.meta import Origin
from sim.manifests.reading.loading import documents, load, read_text
from sim.routing import Request, Trace, route
from sim.routing.building import KNOWN, build
from sim.routing.controllers import SPEC, USUAL
from sim.routing.final import Final, State
from sim.routing.grpc_status import of_status
from sim.routing.trace import GRPC_CONTENT
from sim.units import attributes, html_table

PROFILE_OF_IMPLEMENTATION = {"nginx": USUAL.name, "spec": SPEC.name}
NOTHING_ACCEPTS: tuple[State, ...] = ("dns-no-record", "lb-pending", "no-listener", "lb-no-healthy-target")
OUTCOMES: Mapping[State, str] = {
    "delivered": "proxied",
    "refused": "rejected",
    "reset": "rejected",
    "tls-failed": "rejected",
    "dropped": "dropped",
    "timeout": "dropped",
    **dict.fromkeys(NOTHING_ACCEPTS, "no-listener"),
}
"""How a request ends -> what an expectation calls it, where no proxy answers."""


@dataclass(frozen=True)
class CheckResult:
    """One case: what was expected, what was got, and the trace that says why.

    Args:
        source: `FILE:LINE:COLUMN` of the case, None if no file holds it.
    """

    id: str
    expected: Mapping[str, Any]
    got: Mapping[str, Any]
    why: str
    trace: Trace
    source: str | None = None

    @property
    def passed(self) -> bool:
        """Whether every given key is as expected."""
        return not list(self.differences())

    def differences(self) -> Iterator[str]:
        """One line per key that differs."""
        for key, wanted in self.expected.items():
            if not same(key, wanted, self.got.get(key)):
                yield f"{key}: expected {wanted!r}, got {self.got.get(key)!r}"

    def to_json(self) -> dict[str, Any]:
        """The case as `sim check -o json` shows it."""
        return attributes(self, "id passed expected got source")


@dataclass(frozen=True)
class CheckedDocument:
    """One case document: what it holds, and how its cases went.

    Args:
        to: where its requests enter, unless they name a Gateway; None: where their names lead.
    """

    manifests: Manifests
    cluster: Cluster
    to: str | None
    results: tuple[CheckResult, ...]


@dataclass(frozen=True)
class Checked:
    """All cases of some files, and what became of the rules in them."""

    documents: tuple[CheckedDocument, ...]

    @property
    def results(self) -> tuple[CheckResult, ...]:
        """Every case, in the order of the files."""
        return tuple(result for one in self.documents for result in one.results)

    @cached_property
    def rules(self) -> tuple[RuleUse, ...]:
        """The rules of all documents, each once."""
        uses = (rule_use(one.cluster, (r.trace for r in one.results), one.to) for one in self.documents)
        return all_uses(use for of_one in uses for use in of_one)

    @property
    def unmodelled(self) -> tuple[Unmodelled, ...]:
        """What lies on the way of the requests and is not modelled, each once."""
        return tuple(dict.fromkeys(u for result in self.results for u in result.trace.unmodelled))

    def _repr_html_(self) -> str:
        """A row per case, with what differs."""
        rows = [(r.id, "passed" if r.passed else "; ".join(r.differences())) for r in self.results]
        passed = sum(r.passed for r in self.results)
        return html_table(f"{passed} of {len(self.results)} passed", rows)

    def to_json(self) -> dict[str, Any]:
        """The published form, schema sim.check/1."""
        return {
            "schema": "sim.check/1",
            "results": [r.to_json() for r in self.results],
            "rules": {
                "total": len(self.rules),
                "hit": sum(r.hit for r in self.rules),
                "not_hit": [r.to_json() for r in self.rules if not r.hit and not r.unreachable],
                "unreachable": [r.to_json() for r in self.rules if r.unreachable],
            },
            **attributes(self, "unmodelled"),
            "version": __version__,
        }


def check_files(files: Iterable[str]) -> Checked:
    """Run every case of every file.

    Raises:
        InputError: a document that holds no cases, or an unknown key.
    """
    found = (document for file in files for document in documents(read_text(file), file))
    return Checked(tuple(check_document(document) for document in found))


def check_document(document: Document) -> CheckedDocument:
    """Run every case of a document.

    Raises:
        InputError: it holds no manifests or no case, or an unknown key.
    """
    value, origin = document.value, document.origin
    if not isinstance(value, dict) or not ({"manifests", "files"} & set(value)):
        raise InputError("no case file: it needs manifests (or files) and cases", origin.at())
    check_document_shape(value, origin)
    manifests = _manifests_of(document)
    profile = PROFILE_OF_IMPLEMENTATION.get(str(value.get("implementation")))
    cluster = build(manifests, _setup_of(value, profile))
    to = _only_entry(cluster) if profile else None
    results = []
    for index, case in enumerate(value["cases"]):
        name = str(case.get("id") or case["request"].get("path") or "case")
        results.append(check_request(name, case, cluster, to, origin, ("cases", index)))
    return CheckedDocument(manifests, cluster, to, tuple(results))


def _manifests_of(document: Document) -> Manifests:
    """The manifests that stand in a case document, or the files that it names, relative to it."""
    inline = document.value.get("manifests") or []
    parts = [from_document(document.below("manifests", index)) for index in range(len(inline))]
    beside = [str(Path(document.file).parent / name) for name in document.value.get("files") or []]
    return merge([*parts, *([load(beside)] if beside else [])])


def _setup_of(value: Mapping[str, Any], profile: str | None) -> Setup:
    """What a case document states: its controllers and certificates; with those listed, none is assumed."""
    stated = value.get("certs")
    certificates = None if stated is None else {k: tuple(v) for k, v in stated.items()}
    setup = Setup(
        certificates=certificates,
        features=tuple(value.get("features") or ()),
        backend_tls=_backend_certificates(value.get("backend_tls")),
        authorities=value.get("authorities") or {},
    )
    if value.get("controllers") is None:
        return setup
    controllers = tuple(
        ControllerSetup(
            c["controller"],
            profile or profile_of_controller(c["controller"], KNOWN) or SPEC.name,
            tuple(c.get("flags", ())),
            c.get("default-backend-service"),
        )
        for c in value["controllers"]
    )
    return replace(setup, controllers=controllers, assume_endpoints=False)


def _backend_certificates(
    stated: Mapping[str, Mapping[str, Any]] | None,
) -> Mapping[str, BackendCertificate] | None:
    """The certificates that backends show, where a document states any."""
    if stated is None:
        return None
    return {
        backend: BackendCertificate(tuple(shown.get("names", ())), shown.get("authority", ""))
        for backend, shown in stated.items()
    }


def _only_entry(cluster: Cluster) -> str | None:
    """Where requests of a case enter that states its controllers: the first one's load balancer."""
    everyone = (*cluster.controllers, *cluster.gateway_proxies)
    return f"lb:{everyone[0].services[0]}" if everyone and all(c.assumed for c in everyone) else None


def check_request(
    name: str,
    case: Mapping[str, Any],
    cluster: Cluster,
    to: str | None = None,
    origin: Origin | None = None,
    place: tuple[str | int, ...] = (),
) -> CheckResult:
    """Trace one request and compare what the expectation gives.

    Args:
        case: request and expect, as in a case document.
        to: where the request enters, unless it names a Gateway; None: where its name leads.
        origin: of the file that holds the case, at `place`.

    Raises:
        InputError: an unknown key, or a request without a host.
    """
    check_case_shape(case, origin, *place)
    stated, expected = case["request"], case["expect"]
    gateway = stated.get("gateway")
    to = f"gateway:{gateway}" if gateway else to
    request = request_from(stated, origin, *place)
    if stated.get("port") is not None and (gateway or _is_gateway(cluster, to)):
        request = replace(request, port=stated["port"])
    source = origin.at(*place) if origin else None
    for explain in (False, True):
        trace = route(cluster, request, to=to, explain=explain)
        got = got_from(trace, stated.get("repeat"))
        result = CheckResult(name, expected, got, str(case.get("why", "")), trace, source)
        if result.passed and trace.final.code is None:
            break
    return result


def _is_gateway(cluster: Cluster, to: str | None) -> bool:
    """Whether a way in leads to a Gateway's proxies: there the port that is typed is the listener's."""
    known = cluster.controller_of_service.get((to or "").removeprefix("lb:"))
    return known is not None and known.gateway is not None


def request_from(stated: Mapping[str, Any], origin: Origin | None = None, *place: str | int) -> Request:
    """The request of a case; a port that the client typed stands in its Host header alone.

    (At a Gateway it is also the listener's; whoever knows the way in sets it.) A connection needs no host.
    """
    protocol = stated.get("protocol", "http")
    if protocol in {"tls", "tcp", "udp"}:
        sni = (
            (stated.get("sni") or ("" if stated.get("host") is None else None)) if protocol == "tls" else None
        )
        host = stated.get("host") or sni or "any.invalid"
        given = {"client_ip": stated["client_ip"]} if stated.get("client_ip") else {}
        return Request(host, scheme=protocol, port=stated.get("port") or 80, sni=sni, **given)
    if not stated.get("host"):
        raise InputError("a request needs a host", origin.at(*place) if origin else None)
    headers = dict(stated.get("headers") or {})
    if stated.get("port") is not None:
        headers.setdefault("Host", f"{stated['host']}:{stated['port']}")
    names = ("path", "method", "scheme", "sni", "client_ip")
    given = {k: stated[k] for k in names if stated.get(k) is not None}
    if protocol == "grpc":
        headers.setdefault("content-type", GRPC_CONTENT)
        given |= {"method": "POST", "path": f"/{stated.get('service', '')}/{stated.get('method', '')}"}
    return Request(stated["host"], headers=headers, **given)


def got_from(trace: Trace, repeat: int | None = None) -> dict[str, Any]:
    """A trace in the words of an expectation.

    Args:
        repeat: that many requests in the same instant; None: one.
    """
    final = trace.final
    got: dict[str, Any] = {"backend": final.backend, "status": final.status, "rule": final.rule}
    only = final.backend if final.status is None else final.status
    got |= {"state": final.state, "code": final.code, "distribution": {only: 1.0}}
    got |= {key: value for key, value in final.more().items() if key in EXPECT}
    if trace.request.is_grpc:
        got["grpc_status"] = trace.grpc_status
    if final.state in OUTCOMES:
        got["outcome"] = OUTCOMES[final.state]
    if final.sent is not None:
        got.setdefault("backend_protocol", "tls" if final.sent.scheme in {"https", "grpcs"} else "plain")
    if "location" in got:
        got["location_host"] = urlsplit(str(got["location"])).hostname
    if sum(share > 0 for share in got["distribution"].values()) > 1:
        got |= _of_split(trace, got["distribution"])
    if repeat is not None:
        got["outcomes"] = _outcomes(final, repeat)
    return got


def _of_split(trace: Trace, shares: Mapping[str, float]) -> dict[str, Any]:
    """What a request gets that may go several ways; ends without an answer by their names in a case."""
    final, ends = trace.final, {final.name: final for _, final in trace.final.ways}
    names = {name: OUTCOMES.get(end.state, "") for name, end in ends.items() if end.status is None}
    statuses = {n: of_status(end.status) for n, end in ends.items() if end.status and trace.request.is_grpc}
    told = {name: word for name, word in (names | statuses).items() if word not in ("", "proxied")}
    distribution: dict[str, float] = {}
    for name, share in shares.items():
        distribution[told.get(name, name)] = distribution.get(told.get(name, name), 0.0) + share
    first = final.outcomes[0].rule if final.outcomes else None
    found = {"backend": None, "status": None, "rule": first or final.rule, "distribution": distribution}
    proxied = any(end.state == "delivered" for end in ends.values())
    return found | ({"outcome": "proxied", "grpc_status": None} if proxied else {})


def _outcomes(final: Final, repeat: int) -> dict[str, int]:
    """How requests of the same instant end: some pass a limit, the rest get its status."""
    limit = final.sent.at_once if final.sent is not None else None
    passed = repeat if limit is None else min(repeat, limit)
    name = "proxied" if final.status is None else str(final.status)
    counts = {name: passed}
    refused = str(final.sent.limit_status) if final.sent is not None else ""
    return counts if passed == repeat else counts | {refused: counts.get(refused, 0) + repeat - passed}


def same(key: str, wanted: Any, got: Any) -> bool:
    """Whether a key is as expected; endpoints in any order, 200 stands for "an application served"."""
    if key in ("distribution", "outcomes"):
        return _same_shares(wanted or {}, got or {})
    if key == "endpoints":
        return sorted(wanted or ()) == sorted(got or ())
    if key == "status" and wanted in (200, "5xx"):
        return got in (None, 200) if wanted == 200 else got is not None and 500 <= got < 600
    if key == "response_headers":
        there = got or {}
        return all(there.get(name.lower()) == value for name, value in wanted.items())
    return bool(wanted == got)


def _same_shares(wanted: Mapping[Any, float], got: Mapping[Any, float]) -> bool:
    """Shares or counts by backend or status; one that is not named is 0."""
    here, there = ({str(k): v for k, v in shares.items()} for shares in (wanted, got))
    return all(abs(here.get(k, 0.0) - there.get(k, 0.0)) < 1e-6 for k in here.keys() | there.keys())

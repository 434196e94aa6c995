"""Requests that fail, drawn at random: real manifests with a slip or two, and what somebody asks of them.

A draw depends on the set and on its number alone. A slip is a change of the text as a hand would make it: a name
with two letters in the wrong order, another port, a field more or less, a document that is gone. What is asked is
what the set serves without the slip, as it is or with another host, path, port, scheme, method, address or
controller.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from pathlib import Path
from random import Random

import yaml

from sim.analysis.fix.edits import Change, NewObject, Put, Remove, applied, splices
from sim.analysis.probes import derived_requests
from sim.analysis.trace import Client
from sim.cluster.cluster import Cluster
from sim.errors import SimError
from sim.manifests.objects.collected import Manifests
from sim.manifests.objects.meta import KubernetesObject
from sim.manifests.objects.meta import Path as Field
from sim.manifests.reading.loading import files_below, load
from sim.routing import Request, Trace
from sim.routing.building import build
from sim.routing.controllers import PROFILES

ROOT = Path(__file__).parents[1]
CORPUS = ROOT.parent / "shared" / "corpus"
_LARGEST = 120_000
_REQUESTS_OF_A_SLIP = 4
_MOST_ASKED = 60

Texts = Mapping[str, str]


@dataclass(frozen=True)
class Source:
    """Manifests that slips are made in: file -> its text, with the files in the order of reading."""

    name: str
    texts: Texts


@dataclass(frozen=True)
class Failure:
    """A request that is not served, and all that it was asked of.

    Args:
        slips: what was changed, in words for a message of a test.
    """

    source: Source
    number: int
    texts: Texts
    slips: tuple[str, ...]
    client: Client
    trace: Trace

    @property
    def title(self) -> str:
        """What to run again, and what it is."""
        c = self.client
        how = f"controller={c.controller} to={c.to} from={c.origin} ip={self.trace.request.client_ip}"
        asked = f"{self.trace.request.method} {self.trace.request.url} {dict(self.trace.request.headers)}"
        return f"{self.source.name}#{self.number}: {asked} {how}; slips: {', '.join(self.slips) or 'none'}"


def reading(texts: Texts) -> Manifests:
    """Manifests of texts that stand in no file."""
    return load(list(texts), read=lambda name: texts[name].encode())


def own_sources() -> list[Source]:
    """The shipped scenarios, the broken applications, and the manifests of the tables of routes."""
    folders = sorted(
        p for p in (*ROOT.glob("scenarios/*/manifests"), *ROOT.glob("tests/broken/*")) if p.is_dir()
    )
    found = [_source(str(p.relative_to(ROOT)), [str(p)]) for p in folders]
    return [*found, *_tables()]


def corpus_sources(largest: int = _LARGEST) -> list[Source]:
    """The files and the sets of the corpus beside the project; none where it is not there.

    Args:
        largest: characters of a set that is taken; reading is what takes longest.
    """
    if not CORPUS.exists():
        return []
    files = [
        _source(f"{r['repository']}/{r['path']}", [_place(r["repository"], r["path"])])
        for r in _table("files.tsv")
    ]
    sets = [
        _source(r["set"], [_place(r["repository"], path) for path in r["paths"].split()])
        for r in _table("sets.tsv")
        if r["mode"] == "files"
    ]
    return [s for s in (*files, *sets) if s.texts and sum(map(len, s.texts.values())) <= largest]


def _table(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader((CORPUS / name).read_text().splitlines(), delimiter="\t"))


def _place(repository: str, path: str) -> str:
    return str(CORPUS / "manifests" / repository / path)


def _source(name: str, paths: Iterable[str]) -> Source:
    files = [Path(f) for path in paths if Path(path).exists() for f in files_below(path)]
    usable = [f for f in files if f.suffix in {".yaml", ".yml", ".json"}]
    return Source(name, {f"{n:02}-{f.name}": f.read_text() for n, f in enumerate(usable)})


def _tables() -> Iterator[Source]:
    for table in sorted(ROOT.glob("tests/conformance/cases/routing/*.yaml")):
        for number, document in enumerate(yaml.load_all(table.read_text(), yaml.CSafeLoader)):
            items = document.get("manifests") if isinstance(document, dict) else None
            if items and isinstance(items, list) and all(isinstance(item, dict) for item in items):
                text = yaml.dump_all(items, Dumper=yaml.CSafeDumper, sort_keys=False)
                yield Source(f"{table.stem}[{number}]", {"case.yaml": text})


@cache
def _sound(source_name: str, texts: tuple[tuple[str, str], ...]) -> tuple[Manifests, tuple[Request, ...]]:
    manifests = reading(dict(texts))
    cluster = build(manifests)
    asked = derived_requests(cluster)
    step = max(1, len(asked) // _MOST_ASKED)
    hosts = [
        f"{s.manifest.name}.{s.manifest.namespace}"
        for s in cluster.services.values()
        if s.wants_load_balancer
    ]
    more = [
        Request(h, port=p.number)
        for h, s in zip(hosts, (x for x in cluster.services.values() if x.wants_load_balancer), strict=True)
        for p in s.ports
    ]
    return manifests, (*asked[::step], *more)


def failures(source: Source, numbers: Iterable[int]) -> Iterator[Failure]:
    """The draws of these numbers that do not serve, and are about no object that the server refuses."""
    for number in numbers:
        found = _draw(source, number)
        if found is not None and not found.trace.faults and not found.trace.final.fine:
            yield found


@lru_cache(maxsize=200)
def _slipped(
    name: str, texts: tuple[tuple[str, str], ...], number: int
) -> tuple[Texts, tuple[str, ...], Cluster]:
    """The texts after a slip or none, what was changed, and the cluster that they make."""
    random, (sound, _) = Random(f"{name} {number}"), _sound(name, texts)
    slip = _slip(sound, random) if random.random() < 0.8 else None
    changed = applied(splices([slip], dict(texts)), dict(texts)) if slip is not None else {}
    if slip is None or isinstance(slip, NewObject) or not changed:
        return dict(texts), (), build(sound)
    value = getattr(slip, "value", "")
    says = f"{type(slip).__name__} {slip.item.kind} {slip.item.key} {slip.path} {value!r}"
    new = dict(texts) | changed
    return new, (says,), build(reading(new))


def _draw(source: Source, number: int) -> Failure | None:
    """One request of several that are asked of the same slip."""
    texts = tuple(source.texts.items())
    new, slips, cluster = _slipped(source.name, texts, number // _REQUESTS_OF_A_SLIP)
    try:
        client, request = _asked(cluster, _sound(source.name, texts)[1], Random(f"{source.name} {number}"))
        return Failure(source, number, new, slips, client, client.trace(request))
    except SimError:
        return None


def _asked(cluster: Cluster, asked: Sequence[Request], random: Random) -> tuple[Client, Request]:
    """Who asks for what."""
    draw = random.random()
    services = [s for s in cluster.services.values() if s.ports]
    if (draw < 0.15 or not asked) and services:
        service = random.choice(services)
        port = random.choice(service.ports).number
        if draw < 0.03:
            return Client(cluster, to=f"lb:{service.key}"), Request(service.key.partition("/")[2], port=port)
        address = random.choice([*service.load_balancer, service.cluster_ip or "192.0.2.1"])
        node = random.choice(cluster.nodes)
        one = Request(address, scheme="tcp", port=random.choice((port, port, port, port + 1)))
        return random.choice(
            (Client(cluster, to=f"node:{node.name}"), Client(cluster, origin=f"node:{node.name}"))
        ), one
    request = random.choice(asked) if asked else Request("shop.example.com")
    for _ in range(random.choice((0, 0, 1, 1, 2))):
        request = random.choice(_OTHERWISE)(request, random)
    controller = random.choice(list(PROFILES)) if random.random() < 0.25 else None
    return Client(cluster, controller), request


def _slip_of_pen(text: str, random: Random) -> str:
    """The same with two letters in the wrong order, one less, one more, or another end."""
    if len(text) < 3:
        return text + "x"
    at = random.randrange(1, len(text) - 1)
    swapped = text[: at - 1] + text[at] + text[at - 1] + text[at + 1 :]
    return random.choice((swapped, text[:at] + text[at + 1 :], text[:at] + "x" + text[at:], text + "s"))


def _host(request: Request, random: Random) -> Request:
    host = random.choice(
        (
            _slip_of_pen(request.host, random),
            f"www.{request.host}",
            request.host.partition(".")[2] or "a.test",
        )
    )
    return replace(request, host=host.strip(".-") or "a.test")


def _path(request: Request, random: Random) -> Request:
    paths = (
        f"{request.path}/more",
        _slip_of_pen(request.path, random),
        request.path.upper(),
        "/",
        "/nothing",
        f"{request.path}/",
    )
    path = random.choice(paths)
    return replace(request, path=path if path.startswith("/") else f"/{path}")


_OTHERWISE: tuple[Callable[[Request, Random], Request], ...] = (
    _host,
    _path,
    _path,
    lambda r, _: replace(r, scheme="https" if r.scheme == "http" else "http"),
    lambda r, random: replace(r, port=random.choice((8080, 443, 80, 8443, 9999))),
    lambda r, random: replace(r, method=random.choice(("POST", "DELETE", "GET"))),
    lambda r, random: replace(r, client_ip=random.choice(("10.1.2.3", "198.51.100.7"))),
    lambda r, random: replace(r, headers={"X-Version": random.choice(("1", "2"))}),
)

_NGINX = "nginx.ingress.kubernetes.io/"
_ANNOTATIONS = (
    ("force-ssl-redirect", "true"), ("ssl-redirect", "true"), ("whitelist-source-range", "10.0.0.0/8"),
    ("whitelist-source-range", "10.0.0"), ("rewrite-target", "app"), ("rewrite-target", "/"), ("use-regex", "true"),
    ("denylist-source-range", "203.0.113.0/24"), ("server-snippet", "return 403;"), ("configuration-snippet", "deny all;"),
    ("service-upstream", "true"), ("backend-protocol", "HTTPS"), ("canary", "true"), ("ssl-passthrough", "true"),
    ("default-backend", "nothing"), ("custom-http-errors", "404,503"),
)  # fmt: skip


def _slip(manifests: Manifests, random: Random) -> Change | None:
    """A change that a hand makes without noticing."""
    items = [o for o in manifests.objects if o.origin is not None]
    random.shuffle(items)
    for item in items[:20]:
        found = [c for make in SLIPS for c in make(item, random)]
        if found:
            return random.choice(found)
    return None


def _names(item: KubernetesObject, random: Random) -> Iterator[Change]:
    """Names, hosts, paths, ports and classes that are written differently."""
    for path, value in _values(item):
        last = path[-1] if path else None
        if isinstance(value, str) and (
            last in _BY_NAME
            or path[-2:-1] in (("selector",), ("matchLabels",), ("labels",), ("hostnames",), ("hosts",))
        ):
            yield Put(
                item,
                path,
                _slip_of_pen(value, random)
                if last != "path"
                else random.choice((f"{value}x", "/other", _slip_of_pen(value, random))),
            )
        elif (
            isinstance(value, int)
            and last in {"number", "port", "targetPort", "nodePort", "containerPort"}
            and last != "nodePort"
        ):
            yield Put(item, path, random.choice((value + 1, 8080, 80)))
        elif last == "pathType":
            yield Put(item, path, "Exact" if value != "Exact" else "Prefix")
        elif last == "replicas" or last == "weight":
            yield Put(item, path, 0)


_BY_NAME = {"host", "hostname", "path", "ingressClassName", "secretName", "sectionName", "gatewayClassName", "controller", "controllerName", "targetPort", "value", "namespace"}  # fmt: skip


def _values(item: KubernetesObject) -> Iterator[tuple[Field, object]]:
    """Each plain value of an object that stands in its text."""
    shown = item.model_dump(by_alias=True)
    for path in item.origin.positions if item.origin else ():
        value: object = shown
        try:
            for key in path:
                value = value[key]  # type: ignore[index]
        except (KeyError, IndexError, TypeError):
            continue
        if isinstance(value, str | int) and path:
            yield path, value


def _references(item: KubernetesObject, random: Random) -> Iterator[Change]:
    for path, value in _values(item):
        if (
            path[-1] == "name"
            and isinstance(value, str)
            and (
                {"service", "backendRefs", "parentRefs", "certificateRefs"} & set(path)
                or path == ("metadata", "name")
            )
        ):
            yield Put(item, path, _slip_of_pen(value, random))


def _fields(item: KubernetesObject, random: Random) -> Iterator[Change]:
    if item.kind == "Service":
        yield Put(item, ("spec", "externalTrafficPolicy"), "Local")
        yield Put(item, ("spec", "type"), random.choice(("ClusterIP", "NodePort", "LoadBalancer")))
        yield Put(item, ("spec", "loadBalancerSourceRanges"), ["10.0.0.0/8"])
        yield Put(item, ("spec", "internalTrafficPolicy"), "Local")
    if item.kind == "Ingress":
        name, value = random.choice(_ANNOTATIONS)
        yield Put(item, ("metadata", "annotations", f"{_NGINX}{name}"), value)
        yield Put(item, ("spec", "ingressClassName"), random.choice(("nginx", "traefik", "nothing", "alb")))
    yield Put(item, ("metadata", "namespace"), "elsewhere")


def _less(item: KubernetesObject, random: Random) -> Iterator[Change]:
    paths = [p for p in (item.origin.positions if item.origin else ()) if len(p) > 1]
    if paths and random.random() < 0.5:
        yield Remove(item, random.choice(paths))


SLIPS = (_names, _references, _fields, _less)

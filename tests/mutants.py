"""Mutants: inputs made of real ones by small accidents, each a function of its number alone.

Bytes are flipped, cut, doubled, moved between files; values of a structure are replaced, dropped, renamed,
moved. What comes out is mostly nonsense, and close enough to sense to get far into the program.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import expressions

from sim.errors import ParseError
from sim.manifests.reading.loading import pieces

ROOT = Path(__file__).parents[1]
BAD_INPUT = ROOT / "tests/conformance/cases/bad-input"
_LARGEST = 20_000
_SPLICES = (
    b"\0", b"\t", b"\r\n", b"\n---\n", b"\n", b" ", b"  ", b"- ", b": ", b"? ", b"&a ", b"*a", b"<<: *a", b"!!int ", b"!x ",
    b"{", b"}", b"[", b"]", b"'", b'"', b"#", b"%", b"|\n", b">-\n", b"~", b"null", b"no", b"1e999", b".nan", b"-0", b"0x", b"010",
    b"99999999999999999999", b"\xff\xfe", b"\xef\xbb\xbf", b"\xc3\x28", b"\xed\xa0\x80", b"\xe2\x80\xa8", b"{{ .Values.x }}",
    b"<<<<<<< HEAD\n", b"# Source: a/b.yaml\n", b"kind: List\nitems:\n", b"\x1b[31m", b"%YAML 1.1\n", b"...", b"12:30:45", b"2024-01-01",
)  # fmt: skip
_VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 80, 65536, 2**31, 2**63, 2**64, 10**30, 0.5, 80.0, 1e308, float("inf"), float("nan"), "", " ", "/", "//",
    "/*", "*", "*.", "*.a", ".", "..", "a", "A", "-", "a" * 300, "80", "http", "é", "\0", "\x1b[31m", "‮", "\ud83d", "10.0.0.1", "::1",
    "::", "999.1.1.1", "1.2.3.4/40", "[", "(", "(a+)+$", "$1", "{{ x }}", "2026-01-01T00:00:00Z", "None", "true", "LoadBalancer",
    "ExternalName", "Prefix", "Exact", "ImplementationSpecific", "UDP", "Local", [], {}, [[]], [{}], [None], {"": None}, {"a": []},
    {"name": "a"}, {"number": 80}, {"a/b": "c"},
)  # fmt: skip


@cache
def originals() -> tuple[tuple[str, bytes], ...]:
    """(folder or sort, bytes) of everything that mutants are made of."""
    manifests = sorted(ROOT.glob("scenarios/*/manifests/*.yaml"))
    scenarios = sorted(ROOT.glob("scenarios/*/scenario.yaml"))
    tables = sorted(ROOT.glob("tests/conformance/cases/routing/*.yaml"))
    malformed = sorted(p for p in BAD_INPUT.rglob("*") if p.suffix in {".yaml", ".json"})
    named = [("manifest", p) for p in manifests]
    named += [("scenario", p) for p in scenarios]
    named += [("manifest" if p.parent.name != "scenario" else "scenario", p) for p in malformed]
    read = [(kind, p.read_bytes()) for kind, p in named] + list(_case_manifests(tables))
    read += [("cases", raw) for raw in _case_files(tables)]
    return tuple((kind, raw) for kind, raw in read if len(raw) <= _LARGEST)


def _case_manifests(tables: list[Path]) -> Iterator[tuple[str, bytes]]:
    """The manifests of every case of routes, as kubectl would list them."""
    for table in tables:
        for document in pieces(table.read_bytes(), str(table)):
            if isinstance(document, ParseError) or not isinstance(document.value, dict):
                continue
            found = document.value.get("manifests")
            items = found if isinstance(found, list) else [c["manifest"] for c in document.value["cases"]]
            whole = {"apiVersion": "v1", "kind": "List", "items": items}
            yield "manifest", json.dumps(whole).encode("utf-8", "surrogatepass")


def _case_files(tables: list[Path]) -> Iterator[bytes]:
    """Every document of the tables of routes, as a file of `sim check`."""
    for table in tables:
        for document in pieces(table.read_bytes(), str(table)):
            if not isinstance(document, ParseError) and isinstance(document.value.get("manifests"), list):
                yield json.dumps(document.value).encode("utf-8", "surrogatepass")


HARD = (
    "(a+)+$", "(a|a)*$", "(a|aa)+$", "(.*)*x", "(a*)*b", "(a?){50}a{50}", "((a+)+)+$", r"(a+)+\1$", "(.*a){25}", "(a{1000}){1000}",
    "((a{99}){99}){99}", "(" * 300 + "a" + ")" * 300, "[" * 300, "(?:a|" * 60 + "b" + ")" * 60, "a" * 5000, "(a|b|ab)*c", "[^/]*" * 30 + "$",
    r"(\w+\s?)*$", "^" * 500, "a?" * 500, ".*" * 200 + "=",
)  # fmt: skip


def with_expressions(draw: Random) -> dict[str, Any]:
    """Manifests with regular expressions wherever a controller reads one: random, hard, or noise."""

    def one() -> str:
        kind = draw.random()
        if kind < 0.3:
            return draw.choice(HARD)
        if kind < 0.5:
            return "".join(draw.choice("ab/*+?(){}[]|\\^$.,0129-:=!<>") for _ in range(draw.randrange(40)))
        return expressions.pattern(draw, pcre=draw.random() < 0.5)

    nginx, kind = "nginx.ingress.kubernetes.io", draw.choice(("Prefix", "ImplementationSpecific"))
    backend = {"service": {"name": "web", "port": {"number": 80}}}
    paths = [{"path": f"/{one()}", "pathType": kind, "backend": backend} for _ in range(draw.randint(1, 4))]
    notes = {
        f"{nginx}/use-regex": "true", f"{nginx}/rewrite-target": f"/$1{draw.choice(('', '$2', '$9', one()))}",
        f"{nginx}/server-alias": f"~{one()}", "nginx.org/path-regex": draw.choice(("case_sensitive", "case_insensitive")),
        "traefik.ingress.kubernetes.io/router.pathmatcher": "PathRegexp", "haproxy-ingress.github.io/path-type": "regex",
    }  # fmt: skip
    canary = {
        f"{nginx}/canary": "true",
        f"{nginx}/canary-by-header": "x-a",
        f"{nginx}/canary-by-header-pattern": one(),
    }
    match = {
        "path": {"type": "RegularExpression", "value": f"/{one()}"},
        "headers": [{"type": "RegularExpression", "name": "x-a", "value": one()}],
        "queryParams": [{"type": "RegularExpression", "name": "q", "value": one()}],
    }
    kept = draw.sample(sorted(match), draw.randint(1, 3))
    networking, gateway = "networking.k8s.io/v1", "gateway.networking.k8s.io/v1"
    rule = {"host": draw.choice(("shop.example.com", "*.example.com")), "http": {"paths": paths}}
    route = {"matches": [{k: match[k] for k in kept}], "backendRefs": [{"name": "web", "port": 80}]}
    items = [
        {"apiVersion": networking, "kind": "Ingress", "metadata": {"name": "a", "annotations": notes}, "spec": {"rules": [rule]}},
        {"apiVersion": networking, "kind": "Ingress", "metadata": {"name": "c", "annotations": canary}, "spec": {"rules": [rule]}},
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": {"selector": {"a": "b"}, "ports": [{"port": 80}]}},
        {"apiVersion": gateway, "kind": "Gateway", "metadata": {"name": "g"}, "spec": {"gatewayClassName": "eg", "listeners": [
            {"name": "http", "port": 80, "protocol": "HTTP"}]}},
        {"apiVersion": gateway, "kind": "HTTPRoute", "metadata": {"name": "r"}, "spec": {
            "parentRefs": [{"name": "g"}], "hostnames": ["web.example"], "rules": [route]}},
    ]  # fmt: skip
    return {"apiVersion": "v1", "kind": "List", "items": draw.sample(items, draw.randint(2, 5))}


def mutant(number: int) -> tuple[str, str, bytes]:
    """The sort of input (manifest, scenario, cases), its suffix, and its bytes; the same for the same number."""
    draw = Random(number)
    if draw.random() < 0.15:
        return "manifest", ".yaml", json.dumps(with_expressions(draw)).encode("utf-8", "surrogatepass")
    kind, raw = draw.choice(originals())
    if draw.random() < 0.5:
        return kind, draw.choice((".yaml", ".yaml", ".json")), _accident_of_bytes(raw, draw)
    text = _accident_of_values(raw, draw)
    return kind, draw.choice((".yaml", ".json")), text.encode("utf-8", "surrogatepass")


def _accident_of_bytes(raw: bytes, draw: Random) -> bytes:
    for _ in range(draw.randint(1, 6)):
        raw = draw.choice(_ON_BYTES)(raw, draw)
    return draw.choice(_ENCODINGS)(raw) if draw.random() < 0.05 else raw


def _cut(raw: bytes, draw: Random) -> tuple[bytes, bytes, bytes]:
    """Three pieces; the one in the middle is short."""
    start = draw.randint(0, len(raw))
    end = min(len(raw), start + draw.choice((0, 1, 1, 2, 8, 40, 200)))
    return raw[:start], raw[start:end], raw[end:]


def _insert(raw: bytes, draw: Random) -> bytes:
    head, middle, tail = _cut(raw, draw)
    return head + draw.choice(_SPLICES) + middle + tail


def _replace(raw: bytes, draw: Random) -> bytes:
    head, _, tail = _cut(raw, draw)
    return head + draw.choice(_SPLICES) + tail


def _drop(raw: bytes, draw: Random) -> bytes:
    head, _, tail = _cut(raw, draw)
    return head + tail


def _double(raw: bytes, draw: Random) -> bytes:
    head, middle, tail = _cut(raw, draw)
    return head + middle * draw.choice((2, 2, 3, 30)) + tail


def _flip(raw: bytes, draw: Random) -> bytes:
    head, middle, tail = _cut(raw, draw)
    return head + bytes(b ^ (1 << draw.randrange(8)) for b in middle[:1]) + middle[1:] + tail


def _graft(raw: bytes, draw: Random) -> bytes:
    """A piece of another file."""
    other = draw.choice(originals())[1]
    start = draw.randint(0, len(other))
    head, _, tail = _cut(raw, draw)
    return head + other[start : start + draw.choice((5, 50, 500))] + tail


def _swap_lines(raw: bytes, draw: Random) -> bytes:
    lines = raw.split(b"\n")
    i, j = draw.randrange(len(lines)), draw.randrange(len(lines))
    lines[i], lines[j] = lines[j], lines[i]
    return b"\n".join(lines)


def _indent(raw: bytes, draw: Random) -> bytes:
    lines = raw.split(b"\n")
    start = draw.randrange(len(lines))
    for i in range(start, min(len(lines), start + draw.randint(1, 5))):
        lines[i] = b"  " + lines[i] if draw.random() < 0.5 else lines[i].removeprefix(b"  ")
    return b"\n".join(lines)


_ON_BYTES: tuple[Callable[[bytes, Random], bytes], ...] = (
    _insert, _replace, _drop, _double, _flip, _graft, _swap_lines, _indent,
)  # fmt: skip
_ENCODINGS: tuple[Callable[[bytes], bytes], ...] = (
    lambda raw: raw.decode("utf-8", "replace").encode("utf-16"),
    lambda raw: b"\xfe\xff" + raw.decode("utf-8", "replace").encode("utf-16-be")[:-1],
    lambda raw: raw.decode("utf-8", "replace").encode("utf-32"),
    lambda raw: raw.replace(b"\n", b"\r\n"),
    lambda raw: b"\xef\xbb\xbf" + raw,
)


def _accident_of_values(raw: bytes, draw: Random) -> str:
    documents = [d.value for d in pieces(raw, "a.yaml") if not isinstance(d, ParseError)]
    if not documents:
        return raw.decode("utf-8", "replace")
    whole: list[Any] = json.loads(json.dumps(documents))
    for _ in range(draw.randint(1, 5)):
        _change(whole, draw)
    return "\n---\n".join(json.dumps(d, indent=draw.choice((None, 1)), ensure_ascii=False) for d in whole)


def _change(whole: list[Any], draw: Random) -> None:
    """One accident to one entry anywhere in a structure."""
    places = list(_places(whole))
    container, key = draw.choice(places)
    how = draw.randrange(6)
    if how == 0:
        container[key] = copy.deepcopy(draw.choice(_VALUES))
    elif how == 1 and container is not whole:
        del container[key]
    elif how == 2 and isinstance(container, dict):
        names = [k for c, k in places if isinstance(c, dict)]
        container[draw.choice(names)] = container.pop(key)
    elif how == 3:
        other, there = draw.choice(places)
        container[key] = json.loads(json.dumps(other[there]))
    elif how == 4 and isinstance(container, list):
        container.append(json.loads(json.dumps(container[key])))
    else:
        container[key] = [container[key]] if draw.random() < 0.5 else {"a": container[key]}


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """(container, key) of every entry below a value."""
    entries = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for key, inner in list(entries):
        yield value, key
        yield from _places(inner)

"""One adapter per kind of table: from a file to cases, each of which calls the product and says what differs.

A case returns None if it passed, else one line: what was expected, what was got. Every case is treated alike;
what an adapter does not know (a file, a key) is a failure, never skipped.
"""

from __future__ import annotations

import csv
import re
import subprocess
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from bills import usage_from
from conformance import (
    around_networkpolicy,
    around_routes,
    around_service_lb,
    balancing_cases,
    field,
    life_drain,
    life_endpoints,
    life_facts,
    life_hpa,
    life_idle,
    life_probes,
    life_rolling,
    life_tables,
    life_termination,
    rule_tables,
    written_rules,
)
from conformance.kube_proxy_cases import kube_proxy_case
from measured import Measured, measured

from sim.analysis.check import check_document
from sim.costs.bill import half_up, price
from sim.costs.price_sheet import read_price_sheet
from sim.errors import SimError
from sim.manifests.reading.loading import documents, shipped
from sim.routing.kube_proxy.names import NFT_KINDS, iptables_chain, nftables_chain

NOT_MODELLED = "expected an answer, got none: not modelled yet"


@dataclass(frozen=True)
class Case:
    """One row of a table. `run` returns None, or a line that says what differs."""

    id: str
    run: Callable[[], str | None]


def broken(name: str, why: str) -> Case:
    """A file or a key that means nothing is a failed case of its own."""
    return Case(name, lambda: why)


@cache
def _checked(file: str, number: int) -> dict[str, Any]:
    """The results of one document, run once for all its cases."""
    document = list(documents(Path(file).read_bytes(), file))[number]
    return {r.id: r for r in check_document(document).results}


def routing(file: Path) -> Iterator[Case]:
    """Requests and answers: each document is one small cluster."""
    if file.name == "validation.yaml":
        yield from validation(file)
        return
    for number, document in enumerate(documents(file.read_bytes(), str(file))):
        value = document.value
        if not isinstance(value, dict) or not isinstance(value.get("cases"), list):
            yield broken(f"{file.name}[{number}]", "no cases in this document")
            continue
        for case in value["cases"]:
            yield Case(str(case.get("id")), lambda f=str(file), n=number, c=case: _routed(f, n, c))


def _routed(file: str, number: int, case: dict[str, Any]) -> str | None:
    differences = list(_checked(file, number)[case["id"]].differences())
    return "; ".join(differences) or None


VALIDATION_KEYS = {"id", "layer", "manifest", "valid", "errors", "why", "source"}


def validation(file: Path) -> Iterator[Case]:
    """Objects and the faults that the API server finds; `field` and `type` as a multiset."""
    whole = yaml.load(file.read_text(), yaml.CSafeLoader)
    for case in whole.get("cases", []):
        unknown = set(case) - VALIDATION_KEYS
        if unknown:
            yield broken(case.get("id", file.name), f"unknown key {sorted(unknown)[0]!r}")
        else:
            yield Case(case["id"], lambda c=case: _validated(c))


def _validated(case: dict[str, Any]) -> str | None:
    from sim.manifests.validation import validate

    faults = validate(case["manifest"])
    got = sorted((f.field, f.type) for f in faults)
    wanted = sorted((e["field"], e["type"]) for e in case.get("errors") or [])
    layers = {f.layer for f in faults}
    if got != wanted or (not got) != case["valid"] or (layers and layers != {case["layer"]}):
        return f"expected {wanted}, got {got} ({', '.join(sorted(layers)) or 'valid'})"
    return None


BILL_KEYS = {"id", "plan", "services", "inputs", "expect"}


def cost(file: Path) -> Iterator[Case]:
    """Monthly bills from traffic figures."""
    whole = yaml.load(file.read_text(), yaml.CSafeLoader)
    for key in set(whole) - {"prices", "hours_per_month", "cases"}:
        yield broken(file.name, f"unknown key {key!r}")
    for case in whole.get("cases", []):
        unknown = set(case) - BILL_KEYS | set(case.get("expect", {})) - {"lines", "total"}
        if unknown:
            yield broken(case.get("id", file.name), f"unknown key {sorted(unknown)[0]!r}")
        else:
            yield Case(case["id"], lambda c=case: _billed(c))


def _billed(case: dict[str, Any]) -> str | None:
    sheet = read_price_sheet(shipped("costs/prices", f"{case['inputs']['provider']}.yaml"))
    bill = price(usage_from(case["inputs"]), sheet)
    items = dict.fromkeys(line.item for line in bill.lines)
    got = {item: f"{half_up(bill.amount_of(item), 6):f}" for item in items}
    wanted = {item: f"{float(amount):.6f}" for item, amount in case["expect"]["lines"].items()}
    if got != wanted or str(bill.total) != case["expect"]["total"]:
        return f"expected {wanted} total {case['expect']['total']}, got {got} total {bill.total}"
    return None


PACKET_KEYS = {
    "id", "source", "mode", "node", "proxy_options", "manifests", "why", "packet", "expect", "steps", "http",
    "expect_counts", "expect_distinct_endpoints", "note",
}  # fmt: skip


def kube_proxy(file: Path) -> Iterator[Case]:
    """Packets, timelines, health checks, names and rules."""
    whole = yaml.load(file.read_text(), yaml.CSafeLoader)
    if "names" in whole:
        yield from (_name_case(f"{file.stem}-{n}", names) for n, names in enumerate(whole["names"]))
    elif whole.get("topic") == "rules_facts":
        yield from (broken(file.stem, f"unknown key {key!r}") for key in set(whole) - written_rules.KEYS)
        yield from (Case(*compared) for compared in written_rules.comparisons(whole))
    elif "cases" not in whole:
        yield Case(f"{file.stem}-0", lambda: NOT_MODELLED)
    for case in whole.get("cases", []):
        unknown = set(case) - PACKET_KEYS
        if unknown:
            yield broken(case.get("id", file.name), f"unknown key {sorted(unknown)[0]!r}")
        else:
            yield Case(case["id"], lambda c=case: kube_proxy_case(c))


NAME_KEYS = {"service_port_name", "protocol", "endpoint", "iptables", "nftables", "source"}


def _name_case(name: str, row: dict[str, Any]) -> Case:
    unknown = set(row) - NAME_KEYS
    return broken(name, f"unknown key {sorted(unknown)[0]!r}") if unknown else Case(name, lambda: _named(row))


def _chains(
    chain: Callable[..., str],
    kinds: Iterable[str],
    of_endpoint: Iterable[str],
    name: str,
    protocol: str,
    endpoint: str,
) -> dict[str, str]:
    """All chains of a Service port by kind; with an endpoint also its own."""
    found = {kind: chain(kind, name, protocol) for kind in kinds}
    return found | {kind: chain(kind, name, protocol, endpoint) for kind in (of_endpoint if endpoint else ())}


def _named(row: dict[str, Any]) -> str | None:
    spoken = (row["service_port_name"], row["protocol"], row.get("endpoint", ""))
    got = {
        "iptables": _chains(iptables_chain, NFT_KINDS, ("SEP",), *spoken),
        "nftables": _chains(nftables_chain, NFT_KINDS.values(), ("endpoint", "affinity"), *spoken),
    }
    wanted = {mode: row[mode] for mode in got if mode in row}
    differs = {m: (wanted[m], got[m]) for m in wanted if wanted[m] != got[m]}
    return f"expected and got {differs}" if differs or not wanted else None


BALANCING_KEYS = {
    "id", "kind", "proxy", "version", "algorithm", "deterministic", "notes", "backends", "options", "requests",
    "routes", "default_service", "expect", "expect_sequence", "expect_attempts", "expect_arrivals",
    "expect_rotation_of", "expect_counts", "tolerance", "statuses", "backend_connections", "locations",
    "statuses_seen", "observed", "observed_counts", "observed_sequences", "requires", "reference_checked",
}  # fmt: skip


def balancing(file: Path) -> Iterator[Case]:
    """What real proxies chose, request by request; one file, one case."""
    case = yaml.load(file.read_text(), yaml.CSafeLoader)
    unknown = set(case) - BALANCING_KEYS
    if unknown:
        yield broken(file.stem, f"unknown key {sorted(unknown)[0]!r}")
    elif case.get("kind") == "routing":
        yield Case(file.stem, lambda: rule_tables.compared(case))
    else:
        yield Case(file.stem, lambda: balancing_cases.compared(case))


ROW_KEYS = {"bytes", "file", "category", "verdict", "line", "lines_accepted", "mention_regex", "note"}


def bad_input(file: Path) -> Iterator[Case]:
    """Malformed input: exit status, file, line and words of what the command says."""
    rows = list(csv.DictReader(file.read_text().splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE))
    if rows and set(rows[0]) != ROW_KEYS:
        yield broken(file.name, f"columns {sorted(rows[0])}, expected {sorted(ROW_KEYS)}")
        return
    for row in rows:
        if not row["file"].endswith("k-patch/app.yaml"):
            yield Case(row["file"], lambda r=row: _said(file.parent, r))


def _said(folder: Path, row: dict[str, str]) -> str | None:
    path = folder / row["file"]
    if not path.exists():
        return "the file is missing"
    argument = str(path.parent if row["category"] == "kustomize" else path)
    words = ["run", argument] if row["category"] == "scenario" else ["inspect", "-f", argument]
    try:
        done = measured(*words)
    except subprocess.TimeoutExpired as late:
        return f"no answer within {late.timeout:.0f} s"
    complaints = [*_complaints(row, path, done.status, done.text), *_excesses(done, row["category"] == "big")]
    return "; ".join(complaints) or None


def _excesses(done: Measured, is_big: bool) -> Iterator[str]:
    """What took too long or too much: CPU seconds, and resident memory in MB."""
    most_s, most_mb = (60, 2000) if is_big else (10, 500)
    if done.cpu_s is not None and done.cpu_s > most_s:
        yield f"{done.cpu_s:.1f} s of CPU time, over {most_s}"
    if done.resident_mb is not None and done.resident_mb > most_mb:
        yield f"{done.resident_mb:.0f} MB resident, over {most_mb}"


def _complaints(row: dict[str, str], path: Path, status: int, text: str) -> Iterator[str]:
    verdict = row["verdict"]
    if "Traceback (most recent call last)" in text:
        yield "a traceback"
    if status < 0 or status >= 128:
        yield f"ended by signal, status {status}"
    if "\x1b[31mweb" in text or re.search(r"^root:[^:]*:0:0:", text, re.M):
        yield "prints what it must not"
    if verdict == "error" and status == 0:
        yield "accepted, expected a refusal"
    if verdict == "ok" and status != 0:
        yield f"refused with {status}, expected to be read"
    said = verdict in ("error", "finding", "warn-or-error") or (verdict != "ok" and status != 0)
    if said and verdict != "warn-or-ok":
        yield from _unnamed(row, path, text)


def _unnamed(row: dict[str, str], path: Path, text: str) -> Iterator[str]:
    if path.name not in text and path.parent.name not in text:
        yield "the file is not named"
    lines = row["lines_accepted"]
    named = any(re.search(rf"(?::|line ){n}(?!\d)", text) for n in lines.split(","))
    if lines != "-" and row["verdict"] != "ok-or-error" and not named:
        yield f"line {row['line']} is not named"
    if row["mention_regex"] != "-" and not re.search(row["mention_regex"], text.replace(str(path), "")):
        yield f"nothing says /{row['mention_regex']}/"


def field_case(folder: Path) -> Iterator[Case]:
    """A question that somebody asked, with its inputs, the commands and what must hold."""
    yield Case(folder.name, lambda: field.differences(folder))


AROUND: dict[str, Callable[[Path], Iterator[tuple[str, Callable[[], str | None]]]]] = {
    "networkpolicy": around_networkpolicy.cases,
    "routes-l4": around_routes.cases,
    "service-lb": around_service_lb.cases,
}
"""Stem of a file of `around` -> its adapter."""


def around(file: Path) -> Iterator[Case]:
    """What stands around a Service; one adapter per file."""
    if file.stem not in AROUND:
        yield broken(file.name, "unknown file")
        return
    yield from (Case(name, run) for name, run in AROUND[file.stem](file))


LIFE: dict[str, dict[str, life_tables.Rule]] = {
    "rolling": life_rolling.RULES,
    "termination": life_termination.RULES,
    "probes": life_probes.RULES,
    "hpa": life_hpa.RULES,
    "endpoints": life_endpoints.RULES,
    "drain": life_drain.RULES,
    "propagation": {"fact": life_facts.FACT},
    "idle": life_idle.RULES,
}
"""Stem of a file of `life` -> the rules that it may ask."""


def life(file: Path) -> Iterator[Case]:
    """What the control plane does over time; one set of rules per file."""
    if file.stem not in LIFE:
        yield broken(file.name, "unknown file")
        return
    yield from (Case(name, run) for name, run in life_tables.cases(file, LIFE[file.stem]))


PLAIN_FILES = {"FORMAT.md", "README.md", "check_bad.py", "check_field.py"}
FOLDERS: dict[str, Callable[[Path], Iterator[Case]]] = {
    "routing": routing,
    "kube-proxy": kube_proxy,
    "balancing": balancing,
    "cost": cost,
    "bad-input": bad_input,
    "field": field_case,
    "around": around,
    "life": life,
}


def all_cases(root: Path) -> Iterator[tuple[str, Case]]:
    """(file below the root, case) for everything below a folder of tables."""
    for folder in sorted(p for p in root.iterdir() if not p.name.startswith(".")):
        if folder.name not in FOLDERS or not folder.is_dir():
            yield folder.name, broken(folder.name, "unknown file or folder")
            continue
        yield from _folder(root, folder)


def _folder(root: Path, folder: Path) -> Iterator[tuple[str, Case]]:
    """The tables of one folder; the files of malformed input are named by their own table."""
    for file in sorted(p for p in folder.iterdir() if p.name not in PLAIN_FILES):
        name = str(file.relative_to(root))
        if folder.name == "bad-input":
            if file.is_dir():
                continue
            known = file.name == "expectations.tsv"
        elif folder.name == "field":
            known = (file / "case.yaml").is_file()
        else:
            known = file.suffix == ".yaml"
        yield from (
            (name, case) for case in (_read(folder.name, file) if known else [broken(name, "unknown file")])
        )


def _read(folder: str, file: Path) -> Iterator[Case]:
    found = 0
    try:
        for case in FOLDERS[folder](file):
            found += 1
            yield case
    except (SimError, yaml.YAMLError, AttributeError, TypeError, KeyError) as error:
        yield broken(file.name, f"cannot be read: {error}")
        return
    if not found:
        yield broken(file.name, "no case in this file")

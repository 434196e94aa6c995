"""What the commands print as JSON is what docs/schemas publishes: no key less, no key more."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from functools import cache, reduce
from operator import getitem
from pathlib import Path

import pytest
from command import sim
from jsonschema import Draft202012Validator

from sim import __version__
from sim.analysis.check import Checked, check_document, request_from
from sim.analysis.check_shapes import EXPECT
from sim.manifests.reading.loading import documents
from sim.routing.kube_proxy.rules import WRITERS as MODES
from sim.scenario.experiment import shipped_scenarios

pytestmark = pytest.mark.usefixtures("parts_broken_briefly")

ROOT = Path(__file__).parents[2]
SCHEMAS = {file.stem: json.loads(file.read_text()) for file in sorted((ROOT / "docs/schemas").glob("*.json"))}
SCENARIOS = shipped_scenarios()
TABLES = sorted(
    file for file in (ROOT / "tests/conformance/cases/routing").glob("*.yaml") if file.stem != "validation"
)
OTHER = ROOT / "scenarios/fanout/manifests"
CHANGING = {
    "rolling-update",
    "nlb-deregisters",
    "scale-in",
    "drain-budget",
    "autoscaling-late",
    "retry-storm",
    "idle-race",
}
"""Scenarios whose comparisons take longest, for much of them fails and is tried again."""
OPEN = {"blast_radius"}
"""Objects that the schemas leave open, by name."""


def problems(name: str, value: object) -> list[str]:
    found = Draft202012Validator(SCHEMAS[name]).iter_errors(value)
    return [f"{'/'.join(map(str, e.absolute_path))}: {e.message[:200]}" for e in found]


@cache
def shown(*arguments: str) -> object:
    done = sim(*arguments)
    assert done.status in (0, 1), done.err
    return json.loads(done.out)


def compared(scenario: str) -> tuple[tuple[str, ...], ...]:
    """Options of `sim compare`: each for itself, and together where something happens to the cluster, for time."""
    few, priced, repeated = ("--requests", "60"), ("--provider", "all"), ("--replications", "2")
    if scenario in CHANGING:
        return ((*few, *priced, *repeated),)
    return few, (*few, *priced), (*few, *repeated)


@cache
def outputs(scenario: str) -> tuple[tuple[str, object], ...]:
    """One output of each command for a shipped scenario, by the name of its schema."""
    file = SCENARIOS[scenario]
    manifests = str(file.parent / "manifests")
    cases = [
        case["request"] for case in next(documents(file.read_bytes(), str(file))).value["expect"]["requests"]
    ]
    urls = [request_from(request).url for request in cases]
    return (
        *(("trace", shown("trace", "-f", manifests, "-o", "json", url)) for url in urls),
        ("trace", shown("trace", "-f", manifests, "-o", "json", "--seed", "1", *urls, urls[0])),
        ("inspect", shown("inspect", "-f", manifests, "-o", "json")),
        *(("rules", shown("rules", "-f", manifests, "--mode", mode, "-o", "json")) for mode in MODES),
        ("rules", shown("rules", "-f", manifests, "--diff", manifests, "-o", "json")),
        ("diff", shown("diff", manifests, str(OTHER), "-o", "json")),
        ("migrate", shown("migrate", "-f", str(ROOT / "scenarios/tls-edge/manifests"), "-o", "json")),
        ("run", shown("run", scenario, "--requests", "60", "-o", "json")),
        ("run", shown("run", scenario, "--requests", "60", "--replications", "2", "-o", "json")),
        *(("compare", shown("compare", scenario, *how, "-o", "json")) for how in compared(scenario)),
        (
            "rollout",
            shown("rollout", "-f", str(ROOT / "tests/rolling/web.yaml"), "--rps", "5", "-o", "json"),
        ),
        ("sweep", shown("sweep", scenario, "services=1..3", "--requests", "60", "-o", "json")),
        ("spread", shown("spread", "-f", manifests, "--mode", "all", "--connections", "60", "-o", "json")),
        ("spread", shown("spread", "-f", manifests, "--placements", "-o", "json")),
        ("cost", shown("cost", "-f", manifests, *exposed(scenario), "-o", "json")),
        ("cost", shown("cost", "--services", "12", "--provider", "all", "-o", "json")),
    )


def exposed(scenario: str) -> tuple[str, ...]:
    """Options that price a scenario's manifests with two plans."""
    return ("--rps", "5", "--gb-month", "20") if scenario else ()


def check_output(scenario: str, folder: Path) -> object:
    """`sim check` on the expectations of a scenario."""
    file = SCENARIOS[scenario]
    scenario_file = next(documents(file.read_bytes(), str(file))).value
    case_file = folder / "routes.yaml"
    case_file.write_text(
        json.dumps({"files": [str(file.parent / "manifests")], "cases": scenario_file["expect"]["requests"]})
    )
    return shown("check", str(case_file), "-o", "json")


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_is_a_schema_and_names_its_version(name):
    Draft202012Validator.check_schema(SCHEMAS[name])
    assert SCHEMAS[name]["$id"] == f"urn:ingress-sim:{name}:1"


@pytest.mark.slow
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_outputs_are_as_published(scenario, tmp_path):
    found = [*outputs(scenario), ("check", check_output(scenario, tmp_path))]
    assert {name for name, _ in found} == set(SCHEMAS)
    wrong = [f"docs/schemas/{name}.json: {line}" for name, value in found for line in problems(name, value)]
    assert wrong == []


@pytest.mark.parametrize("file", TABLES, ids=lambda file: file.stem)
def test_traces_and_checks_of_every_table_are_as_published(file):
    checked = Checked(tuple(check_document(document) for document in documents(file.read_bytes(), file.name)))
    assert checked.results
    found = [
        line for r in checked.results for line in problems("trace", as_json(r.trace.to_json(__version__)))
    ]
    assert (found, problems("check", as_json(checked.to_json()))) == ([], [])


def as_json(value: object) -> object:
    return json.loads(json.dumps(value))


def places(value: object, path: tuple[object, ...] = ()) -> Iterator[tuple[object, ...]]:
    """The path of every object in a JSON value, but for those left open."""
    if isinstance(value, dict):
        yield path
    if isinstance(value, dict | list):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            if key not in OPEN:
                yield from places(item, (*path, key))


def of_a_kind(value: object) -> Iterator[tuple[object, ...]]:
    """One path for all objects that stand in a list of the same name and have the same keys: one rule holds for them."""
    seen = set()
    for path in places(value):
        keys = frozenset(reduce(getitem, path, value))  # type: ignore[arg-type]
        kind = (tuple(None if isinstance(key, int) else key for key in path), keys)
        if kind not in seen:
            seen.add(kind)
            yield path


def with_a_further_key(value: object, path: tuple[object, ...]) -> object:
    changed = copy.deepcopy(value)
    at = changed
    for key in path:
        at = at[key]  # type: ignore[index]
    at["surprise"] = {"nobody": "expects it"}  # type: ignore[index]
    return changed


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_further_key_is_noticed_wherever_it_stands(name, tmp_path):
    found = [*outputs("service-types"), ("check", check_output("service-types", tmp_path))]
    value = next(value for known, value in found if known == name)
    unnoticed = [path for path in of_a_kind(value) if not problems(name, with_a_further_key(value, path))]
    assert unnoticed == []


NOT_ALWAYS = {"run": {"too_short"}}
"""Keys of an output that are there only where they say something."""


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_missing_key_is_noticed(name, tmp_path):
    found = [*outputs("service-types"), ("check", check_output("service-types", tmp_path))]
    value = next(value for known, value in found if known == name)
    always = value.keys() - NOT_ALWAYS.get(name, set())
    assert all(problems(name, {k: v for k, v in value.items() if k != gone}) for gone in always)


def test_a_final_state_has_room_for_every_key_of_an_expectation():
    final = SCHEMAS["trace"]["$defs"]["final"]["properties"]
    answer = SCHEMAS["check"]["$defs"]["answer"]["properties"]
    assert EXPECT.keys() - {"outcome"} <= set(final)
    assert set(answer) == EXPECT.keys()


@pytest.mark.parametrize("mode", MODES)
def test_a_bare_connection_is_as_published(mode):
    where = ("-f", "scenarios/service-types/manifests", "--mode", mode, "-o", "json")
    to_itself = shown("trace", *where, "--from", "pod:types/inside-1", "tcp://inside.types:80")
    from_outside = shown("trace", *where, "--to", "node:node-a", "tcp://198.51.100.1:80")
    assert [line for found in (to_itself, from_outside) for line in problems("trace", found)] == []
    assert list(to_itself["hops"][1]["after"]["source_if_endpoint"]) == ["10.244.1.1:8080"]

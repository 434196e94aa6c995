"""Experiments: a scenario file, what it includes, and the manifests it names.

A scenario is found by folder, by file, by the name of a shipped one, or by the number of a lesson. Nothing
outside the scenario's folder is read.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from sim.cluster.cluster import Assumption, Cluster
from sim.cluster.load_balancers.values import Cloud
from sim.cluster.setup import Setup
from sim.errors import ScenarioError, UsageError, nearest, one_of
from sim.manifests.decoding import printable
from sim.manifests.documents import Document
from sim.manifests.objects.collected import Manifests, Unmodelled
from sim.manifests.objects.meta import Origin
from sim.manifests.reading.loading import documents, load, read_text
from sim.plans import APART, AS_IS, SHARED, Exposed, Plan, closest, derive, expose
from sim.plans.plan import LaterManifests
from sim.routing.building import build
from sim.routing.controllers import PROFILES
from sim.routing.unmodelled import of_manifests
from sim.scenario import ControllerKey, Scenario, TrafficRow, merge_defaults, read_scenario
from sim.scenario.applied import holds, manifests_after, manifests_over_time
from sim.scenario.copies import of_services
from sim.scenario.reading import without_pods
from sim.scenario.requests import services_of
from sim.scenario.sections import PricesKey

SCENARIO_FILE, LESSON_FILE = "scenario.yaml", "lesson.yaml"
MOST_INCLUDES = 20


@dataclass(frozen=True)
class Experiment:
    """A scenario with its manifests read.

    Args:
        name: of the folder, for people; of the file in the folder that one is in.
        origin: of the scenario file.
        assumptions: what was taken for granted to make the scenario, where no file states one.
        cloud: what makes load balancers; None: what the manifests show.
    """

    name: str
    scenario: Scenario
    manifests: Manifests
    origin: Origin
    assumptions: tuple[Assumption, ...] = ()
    cloud: Cloud | None = None

    @property
    def rules(self) -> Cluster:
        """A cluster whose rules, given or derived, say which Service a host and path mean.

        Those of the set as it is where Gateways or load balancers read them; else those of an Ingress.
        """
        name = AS_IS if self.closest == AS_IS else SHARED
        return self._derive([name], replace(setup_of(self.scenario), controllers=None, provider=True))[
            0
        ].cluster

    @property
    def closest(self) -> str:
        """The plan that the manifests come closest to."""
        return closest(
            build(self.manifests, replace(setup_of(self.scenario), controllers=None)), (APART, SHARED)
        )

    @property
    def unmodelled(self) -> tuple[Unmodelled, ...]:
        """What the manifests hold and the simulator does not model."""
        return unmodelled_of(self.scenario, self.manifests)

    def plans(self, names: Iterable[str] | None = None) -> tuple[Plan, ...]:
        """The plans to compare, derived from the manifests."""
        changes = manifests_over_time(self.manifests, self.scenario.events)
        return self._derive(
            self.scenario.plans if names is None else names, setup_of(self.scenario), tuple(changes)
        )

    def with_plans(self, names: Iterable[str]) -> Experiment:
        """The same with other plans to compare, each once; without names, with its own."""
        plans = tuple(dict.fromkeys(names or self.scenario.plans))
        return replace(self, scenario=self.scenario.model_copy(update={"plans": plans}))

    def with_product(self, product: str, provider: str | None) -> Experiment:
        """The same with another product of its provider, or of another one with the figures of its sheet."""
        prices = self.scenario.prices
        if provider not in (None, prices.provider):
            prices = PricesKey(provider=provider)
        changed = prices.model_copy(update={"product": product})
        return replace(self, scenario=self.scenario.model_copy(update={"prices": changed}))

    def with_controller(self, name: str | None) -> Experiment:
        """The same with an Ingress controller of another profile, or `none`; without a name, with its own.

        Raises:
            UsageError: a profile without Pods that requests can queue at.
        """
        return replace(self, scenario=with_controller(self.scenario, name))

    def _derive(
        self, names: Iterable[str], setup: Setup, changes: Iterable[LaterManifests] = ()
    ) -> tuple[Plan, ...]:
        scenario, setup = self.scenario, replace(setup, cloud=self.cloud)
        spoken = {row.host: row.protocol for row in scenario.traffic if not row.is_http}
        return derive(self.manifests, names, setup, scenario.expose, scenario.lb_targets, spoken, changes)

    def plan_to_run(self, name: str | None = None) -> Plan:
        """The plan that `sim run` runs: the named one, else what the manifests come closest to."""
        return self.plans([self.closest if name is None else name])[0]


def with_controller(scenario: Scenario, name: str | None) -> Scenario:
    """The same with an Ingress controller of another profile, or `none`; without a name, with its own.

    Raises:
        UsageError: there is no such profile, or one without Pods that requests can queue at.
    """
    if name is None:
        return scenario
    profile = None if name == "none" else PROFILES[one_of(name, [*PROFILES, "none"], "controller profile")]
    if profile is None:
        return scenario.model_copy(update={"controller": "none"})
    if not profile.runs_as_pods:
        raise UsageError(f"--controller {name}: {without_pods(name)}")
    key = scenario.controller_key.model_copy(update={"profile": name})
    return scenario.model_copy(update={"controller": key})


def setup_of(scenario: Scenario) -> Setup:
    """What the control plane is told by a scenario; a profile only if it is stated there."""
    nodes = tuple((n.name, n.zone) for n in scenario.nodes) if scenario.nodes is not None else None
    setup, key = Setup(nodes, provider=scenario.provider, delays=scenario.delays), scenario.controller
    if not isinstance(key, ControllerKey):
        return replace(setup, controllers=())
    profile = key.profile if "profile" in key.model_fields_set else None
    return replace(
        setup,
        profile=profile,
        replicas=key.replicas,
        balancing=key.balancing,
        hash_by=key.hash_by or "",
        proxy_workers=key.proxy_workers,
    )


def unmodelled_of(scenario: Scenario, manifests: Manifests) -> tuple[Unmodelled, ...]:
    """What manifests hold and the simulator does not model.

    Annotations count for the controller that the scenario states, else for those of the manifests.
    """
    return of_manifests(manifests, setup_of(scenario))


def find(name: str) -> Path:
    """The scenario file behind a folder, a file, the name of a shipped scenario, or the number of a lesson.

    Raises:
        UsageError: there is none; the message lists the shipped ones, for a number the lessons.
    """
    path = Path(name)
    if os.path.isdir(path):
        path = path / SCENARIO_FILE
    if os.path.isfile(path):
        return path
    shipped = shipped_scenarios()
    if known := with_number(name, shipped):
        return shipped[known]
    if name.isdecimal():
        raise UsageError(f"no lesson {name}; there are: {', '.join(lesson_names())}")
    near = nearest(name, shipped)
    meant = f"did you mean {near}? " if near else ""
    raise UsageError(f"no scenario {name}: no such folder or file; {meant}shipped ones: {', '.join(shipped)}")


def with_number(name: str, names: Iterable[str]) -> str | None:
    """The one of some names that is meant by its own name or by its number alone: 4 and 04 mean 04-….

    Returns:
        None where there is none.
    """
    number = f"{name.zfill(2)}-" if name.isdecimal() else None
    return next((known for known in names if known == name or (number and known.startswith(number))), None)


def lesson_names() -> tuple[str, ...]:
    """The shipped lessons, in the order of their numbers."""
    return tuple(n for n, file in shipped_scenarios().items() if (file.parent / LESSON_FILE).is_file())


def shipped_scenarios() -> dict[str, Path]:
    """Name -> file of the shipped scenarios: inside the package where installed, beside it in a clone."""
    package = Path(__file__).parents[1]
    folder = next((f for f in (package / "scenarios", package.parent / "scenarios") if f.is_dir()), package)
    return {p.parent.name: p for p in sorted(folder.glob(f"*/{SCENARIO_FILE}"))}


def load_experiment(name: str, change: Callable[[Any], Any] | None = None) -> Experiment:
    """Read a scenario and its manifests.

    Args:
        name: a folder, a scenario file, the name of a shipped scenario, or the number of a lesson.
        change: made to the keys of the scenario before they are checked.

    Raises:
        ScenarioError: a fault in the scenario; all of them together, before a manifest is opened.
        UsageError: there is no such scenario.
    """
    file = find(name)
    document = _document(file)
    value = _with_includes(document, file, ())
    value = change(value) if change else value
    scenario = read_scenario(value, document.origin)
    paths = list(_named_manifests(file, scenario, document.origin))
    manifests = load(paths, scenario.namespace)
    _read_applied(file, scenario, manifests, document.origin)
    scenario = with_traffic(scenario, manifests)
    return _counted(
        _with_usual_plans(Experiment(file.parent.name or file.stem, scenario, manifests, document.origin))
    )


def _named_manifests(file: Path, scenario: Scenario, origin: Origin) -> Iterator[str]:
    """The paths of the manifests that a scenario names.

    Raises:
        ScenarioError: one is not there, or outside the scenario's folder; with its line.
    """
    for index, name in enumerate(scenario.manifests):
        place = origin.at("manifests", index)
        found = _inside(file, name, place)
        if not os.path.exists(found):
            beside = sorted(p.name for p in found.parent.glob("*")) if found.parent.is_dir() else []
            meant = get_close_matches(found.name, beside, 1)
            fix = f"did you mean {printable(meant[0])}?" if meant else f"put it below {file.parent}"
            raise ScenarioError(f"manifests: no file or folder {printable(name)}", place, fix)
        yield str(found)


def _read_applied(file: Path, scenario: Scenario, manifests: Manifests, origin: Origin) -> None:
    """Read what events apply, and refuse to delete what is not there.

    Raises:
        ScenarioError: a file is not there, is outside the scenario's folder, or would be refused.
    """
    for number, event in sorted(enumerate(scenario.events), key=lambda one: one[1].at):
        place, which = origin.at("events", number), f"events[{number}]"
        if event.apply is not None:
            found = _inside(file, event.apply, place)
            if not os.path.exists(found):
                raise ScenarioError(f"{which}.apply: no file or folder {printable(event.apply)}", place)
            event.holding(load([str(found)], scenario.namespace))
            refused = next((f for f in event.applied.faults if f.severity == "error"), None)
            if refused is not None:
                raise ScenarioError(f"{which}.apply: {refused.message}", refused.source or place, refused.fix)
        elif event.delete is not None and event.deletes[0] != "Pod" and not holds(manifests, *event.deletes):
            what = f"{which}.delete: there is no {printable(event.delete)} to delete"
            raise ScenarioError(what, place, _meant_object(event.delete, manifests))
        manifests = manifests_after(manifests, event)


def _meant_object(name: str, manifests: Manifests) -> str:
    """Which `KIND/NAMESPACE/NAME` may be meant by one that is not there."""
    kind, _, key = name.partition("/")
    if kind.lower() in ("pod", "pods"):
        return f"write Pod/{printable(key)}"
    objects: tuple[Any, ...] = (*manifests.objects, *manifests.unknown)
    there = [f"{o.kind}/{o.key}" for o in objects]
    near = next((one for one in there if one.endswith(f"/{name}")), None) or nearest(name, there)
    return f"did you mean {near}?" if near else "write KIND/NAMESPACE/NAME, such as Deployment/shop/web"


def _counted(experiment: Experiment) -> Experiment:
    """With as many Services as the scenario says, if it says so."""
    scenario, manifests = experiment.scenario, experiment.manifests
    if scenario.services is None:
        return experiment
    plan = experiment.plans([SHARED])[0]
    behind = services_of(scenario, experiment.rules, plan.exposed)
    place = experiment.origin.at("services")
    scenario, manifests = of_services(scenario, manifests, plan.exposed, behind, place)
    return replace(experiment, scenario=scenario, manifests=manifests)


def from_manifests(
    manifests: Manifests, name: str, more: tuple[str, ...] = (), keys: Mapping[str, Any] | None = None
) -> Experiment:
    """An experiment for manifests without a scenario: its defaults.

    Args:
        more: Services to expose besides those exposed today.
        keys: further keys of the scenario.
    """
    origin = Origin(name, {})
    scenario = read_scenario({"manifests": [name], "expose": list(more), **(keys or {})}, origin)
    return _with_usual_plans(Experiment(name, with_traffic(scenario, manifests), manifests, origin))


def _with_usual_plans(experiment: Experiment) -> Experiment:
    """Where no plans are stated, a load balancer per Service and what the set comes closest to."""
    if "plans" in experiment.scenario.model_fields_set or experiment.closest != AS_IS:
        return experiment
    return experiment.with_plans((APART, AS_IS))


def with_traffic(scenario: Scenario, manifests: Manifests) -> Scenario:
    """Where a scenario states no traffic, every exposed Service gets the same share of its rate."""
    if scenario.traffic:
        return scenario
    exposed = expose(manifests, scenario.expose)
    rows = tuple(_row(entry, scenario.rps / len(exposed), scenario.duration_s) for entry in exposed)
    return scenario.model_copy(update={"traffic": rows})


def _row(entry: Exposed, rps: float, duration_s: float) -> TrafficRow:
    protocol = "http" if entry.http else entry.protocol.lower()
    row = {"host": entry.asked_host, "path": entry.path, "protocol": protocol}
    return TrafficRow.model_validate({**row, "rps": rps, "duration_s": duration_s})


def _document(file: Path) -> Document:
    found = list(documents(read_text(str(file)), str(file)))
    if not found:
        raise ScenarioError("the scenario is empty: it needs at least manifests", str(file))
    return found[0]


def _with_includes(document: Document, file: Path, seen: tuple[Path, ...]) -> Any:
    """The scenario's keys over those of the file it includes."""
    value = document.value
    if not isinstance(value, dict) or not isinstance(value.get("include"), str):
        return value
    place = document.origin.at("include")
    resolved = file.resolve()
    if resolved in seen or len(seen) > MOST_INCLUDES:
        raise ScenarioError("include: the files include each other in a cycle", place, "remove one include")
    included = _inside(file, value["include"], place)
    if not os.path.isfile(included):
        raise ScenarioError(f"include: no file {value['include']}", place)
    below = _with_includes(_document(included), included, (*seen, resolved))
    if not isinstance(below, dict):
        raise ScenarioError(f"include: {value['include']} is no scenario", place)
    own = {key: item for key, item in value.items() if key != "include"}
    return merge_defaults(own, {key: item for key, item in below.items() if key != "include"})


def _inside(file: Path, name: str, place: str) -> Path:
    """A path that a scenario names, relative to its file and never outside its folder."""
    folder = file.parent.resolve()
    try:
        found = (folder / name).resolve()
    except (OSError, ValueError):
        raise ScenarioError(f"{printable(name[:80])} cannot be the name of a file", place) from None
    if not found.is_relative_to(folder):
        raise ScenarioError(f"{name} is outside the scenario's folder", place, "keep what it reads beside it")
    return file.parent / name

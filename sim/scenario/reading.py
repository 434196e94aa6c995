"""From what stands in a scenario file to a Scenario: all faults together, each at its line."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, get_args

from pydantic import ValidationError

from sim.errors import ScenarioError, nearest
from sim.manifests.objects.meta import Origin
from sim.routing.controllers import PROFILES, USUAL, Profile
from sim.routing.proxies import NAMES, PROGRAMS
from sim.scenario.events import KINDS as HAPPENS
from sim.scenario.events import EventKey
from sim.scenario.faults import PODS, TARGETS, FaultKey
from sim.scenario.fields import Section
from sim.scenario.model import Scenario
from sim.scenario.sections import ControllerKey
from sim.scenario.traffic import TrafficRow


def read_scenario(value: Any, origin: Origin) -> Scenario:
    """Make a scenario of what stands in a file (with its includes merged in).

    Raises:
        ScenarioError: with all faults, each at its line.
    """
    if not isinstance(value, dict):
        raise ScenarioError("the scenario is empty: it needs at least manifests", origin.at())
    try:
        scenario = Scenario.model_validate(value)
    except ValidationError as error:
        found = dict.fromkeys(_fault(f, origin) for f in error.errors() if not _other_reading(f))
        raise ScenarioError("\n".join(found)) from None
    if faults := _across(scenario, value, origin):
        raise ScenarioError("\n".join(faults))
    return scenario.model_copy(update={"traffic": _with_rates(scenario)})


def merge_defaults(outer: Mapping[str, Any], included: Mapping[str, Any]) -> dict[str, Any]:
    """The keys of an included scenario are the defaults of the one that includes it; mappings go key by key.

    >>> merge_defaults({"a": {"x": 1}}, {"a": {"x": 0, "y": 2}, "b": 3})
    {'a': {'x': 1, 'y': 2}, 'b': 3}
    """
    merged = dict(included)
    for key, value in outer.items():
        below = merged.get(key)
        both = isinstance(value, dict) and isinstance(below, dict)
        merged[key] = merge_defaults(value, below) if both and below is not None else value
    return merged


def _with_rates(scenario: Scenario) -> tuple[TrafficRow, ...]:
    """Rows without a rate share the scenario's by weight; a number over a duration is a rate too."""
    weights = [1.0 if r.weight is None else r.weight for r in scenario.traffic]
    total = sum(w for w, r in zip(weights, scenario.traffic, strict=True) if _shares(r))
    shares = (scenario.rps * weight / total if total else scenario.rps for weight in weights)
    return tuple(
        row.model_copy(update=_filled(scenario, row, share))
        for row, weight, share in zip(scenario.traffic, weights, shares, strict=True)
        if not (_shares(row) and weight == 0)
    )


def _shares(row: TrafficRow) -> bool:
    has_own = row.users is not None or row.shape is not None or (row.requests and row.duration_s)
    return row.rps is None and not has_own


def _filled(scenario: Scenario, row: TrafficRow, share: float) -> dict[str, Any]:
    duration_s = row.duration_s or (None if row.requests else scenario.duration_s)
    if row.users is not None:
        return {"duration_s": duration_s}
    if row.shape is not None:
        lasts_s = row.duration_s or scenario.duration_s
        return {"rps": row.shape.mean_rate(lasts_s), "duration_s": lasts_s}
    rate = row.rps or (row.requests / row.duration_s if row.requests and row.duration_s else share)
    return {"rps": rate, "duration_s": duration_s}


def _across(scenario: Scenario, value: Mapping[str, Any], origin: Origin) -> list[str]:
    """Faults between keys."""
    faults = []
    sharing = [r for r in scenario.traffic if _shares(r)]
    if sharing and not any(r.weight is None or r.weight > 0 for r in sharing):
        place = origin.at("traffic", 0)
        faults.append(f"{place}: traffic: every weight is 0, so there is no request to send")
    written = value.get("traffic") or []
    for index, row in enumerate(scenario.traffic):
        place = origin.at("traffic", index)
        if index < len(written) and "rps" in written[index] and written[index]["rps"] is None:
            at_rps = origin.at("traffic", index, "rps")
            faults.append(f"{at_rps}: traffic[{index}].rps: is empty; write a number")
        faults += (
            f"{place}: traffic[{index}].{key}: says nothing without retries, such as retries: 3"
            for key in ("backoff", "retry_budget")
            if key in row.model_fields_set and not row.retries
        )
        if row.rps is not None and row.users is not None:
            faults.append(f"{place}: traffic[{index}]: rps and users exclude each other")
        faults += _of_shape(scenario, index, row, place)
    unknown = _unknown_names(scenario.controller_key, origin)
    return [*faults, *_of_faults(scenario.faults, origin), *_of_events(scenario.events, origin), *unknown]


def _of_shape(scenario: Scenario, index: int, row: TrafficRow, place: str) -> Iterator[str]:
    """A rate that changes is the only one that its row states, and sends something."""
    if row.shape is None:
        return
    where, shapes = f"{place}: traffic[{index}].arrivals", row.shape.shapes
    if len(shapes) != 1:
        said, there_are = ", ".join(shapes) or "nothing", ", ".join(type(row.shape).model_fields)
        yield f"{where}: says {said}; name exactly one of {there_are}"
        return
    for key in ("rps", "users", "weight", "requests"):
        if getattr(row, key) is not None:
            yield f"{where}: {shapes[0]} and {key} exclude each other"
    if row.shape.mean_rate(row.duration_s or scenario.duration_s) <= 0:
        yield f"{where}: {shapes[0]}: the rate is 0 all the time, so there is no request to send"


def _of_faults(written: Iterable[FaultKey], origin: Origin) -> Iterator[str]:
    """A fault breaks one thing, and ends after it began."""
    for index, fault in enumerate(written):
        place = f"{origin.at('faults', index)}: faults[{index}]"
        if len(fault.targets) != 1:
            said = ", ".join(fault.targets) or "nothing"
            yield f"{place}: says {said}; name exactly one of {', '.join(TARGETS)}"
        if fault.graceful and not set(PODS) & set(fault.targets):
            yield f"{place}: graceful is for {' or '.join(PODS)}"
        if fault.until_s <= fault.at:
            yield f"{place}: until {fault.until_s:g} s is not after at {fault.at:g} s"


def _of_events(written: Iterable[EventKey], origin: Origin) -> Iterator[str]:
    """An event asks for one thing, and says all that it takes."""
    for index, event in enumerate(written):
        place = f"{origin.at('events', index)}: events[{index}]"
        if len(event.kinds) != 1:
            said = ", ".join(event.kinds) or "nothing"
            yield f"{place}: says {said}; name exactly one of {', '.join(HAPPENS)}"
        elif (event.to is None) == (event.scale is not None):
            yield f"{place}: to is how many replicas scale asks for: give both or none"
        elif event.delete is not None and not re.fullmatch("[^/]+(/[^/]+){1,2}", event.delete):
            yield f"{place}.delete: must be KIND/NAMESPACE/NAME, not {event.delete!r}"


def _unknown_names(controller: ControllerKey, origin: Origin) -> Iterator[str]:
    """The names that a registry must have: the profile, and the algorithm where one is stated."""
    found, name, chosen = PROFILES.get(controller.profile), controller.profile, controller.balancing
    if found is None:
        near = _did_you_mean(name, PROFILES)
        yield f"{origin.at('controller', 'profile')}: controller.profile: no profile {name!r}{near}"
    if chosen is not None and chosen not in NAMES:
        place, what = origin.at("controller", "balancing"), f"no algorithm {chosen!r}"
        yield f"{place}: controller.balancing: {what}{_other_algorithms(chosen, found or USUAL)}"
    if found is not None and not found.runs_as_pods:
        yield f"{origin.at('controller', 'profile')}: controller.profile: {without_pods(controller.profile)}"


def _other_algorithms(name: str, profile: Profile) -> str:
    """What the program of a profile has, and textbooks; and a name that may be meant."""
    near, own = nearest(name, sorted(NAMES)), ", ".join(PROGRAMS[profile.program])
    hint = f"; did you mean {near!r}?" if near else ";"
    others = "" if profile.program == "textbook" else f", textbooks {', '.join(PROGRAMS['textbook'])}"
    return (
        f"{hint} {profile.name} has {own}{others}; another program's: PROGRAM/NAME, such as nginx/random-two"
    )


def without_pods(profile: str) -> str:
    """Why a profile is no controller of a run, in a sentence."""
    others = ", ".join(p.name for p in PROFILES.values() if p.runs_as_pods)
    what = f"{profile} has no Pods that serve an Ingress, so it is no controller that requests queue at"
    plans = (
        "plan as-is runs load balancers and Gateways as the set has them, shared-alb and gateway one for all"
    )
    return f"{what}; use one of {others}; {plans}"


def _fault(fault: Any, origin: Origin) -> str:
    """One line: place, key, what is wrong."""
    path: tuple[str | int, ...] = ()
    for part in fault["loc"]:
        if (*path, part) in origin.positions or isinstance(part, int):
            path = (*path, part)
    dotted = ".".join(str(p) for p in fault["loc"] if not _is_tag(p))
    return f"{origin.at(*path)}: {dotted or 'scenario'}: {_fault_in_words(fault)}"


def _is_tag(part: str | int) -> bool:
    """Names of models and literals in a union are no part of the path."""
    return isinstance(part, str) and (
        part.endswith("Key") or part.startswith(("literal", "function", "tuple", "dict"))
    )


def _other_reading(fault: Any) -> bool:
    """Where a word or a mapping may stand, what is wrong with a mapping is not that it is no word."""
    tag = str((fault["loc"] or ("",))[-1])
    return fault["type"] == "literal_error" and tag.startswith("literal") and isinstance(fault["input"], dict)


def _fault_in_words(fault: Any) -> str:
    if fault["type"] == "extra_forbidden":
        return f"unknown key{_did_you_mean(str(fault['loc'][-1]), _known_keys(fault['loc']))}"
    if fault["type"] == "missing":
        return "is missing"
    if fault["type"] == "model_type":
        return f"must be a mapping of keys, not {fault['input']!r}"
    if fault["type"] == "tuple_type":
        is_entry = isinstance(fault["input"], dict)
        return f"must be a list{'; begin each of its entries with a dash' if is_entry else ''}"
    return str(fault["msg"]).removeprefix("Value error, ").lower()


def _known_keys(loc: tuple[str | int, ...]) -> list[str]:
    """The keys of the section that a place of the file is in."""
    section: type[Section] = Scenario
    for part in loc[:-1]:
        field = section.model_fields.get(str(part))
        section = section if field is None else next(_sections(field.annotation), section)
    return list(section.model_fields)


def _sections(annotation: Any) -> Iterator[type[Section]]:
    """The sections that a type is made of."""
    if isinstance(annotation, type) and issubclass(annotation, Section):
        yield annotation
    for part in get_args(annotation):
        yield from _sections(part)


def _did_you_mean(word: str, known: Any) -> str:
    near = nearest(word, known)
    return f"; did you mean {near!r}?" if near else f"; there are: {', '.join(known)}"

"""What a sweep varies: a key of the scenario file or one of the short names that people type, and its values.

`rps` is the rate of all rows together, whatever each states; `replicas` are those of the controller, and
`NAMESPACE/NAME.replicas` those of a Service's workload. Everything else is a key as it stands in the file.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from sim.errors import InputError, UsageError, nearest
from sim.manifests.reading.loading import documents
from sim.plans.changes import with_replicas
from sim.scenario import ControllerKey, Scenario
from sim.scenario.experiment import Experiment, load_experiment
from sim.scenario.fields import Section, is_number
from sim.scenario.sections import LatencyKey, TLSKey
from sim.units import seconds

EVERY = "*"
EXAMPLE = "write KEY=a,b,c, for example services=2,4,8, rps=50..400:50 or controller.replicas=1,2,4"
MOST_VALUES = 200
_RANGE = re.compile(r"(\d+(?:\.\d+)?)\.\.(\d+(?:\.\d+)?)(?::(\d+(?:\.\d+)?))?")
_SECTIONS: dict[str, type[Section]] = {"controller": ControllerKey, "latency": LatencyKey, "tls": TLSKey}


@dataclass(frozen=True)
class Axis:
    """A key, and the values that it takes in turn.

    Args:
        key: names and list places, outermost first; `*`: every place of a list.
        values: as they would stand in the file.
    """

    key: tuple[str, ...]
    values: tuple[str, ...]

    @property
    def name(self) -> str:
        """The key as it is written."""
        return ".".join(self.key)


def axis(text: str) -> Axis:
    """Read `KEY=a,b,c` or `KEY=FROM..TO:STEP`.

    Raises:
        UsageError: it has no key or no values, or no scenario has such a key.
    """
    key, equals, values = text.partition("=")
    parts = key.strip().split(".")
    items = [value for item in _items(values) for value in _range(item.strip())]
    if not equals or not all(parts) or not items or not all(items):
        raise UsageError(f"{text}: no key with values; {EXAMPLE}")
    if len(items) > MOST_VALUES:
        raise UsageError(f"{text}: {len(items)} values; a sweep takes {MOST_VALUES} at most")
    _refuse_unknown(parts)
    return Axis(tuple(SHORT.get(key.strip(), parts)), tuple(items))


def _items(text: str) -> list[str]:
    """Values between commas, but for commas within brackets.

    >>> _items("5ms,{lognormal: {mean: 20ms, cv: 1}}")
    ['5ms', '{lognormal: {mean: 20ms, cv: 1}}']
    """
    found, depth = [""], 0
    for letter in text:
        depth += (letter in "{[") - (letter in "]}")
        if letter == "," and depth == 0:
            found.append("")
        else:
            found[-1] += letter
    return found


def _range(text: str) -> Iterator[str]:
    """The values of a range, both ends included; anything else is a value.

    >>> list(_range("2..8:2")), list(_range("1..3")), list(_range("0.5..1:0.25")), list(_range("5ms"))
    (['2', '4', '6', '8'], ['1', '2', '3'], ['0.5', '0.75', '1'], ['5ms'])
    """
    match = _RANGE.fullmatch(text)
    if match is None:
        yield text
        return
    low, high, step = Decimal(match[1]), Decimal(match[2]), Decimal(match[3] or 1)
    if high < low or not step or (high - low) / step >= MOST_VALUES:
        raise UsageError(
            f"{text}: a range goes up from FROM to TO in at most {MOST_VALUES} steps, such as 2..12:2"
        )
    yield from (f"{(low + step * number).normalize():f}" for number in range(int((high - low) / step) + 1))


def _refuse_unknown(parts: Sequence[str]) -> None:
    """Refuse what is neither a key nor a short name; what stands below a key is the scenario's matter."""
    name = parts[0]
    if name in Scenario.model_fields or name in SHORT or _is_service(parts):
        return
    below = {leaf: f"{section}.{leaf}" for section, model in _SECTIONS.items() for leaf in model.model_fields}
    known = {**below, **{key: key for key in (*SHORT, *Scenario.model_fields)}}
    close = nearest(name, known)
    meant = f"; did you mean {known[close]!r}?" if close else ""
    raise UsageError(f"{'.'.join(parts)}: a scenario has no key {name!r}{meant}")


def _is_service(parts: Sequence[str]) -> bool:
    return len(parts) == 2 and "/" in parts[0] and parts[1] == "replicas"


def number_of(value: str) -> tuple[float | None, str]:
    """A value on an axis, and its unit; None for what is a name.

    >>> number_of("12"), number_of("40ms"), number_of("round-robin")
    ((12.0, ''), (0.04, 's'), (None, ''))
    """
    found = parsed(value)
    if is_number(found):
        return float(found), ""
    try:
        return seconds(found) if isinstance(found, str) else None, "s"
    except InputError:
        return None, ""


def parsed(text: str) -> Any:
    """A value as YAML reads it.

    Raises:
        ParseError: it is no YAML.
    """
    found = next(documents(text.encode(), "value"), None)
    return None if found is None else found.value


def experiment_at(scenario: str, over: Axis, value: str) -> Experiment:
    """The scenario with one value.

    Raises:
        ScenarioError, UsageError: it has no such key, or the key takes no such value; the message names both.
    """
    try:
        if over.key == ("rps",):
            return _at_rate(load_experiment(scenario), parsed(value))
        if _is_service(over.key):
            return _with_pods(load_experiment(scenario), over.key[0], parsed(value))
        return load_experiment(scenario, changed(over.key, parsed(value)))
    except (InputError, UsageError) as error:
        raise at_value(over, value, error) from None


def at_value(over: Axis, value: str, error: InputError | UsageError) -> UsageError:
    """The error of one point, with the value that it comes from."""
    return UsageError(f"{over.name}={value}: {error}")


def _at_rate(experiment: Experiment, rps: Any) -> Experiment:
    """All open rows together send `rps` requests per second, in the proportions that they have."""
    if not is_number(rps) or rps <= 0:
        raise UsageError(f"must be a number above 0, not {rps!r}")
    scenario = experiment.scenario
    whole = sum(row.rps or 0.0 for row in scenario.traffic)
    if not whole:
        raise UsageError("no row of the traffic has a rate; its users decide")
    rows = tuple(
        row.model_copy(update={"rps": row.rps * rps / whole}) if row.rps else row for row in scenario.traffic
    )
    return replace(experiment, scenario=scenario.model_copy(update={"traffic": rows}))


def _with_pods(experiment: Experiment, service: str, count: Any) -> Experiment:
    if not is_number(count) or count != int(count) or count < 0:
        raise UsageError(f"must be a whole number of Pods, not {count!r}")
    return replace(experiment, manifests=with_replicas(experiment.manifests, service, int(count)))


def changed(key: Sequence[str], item: Any) -> Callable[[Any], Any]:
    """A function that copies the keys of a scenario with one of them set.

    >>> changed(["traffic", "*", "rps"], 5)({"traffic": [{"rps": 1}, {"rps": 2}]})
    {'traffic': [{'rps': 5}, {'rps': 5}]}
    """

    def change(value: Any) -> Any:
        copy = deepcopy(value)
        _set(copy, key, item)
        return copy

    return change


def _set(within: Any, key: Sequence[str], item: Any) -> None:
    """Set a key in place; a mapping that is not there is made, a place in a list is not.

    Raises:
        UsageError: the key leads into something that has no keys.
    """
    for place in _places(within, key[0]):
        if len(key) == 1:
            within[place] = item
        else:
            if isinstance(within, dict):
                within.setdefault(place, {})
            _set(within[place], key[1:], item)


def _places(within: Any, name: str) -> Sequence[Any]:
    if isinstance(within, dict):
        return [name]
    if not isinstance(within, list):
        raise UsageError(f"{name}: the scenario has no keys there; {EXAMPLE}")
    if name == EVERY:
        return range(len(within))
    if not name.isdecimal() or int(name) >= len(within):
        raise UsageError(f"{name}: the list has the places 0 to {len(within) - 1}, or * for all")
    return [int(name)]


SHORT = {"replicas": ("controller", "replicas"), "rps": ("rps",)}
"""What people type -> the key."""

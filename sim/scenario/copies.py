"""A scenario for as many HTTP Services as are asked for: its own, the first of them, or copies besides.

Every copy has the traffic, service time, workers and events of its Service. What speaks no HTTP stays as it
is: it has a load balancer of its own in every plan and is not counted.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar

from sim.errors import ScenarioError
from sim.manifests.objects.collected import Manifests
from sim.manifests.objects.workloads import WorkloadResource
from sim.plans import Exposed
from sim.plans.copies import host_of_copy, numbered, times_each, with_copies
from sim.scenario import Scenario, TrafficRow
from sim.scenario.events import EventKey

_Value = TypeVar("_Value")


def of_services(
    scenario: Scenario, manifests: Manifests, exposed: Sequence[Exposed], behind: Sequence[str], place: str
) -> tuple[Scenario, Manifests]:
    """The scenario and the manifests with `services` HTTP Services, those with traffic first.

    Args:
        exposed: what the manifests expose.
        behind: the Service behind each traffic row.
        place: where the scenario says how many, for errors.

    Raises:
        ScenarioError: nothing that speaks HTTP is exposed.
        InputError: a copy would have the name of a Service that is there.
    """
    assert scenario.services is not None
    served = [e for e in exposed if e.http]
    if not served:
        raise ScenarioError("services: nothing that speaks HTTP is exposed", place, "remove the key")
    known = dict.fromkeys(e.service for e in served)
    busy = dict.fromkeys(key for key in behind if key in known)
    if not busy:
        message = "services: no row of the traffic leads to a Service that speaks HTTP"
        raise ScenarioError(message, place, "remove the key, or give rows")
    times = times_each(list(busy | known), scenario.services)
    rows = _rows(scenario.traffic, behind, served, times)
    copies = with_copies(manifests, times)
    names = _of_workloads(manifests, copies, max(times.values()))
    changed = {
        "traffic": rows,
        "events": tuple(_events(scenario.events, names)),
        "apps": {name: app for key, app in scenario.apps.items() for name in names.get(key, [key])},
        "service_time": _of_copies(scenario.service_time, times),
        "workers": _of_copies(scenario.workers, times),
        "expose": tuple(n for key in scenario.expose for n in _names(key, times.get(key, 1))),
    }
    return scenario.model_copy(update=changed), copies


def _rows(
    rows: Sequence[TrafficRow], behind: Sequence[str], exposed: Sequence[Exposed], times: Mapping[str, int]
) -> tuple[TrafficRow, ...]:
    """The rows of what is kept, then those of each copy: a further Service changes none before."""
    kept = [row for row, key in zip(rows, behind, strict=True) if times.get(key, 1)]
    copies = [
        _copy(row, key, exposed, number)
        for number in range(2, max(times.values()) + 1)
        for service in times
        for row, key in zip(rows, behind, strict=True)
        if key == service and number <= times[key]
    ]
    return (*kept, *copies)


def _copy(row: TrafficRow, key: str, exposed: Sequence[Exposed], number: int) -> TrafficRow:
    hosts = [e.host for e in exposed if e.service == key]
    return row.model_copy(update={"host": host_of_copy(row.host, hosts, key, number)})


def _of_workloads(manifests: Manifests, copies: Manifests, most: int) -> dict[str, list[str]]:
    """A workload -> those that it is now: itself, if it is left, and its copies."""
    there = {workload.key for workload in copies.of(WorkloadResource)}
    keys = (workload.key for workload in manifests.of(WorkloadResource))
    return {key: [name for name in _names(key, most) if name in there] for key in keys}


def _events(events: Sequence[EventKey], names: Mapping[str, Sequence[str]]) -> Iterator[EventKey]:
    """What happens to the workloads that are left, and to those of copies."""
    for event in events:
        kind = event.kinds[0]
        whom = getattr(event, kind)
        keys = names.get(whom, [whom]) if kind in ("rollout", "scale") else [whom]
        yield from (event.model_copy(update={kind: key}) for key in keys)


def _of_copies(values: Mapping[str, _Value], times: Mapping[str, int]) -> dict[str, _Value]:
    return {name: value for key, value in values.items() for name in _names(key, times.get(key, 1))}


def _names(key: str, times: int) -> list[str]:
    return [numbered(key, number) for number in range(1, times + 1)]

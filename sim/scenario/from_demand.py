"""Manifests and what clients ask of their Services -> an experiment that can be run.

A Service's demand is shared out over the hosts and paths that lead to it. A run lasts a minute; where some
Service is asked seldom it lasts longer, so that a mean of the run says something about a month.
"""

from collections.abc import Sequence
from dataclasses import replace
from math import ceil
from typing import Any

from sim.cluster.cluster import Cluster
from sim.errors import UsageError
from sim.manifests.decoding import from_document, merge
from sim.manifests.reading.loading import documents
from sim.plans import Exposed
from sim.routing import route
from sim.routing.path_samples import is_pattern, samples
from sim.scenario import TrafficRow
from sim.scenario.demand import Demand, Demands, assumed, check_names
from sim.scenario.experiment import Experiment, from_manifests
from sim.scenario.requests import request_of, served_by, services_of

MINUTE_S = 60
ENOUGH = 100
"""Requests of the Service that is asked least, after which a run is long enough."""
MOST = 20_000
"""Requests of all Services together that a run is not made longer for."""


SERVICE = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: service}
spec:
  replicas: PODS
  selector: {matchLabels: {app: service}}
  template: {metadata: {labels: {app: service}}, spec: {containers: [{name: service, image: service}]}}
---
apiVersion: v1
kind: Service
metadata: {name: service}
spec: {type: LoadBalancer, selector: {app: service}, ports: [{port: 80}]}
"""


def experiment_for(base: Experiment, demands: Demands, requests: int | None = None) -> Experiment:
    """An experiment that can be run: long enough for a mean.

    Args:
        base: an experiment of manifests that states no traffic.
        requests: that a run sends, about; None: those of a minute, or of as long as it takes.

    Raises:
        InputError: a demand is stated for a Service that is not exposed.
        UsageError: nothing is exposed, or nobody asks for anything.
    """
    found = with_demand(base, demands)
    asked = found.scenario.traffic
    if not asked:
        raise UsageError("every Service has 0 requests/s, so there is nothing to run; see --rps")
    lasts_s = duration_s(asked, requests)
    traffic = tuple(row.model_copy(update={"duration_s": lasts_s}) for row in asked)
    scenario = found.scenario.model_copy(update={"traffic": traffic, "duration_s": lasts_s})
    return replace(found, scenario=scenario)


def with_demand(base: Experiment, demands: Demands) -> Experiment:
    """The same experiment with the demand of every exposed Service as its traffic.

    Args:
        base: an experiment of manifests that states no traffic.

    Raises:
        InputError: a demand is stated for a Service that is not exposed.
        UsageError: nothing is exposed.
    """
    exposed = base.plans()[0].exposed
    services = tuple(dict.fromkeys(e.service for e in exposed))
    check_names(demands, services)
    base = _without_patterns(base, exposed)
    traffic = tuple(map(TrafficRow.model_validate, traffic_rows(base, exposed, demands)))
    scenario = base.scenario.model_copy(update={"traffic": traffic})
    return replace(base, scenario=scenario, assumptions=assumed({key: demands[key] for key in services}))


def _without_patterns(base: Experiment, exposed: Sequence[Exposed]) -> Experiment:
    """The same with paths that clients ask: where a rule's path is an expression, one that it matches."""
    rules = base.rules
    rows = tuple(_asked(row, e.service, rules) for row, e in zip(base.scenario.traffic, exposed, strict=True))
    return replace(base, scenario=base.scenario.model_copy(update={"traffic": rows}))


def _asked(row: TrafficRow, service: str, rules: Cluster) -> TrafficRow:
    """A row whose path clients ask; where it is redirected on its own host, the one that they ask then."""
    row = _plain(row, service, rules)
    last = served_by(row, rules)
    is_redirected = last.request != request_of(row, rules)
    if not is_redirected or last.request.host != row.host or last.final.state != "delivered":
        return row
    return row.model_copy(update={"path": last.request.path, "scheme": last.request.scheme})


def _plain(row: TrafficRow, service: str, rules: Cluster) -> TrafficRow:
    for path in samples(row.path) if is_pattern(row.path) else ():
        asked = row.model_copy(update={"path": path})
        backend = route(rules, request_of(asked, rules)).final.backend or ""
        if path.startswith("/") and backend.rpartition(":")[0] == service:
            return asked
    return row


def traffic_rows(base: Experiment, exposed: Sequence[Exposed], demands: Demands) -> list[dict[str, Any]]:
    """Rows for every Service, each with its share of the Service's demand.

    Args:
        base: whose traffic is one row per entry of `exposed`.
    """
    found = []
    for service, places in _places(base, exposed).items():
        for place, said in zip(places, demands[service].rows(len(places)), strict=False):
            found.append((place, {**_where(base.scenario.traffic[place]), **said}))
    return [row for _, row in sorted(found, key=lambda pair: pair[0])]


def _places(base: Experiment, exposed: Sequence[Exposed]) -> dict[str, list[int]]:
    """The rows that lead to each Service; where another Service answers all that are its own, those."""
    reached = services_of(base.scenario, base.rules, exposed)
    services = [entry.service for entry in exposed]
    right = {s: [n for n, r in enumerate(reached) if r == s == services[n]] for s in dict.fromkeys(services)}
    return {s: places or [n for n, own in enumerate(services) if own == s] for s, places in right.items()}


def _where(row: TrafficRow) -> dict[str, Any]:
    stated = row.model_dump(include={"scheme", "protocol"}, exclude_defaults=True)
    return {"host": row.host, "path": row.path, **stated}


def duration_s(rows: Sequence[TrafficRow], requests: int | None = None) -> float:
    """How long a run of these rows lasts: whole seconds, or as long as the number of requests takes."""
    rates = [row.rps or 0.0 for row in rows]
    if requests is not None:
        return float(f"{requests / sum(rates):.6g}")
    return float(max(MINUTE_S, ceil(min(ENOUGH / min(rates), MOST / sum(rates)))))


def of_one_service(
    demand: Demand, plans: Sequence[str], zones: int = 3, replicas: int | None = None
) -> Experiment:
    """One Service in as many zones, each with a node and a Pod of it.

    Args:
        replicas: Pods of the controller; None: the default.
    """
    keys: dict[str, Any] = {"plans": list(plans), "nodes": {f"zone-{n + 1}": 1 for n in range(zones)}}
    if replicas is not None:
        keys["controller"] = {"replicas": replicas}
    text = SERVICE.replace("PODS", str(zones))
    manifests = merge(from_document(document) for document in documents(text, "services"))
    return with_demand(from_manifests(manifests, "services", keys=keys), Demands(demand))

"""The scenario file as a model: manifests, traffic, controller, times, prices, plans, expectations.

An unknown key is an error with a suggestion; all faults of a file are reported together, each at its line,
before any manifest is opened. Defaults come from dated sources (docs/model.md). This room reads values; files
are opened by `sim.experiments`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    StrictStr,
    ValidationError,
)

from sim.cloud_ingress import CLOUDS, GATEWAYS_ONLY
from sim.distributions import Distribution, constant, distribution
from sim.errors import InputError, ScenarioError
from sim.manifests import Origin
from sim.routing.balancing import ALGORITHMS
from sim.routing.delays import Delays
from sim.routing.profiles import PROFILES
from sim.units import seconds

DEFAULT_RPS, DEFAULT_DURATION_S = 100.0, 60.0
MOST_REQUESTS = 20_000_000


def _checked(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A reader whose own errors become faults of the file."""

    def validate(value: Any) -> Any:
        try:
            return read(value)
        except InputError as error:
            raise ValueError(f"{error.message}{f'; {error.fix}' if error.fix else ''}") from None

    return validate


def _positive(value: Any) -> float:
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or not math.isfinite(value)
        or value <= 0
    ):
        raise ValueError(f"must be a number above 0, not {value!r}")
    return float(value)


def _not_negative(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
        raise ValueError(f"must be a number that is not negative, not {value!r}")
    return float(value)


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError(f"must be a whole number above 0, not {value!r}")
    if value > MOST_REQUESTS:
        raise ValueError(f"{value:,} is over the limit of {MOST_REQUESTS:,}")
    return value


Times = Annotated[Distribution, BeforeValidator(_checked(distribution))]
Duration = Annotated[float, BeforeValidator(_checked(seconds))]
Positive = Annotated[float, BeforeValidator(_positive)]
NotNegative = Annotated[float, BeforeValidator(_not_negative)]
Count = Annotated[int, BeforeValidator(_whole)]


class Section(BaseModel):
    """A part of a scenario file; keys that are not known are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _path(value: Any) -> str:
    if not isinstance(value, str) or not value.startswith("/"):
        raise ValueError(f"path must start with /, not {value!r}")
    return value


class TrafficRow(Section):
    """Requests of one kind: an open stream at `rps`, or a closed loop of `users`.

    Args:
        scheme: https where the host has a certificate, unless it is stated.
        weight: share of the scenario's `rps`, for rows without a rate of their own.
        keep_alive: requests per connection.
        think: pause of a user between an answer and the next request.
        request_bytes, response_bytes: with headers; they make the bill, not the time.
    """

    host: StrictStr
    path: Annotated[StrictStr, BeforeValidator(_path)] = "/"
    method: StrictStr = "GET"
    scheme: Literal["http", "https"] | None = None
    weight: NotNegative | None = None
    rps: Positive | None = None
    users: Count | None = None
    think: Times = Distribution("exponential", 1.0)
    requests: Count | None = None
    duration_s: Positive | None = None
    arrivals: Literal["poisson", "constant"] = "poisson"
    client_ip: StrictStr | None = None
    keep_alive: Count = 1
    request_bytes: NotNegative = 500.0
    response_bytes: NotNegative = 5000.0


class ControllerKey(Section):
    """The Ingress controller of the plan single-ingress."""

    profile: StrictStr = "ingress-nginx"
    replicas: Count = 2
    workers: Count = 2
    service_time: Times = constant(0.0004)
    balancing: StrictStr | None = None


class LatencyKey(Section):
    """Round trips and other delays; the defaults and their sources are in docs/model.md."""

    client: Duration = Delays.client_s
    zone: Duration = Delays.zone_s
    cross_zone: Duration = Delays.cross_zone_s
    dns: Duration = Delays.dns_s
    load_balancer: Duration = Delays.load_balancer_s
    tls_cpu: Duration = Delays.tls_cpu_s


class TLSKey(Section):
    """Where TLS ends (None: at the controller, else at the Pod) and its version."""

    ends: Literal["load-balancer", "controller", "pod"] | None = None
    version: Literal["1.2", "1.3"] = "1.3"


class NodeKey(Section):
    """A node and its zone."""

    name: StrictStr
    zone: StrictStr


@dataclass(frozen=True)
class Threshold:
    """`p99 < 200ms`: a figure of the summary, a comparison, a bound in seconds or as a share."""

    expression: str
    figure: str
    below: bool
    bound: float

    def passed(self, value: float | None) -> bool:
        """Whether a value keeps to it; no value does not."""
        return value is not None and (value < self.bound if self.below else value > self.bound)


_THRESHOLD = re.compile(r"(mean|p50|p90|p95|p99|max|errors)\s*([<>])\s*([\d.]+)\s*(%|[a-zµ]*)")


def threshold(value: Any) -> Threshold:
    """Read a threshold.

    >>> threshold("p99 < 200ms").bound, threshold("errors < 0.1%").bound
    (0.2, 0.001)
    """
    match = _THRESHOLD.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise InputError(f"{value!r} is no threshold", fix="write for example p99 < 200ms or errors < 0.1%")
    figure, sign, number, unit = match.groups()
    if figure == "errors":
        return Threshold(value, figure, sign == "<", float(number) / (100 if unit == "%" else 1))
    return Threshold(value, figure, sign == "<", seconds(f"{number}{unit}"))


class ExpectKey(Section):
    """What must come out: single requests as in `sim check`, and thresholds of the run."""

    requests: tuple[dict[str, Any], ...] = ()
    run: tuple[Annotated[Threshold, BeforeValidator(_checked(threshold))], ...] = ()


def _nodes(value: Any) -> Any:
    """`{zone-a: 2}` is two nodes in zone-a."""
    if not isinstance(value, dict):
        return value
    if not all(isinstance(n, int) and not isinstance(n, bool) and 0 < n <= 5000 for n in value.values()):
        raise ValueError("a zone needs a whole number of nodes, such as {zone-a: 2}")
    return [{"name": f"{zone}-{i + 1}", "zone": zone} for zone, n in value.items() for i in range(n)]


def _figure(value: Any) -> float:
    if isinstance(value, str):
        raise ValueError(f"must be a number, without a currency, not {value!r}")
    return _not_negative(value)


class PricesKey(BaseModel):
    """A provider, its product, and figures that stand instead of its own, such as `load_balancer_hour`."""

    model_config = ConfigDict(frozen=True, extra="allow")
    __pydantic_extra__: dict[str, Annotated[float, BeforeValidator(_figure)]]

    provider: StrictStr | None = None
    product: StrictStr | None = None

    @property
    def figures(self) -> dict[str, float]:
        """The figures by name."""
        return dict(self.__pydantic_extra__)


class Scenario(Section):
    """A scenario. `{default: …, NAMESPACE/NAME: …}` maps Services to a value of their own.

    Args:
        namespace: for objects that name none.
    """

    manifests: tuple[StrictStr, ...] = Field(min_length=1)
    namespace: StrictStr = "default"
    include: StrictStr | None = None
    traffic: tuple[TrafficRow, ...] = ()
    seed: StrictInt = 1
    rps: Positive = DEFAULT_RPS
    duration_s: Positive = DEFAULT_DURATION_S
    warm_up_s: NotNegative = 0.0
    nodes: Annotated[tuple[NodeKey, ...] | None, BeforeValidator(_nodes)] = None
    controller: ControllerKey | Literal["none"] = ControllerKey()
    service_time: dict[StrictStr, Times] = {}
    workers: dict[StrictStr, Count] = {}
    latency: LatencyKey = LatencyKey()
    tls: TLSKey = TLSKey()
    provider: StrictBool = True
    prices: PricesKey = PricesKey()
    plans: tuple[StrictStr, ...] = ("lb-per-service", "single-ingress")
    expose: tuple[StrictStr, ...] = ()
    faults: tuple[dict[str, Any], ...] = ()
    expect: ExpectKey = ExpectKey()

    def service_time_of(self, service: str) -> Distribution:
        """The service time of a Service's Pods."""
        return (
            self.service_time.get(service)
            or self.service_time.get("default")
            or Distribution("exponential", 0.005)
        )

    def workers_of(self, service: str) -> int:
        """How many requests one Pod of a Service serves at a time."""
        return self.workers.get(service) or self.workers.get("default") or 8

    @property
    def controller_key(self) -> ControllerKey:
        """The controller of single-ingress, also where the scenario itself has none."""
        return self.controller if isinstance(self.controller, ControllerKey) else ControllerKey()

    @property
    def controller_service_time(self) -> Distribution:
        """The time that a controller's worker is busy with a request."""
        return self.controller_key.service_time

    @property
    def delays(self) -> Delays:
        """The latency keys as the routing knows them."""
        keys = self.latency
        trips = 1 if self.tls.version == "1.3" else 2
        return Delays(
            keys.client, keys.zone, keys.cross_zone, keys.dns, keys.load_balancer, keys.tls_cpu, trips
        )  # fmt: skip


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
        raise _all_faults(error, origin) from None
    faults = list(_across(scenario, value, origin))
    if faults:
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
    return tuple(
        row.model_copy(
            update=_filled(scenario, row, scenario.rps * weight / total if total else scenario.rps)
        )
        for row, weight in zip(scenario.traffic, weights, strict=True)
        if not (_shares(row) and weight == 0)
    )


def _shares(row: TrafficRow) -> bool:
    return row.rps is None and row.users is None and not (row.requests and row.duration_s)


def _filled(scenario: Scenario, row: TrafficRow, share: float) -> dict[str, Any]:
    duration_s = row.duration_s or (None if row.requests else scenario.duration_s)
    if row.users is not None:
        return {"duration_s": row.duration_s or (None if row.requests else scenario.duration_s)}
    rate = row.rps or (row.requests / row.duration_s if row.requests and row.duration_s else share)
    return {"rps": rate, "duration_s": duration_s}


def _across(scenario: Scenario, value: Mapping[str, Any], origin: Origin) -> list[str]:
    """Faults between keys."""
    faults = []
    sharing = [r for r in scenario.traffic if _shares(r)]
    if sharing and not any(r.weight is None or r.weight > 0 for r in sharing):
        faults.append(
            f"{origin.at('traffic', 0)}: traffic: every weight is 0, so there is no request to send"
        )
    written = value.get("traffic") or []
    for index, row in enumerate(scenario.traffic):
        if index < len(written) and "rps" in written[index] and written[index]["rps"] is None:
            faults.append(
                f"{origin.at('traffic', index, 'rps')}: traffic[{index}].rps: is empty; write a number"
            )
        if row.rps is not None and row.users is not None:
            faults.append(
                f"{origin.at('traffic', index)}: traffic[{index}]: rps and users exclude each other"
            )
    return [*faults, *_unknown_names(scenario.controller_key, origin)]


def _unknown_names(controller: ControllerKey, origin: Origin) -> Iterator[str]:
    """The names that a registry must have: the profile, and the algorithm where one is stated."""
    stated = (
        ("profile", controller.profile, PROFILES),
        ("balancing", controller.balancing, ALGORITHMS),
    )
    for key, name, known in stated:
        if name is not None and name not in known:
            what = "algorithm" if key == "balancing" else key
            place = origin.at("controller", key)
            yield f"{place}: controller.{key}: no {what} {name!r}{_did_you_mean(name, known)}"
    if controller.profile in {*CLOUDS, *GATEWAYS_ONLY}:
        others = ", ".join(name for name in PROFILES if name not in {*CLOUDS, *GATEWAYS_ONLY})
        yield (
            f"{origin.at('controller', 'profile')}: controller.profile: {controller.profile} has no Pods "
            f"that serve an Ingress, so no run can queue at them; use one of {others}, or sim trace"
        )


def _all_faults(error: ValidationError, origin: Origin) -> ScenarioError:
    return ScenarioError("\n".join(dict.fromkeys(_fault(fault, origin) for fault in error.errors())))


def _fault(fault: Any, origin: Origin) -> str:
    """One line: place, key, what is wrong."""
    path: tuple[str | int, ...] = ()
    for part in fault["loc"]:
        if (*path, part) in origin.positions or isinstance(part, int):
            path = (*path, part)
    dotted = ".".join(str(p) for p in fault["loc"] if not _is_tag(p))
    return f"{origin.at(*path)}: {dotted or 'scenario'}: {_said(fault)}"


def _is_tag(part: str | int) -> bool:
    """Names of models and literals in a union are no part of the path."""
    return isinstance(part, str) and (
        part.endswith("Key") or part.startswith(("literal", "function", "tuple", "dict"))
    )


def _said(fault: Any) -> str:
    if fault["type"] == "extra_forbidden":
        return f"unknown key{_did_you_mean(str(fault['loc'][-1]), _known_keys(fault['loc']))}"
    if fault["type"] == "missing":
        return "is missing"
    return str(fault["msg"]).removeprefix("Value error, ").lower()


def _known_keys(loc: tuple[str | int, ...]) -> list[str]:
    sections: dict[str, type[Section]] = {
        "traffic": TrafficRow, "controller": ControllerKey, "latency": LatencyKey, "tls": TLSKey,
        "expect": ExpectKey, "nodes": NodeKey,
    }  # fmt: skip
    section = sections.get(str(loc[0]), Scenario) if len(loc) > 1 else Scenario
    return list(section.model_fields)


def _did_you_mean(word: str, known: Any) -> str:
    near = get_close_matches(word, list(known), 1)
    return f"; did you mean {near[0]!r}?" if near else f"; there are: {', '.join(known)}"

"""The page of the scenario file with one column more: the type of each key, as the model has it."""

from __future__ import annotations

import re
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel, StrictBool, StrictInt, StrictStr

from sim.scenario import FaultKey, Scenario, TrafficRow, fields
from sim.scenario.arrivals import ArrivalsKey
from sim.scenario.events import (
    AppKey,
    DeregistrationKey,
    EventKey,
    HealthKey,
    LoadBalancerKey,
    PropagationKey,
)
from sim.scenario.sections import ControllerKey, ExpectKey, LatencyKey, NodeKey, PricesKey, TLSKey
from sim.scenario.traffic import BackoffKey

MODELS: dict[str, type[BaseModel]] = {
    "At the top": Scenario,
    "A row of `traffic`": TrafficRow,
    "`backoff`": BackoffKey,
    "`controller`": ControllerKey,
    "`latency`": LatencyKey,
    "`tls`": TLSKey,
    "An entry of `faults`": FaultKey,
    "An entry of `events`": EventKey,
    "An application of `apps`": AppKey,
    "`propagation`": PropagationKey,
    "`load_balancer`": LoadBalancerKey,
    "`deregistration`": DeregistrationKey,
    "`health`": HealthKey,
}
"""Heading of the page → the model whose keys stand below it."""

NAMES: dict[Any, str] = {
    StrictStr: "text",
    str: "text",
    StrictBool: "true or false",
    StrictInt: "whole number",
    int: "whole number",
    float: "number",
    fields.Times: "distribution",
    fields.Cores: "CPU",
    fields.Duration: "time",
    fields.AboveZero: "time above 0",
    fields.Positive: "number above 0",
    fields.NotNegative: "number, not negative",
    fields.Count: "whole number above 0",
    fields.Share: "share from 0 to 1",
    fields.Factor: "number from 1",
    fields.Places: "whole number from 0",
    NodeKey: "name and zone",
    TrafficRow: "rows",
    FaultKey: "entries",
    EventKey: "entries",
    AppKey: "section",
    **dict.fromkeys((ControllerKey, LatencyKey, TLSKey, PricesKey, ExpectKey), "section"),
    **dict.fromkeys(
        (PropagationKey, LoadBalancerKey, DeregistrationKey, HealthKey, ArrivalsKey, BackoffKey), "section"
    ),
}


def type_name(annotation: Any) -> str:
    """A type in the words of the page."""
    if annotation in NAMES:
        return NAMES[annotation]
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return type_name(inner[0])
    if origin in (Union, UnionType):
        return " or ".join(type_name(one) for one in inner if one is not NoneType)
    if origin is Literal:
        return " or ".join(f"`{one}`" for one in inner)
    if origin is tuple:
        return f"list of {type_name(inner[0])}"
    if origin is dict:
        return f"map of name to {type_name(inner[1])}"
    raise LookupError(f"no words for the type {annotation}; give it some in website.scenario_keys")


def with_types(text: str) -> str:
    """The page with the types in its tables."""
    parts = re.split(r"^(## .+\n)", text, flags=re.MULTILINE)
    heads = [None, *(part.removeprefix("## ").strip() for part in parts[1::2])]
    bodies = [_typed(body, MODELS.get(head or "")) for head, body in zip(heads, parts[::2], strict=True)]
    return "".join(piece for pair in zip(bodies, [*parts[1::2], ""], strict=True) for piece in pair)


def _typed(body: str, model: type[BaseModel] | None) -> str:
    if model is None:
        return body
    hints = get_type_hints(model, include_extras=True)
    body = body.replace("| key | default |", "| key | type | default |", 1).replace(
        "|---|---|", "|---|---|---|", 1
    )
    return re.sub(
        r"^\| `(\w+)` \|", lambda key: f"{key[0]} {type_name(hints[key[1]])} |", body, flags=re.MULTILINE
    )

"""A design: what an engine runs, with integers for names. Pods are stations, traffic rows are flows.

Rules are resolved here, once per traffic row and by `sim.routing` itself; an engine asks no rule again. A
design holds no randomness and no clock; of faults it says when they are.
"""

from sim.scenario.requests import request_of
from sim.simulation.design.compiler import compile_design
from sim.simulation.design.load import Overload, offered_loads, overloads
from sim.simulation.design.values import Design, Flow, Outage, Outages, StationSpec

__all__ = [
    "Design",
    "Flow",
    "Outage",
    "Outages",
    "Overload",
    "StationSpec",
    "compile_design",
    "offered_loads",
    "overloads",
    "request_of",
]

"""The scenario file as a model: manifests, traffic, controller, times, faults, prices, plans, expectations.

An unknown key is an error with a suggestion; all faults of a file are reported together, each at its line,
before any manifest is opened. Defaults come from dated sources (docs/model.md), every key stands in
docs/reference/scenario.md. This room reads values; files are opened by `sim.scenario.experiment`.
"""

from sim.scenario.faults import FaultKey
from sim.scenario.model import Scenario
from sim.scenario.reading import merge_defaults, read_scenario
from sim.scenario.sections import ControllerKey
from sim.scenario.thresholds import Threshold
from sim.scenario.traffic import TrafficRow

__all__ = [
    "ControllerKey", "FaultKey", "Scenario", "Threshold", "TrafficRow", "merge_defaults", "read_scenario"
]  # fmt: skip

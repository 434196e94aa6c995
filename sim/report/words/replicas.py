"""How many Pods workloads were given over time, in lines, with the reason of each change."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sim.report.width import WIDTH

MOST_CHANGES = 12


def replica_lines(scaled: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """One block per workload, from its published form."""
    for workload in scaled:
        yield f"replicas   {workload['key']}"
        for change in workload["changes"][:MOST_CHANGES]:
            because = change["because"] or "so it begins"
            line = f"{'':<11}{change['at_s']:>8,.6g} s{change['replicas']:>6}  {because}"
            yield line if len(line) <= WIDTH else f"{line[: WIDTH - 1]}…"
        more = len(workload["changes"]) - MOST_CHANGES
        if more > 0:
            yield f"and {more} more changes (all of them with -o json)"

"""When the engine `fast` is done sooner than `replay`, and when compiling it pays."""

from sim.simulation.design import Design
from sim.simulation.fast.compiled import has_compiler, is_kept
from sim.simulation.fast.forward import is_forward
from sim.simulation.fast.refusals import refusals
from sim.simulation.workload import Workload

COMPILING_PAYS = 300_000
"""Requests that take `replay` as long as compiling takes; what is compiled is kept, and pays at once then."""


def why_not(design: Design, workload: Workload, count: int) -> str:
    """Why `replay` is to be preferred; empty: it is not.

    Args:
        count: about how many requests there are.
    """
    if missing := refusals(design, workload):
        return f"fast cannot do: {', '.join(missing)}"
    if is_forward(design, workload):
        return ""
    if not has_compiler():
        return "fast is slower without numba (extra fast)"
    return "" if pays_to_compile(count) else "compiling fast takes longer than it saves"


def pays_to_compile(count: int) -> bool:
    """Whether a compiled walk is done sooner than one that runs as it is, or was compiled before."""
    return has_compiler() and (count >= COMPILING_PAYS or is_kept())

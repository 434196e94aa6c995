"""The rows of a rulebook in words: why each wins, loses, or is not asked."""

from sim.routing.trace import Step


def because_of(step: Step) -> str:
    """Why a row decided, or did not; what the trace says, and whether that is a loss.

    >>> because_of(Step("/ Prefix", False, "not asked: another host", failed="host"))
    'not asked: another host'
    >>> because_of(Step("/a Prefix", False, "/b is not under /a", failed="path"))
    'loses: /b is not under /a'
    """
    return step.because if step.wins or step.path_fits is None else f"loses: {step.because}"

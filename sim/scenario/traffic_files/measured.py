"""What a traffic file says of the demand of Services, and how it was read: values to use and to show."""

from dataclasses import dataclass

from sim.scenario.demand import Demands


@dataclass(frozen=True)
class Lost:
    """Lines that led to no Service, for one reason."""

    why: str
    count: int
    examples: tuple[str, ...]


@dataclass(frozen=True)
class Measured:
    """What a file says, and how it was read.

    Args:
        demands: of the Services that the file is about.
        lines: all of them.
        requests: of an access log, those that led to a Service.
        first_s, last_s: times of an access log, since 1970; None: a table.
        lost: what led to no Service, the most first.
        assumed: what the file does not tell.
        thin: why it is a weak basis for a month; empty if it is none.
    """

    file: str
    form: str
    demands: Demands
    lines: int
    requests: int = 0
    first_s: float | None = None
    last_s: float | None = None
    lost: tuple[Lost, ...] = ()
    assumed: tuple[str, ...] = ()
    thin: tuple[str, ...] = ()

    @property
    def idle(self) -> tuple[str, ...]:
        """Services that nobody asked."""
        return tuple(key for key, demand in self.demands.of.items() if not demand.rate)

"""A condition of a status, as a controller would write it."""

from dataclasses import dataclass

TRUE, FALSE, UNKNOWN = "True", "False", "Unknown"


@dataclass(frozen=True)
class Condition:
    """One condition of a status.

    Args:
        status: `True`, `False` or `Unknown`.
        source: `FILE:LINE` of what decided, None where nothing special did.
    """

    type: str
    status: str
    reason: str
    message: str
    source: str | None = None

    @property
    def good(self) -> bool:
        """Whether it is as one wishes; Conflicted is the one that should be False."""
        return self.status == (FALSE if self.type == "Conflicted" else TRUE)


def programmed(held: bool, message: str, line: str | None, reason: str = "Invalid") -> Condition:
    """Whether it takes requests.

    Args:
        reason: where it does not.
    """
    if held:
        return Condition("Programmed", TRUE, "Programmed", message)
    return Condition("Programmed", FALSE, reason, message, line)

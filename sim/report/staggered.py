"""Labels of points that lie close together: in rows, so that no label and no leader crosses another label."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """Where a label stands.

    Args:
        at: where its point is; a leader runs from there to its row.
        left, right: its ends.
        row: 0 is the row nearest to the points.
    """

    at: float
    left: float
    right: float
    row: int

    def crosses(self, other: Place) -> bool:
        """Whether this leader runs over the other label."""
        return self.row > other.row and other.left < self.at < other.right

    def touches(self, other: Place) -> bool:
        """Whether the two labels share a place."""
        return self.row == other.row and self.left < other.right and other.left < self.right


def staggered(at: Sequence[float], widths: Sequence[float], right: float) -> list[Place]:
    """A place for the label of each point, from 0 to `right`.

    A label begins at its point, or ends there where the edge is too near. No two touch; leaders run over
    labels only where points lie so that they have to.

    Args:
        at: where each point is; shape (n,).
        widths: of each label, with the room around it; shape (n,).

    >>> [(place.left, place.row) for place in staggered([10, 20, 90], [30, 30, 30], 100)]
    [(10, 1), (20, 0), (60, 0)]
    """
    forwards = sorted((i for i in range(len(at)) if at[i] + widths[i] <= right), key=lambda i: -at[i])
    backwards = sorted((i for i in range(len(at)) if at[i] + widths[i] > right), key=lambda i: at[i])
    placed: dict[int, Place] = {}
    for i in (*forwards, *backwards):
        left = at[i] if i in forwards else max(0.0, at[i] - widths[i])
        tried = [Place(at[i], left, left + widths[i], row) for row in range(len(at))]
        free = [place for place in tried if not any(map(place.touches, placed.values()))]
        clear = (p for p in free if not any(p.crosses(q) or q.crosses(p) for q in placed.values()))
        placed[i] = next(clear, free[0])
    return [placed[i] for i in range(len(at))]

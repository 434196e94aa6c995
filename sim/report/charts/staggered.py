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

    Labels of points on the left begin at their points, those of points on the right end there; the two meet
    where fewest leaders run over labels, and then where fewest rows are needed. No two labels touch.

    Args:
        at: where each point is; shape (n,).
        widths: of each label, with the room around it; shape (n,).

    >>> [(place.left, place.row) for place in staggered([10, 20, 90], [30, 30, 30], 100)]
    [(10, 1), (20, 0), (60, 0)]
    """
    order = sorted(range(len(at)), key=lambda i: at[i])
    found = (_split(at, widths, right, order[:n], order[n:]) for n in range(len(at), -1, -1))
    return min(found, key=_trouble)


def _trouble(places: Sequence[Place]) -> tuple[int, int]:
    crossings = sum(one.crosses(other) for one in places for other in places)
    return crossings, max(place.row for place in places)


def _split(
    at: Sequence[float], widths: Sequence[float], right: float, forwards: list[int], backwards: list[int]
) -> list[Place]:
    """Labels that begin at their points, but for the edge, then labels that end there."""
    placed: dict[int, Place] = {}
    for i in (*reversed(forwards), *backwards):
        least = at[i] if i in forwards and at[i] + widths[i] <= right else at[i] - widths[i]
        left = max(0.0, least)
        tried = [Place(at[i], left, left + widths[i], row) for row in range(len(at))]
        free = [place for place in tried if not any(map(place.touches, placed.values()))]
        clear = (p for p in free if not any(p.crosses(q) or q.crosses(p) for q in placed.values()))
        placed[i] = next(clear, free[0])
    return [placed[i] for i in range(len(at))]

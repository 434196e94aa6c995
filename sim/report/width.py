"""How wide text is: 80 columns, or as many more as the environment's COLUMNS says."""

import os

LEAST, MOST = 80, 400


def _columns(stated: str) -> int:
    """As stated, if it is a number of columns that there may be.

    >>> _columns("120"), _columns("40"), _columns("wide"), _columns("")
    (120, 80, 80, 80)
    """
    return min(max(LEAST, int(stated)), MOST) if stated.isdecimal() and len(stated) < 9 else LEAST


WIDTH = _columns(os.environ.get("COLUMNS", ""))
"""Columns of what is printed; tables are made for 80, and what is longer gets the rest."""

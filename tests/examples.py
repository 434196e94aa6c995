"""How many examples a property takes: few in the README's test command, more of the same in `make soak`."""

from __future__ import annotations

import os

from hypothesis import settings

TIMES = int(os.environ.get("SIM_EXAMPLES", "1"))
"""By how much each number is multiplied."""


def examples(count: int) -> settings:
    """As a decorator: so many examples, and in the soak so many times that."""
    return settings(max_examples=count * TIMES)

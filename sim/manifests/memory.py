"""Memory: where millions of values are made and no circles, the garbage collector rests.

It would walk all of them again and again, and find nothing: a fifth of the time of a large set.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_at_rest() -> Iterator[None]:
    """Let the collector rest meanwhile; also as a decorator."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()

"""SimPy's environment with less to do for each event. What happens, and in which order, is as SimPy has it.

`run_until` is `simpy.Environment.run` in one loop, a `Pause` a `simpy.Timeout`, a `RunProcess` a
`simpy.Process` whose end is an event only where somebody waits for it. What would happen next in any case
need not be waited for: `is_quiet` says so.
"""

from collections.abc import Callable, Generator
from functools import partial
from heapq import heappop, heappush
from typing import Any

import simpy
from simpy.events import NORMAL, URGENT


class RunClock(simpy.Environment):
    """An environment whose `now` is an attribute, not a property: nothing is asked more often."""

    now: float = 0.0

    def __init__(self) -> None:
        super().__init__()
        self.timeout = partial(Pause, self)  # type: ignore[method-assign]

    @property
    def is_quiet(self) -> bool:
        """Whether nothing else is to happen at this instant, so that an event made now would be the next."""
        queue = self._queue
        return not queue or queue[0][0] > self.now

    def process(self, generator: Generator[simpy.Event, Any, Any]) -> simpy.Process:
        """Let a process begin."""
        return RunProcess(self, generator)

    def soon(self, callback: Callable[[simpy.Event], None]) -> None:
        """Call somebody back at this instant, after whatever is to happen before that."""
        Pause(self, 0.0).callbacks.append(callback)

    def happens(self, event: simpy.Event) -> None:
        """An event happens, at once where it would be the next in any case: the last act of a callback."""
        if not self.is_quiet:
            event.succeed()
            return
        event._ok, event._value = True, None
        callbacks, event.callbacks = event.callbacks, None  # type: ignore[assignment]
        for callback in callbacks:
            callback(event)

    def moment(self, at_s: float) -> simpy.Event:
        """An event at a moment, before all others of that instant."""
        event = self.event()
        event._ok, event._value = True, None
        self.schedule(event, URGENT, at_s - self.now)
        return event

    def run_until(self, end: simpy.Event) -> None:
        """Let everything happen up to an event, whose own callbacks come last."""
        queue = self._queue
        while end.callbacks is not None:
            self.now, _, _, event = heappop(queue)
            self._now = self.now
            callbacks, event.callbacks = event.callbacks, None  # type: ignore[assignment]
            for callback in callbacks:
                callback(event)


class Pause(simpy.Timeout):
    """A timeout of a clock."""

    def __init__(self, clock: RunClock, delay: float, value: Any = None) -> None:
        if delay < 0:
            raise ValueError(f"Negative delay {delay}")
        self.env, self.callbacks = clock, []
        self._value, self._ok = value, True
        heappush(clock._queue, (clock.now + delay, NORMAL, next(clock._eid), self))


class RunProcess(simpy.Process):
    """A process of a clock."""

    def _resume(self, event: simpy.Event) -> None:
        """Go on to the next event to wait for, or to the end."""
        if not event._ok:
            super()._resume(event)
            return
        self.env._active_proc = self
        try:
            awaited = self._generator.send(event._value)
        except StopIteration as end:
            self._end(end.value)
        else:
            self._target = awaited
            awaited.callbacks.append(self._resume)
        self.env._active_proc = None

    def _end(self, value: Any) -> None:
        self._ok, self._value = True, value
        if self.callbacks:
            self.env.schedule(self)
        else:
            self.callbacks = None  # type: ignore[assignment]

"""A Pod that serves: `workers` requests at a time, the rest wait, first come first served."""

from array import array
from collections import deque
from collections.abc import Generator
from math import inf
from typing import Any

import simpy

from sim.simulation.design import StationSpec
from sim.simulation.engines.clock import RunClock

QUEUE_FULL = "queue-full"
"""Why a Pod refuses a request where as many wait as may."""

Serving = Generator[simpy.Event, Any, float | None]


class Workers:
    """So many at a time, first come first served: as `simpy.Resource`, at a fraction of the price.

    Who waits gets a free worker in an event of its own after the one that freed it, as there; but what would
    happen next in any case happens at once.
    """

    __slots__ = ("_clock", "_free", "_waiting")

    def __init__(self, clock: RunClock, count: int) -> None:
        self._clock, self._free = clock, count
        self._waiting = deque[simpy.Event]()

    def request(self) -> simpy.Event | None:
        """An event that happens when a worker is there for whoever asks; None: one is there now."""
        if self._free and not self._waiting and self._clock.is_quiet:
            self._free -= 1
            return None
        granted = simpy.Event(self._clock)
        self._waiting.append(granted)
        self._grant()
        return granted

    def release(self, granted: simpy.Event | None) -> None:
        """Give a worker back, or wait for none any more."""
        if granted is not None and not granted.triggered:
            self._waiting.remove(granted)
            return
        self._free += 1
        if self._waiting:
            self._clock.soon(self._freed)

    def _freed(self, _: simpy.Event) -> None:
        if self._free == 1 and self._waiting:
            self._free = 0
            self._clock.happens(self._waiting.popleft())
        else:
            self._grant()

    def _grant(self) -> None:
        while self._free and self._waiting:
            self._free -= 1
            self._waiting.popleft().succeed()


class Station:
    """A Pod. It integrates over time, apart from any record, how many requests are in it and in service."""

    def __init__(self, env: RunClock, spec: StationSpec) -> None:
        self._env, self._workers = env, Workers(env, spec.workers)
        self._most = inf if spec.queue is None else spec.workers + spec.queue
        self._inside: dict[simpy.Process | None, None] = {}
        self._in_service = self.served = 0
        self._last_s = 0.0
        self.starts_s, self.stops_s = array("d"), array("d")
        self.in_system_s = self.busy_s = 0.0

    @property
    def is_full(self) -> bool:
        """Whether no other request may come in: all workers are busy, and as many wait as may."""
        return len(self._inside) >= self._most

    def integrate(self) -> float:
        """Bring both areas up to now; returns it."""
        now_s = self._env.now
        elapsed = now_s - self._last_s
        self.in_system_s += len(self._inside) * elapsed
        self.busy_s += self._in_service * elapsed
        self._last_s = now_s
        return now_s

    def serve(self, service_s: float) -> Serving:
        """Wait for a worker, hold it for `service_s`, leave; the end may come at any time. For `yield from`.

        Returns:
            When service began; None if the Pod died meanwhile.
        """
        self.integrate()
        process = self._env.active_process
        self._inside[process] = None
        worker = self._workers.request()
        start_s = None
        try:
            if worker is not None:
                yield worker
            start_s = self._env.now
            self._in_service += 1
            self.starts_s.append(start_s)
            yield self._env.timeout(service_s)
        except simpy.Interrupt:
            self._leave(process, worker, start_s is not None)
            return None
        self._leave(process, worker, is_served=True)
        self.served += 1
        return start_s

    def _leave(self, process: simpy.Process | None, worker: simpy.Event | None, is_served: bool) -> None:
        """A request is out, whether it was served to the end, or in part, or not at all."""
        now_s = self.integrate()
        del self._inside[process]
        if is_served:
            self._in_service -= 1
            self.stops_s.append(now_s)
        self._workers.release(worker)

    def die(self) -> None:
        """Everything in it is lost."""
        for process in list(self._inside):
            if process is not None:
                process.interrupt()

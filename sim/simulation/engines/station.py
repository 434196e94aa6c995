"""A Pod that serves: `workers` requests at a time, the rest wait, first come first served."""

from __future__ import annotations

from array import array
from collections.abc import Generator
from typing import Any

import simpy

from sim.simulation.design import StationSpec

Serving = Generator[simpy.Event, Any, float | None]


class Station:
    """A Pod. It integrates over time, apart from any record, how many requests are in it and in service.

    Args:
        mortal: whether it dies in this run; then it knows who is in it.
    """

    def __init__(self, env: simpy.Environment, spec: StationSpec, mortal: bool = False) -> None:
        self._env, self._workers = env, simpy.Resource(env, spec.workers)
        self._inside: dict[simpy.Process | None, None] | None = {} if mortal else None
        self._in_system = self._in_service = self.served = 0
        self._last_s = 0.0
        self.starts_s, self.stops_s = array("d"), array("d")
        self.in_system_s = self.busy_s = 0.0

    def integrate(self) -> None:
        """Bring both areas up to now."""
        now_s = self._env.now
        elapsed = now_s - self._last_s
        self.in_system_s += self._in_system * elapsed
        self.busy_s += self._in_service * elapsed
        self._last_s = now_s

    def serve(self, service_s: float) -> Serving:
        """Wait for a worker, hold it for `service_s`, leave. For `yield from`.

        Returns:
            When service began; None if the Pod died meanwhile.
        """
        if self._inside is not None:
            return self._mortally(self._inside, service_s)
        return self._served(service_s)

    def _served(self, service_s: float) -> Serving:
        self.integrate()
        self._in_system += 1
        worker = self._workers.request()
        yield worker
        start_s = self._env.now
        self._begin()
        yield self._env.timeout(service_s)
        self.integrate()
        self._end()
        self._in_system -= 1
        self.served += 1
        self._workers.release(worker)
        return start_s

    def _mortally(self, inside: dict[simpy.Process | None, None], service_s: float) -> Serving:
        """The same, where the end may come at any time."""
        self.integrate()
        process = self._env.active_process
        inside[process] = None
        self._in_system += 1
        worker = self._workers.request()
        start_s = None
        try:
            yield worker
            start_s = self._env.now
            self._begin()
            yield self._env.timeout(service_s)
            self.served += 1
            return start_s
        except simpy.Interrupt:
            return None
        finally:
            self.integrate()
            del inside[process]
            self._in_system -= 1
            if start_s is not None:
                self._end()
            if worker.triggered:
                self._workers.release(worker)
            else:
                worker.cancel()

    def _begin(self) -> None:
        self.integrate()
        self._in_service += 1
        self.starts_s.append(self._env.now)

    def _end(self) -> None:
        self._in_service -= 1
        self.stops_s.append(self._env.now)

    def die(self) -> None:
        """Everything in it is lost."""
        for process in list(self._inside or ()):
            if process is not None:
                process.interrupt()

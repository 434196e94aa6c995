"""One upstream as a proxy Pod knows it: it chooses, queues, tries again, and notes how each try ended."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import simpy

from sim.routing.proxies.retries import Circuit, Outcome, Outlier, Retries
from sim.routing.proxies.values import Backends, Draws, Ended, Method, View

Ask = Callable[[int], Generator[simpy.Event, Any, Outcome]]
"""Sends the request to the backend at a place, and gives back how it ended."""

DRAWS_OF_A_CHOICE = 4
"""So many uniforms are set aside for each choice that a request makes necessary."""


@dataclass(slots=True)
class Asked:
    """A request as its proxy sees it.

    Args:
        draws: its uniforms.
        key: what it is hashed by; `client`: the address it comes from.
        worker: of the proxy Pod that has it.
        bound: name of the backend that its cookie leads to; empty: it has none.
    """

    ask: Ask
    draws: Draws
    method: str = "GET"
    key: str = ""
    client: str = ""
    worker: int = 0
    bound: str = ""


@dataclass(frozen=True)
class Answer:
    """What the client gets.

    Args:
        place: of the backend that answered; None: the proxy itself did.
        tried: places of all that were asked, in order.
    """

    status: int
    place: int | None
    tried: tuple[int, ...]


@dataclass(slots=True)
class Pending:
    """A request that waits for a backend that is full, or for a connection of one host."""

    granted: simpy.Event
    place: int | None = None


class Pools:
    """Envoy's HTTP/1 connections to each host, one request at a time on each; breakers are for all hosts."""

    def __init__(self, env: simpy.Environment, circuit: Circuit, count: int) -> None:
        self._env, self._circuit = env, circuit
        self._busy, self._idle = [0] * count, [0] * count
        self._waiting: deque[Pending] = deque()

    def enter(self, place: int) -> Pending | None:
        """A connection, at once or later; None: the breaker is open.

        One is made over the limit where a host has none at all, so that nothing waits for ever.
        """
        ticket = Pending(self._env.event(), place)
        if self._idle[place]:
            self._idle[place] -= 1
        elif sum(self._busy) + sum(self._idle) >= self._circuit.connections and self._busy[place]:
            if len(self._waiting) >= self._circuit.pending:
                return None
            self._waiting.append(ticket)
            return ticket
        if sum(self._busy) >= self._circuit.requests:
            return None
        self._busy[place] += 1
        ticket.granted.succeed()
        return ticket

    def leave(self, place: int) -> None:
        """A connection is free: for who waits for this host, else for later."""
        ticket = next((t for t in self._waiting if t.place == place), None)
        if ticket is None:
            self._busy[place] -= 1
            self._idle[place] += 1
        else:
            self._waiting.remove(ticket)
            ticket.granted.succeed()


class Ejections:
    """Envoy's outlier detection: hosts that answered with too many errors in a row stay away for a while."""

    def __init__(self, env: simpy.Environment, rules: Outlier, up: list[bool]) -> None:
        self._env, self._rules, self._up = env, rules, up
        self._errors, self._times, self._since_s = [0] * len(up), [0] * len(up), [0.0] * len(up)
        env.process(self._looks())

    def saw(self, place: int, outcome: Outcome) -> None:
        """Count it; eject the host where it was one too many, as long as enough others are left."""
        bad = not isinstance(outcome, int) or outcome >= 500
        self._errors[place] = self._errors[place] + 1 if bad else 0
        away = sum(not up for up in self._up) + 1
        if self._errors[place] < self._rules.consecutive_5xx or not self._up[place]:
            return
        if 100 * away / len(self._up) <= self._rules.most_percent:
            self._up[place], self._since_s[place], self._errors[place] = False, self._env.now, 0
            self._times[place] += 1

    def _looks(self) -> Generator[simpy.Event, Any, None]:
        """Who has been away long enough comes back."""
        while True:
            yield self._env.timeout(self._rules.interval_s)
            for place, up in enumerate(self._up):
                if not up and self._env.now - self._since_s[place] >= self._rules.base_s * self._times[place]:
                    self._up[place] = True


class Upstream:
    """The backends of one upstream, as one proxy Pod sees them; places are those of the whole list.

    Args:
        backends: all that may ever be listed.
        up: whether each is healthy as far as the proxy knows, kept by whoever checks; None: nobody does.
        state: that the workers begin with.
    """

    def __init__(
        self,
        env: simpy.Environment,
        backends: Backends,
        method: Method,
        retries: Retries,
        up: list[bool] | None = None,
        state: Any = None,
    ) -> None:
        self._env, self._method, self._retries = env, method, retries
        self._backends, self._listed, self.up = backends, backends, up
        self._left: tuple[int, ...] | None = None
        self._first, self._states = state, dict[int, Any]()
        self.in_flight = [0] * len(backends.listed)
        self._queue: deque[Pending] = deque()
        self._pools = None if retries.circuit is None else Pools(env, retries.circuit, len(backends.listed))
        self._ejections = None
        if retries.outlier is not None:
            self.up = up or [True] * len(backends.listed)
            self._ejections = Ejections(env, retries.outlier, self.up)

    def list(self, places: Sequence[int]) -> None:
        """These are the backends from now on; the others are gone, or only marked down."""
        whole = len(places) == len(self._backends.listed)
        now = None if whole else tuple(places)
        if now == self._left:
            return
        self._left = now
        if not self._method.keeps_places:
            left = tuple(self._backends.listed[p] for p in places)
            self._listed = self._backends if whole else Backends(left, self._backends.all_backups)

    def serve(self, asked: Asked) -> Generator[simpy.Event, Any, Answer]:
        """One request to its end."""
        retries, began_s, tried = self._retries, self._env.now, list[int]()
        tries, place, chosen = retries.tries or self._backends.most_tries, None, 0
        while True:
            if place is None or not retries.same:
                place, chosen = self._chosen(asked, tried, chosen)
                if place is None and retries.queue_s is not None and (self.up is None or any(self.up)):
                    place = yield from self._waited(retries.queue_s)
                elif place is not None:
                    self.in_flight[place] += 1
            else:
                self.in_flight[place] += 1
            if place is None:
                return Answer(retries.nobody, None, tuple(tried))
            tried.append(place)
            goes_on = partial(self._goes_on, asked, began_s, tries - len(tried))
            outcome = yield from self._asked(asked.ask, place, goes_on)
            if outcome is None:
                return Answer(retries.nobody, None, tuple(tried[:-1]))
            if not goes_on(outcome):
                answered = place if isinstance(outcome, int) else None
                return Answer(retries.status_of(outcome), answered, tuple(tried))
            if retries.same and retries.wait_s and outcome == "refused":
                yield self._env.timeout(retries.wait_s)

    def _goes_on(self, asked: Asked, began_s: float, left: int, outcome: Outcome) -> bool:
        """Whether there is another try after this outcome; `left`: how many there may be."""
        within_s = self._retries.within_s
        late = within_s and self._env.now - began_s >= within_s
        return left > 0 and not late and self._retries.again(outcome, asked.method)

    def _chosen(self, asked: Asked, tried: Sequence[int], before: int) -> tuple[int | None, int]:
        """The algorithm's choice, again where it was tried before and the program looks for another.

        Args:
            before: how many choices the request has made; returned with those that are made here.
        """
        view = self._view(asked, tried)
        view.bound = asked.bound
        worker = asked.worker if self._method.per_worker else 0
        choose, draws, state = self._method.choose, asked.draws, self._states.get(worker, self._first)
        for number in range(before, before + self._retries.reselects + 1):
            choice = choose(view, state, _from(draws, number))
            state = choice.state
            if choice.index is None or choice.index not in view.tried:
                break
        self._states[worker] = state
        return self._whole(choice.index), number + 1

    def _view(self, asked: Asked, tried: Sequence[int]) -> View:
        """What the algorithm sees; places are those of the list as it is now."""
        if self._left is None:
            return View(
                self._backends, self.in_flight, self._env.now, self.up, tuple(tried), asked.key, asked.client
            )
        left, open_at = self._left, self.in_flight
        if self._method.keeps_places:
            up = [p in left and (self.up is None or self.up[p]) for p in range(len(open_at))]
            return View(self._listed, open_at, self._env.now, up, tuple(tried), asked.key, asked.client)
        seen = tuple(left.index(p) for p in tried if p in left)
        healthy = None if self.up is None else [self.up[p] for p in left]
        return View(
            self._listed, [open_at[p] for p in left], self._env.now, healthy, seen, asked.key, asked.client
        )

    def _whole(self, place: int | None) -> int | None:
        """The place in the whole list."""
        if place is None or self._left is None or self._method.keeps_places:
            return place
        return self._left[place]

    def _waited(self, queue_s: float) -> Generator[simpy.Event, Any, int | None]:
        """Wait for a backend that has room again; None: it took too long."""
        ticket = Pending(self._env.event())
        self._queue.append(ticket)
        yield ticket.granted | self._env.timeout(queue_s)
        if ticket.place is None:
            self._queue.remove(ticket)
        return ticket.place

    def _asked(
        self, ask: Ask, place: int, goes_on: Callable[[Outcome], bool]
    ) -> Generator[simpy.Event, Any, Outcome | None]:
        """Ask a backend and take note of the end; None: a breaker is open."""
        began_s = self._env.now
        if self._pools is not None:
            ticket = self._pools.enter(place)
            if ticket is None:
                self.in_flight[place] -= 1
                return None
            yield ticket.granted
        outcome = yield from ask(place)
        if self._pools is not None:
            self._pools.leave(place)
        passed_on = isinstance(outcome, int) and not goes_on(outcome)
        failed = outcome in self._retries.counted and not passed_on
        self._left_it(place, outcome, failed, self._env.now - began_s)
        return outcome

    def _left_it(self, place: int, outcome: Outcome, failed: bool, answer_s: float) -> None:
        """A request has left a backend: whoever waits takes its place."""
        self.in_flight[place] -= 1
        if self._method.ended is not None:
            status = outcome if isinstance(outcome, int) else 0
            end = Ended(self._backends.names[place], failed, status, answer_s)
            for worker, state in self._states.items():
                self._states[worker] = self._method.ended(state, self._env.now, end)
        if self._ejections is not None:
            self._ejections.saw(place, outcome)
        if self._queue and (self.up is None or self.up[place]):
            ticket = self._queue.popleft()
            ticket.place = place
            self.in_flight[place] += 1
            ticket.granted.succeed()


def _from(draws: Draws, number: int) -> Draws:
    """The uniforms of one of a request's choices."""
    return partial(_later, draws, DRAWS_OF_A_CHOICE * number) if number else draws


def _later(draws: Draws, first: int, k: int) -> float:
    return draws(first + k)

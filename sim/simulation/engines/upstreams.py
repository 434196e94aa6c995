"""One upstream as a proxy Pod knows it: it chooses, queues, tries again, and notes how each try ended."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import simpy

from sim.routing.proxies.retries import Outcome, Retries
from sim.routing.proxies.values import Backends, Draws, Method, TryEnd, View
from sim.simulation.engines.envoy_hosts import Ask, Ejections, Pending, Pools

Remember = Callable[[int, Any, str, tuple[int, ...]], None]
"""`(worker, its state, why it chose, open requests of each backend)`; no reason: a request has ended."""

DRAWS_OF_A_CHOICE = 4
"""So many uniforms are set aside for each choice that a request makes necessary."""


@dataclass(slots=True)
class UpstreamRequest:
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


class UpstreamAnswer(NamedTuple):
    """What the client gets.

    Args:
        place: of the backend that answered; None: the proxy itself did.
        tried: places of all that were asked, in order.
    """

    status: int
    place: int | None
    tried: tuple[int, ...]


class KnownUpstream:
    """The backends of one upstream, as one proxy Pod sees them; places are those of the whole list.

    Args:
        backends: all that may ever be listed.
        up: whether each is healthy as far as the proxy knows, kept by whoever checks; None: nobody does.
        state: that the workers begin with.
        remember: told after each choice and each end what a worker knows now; None: nobody asks.
    """

    def __init__(
        self,
        env: simpy.Environment,
        backends: Backends,
        method: Method,
        retries: Retries,
        up: list[bool] | None = None,
        state: Any = None,
        remember: Remember | None = None,
    ) -> None:
        self._remember = remember
        self._env, self._method, self._retries = env, method, retries
        self._backends, self._listed, self.up = backends, backends, up
        self._left: tuple[int, ...] | None = None
        self._first, self._states = state, dict[int, Any]()
        self.in_flight = [0] * len(backends.listed)
        self._queue: deque[Pending] = deque()
        self._pools = None if retries.circuit is None else Pools(env, retries.circuit, self.in_flight)
        self._ejections = None
        if retries.outlier is not None:
            self.up = up or [True] * len(backends.listed)
            self._ejections = Ejections(env, retries.outlier, self.up)
        self._retried = 0
        self._limits = retries.queue_s is not None and backends.limited
        self._notes = method.ended is not None or self._ejections is not None

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

    def serve(self, asked: UpstreamRequest) -> Generator[simpy.Event, Any, UpstreamAnswer]:
        """One request to its end."""
        retries, env, place, chosen = self._retries, self._env, None, 0
        tried: tuple[int, ...] = ()
        counted = False
        began_s, left = env.now, retries.tries or self._backends.most_tries
        while True:
            if place is None:
                place, chosen = self._chosen(asked, tried, chosen)
                if place is None or (self._limits and _is_over(self._backends, self.in_flight, place)):
                    place = yield from self._waited(place)
                    if place is None:
                        self._retried -= counted
                        return UpstreamAnswer(retries.nobody, None, tried)
            asked_s = env.now
            outcome = yield from (
                asked.ask(place) if self._pools is None else self._pools.carry(asked.ask, place)
            )
            if outcome is None:
                self.in_flight[place] -= 1
                self._retried -= counted
                return UpstreamAnswer(retries.nobody, None, tried)
            tried = (*tried, place)
            if outcome == "kept-closed":
                outcome, left = "closed", retries.left_after_kept(left)
            else:
                left -= 1
            again = left > 0 and retries.again(outcome, asked.method) and not self._is_late(began_s)
            if again and retries.most_retried and not counted:
                again = counted = self._retried < retries.most_retried
                self._retried += counted
            stays = (
                again and retries.same and _stays(retries, self._method, self._backends, self.up, place, left)
            )
            if not stays:
                self._leave(place, outcome, again, env.now - asked_s)
            if not again:
                self._retried -= counted
                answered = place if isinstance(outcome, int) else None
                return UpstreamAnswer(retries.status_of(outcome), answered, tried)
            if (
                retries.wait_s
                and outcome == "refused"
                and not _moves_at_once(retries, self._method, self._backends, self.up)
            ):
                yield env.timeout(retries.wait_s)
            place = place if stays else None

    def _leave(self, place: int, outcome: Outcome, again: bool, answer_s: float) -> None:
        """A request leaves a backend: what it tells is noted, and who waits takes its place."""
        self.in_flight[place] -= 1
        if self._notes:
            self._note(place, outcome, again, answer_s)
        _tell(self._remember, self._states, self.in_flight)
        if self._queue:
            self._call(place)

    def _is_late(self, began_s: float) -> bool:
        """Whether a request that came then is not tried again, whatever happened."""
        within_s = self._retries.within_s
        return bool(within_s) and self._env.now - began_s >= within_s

    def _chosen(self, asked: UpstreamRequest, tried: tuple[int, ...], before: int) -> tuple[int | None, int]:
        """The algorithm's choice, counted as open; again where it was tried before and another is wanted.

        Args:
            before: how many choices the request has made; returned with those that are made here.
        """
        if not self._listed.listed:
            return None, before
        view, worker = self._view(asked, tried), asked.worker if self._method.per_worker else 0
        choice = self._method.choose(view, self._states.get(worker, self._first), _from(asked.draws, before))
        number, most = before + 1, before + self._retries.reselects
        while number <= most and choice.index in view.tried:
            view.again = number - before
            choice = self._method.choose(view, choice.state, _from(asked.draws, number))
            number += 1
        self._states[worker] = choice.state
        place = choice.index if self._left is None else self._whole(choice.index)
        if place is not None:
            because = f"{self._backends.names[place]}: {choice.because()}" if self._remember else ""
            self.in_flight[place] += 1
            if because:
                _tell(self._remember, {worker: choice.state}, self.in_flight, because)
        return place, number

    def _view(self, asked: UpstreamRequest, tried: tuple[int, ...]) -> View:
        """What the algorithm sees; places are those of the list as it is now."""
        left, open_at, now_s, up = self._left, self.in_flight, self._env.now, self.up
        if left is None:
            return View(self._backends, open_at, now_s, up, tried, asked.key, asked.client, asked.bound)
        if self._method.keeps_places:
            up = [p in left and (up is None or up[p]) for p in range(len(open_at))]
            return View(self._listed, open_at, now_s, up, tried, asked.key, asked.client, asked.bound)
        seen = tuple(left.index(p) for p in tried if p in left)
        up = None if up is None else [up[p] for p in left]
        return View(
            self._listed, [open_at[p] for p in left], now_s, up, seen, asked.key, asked.client, asked.bound
        )

    def _whole(self, place: int | None) -> int | None:
        """The place in the whole list."""
        if place is None or self._left is None or self._method.keeps_places:
            return place
        return self._left[place]

    def _waited(self, wanted: int | None) -> Generator[simpy.Event, Any, int | None]:
        """Wait until this backend, or any, has room; None: none is up, it took too long, or nobody waits."""
        queue_s = self._retries.queue_s
        if wanted is not None:
            self.in_flight[wanted] -= 1
        if queue_s is None or not _sharing(self._backends, self.up):
            return None
        ticket = Pending(self._env.event(), wanted=wanted)
        self._queue.append(ticket)
        yield ticket.granted | self._env.timeout(queue_s)
        if ticket.place is None:
            self._queue.remove(ticket)
        return ticket.place

    def _note(self, place: int, outcome: Outcome, again: bool, answer_s: float) -> None:
        """Take note of how a try ended.

        Args:
            again: whether there is another; an answer that is passed on is no failure of the backend.
        """
        if self._method.ended is not None:
            status = outcome if isinstance(outcome, int) else 0
            failed = outcome in self._retries.counted and (again or not status)
            end = TryEnd(self._backends.names[place], failed, status, answer_s)
            for worker, state in self._states.items():
                self._states[worker] = self._method.ended(state, self._env.now, end)
        if self._ejections is not None and self._ejections.saw(place, outcome) and self._pools is not None:
            self._pools.drain(place)

    def _call(self, place: int) -> None:
        """A request has left a backend: who waits longest for it, or for any, takes its place."""
        most = self._backends.listed[place].most_open
        if most and self.in_flight[place] >= most:
            return
        wanted = (None, place) if place in _sharing(self._backends, self.up) else (place,)
        ticket = next((t for t in self._queue if t.wanted in wanted), None)
        if ticket is not None:
            self._queue.remove(ticket)
            ticket.place = place
            self.in_flight[place] += 1
            ticket.granted.succeed()


Up = Sequence[bool] | None


def _is_up(backends: Backends, up: Up, place: int) -> bool:
    backend = backends.listed[place]
    return not backend.down and backend.weight > 0 and (up is None or up[place])


def _stays(retries: Retries, method: Method, backends: Backends, up: Up, place: int, left: int) -> bool:
    """Whether the next try is at the same backend; `left`: how many there are yet."""
    if not retries.redispatches:
        return True
    return left > 1 and _is_up(backends, up, place) and not _moves_at_once(retries, method, backends, up)


def _moves_at_once(retries: Retries, method: Method, backends: Backends, up: Up) -> bool:
    """Whether every other try goes elsewhere and without a pause: no hash decides, and several are up."""
    if not retries.same:
        return True
    several = sum(_is_up(backends, up, p) for p in backends.groups[0]) > 1
    return retries.redispatches and method.moves_on and several


def _is_over(backends: Backends, opened: Sequence[int], place: int) -> bool:
    """Whether a backend that was chosen all the same is full."""
    most = backends.listed[place].most_open
    return bool(most) and opened[place] > most


def _sharing(backends: Backends, up: Up) -> Sequence[int]:
    """Who shares what waits: those that are up; where none but backups is, all of them or the first."""
    first, spare = ([p for p in group if _is_up(backends, up, p)] for group in backends.groups)
    return first or (spare if backends.all_backups else spare[:1])


def _tell(
    remember: Remember | None, states: Mapping[int, Any], open_: Sequence[int], because: str = ""
) -> None:
    """Say what each of these workers knows now, should somebody ask."""
    if remember is not None:
        for worker, state in states.items():
            remember(worker, state, because, tuple(open_))


def _from(draws: Draws, number: int) -> Draws:
    """The uniforms of one of a request's choices."""
    return partial(_later, draws, DRAWS_OF_A_CHOICE * number) if number else draws


def _later(draws: Draws, first: int, k: int) -> float:
    return draws(first + k)

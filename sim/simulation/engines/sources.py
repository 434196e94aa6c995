"""Who sends: the open-loop requests at their instants, and the users of closed loops."""

from collections.abc import Callable, Generator, Iterator
from math import inf
from typing import Any

import simpy

from sim.simulation.arrivals import BLOCK
from sim.simulation.engines.record import Client
from sim.simulation.engines.tally import Tally
from sim.simulation.workload import Draws, OpenRequests, User, Workload

Process = Generator[simpy.Event, Any, None]
Progress = Callable[[int, int], None]
Send = Callable[[int, Client, Draws, int, str | None], Process]
"""Row, client, draws, number of its draws, and the name of its streams (None: the row's) to a request."""

REPORT_EVERY = 500


def start(
    env: simpy.Environment, tally: Tally, workload: Workload, send: Send, progress: Progress | None
) -> None:
    """Set everyone going who sends."""
    for source in _sources(env, workload, send, progress):
        tally.sources += 1
        env.process(_until_silent(env, tally, source))


def _sources(
    env: simpy.Environment, workload: Workload, send: Send, progress: Progress | None
) -> Iterator[Process]:
    yield _open_source(env, workload, send, progress)
    for row, traffic in enumerate(workload.scenario.traffic):
        for number, user in enumerate(workload.users(row)) if traffic.users else ():
            yield _closed_loop(env, workload, send, row, number, user)


def _until_silent(env: simpy.Environment, tally: Tally, source: Process) -> Process:
    yield from source
    yield env.timeout(0)  # the last request starts before that
    tally.fell_silent()


def _open_source(
    env: simpy.Environment, workload: Workload, send: Send, progress: Progress | None
) -> Process:
    """Send the open-loop requests at their instants."""
    draws, total = workload.open_draws(), len(workload.requests)
    clients = [(row.host, row.client_ip) for row in workload.scenario.traffic]
    for number, (sent_s, row, client) in enumerate(_in_blocks(workload.requests)):
        if sent_s > env.now:
            yield env.timeout(sent_s - env.now)
        env.process(send(row, (*clients[row], client), draws, number, None))
        if progress is not None and number % REPORT_EVERY == 0:
            progress(number, total)


def _in_blocks(requests: OpenRequests) -> Iterator[tuple[float, int, int]]:
    """When each is sent, its row and its client."""
    for first in range(0, len(requests), BLOCK):
        columns = (requests.sent_s, requests.row, requests.client)
        yield from zip(*(column[first : first + BLOCK].tolist() for column in columns), strict=True)


def _closed_loop(
    env: simpy.Environment, workload: Workload, send: Send, row: int, number: int, user: User
) -> Process:
    """Think, send, wait for the answer, again; until the row's duration or number."""
    traffic = workload.scenario.traffic[row]
    share, rest = divmod(traffic.requests or 0, traffic.users or 1)
    most = share + (number < rest) if traffic.requests else inf
    until_s = traffic.duration_s or inf
    client = ("user", row, number)
    sent = 0
    while sent < most:
        yield env.timeout(user.think_s[sent])
        if env.now >= until_s:
            return
        sent += 1
        yield env.process(send(row, client, user.draws, sent - 1, user.name))

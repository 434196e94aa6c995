"""Who sends again: clients that try again what failed, and users of closed loops.

Both read draws that may not have been made yet. They wait in the clock for those, and go on first of all.
"""

from sim.simulation.fast.agenda import hurry, later, soon
from sim.simulation.fast.compiled import walked
from sim.simulation.fast.homewards import finish, fresh_visit, renew_visit
from sim.simulation.fast.requests import patiently, renew_entry
from sim.simulation.fast.steps import AWAKE, BEGINS, PAUSED, SILENT, STEPS
from sim.simulation.fast.world import World


@walked
def is_thirsty(w: World) -> bool:
    """Whether draws are missing for what goes on now."""
    c = w.clock[0]
    if c.retry >= 0:
        visit = w.visits[c.retry]
        c.thirst = next_stream(w, c.retry)
        c.thirst_number = next_number(w, c.retry)
        return w.streams[c.thirst].room <= c.thirst_number and visit.attempts < w.rows[visit.row].retries
    user = w.users[c.user]
    c.thirst = user.stream
    c.thirst_number = user.sent
    return w.streams[c.thirst].room <= c.thirst_number


@walked
def next_stream(w: World, v: int) -> int:
    """The stream of another attempt."""
    visit = w.visits[v]
    if visit.user >= 0:
        return w.users[visit.user].stream + visit.attempts + 1
    return w.rows[visit.row].stream + visit.attempts


@walked
def next_number(w: World, v: int) -> int:
    """The place in it: of an open-loop request its number in its row."""
    visit = w.visits[v]
    return w.number[visit.number] if visit.stream == 0 else visit.number


@walked
def try_again(w: World) -> None:
    """Another attempt after a pause, unless the budget of the row is used up."""
    c = w.clock[0]
    v = c.retry
    c.retry = -1
    visit = w.visits[v]
    if not may(w, visit.row):
        finish(w, v, visit.reason)
        return
    stream, number = next_stream(w, v), next_number(w, v)
    visit.stream = stream
    visit.number = number
    pause = w.pauses[w.rows[visit.row].pause + visit.attempts]
    visit.attempts += 1
    draw = w.backoff[w.streams[stream].first + number]
    visit.wait = later(w, c.now + pause.most_s * (1 - pause.jitter + pause.jitter * draw), v * STEPS + PAUSED)


@walked
def may(w: World, r: int) -> bool:
    """Whether the budget of a row allows another attempt; it then counts as made."""
    c, row, fixed = w.clock[0], w.rows[r], w.fixed[0]
    if row.budget > 1e300:
        return True
    while row.looked_at <= c.sent and w.entries[row.looked_at].sent_s <= c.now - fixed.window_s:
        row.expired += w.entries[row.looked_at].row == r
        row.looked_at += 1
    while (
        row.again_looked_at < c.withdrawn
        and w.withdrawals[row.again_looked_at].at_s <= c.now - fixed.window_s
    ):
        row.again_expired += w.withdrawals[row.again_looked_at].what == r
        row.again_looked_at += 1
    if row.again - row.again_expired + 1 > row.budget * (row.sent - row.expired) + fixed.rounding:
        return False
    row.again += 1
    w.withdrawals[c.withdrawn].at_s = c.now
    w.withdrawals[c.withdrawn].what = r
    c.withdrawn += 1
    return True


@walked
def paused(w: World, v: int) -> None:
    """The pause is over: another attempt begins."""
    w.clock[0].retried += 1
    renew_entry(w, w.visits[v].entry)
    renew_visit(w, v)
    patiently(w, v)


@walked
def think(w: World) -> None:
    """A user thinks, or is done."""
    c = w.clock[0]
    u = c.user
    c.user = -1
    user = w.users[u]
    if user.sent < user.most:
        later(w, c.now + w.think_s[w.streams[user.stream].first + user.sent], u * STEPS + AWAKE)
    else:
        soon(w, SILENT)


@walked
def awake(w: World, u: int) -> None:
    """A user has thought, and sends unless its time is over."""
    user = w.users[u]
    if w.clock[0].now >= user.until_s:
        soon(w, SILENT)
        return
    user.sent += 1
    v = fresh_visit(w)
    visit = w.visits[v]
    visit.user = u
    visit.row = user.row
    visit.client = user.client
    visit.stream = user.stream
    visit.number = user.sent - 1
    hurry(w, v * STEPS + BEGINS)

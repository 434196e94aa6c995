"""What clients hold open, and how a connection is opened: `sim.simulation.engines.connections` as a walk."""

from sim.simulation.fast.compiled import walked
from sim.simulation.fast.ends import CONNECT_TIMEOUT, NO_TARGET, REFUSED
from sim.simulation.fast.steps import HTTP, SCTP, TLS_AT_BALANCER, UDP
from sim.simulation.fast.troubles import blocked, emptied_flow, epoch, is_stale
from sim.simulation.fast.world import World


@walked
def pick(draw: float, count: int) -> int:
    """The place that a uniform falls on."""
    place = int(draw * count)
    return place if place < count else count - 1


@walked
def drawn_at(w: World, v: int) -> int:
    """Where in the columns the draws of an attempt stand."""
    visit = w.visits[v]
    return w.streams[visit.stream].first + visit.number


@walked
def take(w: World, v: int) -> int:
    """A connection of this client that can carry the request, else a new one."""
    visit, now_s = w.visits[v], w.clock[0].now
    protocol = w.rows[visit.row].protocol
    idle = w.idle[visit.client * w.fixed[0].kinds + w.flows[visit.flow].kind]
    while idle.last >= 0:
        k = idle.last
        known = w.conns[k]
        if known.left > 0 and not is_gone(w, v, k):
            if protocol == HTTP:
                idle.last = known.after
                known.kept = 0
            carry(w, k, protocol, now_s)
            return k
        idle.last = known.after
        known.kept = 0
        drop(w, k)
    k = opened(w, v)
    if protocol != HTTP and w.conns[k].trouble < 0:
        w.conns[k].busy = 1
        keep(w, v, k)
    return k


@walked
def carry(w: World, k: int, protocol: int, now_s: float) -> None:
    """A kept connection carries another request."""
    known = w.conns[k]
    known.left -= 1.0
    known.ready_s = now_s if now_s > known.ready_s else known.ready_s
    known.last_s = now_s
    known.cpu_s = 0.0
    known.reused = 1
    known.users += 1
    if protocol != HTTP:
        known.busy += 1


@walked
def keep(w: World, v: int, k: int) -> None:
    """A connection is the last of those that may carry its client's next request."""
    visit = w.visits[v]
    idle = w.idle[visit.client * w.fixed[0].kinds + w.flows[visit.flow].kind]
    w.conns[k].after = idle.last
    w.conns[k].kept = 1
    idle.last = k


@walked
def drop(w: World, k: int) -> None:
    """A connection that carries nothing and is kept by nobody leaves its place to another."""
    c, known = w.clock[0], w.conns[k]
    if known.users == 0 and known.kept == 0:
        known.after = c.free_conn
        c.free_conn = k


@walked
def give_back(w: World, v: int) -> None:
    """A request is over: its connection may carry the client's next one."""
    visit = w.visits[v]
    k = visit.conn
    known = w.conns[k]
    protocol = w.rows[visit.row].protocol
    if protocol == HTTP:
        if known.left > 0:
            known.last_s = w.clock[0].now
            keep(w, v, k)
    elif protocol != UDP:
        known.busy -= 1
        known.last_s = w.clock[0].now


@walked
def is_gone(w: World, v: int, k: int) -> bool:
    """Whether a client knows that a connection is closed."""
    visit = w.visits[v]
    silent_s = w.clock[0].now - w.conns[k].last_s
    if w.rows[visit.row].protocol == HTTP and silent_s > w.flows[visit.flow].idle_s:
        return True
    return is_stale(w, v, k)


@walked
def fresh(w: World) -> int:
    """A place for a connection, as new."""
    c = w.clock[0]
    k = c.free_conn
    if k >= 0:
        c.free_conn = w.conns[k].after
    else:
        k = c.conns
        c.conns += 1
    one = w.conns[k]
    one.number = c.opened
    c.opened += 1
    one.node = one.station = one.trouble = one.after = -1
    one.crosses = one.worker = one.busy = one.reused = one.kept = 0
    one.users = 1
    one.left = one.cpu_s = 0.0
    one.opened_s = one.last_s = c.now
    return k


@walked
def opened(w: World, v: int) -> int:
    """DNS unless the address is known, the choice of node and Pod, the handshakes."""
    visit, fixed, now_s = w.visits[v], w.fixed[0], w.clock[0].now
    flow, row = w.flows[visit.flow], w.rows[visit.row]
    k = fresh(w)
    one = w.conns[k]
    known_s = now_s + looked_up(w, v)
    one.way_s = fixed.front_s
    if flow.per_request == 0:
        one.trouble = lead(w, v, k)
        if one.trouble >= 0:
            one.ready_s = known_s + fixed.front_s
            if fixed.breaks:
                unanswered(w, v, k, known_s)
            return k
        if flow.proxy_workers > 1:
            one.worker = int(w.worker[drawn_at(w, v)] * flow.proxy_workers)
    if fixed.breaks and row.protocol != UDP and is_blocked(w, v, k, known_s):
        return k
    tls_s = handshake(w, v, k) if flow.tls > 0 else 0.0
    trips = 1.0
    if row.protocol == UDP:
        trips = 0.0
    elif row.protocol == SCTP:
        trips = 2.0
    one.ready_s = known_s + one.way_s * trips + tls_s
    one.left = min(row.uses, flow.most) - 1.0
    return k


@walked
def unanswered(w: World, v: int, k: int, known_s: float) -> None:
    """Nothing is left to choose from: a load balancer that is silent does not even say so."""
    visit, one = w.visits[v], w.conns[k]
    found = blocked(w, w.flows[visit.flow].destination, -1, -1)
    if found >= 0 and w.outages[found].silent:
        one.trouble = CONNECT_TIMEOUT
        one.ready_s = known_s + w.rows[visit.row].connect_timeout_s
    emptied_flow(w, v)


@walked
def is_blocked(w: World, v: int, k: int, known_s: float) -> bool:
    """Whether a connection cannot be opened, for something on its way is out of order."""
    visit, one = w.visits[v], w.conns[k]
    found = blocked(w, w.flows[visit.flow].destination, one.node, one.station)
    if found < 0:
        return False
    w.entries[visit.entry].fault = w.outages[found].number
    silent = w.outages[found].silent
    one.trouble = CONNECT_TIMEOUT if silent else REFUSED
    one.ready_s = known_s + (w.rows[visit.row].connect_timeout_s if silent else one.way_s)
    return True


@walked
def looked_up(w: World, v: int) -> float:
    """A look-up, unless this client still knows the address."""
    visit, fixed, now_s = w.visits[v], w.fixed[0], w.clock[0].now
    client = w.clients[visit.client * fixed.destinations + w.flows[visit.flow].destination]
    if now_s - client.looked_s < fixed.dns_ttl_s:
        return 0.0
    client.looked_s = now_s
    return fixed.dns_s


@walked
def lead(w: World, v: int, k: int) -> int:
    """A node and a Pod for a new connection; returns why there is none."""
    visit, one, fixed = w.visits[v], w.conns[k], w.fixed[0]
    flow = w.flows[visit.flow]
    at = drawn_at(w, v)
    left = w.lefts[epoch(w) * fixed.flows + visit.flow]
    if left.count == 0:
        return NO_TARGET
    way = w.nodes[left.first + (pick(w.node[at], left.count) if left.count > 1 else 0)]
    if way.stations == 0:
        return REFUSED
    station = w.choices[way.station + (pick(w.pod[at], way.stations) if way.stations > 1 else 0)]
    one.node = way.node
    one.station = station
    if flow.to_pods:
        one.way_s += fixed.zone_s
        return -1
    here, there = w.node_zone[way.node], w.stations[station].zone
    one.way_s += fixed.zone_s + w.between[here * fixed.zones + there]
    if here != there:
        one.crosses = 1
    return -1


@walked
def handshake(w: World, v: int, k: int) -> float:
    """Time of the TLS handshake on the way; its CPU time goes to where TLS ends at a Pod."""
    visit, one, fixed = w.visits[v], w.conns[k], w.fixed[0]
    flow = w.flows[visit.flow]
    client = w.clients[visit.client * fixed.destinations + flow.destination]
    trips, cpu_s = fixed.tls_round_trips, fixed.tls_cpu_s
    if client.session and w.resume[drawn_at(w, v)] < fixed.resumption:
        trips, cpu_s = 1, fixed.tls_resumed_cpu_s
    client.session = 1
    if flow.tls == TLS_AT_BALANCER:
        return trips * fixed.front_s + cpu_s
    one.cpu_s = cpu_s
    return trips * one.way_s

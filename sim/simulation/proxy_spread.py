"""Requests through the proxies of a Service, one by one: a proxy Pod and a worker are drawn, and it chooses.

Each worker knows what the program lets it know. Every draw is a function of the seed, the Service and the
number of the request, whatever the algorithm: they differ by their choices alone. What is to be expected
comes from further runs, because turns and hashes are no independent draws.
"""

from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sim.routing.controllers.variables import Part, filled
from sim.routing.proxies.balancing import Balancing
from sim.routing.proxies.values import Backend, Backends, Method, TryEnd, View
from sim.simulation.proxy_shares import ProxyShares, interval
from sim.simulation.spread_shares import Share
from sim.simulation.workload import client_address, generator

RUNS = 40
"""Further runs for what is to be expected."""
GAP_S = 0.01
"""Between two requests."""


@dataclass(frozen=True)
class WayIn:
    """One equally likely way to a proxy Pod.

    Args:
        proxy: number of the proxy Pod.
        seen: the address that it sees there instead of the client's own; empty: it sees that.
    """

    proxy: int
    seen: str = ""


@dataclass(frozen=True)
class Sent:
    """What is sent, by whom, and on which ways.

    Args:
        service: `NAMESPACE/NAME`, the name of the streams of uniforms.
        nodes: for each node, equally likely, its ways to proxy Pods.
        key: what a request is hashed by, in parts.
        requests, at_once, clients, keys: as in ProxySpread.
    """

    service: str
    nodes: tuple[tuple[WayIn, ...], ...]
    listed: tuple[Backend, ...]
    how: Balancing
    key: tuple[Part, ...]
    requests: int
    at_once: int
    clients: int
    keys: int
    seed: int


def proxy_shares(sent: Sent, method: Method, own: bool, nodes: Sequence[str]) -> ProxyShares:
    """What each Pod gets, and what it gets in further runs.

    Args:
        own: whether it is the method that the proxy uses.
        nodes: where the Pod at each place stands.
    """
    got, *others = (_counts(sent, method, number) for number in range(RUNS + 1))
    rows = [
        Share(
            backend.name,
            node,
            sum(other[place] for other in others) / RUNS / sent.requests,
            got[place],
            interval([other[place] for other in others]),
        )
        for place, (backend, node) in enumerate(zip(sent.listed, nodes, strict=True))
    ]
    rows.sort(key=lambda row: row.pod)
    return ProxyShares(method.program, method.name, own, tuple(rows))


def _counts(sent: Sent, method: Method, run: int) -> Counter[int]:
    """Place -> requests, in one run."""
    uniforms = _Uniforms(sent, run)
    proxies = [_Proxy(sent, method) for _ in range(1 + max(d.proxy for doors in sent.nodes for d in doors))]
    counts, still_open = Counter[int](), deque[tuple[_Proxy, int, float]]()
    for number in range(sent.requests):
        now_s = number * GAP_S
        while len(still_open) >= sent.at_once:
            proxy, place, since_s = still_open.popleft()
            proxy.answered(place, since_s, now_s)
        doors = sent.nodes[uniforms.below(len(sent.nodes), "node", number)]
        door = doors[uniforms.below(len(doors), "pod", number)]
        chosen = proxies[door.proxy].choose(door, uniforms, number, now_s)
        if chosen is not None:
            counts[chosen] += 1
            still_open.append((proxies[door.proxy], chosen, now_s))
    return counts


class _Uniforms:
    """The uniforms of a run: one for each purpose and request, made when first asked for."""

    def __init__(self, sent: Sent, run: int) -> None:
        self._sent, self._run, self._columns = sent, run, dict[str, list[float]]()

    def __call__(self, purpose: str, number: int) -> float:
        if purpose not in self._columns:
            name = f"spread/{self._sent.service}/proxy/{self._run}/{purpose}"
            self._columns[purpose] = generator(self._sent.seed, name).random(self._sent.requests).tolist()
        return self._columns[purpose][number]

    def below(self, count: int, purpose: str, number: int) -> int:
        """A whole number below `count`; where there is but one, nothing is drawn."""
        return 0 if count == 1 else int(self(purpose, number) * count)


class _Proxy:
    """A proxy Pod: what each of its workers remembers, and what is open, which they know together."""

    def __init__(self, sent: Sent, method: Method) -> None:
        self._sent, self._method, self._backends = sent, method, Backends(sent.listed)
        self._open = [0] * len(sent.listed)
        self._states: dict[int, Any] = {}
        self._bound: dict[int, str] = {}

    def choose(self, door: WayIn, uniforms: _Uniforms, number: int, now_s: float) -> int | None:
        """The place of the backend for a request; None: nobody can take it."""
        sent, own = self._sent, self._method.per_worker
        worker = uniforms.below(sent.how.workers, "worker", number) if own else 0
        client = number if sent.clients == sent.requests else uniforms.below(sent.clients, "client", number)
        address = door.seen or client_address(client)
        key = filled(sent.key, address, str(uniforms("session", client)))
        if sent.keys > 1:
            key += f" {uniforms.below(sent.keys, 'key', number)}"
        bound = self._bound.get(client, "")
        view = View(self._backends, self._open, now_s, key=key, client=address, bound=bound)
        state = self._states.get(worker)
        choice = self._method.choose(view, state, lambda k: uniforms(f"balance/{k}", number))
        self._states[worker] = choice.state
        if choice.index is not None:
            self._open[choice.index] += 1
            self._bound[client] = self._backends.names[choice.index]
        return choice.index

    def answered(self, place: int, since_s: float, now_s: float) -> None:
        """A request is over."""
        self._open[place] -= 1
        ended = self._method.ended
        if ended is not None:
            end = TryEnd(self._backends.names[place], answer_s=now_s - since_s)
            self._states = {worker: ended(state, now_s, end) for worker, state in self._states.items()}

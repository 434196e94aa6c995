"""What sessionAffinity ClientIP remembers on a node, and for how long.

iptables keeps a list of at most 100 client addresses per endpoint (xt_recent, ip_list_tot) and forgets the
one that was silent longest; nftables keeps a set per endpoint, ipvs a template per virtual server, without
such a limit. A new connection renews the memory, packets of an open one do not.
"""

from collections import OrderedDict
from collections.abc import Iterable

RECENT_LIMIT = 100


class Clients:
    """Client addresses by list; a list belongs to an endpoint of a Service, or to a virtual server.

    Args:
        limit: addresses per list; None: no limit.
    """

    def __init__(self, limit: int | None) -> None:
        self._limit = limit
        self._lists: dict[str, OrderedDict[str, float]] = {}

    def fresh(self, name: str, client: str, at_s: float, affinity_s: float) -> bool:
        """Whether a list has seen a client within `affinity_s`."""
        clients = self._lists.get(name)
        seen_s = clients.get(client) if clients is not None else None
        return seen_s is not None and at_s - seen_s <= affinity_s

    def saw(self, name: str, client: str, at_s: float) -> None:
        """Note a new connection; a full list forgets the client that was silent longest."""
        clients = self._lists.setdefault(name, OrderedDict())
        clients[client] = at_s
        clients.move_to_end(client)
        if self._limit is not None and len(clients) > self._limit:
            clients.popitem(last=False)

    def keep(self, names: Iterable[str]) -> None:
        """Forget every other list: its chain or set is gone."""
        self._lists = {n: self._lists[n] for n in names if n in self._lists}

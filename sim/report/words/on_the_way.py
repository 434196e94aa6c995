"""One sentence for each place on a request's way, made of what its trace decided and not of what it says.

Which node and which Pod chance picks, no sentence says: they are the same for every request of a row.
"""

from collections.abc import Sequence

from sim.cluster.families import address_of
from sim.report.words.answers import answer_to
from sim.report.words.names import short_name
from sim.routing.final import Delivered
from sim.routing.trace import Hop, Step, Trace
from sim.units import counted

LONGEST = 150
"""Characters of a sentence on a page."""
NAME = 40
"""Characters of a name in it."""
NUMBERS = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten")


def hop_of(trace: Trace, kind: str) -> Hop | None:
    """The first hop of a kind; None: the request does not come there."""
    return next((hop for hop in trace.hops if hop.kind == kind), None)


def rules_of(trace: Trace) -> tuple[Step, ...]:
    """The rules that a controller looked at, the winner first, then the nearest."""
    hop = hop_of(trace, "controller")
    return tuple(step for step in hop.steps if step.parts is not None) if hop is not None else ()


def at_client(trace: Trace) -> str:
    """Whom the client connects to."""
    hop, final = trace.hops[0], trace.final
    sent_to = str(hop.before.get("destination", ""))
    address, port = address_of(sent_to), sent_to.rpartition(":")[2]
    if final.state in ("dns-no-record", "lb-pending"):
        return _sentence(f"The client cannot connect. {_opened(final.message)}")
    host = short_name(trace.request.host, NAME)
    return _sentence(f"The client looks up {host} and opens a connection to {address}, port {port}")


def at_balancer(trace: Trace, ends_tls: bool, to_pods: bool) -> str:
    """What the load balancer does with a connection.

    Args:
        ends_tls: whether it ends TLS.
        to_pods: whether its targets are Pods.
    """
    hop = hop_of(trace, "load-balancer")
    if hop is None:
        return ""
    if trace.proxy is not None and trace.proxy.listeners:
        reads = "The load balancer reads host and path itself"
        return _sentence(f"{reads}. {at_controller(trace)}", f"{reads}, so no controller Pod follows")
    if trace.final.state in ("no-listener", "not-http") and not hop.branches:
        return _sentence(f"The load balancer does not take it. {_opened(trace.final.message)}")
    if not hop.branches:
        return "No node is healthy for this Service, so the load balancer has nowhere to send the connection."
    does = "ends TLS and passes the connection on" if ends_tls else "passes the connection on"
    if to_pods:
        return _sentence(f"The load balancer {does} straight to a Pod. It reads neither host nor path")
    whom = "the one healthy node" if len(hop.branches) == 1 else f"one of {len(hop.branches)} healthy nodes"
    return _sentence(f"The load balancer {does} to {whom}. It reads neither host nor path")


def at_node(trace: Trace, service: str, port: int | None, choice: str) -> str:
    """What the rules of kube-proxy do with a connection.

    Args:
        service: `NAMESPACE/NAME`.
        port: the node port; None: there is none.
        choice: what the rules choose, as `choice_of` says it.
    """
    hop = hop_of(trace, "node")
    if hop is None:
        return ""
    where = "The address" if port is None else f"Port {port}"
    return _sentence(f"{where} belongs to Service {short_name(service, NAME)}. A rule on the node {choice}")


def choice_of(pods: Sequence[int], end: str, local: bool) -> str:
    """What a node's rules choose.

    >>> choice_of((2, 2), "", False), choice_of((1, 2), "", True), choice_of((), "refused", False)
    ('chooses 1 of 2 Pods at random', 'chooses among the Pods of that node', 'refuses it: no Pod is ready')

    Args:
        pods: how many endpoints each node that may be passed can choose.
        end: the state in which a connection ends here; empty: it goes on.
        local: whether each node keeps to its own Pods.
    """
    if end == "refused" or not any(pods):
        return "refuses it: no Pod is ready" if end != "dropped" else "drops it in silence"
    if len(set(pods)) > 1:
        return "chooses among the Pods of that node" if local else "chooses a Pod at random"
    own = " of that node" if local else ""
    return f"leads to the one Pod{own}" if pods[0] == 1 else f"chooses 1 of {pods[0]} Pods{own} at random"


def at_controller(trace: Trace) -> str:
    """Which rule wins, and why: the reason of the row itself."""
    hop, rules = hop_of(trace, "controller"), rules_of(trace)
    if hop is None:
        return ""
    winner = next((step for step in rules if step.wins), None)
    path = short_name(trace.request.path, NAME)
    if winner is None or winner.parts is None:
        return _sentence(_opened(trace.final.message))
    fitting = sum(step.held for step in rules)
    many = NUMBERS[fitting] if fitting < len(NUMBERS) else f"{fitting:,}"
    fit = f"{many} paths fit {path}. " if fitting > 1 else ""
    won = f"{fit}The rule {short_name(winner.parts.path, NAME)} {winner.because}"
    return _sentence(f"{_others(trace, rules)}{won}", won)


def _others(trace: Trace, rules: Sequence[Step]) -> str:
    """Which rules are not asked, for their host is another one."""
    hosts = dict.fromkeys(s.parts.host for s in rules if s.parts is not None and not s.host_fits)
    if not hosts:
        return ""
    (first, *more) = hosts
    whose = f"{len(hosts)} other hosts" if more else short_name(first or "any host", NAME)
    mine = short_name(trace.request.host, NAME)
    return f"The Host is {mine}, so no rule of {whose} is asked. "


def at_pod(trace: Trace, chosen: str) -> str:
    """Which Pods there are, and who chooses one.

    Args:
        chosen: by whom and for what, as a sentence goes on.
    """
    final = trace.final
    if not isinstance(final, Delivered):
        return ""
    if final.outside:
        return _sentence(f"The request leaves the cluster for {short_name(final.endpoints[0], NAME)}")
    service = short_name((final.backend or "").rpartition(":")[0], NAME)
    pods = counted(len(final.reached), "ready Pod")
    return _sentence(f"Service {service} has {pods}; {chosen if len(final.reached) > 1 else 'it answers'}")


def at_end(trace: Trace) -> str:
    """Who answers, and what with."""
    if trace.final.state == "delivered":
        return "The application answers. Status and text are its own."
    return _sentence(_opened(answer_to(trace).whole))


def _opened(text: str) -> str:
    """A text that may open a sentence: a name keeps its case."""
    first = text.split(" ", 1)[0]
    is_name = any(c in first for c in ".:/-_") or not first.isalpha()
    return text if is_name else text[:1].upper() + text[1:]


def _sentence(text: str, shorter: str = "") -> str:
    """A sentence with its full stop, short enough for a page.

    Args:
        shorter: what is left of it where it is too long.
    """
    if len(text) >= LONGEST and shorter:
        text = shorter
    return (
        f"{text if len(text) < LONGEST else text[: LONGEST - 2].rsplit(' ', 1)[0] + ' …'}".rstrip(".") + "."
    )

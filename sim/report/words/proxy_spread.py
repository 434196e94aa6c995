"""Words of requests that proxies spread: the way there, and what came of it."""

from sim.simulation.proxy_shares import ProxyShares, ProxySpread
from sim.units import counted


def ways(found: ProxySpread) -> str:
    """Who chooses, with how many states, and what is sent."""
    return f"{found.controller}, {states(found)}: {sent(found, found.url)}"


def states(found: ProxySpread) -> str:
    """The proxy Pods and their workers."""
    workers = f" with {counted(found.workers, 'worker')} each" if found.workers > 1 else ""
    return f"{counted(found.proxies, 'proxy Pod')}{workers}"


def sent(found: ProxySpread, url: str) -> str:
    """The requests, who sends them, and what differs between them."""
    many = f"{found.requests:,} requests" if found.requests > 1 else "1 request"
    who = "each from a client of its own" if found.clients == found.requests else _clients(found)
    at_once = f", {found.at_once} open at a time" if found.at_once > 1 else ""
    hashed = f", hashed by {found.hashed}{_values(found)}" if found.hashed else ""
    return f"{many} for {url}, {who}{at_once}{hashed}"


def _clients(found: ProxySpread) -> str:
    return f"from {counted(found.clients, 'client')}"


def _values(found: ProxySpread) -> str:
    return f" of {found.keys:,} values" if found.keys > 1 else ""


def conclusion(one: ProxyShares, requests: int) -> str:
    """How far the Pods are apart, who got nothing, and what nobody could take."""
    low, high = one.drawn
    idle = f"; {counted(one.idle, 'Pod')} {'gets' if one.idle == 1 else 'get'} nothing" if one.idle else ""
    lost = requests - sum(row.drawn for row in one.pods)
    refused = f"; {counted(lost, 'request')} found every Pod full" if lost else ""
    return f"{requests:,} requests over {counted(len(one.pods), 'Pod')}: {low:,} to {high:,}{idle}{refused}"

"""From rows of traffic to the traffic of a month: exact, by what the rows state. Nothing is drawn.

A client keeps its connection to a load balancer for as many requests as its rows say, and the connection
stays open for a while after the last of them. The mean rate of a row is taken for every second of the month.
"""

from collections.abc import Iterable
from fractions import Fraction
from math import ceil, inf

from sim.costs.usage import NO_TRAFFIC, Traffic
from sim.scenario.model import Scenario
from sim.scenario.traffic import TrafficRow

SECONDS_PER_MONTH = 730 * 3600
BYTES_PER_GB = 10**9
OPEN_S = 5
"""How long a connection stays open after its last request: an assumption."""

Asked = tuple[int, Fraction]
"""The number of a row, and its requests per second."""


def exact(value: float) -> Fraction:
    """The simplest number that a float can mean: 100 / 9 is a ninth of a hundred."""
    return Fraction(value).limit_denominator(10**9)


def clients_of(scenario: Scenario, row: int) -> int:
    """How many clients a row has: as stated, else one per address, else one per request per second."""
    traffic = scenario.traffic[row]
    if traffic.users or traffic.clients is not None:
        return traffic.users or traffic.clients or 0
    if traffic.client_ip is not None:
        return 1
    return max(1, ceil(sum(r.rps or 0 for r in scenario.traffic if r.host == traffic.host)))


def gb_of(row: TrafficRow, rate: Fraction) -> tuple[Fraction, Fraction]:
    """Gigabytes a month that a row sends and receives."""
    requests = rate * SECONDS_PER_MONTH / BYTES_PER_GB
    return exact(row.request_bytes) * requests, exact(row.response_bytes) * requests


def traffic_of(scenario: Scenario, asked: Iterable[Asked]) -> Traffic:
    """The traffic of one load balancer in a month.

    Args:
        asked: the rows that it carries, with their rates.
    """
    together: dict[object, list[Asked]] = {}
    for number, rate in asked:
        row = scenario.traffic[number]
        mine = (row.host, row.client_ip, clients_of(scenario, number), number if row.users else None)
        together.setdefault(mine, []).append((number, rate))
    return sum((_of_clients(scenario, rows) for rows in together.values() if rows), NO_TRAFFIC)


def _of_clients(scenario: Scenario, asked: list[Asked]) -> Traffic:
    """Rows whose requests share the connections of the same clients.

    Whichever row's request finds none open opens one, for as many requests as that row says.
    """
    rows = [(scenario.traffic[number], rate) for number, rate in asked]
    rate = sum((r for _, r in rows), Fraction(0))
    ends = rate and all(row.uses < inf for row, _ in rows)
    opened = rate**2 / sum(Fraction(row.uses) * r for row, r in rows) if ends else Fraction(0)
    kept = 1 - opened / rate if rate else Fraction(0)
    sent, received = zip(*(gb_of(row, r) for row, r in rows), strict=True)
    open_at_once = clients_of(scenario, asked[0][0]) * kept + opened * OPEN_S
    return Traffic(rate, opened, open_at_once, sum(sent, Fraction(0)), sum(received, Fraction(0)))

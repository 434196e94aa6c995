"""Closed forms of queueing theory: to check the engines against, and to teach against.

Rates are per second, times in seconds. `sojourn` is time in system: waiting plus service. Sources: A. K.
Erlang (1917) for M/M/c, F. Pollaczek (1930) and A. Khinchine (1932) for M/G/1, C. Palm (1947) for machines
that are repaired, J. Little (1961) for L = λW.
"""

from math import exp, factorial, lgamma, log, sqrt

from sim.errors import UsageError


def utilisation(arrival_rate: float, service_s: float, servers: int = 1) -> float:
    """The share of time that a server is busy.

    >>> utilisation(8.0, 0.25, servers=4)
    0.5
    """
    return arrival_rate * service_s / servers


def erlang_c(arrival_rate: float, service_s: float, servers: int) -> float:
    """The probability that an arrival must wait in an M/M/c system.

    >>> round(erlang_c(0.5, 1.0, 1), 3), round(erlang_c(3.2, 1.0, 4), 4)
    (0.5, 0.5964)

    Raises:
        UsageError: the queue grows without end.
    """
    offered, load = arrival_rate * service_s, utilisation(arrival_rate, service_s, servers)
    if load >= 1:
        raise UsageError(f"utilisation {load:.3g} is not below 1: the queue grows without end")
    tail = offered**servers / factorial(servers) / (1 - load)
    return tail / (sum(offered**k / factorial(k) for k in range(servers)) + tail)


def mmck_loss(arrival_rate: float, service_s: float, servers: int, places: int) -> float:
    """The share of arrivals that find every place taken in an M/M/c/K system.

    Args:
        places: K, of those in service and of those who wait.

    >>> round(mmck_loss(2.0, 1.0, 1, 1), 3), round(mmck_loss(1.0, 1.0, 1, 4), 3)
    (0.667, 0.2)
    """
    offered = arrival_rate * service_s
    weights = [
        offered**n / factorial(n)
        if n <= servers
        else offered**servers / factorial(servers) * (offered / servers) ** (n - servers)
        for n in range(places + 1)
    ]
    return weights[-1] / sum(weights)


def mmc_sojourn(arrival_rate: float, service_s: float, servers: int) -> float:
    """Mean time in an M/M/c system.

    >>> mmc_sojourn(0.5, 1.0, 1)
    2.0
    """
    waiting = erlang_c(arrival_rate, service_s, servers) / (servers / service_s - arrival_rate)
    return waiting + service_s


def mg1_sojourn(arrival_rate: float, service_s: float, cv: float) -> float:
    """Mean time in an M/G/1 system, by the mean and the coefficient of variation of its service time.

    >>> mg1_sojourn(0.5, 1.0, 1.0), mg1_sojourn(0.5, 1.0, 0.0)
    (2.0, 1.5)

    Raises:
        UsageError: the queue grows without end.
    """
    return (
        service_s
        + erlang_c(arrival_rate, service_s, 1)
        * service_s
        / (1 - utilisation(arrival_rate, service_s))
        * (1 + cv**2)
        / 2
    )


def closed_loop_rate(users: int, think_s: float, service_s: float, servers: int = 1) -> float:
    """Requests per second of users who each wait for an answer, think, and ask again: the repair of machines.

    Think and service times are exponential.

    >>> closed_loop_rate(1, 1.0, 1.0), round(closed_loop_rate(3, 1.0, 0.5), 4)
    (0.5, 1.5789)
    """
    waits = [1.0]
    for there in range(1, users + 1):
        waits.append(waits[-1] * (users - there + 1) * service_s / think_s / min(there, servers))
    busy = sum(min(there, servers) * wait for there, wait in enumerate(waits))
    return busy / sum(waits) / service_s


def little(arrival_rate: float, sojourn_s: float) -> float:
    """The mean number in a system: L = λW.

    >>> little(0.5, 2.0)
    1.0
    """
    return arrival_rate * sojourn_s


def requests_to_settle(load: float) -> float:
    """How many requests a single server takes to forget how it began: the relaxation of an M/M/1 queue.

    In time 1 / (μ·(1 − √ρ)²). Source: P. M. Morse, Stochastic properties of waiting lines, 1955.

    >>> round(requests_to_settle(0.7)), round(requests_to_settle(0.9))
    (26, 342)
    """
    return load / (1 - sqrt(load)) ** 2


def alike_in_a_row(load: float) -> float:
    """How many waiting times of an M/M/1 queue, one after the other, say as much as one alone.

    The sum of all their correlations. Source: N. Blomqvist, The covariance function of the M/G/1 queuing
    system, 1967.

    >>> alike_in_a_row(0.0), round(alike_in_a_row(0.7), 1)
    (1.0, 33.2)
    """
    return (2 + 5 * load - 4 * load**2 + load**3) / ((1 - load) ** 2 * (2 - load))


def slow_spell(load: float) -> float:
    """How many very slow requests of an M/M/1 queue come together: one over its extremal index.

    Source: H. Rootzén, Maxima and exceedances of stationary Markov chains, 1988.

    >>> slow_spell(0.0), round(slow_spell(0.7), 1)
    (1.0, 11.1)
    """
    return 1 / (1 - load) ** 2


def binomial_interval(trials: int, probability: float, confidence: float = 0.95) -> tuple[int, int]:
    """The counts between which a binomial variable falls with at least this probability, tails alike.

    >>> binomial_interval(3000, 1 / 7)
    (391, 466)
    """
    tail = (1 - confidence) / 2
    return _binomial_quantile(trials, probability, tail), _binomial_quantile(trials, probability, 1 - tail)


def _binomial_quantile(trials: int, probability: float, level: float) -> int:
    """The least count whose cumulative probability reaches the level."""
    if probability in (0, 1):
        return round(trials * probability)
    below = 0.0
    for count in range(trials):
        below += exp(_log_binomial(trials, count, probability))
        if below >= level:
            return count
    return trials


def _log_binomial(trials: int, count: int, probability: float) -> float:
    ways = lgamma(trials + 1) - lgamma(count + 1) - lgamma(trials - count + 1)
    return ways + count * log(probability) + (trials - count) * log(1 - probability)

"""Names of the Pods of a StatefulSet: each has an ordinal, and who replaces it has its name again.

Here two Pods never share a name: `db-2#2` is the second Pod that is called db-2. Source: kubernetes.io,
StatefulSets, "Pod Identity".
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import count, islice


def name_of(key: str) -> str:
    """The name that a Pod has in a cluster, with its namespace.

    >>> name_of("shop/db-2#3")
    'shop/db-2'
    """
    return key.partition("#")[0]


def ordinal_of(key: str) -> int:
    """The number in a Pod's name; -1: it has none."""
    number = name_of(key).rpartition("-")[2]
    return int(number) if number.isdecimal() else -1


def following_names(
    workload: str, wanted: int, first: int, there: Iterable[str], known: Iterable[str], gone: Sequence[str]
) -> list[str]:
    """The keys of the next Pods of a StatefulSet: names that come back, then the lowest that are free.

    Args:
        workload: its key.
        first: its lowest ordinal.
        there, known: keys of its Pods that there are, and of all that there ever were.
        gone: keys of those that are replaced.

    >>> following_names("a/db", 2, 0, ["a/db-0", "a/db-1"], ["a/db-0", "a/db-1"], ["a/db-1"])
    ['a/db-1#2', 'a/db-2']
    """
    taken, times = set(map(name_of, there)), Counter(map(name_of, known))
    numbered = (f"{workload}-{number}" for number in count(first))
    free = (name for name in numbered if name not in taken)
    names = [*map(name_of, gone), *islice(free, max(0, wanted - len(gone)))][:wanted]
    return [f"{name}#{times[name] + 1}" if times[name] else name for name in names]

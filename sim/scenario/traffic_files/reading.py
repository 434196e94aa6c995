"""A file that says what clients ask, read into the demand of every Service: a table, or an access log."""

from collections.abc import Iterable
from itertools import chain

from sim.errors import InputError
from sim.manifests.decoding import printable
from sim.plans import Exposed
from sim.scenario.demand import Demands
from sim.scenario.experiment import Experiment
from sim.scenario.traffic_files.destinations import Destinations
from sim.scenario.traffic_files.formats import Logged
from sim.scenario.traffic_files.lines import Progress, lines
from sim.scenario.traffic_files.log import AccessLog
from sim.scenario.traffic_files.measured import Measured
from sim.scenario.traffic_files.table import EXAMPLE, Table, delimiter_of, head_of, together


def measure(path: str, base: Experiment, progress: Progress | None = None) -> Measured:
    """Read a traffic file.

    Args:
        path: plain or gzip; `-` is standard input.
        base: the manifests whose Services it is about.

    Raises:
        UsageError: the file cannot be read.
        InputError: it is neither table nor access log, a table with a fault, or nothing in it leads to a
            Service.
    """
    exposed = base.plans()[0].exposed
    where = Destinations(base.rules, exposed, base.manifests)
    numbered = ((n, line) for n, line in enumerate(lines(path, progress), 1) if line.strip())
    first = next(((n, line) for n, line in numbered if not line.startswith("#")), None)
    if first is None:
        raise InputError("the traffic file is empty", f"{path}:1", f"write for example {EXAMPLE}")
    head = head_of(first[1])
    if head is None:
        return AccessLog(path, where, exposed).measured(chain([first], numbered))
    return _of_table(path, head, first[1], numbered, where, exposed)


def _of_table(
    path: str,
    head: list[str],
    first: str,
    numbered: Iterable[tuple[int, str]],
    where: Destinations,
    exposed: Iterable[Exposed],
) -> Measured:
    services = dict.fromkeys(e.service for e in exposed)
    table = Table(path, head, services, lambda host, path: where.of(Logged(0, host, path, "GET", 0)))
    rows = table.rows(((n, line) for n, line in numbered if not line.startswith("#")), delimiter_of(first))
    if not rows:
        raise InputError("the table has no rows", f"{path}:1", f"write for example {next(iter(services))},5")
    assumed = tuple(f"column {printable(name)} was not read" for name in table.ignored)
    return Measured(path, "table", Demands(of=together(rows)), len(rows) + 1, assumed=assumed)

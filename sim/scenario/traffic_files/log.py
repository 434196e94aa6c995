"""An access log -> the demand of every Service: requests over time, bytes as they stand there.

The time is that between the first and the last line. Nothing that a log does not tell is made up in silence:
what was left out and assumed is in the result.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from sim.errors import InputError
from sim.manifests.decoding import printable
from sim.plans import Exposed
from sim.scenario import TrafficRow
from sim.scenario.demand import SHARE_IN, Demand, Demands
from sim.scenario.month import BYTES_PER_GB, SECONDS_PER_MONTH
from sim.scenario.traffic_files.destinations import Destinations
from sim.scenario.traffic_files.formats import Logged, read
from sim.scenario.traffic_files.measured import Lost, Measured
from sim.scenario.traffic_files.table import EXAMPLE
from sim.units import counted

MOST_EXAMPLES = 3
MOST_COUNTED = 20_000
"""Different examples that are counted; of the rest only the number is known."""
USUAL_REQUEST_BYTES = int(TrafficRow(host="").request_bytes)
HOUR_S, NEARLY_A_DAY_S = 3600, 23 * 3600
GAPPY = 2
"""A log has gaps where fewer than one in so many of its hours has a line."""
NO_REQUEST_LINE = "no line of an access log"
FORMATS = "nginx (combined, ingress-nginx or JSON)"


@dataclass
class _Sum:
    """What a Service was asked, so far."""

    requests: int = 0
    bytes_out: int = 0
    bytes_in: int = 0
    first: int = 0


class AccessLog:
    """An access log, counted line by line."""

    def __init__(self, path: str, where: Destinations, exposed: Iterable[Exposed]) -> None:
        self._path, self._where = path, where
        self._exposed = tuple(exposed)
        self._sums: dict[str, _Sum] = {}
        self._lost: dict[str, Counter[str]] = {}
        self._hours: set[int] = set()
        self._first_s, self._last_s = float("inf"), float("-inf")
        self._without_size = self._without_reuse = self._without_host = 0

    def measured(self, numbered: Iterable[tuple[int, str]]) -> Measured:
        """Read all lines.

        Raises:
            InputError: none is a request, or none leads to a Service.
        """
        last, first_bad = 0, ""
        for last, line in numbered:
            found = read(line)
            if found is None:
                first_bad = first_bad or f"{last} is: {printable(line[:60])}"
                self._lose(NO_REQUEST_LINE, line)
            else:
                self._count(found)
        if not self._hours:
            raise InputError(
                f"neither a table of Services nor an access log; line {first_bad}",
                f"{self._path}:1",
                f"give a table with a first line such as {EXAMPLE}, or an access log of {FORMATS}",
            )
        if not self._sums:
            there = ", ".join(dict.fromkeys(e.service for e in self._exposed))
            said = "; ".join(f"{one.why} ({', '.join(one.examples)})" for one in self._losses())
            raise InputError(
                f"nothing leads to a Service: {said}", f"{self._path}:1", f"exposed are: {there}"
            )
        return self._result(last)

    def _count(self, found: Logged) -> None:
        self._hours.add(int(found.at_s // HOUR_S))
        self._first_s, self._last_s = min(self._first_s, found.at_s), max(self._last_s, found.at_s)
        service, why = self._where.of(found)
        if not service:
            upstream = found.upstream.removeprefix("-")
            self._lose(why, upstream or (found.path and f"{found.host}{found.path}"))
            return
        so_far = self._sums.setdefault(service, _Sum())
        so_far.requests += 1
        so_far.bytes_out += found.bytes_out
        so_far.bytes_in += USUAL_REQUEST_BYTES if found.bytes_in is None else found.bytes_in
        so_far.first += bool(found.is_first)
        self._without_size += found.bytes_in is None
        self._without_reuse += found.is_first is None
        self._without_host += not (found.host or found.upstream or found.service or found.more)

    def _lose(self, why: str, example: str) -> None:
        counted = self._lost.setdefault(why, Counter())
        text = printable(example[:60]) if len(counted) < MOST_COUNTED else ""
        counted[text] += 1

    def _losses(self) -> tuple[Lost, ...]:
        found = (
            Lost(why, counted.total(), tuple(text for text, _ in counted.most_common(MOST_EXAMPLES) if text))
            for why, counted in self._lost.items()
        )
        return tuple(sorted(found, key=lambda one: -one.count))

    def _result(self, last: int) -> Measured:
        idle = {entry.service: Demand(Fraction(0), Fraction(0)) for entry in self._exposed}
        demands = Demands(of={**idle, **dict(self._demands())})
        requests = sum(one.requests for one in self._sums.values())
        said = self._losses(), tuple(self._assumed()), tuple(self._thin())
        return Measured(self._path, "access log", demands, last, requests, self._first_s, self._last_s, *said)

    @property
    def _span_s(self) -> Fraction:
        """From the first second to the end of the last: times are of whole seconds."""
        return Fraction(int(self._last_s) - int(self._first_s) + 1)

    def _demands(self) -> Iterator[tuple[str, Demand]]:
        per_month = Fraction(SECONDS_PER_MONTH) / self._span_s / BYTES_PER_GB
        for service, one in self._sums.items():
            sizes = one.bytes_in + one.bytes_out
            opened = None if self._without_reuse or not one.first else one.first / self._span_s
            share_in = Fraction(one.bytes_in, sizes) if sizes else SHARE_IN
            yield service, Demand(one.requests / self._span_s, sizes * per_month, opened, share_in)

    def _assumed(self) -> Iterator[str]:
        if self._without_size:
            yield f"{USUAL_REQUEST_BYTES} bytes per request, for the log has no request_length"
        if self._without_host:
            hosts = counted(len(self._where.hosts), "host")
            yield f"paths decide alone, among {hosts}, for the log has no host"

    def _thin(self) -> Iterator[str]:
        if self._span_s < HOUR_S:
            yield f"{int(self._span_s):,} s of log stand for a whole month"
        elif self._span_s < NEARLY_A_DAY_S:
            yield f"{float(self._span_s / HOUR_S):.3g} h of log stand for a whole month, day and night"
        hours = int(self._last_s // HOUR_S) - int(self._first_s // HOUR_S) + 1
        if hours > GAPPY * len(self._hours):
            yield f"only {len(self._hours):,} of the {hours:,} hours between first and last line have any"

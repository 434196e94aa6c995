"""What is said about a traffic file: what was read, what led nowhere, what was assumed."""

from collections.abc import Iterator
from datetime import UTC, datetime

from sim.scenario.traffic_files.measured import Measured
from sim.units import counted

MOST_SHOWN = 8
_DAY_S, _HOUR_S = 86400, 3600


def traffic_lines(found: Measured) -> Iterator[str]:
    """Plain lines, for standard error."""
    if found.first_s is None:
        yield f"{found.file}: a table of {counted(len(found.demands.of), 'Service')}"
    else:
        yield from _of_log(found)
    if found.idle:
        yield f"note: nothing leads to {_listed(found.idle)}: 0 requests/s (say --rps NS/NAME=N)"
    yield from (f"note: assumed: {what}" for what in found.assumed)
    yield from (f"note: a thin basis: {why}" for why in found.thin)


def _of_log(found: Measured) -> Iterator[str]:
    assert found.first_s is not None
    assert found.last_s is not None
    span_s = found.last_s - found.first_s
    when = f"{_time(found.first_s)} to {_time(found.last_s)} UTC ({_span(span_s)})"
    yield f"{found.file}: {counted(found.lines, 'line')}, {when}"
    asked = sorted(
        (pair for pair in found.demands.of.items() if pair[1].rate), key=lambda pair: -pair[1].rate
    )
    lost = sum(one.count for one in found.lost)
    to_none = f"; {counted(lost, 'line')} ({lost / found.lines * 100:.1f} %) to none" if lost else ""
    yield f"requests to {counted(len(asked), 'Service')}: {found.requests:,}{to_none}"
    for one in found.lost:
        such = f": {', '.join(one.examples)}" if one.examples else ""
        yield f"  {one.count:,} {one.why}{such}"
    for key, demand in asked[:MOST_SHOWN]:
        yield f"  {key}: {float(demand.rate):.4g} requests/s, {float(demand.gb_month or 0):.4g} GB a month"
    if len(asked) > MOST_SHOWN:
        yield f"  and {len(asked) - MOST_SHOWN:,} more"


def _time(at_s: float) -> str:
    return f"{datetime.fromtimestamp(at_s, UTC):%Y-%m-%d %H:%M:%S}"


def _span(span_s: float) -> str:
    for unit, name in ((_DAY_S, "days"), (_HOUR_S, "h"), (60, "min")):
        if span_s >= 2 * unit:
            return f"{span_s / unit:.3g} {name}"
    return f"{span_s:.0f} s"


def _listed(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - MOST_SHOWN:,} more" if len(names) > MOST_SHOWN else ""
    return ", ".join(names[:MOST_SHOWN]) + more

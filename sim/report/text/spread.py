"""What `sim spread` prints: a row per Pod, or a row per placement; at most 80 columns."""

from collections.abc import Iterator, Sequence
from textwrap import wrap

from sim import __version__
from sim.manifests.decoding import printable_lines
from sim.report.text.terminal import shortened
from sim.report.words.spread import shown_placements
from sim.simulation.spread_shares import Placement, Share, Shares
from sim.units import counted

MOST_ROWS, MOST_NAMES = 24, 6


def share_lines(shares: Shares) -> Iterator[str]:
    """What each Pod of a Service got under one mode."""
    yield heading(shares)
    yield f"{'Pod':<24} {'node':<10} {'predicted':>9} {'got':>7}  95 % interval"
    yield from map(share_row, shares.pods[:MOST_ROWS])
    if len(shares.pods) > MOST_ROWS:
        yield f"and {len(shares.pods) - MOST_ROWS} more Pods"
    yield conclusion(shares)
    if shares.stopped is not None:
        yield from wrap(printable_lines(policies(shares)), 80, subsequent_indent="  ")
    if shares.hints:
        yield from wrap(printable_lines(shares.hints), 80, subsequent_indent="  ")
    yield f"seed {shares.seed} · sim {__version__}"


def share_row(row: Share) -> str:
    """A Pod: its share, what it got, and what is usual."""
    low, high = row.interval
    pod, node = (printable_lines(shortened(t, w)) for t, w in ((row.name, 24), (row.node, 10)))
    mark = "  outside" if row.outside else ""
    return f"{pod:<24} {node:<10} {row.probability:>9.1%} {row.drawn:>7,}  {low:,} to {high:,}{mark}"


def heading(shares: Shares) -> str:
    """The Service, what was opened, and how kube-proxy chose."""
    how = "each node takes turns" if shares.in_turn else "each node chooses at random"
    rest = f" port {shares.port}, policy {shares.policy}, {shares.mode}: {how}"
    return f"{shortened(printable_lines(shares.service), 80 - len(rest))}{rest}"


def conclusion(shares: Shares) -> str:
    """How far the Pods are apart, and how many counts are among the rare ones."""
    low, high = shares.drawn
    return (
        f"{shares.connections:,} connections over {counted(len(shares.pods), 'Pod')}: {low:,} to {high:,};"
        f" {shares.outside} of {len(shares.pods)} outside"
    )


def policies(shares: Shares) -> str:
    """Which connections network policies drop, and why."""
    rows = [row for row in shares.pods if row.dropped]
    pods = [row.name if row.dropped == 1 else f"{row.name} ({row.dropped:.0%} of its own)" for row in rows]
    more = f" and {counted(len(pods) - MOST_NAMES, 'Pod')} more" if len(pods) > MOST_NAMES else ""
    why = f"; {shares.stopped.message}" if shares.stopped is not None else ""
    to = f"to {', '.join(pods[:MOST_NAMES])}{more}"
    return f"policies drop {shares.dropped:.0%} of them, {to}, for a client outside{why}"


def placement_lines(service: str, found: Sequence[Placement], now: Placement) -> Iterator[str]:
    """What policy Local makes of each placement of the same Pods."""
    yield shortened(f"{printable_lines(service)}: share of a Pod under externalTrafficPolicy Local", 80)
    yield f"{'Pods on each node':<40} {'least':>8} {'most':>8} {'times':>7}"
    for placement in shown_placements(found, now, MOST_ROWS):
        name = shortened(str(placement), 40)
        here = "  as it is" if placement == now else ""
        shares = f"{placement.smallest:>8.1%} {placement.largest:>8.1%}"
        yield f"{name:<40} {shares} {placement.ratio:>7.3g}{here}"
    if len(found) > MOST_ROWS:
        yield f"and {len(found) - MOST_ROWS} more placements"
    yield f"no random numbers · sim {__version__}"

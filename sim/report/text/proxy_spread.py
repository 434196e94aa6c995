"""What `sim spread --at controller` prints: a table per algorithm; at most 80 columns."""

from collections.abc import Iterator
from textwrap import wrap

from sim import __version__
from sim.manifests.decoding import printable_lines
from sim.report.text.spread import MOST_ROWS, share_row
from sim.report.words.proxy_spread import conclusion, ways
from sim.simulation.proxy_shares import ProxySpread


def proxy_lines(found: ProxySpread) -> Iterator[str]:
    """What each Pod got under each algorithm, on the same draws."""
    yield from wrap(printable_lines(f"{found.backend} behind {ways(found)}"), 80, subsequent_indent="  ")
    for one in found.algorithms:
        yield ""
        yield f"{one.name}{' (in use)' if one.own and len(found.algorithms) > 1 else ''}"
        yield f"{'Pod':<24} {'node':<10} {'predicted':>9} {'got':>7}  95 % of runs"
        yield from map(share_row, one.pods[:MOST_ROWS])
        if len(one.pods) > MOST_ROWS:
            yield f"and {len(one.pods) - MOST_ROWS} more Pods"
        yield conclusion(one, found.requests)
    yield f"seed {found.seed} · sim {__version__}"

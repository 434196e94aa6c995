"""The pictures of a cluster by name: its topology, and those that teach."""

from collections.abc import Callable

from sim.cluster.cluster import Cluster
from sim.errors import UsageError, one_of
from sim.report.charts.computers import computers_picture
from sim.report.charts.layers import layers_picture
from sim.report.charts.picture import Picture
from sim.report.charts.switchboard import switchboard_picture
from sim.report.topology.picture import topology_picture
from sim.routing.trace import Trace


def drawing(kind: str, cluster: Cluster, trace: Trace | None) -> Picture:
    """Draw a cluster.

    Args:
        kind: a key of DRAWINGS.
        cluster: what is drawn.
        trace: of a request to it; None: none is asked about.

    Raises:
        UsageError: no such kind, or it is about a request and there is none.
    """
    return DRAWINGS[one_of(kind, DRAWINGS, "kind of picture")](cluster, trace)


def _asked(kind: str, trace: Trace | None) -> Trace:
    if trace is None:
        raise UsageError(f"a picture of kind {kind} shows a request; give its URL")
    return trace


DRAWINGS: dict[str, Callable[[Cluster, Trace | None], Picture]] = {
    "topology": topology_picture,
    "computers": lambda cluster, _: computers_picture(cluster),
    "switchboard": lambda _, trace: switchboard_picture(_asked("switchboard", trace)),
    "layers": lambda _, trace: layers_picture(_asked("layers", trace)),
}

"""Pure decisions: the same request on the same cluster gets the same answer, and the reasons.

`route` walks a request from the client to its one final state. Nothing is drawn: where chance decides, every
branch is listed with its probability.
"""

from sim.routing.route import follow, route
from sim.routing.trace import Request, Trace

__all__ = ["Request", "Trace", "follow", "route"]

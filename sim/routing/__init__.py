"""Pure decisions: the same request on the same cluster gets the same answer, and the reasons.

`route` walks a request from the client to its one final state. Nothing is drawn: where chance decides, every
branch is listed with its probability.
"""

from sim.routing.decision import Request, Trace
from sim.routing.walk import follow, route

__all__ = ["Request", "Trace", "follow", "route"]

"""What happens to an attempt at a request, as numbers; an event is an attempt and what happens to it."""

from typing import Final

STEPS: Final = 32
"""`what` of an event is the attempt's place times this, plus the step."""

BEGIN: Final = 0
ENDED: Final = 1
ARRIVED: Final = 2
GRANTED: Final = 3
SERVED: Final = 4
AT_POD: Final = 5
BACK: Final = 6
HOME: Final = 7
DEADLINE: Final = 8
LEFT: Final = 9
TOLD: Final = 10
FREED: Final = 11
"""A station: a worker is free, and who waits may have it."""
SILENT: Final = 12
"""A source sends nothing any more."""
DONE: Final = 13
WARM: Final = 14
PAUSED: Final = 15
"""The pause before another attempt is over."""
AWAKE: Final = 16
"""A user has thought,"""
ANSWERED: Final = 17
"""or the request that it waited for is over."""
BEGINS: Final = 18
KILLED: Final = 19
"""A station: what is in it is lost."""
UNHEARD: Final = 20
"""A client hears nothing: of a request that did not come there,"""
SILENCE: Final = 21
"""or of one that did."""
TRIED: Final = 22
"""A try of a proxy has failed."""

AT_END: Final = 0
"""Of a visit at a station: the application's Pod that its connection leads to,"""
AT_CONTROLLER: Final = 1
"""a controller Pod,"""
BEHIND: Final = 2
"""the Pod that a controller Pod chose."""

TLS_AT_BALANCER: Final = 1
TLS_AT_CONTROLLER: Final = 2
TLS_AT_POD: Final = 3

WAITING: Final = 0
HAS_WORKER: Final = 1
IN_SERVICE: Final = 2

HTTP: Final = 0
HTTP2: Final = 1
TCP: Final = 2
UDP: Final = 3
SCTP: Final = 4

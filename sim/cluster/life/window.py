"""New connections to a Pod that has stopped listening: what each path sends, and the preStop against it.

A path (a node's kube-proxy, a controller, a load balancer's targets) goes on for its delay after the Pod was
told to go; the Pod accepts until its preStop hook is over, and for as long after SIGTERM as it goes on
listening. Paths learn in parallel, so the slowest alone decides. Retries are left out.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class SendingPath:
    """A path that still sends.

    Args:
        delay_s: from the request to delete the Pod until this path sends nothing new to it.
        rate: its new connections per second, to all Pods.
        share: of them to this Pod.
    """

    delay_s: float
    rate: float
    share: float

    def lost_s(self, listens_s: float) -> float:
        """How long it sends to a Pod that has stopped listening."""
        return max(0.0, self.delay_s - listens_s)

    def failed(self, listens_s: float) -> float:
        """Mean number of new connections that fail."""
        return self.lost_s(listens_s) * self.rate * self.share


def failures(paths: Mapping[str, SendingPath], listens_s: float) -> dict[str, float]:
    """Mean number of new connections that fail, by path.

    Args:
        listens_s: from the request to delete the Pod until it accepts no more.
    """
    return {name: path.failed(listens_s) for name, path in paths.items()}


def smallest_prestop_s(paths: Iterable[SendingPath], listens_after_sigterm_s: float = 0.0) -> float:
    """How long a preStop hook must last so that no path fails.

    Args:
        listens_after_sigterm_s: how long the application itself goes on accepting.
    """
    return max((path.lost_s(listens_after_sigterm_s) for path in paths), default=0.0)

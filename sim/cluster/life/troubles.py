"""What is out of order in a cluster at a moment: Pods that died, nodes and load balancers that are silent."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Trouble:
    """Something that does not answer since a moment.

    Args:
        because: what of the scenario makes it so.
        avoided_s: from when nobody sends to it; infinite: never, or as the Pod's endpoint says.
        checked_s: the same of load balancers that find a Pod by checks of their own.
        silent: nothing comes back at all; otherwise connections are refused, and a node answers again.
    """

    because: str
    since_s: float
    avoided_s: float
    checked_s: float
    silent: bool


@dataclass(frozen=True)
class Troubles:
    """All of them: of Pods by key, of nodes by name, of load balancers by the key of their Service."""

    pods: Mapping[str, Trouble] = field(default_factory=dict)
    nodes: Mapping[str, Trouble] = field(default_factory=dict)
    balancers: Mapping[str, Trouble] = field(default_factory=dict)

    def is_avoided(self, pod: str, at_s: float, by_checks: bool) -> bool:
        """Whether a Pod is no longer sent to because of its trouble.

        Args:
            by_checks: whether a load balancer is asked whose targets are Pods.
        """
        found = self.pods.get(pod)
        return found is not None and (found.checked_s if by_checks else found.avoided_s) <= at_s

    def node_is_silent(self, node: str) -> bool:
        """Whether nothing comes back from a node; one that answers again may be left out yet."""
        found = self.nodes.get(node)
        return found is not None and found.silent

    def node_is_avoided(self, node: str, at_s: float) -> bool:
        """Whether load balancers leave a node out."""
        found = self.nodes.get(node)
        return found is not None and found.avoided_s <= at_s


ALL_WELL = Troubles()
"""Nothing is out of order."""

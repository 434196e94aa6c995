"""What is judged, and the verdict with its reasons as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, get_args

from sim.cluster.cluster import RunningPod

Direction = Literal["egress", "ingress"]
DIRECTIONS: tuple[Direction, ...] = get_args(Direction)

FailsAt = Literal[
    "no-rules",
    "not-a-pod",
    "namespace",
    "namespaceSelector",
    "cidr",
    "podSelector",
    "except",
    "protocol",
    "port",
]

STAGES: Mapping[FailsAt, int] = {"podSelector": 1, "except": 1, "protocol": 2, "port": 3}
"""How far a packet came within a rule; what is not named here fails at the first check."""


class End(NamedTuple):
    """One end of a connection, as policies see it.

    Args:
        pod: None: no Pod, or one that cannot be told from its node.
        node: the node that has this address.
    """

    address: str
    pod: RunningPod | None = None
    node: str | None = None


class NewConnection(NamedTuple):
    """A new connection, after a Service's address was replaced by that of an endpoint.

    Args:
        port: of the target.
        masqueraded: the node whose address its source becomes on the way; None: it stays.
        established: whether it was open before the policies came.
    """

    source: End
    target: End
    port: int
    protocol: str = "TCP"
    masqueraded: End | None = None
    established: bool = False


@dataclass(frozen=True)
class Nearest:
    """The rule that came nearest to letting a packet through.

    Args:
        rule: `NS/POLICY ingress[i].from[j]`, without the peer if the rule has none; `NS/POLICY` if there is
            no rule.
        policy: `NS/POLICY`.
        path: of the rule or peer below the policy.
        source: `FILE:LINE`.
    """

    rule: str
    fails_at: FailsAt
    policy: str
    path: tuple[str | int, ...] = ()
    source: str | None = None


@dataclass(frozen=True)
class EndVerdict:
    """What the policies at one end say.

    Args:
        pod: `NAMESPACE/NAME` of the Pod there; None: no Pod that policies could select.
        decided_by: `Admin NAME ingress[i] Deny`, `NetworkPolicy NS/NAME ingress[i]`, `NetworkPolicy NS/NAME`
            where it isolates and no rule fits, or `default`.
        isolated_by: keys of the NetworkPolicies that isolate the Pod in this direction.
        allowed_by: every rule of them that lets it through; None: the Pod is not isolated.
        nearest: where it is denied by isolation.
        local_node: whether it passes because the other end is the Pod's own node.
        policies: `KIND KEY` of those that had a say.
        source: `FILE:LINE` of what decided.
    """

    direction: Direction
    pod: str | None = None
    allowed: bool = True
    decided_by: str = "default"
    isolated_by: tuple[str, ...] = ()
    allowed_by: tuple[str, ...] | None = None
    nearest: Nearest | None = None
    local_node: bool = False
    source: str | None = None
    policies: tuple[str, ...] = ()


@dataclass(frozen=True)
class PolicyVerdict:
    """Both ends of one connection, seen in one way."""

    egress: EndVerdict
    ingress: EndVerdict

    @property
    def allowed(self) -> bool:
        """Whether both ends let it through."""
        return self.egress.allowed and self.ingress.allowed

    @property
    def sides(self) -> tuple[EndVerdict, EndVerdict]:
        """In the order in which the packet meets them."""
        return self.egress, self.ingress

    @property
    def blocking(self) -> EndVerdict | None:
        """The first end that blocks."""
        return next((side for side in self.sides if not side.allowed), None)

    @property
    def blocked_at(self) -> str | None:
        """`egress`, `ingress`, `both`, or None."""
        stopped = [side.direction for side in self.sides if not side.allowed]
        return "both" if len(stopped) > 1 else stopped[0] if stopped else None


@dataclass(frozen=True)
class Judgement:
    """What becomes of a connection.

    Args:
        verdict: as most plugins have it.
        alternatives: behaviour of a network plugin -> its verdict; empty: the API leaves nothing open.
        is_usual: whether the Kubernetes documentation names the first alternative as the usual one.
    """

    verdict: PolicyVerdict
    alternatives: Mapping[str, PolicyVerdict] = field(default_factory=dict)
    is_usual: bool = False

    @property
    def depends(self) -> bool:
        """Whether plugins come to different answers."""
        return len({one.allowed for one in self.alternatives.values()}) > 1

    @property
    def policies(self) -> frozenset[str]:
        """`KIND KEY` of all that had a say, in whatever behaviour."""
        verdicts = (self.verdict, *self.alternatives.values())
        return frozenset(name for one in verdicts for side in one.sides for name in side.policies)

    @property
    def kind(self) -> str:
        """`allowed`, `denied`, or `cni-dependent`."""
        return "cni-dependent" if self.depends else "allowed" if self.verdict.allowed else "denied"

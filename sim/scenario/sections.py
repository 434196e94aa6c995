"""The sections of a scenario file beside traffic and faults."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, StrictStr

from sim.cluster.delays import Delays
from sim.routing.controllers import USUAL
from sim.scenario.distributions import constant
from sim.scenario.fields import (
    AboveZero,
    Count,
    Duration,
    NotNegative,
    Section,
    Times,
    checked,
    is_whole,
    wanted,
)
from sim.scenario.thresholds import Threshold, threshold

MOST_NODES = 5_000
"""Of one cluster. Source: kubernetes.io/docs/setup/best-practices/cluster-large."""


class ControllerKey(Section):
    """The Ingress controller of the plan single-ingress.

    Args:
        workers: requests that a Pod works on at a time.
        proxy_workers: processes or threads of a Pod's proxy, where each takes turns of its own; None: as the
            controller is configured.
        balancing: how it chooses among Pods: a name of its own program, of textbooks, or PROGRAM/NAME.
        hash_by: what an algorithm that hashes goes by, such as $remote_addr; None: as the rules say.
        connect_timeout, read_timeout, tries: at a Pod; None: as rules, ConfigMap and profile say.
        keep_alive: after how long it closes a client's connection that carries nothing; None: as its
            ConfigMap says, else never.
        upstream_keep_alive: how long it keeps its own connections to Pods that carry nothing; 0: it opens one
            for each request; None: opening one takes no time.
        drain: how long a Pod of its own goes on with what it has when it is told to go; None: to the end of
            its grace period.
    """

    profile: StrictStr = USUAL.name
    replicas: Count = 2
    workers: Count = 2
    service_time: Times = constant(0.0004)
    proxy_workers: Count | None = None
    balancing: StrictStr | None = None
    hash_by: StrictStr | None = None
    connect_timeout: AboveZero | None = None
    read_timeout: AboveZero | None = None
    tries: Count | None = None
    keep_alive: AboveZero | None = None
    upstream_keep_alive: Duration | None = None
    drain: Duration | None = None


class LatencyKey(Section):
    """Round trips and other delays; the defaults and their sources are in docs/model.md.

    Args:
        tls_cpu: of a full handshake; None: by the key of the certificate, where that is said.
    """

    client: Duration = Delays.client_s
    zone: Duration = Delays.zone_s
    cross_zone: Duration = Delays.cross_zone_s
    dns: Duration = Delays.dns_s
    load_balancer: Duration = Delays.load_balancer_s
    load_balancer_http: Duration = Delays.load_balancer_http_s
    tls_cpu: Duration | None = None


TLS_CPU_S = {"rsa2048": 0.0007, "rsa4096": 0.0035, "ecdsa-p256": 0.00046}
"""Server CPU of a full handshake, by the kind of the certificate's key. Sources: docs/model.md."""

TLS_RESUMED_CPU_S = {"1.2": 0.00019, "1.3": 0.00041}
"""Server CPU of a resumed handshake; version 1.3 exchanges keys anew. Sources: docs/model.md."""

_SHARE = wanted(
    "must be true, false or a share from 0 to 1", lambda n: isinstance(n, int | float) and 0 <= n <= 1
)


class TLSKey(Section):
    """TLS of https rows.

    Args:
        ends: where it ends; None: at what reads HTTP first, else at the Pod.
        key: kind of the certificate's key; it makes the CPU time of a full handshake. None: not known.
        resumption: share of a client's later connections that resume a session; true is every one of them.
    """

    ends: Literal["load-balancer", "controller", "pod"] | None = None
    version: Literal["1.2", "1.3"] = "1.3"
    key: Literal["rsa2048", "rsa4096", "ecdsa-p256"] | None = None
    resumption: Annotated[float, _SHARE] = 0.0


class NodeKey(Section):
    """A node and its zone."""

    name: StrictStr
    zone: StrictStr


class ExpectKey(Section):
    """What must come out: single requests as in `sim check`, and thresholds of the run."""

    requests: tuple[dict[str, Any], ...] = ()
    run: tuple[Annotated[Threshold, BeforeValidator(checked(threshold))], ...] = ()


def one_by_one(value: Any) -> Any:
    """`{zone-a: 2}` is two nodes in zone-a; no node at all is none of a cluster."""
    if value in ([], {}):
        raise ValueError(
            "there must be a node, such as {zone-a: 2}; leave the key out for three in three zones"
        )
    if not isinstance(value, dict):
        return value
    if not all(is_whole(n, 1, MOST_NODES) for n in value.values()):
        raise ValueError("a zone needs a whole number of nodes, such as {zone-a: 2}")
    if sum(value.values()) > MOST_NODES:
        raise ValueError(f"{sum(value.values()):,} nodes are over the limit of {MOST_NODES:,}")
    return [{"name": f"{zone}-{i + 1}", "zone": zone} for zone, n in value.items() for i in range(n)]


_NO_CURRENCY = wanted("must be a number, without a currency", lambda value: not isinstance(value, str))


class PricesKey(BaseModel):
    """A provider, its product, and figures that stand instead of its own, such as `load_balancer_hour`."""

    model_config = ConfigDict(frozen=True, extra="allow")
    __pydantic_extra__: dict[str, Annotated[NotNegative, _NO_CURRENCY]]

    provider: StrictStr | None = None
    product: StrictStr | None = None

    @property
    def figures(self) -> dict[str, float]:
        """The figures by name."""
        return dict(self.__pydantic_extra__)

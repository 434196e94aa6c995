"""Typical delays of the legs of a path. Times are added here, never chosen.

`client_s`, `zone_s` and `cross_zone_s` are round trips; one direction takes half. Sources and ranges of the
defaults: docs/model.md.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Delays:
    """Seconds. The first three are round-trip times.

    Args:
        load_balancer_s: inside a load balancer that passes TCP, each way.
        load_balancer_http_s: inside one that reads HTTP, there and back together.
        tls_cpu_s, tls_round_trips: of a full handshake.
        tls_resumed_cpu_s: of one that resumes a session; it takes one round trip in either version.
    """

    client_s: float = 0.040
    zone_s: float = 0.0003
    cross_zone_s: float = 0.001
    dns_s: float = 0.020
    load_balancer_s: float = 0.0001
    tls_cpu_s: float = 0.0005
    tls_round_trips: int = 1
    load_balancer_http_s: float = 0.002
    tls_resumed_cpu_s: float = 0.0004

    def between(self, zone: str | None, other: str | None) -> float:
        """Round trip between two places of the cluster; unknown zones count as different ones."""
        return self.zone_s if zone is not None and zone == other else self.cross_zone_s

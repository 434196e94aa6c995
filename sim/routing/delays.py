"""Typical delays of the legs of a path. Times are added here, never chosen.

`client_s`, `zone_s` and `cross_zone_s` are round trips; one direction takes half. Sources and ranges of the
defaults: docs/model.md.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Delays:
    """Seconds. The first three are round-trip times."""

    client_s: float = 0.040
    zone_s: float = 0.0003
    cross_zone_s: float = 0.001
    dns_s: float = 0.020
    load_balancer_s: float = 0.0001
    tls_cpu_s: float = 0.0005
    tls_round_trips: int = 1

    def between(self, zone: str | None, other: str | None) -> float:
        """Round trip between two places of the cluster; unknown zones count as different ones."""
        return self.zone_s if zone is not None and zone == other else self.cross_zone_s

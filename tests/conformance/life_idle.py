"""Adapter of life/idle: what idle time-outs do to kept connections."""

from __future__ import annotations

from conformance.life_facts import FACT
from conformance.life_tables import Values, rule, seconds_or_never

from sim.cluster.life.connections import IdleTimeouts

TIMEOUTS = "client_idle server_idle box_idle rtt box"


def _timeouts(asked: Values) -> IdleTimeouts:
    return IdleTimeouts(
        *(seconds_or_never(asked.get(k)) for k in ("client_idle", "server_idle", "box_idle")),
        asked.get("rtt", 0),
        {"reset": True, "silent": False}[asked.get("box", "reset")],
    )


@rule(f"gap {TIMEOUTS}")
def reuse(asked: Values) -> Values:
    outcome, by = _timeouts(asked).reuse(asked["gap"])
    return {"outcome": outcome.value, "closed_by": by.value if by else None}


@rule(f"rate {TIMEOUTS}")
def race_share(asked: Values) -> Values:
    return {"share": _timeouts(asked).race_share(asked["rate"])}


RULES = {"reuse": reuse, "race-share": race_share, "fact": FACT}

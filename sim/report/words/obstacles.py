"""What stands in the way of a verdict, as a title and sentences: said before any saving."""

from collections.abc import Sequence

from sim.comparison.soundness import Obstacle

TITLES = {
    "overload": "{plan} is overloaded",
    "not-served": "{plan} cannot serve every request",
    "redirect": "the plans give different answers",
    "status-port": "a Service is exposed at its status port",
    "other-gateway": "a load balancer belongs to another gateway",
}
"""Kind of obstacle -> what a title says of it."""


def obstacle_title(obstacles: Sequence[Obstacle]) -> str:
    """The heaviest one.

    >>> obstacle_title([Obstacle("overload", "single-ingress", "controller", "no steady state: …")])
    'No verdict: single-ingress is overloaded'
    """
    first = obstacles[0]
    return f"No verdict: {TITLES[first.kind].format(plan=first.plan)}"


def obstacle_sentences(obstacles: Sequence[Obstacle]) -> list[str]:
    """Each one, after the plan that it is about."""
    return [f"{one.plan}: {one.message}" if one.plan else one.message for one in obstacles]

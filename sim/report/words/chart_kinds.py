"""The kinds of chart that a comparison and a run have: what each shows and when to use it, and what draws it.

Nothing is imported for drawing, so that a command's help is there at once.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class ChartKind:
    """A chart for which a comparison, or a run, is enough.

    Args:
        drawn_by: `MODULE:FUNCTION`; a function of it, `size` and `theme`.
        about: one sentence: what it shows, and when to use it.
        without_run: whether bills alone are enough.
    """

    drawn_by: str
    about: str
    without_run: bool = False


COMPARISON_KINDS = {
    "money-and-latency": ChartKind(
        "sim.report.charts.compare:compare",
        "What two plans cost a month and how fast they answer, with the differences: the whole decision on"
        " one slide.",
    ),
    "plane": ChartKind(
        "sim.report.charts.plane:plane_chart",
        "What each plan changes from the first one, money across and latency up: for judging whether a saving"
        " is worth its milliseconds.",
    ),
    "break-even": ChartKind(
        "sim.report.charts.break_even:break_even_chart",
        "What a month costs by number of Services, and from how many on one Ingress is cheaper: for an"
        " application that grows, and to see why providers differ.",
        without_run=True,
    ),
    "bill": ChartKind(
        "sim.report.charts.bill:bill_chart",
        "What a bill is made of, plan by plan: load balancers, traffic, controller; for asking what a saving"
        " comes from, and what grows with the traffic.",
        without_run=True,
    ),
    "latency": ChartKind(
        "sim.report.charts.latency:latency_chart",
        "The latency distribution of each plan from the median to one request in a thousand, and the paired"
        " difference: to see who waits longer, and from where on nobody can tell.",
    ),
    "pods": ChartKind(
        "sim.report.charts.pods:pods_chart",
        "What share of the requests each Pod got under each plan, on what chance predicts: to see what"
        " keep-alive does to balancing per connection.",
    ),
    "blast-radius": ChartKind(
        "sim.report.charts.blast_radius:blast_radius_chart",
        "What share of the requests fails with one load balancer, controller Pod, node, zone or bad rule:"
        " the price of sharing, beside the saving.",
    ),
    "failures": ChartKind(
        "sim.report.charts.compare:failures_chart",
        "What failed under each plan while events and faults happened, how it ended and who ended it, beside"
        " money and latency: for a roll-out, a drain, the loss of a zone.",
    ),
}
"""Name of a chart -> what it is; the first is drawn where none is named."""

MONEY_AND_LATENCY = next(iter(COMPARISON_KINDS))
COST_KINDS = tuple(name for name, kind in COMPARISON_KINDS.items() if kind.without_run)
"""Charts that need no run."""

RUN_KINDS = {
    "lanes": ChartKind(
        "sim.report.charts.lanes:lanes_chart",
        "A lane for each Pod that comes or goes: starting, ready, terminating, when the last sender was told,"
        " and what failed: to see what a roll-out, a drain or a change of scale does to users.",
    ),
    "senders": ChartKind(
        "sim.report.charts.senders:senders_chart",
        "Who still sends to a Pod that stops: each node's kube-proxy, each controller Pod, the load balancer,"
        " until it is told: to see which delay a preStop hook must outlast.",
    ),
    "served": ChartKind(
        "sim.report.charts.over_time:served_chart",
        "Requests a second that were offered and that were served, and those that failed, over the time of a"
        " run: to see what an event, a burst or a storm of retries does, and how long.",
    ),
    "busy": ChartKind(
        "sim.report.charts.over_time:busy_chart",
        "How busy the workers of Pods were, and how many Pods were ready, over the time of a run: to see"
        " whether scaling comes in time.",
    ),
}
"""Name of a chart of one run -> what it is; the first is drawn where none is named."""

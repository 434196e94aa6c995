"""The kinds of chart that a comparison has: a sentence each, what it shows and when to use it.

Words only, so that a command's help needs no drawing.
"""

from __future__ import annotations

MONEY_AND_LATENCY = "money-and-latency"

COST_KINDS = {
    "break-even": (
        "What a month costs by number of Services, and from how many on one Ingress is cheaper: for an"
        " application that grows, and to see why providers differ."
    ),
    "bill": (
        "What a bill is made of, plan by plan: load balancers, traffic, controller; for asking what a saving"
        " comes from, and what grows with the traffic."
    ),
}
"""Charts that need no run."""

RUN_KINDS = {
    "latency": (
        "The latency distribution of each plan from the median to one request in a thousand, and the paired"
        " difference: to see who waits longer, and from where on nobody can tell."
    ),
    "pods": (
        "What share of the requests each Pod got under each plan, on what chance predicts: to see what"
        " keep-alive does to balancing per connection."
    ),
    "blast-radius": (
        "What share of the requests fails with one load balancer, controller Pod, node, zone or bad rule:"
        " the price of sharing, beside the saving."
    ),
}
"""Charts of time, spreading and risk."""

COMPARISON_KINDS = {
    MONEY_AND_LATENCY: (
        "What two plans cost a month and how fast they answer, with the differences: the whole decision on"
        " one slide."
    ),
    "plane": (
        "Money across and latency up, a mark per plan and the change between them: for judging whether a"
        " saving is worth its milliseconds."
    ),
    **COST_KINDS,
    **RUN_KINDS,
}
"""Name of a chart -> what it shows, and when to use it."""

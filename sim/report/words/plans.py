"""What a plan has, in a line."""

from sim.plans import APART, Plan
from sim.units import counted


def summary_of(plan: Plan) -> str:
    """How many load balancers, and who reads rules."""
    number = len(plan.load_balancers)
    balancers = counted(number, "load balancer") if number else "no load balancer"
    if plan.name == APART:
        return f"{balancers}, one for each Service" if number > 1 else f"{balancers} for one Service"
    if plan.layer == 7:
        return f"{balancers}, which reads the rules" if number == 1 else f"{balancers}; one reads the rules"
    who = "a Gateway" if plan.cluster.gateway_proxies else "a controller" if plan.cluster.controllers else ""
    if not who:
        return f"{balancers}, and no controller that reads the rules"
    return f"{balancers}, and {who} that reads the rules"

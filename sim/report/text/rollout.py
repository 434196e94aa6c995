"""`sim rollout` in the terminal: whether requests fail, who ended them, which delay rules, what to write."""

import textwrap
from collections.abc import Iterator

from rich.text import Text

from sim.comparison.rollout_answer import RPS, SEEDS, Rollout
from sim.report.width import WIDTH

PARTS = {
    "kube_proxy": "a node's kube-proxy",
    "controller": "a controller Pod",
    "load_balancer": "the load balancer",
}
_INDENT = 9


def rollout_lines(found: Rollout) -> Iterator[Text]:
    """The answer first, then who, why and what to change, then what is assumed."""
    failed, sent = len(found.as_is.failures), found.as_is.sent
    yield Text(f"roll-out of {found.workload}  plan {found.plan}", "bold")
    yield Text(f"{len(SEEDS)} runs, {RPS:g} requests a second", "dim")
    yield Text()
    if not failed:
        yield Text.assemble(("● does not fail", "green"), f"  none of {sent:,} requests")
        return
    each = f"{failed / len(SEEDS):.1f} in each roll-out"
    yield Text.assemble(("✕ fails", "red"), f"  {failed:,} of {sent:,} requests: {each}")
    for (reason, author), count in found.as_is.by_reason.most_common():
        yield Text(f"{count:>9,}  {reason}, by the {author}")
    yield from _block("pods", ", ".join(f"{pod or '-'} {n:,}" for pod, n in found.as_is.by_pod.most_common()))
    yield from _block("why", _why(found))
    yield from _block("fix", _fix(found))


def _why(found: Rollout) -> str:
    part = PARTS.get(found.ruling.part, found.ruling.part)
    return f"{part} goes on sending for {found.ruling.delay_s:.1f} s after a Pod is told to go"


def _fix(found: Rollout) -> str:
    hook = found.hook
    if hook is None:
        return "no preStop hook was found that brings it to none"
    return (
        f"preStop: sleep {hook.prestop_s} s, with terminationGracePeriodSeconds: {hook.grace_s}; tried: "
        f"none of {hook.tried.sent:,} requests fails; the sleep action needs Kubernetes 1.30"
    )


def _block(name: str, says: str) -> list[Text]:
    lines = textwrap.wrap(says, WIDTH - _INDENT)
    return [Text(f"{name if n == 0 else '':<{_INDENT}}{line}") for n, line in enumerate(lines)]

"""What there is to say of a roll-out: which delay rules, what to write, what retries hide."""

from sim.comparison.rollout_answer import SEEDS, FoundHook, RetriesFound, Rollout, Ruling
from sim.units import counted

PARTS = {
    "kube_proxy": "a node's kube-proxy",
    "controller": "a controller Pod",
    "load_balancer": "the load balancer",
    "endpointslice": "the EndpointSlice controller",
}
"""Kinds of parts as people call them."""


def answer(found: Rollout) -> str:
    """How many requests fail, of how many, in each roll-out."""
    failed, sent, runs = len(found.as_is.failed), found.as_is.sent, len(SEEDS)
    if not failed:
        return f"none of {counted(sent, 'request')} in {runs} roll-outs"
    each = f"{failed / runs:,.1f} of {sent / runs:,.0f} in each"
    return f"{failed:,} of {counted(sent, 'request')} in {runs} roll-outs: {each}"


def why(found: Rollout) -> str:
    """Which delay is to blame; where no Pod was there, that."""
    parts = (
        [ruling(found.ruling)]
        if found.ruling is not None and found.as_is.nobody < len(found.as_is.failed)
        else []
    )
    if found.as_is.nobody:
        what = counted(found.as_is.nobody, "request")
        parts.append(
            f"{what} found no Pod at all: old ones had gone before new ones were known as ready "
            "(strategy, maxUnavailable, number of replicas)"
        )
    return ". ".join(parts)


def ruling(found: Ruling) -> str:
    """The part that is told last, after how long, and where that figure comes from."""
    said = f"{PARTS.get(found.part, found.part)} goes on sending to a Pod for {found.delay_s:.3g} s"
    if found.figure is None:
        return f"{said} after it is told to go, and no other part for longer"
    figure, seen = found.figure, f", {found.figure.seen}" if found.figure.seen else ""
    others = f", and {figure.least:g} to {figure.most:g} s are seen" if figure.most else ""
    return (
        f"{said} after it is told to go, and no other part for longer. {figure.value:g} s of it are assumed"
        f"{others} ({figure.source}{seen}): measure it, and lengthen preStop by what is missing"
    )


def fix(found: Rollout) -> str:
    """What to write into the manifest, and that it was tried."""
    hook = found.hook
    if hook is not None:
        return f"preStop: sleep {hook.least.prestop_s} s. {_tried(hook)}. {_grace(hook)}"
    if found.as_is.nobody:
        return "no preStop mends that there is no Pod: have more replicas, and a maxSurge above 0"
    return "no preStop of up to 15 minutes brings it to none"


def _tried(hook: FoundHook) -> str:
    less = {
        "delay": "one second less is below that delay",
        "failed": "with one second less a request failed",
    }
    return (
        f"Tried on {len(SEEDS)} seeds: none of {counted(hook.tried.sent, 'request')} around the ends of Pods"
        f" fails; {less[hook.below]}"
    )


def _grace(hook: FoundHook) -> str:
    least = f"terminationGracePeriodSeconds must be at least {hook.least.grace_s}"
    if hook.grace_stays:
        return f"{least}; it is {hook.written.grace_s}"
    if hook.written.grace_s == hook.least.grace_s:
        return f"{least}, which the patch writes"
    return (
        f"{least}; the patch writes {hook.written.grace_s}, so that a Pod has as long after its hook as now"
    )


def versions(found: FoundHook) -> str:
    """Where the hook cannot be written so."""
    return (
        "the sleep action of preStop needs Kubernetes 1.30; before that exec: {command: [sleep, "
        f'"{found.least.prestop_s}"]'
        "}, which an image without a shell and its tools does not have"
    )


def retries(found: RetriesFound) -> str:
    """What second tries hide, and what they would not."""
    parts = []
    if found.hidden:
        parts.append(f"those of the controller hide {counted(found.hidden, 'more failure')}")
    if found.post_failed is not None:
        posts = counted(found.post_sent or 0, "request")
        parts.append(f"with POST {found.post_failed:,} of {posts} around the ends of Pods fail")
    if found.never_sent:
        parts.append(f"a client may try {found.never_sent:,} again whatever the method, for no Pod had them")
    if found.perhaps_done:
        parts.append(
            f"{found.perhaps_done:,} only where twice does no harm (GET, not POST): a Pod may have had them"
        )
    return "; ".join(parts)

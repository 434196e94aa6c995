"""What there is to say of a roll-out: which delay rules, what to write, what retries hide."""

from sim.comparison.rollout_answer import SEEDS, FoundHook, RetriesFound, Rollout, Ruling, ShownRollout
from sim.report.words.names import short_name
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


def shown_titles(shown: ShownRollout) -> list[str]:
    """What fails, and that the hook saves it; the fullest first."""
    failed = f"{counted(shown.as_is.failures, 'request')} failed"
    return [f"{failed}, {_left(shown)} with {_hook(shown)}", f"{failed}"]


def shown_subtitle(shown: ShownRollout, left_out: int) -> str:
    """What is shown of which roll-out."""
    more = f" {counted(left_out, 'more Pod')} not shown." if left_out else ""
    return (
        f"Roll-out of {short_name(shown.workload)}, {shown.rps:g} requests a second, the worst of"
        f" {len(SEEDS)} runs. One lane per Pod that goes.{more}"
    )


def shown_heads(shown: ShownRollout) -> tuple[str, str]:
    """What stands over both parts."""
    return f"As it is: {shown.as_is.failures:,} failed", f"With {_hook(shown)}: {_left(shown)} failed"


def _hook(shown: ShownRollout) -> str:
    return f"a preStop of {shown.hook.prestop_s} s" if shown.hook else ""


def _left(shown: ShownRollout) -> str:
    return f"{shown.hooked.failures:,}" if shown.hooked and shown.hooked.failures else "none"

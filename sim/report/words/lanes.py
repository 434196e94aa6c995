"""What pictures of coming and going Pods say: titles, labels, and the same facts in words."""

from collections import Counter
from collections.abc import Sequence
from math import inf

from sim.cluster.life.pods import PodLife
from sim.comparison.failures import Failure, failures_of
from sim.comparison.lanes import PodLane, Sender, StoppedPod
from sim.report.words.names import short_name
from sim.simulation.result import Result
from sim.units import counted

PARTS = {
    "endpointslice": "EndpointSlice",
    "kube_proxy": "kube-proxy",
    "controller": "controller",
    "load_balancer": "load balancer",
}
"""Kind of part -> what people call it."""

TOLD = {
    "kube_proxy": "kube-proxy was",
    "controller": "the controller was",
    "load_balancer": "the load balancer was",
}
"""Kind of part -> how a sentence about it goes on."""


TARGETS_ARE_NODES = "its targets are nodes: nothing to tell"
"""Of a load balancer that does not send to Pods itself."""


def pod_name(life: PodLife) -> str:
    """A Pod without its namespace."""
    return short_name(life.key.rpartition("/")[2])


def part_name(kind: str, observer: str) -> str:
    """A part that hears of Pods, with its own name where there may be several."""
    own = observer.rpartition("/")[2]
    return PARTS[kind] if kind == "endpointslice" else f"{PARTS[kind]} {own}"


MOSTLY = {"inside": "Pods ended with requests in them", "nobody": "no Pod was left to send to"}
"""What most failures say of Pods that go, but for those that were sent there too late."""


def mostly(failures: Sequence[Failure]) -> str:
    """The kind of most failures."""
    return Counter(failure.kind for failure in failures).most_common(1)[0][0]


def lanes_titles(result: Result) -> list[str]:
    """The finding, the fullest first."""
    failures = [f for f in failures_of(result) if f.pod is not None]
    if not failures:
        return ["No request failed because Pods came or went"]
    what = f"{counted(len(failures), 'request')} failed"
    if (why := mostly(failures)) != "late":
        return [f"{what}: {MOSTLY[why]}", what]
    kinds = {f.sender[0] for f in failures if f.sender}
    who = TOLD[kinds.pop()] if len(kinds) == 1 else "senders were"
    return [f"{what}: Pods stopped before {who} told", f"{what}: {who} told too late", what]


def lanes_subtitle(result: Result, lanes: Sequence[PodLane], shown: int) -> str:
    """What is shown, and what is left out."""
    others = result.failures - sum(len(lane.failed) for lane in lanes)
    also = f" {counted(others, 'request')} failed for other reasons." if others else ""
    events = list(dict.fromkeys(lane.life.because for lane in lanes))
    said = "; ".join(short_name(event) for event in events[:3]) + (" and more" if len(events) > 3 else "")
    more = f" {counted(len(lanes) - shown, 'more Pod')} not shown." if len(lanes) > shown else ""
    return f"{said[:1].upper()}{said[1:]}. One lane per Pod, time in seconds, to scale.{more}{also}"


def lane_in_words(lane: PodLane) -> str:
    """One lane as a sentence."""
    life, says = lane.life, []
    if life.created_s > -inf:
        ready = f", ready at {life.ready_s:.1f} s" if life.ready_s < life.deleted_s else ", never ready"
        says.append(f"starts at {life.created_s:.1f} s{ready}")
    says += [f"rests from {b.from_s:.1f} s to {b.ready_s:.1f} s" for b in life.breaks]
    if lane.goes:
        says.append(f"deleted at {life.deleted_s:.1f} s, takes nothing new from {life.closes_s:.1f} s on")
        says += [] if lane.told_s is None else [f"the last sender is told at {lane.told_s:.1f} s"]
    says.append(f"{len(lane.failed)} failed" if lane.failed else "none failed")
    return f"{pod_name(life)}: {', '.join(says)}."


def senders_titles(pod: StoppedPod) -> list[str]:
    """Who heard too late, and how much."""
    last, name = pod.last, pod_name(pod.life)
    if last is None:
        return [f"Nobody sent to {name}", "Nobody sent to it"]
    as_late = [s for s in pod.senders if s.told_s == last.told_s]
    late_s, who = last.told_s - pod.life.closes_s, part_name(last.kind, last.observer)
    who = who if len(as_late) == 1 else PARTS[last.kind]
    failed = f"{counted(len(pod.failed), 'request')} failed"
    if pod.failed and (why := mostly(pod.failed)) != "late":
        return [f"{failed}: {MOSTLY[why]}", failed]
    if late_s <= 0:
        return [f"All were told before {name} stopped", "All were told before the Pod stopped"]
    return [
        f"{failed}: {who} was told {late_s:.1f} s too late",
        f"{failed}: {PARTS[last.kind]} told {late_s:.1f} s too late",
        f"{failed}: told {late_s:.1f} s too late",
    ]


def senders_subtitle(pod: StoppedPod) -> str:
    """What is shown of whom."""
    return (
        f"Who still sends to {pod_name(pod.life)} ({short_name(pod.life.because)}), in seconds from its"
        " deletion. What reaches beyond the dashed line fails."
    )


def told_words(sender: Sender, since_s: float) -> str:
    """When a part was told, and what it cost."""
    told = f"told at {sender.told_s - since_s:.1f} s"
    return f"✕ {len(sender.failed)} failed, {told}" if sender.failed else told


def sender_in_words(sender: Sender, since_s: float) -> str:
    """One row as a sentence."""
    return f"{part_name(sender.kind, sender.observer)}: {told_words(sender, since_s).replace('✕ ', '')}."


def kubelet_words(life: PodLife) -> str:
    """What the kubelet does with a Pod that goes."""
    hook_s = life.sigterm_s - life.deleted_s
    return f"preStop {hook_s:.1f} s, then SIGTERM" if hook_s > 0 else "no preStop: SIGTERM at once"


def lost_words(failure: Failure, pod: StoppedPod | None) -> str:
    """Why a request failed at a Pod, as a sentence.

    Args:
        pod: with those that sent to it; None: it did not go, but rested.
    """
    name = (failure.pod or "").rpartition("/")[2]
    if pod is None:
        return f"{name} did not serve just then."
    sender = next((s for s in pod.senders if (s.kind, s.observer) == failure.sender), None)
    closed = f"{name} stopped listening at {pod.life.closes_s:.1f} s"
    if failure.kind == "nobody":
        return f"{closed}, and no other Pod was left to send to."
    if sender is None or failure.kind == "inside":
        return f"{name} ended at {pod.gone_s:.1f} s with the request in it ({pod.life.because})."
    return f"{closed}; {part_name(sender.kind, sender.observer)} was told at {sender.told_s:.1f} s."

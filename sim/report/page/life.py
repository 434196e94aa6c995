"""Pods that come and go in a run, for the page: their lives, who still sends to one that goes, the losses."""

from collections.abc import Iterator
from math import isfinite
from typing import Any

from sim.comparison.failures import lost_requests
from sim.comparison.lanes import Sender, StoppedPod, lanes_of, stopped_pods
from sim.report.words.lanes import TARGETS_ARE_NODES, kubelet_words, lost_words, part_name, pod_name
from sim.simulation.result import Result

PLACES = {"load balancer": "load-balancer", "node": "node", "controller": "controller", "Pod": "pod"}
"""Author of an end -> its place in the picture; a client has none, for nobody answered it."""


def shown_life(result: Result) -> dict[str, Any]:
    """What the page knows of lives; empty where no Pod comes or goes.

    `pods`: number of the station -> the moments of its life, None where there is none. `stopped`: those that
    go, and who sends to them. `lost`: number of a request -> who ended it, why, and at which station.
    """
    if not result.lives:
        return {}
    gone_s = {lane.life.key: lane.gone_s for lane in lanes_of(result)}
    numbers = {life.key: number for number, life in result.lives.items()}
    return {
        "pods": {
            str(number): [
                *map(
                    _moment, (life.created_s, life.ready_s, life.deleted_s, life.closes_s, gone_s[life.key])
                ),
                [[_moment(m) for m in (b.from_s, b.started_s, b.ready_s)] for b in life.breaks],
            ]
            for number, life in result.lives.items()
        },
        "stopped": [_stopped(pod, numbers[pod.life.key]) for pod in stopped_pods(result)],
        "lost": dict(_lost(result)),
    }


def _moment(at_s: float) -> float | None:
    return round(at_s, 6) if isfinite(at_s) else None


def _stopped(pod: StoppedPod, station: int) -> dict[str, Any]:
    life = pod.life
    return {
        "station": station,
        "name": pod_name(life),
        "because": life.because,
        "deleted_s": _moment(life.deleted_s),
        "sigterm_s": _moment(min(life.sigterm_s, life.ends_s)),
        "closes_s": _moment(life.closes_s),
        "gone_s": _moment(pod.gone_s),
        "kubelet": kubelet_words(life),
        "balancer": TARGETS_ARE_NODES if pod.behind_nodes else "",
        "senders": [_sender(sender) for sender in pod.senders],
    }


def _sender(sender: Sender) -> dict[str, Any]:
    return {
        "name": part_name(sender.kind, sender.observer),
        "sends": sender.kind != "endpointslice",
        "told_s": _moment(sender.told_s),
        "failed": [_moment(one.at_s) for one in sender.failed],
    }


def _lost(result: Result) -> Iterator[tuple[str, dict[str, Any]]]:
    pods = {pod.life.key: pod for pod in stopped_pods(result)}
    for number, failure in lost_requests(result):
        if failure.pod is not None:
            why = lost_words(failure, pods.get(failure.pod))
            cause = int(result.cause[number])
            yield str(number), {"by": PLACES.get(failure.author), "why": why, "station": cause}

"""Who still sends to a Pod that goes: every part until it has heard; what comes after its end fails."""

from collections.abc import Sequence
from math import inf

from sim.comparison.lanes import Sender, StoppedPod, stopped_pods
from sim.errors import UsageError
from sim.report.charts.lanes import run_caption
from sim.report.charts.picture import MARGIN, Picture, Sheet, frame, sheet
from sim.report.charts.timeline import Timeline, axis, bar, line, span_of
from sim.report.theme import TICK
from sim.report.words.lanes import (
    PARTS,
    TARGETS_ARE_NODES,
    kubelet_words,
    part_name,
    pod_name,
    sender_in_words,
    senders_subtitle,
    senders_titles,
    told_words,
)
from sim.simulation.result import Result

MOST_SENDERS = 11
_BAR, _TALLEST, _HEAD, _GAP = 0.5, 52.0, 22.0, 8.0
"""Share of a row's height; points on a slide: the most height of a row, the line of labels, a gap."""


def senders_chart(result: Result, size: str = "slide", theme: str = "light") -> Picture:
    """The Pod whose going failed most requests, and all that had to hear of it.

    Args:
        size: a key of SIZES.
        theme: a key of THEMES.

    Raises:
        UsageError: no Pod goes, or there is no such size or theme.
    """
    gone = stopped_pods(result)
    if not gone:
        raise UsageError("no Pod goes in this run: this chart is for a scenario with events that end Pods")
    pod = max(gone, key=lambda one: len(one.failed))
    shown, since_s = latest(pod.senders, MOST_SENDERS), pod.life.deleted_s
    left_out = len(pod.senders) - len(shown)
    with sheet(size, theme) as page:
        more = f" {left_out} more were told earlier." if left_out else ""
        subtitle = f"{senders_subtitle(pod)}{more}"
        title, top, bottom = frame(page, senders_titles(pod), subtitle, run_caption(result))
        _draw(page, pod, shown, result.end_s, (top + page.to_scale(12), bottom - page.to_scale(34)))
    closes = f"{pod_name(pod.life)} stops listening at {pod.life.closes_s - since_s:.1f} s."
    words = " ".join(sender_in_words(sender, since_s) for sender in shown)
    words += f" Load balancer: {TARGETS_ARE_NODES}." if pod.behind_nodes else ""
    return Picture(page.figure, title, f"{title}. {subtitle} {closes} {words}")


def latest(senders: Sequence[Sender], most: int) -> list[Sender]:
    """So many of them, those that are told last, in the order that they had."""
    kept = sorted(range(len(senders)), key=lambda n: (-senders[n].told_s, n))[:most]
    return [senders[n] for n in sorted(kept)]


def _draw(
    page: Sheet, pod: StoppedPod, shown: Sequence[Sender], end_s: float, room: tuple[float, float]
) -> None:
    time, since_s = _timeline(page, pod, shown, end_s), pod.life.deleted_s
    top = room[0] + page.to_scale(_HEAD)
    rows = len(shown) + 1 + pod.behind_nodes
    height = min((room[1] - top) / rows, page.to_scale(_TALLEST))
    last = top + rows * height
    _kubelet(page, pod, time, top + 0.5 * height, height)
    for row, sender in enumerate(shown, 1):
        _sender(page, sender, pod, time, (top + (row + 0.5) * height, height))
    if pod.behind_nodes:
        _name(page, PARTS["load_balancer"], time, last - 0.5 * height)
        page.text(time.left + page.to_scale(_GAP), last - 0.5 * height, TARGETS_ARE_NODES, TICK, "ink2")
    x = time.x(pod.life.closes_s - since_s)
    line(page, (x, top), (x, last - height * pod.behind_nodes), "ink", 2.0, "--")
    page.text(x, top - page.to_scale(8), "stops listening", TICK, bold=True, align="center")
    axis(page, time, last + page.to_scale(2))


def _timeline(page: Sheet, pod: StoppedPod, shown: Sequence[Sender], end_s: float) -> Timeline:
    """From the deletion on, as wide as the words at the ends of the rows leave it."""
    life, margin, gap = pod.life, page.to_scale(MARGIN), page.to_scale(_GAP)
    ends = [(max(life.sigterm_s, pod.gone_s), kubelet_words(life))]
    ends += [(_last_s(sender), told_words(sender, life.deleted_s)) for sender in shown]
    moments = [life.deleted_s, life.closes_s, *(at_s for at_s, _ in ends)]
    last_s = span_of((m for m in moments if m < inf), max(end_s, *moments))[1] - life.deleted_s
    names = ["kubelet", PARTS["load_balancer"], *(part_name(s.kind, s.observer) for s in shown)]
    left = margin + min(page.widest(names, TICK), 0.3 * page.width) + gap
    right = page.width - margin
    for at_s, words in ends:
        share = min(1.0, (at_s - life.deleted_s) / last_s)
        room = page.width - margin - gap - page.width_of(words, TICK, bold=True) - left
        right = min(right, left + room / share) if share > 0 else right
    return Timeline((0.0, last_s), left, right)


def _last_s(sender: Sender) -> float:
    """When nothing of it comes any more."""
    return max([sender.told_s, *(one.at_s for one in sender.failed)])


def _name(page: Sheet, words: str, time: Timeline, y: float) -> None:
    margin, gap = page.to_scale(MARGIN), page.to_scale(_GAP)
    page.text(margin, y, page.shortened(words, time.left - margin - gap + 1, TICK), TICK)


def _kubelet(page: Sheet, pod: StoppedPod, time: Timeline, y: float, height: float) -> None:
    """What the Pod's own node does: the hook, then the end."""
    life = pod.life
    moments = [time.x(m - life.deleted_s) for m in (life.deleted_s, min(life.sigterm_s, life.ends_s))]
    _name(page, "kubelet", time, y)
    bar(page, (moments[0], moments[1]), y, _BAR * height, "line", filled=False, hatch="///")
    gone = time.x(pod.gone_s - life.deleted_s)
    bar(page, (moments[1], gone), y, _BAR * height, "line", filled=False, dash=":")
    page.text(max(moments[1], gone) + page.to_scale(_GAP), y, kubelet_words(life), TICK)


def _sender(page: Sheet, sender: Sender, pod: StoppedPod, time: Timeline, place: tuple[float, float]) -> None:
    (y, height), since_s = place, pod.life.deleted_s
    told, closes = time.x(sender.told_s - since_s), time.x(pod.life.closes_s - since_s)
    sends = sender.kind != "endpointslice"
    _name(page, part_name(sender.kind, sender.observer), time, y)
    bar(page, (time.left, min(told, closes) if sends else told), y, _BAR * height, "ink2")
    if told > closes and sends:
        bar(page, (closes, told), y, _BAR * height, "line", filled=False)
    for one in sender.failed:
        x = time.x(one.at_s - since_s)
        line(page, (x, y - 0.5 * _BAR * height), (x, y + 0.5 * _BAR * height), "failed", 1.5)
    _beside(
        page, time.x(_last_s(sender) - since_s), closes, y, told_words(sender, since_s), bool(sender.failed)
    )


def _beside(page: Sheet, x: float, closes: float, y: float, words: str, bold: bool) -> None:
    """Words at the end of a row; not across the dashed line."""
    gap = page.to_scale(_GAP)
    crosses = x + gap <= closes + gap / 2 <= x + gap + page.width_of(words, TICK, bold) + gap
    page.text((closes if crosses else x) + gap, y, words, TICK, bold=bold)
